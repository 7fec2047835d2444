"""Section 5: filter, select, derive, rename, drop, slice, head, tail, step, rvs, distinct."""

from __future__ import annotations

from functools import partial

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, SortRequiredError, col, lit


def column(table, name):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    return LTSeq.from_dict({"i": [1, 2, 3, 4], "px": [5.0, None, 2.0, 9.0], "k": ["a", "b", "a", None]})


@pytest.fixture
def down(t):
    return t.sort("i", desc=True)


# filter(*preds)


def test_filter_keeps_rows_where_all_are_true_and_null_is_not(t):
    assert column(t.filter(lambda r: r.px > 2), "i") == [1, 4]
    assert column(t.filter(lambda r: r.px > 2, lambda r: r.i < 4), "i") == [1]
    assert column(t.filter(lambda r: r.k == "a"), "i") == [1, 3]
    assert column(t.filter(lambda r: ~(r.k == "a")), "i") == [2]


def test_filter_without_predicates_keeps_all_rows(t):
    assert t.filter().to_dicts() == t.to_dicts()


def test_filter_takes_exprs_defs_and_partials(t):
    def late(row, least):
        return row.i > least

    assert column(t.filter(col("i") > 3), "i") == [4]
    assert column(t.filter((col("i") > 3).alias("x")), "i") == [4]
    assert column(t.filter(partial(late, least=2)), "i") == [3, 4]
    assert column(t.filter(lit(True)), "i") == [1, 2, 3, 4]
    assert column(t.filter(lit(None)), "i") == []


def test_filter_sequence_functions_see_the_rows_before(down, t):
    up = t.sort("i")
    assert column(up.filter(lambda r: r.i.shift(1) == 1), "i") == [2]
    assert column(up.filter(lambda r: r.i != 2, lambda r: r.i.shift(1) == 2), "i") == [3]
    assert column(down.filter(lambda r: r.i.shift(1) == 3), "i") == [2]


def test_filter_compares_with_an_aggregate_over_the_partition(t):
    assert column(t.filter(lambda r: r.i == r.i.max().over("k")), "i") == [2, 3, 4]


def test_filter_by_a_column_without_a_type_keeps_nothing():
    assert LTSeq.from_dict({"n": [None, None]}).filter(lambda r: r.n).to_dicts() == []


def test_filter_takes_a_boolean_column():
    assert LTSeq.from_dict({"b": [True, False, None]}).filter(lambda r: r.b).to_dicts() == [{"b": True}]


@pytest.mark.parametrize(
    "pred",
    ["i > 1", True, None, 5, [lambda r: r.i > 1], lambda r: True, lambda r: "i > 1", lambda r: None,
     lambda r: [r.i > 1], lambda r: r.i, lambda r: r.i.shift(0) + 1, lambda r: r.i.sum() > 1],
)  # fmt: skip
def test_filter_refuses_what_is_no_condition(down, pred):
    with pytest.raises(ArgumentError):
        down.filter(pred)


def test_filter_tells_unknown_columns_and_a_missing_order(t):
    with pytest.raises(ColumnNotFoundError, match=r"Column 'pxx' not found in schema.*'px'.*Available columns"):
        t.filter(lambda r: r.pxx > 1)
    with pytest.raises(ColumnNotFoundError):
        t.filter(col("nope") == 1)
    with pytest.raises(SortRequiredError):
        t.filter(lambda r: r.i.shift() > 1)


def test_filter_keeps_schema_and_order(down):
    made = down.filter(lambda r: r.i > 99)
    assert (made.schema, made.sort_keys, made.to_dicts()) == (down.schema, [("i", True)], [])


# select(*cols, **named)


def test_select_gives_what_was_asked_in_that_order(t):
    assert t.select("k", lambda r: [r.i], d=lambda r: r.i * 2).to_dicts()[0] == {"k": "a", "i": 1, "d": 2}
    assert t.select(["k", "i"]).columns == ["k", "i"]
    assert t.select(("k",), "i").columns == ["k", "i"]
    assert t.select(col("px"), lambda r: {"a": r.i, "b": 5}).to_dicts()[0] == {"px": 5.0, "a": 1, "b": 5}


