"""Python values as columns: one type per column, inferred from all values or given."""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from .errors import kind_of
from .exceptions import ArgumentError
from .expr.literals import plain

# Exact types first: bool is an int, datetime is a date.
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "str"),
    (bytes, "bytes"),
    (Decimal, "Decimal"),
    (dt.datetime, "datetime"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "timedelta"),
    (list, "list"),
    (dict, "dict"),
)

_TYPES = {
    "bool": "bool", "float": "float64", "str": "string", "bytes": "binary", "datetime": "timestamp[us]",
    "datetime with zone": "timestamp[us, UTC]", "date": "date32", "time": "time64[us]", "timedelta": "duration[us]",
}  # fmt: skip


def kind(value: object) -> str | None:
    """The kind of a value by Python's name, None for NULL; `?` for a value that no column holds."""
    if value is None:
        return None
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return "datetime with zone"
    for python, name in _KINDS:
        if isinstance(value, python):
            return name
    return "?"


def _native(value: object) -> object:
    """A value as one of the kinds: numpy scalars, tuples and buffers are unpacked."""
    value = plain(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return dict(value)
    return value


def infer(name: str, given: Iterable[object]) -> tuple[str | None, list[object]]:
    """(type, values) of a column; the type is None where the engine is to look into the values.

    int with float gives float64; any other mixture is an ArgumentError that names the column.
    """
    values = [_native(value) for value in given]
    kinds = {found: value for value in values if (found := kind(value)) is not None}
    if "?" in kinds:
        raise ArgumentError(f"column {name!r}: {kind_of(kinds['?'])} is no type of a column")
    if set(kinds) == {"int", "float"}:
        return "float64", [_exact_float(name, value) for value in values]
    if len(kinds) > 1:
        mixed = " and ".join(sorted(kinds))
        raise ArgumentError(f"column {name!r} mixes {mixed}; convert its values to one type first")
    if not kinds:
        return "null", values
    (only,) = kinds
    return (_integers(name, values) if only == "int" else _TYPES.get(only)), values


def _exact_float(name: str, value: object) -> object:
    if isinstance(value, int) and int(float(value)) != value:
        raise ArgumentError(f"column {name!r} mixes int and float, and {value} has no exact float")
    return float(value) if isinstance(value, int) else value


def _integers(name: str, values: Sequence[object]) -> str:
    numbers = [value for value in values if isinstance(value, int)]
    low, high = min(numbers), max(numbers)
    if high < 2**63 and low >= -(2**63):
        return "int64"
    if low >= 0 and high < 2**64:
        return "uint64"
    raise ArgumentError(f"column {name!r}: the integers from {low} to {high} fit neither int64 nor uint64; use Decimal")


def holds(kind: str, value: object) -> bool:
    """False where a column of this type would keep less than the number or the time that was given."""
    if isinstance(value, float) and kind in _FLOATS:
        return _float_holds(kind, value)
    if isinstance(value, (int, float, Decimal)):
        return _number_holds(kind, value)
    if isinstance(value, dt.datetime) and kind == "date32":
        return value.time() == dt.time()
    if isinstance(value, (dt.datetime, dt.time)):
        return value.microsecond % _unit(kind) == 0 and _reaches(kind, value)
    return not isinstance(value, dt.timedelta) or value.microseconds % _unit(kind) == 0


def _number_holds(kind: str, value: int | float | Decimal) -> bool:
    if kind == "bool":
        return value in (0, 1)
    if kind.startswith(("int", "uint")) and not isinstance(value, int):
        return math.isfinite(value) and value == int(value)
    if kind.startswith("decimal") and not isinstance(value, float):
        return _decimal_holds(kind, Decimal(value))
    return not isinstance(value, int) or kind not in _FLOATS or _float_holds(kind, value)


_FLOATS = {"float16": "<e", "float32": "<f", "float64": "<d"}


def _float_holds(kind: str, value: int | float) -> bool:
    """Floats may be rounded but not become infinite; integers must be kept as they are."""
    try:
        kept: float = struct.unpack(_FLOATS[kind], struct.pack(_FLOATS[kind], value))[0]
    except OverflowError:
        return False
    return isinstance(value, float) or kept == value


def _decimal_holds(kind: str, value: Decimal) -> bool:
    precision, scale = map(int, re.findall(r"-?\d+", kind.partition("(")[2]))
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not value:
        return True
    shift = exponent + scale
    if shift > precision or -shift > len(digits):
        return False
    units, rest = divmod(int("".join(map(str, digits))) * 10 ** max(shift, 0), 10 ** max(-shift, 0))
    return bool(rest == 0 and units < 10**precision)


def _unit(kind: str) -> int:
    """How many microseconds the least step of a type of time has."""
    unit = kind.partition("[")[2].rstrip("]").partition(",")[0]
    return {"s": 1_000_000, "ms": 1_000}.get(unit, 1)


def _reaches(kind: str, value: dt.datetime | dt.time) -> bool:
    """Nanoseconds since 1970 reach no further than 64 bits."""
    if not kind.startswith("timestamp[ns") or not isinstance(value, dt.datetime):
        return True
    since = value.replace(tzinfo=value.tzinfo or dt.timezone.utc) - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return -(2**63) <= since // dt.timedelta(microseconds=1) * 1000 < 2**63


def table(
    columns: Mapping[str, Sequence[object]], types: Mapping[str, str]
) -> tuple[list[str], list[list[object]], list[str | None]]:
    """Names, values and types for the engine; columns named in `types` get that type."""
    names = list(columns)
    made: list[list[object]] = []
    kinds: list[str | None] = []
    for name in names:
        given = types.get(name)
        if given is None:
            found, values = infer(name, columns[name])
        else:
            found, values = given, [_native(value) for value in columns[name]]
            for value in values:
                if value is not None and not holds(given, value):
                    raise ArgumentError(f"column {name!r}: {value!r} is no {given} without a loss; round it first")
        made.append(values)
        kinds.append(found)
    return names, made, kinds


_NAN = object()


def key_of(values: tuple[object, ...]) -> object:
    """Something to tell groups by: NaN equals NaN, -0.0 equals 0.0, NULL equals NULL."""
    return tuple(_key(value) for value in values)


def _key(value: object) -> object:
    value = plain(value)
    if isinstance(value, float) and math.isnan(value):
        return _NAN
    if isinstance(value, (list, tuple)):
        return tuple(_key(item) for item in value)
    if isinstance(value, dict):
        return tuple((name, _key(item)) for name, item in value.items())
    return value
