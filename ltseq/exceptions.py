"""Every error that LTSeq raises. All of them are `LTSeqError`.

Each class is also the builtin that fits, so that `except ValueError` and
`except FileNotFoundError` work without knowing this module.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "ColumnNotFoundError",
    "ExecutionError",
    "JoinConditionError",
    "LTSeqError",
    "NoDataError",
    "OrderViolationError",
    "SchemaMismatchError",
    "SortRequiredError",
    "SqlError",
]


class LTSeqError(Exception):
    """Root of all errors of this package."""


class ArgumentError(LTSeqError, TypeError, ValueError):
    """A wrong kind, value or column type of an argument, or a truth test of an expression."""


class ColumnNotFoundError(LTSeqError, ValueError, AttributeError):
    """A column that the table does not have; the message holds the nearest names."""


class JoinConditionError(ArgumentError):
    """A two-table condition that is not made of equalities between the two tables."""


class JoinColumnNotFoundError(JoinConditionError, ColumnNotFoundError):
    """A column that one side of a two-table condition does not have."""


class SortRequiredError(LTSeqError, ValueError):
    """An operation that needs an order on a table that has none."""


class SortDirectionError(SortRequiredError, ArgumentError):
    """Two orders by the same keys that run in different directions."""


class SchemaMismatchError(LTSeqError, ValueError):
    """Two tables whose columns do not fit together."""


class NoDataError(LTSeqError, ValueError, RuntimeError):
    """A verb on a table that holds no columns."""


class NoLengthError(NoDataError, TypeError):
    """`len()` of a table that holds nothing. As a TypeError it lets `list(LTSeq())` do without the length."""


class SqlError(LTSeqError, ValueError):
    """SQL text that cannot be planned; `line` and `column` count from 1."""

    line: int | None = None
    column: int | None = None


class SqlColumnNotFoundError(SqlError, ColumnNotFoundError):
    """A column that the tables of a query do not have."""


class SqlSortRequiredError(SqlError, SortRequiredError):
    """A query without the order that something in it needs."""


class SqlSchemaMismatchError(SqlError, SchemaMismatchError):
    """A query whose parts, or whose columns, do not fit together."""


class ExecutionError(LTSeqError, RuntimeError):
    """Data that fails while a query runs."""


class OrderViolationError(ExecutionError):
    """A declared order that the rows do not have."""


class MissingFileError(LTSeqError, FileNotFoundError):
    """A path where there is no file."""
