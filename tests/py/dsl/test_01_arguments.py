"""Section 1 of API.md, Arguments: what a column argument may be, how callables are called, what the result is named."""

from __future__ import annotations

import functools
import operator

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, col, lit

DATA = {"px": [1.5, 2.5], "qty": [1, 2], "sym": ["a", "b"], "ok": [True, None], "_x": [7, 8]}


@pytest.fixture
def t():
    return LTSeq.from_dict(DATA)


def columns(table):
    return {name: [row[name] for row in table.to_dicts()] for name in table.columns}


# A column argument is a name, a lambda or an Expr


@pytest.mark.parametrize("arg", ["qty", lambda r: r.qty, lambda r: r["qty"], col("qty")])
def test_a_column_is_a_name_a_lambda_or_an_expr(t, arg):
    assert columns(t.select(arg)) == {"qty": [1, 2]}
    assert t.sort(arg, desc=True).to_dicts()[0]["qty"] == 2
    assert t.distinct(arg).count() == 2
    assert t.partition(arg).keys() == [1, 2]
    assert t.agg(arg, n=lambda g: g.count()).columns == ["qty", "n"]
    assert t.sort("qty").cum_sum(arg).columns[-1] == "qty_cumsum"


@pytest.mark.parametrize("wrong", [5, None, 1.5, {1}, object(), b"px", LTSeq, [None]])
def test_another_kind_of_column_argument_is_refused(t, wrong):
    for verb in ("select", "sort", "distinct", "drop", "partition", "group_by"):
        with pytest.raises(ArgumentError, match="must be str or callable"):
            getattr(t, verb)(wrong)


def test_a_list_in_a_list_is_refused(t):
    with pytest.raises(ArgumentError, match="must be str or callable"):
        t.select([["px"]])


# Predicates and named values are a lambda or an Expr, never a string


@pytest.mark.parametrize("predicate", [lambda r: r.ok, col("ok"), lambda r: r.qty == 1, col("qty") == 1])
def test_a_predicate_is_a_lambda_or_an_expr(t, predicate):
    assert columns(t.filter(predicate))["qty"] == [1]
    assert columns(t.delete(predicate))["qty"] == [2]
    assert columns(t.search_first(predicate))["qty"] == [1]


@pytest.mark.parametrize("wrong", ["qty > 1", "ok", 5, None, True, ["ok"], object(), {"ok": True}])
def test_a_predicate_must_be_callable(t, wrong):
    with pytest.raises(ArgumentError, match="must be callable"):
        t.filter(wrong)


@pytest.mark.parametrize("wrong", [True, None, 1, "ok", object()])
def test_a_predicate_must_give_an_expr(t, wrong):
    with pytest.raises(ArgumentError, match="must give an Expr"):
        t.filter(lambda r: wrong)


def test_a_predicate_in_a_list_is_refused(t):
    with pytest.raises(ArgumentError, match="several predicates as several arguments"):
        t.filter(lambda r: [r.ok])


def test_a_predicate_may_be_an_expr_of_a_literal(t):
    assert t.filter(lit(True)).count() == 2
    assert t.filter(lambda r: lit(None)).count() == 0


@pytest.mark.parametrize("value", [lambda r: r.qty + 1, col("qty") + 1])
def test_a_named_value_is_a_lambda_or_an_expr(t, value):
    assert columns(t.derive(n=value))["n"] == [2, 3]
    assert columns(t.derive({"n": value}))["n"] == [2, 3]
    assert columns(t.select(n=value)) == {"n": [2, 3]}


@pytest.mark.parametrize("wrong", ["px", 5, None, ["px"]])
def test_a_named_value_must_be_callable_and_the_error_names_it(t, wrong):
    for make in (
        lambda: t.derive(total=wrong),
        lambda: t.derive({"total": wrong}),
        lambda: t.select(total=wrong),
        lambda: t.agg("sym", total=wrong),
        lambda: t.group_by("sym").agg(total=wrong),
    ):
        with pytest.raises(ArgumentError, match="'total' must be callable"):
            make()


