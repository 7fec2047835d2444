"""Section 8: agg, group_by, and what aggregates may be combined with."""

from __future__ import annotations

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, GroupBy, LTSeq, SortRequiredError, col, lit


def count(g):
    return g.count()


def by_key(table):
    """The rows by their first column: they come in no promised order."""
    found = {next(iter(row.values())): tuple(row.values())[1:] for row in table.to_dicts()}
    assert len(found) == table.count()
    return found


@pytest.fixture
def t():
    return LTSeq.from_dict(
        {"k": ["a", "b", "a", None, "a"], "v": [1, 2, None, 4, 7], "w": [1.0, 2.0, 3.0, 4.0, 6.0], "i": [1, 2, 3, 4, 5]}
    )


# agg(by=None, aggs=None, **named)


def test_agg_gives_the_keys_then_the_aggregates(t):
    made = t.agg("k", n=count, s=lambda g: g.v.sum())
    assert made.columns == ["k", "n", "s"]
    assert made.schema == {"k": "string", "n": "int64", "s": "int64"}
    assert by_key(made) == {"a": (3, 8), "b": (1, 2), None: (1, 4)}
    assert made.sort_keys is None


def test_agg_without_keys_gives_one_row(t):
    for made in (t.agg(n=count), t.agg(None, n=count), t.agg([], n=count), t.agg({"n": count})):
        assert made.to_dicts() == [{"n": 5}]


def test_agg_of_no_rows(t):
    none = t.filter(lambda r: r.i > 9)
    assert none.agg(n=count, s=lambda g: g.v.sum()).to_dicts() == [{"n": 0, "s": None}]
    made = none.agg("k", n=count, s=lambda g: g.v.sum())
    assert (made.to_dicts(), made.schema) == ([], {"k": "string", "n": "int64", "s": "int64"})


@pytest.mark.parametrize(
    "make",
    [lambda t: t.agg("k", n=count), lambda t: t.agg("k", {"n": count}), lambda t: t.agg("k", aggs={"n": count}),
     lambda t: t.agg(by="k", aggs={"n": count}), lambda t: t.agg({"n": count}, by="k"), lambda t: t.agg(["k"], n=count),
     lambda t: t.agg(("k",), n=count), lambda t: t.agg(col("k"), n=count), lambda t: t.agg(lambda r: r.k, n=count),
     lambda t: t.agg(lambda r: [r.k], n=count), lambda t: t.agg(lambda r: {"k": r.k}, n=count),
     lambda t: t.agg([lambda r: r.k], n=lambda g: g.i.count()), lambda t: t.agg(by=["k"], n=ltseq.count()),
     lambda t: t.agg("k", n=col("i").count()), lambda t: t.aggregate("k", n=count),
     lambda t: t.group_by("k").agg(n=count), lambda t: t.group_by(lambda r: r.k).agg({"n": count})],
)  # fmt: skip
def test_agg_takes_its_keys_and_aggregates_in_every_form(t, make):
    made = make(t)
    assert (made.columns, by_key(made)) == (["k", "n"], {"a": (3,), "b": (1,), None: (1,)})


def test_agg_takes_computed_keys(t):
    assert by_key(t.agg(lambda r: {"odd": r.i % 2}, n=count)) == {0: (2,), 1: (3,)}
    made = t.agg(["k", lambda r: (r.i > 2).alias("late")], n=count)
    assert made.columns == ["k", "late", "n"]
    assert {tuple(row.values()) for row in made.to_dicts()} == {
        ("a", False, 1), ("a", True, 2), ("b", False, 1), (None, True, 1),
    }  # fmt: skip
    assert t.agg(lambda r: r.i + 1, n=count).columns == ["i + 1", "n"]


def test_agg_takes_a_sequence_function_as_key(t):
    assert by_key(t.sort("i").agg(lambda r: {"run": r.k.run_id()}, n=count)) == dict.fromkeys(range(5), (1,))
    with pytest.raises(SortRequiredError):
        t.agg(lambda r: r.i.shift(), n=count)


def test_agg_takes_any_name_by_dict_or_keyword(t):
    assert t.agg(self=count, args=count, named=count).columns == ["self", "args", "named"]
    assert t.agg({"by": count, "aggs": count}, by="k").columns == ["k", "by", "aggs"]
    assert t.agg({"n": count}, m=count).columns == ["n", "m"]


def test_agg_may_name_its_keys_as_they_are(t):
    assert by_key(t.agg("k", same=lambda g: g.k, n=count))["a"] == ("a", 3)


def test_agg_keys_treat_nan_and_zero_as_one_value():
    t = LTSeq.from_dict({"x": [float("nan"), 0.0, -0.0, float("nan"), None], "i": [1, 2, 3, 4, 5]})
    assert sorted(row["n"] for row in t.agg("x", n=count)) == [1, 2, 2]