def test_select_names_a_computed_column_by_its_text(t):
    assert t.select(lambda r: r.i + 1).columns == ["i + 1"]
    assert t.select((col("i") + 1).alias("n"), lambda r: r.k.alias("key")).columns == ["n", "key"]
    assert t.select(z=lambda r: r.k.alias("key")).columns == ["z"]


def test_select_takes_a_dict():
    t = LTSeq.from_dict({"a": [1]})
    assert t.select({"b": lambda r: r.a + 1, "self": col("a")}).to_dicts() == [{"b": 2, "self": 1}]


def test_select_takes_a_plain_value_of_a_lambda_as_a_literal(t):
    made = t.select(a=lambda r: 5, b=lambda r: None, c=lambda r: "i")
    assert made.to_dicts()[3] == {"a": 5, "b": None, "c": "i"}
    assert made.schema == {"a": "int64", "b": "null", "c": "string"}


@pytest.mark.parametrize(
    "make",
    [lambda t: t.select("i", "i"), lambda t: t.select("i", i=lambda r: r.px), lambda t: t.select("i", ["i"]),
     lambda t: t.select(lambda r: r.i, lambda r: {"i": r.px}), lambda t: t.select("i", col("px").alias("i"))],
)  # fmt: skip
def test_select_refuses_duplicate_names(t, make):
    with pytest.raises(ArgumentError, match="'i'"):
        make(t)


@pytest.mark.parametrize("arg", [5, None, {"i"}, int, lambda r: None, lambda r: r])
def test_select_refuses_what_is_no_column(t, arg):
    with pytest.raises(ArgumentError):
        t.select(arg)


def test_select_says_what_an_argument_must_be(t):
    with pytest.raises(ArgumentError, match="must be str or callable"):
        t.select(5)
    for value in ("i", 5, None):
        with pytest.raises(ArgumentError, match="'a' must be callable"):
            t.select(a=value)
    with pytest.raises(ArgumentError):
        t.select()
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.select("nope")


def test_select_keeps_the_order_of_rows(down):
    made = down.select("k", "i")
    assert (column(made, "i"), made.sort_keys) == ([4, 3, 2, 1], [("i", True)])
    assert column(down.select("k"), "k") == [None, "a", "b", "a"]
    assert column(down.select(p=lambda r: r.i.shift()), "p") == [None, 4, 3, 2]


# derive(*args, **named)


def test_derive_adds_at_the_end_and_replaces_in_place(t):
    made = t.derive(lambda r: {"z": r.i + 1}, i=lambda r: r.i * 10)
    assert made.columns == ["i", "px", "k", "z"]
    assert made.to_dicts()[0] == {"i": 10, "px": 5.0, "k": "a", "z": 2}


def test_derive_takes_dicts_names_and_aliased_expressions(t):
    assert t.derive("i", lambda r: (r.i + 1).alias("n")).columns == ["i", "px", "k", "n"]
    assert t.derive({"a": lambda r: r.i, "b": col("k")}, (col("i") * 2).alias("c")).to_dicts()[1] == {
        "i": 2, "px": None, "k": "b", "a": 2, "b": "b", "c": 4,
    }  # fmt: skip
    assert t.derive(lambda r: [(r.i + 1).alias("a"), r.k.alias("b")]).columns == ["i", "px", "k", "a", "b"]
    assert t.derive("i", "k").to_dicts() == t.derive().to_dicts() == t.derive({}).to_dicts() == t.to_dicts()


def test_derive_right_sides_see_the_old_values(t):
    assert t.derive(i=lambda r: r.px, px=lambda r: r.i).to_dicts()[0] == {"i": 5.0, "px": 1, "k": "a"}


