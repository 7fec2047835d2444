"""Type objects and constructors of PEP 249, and the description of a result.

A type code in ``cursor.description`` is the name of the column's type as LTSeq spells it
(``"int64"``, ``"timestamp[us, UTC]"``).  It is a plain string, and it compares equal to the type
object it belongs to:

>>> "int64" == NUMBER, "int64" == STRING
(True, False)
>>> "timestamp[us, UTC]" == DATETIME
True
"""

# ruff: noqa: N802 - the names of the constructors are PEP 249's

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Column",
    "Date",
    "DateFromTicks",
    "Description",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "TypeObject",
    "base_name",
    "describe",
]

Description = tuple[str, str, None, int | None, int | None, int | None, bool | None]
"""One column: name, type code, display size, internal size, precision, scale, may be NULL."""


class Column(NamedTuple):
    """A column of a result as the engine states it.

    >>> Column("px", "float64", True).type
    'float64'
    """

    name: str
    type: str
    nullable: bool


def base_name(type_code: str) -> str:
    """The type without its parameters.

    >>> base_name("decimal128(10, 2)"), base_name("timestamp[us, UTC]"), base_name("list<int64>")
    ('decimal128', 'timestamp', 'list')
    """
    return re.split(r"[\[(<]", type_code, maxsplit=1)[0].strip().lower()


class TypeObject:
    """A set of type codes that compares equal to each of its members.

    >>> STRING == "string", STRING == "int64", STRING == STRING, STRING == 3
    (True, False, True, False)
    """

    __slots__ = ("_members", "name")

    def __init__(self, name: str, members: Iterable[str]) -> None:
        self.name = name
        self._members = frozenset(members)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return base_name(other) in self._members
        if isinstance(other, TypeObject):
            return self.name == other.name
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"ltseq_dbapi.{self.name}"


_INTERNAL_SIZE: Final[dict[str, int]] = {
    "bool": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "float16": 2,
    "float32": 4,
    "float64": 8,
    "date32": 4,
    "date64": 8,
    "time32": 4,
    "time64": 8,
    "timestamp": 8,
    "duration": 8,
    "decimal128": 16,
    "decimal256": 32,
}

_DECIMALS: Final = frozenset(["decimal32", "decimal64", "decimal128", "decimal256"])
_TIMES: Final = ("date32", "date64", "time32", "time64", "timestamp", "duration", "interval")

STRING: Final = TypeObject("STRING", ["string"])
BINARY: Final = TypeObject("BINARY", ["binary"])
NUMBER: Final = TypeObject(
    "NUMBER",
    [n for n in _INTERNAL_SIZE if n.startswith(("int", "uint", "float"))] + ["bool", *_DECIMALS],
)
DATETIME: Final = TypeObject("DATETIME", _TIMES)
ROWID: Final = TypeObject("ROWID", [])

Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime


def DateFromTicks(ticks: float) -> datetime.date:
    """The local date of a time in seconds since the epoch.

    >>> import time
    >>> DateFromTicks(time.mktime((2002, 12, 25, 0, 0, 0, 0, 0, -1)))
    datetime.date(2002, 12, 25)
    """
    return datetime.date.fromtimestamp(ticks)


def TimeFromTicks(ticks: float) -> datetime.time:
    """The local time of day of a time in seconds since the epoch.

    >>> import time
    >>> TimeFromTicks(time.mktime((2002, 12, 25, 13, 45, 30, 0, 0, -1)))
    datetime.time(13, 45, 30)
    """
    return datetime.datetime.fromtimestamp(ticks).time()


def TimestampFromTicks(ticks: float) -> datetime.datetime:
    """The local date and time of a time in seconds since the epoch.

    >>> import time
    >>> TimestampFromTicks(time.mktime((2002, 12, 25, 13, 45, 30, 0, 0, -1)))
    datetime.datetime(2002, 12, 25, 13, 45, 30)
    """
    return datetime.datetime.fromtimestamp(ticks)


def Binary(data: bytes | bytearray | memoryview) -> bytes:
    """Bytes to be bound as a BINARY value.

    >>> Binary(bytearray(b"ab"))
    b'ab'
    """
    return bytes(data)


def describe(columns: Iterable[Column]) -> list[Description]:
    """The seven-item descriptions of a result's columns.

    >>> describe([Column("px", "decimal128(10, 2)", True)])
    [('px', 'decimal128(10, 2)', None, 16, 10, 2, True)]
    """
    return [_describe(column) for column in columns]


def _describe(column: Column) -> Description:
    base = base_name(column.type)
    precision: int | None = None
    scale: int | None = None
    if base in _DECIMALS:
        numbers = [int(text) for text in re.findall(r"-?\d+", column.type[len(base) :])]
        if len(numbers) == 2:
            precision, scale = numbers
    size = _INTERNAL_SIZE.get(base)
    return (column.name, column.type, None, size, precision, scale, column.nullable)
