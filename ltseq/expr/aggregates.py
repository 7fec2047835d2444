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
        """The mean; NULL where there is no value."""
        return _numeric("avg", self)

    mean = avg

    def count(self) -> CallExpr:
        """The number of values that are not NULL, an int64."""
        return call("count", self)

    def min(self) -> CallExpr:
        """The least value."""
        return call("min", self)

    def max(self) -> CallExpr:
        """The greatest value."""
        return call("max", self)

    def median(self) -> CallExpr:
        """The median, linear between the two middle values."""
        return _numeric("median", self)

    def std(self) -> CallExpr:
        """The sample standard deviation; NULL for fewer than two values."""
        return _numeric("std", self)

    stddev = std

    def var(self) -> CallExpr:
        """The sample variance; NULL for fewer than two values."""
        return _numeric("var", self)

    variance = var

    def percentile(self, p: float, /) -> CallExpr:
        """The exact percentile, linear between neighbours; p from 0 to 1, anything else is an ArgumentError."""
        number = plain(p)
        if isinstance(number, bool) or not isinstance(number, (int, float, Decimal)):
            raise ArgumentError(f"p must be a number from 0 to 1, not {kind_of(p)}")
        if not 0 <= number <= 1:
            raise ArgumentError(f"p must be from 0 to 1, not {number}")
        return _numeric("percentile", self, float(number))

    def skew(self) -> CallExpr:
        """The population skewness."""
        return _numeric("skew", self)

    def top_k(self, k: int, /) -> CallExpr:
        """A list of the k greatest values, greatest first. k < 1: ArgumentError."""
        return call("top_k", self, integer(k, "k", least=1))

    def n_unique(self) -> CallExpr:
        """The number of different values, NULL not counted."""
        return call("n_unique", self)

    def corr(self, y: Value, /) -> CallExpr:
        """Pearson's correlation with another column."""
        return _numeric("corr", self, as_column(y))

    def covar(self, y: Value, /) -> CallExpr:
        """The sample covariance with another column."""
        return _numeric("covar", self, as_column(y))

    def concat_agg(self, delimiter: str = ",") -> CallExpr:
        """The texts of the group joined in order."""
        return call("concat_agg", self, text(delimiter, "delimiter"))

    def count_if(self) -> CallExpr:
        """How many rows satisfy this condition; 0 where none does."""
        return call("count_if", logical(self, "count_if"))

    def sum_if(self, x: Value, /) -> CallExpr:
        """The sum of x over the rows that satisfy this condition; 0 where none does."""
        return call("sum_if", logical(self, "sum_if"), as_column(x))

    def avg_if(self, x: Value, /) -> CallExpr:
        """The mean of x over the rows that satisfy this condition; NULL where none does."""
        return call("avg_if", logical(self, "avg_if"), as_column(x))

    def min_if(self, x: Value, /) -> CallExpr:
        """The least x over the rows that satisfy this condition; NULL where none does."""
        return call("min_if", logical(self, "min_if"), as_column(x))

    def max_if(self, x: Value, /) -> CallExpr:
        """The greatest x over the rows that satisfy this condition; NULL where none does."""
        return call("max_if", logical(self, "max_if"), as_column(x))


def funnel(window: dt.timedelta | int, /, *conds: Value) -> CallExpr:
    """How deep the steps were reached in order, each on a later row, within the window from step 1.

    Gaps are allowed; the window's end is included; 0 where step 1 is never reached.
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
    """The number of rows, or of the values of x that are not NULL; an int64."""
    if len(x) > 1:
        raise ArgumentError("count takes at most one column")
    return call("count", *(as_column(value) for value in x))
