"""Section 5: verbs."""

from __future__ import annotations

import datetime as dt

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, SchemaMismatchError, SortRequiredError

pytestmark = pytest.mark.usefixtures("engine")


def rows(table, name):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    return LTSeq.from_dict({"i": [1, 2, 3, 4], "px": [5.0, None, 2.0, 9.0], "k": ["a", "b", "a", None]})


def test_filter_keeps_rows_where_all_are_true_and_null_is_not(t):
    assert rows(t.filter(lambda r: r.px > 2), "i") == [1, 4]
    assert rows(t.filter(lambda r: r.px > 2, lambda r: r.i < 4), "i") == [1]
    assert rows(t.filter(lambda r: r.k == "a"), "i") == [1, 3]


def test_filter_sequence_functions_see_the_rows_before(t):
    assert rows(t.sort("i").filter(lambda r: r.i.shift(1) == 1), "i") == [2]
    assert rows(t.sort("i").filter(lambda r: r.i != 2, lambda r: r.i.shift(1) == 2), "i") == [3]


def test_select_gives_what_was_asked_in_that_order(t):
    assert t.select("k", lambda r: [r.i], d=lambda r: r.i * 2).to_dicts()[0] == {"k": "a", "i": 1, "d": 2}
    assert t.select(["k", "i"]).columns == ["k", "i"]
    assert t.select(lambda r: r.i + 1).columns == ["i + 1"]


def test_select_refuses_duplicates(t):
    with pytest.raises(ArgumentError, match="'i'"):
        t.select("i", "i")


def test_derive_adds_at_the_end_and_replaces_in_place(t):
    made = t.derive(lambda r: {"z": r.i + 1}, i=lambda r: r.i * 10)
    assert made.columns == ["i", "px", "k", "z"]
    assert made.to_dicts()[0] == {"i": 10, "px": 5.0, "k": "a", "z": 2}
    assert t.derive("i", lambda r: (r.i + 1).alias("n")).columns == ["i", "px", "k", "n"]


def test_rename_and_drop(t):
    assert t.rename({"i": "id"}, k="key").columns == ["id", "px", "key"]
    assert t.rename(i="k", k="i").to_dicts()[0] == {"k": 1, "px": 5.0, "i": "a"}
    assert t.drop("px", "k").columns == ["i"]


def test_slices_follow_the_order(t):
    down = t.sort("i", desc=True)
    assert rows(down.head(2), "i") == [4, 3]
    assert rows(down.tail(2), "i") == [2, 1]
    assert rows(down.slice(1, 2), "i") == [3, 2]
    assert rows(down.slice(3), "i") == [1]
    assert rows(down.slice(9), "i") == []
    assert rows(t.step(2), "i") == [1, 3]
    assert rows(down.step(3), "i") == [4, 1]


def test_rvs_reverses_rows(t):
    assert rows(t.rvs(), "i") == [4, 3, 2, 1]
    assert rows(t.sort("i").rvs().head(1), "i") == [4]


def test_distinct_keeps_the_first_row_per_key_in_order_of_appearance(t):
    assert rows(t.distinct("k"), "i") == [1, 2, 4]
    assert rows(t.sort("i", desc=True).distinct("k"), "i") == [4, 3, 2]
    assert rows(t.distinct(lambda r: r.i % 2), "i") == [1, 2]
    twice = t.union(t)
    assert twice.distinct().to_dicts() == t.to_dicts()


def test_distinct_treats_nan_and_zero_as_keys_do():
    t = LTSeq.from_dict({"x": [float("nan"), float("nan"), 0.0, -0.0, None, None]})
    assert t.distinct("x").count() == 3


def test_union_keeps_duplicates_self_first(t):
    other = LTSeq.from_dict({"k": ["z"], "px": [1], "i": [9]})
    made = t.union(other)
    assert rows(made, "i") == [1, 2, 3, 4, 9]
    assert made.schema == t.schema
    with pytest.raises(SchemaMismatchError, match="'k'"):
        t.union(t.drop("k"))
    with pytest.raises(SchemaMismatchError):
        t.union(t.derive(k=lambda r: r.i))


def test_union_widens_numbers_and_null_fits_all():
    a = LTSeq.from_dict({"x": [1], "n": [None]})
    b = LTSeq.from_dict({"x": [1.5], "n": ["s"]})
    assert a.union(b).to_dicts() == [{"x": 1.0, "n": None}, {"x": 1.5, "n": "s"}]


def as_set(table):
    return {tuple(row.values()) for row in table.to_dicts()}


