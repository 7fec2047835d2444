"""Section 11 of API.md: `sql_expr`, and SQL text that stays as lenient as the base."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, SqlError, sql_expr


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [7, None], "two words": [1, 2]})


def test_sql_expr_is_an_expression(t):
    assert [row["x"] for row in t.derive(x=sql_expr("a + 1"))] == [8, None]
    assert [row["x"] for row in t.derive(x=sql_expr(text='"two words" * 2') + 1)] == [3, 5]
    assert t.filter(sql_expr("a > 6")).count() == 1
    assert t.agg(n=sql_expr("COUNT(*)")).to_dicts() == [{"n": 2}]


def test_its_operators_are_sqls(t):
    assert [row["x"] for row in t.derive(x=sql_expr("a / 2"))] == [3, None]


def test_sequence_functions_in_sql_expr(t):
    made = t.sort("two words", desc=True).derive(x=sql_expr("SHIFT(a)"))
    assert [row["x"] for row in made] == [None, None]
    with pytest.raises(ltseq.SortRequiredError):
        t.derive(x=sql_expr("SHIFT(a)"))


@pytest.mark.parametrize("text", ["a +", "", "a b", "SELECT 1", "a; b"])
def test_text_that_is_no_expression_is_an_sql_error(text):
    with pytest.raises(SqlError):
        sql_expr(text)


@pytest.mark.parametrize("wrong", [5, None, b"a"])
def test_the_text_is_a_str(wrong):
    with pytest.raises(ArgumentError, match="must be str"):
        sql_expr(wrong)


def test_an_unknown_column_in_sql_expr_is_not_found(t):
    with pytest.raises(ColumnNotFoundError, match="Column 'nope' not found"):
        t.derive(x=sql_expr("nope + 1"))


def test_sql_text_converts_as_the_base_does():
    t = LTSeq.from_dict({"i": [1, 2]})
    assert t.sql("SELECT i FROM self WHERE i = '2'").to_dicts() == [{"i": 2}]
