"""The Arrow side of a cursor."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq_dbapi
from ltseq_dbapi import Connection, Cursor

THREE = "SELECT * FROM (VALUES (1, 'x'), (2, NULL), (3, 'z')) AS t (a, s) ORDER BY a"
SERIES = "SELECT value FROM generate_series(1, 20000) AS t (value) ORDER BY value"


def test_table(cursor: Cursor) -> None:
    table = cursor.execute(THREE).fetch_arrow_table()
    assert isinstance(table, pa.Table)
    assert table.to_pydict() == {"a": [1, 2, 3], "s": ["x", None, "z"]}
    assert table.schema.field("a").type == pa.int64()
    assert cursor.fetchall() == []
    assert cursor.fetch_arrow_table().num_rows == 0


def test_table_without_rows_has_its_schema(cursor: Cursor) -> None:
    table = cursor.execute("SELECT 1 AS a, 'x' AS s WHERE false").fetch_arrow_table()
    assert (table.num_rows, table.column_names) == (0, ["a", "s"])


def test_table_after_some_rows_holds_the_rest(cursor: Cursor) -> None:
    cursor.execute(SERIES)
    assert cursor.fetchmany(9000)[-1] == (9000,)
    table = cursor.fetch_arrow_table()
    assert table.column(0).to_pylist() == list(range(9001, 20001))
    assert cursor.rownumber == 20000


def test_reader(cursor: Cursor) -> None:
    reader = cursor.execute(SERIES).fetch_record_batch()
    assert isinstance(reader, pa.RecordBatchReader)
    values = [value for batch in reader for value in batch.column(0).to_pylist()]
    assert values == list(range(1, 20001))


def test_rows_after_a_reader_holds_the_rest(cursor: Cursor) -> None:
    reader = cursor.execute(SERIES).fetch_record_batch()
    first = reader.read_next_batch().column(0).to_pylist()
    rest = [value for (value,) in cursor.fetchall()]
    assert first + rest == list(range(1, 20001))


def test_stream(cursor: Cursor) -> None:
    assert pa.table(cursor.execute(THREE)).column("a").to_pylist() == [1, 2, 3]
    frame = pl.DataFrame(cursor.execute(THREE))
    assert frame.to_dict(as_series=False) == {"a": [1, 2, 3], "s": ["x", None, "z"]}


def test_stream_to_pandas(cursor: Cursor) -> None:
    frame = cursor.execute(THREE).fetch_arrow_table().to_pandas()
    expected = pd.DataFrame({"a": [1, 2, 3], "s": ["x", None, "z"]})
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)


def test_a_frame_goes_in_and_comes_out(connection: Connection) -> None:
    table = pa.table(
        {
            "t": pa.array([1, None], pa.timestamp("us", "UTC")),
            "d": pa.array([None, 1], pa.date32()),
            "l": pa.array([[1], None], pa.list_(pa.int64())),
        }
    )
    connection.register("f", table)
    result = connection.execute("SELECT * FROM f").fetch_arrow_table()
    assert result.to_pylist() == table.to_pylist()
    assert result.schema.types == table.schema.types


def test_no_result(cursor: Cursor) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="no result"):
        cursor.fetch_arrow_table()
    cursor.execute("CREATE TABLE t (a INT)")
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="no result"):
        cursor.fetch_record_batch()


def test_a_reader_left_behind_fails_instead_of_ending_early(cursor: Cursor) -> None:
    reader = cursor.execute(SERIES).fetch_record_batch()
    reader.read_next_batch()
    cursor.execute("SELECT 1")
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="left this result"):
        reader.read_all()


FAILS = "SELECT CAST(s AS INT) AS n FROM (VALUES ('1'), ('x')) AS t (s)"


@pytest.mark.parametrize("fetch", ["fetchall", "fetchone", "fetch_arrow_table"])
def test_errors_while_fetching_keep_their_class(cursor: Cursor, fetch: str) -> None:
    with pytest.raises(ltseq_dbapi.DataError):
        getattr(cursor.execute(FAILS), fetch)()


def test_errors_inside_a_reader_keep_their_class(cursor: Cursor) -> None:
    with pytest.raises(ltseq_dbapi.DataError):
        cursor.execute(FAILS).fetch_record_batch().read_all()


def test_a_failed_result_keeps_failing(cursor: Cursor) -> None:
    with pytest.raises(ltseq_dbapi.DataError):
        cursor.execute(FAILS).fetchall()
    if cursor.description is not None:  # the error came while fetching, not while executing
        with pytest.raises(ltseq_dbapi.DataError):
            cursor.fetchall()


@pytest.mark.parametrize("method", ["fetch_arrow_table", "fetch_record_batch", "__arrow_c_stream__"])
def test_errors_are_the_drivers(connection: Connection, method: str, tmp_path: Path) -> None:
    """Names with a NUL do not fit through the C interface."""
    (tmp_path / "f.csv").write_bytes(b"a\0b,c\n1,2\n")
    options = "OPTIONS ('format.has_header' 'true')"
    connection.execute(f"CREATE EXTERNAL TABLE f STORED AS CSV LOCATION '{tmp_path}/f.csv' {options}")
    cursor = connection.execute("SELECT * FROM f")
    with pytest.raises(ltseq_dbapi.DataError, match="Null byte"):
        getattr(cursor, method)()


BEYOND = [
    (pa.timestamp("s"), "the timestamp 4611686018427387904 seconds from 1970"),
    (pa.timestamp("ms", "UTC"), "the timestamp 4611686018427387904 milliseconds from 1970"),
    (pa.timestamp("us"), "the timestamp 4611686018427387904 microseconds from 1970"),
    (pa.duration("s"), "the duration of 4611686018427387904 seconds"),
    (pa.duration("ms"), "the duration of 4611686018427387904 milliseconds"),
]


@pytest.mark.parametrize(("kind", "told"), BEYOND)
def test_a_value_beyond_python_is_an_error_that_names_it(connection: Connection, kind, told) -> None:
    connection.register("far", pa.table({"at": pa.array([1, 2**62, None], kind)}))
    assert connection.execute("SELECT at FROM far LIMIT 1").fetchone()[0] is not None
    with pytest.raises(ltseq_dbapi.DataError, match=f"column 'at': {told}"):
        connection.execute("SELECT at FROM far").fetchall()
    # Python's classes alone have that limit.
    assert connection.execute("SELECT COUNT(at) FROM far").fetchone() == (2,)
