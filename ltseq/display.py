"""How tables look: the box of `show` and repr."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_WIDEST = 50


def cell(value: object) -> str:
    """A value as one line of at most 50 characters; longer ones end in `...`."""
    text = "NULL" if value is None else str(value)
    text = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def width(text: str) -> int:
    """The columns a terminal gives the text: wide characters take two, combining ones none."""
    total = 0
    for char in text:
        if not unicodedata.combining(char):
            total += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return total


def box(names: Sequence[str], rows: Sequence[Sequence[object]], numeric: Sequence[bool]) -> str:
    """A table drawn with `+ - |`; numbers stand at the right."""
    table = [[cell(name) for name in names], *([cell(value) for value in row] for row in rows)]
    widths = [max((width(row[place]) for row in table), default=0) for place in range(len(names))]
    rule = "+" + "".join("-" * (w + 2) + "+" for w in widths)
    lines = [rule, _line(table[0], widths, numeric), rule]
    lines += [_line(row, widths, numeric) for row in table[1:]]
    return "\n".join([*lines, rule] if rows else lines)


def _line(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    cells = []
    for text, wanted, right in zip(row, widths, numeric, strict=True):
        gap = " " * (wanted - width(text))
        cells.append(gap + text if right else text + gap)
    return "| " + " | ".join(cells) + " |"
