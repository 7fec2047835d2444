"""`Cursor`: one pass over rows as pyarrow batches, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import convert
from ._native import Plan
from .errors import native

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Cursor:
    """An iterator over `pyarrow.RecordBatch`, in order, once. Leaving its `with` block ends the run.

    What `to_arrow`, `to_pandas` and `count` give is the rest that was not read yet.
    """

    def __init__(self, plan: Plan, *, source: str | None, batch_size: int | None = None) -> None:
        self._plan = plan
        self._source = source
        self._size = batch_size
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._exhausted = False

    @property
    def schema(self) -> dict[str, str]:
        """Column names and types, in order."""
        return dict(native(self._plan.schema))

    @property
    def columns(self) -> list[str]:
        """Column names, in order."""
        return list(self.schema)

    @property
    def source(self) -> str | None:
        """The path that is read, None where it is a table."""
        return self._source

    @property
    def exhausted(self) -> bool:
        """True when there is nothing left to read."""
        return self._exhausted

    def __repr__(self) -> str:
        state = "exhausted" if self._exhausted else "new" if self._batches is None else "reading"
        columns = ", ".join(f"{name} {kind}" for name, kind in self.schema.items())
        return f"Cursor({self._source or 'a table'}, {state}: {columns})"

    def __iter__(self) -> Cursor:
        return self

    def __next__(self) -> pa.RecordBatch:
        if self._exhausted:
            raise StopIteration
        if self._batches is None:
            self._batches = self._read()
        try:
            return next(self._batches)
        except BaseException:
            # The end, an error or an interrupt: whichever it is, there is no more to come.
            self._exhausted = True
            raise

    def _read(self) -> Iterator[pa.RecordBatch]:
        pyarrow = convert.load("pyarrow")
        made = (pyarrow.record_batch(batch) for batch in convert.batches(self._plan))
        return made if self._size is None else _resized(pyarrow, made, self._size)

    def close(self) -> None:
        """Ends the run."""
        close = getattr(self._batches, "close", None)
        if close is not None:
            close()
        self._exhausted = True

    def __enter__(self) -> Cursor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def to_arrow(self) -> pa.Table:
        """The rest of the rows as a pyarrow Table."""
        pyarrow = convert.load("pyarrow")
        schema = pyarrow.schema(self._plan)
        return pyarrow.Table.from_batches(list(self), schema)

    def to_pandas(self) -> pd.DataFrame:
        """The rest of the rows as a pandas DataFrame."""
        convert.load("pandas")
        return convert.pandas_of(self.to_arrow())

    def count(self) -> int:
        """The number of rows that were not read yet; they are consumed."""
        return sum(batch.num_rows for batch in self)


def _resized(pyarrow: Any, batches: Iterator[Any], size: int) -> Iterator[Any]:
    """The rows in batches of `size`, the last one shorter."""
    held: list[Any] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= size:
            table = pyarrow.Table.from_batches(held)
            (whole,) = table.slice(0, size).combine_chunks().to_batches()
            yield whole
            rest = table.slice(size)
            held, rows = rest.to_batches(), rest.num_rows
    if rows:
        (whole,) = pyarrow.Table.from_batches(held).combine_chunks().to_batches()
        yield whole
