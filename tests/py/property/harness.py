"""The engine under test: one per setting, tables from every source, answers as plain cells."""

from __future__ import annotations

import functools
import os
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ltseq._native import Engine, NativeError

BATCH_SIZES = (1, 2, 7, 8192)
PARTITIONS = (1, 2, 4, 16)
SOURCES = ("memory", "parquet", "eight_parquet", "csv")

# How many examples the whole folder tries; each test takes a share of it.
EXAMPLES = int(os.environ.get("LTSEQ_FUZZ") or 180)


class Setting(NamedTuple):
    """How the engine is to run."""

    batch_size: int = 8192
    partitions: int = 1
    kernels: bool = True


ALL_SETTINGS = [Setting(b, p, k) for b in BATCH_SIZES for p in PARTITIONS for k in (True, False)]


@functools.cache
def engine(setting: Setting) -> Engine:
    """One engine per setting, kept."""
    return Engine(
        {
            "batch_size": str(setting.batch_size),
            "target_partitions": str(setting.partitions),
            "kernels": str(setting.kernels).lower(),
        }
    )


NANOS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def cells(column: pa.ChunkedArray) -> list[Any]:
    """A column as the reference has it: times are integers (ns), dictionaries their values."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        scale = NANOS[kind.unit]
        return [None if v is None else v * scale for v in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_date32(kind):
        return column.cast(pa.int32()).to_pylist()
    return column.to_pylist()


class Answer(NamedTuple):
    """Rows, or the code of an error and its text."""

    columns: dict[str, list[Any]] | None
    code: str | None = None
    message: str | None = None

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Row by row."""
        assert self.columns is not None, self.message
        return list(zip(*self.columns.values(), strict=True))


def ask(sql: str, setting: Setting = Setting(), tables: dict[str, pa.Table] | None = None) -> Answer:
    """Runs the text; tables in memory by name."""
    on = engine(setting)
    for name, table in (tables or {}).items():
        on.register(name, table)
    try:
        return read(on, sql)
    finally:
        for name in tables or {}:
            on.deregister(name)


def read(on: Engine, sql: str) -> Answer:
    """What the engine says."""
    try:
        table = pa.table(on.execute(sql))
    except NativeError as error:
        return Answer(None, error.code, error.message)
    except pa.ArrowInvalid as error:  # an error in the middle of the stream
        return Answer(None, code_of(str(error)), str(error))
    names = table.column_names
    assert len(set(names)) == len(names), f"two columns of one name: {names}"
    return Answer({name: cells(table.column(i)) for i, name in enumerate(names)})


def code_of(text: str) -> str:
    """The code that an error's text begins with."""
    words = text.replace(":", " ").replace("[", " ").split()
    return next((w for w in words if w.isupper() and len(w) > 3), "UNKNOWN")


def cut(table: pa.Table, sizes: list[int]) -> pa.Table:
    """The same rows in batches of these sizes (0 gives an empty batch); the rest is the last batch."""
    batches = []
    at = 0
    whole = table.combine_chunks()
    for size in sizes:
        batches.append(whole.slice(at, min(size, table.num_rows - at)))
        at = min(at + size, table.num_rows)
    batches.append(whole.slice(at))
    chunks = [
        [b.column(i).chunk(0) if b.column(i).num_chunks else pa.array([], f.type) for b in batches]
        for i, f in enumerate(table.schema)
    ]
    return pa.table(
        [pa.chunked_array(c, f.type) for c, f in zip(chunks, table.schema, strict=True)], schema=table.schema
    )


class Stored:
    """A table in files, and the statement that declares it."""

    def __init__(
        self, table: pa.Table, source: str, name: str = "t", ordered: str = "", seams: list[int] | None = None
    ) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="ltseq-fuzz-")
        path = Path(self.folder.name)
        if source == "csv":
            pyarrow.csv.write_csv(table, path / "a.csv", pyarrow.csv.WriteOptions(quoting_style="needed"))
            columns = "(" + ", ".join(f"{f.name} {sql_type(f.type)}" for f in table.schema) + ") "
            stored, options = "CSV", "OPTIONS ('format.has_header' 'true') "
        else:
            parts = 8 if source == "eight_parquet" else 1
            edges = seams or [table.num_rows * i // parts for i in range(1, parts)]
            edges = [0, *edges, table.num_rows] if parts > 1 else [0, table.num_rows]
            for i, (a, b) in enumerate(pairwise(edges)):
                pq.write_table(table.slice(a, b - a), path / f"part-{i}.parquet", row_group_size=5)
            stored, options, columns = "PARQUET", "", ""
        self.name = name
        self.create = f"CREATE EXTERNAL TABLE {name} {columns}STORED AS {stored} LOCATION '{path}/' {options}{ordered}"

    def ask(self, sql: str, setting: Setting = Setting()) -> Answer:
        """Runs the text over the files."""
        on = engine(setting)
        try:
            on.execute(self.create)
        except NativeError as error:
            return Answer(None, error.code, error.message)
        try:
            return read(on, sql)
        finally:
            on.execute(f"DROP TABLE {self.name}")


def sql_type(kind: pa.DataType) -> str:
    """How SQL spells it."""
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz is None else "TIMESTAMP WITH TIME ZONE"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return {"int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE"}.get(str(kind), "VARCHAR")


def ask_source(sql: str, table: pa.Table, source: str, setting: Setting = Setting()) -> Answer:
    """Runs the text over `t` from this source."""
    if source == "memory":
        return ask(sql, setting, {"t": table})
    return Stored(table, source).ask(sql, setting)
