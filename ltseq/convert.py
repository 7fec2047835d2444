"""Rows out: batches of a plan as pyarrow, pandas and polars objects, each loaded on use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._native import Batch, Plan
from .errors import native
from .exceptions import ArgumentError
from .progress_line import Progress

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def load(module: str) -> Any:
    """The module, or an ImportError that names it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"this needs {module}, which is not installed: pip install {module}", name=module) from error


def batches(plan: Plan | None) -> Iterator[Batch]:
    """The rows of a plan, batch by batch; the run ends when the iterator does."""
    if plan is None:
        return
    stream = native(plan.run)
    try:
        while (batch := native(stream.next)) is not None:
            yield batch
    finally:
        stream.close()


def all_batches(plan: Plan | None) -> list[Batch]:
    """All rows of a plan; a long run shows how far it is."""
    found = []
    with Progress() as progress:
        for batch in batches(plan):
            found.append(batch)
            progress.rows += batch.num_rows
    return found


def to_arrow(plan: Plan | None) -> pa.Table:
    """A pyarrow Table of all rows."""
    pyarrow = load("pyarrow")
    if plan is None:
        return pyarrow.table({})
    schema = pyarrow.schema(plan)
    return pyarrow.Table.from_batches([pyarrow.record_batch(batch) for batch in all_batches(plan)], schema)


def to_pandas(plan: Plan | None, nullable: bool) -> pd.DataFrame:
    """A pandas DataFrame of all rows."""
    pandas = load("pandas")
    table = to_arrow(plan)
    if not nullable:
        return table.to_pandas()
    return table.to_pandas(types_mapper=_nullable(pandas).get)


def _nullable(pandas: Any) -> dict[Any, Any]:
    """Pandas' nullable type for each Arrow type that would lose its NULLs otherwise."""
    pyarrow = load("pyarrow")
    names = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
    found = {getattr(pyarrow, name)(): pandas.api.types.pandas_dtype(_pandas_name(name)) for name in names}
    found[pyarrow.bool_()] = pandas.BooleanDtype()
    for text in (pyarrow.string(), pyarrow.large_string(), pyarrow.string_view()):
        found[text] = pandas.StringDtype()
    return found


def _pandas_name(name: str) -> str:
    """`UInt8` of `uint8`: pandas writes its nullable types with capitals."""
    return name.replace("uint", "UInt").replace("float", "Float") if not name.startswith("int") else name.capitalize()


def to_polars(plan: Plan | None) -> pl.DataFrame:
    """A polars DataFrame of all rows."""
    polars = load("polars")
    if plan is None:
        return polars.DataFrame()
    found = all_batches(plan)
    try:
        frames = [polars.DataFrame(batch) for batch in found]
    except polars.exceptions.PanicException:
        kinds = ", ".join(f"{name!r} {kind}" for name, kind in native(plan.schema))
        raise ArgumentError(f"polars has no type for one of these columns, cast it first: {kinds}") from None
    if frames:
        return polars.concat(frames)
    return polars.DataFrame(schema=polars.Schema(plan))
