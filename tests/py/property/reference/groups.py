"""Aggregates in sequence order, and GROUP ORDERED."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from .values import UNIT, Near, Overflow, compare, exact, int64, size, total

Values = list[Any]


def there(x: Values) -> Values:
    """Without NULL."""
    return [v for v in x if v is not None]


def agg_sum(x: Values) -> Any:
    """SUM: integers and decimals exact or an error, floats within 2⁻⁵⁰·Σ|x|."""
    values = there(x)
    if not values:
        return None
    if isinstance(values[0], float):
        return Near(total(values), UNIT * size(values))
    if isinstance(values[0], Decimal):
        whole = sum(map(Fraction, values), Fraction(0))
        if abs(whole) >= 10**38:
            raise Overflow(str(whole))
        with localcontext(prec=60):
            return Decimal(whole.numerator) / Decimal(whole.denominator)
    return int64(sum(values))


def agg_avg(x: Values) -> Any:
    """AVG."""
    values = there(x)
    if not values:
        return None
    whole = total(values)
    if isinstance(whole, float):
        return Near(whole)
    n = len(values)
    if isinstance(values[0], Decimal):
        # Four digits more than the input, rounded or cut.
        return Near(whole / n, Fraction(1, 10**6))
    return Near(whole / n, UNIT * size(values) / n)


def agg_min(x: Values) -> Any:
    """MIN; NaN is greater than every number."""
    values = there(x)
    best = None
    for v in values:
        if best is None or compare(v, best) < 0:
            best = v
    return best


def agg_max(x: Values) -> Any:
    """MAX."""
    best = None
    for v in there(x):
        if best is None or compare(v, best) > 0:
            best = v
    return best


def spread(x: Values) -> tuple[Any, Fraction] | None:
    """The sample variance and what it may be off by."""
    values = there(x)
    if len(values) < 2:
        return None
    whole = total(values)
    if isinstance(whole, float):
        return math.nan, Fraction(0)
    n = len(values)
    mean = whole / n
    variance = sum(((exact(v) - mean) ** 2 for v in values), Fraction(0)) / (n - 1)
    # Squares of tiny numbers are not floats: each is off by the least float at most.
    underflow = Fraction(1, 2**1074) * n
    return variance, sum((exact(v) ** 2 for v in values), Fraction(0)) * UNIT * 4 / (n - 1) + underflow


def agg_var(x: Values) -> Any:
    """VAR, of the sample."""
    found = spread(x)
    return None if found is None else Near(*found)


def agg_stddev(x: Values) -> Any:
    """STDDEV, of the sample."""
    found = spread(x)
    if found is None:
        return None
    variance, slack = found
    if isinstance(variance, float):
        return Near(variance)
    low, high = max(variance - slack, Fraction(0)), variance + slack
    middle = math.sqrt(variance)
    reach = max(exact(math.sqrt(high)) - exact(middle), exact(middle) - exact(math.sqrt(low)))
    return Near(exact(middle), reach + exact(middle) * UNIT)


def agg_median(x: Values) -> Any:
    """MEDIAN of floats: the middle, or the mean of the two in the middle."""
    import functools

    values = sorted(there(x), key=functools.cmp_to_key(compare))
    if not values:
        return None
    n = len(values)
    middle = values[(n - 1) // 2 : n // 2 + 1]
    whole = total([float(v) for v in middle])
    if isinstance(whole, float):
        return Near(whole)
    return Near(whole / len(middle), UNIT * size([float(v) for v in middle]))


def first(x: Values) -> Any:
    """FIRST keeps NULL."""
    return x[0] if x else None


def last(x: Values) -> Any:
    """LAST keeps NULL."""
    return x[-1] if x else None


def nth(x: Values, n: int) -> Any:
    """NTH, from 1, keeps NULL."""
    return x[n - 1] if len(x) >= n else None


def arg_best(x: Values, by: Values, sign: int) -> Any:
    """The x of the first row with the least (sign −1) or greatest `by`; rows whose `by` is NULL are skipped."""
    best: int | None = None
    for i, b in enumerate(by):
        if b is not None and (best is None or compare(b, by[best]) * sign > 0):
            best = i
    return None if best is None else x[best]


AGGREGATES: dict[str, Callable[..., Any]] = {
    "sum": agg_sum,
    "avg": agg_avg,
    "min": agg_min,
    "max": agg_max,
    "count": lambda x: len(there(x)),
    "count_rows": len,
    "var": agg_var,
    "stddev": agg_stddev,
    "median": agg_median,
    "first": first,
    "last": last,
    "nth": nth,
}


def runs(starts: list[bool]) -> list[range]:
    """The rows of each run."""
    begins = [i for i, s in enumerate(starts) if s]
    return [range(a, b) for a, b in zip(begins, [*begins[1:], len(starts)], strict=True)]
