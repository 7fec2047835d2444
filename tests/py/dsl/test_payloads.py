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


@pytest.fixture
def t(recorded):
    return recorded({"a": "int64", "b": "string", "ts": "timestamp[us]"}, order=[("ts", False)])


A = {"type": "Column", "name": "a"}
B = {"type": "Column", "name": "b"}
TS = {"type": "Column", "name": "ts"}


def test_slices(t, sent):
    assert sent(t.head()) == ("slice", {"offset": 0, "length": 10})
    assert sent(t.slice(2)) == ("slice", {"offset": 2, "length": None})
    assert sent(t.tail(3)) == ("tail", {"n": 3})
    for make in (
        lambda: t.head(-1),
        lambda: t.slice(-1),
        lambda: t.slice(0, -1),
        lambda: t.tail(-1),
        lambda: t.step(0),
    ):
        with pytest.raises(ArgumentError):
            make()


def test_sort_payload_and_null_placement(t, sent):
    made = t.sort("a", lambda r: [r.b], desc=[True, False], partition_by="ts")
    assert sent(made) == (
        "sort",
        {
            "keys": [
                {"expr": A, "desc": True, "nulls_first": True},
                {"expr": B, "desc": False, "nulls_first": False},
            ],
            "partition_by": [TS],
        },
    )
    assert sent(t.sort("a", desc=True, descending=False, nulls="first"))[1]["keys"] == [
        {"expr": A, "desc": False, "nulls_first": True}
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.sort(),
        lambda t: t.sort("a", desc=1),
        lambda t: t.sort("a", desc=[True, False]),
        lambda t: t.sort("a", "b", desc=[True]),
        lambda t: t.sort("a", nulls="middle"),
        lambda t: t.sort(lambda r: r.a.shift()),
        lambda t: t.assume_sorted(),
        lambda t: t.assume_sorted("a", check=1),
        lambda t: t.is_sorted_by("a", desc=[True, False]),
    ],
)
def test_wrong_orders_are_argument_errors(t, make):
    with pytest.raises(ArgumentError):
        make(t)


def test_agg_takes_its_keys_and_aggregates_in_every_form(t, sent):
    count = {"n": lambda g: g.count()}
    expected = {"by": [{"name": "b", "expr": B}], "aggs": [{"name": "n", "expr": call("count")}]}
    for made in (
        t.agg("b", n=count["n"]),
        t.agg("b", count),
        t.agg("b", aggs=count),
        t.agg(by="b", aggs=count),
        t.agg(count, by="b"),
        t.agg(["b"], **count),
        t.agg(lambda r: r.b, **count),
        t.agg(lambda r: [r.b], **count),
        t.agg(lambda r: {"b": r.b}, **count),
        t.group_by("b").agg(**count),
        t.group_by("b").agg(count),
    ):
        assert sent(made) == ("agg", expected)


def test_reducers_as_method_and_by_name_are_the_same(t, sent):
    made = t.agg(x=lambda g: g.sum("a"), y=lambda g: g.a.sum(), z=lambda g: g.mean(lambda r: r.a * 2))
    x, y, z = (c["expr"] for c in sent(made)[1]["aggs"])
    assert x == y == call("sum", A)
    assert z == call("avg", call("mul", A, literal(2, "Int64")))


def test_group_ordered_tells_conditions_from_keys(t, sent):
    changed = call("ne", B, call("shift", B))
    assert sent(t.group_ordered("b")._runs) == ("runs", {"by": [B], "when": None})
    assert sent(t.group_ordered(lambda r: r.b != r.b.shift(1))._runs) == ("runs", {"by": [], "when": changed})
    assert sent(t.group_ordered(lambda r: r.a > 1)._runs)[1]["by"] == [call("gt", A, literal(1, "Int64"))]
    assert sent(t.group_ordered(when=lambda r: r.a > 1)._runs)[1]["when"] == call("gt", A, literal(1, "Int64"))
    assert sent(t.group_ordered(by=lambda r: r.b != r.b.shift(1))._runs)[1] == {"by": [changed], "when": None}


