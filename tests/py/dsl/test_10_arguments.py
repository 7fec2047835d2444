"""Section 10, joins: conditions, arguments, the operator of asof_join, links and their columns."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, JoinConditionError, LinkedTable, LTSeq, SortRequiredError


def column(table, name):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [1, 2, 3], "b": ["x", "y", "x"], "ts": [10, 20, 30]}).sort("ts")


@pytest.fixture
def other():
    return LTSeq.from_dict({"id": [2, 1], "a": [7, 8]})


# join(other, on=None, how="inner", strategy=None, *, left_on=None, right_on=None, suffix="_right")


def test_join_conditions_pair_keys_as_written(t, other):
    for kwargs in (
        {"on": lambda x, y: x.a == y.id},
        {"on": lambda x, y: y.id == x.a},
        {"left_on": "a", "right_on": "id"},
    ):
        made = t.join(other, **kwargs).sort("a")
        assert made.columns == ["a", "b", "ts", "a_right"]
        assert (column(made, "a"), column(made, "a_right")) == ([1, 2], [8, 7])
    full = t.join(other, left_on="a", right_on="id", how="full")
    assert full.columns == ["a", "b", "ts", "id", "a_right"]


@pytest.mark.parametrize("verb", ["join", "semi_join", "anti_join", "link"])
@pytest.mark.parametrize(
    "on",
    [lambda x, y: x.a > y.id, lambda x, y: (x.a == y.id) | (x.a == y.a), lambda x, y: x.a == 5, lambda x, y: x.a == x.a,
     lambda x, y: x.a == x.a + y.id, lambda x, y: True, lambda x, y: None, lambda x, y: x.a,
     lambda x, y: x.a == y.id and x.a == y.a, lambda x: x.a],
)  # fmt: skip
def test_a_wrong_condition_is_a_join_condition_error(t, other, verb, on):
    with pytest.raises(JoinConditionError, match="Invalid join condition"):
        getattr(t, verb)(other, on=on)


def test_an_unknown_column_in_a_condition_is_both_errors(t, other):
    with pytest.raises(JoinConditionError, match="Invalid join condition") as error:
        t.join(other, on=lambda x, y: x.a == y.idd)
    assert isinstance(error.value, ColumnNotFoundError)
    assert "Did you mean 'id'" in str(error.value)


def test_join_arguments(t):
    other = LTSeq.from_dict({"a": [1], "b": ["x"]}).sort("a", desc=True)
    for error, told, kwargs in (
        (ArgumentError, "Invalid join type", {"on": "a", "how": "cross"}),
        (ArgumentError, "Invalid strategy", {"on": "a", "strategy": "loop"}),
        (ArgumentError, "on", {"on": "a", "left_on": "a"}),
        (SortRequiredError, "Left table is not sorted", {"on": "a", "strategy": "merge"}),
    ):
        with pytest.raises(error, match=told):
            t.join(other, **kwargs)
    with pytest.raises(ArgumentError, match="LTSeq table"):
        t.join("other", on="a")
    with pytest.raises(SortRequiredError, match="Right table is not sorted"):
        t.sort("a").join(t, on="a", strategy="merge")
    with pytest.raises(ValueError, match="Sort directions don't match"):
        t.sort("a").join(other, on="a", strategy="merge")
    with pytest.raises(ArgumentError, match="'b_right' is still taken"):
        t.rename(ts="b_right").join(other, on="a")


# join_merge(other, on, how="inner", …)


def test_join_merge_merges_where_both_orders_allow_it(t):
    other = LTSeq.from_dict({"a": [1, 2], "c": [5, 6]}).sort("a")
    hashed, merged = t.join_merge(other, "a"), t.sort("a").join_merge(other, "a")
    assert "HashJoin" in hashed.explain()
    assert "HashJoin" not in merged.explain()
    assert column(hashed.sort("a"), "c") == column(merged.sort("a"), "c") == [5, 6]


# asof_join(…)


@pytest.mark.parametrize(
    ("on", "expected"),
    [(lambda x, y: x.ts >= y.ts, [10, 20, 30]), (lambda x, y: x.ts > y.ts, [None, 10, 20]),
     (lambda x, y: y.ts >= x.ts, [10, 20, 30]), (lambda x, y: y.ts > x.ts, [20, 30, None]),
     (lambda x, y: (x.ts > y.ts) & (x.b == y.b), [None, None, 10])],
)  # fmt: skip
def test_the_operator_of_asof_decides_the_direction(t, on, expected):
    assert column(t.asof_join(t, on=on), "ts_right") == expected


def test_asof_columns_and_directions(t):
    by = t.asof_join(t, on=lambda x, y: (x.ts >= y.ts) & (x.b == y.b))
    assert by.columns == ["a", "b", "ts", "a_right", "ts_right"]
    right = LTSeq.from_dict({"ts": [12, 28], "v": [1, 2]}).sort("ts")
    for direction, expected in (("backward", [None, 1, 2]), ("forward", [1, 2, None]), ("nearest", [1, 1, 2])):
        assert column(t.asof_join(right, on="ts", direction=direction), "v") == expected
        assert column(t.asof_join(right, on="ts", strategy=direction), "v") == expected


@pytest.mark.parametrize(
    "kwargs",
    [{"on": "ts", "direction": "forward", "strategy": "backward"}, {"on": "ts", "direction": "sideways"},
     {"on": lambda x, y: x.ts >= y.ts, "direction": "forward"}, {"on": lambda x, y: x.ts >= y.ts, "left_on": "ts"},
     {"on": lambda x, y: x.ts == y.ts}, {"on": "ts", "tolerance": -1}, {"on": "ts", "tolerance": "5s"},
     {"on": "ts", "is_sorted": 1}, {}],
)  # fmt: skip
def test_wrong_asof_arguments(t, kwargs):
    with pytest.raises(ArgumentError):
        t.asof_join(t, **kwargs)


def test_an_unknown_by_of_asof(t):
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.asof_join(t, on="ts", by="nope")


# link(target_table, on, as_=None, join_type="inner", *, alias=None) → LinkedTable


@pytest.fixture
def dim():
    return LTSeq.from_dict({"id": [1, 2, 3], "name": ["p", "q", "p"], "region": [3, 1, 1]})


def on_id(row, target):
    return row.a == target.id


def test_link_names(t, dim, tmp_path):
    dim.write_parquet(tmp_path / "prod.parquet")
    linked = t.link(LTSeq.read_parquet(tmp_path / "prod.parquet"), on=on_id)
    assert (linked.alias, linked.columns[3:]) == ("prod", ["prod_id", "prod_name", "prod_region"])
    assert t.link(dim, on=on_id).alias == "link"
    assert t.link(dim, on=on_id, alias="p").alias == t.link(dim, on_id, "p").alias == "p"


@pytest.mark.parametrize(
    "make",
    [lambda t, dim: t.link(dim, on=on_id, as_="p", alias="q"), lambda t, dim: t.link(dim, on=on_id, join_type="cross"),
     lambda t, dim: t.derive(p_id=lambda r: r.a).link(dim, on=on_id, as_="p"),
     lambda t, dim: t.link(dim, on=on_id).link(dim, on=on_id)],
)  # fmt: skip
def test_link_refuses(t, dim, make):
    with pytest.raises(ArgumentError):
        make(t, dim)


def test_linked_columns_and_chained_conditions(t, dim):
    linked = t.link(dim, on=on_id, as_="p")
    assert linked.select(lambda r: r.p.region).to_dicts() == [{"p_region": 3}, {"p_region": 1}, {"p_region": 1}]
    chained = linked.link(dim, on=lambda x, y: x.p.region == y.id, as_="q")
    assert column(chained.select(lambda r: r.q.region), "q_region") == [1, 3, 3]
    with pytest.raises(ColumnNotFoundError, match=r"'regio' not found.*Did you mean 'region'"):
        linked.select(lambda r: r.p.regio)


def test_a_real_column_wins_over_an_alias(t, dim):
    linked = t.link(dim, on=on_id, as_="p").derive(p=lambda r: r.a * 100)
    assert linked.select(lambda r: r.p).to_dicts() == [{"p": 100}, {"p": 200}, {"p": 300}]


def test_a_link_stays_open_for_source_columns_only(t, dim):
    linked = t.link(dim, on=on_id, as_="p")
    for made in (
        linked.filter(lambda r: r.a > 1),
        linked.derive(c=lambda r: r.a),
        linked.sort("a"),
        linked.select("b"),
    ):
        assert type(made) is LinkedTable
    for made in (linked.filter(lambda r: r.p.name == "p"), linked.head(), linked.to_ltseq()):
        assert type(made) is LTSeq
    narrow = linked.select("b")
    assert narrow.columns == ["b"]
    assert narrow.select("b", lambda r: r.p.name).to_dicts()[1] == {"b": "y", "p_name": "q"}
    assert narrow.filter(lambda r: r.p.name == "p").to_dicts() == [{"b": "x"}, {"b": "x"}]


def test_names_of_the_module():
    assert issubclass(ltseq.LinkedTable, LTSeq)