def test_set_operations_are_distinct_and_null_equals_null():
    a = LTSeq.from_dict({"x": [1, 1, None, 2]})
    b = LTSeq.from_dict({"x": [1, None, None, 3]})
    assert (as_set(a.intersect(b)), a.intersect(b).count()) == ({(1,), (None,)}, 2)
    assert (as_set(a.except_(b)), a.except_(b).count()) == ({(2,)}, 1)
    assert (as_set(a.xunion(b)), a.xunion(b).count()) == ({(2,), (3,)}, 2)
    assert not a.is_subset(b)
    assert a.filter(lambda r: r.x.is_null()).is_subset(b)


def test_set_operations_on_some_columns():
    a = LTSeq.from_dict({"k": [1, 2], "v": ["a", "b"]})
    b = LTSeq.from_dict({"k": [2], "w": ["z"]})
    assert a.intersect(b, on="k").to_dicts() == [{"k": 2, "v": "b"}]
    assert a.except_(b, on=["k"]).to_dicts() == [{"k": 1, "v": "a"}]
    assert a.except_(b, on=lambda r: r.k).to_dicts() == [{"k": 1, "v": "a"}]
    with pytest.raises(ColumnNotFoundError, match="'v'"):
        a.intersect(b, on="v")


def test_contain(t):
    assert t.contain("k", "a", "b")
    assert not t.contain("k", "a", "z")
    assert t.contain("k", None)
    assert t.contain("k")


def test_align_follows_ref():
    t = LTSeq.from_dict({"d": [dt.date(2024, 1, 2), dt.date(2024, 1, 3), dt.date(2024, 1, 2)], "v": [1, 2, 3]})
    made = t.align(["2024-01-03", "2024-01-05", "2024-01-02", "2024-01-03"], lambda r: r.d)
    assert made.to_dicts() == [
        {"d": dt.date(2024, 1, 3), "v": 2},
        {"d": dt.date(2024, 1, 5), "v": None},
        {"d": dt.date(2024, 1, 2), "v": 1},
        {"d": dt.date(2024, 1, 2), "v": 3},
        {"d": dt.date(2024, 1, 3), "v": 2},
    ]
    assert made.columns == ["d", "v"]


def test_align_refuses(t):
    for ref, key in (
        ([1], "i"),
        ([1], lambda r: r.i + 1),
        ([1], lambda r: [r.i]),
        ([], lambda r: r.i),
        ([2**64], lambda r: r.i),
        (["x"], lambda r: r.i),
        ([1.5], lambda r: r.i),
        ("12", lambda r: r.i),
    ):
        with pytest.raises(ArgumentError):
            t.align(ref, key)
    with pytest.raises(ArgumentError):
        LTSeq.from_dict({"l": [[1]]}).align([[1]], lambda r: r.l)


def test_insert_clamps_its_position(t):
    assert rows(t.insert(1, {"i": 9}), "i") == [1, 9, 2, 3, 4]
    assert rows(t.insert(-5, {"i": 9}), "i") == [9, 1, 2, 3, 4]
    assert rows(t.insert(99, {"i": 9}), "i") == [1, 2, 3, 4, 9]
    assert t.insert(0, {"i": 9}).to_dicts()[0] == {"i": 9, "px": None, "k": None}
    assert t.insert(0, {"i": 9}).schema == t.schema
    with pytest.raises(ColumnNotFoundError):
        t.insert(0, {"nope": 1})
    with pytest.raises(ArgumentError, match="column 'i' is int64, and its value is string"):
        t.insert(0, {"i": "x", "px": 1})


def test_delete_only_where_true(t):
    assert rows(t.delete(lambda r: r.px > 2), "i") == [2, 3]
    assert rows(t.delete(0), "i") == [2, 3, 4]
    assert rows(t.delete(99), "i") == [1, 2, 3, 4]
    assert rows(t.sort("i", desc=True).delete(0), "i") == [3, 2, 1]


def test_update_only_where_true(t):
    assert rows(t.update(lambda r: r.px > 2, px=0.5), "px") == [0.5, None, 2.0, 0.5]
    assert rows(t.update(lambda r: r.i > 2, {"k": lambda r: r.k + "!"}), "k") == ["a", "b", "a!", None]
    assert t.update(lambda r: r.i > 2).to_dicts() == t.to_dicts()
    with pytest.raises(ColumnNotFoundError):
        t.update(lambda r: r.i > 2, nope=1)


def test_modify_one_position(t):
    assert rows(t.modify(1, px=7.0), "px") == [5.0, 7.0, 2.0, 9.0]
    assert rows(t.modify(0, {"i": lambda r: r.i + 100}), "i") == [101, 2, 3, 4]
    assert t.modify(99, px=7.0).to_dicts() == t.to_dicts()
    assert t.modify(0).to_dicts() == t.to_dicts()
    assert rows(t.modify(0, k=None), "k") == [None, "b", "a", None]


