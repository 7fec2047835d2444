"""Section 7 of API.md: literals, null functions and membership, casts."""

from __future__ import annotations

import datetime as dt
import enum
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, coalesce, col, ifa, lit, nvl, when

UTC = dt.timezone.utc


def made(fn, *data, **columns):
    """What a lambda makes of column a (a list or an Arrow array) and of others: its type and its rows."""
    columns = dict.fromkeys("a", *data) if data else columns
    table = LTSeq.from_arrow(pa.table({n: v if isinstance(v, pa.Array) else pa.array(v) for n, v in columns.items()}))
    out = table.select(x=fn)
    return out.schema["x"], [row["x"] for row in out.to_dicts()]


def values(fn, *data, **columns):
    return made(fn, *data, **columns)[1]


# literals

LITERALS = [
    (True, "bool"), (5, "int64"), (-(2**63), "int64"), (2**63 - 1, "int64"), (2**63, "uint64"), (2**64 - 1, "uint64"),
    (1.5, "float64"), (math.inf, "float64"), ("", "string"), ("it's ? $1 :x -- \\ \n 😀", "string"),
    (b"\x00\xff", "binary"), (None, "null"), (dt.date(1, 1, 1), "date32"), (dt.date(9999, 12, 31), "date32"),
    (dt.datetime(1969, 12, 31, 23, 59, 59, 999_999), "timestamp[us]"), (dt.datetime.max, "timestamp[us]"),
    (dt.datetime(2024, 2, 29, tzinfo=UTC), "timestamp[us, UTC]"), (dt.time(23, 59, 59, 1), "time64[us]"),
    (dt.timedelta(days=-1, microseconds=1), "duration[us]"), (Decimal("-1.50"), "decimal128(3, 2)"),
    (Decimal("9" * 38), "decimal128(38, 0)"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "kind"), LITERALS)
def test_a_literal_is_typed_and_comes_back_as_it_went_in(given, kind):
    for fn in (lambda r: lit(given), lambda r: given):
        found, (back,) = made(fn, [1])
        assert found == kind
        assert back == given
        assert type(back) is type(given)


def test_nan_is_a_literal():
    assert math.isnan(values(lambda r: lit(math.nan), [1])[0])