def test_group_expressions(t, sent):
    groups = t.group_ordered("b")
    assert sent(groups.filter(lambda g: g.run_pos() >= 2)._runs)[1] == {
        "predicate": call("ge", call("run_pos"), literal(2, "Int64"))
    }
    made = groups.agg(lambda g: {"first": g.first().a, "same": g.first("a"), "none": g.none(lambda r: r.a > 1)})
    above = call("count_if", call("gt", A, literal(1, "Int64")))
    assert sent(made) == (
        "runs_agg",
        {
            "aggs": [
                {"name": "first", "expr": call("first", A)},
                {"name": "same", "expr": call("first", A)},
                {"name": "none", "expr": call("eq", above, literal(0, "Int64"))},
            ]
        },
    )


def test_join_conditions_pair_keys_as_written(t, recorded, sent):
    other = recorded({"id": "int64", "a": "int64"})
    left, right = {**A, "side": "left"}, {"type": "Column", "name": "id", "side": "right"}
    for on in (lambda x, y: x.a == y.id, lambda x, y: y.id == x.a):
        assert sent(t.join(other, on=on))[1]["on"] == call("eq", left, right)
    assert sent(t.join(other, left_on="a", right_on="id"))[1]["on"] == call("eq", left, right)
    assert sent(t.join(other, left_on="a", right_on="id"))[1]["right"] == [["a", "a_right"]]
    assert sent(t.join(other, left_on="a", right_on="id", how="full"))[1]["right"] == [["id", "id"], ["a", "a_right"]]


@pytest.mark.parametrize(
    "on",
    [
        lambda x, y: x.a > y.id,
        lambda x, y: (x.a == y.id) | (x.a == y.a),
        lambda x, y: x.a == 5,
        lambda x, y: x.a == x.a,
        lambda x, y: x.a == x.a + y.id,
        lambda x, y: True,
        lambda x, y: None,
        lambda x, y: x.a,
        lambda x, y: x.a == y.id and x.a == y.a,
        lambda x: x.a,
    ],
)
def test_a_wrong_condition_is_a_join_condition_error(t, recorded, on):
    other = recorded({"id": "int64", "a": "int64"})
    for verb in ("join", "semi_join", "anti_join", "link"):
        with pytest.raises(ltseq.JoinConditionError, match="Invalid join condition"):
            getattr(t, verb)(other, on=on)


def test_an_unknown_column_in_a_condition_is_both_errors(t, recorded):
    other = recorded({"id": "int64"})
    with pytest.raises(ltseq.JoinConditionError, match="Invalid join condition") as error:
        t.join(other, on=lambda x, y: x.a == y.idd)
    assert isinstance(error.value, ltseq.ColumnNotFoundError)
    assert "Did you mean 'id'" in str(error.value)


def test_join_arguments(t, recorded):
    other = recorded({"a": "int64", "b": "string"}, order=[("a", True)])
    with pytest.raises(ArgumentError, match="Invalid join type"):
        t.join(other, on="a", how="cross")
    with pytest.raises(ArgumentError, match="Invalid strategy"):
        t.join(other, on="a", strategy="loop")
    with pytest.raises(ArgumentError, match="on"):
        t.join(other, on="a", left_on="a")
    with pytest.raises(ArgumentError, match="LTSeq table"):
        t.join("other", on="a")
    with pytest.raises(ltseq.SortRequiredError, match="Left table is not sorted"):
        t.join(other, on="a", strategy="merge")
    with pytest.raises(ltseq.SortRequiredError, match="Right table is not sorted"):
        t.sort("a").join(t, on="a", strategy="merge")
    with pytest.raises(ValueError, match="Sort directions don't match"):
        t.sort("a").join(other, on="a", strategy="merge")
    taken = recorded({"a": "int64", "b": "string", "b_right": "string"})
    with pytest.raises(ArgumentError, match="'b_right' is still taken"):
        taken.join(other, on="a")


