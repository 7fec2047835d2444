"""Verbs that make groups: agg, group_by, pivot, partition, group_ordered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import capture
from .capture import ColumnArg, Columns, Named, NamedValue, Predicate
from .check import Place, sort_required
from .core import TableCore
from .errors import kind_of
from .exceptions import ArgumentError, SortRequiredError
from .expr import kinds
from .expr.build import call, one_of
from .expr.nodes import CallExpr, ColumnExpr, Expr, LiteralExpr
from .expr.walk import reads_neighbours
from .grouped import NestedTable
from .partitioned import PartitionedTable

if TYPE_CHECKING:
    from .table import LTSeq

_PIVOTS = ("sum", "mean", "count", "min", "max", "first", "last")


class GroupVerbs(TableCore):
    """Verbs that make one thing of many rows."""

    __slots__ = ()

    def agg(
        self,
        /,
        *args: Columns | Mapping[str, NamedValue],
        by: Columns | None = None,
        aggs: Mapping[str, NamedValue] | None = None,
        **named: NamedValue,
    ) -> LTSeq:
        """One row per key, in no promised order; without `by` one row. The keys, then the aggregates.

        `by`: a name, lambda or Expr, a list of them, or a lambda of a list or dict. NULL is a key.
        Aggregates: keywords, or a dict (which may come first): lambdas of a group, `g.px.sum()`, or Exprs.
        No aggregate, one that is not callable, a column that is not aggregated: ArgumentError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"k": ["x", "x"], "v": [1, 2]})
        >>> t.agg("k", total=lambda g: g.v.sum(), n=lambda g: g.count()).to_dicts()
        [{'k': 'x', 'total': 3, 'n': 2}]
        """
        row = self._row()
        keys, given = _agg_arguments(args, by, aggs)
        capture.require_named({**given, **named})
        return self._aggregate(self._keys(keys, row), {**given, **named})

    def group_by(self, /, *keys: ColumnArg) -> GroupBy:
        """Groups by these keys, for `.agg(…)` on what it returns. No key: ArgumentError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"k": ["x", "x"], "v": [1, 2]})
        >>> t.group_by("k").agg(total=lambda g: g.v.sum()).to_dicts()
        [{'k': 'x', 'total': 3}]
        """
        found = self._keys(list(keys), self._row())
        if not found:
            raise ArgumentError("group_by needs at least one key")
        return GroupBy(self, found)

    def _keys(self, by: Any, row: Any) -> list[Named]:
        if by is None:
            return []
        listed = by if isinstance(by, (list, tuple)) else [by]
        return self._named(capture.columns(listed, row, "by"))

    def _aggregate(self, keys: list[Named], given: Mapping[str, NamedValue]) -> LTSeq:
        if not given:
            raise ArgumentError("agg needs at least one aggregate, such as total=lambda g: g.px.sum()")
        found = capture.named(given, self._group())
        for name, expr in found:
            if isinstance(expr, LiteralExpr):
                raise ArgumentError(f"{name!r} must be an aggregate such as g.px.sum(), not the value {expr.value!r}")
        plain = frozenset(key.expr.name for key in keys if isinstance(key.expr, ColumnExpr))
        aggs = self._named(found, Place.GROUP, plain)
        self._distinct_names([*keys, *aggs], "agg")
        payload = {"by": _columns(keys), "aggs": _columns(aggs)}
        return self._verb("agg", payload, ordered=False)

    def pivot(self, index: Columns, columns: ColumnArg, values: ColumnArg, agg_fn: str = "sum") -> LTSeq:
        """A row per index, a column per value of `columns`, in it the aggregate of `values`.

        Runs once to read the new columns' names: the values as text, sorted; NULL is `null`.
        `agg_fn`: sum, mean, count, min, max, first, last. A cell without rows is NULL, or 0 for count.
        Ordered by the index. Another agg_fn, or two columns of one name: ArgumentError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"d": [1, 1, 2], "k": ["x", "y", "x"], "v": [1, 2, 3]})
        >>> t.pivot("d", "k", "v").to_dicts()
        [{'d': 1, 'x': 1, 'y': 2}, {'d': 2, 'x': 3, 'y': None}]
        """
        row = self._row()
        one_of(agg_fn, "agg_fn", _PIVOTS)
        keys = self._keys(index, row)
        if not keys:
            raise ArgumentError("pivot needs an index")
        heading = self._one(columns, row, "columns")
        value = self._one(values, row, "values")
        function = kinds.REDUCER_ALIASES.get(agg_fn, agg_fn)
        if kinds.function(function).needs_order and self._order() is None:
            raise sort_required(function, self)
        aggs = [
            Named(name, CallExpr(function, (value,), {"filter": condition}))
            for name, condition in self._headings(heading)
        ]
        self._distinct_names([*keys, *aggs], "pivot")
        if aggs:
            made = self._verb("agg", {"by": _columns(keys), "aggs": _columns(aggs)}, ordered=False)
        else:  # without rows there is no new column
            made = self._verb("select", {"columns": _columns(keys)})._verb("distinct", {"keys": []})
        order = [{"expr": ColumnExpr(str(key.name)), "desc": False, "nulls_first": False} for key in keys]
        return made._verb("sort", {"keys": order, "partition_by": []})

    def _one(self, argument: ColumnArg, row: Any, what: str) -> Expr:
        found = capture.columns([argument], row, what)
        if len(found) != 1:
            raise ArgumentError(f"{what} must be one column")
        return self._checked([found[0].expr])[0]

    def _headings(self, heading: Expr) -> list[tuple[str, Expr]]:
        """The new columns' names, each with the condition of its rows."""
        text = heading.cast("string")
        names = self._verb("select", {"columns": [{"name": "name", "expr": text}]})
        found = [value for (value,) in names._verb("distinct", {"keys": []})._tuples()]
        made: list[tuple[str, Expr]] = [(str(name), text == name) for name in found if name is not None]
        if None in found:
            made.append(("null", heading.is_null()))
        return sorted(made, key=lambda pair: pair[0])

    def partition(self, /, *cols: ColumnArg, by: Columns | None = None) -> PartitionedTable:
        """The table cut by keys: `p[key]` is a table, keys come by first appearance. Keys are read at the first look.

        No key, or another kind of argument: ArgumentError.

        >>> from ltseq import LTSeq
        >>> p = LTSeq.from_dict({"k": ["x", "y"], "v": [1, 2]}).partition("k")
        >>> p.keys(), p["y"].to_dicts()
        (['x', 'y'], [{'k': 'y', 'v': 2}])
        """
        row = self._row()
        if cols and by is not None:
            raise ArgumentError("partition takes its keys by position or as by=, not both")
        keys = self._keys(list(cols) if by is None else by, row)
        if not keys:
            raise ArgumentError("partition needs at least one key")
        return PartitionedTable(self, keys)

    def group_ordered(
        self, /, *keys: ColumnArg, by: Columns | None = None, when: Predicate | None = None
    ) -> NestedTable:
        """Runs of neighbouring rows along the order: with equal keys, or begun by a condition.

        A positional boolean expression that holds a sequence function is a condition (`r.g != r.g.shift(1)`),
        any other key is compared; `by=` and `when=` say which it is. NULL equals NULL; NULL begins no run.
        No key: ArgumentError; no order: SortRequiredError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"i": [1, 2, 3], "g": ["a", "a", "b"]}).sort("i")
        >>> t.group_ordered("g").agg(lambda g: {"g": g.g.first(), "n": g.count()}).to_dicts()
        [{'g': 'a', 'n': 2}, {'g': 'b', 'n': 1}]
        """
        row = self._row()
        positional = [key.expr for key in capture.columns(keys, row, "group_ordered")]
        listed = [] if by is None else list(by) if isinstance(by, (list, tuple)) else [by]
        compared = [key.expr for key in capture.columns(listed, row, "by")]
        conditions = [] if when is None else [capture.predicate(when, row, "when")]
        if not positional and not compared and not conditions:
            raise ArgumentError("group_ordered needs a key: a column, by= or when=")
        self._checked([*positional, *compared, *conditions])
        for expr in positional:
            (conditions if self._is_condition(expr) else compared).append(expr)
        if self._order() is None:
            raise sort_required("group_ordered", self)
        return NestedTable(self, {"by": compared, "when": _any(conditions)})

    def group_sorted(self, key: ColumnArg) -> NestedTable:
        """As `group_ordered`, for a plain column that leads the declared order; else SortRequiredError."""
        row = self._row()
        column = self._one(key, row, "group_sorted")
        if not isinstance(column, ColumnExpr):
            raise SortRequiredError("group_sorted needs a plain column that leads the order; use group_ordered")
        name = column.name
        order = self._order()
        if not order or order[0][0] != name:
            raise SortRequiredError(
                f"group_sorted needs a table whose order begins with {name!r}: sort it first, as in `t.sort({name!r})`"
            )
        return self.group_ordered(by=name)

    def _is_condition(self, expr: Expr) -> bool:
        """A boolean expression that looks at neighbouring rows."""
        return reads_neighbours(expr) and self._expr_type(expr) == "bool"


