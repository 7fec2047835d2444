"""The condition of an as-of join: which columns are the times, which way to look."""

from __future__ import annotations

from typing import Any

from . import capture, conditions
from .conditions import Pair
from .core import TableCore
from .exceptions import ArgumentError, JoinConditionError
from .expr.build import one_of, reach

_DIRECTIONS = ("backward", "forward", "nearest")
_LOOKS = {"ge": "backward", "gt": "backward", "le": "forward", "lt": "forward"}


def asof_payload(
    left: TableCore,
    right: TableCore,
    on: Any,
    direction: str | None,
    left_on: Any,
    right_on: Any,
    by: Any,
    tolerance: object,
) -> tuple[dict[str, Any], list[Any]]:
    """The payload without what joins.py adds, and the right columns that are dropped."""
    if direction is not None:
        one_of(direction, "direction", _DIRECTIONS)
    if on is not None and capture.is_lambda(on):
        if left_on is not None or right_on is not None:
            raise ArgumentError("a lambda names both times; leave out left_on and right_on")
        time, equal = _split(conditions.pairs(left, right, on))
        direction = _agreed(direction, time.op)
    else:
        time, equal = _one(conditions.pairs(left, right, on, left_on, right_on)), []
        time = Pair("le" if direction == "forward" else "ge", time.left, time.right)
    if by is not None:
        equal = [*equal, *conditions.pairs(left, right, by, what="by")]
    _, dropped = conditions.plain_names(equal)
    payload = {
        "left": time.left,
        "right": time.right,
        "op": time.op,
        "nearest": direction == "nearest",
        "by": conditions.equalities(equal) if equal else None,
        "tolerance": reach(tolerance, "tolerance"),
    }
    return payload, dropped


def _one(found: list[Pair]) -> Pair:
    if len(found) != 1:
        raise ArgumentError("an as-of join has one time per table; further keys go into by=")
    return found[0]


def _split(found: list[Pair]) -> tuple[Pair, list[Pair]]:
    """The one comparison of times, and the equalities."""
    times = [pair for pair in found if pair.op != "eq"]
    if len(times) != 1:
        raise JoinConditionError(
            f"Invalid join condition: an as-of join takes one comparison by >=, >, <= or <, not {len(times)}"
        )
    return times[0], [pair for pair in found if pair.op == "eq"]


def _agreed(direction: str | None, op: str) -> str:
    """The direction, which the operator decides where it is not nearest."""
    if direction is not None and direction != "nearest" and direction != _LOOKS[op]:
        raise ArgumentError(f"direction {direction!r} contradicts the operator of the lambda, which looks {_LOOKS[op]}")
    return direction or _LOOKS[op]
