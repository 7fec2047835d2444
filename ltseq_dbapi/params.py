"""Parameters: Python values that travel to the engine as typed values, never as SQL text.

Positional parameters (``?``, ``$1``) come in a sequence, named ones (``:name``, ``$name``) in a
mapping.  How many a statement needs is the engine's to say; what can be a parameter at all is
said here.

>>> bind(("A", 5))
['A', 5]
>>> bind({"sym": "A"})
{'sym': 'A'}
"""

from __future__ import annotations

import datetime
import sys
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ltseq_dbapi.errors import DataError, ProgrammingError

__all__ = ["Parameters", "bind", "value"]

Parameters = Sequence[Any] | Mapping[str, Any]

_EXACT: Final = frozenset(
    [
        type(None),
        bool,
        float,
        str,
        bytes,
        datetime.date,
        datetime.datetime,
        datetime.timedelta,
        Decimal,
    ]
)
_LEAST: Final = -(2**63)
_GREATEST: Final = 2**64 - 1
_KINDS: Final = (
    "None, bool, int, float, str, bytes, date, datetime, time, timedelta, Decimal, UUID, numpy scalars, "
    "lists and dicts of these"
)


def bind(parameters: Parameters | None) -> list[Any] | dict[str, Any] | None:
    """The parameters of one execution as the engine takes them; None when there are none.

    >>> bind(None) is None, bind(()) is None
    (True, True)
    >>> bind("A")
    Traceback (most recent call last):
    ltseq_dbapi.errors.ProgrammingError: parameters must be a sequence or a mapping, not str
    """
    if parameters is None:
        return None
    if isinstance(parameters, Mapping):
        return _named(parameters) or None
    if isinstance(parameters, (str, bytes, bytearray, memoryview)) or not _is_sequence(parameters):
        raise ProgrammingError(
            f"parameters must be a sequence or a mapping, not {type(parameters).__name__}",
            code="PARAMETER",
            hint="write (value,) for a single parameter",
        )
    return [value(item, position) for position, item in enumerate(parameters, 1)] or None


def value(item: Any, place: int | str = 1) -> Any:
    """One parameter as one of the types the engine knows.

    >>> import uuid
    >>> value(uuid.UUID(int=1))
    '00000000-0000-0000-0000-000000000001'
    >>> value(2**70)
    Traceback (most recent call last):
    ltseq_dbapi.errors.DataError: parameter 1 is out of range: 1180591620717411303424
    """
    kind = type(item)
    if kind is int:
        return _integer(item, place)
    if kind in _EXACT:
        return item
    if kind is datetime.time:
        return _time(item, place)
    return _converted(item, place)


def _named(parameters: Mapping[Any, Any]) -> dict[str, Any]:
    bound: dict[str, Any] = {}
    for name, item in parameters.items():
        if not isinstance(name, str):
            raise ProgrammingError(f"names of parameters must be str, not {type(name).__name__}", code="PARAMETER")
        bound[name] = value(item, name)
    return bound


def _is_sequence(parameters: object) -> bool:
    """Sequences, and what has a length and items in order without saying so (numpy arrays)."""
    if isinstance(parameters, Sequence):
        return True
    return all(hasattr(parameters, name) for name in ("__len__", "__getitem__", "__iter__", "shape"))


def _integer(item: int, place: int | str) -> int:
    if _LEAST <= item <= _GREATEST:
        return item
    raise DataError(f"parameter {place} is out of range: {item}", code="DATA")


def _converted(item: Any, place: int | str) -> Any:
    """Subclasses become their base, foreign scalars their Python value."""
    if _is_missing(item):
        return None
    if isinstance(item, bool):
        return bool(item)
    if isinstance(item, int):
        return _integer(int(item), place)
    if isinstance(item, float):
        return float(item)
    if isinstance(item, str):
        return str.__str__(item)
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    if isinstance(item, datetime.time):
        return _time(item, place)
    if isinstance(item, (datetime.date, datetime.timedelta)):
        return _microseconds(item, place)
    if isinstance(item, Decimal):
        return item
    if isinstance(item, (list, tuple)):
        return [value(inner, place) for inner in item]
    if isinstance(item, dict):
        return _struct(item, place)
    if isinstance(item, uuid.UUID):
        return str(item)
    if _is_numpy_scalar(item):
        return _from_numpy(item, place)
    raise ProgrammingError(
        f"parameter {place} is a {type(item).__name__}, which cannot be bound",
        code="PARAMETER",
        hint=f"parameters are {_KINDS}; register() takes whole tables",
    )


def _is_missing(item: Any) -> bool:
    """Pandas' NA and NaT, which are NULL; looked at only where pandas is loaded."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return False
    return item is getattr(pandas, "NA", None) or item is getattr(pandas, "NaT", None)


def _is_numpy_scalar(item: Any) -> bool:
    numpy = sys.modules.get("numpy")
    generic = getattr(numpy, "generic", None)
    return isinstance(generic, type) and isinstance(item, generic)


def _time(item: datetime.time, place: int | str) -> datetime.time:
    """A time of day; there is no type for one with a zone, and dropping the zone would be another time."""
    if item.tzinfo is None:
        return item
    raise DataError(
        f"parameter {place} is a time with a time zone, for which there is no type",
        code="DATA",
        hint="bind a datetime with a time zone, or the time without its zone: value.replace(tzinfo=None)",
    )


def _microseconds(item: Any, place: int | str) -> Any:
    """Pandas' Timestamp and Timedelta as Python's classes, which end at microseconds."""
    if getattr(item, "nanosecond", 0) or getattr(item, "nanoseconds", 0):
        raise _too_fine(item, place)
    if hasattr(item, "to_pydatetime"):
        return item.to_pydatetime()
    if hasattr(item, "to_pytimedelta"):
        return item.to_pytimedelta()
    return item


def _too_fine(item: Any, place: int | str) -> DataError:
    return DataError(
        f"parameter {place} cannot be bound as it is: {item} is finer than microseconds or out of range",
        code="DATA",
        hint="round it to microseconds, pass integers through arrow_cast(?, 'Timestamp(ns)'), or register() a table",
    )


def _struct(item: dict[Any, Any], place: int | str) -> dict[str, Any]:
    if not all(isinstance(name, str) for name in item):
        raise ProgrammingError(f"parameter {place} is a dict whose keys are not all str", code="PARAMETER")
    return {name: value(inner, place) for name, inner in item.items()}


def _from_numpy(item: Any, place: int | str) -> Any:
    """Numpy's dates come as microseconds (its own nanoseconds would turn into integers)."""
    if item.dtype.kind in "mM":
        return None if item != item else _from_numpy_time(item, place)  # NaT
    plain = item.item()
    if type(plain) is type(item):  # longdouble and its like have no Python value
        raise ProgrammingError(f"parameter {place} is a {type(item).__name__}, which cannot be bound", code="PARAMETER")
    return value(plain, place)


def _from_numpy_time(item: Any, place: int | str) -> Any:
    kind = item.dtype.kind
    if kind == "m" and item.dtype.str.endswith(("[M]", "[Y]")):
        raise ProgrammingError(f"parameter {place} is a span of months or years without a length", code="PARAMETER")
    days = kind == "M" and item.dtype.str.endswith(("[D]", "[M]", "[Y]", "[W]"))
    rounded = item.astype(f"{kind}8[{'D' if days else 'us'}]")
    plain = rounded.item()
    exact = rounded.astype(item.dtype) == item or item.dtype.str.endswith("8")  # no unit at all
    if not exact or isinstance(plain, int):  # an integer where Python's class cannot hold the time
        raise _too_fine(item, place)
    return plain