def test_column_names_do_not_collide_with_parameters():
    t = LTSeq.from_dict({"self": [1], "cols": [2], "by": [3], "desc": [4]})
    made = t.derive(args=lambda r: r["self"], named=lambda r: r.cols, self=lambda r: r.by)
    assert made.to_dicts() == [{"self": 3, "cols": 2, "by": 3, "desc": 4, "args": 1, "named": 2}]
    assert t.rename(self="mapping").columns == ["mapping", "cols", "by", "desc"]
    assert t.rename({"self": "mapping"}).columns == ["mapping", "cols", "by", "desc"]
    assert t.update(lambda r: r.by == 3, self=9).to_dicts()[0]["self"] == 9
    assert t.agg(aggs={"by": lambda g: g.by.sum(), "aggs": lambda g: g.count()}).to_dicts() == [{"by": 3, "aggs": 1}]
    assert t.select(cols=lambda r: r.desc).to_dicts() == [{"cols": 4}]


# A callable is called once, at the call, with a proxy; its source is never read


def test_a_callable_is_called_exactly_once_and_at_the_call(t):
    calls = []
    made = t.derive(x=lambda r: calls.append(r) or r.qty).filter(lambda r: calls.append(r) or r.ok)
    assert len(calls) == 2
    made.to_dicts()
    made.count()
    assert len(calls) == 2


