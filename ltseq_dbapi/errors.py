"""The PEP 249 exceptions, and the one table that maps the engine's codes to them.

Every error of the engine carries a code (``UNKNOWN_COLUMN``, ``OVERFLOW``, …); the code alone
decides the class.  Line, column, hint and nearest names travel along as attributes:

>>> error = ProgrammingError("unknown column", code="UNKNOWN_COLUMN", line=1, column=8)
>>> error.code, error.line, error.column
('UNKNOWN_COLUMN', 1, 8)
>>> isinstance(error, DatabaseError)
True
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Final

__all__ = [
    "CLASS_OF_CODE",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "closed",
    "from_native",
]


class Warning(builtins.Warning):
    """Something worth knowing that is not an error, such as a rollback that undoes nothing.

    It is a Python warning category too, so the usual filters apply:

    >>> import warnings
    >>> warnings.simplefilter("ignore", Warning)
    """


class Error(Exception):
    """Root of the driver's errors.

    ``code`` is the engine's code or one of the driver's own (``CLOSED``, ``NO_RESULT``,
    ``PARAMETER``, ``INTERFACE``); ``line`` and ``column`` count from 1 in the user's own text and
    are None where an error has no place; ``nearest`` and ``available`` are names to offer.

    >>> Error("went wrong", code="INTERNAL").code
    'INTERNAL'
    >>> str(Error("went wrong"))
    'went wrong'
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
        nearest: Sequence[str] = (),
        available: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.line = line
        self.column = column
        self.hint = hint
        self.nearest = list(nearest)
        self.available = list(available)


class InterfaceError(Error):
    """The driver was used wrongly, rather than the database: ``cursor.arraysize = "x"``."""


class DatabaseError(Error):
    """Root of everything the database itself reports."""


class DataError(DatabaseError):
    """The data cannot be processed: overflow, impossible cast, division by zero.

    >>> CLASS_OF_CODE["OVERFLOW"].__name__
    'DataError'
    """


class OperationalError(DatabaseError):
    """The surroundings failed: file, memory limit, time-out, cancel, disk.

    >>> CLASS_OF_CODE["FILE_NOT_FOUND"].__name__
    'OperationalError'
    """


class IntegrityError(DatabaseError):
    """A declared order or a key declared unique does not hold.

    >>> CLASS_OF_CODE["ORDER_VIOLATION"].__name__
    'IntegrityError'
    """


class InternalError(DatabaseError):
    """A fault of LTSeq itself.  Never a panic.

    >>> CLASS_OF_CODE["INTERNAL"].__name__
    'InternalError'
    """


class ProgrammingError(DatabaseError):
    """The statement or its parameters are wrong, or the cursor is closed.

    >>> CLASS_OF_CODE["NO_ORDER"].__name__
    'ProgrammingError'
    """


class NotSupportedError(DatabaseError):
    """Known, but not supported (yet).

    >>> CLASS_OF_CODE["NOT_SUPPORTED"].__name__
    'NotSupportedError'
    """


CLASS_OF_CODE: Final[dict[str, type[DatabaseError]]] = {
    # the statement is wrong
    "SYNTAX": ProgrammingError,
    "UNKNOWN_COLUMN": ProgrammingError,
    "UNKNOWN_TABLE": ProgrammingError,
    "UNKNOWN_FUNCTION": ProgrammingError,
    "AMBIGUOUS": ProgrammingError,
    "ARGUMENT": ProgrammingError,
    "TYPE": ProgrammingError,
    "NO_ORDER": ProgrammingError,
    "CLAUSE": ProgrammingError,
    "PARAMETER_COUNT": ProgrammingError,
    "SCHEMA_MISMATCH": ProgrammingError,
    "JOIN_CONDITION": ProgrammingError,
    # right, but not here
    "NOT_SUPPORTED": NotSupportedError,
    # a value is wrong, seen while running
    "OVERFLOW": DataError,
    "CAST": DataError,
    "DIVISION": DataError,
    "DATA": DataError,
    # a promise about the data is broken
    "ORDER_VIOLATION": IntegrityError,
    "CONSTRAINT": IntegrityError,
    # the surroundings
    "FILE": OperationalError,
    "FILE_NOT_FOUND": OperationalError,
    "MEMORY": OperationalError,
    "TIMEOUT": OperationalError,
    "CANCELLED": OperationalError,
    "DISK": OperationalError,
    # us
    "INTERNAL": InternalError,
}
"""Code of the engine → class.  A code that is not in here is an InternalError."""


def from_native(error: BaseException) -> Error:
    """The driver's error for one that came from below; an `Error` comes back as it is.

    What is not the engine's own error has no ``code``.  Text that is no Unicode is the caller's
    mistake; the rest is a fault of ours, and says so.

    >>> from_native(KeyError("x")).code
    'INTERNAL'
    """
    if isinstance(error, Error):
        return error
    code = getattr(error, "code", None)
    if not isinstance(code, str):
        if isinstance(error, UnicodeError):
            return ProgrammingError(f"text that is not valid Unicode: {error}", code="ARGUMENT")
        return InternalError(f"unexpected {type(error).__name__} in the engine: {error}", code="INTERNAL")
    return CLASS_OF_CODE.get(code, InternalError)(
        str(getattr(error, "message", "") or error),
        code=code,
        line=getattr(error, "line", None),
        column=getattr(error, "column", None),
        hint=getattr(error, "hint", None),
        nearest=getattr(error, "nearest", None) or (),
        available=getattr(error, "available", None) or (),
    )


def closed(what: str) -> ProgrammingError:
    """The error of using a closed connection or cursor.

    >>> str(closed("cursor"))
    'the cursor is closed'
    """
    return ProgrammingError(f"the {what} is closed", code="CLOSED")
