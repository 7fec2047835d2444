"""Order: keys with direction and place of NULLs, partitions, ties in source order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from .values import compare, same

Row = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """One key of an order."""

    column: str
    desc: bool = False
    nulls_first: bool | None = None

    @property
    def nulls_lead(self) -> bool:
        """ASC puts NULL last, DESC first, unless said."""
        return self.desc if self.nulls_first is None else self.nulls_first

    def compare(self, a: Any, b: Any) -> int:
        """Which of two values of this key comes first."""
        if a is None or b is None:
            sign = int(a is None) - int(b is None)
            return -sign if self.nulls_lead else sign
        sign = compare(a, b)
        return -sign if self.desc else sign

    def sql(self) -> str:
        """As in ORDERED BY."""
        nulls = {None: "", True: " NULLS FIRST", False: " NULLS LAST"}[self.nulls_first]
        return f"{self.column}{' DESC' if self.desc else ''}{nulls}"


def by_keys(rows: list[Row], keys: list[Key]) -> list[Row]:
    """Rows in the order of the keys; equal ones stay as they come."""

    def before(a: Row, b: Row) -> int:
        for key in keys:
            sign = key.compare(a[key.column], b[key.column])
            if sign:
                return sign
        return 0

    return sorted(rows, key=cmp_to_key(before))


def ordered(rows: list[Row], keys: list[Key], partition: list[str]) -> list[list[Row]]:
    """The partitions, ascending with NULL last, each in the order of its keys."""
    rows = by_keys(rows, [Key(p) for p in partition] + keys)
    parts: list[list[Row]] = []
    for row in rows:
        if parts and all(same(parts[-1][-1][p], row[p]) for p in partition):
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def first_violation(rows: list[Row], keys: list[Key], partition: list[str]) -> int | None:
    """The first row (from 1) that should stand before the row ahead of it."""
    all_keys = [Key(p) for p in partition] + keys
    for n, (a, b) in enumerate(pairwise(rows), start=2):
        for key in all_keys:
            sign = key.compare(a[key.column], b[key.column])
            if sign:
                if sign > 0:
                    return n
                break
    return None