def test_derive_takes_any_name_as_a_keyword():
    t = LTSeq.from_dict({"a": [1]})
    made = t.derive(self=lambda r: r.a, args=lambda r: r.a, named=lambda r: r.a, cols=lambda r: r.a)
    assert made.columns == ["a", "self", "args", "named", "cols"]


@pytest.mark.parametrize(
    "make",
    [lambda t: t.derive(5), lambda t: t.derive(["i"]), lambda t: t.derive(lambda r: r.i + 1), lambda t: t.derive(a=5),
     lambda t: t.derive(a="i"), lambda t: t.derive(lambda r: None), lambda t: t.derive(a=lambda r: [r.i]),
     lambda t: t.derive(a=lambda r: {"b": r.i}), lambda t: t.derive(lambda r: {"a": r.i}, a=lambda r: r.i),
     lambda t: t.derive(a=lambda r: r.i.sum()), lambda t: t.derive({5: col("i")}), lambda t: t.derive(a=lambda r: r)],
)  # fmt: skip
def test_derive_refuses(t, make):
    with pytest.raises(ArgumentError):
        make(t)


@pytest.mark.parametrize("make", [lambda t: t.derive({5: col("i")}), lambda t: t.select({5: col("i")})])
def test_names_of_columns_are_text(t, make):
    with pytest.raises(ArgumentError, match="name must be str, not int"):
        make(t)


def test_derive_of_an_aggregate_proposes_what_to_write(t):
    with pytest.raises(ArgumentError, match=r"(?s)(?=.*agg)(?=.*rolling)(?=.*\.over)"):
        t.derive(total=lambda r: r.i.sum())
    assert column(t.derive(total=lambda r: r.i.sum().over()), "total") == [10, 10, 10, 10]


def test_derive_of_an_unknown_column(t):
    for make in (lambda: t.derive("nope"), lambda: t.derive(a=lambda r: r.nope), lambda: t.derive(a=col("nope"))):
        with pytest.raises(ColumnNotFoundError, match="'nope'"):
            make()


def test_with_columns_is_derive():
    assert LTSeq.with_columns is LTSeq.derive


# rename(mapping=None, **old_to_new)


def test_rename_takes_a_dict_and_keywords(t):
    assert t.rename({"i": "id"}, k="key").columns == ["id", "px", "key"]
    assert t.rename().columns == t.rename(None).columns == t.rename(i="i").columns == ["i", "px", "k"]
    assert t.rename({"px": "a price, \"net\""}).columns == ["i", "a price, \"net\"", "k"]  # fmt: skip


def test_rename_may_swap_names(t):
    assert t.rename(i="k", k="i").to_dicts()[0] == {"k": 1, "px": 5.0, "i": "a"}


def test_rename_takes_a_column_called_mapping():
    assert LTSeq.from_dict({"mapping": [1], "self": [2]}).rename(mapping="m", self="s").columns == ["m", "s"]


def test_rename_keeps_the_order_under_the_new_name(down):
    made = down.rename(i="id")
    assert (made.sort_keys, column(made, "id")) == ([("id", True)], [4, 3, 2, 1])
    assert column(made.derive(p=lambda r: r.id.shift()), "p") == [None, 4, 3, 2]


def test_rename_of_an_unknown_column_proposes_the_nearest(t):
    with pytest.raises(ColumnNotFoundError, match=r"'pxx'.*'px'"):
        t.rename(pxx="y")


@pytest.mark.parametrize(
    "make",
    [lambda t: t.rename(i="k"), lambda t: t.rename(i="z", k="z"), lambda t: t.rename("i"), lambda t: t.rename(i=5),
     lambda t: t.rename({5: "a"}), lambda t: t.rename(str.upper)],
)  # fmt: skip
def test_rename_refuses_clashes_and_what_is_no_name(t, make):
    with pytest.raises(ArgumentError):
        make(t)


# drop(*cols)


def test_drop_takes_columns_away(t):
    assert t.drop("px", "k").columns == ["i"]
    assert t.drop(lambda r: r.i, lambda r: [r.px]).columns == ["k"]
    assert t.drop(col("i"), "i").columns == ["px", "k"]
    assert t.drop().to_dicts() == t.to_dicts()


