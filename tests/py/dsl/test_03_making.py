"""Section 3 of API.md: `LTSeq()`, `LTSeq(data)`, `from_rows`, `from_dict`, `seq`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, NoDataError

UTC = dt.timezone.utc

# LTSeq()


def test_a_table_of_nothing_answers_what_needs_no_data():
    t = LTSeq()
    assert (t.schema, t.columns, t.sort_keys, t.to_dicts()) == ({}, [], None, [])
    assert (t.dtypes, t.python_schema, t.name, list(t)) == ([], {}, None, [])
    assert t.to_pandas().shape == (0, 0)
    assert (t.to_arrow().num_rows, t.to_arrow().num_columns) == (0, 0)
    assert repr(t).startswith("LTSeq")
    assert "LTSeq" in t._repr_html_()


@pytest.mark.parametrize("count", [LTSeq.count, len])
def test_counting_a_table_of_nothing_says_no_data_loaded(count):
    with pytest.raises(NoDataError, match="No data loaded"):
        count(LTSeq())


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.filter(lambda r: r.a),
        lambda t: t.select("a"),
        lambda t: t.derive(x=lambda r: 1),
        lambda t: t.head(),
        lambda t: t.sort("a"),
        lambda t: t.agg(n=lambda g: g.count()),
        lambda t: t.union(t),
        lambda t: t.join(t, on="a"),
        lambda t: t.write_csv("never.csv"),
        lambda t: t.sql("SELECT 1"),
    ],
)
def test_a_verb_on_a_table_without_columns_says_so(verb):
    for t in (LTSeq(), LTSeq.from_rows([{}, {}])):
        with pytest.raises(NoDataError, match=r"Schema not initialized.*read_csv") as error:
            verb(t)
        assert isinstance(error.value, (ValueError, RuntimeError))


# LTSeq(data)


@pytest.mark.parametrize(
    "data",
    [
        [{"a": 1}, {"a": 2}],
        ({"a": 1}, {"a": 2}),
        ({"a": n} for n in (1, 2)),
        {"a": [1, 2]},
        pd.DataFrame({"a": [1, 2]}),
        pl.DataFrame({"a": [1, 2]}),
        pa.table({"a": [1, 2]}),
        pa.record_batch({"a": [1, 2]}),
        pa.table({"a": [1, 2]}).to_reader(),
        pa.table({"a": [1, 2]}).__arrow_c_stream__(),
        LTSeq.from_dict({"a": [1, 2]}),
    ],
    ids=lambda data: type(data).__name__,
)
def test_the_constructor_takes_what_a_reader_takes(data):
    assert LTSeq(data).to_dicts() == [{"a": 1}, {"a": 2}]


def test_the_constructor_reads_as_the_reader_of_its_kind():
    assert LTSeq(pd.DataFrame({"a": [1.0, float("nan")]}, index=[7, 8])).to_dicts() == [{"a": 1.0}, {"a": None}]
    assert LTSeq([{"a": 1}, {"b": 2.5}]).schema == {"a": "int64", "b": "float64"}


@pytest.mark.parametrize(
    "wrong",
    [
        5,
        "rows",
        b"x",
        None,
        object(),
        [1, 2],
        [],
        {},
        {1, 2},
        pd.Series([1]),
        pl.Series([1]),
        np.array([1]),
        1.5,
        LTSeq,
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_the_constructor_refuses_anything_else(wrong):
    with pytest.raises(ArgumentError):
        LTSeq(wrong)


def test_a_lazy_frame_is_told_to_collect():
    with pytest.raises(ArgumentError, match="collect"):
        LTSeq(pl.LazyFrame({"a": [1]}))


# from_rows(rows, schema=None)


def test_types_come_from_all_rows_and_an_absent_key_is_null():
    t = LTSeq.from_rows([{"a": 1}, {"a": 2.5, "b": "x"}, {"b": None}])
    assert t.schema == {"a": "float64", "b": "string"}
    assert t.to_dicts() == [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}, {"a": None, "b": None}]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None], "int64"),
        ([2**63 - 1, -(2**63)], "int64"),
        ([2**64 - 1, 0, None], "uint64"),
        ([1.5, None, float("inf"), -0.0], "float64"),
        ([1, 2.5], "float64"),
        ([True, None], "bool"),
        (["x", "", "é日", None], "string"),
        ([b"x\x00", b"", None], "binary"),
        ([dt.date(2024, 2, 29), dt.date.min, dt.date.max, None], "date32"),
        ([dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.datetime.min, dt.datetime.max, None], "timestamp[us]"),
        ([dt.datetime(2024, 2, 29, tzinfo=UTC), None], "timestamp[us, UTC]"),
        ([dt.time(1, 2, 3, 4), dt.time.max, None], "time64[us]"),
        ([dt.timedelta(days=-1, microseconds=3), None], "duration[us]"),
        ([Decimal("1.10"), Decimal("-2.05"), None], "decimal128(3, 2)"),
        ([Decimal("9" * 38)], "decimal128(38, 0)"),
        ([Decimal("1.10"), Decimal("-12345678901234567890.5")], "decimal128(22, 2)"),
        ([None, None], "null"),
        ([[1, 2], None, []], "list<int64>"),
        ([{"p": 1, "q": "y"}, None], "struct<p: int64, q: string>"),
    ],
)
def test_python_values_go_in_and_come_out(values, kind):
    for t in (LTSeq.from_dict({"x": values}), LTSeq.from_rows([{"x": value} for value in values])):
        assert t.schema == {"x": kind}
        assert [row["x"] for row in t] == values
        assert [type(row["x"]) for row in t if kind != "float64"] == [type(v) for v in values if kind != "float64"]


def test_a_zone_other_than_utc_is_the_same_moment():
    moment = dt.datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    t = LTSeq.from_rows([{"a": moment}])
    assert (t.schema, t.to_dicts()) == ({"a": "timestamp[us, UTC]"}, [{"a": dt.datetime(2024, 7, 1, 10, tzinfo=UTC)}])


def test_nan_stays_a_number():
    (row,) = LTSeq.from_rows([{"a": float("nan")}])
    assert row["a"] != row["a"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int32(1), 1),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (np.datetime64("2024-01-02"), dt.date(2024, 1, 2)),
        (np.datetime64("NaT"), None),
        (pd.Timestamp("2024-01-02"), dt.datetime(2024, 1, 2)),
        (pd.NaT, None),
        (pd.NA, None),
        ((1, 2), [1, 2]),
        (bytearray(b"x"), b"x"),
    ],
    ids=str,
)
def test_scalars_of_numpy_and_pandas_are_the_values_they_stand_for(value, plain):
    assert LTSeq.from_rows([{"a": value}]).to_dicts() == [{"a": plain}]


@pytest.mark.parametrize(
    "values",
    [
        [1, "x"],
        [True, 1],
        [True, 1.5],
        [dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)],
        [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=UTC)],
        [Decimal(1), 1.0],
        [Decimal(1), 1],
        [b"x", "x"],
        [[1], ["x"]],
        [[1], 1],
        [{"p": 1}, {"p": "x"}],
        [2**53 + 1, 0.5],
        [2**63, -1],
        [2**64],
        [object()],
        [1j],
        [{1, 2}],
        [Decimal("NaN")],
    ],
    ids=str,
)
def test_other_mixtures_are_errors_that_name_the_column(values):
    with pytest.raises(ArgumentError, match="'col"):
        LTSeq.from_rows([{"col": value} for value in values])
    with pytest.raises(ArgumentError, match="'col"):
        LTSeq.from_dict({"col": values})


@pytest.mark.parametrize(
    "wrong", [[1], [("a", 1)], ["a"], "rows", {"a": [1]}, 5, None, [{1: 2}], [{"a": 1}, {2: 1}], [None]], ids=str
)
def test_from_rows_refuses_what_are_no_dicts(wrong):
    with pytest.raises(ArgumentError):
        LTSeq.from_rows(wrong)


def test_no_rows_need_a_schema():
    for given in ({}, {"schema": None}, {"schema": {}}):
        with pytest.raises(ArgumentError, match="schema"):
            LTSeq.from_rows([], **given)
    t = LTSeq.from_rows([], schema={"a": "int", "b": "Timestamp"})
    assert t.schema == {"a": "int64", "b": "timestamp[us]"}
    assert (t.to_dicts(), t.count(), t.sort("a").to_dicts()) == ([], 0, [])


def test_rows_of_nothing_give_a_table_without_columns():
    t = LTSeq.from_rows([{}, {}])
    assert (t.columns, t.count(), t.to_dicts()) == ([], 2, [{}, {}])
    assert LTSeq.from_rows([{}], schema={"a": "int"}).to_dicts() == [{"a": None}]


def test_the_table_does_not_follow_the_list_it_was_made_of():
    rows = [{"a": 1}]
    t = LTSeq.from_rows(rows)
    rows.append({"a": 2})
    rows[0]["a"] = 9
    assert t.to_dicts() == [{"a": 1}]


def test_a_schema_names_types_and_columns():
    assert LTSeq.from_rows([{"a": 1}], {"a": "Int8"}).schema == {"a": "int8"}
    t = LTSeq.from_rows([{"a": 1, "b": 2}], schema={"b": "float", "c": "str"})
    assert t.dtypes == [("b", "float64"), ("c", "string"), ("a", "int64")]
    assert t.to_dicts() == [{"b": 2.0, "c": None, "a": 1}]
    for wrong in ({"a": "int63"}, {"a": int}, ["a"], {1: "int"}):
        with pytest.raises(ArgumentError):
            LTSeq.from_rows([{"a": 1}], schema=wrong)


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        (2.0, "int", 2),
        (3, "float", 3.0),
        (2**53, "float64", 2.0**53),
        (16777216, "float32", 16777216.0),
        (0.5, "float16", 0.5),
        (-128, "int8", -128),
        (255, "uint8", 255),
        (1, "bool", True),
        (1.1, "decimal128(3, 2)", Decimal("1.10")),
        (Decimal("1.500"), "decimal128(2, 1)", Decimal("1.5")),
        (100, "decimal128(3, 0)", Decimal(100)),
        (0, "decimal128(1, 1)", Decimal("0.0")),
        (dt.datetime(2024, 1, 1), "date", dt.date(2024, 1, 1)),
        (dt.date(2024, 1, 1), "timestamp[ms]", dt.datetime(2024, 1, 1)),
        (dt.timedelta(seconds=2), "duration[s]", dt.timedelta(seconds=2)),
        (dt.time(1, 2, 3), "time32[s]", dt.time(1, 2, 3)),
        ([1, None], "list<int32>", [1, None]),
        ({"b": 2.0}, "struct<b: int8, c: list<str>>", {"b": 2, "c": None}),
        ([{"b": Decimal("1.50")}], "list<struct<a: str, b: decimal128(5, 1)>>", [{"a": None, "b": Decimal("1.5")}]),
        (None, "null", None),
    ],
    ids=str,
)
def test_a_schema_converts_what_stays_the_same(value, kind, kept):
    (row, empty) = LTSeq.from_rows([{"a": value}, {}], schema={"a": kind}).to_dicts()
    assert (row["a"], type(row["a"]), empty) == (kept, type(kept), {"a": None})


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.5, "int"),
        (float("nan"), "int8"),
        (128, "int8"),
        (-1, "uint64"),
        (2**64, "uint64"),
        (Decimal("1.5"), "uint8"),
        (2**53 + 1, "float"),
        (16777217, "float32"),
        (1e300, "float32"),
        (65505, "float16"),
        (2, "bool"),
        (1.25, "decimal128(10, 1)"),
        (Decimal("1.255"), "decimal128(10, 2)"),
        (Decimal("123.4"), "decimal128(3, 1)"),
        (100, "decimal128(3, 1)"),
        (float("inf"), "decimal128(10, 2)"),
        (dt.datetime(2024, 1, 1, 9), "date"),
        (dt.datetime(2024, 1, 1, 9, 0, 0, 1), "timestamp[ms]"),
        (dt.datetime(2024, 1, 1, 9, 0, 0, 1000), "timestamp[s, UTC]"),
        (dt.timedelta(milliseconds=1), "duration[s]"),
        (dt.time(1, 2, 3, 4), "time32[ms]"),
        (1, "null"),
        (1.5, "timestamp"),
        (dt.datetime(2024, 1, 1, 3), "time64[us]"),
        ([1, 1.5], "list<int64>"),
        ([[300]], "list<list<Int8>>"),
        ({"b": 1.5}, "struct<b: int64>"),
        ({"b": 1, "c": 2}, "struct<b: int64>"),
        ([{"b": Decimal("1.25")}], "list<struct<a: str, b: decimal128(5, 1)>>"),
    ],
    ids=str,
)
def test_a_schema_never_makes_values_smaller(value, kind):
    with pytest.raises(ArgumentError, match=r"'a'.*without a loss"):
        LTSeq.from_rows([{"a": value}], schema={"a": kind})


def test_text_that_is_no_number_is_no_value_of_a_number_column():
    with pytest.raises(ArgumentError, match=r"column 'a'.*'x'"):
        LTSeq.from_rows([{"a": "x"}], schema={"a": "int"})


@pytest.mark.parametrize(
    "value",
    [
        dt.time(9, tzinfo=UTC),
        pd.Timedelta("1ns"),
        pd.Timestamp("2024-01-01 00:00:00.000000001"),
        np.datetime64("20000-01-01T00", "s"),
        np.datetime64("2024-01-01T00:00:00.000000001", "ns"),
    ],
    ids=str,
)
def test_what_no_type_here_can_keep_is_an_error(value):
    for use in (
        lambda: LTSeq.from_dict({"a": [value]}),
        lambda: ltseq.sql("SELECT ? AS a", [value]),
        lambda: ltseq.lit(value).serialize(),
    ):
        with pytest.raises(ArgumentError, match=r"zone|nanoseconds|out of range"):
            use()


@pytest.mark.parametrize(
    "name", ["A b", "c.d", "_x", "select", "__group_id__", 'q"q', "it's", "É", "日", "", "self", "1", "a\nb"]
)
def test_any_column_name_is_kept(name):
    for t in (LTSeq.from_rows([{name: 1, "z": 2}]), LTSeq.from_dict({name: [1], "z": [2]})):
        assert t.columns == [name, "z"]
        assert t.to_dicts() == [{name: 1, "z": 2}]
        assert t.sort(name).select(name).to_dicts() == [{name: 1}]


def test_text_that_is_no_unicode_is_an_argument_error():
    for use in (lambda: LTSeq.from_dict({"a": ["\ud800"]}), lambda: LTSeq.from_dict({"\ud800": [1]})):
        with pytest.raises(ArgumentError, match="Unicode"):
            use()


# from_dict(data)


@pytest.mark.parametrize(
    "values",
    [[1, 2], (1, 2), range(1, 3), np.array([1, 2]), pd.Series([1, 2], index=[7, 8]), pl.Series([1, 2]), iter([1, 2])],
)
def test_from_dict_takes_any_sequence_of_values(values):
    t = LTSeq.from_dict({"a": values})
    assert (t.schema, t.to_dicts()) == ({"a": "int64"}, [{"a": 1}, {"a": 2}])


def test_from_dict_keeps_the_order_of_columns_and_rows():
    t = LTSeq.from_dict({"b": [3, 1, 2], "a": ["x", None, "z"]})
    assert t.columns == ["b", "a"]
    assert t.to_dicts() == [{"b": 3, "a": "x"}, {"b": 1, "a": None}, {"b": 2, "a": "z"}]
    assert LTSeq.from_dict({"a": []}).to_dicts() == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"a": [1], "b": [1, 2]},
        {"a": [], "b": [1]},
        {"a": 5},
        {"a": "xy"},
        {"a": None},
        [1],
        None,
        "a",
        {1: [2]},
        {"a": {1}},
    ],
    ids=str,
)
def test_from_dict_refuses(data):
    with pytest.raises(ArgumentError):
        LTSeq.from_dict(data)


# ltseq.seq(start_or_stop, stop=None, step=1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((3,), [0, 1, 2]),
        ((0,), []),
        ((-3,), []),
        ((5, 1), []),
        ((1, 8, 3), [1, 4, 7]),
        ((1, 7, 3), [1, 4]),
        ((3, 0, -2), [3, 1]),
        ((0, 3, -1), []),
        ((2**63 - 3, 2**63 - 1), [2**63 - 3, 2**63 - 2]),
        ((-(2**63), -(2**63) + 1), [-(2**63)]),
        ((0, 10, 2**62), [0]),
        ((np.int64(2),), [0, 1]),
    ],
    ids=str,
)
def test_seq_is_range(arguments, expected):
    t = ltseq.seq(*arguments)
    assert [row["value"] for row in t] == expected
    assert (t.schema, t.count(), t.name) == ({"value": "int64"}, len(expected), None)


def test_seq_is_ordered_by_its_value():
    assert ltseq.seq(3).sort_keys == [("value", False)]
    assert ltseq.seq(0).sort_keys == [("value", False)]
    assert ltseq.seq(3, 0, -1).sort_keys == [("value", True)]
    assert [row["p"] for row in ltseq.seq(3).derive(p=lambda r: r.value.shift())] == [None, 0, 1]
    assert [row["value"] for row in ltseq.seq(start_or_stop=0, stop=5, step=2)] == [0, 2, 4]


@pytest.mark.parametrize("wrong", [(1.5,), ("3",), (True,), (None,), (1, "2"), (1, 2, 1.0), (1, 2, None)], ids=str)
def test_seq_takes_integers_only(wrong):
    with pytest.raises(ArgumentError, match="must be an int"):
        ltseq.seq(*wrong)


def test_seq_refuses_a_step_of_nothing():
    with pytest.raises(ArgumentError, match="step"):
        ltseq.seq(1, 2, 0)


@pytest.mark.parametrize("arguments", [(2**63,), (0, 2**63), (0, 5, 2**63), (-(2**63) - 1, 0)])
def test_seq_counts_in_64_bits(arguments):
    with pytest.raises(ArgumentError, match=r"at (most|least)"):
        ltseq.seq(*arguments)
