"""Section 11: SQL in and out."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, SqlError

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def ticks():
    return LTSeq.from_dict({"ts": [2, 1, 3], "sym": ["A", "B", "A"], "px": [10.0, 20.0, 12.0]})


@pytest.fixture
def names():
    return LTSeq.from_dict({"sym": ["A"], "name": ["Acme"]})


def test_keywords_name_tables(ticks):
    assert ltseq.sql("SELECT px FROM q WHERE sym = 'B'", q=ticks).to_dicts() == [{"px": 20.0}]


def test_the_callers_variables_are_tables(ticks):
    frame = pd.DataFrame({"sym": ["A"], "name": ["Acme"]})  # noqa: F841
    other = pl.DataFrame({"sym": ["B"]})  # noqa: F841
    arrow = pa.table({"n": [5]})  # noqa: F841
    assert ltseq.sql("SELECT count(*) AS n FROM ticks").to_dicts() == [{"n": 3}]
    assert ltseq.sql("SELECT name FROM ticks JOIN frame USING (sym) LIMIT 1").to_dicts() == [{"name": "Acme"}]
    assert ltseq.sql("SELECT sym FROM other").to_dicts() == [{"sym": "B"}]
    assert ltseq.sql("SELECT n FROM arrow").to_dicts() == [{"n": 5}]


def test_keywords_win_over_variables(ticks):
    assert ltseq.sql("SELECT * FROM ticks", ticks=LTSeq.from_dict({"z": [1]})).columns == ["z"]
    with pytest.raises(ArgumentError):
        ltseq.sql("SELECT 1", q=5)


def test_quoted_files_are_tables(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n2\n")
    assert ltseq.sql(f"SELECT sum(a) AS s FROM '{tmp_path / 'a.csv'}'").to_dicts() == [{"s": 3}]


def test_the_order_comes_along(ticks):
    made = ltseq.sql("SELECT ts, DIFF(px) AS d FROM ticks ORDERED BY ts")
    assert made.sort_keys == [("ts", False)]
    assert made.to_dicts() == [{"ts": 1, "d": None}, {"ts": 2, "d": -10.0}, {"ts": 3, "d": 2.0}]
    ordered = ticks.sort("ts")
    assert ordered.sql("SELECT SHIFT(ts) AS p FROM self").to_dicts() == [{"p": None}, {"p": 1}, {"p": 2}]


def test_parameters_are_typed_values(ticks):
    assert ltseq.sql("SELECT ts FROM ticks WHERE sym = ? AND px > ?", ["A", 11.0]).to_dicts() == [{"ts": 3}]
    assert ltseq.sql("SELECT ts FROM ticks WHERE sym = $2 AND px > $1", [11.0, "A"]).to_dicts() == [{"ts": 3}]
    assert ltseq.sql("SELECT ts FROM ticks WHERE sym = $s", {"s": "B"}).to_dicts() == [{"ts": 1}]
    assert ltseq.sql("SELECT ts FROM ticks WHERE sym = :s", params={"s": "B"}).to_dicts() == [{"ts": 1}]
    assert ltseq.sql("SELECT ? AS x", ["'; DROP TABLE t --"]).to_dicts() == [{"x": "'; DROP TABLE t --"}]
    assert ltseq.sql("SELECT ? AS x", [dt.date(2024, 2, 29)]).to_dicts() == [{"x": dt.date(2024, 2, 29)}]
    with pytest.raises(ArgumentError):
        ltseq.sql("SELECT ?", "A")


def test_division_is_sqls_there(ticks):
    assert ltseq.sql("SELECT 7 / 2 AS x").to_dicts() == [{"x": 3}]
    assert ticks.head(1).select(x=lambda r: ltseq.lit(7) / 2).to_dicts() == [{"x": 3.5}]


def test_errors_carry_line_and_column(ticks):
    with pytest.raises(SqlError) as error:
        ltseq.sql("SELECT px\nFROM ticks WHER px > 1 AND")
    assert error.value.line == 2
    assert error.value.column is not None
    with pytest.raises(SqlError, match="nope"):
        ltseq.sql("SELECT * FROM nope")
    with pytest.raises(ltseq.ColumnNotFoundError, match="pxx"):
        ltseq.sql("SELECT pxx FROM ticks")
    with pytest.raises(ltseq.SortRequiredError):
        ltseq.sql("SELECT SHIFT(px) FROM ticks")


def test_t_sql_is_self(ticks):
    assert ticks.sql("SELECT max(px) AS m FROM self WHERE sym = ?", ["A"]).to_dicts() == [{"m": 12.0}]


@pytest.mark.parametrize(
    "build",
    [
        lambda t, n: t.filter(lambda r: r.px > 10),
        lambda t, n: t.select("sym", double=lambda r: r.px * 2),
        lambda t, n: t.sort("ts").derive(d=lambda r: r.px.diff()),
        lambda t, n: t.sort("ts", partition_by="sym").derive(m=lambda r: r.px.rolling(2).mean()),
        lambda t, n: t.sort("ts").filter(lambda r: r.px > r.px.shift()),
        lambda t, n: t.agg("sym", n=lambda g: g.count(), s=lambda g: g.px.sum()),
        lambda t, n: t.sort("ts").group_ordered("sym").agg(lambda g: {"n": g.count()}),
        lambda t, n: t.sort("ts").head(2).rename(px="price").drop("sym"),
        lambda t, n: t.link(LTSeq.from_dict({"sym": ["A"], "name": ["Acme"]}), on="sym", as_="c").select(
            "ts", lambda r: r.c.name
        ),
        lambda t, n: t.union(t).distinct(),
        lambda t, n: t.select(x=lambda r: r.ts // 2, y=lambda r: r.ts / 2, z=lambda r: -r.ts % 2),
    ],
)
def test_to_sql_gives_the_same_rows(ticks, names, build):
    table = build(ticks, names)
    text = table.to_sql()
    again = ltseq.sql(text, mem_1=ticks, mem_2=names)
    assert sorted(map(repr, again.to_dicts())) == sorted(map(repr, table.to_dicts()))


def test_explain_is_a_table(ticks):
    said = ltseq.sql("EXPLAIN SELECT SHIFT(px) FROM ticks ORDERED BY ts")
    assert said.columns == ["plan_type", "plan"]
    assert "ordered by" in said.head(1).to_dicts()[0]["plan"]
    assert ltseq.sql("EXPLAIN ANALYZE SELECT * FROM ticks").count() >= 1


def test_not_null_of_a_table_made_from_a_query_holds():
    with pytest.raises(ExecutionError, match="column 'a' is NOT NULL"):
        ltseq.sql("CREATE TABLE not_null_made (a INT NOT NULL) AS SELECT NULL")


def test_columns_of_one_name_are_refused_at_the_call():
    a, b = LTSeq.from_dict({"k": [1], "x": [2]}), LTSeq.from_dict({"k": [1], "y": [3]})
    with pytest.raises(SqlError, match=r"two columns of the query are named 'k'.*AS"):
        ltseq.sql("SELECT * FROM a JOIN b ON a.k = b.k", a=a, b=b)
    assert ltseq.sql("SELECT a.*, y FROM a JOIN b ON a.k = b.k", a=a, b=b).to_dicts() == [{"k": 1, "x": 2, "y": 3}]


def test_variables_that_the_query_does_not_read_are_left_alone():
    t = LTSeq.from_dict({"a": [1, 2]})
    empty = LTSeq()
    batch = pa.record_batch([pa.array([1, 2])], names=["x"])
    stream = pa.RecordBatchReader.from_batches(batch.schema, [batch])  # noqa: F841 - read by name
    mixed = pd.DataFrame({"x": [1, "text"]})
    made = ltseq.sql("SELECT COUNT(*) AS stream, 1 AS mixed, 2 AS empty, 't' AS batch FROM t")
    assert made.to_dicts() == [{"stream": 2, "mixed": 1, "empty": 2, "batch": "t"}]
    assert ltseq.sql("SELECT x FROM stream").to_dicts() == [{"x": 1}, {"x": 2}]
    for query in ("SELECT * FROM mixed", "SELECT * FROM empty"):
        with pytest.raises(ltseq.LTSeqError):
            ltseq.sql(query)
    assert (t, empty, mixed) is not None


def test_variables_are_found_wherever_a_table_may_stand():
    a = LTSeq.from_dict({"id": [1, 2], "k": ["x", "y"]})
    B = LTSeq.from_dict({"id": [2, 3], "w": [20, 30]})  # noqa: F841 - read by name, in any case that SQL reads as b
    c = LTSeq.from_dict({"id": [2]})
    for query in (
        "SELECT a.id, w FROM a LINK B ON a.id = B.id",
        "SELECT a.id, w FROM a LEFT LINK B USING (id) WHERE id IN (SELECT id FROM c)",
        "WITH q AS (SELECT * FROM B) SELECT a.id, w FROM q JOIN a USING (id)",
        "SELECT a.id, w FROM a ASOF JOIN B MATCH_CONDITION (a.id >= B.id) ORDERED BY a.id WHERE w > 0",
    ):
        assert ltseq.sql(query).to_dicts() == [{"id": 2, "w": 20}], query
    assert (a, c) is not None


@pytest.mark.parametrize("join", ["SEMI JOIN b ON a.k = b.k", "ANTI JOIN b ON a.k = b.k", "CROSS APPLY b"])
def test_a_kind_of_join_that_nothing_plans_is_named(join):
    tables = {name: LTSeq.from_dict({"k": [1]}) for name in "ab"}
    with pytest.raises(SqlError, match=rf"kind of JOIN \({join.split()[0]}") as error:
        ltseq.sql(f"SELECT a.k FROM a {join}", **tables)
    assert "BinaryOp" not in str(error.value)
    assert "LEFT SEMI JOIN" in str(error.value)