@pytest.fixture
def sales():
    return LTSeq.from_dict(
        {
            "day": [2, 1, 1, 2, 1],
            "shop": ["n", "s", "n", None, "n"],
            "v": [10, 1, 2, 4, 8],
            "f": [1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )


def test_pivot_names_its_columns_by_sorted_text(sales):
    made = sales.pivot("day", "shop", "v")
    assert made.columns == ["day", "n", "null", "s"]
    assert made.to_dicts() == [{"day": 1, "n": 10, "null": None, "s": 1}, {"day": 2, "n": 10, "null": 4, "s": None}]
    assert made.sort_keys == [("day", False)]


@pytest.mark.parametrize(
    ("agg_fn", "n"),
    [("sum", 10), ("mean", 5.0), ("count", 2), ("min", 2), ("max", 8), ("first", 8), ("last", 2)],
)
def test_pivot_functions(sales, agg_fn, n):
    made = sales.sort("f", desc=True).pivot("day", "shop", "v", agg_fn)
    assert made.to_dicts()[0]["n"] == n


def test_pivot_counts_nothing_as_zero(sales):
    assert sales.pivot("day", "shop", "v", "count").to_dicts()[1]["s"] == 0


def test_pivot_refuses(sales):
    with pytest.raises(ArgumentError, match="agg_fn"):
        sales.pivot("day", "shop", "v", "total")
    clash = sales.derive(shop=lambda r: ltseq.if_else(r.v > 3, "day", "x"))
    with pytest.raises(ArgumentError, match="'day'"):
        clash.pivot("day", "shop", "v")
    with pytest.raises(ArgumentError, match="'null'"):
        sales.derive(shop=lambda r: ltseq.if_else(r.v > 3, None, "null")).pivot("day", "shop", "v")


def test_partition_by_first_appearance(t):
    p = t.partition("k")
    assert p.keys() == ["a", "b", None]
    assert len(p) == 3
    assert rows(p["a"], "i") == [1, 3]
    assert rows(p[None], "i") == [4]
    assert "b" in p
    assert "z" not in p
    assert [len(part) for part in p] == [2, 1, 1]
    assert p.map(len).items() == [("a", 2), ("b", 1), (None, 1)]
    assert p.map(len).to_list() == [2, 1, 1]
    with pytest.raises(KeyError):
        p["z"]


def test_partition_by_several_keys_and_lambdas(t):
    p = t.partition("k", lambda r: r.i > 2)
    assert p.keys() == [("a", False), ("b", False), ("a", True), (None, True)]
    assert rows(p["a", True], "i") == [3]
    assert t.partition(by=["k"]).keys() == ["a", "b", None]
    for wrong in (lambda: t.partition(), lambda: t.partition(5), lambda: t.partition("k", by="k")):
        with pytest.raises(ArgumentError):
            wrong()


def test_partition_keeps_the_order(t):
    part = t.sort("i", desc=True).partition("k")["a"]
    assert rows(part, "i") == [3, 1]
    assert part.sort_keys == [("i", True)]


def test_cum_sum_adds_columns(t):
    made = t.sort("i").cum_sum("i", "px")
    assert made.columns == ["i", "px", "k", "i_cumsum", "px_cumsum"]
    assert rows(made, "i_cumsum") == [1, 3, 6, 10]
    assert rows(made, "px_cumsum") == [5.0, 5.0, 7.0, 16.0]
    assert t.sort("i").cum_sum(lambda r: r.i + 1).columns[-1] == "i + 1_cumsum"
    with pytest.raises(ArgumentError, match="'k' is string"):
        t.sort("i").cum_sum("k")
    with pytest.raises(ArgumentError):
        t.sort("i").cum_sum()


def test_search_first(t):
    assert t.search_first(lambda r: r.px < 6).to_dicts() == [{"i": 1, "px": 5.0, "k": "a"}]
    assert rows(t.sort("i", desc=True).search_first(lambda r: r.px < 6), "i") == [3]
    assert t.search_first(lambda r: r.px > 99).count() == 0


def test_search_pattern_gives_the_first_row_of_each_match():
    t = LTSeq.from_dict({"ts": [1, 2, 3, 4, 5, 6], "u": ["c", "c", "p", "c", "x", "p"]}).sort("ts")
    cart, pay = (lambda r: r.u == "c"), (lambda r: r.u == "p")
    assert rows(t.search_pattern(cart, pay), "ts") == [2]
    assert rows(t.search_pattern(cart, cart), "ts") == [1]
    assert t.search_pattern_count(cart) == 3
    with pytest.raises(ArgumentError):
        t.search_pattern()
    with pytest.raises(SortRequiredError):
        LTSeq.from_dict({"u": ["c"]}).search_pattern(cart)


def test_search_pattern_overlaps_partitions_and_within():
    times = [dt.datetime(2024, 1, 1, hour) for hour in (1, 2, 3, 10)]
    t = LTSeq.from_dict({"ts": times, "p": [1, 1, 2, 1], "u": [1, 1, 1, 1]}).sort("ts")
    one = lambda r: r.u == 1  # noqa: E731
    assert t.search_pattern_count(one, one) == 3
    assert rows(t.search_pattern(one, one, partition_by="p"), "ts") == times[:2]
    assert rows(t.search_pattern(one, one, within=dt.timedelta(hours=1)), "ts") == times[:2]


def test_fold_carries_a_state():
    t = LTSeq.from_dict({"ts": [2, 1, 3], "v": [10, 5, -20], "p": ["x", "x", "y"]}).sort("ts")
    made = t.fold(lambda s, r: max(0, s + r.v), init=0, into="level")
    assert made.to_dicts() == [
        {"ts": 1, "v": 5, "p": "x", "level": 5},
        {"ts": 2, "v": 10, "p": "x", "level": 15},
        {"ts": 3, "v": -20, "p": "y", "level": 0},
    ]
    assert made.sort_keys == [("ts", False)]
    assert rows(t.fold(lambda s, r: s + r["v"], init=0, into="s", partition_by="p"), "s") == [5, 15, -20]


def test_fold_copies_its_init_and_makes_values_at_once():
    t = LTSeq.from_dict({"ts": [1, 2], "p": [1, 2]}).sort("ts")

    def push(state, row):
        state.append(row.ts)
        return state

    init = []
    assert rows(t.fold(push, init=init, into="l"), "l") == [[1], [1, 2]]
    assert rows(t.fold(push, init=init, into="l", partition_by="p"), "l") == [[1], [2]]
    assert init == []


def test_fold_refuses():
    t = LTSeq.from_dict({"ts": [1, 2]}).sort("ts")
    for kwargs in ({"into": ""}, {"into": "ts"}, {"into": 5}):
        with pytest.raises(ArgumentError):
            t.fold(lambda s, r: s, init=0, **kwargs)
    with pytest.raises(ArgumentError, match="'f'"):
        t.fold(lambda s, r: "x" if r.ts > 1 else 1, init=0, into="f")
    assert rows(t.fold(lambda s, r: 0.5 if r.ts > 1 else 1, init=0, into="f"), "f") == [1.0, 0.5]
    with pytest.raises(AttributeError):
        t.fold(lambda s, r: r.nope, init=0, into="f")
    with pytest.raises(TypeError):
        t.fold(lambda s, r: setattr(r, "ts", 5), init=0, into="f")
    with pytest.raises(SortRequiredError):
        LTSeq.from_dict({"ts": [1]}).fold(lambda s, r: s, init=0, into="f")


def test_select_takes_a_dict():
    t = LTSeq.from_dict({"a": [1]})
    assert t.select({"b": lambda r: r.a + 1, "self": ltseq.col("a")}).to_dicts() == [{"b": 2, "self": 1}]


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.derive({5: ltseq.col("a")}),
        lambda t: t.select({5: ltseq.col("a")}),
        lambda t: t.agg({5: lambda g: g.count()}),
    ],
)
def test_names_of_columns_are_text(verb):
    with pytest.raises(ArgumentError, match="name must be str, not int"):
        verb(LTSeq.from_dict({"a": [1]}))


