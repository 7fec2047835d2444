"""Section 5, with sections 2 and 12: every verb on odd names, on no rows, one row, NULL alone, and no columns."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, NoDataError, SortRequiredError, SqlError

# Verbs with their arguments for a table of the columns `a` (int64, ordered by it) and `s` (string).
VERBS = {
    "filter": lambda t: t.filter(lambda r: r.a > 0),
    "select": lambda t: t.select("a", "s"),
    "derive": lambda t: t.derive(b=lambda r: r.a + r.a.shift()),
    "rename": lambda t: t.rename(a="b"),
    "drop": lambda t: t.drop("s"),
    "slice": lambda t: t.slice(1),
    "head": lambda t: t.head(1),
    "tail": lambda t: t.tail(1),
    "step": lambda t: t.step(2),
    "rvs": lambda t: t.rvs(),
    "distinct": lambda t: t.distinct("s"),
    "union": lambda t: t.union(t),
    "intersect": lambda t: t.intersect(t, on="a"),
    "except_": lambda t: t.except_(t),
    "xunion": lambda t: t.xunion(t),
    "align": lambda t: t.align([7], lambda r: r.a),
    "insert": lambda t: t.insert(0, {"a": 7}),
    "delete": lambda t: t.delete(0),
    "update": lambda t: t.update(lambda r: r.a > 0, s="x"),
    "modify": lambda t: t.modify(0, s="x"),
    "cum_sum": lambda t: t.cum_sum("a"),
    "search_first": lambda t: t.search_first(lambda r: r.a > 0),
    "search_pattern": lambda t: t.search_pattern(lambda r: r.a > 0, lambda r: r.s == "x"),
    "fold": lambda t: t.fold(lambda s, r: r.a, init=0, into="f"),
    "pivot": lambda t: t.pivot("a", "s", "a"),
}
OTHERS = {
    "is_subset": lambda t: t.is_subset(t),
    "contain": lambda t: t.contain("a", 1),
    "partition": lambda t: t.partition("a"),
    "search_pattern_count": lambda t: t.search_pattern_count(lambda r: r.a > 0),
}
ADDED = {"derive": ["b"], "cum_sum": ["a_cumsum"], "fold": ["f"]}


@pytest.mark.parametrize("name", [*VERBS, *OTHERS])
def test_a_verb_on_a_table_without_columns_is_a_no_data_error(name):
    for nothing in (LTSeq(), LTSeq.from_rows([{}, {}])):
        with pytest.raises(NoDataError, match=r"(?s)Schema not initialized.*read_csv"):
            (VERBS | OTHERS)[name](nothing)


@pytest.mark.parametrize("name", ["union", "intersect", "except_", "xunion", "is_subset"])
def test_a_set_operation_with_a_table_without_columns(name):
    with pytest.raises(NoDataError, match="Schema not initialized"):
        getattr(LTSeq.from_dict({"a": [1]}), name)(LTSeq())


@pytest.mark.parametrize("name", VERBS)
def test_an_empty_table_keeps_schema_types_and_order_through_every_verb(name):
    t = LTSeq.from_dict({"a": [1], "s": ["x"]}).sort("a").head(0)
    made = VERBS[name](t)
    unordered = {"union", "intersect", "except_", "xunion", "align", "insert"}
    columns = {"select": ["a", "s"], "drop": ["a"], "rename": ["b", "s"], "pivot": ["a"]}.get(name, ["a", "s"])
    assert made.columns == columns + ADDED.get(name, [])
    key = "b" if name == "rename" else "a"
    assert made.schema.items() <= {key: "int64", "s": "string", "b": "int64", "a_cumsum": "int64", "f": "int64"}.items()
    assert made.sort_keys == (None if name in unordered else [(key, name == "rvs")])
    assert made.count() == {"align": 1, "insert": 1}.get(name, 0)
    assert made.to_arrow().column_names == made.columns


NULL = {"a": None, "s": None}
OF_NULL = {
    **{name: [NULL] for name in ("select", "head", "tail", "step", "rvs", "distinct", "intersect", "update")},
    **{name: [] for name in ("filter", "slice", "except_", "xunion", "delete", "search_first", "search_pattern")},
    "derive": [{**NULL, "b": None}],
    "rename": [{"b": None, "s": None}],
    "drop": [{"a": None}],
    "union": [NULL, NULL],
    "align": [{"a": 7, "s": None}],
    "insert": [{"a": 7, "s": None}, NULL],
    "modify": [{"a": None, "s": "x"}],
    "cum_sum": [{**NULL, "a_cumsum": None}],
    "fold": [{**NULL, "f": None}],
    "pivot": [{"a": None, "null": None}],
}


@pytest.mark.parametrize("name", VERBS)
def test_a_table_of_one_row_of_null(name):
    t = LTSeq.from_rows([{}], schema={"a": "int64", "s": "string"}).sort("a")
    assert VERBS[name](t).to_dicts() == OF_NULL[name]


# Names that something within might take for its own, or that SQL would have to quote.
NAMES = ["a b", 'a"b', "a.b", "A", "select", "_x", "__group_id__", "__run", "ключ", "", "ORDER BY", "it's", "a\nb",
         "%s", "{x}", "*", "NULL", "self", "key", "key0", "row", "row_key", "v0", "k0", "name", "run", "value0",
         "␁pos"]  # fmt: skip


@pytest.fixture(params=NAMES)
def odd(request):
    return request.param


@pytest.fixture
def t(odd):
    return LTSeq.from_dict({odd: [3, 1, 1, None], "v": [1, 2, 3, 4]})


def test_any_name_of_a_column_through_the_row_verbs(t, odd):
    assert [row["v"] for row in t.filter(lambda r: r[odd] == 1)] == [2, 3]
    assert t.select(odd).columns == [odd]
    assert t.select(v=lambda r: r[odd]).to_dicts()[0] == {"v": 3}
    assert t.derive({odd: lambda r: r[odd] + 1}).to_dicts()[0] == {odd: 4, "v": 1}
    assert t.derive(z=lambda r: r[odd] + 1).columns == [odd, "v", "z"]
    assert t.rename({odd: "q"}).columns == ["q", "v"]
    assert t.rename(v=odd + "2").columns == [odd, odd + "2"]
    assert t.drop(odd).columns == ["v"]
    assert [row["v"] for row in t.distinct(odd)] == [1, 2, 4]
    assert [row["v"] for row in t.sort(odd).rvs()] == [4, 1, 3, 2]
    assert t.sort(odd).tail(2).sort_keys == [(odd, False)]


def test_any_name_of_a_column_through_sets_and_edits(t, odd):
    assert t.union(t.select("v", odd)).columns == [odd, "v"]
    assert (t.intersect(t).count(), t.xunion(t, on=odd).count(), t.is_subset(t)) == (4, 0, True)
    assert t.contain(odd, 1, None)
    assert t.align([1, 7], lambda r: r[odd]).to_dicts() == [{odd: 1, "v": 2}, {odd: 1, "v": 3}, {odd: 7, "v": None}]
    assert t.insert(0, {odd: 9}).to_dicts()[0] == {odd: 9, "v": None}
    assert [row[odd] for row in t.update(lambda r: r[odd] == 1, {odd: 0})] == [3, 0, 0, None]
    assert t.modify(0, **{odd: 0}).to_dicts()[0] == {odd: 0, "v": 1}
    assert [row["v"] for row in t.delete(lambda r: r[odd] == 1)] == [1, 4]


def test_any_name_of_a_column_through_what_makes_groups(t, odd):
    assert t.pivot(odd, "v", "v").columns == [odd, "1", "2", "3", "4"]
    assert t.pivot("v", odd, "v").columns == ["v", "1", "3", "null"]
    assert [len(part) for part in t.partition(odd)] == [1, 2, 1]


def test_any_name_of_a_column_along_the_order(t, odd):
    up = t.sort(odd)
    assert [row[odd + "_cumsum"] for row in up.cum_sum(odd)] == [1, 2, 5, 5]
    assert up.search_first(lambda r: r[odd] == 3).to_dicts() == [{odd: 3, "v": 1}]
    assert up.search_pattern_count(lambda r: r[odd] == 1, partition_by=odd) == 2
    made = up.fold(lambda s, r: r[odd], init=0, into="f", partition_by=odd)
    assert made.to_dicts()[0] == {odd: 1, "v": 2, "f": 1}
    assert t.rename({odd: "o"}).sort("v").fold(lambda s, r: r.o, init=0, into=odd or "f").columns == [
        "o",
        "v",
        odd or "f",
    ]


def test_messages_name_columns_as_they_are(t, odd):
    with pytest.raises(ArgumentError) as error:
        t.select(odd, odd)
    assert repr(odd) in str(error.value)


# What fails says so in the user's words: no frame of the engine, no hidden name.


@pytest.mark.parametrize(
    "make",
    [lambda t: t.filter(lambda r: r.a), lambda t: t.derive(b=lambda r: r.a + r.s), lambda t: t.contain("s", 1),
     lambda t: t.contain("a", True), lambda t: t.cum_sum("s"), lambda t: t.pivot("a", "a", "s"),
     lambda t: t.align([2**70], lambda r: r.a), lambda t: t.union(t.derive(a=lambda r: r.s)),
     lambda t: t.insert(0, {"a": "x"}),
     lambda t: t.search_pattern(lambda r: r.a > 0, within=1), lambda t: t.select(lambda r: r.a // 0).to_dicts()],
)  # fmt: skip
def test_messages_are_free_of_machinery(make):
    t = LTSeq.from_dict({"a": [1], "s": ["x"]}).sort("s", "a")
    with pytest.raises(
        (ArgumentError, ltseq.SchemaMismatchError, ExecutionError, SqlError, SortRequiredError)
    ) as error:
        make(t)
    text = str(error.value)
    assert error.value.__cause__ is None
    for word in ("same", "\x01", "␁", "Utf8", "Int64", "DataFusion", "Arrow", "panicked", "coalesce", "row_index"):
        assert word not in text