@pytest.mark.parametrize(
    ("kind", "values"),
    [(pa.null(), [None, None]), (pa.list_(pa.int64()), [[1], [1]]), (pa.struct([("a", pa.int64())]), [{"a": 1}] * 2),
     (pa.dictionary(pa.int8(), pa.string()), ["a", "a"]), (pa.string_view(), ["a", "a"]), (pa.bool_(), [True, True]),
     (pa.timestamp("ns", "UTC"), [1, 1]), (pa.uint64(), [2**64 - 1] * 2), (pa.decimal128(38, 0), [10, 10])],
)  # fmt: skip
def test_agg_takes_keys_of_any_type(kind, values):
    t = LTSeq.from_arrow(pa.table({"x": pa.array(values, kind)}))
    made = t.agg("x", n=count)
    assert (made.count(), made.to_dicts()[0]["n"], made.schema["x"]) == (1, 2, t.schema["x"])


def test_agg_needs_an_aggregate(t):
    for make in (lambda: t.agg(), lambda: t.agg("k"), lambda: t.agg({}), lambda: t.agg("k", aggs={})):
        with pytest.raises(ArgumentError, match="at least one aggregate"):
            make()


@pytest.mark.parametrize("value", ["v", 5, None, ["v"], int])
def test_agg_refuses_what_is_neither_callable_nor_an_expr(t, value):
    for make in (lambda: t.agg("k", x=value), lambda: t.group_by("k").agg(x=value), lambda: t.agg("k", {"x": value})):
        with pytest.raises(ArgumentError, match="'x' must be callable"):
            make()


def test_agg_refuses_aggs_that_are_no_dict(t):
    for make in (lambda: t.agg("k", [count]), lambda: t.agg("k", aggs=count), lambda: t.group_by("k").agg([count])):
        with pytest.raises(ArgumentError, match="must be callable"):
            make()


def test_agg_refuses_a_column_that_is_not_aggregated(t):
    for value in (lambda g: g.v, lambda g: g.v + g.v.sum(), lambda g: g.i % 2, col("v")):
        with pytest.raises(ArgumentError, match="not aggregated"):
            t.agg("k", x=value)


def test_agg_refuses_a_plain_value(t):
    for value in (lambda g: 5, lambda g: None, lit(5)):
        with pytest.raises(ArgumentError, match="'x' must be an aggregate"):
            t.agg(x=value)


@pytest.mark.parametrize(
    "make",
    [lambda t: t.agg("k", "i", n=count), lambda t: t.agg("k", by="i", n=count),
     lambda t: t.agg({"n": count}, aggs={"m": count}),
     lambda t: t.agg("k", k=count), lambda t: t.agg(["k", "k"], n=count), lambda t: t.agg(5, n=count),
     lambda t: t.agg(lambda r: r.v.sum(), n=count), lambda t: t.agg(x=lambda g: [g.v.sum()]),
     lambda t: t.agg(x=lambda g: g.v.sum().max()), lambda t: t.agg({5: count})],
)  # fmt: skip
def test_agg_refuses(t, make):
    with pytest.raises(ArgumentError):
        make(t)


def test_agg_refuses_a_value_per_row_outside_an_aggregate(t):
    for value, name in ((lambda g: ltseq.row_number(), "row_number"), (lambda g: g.v.sum().shift(), "shift")):
        with pytest.raises(ArgumentError, match=f"{name} gives a value per row"):
            t.sort("i").agg(x=value)


@pytest.mark.parametrize("make", [lambda t: t.agg({5: count}), lambda t: t.agg(lambda r: {5: r.k}, n=count)])
def test_names_of_aggregates_and_keys_are_text(t, make):
    with pytest.raises(ArgumentError, match="name must be str, not int"):
        make(t)


def test_agg_of_unknown_columns(t):
    for make in (
        lambda: t.agg("vv", n=count),
        lambda: t.agg(x=lambda g: g.vv.sum()),
        lambda: t.agg(x=lambda g: g.sum("vv")),
    ):
        with pytest.raises(ColumnNotFoundError, match=r"'vv'.*'v'"):
            make()


# group_by(*keys) → GroupBy, .agg(**aggs)


def test_group_by_waits_for_its_aggregates(t):
    groups = t.group_by("k", lambda r: (r.i > 2).alias("late"))
    assert type(groups) is GroupBy
    assert groups.agg(n=count).columns == ["k", "late", "n"]
    assert t.group_by(lambda r: [r.k, r.i]).agg(n=count).columns == ["k", "i", "n"]
    assert t.group_by("k").agg(by=count, aggs=count, self=count).columns == ["k", "by", "aggs", "self"]


