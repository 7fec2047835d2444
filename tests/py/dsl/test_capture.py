"""Lambdas are called, never read; every wrong argument is an error at the call. Needs no engine."""

from __future__ import annotations

import functools

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, SortRequiredError, col

SCHEMA = {"px": "float64", "qty": "int64", "sym": "string", "ts": "timestamp[us]", "ok": "bool", "_x": "int64"}


@pytest.fixture
def t(recorded):
    return recorded(SCHEMA)


@pytest.fixture
def ordered(recorded):
    return recorded(SCHEMA, order=[("ts", False)])


def column(name):
    return {"type": "Column", "name": name}


def literal(value, dtype):
    return {"type": "Literal", "value": value, "dtype": dtype}


def call(func, *args, **kwargs):
    return {"type": "Call", "func": func, "args": list(args), "kwargs": kwargs}


# What a callable may be


def test_two_lambdas_on_one_line_are_both_called(t, sent):
    made = t.filter(lambda r: r.qty > 1, lambda r: r.ok)
    assert sent(made) == ("filter", {"predicates": [call("gt", column("qty"), literal(1, "Int64")), column("ok")]})


def test_a_lambda_without_source_works(t, sent):
    made = t.filter(eval("lambda anything: anything.ok"))
    assert sent(made) == ("filter", {"predicates": [column("ok")]})


def test_def_partial_method_and_callable_object_work(t, sent):
    def plain(row):
        return row.ok

    def with_bound(flag, row):
        return row.ok if flag else None

    class Rule:
        def method(self, row):
            return row.ok

        def __call__(self, row):
            return row.ok

    for fn in (plain, functools.partial(with_bound, True), Rule().method, Rule()):
        assert sent(t.filter(fn))[1] == {"predicates": [column("ok")]}


def test_a_callable_is_called_exactly_once(t):
    calls = []
    t.derive(x=lambda r: calls.append(r) or r.qty)
    assert len(calls) == 1


def test_a_callable_of_another_arity_is_an_argument_error(t):
    with pytest.raises(ArgumentError, match="1 positional"):
        t.filter(lambda a, b: a.ok)


def test_an_error_inside_the_lambda_stays_what_it_is(t):
    with pytest.raises(ZeroDivisionError):
        t.derive(x=lambda r: 1 / 0)


# What a callable may give


def test_a_plain_value_is_a_literal(t, sent):
    assert sent(t.derive(x=lambda r: 5))[1] == {"columns": [{"name": "x", "expr": literal(5, "Int64")}]}


def test_none_of_a_named_value_is_null(t, sent):
    assert sent(t.derive(x=lambda r: None))[1] == {"columns": [{"name": "x", "expr": literal(None, "Null")}]}


def test_a_list_gives_several_columns_and_a_dict_named_ones(t, sent):
    made = t.select(lambda r: [r.px, r.qty.alias("q")], lambda r: {"s": r.sym})
    assert sent(made)[1]["columns"] == [
        {"name": "px", "expr": column("px")},
        {"name": "q", "expr": column("qty")},
        {"name": "s", "expr": column("sym")},
    ]


def test_a_predicate_must_give_an_expr(t):
    for wrong in (True, None, 1, "ok"):
        with pytest.raises(ArgumentError, match="must give an Expr"):
            t.filter(lambda r, wrong=wrong: wrong)


def test_a_predicate_in_a_list_is_refused(t):
    with pytest.raises(ArgumentError, match="several predicates as several arguments"):
        t.filter(lambda r: [r.ok])


def test_the_row_itself_is_no_value(t):
    with pytest.raises(ArgumentError, match="the row itself"):
        t.derive(x=lambda r: r)


def test_a_column_lambda_that_returns_nothing_is_an_error(t):
    with pytest.raises(ArgumentError, match="returned nothing"):
        t.select(lambda r: None)


# Kinds of arguments


@pytest.mark.parametrize("wrong", ["qty > 1", 5, None, ["ok"], object()])
def test_a_predicate_must_be_callable(t, wrong):
    with pytest.raises(ArgumentError, match="must be callable"):
        t.filter(wrong)


