"""`executemany` of an INSERT … VALUES as one statement over many rows.

``INSERT INTO t (a, b) VALUES (?, upper(?))`` becomes

    INSERT INTO t (a, b) SELECT "value 1", upper("value 2") FROM "rows" ORDERED BY "row number"

where ``rows`` is a relation that holds the parameters as typed columns and the number of each
row, under names that no word of a statement can mean.  Where a column mixes types that make no
Arrow type, the row of VALUES is repeated instead, and each value converts by itself:

    INSERT INTO t (a, b) VALUES (?, upper(?)), (?, upper(?)), …

No value ever gets into the text; what is not surely such an INSERT is left alone and runs set by
set.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["BulkInsert", "columns_of", "recognise"]

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)
      | (?P<word>[^\W\d]\w*)
      | (?P<number>\d[\w.]*)
      | (?P<mark>\?)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_UNSURE: Final = ("--", "/*", "\\", "$")
"""Comments, escapes and dollar quotes are not worth telling apart here."""
_NOT_IN_ROW: Final = frozenset(["select", "default", "over", "values"])

_numbers = itertools.count(1)


@dataclass(frozen=True)
class BulkInsert:
    """An INSERT whose one row of VALUES has been cut into pieces at its parameters.

    >>> recognise("INSERT INTO t VALUES (?, ? + 1);").width
    2
    """

    head: str
    pieces: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many parameters a row has."""
        return len(self.pieces) - 1

    def names(self) -> list[str]:
        """The column names of the relation of parameters; the last numbers the rows.

        >>> recognise("INSERT INTO t VALUES (?)").names()
        ['value 1', 'row number']
        """
        return [f"value {i}" for i in range(1, self.width + 1)] + ["row number"]

    def statement(self, relation: str) -> str:
        """The INSERT over a relation of parameters.

        >>> recognise("INSERT INTO t VALUES (?, 0)").statement("rows")
        'INSERT INTO t SELECT "value 1", 0 FROM "rows" ORDERED BY "row number"'
        """
        row = self.pieces[0]
        for i, piece in enumerate(self.pieces[1:], 1):
            row += f'"value {i}"{piece}'
        return f'{self.head}SELECT {row} FROM "{relation}" ORDERED BY "row number"'

    def repeated(self, rows: int) -> str:
        """The INSERT with its row of VALUES written so many times.

        >>> recognise("INSERT INTO t VALUES (?, 0)").repeated(2)
        'INSERT INTO t VALUES (?, 0), (?, 0)'
        """
        row = "?".join(self.pieces)
        return f"{self.head}VALUES {', '.join([f'({row})'] * rows)}"


def recognise(sql: str) -> BulkInsert | None:
    """The pieces of an INSERT … VALUES (one row with ``?``), or None for any other statement.

    >>> recognise("INSERT INTO t SELECT ?") is None
    True
    """
    if any(text in sql for text in _UNSURE):
        return None
    tokens = [m for m in _TOKEN.finditer(sql) if m.lastgroup != "space"]
    while tokens and tokens[-1].group() == ";":
        tokens.pop()
    if not tokens or tokens[0].group().lower() != "insert":
        return None
    start = _values(tokens)
    if start is None or tokens[-1].group() != ")" or not _is_one_row(tokens[start + 1 :]):
        return None
    row = tokens[start + 2 : -1]
    marks = [m for m in row if m.lastgroup == "mark"]
    if not marks or any(m.lastgroup == "mark" for m in tokens[:start]):
        return None
    if any(m.lastgroup == "word" and m.group().lower() in _NOT_IN_ROW for m in row):
        return None
    edges = [tokens[start + 1].end(), *(p for m in marks for p in m.span()), tokens[-1].start()]
    pieces = tuple(sql[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
    return BulkInsert(sql[: tokens[start].start()], pieces)


def _values(tokens: list[re.Match[str]]) -> int | None:
    """Where the word VALUES stands outside of all parentheses."""
    depth = 0
    for i, match in enumerate(tokens):
        text = match.group()
        depth += (text == "(") - (text == ")")
        if depth == 0 and match.lastgroup == "word" and text.lower() in ("values", "select"):
            return i if text.lower() == "values" else None
    return None


def _is_one_row(tokens: list[re.Match[str]]) -> bool:
    """Whether the parenthesis that opens the tokens is closed by the last of them."""
    depth = 0
    for i, match in enumerate(tokens):
        text = match.group()
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return text == ")" and i == len(tokens) - 1
    return False


def columns_of(rows: Sequence[Sequence[Any]]) -> list[list[Any]] | None:
    """The parameters by column and the number of each row; None if a column mixes types.

    The values of mixed columns must be converted each by itself.

    >>> columns_of([(1, "a"), (None, "b")])
    [[1, None], ['a', 'b'], [0, 1]]
    >>> columns_of([(1,), (2.5,)]) is None
    True
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    for column in columns:
        kinds = set(map(type, column))
        kinds.discard(type(None))
        if len(kinds) > 1:
            return None
    return [*columns, list(range(len(rows)))]


def relation_name() -> str:
    """A name for a relation of parameters that nobody else uses.

    >>> relation_name() != relation_name()
    True
    """
    return f"ltseq_dbapi_rows_{next(_numbers)}"
