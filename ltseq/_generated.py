"""Functions of the registry: methods, free functions, and what kind each is.

`make gen` writes this file from the Rust registry; a change belongs there.
One method per entry that has a first argument, one free function per entry, one line in FUNCTIONS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .expr.build import Keys, Value, as_column, call, free_on_column, integer, optional, sequence, trailing

if TYPE_CHECKING:
    from .expr.nodes import CallExpr

SCALAR = "scalar"
AGGREGATE = "aggregate"
SEQUENCE = "sequence"


class Function(NamedTuple):
    """What the package must know of a function before the engine sees it."""

    kind: str
    needs_order: bool


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
}


class RegistryMethods:
    """Sequence functions and ordered aggregates as methods on their first argument."""

    __slots__ = ()

    def shift(self, n: int = 1, default: Value = None, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Value n rows back; negative n looks ahead.

        Gives the type of x. NULL, or default, past the ends of the partition.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.shift()).to_dicts()
        [{'y': None}, {'y': 1}, {'y': 3}]
        """
        return sequence("shift", self, *trailing((integer(n, "n"), 1), (default, None)), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def diff(self, n: int = 1, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """The value less the value n rows back.

        Gives the type of that subtraction: timestamps give durations. NULL where either value is NULL or past the ends.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.diff()).to_dicts()
        [{'y': None}, {'y': 2}, {'y': -1}]
        """
        return sequence("diff", self, *trailing((integer(n, "n"), 1)), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def pct_change(self, n: int = 1, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Relative change against the value n rows back.

        Gives DOUBLE. NULL where either value is NULL or past the ends; division by zero is ±inf or NaN.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 2, 1]}).sort("ts")
        >>> t.select(y=lambda r: r.x.pct_change()).to_dicts()
        [{'y': None}, {'y': 1.0}, {'y': -0.5}]
        """
        return sequence("pct_change", self, *trailing((integer(n, "n"), 1)), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_sum(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running sum.

        Gives the type of SUM. Skips NULL and carries on; NULL before the first value; tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.cum_sum()).to_dicts()
        [{'y': 1}, {'y': 4}, {'y': 6}]
        """
        return sequence("cum_sum", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_min(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running minimum.

        Gives the type of x. Skips NULL and carries on; NULL before the first value; tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.cum_min()).to_dicts()
        [{'y': 1}, {'y': 1}, {'y': 1}]
        """
        return sequence("cum_min", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_max(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running maximum.

        Gives the type of x. Skips NULL and carries on; NULL before the first value; tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.cum_max()).to_dicts()
        [{'y': 1}, {'y': 3}, {'y': 3}]
        """
        return sequence("cum_max", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_avg(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running mean.

        Gives the type of AVG. Skips NULL and carries on; NULL before the first value; tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.cum_avg()).to_dicts()
        [{'y': 1.0}, {'y': 2.0}, {'y': 2.0}]
        """
        return sequence("cum_avg", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_count(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running count of values.

        Gives BIGINT. NULL does not count; 0 before the first value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, None, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.cum_count()).to_dicts()
        [{'y': 1}, {'y': 1}, {'y': 2}]
        """
        return sequence("cum_count", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def cum_prod(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Running product.

        Gives BIGINT for integers, otherwise DOUBLE. Skips NULL and carries on; NULL before the first value; tied keys do not share.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.cum_prod()).to_dicts()
        [{'y': 1}, {'y': 3}, {'y': 6}]
        """
        return sequence("cum_prod", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def ewm_mean(self, *, alpha: Value = None, span: Value = None, halflife: Value = None, adjust: Value = False, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Exponentially weighted mean.

        Gives DOUBLE. NULL keeps the last value and its weight decays; NULL before the first value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.ewm_mean(alpha=0.5)).to_dicts()
        [{'y': 1.0}, {'y': 2.0}, {'y': 2.0}]
        """
        return sequence("ewm_mean", self, alpha=optional(alpha), span=optional(span), halflife=optional(halflife), adjust=optional(adjust, False), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def ewm_std(self, *, alpha: Value = None, span: Value = None, halflife: Value = None, adjust: Value = False, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Exponentially weighted standard deviation.

        Gives DOUBLE. NULL for one value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [2, 2, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.ewm_std(alpha=0.5)).to_dicts()
        [{'y': None}, {'y': 0.0}, {'y': 0.0}]
        """
        return sequence("ewm_std", self, alpha=optional(alpha), span=optional(span), halflife=optional(halflife), adjust=optional(adjust, False), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def ewm_var(self, *, alpha: Value = None, span: Value = None, halflife: Value = None, adjust: Value = False, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Exponentially weighted variance.

        Gives DOUBLE. NULL for one value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [2, 2, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.ewm_var(alpha=0.5)).to_dicts()
        [{'y': None}, {'y': 0.0}, {'y': 0.0}]
        """
        return sequence("ewm_var", self, alpha=optional(alpha), span=optional(span), halflife=optional(halflife), adjust=optional(adjust, False), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def fill_forward(self, *, limit: Value = None, max_gap: Value = None, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """The last value that was not NULL.

        Gives the type of x. At most limit rows and max_gap (inclusive) of the one order key after it.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, None, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.fill_forward()).to_dicts()
        [{'y': 1}, {'y': 1}, {'y': 2}]
        """
        return sequence("fill_forward", self, limit=optional(limit), max_gap=optional(max_gap), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def fill_backward(self, *, limit: Value = None, max_gap: Value = None, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """The next value that is not NULL.

        Gives the type of x. At most limit rows and max_gap (inclusive) of the one order key before it.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, None, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.fill_backward()).to_dicts()
        [{'y': 1}, {'y': 2}, {'y': 2}]
        """
        return sequence("fill_backward", self, limit=optional(limit), max_gap=optional(max_gap), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def interpolate(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Linear by the one order key between the values around.

        Gives DOUBLE. NULL outside the first and last value.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, None, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.interpolate()).to_dicts()
        [{'y': 1.0}, {'y': 1.5}, {'y': 2.0}]
        """
        return sequence("interpolate", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def run_id(self, *keys: Value, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Number of the run of equal neighbouring keys.

        Gives BIGINT, from 0. NULL equals NULL; restarts per partition.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 1, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.run_id()).to_dicts()
        [{'y': 0}, {'y': 0}, {'y': 1}]
        """
        return sequence("run_id", self, *(as_column(key) for key in keys), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def run_id_when(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Number of the run, a true condition starting the next.

        Gives BIGINT, from 0. NULL does not start a run; the first row belongs to run 0.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: (r.x > 2).run_id_when()).to_dicts()
        [{'y': 0}, {'y': 1}, {'y': 1}]
        """
        return sequence("run_id_when", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def run_pos(self, *keys: Value, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """Position in the run of equal neighbouring keys.

        Gives BIGINT, from 0. Keys are left out only with GROUP ORDERED.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 1, 2]}).sort("ts")
        >>> t.select(y=lambda r: r.x.run_pos()).to_dicts()
        [{'y': 0}, {'y': 1}, {'y': 0}]
        """
        return sequence("run_pos", self, *(as_column(key) for key in keys), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def streak(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """How many rows in a row, up to here, the condition has held.

        Gives BIGINT. NULL ends a streak like false.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: (r.x > 1).streak()).to_dicts()
        [{'y': 0}, {'y': 1}, {'y': 2}]
        """
        return sequence("streak", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def search_first(self, *, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """True on the first row of the partition where the condition holds.

        Gives BOOLEAN. NULL does not hold.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: (r.x > 1).search_first()).to_dicts()
        [{'y': False}, {'y': True}, {'y': False}]
        """
        return sequence("search_first", self, partition_by=partition_by, ignore_nulls=ignore_nulls)

    def search_pattern(self, *cond: Value, within: Value = None, partition_by: Keys = None, ignore_nulls: bool = False) -> CallExpr:
        """True on the first of n consecutive rows that satisfy the n conditions.

        Gives BOOLEAN. The last row lies no later than within (inclusive) after the first.
        Without an order: SortRequiredError, unless `.over(order_by=…)` gives one.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 3, 2]}).sort("ts")
        >>> t.select(y=lambda r: (r.x > 1).search_pattern(r.x < 3)).to_dicts()
        [{'y': False}, {'y': True}, {'y': False}]
        """
        return sequence("search_pattern", self, *cond, within=optional(within), partition_by=partition_by, ignore_nulls=ignore_nulls)

    def first(self) -> CallExpr:
        """Value of the first row.

        Gives the type of x. Keeps NULL.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [3, 1]}).sort("x").agg(y=lambda g: g.x.first()).to_dicts()
        [{'y': 1}]
        """
        return call("first", self)

    def last(self) -> CallExpr:
        """Value of the last row.

        Gives the type of x. Keeps NULL.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [3, 1]}).sort("x").agg(y=lambda g: g.x.last()).to_dicts()
        [{'y': 3}]
        """
        return call("last", self)

    def nth(self, n: int, /) -> CallExpr:
        """Value of the n-th row, from 1.

        Gives the type of x. Keeps NULL; NULL where there are fewer rows.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [3, 1]}).sort("x").agg(y=lambda g: g.x.nth(2)).to_dicts()
        [{'y': 3}]
        """
        return call("nth", self, integer(n, "n", least=1))

    def arg_min(self, by: Value, /) -> CallExpr:
        """Value of x where by is least.

        Gives the type of x. Skips rows whose by is NULL, takes the first on ties, keeps a NULL x.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["a", "b"], "v": [2, 1]}).agg(y=lambda g: g.x.arg_min("v")).to_dicts()
        [{'y': 'b'}]
        """
        return call("arg_min", self, as_column(by))

    def arg_max(self, by: Value, /) -> CallExpr:
        """Value of x where by is greatest.

        Gives the type of x. Skips rows whose by is NULL, takes the first on ties, keeps a NULL x.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": ["a", "b"], "v": [2, 1]}).agg(y=lambda g: g.x.arg_max("v")).to_dicts()
        [{'y': 'a'}]
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
    >>> t = LTSeq.from_dict({"ts": [1, 2, 3], "x": [1, 1, 2]}).sort("ts")
    >>> t.select(y=lambda r: r.x.run_pos()).to_dicts()
    [{'y': 0}, {'y': 1}, {'y': 0}]
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
