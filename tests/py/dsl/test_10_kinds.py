"""Section 10 of API.md: keys and tolerances of a kind that cannot match are refused at the call."""

from __future__ import annotations

import datetime as dt

import pytest

from ltseq import ArgumentError, JoinConditionError, LTSeq

DAY = dt.timedelta(days=1)


@pytest.fixture
def t():
    return LTSeq.from_dict(
        {
            "i": [1, 2], "f": [1.5, None], "s": ["x", None], "b": [True, None],
            "d": [dt.date(2024, 1, 1), dt.date(2024, 1, 2)], "ts": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)],
            "tm": [dt.time(1), dt.time(2)], "du": [DAY, 2 * DAY],
        }
    ).sort("i")  # fmt: skip


@pytest.mark.parametrize(("left", "right"), [("d", "i"), ("s", "d"), ("b", "i"), ("du", "i"), ("ts", "tm")])
def test_join_keys_are_of_one_kind(t, left, right):
    for verb in ("join", "link"):
        on = {"left_on": left, "right_on": right} if verb == "join" else {"on": lambda a, b: a[left] == b[right]}
        with pytest.raises(JoinConditionError, match="Invalid join condition"):
            getattr(t, verb)(t, **on)


@pytest.mark.parametrize(("on", "tolerance"), [("i", DAY), ("ts", 1), ("f", float("nan"))])
def test_a_tolerance_is_of_the_kind_of_the_key(t, on, tolerance):
    with pytest.raises(ArgumentError):
        t.asof_join(t, on=on, tolerance=tolerance)


@pytest.mark.parametrize(("left", "right"), [("s", "s"), ("b", "b"), ("i", "s")])
def test_as_of_keys_have_distances(t, left, right):
    with pytest.raises(ArgumentError, match=f"column '{left}' of type .* column '{right}' of type"):
        t.asof_join(t, left_on=left, right_on=right)
