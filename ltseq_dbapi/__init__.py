"""LTSeq through PEP 249: SQL over ordered data.

>>> import ltseq_dbapi
>>> connection = ltseq_dbapi.connect()
>>> cursor = connection.cursor()
>>> cursor.execute("SELECT ? || '!' AS greeting", ("hello",)).fetchall()
[('hello!',)]
>>> connection.close()

`paramstyle` is ``qmark`` (``?`` with a sequence).  ``$1`` works as well, and ``:name`` or
``$name`` with a mapping.  `threadsafety` is 2: threads may share the module and connections,
but each cursor belongs to one thread at a time.  Statements take effect at once; there are no
transactions.
"""

from __future__ import annotations

from typing import Final

from ltseq_dbapi.connection import Connection, connect
from ltseq_dbapi.cursor import Cursor
from ltseq_dbapi.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)
from ltseq_dbapi.types import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)

apilevel: Final = "2.0"
threadsafety: Final = 2
paramstyle: Final = "qmark"

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]
