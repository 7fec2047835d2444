"""Section 3 of API.md: `from_pandas`, `from_polars`, `from_arrow`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, SchemaMismatchError


def values(table: LTSeq) -> list[object]:
    (name,) = table.columns
    return [row[name] for row in table]


# from_pandas(df)


def test_the_index_of_pandas_is_dropped():
    for index in (
        [7, 8],
        pd.Index(["p", "q"], name="i"),
        pd.MultiIndex.from_tuples([(1, 2), (3, 4)], names=["x", "y"]),
    ):
        t = LTSeq.from_pandas(pd.DataFrame({"a": [1, 2]}, index=index))
        assert (t.columns, values(t)) == (["a"], [1, 2])


@pytest.mark.parametrize(
    "column",
    [
        np.array([1.0, np.nan]),
        np.array([1.0, np.nan], dtype="f4"),
        pd.Series([1.0, None], dtype="Float64"),
        pd.Series([1.0, None], dtype="double[pyarrow]"),
        pd.Series(pd.arrays.ArrowExtensionArray(pa.array([1.0, float("nan")]))),
        pd.Series([1.0, np.nan], dtype=object),
    ],
    ids=["numpy", "float32", "Float64", "arrow", "arrow nan", "object"],
)
def test_nan_of_pandas_is_null(column):
    frame = pd.DataFrame({"a": column})
    for t in (LTSeq.from_pandas(frame), LTSeq(frame), LTSeq.from_arrow(frame), ltseq.sql("SELECT * FROM frame")):
        assert values(t) == [1.0, None]
        assert t.count() == 2


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pd.array([1, None], dtype="Int64"), "int64", [1, None]),
        (np.array([2**64 - 1, 0], dtype="u8"), "uint64", [2**64 - 1, 0]),
        (pd.array([True, None], dtype="boolean"), "bool", [True, None]),
        (["x", None], "string", ["x", None]),
        (pd.Categorical(["x", None]), "string", ["x", None]),
        (pd.Categorical([5, None]), "int64", [5, None]),
        (pd.to_datetime(["2024-01-02", None]), "timestamp[us]", [dt.datetime(2024, 1, 2), None]),
        (pd.to_timedelta(["1s", None]), "duration[us]", [dt.timedelta(seconds=1), None]),
        ([Decimal("1.5"), None], "decimal128(2, 1)", [Decimal("1.5"), None]),
        ([dt.date(2024, 1, 2), None], "date32", [dt.date(2024, 1, 2), None]),
        ([b"x", None], "binary", [b"x", None]),
        ([[1, 2], None], "list<int64>", [[1, 2], None]),
    ],
    ids=str,
)
def test_columns_of_pandas_keep_type_and_values(column, kind, expected):
    t = LTSeq.from_pandas(pd.DataFrame({"a": column}))
    assert (t.schema, values(t)) == ({"a": kind}, expected)


def test_times_with_a_zone_keep_it():
    moments = pd.to_datetime(["2024-07-01 12:00", None]).tz_localize("Europe/Berlin")
    t = LTSeq.from_pandas(pd.DataFrame({"a": moments}))
    assert t.schema == {"a": "timestamp[us, Europe/Berlin]"}
    assert [v and v.isoformat() for v in values(t)] == ["2024-07-01T12:00:00+02:00", None]


def test_names_of_pandas_become_text():
    assert LTSeq.from_pandas(pd.DataFrame([[1, 2]])).to_dicts() == [{"0": 1, "1": 2}]
    for names in (["a", "a"], [1, "1"]):
        with pytest.raises(ArgumentError, match="two columns"):
            LTSeq.from_pandas(pd.DataFrame([[1, 2]], columns=names))


def test_a_pandas_column_that_no_type_stands_for_is_named():
    for column in ([1, "x"], pd.period_range("2024", periods=2, freq="D"), [1j, 2j]):
        with pytest.raises(ArgumentError, match="col"):
            LTSeq.from_pandas(pd.DataFrame({"col": column}))


def test_an_empty_frame_of_pandas_keeps_its_columns():
    t = LTSeq.from_pandas(pd.DataFrame({"a": np.array([], dtype="i4"), "s": pd.Series([], dtype="str")}))
    assert (t.schema, t.to_dicts()) == ({"a": "int32", "s": "string"}, [])


# from_polars(df)


def test_polars_frames_come_in():
    frame = pl.DataFrame({"a": [1, None], "s": ["x", None], "f": [float("inf"), None], "l": [[1], None]})
    t = LTSeq.from_polars(frame)
    assert t.schema == {"a": "int64", "s": "string", "f": "float64", "l": "list<int64>"}
    assert t.to_dicts() == frame.to_dicts()


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pl.Series(["x", None], dtype=pl.Categorical), "string", ["x", None]),
        (pl.Series(["x", None], dtype=pl.Enum(["x", "y"])), "string", ["x", None]),
        (pl.Series([2**64 - 1], dtype=pl.UInt64), "uint64", [2**64 - 1]),
        (pl.Series([1], dtype=pl.Int8), "int8", [1]),
        (pl.Series([b"x"]), "binary", [b"x"]),
        (pl.Series([dt.date(2024, 1, 2)]), "date32", [dt.date(2024, 1, 2)]),
        (pl.Series([dt.datetime(2024, 1, 2)]), "timestamp[us]", [dt.datetime(2024, 1, 2)]),
        (pl.Series([dt.timedelta(seconds=1)]), "duration[us]", [dt.timedelta(seconds=1)]),
        (pl.Series([dt.time(1, 2)]), "time64[ns]", [dt.time(1, 2)]),
        (pl.Series([{"p": 1}, None]), "struct<p: int64>", [{"p": 1}, None]),
    ],
    ids=str,
)
def test_columns_of_polars_keep_type_and_values(column, kind, expected):
    t = LTSeq.from_polars(pl.DataFrame({"a": column}))
    assert (t.schema, values(t)) == ({"a": kind}, expected)


def test_nan_of_polars_stays_a_number():
    first, second = values(LTSeq.from_polars(pl.DataFrame({"a": [float("nan"), None]})))
    assert first != first
    assert second is None


def test_polars_frames_of_several_chunks_keep_their_order():
    chunks = pl.concat([pl.DataFrame({"a": [n]}) for n in (3, 1, 2)], rechunk=False)
    assert values(LTSeq.from_polars(chunks)) == [3, 1, 2]


def test_python_objects_in_polars_are_refused_and_not_read_as_addresses():
    frame = pl.DataFrame({"a": pl.Series([object()])})
    for read in (LTSeq.from_polars, LTSeq.from_arrow, LTSeq):
        with pytest.raises(ArgumentError, match="'a' holds Python objects"):
            read(frame)


# from_arrow(x)


def test_anything_with_the_arrow_interface_comes_in():
    table = pa.table({"a": [1, None, 3]})

    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    for x in (
        table,
        table.to_batches()[0],
        table.to_reader(),
        Stream(),
        table.__arrow_c_stream__(),
        pa.chunked_array([table.to_struct_array().chunk(0)]),
        pa.table({"a": pa.chunked_array([[1], [], [None, 3]])}),
        pl.DataFrame({"a": [1, None, 3]}),
        pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")}),
        duckdb.sql("SELECT * FROM (VALUES (1::BIGINT), (NULL), (3)) AS v(a)"),
        LTSeq.from_dict({"a": [1, None, 3]}),
    ):
        t = LTSeq.from_arrow(x)
        assert t.schema == {"a": "int64"}
        assert (values(t), t.count(), values(t)) == ([1, None, 3], 3, [1, None, 3])


def test_a_one_pass_stream_is_consumed_at_the_call():
    reader = pa.table({"a": [1, 2]}).to_reader()
    t = LTSeq.from_arrow(reader)
    assert list(reader) == []
    assert values(t) == values(t) == [1, 2]


def test_a_stream_of_which_some_was_read_gives_the_rest():
    batches = [pa.record_batch({"a": [n]}) for n in range(3)]
    reader = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
    next(iter(reader))
    assert values(LTSeq.from_arrow(reader)) == [1, 2]


@pytest.mark.parametrize(
    ("array", "kind", "expected"),
    [
        (pa.array(["x", None]).dictionary_encode(), "string", ["x", None]),
        (pa.array(["x", None], pa.dictionary(pa.int8(), pa.large_string())), "string", ["x", None]),
        (pa.array([5, None]).dictionary_encode(), "int64", [5, None]),
        (pa.array(["x", None], pa.large_string()), "string", ["x", None]),
        (pa.array(["x", None], pa.string_view()), "string", ["x", None]),
        (pa.array([b"x", None], pa.large_binary()), "binary", [b"x", None]),
        (pa.array([b"x", None], pa.binary_view()), "binary", [b"x", None]),
        (pa.array([b"xy", None], pa.binary(2)), "binary", [b"xy", None]),
        (pa.array([[1], None], pa.large_list(pa.int64())), "list<int64>", [[1], None]),
        (pa.array([[1], None], pa.list_(pa.int64(), 1)), "list<int64>", [[1], None]),
        (pa.array([1, None], pa.uint64()), "uint64", [1, None]),
        (pa.array([1.5, None], pa.float16()), "float16", [1.5, None]),
        (pa.nulls(2), "null", [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_every_layout_comes_in(array, kind, expected):
    t = LTSeq.from_arrow(pa.table({"a": array}))
    assert (t.schema, values(t)) == ({"a": kind}, expected)
    # The layout goes through verbs as well.
    assert values(t.filter(lambda r: r.a.is_not_null())) == [v for v in expected if v is not None]
    assert t.distinct("a").count() == len(set(map(str, expected)))


def test_a_table_without_columns_keeps_its_rows():
    assert LTSeq.from_arrow(pa.table({"a": [1, 2]}).select([])).count() == 2
    assert LTSeq.from_arrow(pa.table({})).columns == []


def test_an_empty_stream_keeps_its_schema():
    t = LTSeq.from_arrow(pa.table({"a": pa.array([], pa.int32())}).to_reader())
    assert (t.schema, t.to_dicts()) == ({"a": "int32"}, [])


def test_two_columns_of_one_name_are_an_error():
    with pytest.raises(SchemaMismatchError, match="'A'"):
        LTSeq.from_arrow(pa.table([[1], [2]], names=["A", "A"]))


def test_columns_are_not_copied():
    # What the engine reads is the memory of the array itself.
    numbers = np.arange(100_000)
    t = LTSeq.from_arrow(pa.table({"a": pa.array(numbers)}))
    back = t.to_arrow().column("a").chunk(0)
    address = numbers.__array_interface__["data"][0]
    assert address <= back.buffers()[1].address < address + numbers.nbytes


@pytest.mark.parametrize("wrong", [5, None, "x", [1], {"a": [1]}, object(), np.array([1])], ids=str)
@pytest.mark.parametrize("read", [LTSeq.from_pandas, LTSeq.from_polars, LTSeq.from_arrow])
def test_another_type_is_an_argument_error(read, wrong):
    with pytest.raises(ArgumentError, match="must be"):
        read(wrong)


def test_frames_of_another_library_are_argument_errors():
    with pytest.raises(ArgumentError, match="pandas"):
        LTSeq.from_pandas(pl.DataFrame({"a": [1]}))
    with pytest.raises(ArgumentError, match="polars"):
        LTSeq.from_polars(pd.DataFrame({"a": [1]}))
    with pytest.raises(ArgumentError, match="collect"):
        LTSeq.from_polars(pl.LazyFrame({"a": [1]}))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1]),
        pl.Series([1]),
        pa.array([1]),
        pa.chunked_array([[1]]),
        pa.schema({"a": pa.int64()}),
        pa.scalar(1),
    ],
    ids=lambda column: type(column).__name__,
)
def test_a_column_is_no_table(column):
    with pytest.raises(ArgumentError):
        LTSeq.from_arrow(column)


@pytest.mark.parametrize("failure", [OSError("the disk is gone"), RuntimeError("boom")])
def test_a_stream_that_fails_is_an_execution_error_without_a_traceback(failure):
    def batches():
        yield pa.record_batch({"a": [1]})
        raise failure

    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    with pytest.raises(ExecutionError, match=str(failure)) as error:
        LTSeq.from_arrow(reader)
    assert "Traceback" not in str(error.value)
