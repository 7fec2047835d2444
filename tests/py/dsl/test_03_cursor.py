"""Section 3 of API.md: `scan`, `scan_parquet`, `t.to_cursor` and the Cursor they give."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ltseq
from ltseq import ArgumentError, Cursor, ExecutionError, LTSeq, NoDataError


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": list(range(10))}).sort("a", desc=True)


def numbers(batches) -> list[int]:
    return [value for batch in batches for value in batch.column("a").to_pylist()]


# scan(path, has_header=True), scan_parquet(path)


def test_scan_reads_a_csv_file_once(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,s\n3,x\n1,\n2,z\n")
    cursor = LTSeq.scan(path)
    assert isinstance(cursor, Cursor)
    assert (cursor.schema, cursor.columns) == ({"a": "int64", "s": "string"}, ["a", "s"])
    assert (cursor.source, cursor.exhausted) == (str(path), False)
    batches = list(cursor)
    assert all(isinstance(batch, pa.RecordBatch) for batch in batches)
    assert pa.Table.from_batches(batches).to_pylist() == [{"a": 3, "s": "x"}, {"a": 1, "s": None}, {"a": 2, "s": "z"}]
    assert cursor.exhausted
    assert list(cursor) == []


def test_scan_without_a_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1,x\n")
    for cursor in (LTSeq.scan(str(path), False), LTSeq.scan(path=str(path), has_header=False)):
        assert cursor.to_arrow().to_pylist() == [{"column_1": 1, "column_2": "x"}]
    with pytest.raises(ArgumentError, match="has_header"):
        LTSeq.scan(path, has_header="no")


def test_scan_parquet_reads_a_file_once(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"A": [1, None]}), path)
    cursor = LTSeq.scan_parquet(path=path)
    assert (cursor.schema, cursor.columns, cursor.source) == ({"A": "int64"}, ["A"], str(path))
    assert cursor.to_arrow().to_pylist() == [{"A": 1}, {"A": None}]
    assert (cursor.exhausted, cursor.count()) == (True, 0)


def test_scans_take_the_paths_of_readers_in_their_order(tmp_path):
    for name, value in (("b", 2), ("a", 1)):
        (tmp_path / f"{name}.csv").write_text(f"a\n{value}\n")
        pq.write_table(pa.table({"a": [value]}), tmp_path / f"{name}.parquet")
    assert numbers(LTSeq.scan(tmp_path)) == [1, 2]
    assert numbers(LTSeq.scan([tmp_path / "b.csv", tmp_path / "a.csv"])) == [2, 1]
    assert numbers(LTSeq.scan_parquet(str(tmp_path / "*.parquet"))) == [1, 2]


@pytest.mark.parametrize(("text", "columns"), [("", []), ("a,b\n", ["a", "b"])])
def test_a_scan_of_no_rows(tmp_path, text, columns):
    path = tmp_path / "t.csv"
    path.write_text(text)
    cursor = LTSeq.scan(path)
    assert cursor.columns == columns
    assert (sum(batch.num_rows for batch in cursor), cursor.exhausted) == (0, True)
    whole = LTSeq.scan(path).to_arrow()
    assert (whole.num_rows, whole.column_names) == (0, columns)


# t.to_cursor(batch_size=None)


def test_a_cursor_of_a_table_follows_its_order(t):
    cursor = t.to_cursor()
    assert (cursor.schema, cursor.columns, cursor.source) == ({"a": "int64"}, ["a"], None)
    assert numbers(cursor) == list(range(9, -1, -1))
    assert t.count() == 10  # the table itself is not consumed


def test_batches_keep_to_their_size(t):
    assert [batch.num_rows for batch in t.to_cursor(4)] == [4, 4, 2]
    assert [batch.num_rows for batch in t.to_cursor(batch_size=5)] == [5, 5]
    assert [batch.num_rows for batch in t.to_cursor(batch_size=100)] == [10]
    many = ltseq.seq(20_000).to_cursor(batch_size=9_000)
    assert [batch.num_rows for batch in many] == [9_000, 9_000, 2_000]


@pytest.mark.parametrize("wrong", [0, -1, "3", 1.0, True])
def test_a_batch_size_that_is_none_is_an_argument_error(t, wrong):
    with pytest.raises(ArgumentError, match="batch_size"):
        t.to_cursor(batch_size=wrong)


def test_a_table_of_nothing_has_no_cursor():
    with pytest.raises(NoDataError, match="read_csv"):
        LTSeq().to_cursor()


# Cursor


def test_a_cursor_is_its_own_iterator(t):
    cursor = t.to_cursor(4)
    assert iter(cursor) is cursor
    assert next(cursor).column("a").to_pylist() == [9, 8, 7, 6]
    assert not cursor.exhausted
    assert numbers(cursor) == [5, 4, 3, 2, 1, 0]
    assert next(cursor, "end") == "end"
    assert cursor.exhausted


def test_what_a_cursor_gives_as_a_whole_is_the_rest(t):
    for rest, expected in (
        (lambda cursor: cursor.to_arrow().column("a").to_pylist(), [5, 4, 3, 2, 1, 0]),
        (lambda cursor: cursor.to_pandas()["a"].tolist(), [5, 4, 3, 2, 1, 0]),
        (lambda cursor: cursor.count(), 6),
    ):
        cursor = t.to_cursor(4)
        next(cursor)
        assert rest(cursor) == expected
        assert cursor.exhausted
        assert (cursor.count(), cursor.to_arrow().num_rows, len(cursor.to_pandas())) == (0, 0, 0)
        assert cursor.to_arrow().schema.names == list(cursor.to_pandas().columns) == ["a"]
        assert (cursor.schema, cursor.columns) == ({"a": "int64"}, ["a"])


def test_leaving_the_with_block_ends_the_run(t):
    with t.to_cursor(4) as cursor:
        assert next(cursor).num_rows == 4
    assert cursor.exhausted
    assert list(cursor) == []


def test_an_error_inside_the_with_block_is_not_hidden(t):
    cursor = t.to_cursor()
    with pytest.raises(ZeroDivisionError), cursor:
        next(cursor)
        raise ZeroDivisionError
    assert cursor.exhausted


def test_a_run_that_fails_is_over():
    cursor = LTSeq.from_dict({"a": [1, 0]}).derive(b=lambda r: 1 // r.a).to_cursor()
    with pytest.raises(ExecutionError, match="zero"):
        next(cursor)
    assert cursor.exhausted
    assert list(cursor) == []


def test_a_cursor_shows_what_it_holds(t):
    cursor = t.to_cursor(4)
    assert repr(cursor) == "Cursor(a table, new: a int64)"
    next(cursor)
    assert "reading" in repr(cursor)
    cursor.count()
    assert "exhausted" in repr(cursor)


def test_a_cursor_needs_constant_memory(tmp_path):
    # 20 million rows of 16 bytes, and a file of them, are far more than may be held here.
    path = tmp_path / "t.parquet"
    ltseq.seq(20_000_000).write_parquet(path)
    code = f"""
import resource, ltseq, pyarrow
from ltseq import LTSeq
sum(batch.num_rows for batch in ltseq.seq(10).to_cursor())
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = used()
table = ltseq.seq(20_000_000).derive(b=lambda r: r.value.cum_sum() % 7)
rows = [table.to_cursor().count(), table.to_cursor(1000).count(), LTSeq.scan_parquet({str(path)!r}).count()]
print(rows, used() - before)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    rows, megabytes = out.rsplit(" ", 1)
    assert rows == "[20000000, 20000000, 20000000]"
    assert int(megabytes) < 150