def test_drop_of_a_key_still_orders_the_rows(down):
    made = down.drop("i")
    assert (column(made, "k"), made.sort_keys) == ([None, "a", "b", "a"], [])
    assert column(made.derive(p=lambda r: r.px.shift()), "p") == [None, 9.0, 2.0, None]


def test_drop_of_all_columns_leaves_the_rows(t):
    made = t.drop("i", "px", "k")
    assert (made.columns, made.count(), made.to_dicts()) == ([], 4, [{}, {}, {}, {}])


def test_drop_refuses(t):
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.drop("nope")
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.drop(col("nope"))
    for wrong in (5, ["i"], lambda r: r.i + 1, col("i").alias("k")):
        with pytest.raises(ArgumentError):
            t.drop(wrong)


# slice(offset=0, length=None), head(n=10), tail(n=10), step(n)


@pytest.mark.parametrize(
    ("args", "expected"),
    [((), [4, 3, 2, 1]), ((2,), [2, 1]), ((1, 2), [3, 2]), ((1, 0), []), ((0, 99), [4, 3, 2, 1]), ((4,), []),
     ((9, 9), [])],
)  # fmt: skip
def test_slice_takes_rows_along_the_order(down, args, expected):
    assert column(down.slice(*args), "i") == expected


def test_slice_takes_its_parameters_by_keyword(t):
    assert column(t.slice(offset=1, length=1), "i") == [2]
    assert column(t.slice(length=1), "i") == [1]


def test_head_and_tail_take_the_ends(down, t):
    assert (column(down.head(2), "i"), column(down.tail(2), "i")) == ([4, 3], [2, 1])
    assert (column(t.head(0), "i"), column(t.tail(0), "i")) == ([], [])
    assert (column(t.head(n=1), "i"), column(t.tail(n=1), "i")) == ([1], [4])
    many = LTSeq.from_dict({"a": list(range(25))})
    assert (column(many.head(), "a"), column(many.tail(), "a")) == (list(range(10)), list(range(15, 25)))


def test_step_takes_every_nth_row(down, t):
    assert column(down.step(3), "i") == [4, 1]
    assert (column(t.step(2), "i"), column(t.step(n=1), "i"), column(t.step(99), "i")) == ([1, 3], [1, 2, 3, 4], [1])
    assert column(t.filter(lambda r: r.i > 1).step(2), "i") == [2, 4]
    assert column(down.tail(3).step(2), "i") == [3, 1]


def test_slices_count_along_partitions_too(t):
    ordered = t.sort("i", partition_by="k")  # 1, 3 of a; 2 of b; 4 of NULL
    assert (column(ordered.head(3), "i"), column(ordered.step(2), "i")) == ([1, 3, 2], [1, 2])
    assert ordered.slice(1, 2).sort_keys == [("k", False), ("i", False)]


def test_slices_nest(t):
    assert column(t.slice(1).slice(1, 1), "i") == [3]
    assert column(t.head(3).tail(2), "i") == [2, 3]


def test_more_rows_than_can_be_are_all():
    t = LTSeq.from_dict({"a": [1, 2]})
    assert [t.head(2**63).count(), t.tail(2**70).count(), t.slice(1, 2**63).count(), t.slice(2**63).count()] == [
        2,
        2,
        1,
        0,
    ]


@pytest.mark.parametrize(
    "make",
    [lambda t: t.slice(-1), lambda t: t.slice(0, -1), lambda t: t.head(-1), lambda t: t.tail(-1), lambda t: t.step(0),
     lambda t: t.step(-1), lambda t: t.head(1.0), lambda t: t.head(True), lambda t: t.tail("1"), lambda t: t.step(None),
     lambda t: t.slice(None), lambda t: t.head(lit(3))],
)  # fmt: skip
def test_slices_refuse_negative_numbers_and_what_is_no_int(t, make):
    with pytest.raises(ArgumentError):
        make(t)


# rvs()


