"""The rows of one result on their way to the user, as tuples or as Arrow batches.

A result is one pass.  Both ways out share the same place in it, so that a table fetched after
some rows holds the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfoNotFoundError

from ltseq_dbapi import arrow, native
from ltseq_dbapi.errors import DataError, Error, InternalError, ProgrammingError
from ltseq_dbapi.types import Column, Description, describe

if TYPE_CHECKING:
    from ltseq._native import Batch, Result, Stream

__all__ = ["Rows"]

Row = tuple[Any, ...]


class Rows:
    """A result that can be read: the current batch, the place in it and the stream behind it."""

    def __init__(self, result: Result) -> None:
        columns = [Column(*column) for column in native.call(result.schema)]
        self.description: list[Description] = describe(columns)
        self.position = 0
        self._result = result
        self._stream: Stream | None = None
        self._batch: Batch | None = None
        self._rows: list[Row] = []
        self._next = 0
        self._done = False
        self._closed = False
        self._error: Error | None = None

    def one(self) -> Row | None:
        """The next row, or None after the last."""
        if self._next >= len(self._rows) and not self._advance():
            return None
        row = self._rows[self._next]
        self._next += 1
        self.position += 1
        return row

    def many(self, size: int) -> list[Row]:
        """At most `size` rows."""
        taken: list[Row] = []
        while len(taken) < size and (self._next < len(self._rows) or self._advance()):
            part = self._rows[self._next : self._next + size - len(taken)]
            self._next += len(part)
            taken += part
        self.position += len(taken)
        return taken

    def all(self) -> list[Row]:
        """The rows that are left."""
        taken = self._rows[self._next :]
        self._next = len(self._rows)
        while self._advance():
            taken += self._rows
            self._next = len(self._rows)
        self.position += len(taken)
        return taken

    def arrow_schema(self) -> Any:
        """The schema of the result as a pyarrow.Schema."""
        return arrow.schema(self._open())

    def arrow_batches(self) -> Iterator[Any]:
        """What is left, as pyarrow record batches."""
        if self._batch is not None and self._next < self._batch.num_rows:
            offset, self._next = self._next, len(self._rows)
            self.position += self._batch.num_rows - offset
            yield arrow.record_batch(self._batch, offset)
        while (batch := self._next_batch()) is not None:
            self._batch, self._rows, self._next = None, [], 0
            self.position += batch.num_rows
            yield arrow.record_batch(batch)
        if self._closed:
            raise ProgrammingError("the cursor has left this result before it was read to its end", code="CLOSED")

    def close(self) -> None:
        """Stop; no rows are left.  A reader that still hangs on this result gets an error."""
        stream, self._stream = self._stream, None
        self._closed = self._closed or not self._done
        self._done = True
        self._batch, self._rows, self._next = None, [], 0
        if stream is not None:
            native.call(stream.close)

    def _advance(self) -> bool:
        """Take the next batch that has rows; False when there is none."""
        batch = self._next_batch()
        self._batch = batch
        self._rows = [] if batch is None else native.call(_tuples, batch)
        self._next = 0
        return batch is not None

    def _next_batch(self) -> Batch | None:
        """The next batch that has rows.  A result that has failed keeps failing."""
        if self._error is not None:
            raise self._error
        if self._done:
            return None
        try:
            stream = self._open()
            while (batch := native.call(stream.next)) is not None:
                if batch.num_rows:
                    return batch
        except Error as error:
            self._error = error
            raise
        self._done = True
        return None

    def _open(self) -> Stream:
        if self._stream is None:
            self._stream = native.call(self._result.stream)
        if self._stream is None:
            raise InternalError("the engine gave a query without rows to read", code="INTERNAL")
        return self._stream


def _tuples(batch: Batch) -> list[Row]:
    """The rows of a batch.  What Python's own classes refuse is a fault of the data: an hour 25."""
    try:
        return batch.rows()
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        raise DataError(f"a value that Python cannot hold: {error}", code="DATA") from error
