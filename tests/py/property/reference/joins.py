"""LINK and ASOF JOIN."""

from __future__ import annotations

from typing import Any

from .order import Row


def matches(a: Any, b: Any) -> bool:
    """Join equality: NULL never matches; −0.0 is 0.0."""
    return a is not None and b is not None and bool(a == b)


Pair = tuple[Row | None, Row | None]


def link(left: list[Row], right: list[Row], on: list[tuple[str, str]], kind: str = "inner") -> list[Pair]:
    """Pairs: left rows in their order, each with its partners in the target's; unmatched target rows come last."""
    out: list[Pair] = []
    met: set[int] = set()
    for a in left:
        partners = [j for j, b in enumerate(right) if all(matches(a[x], b[y]) for x, y in on)]
        met.update(partners)
        out.extend((a, right[j]) for j in partners)
        if not partners and kind in ("left", "full"):
            out.append((a, None))
    if kind in ("right", "full"):
        out.extend((None, b) for j, b in enumerate(right) if j not in met)
    return out


def asof(
    left: list[Row],
    right: list[Row],
    at: tuple[str, str],
    op: str,
    on: list[tuple[str, str]],
    tolerance: int | None = None,
    nearest: bool = False,
) -> list[tuple[Row, Row | None]]:
    """Each left row with the closest right row that satisfies the condition `left op right`."""
    holds = {
        ">=": lambda x, y: x >= y,
        ">": lambda x, y: x > y,
        "<=": lambda x, y: x <= y,
        "<": lambda x, y: x < y,
    }[op]
    out: list[tuple[Row, Row | None]] = []
    for a in left:
        now = a[at[0]]
        best: Row | None = None
        for b in right:
            then = b[at[1]]
            if now is None or then is None or not all(matches(a[x], b[y]) for x, y in on):
                continue
            if not nearest and not holds(now, then):
                continue
            if tolerance is not None and abs(now - then) > tolerance:
                continue
            if best is None:
                best = b
                continue
            held = best[at[1]]
            nearer, as_near = abs(now - then) < abs(now - held), abs(now - then) == abs(now - held)
            # Equal keys: the last in right order. NEAREST with one on either side: the earlier.
            if nearer or (as_near and (then == held or then < held)):
                best = b
        out.append((a, best))
    return out