def test_more_rows_than_can_be_are_all():
    t = LTSeq.from_dict({"a": [1, 2]})
    assert [t.head(2**63).count(), t.tail(2**70).count(), t.slice(1, 2**63).count(), t.slice(2**63).count()] == [
        2,
        2,
        1,
        0,
    ]


def test_contain_refuses_text_in_numbers():
    t = LTSeq.from_dict({"a": [1], "d": [dt.date(2024, 1, 1)]})
    with pytest.raises(ArgumentError, match="a is int64, and 'x' is str"):
        t.contain("a", 1, "x")
    assert t.contain("a", 1, None) is False


def test_a_row_of_fold_cannot_lose_an_item():
    def drop(state, row):
        del row["a"]

    with pytest.raises(ArgumentError, match="cannot be changed"):
        LTSeq.from_dict({"a": [1]}).sort("a").fold(drop, init=0, into="f")


def test_fold_restarts_where_the_order_does():
    t = LTSeq.from_dict({"i": [1, 2, 3], "k": ["a", "b", "a"]}).sort("i", partition_by="k")
    for made in (t, t.rename(k="q"), t.drop("k"), t.filter(lambda r: r.i > 0)):
        assert rows(made.fold(lambda s, r: s + r.i, init=0, into="f"), "f") == [1, 4, 2]
    assert rows(t.fold(lambda s, r: s + r.i, init=0, into="f", partition_by=lambda r: r.i % 2), "f") == [1, 4, 2]
    assert rows(t.sort("i").fold(lambda s, r: s + r.i, init=0, into="f"), "f") == [1, 3, 6]
