"""The rows of a table as an iterator, which also answers the `len` that `list(t)` asks for."""

from __future__ import annotations

from collections.abc import Iterator
from threading import get_ident
from typing import Any

from . import convert
from ._native import Batch, Plan
from .errors import native_rows


class RowIterator:
    """Row dicts of a plan, in order, streamed.

    `list(t)` makes an iterator, asks the table for its length, and reads the rows. Where the length is not known
    and no row has been read, `hold` counts them in the run that gives them, so that the query runs once.
    """

    __slots__ = ("__weakref__", "_held", "_names", "_plan", "_rows", "_started", "_thread")

    def __init__(self, plan: Plan | None, names: list[str]) -> None:
        self._plan, self._names = plan, names
        self._held: list[Batch] | None = None
        self._started = False
        self._thread = get_ident()
        self._rows = self._dicts()

    def __iter__(self) -> RowIterator:
        return self

    def __next__(self) -> dict[str, Any]:
        self._started = True
        return next(self._rows)

    def close(self) -> None:
        """Ends the run."""
        self._started = True
        self._rows.close()

    def hold(self) -> int | None:
        """Runs, keeps the batches for reading, and gives the number of rows; None where reading has begun.

        Another thread that shares the table may be about to read: an iterator is for the thread that made it.
        """
        if self._started or self._thread != get_ident():
            return None
        if self._held is None:
            self._held = convert.all_batches(self._plan)
        return sum(batch.num_rows for batch in self._held)

    def _batches(self) -> Iterator[Batch]:
        if self._held is None:
            yield from convert.batches(self._plan)
            return
        self._held.reverse()
        while self._held:
            # Each is let go as soon as it is read.
            yield self._held.pop()

    def _dicts(self) -> Any:
        for batch in self._batches():
            for values in native_rows(batch):
                yield dict(zip(self._names, values, strict=True))
