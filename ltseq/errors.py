"""How errors are made: nearest names, the quoted phrases, and the one boundary to the engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfoNotFoundError

from ._native import Batch, NativeError
from .exceptions import (
    ArgumentError,
    ColumnNotFoundError,
    ExecutionError,
    JoinColumnNotFoundError,
    JoinConditionError,
    LTSeqError,
    MissingFileError,
    OrderViolationError,
    SchemaMismatchError,
    SortRequiredError,
    SqlColumnNotFoundError,
    SqlError,
    SqlSchemaMismatchError,
    SqlSortRequiredError,
)

P = ParamSpec("P")
T = TypeVar("T")

# Codes of the engine that can only come up before a row is read; all others happen at run time.
_AT_THE_CALL: dict[str, type[LTSeqError]] = {
    "UNKNOWN_COLUMN": ColumnNotFoundError,
    "NO_ORDER": SortRequiredError,
    "SYNTAX": SqlError,
    "UNKNOWN_TABLE": SqlError,
    "UNKNOWN_FUNCTION": SqlError,
    "CLAUSE": SqlError,
    "PARAMETER_COUNT": SqlError,
    "AMBIGUOUS": ArgumentError,
    "ARGUMENT": ArgumentError,
    "TYPE": ArgumentError,
    "NOT_SUPPORTED": ArgumentError,
    "SCHEMA_MISMATCH": SchemaMismatchError,
    "JOIN_CONDITION": JoinConditionError,
    "FILE_NOT_FOUND": MissingFileError,
    "ORDER_VIOLATION": OrderViolationError,
}

# The same faults in the text of a query: they have a line and a column as well.
_IN_TEXT: dict[type[LTSeqError], type[SqlError]] = {
    ArgumentError: SqlError,
    ColumnNotFoundError: SqlColumnNotFoundError,
    SchemaMismatchError: SqlSchemaMismatchError,
    SortRequiredError: SqlSortRequiredError,
}


def native(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls into the engine; every error of the engine leaves it as one of ours.

    This is the only place that knows `NativeError`.
    """
    try:
        return fn(*args, **kwargs)
    except NativeError as error:
        raise translate(error) from None
    except UnicodeError as error:
        raise _no_unicode(error) from None


def native_rows(batch: Batch) -> list[tuple[object, ...]]:
    """The rows of a batch; a value that Python's own classes refuse (an hour 25) is an ExecutionError."""
    try:
        return native(batch.rows)
    except LTSeqError:
        raise
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        raise ExecutionError(f"a value that Python cannot hold: {error}") from None


def native_sql(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `native`, for calls that take SQL text: what is wrong with the text is an SqlError."""
    try:
        return fn(*args, **kwargs)
    except NativeError as error:
        raise translate(error, sql=True) from None
    except UnicodeError as error:
        raise _no_unicode(error) from None


def native_values(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `native`, for calls that take Python values as data: a value that does not fit is an ArgumentError."""
    try:
        return fn(*args, **kwargs)
    except NativeError as error:
        made = translate(error)
        raise (ArgumentError(str(made)) if type(made) is ExecutionError else made) from None
    except UnicodeError as error:
        raise _no_unicode(error) from None


def _no_unicode(error: UnicodeError) -> ArgumentError:
    """The error for text with lone surrogates, which cannot be passed on."""
    return ArgumentError(f"text that is not valid Unicode: {error}")


def translate(error: NativeError, *, sql: bool = False) -> LTSeqError:
    """The exception of section 2 for an error of the engine, with its text."""
    kind = _AT_THE_CALL.get(error.code, ExecutionError)
    text = _column_text(error) if kind is ColumnNotFoundError else str(error.message)
    if sql:
        kind = _IN_TEXT.get(kind, kind)
    elif kind is SqlError:
        # Without a text it is the fault of an argument.
        kind = ArgumentError
    if not issubclass(kind, SqlError):
        return kind(text)
    made = kind(_located(error, text))
    made.line, made.column = error.line, error.column
    return made


def _column_text(error: NativeError) -> str:
    """The message about a column that is not there, in the phrase that all such errors have."""
    text = re.sub(r"^(Column '[^']*' not found)(?! in schema)", r"\1 in schema", str(error.message))
    if "Available columns" in text:
        return text
    return f"{text}\nAvailable columns: {', '.join(error.available) or 'none'}"


def _located(error: NativeError, text: str) -> str:
    """The message with line and column, where the engine knows them and did not say them."""
    if error.line is None or f"line {error.line}" in text.lower():
        return text
    return f"{text} (line {error.line}, column {error.column})"


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """At most three of `names` that look like `name`, nearest first; case does not matter."""
    by_lower: dict[str, str] = {}
    for candidate in names:
        by_lower.setdefault(candidate.lower(), candidate)
    return [by_lower[match] for match in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """` Did you mean 'price'?`, or nothing where no name is near."""
    near = nearest(name, names)
    if not near:
        return ""
    return f" Did you mean {' or '.join(repr(n) for n in near)}?"


def column_not_found(name: str, available: Iterable[str], *, join: bool = False) -> ColumnNotFoundError:
    """The error for a column that is not there, with nearest names and all names.

    `join`: inside a two-table condition, where the error is a JoinConditionError as well.
    """
    names = list(available)
    listed = ", ".join(names) if names else "none"
    text = f"Column {name!r} not found in schema.{did_you_mean(name, names)} Available columns: {listed}"
    if join:
        return JoinColumnNotFoundError(f"Invalid join condition: {text}")
    return ColumnNotFoundError(text)


def unknown_keywords(call: str, given: Iterable[str], known: Iterable[str]) -> ArgumentError:
    """The error for keywords that a call does not have."""
    names = list(known)
    told = "; ".join(f"{name!r}.{did_you_mean(name, names)}" for name in given)
    return ArgumentError(f"{call} got an unknown keyword {told} It takes: {', '.join(names)}")


@contextmanager
def shallow() -> Iterator[None]:
    """Around what walks an expression: one too deep for Python's stack is an ArgumentError."""
    try:
        yield
    except RecursionError:
        raise ArgumentError("the expression nests too deeply; split it into several derived columns") from None


def kind_of(value: object) -> str:
    """The kind of a value as an error message names it."""
    return "None" if value is None else type(value).__name__
