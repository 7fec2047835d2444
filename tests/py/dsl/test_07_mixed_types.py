"""Section 7: values of several types in one expression. Nothing is lost, and the schema says what the rows are.

Section 5 and 10: sets, keys and groups over such values.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import LTSeq, SchemaMismatchError, col

NAN = float("nan")


@pytest.fixture
def t():
    return LTSeq.from_arrow(
        pa.table(
            {
                "c": [True, False],
                "i": pa.array([1, 2], pa.int64()),
                "f": [0.5, 1.5],
                "d": pa.array([Decimal("1.10"), Decimal("2.20")], pa.decimal128(5, 2)),
                "e": pa.array([Decimal("1.125"), Decimal("2.125")], pa.decimal128(4, 3)),
                "u": pa.array([2**64 - 1, None], pa.uint64()),
                "s": pa.array(["a", "b"], pa.large_string()),
            }
        )
    )


@pytest.mark.parametrize(
    ("make", "name", "values"),
    [
        (lambda r: ltseq.if_else(r.c, r.i, r.f), "float64", [1.0, 1.5]),
        (lambda r: ltseq.if_else(r.c, 1, r.f), "float64", [1.0, 1.5]),
        (lambda r: ltseq.when(r.c, 1).otherwise(r.f), "float64", [1.0, 1.5]),
        (lambda r: ltseq.when(r.c).then(r.f).when(r.i > 9, r.i).otherwise(7), "float64", [0.5, 7.0]),
        (lambda r: ltseq.if_else(r.c, 3, r.d), "decimal128(5, 2)", [Decimal("3.00"), Decimal("2.20")]),
        (lambda r: ltseq.if_else(r.c, r.d, r.e), "decimal128(6, 3)", [Decimal("1.100"), Decimal("2.125")]),
        (lambda r: ltseq.if_else(r.c, 1.5, r.d), "float64", [1.5, 2.2]),
        (lambda r: ltseq.if_else(r.c, r.u, 5), "uint64", [2**64 - 1, 5]),
        (lambda r: r.u.fill_null(5), "uint64", [2**64 - 1, 5]),
        (lambda r: ltseq.coalesce(r.u, 0), "uint64", [2**64 - 1, 0]),
        (lambda r: r.u.fill_null(-1), "decimal128(20, 0)", [Decimal(2**64 - 1), Decimal(-1)]),
        (lambda r: r.u // 2, "uint64", [2**63 - 1, None]),
        (lambda r: r.u % 10, "uint64", [5, None]),
        (lambda r: ltseq.if_else(r.c, "x", r.s), "string", ["x", "b"]),
        (lambda r: ltseq.sql_expr("CASE WHEN c THEN i ELSE f END"), "float64", [1.0, 1.5]),
    ],
)
def test_a_choice_has_the_type_that_holds_all_its_values(t, make, name, values):
    made = t.select(x=make)
    assert (made.schema, [row["x"] for row in made]) == ({"x": name}, values)
    # Arrow's stream refuses batches of another type than the schema's.
    assert made.to_arrow().column("x").to_pylist() == values


def test_sql_case_has_the_type_of_all_its_values(t):
    made = ltseq.sql("SELECT y, y + 1 AS z FROM (SELECT CASE WHEN c THEN i ELSE f END AS y FROM t)", t=t)
    assert made.schema == {"y": "float64", "z": "float64"}
    assert made.to_arrow().to_pydict() == {"y": [1.0, 1.5], "z": [2.0, 2.5]}


def test_update_and_modify_say_the_type_they_make(t):
    made = t.update(lambda r: r.c, i=lambda r: r.f)
    assert (made.schema["i"], made.to_arrow()["i"].to_pylist()) == ("float64", [0.5, 2.0])
    assert t.modify(0, s="x").to_arrow()["s"].to_pylist() == ["x", "b"]


@pytest.fixture
def moments():
    return LTSeq.from_rows([{"ts": dt.datetime(3000, 1, 1), "d": dt.date(1500, 1, 1), "n": None}])


def test_a_date_meets_a_timestamp_in_its_unit(moments):
    made = moments.select(
        gap=lambda r: r.ts - r.d, later=lambda r: r.ts > r.d, c=lambda r: ltseq.coalesce(r.n, r.d, r.ts)
    )
    assert (made.schema["gap"], made.schema["c"]) == ("duration[us]", "timestamp[us]")
    # 1500-01-01 to 3000-01-01: 1500 years, 364 of them leap years (every fourth but 15 centuries, of which 4 are).
    assert made.to_dicts() == [{"gap": dt.timedelta(365 * 1500 + 364), "later": True, "c": dt.datetime(1500, 1, 1)}]


def test_a_literal_beyond_the_unit_of_a_column_compares():
    t = LTSeq.from_arrow(pa.table({"a": pa.array([0, None], pa.timestamp("ns"))}))
    far = dt.datetime(3000, 1, 1)
    made = t.select(lt=col("a") < far, ge=col("a") >= far, eq=col("a") == far, one=col("a").is_in([far]))
    assert made.to_dicts() == [
        {"lt": True, "ge": False, "eq": False, "one": False},
        {"lt": None, "ge": None, "eq": None, "one": None},
    ]
    both = t.select(x=col("a").is_in([far, dt.datetime(1970, 1, 1)]))
    assert both.to_dicts() == [{"x": True}, {"x": None}]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_a_literal_finer_than_a_column_is_not_cut(unit):
    t = LTSeq.from_arrow(pa.table({"a": pa.array([0], pa.timestamp(unit))}))
    made = t.select(
        less=col("a") < dt.datetime(1970, 1, 1, 0, 0, 0, 1),
        moved=col("a") + dt.timedelta(microseconds=1),
        whole=col("a") + dt.timedelta(days=1),
    )
    assert made.schema == {"less": "bool", "moved": "timestamp[us]", "whole": f"timestamp[{unit}]"}
    assert made.to_dicts() == [
        {"less": True, "moved": dt.datetime(1970, 1, 1, 0, 0, 0, 1), "whole": dt.datetime(1970, 1, 2)}
    ]


def test_durations_add_in_the_finer_unit():
    t = LTSeq.from_arrow(pa.table({"a": pa.array([2], pa.duration("s")), "b": pa.array([5], pa.duration("us"))}))
    made = t.select(x=lambda r: r.a + r.b, y=lambda r: r.a > r.b)
    assert made.schema["x"] == "duration[us]"
    assert made.to_dicts() == [{"x": dt.timedelta(seconds=2, microseconds=5), "y": True}]


@pytest.mark.parametrize("of", [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")])
def test_times_of_day_of_every_unit_meet_a_time(of):
    t = LTSeq.from_arrow(pa.table({"a": pa.array([dt.time(1), dt.time(2), None], of)}))
    assert t.filter(col("a") == dt.time(1)).count() == 1
    assert t.filter(col("a").between(dt.time(1), dt.time(2))).count() == 2
    assert t.filter(col("a").is_in([dt.time(2)])).count() == 1
    assert [row["x"] for row in t.select(x=col("a").fill_null(dt.time(3)))] == [dt.time(1), dt.time(2), dt.time(3)]
    assert t.contain("a", dt.time(2))


def test_times_of_polars_compare():
    t = LTSeq.from_polars(pl.DataFrame({"a": [dt.time(1), dt.time(2)]}))
    assert t.filter(col("a") > dt.time(1)).to_dicts() == [{"a": dt.time(2)}]


def test_a_float_beside_a_decimal_is_compared_as_a_float():
    t = LTSeq.from_dict({"f": [NAN, 1e300, 1.5]})
    assert [row["x"] for row in t.select(x=col("f") == Decimal("1.5"))] == [False, False, True]
    assert t.filter(col("f").is_in([Decimal("1.5")])).count() == 1
    assert t.contain("f", Decimal("1.5"))


def of(kind, *values):
    return LTSeq.from_arrow(pa.table({"x": pa.array(values, kind)}))


@pytest.mark.parametrize(
    ("a", "b", "name", "values"),
    [
        (of(pa.int64(), 16777217), of(pa.float32(), 0.5), "float64", [16777217.0, 0.5]),
        (of(pa.int16(), 3), of(pa.float32(), 0.5), "float32", [3.0, 0.5]),
        (of(pa.decimal128(10, 2), Decimal("1.10")), of(pa.float64(), 1e300), "float64", [1.1, 1e300]),
        (
            of(pa.duration("us"), 5),
            of(pa.duration("s"), 1),
            "duration[us]",
            [dt.timedelta(0, 0, 5), dt.timedelta(0, 1)],
        ),
        (
            of(pa.date32(), dt.date(3000, 1, 1)),
            of(pa.timestamp("us"), 0),
            "timestamp[us]",
            [dt.datetime(3000, 1, 1), dt.datetime(1970, 1, 1)],
        ),
        (of(pa.null(), None), of(pa.uint64(), 2**64 - 1), "uint64", [None, 2**64 - 1]),
    ],
)
def test_union_widens_numbers_and_units(a, b, name, values):
    both = a.union(b)
    assert (both.schema, [row["x"] for row in both]) == ({"x": name}, values)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (of(pa.decimal128(38, 0), 12), of(pa.decimal128(38, 38), Decimal("0.5"))),
        (of(pa.timestamp("us"), 0), of(pa.timestamp("us", "UTC"), 0)),
        (of(pa.int64(), 1), of(pa.string(), "1")),
    ],
)
def test_union_refuses_what_no_type_holds(a, b):
    with pytest.raises(SchemaMismatchError, match="'x'"):
        a.union(b)


def test_sets_compare_numbers_by_value():
    long, double = of(pa.int64(), 2**53 + 1, None), of(pa.float64(), 2.0**53, 0.5, None)
    assert long.intersect(double).to_dicts() == [{"x": None}]
    assert long.except_(double).to_dicts() == [{"x": 2**53 + 1}]
    assert double.except_(long).to_dicts() == [{"x": 2.0**53}, {"x": 0.5}]
    assert not long.is_subset(double)
    narrow, fraction = of(pa.decimal128(38, 0), 12), of(pa.decimal128(38, 38), Decimal("0.5"))
    assert (narrow.intersect(fraction).count(), narrow.except_(fraction).count()) == (0, 1)


@pytest.mark.parametrize(("one", "other"), [(NAN, math.copysign(NAN, -1)), (0.0, -0.0)])
def test_nan_of_either_sign_and_both_zeros_are_one_key(one, other):
    a, b = LTSeq.from_dict({"x": [one]}), LTSeq.from_dict({"x": [other]})
    both = a.union(b)
    assert (a.intersect(b).count(), a.except_(b).count(), a.is_subset(b), a.xunion(b).count()) == (1, 0, True, 0)
    assert (a.join(b, on="x").count(), a.semi_join(b, on="x").count(), a.anti_join(b, on="x").count()) == (1, 1, 0)
    assert [row["n"] for row in both.agg("x", n=lambda g: g.count(), k=lambda g: g.x)] == [2]
    assert both.agg(n=lambda g: g.x.n_unique()).to_dicts() == [{"n": 1}]
    assert (both.distinct().count(), len(both.partition("x"))) == (1, 1)


@pytest.mark.parametrize("values", [[None, None], [{"a": 1}, None, {"a": None}], [[1], None, [None]]])
def test_nulls_of_nested_and_untyped_columns_are_in_both_sets(values):
    t = LTSeq.from_dict({"x": values, "i": list(range(len(values)))})
    assert t.intersect(t).to_dicts() == t.to_dicts()
    assert t.except_(t).to_dicts() == []
    assert ltseq.sql("SELECT * FROM t INTERSECT SELECT * FROM t", t=t).count() == len(values)


PARTS = "year month day hour minute second millisecond weekday week quarter day_of_year age".split()


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_a_column_of_nulls_are_null(name):
    assert LTSeq.from_dict({"a": [None]}).select(x=lambda r: getattr(r.a.dt, name)()).to_dicts() == [{"x": None}]


def test_truncation_reaches_all_years():
    t = LTSeq.from_rows([{"d": dt.date(1, 1, 3), "ts": dt.datetime(3000, 1, 3, 5)}])
    made = t.select(
        d=lambda r: r.d.dt.truncate("week"), ts=lambda r: r.ts.dt.truncate("week"), h=lambda r: r.d.dt.truncate("hour")
    )
    assert made.schema == {"d": "date32", "ts": "timestamp[us]", "h": "timestamp[us]"}
    # 1 January 1 is a Monday; 3 January 3000 is a Friday.
    assert made.to_dicts() == [{"d": dt.date(1, 1, 1), "ts": dt.datetime(2999, 12, 30), "h": dt.datetime(1, 1, 3)}]


def test_floor_and_ceil_leave_integers_alone():
    t = LTSeq.from_dict({"a": [2**62 + 5]})
    assert t.select(f=lambda r: r.a.floor(), c=lambda r: r.a.ceil()).to_dicts() == [{"f": 2**62 + 5, "c": 2**62 + 5}]


@pytest.mark.parametrize("divisor", [math.inf, -math.inf, 0.7, -0.7])
def test_floordiv_of_floats_is_pythons(divisor):
    values = [-5.0, 5.0, 0.0, -0.3]
    made = LTSeq.from_dict({"a": values}).select(x=lambda r: r.a // divisor)
    assert [row["x"] for row in made] == [value // divisor for value in values]


def test_diff_of_uint64_is_an_int64_where_the_difference_is_one():
    t = LTSeq.from_arrow(pa.table({"x": pa.array([2**64 - 1, 2**64 - 3], pa.uint64()), "i": [1, 2]})).sort("i")
    made = t.select(d=lambda r: r.x.diff(), o=lambda r: r.x.diff().over(order_by="i"))
    assert made.schema == {"d": "int64", "o": "int64"}
    assert made.to_dicts() == [{"d": None, "o": None}, {"d": -2, "o": -2}]


def test_small_decimals_and_floats_keep_what_they_meet():
    t = LTSeq.from_arrow(
        pa.table(
            {
                "d": pa.array([Decimal("1.5")], pa.decimal32(5, 2)),
                "f": pa.array([0.0], pa.float32()),
                "i": pa.array([2**24 + 1], pa.int64()),
            }
        )
    )
    made = t.select(d=lambda r: r.d + 1, f=lambda r: r.f + r.i, g=lambda r: r.f + 1, e=lambda r: r.f + r.i == 2**24 + 1)
    assert (made.schema["f"], made.schema["g"]) == ("float64", "float32")
    assert made.to_dicts() == [{"d": Decimal("2.50"), "f": 2.0**24 + 1, "g": 1.0, "e": True}]


def test_decimals_compare_with_any_number():
    t = LTSeq.from_rows([{"d": Decimal("1.1"), "f": 1e300, "n": NAN}])
    made = t.select(
        a=lambda r: r.d < r.f,
        b=lambda r: r.d == r.n,
        c=lambda r: r.d.is_in([1e300, 1.1]),
        o=lambda r: ltseq.coalesce(r.d, r.f),
    )
    assert made.schema["o"] == "float64"
    assert made.to_dicts() == [{"a": True, "b": False, "c": True, "o": 1.1}]


@pytest.mark.parametrize(
    ("coarse", "fine"),
    [
        (pa.array([0, 32_503_680_000, None], pa.timestamp("s")), pa.array([0, 1, None], pa.timestamp("ns"))),
        (pa.array([0, 2**62, None], pa.duration("s")), pa.array([0, 1, None], pa.duration("ns"))),
        (pa.array([0, 1, None], pa.time32("s")), pa.array([0, 1, None], pa.time64("ns"))),
        (pa.array([0, 2_000_000, None], pa.date32()), pa.array([0, 1, None], pa.timestamp("ns"))),
    ],
)
def test_keys_of_other_units_are_equal_where_their_values_are(coarse, fine):
    left, right = LTSeq.from_arrow(pa.table({"k": coarse})), LTSeq.from_arrow(pa.table({"k": fine, "n": [0, 1, 2]}))
    assert [row["n"] for row in left.join(right, on="k")] == [0]
    assert [row["n"] for row in right.semi_join(left, on="k")] == [0]
    assert (left.anti_join(right, on="k").count(), right.anti_join(left, on="k").count()) == (2, 2)
    other = right.select("k")
    assert (left.intersect(other).count(), left.except_(other).count(), other.except_(left).count()) == (2, 1, 1)
