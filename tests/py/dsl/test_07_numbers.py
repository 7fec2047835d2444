"""Section 7 of API.md: rounding, and mathematics."""

from __future__ import annotations

import math
from decimal import Decimal

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, lit


def made(fn, data, **more):
    """What a lambda makes of column a: its type and its rows."""
    columns = {"a": data, **more}
    table = LTSeq.from_arrow(pa.table({n: v if isinstance(v, pa.Array) else pa.array(v) for n, v in columns.items()}))
    out = table.select(x=fn)
    return out.schema["x"], [row["x"] for row in out.to_dicts()]


def values(fn, data, **more):
    return made(fn, data, **more)[1]


# `abs() round(n=0) floor() ceil()`


def test_abs():
    assert made(lambda r: r.a.abs(), [-3, 3, 0, None]) == ("int64", [3, 3, 0, None])
    assert made(lambda r: ltseq.abs(r.a), [-2.5, -math.inf]) == ("float64", [2.5, math.inf])
    assert values(lambda r: r.a.abs(), [Decimal("-1.50")]) == [Decimal("1.50")]
    with pytest.raises(ExecutionError):
        values(lambda r: r.a.abs(), [-(2**63)])


def test_halves_are_rounded_away_from_zero():
    halves = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6, None]
    assert made(lambda r: r.a.round(), halves) == ("float64", [1.0, 2.0, 3.0, -1.0, -2.0, -3.0, 2.0, -3.0, None])
    decimals = [Decimal("2.25"), Decimal("-2.25"), Decimal("2.34"), None]
    assert values(lambda r: r.a.round(1), decimals) == [Decimal("2.3"), Decimal("-2.3"), Decimal("2.3"), None]
    # Just under a half stays under it.
    assert values(lambda r: r.a.round(), [0.49999999999999994]) == [0.0]


def test_round_takes_a_number_of_decimals():
    assert values(lambda r: r.a.round(1), [2.25, -2.25, 0.04]) == [2.3, -2.3, 0.0]
    assert values(lambda r: r.a.round(n=2), [1.125]) == [1.13]
    assert values(lambda r: ltseq.round(r.a, 1), [0.25]) == [0.3]
    assert values(lambda r: r.a.round(-1), [25, -25, 14]) == [30, -30, 10]
    assert values(lambda r: r.a.round(-1), [25.0, 14.9]) == [30.0, 10.0]


@pytest.mark.parametrize("wrong", [1.0, "1", None, True])
def test_the_number_of_decimals_is_an_int(wrong):
    with pytest.raises(ArgumentError, match="n must be an int"):
        values(lambda r: r.a.round(wrong), [1.5])


def test_round_of_integers_is_exact():
    assert made(lambda r: r.a.round(), [2**62 + 5, None]) == ("int64", [2**62 + 5, None])
    assert values(lambda r: r.a.round(), pa.array([2**64 - 1], "uint64")) == [2**64 - 1]


def test_floor_and_ceil():
    data = [-1.5, 1.5, 2.0, None]
    assert values(lambda r: r.a.floor(), data) == [-2.0, 1.0, 2.0, None]
    assert values(lambda r: r.a.ceil(), data) == [-1.0, 2.0, 2.0, None]
    assert values(lambda r: ltseq.floor(r.a), [Decimal("-1.5"), Decimal("1.5")]) == [-2, 1]
    assert values(lambda r: ltseq.ceil(r.a), [Decimal("-1.5"), Decimal("1.5")]) == [-1, 2]
    assert values(lambda r: r.a.floor(), [3, -3]) == [3, -3]


# `sqrt power sign log(x, base=None) ln exp sin cos tan asin acos atan atan2 rand gcd lcm factorial`

