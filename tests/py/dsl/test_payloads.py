"""Expressions and verbs as docs/architecture.md writes them. Needs no engine."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pytest

import ltseq
from ltseq import ArgumentError, CallExpr, ColumnExpr, LiteralExpr, SchemaProxy, col, if_else, lit, when

PX = {"type": "Column", "name": "px"}


def call(func, *args, **kwargs):
    return {"type": "Call", "func": func, "args": list(args), "kwargs": kwargs}


def literal(value, dtype):
    return {"type": "Literal", "value": value, "dtype": dtype}


# Nodes


def test_column_literal_and_call_serialize():
    assert ColumnExpr("px").serialize() == PX
    assert LiteralExpr(1).serialize() == literal(1, "Int64")
    assert CallExpr("add", (col("px"), 1)).serialize() == call("add", PX, literal(1, "Int64"))
    assert (col("px") + 1).alias("y").serialize() == {
        "type": "Alias",
        "name": "y",
        "expr": call("add", PX, literal(1, "Int64")),
    }


def test_a_schema_proxy_makes_columns():
    row = SchemaProxy({"px": "float64", "two words": "int64"})
    assert row.px.serialize() == PX
    assert row["two words"].name == "two words"
    with pytest.raises(ltseq.ColumnNotFoundError, match="Column 'pz' not found in schema"):
        row.pz


def test_serialize_is_json_ready():
    expr = when(col("a") > Decimal("1.5"), dt.date(2024, 1, 2)).otherwise(None).fill_null(b"x")
    assert json.loads(json.dumps(expr.serialize())) == expr.serialize()


@pytest.mark.parametrize(
    ("value", "encoded", "dtype"),
    [
        (None, None, "Null"),
        (True, True, "Boolean"),
        (7, 7, "Int64"),
        (2**63 - 1, 2**63 - 1, "Int64"),
        (2**63, 2**63, "UInt64"),
        (2**64 - 1, 2**64 - 1, "UInt64"),
        (-(2**63), -(2**63), "Int64"),
        (1.5, 1.5, "Float64"),
        (float("inf"), "inf", "Float64"),
        (float("-inf"), "-inf", "Float64"),
        (float("nan"), "nan", "Float64"),
        ("it's", "it's", "Utf8"),
        (b"\x00a", "AGE=", "Binary"),
        (dt.date(2024, 2, 29), "2024-02-29", "Date32"),
        (dt.datetime(2024, 2, 29, 1, 2, 3, 4), "2024-02-29T01:02:03.000004", "Timestamp(Microsecond, None)"),
        (
            dt.datetime(2024, 2, 29, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
            "2024-02-29T00:00:00+00:00",
            'Timestamp(Microsecond, "UTC")',
        ),
        (dt.time(1, 2), "01:02:00", "Time64(Microsecond)"),
        (dt.timedelta(days=-1, microseconds=1), -86_399_999_999, "Duration(Microsecond)"),
        (Decimal("12.340"), "12.340", "Decimal128(5, 3)"),
        (Decimal("-0.001"), "-0.001", "Decimal128(3, 3)"),
        (Decimal("1E+3"), "1000", "Decimal128(4, 0)"),
        (np.int32(5), 5, "Int64"),
        (np.uint64(2**63), 2**63, "UInt64"),
        (np.float32(0.5), 0.5, "Float64"),
        (np.bool_(True), True, "Boolean"),
        (np.str_("x"), "x", "Utf8"),
        (np.datetime64("2024-01-02"), "2024-01-02", "Date32"),
        (
            np.datetime64("2024-01-02T03:00:00.000000001") - np.timedelta64(1, "ns"),
            "2024-01-02T03:00:00",
            "Timestamp(Microsecond, None)",
        ),
        (np.timedelta64(3, "s"), 3_000_000, "Duration(Microsecond)"),
        (np.datetime64("NaT"), None, "Null"),
    ],
)
def test_a_literal_keeps_its_type(value, encoded, dtype):
    assert lit(value).serialize() == literal(encoded, dtype)


@pytest.mark.parametrize(
    "value",
    [
        2**64,
        -(2**63) - 1,
        Decimal("NaN"),
        Decimal(10) ** 40,
        object(),
        [1],
        {"a": 1},
        1 + 2j,
        np.array([1, 2]),
        np.datetime64("2024-01-02T03:00:00.000000001"),
        dt.time(1, tzinfo=dt.timezone.utc),
        when(col("a") > 1, 2),
    ],
)
def test_what_no_column_holds_is_no_literal(value):
    with pytest.raises(ArgumentError):
        lit(value)


@pytest.mark.parametrize(
    ("expr", "func", "swapped"),
    [
        (col("px") + 1, "add", False), (1 + col("px"), "add", True),
        (col("px") - 1, "sub", False), (1 - col("px"), "sub", True),
        (col("px") * 1, "mul", False), (1 * col("px"), "mul", True),
        (col("px") / 1, "truediv", False), (1 / col("px"), "truediv", True),
        (col("px") // 1, "floordiv", False), (1 // col("px"), "floordiv", True),
        (col("px") % 1, "mod", False), (1 % col("px"), "mod", True),
        (col("px") ** 1, "pow", False), (1 ** col("px"), "pow", True),
        (col("px") == 1, "eq", False), (col("px") != 1, "ne", False),
        (col("px") < 1, "lt", False), (1 > col("px"), "lt", False),
        (col("px") <= 1, "le", False), (col("px") > 1, "gt", False), (col("px") >= 1, "ge", False),
    ],
)  # fmt: skip
def test_every_operator_is_a_call(expr, func, swapped):
    one = literal(1, "Int64")
    assert expr.serialize() == (call(func, one, PX) if swapped else call(func, PX, one))


def test_logic_negation_and_sign():
    a, b = col("a") > 1, col("b") > 2
    assert (a & b).serialize() == call("and", a.serialize(), b.serialize())
    assert (a | b).serialize() == call("or", a.serialize(), b.serialize())
    assert (a ^ b).serialize() == call("ne", a.serialize(), b.serialize())
    assert (~a).serialize() == call("invert", a.serialize())
    assert (-col("px")).serialize() == call("neg", PX)
    assert abs(col("px")).serialize() == call("abs", PX)


def test_numpy_scalars_leave_operators_to_the_expression():
    assert (np.int64(2) * col("px")).serialize() == call("mul", literal(2, "Int64"), PX)
    assert (np.float64(2) < col("px")).serialize() == call("gt", PX, literal(2.0, "Float64"))


# Functions


def test_methods_and_free_functions_are_the_same_call():
    for made, func in (
        (col("px").shift(2), ltseq.shift("px", 2)),
        (col("px").sqrt(), ltseq.sqrt(col("px"))),
        (col("px").sum(), ltseq.sum("px")),
        (col("px").cum_max(), ltseq.cum_max(col("px"))),
        (col("px").round(2), ltseq.round(col("px"), 2)),
        (col("px").arg_min("ts"), ltseq.arg_min("px", col("ts"))),
    ):
        assert made.serialize() == func.serialize()


def test_defaults_at_the_end_are_left_out():
    assert col("px").shift().serialize() == call("shift", PX)
    assert col("px").shift(-1).serialize() == call("shift", PX, literal(-1, "Int64"))
    assert col("px").shift(1, 0.0).serialize() == call("shift", PX, literal(1, "Int64"), literal(0.0, "Float64"))
    assert col("px").log().serialize() == call("log", PX)
    assert col("px").log(2).serialize() == call("log", PX, literal(2, "Int64"))


def test_sequence_calls_take_a_partition_and_ignore_nulls():
    made = col("px").shift(partition_by=["sym", col("day")], ignore_nulls=True)
    keys = [{"type": "Column", "name": "sym"}, {"type": "Column", "name": "day"}]
    assert made.serialize() == call("shift", PX, partition_by=keys, ignore_nulls=True)


def test_named_only_arguments_are_kwargs():
    assert col("px").ewm_mean(alpha=0.5).serialize() == call("ewm_mean", PX, alpha=literal(0.5, "Float64"))
    assert col("px").fill_forward(limit=2).serialize() == call("fill_forward", PX, limit=literal(2, "Int64"))


def test_rolling_wraps_an_aggregate():
    assert col("px").rolling(3, 1).mean().serialize() == call(
        "rolling", call("avg", PX), n=literal(3, "Int64"), min_periods=literal(1, "Int64")
    )
    centred = col("px").rolling(preceding=1, following=2).max()
    assert centred.serialize() == call(
        "rolling", call("max", PX), preceding=literal(1, "Int64"), following=literal(2, "Int64")
    )
    timed = col("px").rolling(dt.timedelta(seconds=5)).agg("stddev")
    assert timed.serialize() == call("rolling", call("std", PX), n=literal(5_000_000, "Duration(Microsecond)"))


@pytest.mark.parametrize(
    "make",
    [
        lambda e: e.rolling(0),
        lambda e: e.rolling(-1),
        lambda e: e.rolling(True),
        lambda e: e.rolling(1.5),
        lambda e: e.rolling("3"),
        lambda e: e.rolling(),
        lambda e: e.rolling(dt.timedelta(0)),
        lambda e: e.rolling(3, preceding=1),
        lambda e: e.rolling(preceding=-1),
        lambda e: e.rolling(preceding=1, following=dt.timedelta(1)),
        lambda e: e.rolling(3, min_periods=-1),
        lambda e: e.rolling(3).agg(5),
        lambda e: e.shift(1.5),
        lambda e: e.shift("1"),
        lambda e: e.shift(True),
        lambda e: e.diff(None),
        lambda e: e.percentile(1.5),
        lambda e: e.percentile(-0.1),
        lambda e: e.percentile(True),
        lambda e: e.percentile("0.5"),
        lambda e: e.top_k(0),
        lambda e: e.nth(0),
        lambda e: ltseq.ntile(0),
        lambda e: e.cast("int63"),
        lambda e: e.cast(int),
        lambda e: e.is_in("abc"),
        lambda e: e.is_in(5),
        lambda e: e.dt.truncate("fortnight"),
        lambda e: e.dt.add(days=1.5),
        lambda e: e.dt.diff(dt.date(2024, 1, 1), "decade"),
    ],
)
def test_wrong_values_are_argument_errors(make):
    with pytest.raises(ArgumentError):
        make(col("px"))


def test_an_unknown_keyword_of_rolling_is_named():
    with pytest.raises(ArgumentError, match=r"'min_period'.*min_periods"):
        col("px").rolling(3, min_period=1)


def test_over_replaces_partition_and_order():
    made = col("px").shift().over("sym", order_by=["ts", "id"], descending=[True, False])
    assert made.serialize() == call(
        "over",
        call("shift", PX),
        partition_by=[{"type": "Column", "name": "sym"}],
        order_by=[{"type": "Column", "name": "ts"}, {"type": "Column", "name": "id"}],
        descending=[True, False],
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda e: e.over("sym"),
        lambda e: (e.shift() + 1).over("sym"),
        lambda e: e.s.lower().over("sym"),
        lambda e: e.shift(partition_by="a").over("b"),
        lambda e: e.shift().over("a").over("b"),
        lambda e: e.shift().over(order_by="ts", desc=1),
        lambda e: e.shift().over(order_by="ts", desc=[True, False]),
        lambda e: e.shift().over(5),
    ],
)
def test_over_refuses_what_is_no_window(make):
    with pytest.raises(ArgumentError):
        make(col("px"))


def test_conditionals():
    cond = (col("px") > 1).serialize()
    one, two = literal(1, "Int64"), literal(2, "Int64")
    assert if_else(col("px") > 1, 1, 2).serialize() == call("if_else", cond, one, two)
    chain = when(col("px") > 1, 1).when(col("px") > 1).then(2).otherwise(None)
    assert chain.serialize() == call("case", cond, one, cond, two, otherwise=literal(None, "Null"))


@pytest.mark.parametrize(
    "make",
    [
        lambda c: when(c, 1).then(2),
        lambda c: when(c).when(c, 2),
        lambda c: when(c).otherwise(2),
        lambda c: when(c, 1).alias("x"),
        lambda c: lit(1) + when(c, 1),
        lambda c: when(col("s").s.lower().alias("x"), 1, 2),
        lambda c: when(5, 1),
    ],
)
def test_an_unfinished_or_wrong_chain_is_an_argument_error(make):
    with pytest.raises(ArgumentError):
        make(col("px") > 1)


def test_text_and_time_functions_have_their_prefix():
    assert col("s").s.split("-", 1).serialize()["func"] == "str_split_part"
    assert col("s").str.len().serialize()["func"] == "str_len"
    assert col("d").dt.add(months=1).serialize() == call(
        "dt_add", {"type": "Column", "name": "d"}, months=literal(1, "Int64")
    )
    assert col("d").dt.truncate("month").serialize()["kwargs"] == {"unit": "month"}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("int", "int64"), ("FLOAT", "float64"), ("Str", "string"), ("utf8", "string"), ("Boolean", "bool"),
        ("date", "date32"), ("timestamp", "timestamp[us]"), ("Timestamp[NS, UTC]", "timestamp[ns, UTC]"),
        ("timestamp[us, Europe/Berlin]", "timestamp[us, Europe/Berlin]"), ("decimal128(10,2)", "decimal128(10, 2)"),
        ("uint8", "uint8"), ("duration[ms]", "duration[ms]"),
    ],
)  # fmt: skip
def test_a_type_argument_in_any_case(given, name):
    assert col("x").cast(given).serialize()["kwargs"] == {"type": name}


# Verbs
