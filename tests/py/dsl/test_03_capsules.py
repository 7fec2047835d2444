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


@pytest.mark.parametrize(
    "values",
    [
        pa.array([{"x": {"y": n}} for n in range(4)]),
        pa.array(
            [[{"x": "a"}, {"x": "b"}], None, [{"x": "c"}, None], None], pa.list_(pa.struct({"x": pa.string()}), 2)
        ),
        pa.array([[{"x": {"y": 1}}], [], None, [None, {"x": None}]]),
        pa.array([{"f": "a"}, {"f": None}, None, {"f": "b"}], pa.struct({"f": pa.dictionary(pa.int16(), pa.string())})),
    ],
)
@pytest.mark.parametrize(("start", "length"), [(0, 4), (1, 2), (3, 1), (4, 0)])
def test_slices_of_nested_values_come_in(values, start, length):
    table = pa.table({"c": values}).slice(start, length)
    assert LTSeq.from_arrow(table).to_dicts() == table.to_pylist()


@pytest.mark.parametrize(
    "array",
    [
        pa.array([None], pa.struct({"f": pa.dictionary(pa.int16(), pa.string())})),
        pa.array([{"f": None}, None], pa.struct({"f": pa.dictionary(pa.int16(), pa.int64())})),
        pa.array([None, [None, None]], pa.list_(pa.struct({"f": pa.dictionary(pa.int16(), pa.string())}), 2)),
    ],
)
def test_a_dictionary_inside_null_is_null(array):
    table = pa.table({"c": array})
    assert LTSeq.from_arrow(table).to_dicts() == table.to_pylist()


def test_a_requested_schema_never_loses_values():
    t = LTSeq.from_dict({"a": [1, 300], "f": [1.5, 2.0]})
    with pytest.raises(pa.ArrowException):
        pa.RecordBatchReader.from_stream(t.select("a"), schema=pa.schema({"a": pa.int8()})).read_all()
    kept = pa.RecordBatchReader.from_stream(t.select("f"), schema=pa.schema({"f": pa.float32()})).read_all()
    assert kept.column("f").to_pylist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('a,b\n"1\n2",1\n\n3,x\n', "line 5, column 'b': 'x'"),
        ("a,b\n1,2\n3\n", "line 3: 1 field, not 2"),
        ("a,b\n" + "1,2\n" * 3000 + "1,x\ny,2\n", "line 3002, column 'b': 'x'"),
        ("a\n12.5\n1e400x\n", "line 3, column 'a': '1e400x'"),
    ],
)
def test_csv_errors_name_the_first_value_and_its_line(tmp_path, text, place):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(ExecutionError, match=place):
        LTSeq.read_csv(tmp_path / "c.csv", infer_rows=1).to_dicts()


@pytest.mark.parametrize("text", ["2024-02-30", "2024-13-01", "2024-01-02T25:00:00", "2024-01-02T03:00:00abc"])
def test_what_only_looks_like_a_date_is_text(tmp_path, text):
    (tmp_path / "c.csv").write_text(f"a\n{text}\n")
    assert LTSeq.read_csv(tmp_path / "c.csv").to_dicts() == [{"a": text}]
