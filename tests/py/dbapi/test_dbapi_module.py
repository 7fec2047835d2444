"""Globals, exceptions and type objects of the module."""

from __future__ import annotations

import datetime
import doctest
import importlib
import pickle
import pkgutil
import re
import time
from pathlib import Path

import pytest

import ltseq_dbapi
from ltseq_dbapi import errors, types


def test_globals() -> None:
    assert ltseq_dbapi.apilevel == "2.0"
    assert ltseq_dbapi.paramstyle == "qmark"
    assert ltseq_dbapi.threadsafety == 2


def test_every_public_name_exists() -> None:
    assert len(ltseq_dbapi.__all__) == len(set(ltseq_dbapi.__all__))
    missing = [name for name in ltseq_dbapi.__all__ if not hasattr(ltseq_dbapi, name)]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("Warning", Exception),
        ("Error", Exception),
        ("InterfaceError", ltseq_dbapi.Error),
        ("DatabaseError", ltseq_dbapi.Error),
        ("DataError", ltseq_dbapi.DatabaseError),
        ("OperationalError", ltseq_dbapi.DatabaseError),
        ("IntegrityError", ltseq_dbapi.DatabaseError),
        ("InternalError", ltseq_dbapi.DatabaseError),
        ("ProgrammingError", ltseq_dbapi.DatabaseError),
        ("NotSupportedError", ltseq_dbapi.DatabaseError),
    ],
)
def test_hierarchy(name: str, base: type[Exception]) -> None:
    kind = getattr(ltseq_dbapi, name)
    assert issubclass(kind, base)
    assert getattr(ltseq_dbapi.Connection, name) is kind


CONTRACT = {
    "ProgrammingError": "SYNTAX UNKNOWN_COLUMN UNKNOWN_TABLE UNKNOWN_FUNCTION AMBIGUOUS ARGUMENT TYPE "
    "NO_ORDER CLAUSE PARAMETER_COUNT SCHEMA_MISMATCH JOIN_CONDITION",
    "NotSupportedError": "NOT_SUPPORTED",
    "DataError": "OVERFLOW CAST DIVISION DATA",
    "IntegrityError": "ORDER_VIOLATION CONSTRAINT",
    "OperationalError": "FILE FILE_NOT_FOUND MEMORY TIMEOUT CANCELLED DISK",
    "InternalError": "INTERNAL",
}


def test_class_of_every_code() -> None:
    expected = {code: kind for kind, codes in CONTRACT.items() for code in codes.split()}
    assert {code: kind.__name__ for code, kind in errors.CLASS_OF_CODE.items()} == expected


def test_every_code_of_the_engine_has_a_class() -> None:
    source = Path(__file__).parents[3] / "sql_ext" / "src" / "error" / "mod.rs"
    codes = re.findall(r'Code::\w+ => "([A-Z_]+)"', source.read_text(encoding="utf-8"))
    assert len(codes) > 20
    assert set(codes) == set(errors.CLASS_OF_CODE)


def test_ambiguous_names(connection: ltseq_dbapi.Connection) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError) as caught:
        connection.execute("SELECT a FROM (VALUES (1)) AS t (a), (VALUES (2)) AS u (a)")
    assert caught.value.code == "AMBIGUOUS"


class Native(Exception):
    """Shaped like the engine's error."""

    def __init__(self, code: str) -> None:
        super().__init__("short")
        self.code, self.message = code, "long\n  ^"
        self.line, self.column, self.hint = 3, 7, "do this"
        self.nearest, self.available = ["px"], ["px", "ts"]


def test_everything_the_engine_says_is_kept() -> None:
    error = errors.from_native(Native("UNKNOWN_COLUMN"))
    assert type(error) is ltseq_dbapi.ProgrammingError
    assert str(error) == error.message == "long\n  ^"
    assert (error.code, error.line, error.column) == ("UNKNOWN_COLUMN", 3, 7)
    assert (error.hint, error.nearest, error.available) == ("do this", ["px"], ["px", "ts"])


def test_unknown_code_is_our_fault() -> None:
    assert type(errors.from_native(Native("BRAND_NEW"))) is ltseq_dbapi.InternalError
    assert type(errors.from_native(OverflowError("x"))) is ltseq_dbapi.InternalError


def test_errors_survive_pickling() -> None:
    error = errors.from_native(Native("CAST"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ltseq_dbapi.DataError
    assert vars(again) == vars(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("string", "STRING"),
        ("binary", "BINARY"),
        ("bool", "NUMBER"),
        ("uint64", "NUMBER"),
        ("float32", "NUMBER"),
        ("decimal128(10, 2)", "NUMBER"),
        ("date32", "DATETIME"),
        ("time64[us]", "DATETIME"),
        ("timestamp[us, UTC]", "DATETIME"),
        ("duration[us]", "DATETIME"),
        ("list<int64>", None),
        ("null", None),
    ],
)
def test_type_objects(code: str, kind: str | None) -> None:
    names = ["STRING", "BINARY", "NUMBER", "DATETIME", "ROWID"]
    assert [n for n in names if code == getattr(ltseq_dbapi, n)] == ([kind] if kind else [])
    assert [n for n in names if getattr(ltseq_dbapi, n) != code] == [n for n in names if n != kind]


def test_type_objects_are_five_different_values() -> None:
    objects = {types.STRING, types.BINARY, types.NUMBER, types.DATETIME, types.ROWID}
    assert len(objects) == 5
    assert types.NUMBER != 1


def test_constructors() -> None:
    assert ltseq_dbapi.Date(2002, 12, 25) == datetime.date(2002, 12, 25)
    assert ltseq_dbapi.Time(13, 45, 30) == datetime.time(13, 45, 30)
    at = datetime.datetime(2002, 12, 25, 13, 45, 30)
    assert ltseq_dbapi.Timestamp(2002, 12, 25, 13, 45, 30) == at
    ticks = time.mktime((2002, 12, 25, 13, 45, 30, 0, 0, -1))
    assert ltseq_dbapi.DateFromTicks(ticks) == at.date()
    assert ltseq_dbapi.TimeFromTicks(ticks) == at.time()
    assert ltseq_dbapi.TimestampFromTicks(ticks) == at
    assert ltseq_dbapi.Binary(memoryview(b"ab")) == b"ab"


def _modules() -> list[str]:
    found = pkgutil.walk_packages(ltseq_dbapi.__path__, "ltseq_dbapi.")
    suites = {"ltseq_dbapi.sqlalchemy.provision", "ltseq_dbapi.sqlalchemy.requirements"}
    return ["ltseq_dbapi", *(m.name for m in found if m.name not in suites)]


@pytest.mark.parametrize("name", _modules())
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS
    outcome = doctest.testmod(module, optionflags=flags)
    assert outcome.failed == 0
