"""Section 1 of API.md, Names: what each module has, aliases, what is not there; signatures and docstrings."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import time

import pytest

import ltseq
from ltseq import Expr, LTSeq, exceptions, expr

T = LTSeq.from_dict({"g": ["a", "a", "b"], "x": [1, 2, 4]}).sort("g", "x")

# ltseq


def test_the_package_has_its_classes_and_functions():
    for name in ("LTSeq", "LinkedTable", "NestedTable", "PartitionedTable", "GroupBy", "Cursor"):
        assert inspect.isclass(getattr(ltseq, name))
    assert callable(ltseq.sql)
    assert callable(ltseq.seq)
    assert re.match(r"\d+\.\d+", ltseq.__version__)


def test_a_linked_table_is_an_ltseq_and_a_nested_one_is_none():
    assert issubclass(ltseq.LinkedTable, LTSeq)
    assert not issubclass(ltseq.NestedTable, LTSeq)


@pytest.mark.parametrize("module", [exceptions, expr], ids=["exceptions", "expr"])
def test_the_package_has_all_of_both_modules(module):
    for name in module.__all__:
        assert getattr(ltseq, name) is getattr(module, name)


def test_import_star_does_not_hide_builtins():
    scope = {}
    exec("from ltseq import *", scope)
    assert scope["LTSeq"] is LTSeq
    assert not {"abs", "max", "min", "round", "sum"} & (set(scope) - {"__builtins__"})


def test_import_is_quick_and_starts_no_engine():
    code = "import ltseq, ltseq.engine as e; print(e._engine)"
    begin = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "None"
    assert time.perf_counter() - begin < 2


# ltseq.expr


def test_expressions_are_of_four_classes():
    assert issubclass(ltseq.ColumnExpr, Expr)
    assert issubclass(ltseq.LiteralExpr, Expr)
    assert issubclass(ltseq.CallExpr, Expr)
    assert isinstance(ltseq.col("a"), ltseq.ColumnExpr)
    assert isinstance(ltseq.lit(1), ltseq.LiteralExpr)
    assert isinstance(ltseq.col("a") + 1, ltseq.CallExpr)
    assert isinstance(ltseq.sql_expr("a + 1"), Expr)


def test_the_classes_take_their_parameters_by_position_and_by_name():
    for made in (ltseq.ColumnExpr("x"), ltseq.ColumnExpr(name="x"), ltseq.col(name="x")):
        assert T.select(y=made).to_dicts() == [{"y": 1}, {"y": 2}, {"y": 4}]
    for made in (ltseq.LiteralExpr(7), ltseq.LiteralExpr(value=7), ltseq.lit(value=7)):
        assert T.select(y=made).to_dicts() == [{"y": 7}] * 3
    for made in (ltseq.CallExpr("add", (ltseq.col("x"), 1)), ltseq.CallExpr(func="add", args=[ltseq.col("x"), 1])):
        assert T.select(y=made).to_dicts() == [{"y": 2}, {"y": 3}, {"y": 5}]


def test_a_schema_proxy_makes_columns_of_a_dict():
    row = ltseq.SchemaProxy(schema_dict={"px": "float64", "two words": "int64"})
    assert row.px.serialize() == {"type": "Column", "name": "px"}
    assert row["two words"].serialize() == {"type": "Column", "name": "two words"}
    with pytest.raises(ltseq.ColumnNotFoundError, match=r"Column 'pxx' not found in schema.*Did you mean 'px'"):
        _ = row.pxx


# Every function that a table of sections 6 to 8 names; what stands behind .s and .dt is no free function.
FUNCTIONS = """
shift diff pct_change rolling cum_sum cum_min cum_max cum_avg cum_count cum_prod ewm_mean ewm_std ewm_var fill_forward
fill_backward interpolate streak run_id run_id_when run_pos search_first search_pattern row_number rank dense_rank ntile
percent_rank cume_dist abs round floor ceil sqrt power sign log ln exp sin cos tan asin acos atan atan2 rand gcd lcm
factorial is_null is_not_null fill_null is_in between coalesce nvl ifa if_else when char str_char concat_ws now today
sum avg mean count min max median std stddev var variance percentile skew top_k n_unique first last nth arg_min arg_max
count_if sum_if avg_if min_if max_if corr covar concat_agg funnel col lit sql_expr
""".split()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_in_expr(name):
    assert callable(getattr(expr, name))
    assert name in expr.__all__


METHODS = """
shift diff pct_change rolling cum_sum ewm_mean fill_forward streak run_id run_id_when run_pos over is_null is_not_null
fill_null is_in between cast try_cast abs round floor ceil sqrt power sign log ln exp sin cos tan asin acos atan atan2
gcd lcm factorial lookup serialize alias sum avg mean count min max median std stddev var variance percentile skew top_k
n_unique first last nth arg_min arg_max s str dt
""".split()


@pytest.mark.parametrize("name", METHODS)
def test_every_function_is_a_method_on_its_first_argument(name):
    assert hasattr(ltseq.col("a"), name)


# Aliases

ALIASES = [
    ("with_columns", "derive"), ("aggregate", "agg"), ("concat", "union"), ("subtract", "except_"),
    ("group_consecutive", "group_ordered"), ("partition_by", "partition"),
]  # fmt: skip


@pytest.mark.parametrize(("alias", "name"), ALIASES)
@pytest.mark.parametrize("cls", [LTSeq, ltseq.LinkedTable])
def test_verb_aliases_are_the_same_function(cls, alias, name):
    assert getattr(cls, alias) is getattr(cls, name)


def test_verb_aliases_do_the_same():
    assert T.with_columns(y=lambda r: r.x * 2).columns == ["g", "x", "y"]
    assert T.aggregate("g", s=lambda g: g.x.sum()).sort("g").to_dicts() == [{"g": "a", "s": 3}, {"g": "b", "s": 4}]
    assert T.concat(T).count() == 6
    assert T.subtract(T.head(2)).to_dicts() == [{"g": "b", "x": 4}]
    assert T.group_consecutive("g").group_count() == 2
    assert T.partition_by("g").keys() == ["a", "b"]


def test_function_aliases_are_the_same_function():
    assert ltseq.str_char is ltseq.char
    assert Expr.str is Expr.s
    assert Expr.mean is Expr.avg
    assert Expr.variance is Expr.var
    assert Expr.stddev is Expr.std
    accessor = type(ltseq.col("a").s)
    assert accessor.split is accessor.split_part
    assert accessor.asc is accessor.ord


def test_reducers_have_their_aliases_on_the_group_too():
    made = T.agg(a=lambda g: g.x.mean(), b=lambda g: g.mean("x"), c=lambda g: g.avg("x"), d=lambda g: g.variance("x"))
    # mean of 1, 2, 4 is 7/3; the squares of the distances sum to 14/3, so the sample variance is 7/3.
    assert made.to_dicts()[0] == pytest.approx({"a": 7 / 3, "b": 7 / 3, "c": 7 / 3, "d": 7 / 3})
    made = T.agg(a=lambda g: g.x.std(), b=lambda g: g.stddev("x"), c=lambda g: g.x.stddev())
    assert made.to_dicts()[0] == pytest.approx(dict.fromkeys("abc", (7 / 3) ** 0.5))


# What LTSeq has not


@pytest.mark.parametrize("name", ["diff", "join_sorted"])
def test_what_a_table_does_not_have(name):
    assert not hasattr(LTSeq, name)
    with pytest.raises(AttributeError):
        getattr(T, name)


@pytest.mark.parametrize("name", ["x", "g", "price", "_x"])
def test_columns_are_no_attributes_of_a_table(name):
    with pytest.raises(AttributeError):
        getattr(T, name)


# Signatures and docstrings (12)


@pytest.mark.parametrize("name", expr.__all__)
def test_everything_public_has_a_docstring(name):
    assert inspect.getdoc(getattr(expr, name))


@pytest.mark.parametrize(
    "cls", [LTSeq, ltseq.LinkedTable, ltseq.NestedTable, ltseq.PartitionedTable, ltseq.GroupBy, ltseq.Cursor, Expr]
)
def test_every_method_has_a_docstring(cls):
    missing = [
        name
        for name, member in inspect.getmembers(cls)
        if not name.startswith("_") and callable(member) and not inspect.getdoc(member)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (ltseq.log, ["x", "base"]), (ltseq.round, ["x", "n"]), (ltseq.nvl, ["x", "d"]), (ltseq.ifa, ["cond", "v"]),
        (ltseq.if_else, ["cond", "a", "b"]), (ltseq.between, ["x", "low", "high"]), (ltseq.char, ["n"]),
        (ltseq.concat_ws, ["sep", "x"]), (ltseq.sql_expr, ["text"]), (ltseq.coalesce, ["x"]),
    ],
)  # fmt: skip
def test_functions_have_the_parameters_of_the_contract(function, expected):
    assert list(inspect.signature(function).parameters) == expected