@pytest.mark.parametrize("wrong", [5, None, 1.5, {1}, object()])
def test_a_column_argument_must_be_str_or_callable(t, wrong):
    with pytest.raises(ArgumentError, match="must be str or callable"):
        t.select(wrong)


def test_a_named_value_must_be_callable_and_the_error_names_it(t):
    with pytest.raises(ArgumentError, match="'total' must be callable"):
        t.derive(total="px")
    with pytest.raises(ArgumentError, match="'n' must be callable"):
        t.agg("sym", n=5)


def test_named_values_do_not_collide_with_parameters(recorded, sent):
    t = recorded({"self": "int64", "cols": "int64"})
    made = t.derive(args=lambda r: r["self"], named=lambda r: r.cols, self=lambda r: r.cols)
    assert [c["name"] for c in sent(made)[1]["columns"]] == ["args", "named", "self"]
    assert sent(t.rename(self="mapping"))[1] == {"mapping": {"self": "mapping"}}


def test_an_expression_deeper_than_the_stack_is_an_argument_error(t):
    def deep(r):
        made = r.qty
        for _ in range(100_000):
            made = made + 1
        return made

    with pytest.raises(ArgumentError, match="too deeply"):
        t.derive(x=deep)


# Columns


def test_unknown_column_names_the_nearest_and_all(t):
    with pytest.raises(ColumnNotFoundError) as error:
        t.filter(lambda r: r.symb == "A")
    text = str(error.value)
    assert "Column 'symb' not found in schema" in text
    assert "Did you mean 'sym'" in text
    assert "Available columns: px, qty, sym, ts, ok, _x" in text


def test_unknown_column_is_found_by_name_lambda_item_and_col(t):
    for wrong in ("nope", lambda r: r.nope, lambda r: r["nope"], col("nope"), lambda r: r.px + col("nope")):
        with pytest.raises(ColumnNotFoundError, match="Column 'nope' not found in schema"):
            t.select(wrong)


def test_unknown_column_is_an_attribute_error_so_that_hasattr_works(t):
    seen = []
    t.derive(x=lambda r: seen.append((hasattr(r, "px"), hasattr(r, "nope"))) or r.px)
    assert seen == [(True, False)]


def test_a_leading_underscore_is_reached_by_item_only(t, sent):
    assert sent(t.select(lambda r: r["_x"]))[1]["columns"] == [{"name": "_x", "expr": column("_x")}]
    with pytest.raises(AttributeError, match=r"r\['_x'\]"):
        t.select(lambda r: r._x)


def test_any_name_is_reached_by_item(recorded, sent):
    names = ["two words", 'a"b', "dot.ted", "Größe", "select", "filter", "UPPER"]
    t = recorded(dict.fromkeys(names, "int64"))
    made = t.select(lambda r: [r[name] for name in names])
    assert [c["name"] for c in sent(made)[1]["columns"]] == names


def test_a_tables_columns_are_no_attributes(t):
    with pytest.raises(AttributeError):
        t.px


# Truth


@pytest.mark.parametrize(
    "fn",
    [
        lambda r: r.px > 1 and r.qty < 3,
        lambda r: r.px > 1 or r.qty < 3,
        lambda r: not r.ok,
        lambda r: 1 < r.px < 3,
        lambda r: r.sym in ["A", "B"],
        lambda r: r.px if r.ok else r.qty,
        lambda r: bool(r.ok),
    ],
)
def test_a_truth_test_is_an_error_that_shows_the_fix(t, fn):
    with pytest.raises(ArgumentError) as error:
        t.filter(fn)
    assert all(word in str(error.value) for word in ("&", "|", "~", "between"))


@pytest.mark.parametrize("fn", [int, float, len, iter, list, lambda e: "A" in e, range])
def test_python_conversions_of_an_expression_are_errors(t, fn):
    with pytest.raises(ArgumentError):
        t.derive(x=lambda r: fn(r.px))


def test_comparison_with_none_proposes_is_null(t):
    with pytest.raises(ArgumentError, match="is_null"):
        t.filter(lambda r: r.px == None)  # noqa: E711
    with pytest.raises(ArgumentError, match="is_not_null"):
        t.filter(lambda r: r.px != None)  # noqa: E711


