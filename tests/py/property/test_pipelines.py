"""Random pipelines: the engine against the reference, and SQL against lambdas."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

import ltseq

from .harness import ALL_SETTINGS, EXAMPLES, SOURCES, Stored, ask, cells, engine, read
from .pipelines import DIM, NotInPythonError, pipelines
from .reference.values import Overflow, agrees
from .tables import row_dicts, tables
from .test_calls import compare


@settings(max_examples=max(EXAMPLES // 2, 1))
@given(tables(), pipelines(), st.sampled_from(ALL_SETTINGS))
def test_pipelines_in_memory(table, pipe, setting):
    note(f"{pipe.final}   -- {setting}")
    try:
        want = pipe.expected(row_dicts(table))
    except Overflow:
        assume(False)
    compare(ask(pipe.final, setting, {"t": table, "dim": DIM}), want)


@pytest.mark.parametrize("source", SOURCES[1:])
@settings(max_examples=max(EXAMPLES // 20, 1))
@given(tables(plain=True), pipelines(), st.sampled_from(ALL_SETTINGS))
def test_pipelines_from_files(source, table, pipe, setting):
    note(f"{pipe.final}   -- {setting}")
    stored = Stored(table, source)
    on = engine(setting)
    on.register("dim", DIM)
    try:
        answer = stored.ask(pipe.final, setting)
    finally:
        on.deregister("dim")
    compare(answer, pipe.expected(row_dicts(table)))


@settings(max_examples=max(EXAMPLES // 5, 1))
@given(tables(plain=True), pipelines(["filter", "derive", "call", "call", "qualify", "limit", "link", "reorder"], 4))
def test_pipelines_as_lambdas(table, pipe):
    """The same question through both doors gives the same rows."""
    import pyarrow as pa

    source, dim = ltseq.LTSeq.from_arrow(table), ltseq.LTSeq.from_arrow(DIM)
    try:
        made = pipe.python(source, dim)
    except NotInPythonError:
        assume(False)
    note(pipe.final)
    got = pa.table(made)
    columns = {name: cells(got.column(name)) for name in got.column_names}
    assert list(columns) == pipe.columns
    rows = list(zip(*columns.values(), strict=True))
    want = pipe.expected(row_dicts(table))
    assert len(rows) == len(want)
    for a, b in zip(rows, want, strict=True):
        assert all(agrees(x, y) for x, y in zip(a, b, strict=True)), f"{rows}\n{want}"


@settings(max_examples=max(EXAMPLES // 10, 1))
@given(tables(plain=True), pipelines(longest=3), st.sampled_from(ALL_SETTINGS))
def test_pipelines_as_views_and_tables(table, pipe, setting):
    """A view and CREATE TABLE AS carry the order and the rows of what they are made from."""
    on = engine(setting)
    note(f"{pipe.final}   -- {setting}")
    want = pipe.expected(row_dicts(table))
    on.register("t", table)
    on.register("dim", DIM)
    try:
        on.execute(f"CREATE VIEW made AS {pipe.final}")
        compare(read(on, "SELECT * FROM made"), want)
        on.execute("DROP VIEW made")
        on.execute(f"CREATE TABLE made AS {pipe.final}")
        # It may have no declared order (its keys need not be columns): ties show how the rows are stored.
        compare(read(on, "SELECT * FROM made ORDERED BY n - n"), want)
        compare(read(on, f"WITH q AS ({pipe.final}) SELECT * FROM q"), want)
    finally:
        on.execute("DROP TABLE IF EXISTS made")
        on.execute("DROP VIEW IF EXISTS made")
        on.deregister("t")
        on.deregister("dim")
