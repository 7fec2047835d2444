"""Type names: the spelling of section 4, its aliases, and the Python type of each."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from .errors import did_you_mean, kind_of
from .exceptions import ArgumentError

_ALIASES = {
    "int": "int64",
    "float": "float64",
    "str": "string",
    "utf8": "string",
    "boolean": "bool",
    "date": "date32",
    "timestamp": "timestamp[us]",
}

_PYTHON = {
    "int8": "int", "int16": "int", "int32": "int", "int64": "int",
    "uint8": "int", "uint16": "int", "uint32": "int", "uint64": "int",
    "float16": "float", "float32": "float", "float64": "float",
    "bool": "bool", "string": "str", "binary": "bytes", "date32": "date", "date64": "date",
    "timestamp": "datetime", "time32": "time", "time64": "time", "duration": "timedelta",
    "decimal32": "Decimal", "decimal64": "Decimal", "decimal128": "Decimal", "decimal256": "Decimal",
    "list": "list", "struct": "dict", "map": "dict", "null": "None",
}  # fmt: skip

_UNIT = re.compile(r"^(timestamp|time64|time32|duration)\[(s|ms|us|ns)(?:,\s*(.+?))?\]$", re.IGNORECASE)
_DECIMAL = re.compile(r"^(decimal128|decimal256|decimal)\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\)$", re.IGNORECASE)
_NESTED = re.compile(r"^(list|struct)<(.*)>$", re.IGNORECASE | re.DOTALL)
_OFFSET = re.compile(r"^[+-]\d\d(:?\d\d)?$")
# Types with parameters, and those that data may come in as but that nothing is made into.
_NOT_SIMPLE = {
    "timestamp", "time32", "time64", "duration", "decimal32", "decimal64", "decimal128", "decimal256",
    "list", "struct", "map", "date64",
}  # fmt: skip
_SIMPLE = frozenset(name for name in _PYTHON if name not in _NOT_SIMPLE)


def type_name(value: object) -> str:
    """The one spelling of a type argument; any case and the aliases are accepted.

    >>> type_name("INT"), type_name("Timestamp[US, UTC]")
    ('int64', 'timestamp[us, UTC]')
    """
    if not isinstance(value, str):
        raise ArgumentError(f"a type must be str such as 'int64' or 'timestamp[us]', not {kind_of(value)}")
    text = value.strip()
    lower = text.lower()
    if lower in _ALIASES:
        return _ALIASES[lower]
    if lower in _SIMPLE:
        return lower
    if unit := _UNIT.match(text):
        kind, resolution, zone = unit.group(1).lower(), unit.group(2).lower(), unit.group(3)
        if zone is None:
            return f"{kind}[{resolution}]"
        if kind == "timestamp":
            return f"{kind}[{resolution}, {_zone(zone)}]"
    if decimal := _DECIMAL.match(text):
        kind = decimal.group(1).lower()
        return f"{'decimal128' if kind == 'decimal' else kind}({decimal.group(2)}, {decimal.group(3) or 0})"
    if nested := _NESTED.match(text):
        return f"{nested.group(1).lower()}<{nested.group(2)}>"
    known = [*_SIMPLE, *_ALIASES, "timestamp[us]", "duration[us]", "time64[us]", "decimal128(10, 2)"]
    raise ArgumentError(f"unknown type {value!r}.{did_you_mean(text, known)}")


def _zone(name: str) -> str:
    """The name of a time zone: one of the machine's list, where it has one, or an offset such as +02:00."""
    if name.upper() == "UTC":
        return "UTC"
    try:
        known = bool(_OFFSET.match(name)) or ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = False
    if not known and (zones := available_timezones()):
        raise ArgumentError(f"unknown time zone {name!r}.{did_you_mean(name, zones)}")
    return name


def head(name: str) -> str:
    """The type without its parameters: `timestamp` of `timestamp[us, UTC]`."""
    return re.split(r"[\[(<]", name, maxsplit=1)[0]


def python_name(name: str) -> str:
    """The Python type of a column, by name: `datetime` of `timestamp[us]`."""
    return _PYTHON.get(head(name), "object")


@lru_cache
def unit_of(name: str) -> str | None:
    """The unit of a type of times: `us` of `timestamp[us, UTC]`; None of other types."""
    found = _UNIT.match(name)
    return None if found is None else found.group(2)


@lru_cache
def decimal_parts(name: str) -> tuple[int, int] | None:
    """(precision, scale) of a decimal type, None of other types."""
    found = _DECIMAL.match(name)
    return None if found is None else (int(found.group(2)), int(found.group(3) or 0))


@lru_cache
def parts_of(name: str) -> dict[str, str]:
    """The fields of a struct type by name, and the one type of a list's values by `item`.

    What does not parse is left as it is written: the engine says what is wrong with it.
    """
    inner = name[name.index("<") + 1 : -1]
    if name.startswith("list"):
        return {"item": _spelled(inner)}
    fields: dict[str, str] = {}
    for field in _split(inner):
        column, _, kind = field.partition(":")
        fields[column.strip()] = _spelled(kind)
    return fields


def _split(text: str) -> list[str]:
    """The text cut at the commas that stand in no brackets."""
    found: list[str] = []
    depth, begin = 0, 0
    for place, char in enumerate(text):
        depth += (char in "<([") - (char in ">)]")
        if char == "," and depth == 0:
            found.append(text[begin:place])
            begin = place + 1
    return [*found, text[begin:]]


def _spelled(kind: str) -> str:
    try:
        return type_name(kind)
    except ArgumentError:
        return kind


@lru_cache
def integer_range(name: str) -> range:
    """The integers that a column of an integer type holds."""
    bits = int(name.removeprefix("u").removeprefix("int"))
    return range(1 << bits) if name.startswith("u") else range(-(1 << (bits - 1)), 1 << (bits - 1))


def is_number(name: str) -> bool:
    """True for integers, floats and decimals."""
    return python_name(name) in {"int", "float", "Decimal"}


def is_temporal(name: str) -> bool:
    """True for dates, timestamps, times of day and durations."""
    return python_name(name) in {"date", "datetime", "time", "timedelta"}
