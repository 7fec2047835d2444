"""Functions of a row's place: shifts, differences, fills, runs, searches."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .values import UNIT, Near, OneOf, exact, int64, same

Values = list[Any]


def shift(x: Values, n: int = 1, default: Any = None) -> Values:
    """The value n rows back; the default past the ends."""
    return [x[i - n] if 0 <= i - n < len(x) else default for i in range(len(x))]


def shift_ignoring_nulls(x: Values, n: int = 1, default: Any = None) -> Values:
    """The n-th value back (n > 0) or ahead (n < 0) that is there."""
    out = []
    for i in range(len(x)):
        there = x[:i][::-1] if n > 0 else x[i + 1 :]
        there = [v for v in there if v is not None]
        out.append(there[abs(n) - 1] if len(there) >= abs(n) else default)
    return out


def minus(a: Any, b: Any) -> Any:
    """Subtraction: NULL gives NULL, integers that do not fit an error."""
    if a is None or b is None:
        return None
    if isinstance(a, (float, Decimal)):
        return a - b
    return int64(a - b)


def diff(x: Values, n: int = 1) -> Values:
    """x less x n rows back."""
    return [minus(a, b) for a, b in zip(x, shift(x, n), strict=True)]


def pct_change(x: Values, n: int = 1) -> Values:
    """The relative change, as a float; by zero ±inf or NaN."""
    out: Values = []
    for now, before in zip(x, shift(x, n), strict=True):
        if now is None or before is None:
            out.append(None)
            continue
        if isinstance(now, float) and not (math.isfinite(now) and math.isfinite(before)):
            rise = now - before
            out.append(
                Near(math.nan if math.isnan(rise) or math.isinf(before) else math.copysign(math.inf, before) * rise)
            )
        elif before == 0:
            sign = int(now > before) - int(now < before)
            negative_zero = isinstance(before, float) and math.copysign(1, before) < 0
            out.append(Near(math.nan if sign == 0 else sign * (-math.inf if negative_zero else math.inf)))
        else:
            quotient = (exact(now) - exact(before)) / exact(before)
            out.append(Near(quotient, UNIT * (abs(quotient) + 1)))
    return out


def fill_forward(x: Values, limit: int | None = None, max_gap: int | None = None, key: Values | None = None) -> Values:
    """The last observation, at most `limit` rows and `max_gap` of the key away."""
    out: Values = []
    seen: int | None = None
    for i, value in enumerate(x):
        if value is not None:
            seen = i
        near = seen is not None and (limit is None or i - seen <= limit)
        if near and max_gap is not None and seen != i:
            assert key is not None and seen is not None
            near = key[i] is not None and key[seen] is not None and abs(key[i] - key[seen]) <= max_gap
        out.append(x[seen] if near and seen is not None else None)
    return out


def fill_backward(x: Values, limit: int | None = None, max_gap: int | None = None, key: Values | None = None) -> Values:
    """The next observation."""
    return fill_forward(x[::-1], limit, max_gap, None if key is None else key[::-1])[::-1]


def interpolate(x: Values, key: Values) -> Values:
    """Linear by the key; NULL outside the observations. Where the key is NULL nothing is known of the distance."""
    out: Values = []
    seen = [v is not None and k is not None for v, k in zip(x, key, strict=True)]
    for i, value in enumerate(x):
        before = next((j for j in range(i, -1, -1) if seen[j]), None)
        after = next((j for j in range(i, len(x)) if seen[j]), None)
        if value is not None:
            out.append(Near(exact(value), abs(exact(value)) * UNIT / 2))
        elif before is None or after is None or key[i] is None:
            out.append(None)
        elif key[before] == key[after]:
            # Between two observations at one moment: either.
            out.append(OneOf((float(x[before]), float(x[after]), (float(x[before]) + float(x[after])) / 2)))
        else:
            a, b = exact(x[before]), exact(x[after])
            part = Fraction(key[i] - key[before], 1) / Fraction(key[after] - key[before], 1)
            out.append(Near(a + (b - a) * part, UNIT * (abs(a) + abs(b))))
    return out


def starts_by(keys: list[tuple[Any, ...]]) -> list[bool]:
    """Where a run begins: the first row, and where any key changes."""
    return [i == 0 or not all(map(same, row, keys[i - 1])) for i, row in enumerate(keys)]


def starts_when(condition: Values) -> list[bool]:
    """Where a run begins: the first row, and where the condition is true."""
    return [i == 0 or c is True for i, c in enumerate(condition)]


def run_id(starts: list[bool]) -> Values:
    """The number of the run, from 0."""
    return [sum(starts[1 : i + 1]) for i in range(len(starts))]


def run_pos(starts: list[bool]) -> Values:
    """The place in the run, from 0."""
    return [next(k for k in range(i + 1) if starts[i - k]) for i in range(len(starts))]


def streak(condition: Values) -> Values:
    """How many rows in a row, up to here, it has held."""
    return [next((k for k in range(i + 1) if condition[i - k] is not True), i + 1) for i in range(len(condition))]


def search_first(condition: Values) -> Values:
    """True on the first row where it holds."""
    return [c is True and True not in condition[:i] for i, c in enumerate(condition)]


def search_pattern(conditions: list[Values], within: int | None = None, key: Values | None = None) -> Values:
    """True on the first of n consecutive rows that satisfy the n conditions."""
    n = len(conditions)
    rows = len(conditions[0])

    def begins(i: int) -> bool:
        if i + n > rows or not all(conditions[k][i + k] is True for k in range(n)):
            return False
        if within is None:
            return True
        assert key is not None
        return key[i] is not None and key[i + n - 1] is not None and abs(key[i + n - 1] - key[i]) <= within

    return [begins(i) for i in range(rows)]


def rank(key_rows: list[tuple[Any, ...]], kind: str) -> Values:
    """ROW_NUMBER, RANK, DENSE_RANK over rows that come in the order of their keys."""
    first = starts_by(key_rows)
    if kind == "row_number":
        return [i + 1 for i in range(len(first))]
    if kind == "dense_rank":
        return [n + 1 for n in run_id(first)]
    return [i - p + 1 for i, p in enumerate(run_pos(first))]


def each(function: Callable[..., Any], *columns: Values) -> Values:
    """A function of values, row by row; NULL where any is NULL."""
    return [None if any(v is None for v in row) else function(*row) for row in zip(*columns, strict=True)]
