"""The Arrow side of the driver: what `register` takes and what `fetch_arrow_table` gives.

pyarrow, pandas and polars are loaded only when they are used.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ltseq_dbapi import native
from ltseq_dbapi.errors import DataError, Error, InterfaceError, ProgrammingError

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

__all__ = ["exportable", "load_pyarrow", "reader", "record_batch", "schema", "table"]


def load_pyarrow() -> Any:
    """The module pyarrow, or an error that says how to get it.

    >>> load_pyarrow().__name__
    'pyarrow'
    """
    try:
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise InterfaceError(
            "fetching Arrow data needs the package pyarrow",
            code="INTERFACE",
            hint="pip install pyarrow",
        ) from error


def exportable(data: object) -> object:
    """An object that speaks the Arrow C interface, for whatever `register` takes.

    pandas frames lose their index (it is not a column) and their NaN is NULL; lazy polars
    frames are collected; a dict of columns becomes a table.  What those libraries refuse is an
    error of the driver.

    >>> exportable({"a": [1], "b": [1, 2]})
    Traceback (most recent call last):
    ltseq_dbapi.errors.DataError: cannot register this dict: Column 1 named b expected length 1 but got length 2
    """
    try:
        return _exportable(data)
    except Error:
        raise
    except Exception as error:
        wrong_call = isinstance(error, (TypeError, UnicodeError))
        kind, code = (ProgrammingError, "ARGUMENT") if wrong_call else (DataError, "DATA")
        raise kind(f"cannot register this {type(data).__name__}: {error}", code=code) from error


def _exportable(data: object) -> object:
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return load_pyarrow().Table.from_pandas(data, preserve_index=False)
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(data, polars.LazyFrame):
        return data.collect()
    if isinstance(data, dict):
        return load_pyarrow().table(data)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return data
    raise ProgrammingError(
        f"cannot register a {type(data).__name__}",
        code="ARGUMENT",
        hint="give a pandas, polars, pyarrow or LTSeq table, or any object with __arrow_c_stream__",
    )


def record_batch(batch: Any, offset: int = 0) -> Any:
    """A batch of the engine as a pyarrow.RecordBatch, without its first rows."""
    whole = native.call(load_pyarrow().record_batch, batch)
    return whole.slice(offset) if offset else whole


def reader(columns: Any, batches: Iterator[Any]) -> pa.RecordBatchReader:
    """A reader over batches that come one at a time; their errors keep their class."""
    return load_pyarrow().RecordBatchReader.from_batches(columns, batches)


def table(columns: Any, batches: Iterator[Any]) -> pa.Table:
    """All batches as one table."""
    return native.call(load_pyarrow().Table.from_batches, list(batches), columns)


def schema(stream: Any) -> Any:
    """The schema of a stream of the engine as a pyarrow.Schema."""
    return native.call(load_pyarrow().schema, stream)
