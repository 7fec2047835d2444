"""Functions of the registry: methods, free functions, and what kind each is.

`make gen` writes this file from the Rust registry; a change belongs there.
One method per entry that has a first argument, one free function per entry, one line in FUNCTIONS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .expr.build import Keys, Value, as_column, call, free_on_column, ignoring, integer, optional, sequence, trailing

if TYPE_CHECKING:
    from .expr.nodes import CallExpr

SCALAR = "scalar"
AGGREGATE = "aggregate"
SEQUENCE = "sequence"


class Function(NamedTuple):
    """What the package must know of a function before the engine sees it."""

    kind: str
    needs_order: bool


__all__ = [
    "arg_max",
    "arg_min",
    "cum_avg",
    "cum_count",
    "cum_max",
    "cum_min",
    "cum_prod",
    "cum_sum",
    "diff",
    "ewm_mean",
    "ewm_std",
    "ewm_var",
    "fill_backward",
    "fill_forward",
    "first",
    "interpolate",
    "last",
    "nth",
    "pct_change",
    "run_id",
    "run_id_when",
    "run_pos",
    "search_first",
    "search_pattern",
    "shift",
    "streak",
]

FUNCTIONS: dict[str, Function] = {
    "shift": Function(SEQUENCE, needs_order=True),
    "diff": Function(SEQUENCE, needs_order=True),
    "pct_change": Function(SEQUENCE, needs_order=True),
    "rolling": Function(SEQUENCE, needs_order=True),
    "cum_sum": Function(SEQUENCE, needs_order=True),
    "cum_min": Function(SEQUENCE, needs_order=True),
    "cum_max": Function(SEQUENCE, needs_order=True),
    "cum_avg": Function(SEQUENCE, needs_order=True),
    "cum_count": Function(SEQUENCE, needs_order=True),
    "cum_prod": Function(SEQUENCE, needs_order=True),
    "ewm_mean": Function(SEQUENCE, needs_order=True),
    "ewm_std": Function(SEQUENCE, needs_order=True),
    "ewm_var": Function(SEQUENCE, needs_order=True),
    "fill_forward": Function(SEQUENCE, needs_order=True),
    "fill_backward": Function(SEQUENCE, needs_order=True),
    "interpolate": Function(SEQUENCE, needs_order=True),
    "run_id": Function(SEQUENCE, needs_order=True),
    "run_id_when": Function(SEQUENCE, needs_order=True),
    "run_pos": Function(SEQUENCE, needs_order=True),
    "streak": Function(SEQUENCE, needs_order=True),
    "search_first": Function(SEQUENCE, needs_order=False),
    "search_pattern": Function(SEQUENCE, needs_order=True),
    "first": Function(AGGREGATE, needs_order=True),
    "last": Function(AGGREGATE, needs_order=True),
    "nth": Function(AGGREGATE, needs_order=True),
    "arg_min": Function(AGGREGATE, needs_order=False),
    "arg_max": Function(AGGREGATE, needs_order=False),
    "funnel": Function(AGGREGATE, needs_order=True),
}


class RegistryMethods:
    """Sequence functions and ordered aggregates as methods on their first argument."""

    __slots__ = ()

    def shift(
        self, n: int = 1, default: Value = None, *, partition_by: Keys = None, ignore_nulls: bool = False
    ) -> CallExpr:
        """Value n rows back; negative n looks ahead.

        Gives the type of x. NULL, or default, past the ends of the partition.
        `n` that is no int: ArgumentError.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.shift()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'SHIFT(px)': None}
        {'ts': 2, 'px': 3.0, 'SHIFT(px)': 1.0}
        {'ts': 3, 'px': None, 'SHIFT(px)': 3.0}
        {'ts': 4, 'px': 2.0, 'SHIFT(px)': None}
        {'ts': 5, 'px': 4.0, 'SHIFT(px)': 2.0}
        {'ts': 6, 'px': 5.0, 'SHIFT(px)': 4.0}
        """
        return sequence(
            "shift",
            self,
            *trailing((integer(n, "n"), 1), (default, None)),
            partition_by=partition_by,
            ignore_nulls=ignore_nulls,
        )

    def diff(self, n: int = 1, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """The value less the value n rows back.

        Gives the type of that subtraction: timestamps give durations. NULL where either value is NULL or
        past the ends.
        `n` that is no int: ArgumentError.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.sort("ts", partition_by="sym").select("ts", "px", lambda r: r.px.diff()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'DIFF(px)': None}
        {'ts': 2, 'px': 3.0, 'DIFF(px)': 2.0}
        {'ts': 6, 'px': 5.0, 'DIFF(px)': 2.0}
        {'ts': 3, 'px': None, 'DIFF(px)': None}
        {'ts': 4, 'px': 2.0, 'DIFF(px)': None}
        {'ts': 5, 'px': 4.0, 'DIFF(px)': 2.0}
        """
        return sequence(
            "diff", self, *trailing((integer(n, "n"), 1)), partition_by=partition_by, ignore_nulls=ignore_nulls
        )

    def pct_change(self, n: int = 1, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Relative change against the value n rows back.

        Gives DOUBLE. NULL where either value is NULL or past the ends; division by zero is ±inf or NaN.
        `n` that is no int: ArgumentError.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.pct_change()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'PCT_CHANGE(px)': None}
        {'ts': 2, 'px': 3.0, 'PCT_CHANGE(px)': 2.0}
        {'ts': 3, 'px': None, 'PCT_CHANGE(px)': None}
        {'ts': 4, 'px': 2.0, 'PCT_CHANGE(px)': None}
        {'ts': 5, 'px': 4.0, 'PCT_CHANGE(px)': 1.0}
        {'ts': 6, 'px': 5.0, 'PCT_CHANGE(px)': 0.25}
        """
        return sequence(
            "pct_change", self, *trailing((integer(n, "n"), 1)), partition_by=partition_by, ignore_nulls=ignore_nulls
        )

    def cum_sum(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running sum.

        Gives the type of SUM. Skips NULL and carries on; NULL before the first value; tied keys do not
        share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.cum_sum()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'CUM_SUM(px)': 1.0}
        {'ts': 2, 'px': 3.0, 'CUM_SUM(px)': 4.0}
        {'ts': 3, 'px': None, 'CUM_SUM(px)': 4.0}
        {'ts': 4, 'px': 2.0, 'CUM_SUM(px)': 6.0}
        {'ts': 5, 'px': 4.0, 'CUM_SUM(px)': 10.0}
        {'ts': 6, 'px': 5.0, 'CUM_SUM(px)': 15.0}
        """
        return sequence("cum_sum", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_min(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running minimum.

        Gives the type of x. Skips NULL and carries on; NULL before the first value; tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.cum_min()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'CUM_MIN(px)': 1.0}
        {'ts': 2, 'px': 3.0, 'CUM_MIN(px)': 1.0}
        {'ts': 3, 'px': None, 'CUM_MIN(px)': 1.0}
        {'ts': 4, 'px': 2.0, 'CUM_MIN(px)': 1.0}
        {'ts': 5, 'px': 4.0, 'CUM_MIN(px)': 1.0}
        {'ts': 6, 'px': 5.0, 'CUM_MIN(px)': 1.0}
        """
        return sequence("cum_min", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_max(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running maximum.

        Gives the type of x. Skips NULL and carries on; NULL before the first value; tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.cum_max()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'CUM_MAX(px)': 1.0}
        {'ts': 2, 'px': 3.0, 'CUM_MAX(px)': 3.0}
        {'ts': 3, 'px': None, 'CUM_MAX(px)': 3.0}
        {'ts': 4, 'px': 2.0, 'CUM_MAX(px)': 3.0}
        {'ts': 5, 'px': 4.0, 'CUM_MAX(px)': 4.0}
        {'ts': 6, 'px': 5.0, 'CUM_MAX(px)': 5.0}
        """
        return sequence("cum_max", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_avg(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running mean.

        Gives the type of AVG. Skips NULL and carries on; NULL before the first value; tied keys do not
        share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.cum_avg()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'CUM_AVG(px)': 1.0}
        {'ts': 2, 'px': 3.0, 'CUM_AVG(px)': 2.0}
        {'ts': 3, 'px': None, 'CUM_AVG(px)': 2.0}
        {'ts': 4, 'px': 2.0, 'CUM_AVG(px)': 2.0}
        {'ts': 5, 'px': 4.0, 'CUM_AVG(px)': 2.5}
        {'ts': 6, 'px': 5.0, 'CUM_AVG(px)': 3.0}
        """
        return sequence("cum_avg", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_count(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running count of values.

        Gives BIGINT. NULL does not count; 0 before the first value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.cum_count()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'CUM_COUNT(px)': 1}
        {'ts': 2, 'px': 3.0, 'CUM_COUNT(px)': 2}
        {'ts': 3, 'px': None, 'CUM_COUNT(px)': 2}
        {'ts': 4, 'px': 2.0, 'CUM_COUNT(px)': 3}
        {'ts': 5, 'px': 4.0, 'CUM_COUNT(px)': 4}
        {'ts': 6, 'px': 5.0, 'CUM_COUNT(px)': 5}
        """
        return sequence("cum_count", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_prod(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running product.

        Gives BIGINT for integers, otherwise DOUBLE. Skips NULL and carries on; NULL before the first value;
        tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.cum_prod()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'CUM_PROD(px)': 1.0}
        {'ts': 2, 'px': 3.0, 'CUM_PROD(px)': 3.0}
        {'ts': 3, 'px': None, 'CUM_PROD(px)': 3.0}
        {'ts': 4, 'px': 2.0, 'CUM_PROD(px)': 6.0}
        {'ts': 5, 'px': 4.0, 'CUM_PROD(px)': 24.0}
        {'ts': 6, 'px': 5.0, 'CUM_PROD(px)': 120.0}
        """
        return sequence("cum_prod", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def ewm_mean(
        self,
        *,
        alpha: float | None = None,
        span: float | None = None,
        halflife: float | None = None,
        adjust: bool = False,
        partition_by: Keys = None,
        ignore_nulls: bool = False,
    ) -> CallExpr:
        """Exponentially weighted mean.

        Gives DOUBLE. NULL keeps the last value and its weight decays; NULL before the first value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.ewm_mean(alpha=0.5)):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'EWM_MEAN(px, alpha => 0.5)': 1.0}
        {'ts': 2, 'px': 3.0, 'EWM_MEAN(px, alpha => 0.5)': 2.0}
        {'ts': 3, 'px': None, 'EWM_MEAN(px, alpha => 0.5)': 2.0}
        {'ts': 4, 'px': 2.0, 'EWM_MEAN(px, alpha => 0.5)': 2.0}
        {'ts': 5, 'px': 4.0, 'EWM_MEAN(px, alpha => 0.5)': 3.0}
        {'ts': 6, 'px': 5.0, 'EWM_MEAN(px, alpha => 0.5)': 4.0}
        """
        return sequence(
            "ewm_mean",
            self,
            alpha=optional(alpha),
            span=optional(span),
            halflife=optional(halflife),
            adjust=optional(adjust, False),
            partition_by=partition_by,
            ignore_nulls=ignore_nulls,
        )

    def ewm_std(
        self,
        *,
        alpha: float | None = None,
        span: float | None = None,
        halflife: float | None = None,
        adjust: bool = False,
        partition_by: Keys = None,
        ignore_nulls: bool = False,
    ) -> CallExpr:
        """Exponentially weighted standard deviation.

        Gives DOUBLE. NULL for one value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.ewm_std(span=3)):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'EWM_STD(px, span => 3)': None}
        {'ts': 2, 'px': 3.0, 'EWM_STD(px, span => 3)': 1.4142135623730951}
        {'ts': 3, 'px': None, 'EWM_STD(px, span => 3)': 1.4142135623730951}
        {'ts': 4, 'px': 2.0, 'EWM_STD(px, span => 3)': 0.816496580927726}
        {'ts': 5, 'px': 4.0, 'EWM_STD(px, span => 3)': 1.3662601021279464}
        {'ts': 6, 'px': 5.0, 'EWM_STD(px, span => 3)': 1.5532863266952466}
        """
        return sequence(
            "ewm_std",
            self,
            alpha=optional(alpha),
            span=optional(span),
            halflife=optional(halflife),
            adjust=optional(adjust, False),
            partition_by=partition_by,
            ignore_nulls=ignore_nulls,
        )

    def ewm_var(
        self,
        *,
        alpha: float | None = None,
        span: float | None = None,
        halflife: float | None = None,
        adjust: bool = False,
        partition_by: Keys = None,
        ignore_nulls: bool = False,
    ) -> CallExpr:
        """Exponentially weighted variance.

        Gives DOUBLE. NULL for one value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.ewm_var(halflife=2)):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'EWM_VAR(px, halflife => 2)': None}
        {'ts': 2, 'px': 3.0, 'EWM_VAR(px, halflife => 2)': 1.9999999999999996}
        {'ts': 3, 'px': None, 'EWM_VAR(px, halflife => 2)': 1.9999999999999996}
        {'ts': 4, 'px': 2.0, 'EWM_VAR(px, halflife => 2)': 0.8918058124456122}
        {'ts': 5, 'px': 4.0, 'EWM_VAR(px, halflife => 2)': 1.9966767100654954}
        {'ts': 6, 'px': 5.0, 'EWM_VAR(px, halflife => 2)': 3.118019254460072}
        """
        return sequence(
            "ewm_var",
            self,
            alpha=optional(alpha),
            span=optional(span),
            halflife=optional(halflife),
            adjust=optional(adjust, False),
            partition_by=partition_by,
            ignore_nulls=ignore_nulls,
        )

    def fill_forward(
        self, *, limit: int | None = None, max_gap: Value = None, partition_by: Keys = None, ignore_nulls: bool = False
    ) -> CallExpr:
        """The last value that was not NULL.

        Gives the type of x. At most limit rows and max_gap (inclusive) of the one order key after it.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.fill_forward(limit=1)):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'FILL_FORWARD(px, limit => 1)': 1.0}
        {'ts': 2, 'px': 3.0, 'FILL_FORWARD(px, limit => 1)': 3.0}
        {'ts': 3, 'px': None, 'FILL_FORWARD(px, limit => 1)': 3.0}
        {'ts': 4, 'px': 2.0, 'FILL_FORWARD(px, limit => 1)': 2.0}
        {'ts': 5, 'px': 4.0, 'FILL_FORWARD(px, limit => 1)': 4.0}
        {'ts': 6, 'px': 5.0, 'FILL_FORWARD(px, limit => 1)': 5.0}
        """
        return sequence(
            "fill_forward",
            self,
            limit=optional(limit),
            max_gap=optional(max_gap),
            partition_by=partition_by,
            ignore_nulls=ignore_nulls,
        )

    def fill_backward(
        self, *, limit: int | None = None, max_gap: Value = None, partition_by: Keys = None, ignore_nulls: bool = False
    ) -> CallExpr:
        """The next value that is not NULL.

        Gives the type of x. At most limit rows and max_gap (inclusive) of the one order key before it.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.fill_backward()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'FILL_BACKWARD(px)': 1.0}
        {'ts': 2, 'px': 3.0, 'FILL_BACKWARD(px)': 3.0}
        {'ts': 3, 'px': None, 'FILL_BACKWARD(px)': 2.0}
        {'ts': 4, 'px': 2.0, 'FILL_BACKWARD(px)': 2.0}
        {'ts': 5, 'px': 4.0, 'FILL_BACKWARD(px)': 4.0}
        {'ts': 6, 'px': 5.0, 'FILL_BACKWARD(px)': 5.0}
        """
        return sequence(
            "fill_backward",
            self,
            limit=optional(limit),
            max_gap=optional(max_gap),
            partition_by=partition_by,
            ignore_nulls=ignore_nulls,
        )

    def interpolate(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Linear by the one order key between the values around.

        Gives DOUBLE. NULL outside the first and last value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: r.px.interpolate()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'INTERPOLATE(px)': 1.0}
        {'ts': 2, 'px': 3.0, 'INTERPOLATE(px)': 3.0}
        {'ts': 3, 'px': None, 'INTERPOLATE(px)': 2.5}
        {'ts': 4, 'px': 2.0, 'INTERPOLATE(px)': 2.0}
        {'ts': 5, 'px': 4.0, 'INTERPOLATE(px)': 4.0}
        {'ts': 6, 'px': 5.0, 'INTERPOLATE(px)': 5.0}
        """
        return sequence("interpolate", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def run_id(self, *keys: Value, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Number of the run of equal neighbouring keys.

        Gives BIGINT, from 0. NULL equals NULL; restarts per partition.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "sym", lambda r: r.sym.run_id()):
        ...     print(row)
        {'ts': 1, 'sym': 'A', 'RUN_ID(sym)': 0}
        {'ts': 2, 'sym': 'A', 'RUN_ID(sym)': 0}
        {'ts': 3, 'sym': 'B', 'RUN_ID(sym)': 1}
        {'ts': 4, 'sym': 'B', 'RUN_ID(sym)': 1}
        {'ts': 5, 'sym': 'B', 'RUN_ID(sym)': 1}
        {'ts': 6, 'sym': 'A', 'RUN_ID(sym)': 2}
        """
        return sequence(
            "run_id", self, *(as_column(key) for key in keys), partition_by=partition_by, ignore_nulls=ignore_nulls
        )

    def run_id_when(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Number of the run, a true condition starting the next.

        Gives BIGINT, from 0. NULL does not start a run; the first row belongs to run 0.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: (r.px > 2).run_id_when()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'RUN_ID_WHEN(px > 2)': 0}
        {'ts': 2, 'px': 3.0, 'RUN_ID_WHEN(px > 2)': 1}
        {'ts': 3, 'px': None, 'RUN_ID_WHEN(px > 2)': 1}
        {'ts': 4, 'px': 2.0, 'RUN_ID_WHEN(px > 2)': 1}
        {'ts': 5, 'px': 4.0, 'RUN_ID_WHEN(px > 2)': 2}
        {'ts': 6, 'px': 5.0, 'RUN_ID_WHEN(px > 2)': 3}
        """
        return sequence("run_id_when", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def run_pos(self, *keys: Value, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Position in the run of equal neighbouring keys.

        Gives BIGINT, from 0. Keys are left out only with GROUP ORDERED.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "sym", lambda r: r.sym.run_pos()):
        ...     print(row)
        {'ts': 1, 'sym': 'A', 'RUN_POS(sym)': 0}
        {'ts': 2, 'sym': 'A', 'RUN_POS(sym)': 1}
        {'ts': 3, 'sym': 'B', 'RUN_POS(sym)': 0}
        {'ts': 4, 'sym': 'B', 'RUN_POS(sym)': 1}
        {'ts': 5, 'sym': 'B', 'RUN_POS(sym)': 2}
        {'ts': 6, 'sym': 'A', 'RUN_POS(sym)': 0}
        """
        return sequence(
            "run_pos", self, *(as_column(key) for key in keys), partition_by=partition_by, ignore_nulls=ignore_nulls
        )

    def streak(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """How many rows in a row, up to here, the condition has held.

        Gives BIGINT. NULL ends a streak like false.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.select("ts", "px", lambda r: (r.px > 2).streak()):
        ...     print(row)
        {'ts': 1, 'px': 1.0, 'STREAK(px > 2)': 0}
        {'ts': 2, 'px': 3.0, 'STREAK(px > 2)': 1}
        {'ts': 3, 'px': None, 'STREAK(px > 2)': 0}
        {'ts': 4, 'px': 2.0, 'STREAK(px > 2)': 0}
        {'ts': 5, 'px': 4.0, 'STREAK(px > 2)': 1}
        {'ts': 6, 'px': 5.0, 'STREAK(px > 2)': 2}
        """
        return sequence("streak", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def search_first(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """True on the first row of the partition where the condition holds.

        Gives BOOLEAN. NULL does not hold.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.filter(lambda r: (r.px > 2).search_first()):
        ...     print(row)
        {'ts': 2, 'sym': 'A', 'px': 3.0}
        """
        return sequence("search_first", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def search_pattern(
        self, *conds: Value, within: Value = None, partition_by: Keys = None, ignore_nulls: bool = False
    ) -> CallExpr:
        """True on the first of n consecutive rows that satisfy the n conditions.

        Gives BOOLEAN. The last row lies no later than within (inclusive) after the first.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.filter(lambda r: (r.px > 2).search_pattern(r.px > 3)):
        ...     print(row)
        {'ts': 5, 'sym': 'B', 'px': 4.0}
        """
        return sequence(
            "search_pattern",
            self,
            *conds,
            within=optional(within),
            partition_by=partition_by,
            ignore_nulls=ignore_nulls,
        )

    def first(self, *, ignore_nulls: bool = False) -> CallExpr:
        """Value of the first row.

        Gives the type of x. Keeps NULL, unless NULLs are ignored.
        Without an order: SortRequiredError.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.agg(y=lambda g: g.px.first()):
        ...     print(row)
        {'y': 1.0}
        """
        return call("first", self, ignore_nulls=ignoring(ignore_nulls))

    def last(self, *, ignore_nulls: bool = False) -> CallExpr:
        """Value of the last row.

        Gives the type of x. Keeps NULL, unless NULLs are ignored.
        Without an order: SortRequiredError.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.agg(y=lambda g: g.px.last()):
        ...     print(row)
        {'y': 5.0}
        """
        return call("last", self, ignore_nulls=ignoring(ignore_nulls))

    def nth(self, n: int, *, ignore_nulls: bool = False) -> CallExpr:
        """Value of the n-th row, from 1.

        Gives the type of x. Keeps NULL, unless NULLs are ignored; NULL where there are fewer rows.
        `n` that is no int: ArgumentError.
        Without an order: SortRequiredError.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.agg(y=lambda g: g.px.nth(2)):
        ...     print(row)
        {'y': 3.0}
        """
        return call("nth", self, integer(n, "n", least=1), ignore_nulls=ignoring(ignore_nulls))

    def arg_min(self, by: Value) -> CallExpr:
        """Value of x where by is least.

        Gives the type of x. Skips rows whose by is NULL, takes the first on ties, keeps a NULL x.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.agg(y=lambda g: g.ts.arg_min(g.px)):
        ...     print(row)
        {'y': 1}
        """
        return call("arg_min", self, as_column(by))

    def arg_max(self, by: Value) -> CallExpr:
        """Value of x where by is greatest.

        Gives the type of x. Skips rows whose by is NULL, takes the first on ties, keeps a NULL x.

        >>> from ltseq import LTSeq
        >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
        >>> ticks = LTSeq.from_dict(columns).sort("ts")
        >>> for row in ticks.agg(y=lambda g: g.ts.arg_max(g.px)):
        ...     print(row)
        {'y': 6}
        """
        return call("arg_max", self, as_column(by))


shift = free_on_column(RegistryMethods.shift)
diff = free_on_column(RegistryMethods.diff)
pct_change = free_on_column(RegistryMethods.pct_change)
cum_sum = free_on_column(RegistryMethods.cum_sum)
cum_min = free_on_column(RegistryMethods.cum_min)
cum_max = free_on_column(RegistryMethods.cum_max)
cum_avg = free_on_column(RegistryMethods.cum_avg)
cum_count = free_on_column(RegistryMethods.cum_count)
cum_prod = free_on_column(RegistryMethods.cum_prod)
ewm_mean = free_on_column(RegistryMethods.ewm_mean)
ewm_std = free_on_column(RegistryMethods.ewm_std)
ewm_var = free_on_column(RegistryMethods.ewm_var)
fill_forward = free_on_column(RegistryMethods.fill_forward)
fill_backward = free_on_column(RegistryMethods.fill_backward)
interpolate = free_on_column(RegistryMethods.interpolate)
run_id = free_on_column(RegistryMethods.run_id)
run_id_when = free_on_column(RegistryMethods.run_id_when)


def run_pos(*keys: Value, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
    """Position in the run of equal neighbouring keys.

    Gives BIGINT, from 0. Keys are left out only with GROUP ORDERED.
    Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

    >>> from ltseq import LTSeq
    >>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
    >>> ticks = LTSeq.from_dict(columns).sort("ts")
    >>> for row in ticks.select("ts", "sym", lambda r: r.sym.run_pos()):
    ...     print(row)
    {'ts': 1, 'sym': 'A', 'RUN_POS(sym)': 0}
    {'ts': 2, 'sym': 'A', 'RUN_POS(sym)': 1}
    {'ts': 3, 'sym': 'B', 'RUN_POS(sym)': 0}
    {'ts': 4, 'sym': 'B', 'RUN_POS(sym)': 1}
    {'ts': 5, 'sym': 'B', 'RUN_POS(sym)': 2}
    {'ts': 6, 'sym': 'A', 'RUN_POS(sym)': 0}
    """
    return sequence("run_pos", *(as_column(key) for key in keys), partition_by=partition_by, ignore_nulls=ignore_nulls)


streak = free_on_column(RegistryMethods.streak)
search_first = free_on_column(RegistryMethods.search_first)
search_pattern = free_on_column(RegistryMethods.search_pattern)
first = free_on_column(RegistryMethods.first)
last = free_on_column(RegistryMethods.last)
nth = free_on_column(RegistryMethods.nth)
arg_min = free_on_column(RegistryMethods.arg_min)
arg_max = free_on_column(RegistryMethods.arg_max)
