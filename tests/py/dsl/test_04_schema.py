"""Section 4 of API.md: `schema`, `dtypes`, `columns`, `name`, type names and type arguments, `python_schema`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from ltseq import ArgumentError, LTSeq

UTC = dt.timezone.utc


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [2, None, 1], "s": ["x", "y", None]})


# schema → dict copy; dtypes → pairs; columns; name (file stem or None)


def test_schema_dtypes_and_columns_agree(t):
    assert t.schema == {"a": "int64", "s": "string"}
    assert list(t.schema) == t.columns == ["a", "s"]
    assert t.dtypes == [("a", "int64"), ("s", "string")]
    assert type(t.schema) is dict
    assert type(t.columns) is type(t.dtypes) is list


def test_what_is_given_is_a_copy(t):
    t.schema["a"] = "gone"
    t.columns.clear()
    t.dtypes.clear()
    t.python_schema.clear()
    assert (t.schema, t.columns, len(t.dtypes)) == ({"a": "int64", "s": "string"}, ["a", "s"], 2)


def test_a_table_has_no_columns_as_attributes(t):
    with pytest.raises(AttributeError):
        _ = t.a
    with pytest.raises(AttributeError):
        t.schema = {}


def test_schema_never_runs():
    failing = LTSeq.from_dict({"a": [0]}).derive(b=lambda r: 1 // r.a)
    assert failing.schema == {"a": "int64", "b": "int64"}
    assert (failing.dtypes[1], failing.columns, failing.name) == (("b", "int64"), ["a", "b"], None)
    assert failing.python_schema == {"a": "int", "b": "int"}


def test_the_name_is_the_stem_of_the_file(tmp_path):
    t = LTSeq.from_dict({"a": [1]})
    assert t.name is None
    t.write_csv(tmp_path / "Two words.v2.csv")
    t.write_parquet(tmp_path / "prices.parquet")
    read = LTSeq.read_parquet(str(tmp_path / "prices.parquet"))
    assert LTSeq.read_csv(tmp_path / "Two words.v2.csv").name == "Two words.v2"
    assert read.name == "prices"
    assert read.filter(lambda r: r.a > 0).name == "prices"


@pytest.mark.parametrize(
    ("arrow", "name", "python"),
    [
        (pa.int8(), "int8", "int"),
        (pa.int16(), "int16", "int"),
        (pa.int32(), "int32", "int"),
        (pa.int64(), "int64", "int"),
        (pa.uint8(), "uint8", "int"),
        (pa.uint16(), "uint16", "int"),
        (pa.uint32(), "uint32", "int"),
        (pa.uint64(), "uint64", "int"),
        (pa.float16(), "float16", "float"),
        (pa.float32(), "float32", "float"),
        (pa.float64(), "float64", "float"),
        (pa.bool_(), "bool", "bool"),
        (pa.string(), "string", "str"),
        (pa.large_string(), "string", "str"),
        (pa.string_view(), "string", "str"),
        (pa.dictionary(pa.int32(), pa.string()), "string", "str"),
        (pa.dictionary(pa.int8(), pa.large_string()), "string", "str"),
        (pa.binary(), "binary", "bytes"),
        (pa.large_binary(), "binary", "bytes"),
        (pa.binary_view(), "binary", "bytes"),
        (pa.binary(3), "binary", "bytes"),
        (pa.date32(), "date32", "date"),
        (pa.date64(), "date64", "date"),
        (pa.timestamp("s"), "timestamp[s]", "datetime"),
        (pa.timestamp("ms"), "timestamp[ms]", "datetime"),
        (pa.timestamp("us"), "timestamp[us]", "datetime"),
        (pa.timestamp("ns"), "timestamp[ns]", "datetime"),
        (pa.timestamp("us", "UTC"), "timestamp[us, UTC]", "datetime"),
        (pa.timestamp("ns", "Europe/Berlin"), "timestamp[ns, Europe/Berlin]", "datetime"),
        (pa.time32("ms"), "time32[ms]", "time"),
        (pa.time64("us"), "time64[us]", "time"),
        (pa.time64("ns"), "time64[ns]", "time"),
        (pa.duration("s"), "duration[s]", "timedelta"),
        (pa.duration("us"), "duration[us]", "timedelta"),
        (pa.decimal128(10, 2), "decimal128(10, 2)", "Decimal"),
        (pa.decimal256(50, 2), "decimal256(50, 2)", "Decimal"),
        (pa.null(), "null", "None"),
        (pa.list_(pa.int64()), "list<int64>", "list"),
        (pa.large_list(pa.string()), "list<string>", "list"),
        (pa.struct({"a": pa.int8(), "b": pa.list_(pa.string())}), "struct<a: int8, b: list<string>>", "dict"),
        (pa.map_(pa.string(), pa.int64()), "map<string, int64>", "dict"),
    ],
    ids=str,
)
def test_type_names_of_every_layout(arrow, name, python):
    t = LTSeq.from_arrow(pa.table({"x": pa.array([None], arrow)}))
    assert t.schema == {"x": name}
    assert t.python_schema == {"x": python}
    assert t.to_dicts() == [{"x": None}]


# A type argument takes these in any case, and `int float str utf8 boolean date timestamp`


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("int", "int64"),
        ("float", "float64"),
        ("str", "string"),
        ("utf8", "string"),
        ("boolean", "bool"),
        ("date", "date32"),
        ("timestamp", "timestamp[us]"),
        *((name, name) for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")),
        *((name, name) for name in ("float16", "float32", "float64", "bool", "string", "binary", "date32", "null")),
        *((name, name) for name in ("timestamp[s]", "timestamp[ns, Europe/Berlin]", "time64[us]", "duration[us]")),
        *((name, name) for name in ("decimal128(10, 2)", "list<int64>", "struct<a: int64>")),
        ("timestamp[us,utc]", "timestamp[us, UTC]"),
        ("decimal128(10,2)", "decimal128(10, 2)"),
        ("list<str>", "list<string>"),
    ],
)
def test_a_type_argument_takes_the_names_in_any_case(given, name):
    spellings = {given, given.upper(), given.capitalize()} if "/" not in given and "struct" not in given else {given}
    for spelling in spellings:
        assert LTSeq.from_rows([], schema={"a": spelling}).schema == {"a": name}
        assert LTSeq.from_dict({"a": [None]}).derive(a=lambda r, kind=spelling: r.a.cast(kind)).schema == {"a": name}


@pytest.mark.parametrize("wrong", ["int63", "", "timestamp[xx]", "decimal128(99, 2)", "list<foo>", 5, None, int])
def test_another_type_argument_is_an_argument_error(wrong):
    for use in (
        lambda: LTSeq.from_rows([], schema={"a": wrong}),
        lambda: LTSeq.from_dict({"a": [1]}).derive(b=lambda r: r.a.cast(wrong)),
    ):
        with pytest.raises(ArgumentError, match="type"):
            use()


def test_an_unknown_type_shows_the_nearest():
    with pytest.raises(ArgumentError, match=r"unknown type 'int63'.*'int64'"):
        LTSeq.from_rows([], schema={"a": "int63"})


def test_time_zones_are_known_or_an_error():
    t = LTSeq.from_dict({"a": [dt.datetime(2024, 1, 1)]})
    with pytest.raises(ArgumentError, match="unknown time zone 'Nowhere/Zone'"):
        t.derive(b=lambda r: r.a.cast("timestamp[us, Nowhere/Zone]"))
    for zone in ("utc", "Europe/Berlin", "+02:00"):
        assert t.derive(b=lambda r, zone=zone: r.a.cast(f"timestamp[us, {zone}]")).count() == 1


# python_schema: the same as int float bool str bytes date datetime time timedelta Decimal list dict None


def test_python_schema_names_the_class_of_the_values():
    row = {
        "i": 1, "f": 1.5, "b": True, "s": "x", "y": b"x", "d": dt.date(2024, 1, 1), "t": dt.datetime(2024, 1, 1),
        "z": dt.datetime(2024, 1, 1, tzinfo=UTC), "c": dt.time(1), "u": dt.timedelta(1), "m": Decimal("1.5"), "l": [1],
        "k": {"a": 1}, "n": None,
    }  # fmt: skip
    t = LTSeq.from_rows([row])
    named = {name: "None" if value is None else type(value).__name__ for name, value in row.items()}
    assert t.python_schema == named
    assert t.to_dicts() == [row]
    assert t.python_schema == {n: "None" if v is None else type(v).__name__ for n, v in t.to_dicts()[0].items()}


def test_computed_columns_have_types_too(t):
    made = t.derive(x=lambda r: r.a / 2, y=lambda r: r.a > 1, z=lambda r: r.s + "!")
    assert made.python_schema == {"a": "int", "s": "str", "x": "float", "y": "bool", "z": "str"}
