"""Section 3 of API.md: `read_csv`, and the paths that it and `read_parquet` take."""

from __future__ import annotations

import datetime as dt
import math
import os
from pathlib import Path

import pytest

from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq, LTSeqError, SchemaMismatchError


@pytest.fixture
def csv(tmp_path):
    """Writes a file and reads it: `csv("a\\n1\\n", delimiter=";")`."""

    def read(text: str | bytes, *args, **options) -> LTSeq:
        path = tmp_path / "data.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return LTSeq.read_csv(path, *args, **options)

    return read


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory, which is the current one too, with b.csv (3) and a.csv (1, 2), and files that are no data."""
    for name, text in {
        "b.csv": "x\n3\n", "a.csv": "x\n1\n2\n", ".hidden.csv": "x\n9\n", "_temporary.csv": "x\n9\n", "notes.txt": "hi",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def xs(table: LTSeq) -> list[object]:
    return [row["x"] for row in table]


# read_csv(path, has_header=True, *, delimiter=",", schema=None, infer_rows=1000)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.csv", [1, 2]),
        (Path("a.csv"), [1, 2]),
        (["b.csv", Path("a.csv")], [3, 1, 2]),
        (("b.csv", "a.csv"), [3, 1, 2]),
        ("*.csv", [1, 2, 3]),
        ("[b]*.csv", [3]),
        (["b.csv", "a*.csv"], [3, 1, 2]),
        (".", [1, 2, 3]),
        (Path("."), [1, 2, 3]),
    ],
    ids=str,
)
def test_a_path_is_text_pathlike_list_glob_or_directory(folder, path, expected):
    if path == "*.csv":
        (folder / "_temporary.csv").unlink()
    assert xs(LTSeq.read_csv(path)) == expected
    assert xs(LTSeq.read_csv(path=path)) == expected


def test_files_come_in_name_order_and_not_by_number(folder):
    for number in (10, 9, 1):
        (folder / f"f{number}.csv").write_text(f"x\n{number}\n")
    assert xs(LTSeq.read_csv(str(folder / "f*.csv"))) == [1, 10, 9]


@pytest.mark.parametrize(
    "name", ["we[ird].csv", "st*r.csv", "a b%20c#é.csv", "q'q.csv", 'q"q.csv', "no_suffix", "a.b.csv"]
)
def test_any_file_name_is_read_as_written(tmp_path, name):
    (tmp_path / name).write_text("x\n1\n")
    table = LTSeq.read_csv(tmp_path / name)
    assert xs(table) == [1]
    assert table.name == name.removesuffix(".csv")


def test_rows_in_file_order_are_the_source_order(tmp_path):
    # More rows than a batch holds, in more files than one: threads must not mix them.
    for part in range(3):
        lines = "\n".join(str(part * 20_000 + n) for n in range(20_000))
        (tmp_path / f"p{part}.csv").write_text(f"x\n{lines}\n")
    table = LTSeq.read_csv(tmp_path)
    assert table.sort_keys is None
    assert table.to_arrow().column("x").to_pylist() == list(range(60_000))
    assert xs(table.slice(19_999, 2)) == [19_999, 20_000]
    assert xs(table.tail(1)) == [59_999]
    assert xs(table.search_first(lambda r: r.x % 20_000 == 19_999)) == [19_999]


@pytest.mark.parametrize("path", [5, None, [], [5], b"x", {"a"}, {"a": 1}, 1.5])
def test_a_path_of_another_kind_is_an_argument_error(path):
    with pytest.raises(ArgumentError, match="path"):
        LTSeq.read_csv(path)


@pytest.mark.parametrize("path", ["nope.csv", "*.nope", "nowhere/a.csv", "", ["a.csv", "nope.csv"], "empty"])
@pytest.mark.parametrize("read", [LTSeq.read_csv, LTSeq.read_parquet, LTSeq.scan, LTSeq.scan_parquet])
def test_a_missing_file_is_told_at_the_call(folder, read, path):
    (folder / "empty").mkdir()
    with pytest.raises(FileNotFoundError) as error:
        read(path)
    assert isinstance(error.value, LTSeqError)


def test_a_file_that_is_gone_when_it_is_read_is_missing(folder):
    table = LTSeq.read_csv("b.csv")
    os.remove("b.csv")
    with pytest.raises(FileNotFoundError, match=r"b\.csv") as error:
        table.to_dicts()
    assert isinstance(error.value, LTSeqError)


def test_without_a_header_columns_are_numbered(csv):
    expected = [{"column_1": 1, "column_2": "x"}, {"column_1": 2, "column_2": "y"}]
    assert csv("1,x\n2,y\n", False).to_dicts() == expected
    assert csv("1,x\n2,y\n", has_header=False).to_dicts() == expected
    assert csv("7\n", False, schema={"column_1": "str"}).to_dicts() == [{"column_1": "7"}]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7", "int64", 7),
        ("007", "int64", 7),
        ("-007", "int64", -7),
        ("9223372036854775807", "int64", 2**63 - 1),
        ("-9223372036854775808", "int64", -(2**63)),
        ("1.5", "float64", 1.5),
        ("-0.5", "float64", -0.5),
        ("1e5", "float64", 1e5),
        ("inf", "float64", math.inf),
        ("true", "bool", True),
        ("False", "bool", False),
        ("2024-02-29", "date32", dt.date(2024, 2, 29)),
        ("2024-02-29T03:04:05", "timestamp[us]", dt.datetime(2024, 2, 29, 3, 4, 5)),
        ("2024-02-29 03:04:05", "timestamp[us]", dt.datetime(2024, 2, 29, 3, 4, 5)),
        ("2024-02-29T03:04:05.000006", "timestamp[us]", dt.datetime(2024, 2, 29, 3, 4, 5, 6)),
        ("x", "string", "x"),
        ('"x,y"', "string", "x,y"),
        ('"say ""hi"""', "string", 'say "hi"'),
        ('"two\nlines"', "string", "two\nlines"),
        (" 1", "string", " 1"),
        ("NULL", "string", "NULL"),
        ("日本 é", "string", "日本 é"),
        # What int64 does not hold stays exact as text.
        ("9223372036854775808", "string", "9223372036854775808"),
    ],
)
def test_types_are_inferred(csv, text, kind, value):
    table = csv(f"a,b\n{text},1\n,2\n")
    assert table.schema == {"a": kind, "b": "int64"}
    assert table.to_dicts() == [{"a": value, "b": 1}, {"a": None, "b": 2}]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "2.5"], "float64", [1.0, 2.5]),
        (["1", "x"], "string", ["1", "x"]),
        (["true", "1"], "string", ["true", "1"]),
        (["2024-01-02", "7"], "string", ["2024-01-02", "7"]),
        (
            ["2024-01-02", "2024-01-02T03:00:00"],
            "timestamp[us]",
            [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3)],
        ),
    ],
)
def test_a_type_is_that_of_all_rows(csv, values, kind, expected):
    table = csv("a\n" + "\n".join(values) + "\n")
    assert table.schema == {"a": kind}
    assert [row["a"] for row in table] == expected


