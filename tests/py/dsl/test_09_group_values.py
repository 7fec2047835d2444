"""Section 9: derive and agg of a NestedTable, and `g`, what their lambdas are called with."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, NestedTable, col


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


# derive(fn) → NestedTable


def test_derive_broadcasts_group_values(groups):
    made = groups.derive(lambda g: {"n": g.count(), "rel": g.v - g.first().v, "prev": g.v.shift(), "c": 5})
    assert type(made) is NestedTable
    assert made.columns == ["i", "g", "v", "n", "rel", "prev", "c"]
    assert column(made, "n") == [2, 2, 1, 3, 3, 3, 2, 2]
    assert column(made, "rel") == [0, 1, 0, 0, 1, 2, 0, 1]
    assert column(made, "prev") == [None, 1, None, None, 4, 5, None, 7]
    assert column(made, "c") == [5] * 8


def test_derive_keeps_order_columns_and_ids(groups):
    made = groups.filter(lambda g: g.count() > 1).derive(fn=lambda g: {"n": g.count()})
    assert (made.sort_keys, made.columns, made.group_count()) == ([("i", False)], ["i", "g", "v", "n"], 3)
    assert column(made.flatten(), "__group_id__") == [1, 1, 3, 3, 3, 4, 4]


def test_derive_may_replace_a_column_and_the_groups_stay(groups):
    made = groups.derive(lambda g: {"g": g.first().v * 0, "v": g.v - g.first().v})
    assert made.columns == ["i", "g", "v"]
    assert (column(made, "v"), column(made.flatten(), "__group_id__")) == (
        [0, 1, 0, 0, 1, 2, 0, 1],
        [1, 1, 2, 3, 3, 3, 4, 4],
    )


def test_derive_then_agg_and_filter_see_the_new_columns(groups):
    made = groups.derive(lambda g: {"d": g.v - g.first().v, "n": g.count()})
    assert column(made.agg(lambda g: {"m": g.d.max()}), "m") == [1, 0, 2, 1]
    assert column(made.filter(lambda g: g.n > 2), "i") == [4, 5, 6]


# agg(fn) → LTSeq


def test_agg_gives_a_row_per_group_in_order_with_the_mapped_columns_only(groups):
    made = groups.agg(
        fn=lambda g: {"g": g.g.first(), "n": g.count(), "s": g.sum("v"), "a": g.first().i, "z": g.last().i}
    )
    assert (type(made), made.columns) == (LTSeq, ["g", "n", "s", "a", "z"])
    assert made.to_dicts() == [
        {"g": "a", "n": 2, "s": 3, "a": 1, "z": 2},
        {"g": "b", "n": 1, "s": 3, "a": 3, "z": 3},
        {"g": "a", "n": 3, "s": 15, "a": 4, "z": 6},
        {"g": None, "n": 2, "s": 15, "a": 7, "z": 8},
    ]
    assert made.schema == {"g": "string", "n": "int64", "s": "int64", "a": "int64", "z": "int64"}


def test_rows_of_agg_keep_the_order_of_their_groups(groups):
    made = groups.agg(lambda g: {"at": g.first().i})
    assert column(made.derive(p=lambda r: r.at.shift()), "p") == [None, 1, 3, 4]
    assert column(made.rvs(), "at") == [7, 4, 3, 1]


def test_agg_refuses_a_value_per_row(groups):
    for value in (lambda g: {"x": g.v}, lambda g: {"x": g.v + g.count()}, lambda g: {"x": g.v.shift()}):
        with pytest.raises(ArgumentError, match="'v'"):
            groups.agg(value)


@pytest.mark.parametrize("verb", ["derive", "agg"])
def test_a_mapping_must_be_a_dict(groups, verb):
    make = getattr(groups, verb)
    for fn in (lambda g: g.count(), lambda g: [g.count()], lambda g: None, lambda g: "x"):
        with pytest.raises(ArgumentError, match="dict"):
            make(fn)
    for fn in ("x", 5, None):
        with pytest.raises(ArgumentError, match="must be callable"):
            make(fn)
    for fn in (lambda g: {}, lambda g: {5: g.count()}, lambda g: {"x": [1]}, lambda g: {"x": g.first()}):
        with pytest.raises(ArgumentError):
            make(fn)


@pytest.mark.parametrize("verb", ["derive", "agg"])
@pytest.mark.parametrize("name", ["__group_id__", "__group_count__", "__rn__"])
def test_the_names_of_flatten_are_reserved(groups, verb, name):
    with pytest.raises(ArgumentError, match=name):
        getattr(groups, verb)(lambda g: {name: g.count()})


@pytest.mark.parametrize("verb", ["derive", "agg"])
def test_a_mapping_may_stand_for_the_lambda(groups, verb):
    made = getattr(groups, verb)({"n": lambda g: g.count(), "m": col("v").max()})
    assert made.to_dicts()[0].items() >= {"n": 2, "m": 2}.items()


# g: the reducers of section 8


@pytest.mark.parametrize(
    ("fn", "expected"),
    [(lambda g: g.v.sum(), [3, 3, 15, 15]), (lambda g: g.sum("v"), [3, 3, 15, 15]),
     (lambda g: g.mean("v"), [1.5, 3.0, 5.0, 7.5]),
     (lambda g: g.count(), [2, 1, 3, 2]), (lambda g: g.g.count(), [2, 1, 3, 0]), (lambda g: g.v.min(), [1, 3, 4, 7]),
     (lambda g: g.max(lambda r: r.v * 2), [4, 6, 12, 16]), (lambda g: g.v.median(), [1.5, 3.0, 5.0, 7.5]),
     (lambda g: g.v.percentile(0.5), [1.5, 3.0, 5.0, 7.5]), (lambda g: g.v.top_k(2), [[2, 1], [3], [6, 5], [8, 7]]),
     (lambda g: g.v.std(), [0.5**0.5, None, 1.0, 0.5**0.5]), (lambda g: g.v.var(), [0.5, None, 1.0, 0.5]),
     (lambda g: g.g.n_unique(), [1, 1, 1, 0]), (lambda g: g.v.nth(2), [2, None, 5, 8]),
     (lambda g: g.last("v"), [2, 3, 6, 8]),
     (lambda g: g.v.first(), [1, 3, 4, 7]), (lambda g: g.i.arg_max("v"), [2, 3, 6, 8]),
     (lambda g: g.arg_min("i", "v"), [1, 3, 4, 7]),
     (lambda g: g.count_if(lambda r: r.v > 1), [1, 1, 3, 2]), (lambda g: g.sum_if(g.v > 1, "v"), [2, 3, 15, 15]),
     (lambda g: g.avg_if(g.v > 2, "v"), [None, 3.0, 5.0, 7.5]),
     (lambda g: g.g.concat_agg("-"), ["a-a", "b", "a-a-a", None]),
     (lambda g: ltseq.funnel(5, g.v > 0, g.v > 1), [2, 1, 2, 2]), (lambda g: g.v.max() - g.v.min(), [1, 0, 2, 1]),
     (lambda g: (g.v - g.v.shift()).sum(), [1, None, 2, 1]), (lambda g: g.count() > 2, [False, False, True, False])],
)  # fmt: skip
def test_reducers_of_a_group(groups, fn, expected):
    made = column(groups.agg(lambda g: {"x": fn(g)}), "x")
    assert made == [pytest.approx(value) if isinstance(value, float) else value for value in expected]
    sizes = [2, 1, 3, 2]
    spread = [value for value, size in zip(made, sizes, strict=True) for _ in range(size)]
    assert column(groups.derive(lambda g: {"x": fn(g)}), "x") == spread


# g.first().col, g.last().col, g.col (this row)


def test_first_last_and_this_row(groups):
    made = groups.derive(lambda g: {"f": g.first().v, "l": g.last()["v"], "here": g.v, "part": g.v * 10 - g.last().v})
    assert column(made, "f") == [1, 1, 3, 4, 4, 4, 7, 7]
    assert column(made, "l") == [2, 2, 3, 6, 6, 6, 8, 8]
    assert (column(made, "here"), column(made, "part")[:3]) == ([1, 2, 3, 4, 5, 6, 7, 8], [8, 18, 27])


def test_first_and_last_keep_null():
    groups = LTSeq.from_dict({"i": [1, 2, 3], "x": [None, 5, None], "k": [1, 1, 1]}).sort("i").group_ordered("k")
    assert groups.agg(lambda g: {"f": g.first().x, "l": g.x.last()}).to_dicts() == [{"f": None, "l": None}]


# g.run_pos() and g.run_id() (from 0)


def test_run_id_and_run_pos_count_from_zero(groups):
    made = groups.derive(lambda g: {"id": g.run_id(), "pos": g.run_pos()})
    assert column(made, "id") == [0, 0, 1, 2, 2, 2, 3, 3]
    assert column(made, "pos") == [0, 1, 0, 0, 1, 2, 0, 1]
    assert column(groups.agg(lambda g: {"id": g.run_id()}), "id") == [0, 1, 2, 3]


# g.all(pred) g.any g.none


def test_quantifiers(groups):
    made = groups.agg(
        lambda g: {"all": g.all(lambda r: r.v > 1), "any": g.any(lambda r: r.v > 7), "none": g.none(lambda r: r.v == 3)}
    )
    assert column(made, "all") == [False, True, True, True]
    assert column(made, "any") == [False, False, False, True]
    assert column(made, "none") == [True, False, True, True]


def test_quantifiers_count_null_as_not_true(groups):
    # the last group's g is NULL, and so is what compares it
    made = groups.agg(
        lambda g: {
            "all": g.all(pred=lambda r: r.g == "a"),
            "any": g.any(g.g == "a"),
            "none": g.none(lambda r: r.g == "a"),
        }
    )
    assert column(made, "all") == [True, False, True, False]
    assert column(made, "any") == [True, False, True, False]
    assert column(made, "none") == [False, True, False, True]


@pytest.mark.parametrize("name", ["all", "any", "none"])
def test_quantifiers_refuse(groups, name):
    for args in ((), (lambda r: True,), (5,), ("v",), (lambda r: r.v,)):
        with pytest.raises(ArgumentError):
            groups.derive(lambda g: {"x": getattr(g, name)(*args)})


# sequence functions restart per group


@pytest.mark.parametrize(
    ("fn", "expected"),
    [(lambda g: g.v.shift(1, 0), [0, 1, 0, 0, 4, 5, 0, 7]), (lambda g: g.v.cum_sum(), [1, 3, 3, 4, 9, 15, 7, 15]),
     (lambda g: g.v.rolling(2).sum(), [None, 3, None, None, 9, 11, None, 15]),
     (lambda g: (g.v > 1).streak(), [0, 1, 1, 1, 2, 3, 1, 2]),
     (lambda g: ltseq.row_number(), [1, 2, 1, 1, 2, 3, 1, 2]),
     (lambda g: g.v.shift(-1), [2, None, None, 5, 6, None, 8, None]),
     (lambda g: g.v.diff(), [None, 1, None, None, 1, 1, None, 1])],
)  # fmt: skip
def test_sequence_functions_restart_per_group(groups, fn, expected):
    assert column(groups.derive(lambda g: {"x": fn(g)}), "x") == expected


# Unknown: AttributeError.


def test_unknown_columns_of_a_group(groups):
    for fn in (
        lambda g: {"x": g.nope},
        lambda g: {"x": g.nope()},
        lambda g: {"x": g.first().nope},
        lambda g: {"x": g.sum("nope")},
    ):
        for verb in (groups.derive, groups.agg):
            with pytest.raises(AttributeError, match="'nope'"):
                verb(fn)


# Names, and what is made from a linked table


NAMES = [
    "a b",
    'a"b',
    "A",
    "select",
    "_x",
    "__run",
    "__by",
    "run",
    "ключ",
    "",
    "count",
    "first",
    "all",
    "run_pos",
    "q1",
]


@pytest.mark.parametrize("odd", NAMES)
def test_any_name_of_a_column_in_groups(odd):
    t = LTSeq.from_dict({odd: [1, 1, 2], "i": [1, 2, 3]}).sort("i")
    groups = t.group_ordered(odd)
    assert groups.agg(lambda g: {odd: g.first()[odd], "n": g.count()}).to_dicts() == [
        {odd: 1, "n": 2},
        {odd: 2, "n": 1},
    ]
    assert column(groups.derive(lambda g: {"s": g[odd].sum(), "m": g.max(odd)}), "s") == [2, 2, 2]
    assert groups.flatten().columns == [odd, "i", "__group_id__", "__group_count__", "__rn__"]
    assert column(groups.filter(lambda g: g[odd] > 1), "i") == [3]
    assert column(t.rename({odd: "o"}).group_ordered("o").derive(lambda g: {odd: g.count()}), odd) == [2, 2, 1]
    assert t.group_ordered(lambda r: r[odd] != r[odd].shift()).group_count() == 2


def test_groups_of_a_linked_table_reach_its_alias(t):
    linked = t.link(LTSeq.from_dict({"k": ["a", "b"], "w": [1, 2]}), on=lambda a, b: a.g == b.k, as_="dim")
    made = linked.group_ordered(lambda r: r.dim.w).agg(
        lambda g: {"w": g.first().dim.w, "also": g.last()["dim"]["w"], "s": g.dim.w.sum(), "n": g.count()}
    )
    assert made.to_dicts() == [
        {"w": 1, "also": 1, "s": 2, "n": 2},
        {"w": 2, "also": 2, "s": 2, "n": 1},
        {"w": 1, "also": 1, "s": 3, "n": 3},
    ]
    with pytest.raises(ArgumentError, match="whole row"):
        linked.group_ordered("g").agg(lambda g: {"x": g.first().dim})
    with pytest.raises(AttributeError, match="'nope'"):
        linked.group_ordered("g").agg(lambda g: {"x": g.first().dim.nope})
