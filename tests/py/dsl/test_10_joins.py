"""Section 10: joins."""

from __future__ import annotations

import datetime as dt

import pytest

import ltseq
from ltseq import LinkedTable, LTSeq, SortRequiredError

pytestmark = pytest.mark.usefixtures("engine")


def rows(table, *names):
    return [tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in table.to_dicts()]


@pytest.fixture
def a():
    return LTSeq.from_dict({"id": [1, 2, 2, None], "x": ["p", "q", "r", "s"]})


@pytest.fixture
def b():
    return LTSeq.from_dict({"id": [2, 3, None], "x": ["B", "C", "N"], "y": [20, 30, 40]})


def test_join_types(a, b):
    assert a.join(b, on="id").columns == ["id", "x", "x_right", "y"]
    assert sorted(rows(a.join(b, on="id"), "id", "x", "y")) == [(2, "q", 20), (2, "r", 20)]
    left = a.join(b, on="id", how="left")
    assert sorted(rows(left, "x", "y"), key=str) == [("p", None), ("q", 20), ("r", 20), ("s", None)]
    right = a.join(b, on="id", how="right")
    assert right.columns == ["id", "x", "id_right", "x_right", "y"]
    assert sorted(rows(right, "x", "y"), key=str) == [("q", 20), ("r", 20), (None, 30), (None, 40)]
    full = a.join(b, on="id", how="full")
    assert full.count() == 6


def test_null_never_matches_and_nan_equals_nan():
    a = LTSeq.from_dict({"k": [float("nan"), 0.0, None]})
    b = LTSeq.from_dict({"k": [float("nan"), -0.0, None], "v": [1, 2, 3]})
    assert sorted(rows(a.join(b, on="k"), "v")) == [1, 2]


def test_numbers_compare_by_value_and_strings_as_numbers():
    ints = LTSeq.from_dict({"k": [1, 2]})
    floats = LTSeq.from_dict({"k": [2.0, 1.5], "v": ["two", "half"]})
    texts = LTSeq.from_dict({"k": ["02", "x", None], "v": ["t", "n", "z"]})
    assert rows(ints.join(floats, on="k"), "v") == ["two"]
    assert rows(ints.join(texts, on="k"), "v") == ["t"]


def test_several_keys_and_expressions(a, b):
    made = a.join(b, on=lambda a, b: (a.id == b.id) & (a.x.s.upper() == b.x))
    assert made.count() == 0
    assert a.join(a, on=["id", "x"]).count() == 3
    assert a.join(b, left_on="id", right_on="id", suffix="_b").columns == ["id", "x", "x_b", "y"]


def test_merge_needs_both_orders_and_gives_the_same_rows(a, b):
    with pytest.raises(SortRequiredError, match="Left table is not sorted"):
        a.join(b, on="id", strategy="merge")
    merged = a.sort("id").join(b.sort("id"), on="id", strategy="merge")
    assert sorted(rows(merged, "x", "y")) == [("q", 20), ("r", 20)]
    assert sorted(rows(a.join_merge(b, "id"), "x")) == ["q", "r"]


def test_semi_and_anti(a, b):
    ordered = a.sort("x", desc=True)
    assert rows(ordered.semi_join(b, on="id"), "x") == ["r", "q"]
    assert rows(ordered.anti_join(b, on="id"), "x") == ["s", "p"]
    assert ordered.semi_join(b.union(b), on="id").count() == 2
    assert ordered.semi_join(b, on=lambda a, b: a.id == b.id).columns == ["id", "x"]


# As of


@pytest.fixture
def trades():
    return LTSeq.from_dict({"ts": [1, 5, 9], "sym": ["A", "B", "A"], "qty": [10, 20, 30]})


@pytest.fixture
def quotes():
    return LTSeq.from_dict({"ts": [0, 4, 5, 8, 12], "sym": ["A", "A", "B", "B", "A"], "bid": [1.0, 2.0, 3.0, 4.0, 5.0]})


def test_asof_directions(trades, quotes):
    assert rows(trades.asof_join(quotes, on="ts"), "bid") == [1.0, 3.0, 4.0]
    assert rows(trades.asof_join(quotes, on="ts", direction="forward"), "bid") == [2.0, 3.0, 5.0]
    assert rows(trades.asof_join(quotes, on="ts", strategy="nearest"), "bid") == [1.0, 3.0, 4.0]
    assert rows(trades.asof_join(quotes, on=lambda a, b: a.ts > b.ts), "bid") == [1.0, 2.0, 4.0]
    assert rows(trades.asof_join(quotes, on=lambda a, b: a.ts < b.ts), "bid") == [2.0, 4.0, 5.0]


def test_asof_by_and_columns(trades, quotes):
    made = trades.asof_join(quotes, on="ts", by="sym")
    assert made.columns == ["ts", "sym", "qty", "ts_right", "bid"]
    assert rows(made, "bid") == [1.0, 3.0, 2.0]
    same = trades.asof_join(quotes, on=lambda a, b: (a.ts >= b.ts) & (a.sym == b.sym))
    assert same.to_dicts() == made.to_dicts()