def test_group_by_refuses_at_once(t):
    for keys in ((), (5,), (lambda r: r.v.sum(),), (None,)):
        with pytest.raises(ArgumentError):
            t.group_by(*keys)
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.group_by("nope")


def test_group_by_agg_refuses(t):
    for make in (lambda g: g.agg(), lambda g: g.agg(k=count), lambda g: g.agg(x=lambda h: h.v)):
        with pytest.raises(ArgumentError):
            make(t.group_by("k"))


def test_agg_of_a_linked_table_reaches_its_alias(t):
    dim = LTSeq.from_dict({"id": ["a", "b"], "w": [5, 6]})
    linked = t.link(dim, on=lambda a, b: a.k == b.id, as_="dim")
    made = linked.agg(lambda r: r.dim.w, n=count, top=lambda g: g.dim.w.max(), total=lambda g: g.sum("dim_w"))
    assert (made.columns, by_key(made)) == (["dim_w", "n", "top", "total"], {5: (3, 5, 15), 6: (1, 6, 6)})
    assert by_key(linked.group_by("dim_w").agg(n=count)) == {5: (3,), 6: (1,)}


# Aggregates combine freely, take any expression, and restart sequence functions inside them per key.


def one(table, fn):
    (row,) = table.agg(x=fn).to_dicts()
    return row["x"]


@pytest.mark.parametrize(
    ("fn", "expected"),
    [(lambda g: g.sum("v") / g.count(), 2.8), (lambda g: g.v.max() - g.v.min(), 6), (lambda g: (g.v * g.i).sum(), 56),
     (lambda g: g.mean(lambda r: r.v * 2), 7.0), (lambda g: g.v.sum() + 5, 19), (lambda g: g.v.sum() > 3, True),
     (lambda g: g.v.sum().cast("string"), "14"), (lambda g: ltseq.if_else(g.count() > 3, g.v.max(), g.v.min()), 7),
     (lambda g: g.k.s.upper().max(), "B"), (lambda g: g.v.max().is_null(), False), (lambda g: -g.v.sum(), -14),
     (lambda g: g.v.sum().alias("other"), 14), (lambda g: g.sum(1), 5),
     (lambda g: ltseq.sum("v") + ltseq.max("i"), 19)],
)  # fmt: skip
def test_aggregates_combine_freely(t, fn, expected):
    assert one(t, fn) == expected


def test_sequence_functions_restart_per_key(t):
    made = t.sort("i").agg("k", x=lambda g: (g.i - g.i.shift()).max(), y=lambda g: g.i.cum_sum().max())
    assert by_key(made) == {"a": (2, 9), "b": (None, 2), None: (None, 4)}
    assert by_key(t.sort("i").agg("k", x=lambda g: ltseq.max(ltseq.row_number()))) == {"a": (3,), "b": (1,), None: (1,)}
    with pytest.raises(SortRequiredError):
        t.agg("k", x=lambda g: g.i.shift().max())


def test_drawdown_restarts_per_key():
    t = LTSeq.from_dict({"s": ["a", "b", "a", "b"], "ts": [1, 2, 3, 4], "px": [5, 1, 8, 9]}).sort("ts")
    assert by_key(t.agg("s", best=lambda g: (g.px - g.px.cum_min()).max())) == {"a": (3,), "b": (8,)}


# An aggregate in derive without .over is an ArgumentError that names agg, rolling and .over.


@pytest.mark.parametrize(
    "fn", [lambda r: r.v.sum(), lambda r: r.v - r.v.avg(), lambda r: ltseq.count(), lambda r: r.v.top_k(1)]
)
def test_an_aggregate_per_row_names_what_to_write(t, fn):
    for make in (lambda: t.derive(x=fn), lambda: t.select(x=fn)):
        with pytest.raises(ArgumentError, match=r"(?s)(?=.*agg)(?=.*rolling)(?=.*\.over)"):
            make()


# Any name of a column, in the forms of section 8.


@pytest.mark.parametrize(
    "odd", ["a b", 'a"b', "A", "select", "_x", "__group_id__", "ключ", "", "count", "sum", "by", "*"]
)
def test_agg_takes_any_name_of_a_column(odd):
    t = LTSeq.from_dict({odd: [1, 1, None], "v": [1, 2, 3]})
    assert by_key(t.agg(odd, n=count, s=lambda g: g.sum("v"))) == {1: (2, 3), None: (1, 3)}
    made = t.agg({odd: lambda g: g[odd].max()}, by="v")
    assert made.columns == ["v", odd]
    assert one(t, lambda g: g.sum(odd) + g[odd].count() + g.sum(lambda r: r[odd])) == 6
