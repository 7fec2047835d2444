"""Section 3 of API.md: `read_parquet`, and the files that `write_csv` and `write_parquet` make."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ltseq import ArgumentError, ExecutionError, LTSeq, LTSeqError, SchemaMismatchError

# read_parquet(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory, which is the current one too, with b.parquet (3) and a.parquet (1, 2)."""
    pq.write_table(pa.table({"x": [3]}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "a.parquet")
    (tmp_path / "_SUCCESS").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.parquet", [1, 2]),
        (Path("a.parquet"), [1, 2]),
        (["b.parquet", Path("a.parquet")], [3, 1, 2]),
        ("*.parquet", [1, 2, 3]),
        (".", [1, 2, 3]),
    ],
    ids=str,
)
def test_parquet_takes_the_same_paths(folder, path, expected):
    assert [row["x"] for row in LTSeq.read_parquet(path)] == expected
    assert [row["x"] for row in LTSeq.read_parquet(path=path)] == expected


def test_rows_of_parquet_keep_file_order_across_row_groups(tmp_path):
    for part in range(2):
        rows = list(range(part * 30_000, (part + 1) * 30_000))
        pq.write_table(pa.table({"x": rows}), tmp_path / f"p{part}.parquet", row_group_size=1000)
    t = LTSeq.read_parquet(tmp_path)
    assert t.to_arrow().column("x").to_pylist() == list(range(60_000))
    assert [row["x"] for row in t.slice(29_999, 2)] == [29_999, 30_000]


def test_parquet_keeps_name_case(tmp_path):
    pq.write_table(pa.table({"Px": [3], "px": [4], "two words": ["a"], "c.d": [1]}), tmp_path / "T.parquet")
    t = LTSeq.read_parquet(tmp_path / "T.parquet")
    assert t.columns == ["Px", "px", "two words", "c.d"]
    assert t.select(lambda r: r.Px, "c.d").to_dicts() == [{"Px": 3, "c.d": 1}]
    assert t.name == "T"


