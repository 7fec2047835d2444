"""Aggregates: many rows to one value. NULLs are skipped unless a function says otherwise."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from ..errors import kind_of
from ..exceptions import ArgumentError
from ..types import head, is_number
from .build import Value, as_column, as_expr, call, free_on_column, integer, text
from .literals import plain
from .operators import logical

if TYPE_CHECKING:
    from .nodes import CallExpr


def _numeric(func: str, x: Value, *args: Value) -> CallExpr:
    """An aggregate of numbers; a column that is known to be none is an error."""
    expr = as_expr(x)
    known = expr.known_type()
    if known is not None and not is_number(known) and head(known) not in {"duration", "null"}:
        raise ArgumentError(f"{func} takes numbers, but {expr.describe()} is {known}")
    return call(func, expr, *args)


class AggregateMethods:
    """Aggregates as methods on their first argument."""

    __slots__ = ()

    def sum(self) -> CallExpr:
        """The sum; NULL where there is no value. Integer overflow is an ExecutionError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"px": [1, 2]}).agg(total=lambda g: g.px.sum()).to_dicts()
        [{'total': 3}]
        """
        return _numeric("sum", self)

    def avg(self) -> CallExpr:
        """The mean; NULL where there is no value.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, None]}).agg(y=lambda g: g.x.avg()).to_dicts()
        [{'y': 1.5}]
        """
        return _numeric("avg", self)

    mean = avg

    def count(self) -> CallExpr:
        """The number of values that are not NULL, an int64.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, None]}).agg(y=lambda g: g.x.count()).to_dicts()
        [{'y': 1}]
        """
        return call("count", self)

    def min(self) -> CallExpr:
        """The least value.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [2, 1, None]}).agg(y=lambda g: g.x.min()).to_dicts()
        [{'y': 1}]
        """
        return call("min", self)

    def max(self) -> CallExpr:
        """The greatest value.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [2, 1, None]}).agg(y=lambda g: g.x.max()).to_dicts()
        [{'y': 2}]
        """
        return call("max", self)

    def median(self) -> CallExpr:
        """The median, linear between the two middle values.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 4, 9]}).agg(y=lambda g: g.x.median()).to_dicts()
        [{'y': 3.0}]
        """
        return _numeric("median", self)

    def std(self) -> CallExpr:
        """The sample standard deviation; NULL for fewer than two values.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 3, 5]}).agg(y=lambda g: g.x.std()).to_dicts()
        [{'y': 2.0}]
        """
        return _numeric("std", self)

    stddev = std

    def var(self) -> CallExpr:
        """The sample variance; NULL for fewer than two values.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 3, 5]}).agg(y=lambda g: g.x.var()).to_dicts()
        [{'y': 4.0}]
        """
        return _numeric("var", self)

    variance = var

    def percentile(self, p: float) -> CallExpr:
        """The exact percentile, linear between neighbours; p from 0 to 1, anything else is an ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.x.percentile(0.25)).to_dicts()
        [{'y': 1.5}]
        """
        number = plain(p)
        if isinstance(number, bool) or not isinstance(number, (int, float, Decimal)):
            raise ArgumentError(f"p must be a number from 0 to 1, not {kind_of(p)}")
        if not 0 <= number <= 1:
            raise ArgumentError(f"p must be from 0 to 1, not {number}")
        return _numeric("percentile", self, float(number))

    def skew(self) -> CallExpr:
        """The population skewness.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.x.skew()).to_dicts()
        [{'y': 0.0}]
        """
        return _numeric("skew", self)

    def top_k(self, k: int) -> CallExpr:
        """A list of the k greatest values, greatest first. k < 1: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 3, 2]}).agg(y=lambda g: g.x.top_k(2)).to_dicts()
        [{'y': [3, 2]}]
        """
        return call("top_k", self, integer(k, "k", least=1))

    def n_unique(self) -> CallExpr:
        """The number of different values, NULL not counted.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 1, None]}).agg(y=lambda g: g.x.n_unique()).to_dicts()
        [{'y': 1}]
        """
        return call("n_unique", self)

    def corr(self, y: Value) -> CallExpr:
        """Pearson's correlation with another column.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.x.corr(g.x).round(6)).to_dicts()
        [{'y': 1.0}]
        """
        return _numeric("corr", self, as_column(y))

    def covar(self, y: Value) -> CallExpr:
        """The sample covariance with another column.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.x.covar(g.x)).to_dicts()
        [{'y': 1.0}]
        """
        return _numeric("covar", self, as_column(y))

    def concat_agg(self, delimiter: str = ",") -> CallExpr:
        """The texts of the group joined in order.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["b", "a"]}).sort("x").agg(y=lambda g: g.x.concat_agg("-")).to_dicts()
        [{'y': 'a-b'}]
        """
        return call("concat_agg", self, text(delimiter, "delimiter"))

    def count_if(self) -> CallExpr:
        """How many rows satisfy this condition; 0 where none does.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.count_if(g.x > 1)).to_dicts()
        [{'y': 2}]
        """
        return call("count_if", logical(self, "count_if"))

    def sum_if(self, x: Value) -> CallExpr:
        """The sum of x over the rows that satisfy this condition; 0 where none does.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.sum_if(g.x > 1, "x")).to_dicts()
        [{'y': 5}]
        """
        return call("sum_if", logical(self, "sum_if"), as_column(x))

    def avg_if(self, x: Value) -> CallExpr:
        """The mean of x over the rows that satisfy this condition; NULL where none does.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.avg_if(g.x > 1, "x")).to_dicts()
        [{'y': 2.5}]
        """
        return call("avg_if", logical(self, "avg_if"), as_column(x))

    def min_if(self, x: Value) -> CallExpr:
        """The least x over the rows that satisfy this condition; NULL where none does.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.min_if(g.x > 1, "x")).to_dicts()
        [{'y': 2}]
        """
        return call("min_if", logical(self, "min_if"), as_column(x))

    def max_if(self, x: Value) -> CallExpr:
        """The greatest x over the rows that satisfy this condition; NULL where none does.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [1, 2, 3]}).agg(y=lambda g: g.max_if(g.x > 9, "x")).to_dicts()
        [{'y': None}]
        """
        return call("max_if", logical(self, "max_if"), as_column(x))


def funnel(window: dt.timedelta | int, /, *conds: Value) -> CallExpr:
    """How deep the steps were reached in order, each on a later row, within the window from step 1.

    Gaps are allowed; the window's end is included; 0 where step 1 is never reached.

    >>> import ltseq
    >>> from ltseq import LTSeq
    >>> t = LTSeq.from_dict({"ts": [1, 2, 9], "e": ["see", "buy", "pay"]}).sort("ts")
    >>> t.agg(y=lambda g: ltseq.funnel(5, g.e == "see", g.e == "buy", g.e == "pay")).to_dicts()
    [{'y': 2}]
    """
    if not conds:
        raise ArgumentError("funnel takes a window and at least one condition")
    return call("funnel", window, *(logical(cond, "funnel") for cond in conds))


sum = free_on_column(AggregateMethods.sum)
avg = free_on_column(AggregateMethods.avg)
mean = avg
min = free_on_column(AggregateMethods.min)
max = free_on_column(AggregateMethods.max)
median = free_on_column(AggregateMethods.median)
std = free_on_column(AggregateMethods.std)
stddev = std
var = free_on_column(AggregateMethods.var)
variance = var
percentile = free_on_column(AggregateMethods.percentile)
skew = free_on_column(AggregateMethods.skew)
top_k = free_on_column(AggregateMethods.top_k)
n_unique = free_on_column(AggregateMethods.n_unique)
corr = free_on_column(AggregateMethods.corr)
covar = free_on_column(AggregateMethods.covar)
concat_agg = free_on_column(AggregateMethods.concat_agg)
count_if = free_on_column(AggregateMethods.count_if)
sum_if = free_on_column(AggregateMethods.sum_if)
avg_if = free_on_column(AggregateMethods.avg_if)
min_if = free_on_column(AggregateMethods.min_if)
max_if = free_on_column(AggregateMethods.max_if)


def count(*x: Value) -> CallExpr:
    """The number of rows, or of the values of x that are not NULL; an int64.

    >>> from ltseq import LTSeq
    >>> LTSeq.from_dict({"x": [1, None]}).agg(y=lambda g: g.x.count()).to_dicts()
    [{'y': 1}]
    """
    if len(x) > 1:
        raise ArgumentError("count takes at most one column")
    return call("count", *(as_column(value) for value in x))