def test_nan_in_a_file_is_a_number_and_no_null(csv):
    (first, second) = csv("a,b\nNaN,1\n,2\n").to_dicts()
    assert math.isnan(first["a"])
    assert second["a"] is None


def test_a_column_without_any_value_is_null(csv):
    table = csv('a,b,c\n1,,""\n2,,\n')
    assert table.schema == {"a": "int64", "b": "null", "c": "null"}
    assert table.to_dicts() == [{"a": 1, "b": None, "c": None}, {"a": 2, "b": None, "c": None}]


def test_an_empty_field_quoted_or_not_is_null(csv):
    assert csv('a,b\nx,\n"",y\n').to_dicts() == [{"a": "x", "b": None}, {"a": None, "b": "y"}]
    assert csv('a\n1\n""\n3\n').to_dicts() == [{"a": 1}, {"a": None}, {"a": 3}]


def test_schema_may_name_some_columns_and_the_rest_is_inferred(csv):
    table = csv("code,n\n007,1\n", schema={"code": "str"})
    assert table.schema == {"code": "string", "n": "int64"}
    assert table.to_dicts() == [{"code": "007", "n": 1}]
    assert csv("a,b\n1,2\n", schema={"b": "Float", "a": "INT8"}).schema == {"a": "int8", "b": "float64"}
    assert csv("a\n18446744073709551615\n", schema={"a": "uint64"}).to_dicts() == [{"a": 2**64 - 1}]


def test_a_wrong_schema_is_an_error_at_the_call(csv):
    with pytest.raises(ColumnNotFoundError, match="Column 'cod' not found in schema") as error:
        csv("code,n\n007,1\n", schema={"cod": "str"})
    assert "Did you mean: code?" in str(error.value)
    assert "Available columns: code, n" in str(error.value)
    with pytest.raises(ColumnNotFoundError, match=r"Column 'a' not found in schema[\s\S]*Available columns"):
        csv("", schema={"a": "int"})
    for wrong in ({"n": "int63"}, {"n": int}, [("n", "int")], {1: "int"}):
        with pytest.raises(ArgumentError):
            csv("n\n1\n", schema=wrong)
    with pytest.raises(ArgumentError, match="'n'"):
        csv("n\n1\n", schema={"n": "list<int64>"})


def test_delimiter(csv):
    assert csv("a;b\n1;2,5\n", delimiter=";").to_dicts() == [{"a": 1, "b": "2,5"}]
    assert csv("a\tb\n1\t2\n", delimiter="\t").to_dicts() == [{"a": 1, "b": 2}]
    for wrong in (";;", "", "é", '"', "\n", "\r", 5, None):
        with pytest.raises(ArgumentError, match="delimiter"):
            csv("a\n1\n", delimiter=wrong)


