"""Python values as typed literals: a value keeps its type all the way to the plan."""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal

from ..errors import kind_of
from ..exceptions import ArgumentError

_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)
# What stands for itself: not the subclasses, among which are the scalars of numpy and pandas.
_PLAIN = frozenset({type(None), bool, int, float, str, bytes, Decimal, dt.datetime, dt.date, dt.timedelta, list, dict})


def plain(value: object) -> object:
    """A numpy scalar as the Python value it stands for; every other value as it is.

    Numpy is asked by duck type, so that it is never imported here.
    A value that Python's types cannot hold exactly (nanoseconds) is an ArgumentError.
    """
    if type(value) in _PLAIN:
        return value
    if _is_missing_time(value) or type(value).__name__ == "NAType":
        return None
    if isinstance(value, int) and type(value) not in {int, bool}:
        return int(value)  # of an IntEnum `in range` would try one number after the other
    if isinstance(value, dt.datetime):
        if getattr(value, "nanosecond", 0):
            raise ArgumentError(f"{value!r} holds nanoseconds, which a literal cannot keep; use microseconds")
        return _converted(value, "to_pydatetime")
    if isinstance(value, dt.timedelta):
        if getattr(value, "nanoseconds", 0):
            raise ArgumentError(f"{value!r} holds nanoseconds, which a literal cannot keep; use microseconds")
        return _converted(value, "to_pytimedelta")
    if isinstance(value, dt.time) and value.tzinfo is not None:
        raise ArgumentError("a time of day with a zone has no type; leave the zone out")
    if not hasattr(value, "dtype") or not hasattr(value, "item") or getattr(value, "shape", None) != ():
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") in "mM":
        return _numpy_time(value)
    return _converted(value, "item")


def _converted(value: object, method: str) -> object:
    """What the method makes of the value, where it has one."""
    convert: Callable[[], object] | None = getattr(value, method, None)
    return value if convert is None else convert()


def _is_missing_time(value: object) -> bool:
    """True for NaT of pandas and numpy, which are not equal to themselves and yet no floats."""
    if isinstance(value, float) or not (isinstance(value, dt.datetime) or hasattr(value, "dtype")):
        return False
    dtype = getattr(value, "dtype", None)
    if dtype is not None and getattr(dtype, "kind", "") not in {"m", "M"}:
        return False
    return getattr(value, "shape", ()) == () and bool(value != value)


def _numpy_time(value: object) -> object:
    """datetime64 and timedelta64 as datetime, date or timedelta."""
    item: object = value.item()  # type: ignore[attr-defined]
    if not isinstance(item, int):
        return item
    try:
        micros = value.astype(f"{value.dtype.kind}8[us]")  # type: ignore[attr-defined]
        exact_too = bool(micros == value)
    except TypeError:
        raise ArgumentError(f"{value!r} has no fixed length; use days or a shorter unit") from None
    if not exact_too:
        raise ArgumentError(f"{value!r} holds nanoseconds, which a literal cannot keep; use microseconds")
    exact: object = micros.item()
    if isinstance(exact, int):
        raise ArgumentError(f"{value!r} is out of range: dates and times reach from the year 1 to 9999")
    return exact


def encode(value: object) -> tuple[object, str]:
    """(JSON value, Arrow's Rust type name) of a Python value."""
    value = plain(value)
    if value is None:
        return None, "Null"
    if isinstance(value, bool):
        return value, "Boolean"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _float(value), "Float64"
    if isinstance(value, str):
        # The text itself, where a subclass (an Enum of texts) shows itself in another way.
        return _text(str.__str__(value)), "Utf8"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii"), "Binary"
    if isinstance(value, Decimal):
        return _decimal(value)
    return _temporal(value)


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArgumentError(f"text that is not valid Unicode: {error}") from None
    return value


def _integer(value: int) -> tuple[int, str]:
    if value in _INT64:
        return int(value), "Int64"
    if value in _UINT64:
        return int(value), "UInt64"
    raise ArgumentError(f"{value} is out of range: integers reach from -2**63 to 2**64 - 1; use Decimal")


def _float(value: float) -> float | str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(value)


def _decimal(value: Decimal) -> tuple[str, str]:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ArgumentError(f"{value} is not a number that a decimal column can hold; use float")
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale, 1)
    if precision > 38:
        raise ArgumentError(f"{value} has {precision} digits; a decimal holds 38")
    return format(value, "f"), f"Decimal128({precision}, {scale})"


def _temporal(value: object) -> tuple[object, str]:
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            return value.isoformat(), "Timestamp(Microsecond, None)"
        return value.astimezone(dt.timezone.utc).isoformat(), 'Timestamp(Microsecond, "UTC")'
    if isinstance(value, dt.date):
        return value.isoformat(), "Date32"
    if isinstance(value, dt.time):
        return value.isoformat(), "Time64(Microsecond)"
    if isinstance(value, dt.timedelta):
        micros = value // dt.timedelta(microseconds=1)
        if micros not in _INT64:
            raise ArgumentError(f"{value!r} is too long: a duration counts microseconds in 64 bits")
        return micros, "Duration(Microsecond)"
    raise ArgumentError(
        f"{kind_of(value)} cannot be a literal; it must be an Expr, bool, int, float, str, bytes, None, "
        "date, datetime, time, timedelta or Decimal"
    )