UNARY = {
    "sqrt": math.sqrt, "ln": math.log, "exp": math.exp, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "asin": math.asin, "acos": math.acos, "atan": math.atan,
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number(name):
    expected = [UNARY[name](0.25), UNARY[name](1.0), None]
    for fn in (lambda r: getattr(r.a, name)(), lambda r: getattr(ltseq, name)(r.a)):
        kind, got = made(fn, [0.25, 1.0, None])
        assert (kind, got) == ("float64", pytest.approx(expected))
    # Of integers and decimals too.
    assert values(lambda r: getattr(r.a, name)(), [1]) == pytest.approx([UNARY[name](1)])
    assert values(lambda r: getattr(r.a, name)(), [Decimal("0.25")]) == pytest.approx([UNARY[name](0.25)])


def test_outside_their_range_functions_give_nan_or_infinity():
    for fn in (lambda r: r.a.asin(), lambda r: r.a.acos(), lambda r: r.a.ln()):
        assert math.isnan(values(fn, [-2.0])[0])
    assert values(lambda r: r.a.ln(), [0.0]) == [-math.inf]
    assert values(lambda r: r.a.log(), [0.0]) == [-math.inf]
    with pytest.raises(ExecutionError, match="square root"):
        values(lambda r: r.a.sqrt(), [-1.0])


def test_log_is_to_base_10_by_default():
    assert values(lambda r: r.a.log(), [1000.0, 1.0, None]) == pytest.approx([3.0, 0.0, None])
    assert values(lambda r: r.a.log(2), [8, 1]) == pytest.approx([3.0, 0.0])
    assert values(lambda r: r.a.log(base=2), [8]) == pytest.approx([3.0])
    assert values(lambda r: ltseq.log(x=r.a, base=r.b), [8, 9], b=[2, 3]) == pytest.approx([3.0, 2.0])
    assert values(lambda r: ltseq.log(lit(100)), [1]) == pytest.approx([2.0])


def test_power_and_sign():
    assert values(lambda r: r.a.power(3), [2.0, -2.0, None]) == [8.0, -8.0, None]
    assert values(lambda r: ltseq.power(r.a, 0.5), [9]) == [3.0]
    assert values(lambda r: r.a.power(r.b), [2, 3], b=[3, 2]) == [8, 9]
    assert values(lambda r: r.a.sign(), [-2.5, 0.0, 7.0, None]) == [-1, 0, 1, None]
    assert values(lambda r: ltseq.sign(r.a), [-2, 0, 7]) == [-1, 0, 1]


def test_atan2_is_the_angle_of_a_point():
    # The method's own value is y, its argument x.
    assert values(lambda r: r.a.atan2(1), [1, -1, 0]) == pytest.approx([math.pi / 4, -math.pi / 4, 0.0])
    assert values(lambda r: ltseq.atan2(r.a, r.b), [1.0], b=[-1.0]) == pytest.approx([3 * math.pi / 4])


def test_divisors_multiples_and_factorials():
    assert made(lambda r: r.a.gcd(6), [4, -4, 0, 7, None]) == ("int64", [2, 2, 6, 1, None])
    assert values(lambda r: r.a.lcm(6), [4, -4, 0, 7, None]) == [12, 12, 0, 42, None]
    assert values(lambda r: ltseq.gcd(r.a, r.b), [12], b=[18]) == [6]
    assert values(lambda r: ltseq.lcm(r.a, r.b), [4], b=[6]) == [12]
    assert values(lambda r: r.a.factorial(), [0, 1, 5, 20, None]) == [1, 1, 120, math.factorial(20), None]
    for data in ([21], [-1]):
        with pytest.raises(ExecutionError):
            values(lambda r: r.a.factorial(), data)
    with pytest.raises(ExecutionError):
        values(lambda r: r.a.lcm(2**62 - 1), [2**62])


@pytest.mark.parametrize(
    "name", ["abs", "floor", "ceil", "sqrt", "sign", "log", "ln", "exp", "sin", "cos", "tan", "asin", "acos", "atan"]
)
def test_mathematics_takes_numbers_and_keeps_null(name):
    assert values(lambda r: getattr(r.a, name)(), pa.nulls(2)) == [None, None]
    for data in (["x"], [True]):
        with pytest.raises(ArgumentError, match="column 'a' of type"):
            values(lambda r: getattr(r.a, name)(), data)


@pytest.mark.parametrize("name", ["gcd", "lcm", "factorial"])
def test_divisors_take_integers(name):
    args = () if name == "factorial" else (2,)
    with pytest.raises(ArgumentError, match="column 'a' of type float64"):
        values(lambda r: getattr(r.a, name)(*args), [1.5])


def test_rand_is_from_zero_to_one_and_another_one_per_row():
    kind, got = made(lambda r: ltseq.rand(), list(range(100)))
    assert kind == "float64"
    assert all(0 <= number < 1 for number in got)
    assert len(set(got)) > 90


def test_mathematics_of_no_rows_keeps_its_type():
    assert made(lambda r: r.a.sqrt(), pa.array([], "int64")) == ("float64", [])
    assert made(lambda r: r.a.round(), pa.array([], "int64")) == ("int64", [])
