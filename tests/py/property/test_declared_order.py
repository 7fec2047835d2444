"""A declared order is checked while it streams: 200 false ones are caught, 200 true ones raise nothing."""

from __future__ import annotations

import re

import pytest

from .declared import CASES, Declared, declared
from .harness import Answer, Setting, Stored, ask, engine
from .tables import row_dicts

SETTINGS = [Setting(7, 1), Setting(7, 4), Setting(2, 1), Setting(8192, 1), Setting(1, 16), Setting(8192, 4)]
QUERIES = [
    "SELECT v, SHIFT(v) AS before FROM t",
    "SELECT * FROM t",
    "SELECT v, CUM_COUNT(v) AS c FROM t",
    "SELECT v FROM t {clause}",
]


def run(case: Declared, query: str, setting: Setting) -> Answer:
    """Asks over the source of the case."""
    sql = query.format(clause=case.clause)
    if case.source != "memory":
        return Stored(case.table, case.source, ordered=case.clause, seams=case.seams or None).ask(sql, setting)
    # A table in memory is trusted with nothing: the declaration comes from a block that takes it as given.
    path = Stored(case.table, "parquet", ordered=case.clause)
    return path.ask(sql, setting)


def shown(case: Declared, row: int) -> list[str]:
    """The key values of a row (from 0), as a message may show them."""
    values = row_dicts(case.table)[row]
    out = []
    for name in [*case.partition, *(k.column for k in case.keys)]:
        value = case.table.column(name)[row].as_py()
        if value is None:
            out.append("NULL")
        elif isinstance(value, float):
            # -0.0 and 0.0 are one key: either may be shown.
            out.append({"nan": "NaN", "-0.0": "0.0"}.get(str(value), str(value)))
        elif hasattr(value, "isoformat"):
            out.append(value.isoformat()[:16])
        else:
            out.append(str(values[name]))
    return out


@pytest.mark.parametrize(("kind", "seed"), CASES, ids=lambda v: str(v))
def test_violation_is_caught(kind, seed):
    case = declared(kind, seed, true=False)
    assert case.bad is not None
    setting, query = SETTINGS[seed % len(SETTINGS)], QUERIES[seed % len(QUERIES)]
    answer = run(case, query, setting)
    assert answer.code == "ORDER_VIOLATION", f"{case}: {answer}"
    text = answer.message or ""
    assert "'t'" in text
    file, row = case.file_of_bad()
    assert re.search(rf"\brow {row}\b", text), f"row {row} of file {file} (row {case.bad} in all): {text}"
    if case.source == "eight_parquet":
        assert f"part-{file}.parquet" in text, text
    told = text.split("ORDER_VIOLATION", 1)[-1]
    for number in (case.bad - 1, case.bad - 2):
        for value in shown(case, number):
            assert value in told, f"{value!r} of row {number + 1}: {text}"


@pytest.mark.parametrize(("kind", "seed"), CASES, ids=lambda v: str(v))
def test_true_order_raises_nothing(kind, seed):
    case = declared(kind, seed, true=True)
    assert case.bad is None
    setting, query = SETTINGS[seed % len(SETTINGS)], QUERIES[seed % len(QUERIES)]
    answer = run(case, query, setting)
    assert answer.code is None, f"{case}: {answer.message}"
    assert answer.rows and [r[0 if "v," in query or "v FROM" in query else -1] for r in answer.rows] == list(
        range(len(answer.rows))
    )


def test_two_hundred_each():
    assert len(CASES) == 200


def test_memory_is_laid_out_by_its_declaration():
    """In memory a declared order cannot be false: what is written is sorted."""
    on = engine(Setting())
    on.execute("CREATE TABLE m (k BIGINT) ORDERED BY k")
    try:
        on.execute("INSERT INTO m VALUES (2), (1)")
        assert ask("SELECT k, SHIFT(k) AS s FROM m").rows == [(1, None), (2, 1)]
    finally:
        on.execute("DROP TABLE m")
