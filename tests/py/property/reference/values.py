"""Cells: equality, comparison, and how far a float may be from the exact answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

INT64 = (-(2**63), 2**63 - 1)


class Overflow(Exception):
    """The contract wants an error here."""


@dataclass(frozen=True)
class Near:
    """A float answer: the exact value (or inf, nan) and the error that is allowed."""

    value: Any
    tolerance: Any = 0


@dataclass(frozen=True)
class OneOf:
    """The contract leaves more than one answer open."""

    values: tuple[Any, ...]


def int64(value: int) -> int:
    """`value`, where it fits."""
    if not INT64[0] <= value <= INT64[1]:
        raise Overflow(str(value))
    return value


def is_nan(value: Any) -> bool:
    """Is it the float NaN?"""
    return isinstance(value, float) and math.isnan(value)


def same(a: Any, b: Any) -> bool:
    """Key equality: NULL is NULL, NaN is NaN, −0.0 is 0.0."""
    if a is None or b is None:
        return a is None and b is None
    if is_nan(a) or is_nan(b):
        return is_nan(a) and is_nan(b)
    return bool(a == b)


def compare(a: Any, b: Any) -> int:
    """Values in their order; NaN is greater than every number. Not for None."""
    if is_nan(a) or is_nan(b):
        return int(is_nan(a)) - int(is_nan(b))
    return int(a > b) - int(a < b)


def exact(value: Any) -> Fraction:
    """A finite number, exactly."""
    return Fraction(value)


def total(numbers: list[Any]) -> Any:
    """The sum: exact where all are finite, else as IEEE has it. Not for an empty list."""
    floats = [v for v in numbers if isinstance(v, float)]
    if any(map(math.isnan, floats)):
        return math.nan
    infinite = {v for v in floats if math.isinf(v)}
    if infinite:
        return math.nan if len(infinite) == 2 else infinite.pop()
    return sum((exact(v) for v in numbers), Fraction(0))


def size(numbers: list[Any]) -> Fraction:
    """Σ|x| of the finite ones."""
    return sum((abs(exact(v)) for v in numbers if not isinstance(v, float) or math.isfinite(v)), Fraction(0))


UNIT = Fraction(1, 2**50)


def agrees(got: Any, want: Any) -> bool:
    """Is `got` (from the engine) the answer `want` (of the reference)?"""
    if isinstance(want, OneOf):
        return any(agrees(got, w) for w in want.values)
    if isinstance(want, Near):
        value = want.value
        if got is None or value is None:
            return got is None and value is None
        if isinstance(value, float) and not math.isfinite(value):
            return same(float(got), value)
        if not math.isfinite(got):
            # Beyond the floats: the exact answer rounds to infinity.
            return abs(value) > Fraction(1.7976931348623157e308) and (got > 0) == (value > 0)
        return abs(exact(got) - value) <= want.tolerance
    if isinstance(want, bool) or isinstance(got, bool):
        return got is want
    if isinstance(want, (int, float, Decimal)) and not isinstance(got, (int, float, Decimal, type(None))):
        return False
    return same(got, want)
