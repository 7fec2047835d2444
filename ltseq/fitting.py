"""Whether a column of a given type holds a Python value as it is."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from .types import decimal_parts, integer_range, is_temporal, parts_of, python_name, unit_of

# Microseconds in what a unit counts; a nanosecond is less than Python's values have.
_MICROS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}
# Binary digits, and the greatest number.
_FLOATS: dict[str, tuple[int, float]] = {
    "float16": (11, 65504),
    "float32": (24, (2 - 2**-23) * 2**127),
    "float64": (53, (2 - 2**-52) * 2**1023),
}


def holds(kind: str, value: object) -> bool:
    """False where a column of this type would keep less than the value that was given."""
    if kind == "null":
        return False
    if isinstance(value, (int, float, Decimal)):
        return _holds_number(kind, value)
    if isinstance(value, list) and kind.startswith("list<"):
        (inner,) = parts_of(kind).values()
        return all(item is None or holds(inner, item) for item in value)
    if isinstance(value, dict) and kind.startswith("struct<"):
        fields = parts_of(kind)
        return all(item is None or (name in fields and holds(fields[name], item)) for name, item in value.items())
    if isinstance(value, dt.datetime) and kind == "date32":
        return value.time() == dt.time()
    if isinstance(value, dt.datetime) and python_name(kind) == "time":
        return False
    micros = _MICROS.get(unit_of(kind) or "us", 1)
    if isinstance(value, dt.datetime) and unit_of(kind) == "ns" and not _in_reach(value):
        return False
    if isinstance(value, (dt.datetime, dt.time)):
        return value.microsecond % micros == 0
    if isinstance(value, dt.timedelta):
        return value.microseconds % micros == 0
    return True


def _in_reach(value: dt.datetime) -> bool:
    """Nanoseconds since 1970 reach no further than 64 bits."""
    since = value.replace(tzinfo=value.tzinfo or dt.timezone.utc) - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return -(2**63) <= since // dt.timedelta(microseconds=1) * 1000 < 2**63


def _holds_number(kind: str, value: int | float | Decimal) -> bool:
    if kind == "bool":
        return value in (0, 1)
    if kind in _FLOATS:
        return not math.isfinite(value) or _holds_float(kind, value)
    if kind.startswith(("int", "uint")):
        return math.isfinite(value) and value == int(value) and int(value) in integer_range(kind)
    if is_temporal(kind):
        # A count of its units.
        return math.isfinite(value) and value == int(value)
    parts = decimal_parts(kind)
    return parts is None or _holds_decimal(parts[0], parts[1], value)


def _holds_float(kind: str, value: int | float | Decimal) -> bool:
    """Fractions are rounded, as in every float; a whole number is not, and one out of range is none at all."""
    digits, most = _FLOATS[kind]
    size = value if value >= 0 else -value
    if size > most:
        return False
    if not isinstance(size, int):
        return True
    # Binary digits without the zeros at the end.
    return size.bit_length() - (size & -size).bit_length() < digits


def _holds_decimal(precision: int, scale: int, value: int | float | Decimal) -> bool:
    # A float stands for the decimal that it is written as: 1.1, not the binary fraction next to it.
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return False
    written = "".join(map(str, digits))
    significant = written.strip("0")
    exponent += len(written) - len(written.rstrip("0"))
    return not significant or (-exponent <= scale and len(significant) + exponent <= precision - scale)


def completed(kind: str, value: object) -> object:
    """The value with NULL for each field that the structs in it lack."""
    if isinstance(value, list) and kind.startswith("list<"):
        (inner,) = parts_of(kind).values()
        return [completed(inner, item) for item in value]
    if isinstance(value, dict) and kind.startswith("struct<"):
        return {name: completed(inner, value.get(name)) for name, inner in parts_of(kind).items()}
    return value
