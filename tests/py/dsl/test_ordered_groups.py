"""Section 9: ordered groups."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, NestedTable, SortRequiredError

pytestmark = pytest.mark.usefixtures("engine")


def rows(table, name):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    # runs of g: a a | b | a a a | NULL NULL
    return LTSeq.from_dict(
        {"i": [1, 2, 3, 4, 5, 6, 7, 8], "g": ["a", "a", "b", "a", "a", "a", None, None], "v": [1, 2, 3, 4, 5, 6, 7, 8]}
    ).sort("i")


def test_runs_are_equal_neighbours_and_null_equals_null(t):
    groups = t.group_ordered("g")
    assert isinstance(groups, NestedTable)
    assert not isinstance(groups, LTSeq)
    assert groups.group_count() == 4
    assert (groups.count(), len(groups)) == (8, 8)
    assert groups.columns == ["i", "g", "v"]
    assert groups.to_dicts() == t.to_dicts()


def test_a_condition_starts_a_run(t):
    assert rows(t.group_ordered(lambda r: r.g != r.g.shift(1)).first(), "i") == [1, 3, 4]
    assert rows(t.group_ordered(when=lambda r: r.v % 3 == 0).first(), "i") == [1, 3, 6]
    assert rows(t.group_ordered(lambda r: r.v % 4 == 0).first(), "i") == [1, 4, 5, 8]


def test_group_sorted_wants_the_leading_key(t):
    assert t.group_sorted("i").group_count() == 8
    with pytest.raises(SortRequiredError):
        t.group_sorted("g")


def test_first_and_last_rows(t):
    groups = t.group_ordered("g")
    assert rows(groups.first(), "i") == [1, 3, 4, 7]
    assert rows(groups.last(), "i") == [2, 3, 6, 8]
    assert rows(groups.first(2), "i") == [1, 2, 3, 4, 5, 7, 8]
    assert rows(groups.last(2), "i") == [1, 2, 3, 5, 6, 7, 8]
    assert groups.first().sort_keys == [("i", False)]
    with pytest.raises(ArgumentError):
        groups.first(0)


def test_filter_keeps_rows_and_ids(t):
    groups = t.group_ordered("g")
    assert rows(groups.filter(lambda g: g.count() > 2), "i") == [4, 5, 6]
    assert rows(groups.filter(lambda g: g.run_pos() >= 1), "i") == [2, 5, 6, 8]
    kept = groups.filter(lambda g: g.count() > 1)
    assert isinstance(kept, NestedTable)
    assert rows(kept.flatten(), "__group_id__") == [1, 1, 3, 3, 3, 4, 4]
    assert kept.group_count() == 3


def test_groups_never_merge_after_a_filter(t):
    kept = t.group_ordered("g").filter(lambda g: g.all(lambda r: r.g == "a"))
    assert rows(kept.first(), "i") == [1, 4]


def test_counts_and_numbers_count_anew_after_a_filter(t):
    flat = t.group_ordered("g").filter(lambda g: g.run_pos() >= 1).flatten()
    assert rows(flat, "__group_count__") == [1, 2, 2, 1]
    assert rows(flat, "__rn__") == [1, 1, 2, 1]


def test_derive_broadcasts_group_values(t):
    made = t.group_ordered("g").derive(lambda g: {"n": g.count(), "rel": g.v - g.first().v, "prev": g.v.shift()})
    assert isinstance(made, NestedTable)
    assert made.columns == ["i", "g", "v", "n", "rel", "prev"]
    assert rows(made, "n") == [2, 2, 1, 3, 3, 3, 2, 2]
    assert rows(made, "rel") == [0, 1, 0, 0, 1, 2, 0, 1]
    assert rows(made, "prev") == [None, 1, None, None, 4, 5, None, 7]


def test_agg_gives_a_row_per_group_with_the_mapped_columns_only(t):
    made = t.group_ordered("g").agg(
        lambda g: {"g": g.g.first(), "n": g.count(), "s": g.sum("v"), "a": g.first().i, "z": g.last().i}
    )
    assert made.columns == ["g", "n", "s", "a", "z"]
    assert made.to_dicts() == [
        {"g": "a", "n": 2, "s": 3, "a": 1, "z": 2},
        {"g": "b", "n": 1, "s": 3, "a": 3, "z": 3},
        {"g": "a", "n": 3, "s": 15, "a": 4, "z": 6},
        {"g": None, "n": 2, "s": 15, "a": 7, "z": 8},
    ]


def test_quantifiers(t):
    made = t.group_ordered("g").agg(
        lambda g: {"all": g.all(lambda r: r.v > 1), "any": g.any(lambda r: r.v > 7), "none": g.none(lambda r: r.v == 3)}
    )
    assert rows(made, "all") == [False, True, True, True]
    assert rows(made, "any") == [False, False, False, True]
    assert rows(made, "none") == [True, False, True, True]


def test_flatten_adds_three_columns(t):
    flat = t.group_ordered("g").flatten()
    assert type(flat) is LTSeq
    assert flat.columns == ["i", "g", "v", "__group_id__", "__group_count__", "__rn__"]
    assert rows(flat, "__group_id__") == [1, 1, 2, 3, 3, 3, 4, 4]
    assert rows(flat, "__group_count__") == [2, 2, 1, 3, 3, 3, 2, 2]
    assert rows(flat, "__rn__") == [1, 2, 1, 1, 2, 3, 1, 2]


def test_run_id_and_run_pos_count_from_zero(t):
    made = t.group_ordered("g").derive(lambda g: {"id": g.run_id(), "pos": g.run_pos()})
    assert rows(made, "id") == [0, 0, 1, 2, 2, 2, 3, 3]
    assert rows(made, "pos") == [0, 1, 0, 0, 1, 2, 0, 1]


def test_partitions_break_runs():
    t = LTSeq.from_dict({"p": [1, 1, 2], "ts": [1, 2, 3], "k": ["x", "x", "x"]}).sort("ts", partition_by="p")
    assert t.group_ordered("k").group_count() == 2


def test_any_other_method_acts_on_the_rows(t):
    groups = t.group_ordered("g")
    assert type(groups.head(2)) is LTSeq
    assert rows(groups.head(2), "i") == [1, 2]
    assert rows(groups.select("i").tail(1), "i") == [8]
    with pytest.raises(AttributeError):
        groups.no_such_method()


def test_wrong_mappings(t):
    groups = t.group_ordered("g")
    for verb in (groups.derive, groups.agg):
        with pytest.raises(ArgumentError, match="dict"):
            verb(lambda g: g.count())
        with pytest.raises(ArgumentError, match="__rn__"):
            verb(lambda g: {"__rn__": g.count()})
        with pytest.raises(AttributeError):
            verb(lambda g: {"x": g.nope})
    with pytest.raises(ArgumentError):
        t.group_ordered()


def test_runs_of_nan_and_negative_zero():
    t = LTSeq.from_dict({"i": [1, 2, 3, 4], "x": [float("nan"), float("nan"), 0.0, -0.0]}).sort("i")
    assert t.group_ordered("x").group_count() == 2


def test_an_empty_table_has_no_groups(t):
    groups = t.filter(lambda r: r.i > 99).group_ordered("g")
    assert groups.group_count() == 0
    assert groups.agg(lambda g: {"n": g.count()}).to_dicts() == []


def test_the_same_function_under_another_name():
    assert LTSeq.group_consecutive is LTSeq.group_ordered
    assert ltseq.NestedTable is NestedTable


def test_arguments_of_groups_are_told_apart():
    groups = LTSeq.from_dict({"a": [1]}).sort("a").group_ordered("a")
    with pytest.raises(ArgumentError, match="must be callable"):
        groups.agg("x")
    with pytest.raises(ArgumentError, match="at least one column"):
        groups.derive(lambda g: {})
    with pytest.raises(SortRequiredError, match="plain column"):
        groups.group_sorted(lambda r: r.a + 1)


def test_an_unknown_attribute_of_the_groups_is_theirs():
    groups = LTSeq.from_dict({"k": [1]}).sort("k").group_ordered("k")
    with pytest.raises(AttributeError, match="'NestedTable' object has no attribute 'nope'"):
        groups.nope
    assert groups.head(1).to_dicts() == [{"k": 1}]
