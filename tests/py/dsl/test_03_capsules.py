"""Section 3, `from_arrow(x)` and its kin: what other libraries' capsules may hold, and what they may not.

Names of columns that the engine keeps for itself, and files that are read twice.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ltseq import ArgumentError, ExecutionError, LTSeq, SchemaMismatchError


@pytest.mark.parametrize(
    "make",
    [
        lambda: LTSeq.from_dict({"\x01p0": [1], "v": [2]}),
        lambda: LTSeq.from_arrow(pa.table({"\x01": [1]})),
        lambda: LTSeq.from_dict({"v": [2]}).agg(**{"\x01p0": lambda g: g.count()}),
        lambda: LTSeq.from_dict({"v": [2], "k": ["\x01p0"]}).pivot("v", "k", "v"),
        lambda: LTSeq.from_dict({"v": [2]}).rename(v="\x01p0"),
        lambda: LTSeq.from_dict({"v": [2]}).sort("v").group_ordered("v").derive(lambda g: {"\x01p0": g.count()}),
        lambda: LTSeq.from_dict({"v": [2]}).link(LTSeq.from_dict({"v": [2]}), on="v", alias="\x01a"),
    ],
)
def test_a_name_that_the_engine_keeps_for_itself_is_refused(make):
    with pytest.raises(ArgumentError, match="cannot have the name"):
        make()


def test_null_columns_of_polars_come_in():
    t = LTSeq.from_polars(pl.DataFrame({"a": [None], "b": [[None]], "c": [{"x": None}]}))
    assert t.schema == {"a": "null", "b": "list<null>", "c": "struct<x: null>"}
    assert t.to_dicts() == [{"a": None, "b": [None], "c": {"x": None}}]
    assert LTSeq.from_polars(pl.DataFrame({"a": []})).to_dicts() == []


def test_a_struct_that_is_null_is_a_row_of_nulls():
    rows = [{"a": 1}, {"a": None}]
    assert LTSeq.from_arrow(pa.array([{"a": 1}, None])).to_dicts() == rows
    assert LTSeq.from_arrow(pl.Series([{"a": 1}, None])).to_dicts() == rows


class NoCapsule:
    def __arrow_c_stream__(self, requested_schema=None):
        return 5


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pa.array([1]), "int64"),
        (pa.chunked_array([["x"]]), "ChunkedArray"),
        (pl.Series("a", [1]), "Series"),
        (pl.DataFrame({"big": pl.Series([1], dtype=pl.Int128)}), "column 'big'"),
        (NoCapsule(), "NoCapsule"),
    ],
)
def test_what_is_no_table_is_an_argument_error_that_says_what_it_is(data, words):
    with pytest.raises(ArgumentError, match=words):
        LTSeq.from_arrow(data)


def test_a_producer_that_fails_is_quoted_without_its_traceback():
    def batches():
        yield pa.record_batch({"a": [1]})
        raise RuntimeError("boom")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    with pytest.raises(ExecutionError, match="boom") as error:
        LTSeq.from_arrow(reader)
    assert "Traceback" not in str(error.value)


def test_a_file_that_a_list_names_twice_is_read_twice(tmp_path):
    LTSeq.from_dict({"k": [1, 2]}).write_csv(tmp_path / "a.csv")
    LTSeq.from_dict({"k": [3]}).write_csv(tmp_path / "b.csv")
    LTSeq.from_dict({"k": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    t = LTSeq.read_csv([tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "a.csv"])
    assert ([row["k"] for row in t], t.count(), t.agg(s=lambda g: g.k.sum()).to_dicts()) == (
        [1, 2, 3, 1, 2],
        5,
        [{"s": 9}],
    )
    twice = LTSeq.read_parquet([tmp_path / "a.parquet"] * 2)
    assert (twice.count(), [row["k"] for row in twice.filter(lambda r: r.k > 1)]) == (4, [2, 2])


def test_a_parquet_file_with_two_columns_of_one_name_is_refused(tmp_path):
    pq.write_table(pa.table([[1], [2]], names=["A", "A"]), tmp_path / "dup.parquet")
    with pytest.raises(SchemaMismatchError, match="two columns 'A'"):
        LTSeq.read_parquet(tmp_path / "dup.parquet")
