"""Frames, ranks and `.over`: what stands around a function that reads other rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn, TypeGuard

from ..errors import kind_of, unknown_keywords
from ..exceptions import ArgumentError
from . import kinds
from .build import Keys, as_expr, as_keys, call, free_on_column, integer, sequence
from .literals import plain

if TYPE_CHECKING:
    from .nodes import CallExpr, Expr

_ROLLING = ("n", "min_periods", "preceding", "following", "partition_by")


class WindowMethods:
    """`rolling` and `over`."""

    __slots__ = ()

    def rolling(
        self,
        /,
        n: int | dt.timedelta | None = None,
        min_periods: int | None = None,
        *,
        preceding: int | dt.timedelta | None = None,
        following: int | dt.timedelta | None = None,
        partition_by: Keys = None,
        **unknown: NoReturn,
    ) -> Rolling:
        """A moving frame: the last n rows, or those of the last timedelta (far edge included).

        `preceding` and `following` make an asymmetric frame, both 0 by default.
        The result is NULL until `min_periods` values are in the frame: by default the frame's
        full size in rows, 1 for a timedelta. n < 1: ArgumentError. No order: SortRequiredError.

        >>> from ltseq import col
        >>> col("px").rolling(3).mean().serialize()["func"]
        'rolling'
        """
        if unknown:
            raise unknown_keywords("rolling", unknown, _ROLLING)
        frame = _frame(n, preceding, following)
        if min_periods is not None:
            frame["min_periods"] = as_expr(integer(min_periods, "min_periods", least=0))
        return Rolling(as_expr(self), frame, partition_by)

    def over(
        self,
        partition_by: Keys = None,
        order_by: Keys = None,
        descending: bool | Sequence[bool] | None = None,
        desc: bool | Sequence[bool] | None = None,
    ) -> CallExpr:
        """Another partition for a sequence, window or aggregate function, and with `order_by` another order.

        An aggregate without order_by is its value over the whole partition, on every row.
        On anything else than such a function, or with the partition given twice: ArgumentError.

        >>> from ltseq import col
        >>> col("px").sum().over("sym").serialize()["func"]
        'over'
        """
        inner = as_expr(self).unaliased()
        if not _is_window(inner):
            raise ArgumentError(
                ".over works on a window expression, that is a sequence, window or aggregate function, "
                f"not on {inner.describe()}"
            )
        if partition_by is not None and "partition_by" in inner.kwargs:
            raise ArgumentError("the partition is given twice: by partition_by= of the function and by .over")
        order = as_keys(order_by, "order_by")
        directions = directions_of(desc if descending is None else descending, len(order), "order_by")
        partition = as_keys(partition_by, "partition_by")
        return call("over", inner, partition_by=partition, order_by=order, descending=directions)


def _is_window(expr: Expr) -> TypeGuard[CallExpr]:
    """True for a call whose value depends on other rows."""
    from .nodes import CallExpr

    return isinstance(expr, CallExpr) and expr.func != "over" and expr.function.kind != kinds.SCALAR


def directions_of(given: object, keys: int, what: str) -> list[bool]:
    """One bool per key, True for descending, from a bool for all or a list of them."""
    if given is None:
        return [False] * keys
    if isinstance(given, bool):
        if given and not keys:
            raise ArgumentError(f"a direction needs {what}")
        return [given] * keys
    listed = require_directions(given)
    if len(listed) != keys:
        raise ArgumentError(f"desc holds {len(listed)} directions for {keys} keys")
    return listed


def require_directions(given: object) -> list[bool]:
    """The directions as a list; ArgumentError for what is neither None nor a bool nor a list of bool."""
    if given is None or isinstance(given, bool):
        return []
    if not isinstance(given, (list, tuple)) or not all(isinstance(item, bool) for item in given):
        raise ArgumentError(f"desc must be a bool or a list of bool, not {given!r}")
    return list(given)


def _frame(n: object, preceding: object, following: object) -> dict[str, Expr]:
    """The frame's keywords, checked: n alone, or preceding and following of one kind."""
    if n is not None:
        if preceding is not None or following is not None:
            raise ArgumentError("rolling takes either n, or preceding and following")
        return {"n": as_expr(_extent(n, "n", least=1))}
    if preceding is None and following is None:
        raise ArgumentError("rolling needs n, or preceding or following")
    given = {name: value for name, value in (("preceding", preceding), ("following", following)) if value is not None}
    extents = {name: _extent(value, name, least=0) for name, value in given.items()}
    if len({type(value) for value in extents.values()}) > 1:
        raise ArgumentError("preceding and following must both be numbers of rows or both timedeltas")
    return {name: as_expr(value) for name, value in extents.items()}


def _extent(value: object, what: str, *, least: int) -> int | dt.timedelta:
    """A number of rows or a timedelta, not below `least` rows, or not below (at 1: above) no time."""
    value = plain(value)
    if isinstance(value, dt.timedelta):
        if value < dt.timedelta(0) or (least and not value):
            raise ArgumentError(f"{what} must be {'above' if least else 'at least'} zero, not {value!r}")
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise ArgumentError(f"{what} must be an int (rows) or a timedelta, not {kind_of(value)}")
    return integer(value, what, least=least)


