"""Section 11 of API.md: `sql_expr(text)`, and what has no verb (DDL, COPY, EXPLAIN) and goes through `sql`."""

from __future__ import annotations

import json

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, Expr, LTSeq, LTSeqError, SqlError, sql_expr


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [3, 1, 2], "B c": [1.5, None, 2.5], "s": ["x", "y", None]})


def values(table: LTSeq) -> list[object]:
    (name,) = table.columns
    return [row[name] for row in table]


# sql_expr(text): SQL text as an Expr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", [3, 1, 2]),
        ("A + 1", [4, 2, 3]),
        ('"B c" * 2', [3.0, None, 5.0]),
        ("a / 2", [1, 0, 1]),
        ("s || '!'", ["x!", "y!", None]),
        ("'it''s'", ["it's"] * 3),
        ("CASE WHEN a > 1 THEN 'many' ELSE 'one' END", ["many", "one", "many"]),
        ("a BETWEEN 2 AND 3 AND NOT s IS NULL", [True, False, False]),
        ("CAST(a AS VARCHAR)", ["3", "1", "2"]),
        ("coalesce(s, 'none')", ["x", "y", "none"]),
        ("NULL", [None] * 3),
        ("18446744073709551615", [2**64 - 1] * 3),
        ("SUM(a) OVER ()", [6, 6, 6]),
        ("a -- the rest is a comment", [3, 1, 2]),
    ],
)
def test_text_is_an_expression_of_sql(t, text, expected):
    assert isinstance(sql_expr(text), Expr)
    assert values(t.select(sql_expr(text))) == expected
    assert values(t.select(lambda r: sql_expr(text))) == expected


def test_the_text_may_be_given_by_keyword(t):
    assert values(t.select(sql_expr(text="a + 1"))) == [4, 2, 3]


def test_sequence_functions_of_the_text_follow_the_order(t):
    assert values(t.sort("a").select(sql_expr("SHIFT(a)"))) == [None, 1, 2]
    assert values(t.sort("a").select(sql_expr("ROLLING(AVG(a), 2)"))) == [None, 1.5, 2.5]
    with pytest.raises(ltseq.SortRequiredError):
        t.select(sql_expr("SHIFT(a)"))


def test_text_stands_wherever_an_expression_may(t):
    assert values(t.filter(sql_expr("a > 1 AND s IS NOT NULL")).select("a")) == [3]
    assert values(t.sort(sql_expr("a % 2"), "a").select("a")) == [2, 1, 3]
    assert values(t.select(lambda r: sql_expr("a") * 2 + r.a)) == [9, 3, 6]
    assert values(t.select(sql_expr("s").s.upper())) == ["X", "Y", None]
    assert t.agg(x=sql_expr("SUM(a)"), y=lambda g: sql_expr("MAX(a)") - g.a.min()).to_dicts() == [{"x": 6, "y": 2}]
    assert t.agg(sql_expr("a % 2").alias("odd"), n=lambda g: g.count()).sort("odd").to_dicts() == [
        {"odd": 0, "n": 1},
        {"odd": 1, "n": 2},
    ]


def test_operators_around_the_text_are_pythons(t):
    assert values(t.select(sql_expr("a / 2") / 2)) == [0.5, 0.0, 0.5]
    assert values(t.select(sql_expr("a") / 2)) == [1.5, 0.5, 1.0]


def test_the_name_is_the_text_as_sql_writes_it(t):
    assert t.select(sql_expr("a+1")).columns == ["a + 1"]
    assert t.select(sql_expr("a + 1").alias("x")).columns == ["x"]
    assert t.derive(y=sql_expr("a")).columns == ["a", "B c", "s", "y"]


def test_it_serializes_as_a_call():
    made = sql_expr("a + 1").serialize()
    assert made["type"] == "Call"
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize("text", ["a +", "", "  ", "a, b", "a AS b", "*", "a; DROP TABLE t", "SELECT 1", "(a"])
def test_what_is_no_expression_is_an_sql_error_at_the_call(text):
    with pytest.raises(SqlError, match="line 1, column") as error:
        sql_expr(text)
    assert error.value.line == 1
    assert error.value.column is not None


def test_what_the_text_names_is_checked_by_the_verb(t):
    expr = sql_expr("zz + 1")
    with pytest.raises(
        ColumnNotFoundError, match=r"Column 'zz' not found in schema[\s\S]*Available columns: a, B c, s"
    ):
        t.derive(x=expr)
    for text in ("nofunction(a)", "SUM(s)", "SUM(a)", "a + s"):
        with pytest.raises(LTSeqError):
            t.derive(x=sql_expr(text))
    with pytest.raises(ArgumentError, match="condition"):
        t.filter(sql_expr("a + 1"))
    with pytest.raises(ArgumentError, match="truth value"):
        bool(sql_expr("a"))


# What has no verb here goes through `sql`


def test_definitions_and_changes_of_tables_go_through_sql():
    ltseq.sql("CREATE TABLE made_here (k BIGINT, v BIGINT) ORDERED BY k")
    try:
        assert ltseq.sql("INSERT INTO made_here VALUES (2, 20), (1, 10)").to_dicts() == [{"count": 2}]
        made = ltseq.sql("SELECT k, SHIFT(v) AS p FROM made_here")
        assert made.to_dicts() == [{"k": 1, "p": None}, {"k": 2, "p": 10}]
        assert made.sort_keys == [("k", False)]
    finally:
        ltseq.sql("DROP TABLE made_here")
    with pytest.raises(SqlError, match="made_here"):
        ltseq.sql("SELECT * FROM made_here")


def test_copy_goes_through_sql(t, tmp_path):
    path = tmp_path / "o.csv"
    copied = ltseq.sql(f"COPY (SELECT a FROM t ORDERED BY a DESC) TO '{path}' STORED AS CSV", t=t)
    assert copied.to_dicts() == [{"count": 3}]
    assert path.read_text() == "a\n3\n2\n1\n"


def test_explain_is_a_table(t):
    said = ltseq.sql("EXPLAIN SELECT SHIFT(a) FROM t ORDERED BY a")
    assert said.columns == ["plan_type", "plan"]
    assert "ordered by" in said.head(1).to_dicts()[0]["plan"]
    assert ltseq.sql("EXPLAIN ANALYZE SELECT * FROM t").count() >= 1


def test_not_null_of_a_table_made_from_a_query_holds():
    with pytest.raises(ExecutionError, match="column 'a' is NOT NULL"):
        ltseq.sql("CREATE TABLE not_null_made (a INT NOT NULL) AS SELECT NULL")


@pytest.mark.parametrize("join", ["SEMI JOIN b ON a.k = b.k", "ANTI JOIN b ON a.k = b.k", "CROSS APPLY b"])
def test_a_kind_of_join_that_nothing_plans_is_named(join):
    tables = {name: LTSeq.from_dict({"k": [1]}) for name in "ab"}
    with pytest.raises(SqlError, match=rf"kind of JOIN \({join.split()[0]}") as error:
        ltseq.sql(f"SELECT a.k FROM a {join}", **tables)
    assert "BinaryOp" not in str(error.value)
    assert "LEFT SEMI JOIN" in str(error.value)
