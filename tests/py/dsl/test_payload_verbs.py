"""Payloads of verbs: what each sends to the engine, and what it refuses before."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError

PX = {"type": "Column", "name": "px"}


def call(func, *args, **kwargs):
    return {"type": "Call", "func": func, "args": list(args), "kwargs": kwargs}


def literal(value, dtype):
    return {"type": "Literal", "value": value, "dtype": dtype}


# Nodes


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