def test_asof_tolerance_is_inclusive(trades, quotes):
    assert rows(trades.asof_join(quotes, on="ts", by="sym", tolerance=1), "bid") == [1.0, 3.0, None]
    base = dt.datetime(2024, 1, 1)
    left = LTSeq.from_dict({"ts": [base + dt.timedelta(seconds=s) for s in (5, 6)]})
    right = LTSeq.from_dict({"ts": [base], "v": [1]})
    assert rows(left.asof_join(right, on="ts", tolerance=dt.timedelta(seconds=5)), "v") == [1, None]


def test_asof_keeps_left_order_ties_and_nulls(quotes):
    left = LTSeq.from_dict({"ts": [9, None, 1], "sym": ["A", "A", "Z"]})
    assert rows(left.asof_join(quotes, on="ts"), "ts", "bid") == [(9, 4.0), (None, None), (1, 1.0)]
    tied = LTSeq.from_dict({"ts": [1, 1, 3], "v": ["a", "b", "c"]})
    probe = LTSeq.from_dict({"ts": [2]})
    assert rows(probe.asof_join(tied, on="ts"), "v") == ["b"]
    assert rows(probe.asof_join(tied, on="ts", direction="nearest"), "v") == ["b"]


# Link


@pytest.fixture
def orders():
    return LTSeq.from_dict({"id": [3, 1, 2], "prod": [7, 8, 9], "qty": [1, 2, 3]}).sort("id", desc=True)


@pytest.fixture
def products():
    return LTSeq.from_dict({"pid": [7, 8], "name": ["nut", "bolt"], "cat": [1, 2]})


def test_link_reaches_target_columns(orders, products):
    linked = orders.link(products, on=lambda o, p: o.prod == p.pid, as_="p")
    assert isinstance(linked, LinkedTable)
    assert isinstance(linked, LTSeq)
    assert linked.columns == ["id", "prod", "qty", "p_pid", "p_name", "p_cat"]
    assert rows(linked.select("id", lambda r: r.p.name), "id", "p_name") == [(3, "nut"), (1, "bolt")]
    assert rows(linked.filter(lambda r: r.p.name == "bolt"), "id") == [1]
    assert linked.source is orders
    assert linked.target is products
    assert (linked.alias, linked.join_type) == ("p", "inner")


def test_link_types(orders, products):
    on = lambda o, p: o.prod == p.pid  # noqa: E731
    left = orders.link(products, on=on, as_="p", join_type="left")
    assert rows(left.select("id", lambda r: r.p.name), "id", "p_name") == [(3, "nut"), (2, None), (1, "bolt")]
    extra = products.union(LTSeq.from_dict({"pid": [5], "name": ["cog"], "cat": [3]}))
    right = orders.link(extra, on=on, as_="p", join_type="right")
    assert rows(right, "id", "p_name") == [(3, "nut"), (1, "bolt"), (None, "cog")]
    full = orders.link(extra, on=on, as_="p", join_type="full")
    assert rows(full, "id", "p_name") == [(3, "nut"), (2, None), (1, "bolt"), (None, "cog")]


def test_link_fans_out_in_target_order(orders):
    many = LTSeq.from_dict({"pid": [7, 7], "tag": ["x", "y"]})
    linked = orders.link(many, on=lambda o, p: o.prod == p.pid, as_="m")
    assert rows(linked, "id", "m_tag") == [(3, "x"), (3, "y")]


def test_a_link_stays_open_until_target_columns_are_used(orders, products):
    linked = orders.link(products, on=lambda o, p: o.prod == p.pid, as_="p")
    kept = linked.filter(lambda r: r.qty > 1)
    assert type(kept) is LinkedTable
    assert rows(kept, "id") == [1]
    assert rows(kept.source, "id") == [2, 1]
    narrow = linked.select("id")
    assert type(narrow) is LinkedTable
    assert narrow.to_dicts() == [{"id": 3}, {"id": 1}]
    assert rows(narrow.select("id", lambda r: r.p.name), "id", "p_name") == [(3, "nut"), (1, "bolt")]
    assert narrow.filter(lambda r: r.p.name == "nut").to_dicts() == [{"id": 3}]
    assert rows(linked.sort("id").derive(z=lambda r: r.id), "z") == [1, 3]


def test_link_collects_once(orders, products):
    linked = orders.link(products, on=lambda o, p: o.prod == p.pid, as_="p")
    assert linked.collect() is linked.collect()
    assert type(linked.to_ltseq()) is LTSeq
    assert linked.to_ltseq().to_dicts() == linked.to_dicts()
    assert linked.to_ltseq() is linked.to_ltseq()


