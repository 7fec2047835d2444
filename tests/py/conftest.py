"""What all Python tests share: small tables with known rows, and how many examples property tests try."""

from __future__ import annotations

import datetime as dt
import os

import pytest

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # the demo alone needs no hypothesis
    pass
else:
    # `make fuzz N=…` sets the variable; a plain run stays short and repeats the same examples.
    examples = int(os.environ.get("LTSEQ_FUZZ", "0"))
    settings.register_profile(
        "ltseq",
        max_examples=examples or 50,
        derandomize=not examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    settings.load_profile("ltseq")


def at(minute: float) -> dt.datetime:
    """A moment, in minutes after the first of March 2024, 9:30."""
    return dt.datetime(2024, 3, 1, 9, 30) + dt.timedelta(minutes=minute)


# Not in order, with ties in ts (rows 1 and 2, 4 and 5), NULLs, and two symbols.
TRADES = [
    {"sym": "B", "ts": at(1), "px": 50.0, "qty": 5},
    {"sym": "A", "ts": at(0), "px": 10.0, "qty": 1},
    {"sym": "B", "ts": at(0), "px": 48.5, "qty": None},
    {"sym": "A", "ts": at(3), "px": 12.0, "qty": 3},
    {"sym": "A", "ts": at(2), "px": 11.5, "qty": 2},
    {"sym": "B", "ts": at(2), "px": None, "qty": 7},
    {"sym": "A", "ts": at(9), "px": 9.0, "qty": 4},
    {"sym": "B", "ts": at(8), "px": 51.0, "qty": 6},
    {"sym": "A", "ts": at(10), "px": 9.5, "qty": 0},
]

NAMES = [
    {"sym": "A", "name": "Ada", "region": "EU"},
    {"sym": "B", "name": "Bob", "region": "US"},
    {"sym": "C", "name": "Cyd", "region": "EU"},
]


@pytest.fixture(scope="session")
def trades():
    """Nine trades in no order."""
    from ltseq import LTSeq

    return LTSeq.from_rows(TRADES)


@pytest.fixture(scope="session")
def names():
    """A dimension with one row per symbol, and one that nothing refers to."""
    from ltseq import LTSeq

    return LTSeq.from_rows(NAMES)
