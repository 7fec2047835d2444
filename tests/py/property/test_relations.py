"""What must hold between two questions, whoever is right about one."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from .calls import ordered_by, orders
from .harness import ALL_SETTINGS, BATCH_SIZES, EXAMPLES, PARTITIONS, Setting, ask
from .pipelines import DIM, pipelines
from .reference import order
from .tables import row_dicts, tables
from .test_calls import cases, question

FEW = max(EXAMPLES // 12, 1)


def bits(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows that compare by value, NaN and all."""
    return [tuple("NaN" if isinstance(v, float) and math.isnan(v) else v for v in row) for row in rows]


def rows_where(table: pa.Table, keep: list[bool]) -> pa.Table:
    """Some of the rows. Arrow itself cannot filter string views yet."""
    runs = [table.slice(i, 1) for i, k in enumerate(keep) if k]
    return pa.concat_tables([table.slice(0, 0), *runs])


@settings(max_examples=max(FEW // 2, 1))
@given(tables(), pipelines(longest=4))
def test_batches_and_partitions_change_nothing(table, pipe):
    note(pipe.final)
    answers = {}
    for batch in BATCH_SIZES:
        for parts in PARTITIONS:
            answer = ask(pipe.final, Setting(batch, parts), {"t": table, "dim": DIM})
            answers[batch, parts] = answer.code if answer.columns is None else bits(answer.rows)
    first = answers[8192, 1]
    assert all(a == first for a in answers.values()), answers


@settings(max_examples=FEW)
@given(tables(), cases(), st.sampled_from(ALL_SETTINGS), st.lists(st.integers(0, 5), max_size=8))
def test_chunks_change_nothing(table, case, setting, sizes):
    from .harness import cut

    sql = question(*case)
    note(sql)
    a, b = ask(sql, setting, {"t": table}), ask(sql, setting, {"t": cut(table, sizes)})
    assert a.code == b.code
    assert a.columns is None or bits(a.rows) == bits(b.rows)


@settings(max_examples=FEW)
@given(tables(), cases(), st.sampled_from(ALL_SETTINGS), st.integers(0, 20))
def test_causal_calls_ignore_later_rows(table, case, setting, length):
    """Prefix stability: what looks back gives the same on the first rows alone."""
    keys, partition, asked = case
    asked = [c for c in asked if c.causal]
    assume(asked and not partition)
    rows = [row for part in order.ordered(row_dicts(table), keys, partition) for row in part]
    kept = {row["n"] for row in rows[:length]}
    head = rows_where(table, [n in kept for n in table["n"].to_pylist()])
    sql = question(keys, partition, asked)
    note(sql)
    whole, part = ask(sql, setting, {"t": table}), ask(sql, setting, {"t": head})
    assume(whole.columns is not None)
    assert part.columns is not None, part.message
    assert bits(whole.rows)[: len(part.rows)] == bits(part.rows)


@settings(max_examples=FEW)
@given(tables(), cases(), st.sampled_from(ALL_SETTINGS))
def test_partitions_know_nothing_of_each_other(table, case, setting):
    """Each partition alone gives its part of the whole."""
    keys, _, asked = case
    sql = question(keys, ["p"], asked)
    note(sql)
    whole = ask(sql, setting, {"t": table})
    assume(whole.columns is not None)
    together = []
    names = table["p"].to_pylist()
    for name in sorted({n for n in names if n is not None}) + ([None] if None in names else []):
        alone = rows_where(table, [n == name for n in names])
        together += bits(ask(question(keys, [], asked), setting, {"t": alone}).rows)
    assert bits(whole.rows) == together


@settings(max_examples=FEW)
@given(tables(), orders(), st.integers(0, 3), st.sampled_from(["i", "s", "y", "ts"]), st.sampled_from(ALL_SETTINGS))
def test_lag_is_lead_reversed(table, by, n, c, setting):
    keys, partition = by
    turned = [order.Key(k.column, not k.desc, not k.nulls_lead) for k in keys]
    # Ties keep source order both ways: only a last unique key makes the orders mirror each other.
    keys, turned = [*keys, order.Key("n")], [*turned, order.Key("n", True)]
    if any(k.column == "n" for k in keys[:-1]):
        keys, turned = keys[:-1], turned[:-1]
    back = ask(f"SELECT n, SHIFT({c}, {n}) AS v FROM t {ordered_by(keys, partition)} ORDER BY n", setting, {"t": table})
    ahead = ask(
        f"SELECT n, SHIFT({c}, {-n}) AS v FROM t {ordered_by(turned, partition)} ORDER BY n", setting, {"t": table}
    )
    assert bits(back.rows) == bits(ahead.rows)


@settings(max_examples=FEW)
@given(tables(), orders(), st.sampled_from(["i", "x", "d"]), st.sampled_from(ALL_SETTINGS))
def test_last_running_sum_is_the_sum(table, by, c, setting):
    keys, partition = by
    clause = ordered_by(keys, partition)
    group = f"GROUP ORDERED BY {', '.join(partition)}" if partition else "GROUP ORDERED WHEN FALSE"
    inner = f"SELECT *, CUM_SUM({c}) AS run FROM t {clause}"
    sql = f"SELECT LAST(run) AS a, SUM({c}) AS b FROM ({inner}) AS q {group}"
    note(sql)
    assert all(a == b for a, b in ask(sql, setting, {"t": table}).rows)


@settings(max_examples=FEW)
@given(
    tables(),
    orders(),
    st.sampled_from(
        [(f, c) for f, c in zip(["SUM", "SUM", "SUM", "MIN", "MAX", "COUNT", "AVG"], "ixdywsx", strict=True)]
    ),
    st.sampled_from(ALL_SETTINGS),
)
def test_rolling_over_all_is_cumulative(table, by, what, setting):
    keys, partition = by
    name, c = what
    least = 0 if name == "COUNT" else 1
    sql = (
        f"SELECT ROLLING({name}({c}), {table.num_rows + 1}, min_periods => {least}) AS a, CUM_{name}({c}) AS b"
        f" FROM t {ordered_by(keys, partition)}"
    )
    note(sql)
    for a, b in bits(ask(sql, setting, {"t": table}).rows):
        assert a == b or (name == "AVG" and abs(a - b) < 1e-12)


@settings(max_examples=FEW)
@given(tables(), cases(size=2), st.sampled_from(ALL_SETTINGS))
def test_qualify_is_a_filter_over_a_derived_table(table, case, setting):
    """NoREC: what QUALIFY keeps is what the values say."""
    keys, partition, asked = case
    clause = ordered_by(keys, partition)
    call = asked[0].sql
    a = ask(f"SELECT n FROM t {clause} QUALIFY ({call}) IS NOT NULL", setting, {"t": table})
    b = ask(f"SELECT n FROM (SELECT n, {call} AS v FROM t {clause}) AS q WHERE v IS NOT NULL", setting, {"t": table})
    c = ask(f"SELECT n, {call} AS v FROM t {clause}", setting, {"t": table})
    assert a.code == b.code == c.code
    if a.columns is not None:
        assert a.rows == b.rows == [(n,) for n, v in c.rows if v is not None]


@settings(max_examples=FEW)
@given(
    tables(),
    orders(),
    st.sampled_from(["p", "b", "s"]),
    st.sampled_from(["x", "i", "ts"]),
    st.sampled_from(["", "", " LIMIT 3", " LIMIT 4 OFFSET 2"]),
    st.sampled_from(ALL_SETTINGS),
)
def test_over_replaces_partition_or_order(table, by, other, c, limit, setting):
    """OVER (PARTITION BY …) keeps the order, OVER () too, OVER (… ORDER BY …) replaces both."""
    keys, partition = by
    clause = ordered_by(keys, partition)
    sql = (
        f"SELECT n, SHIFT({c}) OVER (PARTITION BY {other}) AS a, CUM_COUNT({c}) OVER () AS b,"
        f" SHIFT({c}) OVER (PARTITION BY {other} ORDER BY n DESC) AS c FROM t {clause}{limit}"
    )
    note(sql)
    delivered = [row for part in order.ordered(row_dicts(table), keys, partition) for row in part]
    want: dict[int, list[Any]] = {row["n"]: [row["n"]] for row in delivered}
    for again, parts in ((keys, [other]), (keys, []), ([order.Key("n", True)], [other])):
        for part in order.ordered(row_dicts(table), again, parts):
            for i, row in enumerate(part):
                if not parts:
                    want[row["n"]].append(sum(r[c] is not None for r in part[: i + 1]))
                else:
                    want[row["n"]].append(part[i - 1][c] if i else None)
    rows = [tuple(want[row["n"]]) for row in delivered]
    start = 2 if "OFFSET" in limit else 0
    kept = rows[start : start + (4 if start else 3)] if limit else rows
    assert ask(sql, setting, {"t": table}).rows == kept
