"""Section 11 of API.md: `ltseq.sql`, `t.sql`, `sql_expr`, and what goes through SQL because it has no verb."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import (
    ArgumentError,
    ColumnNotFoundError,
    ExecutionError,
    LTSeq,
    LTSeqError,
    NoDataError,
    SchemaMismatchError,
    SortRequiredError,
    SqlError,
    sql_expr,
)

VISIBLE = LTSeq.from_dict({"g": [1]})


@pytest.fixture
def ticks():
    return LTSeq.from_dict({"ts": [2, 1, 3], "sym": ["A", "B", "A"], "px": [10.0, 20.0, 12.0]})


# ltseq.sql(query, params=None, **tables): LTSeq SQL, lazy


def test_a_query_is_a_lazy_table(ticks):
    failing = ltseq.sql("SELECT 1 / (ts - 1) AS x FROM t", t=ticks)
    assert type(failing) is LTSeq
    assert (failing.columns, failing.schema) == (["x"], {"x": "int64"})
    with pytest.raises(ExecutionError, match="zero"):
        failing.to_dicts()
    big = ltseq.sql("SELECT value FROM s WHERE value >= 0", s=ltseq.seq(2**62))
    assert big.head(1).to_dicts() == [{"value": 0}]


def test_what_comes_of_a_query_takes_every_verb(ticks):
    made = ltseq.sql("SELECT * FROM t WHERE sym = 'A'", t=ticks).derive(half=lambda r: r.px / 2).sort("ts", desc=True)
    assert made.select("ts", "half").to_dicts() == [{"ts": 3, "half": 6.0}, {"ts": 2, "half": 5.0}]


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("SELECT ts FROM t ORDERED BY ts", [("ts", False)]),
        ("SELECT ts AS moment FROM t ORDERED BY ts DESC", [("moment", True)]),
        ("SELECT * FROM t ORDERED BY ts PARTITION BY sym", [("sym", False), ("ts", False)]),
        ("SELECT px FROM t ORDERED BY ts", []),
        ("SELECT * FROM t", None),
        ("SELECT sym, COUNT(*) AS n FROM t GROUP BY sym", None),
        ("SELECT * FROM o", [("ts", True)]),
        ("SELECT ts FROM o WHERE px > 0", [("ts", True)]),
        ("SELECT DISTINCT ts FROM o", None),
    ],
)
def test_the_order_comes_along(ticks, query, keys):
    assert ltseq.sql(query, t=ticks, o=ticks.sort("ts", desc=True)).sort_keys == keys


def test_sequence_functions_follow_the_order(ticks):
    made = ltseq.sql("SELECT ts, DIFF(px) AS d FROM ticks ORDERED BY ts")
    assert made.to_dicts() == [{"ts": 1, "d": None}, {"ts": 2, "d": -10.0}, {"ts": 3, "d": 2.0}]
    ordered = ticks.sort("ts")  # noqa: F841
    assert ltseq.sql("SELECT SHIFT(ts) AS p FROM ordered").to_dicts() == [{"p": None}, {"p": 1}, {"p": 2}]
    # The order of the result goes on into verbs.
    assert [row["p"] for row in made.derive(p=lambda r: r.ts.shift())] == [None, 1, 2]


# names: keywords, then the caller's variables (LTSeq, pandas, polars, Arrow), then quoted files


@pytest.mark.parametrize(
    "table",
    [
        LTSeq.from_dict({"a": [5]}),
        pd.DataFrame({"a": [5]}),
        pl.DataFrame({"a": [5]}),
        pa.table({"a": [5]}),
        pa.record_batch({"a": [5]}),
        pa.table({"a": [5]}).to_reader(),
        {"a": [5]},
        [{"a": 5}],
    ],
    ids=lambda table: type(table).__name__,
)
def test_keywords_name_tables(table):
    assert ltseq.sql("SELECT a FROM q WHERE a > 1", q=table).to_dicts() == [{"a": 5}]


@pytest.mark.parametrize("wrong", [5, None, "t.csv", pl.LazyFrame({"a": [1]}), pd.Series([1]), [5]], ids=str)
def test_a_keyword_that_is_no_table_is_an_argument_error(wrong):
    with pytest.raises(ArgumentError):
        ltseq.sql("SELECT * FROM q", q=wrong)


def test_a_table_of_nothing_is_no_table_of_a_query():
    with pytest.raises(NoDataError):
        ltseq.sql("SELECT * FROM q", q=LTSeq())


@pytest.mark.parametrize("name", ["q", "Q", "query", "self", "a b", "a.b", "select", "é", 'q"q', "it's", "mem_1"])
def test_a_table_may_have_any_name(ticks, name):
    quoted = '"' + name.replace('"', '""') + '"'
    assert ltseq.sql(f"SELECT max(ts) AS m FROM {quoted}", **{name: ticks}).to_dicts() == [{"m": 3}]


def test_unquoted_names_do_not_mind_the_case(ticks):
    for written in ("Trades", "trades", "TRADES", '"Trades"'):
        assert ltseq.sql(f"SELECT max(ts) AS m FROM {written}", Trades=ticks).to_dicts() == [{"m": 3}]


def test_the_callers_variables_are_tables(ticks):
    frame = pd.DataFrame({"sym": ["A"], "name": ["Acme"]})  # noqa: F841
    other = pl.DataFrame({"sym": ["B"]})  # noqa: F841
    arrow = pa.table({"n": [5]})  # noqa: F841
    batch = pa.record_batch({"n": [6]})  # noqa: F841
    assert ltseq.sql("SELECT count(*) AS n FROM ticks").to_dicts() == [{"n": 3}]
    assert ltseq.sql("SELECT name FROM ticks JOIN frame USING (sym) LIMIT 1").to_dicts() == [{"name": "Acme"}]
    assert ltseq.sql("SELECT sym FROM other").to_dicts() == [{"sym": "B"}]
    assert ltseq.sql("SELECT n FROM arrow UNION ALL SELECT n FROM batch ORDER BY n").to_dicts() == [{"n": 5}, {"n": 6}]
    assert ltseq.sql("SELECT g FROM VISIBLE").to_dicts() == [{"g": 1}]
    assert [ltseq.sql("SELECT g FROM item").to_dicts() for item in [VISIBLE]] == [[{"g": 1}]]


def test_local_variables_hide_global_ones():
    VISIBLE = LTSeq.from_dict({"local": [2]})  # noqa: F841
    assert ltseq.sql("SELECT * FROM VISIBLE").columns == ["local"]


def test_variables_are_found_without_source_text():
    space = {"ltseq": ltseq}
    exec("v = ltseq.LTSeq.from_dict({'a': [1]}); rows = ltseq.sql('SELECT a FROM v').to_dicts()", space)
    assert space["rows"] == [{"a": 1}]


def test_variables_are_found_wherever_a_table_may_stand():
    a = LTSeq.from_dict({"id": [1, 2], "k": ["x", "y"]})
    B = LTSeq.from_dict({"id": [2, 3], "w": [20, 30]})  # noqa: F841 - read by name, which SQL reads as b
    c = LTSeq.from_dict({"id": [2]})
    for query in (
        "SELECT a.id, w FROM a LINK B ON a.id = B.id",
        "SELECT a.id, w FROM a LEFT LINK B USING (id) WHERE id IN (SELECT id FROM c)",
        "WITH q AS (SELECT * FROM B) SELECT a.id, w FROM q JOIN a USING (id)",
        "SELECT a.id, w FROM a ASOF JOIN B MATCH_CONDITION (a.id >= B.id) ORDERED BY a.id WHERE w > 0",
    ):
        assert ltseq.sql(query).to_dicts() == [{"id": 2, "w": 20}], query
    assert (a, c) is not None


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
        with pytest.raises(LTSeqError):
            ltseq.sql(query)
    assert (t, empty, mixed) is not None


def test_quoted_files_are_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.csv").write_text("a\n3\n")
    (tmp_path / "a.csv").write_text("a\n2\n1\n")
    LTSeq.from_dict({"A": [7]}).write_parquet("t.parquet")
    assert ltseq.sql("SELECT a FROM 'a.csv'").to_dicts() == [{"a": 2}, {"a": 1}]
    assert ltseq.sql(f"SELECT sum(a) AS s FROM '{tmp_path / 'a.csv'}'").to_dicts() == [{"s": 3}]
    assert ltseq.sql("SELECT \"A\" FROM 't.parquet'").to_dicts() == [{"A": 7}]
    assert ltseq.sql("SELECT a FROM '*.csv'").to_dicts() == [{"a": 2}, {"a": 1}, {"a": 3}]
    assert ltseq.sql("SELECT f.a FROM t JOIN 'a.csv' AS f ON f.a = t.k", t={"k": [1]}).to_dicts() == [{"a": 1}]
    with pytest.raises(FileNotFoundError) as error:
        ltseq.sql("SELECT * FROM 'nope.csv'")
    assert isinstance(error.value, LTSeqError)


def test_keywords_come_before_variables_and_variables_before_files(ticks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ticks").write_text("file\n1\n")
    assert ltseq.sql("SELECT * FROM ticks", ticks=LTSeq.from_dict({"keyword": [1]})).columns == ["keyword"]
    assert ltseq.sql("SELECT * FROM 'ticks'").columns == ["ts", "sym", "px"]
    (tmp_path / "t.csv").write_text("file\n1\n")
    assert ltseq.sql("SELECT * FROM 't.csv'", **{"t.csv": ticks}).columns == ["ts", "sym", "px"]


def test_names_of_the_call_come_before_tables_that_were_created():
    ltseq.sql("CREATE TABLE kept_here AS SELECT 1 AS created")
    try:
        assert ltseq.sql("SELECT * FROM kept_here").columns == ["created"]
        assert ltseq.sql("SELECT * FROM kept_here", kept_here={"keyword": [1]}).columns == ["keyword"]
        assert ltseq.sql("SELECT * FROM kept_here").columns == ["created"]
        kept_here = VISIBLE  # noqa: F841
        assert ltseq.sql("SELECT * FROM kept_here").columns == ["g"]
    finally:
        ltseq.sql("DROP TABLE kept_here")


def test_names_that_the_query_gives_itself_come_first(ticks):
    assert ltseq.sql("WITH ticks AS (SELECT 5 AS z) SELECT * FROM ticks").to_dicts() == [{"z": 5}]
    assert ticks.sql("WITH self AS (SELECT 5 AS z) SELECT * FROM self").to_dicts() == [{"z": 5}]
    assert ltseq.sql("SELECT ticks.g FROM VISIBLE AS ticks").to_dicts() == [{"g": 1}]


# params: a list for `?` and `$1`, a dict for `$name` and `:name`


@pytest.mark.parametrize(
    ("condition", "params"),
    [
        ("sym = ? AND px > ?", ["A", 11.0]),
        ("sym = ? AND px > ?", ("A", 11.0)),
        ("sym = $2 AND px > $1", [11.0, "A"]),
        ("sym = $1 AND px > $2 AND $1 = 'A'", ["A", 11.0]),
        ("sym = $s AND px > $low", {"s": "A", "low": 11.0}),
        ("sym = :s AND px > :low", {"s": "A", "low": 11.0}),
        ("sym = :s AND px > $low", {"s": "A", "low": 11.0, "unused": 1}),
    ],
)
def test_parameters_stand_for_values(ticks, condition, params):
    query = f"SELECT ts FROM t WHERE {condition}"
    assert ltseq.sql(query, params, t=ticks).to_dicts() == [{"ts": 3}]
    assert ltseq.sql(query, params=params, t=ticks).to_dicts() == [{"ts": 3}]
    assert ticks.sql(query.replace("FROM t", "FROM self"), params).to_dicts() == [{"ts": 3}]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool"),
        (-1, "int64"),
        (2**64 - 1, "uint64"),
        (1.5, "float64"),
        ("'; DROP TABLE t --", "string"),
        (b"\x00", "binary"),
        (None, "null"),
        (dt.date(2024, 2, 29), "date32"),
        (dt.datetime(2024, 1, 1, 2, 3, 4, 5), "timestamp[us]"),
        (dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), "timestamp[us, UTC]"),
        (dt.time(1, 2), "time64[us]"),
        (dt.timedelta(seconds=1), "duration[us]"),
        (Decimal("1.50"), "decimal128(3, 2)"),
        ([1, 2], "list<int64>"),
    ],
    ids=str,
)
def test_parameters_are_typed_values_and_never_text(value, kind):
    for query, params in (("SELECT ? AS x", [value]), ("SELECT $v AS x", {"v": value})):
        made = ltseq.sql(query, params)
        assert (made.schema, made.to_dicts()) == ({"x": kind}, [{"x": value}])


def test_parameters_stand_in_clauses_of_ours(ticks):
    made = ltseq.sql("SELECT SHIFT(ts, ?) AS p FROM t ORDERED BY ts LIMIT ?", [2, 3], t=ticks)
    assert made.to_dicts() == [{"p": None}, {"p": None}, {"p": 1}]
    made = ltseq.sql("SELECT ROLLING(SUM(px), $n) AS s FROM t ORDERED BY ts", {"n": 2}, t=ticks)
    assert made.to_dicts() == [{"s": None}, {"s": 30.0}, {"s": 22.0}]


def test_marks_inside_text_are_no_parameters():
    assert ltseq.sql("SELECT '?' AS a, '$1 :b' AS b, ? AS c", [1]).to_dicts() == [{"a": "?", "b": "$1 :b", "c": 1}]
    assert ltseq.sql("SELECT '7'::INT AS x, :v::VARCHAR AS y", {"v": 1}).to_dicts() == [{"x": 7, "y": "1"}]


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("SELECT ?, ?", [1]),
        ("SELECT ?", [1, 2]),
        ("SELECT ?", None),
        ("SELECT ?", {"a": 1}),
        ("SELECT $a", [1]),
        ("SELECT $a", {"b": 1}),
        ("SELECT ?, $1", [1]),
    ],
)
def test_parameters_that_do_not_fit_are_an_sql_error(query, params):
    with pytest.raises(SqlError):
        ltseq.sql(query, params)


@pytest.mark.parametrize("wrong", ["A", 5, {1}, {1: 2}, VISIBLE, [2**64], [object()]], ids=lambda v: type(v).__name__)
def test_parameters_of_another_kind_are_an_error_at_the_call(wrong):
    with pytest.raises(ArgumentError, match="param"):
        ltseq.sql("SELECT ?", wrong)


# `/` and the rest are SQL's there, Python's in lambdas


def test_operators_are_sqls_there_and_pythons_in_lambdas():
    t = LTSeq.from_dict({"a": [7, -7]})
    assert ltseq.sql("SELECT a / 2 AS d, a % 4 AS m, a = NULL AS n FROM t").to_dicts() == [
        {"d": 3, "m": 3, "n": None},
        {"d": -3, "m": -3, "n": None},
    ]
    assert t.select(d=lambda r: r.a / 2, m=lambda r: r.a % 4).to_dicts() == [{"d": 3.5, "m": 3}, {"d": -3.5, "m": 1}]


# Errors: SqlError with line and column


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("SELEC 1", 1, 1),
        ("SELECT px\nFROM ticks WHER px > 1 AND", 2, 17),
        ("SELECT px,\n  nope\nFROM ticks", 2, 3),
        ("SELECT 1\nFROM nope", 2, 6),
        ("SELECT\n  nofunction(1)", 2, 3),
        ("SELECT SUM(sym) FROM ticks", 1, 8),
        ("SELECT 1 +", 1, 11),
        ("", 1, 1),
        ("SELECT *\nFROM ticks ORDERED BY ts WHERE SHIFT(px) > 1", 2, 32),
        ("SELECT ts,\n  SHIFT(px) FROM ticks", 2, 3),
    ],
)
def test_errors_carry_line_and_column_of_the_text(ticks, query, line, column):
    with pytest.raises(SqlError) as error:
        ltseq.sql(query, ticks=ticks)
    assert (error.value.line, error.value.column) == (line, column)
    assert f"line {line}, column {column}" in str(error.value)


def test_an_error_of_the_text_is_also_one_of_its_kind(ticks):
    with pytest.raises(ColumnNotFoundError, match="Column 'pxx' not found in schema") as error:
        ltseq.sql("SELECT pxx FROM ticks")
    assert "Did you mean: px?" in str(error.value)
    assert "Available columns: ts, sym, px" in str(error.value)
    with pytest.raises(SortRequiredError, match="ORDERED BY"):
        ltseq.sql("SELECT SHIFT(px) FROM ticks")
    with pytest.raises(SchemaMismatchError, match="'a'"):
        ltseq.sql("SELECT 1 AS a, 2 AS a")


def test_columns_of_one_name_are_refused_at_the_call():
    a, b = LTSeq.from_dict({"k": [1], "x": [2]}), LTSeq.from_dict({"k": [1], "y": [3]})
    with pytest.raises(SqlError, match=r"two columns of the query are named 'k'.*AS"):
        ltseq.sql("SELECT * FROM a JOIN b ON a.k = b.k", a=a, b=b)
    assert ltseq.sql("SELECT a.*, y FROM a JOIN b ON a.k = b.k", a=a, b=b).to_dicts() == [{"k": 1, "x": 2, "y": 3}]


@pytest.mark.parametrize("wrong", [5, None, b"SELECT 1", VISIBLE], ids=lambda value: type(value).__name__)
def test_a_query_is_text(ticks, wrong):
    for call in (ltseq.sql, ticks.sql, sql_expr):
        with pytest.raises(ArgumentError, match="must be str"):
            call(wrong)


def test_text_that_is_no_unicode_is_an_argument_error():
    for use in (lambda: ltseq.sql("SELECT '\ud800'"), lambda: ltseq.sql("SELECT ?", ["\ud800"])):
        with pytest.raises(ArgumentError, match="Unicode"):
            use()


# t.sql(query, params=None): t is `self`


def test_the_table_of_t_sql_is_self(ticks):
    assert ticks.sql("SELECT max(px) AS m FROM self WHERE sym = ?", ["A"]).to_dicts() == [{"m": 12.0}]
    assert ticks.sql(query="SELECT ts FROM SELF WHERE sym = $s", params={"s": "B"}).to_dicts() == [{"ts": 1}]
    ordered = ticks.sort("ts")
    made = ordered.sql("SELECT *, SHIFT(ts) AS p FROM self")
    assert (made.sort_keys, [row["p"] for row in made]) == ([("ts", False)], [None, 1, 2])
    assert ticks.sql("SELECT a.ts FROM self AS a JOIN self AS b ON a.ts = b.ts + 2").to_dicts() == [{"ts": 3}]


def test_t_sql_sees_no_variables(ticks):
    with pytest.raises(SqlError, match="ticks"):
        ticks.sql("SELECT * FROM ticks")


def test_t_sql_of_linked_and_nested_tables(ticks):
    linked = ticks.link(LTSeq.from_dict({"sym": ["B"], "name": ["Best"]}), on="sym", as_="q")
    assert linked.sql("SELECT ts, q_name FROM self").to_dicts() == [{"ts": 1, "q_name": "Best"}]
    assert ticks.sort("ts").group_ordered("sym").sql("SELECT * FROM self").columns == ["ts", "sym", "px"]


def test_a_limit_over_sql_distinct_of_windows():
    t = LTSeq.from_dict({"a": [3, 1, 2, 1], "s": ["x", "y", "z", "y"]})
    query = "SELECT DISTINCT a FROM (SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY s) = 1) LIMIT 5"
    assert sorted(row["a"] for row in ltseq.sql(query, t=t).to_dicts()) == [1, 2, 3]
