"""Parameters are typed values from the caller to the engine and back."""

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ltseq_dbapi
from ltseq_dbapi import Connection, Cursor
from ltseq_dbapi.params import bind

UTC = datetime.timezone.utc
EAST = datetime.timezone(datetime.timedelta(hours=2))
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**63 - 1,
        2**64 - 1,
        1.5,
        float("inf"),
        "",
        "it's ? :a %s \u00e9\U0001f600",
        b"",
        b"\x00\xff'",
        datetime.date(1, 1, 1),
        datetime.date(2024, 2, 29),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
        datetime.datetime(2024, 2, 29, 12, 30, 15, 123456),
        datetime.datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
        datetime.time(23, 59, 59, 999999),
        datetime.timedelta(days=-2, microseconds=3),
        Decimal("1.50"),
        Decimal("-12345678901234567890.123456789"),
    ],
    ids=repr,
)
def test_round_trip(cursor: Cursor, value: Any) -> None:
    row = cursor.execute("SELECT ? AS v", (value,)).fetchone()
    assert row == (value,)
    assert type(row[0]) is type(value)


def test_nan_is_a_number(cursor: Cursor) -> None:
    (value,) = cursor.execute("SELECT ?", (float("nan"),)).fetchone() or ()
    assert value != value


def test_time_zones_keep_the_instant(cursor: Cursor) -> None:
    at = datetime.datetime(2024, 6, 1, 12, 0, tzinfo=EAST)
    (value,) = cursor.execute("SELECT ?", (at,)).fetchone() or ()
    assert value == at
    assert value.tzinfo is not None


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        (ID, str(ID)),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (Level.HIGH, 3),
        (np.int32(7), 7),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.bytes_(b"x"), b"x"),
        (np.datetime64("2024-02-29"), datetime.date(2024, 2, 29)),
        (np.datetime64("2024-02-29T01:02:03.123456000", "ns"), datetime.datetime(2024, 2, 29, 1, 2, 3, 123456)),
        (pd.Timestamp("2024-02-29"), datetime.datetime(2024, 2, 29)),
        (pd.Timedelta("3us"), datetime.timedelta(microseconds=3)),
        ((1, None), [1, None]),
        ([np.int8(1), 2.5], [1, 2.5]),
        ({"a": [pd.NaT], "b": ID}, {"a": [None], "b": str(ID)}),
        (np.timedelta64(5, "s"), datetime.timedelta(seconds=5)),
        (np.datetime64("NaT"), None),
        (pd.NA, None),
        (pd.NaT, None),
    ],
    ids=repr,
)  # fmt: skip
def test_other_values_become_plain_ones(cursor: Cursor, value: Any, bound: Any) -> None:
    assert bind([value]) == [bound]
    assert type((bind([value]) or [None])[0]) is type(bound)
    assert cursor.execute("SELECT ?", (value,)).fetchone() == (bound,)


def test_pandas_timestamps(cursor: Cursor) -> None:
    at = pd.Timestamp("2024-02-29 12:30:15.123456")
    assert cursor.execute("SELECT ?", (at,)).fetchone() == (at.to_pydatetime(),)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT ? - ?", (5, 3)),
        ("SELECT ? - ?", [5, 3]),
        ("SELECT ? - ?", np.array([5, 3])),
        ("SELECT $1 - $2", (5, 3)),
        ("SELECT $2 - $1", (3, 5)),
        ("SELECT :a - :b", {"a": 5, "b": 3}),
        ("SELECT $a - $b", {"a": 5, "b": 3}),
    ],
)
def test_styles(cursor: Cursor, sql: str, parameters: Any) -> None:
    assert cursor.execute(sql, parameters).fetchone() == (2,)


def test_a_parameter_may_be_used_twice(cursor: Cursor) -> None:
    assert cursor.execute("SELECT $1 + $1", (2,)).fetchone() == (4,)
    assert cursor.execute("SELECT :a + :a", {"a": 2}).fetchone() == (4,)


def test_parameters_are_never_sql(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a VARCHAR)")
    text = "x'); DROP TABLE t; --"
    cursor.execute("INSERT INTO t VALUES (?)", (text,))
    assert cursor.execute("SELECT a FROM t WHERE a = ?", (text,)).fetchall() == [(text,)]