def test_a_zone_is_turned_into_utc():
    east = dt.datetime(2024, 2, 29, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert made(lambda r: lit(east), [1]) == ("timestamp[us, UTC]", [dt.datetime(2024, 2, 29, tzinfo=UTC)])


NUMPY = [
    (np.int32(5), "int64", 5), (np.uint64(2**63), "uint64", 2**63), (np.float32(0.5), "float64", 0.5),
    (np.bool_(True), "bool", True), (np.str_("x"), "string", "x"), (np.bytes_(b"x"), "binary", b"x"),
    (np.datetime64("2024-01-02"), "date32", dt.date(2024, 1, 2)),
    (np.datetime64("2024-01-02T03:00:00.000000", "ns"), "timestamp[us]", dt.datetime(2024, 1, 2, 3)),
    (np.timedelta64(3, "s"), "duration[us]", dt.timedelta(seconds=3)), (np.datetime64("NaT"), "null", None),
]  # fmt: skip


@pytest.mark.parametrize(("given", "kind", "expected"), NUMPY)
def test_numpy_scalars_are_literals(given, kind, expected):
    assert made(lambda r: lit(given), [1]) == (kind, [expected])


@pytest.mark.parametrize(
    "given",
    [
        2**64, -(2**63) - 1, Decimal("NaN"), Decimal(10) ** 40, object(), [1], {"a": 1}, 1 + 2j, np.array([1, 2]),
        np.datetime64("2024-01-02T03:00:00.000000001"), dt.time(1, tzinfo=UTC), dt.timedelta.max, LTSeq(),
    ],
)  # fmt: skip
def test_what_no_column_holds_is_no_literal(given):
    with pytest.raises(ArgumentError):
        lit(given)


class Colour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(("given", "kind", "expected"), [(Colour.RED, "string", "red"), (Level.HIGH, "int64", 3)])
def test_enums_of_texts_and_ints_are_their_values(given, kind, expected):
    assert made(lambda r: lit(given), [1]) == (kind, [expected])
    t = LTSeq.from_dict({"a": [expected, None]})
    assert t.filter(lambda r: r.a == given).count() == t.filter(lambda r: r.a.is_in([given])).count() == 1
    assert t.modify(1, a=given).to_dicts() == [{"a": expected}, {"a": expected}]
    assert t.align([given], lambda r: r.a).to_dicts() == [{"a": expected}]


def test_text_that_is_not_unicode_and_months_of_numpy_say_so():
    with pytest.raises(ArgumentError, match="not valid Unicode"):
        lit("\ud800")
    with pytest.raises(ArgumentError, match="no fixed length"):
        lit(np.timedelta64(1, "M"))


def test_an_expression_stays_what_it_is():
    assert lit(lit(1)).serialize() == lit(1).serialize()
    assert lit(col("a")).serialize() == col("a").serialize()


# `is_null is_not_null fill_null(v) is_in(values) between(low, high)`

NUMBERS = [1, 5, None]


def test_null_tests_are_never_null():
    assert values(lambda r: r.a.is_null(), NUMBERS) == [False, False, True]
    assert values(lambda r: r.a.is_not_null(), NUMBERS) == [True, True, False]
    # NaN is a value.
    assert values(lambda r: r.a.is_null(), [math.nan, None]) == [False, True]
    assert values(lambda r: r.a.is_null(), pa.nulls(2)) == [True, True]


def test_fill_null_takes_a_value_or_a_column():
    assert made(lambda r: r.a.fill_null(0), NUMBERS) == ("int64", [1, 5, 0])
    assert values(lambda r: r.a.fill_null(v=0), NUMBERS) == [1, 5, 0]
    assert values(lambda r: r.a.fill_null(r.b), a=[1, None, None], b=[7, 8, None]) == [1, 8, None]
    assert made(lambda r: r.a.fill_null(1.5), NUMBERS) == ("float64", [1.0, 5.0, 1.5])
    assert made(lambda r: r.a.fill_null("x"), ["a", None]) == ("string", ["a", "x"])
    assert made(lambda r: r.a.fill_null("x"), pa.array(["a", None]).dictionary_encode()) == ("string", ["a", "x"])
    with pytest.raises(ArgumentError):
        values(lambda r: r.a.fill_null("x"), NUMBERS)


@pytest.mark.parametrize(
    "given", [[1, 3], (1, 3), {1, 3}, range(1, 4, 2), np.array([1, 3]), {1: "a", 3: "b"}, iter([1, 3])]
)
def test_membership_takes_any_list_of_values(given):
    assert values(lambda r: r.a.is_in(given), [1, 2, 3, None]) == [True, False, True, None]


def test_membership_is_sqls():
    assert values(lambda r: r.a.is_in(values=[1]), NUMBERS) == [True, False, None]
    assert values(lambda r: r.a.is_in([1, None]), NUMBERS) == [True, None, None]
    assert values(lambda r: r.a.is_in([5.0, 7.5]), NUMBERS) == [False, True, None]
    assert values(lambda r: r.a.is_in([r.b, 5]), a=[1, 2, 5], b=[1, 1, 1]) == [True, False, True]
    assert values(lambda r: r.a.is_in([2**64 - 1]), pa.array([2**64 - 1, 1], "uint64")) == [True, False]
    assert values(lambda r: r.a.is_in([dt.date(2024, 1, 1)]), [dt.date(2024, 1, 1)]) == [True]
    assert values(lambda r: ltseq.is_in(r.a, [1]), NUMBERS) == [True, False, None]


def test_an_empty_list_holds_nothing_not_even_null():
    for empty in ([], (), set()):
        assert made(lambda r: r.a.is_in(empty), NUMBERS) == ("bool", [False, False, False])
    assert LTSeq.from_dict({"a": NUMBERS}).filter(lambda r: ~r.a.is_in([])).count() == 3


@pytest.mark.parametrize("wrong", ["ab", b"ab", 5, None])
def test_membership_refuses_what_is_no_list(wrong):
    with pytest.raises(ArgumentError, match="list of values"):
        col("a").is_in(wrong)


def test_between_includes_both_ends():
    assert values(lambda r: r.a.between(1, 3), [0, 1, 2, 3, 4, None]) == [False, True, True, True, False, None]
    assert values(lambda r: r.a.between(low=1, high=3), [3]) == [True]
    assert values(lambda r: r.a.between(3, 1), [2]) == [False]
    assert values(lambda r: r.a.between(r.b, r.c), a=[2, 2], b=[1, 3], c=[2, 5]) == [True, False]
    # As a >= low & a <= high: one side false is enough.
    assert values(lambda r: r.a.between(None, 3), [5, 2]) == [False, None]
    assert values(lambda r: r.a.between("a", "c"), ["b", "d"]) == [True, False]


# `coalesce(*x) nvl(x, d) ifa(cond, v)`


def test_coalesce_gives_the_first_that_is_not_null():
    assert values(lambda r: coalesce(r.a, r.b, 9), a=[1, None, None], b=[5, 6, None]) == [1, 6, 9]
    assert values(lambda r: coalesce(r.a), [1, None]) == [1, None]
    assert made(lambda r: coalesce(None, None), [1]) == ("null", [None])
    with pytest.raises(ArgumentError):
        coalesce()


def test_nvl_gives_its_default_for_null():
    assert values(lambda r: nvl(r.a, 0), NUMBERS) == [1, 5, 0]
    assert values(lambda r: nvl(x=r.a, d=r.a), NUMBERS) == [1, 5, None]


def test_ifa_gives_null_where_the_condition_is_not_true():
    assert made(lambda r: ifa(r.a > 1, "big"), NUMBERS) == ("string", [None, "big", None])
    assert values(lambda r: ifa(cond=r.a > 1, v=r.a), NUMBERS) == [None, 5, None]
    with pytest.raises(ArgumentError):
        values(lambda r: ifa(r.a, "big"), NUMBERS)


# `cast(type)`, `try_cast(type)`

CASTS = [
    ([1.9, -1.9, None], "int", "int64", [1, -1, None]), ([Decimal("1.95"), Decimal("-1.95")], "int", "int64", [1, -1]),
    ([5], "str", "string", ["5"]), ([1, 0, None], "bool", "bool", [True, False, None]),
    ([True, False], "int", "int64", [1, 0]), (["7", " 8 ", "007"], "int", "int64", [7, 8, 7]),
    (["1.5", "-2"], "float", "float64", [1.5, -2.0]), (["2024-02-29"], "date", "date32", [dt.date(2024, 2, 29)]),
    (["2024-02-29T01:02:03"], "Timestamp", "timestamp[us]", [dt.datetime(2024, 2, 29, 1, 2, 3)]),
    ([dt.date(2024, 2, 29)], "timestamp", "timestamp[us]", [dt.datetime(2024, 2, 29)]),
    ([dt.datetime(2024, 2, 29, 5)], "date", "date32", [dt.date(2024, 2, 29)]),
    ([1], "decimal128(10, 2)", "decimal128(10, 2)", [Decimal("1.00")]),
    (["12345678901234567890.5"], "decimal128(38, 2)", "decimal128(38, 2)", [Decimal("12345678901234567890.50")]),
    ([2**63 - 1], "uint64", "uint64", [2**63 - 1]), ([300], "int16", "int16", [300]),
    ([None, None], "int", "int64", [None, None]), (["x"], "binary", "binary", [b"x"]),
    (["01:02:03.5"], "time64[us]", "time64[us]", [dt.time(1, 2, 3, 500_000)]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "kind", "name", "expected"), CASTS)
def test_casts(data, kind, name, expected):
    assert made(lambda r: r.a.cast(kind), data) == (name, expected)
    assert made(lambda r: r.a.try_cast(type=kind), data) == (name, expected)


IMPOSSIBLE = [
    ("x", "int"), ("1.5", "int"), ("", "int"), (300, "int8"), (-1, "uint64"), (math.nan, "int"), (math.inf, "int"),
    (1e30, "int"), ("2024-02-30", "date"), ("nope", "timestamp"), (12345, "decimal128(4, 2)"), ("maybe", "bool"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "kind"), IMPOSSIBLE)
def test_an_impossible_cast_is_an_error_or_null(given, kind):
    with pytest.raises(ExecutionError):
        values(lambda r: r.a.cast(kind), [given])
    assert values(lambda r: r.a.try_cast(kind), [given]) == [None]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("int", "int64"), ("FLOAT", "float64"), ("Str", "string"), ("utf8", "string"), ("Boolean", "bool"),
        ("date", "date32"), ("timestamp", "timestamp[us]"), ("Timestamp[NS, utc]", "timestamp[ns, UTC]"),
        ("timestamp[us, Europe/Berlin]", "timestamp[us, Europe/Berlin]"), ("DECIMAL128(10,2)", "decimal128(10, 2)"),
        ("uint8", "uint8"), ("duration[ms]", "duration[ms]"), ("STRING", "string"), ("Int8", "int8"),
    ],
)  # fmt: skip
def test_a_type_is_spelled_in_any_case(given, name):
    assert made(lambda r: r.a.cast(given), pa.nulls(1)) == (name, [None])