class GroupBy:
    """Groups that wait for their aggregates."""

    __slots__ = ("_keys", "_table")

    def __init__(self, table: GroupVerbs, keys: list[Named]) -> None:
        self._table = table
        self._keys = keys

    def agg(self, aggs: Mapping[str, NamedValue] | None = None, /, **named: NamedValue) -> LTSeq:
        """One row per key: the keys, then the aggregates. Errors as those of `LTSeq.agg`."""
        if aggs is not None and not isinstance(aggs, Mapping):
            raise ArgumentError(
                f"agg takes keywords or a dict of aggregates, not {kind_of(aggs)}; each must be callable"
            )
        return self._table._aggregate(self._keys, {**(aggs or {}), **named})

    aggregate = agg

    def __repr__(self) -> str:
        return f"GroupBy({', '.join(repr(key.name) for key in self._keys)})"


def _columns(columns: list[Named]) -> list[dict[str, Any]]:
    return [{"name": name, "expr": expr} for name, expr in columns]


def _agg_arguments(args: tuple[Any, ...], by: Any, aggs: Any) -> tuple[Any, dict[str, NamedValue]]:
    """(by, aggregates) of agg's positional arguments and its two keywords."""
    rest = list(args)
    if rest and isinstance(rest[0], Mapping):
        if aggs is not None:
            raise ArgumentError("agg is given two dicts of aggregates")
        aggs = rest.pop(0)
    elif rest:
        if by is not None:
            raise ArgumentError("agg is given its keys twice")
        by = rest.pop(0)
        if rest:
            if aggs is not None:
                raise ArgumentError("agg is given two dicts of aggregates")
            aggs = rest.pop(0)
    if rest:
        raise ArgumentError("agg takes by and a dict of aggregates; further aggregates are keywords")
    if aggs is not None and not isinstance(aggs, Mapping):
        raise ArgumentError(f"aggs must be a dict of names and lambdas, not {kind_of(aggs)}; each must be callable")
    return by, dict(aggs or {})


def _any(conditions: list[Expr]) -> Expr | None:
    """One condition that is true where one of these is."""
    if not conditions:
        return None
    first, *rest = conditions
    for condition in rest:
        first = call("or", first, condition)
    return first
