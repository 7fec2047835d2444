"""Section 9: group_ordered, group_sorted, and what a NestedTable does: count, first, last, filter, flatten, rows."""

from __future__ import annotations

import copy

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, NestedTable, NoDataError, SortRequiredError, col


def column(table, name):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    # runs of g: a a | b | a a a | NULL NULL
    return LTSeq.from_dict(
        {"i": [1, 2, 3, 4, 5, 6, 7, 8], "g": ["a", "a", "b", "a", "a", "a", None, None], "v": [1, 2, 3, 4, 5, 6, 7, 8]}
    ).sort("i")


@pytest.fixture
def groups(t):
    return t.group_ordered("g")


# group_ordered(*keys, by=None, when=None)


def test_runs_are_equal_neighbours_and_null_equals_null(t, groups):
    assert type(groups) is NestedTable
    assert not isinstance(groups, LTSeq)
    assert column(groups.first(), "i") == [1, 3, 4, 7]


@pytest.mark.parametrize(
    "make",
    [lambda t: t.group_ordered("g"), lambda t: t.group_ordered(lambda r: r.g), lambda t: t.group_ordered(col("g")),
     lambda t: t.group_ordered(by="g"), lambda t: t.group_ordered(by=["g"]),
     lambda t: t.group_ordered(by=lambda r: r.g),
     lambda t: t.group_ordered(lambda r: [r.g]), lambda t: t.group_consecutive("g")],
)  # fmt: skip
def test_keys_in_every_form(t, make):
    assert column(make(t).first(), "i") == [1, 3, 4, 7]


def test_several_keys_start_a_run_where_any_changes(t):
    for made in (t.group_ordered("g", lambda r: r.v > 5), t.group_ordered(by=["g", lambda r: r.v > 5])):
        assert column(made.first(), "i") == [1, 3, 4, 6, 7]


def test_a_boolean_expression_with_a_sequence_function_is_a_condition(t):
    # NULL starts no run, so the first row, where shift is NULL, is the first of a run all the same
    assert column(t.group_ordered(lambda r: r.g != r.g.shift(1)).first(), "i") == [1, 3, 4]
    assert column(t.group_ordered(lambda r: r.g.shift(1).is_null()).first(), "i") == [1, 8]
    assert column(t.group_ordered(lambda r: ltseq.row_number() == 3).first(), "i") == [1, 3]


def test_any_other_key_is_compared(t):
    assert column(t.group_ordered(lambda r: r.v % 4 == 0).first(), "i") == [1, 4, 5, 8]
    assert column(t.group_ordered(lambda r: r.v - r.v.shift()).first(), "i") == [1, 2]


def test_the_keywords_settle_what_a_key_is(t):
    assert column(t.group_ordered(when=lambda r: r.v % 3 == 0).first(), "i") == [1, 3, 6]
    assert column(t.group_ordered(when=lambda r: r.g == "b").first(), "i") == [1, 3]
    # NULL, true, false by neighbours: runs of equal answers
    assert column(t.group_ordered(by=lambda r: r.g != r.g.shift(1)).first(), "i") == [1, 2, 3, 5, 7]
    assert column(t.group_ordered(by="g", when=lambda r: r.v == 5).first(), "i") == [1, 3, 4, 5, 7]
    assert column(t.group_ordered("g", when=col("v") == 5).first(), "i") == [1, 3, 4, 5, 7]


def test_partitions_break_runs():
    t = LTSeq.from_dict({"p": [1, 1, 2], "ts": [1, 2, 3], "k": ["x", "x", "x"]}).sort("ts", partition_by="p")
    assert t.group_ordered("k").group_count() == 2
    assert t.group_ordered(when=lambda r: r.ts > 99).group_count() == 2


def test_runs_follow_the_order_of_the_table(t):
    assert column(t.sort("i", desc=True).group_ordered("g").first(), "i") == [8, 6, 3, 2]
    assert t.sort("g", "i").group_ordered("g").group_count() == 3


def test_runs_of_nan_and_negative_zero():
    t = LTSeq.from_dict({"i": [1, 2, 3, 4], "x": [float("nan"), float("nan"), 0.0, -0.0]}).sort("i")
    assert t.group_ordered("x").group_count() == 2


