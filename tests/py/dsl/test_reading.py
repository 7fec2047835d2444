"""Section 3: making, reading, writing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, LTSeqError, NoDataError

pytestmark = pytest.mark.usefixtures("engine")


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


# LTSeq()


def test_an_empty_table_answers_what_needs_no_data():
    t = LTSeq()
    assert (t.schema, t.columns, t.sort_keys, t.to_dicts()) == ({}, [], None, [])
    assert len(t.to_pandas()) == 0
    assert t.to_arrow().num_rows == 0
    assert "LTSeq" in repr(t)


def test_counting_an_empty_table_says_no_data_loaded():
    for count in (LTSeq().count, LTSeq().__len__):
        with pytest.raises(NoDataError, match="No data loaded"):
            count()


def test_a_verb_on_a_table_without_columns_says_so():
    for t in (LTSeq(), LTSeq.from_rows([{}, {}])):
        for verb in (
            lambda t: t.filter(lambda r: r.a),
            lambda t: t.select("a"),
            lambda t: t.head(),
            lambda t: t.sort("a"),
            lambda t: t.agg(n=lambda g: g.count()),
        ):
            with pytest.raises(NoDataError, match=r"Schema not initialized.*read_csv"):
                verb(t)


def test_the_constructor_takes_what_a_reader_takes():
    expected = [{"a": 1}, {"a": 2}]
    table = pa.table({"a": [1, 2]})
    for data in ([{"a": 1}, {"a": 2}], {"a": [1, 2]}, pd.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [1, 2]}), table):
        assert LTSeq(data).to_dicts() == expected
    assert LTSeq(LTSeq(table)).to_dicts() == expected
    for wrong in (5, "rows", None, object(), [1, 2]):
        with pytest.raises(ArgumentError):
            LTSeq(wrong)


# read_csv


def test_csv_infers_types_and_keeps_row_order(tmp_path):
    path = write(
        tmp_path / "stock.csv",
        "i,f,b,d,ts,s,n\n007,1.5,true,2024-01-02,2024-01-02T03:04:05,x,\n,,,,,,\n"
        "-3,2,false,2024-02-29,2024-01-02 00:00:00,y z,\n",
    )
    t = LTSeq.read_csv(path)
    kinds = list(t.schema.values())
    assert kinds[:4] == ["int64", "float64", "bool", "date32"]
    assert kinds[4].startswith("timestamp[")
    assert kinds[5:] == ["string", "null"]
    rows = t.to_dicts()
    assert rows[0] == {
        "i": 7, "f": 1.5, "b": True, "d": dt.date(2024, 1, 2), "ts": dt.datetime(2024, 1, 2, 3, 4, 5),
        "s": "x", "n": None,
    }  # fmt: skip
    assert set(rows[1].values()) == {None}
    assert rows[2]["i"] == -3
    assert t.name == "stock"


def test_csv_without_header_numbers_its_columns(tmp_path):
    path = write(tmp_path / "a.csv", "1,x\n2,y\n")
    assert LTSeq.read_csv(path, has_header=False).to_dicts() == [
        {"column_1": 1, "column_2": "x"},
        {"column_1": 2, "column_2": "y"},
    ]


def test_csv_empty_field_quoted_or_not_is_null(tmp_path):
    path = write(tmp_path / "a.csv", 'a,b\nx,\n"",y\n')
    assert LTSeq.read_csv(path).to_dicts() == [{"a": "x", "b": None}, {"a": None, "b": "y"}]


def test_csv_schema_names_some_columns(tmp_path):
    path = write(tmp_path / "a.csv", "code,n\n007,1\n")
    t = LTSeq.read_csv(path, schema={"code": "str"})
    assert t.schema == {"code": "string", "n": "int64"}
    assert t.to_dicts() == [{"code": "007", "n": 1}]
    with pytest.raises(LTSeqError, match="'cod'"):
        LTSeq.read_csv(path, schema={"cod": "str"})
    with pytest.raises(ArgumentError, match="int63"):
        LTSeq.read_csv(path, schema={"n": "int63"})


def test_csv_delimiter(tmp_path):
    path = write(tmp_path / "a.csv", "a;b\n1;2\n")
    assert LTSeq.read_csv(path, delimiter=";").to_dicts() == [{"a": 1, "b": 2}]
    with pytest.raises(ArgumentError, match="delimiter"):
        LTSeq.read_csv(path, delimiter=";;")


def test_csv_files_come_in_name_order_and_a_list_as_given(tmp_path):
    b, a = write(tmp_path / "b.csv", "x\n3\n"), write(tmp_path / "a.csv", "x\n1\n2\n")
    assert [r["x"] for r in LTSeq.read_csv(tmp_path)] == [1, 2, 3]
    assert [r["x"] for r in LTSeq.read_csv(str(tmp_path / "*.csv"))] == [1, 2, 3]
    assert [r["x"] for r in LTSeq.read_csv([b, a])] == [3, 1, 2]


def test_an_empty_csv_has_no_columns(tmp_path):
    assert LTSeq.read_csv(write(tmp_path / "a.csv", "")).columns == []


def test_a_csv_header_alone_is_an_empty_table(tmp_path):
    t = LTSeq.read_csv(write(tmp_path / "a.csv", "a,b\n"))
    assert t.columns == ["a", "b"]
    assert t.count() == 0


def test_a_later_csv_row_of_another_type_names_file_line_and_column(tmp_path):
    path = write(tmp_path / "late.csv", "a,b\n1,x\n2,y\noops,z\n")
    t = LTSeq.read_csv(path, infer_rows=2)
    with pytest.raises(ExecutionError) as error:
        t.to_dicts()
    assert "late.csv" in str(error.value)
    assert "4" in str(error.value)
    assert "a" in str(error.value)


def test_a_missing_file_is_told_at_the_call(tmp_path):
    for read in (LTSeq.read_csv, LTSeq.read_parquet, LTSeq.scan, LTSeq.scan_parquet):
        with pytest.raises(FileNotFoundError) as error:
            read(tmp_path / "nope.csv")
        assert isinstance(error.value, LTSeqError)
        with pytest.raises(FileNotFoundError):
            read(str(tmp_path / "*.nope"))


@pytest.mark.parametrize("path", [5, None, [], [5], b"x"])
def test_a_path_of_another_kind_is_an_argument_error(path):
    with pytest.raises(ArgumentError):
        LTSeq.read_csv(path)


# read_parquet


def test_parquet_keeps_name_case_and_row_order(tmp_path):
    pq.write_table(pa.table({"Px": [3, 1, 2], "two words": ["a", None, "c"]}), tmp_path / "t.parquet")
    t = LTSeq.read_parquet(tmp_path / "t.parquet")
    assert t.columns == ["Px", "two words"]
    assert [r["Px"] for r in t] == [3, 1, 2]
    assert t.select(lambda r: r.Px).columns == ["Px"]


def test_a_truncated_parquet_file_is_a_typed_error(tmp_path):
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "t.parquet")
    data = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(LTSeqError):
        LTSeq.read_parquet(tmp_path / "t.parquet").to_dicts()


# from_rows, from_dict


def test_rows_take_their_types_from_all_of_them():
    t = LTSeq.from_rows([{"a": 1}, {"a": 2.5, "b": "x"}, {"b": None}])
    assert t.schema == {"a": "float64", "b": "string"}
    assert t.to_dicts() == [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}, {"a": None, "b": None}]


def test_a_mixture_of_types_is_an_error_that_names_the_column():
    for values in ([1, "x"], [True, 1], [dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)], [Decimal(1), 1.0], [b"x", "x"]):
        with pytest.raises(ArgumentError, match="'col'"):
            LTSeq.from_rows([{"col": value} for value in values])
        with pytest.raises(ArgumentError, match="'col'"):
            LTSeq.from_dict({"col": values})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None], "int64"),
        ([2**63, 0], "uint64"),
        ([1.5, None], "float64"),
        ([True, None], "bool"),
        (["x", None], "string"),
        ([b"x", None], "binary"),
        ([dt.date(2024, 2, 29), None], "date32"),
        ([dt.datetime(2024, 2, 29, 1, 2, 3, 4), None], "timestamp[us]"),
        ([dt.datetime(2024, 2, 29, tzinfo=dt.timezone.utc), None], "timestamp[us, UTC]"),
        ([dt.time(1, 2, 3, 4), None], "time64[us]"),
        ([dt.timedelta(days=-1, microseconds=3), None], "duration[us]"),
        ([None, None], "null"),
        ([[1, 2], None, []], "list<int64>"),
    ],
)
def test_python_values_go_in_and_come_out(values, kind):
    t = LTSeq.from_dict({"x": values})
    assert t.schema == {"x": kind}
    assert [r["x"] for r in t.to_dicts()] == values


def test_decimals_stay_exact():
    t = LTSeq.from_dict({"x": [Decimal("1.10"), Decimal("-12345678901234567890.5"), None]})
    assert t.schema["x"].startswith("decimal128(")
    assert [r["x"] for r in t] == [Decimal("1.10"), Decimal("-12345678901234567890.50"), None]


def test_dicts_become_structs():
    t = LTSeq.from_dict({"x": [{"a": 1, "b": "y"}, None]})
    assert t.schema["x"].startswith("struct<")
    assert t.to_dicts() == [{"x": {"a": 1, "b": "y"}}, {"x": None}]


def test_integers_that_fit_no_type_are_an_error():
    with pytest.raises(ArgumentError, match="'x'"):
        LTSeq.from_dict({"x": [2**63, -1]})
    with pytest.raises(ArgumentError, match="'x'"):
        LTSeq.from_dict({"x": [2**64]})


def test_from_rows_refuses_what_are_no_dicts():
    for wrong in ([1], [("a", 1)], "rows", {"a": [1]}, 5, [{1: 2}]):
        with pytest.raises(ArgumentError):
            LTSeq.from_rows(wrong)


def test_no_rows_need_a_schema():
    with pytest.raises(ArgumentError, match="schema"):
        LTSeq.from_rows([])
    t = LTSeq.from_rows([], schema={"a": "int", "b": "Timestamp"})
    assert t.schema == {"a": "int64", "b": "timestamp[us]"}
    assert t.to_dicts() == []


def test_rows_of_nothing_give_a_table_without_columns():
    t = LTSeq.from_rows([{}, {}])
    assert t.columns == []
    assert t.count() == 2


@pytest.mark.parametrize("data", [{}, {"a": [1], "b": [1, 2]}, {"a": 5}, {"a": "xy"}, [1], None, {1: [2]}])
def test_from_dict_refuses(data):
    with pytest.raises(ArgumentError):
        LTSeq.from_dict(data)


# from pandas, polars, arrow


def test_pandas_index_is_dropped_and_nan_is_null():
    df = pd.DataFrame({"a": [1.0, float("nan")], "s": ["x", None]}, index=[7, 8])
    assert LTSeq.from_pandas(df).to_dicts() == [{"a": 1.0, "s": "x"}, {"a": None, "s": None}]


def test_polars_frames_come_in():
    df = pl.DataFrame({"a": [1, None], "s": ["x", None]})
    assert LTSeq.from_polars(df).to_dicts() == [{"a": 1, "s": "x"}, {"a": None, "s": None}]


def test_arrow_table_batch_reader_and_capsule():
    table = pa.table({"a": [1, 2, 3]})

    class Capsule:
        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    for x in (table, table.to_batches()[0], table.to_reader(), Capsule()):
        t = LTSeq.from_arrow(x)
        assert [r["a"] for r in t] == [1, 2, 3]
        assert t.count() == 3


def test_a_one_pass_stream_is_consumed_at_the_call():
    reader = pa.table({"a": [1, 2]}).to_reader()
    t = LTSeq.from_arrow(reader)
    assert list(reader) == []
    assert t.to_dicts() == t.to_dicts() == [{"a": 1}, {"a": 2}]


def test_dictionaries_and_large_strings_are_strings():
    table = pa.table(
        {
            "d": pa.array(["x", None]).dictionary_encode(),
            "l": pa.array(["x", None], pa.large_string()),
            "v": pa.array(["x", None], pa.string_view()),
        }
    )
    t = LTSeq.from_arrow(table)
    assert set(t.schema.values()) == {"string"}
    assert t.to_dicts() == [{"d": "x", "l": "x", "v": "x"}, {"d": None, "l": None, "v": None}]


def test_another_type_is_an_argument_error():
    for read in (LTSeq.from_pandas, LTSeq.from_polars, LTSeq.from_arrow):
        for wrong in (5, None, "x", [1], {"a": [1]}):
            with pytest.raises(ArgumentError):
                read(wrong)
    with pytest.raises(ArgumentError):
        LTSeq.from_pandas(pl.DataFrame({"a": [1]}))
    with pytest.raises(ArgumentError, match="collect"):
        LTSeq.from_polars(pl.LazyFrame({"a": [1]}))


# seq


def test_seq_is_range_ordered_by_its_value():
    assert [r["value"] for r in ltseq.seq(3)] == [0, 1, 2]
    assert [r["value"] for r in ltseq.seq(1, 8, 3)] == [1, 4, 7]
    assert [r["value"] for r in ltseq.seq(3, 0, -2)] == [3, 1]
    assert ltseq.seq(0).count() == 0
    assert ltseq.seq(3).schema == {"value": "int64"}
    assert ltseq.seq(3).sort_keys == [("value", False)]
    assert ltseq.seq(3, 0, -1).sort_keys == [("value", True)]
    for wrong in ((1, 2, 0), (1.5,), ("3",)):
        with pytest.raises(ArgumentError):
            ltseq.seq(*wrong)


# Cursor


def test_a_cursor_reads_batches_once(tmp_path):
    path = write(tmp_path / "a.csv", "a\n1\n2\n3\n")
    cursor = LTSeq.scan(path)
    assert (cursor.schema, cursor.columns, cursor.source) == ({"a": "int64"}, ["a"], str(path))
    assert not cursor.exhausted
    batches = list(cursor)
    assert all(isinstance(batch, pa.RecordBatch) for batch in batches)
    assert [v for batch in batches for v in batch.column(0).to_pylist()] == [1, 2, 3]
    assert cursor.exhausted
    assert list(cursor) == []


def test_a_cursor_keeps_to_its_batch_size_and_gives_the_rest():
    t = LTSeq.from_dict({"a": list(range(10))})
    assert [b.num_rows for b in t.to_cursor(batch_size=4)] == [4, 4, 2]
    cursor = t.to_cursor(batch_size=4)
    next(cursor)
    assert cursor.to_arrow().column("a").to_pylist() == [4, 5, 6, 7, 8, 9]
    assert cursor.count() == 0
    assert t.to_cursor().count() == 10
    assert list(t.to_cursor().to_pandas()["a"]) == list(range(10))
    with pytest.raises(ArgumentError):
        t.to_cursor(batch_size=0)


def test_a_cursor_is_a_context_manager(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    with LTSeq.scan_parquet(tmp_path / "t.parquet") as cursor:
        assert cursor.columns == ["a"]
    assert cursor.exhausted


# Writing


def test_csv_and_parquet_are_written_in_order(tmp_path):
    t = LTSeq.from_dict({"a": [3, 1, 2], "s": ["x", None, 'q"z']}).sort("a")
    t.write_csv(tmp_path / "o.csv")
    t.write_parquet(tmp_path / "o.parquet")
    for back in (LTSeq.read_csv(tmp_path / "o.csv"), LTSeq.read_parquet(tmp_path / "o.parquet")):
        assert back.to_dicts() == [{"a": 1, "s": None}, {"a": 2, "s": 'q"z'}, {"a": 3, "s": "x"}]


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "lz4", "brotli", "none", None])
def test_parquet_codecs(tmp_path, codec):
    LTSeq.from_dict({"a": [1]}).write_parquet(tmp_path / "o.parquet", compression=codec)
    assert pq.read_table(tmp_path / "o.parquet").to_pylist() == [{"a": 1}]


def test_an_unknown_codec_is_an_argument_error(tmp_path):
    with pytest.raises(ArgumentError, match="zip"):
        LTSeq.from_dict({"a": [1]}).write_parquet(tmp_path / "o.parquet", compression="zip")
    assert not (tmp_path / "o.parquet").exists()


def test_an_empty_table_writes_its_schema(tmp_path):
    t = LTSeq.from_dict({"a": [1], "s": ["x"]}).filter(lambda r: r.a > 1)
    t.write_parquet(tmp_path / "o.parquet")
    assert LTSeq.read_parquet(tmp_path / "o.parquet").schema == {"a": "int64", "s": "string"}
    t.write_csv(tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text().strip() == "a,s"


# What was refused or lost in silence


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.5, "int"),
        (float("nan"), "int8"),
        (Decimal("1.5"), "uint8"),
        (2**53 + 1, "float"),
        (2, "bool"),
        (dt.datetime(2024, 1, 1, 9), "date"),
        (dt.datetime(2024, 1, 1, 9, 0, 0, 1), "timestamp[ms]"),
        (dt.datetime(2024, 1, 1, 9, 0, 0, 1000), "timestamp[s, UTC]"),
    ],
)
def test_a_schema_never_makes_values_smaller(value, kind):
    with pytest.raises(ArgumentError, match=r"'a'.*without a loss"):
        LTSeq.from_rows([{"a": value}], schema={"a": kind})


def test_a_schema_converts_what_stays_the_same():
    schema = {"a": "int", "b": "float", "c": "bool", "d": "date", "e": "timestamp[ms]"}
    at = dt.datetime(2024, 1, 1)
    made = LTSeq.from_rows([{"a": 2.0, "b": 3, "c": 1, "d": at, "e": at}, {"a": None}], schema=schema)
    assert made.to_dicts()[0] == {"a": 2, "b": 3.0, "c": True, "d": at.date(), "e": at}


def test_from_arrow_of_pandas():
    assert LTSeq.from_arrow(pd.DataFrame({"a": [1]}, index=[7])).columns == ["a"]
    with pytest.raises(ArgumentError, match="Series"):
        LTSeq.from_arrow(pd.Series([1]))


@pytest.mark.parametrize("arguments", [(2**63,), (0, 2**63), (0, 5, 2**63), (-(2**63) - 1, 0)])
def test_seq_counts_in_64_bits(arguments):
    with pytest.raises(ArgumentError, match=r"at (most|least)"):
        ltseq.seq(*arguments)


def test_time_zones_are_known_or_an_error():
    t = LTSeq.from_dict({"a": [dt.datetime(2024, 1, 1)]})
    with pytest.raises(ArgumentError, match="unknown time zone 'Nowhere/Zone'"):
        t.derive(b=lambda r: r.a.cast("timestamp[us, Nowhere/Zone]"))
    for zone in ("utc", "Europe/Berlin", "+02:00"):
        assert t.derive(b=lambda r, zone=zone: r.a.cast(f"timestamp[us, {zone}]")).count() == 1


def test_unknown_columns_are_told_in_one_phrase(tmp_path):
    LTSeq.from_dict({"a": [1]}).write_csv(tmp_path / "o.csv")
    with pytest.raises(LTSeqError, match="Column 'z' not found in schema"):
        LTSeq.read_csv(tmp_path / "o.csv", schema={"z": "int"})
    with pytest.raises(LTSeqError, match="Column 'z' not found in schema"):
        ltseq.sql("SELECT z FROM t", t=LTSeq.from_dict({"a": [1]}))


@pytest.mark.parametrize(
    "value",
    [
        dt.time(9, tzinfo=dt.timezone.utc),
        pd.Timedelta("1ns"),
        pd.Timestamp("2024-01-01 00:00:00.000000001"),
        np.datetime64("20000-01-01T00", "s"),
    ],
)
def test_what_would_be_lost_is_an_error(value):
    for use in (
        lambda: LTSeq.from_dict({"a": [value]}),
        lambda: ltseq.sql("SELECT ? AS a", [value]),
        lambda: ltseq.lit(value).serialize(),
    ):
        with pytest.raises(ArgumentError, match=r"zone|nanoseconds|out of range"):
            use()


def test_text_that_is_no_unicode():
    for use in (
        lambda: LTSeq.from_dict({"a": ["\ud800"]}),
        lambda: LTSeq.from_dict({"\ud800": [1]}),
        lambda: ltseq.sql("SELECT '\ud800'"),
        lambda: ltseq.sql("SELECT ?", ["\ud800"]),
    ):
        with pytest.raises(ArgumentError, match="Unicode"):
            use()


def test_a_time_outside_the_day_is_an_error_when_it_is_read():
    t = LTSeq.from_arrow(pa.table({"a": pa.array([90_000_000_000], pa.int64()).view(pa.time64("us"))}))
    for use in (t.to_dicts, lambda: list(t), t.show):
        with pytest.raises(ExecutionError, match="hour must be in"):
            use()
    assert "ExecutionError" in repr(t)