@pytest.mark.parametrize("options", [{"has_header": 1}, {"has_header": None}, {"infer_rows": -1}, {"infer_rows": "5"}])
def test_options_of_another_kind_are_argument_errors(csv, options):
    with pytest.raises(ArgumentError, match=next(iter(options))):
        csv("a\n1\n", **options)


def test_an_unknown_option_is_an_error(csv):
    with pytest.raises(TypeError, match="seperator"):
        csv("a\n1\n", seperator=";")


@pytest.mark.parametrize("text", ["", "\n"])
@pytest.mark.parametrize("header", [True, False])
def test_an_empty_file_has_no_columns(csv, text, header):
    table = csv(text, header)
    assert (table.columns, table.schema, table.to_dicts()) == ([], {}, [])


def test_a_header_alone_is_an_empty_table(csv):
    for text in ("a,b\n", "a,b"):
        table = csv(text)
        assert (table.columns, table.count()) == (["a", "b"], 0)


@pytest.mark.parametrize("text", ["a,b\r\n1,2\r\n", "a,b\n1,2", b"\xef\xbb\xbfa,b\n1,2\n", "a,b\n1,2\n\n"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(csv, text):
    table = csv(text)
    assert (table.columns, table.to_dicts()) == (["a", "b"], [{"a": 1, "b": 2}])


def test_any_column_name_is_kept(csv):
    table = csv('"A b","c.d",_x,select,__group_id__,"q""q",É,a,A,\n1,2,3,4,5,6,7,8,9,10\n')
    names = ["A b", "c.d", "_x", "select", "__group_id__", 'q"q', "É", "a", "A", ""]
    assert table.columns == names
    assert table.to_dicts() == [dict(zip(names, range(1, 11), strict=True))]


def test_files_without_rows_do_not_say_the_type(tmp_path):
    for name, text in {"a.csv": "", "b.csv": "x\n", "c.csv": "x\n5\n"}.items():
        (tmp_path / name).write_text(text)
    table = LTSeq.read_csv(tmp_path)
    assert (table.schema, table.to_dicts()) == ({"x": "int64"}, [{"x": 5}])


def test_files_of_other_columns_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,z\n1,2\n")
    with pytest.raises(SchemaMismatchError, match=r"b\.csv.*x, z.*x, y"):
        LTSeq.read_csv(tmp_path).to_dicts()


# read_csv: a later row of another type is an ExecutionError with file, line, column


def test_a_later_row_of_another_type_names_file_line_and_column(tmp_path):
    (tmp_path / "late.csv").write_text("a,b\n1,x\n2,y\noops,z\n")
    table = LTSeq.read_csv(tmp_path / "late.csv", infer_rows=2)
    assert table.schema == {"a": "int64", "b": "string"}
    with pytest.raises(ExecutionError, match=r"late\.csv', line 4, column 'a': 'oops'"):
        table.to_dicts()


def test_types_come_from_the_first_infer_rows_rows(csv):
    late = "a\n" + "1\n" * 1000 + "x\n"
    assert csv(late).schema == {"a": "int64"}
    with pytest.raises(ExecutionError, match="line 1002, column 'a'"):
        csv(late).to_dicts()
    assert csv(late, infer_rows=1001).schema == {"a": "string"}
    assert csv(late, schema={"a": "str"}).tail(1).to_dicts() == [{"a": "x"}]
    # A later NULL is of every type.
    assert csv("a,b\n" + "1,1\n" * 1000 + ",2\n").tail(1).to_dicts() == [{"a": None, "b": 2}]


def test_a_value_that_the_schema_does_not_hold_names_its_place(csv):
    for text, kind in (("x", "int"), ("300", "int8"), ("1.5", "int"), ("1", "bool"), ("2024-02-30", "date")):
        with pytest.raises(ExecutionError, match=f"data.csv', line 2, column 'a': '{text}'"):
            csv(f"a\n{text}\n", schema={"a": kind}).to_dicts()


@pytest.mark.parametrize("row", ["3", "3,4,5"])
def test_a_row_of_another_length_names_file_and_line(csv, row):
    with pytest.raises(ExecutionError, match=r"data\.csv', line 3: \d fields?, not 2"):
        csv(f"a,b\n1,2\n{row}\n").to_dicts()


def test_text_that_is_no_unicode_names_file_and_line(csv):
    with pytest.raises(ExecutionError, match=r"data\.csv', line 2.*UTF-8"):
        csv(b"a\n\xe9\n").to_dicts()


def test_two_columns_of_one_name_are_an_error(csv):
    with pytest.raises(LTSeqError, match="'a'"):
        csv("a,a\n1,2\n")
