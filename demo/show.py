"""How the demo reads its statements and prints its answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

BARS = "▁▂▃▄▅▆▇█"
Rows = Sequence[tuple[object, ...]]


class Question(NamedTuple):
    """One statement of flights.sql with the name and the words of the comment above it."""

    name: str
    title: str
    sql: str


def questions() -> list[Question]:
    """The statements of flights.sql, in their order: each has `-- name: title` above it and ends in a semicolon."""
    text = (Path(__file__).parent / "flights.sql").read_text(encoding="utf-8")
    return [Question(*found) for found in re.findall(r"^-- (\w+): (.*)\n([^;]*);", text, re.MULTILINE)]


def answer(number: int, question: Question, columns: list[str], rows: Rows, agree: bool) -> None:
    """Title, statement and answer; a long series of one value per week becomes a curve."""
    print(f"{number}. {question.title}\n")
    print("".join(f"      {line}\n" for line in question.sql.splitlines()))
    lines = _curves(rows) if question.name == "delay" else _table(columns, rows)
    print("".join(f"   {line}\n" for line in lines))
    print(f"   the lambdas {'give the same rows' if agree else 'give OTHER rows'}\n")


def cell(value: object) -> str:
    """A value as people write it; the year goes without saying."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%d %b %H:%M}"
    if isinstance(value, timedelta):
        minutes = abs(value) // timedelta(minutes=1)
        return f"{'−' if value < timedelta(0) else ''}{minutes // 60} h {minutes % 60:02} min"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, int) and value >= 10_000:
        return f"{value:,}"
    return str(value)


def _table(columns: list[str], rows: Rows) -> list[str]:
    cells = [[cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    left = [all(isinstance(row[i], str) for row in rows) for i in range(len(columns))]

    def line(values: list[str]) -> str:
        parts = (v.ljust(w) if to_left else v.rjust(w) for v, w, to_left in zip(values, widths, left, strict=True))
        return "  ".join(parts).rstrip()

    return [line(columns), "  ".join("─" * width for width in widths), *map(line, cells)]


def _curves(rows: Rows) -> list[str]:
    """One curve per airport over (airport, week, minutes); all share one scale."""
    curves: dict[str, list[tuple[float, datetime]]] = {}
    for airport, week, minutes in rows:
        if isinstance(airport, str) and isinstance(week, datetime) and isinstance(minutes, float):
            curves.setdefault(airport, []).append((minutes, week))
    top = max(minutes for weeks in curves.values() for minutes, _ in weeks)
    lines = []
    for airport, weeks in curves.items():
        curve = "".join(BARS[int(max(minutes, 0) / top * (len(BARS) - 1))] for minutes, _ in weeks)
        worst, week = max(weeks)
        lines.append(f"{airport}  {curve}  worst: {worst:.0f} min, week of {week:%d %b}")
    return lines
