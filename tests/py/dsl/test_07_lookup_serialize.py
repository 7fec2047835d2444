"""Section 7 of API.md: `r.key.lookup(target, column, join_key=None)` and `serialize()`."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import pytest

import ltseq
from ltseq import (
    ArgumentError,
    CallExpr,
    ColumnExpr,
    ColumnNotFoundError,
    ExecutionError,
    LiteralExpr,
    LTSeq,
    coalesce,
    col,
    if_else,
    lit,
    when,
)  # fmt: skip

NAMES = LTSeq.from_dict({"id": [1, 2, 3], "name": ["one", "two", None], "code": ["a", "b", "c"]})


@pytest.fixture
def t():
    return LTSeq.from_dict({"id": [2, 1, 9, None, 3], "code": ["a", "b", "c", None, "x"]})


def looked(table, fn):
    return [row["x"] for row in table.derive(x=fn).to_dicts()]


# `r.key.lookup(target, column, join_key=None)`


def test_lookup_gives_one_value_per_row_and_null_where_there_is_none(t):
    assert looked(t, lambda r: r.id.lookup(NAMES, "name")) == ["two", "one", None, None, None]
    assert looked(t, lambda r: r.id.lookup(target=NAMES, column="name", join_key="id")) == looked(
        t, col("id").lookup(NAMES, "name")
    )
    assert t.derive(x=lambda r: r.id.lookup(NAMES, "name")).schema["x"] == "string"


def test_the_join_key_is_the_same_name_or_the_first_column(t):
    assert looked(t, lambda r: r.code.lookup(NAMES, "id")) == [1, 2, 3, None, None]
    # No column is named k, and an expression has no name: the first one is the key.
    assert looked(t.rename(id="k"), lambda r: r.k.lookup(NAMES, "code")) == [
        "b", "a", None, None, "c",
    ]  # fmt: skip
    assert looked(t, lambda r: (r.id + 0).lookup(NAMES, "code")) == ["b", "a", None, None, "c"]
    assert looked(t, lambda r: r.code.lookup(NAMES, "name", "code")) == ["one", "two", None, None, None]


def test_rows_are_never_multiplied(t):
    repeated = LTSeq.from_dict({"id": [1, 1], "v": [5, 6]})
    made = t.derive(x=lambda r: r.id.lookup(repeated, "v"))
    with pytest.raises(ExecutionError, match="repeated key"):
        made.to_dicts()
    assert t.derive(x=lambda r: r.id.lookup(repeated.distinct("id"), "v")).count() == 5


def test_null_matches_nothing_not_even_null(t):
    target = LTSeq.from_dict({"id": [None, 1], "v": ["null", "one"]})
    assert looked(t, lambda r: r.id.lookup(target, "v")) == [None, "one", None, None, None]


def test_keys_compare_as_in_every_join(t):
    # NaN equals NaN, -0.0 equals 0.0, numbers of different types by value, a text by its numeric value.
    floats = LTSeq.from_dict({"f": [math.nan, -0.0, 1.0, 1.5]})
    target = LTSeq.from_dict({"f": [math.nan, 0.0, 1.0], "v": ["nan", "zero", "one"]})
    assert looked(floats, lambda r: r.f.lookup(target, "v")) == ["nan", "zero", "one", None]
    assert looked(floats, lambda r: r.f.lookup(NAMES, "code")) == [None, None, "a", None]
    texts = LTSeq.from_dict({"s": ["2", "x", None]})
    assert looked(texts, lambda r: r.s.lookup(NAMES, "code")) == ["b", None, None]


def test_lookup_stands_in_any_expression(t):
    assert looked(t, lambda r: r.id.lookup(NAMES, "code").s.upper()) == ["B", "A", None, None, "C"]
    assert looked(t, lambda r: coalesce(r.id.lookup(NAMES, "name"), "?")) == ["two", "one", "?", "?", "?"]
    assert looked(t, lambda r: if_else(r.id.lookup(NAMES, "code") == r.code, 1, 0)) == [0, 0, 0, 0, 0]
    assert looked(t, lambda r: r.id.lookup(NAMES, "code").lookup(NAMES, "id", "code")) == [2, 1, None, None, 3]
    assert t.filter(lambda r: r.id.lookup(NAMES, "name") == "one").to_dicts() == [{"id": 1, "code": "b"}]
    assert [row["id"] for row in t.sort(lambda r: r.id.lookup(NAMES, "code"), "id")] == [1, 2, 3, 9, None]
    assert looked(t.sort("id"), lambda r: r.id.lookup(NAMES, "code").shift()) == [None, "a", "b", "c", None]
    assert t.update(lambda r: r.id == 1, code=lambda r: r.id.lookup(NAMES, "name")).to_dicts()[1]["code"] == "one"


def test_several_lookups_stand_side_by_side(t):
    made = t.select(a=lambda r: r.id.lookup(NAMES, "code"), b=lambda r: r.code.lookup(NAMES, "id"))
    assert made.to_dicts()[0] == {"a": "b", "b": 1}


def test_lookup_keeps_order_columns_and_rows(t):
    made = t.sort("id").derive(x=lambda r: r.id.lookup(NAMES, "code"))
    assert made.sort_keys == [("id", False)]
    assert made.columns == ["id", "code", "x"]
    assert [row["id"] for row in made] == [1, 2, 3, 9, None]


def test_lookup_may_replace_its_own_key():
    t = LTSeq.from_dict({"id": [2, 9, 1], "n": [1, 2, 3]})
    assert t.derive(id=lambda r: r.id.lookup(NAMES, "name")).to_dicts() == [
        {"id": "two", "n": 1}, {"id": None, "n": 2}, {"id": "one", "n": 3},
    ]  # fmt: skip


def test_lookup_by_a_value_of_the_group():
    t = LTSeq.from_dict({"id": [1, 2, 3], "g": ["a", "a", "b"]}).sort("id")
    last = t.agg("g", n=lambda g: g.id.max().lookup(NAMES, "code"), c=lambda g: g.count()).sort("g")
    assert last.to_dicts() == [{"g": "a", "n": "b", "c": 2}, {"g": "b", "n": "c", "c": 1}]
    assert t.agg(n=lambda g: (g.id.sum() - 4).lookup(NAMES, "id") + g.count()).to_dicts() == [{"n": 5}]
    groups = t.group_ordered("g")
    assert groups.agg(lambda g: {"n": g.id.max().lookup(NAMES, "code")}).to_dicts() == [{"n": "b"}, {"n": "c"}]
    made = groups.derive(lambda g: {"n": g.id.max().lookup(NAMES, "code")}).flatten()
    assert [row["n"] for row in made] == ["b", "b", "c"]
    assert t.agg(n=lambda g: g.id.lookup(NAMES, "name").count()).to_dicts() == [{"n": 2}]


def test_lookup_is_named_after_the_column_it_reads(t):
    assert t.select(lambda r: r.id.lookup(NAMES, "name")).columns == ["name"]
    assert t.agg(lambda r: r.id.lookup(NAMES, "name"), n=lambda g: g.count()).columns == ["name", "n"]


def test_lookup_in_empty_tables(t):
    assert looked(t, lambda r: r.id.lookup(NAMES.head(0), "name")) == [None] * 5
    assert looked(t.head(0), lambda r: r.id.lookup(NAMES, "name")) == []


@pytest.mark.parametrize("name", ["a b", 'say "hi"', "x.y", "SELECT", "__value0", "__key0", "é"])
def test_lookup_of_any_name(name):
    target = LTSeq.from_dict({name: [1, 2], "v": ["x", "y"]})
    t = LTSeq.from_dict({name: [2, 3]})
    assert looked(t, lambda r: r[name].lookup(target, "v")) == ["y", None]
    assert looked(t, lambda r: r[name].lookup(target, name)) == [2, None]


def test_lookup_in_itself(t):
    assert looked(t, lambda r: r.id.lookup(t, "code")) == ["a", "b", "c", None, "x"]


def test_an_unknown_column_of_the_target_is_not_found(t):
    with pytest.raises(ColumnNotFoundError, match=r"Column 'nam' not found in schema.*Did you mean 'name'"):
        t.derive(x=lambda r: r.id.lookup(NAMES, "nam"))
    with pytest.raises(ColumnNotFoundError, match="Column 'key' not found in schema"):
        t.derive(x=lambda r: r.id.lookup(NAMES, "name", "key"))


@pytest.mark.parametrize("target", [None, "names", {"id": [1]}, LTSeq])
def test_the_target_is_a_table(t, target):
    with pytest.raises(ArgumentError, match="must be an LTSeq table"):
        t.derive(x=lambda r: r.id.lookup(target, "name"))


def test_names_of_columns_are_texts(t):
    for args in ((5,), (lambda r: r.name,), ("name", 5)):
        with pytest.raises(ArgumentError, match="must be str"):
            t.derive(x=lambda r, args=args: r.id.lookup(NAMES, *args))


def test_keys_of_different_kinds_are_refused_at_the_call(t):
    dates = LTSeq.from_dict({"d": [dt.date(2024, 1, 1)], "v": [1]})
    with pytest.raises(ArgumentError):
        t.derive(x=lambda r: r.id.lookup(dates, "v"))


# `serialize()`

PX = {"type": "Column", "name": "px"}


def call(func, *args, **kwargs):
    return {"type": "Call", "func": func, "args": list(args), "kwargs": kwargs}


def literal(value, dtype):
    return {"type": "Literal", "value": value, "dtype": dtype}


ONE = literal(1, "Int64")


def test_a_column_a_literal_and_a_call():
    assert col("px").serialize() == ColumnExpr("px").serialize() == PX
    assert lit(1).serialize() == LiteralExpr(1).serialize() == ONE
    assert (col("px") + 1).serialize() == CallExpr("add", (col("px"), 1)).serialize() == call("add", PX, ONE)


@pytest.mark.parametrize(
    ("expr", "func", "swapped"),
    [
        (col("px") + 1, "add", False), (1 + col("px"), "add", True), (col("px") - 1, "sub", False),
        (1 - col("px"), "sub", True), (col("px") * 1, "mul", False), (1 * col("px"), "mul", True),
        (col("px") / 1, "truediv", False), (1 / col("px"), "truediv", True), (col("px") // 1, "floordiv", False),
        (1 // col("px"), "floordiv", True), (col("px") % 1, "mod", False), (1 % col("px"), "mod", True),
        (col("px") ** 1, "pow", False), (1 ** col("px"), "pow", True), (col("px") == 1, "eq", False),
        (col("px") != 1, "ne", False), (col("px") < 1, "lt", False), (1 > col("px"), "lt", False),
        (col("px") <= 1, "le", False), (col("px") > 1, "gt", False), (col("px") >= 1, "ge", False),
    ],
)  # fmt: skip
def test_every_operator_is_a_call(expr, func, swapped):
    assert expr.serialize() == (call(func, ONE, PX) if swapped else call(func, PX, ONE))


def test_logic_and_sign_are_calls():
    a, b = col("a") > 1, col("b") > 2
    assert (a & b).serialize() == call("and", a.serialize(), b.serialize())
    assert (a | b).serialize() == call("or", a.serialize(), b.serialize())
    assert (~a).serialize() == call("invert", a.serialize())
    assert (-col("px")).serialize() == call("neg", PX)


@pytest.mark.parametrize(
    ("expr", "func"),
    [
        (col("px").shift(), "shift"), (col("px").cum_sum(), "cum_sum"), (col("px").sum(), "sum"), (ltseq.now(), "now"),
        (col("px").is_null(), "is_null"), (abs(col("px")), "abs"), (coalesce(col("px"), 1), "coalesce"),
        (col("px").cast("int"), "cast"), (if_else(col("px") > 1, 1, 2), "if_else"), (ltseq.row_number(), "row_number"),
        (col("px").rolling(3).mean(), "rolling"), (col("px").sum().over("s"), "over"), (col("px").ln(), "ln"),
    ],
)  # fmt: skip
def test_a_function_has_its_name(expr, func):
    node = expr.serialize()
    assert (node["type"], node["func"]) == ("Call", func)
    assert set(node) == {"type", "func", "args", "kwargs"}


@pytest.mark.parametrize(
    ("value", "encoded", "dtype"),
    [
        (None, None, "Null"), (True, True, "Boolean"), (-(2**63), -(2**63), "Int64"),
        (2**63 - 1, 2**63 - 1, "Int64"), (2**63, 2**63, "UInt64"), (2**64 - 1, 2**64 - 1, "UInt64"),
        (1.5, 1.5, "Float64"), ("it's", "it's", "Utf8"), (b"\x00a", "AGE=", "Binary"),
        (dt.date(2024, 2, 29), "2024-02-29", "Date32"),
        (dt.datetime(2024, 2, 29, 1, 2, 3, 4), "2024-02-29T01:02:03.000004", "Timestamp(Microsecond, None)"),
        (dt.datetime(2024, 2, 1, tzinfo=dt.timezone.utc), "2024-02-01T00:00:00+00:00", 'Timestamp(Microsecond, "UTC")'),
        (dt.time(1, 2), "01:02:00", "Time64(Microsecond)"),
        (dt.timedelta(days=-1, microseconds=1), -86_399_999_999, "Duration(Microsecond)"),
        (Decimal("12.340"), "12.340", "Decimal128(5, 3)"), (Decimal("-0.001"), "-0.001", "Decimal128(3, 3)"),
        (Decimal("1E+3"), "1000", "Decimal128(4, 0)"),
    ],
)  # fmt: skip
def test_dtypes_are_arrows_rust_names(value, encoded, dtype):
    assert lit(value).serialize() == literal(encoded, dtype)


@pytest.mark.parametrize(
    "expr",
    [
        when(col("a") > Decimal("1.5"), dt.date(2024, 1, 2)).otherwise(None).fill_null(b"x"),
        lit(math.nan), lit(math.inf), lit(dt.timedelta(1)), col("a").is_in([1, None]), col("a").s.pad_left(3, "é"),
        col("a").dt.add(months=1), col("a").rolling(dt.timedelta(1)).agg("std").over("b", order_by=["c"], desc=[True]),
        col("id").lookup(NAMES, "name"), ltseq.sql_expr("a + 1"), (col("a") + 1).alias("x"),
        col("a").ewm_mean(alpha=0.5), col("a").shift(partition_by=["s"], ignore_nulls=True),
    ],
)  # fmt: skip
def test_serialize_is_json_ready(expr):
    assert json.loads(json.dumps(expr.serialize(), allow_nan=False)) == expr.serialize()


def test_methods_and_free_functions_serialize_alike():
    for made, free in (
        (col("px").shift(2), ltseq.shift("px", 2)), (col("px").sqrt(), ltseq.sqrt(col("px"))),
        (col("px").sum(), ltseq.sum("px")), (col("px").cum_max(), ltseq.cum_max(col("px"))),
        (col("px").round(2), ltseq.round(col("px"), 2)), (col("px").arg_min("ts"), ltseq.arg_min("px", col("ts"))),
    ):  # fmt: skip
        assert made.serialize() == free.serialize()


def test_arguments_left_at_their_default_are_left_out():
    assert col("px").shift().serialize() == call("shift", PX)
    assert col("px").shift(-1).serialize() == call("shift", PX, literal(-1, "Int64"))
    assert col("px").log().serialize() == call("log", PX)
    assert col("px").ewm_mean(alpha=0.5).serialize() == call("ewm_mean", PX, alpha=literal(0.5, "Float64"))


def test_repr_shows_what_serialize_gives():
    assert repr(col("px")) == '<ColumnExpr {"type": "Column", "name": "px"}>'


def test_text_and_time_functions_have_their_prefix():
    assert col("s").s.split("-", 1).serialize()["func"] == "str_split_part"
    assert col("s").str.len().serialize()["func"] == "str_len"
    d = {"type": "Column", "name": "d"}
    assert col("d").dt.add(months=1).serialize() == call("dt_add", d, months=ONE)
    assert col("d").dt.truncate("month").serialize()["kwargs"] == {"unit": "month"}