def test_links_chain(orders, products):
    cats = LTSeq.from_dict({"cid": [1, 2], "title": ["small", "long"]})
    linked = orders.link(products, on=lambda o, p: o.prod == p.pid, as_="p").link(
        cats, on=lambda o, c: o.p.cat == c.cid, as_="c"
    )
    assert rows(linked.select("id", lambda r: [r.p.name, r.c.title]), "id", "p_name", "c_title") == [
        (3, "nut", "small"),
        (1, "bolt", "long"),
    ]


def test_unused_target_columns_are_not_read(orders, products):
    plan = orders.link(products, on=lambda o, p: o.prod == p.pid, as_="p").select("id", lambda r: r.p.name).explain()
    assert "cat" not in plan.split("Physical plan")[1]


def test_keys_without_a_type_never_match():
    empty, nulls = LTSeq.from_dict({"k": []}), LTSeq.from_dict({"k": [None, None], "v": [1, 2]})
    assert empty.sort("k").to_dicts() == []
    assert rows(nulls.sort("k").derive(p=lambda r: r.v.shift()), "v", "p") == [(1, None), (2, 1)]
    assert rows(nulls.join(nulls, on="k", how="left"), "v", "v_right") == [(1, None), (2, None)]
    linked = nulls.link(nulls, on=lambda r, s: r.k == s.k, alias="o", join_type="left").derive(w=lambda r: r.o.v)
    assert rows(linked, "w") == [None, None]
    assert rows(nulls.derive(w=lambda r: r.k.lookup(nulls, "v", join_key="k")), "w") == [None, None]
    assert empty.derive(w=lambda r: r.k.lookup(nulls, "v", join_key="k")).to_dicts() == []
    assert len(nulls.distinct("k").to_dicts()) == 1


@pytest.mark.parametrize("join_type", ["right", "full"])
def test_a_link_that_adds_target_rows_has_no_declared_order(join_type):
    left = LTSeq.from_dict({"k": [3, 1], "x": [1, 2]}).sort("k", desc=True)
    linked = left.link(LTSeq.from_dict({"k": [1, 2, 3]}), on="k", as_="t", join_type=join_type)
    assert linked.sort_keys is None
    assert [row["t_k"] for row in linked.to_dicts()] == [3, 1, 2]
    with pytest.raises(SortRequiredError):
        linked.derive(p=lambda r: r.x.shift(1))
    assert linked.sort("t_k").derive(p=lambda r: r.x.shift(1)).count() == 3


@pytest.mark.parametrize("join_type", ["right", "full"])
@pytest.mark.parametrize("desc", [False, True])
def test_sql_of_a_link_that_adds_target_rows_names_no_key_that_they_break(join_type, desc):
    left = LTSeq.from_dict({"k": [3, 1], "x": [1, 2]}).sort("k", desc=desc)
    target = LTSeq.from_dict({"k": [1, 9, 3]})
    linked = left.link(target, on="k", as_="t", join_type=join_type)
    again = ltseq.sql(linked.to_sql(), mem_1=left, mem_2=target)
    assert again.to_dicts() == linked.to_dicts()
    # Target rows without a left row come last, as the NULLs of a rising key do.
    assert [row["t_k"] for row in again.to_dicts()][-1] == 9
    assert again.sort_keys == ([] if desc else [("k", False)])
    assert [row["t_k"] for row in again.sort("k", desc=True).to_dicts()] == [9, 3, 1]


@pytest.mark.parametrize("join_type", ["inner", "left"])
def test_other_links_keep_the_order_of_the_left_side(join_type):
    left = LTSeq.from_dict({"k": [3, 1], "x": [1, 2]}).sort("k", desc=True)
    assert left.link(LTSeq.from_dict({"k": [1, 2]}), on="k", join_type=join_type).sort_keys == [("k", True)]


def test_an_alias_is_free_again_once_its_columns_are_gone(orders, products):
    linked = orders.link(products, on=lambda o, p: o.prod == p.pid, as_="p", join_type="left").to_ltseq().select("id")
    again = linked.link(products, on=lambda o, p: o.id == p.cat, as_="p", join_type="left")
    assert rows(again.select("id", lambda r: r.p.name), "id", "p_name") == [(3, None), (2, "bolt"), (1, "nut")]


@pytest.mark.parametrize("swap", [False, True])
def test_integers_and_floats_compare_by_value(swap):
    whole = LTSeq.from_dict({"k": [2**53 + 1, 2**53, -3, 0, None, 2**63 - 1]})
    floats = LTSeq.from_dict({"k": [2.0**53, -3.0, -0.0, 0.5, float("nan"), 2.0**63, None]})
    left, right = (floats, whole) if swap else (whole, floats)
    assert sorted(int(row["k"]) for row in left.join(right, on="k").to_dicts()) == [-3, 0, 2**53]
    assert left.semi_join(right, on="k").count() == 3
    assert left.anti_join(right, on="k").count() == len(left) - 3
    assert left.link(right, on="k", as_="t", join_type="left").count() == len(left)
    found = left.derive(hit=lambda r: r.k.lookup(right.derive(one=lambda r: 1), "one", join_key="k"))
    assert sum(row["hit"] == 1 for row in found.to_dicts()) == 3