@pytest.mark.parametrize(
    ("kind", "values"),
    [(pa.null(), [None, None, None]), (pa.list_(pa.int64()), [[1], [1], [1]]), (pa.uint64(), [2**64 - 1] * 3),
     (pa.struct([("a", pa.int64())]), [{"a": None}] * 3), (pa.dictionary(pa.int8(), pa.string()), ["é"] * 3),
     (pa.string_view(), ["a"] * 3), (pa.timestamp("ns", "UTC"), [1, 1, 1]), (pa.bool_(), [None, None, None])],
)  # fmt: skip
def test_runs_of_keys_of_any_type(kind, values):
    t = LTSeq.from_arrow(pa.table({"i": [1, 2, 3], "x": pa.array(values, kind)})).sort("i")
    made = t.group_ordered("x")
    assert (made.group_count(), made.schema, column(made, "x")[0]) == (1, t.schema, column(t, "x")[0])


def test_group_ordered_needs_an_order(t):
    for make in (lambda n: n.group_ordered("g"), lambda n: n.group_ordered(when=lambda r: r.v > 1)):
        with pytest.raises(SortRequiredError, match="sort"):
            make(LTSeq.from_dict({"g": [1], "v": [1]}))
    with pytest.raises(SortRequiredError, match=r"v \* 2"):
        t.sort(lambda r: r.v * 2).group_ordered("g")


@pytest.mark.parametrize(
    "make",
    [lambda t: t.group_ordered(), lambda t: t.group_ordered(5), lambda t: t.group_ordered(["g"]),
     lambda t: t.group_ordered(when="v"), lambda t: t.group_ordered(when=lambda r: r.v),
     lambda t: t.group_ordered(by=[]),
     lambda t: t.group_ordered(when=True), lambda t: t.group_ordered(lambda r: r.v.sum()),
     lambda t: t.group_ordered(by=5),
     lambda t: t.group_ordered(when=lambda r: True)],
)  # fmt: skip
def test_group_ordered_refuses(t, make):
    with pytest.raises(ArgumentError):
        make(t)


def test_group_ordered_of_unknown_columns_and_no_columns(t):
    with pytest.raises(ColumnNotFoundError, match=r"'gg'.*'g'"):
        t.group_ordered("gg")
    with pytest.raises(NoDataError, match="Schema not initialized"):
        LTSeq().group_ordered("g")


# group_sorted(key)


def test_group_sorted_takes_the_column_that_leads_the_order(t):
    assert t.group_sorted("i").group_count() == 8
    assert type(t.group_sorted(key=lambda r: r.i)) is NestedTable
    by_g = t.sort("g", "i")
    assert by_g.group_sorted("g").agg(lambda g: {"g": g.first().g, "n": g.count()}).to_dicts() == [
        {"g": "a", "n": 5},
        {"g": "b", "n": 1},
        {"g": None, "n": 2},
    ]
    assert t.sort("i", partition_by="g").group_sorted("g").group_count() == 3
    assert t.sort("v", desc=True).group_sorted("v").group_count() == 8
    assert LTSeq.from_dict({"a": [1, 1, 2]}).assume_sorted("a").group_sorted("a").group_count() == 2


def test_group_sorted_wants_the_leading_key(t):
    for table, key in ((t, "g"), (t.sort("g", "i"), "i"), (LTSeq.from_dict({"a": [1]}), "a")):
        with pytest.raises(SortRequiredError, match=f"'{key}'"):
            table.group_sorted(key)
    with pytest.raises(SortRequiredError, match="plain column"):
        t.group_sorted(lambda r: r.i + 1)
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.group_sorted("nope")
    with pytest.raises(ArgumentError):
        t.group_sorted(5)


# count(), len, schema, columns, to_*, show; group_count()


def test_looking_at_groups_shows_the_rows(t, groups):
    assert (groups.count(), len(groups), groups.group_count()) == (8, 8, 4)
    assert (groups.schema, groups.columns) == (t.schema, ["i", "g", "v"])
    assert groups.to_dicts() == list(groups) == t.to_dicts()
    assert groups.to_arrow().equals(t.to_arrow())
    assert list(groups.to_pandas().columns) == groups.to_polars().columns == ["i", "g", "v"]
    assert pa.table(groups).column_names == ["i", "g", "v"]