def test_parameters_everywhere(ticks: Connection) -> None:
    sql = "SELECT sym, px * ? FROM ticks WHERE px >= ? AND sym IN (?, ?) ORDER BY px LIMIT ? OFFSET ?"
    rows = ticks.execute(sql, (2, 9.5, "A", "C", 2, 1)).fetchall()
    assert rows == [("A", 20.0), ("A", 22.0)]


def test_stored_values_have_the_column_type(cursor: Cursor) -> None:
    """A Python int in an INT column is an INT afterwards, not a BIGINT in disguise."""
    cursor.execute("CREATE TABLE t (a INT, b DOUBLE, c DECIMAL(6, 2), d DATE, e SMALLINT)")
    row = (5, 2, Decimal("1.25"), datetime.date(2024, 1, 2), None)
    cursor.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", row)
    cursor.execute("SELECT * FROM t WHERE a = 5 AND b = 2 AND c = 1.25 AND e IS NULL")
    assert cursor.description is not None
    names = ["int32", "float64", "decimal128(6, 2)", "date32", "int16"]
    assert [column[1] for column in cursor.description] == names
    assert cursor.fetchall() == [(5, 2.0, Decimal("1.25"), datetime.date(2024, 1, 2), None)]


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT ?", None),
        ("SELECT ?", ()),
        ("SELECT ?, ?", (1,)),
        ("SELECT ?", (1, 2)),
        ("SELECT 1", (1,)),
        ("SELECT $2", (1,)),
        ("SELECT :a", {"b": 1}),
        ("SELECT :a", {}),
        ("SELECT :a", (1,)),
        ("SELECT ?", {"a": 1}),
    ],
)
def test_wrong_count_or_names(cursor: Cursor, sql: str, parameters: Any) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        cursor.execute(sql, parameters)
    assert cursor.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("parameters", ["A", b"A", 5, {1, 2}, iter([1])], ids=repr)
def test_wrong_kind_of_parameters(cursor: Cursor, parameters: Any) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="sequence or a mapping"):
        cursor.execute("SELECT ?", parameters)


@pytest.mark.parametrize(
    "value",
    [
        datetime.time(9, tzinfo=EAST),
        np.datetime64("2024-02-29T01:02:03.123456789", "ns"),
        np.timedelta64(5, "ns"),
        np.datetime64(2**62, "s"),
        np.datetime64("20000-01-01"),
        pd.Timestamp("2024-02-29 01:02:03.123456789"),
        pd.Timedelta("1ns"),
        [pd.Timedelta("1ns")],
    ],
    ids=repr,
)
def test_what_would_be_lost_is_an_error(cursor: Cursor, value: Any) -> None:
    with pytest.raises(ltseq_dbapi.DataError, match="parameter 1 "):
        cursor.execute("SELECT ?", (value,))


def test_lists_are_arrays(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT[])")
    cursor.executemany("INSERT INTO t VALUES (?)", [([1, 2],), (None,), ([],)])
    assert cursor.execute("SELECT a FROM t WHERE array_has(a, ?)", (2,)).fetchall() == [([1, 2],)]
    assert cursor.execute("SELECT 2 = ANY(?)", ([1, 2],)).fetchone() == (True,)
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="mixes values"):
        cursor.execute("SELECT ?", ([1, "a"],))


@pytest.mark.parametrize("parameter", ["\ud800", ["\ud800"]], ids=ascii)
def test_text_that_is_no_unicode(connection: Connection, parameter: Any) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="Unicode"):
        connection.execute("SELECT ?", (parameter,))
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="Unicode"):
        connection.execute("SELECT '\ud800'")
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="Unicode"):
        connection.register("\ud800", {"a": [1]})


@pytest.mark.parametrize("value", [{1}, np.array([1]), {5: 1}, np.timedelta64(5, "M"), object(), 1j], ids=repr)
def test_values_that_cannot_be_bound(cursor: Cursor, value: Any) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="parameter 1 is a") as caught:
        cursor.execute("SELECT ?", (value,))
    assert caught.value.code == "PARAMETER"


def test_names_must_be_text(cursor: Cursor) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="names of parameters"):
        cursor.execute("SELECT :a", {1: 2})


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1])
def test_integers_out_of_range(cursor: Cursor, value: int) -> None:
    with pytest.raises(ltseq_dbapi.DataError, match="out of range"):
        cursor.execute("SELECT ?", (value,))
