"""Section 10: what may stand in a condition of two tables: lookups, linked columns, calls that read other rows."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError, JoinConditionError, LTSeq, SortRequiredError


@pytest.fixture
def a():
    return LTSeq.from_dict({"id": [1, 2, 3, None], "ts": [1, 2, 3, 4]})


@pytest.fixture
def groups():
    return LTSeq.from_dict({"id": [1, 2, 3], "g": ["x", "y", "z"]})


@pytest.fixture
def b():
    return LTSeq.from_dict({"g": ["x", "z", "z"], "w": [10, 20, 30], "at": [1, 1, 2]})


def rows(table):
    return [tuple(row.values()) for row in table.to_dicts()]


@pytest.fixture(params=["lookup", "linked", "linked, not selected"])
def left(request, a, groups):
    """`a`, and the group of a row of it."""
    if request.param == "lookup":
        return a, lambda r: r.id.lookup(groups, "g")
    linked = a.link(groups, on="id", as_="ref", join_type="left")
    return linked.select("id", "ts") if "not" in request.param else linked, lambda r: r.ref.g


def own(table):
    return table.select("id", "ts", *[name for name in table.columns if name in {"w", "at", "k_g", "k_w", "k_at"}])


def test_join(left, b):
    table, group = left
    on = lambda p, q: group(p) == q.g  # noqa: E731
    assert sorted(rows(own(table.join(b, on=on)))) == [(1, 1, 10, 1), (3, 3, 20, 1), (3, 3, 30, 2)]
    assert (2, 2, None, None) in rows(own(table.join(b, on=on, how="left")))
    assert [name for name in table.join(b, on=on).columns if not name.startswith("ref_")] == ["id", "ts", "w", "at"]


def test_join_from_the_other_side(left, b):
    table, group = left
    made = b.join(table, on=lambda q, p: q.g == group(p))
    assert sorted(rows(made.select("g", "w", "id"))) == [("x", 10, 1), ("z", 20, 3), ("z", 30, 3)]
    assert made.columns[:5] == ["g", "w", "at", "id", "ts"]


def test_semi_and_anti(left, b):
    table, group = left
    on = lambda p, q: group(p) == q.g  # noqa: E731
    assert rows(own(table.semi_join(b, on=on))) == [(1, 1), (3, 3)]
    assert rows(own(table.anti_join(b, on=on))) == [(2, 2), (None, 4)]
    assert table.semi_join(b, on=on).columns == table.columns
    assert rows(b.anti_join(table, on=lambda q, p: q.g == group(p))) == []
    assert table.sort("ts", desc=True).semi_join(b, on=on).sort_keys == [("ts", True)]


def test_asof_by(left, b):
    table, group = left
    made = table.asof_join(b, left_on="ts", right_on="at", by=lambda p, q: group(p) == q.g)
    assert rows(own(made)) == [(1, 1, 10, 1), (2, 2, None, None), (3, 3, 30, 2), (None, 4, None, None)]
    same = table.asof_join(b, on=lambda p, q: (p.ts >= q.at) & (group(p) == q.g))
    assert same.to_dicts() == made.to_dicts()


def test_link(left, b):
    table, group = left
    made = table.link(b, on=lambda p, q: group(p) == q.g, as_="k")
    assert rows(own(made)) == [(1, 1, "x", 10, 1), (3, 3, "z", 20, 1), (3, 3, "z", 30, 2)]
    turned = b.link(table, on=lambda q, p: q.g == group(p), as_="k")
    assert [name for name in turned.columns if "ref" not in name] == ["g", "w", "at", "k_id", "k_ts"]
    assert rows(turned.select("w", "k_id")) == [(10, 1), (20, 3), (30, 3)]


def test_a_lookup_may_be_the_time_of_an_asof_join(a, b):
    when = LTSeq.from_dict({"id": [1, 2, 3], "due": [2, 1, 0]})
    made = a.asof_join(b, on=lambda p, q: p.id.lookup(when, "due") >= q.at)
    assert [row["w"] for row in made.to_dicts()] == [30, 20, None, None]


def test_keys_of_set_operations_may_look_up(a, groups):
    made = a.except_(a.head(2), on=lambda r: r.id.lookup(groups, "g"))
    assert rows(made) == [(3, 3), (None, 4)]
    assert rows(a.intersect(a.slice(1, 1), on=lambda r: [r.id.lookup(groups, "g"), r.ts])) == [(2, 2)]


def test_a_hidden_column_and_one_of_the_other_table_may_share_a_name(a, groups):
    narrow = a.link(groups, on="id", as_="ref").select("id")
    other = LTSeq.from_dict({"ref_g": ["y", "q"], "id": [9, 1]})
    made = narrow.join(other, on=lambda p, q: p.ref.g == q.ref_g, suffix="_b")
    assert made.to_dicts() == [{"id": 2, "id_b": 9}]
    assert narrow.join(other, on="id").to_dicts() == [{"id": 1, "ref_g": "q"}]


def test_conditions_may_read_other_rows(a):
    sums = LTSeq.from_dict({"total": [3, 6]})
    made = a.sort("ts").join(sums, on=lambda p, q: p.id.cum_sum() == q.total)
    assert sorted(rows(made), key=str) == [(2, 2), (3, 3), (None, 4)]
    assert rows(a.sort("ts").semi_join(sums, on=lambda p, q: p.ts.shift(1) == q.total)) == [(None, 4)]
    with pytest.raises(SortRequiredError):
        a.join(sums, on=lambda p, q: p.id.cum_sum() == q.total)
    per_row = a.join(LTSeq.from_dict({"n": [10]}), on=lambda p, q: p.ts.sum().over(partition_by=[]) == q.n)
    assert per_row.count() == 4


def test_a_condition_of_kinds_that_never_meet_names_both(a, groups, b):
    with pytest.raises(JoinConditionError, match=r"`id > 1` of type bool cannot equal column 'g' of type string"):
        a.join(b, on=lambda p, q: (p.id > 1) == q.g)
    with pytest.raises(ArgumentError, match=r"lookup: `id > 1` of type bool cannot equal") as error:
        a.derive(x=lambda r: (r.id > 1).lookup(b, "w", join_key="g"))
    assert not isinstance(error.value, JoinConditionError)


def test_a_repeated_key_of_a_lookup_fails_while_running(a, b, groups):
    twice = groups.union(groups)
    made = a.join(b, on=lambda p, q: p.id.lookup(twice, "g") == q.g)
    with pytest.raises(ltseq.ExecutionError):
        made.to_dicts()
