"""Ordered rows as the series that plotting libraries take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def draw(rows: Sequence[tuple[Any, ...]], fn: Callable[..., T], names: Sequence[str], keyed: bool) -> list[T]:
    """`fn(xs, ys, label=…)` per y column and, where the last column is a key, per key by first appearance."""
    keys = list(dict.fromkeys(row[-1] for row in rows)) if keyed else [None]
    made = []
    for key in keys:
        own = [row for row in rows if not keyed or row[-1] == key]
        xs = [row[0] for row in own]
        for place, name in enumerate(names, start=1):
            label = name if not keyed else str(key) if len(names) == 1 else f"{key}: {name}"
            made.append(fn(xs, [row[place] for row in own], label=label))
    return made