class Rolling:
    """A moving frame that waits for its aggregate."""

    __slots__ = ("_expr", "_frame", "_partition_by")

    def __init__(self, expr: Expr, frame: dict[str, Expr], partition_by: Keys) -> None:
        self._expr = expr
        self._frame = frame
        self._partition_by = partition_by

    def agg(self, name: str, /) -> CallExpr:
        """Any aggregate of one argument, by its name; an unknown one fails at the verb.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2).agg("max")).to_dicts()
        [{'y': None}, {'y': 3}, {'y': 3}]
        """
        if not isinstance(name, str):
            raise ArgumentError(f"agg must be given the name of an aggregate as str, not {kind_of(name)}")
        function = kinds.REDUCER_ALIASES.get(name.lower(), name.lower())
        made = sequence("rolling", call(function, self._expr), partition_by=self._partition_by)
        made.kwargs.update(self._frame)
        return made

    def sum(self) -> CallExpr:
        """The sum over the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2).sum()).to_dicts()
        [{'y': None}, {'y': 4}, {'y': 5}]
        """
        return self.agg("sum")

    def mean(self) -> CallExpr:
        """The mean over the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2).mean()).to_dicts()
        [{'y': None}, {'y': 2.0}, {'y': 2.5}]
        """
        return self.agg("avg")

    avg = mean

    def min(self) -> CallExpr:
        """The least value in the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2).min()).to_dicts()
        [{'y': None}, {'y': 1}, {'y': 2}]
        """
        return self.agg("min")

    def max(self) -> CallExpr:
        """The greatest value in the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2).max()).to_dicts()
        [{'y': None}, {'y': 3}, {'y': 3}]
        """
        return self.agg("max")

    def count(self) -> CallExpr:
        """The number of values in the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2, 1).count()).to_dicts()
        [{'y': 1}, {'y': 2}, {'y': 2}]
        """
        return self.agg("count")

    def std(self) -> CallExpr:
        """The sample standard deviation over the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(3).std()).to_dicts()
        [{'y': None}, {'y': None}, {'y': 1.0}]
        """
        return self.agg("std")

    def var(self) -> CallExpr:
        """The sample variance over the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(3).var()).to_dicts()
        [{'y': None}, {'y': None}, {'y': 1.0}]
        """
        return self.agg("var")

    def median(self) -> CallExpr:
        """The median over the frame.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(3).median()).to_dicts()
        [{'y': None}, {'y': None}, {'y': 2.0}]
        """
        return self.agg("median")

    def first(self) -> CallExpr:
        """The value of the frame's first row.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2).first()).to_dicts()
        [{'y': None}, {'y': 1}, {'y': 3}]
        """
        return self.agg("first")

    def last(self) -> CallExpr:
        """The value of the frame's last row.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.rolling(2).last()).to_dicts()
        [{'y': None}, {'y': 3}, {'y': 2}]
        """
        return self.agg("last")


rolling = free_on_column(WindowMethods.rolling)


def row_number(*, partition_by: Keys = None) -> CallExpr:
    """The row's number along the order, from 1. No order: SortRequiredError.

    >>> from ltseq import row_number
    >>> row_number().over("sym", order_by="ts").serialize()["func"]
    'over'
    """
    return sequence("row_number", partition_by=partition_by)


def rank(*, partition_by: Keys = None) -> CallExpr:
    """The rank from 1, equal order keys sharing it, with gaps after them. No order: SortRequiredError.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
    >>> t.select(y=lambda r: ltseq.rank()).to_dicts()
    [{'y': 1}, {'y': 2}, {'y': 3}]
    """
    return sequence("rank", partition_by=partition_by)


def dense_rank(*, partition_by: Keys = None) -> CallExpr:
    """The rank from 1, equal order keys sharing it, without gaps. No order: SortRequiredError.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
    >>> t.select(y=lambda r: ltseq.dense_rank()).to_dicts()
    [{'y': 1}, {'y': 2}, {'y': 3}]
    """
    return sequence("dense_rank", partition_by=partition_by)


def ntile(n: int, *, partition_by: Keys = None) -> CallExpr:
    """Which of n equal parts of the order the row is in, from 1. n < 1: ArgumentError.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
    >>> t.select(y=lambda r: ltseq.ntile(2)).to_dicts()
    [{'y': 1}, {'y': 1}, {'y': 2}]
    """
    return sequence("ntile", integer(n, "n", least=1), partition_by=partition_by)


def percent_rank(*, partition_by: Keys = None) -> CallExpr:
    """(rank - 1) / (rows - 1), from 0 to 1. No order: SortRequiredError.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
    >>> t.select(y=lambda r: ltseq.percent_rank()).to_dicts()
    [{'y': 0.0}, {'y': 0.5}, {'y': 1.0}]
    """
    return sequence("percent_rank", partition_by=partition_by)


def cume_dist(*, partition_by: Keys = None) -> CallExpr:
    """The share of rows not after this one in the order, above 0 up to 1. No order: SortRequiredError.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
    >>> t.select(y=lambda r: ltseq.cume_dist().round(2)).to_dicts()
    [{'y': 0.33}, {'y': 0.67}, {'y': 1.0}]
    """
    return sequence("cume_dist", partition_by=partition_by)