@pytest.mark.parametrize("wrong", ["int63", "", None, int, 5, "timestamp[xs]", "decimal128(99, 1)", "list<foo>"])
def test_an_unknown_type_is_an_argument_error(wrong):
    for name in ("cast", "try_cast"):
        with pytest.raises(ArgumentError):
            values(lambda r, name=name: getattr(r.a, name)(wrong), [1])


def test_an_unknown_type_names_the_nearest():
    with pytest.raises(ArgumentError, match=r"'int63'.*'int64'"):
        col("a").cast("int63")


@pytest.mark.parametrize(
    ("data", "kind"),
    [([dt.date(2024, 1, 1)], "bool"), ([b"x"], "int64"), ([dt.time(1)], "date32"), ([dt.date(2024, 1, 1)], "float")],
)
def test_a_cast_between_kinds_that_have_none_is_an_argument_error(data, kind):
    for name in ("cast", "try_cast"):
        with pytest.raises(ArgumentError, match="column 'a' of type"):
            values(lambda r, name=name: getattr(r.a, name)(kind), data)


def test_a_cast_keeps_the_moment_of_a_zone():
    berlin = "timestamp[us, Europe/Berlin]"
    assert values(lambda r: r.a.cast("timestamp[us, UTC]").cast(berlin).cast("str"), ["2024-07-01T00:00:00Z"]) == [
        "2024-07-01T02:00:00+02:00"
    ]
    # A time without a zone is one on that zone's clocks.
    assert values(lambda r: r.a.cast(berlin).cast("timestamp[us, UTC]").dt.hour(), [dt.datetime(2024, 7, 1)]) == [22]


def test_casts_work_inside_other_expressions():
    made_ = values(lambda r: when(r.a.try_cast("int").is_null(), -1).otherwise(r.a.try_cast("int") + 1), ["4", "x"])
    assert made_ == [5, -1]
