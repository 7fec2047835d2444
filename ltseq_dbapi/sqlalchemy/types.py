"""Column types: from LTSeq's names to SQLAlchemy's types, and from those to DDL."""

# ruff: noqa: N802 - the names of the visit methods are SQLAlchemy's

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import cast
from sqlalchemy import types as sqltypes
from sqlalchemy.sql import compiler
from sqlalchemy.sql.sqltypes import _AbstractInterval
from sqlalchemy.sql.type_api import NativeForEmulated

from ltseq_dbapi.types import base_name

__all__ = ["COLSPECS", "Duration", "LTSeqTypeCompiler", "sqlalchemy_type"]


class Duration(NativeForEmulated, _AbstractInterval):
    """A length of time, as `datetime.timedelta`; in DDL an INTERVAL.

    SQLAlchemy's own `Interval` becomes this, so that it adds to dates and timestamps.

    >>> Duration().python_type
    <class 'datetime.timedelta'>
    """

    __visit_name__ = "DURATION"
    native = True

    @classmethod
    def adapt_emulated_to_native(cls, impl: Any, **kw: Any) -> Duration:
        """Take the place of an `Interval`; its precisions say nothing here."""
        return cls()

    @property
    def python_type(self) -> type[datetime.timedelta]:
        """Always `datetime.timedelta`."""
        return datetime.timedelta

    @property
    def _type_affinity(self) -> type[sqltypes.Interval]:
        return sqltypes.Interval

    def bind_expression(self, bindvalue: Any) -> Any:
        """A timedelta as the INTERVAL that dates can be added to."""
        return cast(bindvalue, self)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        """A function from a timedelta to its text in a statement."""
        return lambda value: f"INTERVAL '{value // datetime.timedelta(microseconds=1)} microseconds'"


class _Numeric(sqltypes.Numeric[Any] if TYPE_CHECKING else sqltypes.Numeric):  # type: ignore[misc]
    """Decimals where Decimals are asked for, also when the engine computes a double or an integer."""

    def bind_processor(self, dialect: Any) -> None:
        """Values go as they are."""

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any]:
        """A function from the engine's value to a Decimal, or to a float if that is asked for."""

        def to_decimal(value: Any) -> Any:
            return value if value is None or isinstance(value, Decimal) else Decimal(str(value))

        def to_float(value: Any) -> Any:
            return None if value is None else float(value)

        return to_decimal if self.asdecimal else to_float


COLSPECS: Final[dict[type[Any], type[Any]]] = {
    sqltypes.Numeric: _Numeric,
    sqltypes.Float: sqltypes.Float,
    sqltypes.Interval: Duration,
}
"""SQLAlchemy's type → the one that runs instead."""

_DOUBLE: Final[type[sqltypes.TypeEngine[Any]]] = getattr(sqltypes, "DOUBLE", sqltypes.FLOAT)

_PLAIN: Final[dict[str, type[sqltypes.TypeEngine[Any]]]] = {
    "int8": sqltypes.SMALLINT,
    "int16": sqltypes.SMALLINT,
    "uint8": sqltypes.SMALLINT,
    "int32": sqltypes.INTEGER,
    "uint16": sqltypes.INTEGER,
    "int64": sqltypes.BIGINT,
    "uint32": sqltypes.BIGINT,
    "float16": sqltypes.REAL,
    "float32": sqltypes.REAL,
    "float64": _DOUBLE,
    "bool": sqltypes.BOOLEAN,
    "string": sqltypes.VARCHAR,
    "binary": sqltypes.VARBINARY,
    "date32": sqltypes.DATE,
    "date64": sqltypes.DATE,
    "time32": sqltypes.TIME,
    "time64": sqltypes.TIME,
    "duration": Duration,
    "interval": Duration,
}


def sqlalchemy_type(name: str) -> sqltypes.TypeEngine[Any]:
    """The SQLAlchemy type of a column whose type LTSeq spells like this.

    What SQLAlchemy has no word for (structs, the type of NULL) is its `NullType`.

    >>> sqlalchemy_type("decimal128(10, 2)")
    NUMERIC(precision=10, scale=2)
    >>> sqlalchemy_type("timestamp[us, UTC]").timezone
    True
    >>> sqlalchemy_type("list<int64>").item_type
    BIGINT()
    """
    base = base_name(name)
    inside = name[len(base) :].strip()[1:-1]
    if (plain := _PLAIN.get(base)) is not None:
        return plain()
    if base == "uint64":
        return sqltypes.NUMERIC(20, 0)
    if base == "timestamp":
        return sqltypes.TIMESTAMP(timezone="," in inside)
    if base.startswith("decimal"):
        precision, scale = (int(text) for text in re.findall(r"-?\d+", inside))
        return sqltypes.NUMERIC(precision, scale)
    if base == "list":
        return sqltypes.ARRAY(sqlalchemy_type(inside))
    return sqltypes.NullType()


class LTSeqTypeCompiler(compiler.GenericTypeCompiler):
    """Types in CREATE TABLE and CAST.

    Timestamps are of microseconds, as Python's are; floats are doubles unless a precision of at
    most 24 bits is asked for; every kind of text is VARCHAR and every kind of bytes BYTEA.
    """

    def visit_FLOAT(self, type_: sqltypes.Float[Any], **kw: Any) -> str:
        single = type_.precision is not None and type_.precision <= 24
        return "REAL" if single else "DOUBLE"

    def visit_TIMESTAMP(self, type_: sqltypes.TIMESTAMP, **kw: Any) -> str:
        return "TIMESTAMP(6) WITH TIME ZONE" if type_.timezone else "TIMESTAMP(6)"

    def visit_DATETIME(self, type_: sqltypes.DateTime, **kw: Any) -> str:
        return "TIMESTAMP(6) WITH TIME ZONE" if type_.timezone else "TIMESTAMP(6)"

    def visit_DURATION(self, type_: Duration, **kw: Any) -> str:
        return "INTERVAL"

    def visit_BLOB(self, type_: sqltypes.LargeBinary, **kw: Any) -> str:
        return "BYTEA"

    def visit_BINARY(self, type_: sqltypes.BINARY, **kw: Any) -> str:
        return "BYTEA"

    def visit_VARBINARY(self, type_: sqltypes.VARBINARY, **kw: Any) -> str:
        return "BYTEA"

    def visit_NCHAR(self, type_: sqltypes.NCHAR, **kw: Any) -> str:
        return self._render_string_type("CHAR", type_.length, type_.collation)

    def visit_NVARCHAR(self, type_: sqltypes.NVARCHAR, **kw: Any) -> str:
        return self._render_string_type("VARCHAR", type_.length, type_.collation)

    def visit_TEXT(self, type_: sqltypes.Text, **kw: Any) -> str:
        return "VARCHAR"

    def visit_CLOB(self, type_: sqltypes.CLOB, **kw: Any) -> str:
        return "VARCHAR"

    def visit_NCLOB(self, type_: sqltypes.Text, **kw: Any) -> str:
        return "VARCHAR"

    def visit_UUID(self, type_: Any, **kw: Any) -> str:
        return "VARCHAR(36)"

    def visit_JSON(self, type_: sqltypes.JSON, **kw: Any) -> str:
        return "VARCHAR"

    def visit_ARRAY(self, type_: sqltypes.ARRAY[Any], **kw: Any) -> str:
        return str(self.process(type_.item_type, **kw)) + "[]" * (type_.dimensions or 1)