def test_join_merge_chooses_by_the_orders(t, recorded, sent):
    other = recorded({"a": "int64"}, order=[("a", False)])
    assert sent(t.join_merge(other, "a"))[1]["strategy"] == "hash"
    assert sent(t.sort("a").join_merge(other, "a"))[1]["strategy"] == "merge"


def test_asof_operator_decides_the_direction(t, sent):
    left, right = {**TS, "side": "left"}, {**TS, "side": "right"}
    for on, op in (
        (lambda x, y: x.ts >= y.ts, "ge"),
        (lambda x, y: x.ts > y.ts, "gt"),
        (lambda x, y: y.ts >= x.ts, "le"),
        (lambda x, y: y.ts > x.ts, "lt"),
    ):
        payload = sent(t.asof_join(t, on=on))[1]
        assert (payload["left"], payload["op"], payload["right"], payload["nearest"]) == (left, op, right, False)
    by = sent(t.asof_join(t, on=lambda x, y: (x.ts >= y.ts) & (x.b == y.b)))[1]
    assert by["by"] == call("eq", {**B, "side": "left"}, {**B, "side": "right"})
    assert by["right_columns"] == [["a", "a_right"], ["ts", "ts_right"]]
    assert sent(t.asof_join(t, on="ts", strategy="nearest", by="b"))[1]["nearest"] is True
    assert sent(t.asof_join(t, on="ts", direction="forward"))[1]["op"] == "le"


@pytest.mark.parametrize(
    "kwargs",
    [
        {"on": "ts", "direction": "forward", "strategy": "backward"},
        {"on": "ts", "direction": "sideways"},
        {"on": lambda x, y: x.ts >= y.ts, "direction": "forward"},
        {"on": lambda x, y: x.ts >= y.ts, "left_on": "ts"},
        {"on": lambda x, y: x.ts == y.ts},
        {"on": "ts", "by": "nope"},
        {"on": "ts", "tolerance": -1},
        {"on": "ts", "tolerance": "5s"},
        {"on": "ts", "is_sorted": 1},
        {},
    ],
)
def test_wrong_asof_arguments(t, kwargs):
    with pytest.raises((ArgumentError, ltseq.ColumnNotFoundError)):
        t.asof_join(t, **kwargs)


def test_link_names(t, recorded, sent):
    target = recorded({"id": "int64", "name": "string"}, name="prod")
    linked = t.link(target, on=lambda x, y: x.a == y.id)
    assert linked.alias == "prod"
    assert linked.columns == ["a", "b", "ts", "prod_id", "prod_name"]
    assert t.link(recorded({"id": "int64"}), on=lambda x, y: x.a == y.id).alias == "link"
    assert t.link(target, on=lambda x, y: x.a == y.id, alias="p").alias == "p"
    for wrong in (
        lambda: t.link(target, on=lambda x, y: x.a == y.id, as_="p", alias="q"),
        lambda: t.link(target, on=lambda x, y: x.a == y.id, join_type="cross"),
        lambda: t.derive(p_id=lambda r: r.a).link(target, on=lambda x, y: x.a == y.id, as_="p"),
        lambda: linked.link(target, on=lambda x, y: x.a == y.id),
    ):
        with pytest.raises(ArgumentError):
            wrong()


def test_linked_columns_and_chained_conditions(t, recorded, sent):
    target = recorded({"id": "int64", "region": "int64"})
    linked = t.link(target, on=lambda x, y: x.a == y.id, as_="p")
    assert sent(linked.select(lambda r: r.p.region))[1]["columns"] == [
        {"name": "p_region", "expr": {"type": "Column", "name": "p_region"}}
    ]
    chained = linked.link(target, on=lambda x, y: x.p.region == y.id, as_="q")
    assert sent(chained)[1]["on"]["args"][0] == {"type": "Column", "name": "p_region", "side": "left"}
    with pytest.raises(ltseq.ColumnNotFoundError, match=r"'regio' not found.*Did you mean 'region'"):
        linked.select(lambda r: r.p.regio)


