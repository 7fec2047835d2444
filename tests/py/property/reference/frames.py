"""Functions of a frame: ROLLING, CUM_*, EWM_*."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .groups import AGGREGATES
from .values import UNIT, Near, OneOf, Overflow, exact

Values = list[Any]


def row_frames(rows: int, preceding: int, following: int) -> list[range]:
    """The rows from `preceding` before to `following` after."""
    return [range(max(0, i - preceding), min(rows, i + following + 1)) for i in range(rows)]


def key_frames(key: Values, preceding: int, following: int, desc: bool) -> list[list[int]]:
    """The rows whose key is no further than that, both edges and peers included; NULL keys are peers of each other."""
    frames = []
    for now in key:
        if now is None:
            frames.append([j for j, k in enumerate(key) if k is None])
            continue
        low, high = (now - following, now + preceding) if desc else (now - preceding, now + following)
        frames.append([j for j, k in enumerate(key) if k is not None and low <= k <= high])
    return frames


def rolling(aggregate: str, x: Values, frames: list[Any], min_periods: int, *args: Any) -> Values:
    """The aggregate over each frame; NULL where it has too few inputs. `COUNT(*)` is 'count_rows'."""
    function = AGGREGATES[aggregate]
    out: Values = []
    for frame in frames:
        values = [x[j] for j in frame]
        inputs = len(values) if aggregate == "count_rows" else sum(v is not None for v in values)
        out.append(function(values, *args) if inputs >= min_periods else None)
    return out


def cumulative(kind: str, x: Values) -> Values:
    """The running value, row by row: NULL is skipped and carried over."""
    if kind == "prod":
        return [product(x[: i + 1]) for i in range(len(x))]
    return [AGGREGATES[kind](x[: i + 1]) for i in range(len(x))]


def product(x: Values) -> Any:
    """All values multiplied, one after the other."""
    there = [v for v in x if v is not None]
    if not there:
        return None
    if all(isinstance(v, int) for v in there):
        result: Any = 1
        for v in there:
            result *= v
            if not -(2**63) <= result < 2**63:
                raise Overflow(str(result))
        return result
    running = 1.0
    for v in there:
        running *= float(v)
    result = Fraction(1)
    if not math.isfinite(running) or abs(running) < 1e-280:
        # Infinite, NaN, or so small that a float loses digits on the way.
        return Near(exact(running) if math.isfinite(running) else running)
    for v in there:
        result *= exact(v)
    return OneOf((Near(result, abs(result) * UNIT * len(there)), running))


def alpha_of(alpha: float | None = None, span: float | None = None, halflife: float | None = None) -> float:
    """The decay, from any of the three ways to say it."""
    if alpha is not None:
        return alpha
    if span is not None:
        return 2 / (span + 1)
    assert halflife is not None
    return 1 - math.exp(-math.log(2) / halflife)


def ewm_weights(x: Values, alpha: float, adjust: bool) -> list[list[tuple[float, float]]]:
    """For each row the weighted observations so far: pandas' weights for ignore_na=False.

    adjust: (1 - alpha) to the number of rows since. Otherwise an observation takes alpha against what the sum of the
    older ones, brought to one, has decayed to.
    """
    seen: list[tuple[float, float]] = []
    out = []
    for value in x:
        seen = [(w * (1 - alpha), v) for w, v in seen]
        if value is not None:
            if adjust or not seen:
                seen.append((1.0, float(value)))
            else:
                seen.append((alpha, float(value)))
                whole = math.fsum(w for w, _ in seen)
                seen = [(w / whole, v) for w, v in seen]
        out.append(seen)
    return out


def ewm(kind: str, x: Values, alpha: float, adjust: bool = False) -> Values:
    """EWM_MEAN, EWM_VAR, EWM_STD; var and std are corrected for bias, NULL for one value."""
    out: Values = []
    for value, seen in zip(x, ewm_weights(x, alpha, adjust), strict=True):
        if value is None:
            # The weights of all have decayed alike: nothing changes.
            out.append(out[-1] if out else None)
            continue
        whole = math.fsum(w for w, _ in seen)
        mean = math.fsum(w * v for w, v in seen) / whole
        largest = max(abs(v) for _, v in seen)
        if kind == "mean":
            out.append(Near(exact(mean), exact(largest) * UNIT * 64))
            continue
        squares = math.fsum(w * w for w, _ in seen)
        rest = whole * whole - squares
        if len(seen) < 2 or rest <= 1e-15 * whole * whole:
            out.append(None)
            continue
        variance = math.fsum(w * (v - mean) ** 2 for w, v in seen) / whole * (whole * whole / rest)
        slack = largest**2 * 2.0**-44 * max(1.0, whole * whole / rest)
        if kind == "var":
            out.append(Near(exact(variance), exact(slack)))
        else:
            out.append(near_root(exact(variance), exact(slack)))
    return out


def near_root(square: Fraction, slack: Fraction) -> Near:
    """The root of a value that is known up to `slack`."""
    low, high = max(square - slack, Fraction(0)), square + slack
    middle = math.sqrt(square)
    reach = max(math.sqrt(high) - middle, middle - math.sqrt(low))
    return Near(exact(middle), exact(reach) + exact(middle) * UNIT)
