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
    load("pandas")
    return pandas_of(to_arrow(plan), nullable)


def pandas_of(table: pa.Table, nullable: bool = False) -> pd.DataFrame:
    """The rows of a pyarrow Table as a pandas DataFrame."""
    pandas, pyarrow = load("pandas"), load("pyarrow")
    for place, field in enumerate(table.schema):
        if pyarrow.types.is_nested(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(_for_pandas(pyarrow, field.type)))
    try:
        return table.to_pandas(types_mapper=_nullable(pandas).get if nullable else None)
    except pyarrow.ArrowNotImplementedError:
        kinds = ", ".join(f"{field.name!r} {field.type}" for field in table.schema)
        raise ArgumentError(f"pandas has no type for one of these columns, cast it first: {kinds}") from None


def _for_pandas(pyarrow: Any, kind: Any) -> Any:
    """The type with what pyarrow cannot turn into the lists of pandas as its plain form: views, small decimals."""
    types = pyarrow.types
    if types.is_string_view(kind):
        return pyarrow.large_string()
    if types.is_binary_view(kind):
        return pyarrow.large_binary()
    if types.is_decimal32(kind) or types.is_decimal64(kind):
        return pyarrow.decimal128(kind.precision, kind.scale)
    if types.is_list(kind):
        return pyarrow.list_(_for_pandas(pyarrow, kind.value_type))
    if types.is_large_list(kind):
        return pyarrow.large_list(_for_pandas(pyarrow, kind.value_type))
    if types.is_fixed_size_list(kind):
        return pyarrow.list_(_for_pandas(pyarrow, kind.value_type), kind.list_size)
    if types.is_map(kind):
        return pyarrow.map_(_for_pandas(pyarrow, kind.key_type), _for_pandas(pyarrow, kind.item_type))
    if types.is_struct(kind):
        return pyarrow.struct([field.with_type(_for_pandas(pyarrow, field.type)) for field in kind])
    return kind


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
