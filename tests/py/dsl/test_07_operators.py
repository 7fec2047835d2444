"""Section 7 of API.md: columns of a row, arithmetic, comparisons and logic, truth."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq, col, lit

INF, NAN = math.inf, math.nan
MOST = 2**63 - 1


def values(fn, **columns):
    """What a lambda makes of columns (lists or Arrow arrays)."""
    arrays = {name: value if isinstance(value, pa.Array) else pa.array(value) for name, value in columns.items()}
    return [row["x"] for row in LTSeq.from_arrow(pa.table(arrays)).select(x=fn).to_dicts()]


def value(fn, **row):
    """What a lambda makes of one row."""
    return LTSeq.from_rows([row]).select(x=fn).to_dicts()[0]["x"]


def kind(fn, **row):
    """The type of what it makes."""
    return LTSeq.from_rows([row]).select(x=fn).schema["x"]


# `r.name`, `r["any name"]`, `col("name")`

NAMES = [
    "two words", 'a"b', "a'b", "dot.ted", "Größe", "select", "FILTER", "UPPER", "_x", "__group_id__", "", "😀", "count",
    "s", "dt", "alias",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_reached_by_item_and_by_col(name):
    t = LTSeq.from_dict({name: [1, 2], "z": [3, 4]})
    for fn in (lambda r: r[name] + 1, col(name) + 1):
        assert [row["x"] for row in t.derive(x=fn).to_dicts()] == [2, 3]


def test_a_name_is_an_attribute():
    t = LTSeq.from_dict({"px": [1], "Größe": [2], "class_": [3], "count": [4], "schema": [5], "filter": [6]})
    made = t.select(lambda r: [r.px, r.Größe, r.class_, r.count, r.schema, r.filter])
    assert made.to_dicts() == t.to_dicts()


def test_an_unknown_column_is_not_found():
    t = LTSeq.from_dict({"px": [1]})
    for wrong in (lambda r: r.nope, lambda r: r["nope"], col("nope"), lambda r: r.px + col("nope"), "nope"):
        with pytest.raises(ColumnNotFoundError, match="Column 'nope' not found in schema"):
            t.select(wrong)
    t.select(lambda r: [r.px] if hasattr(r, "px") and not hasattr(r, "nope") else r.nope)


def test_a_leading_underscore_is_reached_by_item_only():
    t = LTSeq.from_dict({"_x": [1], "__y__": [2]})
    assert t.select(lambda r: [r["_x"], r["__y__"]]).to_dicts() == [{"_x": 1, "__y__": 2}]
    for wrong in (lambda r: r._x, lambda r: r.__y__):
        with pytest.raises(AttributeError, match=r"r\['_"):
            t.select(wrong)


@pytest.mark.parametrize("wrong", [0, None, b"px", slice(1), 1.5])
def test_an_item_is_a_text(wrong):
    with pytest.raises(ArgumentError, match="must be str"):
        LTSeq.from_dict({"px": [1]}).select(lambda r: r[wrong])


def test_a_column_of_a_linked_table_is_reached_by_its_alias():
    orders = LTSeq.from_dict({"id": [1, 2], "cust": [7, 8]})
    people = LTSeq.from_dict({"cust": [7, 8], "full name": ["Ada", "Bob"]})
    linked = orders.link(people, on="cust", as_="p")
    assert linked.select(n=lambda r: r.p["full name"]).to_dicts() == [{"n": "Ada"}, {"n": "Bob"}]
    # What is made from it has it too.
    made = linked.derive(n=lambda r: r.p["full name"]).filter(lambda r: r.p.cust == 8)
    assert made.select("id", "n").to_dicts() == [{"id": 2, "n": "Bob"}]
    with pytest.raises(ColumnNotFoundError, match="Column 'nope' not found in schema"):
        linked.select(lambda r: r.p.nope)


def test_a_real_column_wins_over_an_alias():
    t = LTSeq.from_dict({"p": [1], "cust": [7]})
    linked = t.link(LTSeq.from_dict({"cust": [7], "v": ["x"]}), on="cust", as_="p")
    assert linked.select(x=lambda r: r.p + 1).to_dicts() == [{"x": 2}]
    assert linked.select(x=lambda r: r.p_v).to_dicts() == [{"x": "x"}]


# `+ - * / // % **`, `-x`, `abs(x)`

PAIRS = [(7, 2), (-7, 2), (7, -2), (-7, -2), (6, 3), (-6, 3), (0, 5), (1, 10)]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_arithmetic_is_pythons(a, b):
    row = {"a": a, "b": b}
    assert value(lambda r: r.a + r.b, **row) == a + b
    assert value(lambda r: r.a - r.b, **row) == a - b
    assert value(lambda r: r.a * r.b, **row) == a * b
    assert value(lambda r: r.a / r.b, **row) == a / b
    assert value(lambda r: r.a // r.b, **row) == a // b
    assert value(lambda r: r.a % r.b, **row) == a % b
    assert [kind(fn, **row) for fn in (lambda r: r.a // r.b, lambda r: r.a % r.b)] == ["int64", "int64"]


@pytest.mark.parametrize(("a", "b"), [*PAIRS, (0.3, 0.1), (-0.3, 0.1), (1e300, 1e-10), (-5.0, INF), (5.0, -INF)])
def test_float_arithmetic_is_pythons(a, b):
    a, b = float(a), float(b)
    assert value(lambda r: r.a / r.b, a=a, b=b) == a / b
    assert value(lambda r: r.a % r.b, a=a, b=b) == a % b
    if not math.isinf(b):
        assert value(lambda r: r.a // r.b, a=a, b=b) == a // b


def test_operands_may_stand_on_either_side():
    assert value(lambda r: 5 - r.a, a=2) == 3
    assert value(lambda r: 5 * r.a + (1 + r.a), a=2) == 13
    assert value(lambda r: 5 / r.a, a=2) == 2.5
    assert value(lambda r: 5 // r.a, a=2) == 2
    assert value(lambda r: -5 % r.a, a=3) == 1
    assert value(lambda r: np.int64(2) * r.a + np.float64(0.5), a=3) == 6.5


def test_division_is_float64_also_on_integers():
    assert value(lambda r: r.a / 2, a=7) == 3.5
    assert value(lambda r: r.a / 7, a=7) == 1.0
    for array in (pa.array([7], "int8"), pa.array([7], "uint64"), pa.array([7], "float32"), pa.array([7])):
        made = LTSeq.from_arrow(pa.table({"a": array})).select(x=lambda r: r.a / 2)
        assert made.schema == {"x": "float64"}
        assert made.to_dicts() == [{"x": 3.5}]


def test_division_by_zero_is_inf_or_nan():
    got = values(lambda r: r.a / 0, a=[1, -1, 0, None])
    assert (got[:2], math.isnan(got[2]), got[3]) == ([INF, -INF], True, None)
    got = values(lambda r: r.a / 0.0, a=[1.0, -1.0, 0.0])
    assert (got[:2], math.isnan(got[2])) == ([INF, -INF], True)


@pytest.mark.parametrize("fn", [lambda r: r.a // 0, lambda r: r.a % 0, lambda r: 1 // (r.a - 5), lambda r: r.a // r.z])
def test_integer_floor_division_by_zero_is_an_execution_error(fn):
    with pytest.raises(ExecutionError, match="zero"):
        value(fn, a=5, z=0)


@pytest.mark.parametrize(
    "fn",
    [
        lambda r: r.a + 1, lambda r: -r.b - 2, lambda r: r.a * 2, lambda r: -(r.b - 0), lambda r: r.b - 1,
        lambda r: abs(r.b), lambda r: r.a**2, lambda r: r.b // -1,
    ],
)  # fmt: skip
def test_integer_overflow_is_an_execution_error(fn):
    with pytest.raises(ExecutionError):
        value(fn, a=MOST, b=-MOST - 1)


def test_the_ends_of_int64_are_exact():
    assert value(lambda r: r.a - 1 + 1, a=MOST) == MOST
    assert value(lambda r: r.a + 0, a=-MOST - 1) == -MOST - 1
    assert value(lambda r: r.a // 2, a=MOST) == MOST // 2
    assert value(lambda r: r.a % 10, a=MOST) == MOST % 10


def test_a_power_is_an_integer_for_a_literal_exponent_from_zero():
    assert value(lambda r: r.a**2, a=-7) == 49
    assert value(lambda r: r.a**0, a=0) == 1
    assert value(lambda r: r.a**62, a=2) == 2**62
    assert kind(lambda r: r.a**2, a=7) == "int64"


def test_any_other_power_is_float64():
    assert value(lambda r: r.a**-1, a=4) == 0.25
    assert value(lambda r: 2**r.a, a=3) == 8.0
    assert value(lambda r: r.a**0.5, a=9) == 3.0
    assert value(lambda r: r.f**2, f=1.5) == 2.25
    for fn in (lambda r: r.a**-1, lambda r: r.a**r.a, lambda r: 2**r.a, lambda r: r.a**0.5):
        assert kind(fn, a=2) == "float64"


def test_decimals_stay_decimals():
    a, b = Decimal("7.50"), Decimal("-2")
    made = LTSeq.from_rows([{"a": a, "b": b}]).select(
        add=lambda r: r.a + r.b, sub=lambda r: r.a - r.b, mul=lambda r: r.a * r.b, div=lambda r: r.a / r.b,
        floor=lambda r: r.a // r.b, mod=lambda r: r.a % r.b, neg=lambda r: -r.a, abs=lambda r: abs(r.b),
        more=lambda r: r.a * 3, lit=lambda r: r.a + Decimal("0.1"),
    )  # fmt: skip
    assert all(name.startswith("decimal128") for name in made.schema.values())
    # As floor division in Python's integers: 7.5 // -2 is -4, and the remainder has the divisor's sign.
    assert made.to_dicts() == [
        {
            "add": Decimal("5.5"), "sub": Decimal("9.5"), "mul": Decimal("-15"), "div": Decimal("-3.75"),
            "floor": Decimal(-4), "mod": Decimal("-0.5"), "neg": Decimal("-7.5"), "abs": Decimal(2),
            "more": Decimal("22.5"), "lit": Decimal("7.6"),
        }
    ]  # fmt: skip


def test_decimals_of_38_digits_are_exact():
    big = Decimal(10**37 + 1)
    assert value(lambda r: r.a - 1, a=big) == Decimal(10**37)
    with pytest.raises(ExecutionError):
        value(lambda r: r.a + r.a, a=Decimal("9" * 38))


def test_uint64_is_exact():
    most = pa.array([2**64 - 1, 0, None], "uint64")
    assert values(lambda r: r.a - 1, a=most) == [2**64 - 2, -1, None]
    assert values(lambda r: r.a + 1, a=most) == [2**64, 1, None]
    assert values(lambda r: r.a // 2, a=most) == [2**63 - 1, 0, None]


@pytest.mark.parametrize("name", ["uint8", "uint16", "uint32", "uint64"])
def test_an_unsigned_diff_is_int64(name):
    table = pa.table({"a": pa.array([5, 3, 9, None], name), "i": [1, 2, 3, 4]})
    made = LTSeq.from_arrow(table).sort("i").select(x=lambda r: r.a.diff())
    assert made.schema == {"x": "int64"}
    assert [row["x"] for row in made.to_dicts()] == [None, -2, 6, None]


def test_plus_joins_strings():
    assert values(lambda r: r.a + "-" + r.b, a=["x", None, ""], b=["y", "z", "é"]) == ["x-y", None, "-é"]
    assert values(lambda r: "<" + r.a, a=["x"]) == ["<x"]
    for wrong in (lambda r: r.a + 1, lambda r: r.a * 2, lambda r: r.a - "x"):
        with pytest.raises(ArgumentError):
            values(wrong, a=["x"])


def test_dates_and_durations():
    day, hour = dt.date(2024, 2, 28), dt.timedelta(hours=1)
    assert value(lambda r: r.a + dt.timedelta(days=2), a=day) == dt.date(2024, 3, 1)
    assert value(lambda r: r.a - dt.timedelta(days=28), a=day) == dt.date(2024, 1, 31)
    assert value(lambda r: dt.timedelta(days=1) + r.a, a=day) == dt.date(2024, 2, 29)
    assert value(lambda r: r.a + hour, a=dt.datetime(2024, 1, 1)) == dt.datetime(2024, 1, 1, 1)
    assert value(lambda r: r.a - r.b, a=dt.datetime(2024, 1, 2), b=dt.datetime(2024, 1, 1)) == dt.timedelta(days=1)
    assert value(lambda r: r.a - r.b, a=day, b=dt.date(2024, 1, 28)) == 31
    assert value(lambda r: r.d * 2 + hour, d=hour) == 3 * hour
    assert value(lambda r: r.d / 2, d=hour) == dt.timedelta(minutes=30)
    assert values(lambda r: -r.d, d=[hour, None, -hour]) == [-hour, None, hour]
    for wrong in (lambda r: r.a + r.a, lambda r: r.a + 1, lambda r: r.a * 2):
        with pytest.raises(ArgumentError):
            value(wrong, a=day)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_stay(unit):
    table = pa.table({"a": pa.array([dt.datetime(2024, 1, 2)], pa.timestamp(unit, "UTC"))})
    made = LTSeq.from_arrow(table).select(p=lambda r: r.a + dt.timedelta(seconds=1), d=lambda r: r.a - r.a)
    assert made.schema == {"p": f"timestamp[{unit}, UTC]", "d": f"duration[{unit}]"}
    assert made.to_dicts()[0]["p"] == dt.datetime(2024, 1, 2, 0, 0, 1, tzinfo=dt.timezone.utc)


def test_a_time_of_day_moves_round_the_clock():
    late, hour = dt.time(23, 30), dt.timedelta(hours=1)
    assert value(lambda r: r.a + hour, a=late) == dt.time(0, 30)
    assert value(lambda r: hour + r.a, a=late) == dt.time(0, 30)
    assert value(lambda r: r.a - hour, a=dt.time(0, 30)) == late
    assert value(lambda r: r.a + r.b, a=late, b=-25 * hour) == dt.time(22, 30)
    assert value(lambda r: r.a - r.b, a=late, b=dt.time(22)) == dt.timedelta(hours=1.5)


def test_negation_and_absolute_value():
    assert values(lambda r: -r.a, a=[3, -4, None]) == [-3, 4, None]
    assert values(lambda r: abs(r.a), a=[3, -4, None]) == [3, 4, None]
    assert values(lambda r: -r.a, a=[INF, -0.5]) == [-INF, 0.5]
    assert values(lambda r: -r.a, a=pa.array([7], "uint8")) == [-7]


@pytest.mark.parametrize(
    "fn", [lambda r: r.a + r.n, lambda r: r.n - r.a, lambda r: r.a / r.n, lambda r: r.a // r.n, lambda r: r.n**2]
)
def test_arithmetic_with_null_is_null(fn):
    assert values(fn, a=[1, 2], n=pa.array([None, None], "int64")) == [None, None]
    assert values(fn, a=[1, 2], n=pa.nulls(2)) == [None, None]


# `== != < <= > >=`, `& | ^ ~`


def test_comparisons_are_sqls_with_null():
    a = [2, 1, None]
    assert values(lambda r: r.a == 1, a=a) == [False, True, None]
    assert values(lambda r: r.a != 1, a=a) == [True, False, None]
    assert values(lambda r: r.a < 2, a=a) == [False, True, None]
    assert values(lambda r: r.a <= 2, a=a) == [True, True, None]
    assert values(lambda r: r.a > 1, a=a) == [True, False, None]
    assert values(lambda r: r.a >= 2, a=a) == [True, False, None]
    assert values(lambda r: 1 < r.a, a=a) == [True, False, None]
    assert values(lambda r: r.a == r.b, a=[1, None, None], b=[1, 1, None]) == [True, None, None]


def test_comparisons_of_every_kind():
    assert values(lambda r: r.a > "b", a=["c", "B", None]) == [True, False, None]
    assert values(lambda r: r.a == b"x", a=[b"x", b"y"]) == [True, False]
    assert value(lambda r: r.a < dt.date(2024, 1, 2), a=dt.date(2024, 1, 1)) is True
    assert value(lambda r: r.a == dt.datetime(2024, 1, 1), a=dt.date(2024, 1, 1)) is True
    assert value(lambda r: r.a < r.b, a=1, b=1.5) is True
    assert value(lambda r: r.a == r.b, a=1, b=Decimal("1.00")) is True
    assert values(lambda r: r.a > 2**63 - 1, a=pa.array([2**63, 1], "uint64")) == [True, False]
    assert values(lambda r: r.a == -1, a=pa.array([2**64 - 1], "uint64")) == [False]
    assert values(lambda r: r.a == 0, a=[-0.0, 0.0]) == [True, True]
    assert value(lambda r: r.a > dt.timedelta(0), a=dt.timedelta(1)) is True


def test_logic_is_three_valued():
    t, f, n = True, False, None
    both = {"a": [t, t, t, f, f, f, n, n, n], "b": [t, f, n, t, f, n, t, f, n]}
    assert values(lambda r: r.a & r.b, **both) == [t, f, n, f, f, f, n, f, n]
    assert values(lambda r: r.a | r.b, **both) == [t, t, t, t, f, n, t, n, n]
    assert values(lambda r: r.a ^ r.b, **both) == [f, t, n, t, f, n, n, n, n]
    assert values(lambda r: ~r.a, a=[t, f, n]) == [f, t, n]
    assert values(lambda r: True & r.a, a=[t, n]) == [t, n]
    assert values(lambda r: r.a | True, a=[f, n]) == [t, t]


@pytest.mark.parametrize(
    "fn",
    [
        lambda r: r.ok & r.n, lambda r: r.n | r.ok, lambda r: ~r.n, lambda r: r.ok ^ 1, lambda r: 1 & r.ok,
        lambda r: r.ok & "x", lambda r: ~r.s, lambda r: ~(r.n + 1), lambda r: (r.n + 1) & r.ok,
    ],
)  # fmt: skip
def test_logic_is_on_booleans_only(fn):
    with pytest.raises(ArgumentError):
        value(fn, ok=True, n=1, s="x")


@pytest.mark.parametrize("fn", [lambda r: r.a == None, lambda r: None == r.a])  # noqa: E711
def test_equals_none_raises_and_proposes_is_null(fn):
    with pytest.raises(ArgumentError, match=r"is_null\(\)"):
        value(fn, a=1)


@pytest.mark.parametrize("fn", [lambda r: r.a != None, lambda r: None != r.a])  # noqa: E711
def test_differs_from_none_raises_and_proposes_is_not_null(fn):
    with pytest.raises(ArgumentError, match="is_not_null"):
        value(fn, a=1)


# `bool(e)`, `int`, `float`, `len`, `iter`, `in`


@pytest.mark.parametrize(
    "fn",
    [
        lambda r: r.px > 1 and r.qty < 3, lambda r: r.px > 1 or r.qty < 3, lambda r: not r.ok, lambda r: 1 < r.px < 3,
        lambda r: r.px if r.ok else r.qty, lambda r: bool(r.ok), lambda r: r.sym in ["A", "B"],
        lambda r: int(r.px), lambda r: float(r.px), lambda r: len(r.sym), lambda r: iter(r.px), lambda r: list(r.px),
        lambda r: "A" in r.sym, lambda r: max(r.px, r.qty), lambda r: any(r.ok), lambda r: range(r.qty),
        lambda r: [1, 2][r.qty], lambda r: math.sqrt(r.px),
    ],
)  # fmt: skip
def test_python_cannot_take_an_expression_for_a_value(fn):
    t = LTSeq.from_dict({"px": [1.5], "qty": [1], "sym": ["A"], "ok": [True]})
    with pytest.raises(ArgumentError) as error:
        t.derive(x=fn)
    assert all(sign in str(error.value) for sign in "&|~")


def test_a_truth_test_proposes_between():
    with pytest.raises(ArgumentError, match="between"):
        value(lambda r: 1 < r.a < 3, a=2)


def test_expressions_are_keys_of_a_dict():
    # == makes an expression, so equal ones are told apart by identity.
    a = col("a")
    assert len({a: 1, col("a"): 2, a.alias("b"): 3}) == 3


def test_free_forms_and_methods_agree():
    row = {"a": -2.5}
    assert value(lambda r: ltseq.abs(r.a), **row) == value(lambda r: r.a.abs(), **row) == 2.5
    assert value(lambda r: ltseq.abs(x=r.a), **row) == 2.5
    assert value(lambda r: ltseq.abs(lit(-1)), **row) == 1
