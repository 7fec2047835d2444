"""`align`: rows in the order of a given list of keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from . import engine, fitting
from .errors import kind_of, native_values
from .exceptions import ArgumentError
from .expr.literals import plain
from .expr.nodes import ColumnExpr
from .types import integer_range, python_name

if TYPE_CHECKING:
    from .core import TableCore
    from .table import LTSeq

_ALIAS = "row"


def align(table: TableCore, ref: Iterable[object], key: str) -> LTSeq:
    """A left link from the list to the table: the list's order is kept, and matches fan out."""
    if isinstance(ref, (str, bytes)) or not isinstance(ref, Iterable):
        raise ArgumentError(f"ref must be a list of keys, not {kind_of(ref)}")
    kind = table.schema[key]
    values = [_converted(value, kind) for value in ref]
    if not values:
        raise ArgumentError("ref must not be empty")
    keys = table._new(native_values(engine.default().from_columns, ["key"], [values], [kind]), ordered=False)
    condition = ColumnExpr("key", side="left") == ColumnExpr(key, side="right")
    linked = keys._verb("link", {"on": condition, "alias": _ALIAS, "join_type": "left"}, [table._plan], ordered=False)
    columns = [
        {"name": name, "expr": ColumnExpr("key" if name == key else f"{_ALIAS}_{name}")} for name in table.columns
    ]
    aligned = linked._verb("select", {"columns": columns}, ordered=False)
    return table._new(aligned._plan, ordered=False)


def _converted(value: object, kind: str) -> object:
    """The value as the key's type; what cannot be it exactly is an ArgumentError."""
    value = plain(value)
    convert = _CONVERSIONS.get(python_name(kind))
    if convert is None:
        raise ArgumentError(f"align needs a key of a plain type, and this one is {kind}")
    if value is None:
        return None
    try:
        made = convert(value, kind)
        if fitting.holds(kind, value if isinstance(value, int) else made):
            return made
    except (ValueError, TypeError, InvalidOperation, OverflowError):
        pass
    raise ArgumentError(f"ref: {value!r} cannot be converted to the key's type {kind}")


def _integer(value: Any, kind: str) -> int:
    number = int(value)
    if isinstance(value, bool) or (not isinstance(value, str) and number != value):
        raise ValueError
    if number not in integer_range(kind):
        raise OverflowError
    return number


def _float(value: Any, kind: str) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _same(python: type) -> Callable[[Any, str], Any]:
    """Values of one Python type and no other."""

    def convert(value: Any, kind: str) -> Any:
        if not isinstance(value, python):
            raise ValueError
        return value

    return convert


def _date(value: Any, kind: str) -> dt.date:
    if isinstance(value, str):
        return dt.date.fromisoformat(value.strip())
    if isinstance(value, dt.datetime):
        if value.time() != dt.time(0):
            raise ValueError
        return value.date()
    if not isinstance(value, dt.date):
        raise ValueError
    return value


def _datetime(value: Any, kind: str) -> dt.datetime:
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value.strip())
    elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time(0))
    if not isinstance(value, dt.datetime):
        raise ValueError
    # Without a zone it is a time in the column's own, as in a cast.
    if "," not in kind and value.tzinfo is not None:
        raise ValueError
    return value


def _time(value: Any, kind: str) -> dt.time:
    if isinstance(value, str):
        return dt.time.fromisoformat(value.strip())
    if not isinstance(value, dt.time):
        raise ValueError
    return value


def _nothing(value: Any, kind: str) -> None:
    """A column without a type holds NULL alone."""
    raise ValueError


def _decimal(value: Any, kind: str) -> Decimal:
    if isinstance(value, (bool, float)):
        raise ValueError
    return Decimal(value)


_CONVERSIONS: dict[str, Callable[[Any, str], object]] = {
    "int": _integer,
    "float": _float,
    "bool": _same(bool),
    "str": _same(str),
    "bytes": _same(bytes),
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "timedelta": _same(dt.timedelta),
    "Decimal": _decimal,
    "None": _nothing,
}
