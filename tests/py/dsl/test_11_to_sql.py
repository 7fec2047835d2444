"""Section 11 of API.md: `t.to_sql()`; read back, it gives the rows of `t`, in the order of `t`."""

from __future__ import annotations

import datetime as dt
import re
import types
from decimal import Decimal

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, NoDataError, count_if, lit, rank, row_number

HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Tables whose names SQL can give back: a, sorted b and partitioned p over files."""
    folder = tmp_path_factory.mktemp("to_sql")
    ids = list(range(9))
    LTSeq.from_dict(
        {
            "id": ids,
            "i": [1, None, 2, 2, 3, 0, 1, None, 2],
            "k": list("abbaabaab"),
            "s": ["x", "it's", None, "", "y", "x", "x", None, "z"],
            "g": [True, True, None, False, False, True, True, None, None],
            "ts": [dt.datetime(2024, 1, 1) + n * 7 % 9 * HOUR for n in ids],
            "du": [n * HOUR for n in ids],
        }
    ).write_parquet(folder / "a.parquet")
    LTSeq.from_dict({"i": [1, 2, None, 2], "k": ["a", "b", None, "a"], "v": [10, 20, 30, 40]}).write_parquet(
        folder / "b.parquet"
    )
    a, b = LTSeq.read_parquet(folder / "a.parquet"), LTSeq.read_parquet(folder / "b.parquet")
    return types.SimpleNamespace(a=a, b=b, s=a.sort("ts"), p=a.sort("ts", partition_by="k"))


PIPELINES = {
    # Set operations
    "intersect": lambda t: t.a.intersect(t.a.head(5)),
    "except": lambda t: t.s.except_(t.a.head(5)),
    "xunion": lambda t: t.a.head(6).xunion(t.a.tail(6)),
    "intersect on columns": lambda t: t.a.intersect(t.b, on=["k", "i"]),
    "except on columns": lambda t: t.s.except_(t.b, on=["k", "i"]),
    "union of limits": lambda t: t.s.head(2).union(t.s.tail(2)).union(t.a.slice(1, 2)),
    "distinct": lambda t: t.p.drop("k").distinct("g"),
    # Positions
    "tail": lambda t: t.a.tail(3),
    "tail of partitions": lambda t: t.p.tail(4).derive(x=lambda r: r.id.shift(1)),
    "tail, partition gone": lambda t: t.p.select("id").tail(4),
    "step, partition gone": lambda t: t.p.drop("k").step(2).derive(x=lambda r: r.id.shift(1)),
    "step, partition computed": lambda t: t.a.sort("ts", partition_by=lambda r: r.id % 3).step(2),
    "delete": lambda t: t.p.drop("k", "ts").delete(2),
    "modify": lambda t: t.p.modify(3, s="m").derive(x=lambda r: r.id.cum_sum()),
    "rvs": lambda t: t.p.rvs().head(4),
    "rvs, read along": lambda t: t.p.rvs().derive(a=lambda r: r.id.shift(1), b=lambda r: r.i.shift(1).cum_sum()),
    "rvs, partition gone": lambda t: t.p.rvs().drop("k", "ts").filter(lambda r: (r.id > r.id.shift()).fill_null(True)),
    "rvs, twice": lambda t: t.p.rvs().tail(5).rvs().derive(x=lambda r: r.id.shift(1)),
    "rvs, groups": lambda t: t.p.rvs().group_ordered("g").first().derive(x=lambda r: row_number()),
    "rvs, groups when": lambda t: (
        t.p.rvs()
        .group_ordered(when=lambda r: r.id > r.id.shift(1))
        .agg(lambda g: {"n": g.count()})
        .derive(x=lambda r: r.n.shift(1))
    ),
    "rvs, aggregates": lambda t: t.p.rvs().agg("g", m=lambda g: (g.id - g.id.shift(1)).max()).sort("g"),
    # Ordered groups
    "groups": lambda t: t.s.group_ordered("k").flatten(),
    "groups, first": lambda t: t.s.group_ordered("k").first().derive(x=lambda r: r.id.shift(1)),
    "groups of partitions, first": lambda t: t.p.group_ordered("g").first().derive(x=lambda r: r.id.shift(1)),
    "groups of partitions, filtered": lambda t: t.p.group_ordered("g").filter(lambda g: g.count() > 1).flatten(),
    "groups, partition gone": lambda t: t.p.drop("k", "ts").group_ordered("g").agg(lambda g: {"n": g.count()}),
    "groups, when": lambda t: t.s.group_ordered(when=lambda r: r.id < r.id.shift(1)).agg(lambda g: {"n": g.count()}),
    # Aggregates
    "one row": lambda t: t.a.agg(n=lambda g: g.count(), m=lambda g: g.id.max()).derive(z=lambda r: r.n + r.m),
    "one row, nothing of it": lambda t: t.a.agg(n=lambda g: g.count()).select(one=lambda r: lit(1)),
    "one row, filtered": lambda t: t.a.agg(n=lambda g: g.count()).filter(lambda r: r.n > 99),
    "by key": lambda t: t.a.agg("k", n=lambda g: count_if(g.i > 1)).sort("k").derive(x=lambda r: r.n.shift(1)),
    # Values
    "durations": lambda t: t.a.select(
        "id",
        a=lambda r: lit(HOUR / 7),
        b=lambda r: r.du + HOUR,
        c=lambda r: r.du.fill_null(-HOUR),
        d=lambda r: r.du > 3 * HOUR,
        e=lambda r: r.ts + HOUR,
    ),
    "windows": lambda t: t.p.select(
        "id", a=lambda r: row_number(), b=lambda r: rank().over("k", order_by="i"), c=lambda r: r.i.rolling(2).sum()
    ),
    "intervals": lambda t: t.s.select("id", a=lambda r: r.i.rolling(2 * HOUR).sum()),
    # Two tables
    "semi join": lambda t: t.s.semi_join(t.b, on=["k", "i"]),
    "link": lambda t: t.s.link(t.b, on=["k", "i"], as_="q", join_type="left"),
    "full link": lambda t: t.s.link(t.b, on="i", as_="q", join_type="full"),
    "lookup": lambda t: t.s.derive(v=lambda r: r.k.lookup(t.b.distinct("k"), "v")),
    "semi join, looked up": lambda t: t.s.semi_join(t.b, on=lambda a, b: a.k.lookup(t.b.distinct("k"), "v") == b.v),
    "asof join, looked up": lambda t: t.a.asof_join(
        t.b.select("k", "v"), left_on="id", right_on="v", by=lambda a, b: a.k == b.v.lookup(t.b, "k", join_key="v")
    ),
    "link, read along": lambda t: t.s.link(t.b, on=lambda a, b: a.id.cum_sum() * 10 == b.v, as_="q", join_type="left"),
    # Positions inside: which rows a half of a join counts
    "except, a few of a join": lambda t: (j := t.a.semi_join(t.b, on="k")).except_(j.head(2), on="id"),
    "semi join, a slice": lambda t: t.a.semi_join(t.a.rvs().slice(1, 3), on="id"),
    "rvs of a slice, partition computed": lambda t: t.a.sort("ts", partition_by=lambda r: r.id % 3).tail(5).rvs(),
    # SQL
    "values": lambda t: ltseq.sql("SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(x, y)"),
    "ordered query": lambda t: ltseq.sql("SELECT id, k FROM a ORDER BY k DESC, id LIMIT 4", a=t.a),
}


@pytest.mark.parametrize("build", PIPELINES.values(), ids=PIPELINES.keys())
def test_to_sql_gives_the_rows_in_order(tables, build):
    table = build(tables)
    text = table.to_sql()
    again = ltseq.sql(text, a=tables.a, b=tables.b)
    assert again.schema == table.schema, text
    assert again.to_dicts() == table.to_dicts(), text
    assert again.sort_keys == table.sort_keys or not table.sort_keys, text


def test_to_sql_of_an_inserted_row(tables):
    row = LTSeq.from_dict({"id": [50], "k": ["z"]})
    text = tables.a.select("id", "k").insert(2, {"id": 50, "k": "z"}).to_sql()
    again = ltseq.sql(text, a=tables.a, mem_1=row)
    assert [row["id"] for row in again.to_dicts()] == [0, 1, 50, 2, 3, 4, 5, 6, 7, 8]


def test_to_sql_shows_no_names_of_the_engine(tables):
    assert tables.a.agg(n=lambda g: g.count()).to_sql() == "SELECT COUNT(*) AS n FROM a"
    assert tables.a.select(lambda r: r.du > HOUR).columns == ["du > INTERVAL '1 hour'"]


QUERIES = [
    # UNNEST
    "SELECT id, UNNEST(l) AS e FROM n",
    "SELECT id, UNNEST(l) + 1 AS e, SHIFT(id) AS p FROM n ORDERED BY id DESC WHERE id > 1",
    "SELECT *, SHIFT(e) AS before FROM (SELECT id, UNNEST(l) AS e FROM n ORDERED BY id DESC)",
    "SELECT id, UNNEST(UNNEST(ll)) AS e FROM n",
    "SELECT id, UNNEST(l) AS a, UNNEST(ll) AS b FROM n",
    "SELECT id, UNNEST_OUTER(l) AS e FROM n",
    "SELECT id, UNNEST(s) FROM n",
    "SELECT * FROM UNNEST([1, 2, 3]) AS u(x)",
    "SELECT DISTINCT UNNEST(l) AS e FROM n",
    # Grouping sets
    "SELECT k, SUM(id) AS s FROM a GROUP BY ROLLUP(k) HAVING SUM(id) > 3",
    "SELECT k, g, id % 2 AS o, SUM(id) AS s, GROUPING(k) AS x FROM a GROUP BY GROUPING SETS ((k, id % 2), (g), ())",
    "SELECT UPPER(k) AS u, g, COUNT(*) AS n FROM a GROUP BY CUBE(UPPER(k), g)",
    # Queries in expressions
    "SELECT * FROM a WHERE i = (SELECT MAX(i) FROM a)",
    "SELECT id, i IN (SELECT i FROM b) AS hit FROM a",
    "SELECT id FROM a WHERE i NOT IN (SELECT i FROM b WHERE i IS NOT NULL) AND k = 'b'",
    "SELECT id, SHIFT(id) AS p FROM a ORDERED BY ts WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.v < 15)",
    "SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.v < 15)",
    "SELECT id, (SELECT MAX(x.id) FROM a AS x WHERE x.k = a.k) AS m FROM a",
    "SELECT k2 FROM (SELECT k AS k2 FROM a WHERE id > 2) AS q WHERE EXISTS (SELECT 1 FROM b WHERE b.k = q.k2)",
    "SELECT k FROM (SELECT k, COUNT(*) AS n FROM a GROUP BY k) AS g WHERE n > (SELECT COUNT(*) FROM b WHERE b.k = g.k)",
    "SELECT k, SUM(id) AS s FROM a GROUP BY k HAVING SUM(id) > (SELECT MIN(v) FROM b)",
    "SELECT id FROM a WHERE id * 10 > ANY (SELECT v FROM b) AND id <= ALL (SELECT v FROM b)",
    "SELECT id, SHIFT(id + (SELECT MAX(v) FROM b)) AS p FROM a ORDERED BY (SELECT MAX(v) FROM b) - id",
    "SELECT a.id, z.m FROM a LEFT JOIN LATERAL (SELECT MAX(v) AS m FROM b WHERE b.k = a.k) AS z ON TRUE",
    # What FROM may begin with
    "SELECT 1 AS one, 'x' AS two",
    "SELECT 1 AS one WHERE 1 = 2",
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT n, n * 2 AS m FROM c",
    "SELECT b.* FROM a RIGHT SEMI JOIN b ON a.k = b.k",
    "SELECT b.* FROM a RIGHT ANTI JOIN b ON a.k = b.k AND a.i = b.i",
    "SELECT DISTINCT ON (k) k, id FROM a ORDER BY k, id DESC",
]


@pytest.mark.parametrize("query", QUERIES)
def test_queries_read_back(tables, query, tmp_path):
    rows = [
        {"id": 1, "l": [1, 2], "ll": [[1], [2, 3]], "s": {"p": 1, "q": "a"}},
        {"id": 2, "l": [], "ll": [], "s": {"p": None, "q": "b"}},
        {"id": 3, "l": None, "ll": None, "s": None},
        {"id": 4, "l": [3], "ll": [[4], []], "s": {"p": 2, "q": None}},
    ]
    LTSeq.from_rows(rows).write_parquet(tmp_path / "n.parquet")
    named = {"a": tables.a, "b": tables.b, "n": LTSeq.read_parquet(tmp_path / "n.parquet")}
    table = ltseq.sql(query, **named)
    text = table.to_sql()
    again = ltseq.sql(text, **named)
    assert again.schema == table.schema, text
    if "GROUP BY" in query:  # Groups come in no promised order.
        assert sorted(map(repr, again.to_dicts())) == sorted(map(repr, table.to_dicts())), text
    else:
        assert again.to_dicts() == table.to_dicts(), text


def test_a_table_function_is_refused_by_name():
    with pytest.raises(ArgumentError, match=r"to_sql cannot write .*generate_series"):
        ltseq.sql("SELECT * FROM generate_series(1, 3)").to_sql()


# t.to_sql(): in-memory sources as `mem_1`, … where they have no name


def test_sources_are_called_by_file_or_by_number(tables):
    first, second = LTSeq.from_dict({"k": [1]}), LTSeq.from_dict({"k": [2]})
    assert tables.a.select("id").to_sql() == "SELECT id FROM a"
    assert first.filter(lambda r: r.k > 0).to_sql() == "SELECT * FROM mem_1 WHERE k > 0"
    text = first.union(second).union(first).to_sql()
    assert re.findall(r"mem_\d", text) == ["mem_1", "mem_2", "mem_1"]
    assert ltseq.sql(text, mem_1=first, mem_2=second).to_dicts() == [{"k": 1}, {"k": 2}, {"k": 1}]


@pytest.mark.parametrize("name", ["a b", "select", "Upper", "x.y", "it's", 'q"q', "é"])
def test_any_name_of_a_source_is_quoted_where_it_must_be(tmp_path, name):
    LTSeq.from_dict({"k": [1, 2]}).write_parquet(tmp_path / f"{name}.parquet")
    t = LTSeq.read_parquet(tmp_path / f"{name}.parquet").filter(lambda r: r.k > 1)
    assert ltseq.sql(t.to_sql(), **{name: t}).to_dicts() == [{"k": 2}]


ODD = [
    "A b",
    "c.d",
    "_x",
    "select",
    "__group_id__",
    'q"q',
    "É",
    "it's",
    "",
    "日本",
    "a",
    "A",
    "x\ny",
    "?",
    "$1",
    "--",
    "/*",
]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "build",
    [
        lambda t, c: t.filter(lambda r: r[c] > 1),
        lambda t, c: t.select(c, double=lambda r: r[c] * 2),
        lambda t, c: t.sort(c, desc=True).derive(p=lambda r: r[c].shift()),
        lambda t, c: t.agg(c, n=lambda g: g.count()).sort(c),
        lambda t, c: t.rename({c: f"{c} new"}),
        lambda t, c: t.select(lambda r: r[c] + 1),
        lambda t, c: t.drop(c).distinct(),
        lambda t, c: t.link(t.select(c), on=c, as_="other").select(c, f"other_{c}"),
    ],
    ids=["filter", "select", "sort", "agg", "rename", "text", "drop", "link"],
)
def test_any_name_of_a_column_reads_back(name, build):
    source = LTSeq.from_dict({column: [2, 1, 2] for column in ODD})
    t = build(source, name)
    again = ltseq.sql(t.to_sql(), mem_1=source)
    assert (again.schema, again.to_dicts(), again.sort_keys) == (t.schema, t.to_dicts(), t.sort_keys)


@pytest.mark.parametrize(
    "value",
    [
        None, True, -1, 2**63 - 1, -(2**63), 2**64 - 1, 1.5, -0.0, float("inf"), 5e-324, 1e300, 0.1, "", "it's", "?",
        "nul\x00", "日\n", "\\", b"", b"\x00\xff", dt.date.min, dt.date.max, dt.datetime.min, dt.datetime.max,
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.time.max, dt.timedelta(days=-1, microseconds=1),
        Decimal("-0.001"), Decimal("9" * 38),
    ],
    ids=repr,
)  # fmt: skip
def test_any_literal_reads_back_with_its_type(value):
    source = LTSeq.from_dict({"k": [1]})
    t = source.select(v=lambda r: lit(value))
    again = ltseq.sql(t.to_sql(), mem_1=source)
    assert (again.schema, again.to_dicts()) == (t.schema, [{"v": value}])
    assert repr(again.to_dicts()) == repr(t.to_dicts())


def test_operators_of_python_are_written_as_what_they_do():
    source = LTSeq.from_dict({"a": [7, -7], "b": [2, 2]})
    t = source.select(q=lambda r: r.a / r.b, f=lambda r: r.a // r.b, m=lambda r: r.a % r.b, p=lambda r: r.a**2)
    rows = [{"q": 3.5, "f": 3, "m": 1, "p": 49}, {"q": -3.5, "f": -4, "m": 1, "p": 49}]
    assert t.to_dicts() == ltseq.sql(t.to_sql(), mem_1=source).to_dicts() == rows


def test_to_sql_runs_nothing_and_is_text():
    source = LTSeq.from_dict({"a": [0]})
    assert source.derive(b=lambda r: 1 // r.a).to_sql().startswith("SELECT")
    assert ltseq.seq(2**62).filter(lambda r: r.value > 3).to_sql() == "SELECT * FROM mem_1 WHERE value > 3"
    with pytest.raises(NoDataError):
        LTSeq().to_sql()


def test_to_sql_keeps_assumed_orders_and_null_placement():
    source = LTSeq.from_dict({"a": [None, 1, 2]})
    first = source.sort("a", nulls="first").derive(p=lambda r: r.a.shift())
    assumed = source.assume_sorted("a").derive(p=lambda r: r.a.shift())
    for t, words in ((first, "NULLS FIRST"), (assumed, "ASSUMED")):
        assert words in t.to_sql()
        again = ltseq.sql(t.to_sql(), mem_1=source)
        assert (again.to_dicts(), again.sort_keys) == (t.to_dicts(), [("a", False)])
