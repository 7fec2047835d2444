"""Every call of the language against the reference, over hard tables, whatever the setting and the source."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from .calls import Call, calls, ordered_by, orders
from .harness import ALL_SETTINGS, EXAMPLES, SOURCES, Answer, ask, ask_source
from .reference import order
from .reference.values import Overflow, agrees
from .tables import row_dicts, tables


def expected(
    rows: list[dict[str, Any]], keys: list[order.Key], partition: list[str], asked: list[Call]
) -> list[tuple[Any, ...]] | None:
    """n and the answers, row by row; None where the contract wants an overflow."""
    out: list[tuple[Any, ...]] = []
    try:
        for part in order.ordered(rows, keys, partition):
            columns = [[row["n"] for row in part]] + [c.answer(part, keys[0]) for c in asked]
            out.extend(zip(*columns, strict=True))
    except Overflow:
        return None
    return out


def compare(answer: Answer, want: list[tuple[Any, ...]] | None) -> None:
    """Cell by cell."""
    if want is None:
        assert answer.code == "OVERFLOW", f"an overflow is due; got {answer}"
        return
    assert answer.columns is not None, answer.message
    assert len(answer.rows) == len(want)
    for number, (got, due) in enumerate(zip(answer.rows, want, strict=True)):
        for name, a, b in zip(answer.columns, got, due, strict=True):
            assert agrees(a, b), f"row {number}, {name}: got {a!r}, expected {b!r}\n{answer.rows}\n{want}"


def question(keys: list[order.Key], partition: list[str], asked: list[Call]) -> str:
    """One SELECT."""
    columns = ", ".join(f"{c.sql} AS c{i}" for i, c in enumerate(asked))
    return f"SELECT n, {columns} FROM t {ordered_by(keys, partition)}"


@st.composite
def cases(draw: st.DrawFn, size: int = 3) -> tuple[list[order.Key], list[str], list[Call]]:
    """An order and some calls that it allows."""
    asked = draw(st.lists(calls, min_size=1, max_size=size))
    keys, partition = draw(orders(any(c.by_time for c in asked)))
    return keys, partition, asked


@settings(max_examples=EXAMPLES)
@given(tables(large=True), cases(), st.sampled_from(ALL_SETTINGS))
def test_calls_in_memory(table, case, setting):
    keys, partition, asked = case
    sql = question(keys, partition, asked)
    note(f"{sql}   -- {setting}")
    compare(ask(sql, setting, {"t": table}), expected(row_dicts(table), keys, partition, asked))


@pytest.mark.parametrize("source", SOURCES[1:])
@settings(max_examples=max(EXAMPLES // 12, 1))
@given(tables(plain=True), cases(), st.sampled_from(ALL_SETTINGS))
def test_calls_from_files(source, table, case, setting):
    keys, partition, asked = case
    sql = question(keys, partition, asked)
    note(f"{sql}   -- {setting}")
    compare(ask_source(sql, table, source, setting), expected(row_dicts(table), keys, partition, asked))