def test_show_of_groups_hides_the_helpers(groups, capsys):
    kept = groups.filter(lambda g: g.run_id() == 1)
    assert kept.show(5) is kept
    assert capsys.readouterr().out.splitlines()[1:4] == ["| i | g | v |", "+---+---+---+", "| 3 | b | 3 |"]
    assert "__" not in repr(groups)


def test_groups_have_no_truth_value(groups):
    with pytest.raises(ArgumentError):
        bool(groups)


def test_a_table_of_no_rows_has_no_groups(t):
    none = t.filter(lambda r: r.i > 99).group_ordered("g")
    assert (none.count(), len(none), none.group_count(), none.to_dicts()) == (0, 0, 0, [])
    assert (none.first().to_dicts(), none.last(2).schema) == ([], t.schema)
    assert none.agg(lambda g: {"n": g.count(), "s": g.v.sum()}).schema == {"n": "int64", "s": "int64"}
    assert none.flatten().columns == ["i", "g", "v", "__group_id__", "__group_count__", "__rn__"]
    assert none.derive(lambda g: {"n": g.count()}).to_dicts() == []


def test_a_table_of_one_row_is_one_group():
    groups = LTSeq.from_dict({"a": [None], "i": [1]}).sort("i").group_ordered("a")
    assert (groups.group_count(), groups.first().count()) == (1, 1)
    assert groups.flatten().to_dicts() == [{"a": None, "i": 1, "__group_id__": 1, "__group_count__": 1, "__rn__": 1}]


# first(n=1), last(n=1) → LTSeq


@pytest.mark.parametrize(
    ("verb", "n", "expected"),
    [("first", 1, [1, 3, 4, 7]), ("first", 2, [1, 2, 3, 4, 5, 7, 8]), ("first", 2**70, [1, 2, 3, 4, 5, 6, 7, 8]),
     ("last", 1, [2, 3, 6, 8]), ("last", 2, [1, 2, 3, 5, 6, 7, 8]), ("last", 99, [1, 2, 3, 4, 5, 6, 7, 8])],
)  # fmt: skip
def test_first_and_last_rows_of_each_group(groups, verb, n, expected):
    made = getattr(groups, verb)(n=n)
    assert (column(made, "i"), type(made), made.sort_keys, made.columns) == (
        expected, LTSeq, [("i", False)], ["i", "g", "v"],
    )  # fmt: skip


def test_first_and_last_are_one_row_by_default(groups):
    assert (column(groups.first(), "i"), column(groups.last(), "i")) == ([1, 3, 4, 7], [2, 3, 6, 8])


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "1", None])
def test_first_and_last_refuse(groups, n):
    for verb in (groups.first, groups.last):
        with pytest.raises(ArgumentError):
            verb(n)


# filter(pred) → NestedTable


def test_filter_of_a_group_value_keeps_whole_groups(groups):
    kept = groups.filter(lambda g: g.count() > 2)
    assert (type(kept), column(kept, "i"), kept.sort_keys) == (NestedTable, [4, 5, 6], [("i", False)])


@pytest.mark.parametrize(
    ("pred", "expected"),
    [(lambda g: g.run_pos() >= 2, [6]), (lambda g: g.run_id() == 1, [3]), (lambda g: g.v > 6, [7, 8]),
     (lambda g: g.v == g.v.max(), [2, 3, 6, 8]), (lambda g: g.first().v == 4, [4, 5, 6]),
     (lambda g: g.last().v > 5, [4, 5, 6, 7, 8]), (lambda g: (g.count() > 2) & (g.v > 4), [5, 6]),
     (lambda g: g.v.shift().is_null(), [1, 3, 4, 7]), (lambda g: g.g == "a", [1, 2, 4, 5, 6]),
     (lambda g: g.all(lambda r: r.v > 1), [3, 4, 5, 6, 7, 8]), (col("v") > 7, [8])],
)  # fmt: skip
def test_filter_keeps_rows_where_true(groups, pred, expected):
    assert column(groups.filter(pred=pred), "i") == expected