def test_parquet_types_stay(tmp_path):
    table = pa.table(
        {
            "u": pa.array([2**64 - 1], pa.uint64()),
            "d": pa.array(["x"]).dictionary_encode(),
            "ns": pa.array([1000], pa.timestamp("ns")),
            "z": pa.array([0], pa.timestamp("ms", "Europe/Berlin")),
            "m": pa.array([Decimal("1.5")]),
            "l": [[1]],
            "s": [{"a": 1}],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    t = LTSeq.read_parquet(tmp_path / "t.parquet")
    assert t.schema == {
        "u": "uint64", "d": "string", "ns": "timestamp[ns]", "z": "timestamp[ms, Europe/Berlin]",
        "m": "decimal128(2, 1)", "l": "list<int64>", "s": "struct<a: int64>",
    }  # fmt: skip
    (row,) = t.to_dicts()
    assert row.pop("z").isoformat() == "1970-01-01T01:00:00+01:00"
    assert row == {
        "u": 2**64 - 1, "d": "x", "ns": dt.datetime(1970, 1, 1, 0, 0, 0, 1), "m": Decimal("1.5"), "l": [1],
        "s": {"a": 1},
    }  # fmt: skip


def test_an_empty_parquet_file_keeps_its_schema(tmp_path):
    pq.write_table(pa.table({"a": pa.array([], pa.int16())}), tmp_path / "t.parquet")
    t = LTSeq.read_parquet(tmp_path / "t.parquet")
    assert (t.schema, t.count(), t.to_dicts()) == ({"a": "int16"}, 0, [])


def test_what_is_no_parquet_file_is_named(tmp_path):
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    for content in (whole[: len(whole) // 2], b"a,b\n1,2\n", b""):
        (tmp_path / "t.parquet").write_bytes(content)
        with pytest.raises(LTSeqError, match=r"t\.parquet"):
            LTSeq.read_parquet(tmp_path / "t.parquet").to_dicts()


def test_files_of_other_types_are_an_error_that_names_both(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "b.parquet")
    with pytest.raises(SchemaMismatchError, match=r"'a'.*int64.*a\.parquet.*string.*b\.parquet"):
        LTSeq.read_parquet(tmp_path).to_dicts()


# t.write_csv(path), t.write_parquet(path, compression=None)


@pytest.mark.parametrize("path", [str, Path])
def test_files_are_written_in_order(tmp_path, path):
    t = LTSeq.from_dict({"a": [3, 1, 2], "s": ["x", None, 'q"z\n']}).sort("a")
    assert t.write_csv(path(tmp_path / "o.csv")) is None
    assert t.write_parquet(path(tmp_path / "o.parquet")) is None
    for back in (LTSeq.read_csv(tmp_path / "o.csv"), LTSeq.read_parquet(tmp_path / "o.parquet")):
        assert back.to_dicts() == [{"a": 1, "s": None}, {"a": 2, "s": 'q"z\n'}, {"a": 3, "s": "x"}]


def test_one_file_holds_all_rows_in_order(tmp_path):
    t = LTSeq.from_dict({"a": list(range(100_000))}).sort("a", desc=True)
    t.write_csv(tmp_path / "o.csv")
    t.write_parquet(tmp_path / "o.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.csv", "o.parquet"]
    down = list(range(99_999, -1, -1))
    assert [int(line) for line in (tmp_path / "o.csv").read_text().split()[1:]] == down
    assert pq.read_table(tmp_path / "o.parquet").column("a").to_pylist() == down


@pytest.mark.parametrize(
    ("codec", "written"),
    [
        ("snappy", "SNAPPY"),
        ("zstd", "ZSTD"),
        ("gzip", "GZIP"),
        ("lz4", "LZ4"),
        ("brotli", "BROTLI"),
        ("none", "UNCOMPRESSED"),
    ],
)
def test_parquet_codecs(tmp_path, codec, written):
    t = LTSeq.from_dict({"a": [1]})
    t.write_parquet(tmp_path / "keyword.parquet", compression=codec)
    t.write_parquet(tmp_path / "place.parquet", codec)
    for path in tmp_path.iterdir():
        assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == written
        assert pq.read_table(path).to_pylist() == [{"a": 1}]


@pytest.mark.parametrize("codec", ["zip", "", "deflate", 5, True])
def test_an_unknown_codec_is_an_argument_error_and_writes_nothing(tmp_path, codec):
    with pytest.raises(ArgumentError, match=r"snappy, zstd, gzip, lz4, brotli, none"):
        LTSeq.from_dict({"a": [1]}).write_parquet(tmp_path / "o.parquet", compression=codec)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_table_writes_its_schema(tmp_path):
    t = LTSeq.from_dict({"a": [1], "s": ["x"]}).filter(lambda r: r.a > 1)
    t.write_parquet(tmp_path / "o.parquet")
    assert LTSeq.read_parquet(tmp_path / "o.parquet").schema == {"a": "int64", "s": "string"}
    t.write_csv(tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "a,s\n"


def test_a_null_row_of_one_column_is_not_lost_in_csv(tmp_path):
    LTSeq.from_dict({"a": [1, None, 3]}).write_csv(tmp_path / "o.csv")
    assert LTSeq.read_csv(tmp_path / "o.csv").to_dicts() == [{"a": 1}, {"a": None}, {"a": 3}]


def test_any_name_and_value_is_written_and_read_back(tmp_path):
    t = LTSeq.from_dict(
        {
            "A b": [True, None], 'q"q': [2**63 - 1, None], "c,d": [0.1, None], "É": [dt.date(2024, 2, 29), None],
            "__group_id__": [dt.datetime(2024, 1, 1, 2, 3, 4, 5), None], "select": ["a,b", None], "": [None, None],
        }
    )  # fmt: skip
    t.write_csv(tmp_path / "o.csv")
    t.write_parquet(tmp_path / "o.parquet")
    for back in (LTSeq.read_csv(tmp_path / "o.csv"), LTSeq.read_parquet(tmp_path / "o.parquet")):
        assert (back.schema, back.to_dicts()) == (t.schema, t.to_dicts())


def test_parquet_keeps_every_type(tmp_path):
    t = LTSeq.from_dict(
        {
            "u": [2**64 - 1], "z": [dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)], "t": [dt.time(1, 2)],
            "m": [Decimal("-1.50")], "b": [b"\x00"], "l": [[1, None]], "s": [{"a": 1}], "n": [None],
        }
    )  # fmt: skip
    t.write_parquet(tmp_path / "o.parquet")
    back = LTSeq.read_parquet(tmp_path / "o.parquet")
    assert (back.schema, back.to_dicts()) == (t.schema, t.to_dicts())


def test_nested_values_are_no_field_of_a_csv_file(tmp_path):
    for value in ([1], {"a": 1}):
        with pytest.raises(ArgumentError, match="'l'"):
            LTSeq.from_dict({"l": [value]}).write_csv(tmp_path / "o.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [LTSeq.write_csv, LTSeq.write_parquet])
def test_rows_that_fail_leave_the_old_file(tmp_path, write):
    path = tmp_path / "o"
    path.write_text("old")
    failing = LTSeq.from_dict({"a": [1, 0]}).derive(b=lambda r: 1 // r.a)
    with pytest.raises(ExecutionError, match="zero"):
        write(failing, path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["o"]


def test_a_table_may_be_written_over_the_file_it_reads(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("a\n1\n")
    LTSeq.read_csv(path).derive(b=lambda r: r.a + 1).write_csv(path)
    assert path.read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("write", [LTSeq.write_csv, LTSeq.write_parquet])
def test_a_path_that_cannot_be_written_is_an_error_of_ours(tmp_path, write):
    t = LTSeq.from_dict({"a": [1]})
    for wrong in (5, None, b"x", ["x"]):
        with pytest.raises(ArgumentError, match="path"):
            write(t, wrong)
    with pytest.raises(FileNotFoundError, match="nowhere") as error:
        write(t, tmp_path / "nowhere" / "o")
    assert isinstance(error.value, LTSeqError)
    with pytest.raises(LTSeqError):
        write(t, tmp_path)