def test_rvs_reverses_the_rows_and_turns_the_order(t):
    assert column(t.rvs(), "i") == [4, 3, 2, 1]
    assert t.rvs().sort_keys is None
    turned = t.sort("i").rvs()
    assert (column(turned, "i"), turned.sort_keys) == ([4, 3, 2, 1], [("i", True)])
    assert column(turned.derive(p=lambda r: r.i.shift()), "p") == [None, 4, 3, 2]
    assert (column(turned.head(1), "i"), column(turned.rvs(), "i")) == ([4], [1, 2, 3, 4])


def test_rvs_reverses_ties_and_nulls_as_well(t):
    assert column(t.sort("px").rvs(), "i") == [2, 4, 1, 3]
    assert column(LTSeq.from_dict({"a": [1, 1, 0], "i": [1, 2, 3]}).sort("a").rvs(), "i") == [2, 1, 3]


def test_rvs_keeps_the_partitions(t):
    turned = t.sort("i", partition_by="k").rvs()
    assert column(turned, "i") == [4, 2, 3, 1]
    assert turned.sort_keys == [("k", True), ("i", True)]
    assert column(turned.derive(p=lambda r: r.i.shift()), "p") == [None, None, None, 3]


# distinct(*keys)


def test_distinct_keeps_the_first_row_per_key_in_order_of_appearance(t, down):
    assert column(t.distinct("k"), "i") == [1, 2, 4]
    made = down.distinct("k")
    assert (column(made, "i"), made.sort_keys) == ([4, 3, 2], [("i", True)])
    assert column(t.distinct(lambda r: r.i % 2), "i") == [1, 2]
    assert column(t.distinct(lambda r: [r.k, r.i > 2]), "i") == [1, 2, 3, 4]
    assert column(t.distinct("k", col("i") > 2), "i") == [1, 2, 3, 4]


def test_distinct_without_keys_compares_whole_rows(t):
    assert t.union(t).distinct().to_dicts() == t.to_dicts()
    assert LTSeq.from_dict({"n": [None, None]}).distinct().to_dicts() == [{"n": None}]


def test_distinct_treats_nan_and_zero_as_keys_do():
    t = LTSeq.from_dict({"x": [float("nan"), float("nan"), 0.0, -0.0, None, None], "i": [1, 2, 3, 4, 5, 6]})
    assert column(t.distinct("x"), "i") == [1, 3, 5]
    assert t.select("x").distinct().count() == 3


def test_distinct_of_lists_and_structs():
    t = LTSeq.from_dict({"l": [[1], [1], None], "s": [{"a": 1}, {"a": 2}, {"a": 1}], "i": [1, 2, 3]})
    assert (column(t.distinct("l"), "i"), column(t.distinct("s"), "i")) == ([1, 3], [1, 2])


def test_distinct_refuses(t):
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.distinct("nope")
    for wrong in (5, ["k"], lambda r: r.i.sum()):
        with pytest.raises(ArgumentError):
            t.distinct(wrong)
    with pytest.raises(SortRequiredError):
        t.distinct(lambda r: r.i.shift())


# Every verb returns a new object and only extends a plan.


def test_verbs_do_not_run(t):
    broken = t.sort("i").derive(x=lambda r: r.i // (r.i - r.i))
    made = broken.filter(lambda r: r.x > 0).select("i", "x").derive(y=lambda r: r.x).rename(y="z").rvs().head(2)
    made = made.drop("z").slice(0, 1).distinct("x").step(1).tail(1).cum_sum("x").search_first(lambda r: r.x > 0)
    assert made.columns == ["i", "x", "x_cumsum"]
    with pytest.raises(ltseq.ExecutionError):
        made.to_dicts()


def test_verbs_leave_their_table_as_it_is(t):
    before = t.to_dicts()
    assert t.drop("i") is not t
    assert t.filter() is not t
    t.derive(i=lambda r: r.i + 1)
    t.sort("i", desc=True)
    assert (t.to_dicts(), t.sort_keys) == (before, None)