def test_a_real_column_wins_over_an_alias(t, recorded, sent):
    linked = t.link(recorded({"id": "int64"}), on=lambda x, y: x.a == y.id, as_="p").derive(p=lambda r: r.a)
    assert sent(linked.select(lambda r: r.p))[1]["columns"] == [{"name": "p", "expr": {"type": "Column", "name": "p"}}]


def test_a_link_stays_open_for_source_columns_only(t, recorded):
    linked = t.link(recorded({"id": "int64", "name": "string"}), on=lambda x, y: x.a == y.id, as_="p")
    assert type(linked.filter(lambda r: r.a > 1)) is ltseq.LinkedTable
    assert type(linked.filter(lambda r: r.p.name == "x")) is ltseq.LTSeq
    assert type(linked.derive(c=lambda r: r.a)) is ltseq.LinkedTable
    assert type(linked.sort("a")) is ltseq.LinkedTable
    assert type(linked.head()) is ltseq.LTSeq
    assert type(linked.to_ltseq()) is ltseq.LTSeq
    narrow = linked.select("b")
    assert type(narrow) is ltseq.LinkedTable
    assert narrow.columns == ["b"]
    assert narrow.select("b", lambda r: r.p.name).columns == ["b", "p_name"]
    assert narrow.filter(lambda r: r.p.name == "x").columns == ["b"]


def test_set_operations_name_the_difference(t, recorded):
    other = recorded({"a": "int64", "c": "string"})
    for verb in ("union", "intersect", "except_", "xunion"):
        with pytest.raises(ltseq.SchemaMismatchError, match=r"lacks 'b', 'ts'.*only the other table has 'c'"):
            getattr(t, verb)(other)
        with pytest.raises(ArgumentError, match="LTSeq table"):
            getattr(t, verb)([1])


def test_lookup_carries_its_target(t, recorded, sent):
    target = recorded({"a": "int64", "name": "string"})
    made = t.derive(n=lambda r: r.a.lookup(target, "name"))
    assert sent(made)[1]["columns"][0]["expr"] == call("lookup", A, target=0, column="name", join_key="a")
    assert made._plan.others == [target._plan]
    assert (
        t.derive(n=lambda r: r.ts.lookup(target, "name"))._plan.payload["columns"][0]["expr"]["kwargs"]["join_key"]
        == "a"
    )
    with pytest.raises(ltseq.ColumnNotFoundError):
        t.derive(n=lambda r: r.a.lookup(target, "nope"))
    with pytest.raises(ArgumentError):
        t.derive(n=lambda r: r.a.lookup([1], "nope"))


def test_rename_drop_and_distinct(t, sent):
    assert sent(t.rename({"a": "x"}, b="y")) == ("rename", {"mapping": {"a": "x", "b": "y"}})
    assert sent(t.drop("a", lambda r: r.b)) == ("drop", {"columns": ["a", "b"]})
    assert sent(t.distinct("a", lambda r: r.b)) == ("distinct", {"keys": [A, B]})
    for wrong in (
        lambda: t.rename(nope="x"),
        lambda: t.drop("nope"),
        lambda: t.distinct("nope"),
    ):
        with pytest.raises(ltseq.ColumnNotFoundError):
            wrong()
    for wrong in (
        lambda: t.rename(a="b"),
        lambda: t.rename("a"),
        lambda: t.rename(a=1),
        lambda: t.drop(lambda r: r.a + 1),
        lambda: t.select("a", "a"),
        lambda: t.derive(lambda r: {"x": r.a}, x=lambda r: r.b),
        lambda: t.derive(lambda r: r.a + 1),
    ):
        with pytest.raises(ArgumentError):
            wrong()


def test_rename_may_swap_names(t, sent):
    assert sent(t.rename(a="b", b="a"))[1] == {"mapping": {"a": "b", "b": "a"}}