def test_logic_is_on_booleans_only(t):
    for fn in (lambda r: r.ok & r.qty, lambda r: r.qty | r.ok, lambda r: ~r.px, lambda r: r.ok ^ 1):
        with pytest.raises(ArgumentError, match="takes conditions"):
            t.filter(fn)


def test_a_predicate_of_another_type_names_column_and_type(t):
    with pytest.raises(ArgumentError, match="column 'qty' is int64"):
        t.filter(lambda r: r.qty)


def test_text_functions_on_a_number_name_column_and_type(t):
    with pytest.raises(ArgumentError, match="column 'px' is float64"):
        t.select(lambda r: r.px.s.lower())
    with pytest.raises(ArgumentError, match="column 'sym' is string"):
        t.select(lambda r: r.sym.dt.year())


# Order


@pytest.mark.parametrize(
    "fn",
    [
        lambda r: r.px.shift(),
        lambda r: r.px.diff() > 0,
        lambda r: r.px.rolling(3).mean(),
        lambda r: r.px.cum_sum(),
        lambda r: ltseq.row_number(),
        lambda r: ltseq.if_else(r.ok, r.px.shift(), 0.0),
        lambda r: ltseq.run_id("sym"),
        lambda r: r.px.shift(partition_by="sym"),
        lambda r: r.px.shift().over("sym"),
    ],
)
def test_a_sequence_function_needs_an_order(t, ordered, fn):
    with pytest.raises(SortRequiredError, match=r"sort\("):
        t.derive(x=fn)
    assert ordered.derive(x=fn).columns == [*SCHEMA, "x"]


def test_over_with_an_order_needs_no_table_order(t):
    assert "x" in t.derive(x=lambda r: r.px.shift().over(order_by="ts")).columns
    assert "x" in t.derive(x=lambda r: ltseq.rank().over("sym", order_by="ts", descending=True)).columns


def test_a_nested_call_needs_its_own_order(t):
    with pytest.raises(SortRequiredError, match="shift"):
        t.derive(x=lambda r: r.px.shift().cum_sum().over(order_by="ts"))


def test_the_error_explains_a_computed_key(t):
    with pytest.raises(SortRequiredError, match="computed key"):
        t.sort(lambda r: r.px * 2).derive(x=lambda r: r.px.shift())


def test_groups_and_patterns_need_an_order(t):
    for make in (
        lambda: t.group_ordered("sym"),
        lambda: t.group_sorted("sym"),
        lambda: t.search_pattern(lambda r: r.ok),
        lambda: t.cum_sum("px"),
        lambda: t.fold(lambda s, r: s, init=0, into="f"),
    ):
        with pytest.raises(SortRequiredError):
            make()


def test_columns_are_checked_before_order(t):
    with pytest.raises(ColumnNotFoundError):
        t.derive(x=lambda r: r.nope.shift())


# Aggregates


def test_an_aggregate_in_derive_names_the_ways_out(t):
    with pytest.raises(ArgumentError) as error:
        t.derive(x=lambda r: r.px.sum())
    assert all(word in str(error.value) for word in ("agg", "rolling", ".over"))
    assert "x" in t.derive(x=lambda r: r.px.sum().over("sym")).columns


def test_an_unaggregated_column_is_an_error(t):
    with pytest.raises(ArgumentError, match="'px' is not aggregated"):
        t.agg("sym", x=lambda g: g.px + g.qty.sum())
    assert t.agg("sym", x=lambda g: g.sym, n=lambda g: g.count()).columns == ["sym", "x", "n"]


def test_aggregates_do_not_nest(t):
    with pytest.raises(ArgumentError, match="do not nest"):
        t.agg("sym", x=lambda g: g.px.sum().max())


def test_agg_without_aggregates_is_an_error(t):
    for make in (lambda: t.agg("sym"), lambda: t.agg(), lambda: t.group_by("sym").agg()):
        with pytest.raises(ArgumentError, match="at least one aggregate"):
            make()


def test_a_column_named_like_a_reducer_is_reached_by_item(recorded, sent):
    t = recorded({"count": "int64", "k": "string"})
    made = t.agg("k", n=lambda g: g.count(), s=lambda g: g["count"].sum())
    assert [c["expr"]["args"] for c in sent(made)[1]["aggs"]] == [[], [column("count")]]