VERBS = {
    "filter": lambda t, c: t.filter(c(lambda r: r.ok)),
    "select": lambda t, c: t.select(c(lambda r: r.qty), x=c(lambda r: r.qty)),
    "derive": lambda t, c: t.derive(c(lambda r: {"x": r.qty}), y=c(lambda r: r.qty)),
    "sort": lambda t, c: t.sort(c(lambda r: r.qty), partition_by=c(lambda r: r.sym)),
    "assume_sorted": lambda t, c: t.assume_sorted(c(lambda r: r.qty)),
    "distinct": lambda t, c: t.distinct(c(lambda r: r.qty)),
    "drop": lambda t, c: t.drop(c(lambda r: r.qty)),
    "agg": lambda t, c: t.agg(c(lambda r: r.sym), n=c(lambda g: g.count())),
    "agg of a row lambda": lambda t, c: t.agg(n=lambda g: g.count_if(c(lambda r: r.ok))),
    "group_by": lambda t, c: t.group_by(c(lambda r: r.sym)).agg(n=c(lambda g: g.count())),
    "partition": lambda t, c: t.partition(c(lambda r: r.sym)).keys(),
    "pivot": lambda t, c: t.pivot(c(lambda r: r.qty), c(lambda r: r.sym), c(lambda r: r.px)),
    "search_first": lambda t, c: t.search_first(c(lambda r: r.ok)),
    "search_pattern": lambda t, c: t.search_pattern(c(lambda r: r.ok), c(lambda r: r.qty > 1)),
    "group_ordered": lambda t, c: t.group_ordered(c(lambda r: r.sym)).first(),
    "group_sorted": lambda t, c: t.group_sorted(c(lambda r: r.qty)).first(),
    "nested filter": lambda t, c: t.group_ordered("sym").filter(c(lambda g: g.count() > 0)).first(),
    "nested derive": lambda t, c: t.group_ordered("sym").derive(c(lambda g: {"n": g.count()})).flatten(),
    "nested agg": lambda t, c: t.group_ordered("sym").agg(c(lambda g: {"n": g.count()})),
    "join": lambda t, c: t.join(t, c(lambda a, b: a.qty == b.qty)),
    "join_merge": lambda t, c: t.join_merge(t, c(lambda a, b: a.qty == b.qty)),
    "semi_join": lambda t, c: t.semi_join(t, c(lambda a, b: a.qty == b.qty)),
    "asof_join": lambda t, c: t.asof_join(t, c(lambda a, b: a.qty >= b.qty)),
    "link": lambda t, c: t.link(t, c(lambda a, b: a.qty == b.qty), as_="o").to_ltseq(),
    "align": lambda t, c: t.align([1, 2], c(lambda r: r.qty)),
    "update": lambda t, c: t.update(c(lambda r: r.ok), px=c(lambda r: r.px)),
    "modify": lambda t, c: t.modify(0, px=c(lambda r: r.px)),
    "delete": lambda t, c: t.delete(c(lambda r: r.ok)),
    "cum_sum": lambda t, c: t.cum_sum(c(lambda r: r.px)),
    "intersect": lambda t, c: t.intersect(t, on=c(lambda r: r.qty)),
    "contain": lambda t, c: t.contain(c(lambda r: r.qty), 1),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_calls_a_callable_once(t, verb):
    calls = []

    def counted(fn):
        place = len(calls)
        calls.append(0)

        def call(*proxies):
            calls[place] += 1
            return fn(*proxies)

        return call

    VERBS[verb](t.sort("qty"), counted)
    assert calls == [1] * len(calls)


def test_any_parameter_name_works(t):
    for fn in (lambda row: row.ok, lambda _: _.ok, lambda self: self.ok, lambda *rows: rows[0].ok, lambda r, k=1: r.ok):
        assert t.filter(fn).count() == 1


def test_def_partial_method_and_callable_objects_work(t):
    def plain(row):
        return row.ok

    def with_bound(flag, row):
        return row.ok if flag else None

    class Rule:
        def method(self, row):
            return row.ok

        @staticmethod
        def static(row):
            return row.ok

        @classmethod
        def of_class(cls, row):
            return row.ok

        def __call__(self, row):
            return row.ok

    partial = functools.partial(with_bound, True)
    for fn in (plain, partial, Rule().method, Rule.static, Rule.of_class, Rule(), operator.attrgetter("ok")):
        assert t.filter(fn).count() == 1


def test_lambdas_without_source_work(t):
    scope = {"t": t}
    exec("made = t.filter(lambda r: r.ok)", scope)
    assert scope["made"].count() == 1
    assert t.filter(eval("lambda anything: anything.ok")).count() == 1


def test_two_lambdas_on_one_line_are_both_called(t):
    assert columns(t.filter(lambda r: r.qty > 0, lambda r: r.ok))["qty"] == [1]
    assert columns(t.select(lambda r: r.px, lambda r: r.sym)) == {"px": [1.5, 2.5], "sym": ["a", "b"]}
    assert columns(t.derive(a=lambda r: r.qty, b=lambda r: r.qty * 2).filter(lambda r: r.a > 1))["b"] == [4]


def test_python_code_in_a_lambda_runs(t):
    def rule(r):
        total = r.qty
        for step in range(3):
            total = total + step
        return total

    assert columns(t.derive(x=rule))["x"] == [4, 5]


def test_a_callable_of_another_arity_is_an_argument_error(t):
    for wrong in (lambda: 1, lambda a, b: a.ok, lambda *, r: r.ok):
        with pytest.raises(ArgumentError, match="1 positional"):
            t.filter(wrong)


def test_an_error_inside_the_callable_stays_what_it_is(t):
    with pytest.raises(ZeroDivisionError):
        t.derive(x=lambda r: 1 / 0)
    with pytest.raises(KeyError):
        t.filter(lambda r: {}["nope"])


def test_an_expression_that_nests_too_deeply_is_an_argument_error(t):
    def deep(r):
        made = r.qty
        for _ in range(100_000):
            made = made + 1
        return made

    with pytest.raises(ArgumentError, match="too deeply"):
        t.derive(x=deep)


# It returns an Expr, a list (several columns) or a dict (named columns); a plain value is a literal


def test_a_list_gives_several_columns_and_a_dict_named_ones(t):
    made = t.select(lambda r: [r.px, r.qty.alias("q")], lambda r: {"s": r.sym, "five": 5})
    assert columns(made) == {"px": [1.5, 2.5], "q": [1, 2], "s": ["a", "b"], "five": [5, 5]}
    assert t.select(lambda r: (r.px, r.qty)).columns == ["px", "qty"]
    assert t.sort(lambda r: [r.sym, r.qty]).sort_keys == [("sym", False), ("qty", False)]


@pytest.mark.parametrize(("value", "kind"), [(5, "int64"), ("px", "string"), (None, "null"), (True, "bool")])
def test_a_plain_value_is_a_literal(t, value, kind):
    made = t.derive(x=lambda r: value)
    assert made.schema["x"] == kind
    assert columns(made)["x"] == [value, value]


def test_what_is_no_value_is_refused(t):
    for wrong in (lambda r: r, lambda r: t, lambda r: {r.px}, lambda r: lambda q: q.px, lambda r: object()):
        with pytest.raises(ArgumentError):
            t.derive(x=wrong)
    with pytest.raises(ArgumentError, match="the row itself"):
        t.derive(x=lambda r: r)
    with pytest.raises(ArgumentError, match="list cannot be a column's value"):
        t.derive(x=lambda r: [r.px])


def test_a_column_lambda_that_returns_nothing_is_an_error(t):
    for verb in ("select", "sort", "distinct"):
        with pytest.raises(ArgumentError, match="returned nothing"):
            getattr(t, verb)(lambda r: None)


# select takes lists, derive takes aliased expressions too


def test_select_takes_lists(t):
    assert t.select(["px", "qty"]).columns == ["px", "qty"]
    assert t.select(["px", lambda r: r.qty, col("sym")], ok=lambda r: r.ok).columns == ["px", "qty", "sym", "ok"]


def test_derive_takes_aliased_expressions(t):
    assert columns(t.derive((col("qty") + 1).alias("y")))["y"] == [2, 3]
    assert columns(t.derive(lambda r: (r.qty + 1).alias("y")))["y"] == [2, 3]
    assert t.derive(lambda r: [r.px.alias("a"), r.qty.alias("b")]).columns == [*DATA, "a", "b"]
    with pytest.raises(ArgumentError, match="needs a name"):
        t.derive(lambda r: r.qty + 1)


# Result names


def test_an_alias_a_dict_key_or_a_keyword_names_the_column(t):
    assert t.select(lambda r: (r.qty + 1).alias("x")).columns == ["x"]
    assert t.select(lambda r: (r.qty + 1).alias(name="x")).columns == ["x"]
    assert t.select(lambda r: {"x": r.qty + 1}).columns == ["x"]
    assert t.select(x=lambda r: r.qty + 1).columns == ["x"]
    assert t.select(lambda r: r.qty.alias("x").alias("y")).columns == ["y"]
    # What stands outside wins over the alias inside.
    assert t.select(x=lambda r: (r.qty + 1).alias("y")).columns == ["x"]
    assert t.select((col("qty").alias("inside") + 1).alias("")).columns == [""]


def test_an_alias_is_a_text(t):
    with pytest.raises(ArgumentError, match="must be str"):
        col("px").alias(5)


def test_a_plain_column_keeps_its_name_and_a_linked_one_is_called_alias_col():
    t = LTSeq.from_dict({"k": [1]})
    linked = t.link(LTSeq.from_dict({"k": [1], "v": ["x"]}), on="k", as_="d")
    assert linked.select(lambda r: [r.k, r.d.v]).columns == ["k", "d_v"]
    assert linked.select(lambda r: r.d.v.alias("w")).columns == ["w"]


@pytest.mark.parametrize(
    ("fn", "name"),
    [
        (lambda r: r.a + 1, "a + 1"), (lambda r: -r.a, "-a"), (lambda r: r.a == 1, "a = 1"),
        (lambda r: (r.a > 1) & (r.b < 2), "a > 1 AND b < 2"), (lambda r: r["two words"] * 2, '"two words" * 2'),
        (lambda r: r.a.is_null(), "a IS NULL"), (lambda r: ltseq.sql_expr("a + 1"), "a + 1"),
        (lambda r: lit("it's"), "'it''s'"), (lambda r: lit(5), "5"),
    ],
)  # fmt: skip
def test_other_expressions_are_named_by_their_sql_text(fn, name):
    t = LTSeq.from_dict({"a": [1], "b": [2], "two words": [3]})
    made = t.select(fn)
    assert made.columns == [name]
    # As to_sql writes it.
    assert name in t.select(x=fn).to_sql()


def test_a_computed_column_can_be_reached_by_its_text():
    t = LTSeq.from_dict({"a": [1]}).select(lambda r: r.a + 1)
    assert t.select("a + 1").to_dicts() == [{"a + 1": 2}]
    assert t.filter(lambda r: r["a + 1"] == 2).count() == 1
