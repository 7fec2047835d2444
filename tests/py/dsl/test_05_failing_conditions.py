"""Section 5, `filter(*preds)`: a condition sees the rows that the conditions before it left, also where it can fail."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ExecutionError, LTSeq


@pytest.fixture
def t():
    return LTSeq.from_dict({"s": ["1", "x", "7", "9"], "v": [0, 1, 2, 3], "f": [-1.0, 4.0, 9.0, 16.0]})


def numbers(row):
    return row.s.cast("int64")


def later(row):
    return 63 // (numbers(row) - 1) < 9


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda t: t.filter(lambda r: r.s.s.isdigit()).filter(lambda r: numbers(r) > 5), ["7", "9"]),
        (lambda t: t.filter(lambda r: r.s.s.isdigit(), lambda r: numbers(r) > 5), ["7", "9"]),
        (lambda t: t.filter(lambda r: r.s.s.isdigit() & (numbers(r) > 5)), ["7", "9"]),
        (lambda t: t.filter(lambda r: r.s.s.isdigit()).derive(n=numbers).filter(lambda r: r.n > 5), ["7", "9"]),
        (lambda t: t.filter(lambda r: r.v != 0).filter(lambda r: 6 // r.v > 2), ["x", "7"]),
        (lambda t: t.filter(lambda r: r.v != 0).filter(lambda r: 6 % r.v == 0), ["x", "7", "9"]),
        (lambda t: t.filter(lambda r: r.f >= 0).filter(lambda r: r.f.sqrt() > 2), ["7", "9"]),
        (lambda t: t.tail(3).filter(lambda r: 6 // r.v > 2), ["x", "7"]),
        (lambda t: t.sort("v").tail(3).filter(lambda r: 6 // r.v > 2), ["x", "7"]),
        (lambda t: t.slice(1).filter(lambda r: 6 // r.v > 2), ["x", "7"]),
        (lambda t: t.search_first(lambda r: r.v > 0).filter(lambda r: 6 // r.v > 2), ["x"]),
        (lambda t: t.filter(lambda r: r.s != "x").filter(lambda r: numbers(r) > 1).filter(later), ["9"]),
        (lambda t: ltseq.sql("SELECT s FROM t WHERE s <> 'x' AND CAST(s AS INT) > 5", t=t), ["7", "9"]),
    ],
)  # fmt: skip
def test_rows_that_are_out_make_no_condition_fail(t, make, expected):
    assert [row["s"] for row in make(t)] == expected


def test_a_row_that_is_in_does(t):
    with pytest.raises(ExecutionError, match="division by zero"):
        t.filter(lambda r: r.v >= 0).filter(lambda r: 6 // r.v > 2).to_dicts()
    with pytest.raises(ExecutionError, match="'x'"):
        t.filter(lambda r: numbers(r) > 5).to_dicts()


def test_the_plan_shows_the_conditions_as_they_are(t):
    physical = t.filter(lambda r: r.v != 0).filter(lambda r: 6 // r.v > 2).explain_plan()[1]
    assert "floor_div(6, v@1) > 2 AND v@1 != 0" in physical
