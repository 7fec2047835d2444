"""Aggregates in sequence order: GROUP ORDERED BY | WHEN, one row or all rows per run, GROUP BY, and no group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from .calls import ANY, CONDITIONS, ORDERABLE, aggregate_of, ordered_by, orders
from .harness import ALL_SETTINGS, EXAMPLES, ask_source
from .reference import frames, groups, order, places
from .reference.values import Overflow
from .tables import row_dicts, tables
from .test_calls import compare

Part = list[dict[str, Any]]


@dataclass(frozen=True)
class Aggregate:
    """An aggregate call; `answer` takes the pieces of a group: sequence functions restart at each."""

    sql: str
    answer: Callable[[list[Part]], Any]


def values(pieces: list[Part], c: str) -> list[Any]:
    """One column of all pieces."""
    return [row[c] for piece in pieces for row in piece]


@st.composite
def aggregates(draw: st.DrawFn) -> Aggregate:
    """Any aggregate of the language."""
    kind = draw(st.sampled_from(["plain", "plain", "arg", "inner", "filter"]))
    if kind == "arg":
        x, by = draw(st.sampled_from(ANY)), draw(st.sampled_from(ORDERABLE))
        sign, name = draw(st.sampled_from([(-1, "ARG_MIN"), (1, "ARG_MAX")]))
        return Aggregate(
            f"{name}({x}, {by})", lambda pieces: groups.arg_best(values(pieces, x), values(pieces, by), sign)
        )
    if kind == "inner":
        c = draw(st.sampled_from(["i", "x"]))
        inner, outer = draw(
            st.sampled_from([("DIFF", "MAX"), ("CUM_SUM", "SUM"), ("SHIFT", "COUNT"), ("CUM_MAX", "MIN")])
        )
        function = {
            "DIFF": places.diff,
            "SHIFT": places.shift,
            "CUM_SUM": lambda v: [getattr(n, "value", n) for n in frames.cumulative("sum", v)],
            "CUM_MAX": lambda v: frames.cumulative("max", v),
        }[inner]
        number = float if c == "x" else int

        def nested(pieces: list[Part]) -> Any:
            found = [v for piece in pieces for v in function([row[c] for row in piece])]
            return groups.AGGREGATES[outer.lower()]([None if v is None else number(v) for v in found])

        return Aggregate(f"{outer}({inner}({c}))", nested)
    name, c, text, args = aggregate_of(draw)
    if kind == "filter" and name not in ("nth", "median"):
        return Aggregate(
            f"{text} FILTER (WHERE i > 1)",
            lambda pieces: groups.AGGREGATES[name](
                [row[c] for piece in pieces for row in piece if row["i"] is not None and row["i"] > 1], *args
            ),
        )
    return Aggregate(text, lambda pieces: groups.AGGREGATES[name](values(pieces, c), *args))


RUN_KEYS = [["s"], ["f"], ["y"], ["b"], ["i", "b"], ["ts"], ["p"], ["d"]]


@settings(max_examples=max(EXAMPLES // 3, 1))
@given(
    tables(),
    orders(),
    st.lists(aggregates(), min_size=1, max_size=3),
    st.sampled_from([*RUN_KEYS, None, None]),
    st.sampled_from(CONDITIONS),
    st.sampled_from(["ONE", "ALL", "HAVING", "RUNS"]),
    st.sampled_from(ALL_SETTINGS),
)
def test_group_ordered(table, by, asked, keys, condition, form, setting):
    order_keys, partition = by
    text, truth, _ = condition
    clause = f"WHEN {text}" if keys is None else "BY " + ", ".join(keys)
    columns = ", ".join(f"{a.sql} AS c{i}" for i, a in enumerate(asked))
    head = {"ONE": "FIRST(n) AS f", "ALL": "n", "HAVING": "n", "RUNS": "SHIFT(COUNT(*)) AS before"}[form]
    tail = {
        "ONE": "",
        "ALL": "ALL ROWS PER RUN",
        "HAVING": "ALL ROWS PER RUN HAVING COUNT(*) > 1",
        "RUNS": "ONE ROW PER RUN",
    }
    sql = f"SELECT {head}, {columns} FROM t {ordered_by(order_keys, partition)} GROUP ORDERED {clause} {tail[form]}"
    note(f"{sql}   -- {setting}")
    want: list[tuple[Any, ...]] | None = []
    try:
        for part in order.ordered(row_dicts(table), order_keys, partition):
            if keys is None:
                starts = places.starts_when(truth(part))
            else:
                starts = places.starts_by([tuple(row[k] for k in keys) for row in part])
            before = None
            for run in groups.runs(starts):
                rows = [part[i] for i in run]
                answers = tuple(a.answer([rows]) for a in asked)
                if form == "ONE":
                    want.append((rows[0]["n"], *answers))
                elif form == "RUNS":
                    want.append((before, *answers))
                elif form == "ALL" or len(rows) > 1:
                    want.extend((row["n"], *answers) for row in rows)
                before = len(rows)
    except Overflow:
        want = None
    compare(ask_source(sql, table, "memory", setting), want)


@settings(max_examples=max(EXAMPLES // 4, 1))
@given(
    tables(),
    orders(),
    st.lists(aggregates(), min_size=1, max_size=3),
    st.sampled_from([["s"], ["i"], ["b"], ["p", "b"], []]),
    st.sampled_from(ALL_SETTINGS),
)
def test_group_by_in_order(table, by, asked, keys, setting):
    """GROUP BY forgets the order, aggregates that depend on it follow it; calls inside restart per partition."""
    order_keys, partition = by
    columns = ", ".join(f"{a.sql} AS c{i}" for i, a in enumerate(asked))
    group = f"GROUP BY {', '.join(keys)}" if keys else ""
    sql = f"SELECT MIN(n) AS f, {columns} FROM t {ordered_by(order_keys, partition)} {group} ORDER BY f"
    note(f"{sql}   -- {setting}")
    parts = order.ordered(row_dicts(table), order_keys, partition)
    members: dict[tuple[Any, ...], list[Part]] = {} if keys else {(): []}
    for part in parts:
        here: dict[tuple[Any, ...], Part] = {}
        for row in part:
            here.setdefault(tuple(row[k] for k in keys), []).append(row)
        for key, rows in here.items():
            members.setdefault(key, []).append(rows)
    want: list[tuple[Any, ...]] | None = []
    try:
        for pieces in members.values():
            least = groups.agg_min(values(pieces, "n"))
            want.append((least, *(a.answer(pieces) for a in asked)))
        want.sort(key=lambda r: -1 if r[0] is None else r[0])
    except Overflow:
        want = None
    compare(ask_source(sql, table, "memory", setting), want)
