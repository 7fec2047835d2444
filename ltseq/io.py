"""Tables from files and objects, and back into files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from . import convert, engine, ingest
from ._native import Plan
from .core import TableCore
from .cursor import Cursor
from .errors import column_not_found, kind_of, native, native_values
from .exceptions import ArgumentError
from .expr.build import MOST, flag, integer, one_of
from .paths import PathLike, Paths, files
from .types import type_name

if TYPE_CHECKING:
    from .table import LTSeq

_CODECS = ("snappy", "zstd", "gzip", "lz4", "brotli", "none")


def _table(plan: Plan) -> LTSeq:
    from .table import LTSeq

    made = LTSeq.__new__(LTSeq)
    made._set(plan)
    return made


def _types(schema: object) -> dict[str, str]:
    """A schema argument with every type in its one spelling."""
    if schema is None:
        return {}
    if not isinstance(schema, Mapping):
        raise ArgumentError(f"schema must be a dict of names and types, not {kind_of(schema)}")
    for name in schema:
        _column_name(name)
    return {name: type_name(kind) for name, kind in schema.items()}


def _column_name(name: object) -> str:
    if not isinstance(name, str):
        raise ArgumentError(f"a column's name must be str, not {kind_of(name)}")
    return name


def csv_plan(path: Paths, has_header: bool, delimiter: str, schema: object, infer_rows: int) -> Plan:
    """The plan of a CSV source, its arguments checked."""
    if not isinstance(delimiter, str) or len(delimiter.encode()) != 1 or delimiter in '"\r\n':
        raise ArgumentError(f"delimiter must be one ASCII character, no quote and no line end, not {delimiter!r}")
    options = {
        "has_header": flag(has_header, "has_header"),
        "delimiter": delimiter,
        "schema": _types(schema) or None,
        "infer_rows": integer(infer_rows, "infer_rows", least=0),
    }
    found = files(path, ".csv")
    plan = native(engine.default().read_csv, found, json.dumps(options))
    _check_named(_types(schema), plan)
    return plan


def _check_named(types: Mapping[str, str], plan: Plan) -> None:
    """A schema must not name columns that the file does not have."""
    names = [name for name, _ in native(plan.schema)] if types else []
    for name in types:
        if name not in names:
            raise column_not_found(name, names)


class Readers(TableCore):
    """Ways to make a table."""

    __slots__ = ()

    @classmethod
    def read_csv(
        cls,
        path: Paths,
        has_header: bool = True,
        *,
        delimiter: str = ",",
        schema: Mapping[str, str] | None = None,
        infer_rows: int = 1000,
    ) -> LTSeq:
        """A table over CSV files: a path, a list of them, a glob or a directory; files in name order.

        Without a header the columns are `column_1`, `column_2`, …. Types come from the first `infer_rows` rows
        unless `schema` names them; an empty field is NULL. A later row of another type: ExecutionError with file,
        line and column, when it is read. A missing file: LTSeqError and FileNotFoundError, at the call.
        """
        return _table(csv_plan(path, has_header, delimiter, schema, infer_rows))

    @classmethod
    def read_parquet(cls, path: Paths) -> LTSeq:
        """A table over Parquet files: a path, a list of them, a glob or a directory; files in name order.

        Names keep their case. Only the columns and row groups that are needed are read.
        """
        return _table(native(engine.default().read_parquet, files(path, ".parquet")))

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, object]], schema: Mapping[str, str] | None = None) -> LTSeq:
        """A table of dicts; an absent key is NULL, types come from all rows.

        int with float gives float64, other mixtures are errors. `schema` may name types.
        Rows that are not dicts, or no rows without a schema: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_rows([{"a": 1}, {"a": 2.5, "b": "x"}]).to_dicts()
        [{'a': 1.0, 'b': None}, {'a': 2.5, 'b': 'x'}]
        """
        if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
            raise ArgumentError(f"rows must be a list of dicts, not {kind_of(rows)}")
        types = _types(schema)
        listed = list(rows)
        for row in listed:
            if not isinstance(row, Mapping):
                raise ArgumentError(f"rows must be dicts, not {kind_of(row)}")
        if not listed and not types:
            raise ArgumentError("from_rows([]) needs a schema, for there are no rows to take it from")
        names = dict.fromkeys([*types, *(_column_name(name) for row in listed for name in row)])
        if not names:
            return _table(native_values(engine.default().from_columns, [], [], [], len(listed)))
        columns = {name: [row.get(name) for row in listed] for name in names}
        return _table(native_values(engine.default().from_columns, *ingest.table(columns, types)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Iterable[object]]) -> LTSeq:
        """A table of columns: a dict of names and equally long lists.

        No column, another length, mixed types: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 2], "b": ["x", None]}).to_dicts()
        [{'a': 1, 'b': 'x'}, {'a': 2, 'b': None}]
        """
        if not isinstance(data, Mapping):
            raise ArgumentError(f"data must be a dict of names and lists, not {kind_of(data)}")
        if not data:
            raise ArgumentError("data must hold at least one column")
        columns: dict[str, Sequence[object]] = {}
        for name, values in data.items():
            # A set has no order that its values could keep.
            if isinstance(values, (str, bytes, Mapping, Set)) or not isinstance(values, Iterable):
                raise ArgumentError(f"column {_column_name(name)!r} must be a list of values, not {kind_of(values)}")
            columns[_column_name(name)] = list(values)
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
            raise ArgumentError(f"columns must be equally long, not {told}")
        return _table(native_values(engine.default().from_columns, *ingest.table(columns, {})))

    @classmethod
    def from_pandas(cls, df: Any) -> LTSeq:
        """A table of a pandas DataFrame: its index is dropped, its NaN is NULL. Needs pyarrow (ImportError)."""
        if not _is_a("pandas", "DataFrame", df):
            raise ArgumentError(f"df must be a pandas DataFrame, not {kind_of(df)}")
        pyarrow = convert.load("pyarrow")
        names = [str(name) for name in df.columns]
        _refuse_duplicates(names)
        try:
            table = pyarrow.Table.from_pandas(df, preserve_index=False)
        except (pyarrow.ArrowException, TypeError, ValueError) as error:
            raise ArgumentError(f"the DataFrame holds a column without one type: {error}") from None
        for field in table.schema:
            # What pandas keeps as a number with a meaning of its own would be a bare number here.
            if str(field.type).startswith("extension<pandas.period"):
                raise ArgumentError(
                    f"column {field.name!r} holds periods, which no type here stands for; convert it with "
                    ".dt.to_timestamp(), or to text"
                )
        # pandas writes notes about itself into the schema; they are not ours to carry.
        return _table(native(engine.default().from_arrow, _without_nan(table).replace_schema_metadata(None), None))

    @classmethod
    def from_polars(cls, df: Any) -> LTSeq:
        """A table of a polars DataFrame, without a copy."""
        if not _is_a("polars", "DataFrame", df):
            hint = "; call .collect() on it first" if _is_a("polars", "LazyFrame", df) else ""
            raise ArgumentError(f"df must be a polars DataFrame, not {kind_of(df)}{hint}")
        _refuse_objects(df)
        return _table(native(engine.default().from_arrow, df, None))

    @classmethod
    def from_arrow(cls, x: Any) -> LTSeq:
        """A table of anything with Arrow's PyCapsule interface, without a copy where possible.

        A one-pass stream (a reader) is consumed at the call. Anything else: ArgumentError.
        """
        if type(x).__name__ == "PyCapsule":
            x = _Capsule(x)
        if _is_a("pandas", "DataFrame", x):
            return cls.from_pandas(x)
        if _is_a("polars", "DataFrame", x):
            return cls.from_polars(x)
        if not _is_arrow(x) or _is_a("pandas", "Series", x) or _is_one_column(x):
            raise ArgumentError(f"x must be an Arrow table, batch, reader or PyCapsule object, not {kind_of(x)}")
        return _table(x._plan if isinstance(x, TableCore) else native(engine.default().from_arrow, x, None))

    @classmethod
    def scan(cls, path: Paths, has_header: bool = True) -> Cursor:
        """A Cursor over CSV files: one pass, in order, in constant memory."""
        plan = csv_plan(path, has_header, ",", None, 1000)
        return Cursor(plan, source=os.fspath(path) if isinstance(path, (str, os.PathLike)) else None)

    @classmethod
    def scan_parquet(cls, path: Paths) -> Cursor:
        """A Cursor over Parquet files: one pass, in order, in constant memory."""
        plan = native(engine.default().read_parquet, files(path, ".parquet"))
        return Cursor(plan, source=os.fspath(path) if isinstance(path, (str, os.PathLike)) else None)


class Writers(TableCore):
    """Ways out of a table."""

    __slots__ = ()

    def to_cursor(self, batch_size: int | None = None) -> Cursor:
        """A Cursor over the rows: one pass, in order, in constant memory. batch_size < 1: ArgumentError."""
        rows = None if batch_size is None else integer(batch_size, "batch_size", least=1)
        return Cursor(self._plan, source=None, batch_size=rows)

    def write_csv(self, path: PathLike) -> None:
        """Writes one CSV file with a header, in order; all of it or nothing. Runs."""
        self._write(path, "csv", None)

    def write_parquet(self, path: PathLike, compression: str | None = None) -> None:
        """Writes one Parquet file, in order; all of it or nothing. Runs.

        `compression`: snappy, zstd, gzip, lz4, brotli or none; another: ArgumentError.
        """
        codec = None if compression is None else one_of(compression, "compression", _CODECS)
        self._write(path, "parquet", codec)

    def _write(self, path: PathLike, form: str, compression: str | None) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise ArgumentError(f"path must be str or PathLike, not {kind_of(path)}")
        native(self._plan.write, os.fspath(path), json.dumps({"format": form, "compression": compression}))


def seq(start_or_stop: int, stop: int | None = None, step: int = 1) -> LTSeq:
    """Integers as `range` gives them: an int64 column `value`, ordered by it. step 0: ArgumentError.

    >>> from ltseq import seq
    >>> seq(1, 4).to_dicts()
    [{'value': 1}, {'value': 2}, {'value': 3}]
    """
    first = _int64(start_or_stop, "stop" if stop is None else "start")
    if stop is None:
        begin, end = 0, first
    else:
        begin, end = first, _int64(stop, "stop")
    if _int64(step, "step") == 0:
        raise ArgumentError("step must not be 0")
    return _table(native(engine.default().range, begin, end, step))


def _int64(value: object, what: str) -> int:
    return integer(value, what, least=-MOST - 1, most=MOST)


def plan_of(data: Any) -> Plan:
    """The plan of whatever a `from_*` takes."""
    if isinstance(data, TableCore):
        return data._plan
    if isinstance(data, Mapping):
        return Readers.from_dict(data)._plan
    # The type is asked first: a frame is an iterable too, of the names of its columns.
    if is_table_like(data) or type(data).__name__ == "PyCapsule":
        return _plan_of(Readers.from_arrow(data))
    if isinstance(data, Iterable) and not isinstance(data, (str, bytes, Set)):
        return _plan_of(Readers.from_rows(data))
    hint = "; call .collect() on it first" if _is_a("polars", "LazyFrame", data) else ""
    raise ArgumentError(
        f"a table can be made of rows (a list of dicts), a dict of columns, a pandas or polars frame "
        f"or an Arrow object, not of {kind_of(data)}{hint}"
    )


def _plan_of(made: LTSeq) -> Plan:
    """The plan of a table that was just read, one without columns too."""
    assert made._plan_or_none is not None
    return made._plan_or_none


def is_table_like(data: object) -> bool:
    """True for what a query may name: our tables, frames of pandas and polars, Arrow objects."""
    return isinstance(data, TableCore) or _is_a("pandas", "DataFrame", data) or _is_arrow(data)


def _is_arrow(data: object) -> bool:
    kind = type(data)
    return hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__arrow_c_array__")


def _is_one_column(x: Any) -> bool:
    """True for a series of polars or a chunked array whose values are no rows."""
    kind = x.dtype if _is_a("polars", "Series", x) else x.type if _is_a("pyarrow", "ChunkedArray", x) else "struct"
    return not str(kind).lower().startswith("struct")


class _Capsule:
    """A bare stream capsule behind the method that the interface asks for."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._capsule


def _is_a(module: str, name: str, value: object) -> bool:
    """True for an instance of module.name or a subclass, without importing the module."""
    return any(base.__name__ == name and base.__module__.split(".")[0] == module for base in type(value).__mro__)


def _refuse_objects(df: Any) -> None:
    """Python objects in a polars column: what polars hands on of them are addresses."""
    for name, kind in df.schema.items():
        if "Object" in str(kind):
            raise ArgumentError(f"column {name!r} holds Python objects, which no type here stands for")


def _without_nan(table: Any) -> Any:
    """The table of a DataFrame with NaN as NULL where pandas kept the two apart: in columns that are Arrow's own."""
    compute = convert.load("pyarrow.compute")
    for place, field in enumerate(table.schema):
        if str(field.type) in {"halffloat", "float", "double"}:
            nan = compute.is_nan(table.column(place))
            if compute.any(nan).as_py():
                table = table.set_column(place, field, compute.if_else(nan, None, table.column(place)))
    return table


def _refuse_duplicates(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(f"two columns are called {name!r}")