def test_filter_keeps_ids_and_groups_never_merge(groups):
    kept = groups.filter(lambda g: g.run_id() != 1)
    assert column(kept.flatten(), "__group_id__") == [1, 1, 3, 3, 3, 4, 4]
    assert (kept.group_count(), column(kept.first(), "i")) == (3, [1, 4, 7])
    assert column(kept.derive(lambda g: {"id": g.run_id()}), "id") == [0, 0, 2, 2, 2, 3, 3]
    twice = kept.filter(lambda g: g.run_pos() >= 1).filter(lambda g: g.count() > 1)
    assert (column(twice, "i"), column(twice.flatten(), "__group_id__")) == ([5, 6], [3, 3])


def test_filter_refuses(groups):
    for pred in ("x", True, None, lambda g: "x", lambda g: True, lambda g: g.count(), lambda g: g.first()):
        with pytest.raises(ArgumentError):
            groups.filter(pred)
    for pred in (lambda g: g.nope > 1, lambda g: g.first().nope > 1):
        with pytest.raises(AttributeError, match="'nope'"):
            groups.filter(pred)


# flatten() → LTSeq


def test_flatten_adds_three_columns(groups):
    flat = groups.flatten()
    assert (type(flat), flat.sort_keys) == (LTSeq, [("i", False)])
    assert flat.columns == ["i", "g", "v", "__group_id__", "__group_count__", "__rn__"]
    assert set(list(flat.schema.values())[3:]) == {"int64"}
    assert column(flat, "__group_id__") == [1, 1, 2, 3, 3, 3, 4, 4]
    assert column(flat, "__group_count__") == [2, 2, 1, 3, 3, 3, 2, 2]
    assert column(flat, "__rn__") == [1, 2, 1, 1, 2, 3, 1, 2]


def test_counts_and_numbers_count_anew_after_a_filter_and_ids_do_not(groups):
    flat = groups.filter(lambda g: g.run_pos() >= 1).flatten()
    assert column(flat, "__group_id__") == [1, 3, 3, 4]
    assert column(flat, "__group_count__") == [1, 2, 2, 1]
    assert column(flat, "__rn__") == [1, 1, 2, 1]


def test_the_names_of_flatten_are_reserved(groups):
    for name in ("__group_id__", "__group_count__", "__rn__"):
        taken = LTSeq.from_dict({name: [1], "i": [1]}).sort("i").group_ordered("i")
        assert taken.count() == 1
        with pytest.raises(ArgumentError, match=name):
            taken.flatten()
    with pytest.raises(ArgumentError, match="__group_id__"):
        groups.flatten().group_ordered("g").flatten()


# any other LTSeq method


def test_any_other_method_acts_on_the_rows_and_gives_a_table(t, groups):
    kept = groups.filter(lambda g: g.count() > 2)
    for made in (kept.head(1), kept.select("i"), kept.sort("v"), kept.collect(), kept.union(t), kept.join(t, on="i")):
        assert type(made) is LTSeq
    assert (column(kept.select("i").tail(1), "i"), kept.sort_keys) == ([6], [("i", False)])
    assert kept.group_by("g").agg(n=lambda g: g.count()).to_dicts() == [{"g": "a", "n": 3}]
    # the rows alone: what no longer stands between two runs no longer parts them
    assert groups.filter(lambda g: g.run_id() != 1).group_ordered("g").group_count() == 2


def test_dir_lists_what_the_groups_and_their_rows_can(groups):
    assert {"first", "agg", "head", "to_dicts", "sort_keys"} <= set(dir(groups))


def test_an_unknown_attribute_of_the_groups_is_theirs(groups):
    with pytest.raises(AttributeError, match="'NestedTable' object has no attribute 'nope'"):
        groups.nope
    with pytest.raises(AttributeError):
        groups.nope()


def test_groups_are_copied_as_they_are(groups):
    assert copy.deepcopy(groups).group_count() == 4


def test_names_of_the_module():
    assert LTSeq.group_consecutive is LTSeq.group_ordered
    assert ltseq.NestedTable is NestedTable
