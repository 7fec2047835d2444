"""The cursor of PEP 249: one statement at a time and its result."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from ltseq_dbapi import arrow, bulk, native, params
from ltseq_dbapi.errors import Error, InterfaceError, ProgrammingError, closed
from ltseq_dbapi.rows import Row, Rows
from ltseq_dbapi.types import Description

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    from ltseq._native import Result
    from ltseq_dbapi.connection import Connection

__all__ = ["Cursor"]

_ROWS_PER_INSERT: Final = 65_536


class Cursor:
    """Executes statements on its connection's engine and hands out their rows.

    Cursors of one connection see each other's changes at once.  A cursor belongs to one thread
    at a time; `cancel` may be called from any.

    >>> import ltseq_dbapi
    >>> cursor = ltseq_dbapi.connect().cursor()
    >>> cursor.execute("SELECT ? + 1 AS n", (41,)).fetchone()
    (42,)
    >>> cursor.description[0][:2]
    ('n', 'int64')
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._closed = False
        self._rows: Rows | None = None
        self._description: list[Description] | None = None
        self._rowcount = -1
        self._arraysize = 1

    # -- what the last statement gave ----------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """The connection this cursor was made by."""
        return self._connection

    @property
    def description(self) -> list[Description] | None:
        """Seven items per column of the result; None where the statement has none.

        Stays until the next `execute`, also when all rows have been fetched.
        """
        return self._description

    @property
    def rowcount(self) -> int:
        """Rows inserted, updated or deleted; -1 for queries, whose rows stream, and for DDL."""
        return self._rowcount

    @property
    def rownumber(self) -> int | None:
        """How many rows have been taken from the result; None without one.

        >>> import ltseq_dbapi
        >>> cursor = ltseq_dbapi.connect().execute("SELECT 1")
        >>> _ = cursor.fetchone()
        >>> cursor.rownumber
        1
        """
        return None if self._rows is None else self._rows.position

    @property
    def lastrowid(self) -> None:
        """Always None: rows have no identifier."""
        return None

    @property
    def arraysize(self) -> int:
        """How many rows `fetchmany` takes when it is not told; 1 at first."""
        return self._arraysize

    @arraysize.setter
    def arraysize(self, size: int) -> None:
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InterfaceError(f"arraysize must be a positive integer, not {size!r}", code="INTERFACE")
        self._arraysize = size

    # -- running -------------------------------------------------------------------------------

    def execute(self, operation: str, parameters: params.Parameters | None = None) -> Cursor:
        """Run a statement and give the cursor back.

        A sequence fills ``?`` and ``$1``, a mapping ``:name`` and ``$name``.  Several
        statements in one text run in turn; the last one's result is kept.

        >>> import ltseq_dbapi
        >>> cursor = ltseq_dbapi.connect().cursor()
        >>> cursor.execute("SELECT :a AS a", {"a": "x"}).fetchall()
        [('x',)]
        """
        self._ready(operation)
        bound = params.bind(parameters)
        result = self._run(operation, bound)
        if result.is_query:
            self._rows = Rows(result)
            self._description = self._rows.description
        else:
            self._rowcount = result.rowcount
        return self

    def executemany(self, operation: str, seq_of_parameters: Iterable[params.Parameters]) -> Cursor:
        """Run a statement once for each set of parameters; for statements without rows.

        An ``INSERT … VALUES (?, …)`` with question marks is run for many rows at once: up to
        65,536 of them are inserted together or not at all; longer sequences go in portions of
        that size, and an error leaves the portions before it inserted.  Other statements (and
        INSERTs with ``$1`` or ``:name``, with comments, or with a query in their VALUES) run set
        by set, and an error leaves those before it done.  A set that is of another length than
        the first is found before anything of its portion runs.

        >>> import ltseq_dbapi
        >>> cursor = ltseq_dbapi.connect().execute("CREATE TABLE t (a INT)")
        >>> cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)]).rowcount
        2
        """
        self._ready(operation)
        if isinstance(seq_of_parameters, (str, bytes)) or not isinstance(seq_of_parameters, Iterable):
            raise ProgrammingError(
                f"executemany takes a sequence of parameter sets, not {type(seq_of_parameters).__name__}",
                code="PARAMETER",
            )
        insert = bulk.recognise(operation)
        total = 0
        sets = iter(seq_of_parameters)
        while chunk := [params.bind(one) for one in itertools.islice(sets, _ROWS_PER_INSERT)]:
            _same_length(chunk)
            counts = self._insert(insert, chunk) or self._one_by_one(operation, chunk)
            total = -1 if total < 0 or min(counts) < 0 else total + sum(counts)
        self._rowcount = total
        return self

    def cancel(self) -> None:
        """Stop what runs on this connection; it ends with an OperationalError (``CANCELLED``).

        May be called from any thread.  The engine is shared, so the statements of the other
        cursors of the connection stop too.
        """
        self._connection.cancel()

    # -- fetching ------------------------------------------------------------------------------

    def fetchone(self) -> Row | None:
        """The next row, or None after the last.

        >>> import ltseq_dbapi
        >>> ltseq_dbapi.connect().execute("SELECT 1, 'a'").fetchone()
        (1, 'a')
        """
        return self._readable().one()

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next rows, at most `size` (`arraysize` if not given); empty after the last.

        >>> import ltseq_dbapi
        >>> cursor = ltseq_dbapi.connect().execute("SELECT * FROM (VALUES (1), (2)) AS t (a)")
        >>> len(cursor.fetchmany(5)), cursor.fetchmany(5)
        (2, [])
        """
        rows = self._readable()
        if size is None:
            size = self._arraysize
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise InterfaceError(f"the number of rows to fetch must not be {size!r}", code="INTERFACE")
        return rows.many(size)

    def fetchall(self) -> list[Row]:
        """The rows that are left.

        >>> import ltseq_dbapi
        >>> ltseq_dbapi.connect().execute("SELECT 1 AS a").fetchall()
        [(1,)]
        """
        return self._readable().all()

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def nextset(self) -> None:
        """Skip the rest of the result; always None, for there is never another one.

        >>> import ltseq_dbapi
        >>> cursor = ltseq_dbapi.connect().execute("SELECT 1")
        >>> cursor.nextset() is None, cursor.fetchall()
        (True, [])
        """
        self._readable().close()

    # -- Arrow ---------------------------------------------------------------------------------

    def fetch_arrow_table(self) -> pa.Table:
        """The rows that are left as a pyarrow.Table.

        >>> import ltseq_dbapi
        >>> ltseq_dbapi.connect().execute("SELECT 1 AS a").fetch_arrow_table().to_pydict()
        {'a': [1]}
        """
        rows = self._readable()
        return arrow.table(rows.arrow_schema(), rows.arrow_batches())

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """The rows that are left as a pyarrow.RecordBatchReader, which reads as it goes.

        >>> import ltseq_dbapi
        >>> cursor = ltseq_dbapi.connect().execute("SELECT 1 AS a")
        >>> cursor.fetch_record_batch().schema.names
        ['a']
        """
        rows = self._readable()
        return arrow.reader(rows.arrow_schema(), rows.arrow_batches())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows that are left as an Arrow C stream: ``pl.DataFrame(cursor)``, ``pa.table(cursor)``.

        >>> import ltseq_dbapi, pyarrow as pa
        >>> pa.table(ltseq_dbapi.connect().execute("SELECT 1 AS a")).to_pydict()
        {'a': [1]}
        """
        reader: Any = self.fetch_record_batch()
        stream: object = native.call(reader.__arrow_c_stream__, requested_schema)
        return stream

    # -- the rest of PEP 249 -------------------------------------------------------------------

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Does nothing: parameters carry their own types and sizes."""
        self._check()

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing: values are never cut."""
        self._check()

    def close(self) -> None:
        """Drop the result; every other call fails from now on.  Closing twice is fine.

        `rowcount` stays: SQLAlchemy asks for it afterwards.

        >>> import ltseq_dbapi
        >>> cursor = ltseq_dbapi.connect().cursor()
        >>> cursor.close()
        >>> cursor.execute("SELECT 1")
        Traceback (most recent call last):
        ltseq_dbapi.errors.ProgrammingError: the cursor is closed
        """
        if not self._closed:
            rowcount = self._rowcount
            self._forget()
            self._rowcount = rowcount
            self._closed = True

    def __enter__(self) -> Cursor:
        self._check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<ltseq_dbapi.Cursor {state}>"

    # -- inside --------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._closed:
            raise closed("cursor")
        self._connection._check()

    def _ready(self, operation: str) -> None:
        """Checked, and without the result of the statement before."""
        self._check()
        if not isinstance(operation, str):
            raise ProgrammingError(f"a statement must be str, not {type(operation).__name__}", code="ARGUMENT")
        self._forget()

    def _forget(self) -> None:
        rows, self._rows = self._rows, None
        self._description = None
        self._rowcount = -1
        if rows is not None:
            rows.close()

    def _readable(self) -> Rows:
        self._check()
        if self._rows is None:
            raise ProgrammingError("there is no result to fetch from", code="NO_RESULT", hint="execute a query first")
        return self._rows

    def _run(self, operation: str, bound: Any) -> Result:
        result = native.call(self._connection.engine.execute, operation, bound)
        if not result.is_query:
            self._connection._wrote()
        return result

    def _insert(self, insert: bulk.BulkInsert | None, chunk: list[Any]) -> list[int] | None:
        """All rows in one statement; None where the statement is not for that."""
        if insert is None or len(chunk) < 2:
            return None
        if not all(isinstance(one, list) and len(one) == insert.width for one in chunk):
            return None
        relation = self._relation(insert, chunk)
        if relation is not None:
            try:
                return [self._run(insert.statement(relation), None).rowcount]
            except ProgrammingError as error:
                # Found before anything ran. Types are converted, and refused, differently in VALUES.
                if error.code not in ("ARGUMENT", "TYPE"):
                    raise
            finally:
                native.call(self._connection.engine.deregister, relation)
        flat = [item for one in chunk for item in one]
        return [self._run(insert.repeated(len(chunk)), flat).rowcount]

    def _relation(self, insert: bulk.BulkInsert, chunk: list[Any]) -> str | None:
        """The name of a relation that holds the parameters; None where a column mixes types."""
        columns = bulk.columns_of(chunk)
        if columns is None:
            return None
        engine, name = self._connection.engine, bulk.relation_name()
        types: list[str | None] = [None] * len(columns)
        try:
            plan = native.call(engine.from_columns, insert.names(), columns, types)
        except Error:  # values of one Python type that make no Arrow type
            return None
        native.call(engine.register_plan, name, plan)
        return name

    def _one_by_one(self, operation: str, chunk: list[Any]) -> list[int]:
        counts = []
        for bound in chunk:
            result = self._run(operation, bound)
            if result.is_query:
                raise ProgrammingError("executemany is for statements that return no rows", code="ARGUMENT")
            counts.append(result.rowcount)
        return counts


def _same_length(chunk: list[Any]) -> None:
    """Refuse sets of parameters that cannot all fit one statement; names are left to the engine."""
    named = [isinstance(one, dict) for one in chunk]
    if any(named):
        if not all(named):
            raise ProgrammingError("some sets of parameters are sequences and some are mappings", code="PARAMETER")
        return
    lengths = [len(one or ()) for one in chunk]
    for place, length in enumerate(lengths, 1):
        if length != lengths[0]:
            raise ProgrammingError(
                f"the sets of parameters differ in length: {lengths[0]} in the first, {length} in set {place}",
                code="PARAMETER_COUNT",
            )
