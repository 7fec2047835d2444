"""Section 12: immutable, lazy, deterministic; any name is legal; empty tables go through every verb.

Each convention is tried on every verb: VERBS holds them over a table with the columns a, b and v (v numbers in
order, b repeated), whose real names `c` gives. Exactness, NULLs and guesses are in test_12_values.py.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ltseq
from ltseq import LTSeq

VERBS = {
    "filter": lambda t, c: t.filter(lambda r: r[c.v] > 1),
    "filter, sequence": lambda t, c: t.filter(lambda r: r[c.v] > r[c.v].shift(1, 0)),
    "select": lambda t, c: t.select(c.v, lambda r: r[c.b]),
    "select, named": lambda t, c: t.select(**{c.a: lambda r: r[c.v] + 1}),
    "derive": lambda t, c: t.derive(**{c.new: lambda r: r[c.v] * 2, c.b: lambda r: r[c.v]}),
    "derive, sequence": lambda t, c: t.derive({c.new: lambda r: r[c.v].cum_sum().shift()}),
    "rolling": lambda t, c: t.derive({c.new: lambda r: r[c.v].rolling(2, 1, partition_by=c.b).sum()}),
    "over": lambda t, c: t.derive({c.new: lambda r: ltseq.rank().over(c.b, order_by=c.a, desc=True)}),
    "rename": lambda t, c: t.rename({c.a: c.new}),
    "drop": lambda t, c: t.drop(c.a),
    "slice": lambda t, c: t.slice(1, 2),
    "head": lambda t, c: t.head(2),
    "tail": lambda t, c: t.tail(2),
    "step": lambda t, c: t.step(2),
    "rvs": lambda t, c: t.rvs(),
    "distinct": lambda t, c: t.distinct(c.b),
    "distinct, rows": lambda t, c: t.distinct(),
    "union": lambda t, c: t.union(t.select(*reversed(t.columns))),
    "intersect": lambda t, c: t.intersect(t.head(2)),
    "intersect, on": lambda t, c: t.intersect(t.head(1), on=c.b),
    "except_": lambda t, c: t.except_(t.head(1), on=[c.a]),
    "xunion": lambda t, c: t.xunion(t.head(1)),
    "align": lambda t, c: t.align([3, 99, 1], lambda r: r[c.v]),
    "insert": lambda t, c: t.insert(1, {c.v: 9}),
    "delete": lambda t, c: t.delete(lambda r: r[c.v] == 2),
    "delete, position": lambda t, c: t.delete(1),
    "update": lambda t, c: t.update(lambda r: r[c.v] > 1, {c.a: 0}),
    "modify": lambda t, c: t.modify(0, {c.a: lambda r: r[c.v]}),
    "cum_sum": lambda t, c: t.cum_sum(c.v),
    "search_first": lambda t, c: t.search_first(lambda r: r[c.v] > 1),
    "search_pattern": lambda t, c: t.search_pattern(lambda r: r[c.v] > 1, lambda r: r[c.v] > 2, partition_by=c.b),
    "sort": lambda t, c: t.sort(c.b, lambda r: r[c.a], desc=[True, False]),
    "sort, partition": lambda t, c: t.sort(c.a, partition_by=c.b),
    "assume_sorted": lambda t, c: t.assume_sorted(c.v, check=True),
    "agg": lambda t, c: t.agg(c.b, **{c.new: lambda g: g.sum(c.v)}),
    "agg, all": lambda t, c: t.agg({c.new: lambda g: g[c.v].max() - g[c.v].first()}),
    "group_by": lambda t, c: t.group_by(c.b).agg(**{c.new: lambda g: g.count()}),
    "group_ordered": lambda t, c: t.group_ordered(c.b).first(),
    "runs, last": lambda t, c: t.group_ordered(when=lambda r: r[c.b] != r[c.b].shift()).last(),
    "runs, agg": lambda t, c: t.group_ordered(c.b).agg(lambda g: {c.new: g.count(), c.b: g.first()[c.b]}),
    "runs, derive": lambda t, c: t.group_ordered(c.b).derive(lambda g: {c.new: g.sum(c.v)}).flatten(),
    "runs, filter": lambda t, c: t.group_ordered(c.b).filter(lambda g: g.count() > 1).flatten(),
    "join": lambda t, c: t.join(t.drop(c.a), on=c.b),
    "join, left": lambda t, c: t.join(t.head(1), on=[c.v, c.a], how="left"),
    "join, full": lambda t, c: t.join(t.head(1), left_on=c.v, right_on=c.v, how="full"),
    "join, merge": lambda t, c: t.join(t, on=c.v, strategy="merge"),
    "semi_join": lambda t, c: t.semi_join(t.head(1), on=c.b),
    "anti_join": lambda t, c: t.anti_join(t.head(1), on=lambda p, q: p[c.b] == q[c.b]),
    "asof_join": lambda t, c: t.asof_join(t.select(c.v, **{c.new: lambda r: r[c.a]}), on=c.v, tolerance=1),
    "asof_join, by": lambda t, c: t.asof_join(t, on=lambda p, q: p[c.v] > q[c.v], by=c.b),
    "link": lambda t, c: t.link(t, on=c.v, as_=c.new),
    "link, left": lambda t, c: t.link(t.head(1), on=c.b, as_="l", join_type="left").select(lambda r: r.l[c.a]),
    "lookup": lambda t, c: t.derive({c.new: lambda r: r[c.v].lookup(t, c.a, join_key=c.v)}),
    "sql": lambda t, c: t.sql("SELECT * FROM self"),
    "partition": lambda t, c: t.sort(c.v, partition_by=c.b).drop(c.b),
}
RUNS = {
    "fold": lambda t, c: t.fold(lambda state, row: state + row[c.v], init=0, into=c.new, partition_by=c.b),
    "pivot": lambda t, c: t.pivot(c.a, c.b, c.v),
    "collect": lambda t, c: t.collect(),
}
# The rows of these come in no promised order.
UNORDERED = {"agg", "group_by", "join", "join, left", "join, full", "join, merge"}


class Names:
    """The real names of the columns."""

    def __init__(self, a="a", b="b", v="v", new="new"):
        self.a, self.b, self.v, self.new = a, b, v, new


PLAIN = Names()
DATA = {"a": [5, 4, 3, 2], "b": ["x", "x", None, "x"], "v": [1, 2, 3, 4]}


def every(verbs):
    return pytest.mark.parametrize("verb", verbs.values(), ids=verbs)


@pytest.fixture
def t():
    return LTSeq.from_dict(DATA).sort("v")


# Immutable


@every(VERBS | RUNS)
def test_a_verb_leaves_its_table_as_it_is(t, verb):
    before = (t.schema, t.sort_keys, t.to_dicts(), t.to_sql())
    made = verb(t, PLAIN)
    made.to_dicts()
    assert (t.schema, t.sort_keys, t.to_dicts(), t.to_sql()) == before
    assert made is not t


def test_what_a_caller_changes_afterwards_changes_no_table(t):
    keys, desc, values, data = ["b", "v"], [True, False], {"a": 1}, {"x": [1, 2]}
    tables = [t.sort(*keys, desc=desc), t.update(lambda r: r.v > 1, values), LTSeq.from_dict(data), t.select(keys)]
    before = [table.to_dicts() for table in tables]
    keys.clear()
    desc[0] = False
    values["a"] = 2
    data["x"].append(3)
    tables[0].schema.clear()
    tables[0].columns.clear()
    assert [table.to_dicts() for table in tables] == before


def test_attributes_cannot_be_set(t):
    for name in ("schema", "columns", "sort_keys", "price"):
        with pytest.raises(AttributeError):
            setattr(t, name, 1)


# Lazy


@every(VERBS)
def test_a_verb_only_extends_a_plan(verb):
    # A row of this table fails as soon as it is computed.
    t = LTSeq.from_dict(DATA).derive(v=lambda r: r.v + (1 // (r.v - 3))).assume_sorted("v")
    made = verb(t, PLAIN)
    assert made.schema == verb(LTSeq.from_dict(DATA).sort("v"), PLAIN).schema
    assert made.columns == list(made.schema)
    assert isinstance(made.explain(), str)
    assert made.sort_keys is None or isinstance(made.sort_keys, list)


# Deterministic: the same rows whatever the batch size, threads or file count


@pytest.fixture
def engine_of(monkeypatch):
    """Tables made after this call live in an engine with these settings."""
    from ltseq import engine
    from ltseq._native import Engine

    def use(**settings):
        monkeypatch.setattr(engine, "_engine", Engine({name: str(value) for name, value in settings.items()}))

    return use


def shuffled(size):
    choose = random.Random(7)
    return {
        "a": [choose.choice([None, *range(5)]) for _ in range(size)],
        "b": [choose.choice(["x", "y", None]) for _ in range(size)],
        "v": [n // 3 for n in range(size)],
        "i": list(range(size)),
    }


# The others want v, which ties here, to be a key without repeats.
TIED = [
    name
    for name in VERBS | RUNS
    if name not in {"lookup", "align", "xunion", "intersect", "distinct, rows", "pivot", "agg, all"}
]


@pytest.mark.parametrize("name", TIED)
def test_batches_threads_and_files_do_not_show(name, engine_of, tmp_path):
    data = shuffled(60)
    whole = pa.table(data)
    seen = []
    for number, (batch, threads, files) in enumerate([(8192, 1, 1), (1, 4, 1), (7, 4, 3), (2, 1, 10)]):
        engine_of(batch_size=batch, target_partitions=threads)
        folder = tmp_path / str(number)
        folder.mkdir()
        size = 60 // files
        for file in range(files):
            pq.write_table(whole.slice(file * size, size), folder / f"{file:02}.parquet", row_group_size=4)
        for table in (LTSeq.read_parquet(folder), LTSeq.from_arrow(pa.Table.from_batches(whole.to_batches(5)))):
            made = (VERBS | RUNS)[name](table.sort("v"), PLAIN)
            seen.append(made.to_dicts())
            assert made.count() == len(seen[-1])
    for other in seen[1:]:
        assert sorted(map(str, other)) == sorted(map(str, seen[0]))
    if name not in UNORDERED:
        assert all(other == seen[0] for other in seen)


SECONDS = dt.timedelta(seconds=1)
SEQUENCES = {
    "shift": lambda r: r.x.shift(3),
    "shift ahead": lambda r: r.x.shift(-2, ignore_nulls=True),
    "diff": lambda r: r.x.diff(),
    "pct_change": lambda r: r.f.pct_change(2),
    "rolling": lambda r: r.f.rolling(3, 1).mean(),
    "rolling, centred": lambda r: r.x.rolling(preceding=2, following=2, min_periods=1).sum(),
    "rolling, time": lambda r: r.x.rolling(preceding=2 * SECONDS, following=3 * SECONDS).max(),
    "rolling, median": lambda r: r.x.rolling(4, 2).median(),
    "cum_sum": lambda r: r.x.cum_sum(),
    "cum_prod": lambda r: r.f.cum_prod(),
    "cum_sum, partition": lambda r: r.x.cum_sum(partition_by=["s", "p"]),
    "ewm_std": lambda r: r.x.ewm_std(span=3, adjust=True),
    "fill_forward": lambda r: r.x.fill_forward(limit=2),
    "fill_backward": lambda r: r.x.fill_backward(max_gap=2 * SECONDS),
    "interpolate": lambda r: r.x.interpolate(),
    "run_id": lambda r: r.s.run_id(),
    "run_pos": lambda r: ltseq.run_pos("s", r.x),
    "run_id_when": lambda r: (r.x > 3).run_id_when(),
    "streak": lambda r: (r.x > 1).streak(),
    "search_first": lambda r: (r.x > 3).search_first(),
    "search_pattern": lambda r: (r.x > 1).search_pattern(r.x > 2, within=4 * SECONDS),
    "rank": lambda r: ltseq.rank(),
    "ntile": lambda r: ltseq.ntile(4),
    "over, order": lambda r: r.x.shift().over("s", order_by="x"),
    "over, aggregate": lambda r: r.x.sum().over("s"),
    "nested": lambda r: r.x.fill_forward().shift(-1).cum_sum(),
}


@pytest.mark.parametrize("partition", [None, "p"])
def test_batches_and_threads_do_not_show_in_sequence_functions(partition, engine_of):
    choose = random.Random(5)
    data = {
        "p": [choose.choice(["a", "b", None]) for _ in range(37)],
        "ts": [dt.datetime(2024, 1, 1) + choose.randrange(37) * SECONDS for _ in range(37)],
        "x": [choose.choice([None, *range(6)]) for _ in range(37)],
        "f": [choose.choice([None, 0.5, 1.5, float("inf"), -2.25]) for _ in range(37)],
        "s": [choose.choice(["u", "v", None]) for _ in range(37)],
    }
    seen = []
    for batch, threads, chunk in ((8192, 1, 37), (1, 1, 1), (3, 4, 5)):
        engine_of(batch_size=batch, target_partitions=threads)
        batches = pa.table(data).to_batches(chunk)
        t = LTSeq.from_arrow(pa.Table.from_batches(batches)).sort("ts", partition_by=partition)
        seen.append({name: repr(t.select(y=make).to_dicts()) for name, make in SEQUENCES.items()})
    # As text, in which NaN equals itself.
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


@pytest.mark.parametrize("batch", [1, 3, 8192])
def test_ties_keep_the_order_of_files_and_rows(batch, engine_of, tmp_path):
    engine_of(batch_size=batch, target_partitions=4)
    for file, start in (("b.csv", 2), ("a.csv", 0), ("c.csv", 4)):
        (tmp_path / file).write_text(f"k,i\n1,{start}\n0,{start + 1}\n")
    t = LTSeq.read_csv(tmp_path)
    assert [row["i"] for row in t.to_dicts()] == [0, 1, 2, 3, 4, 5]
    assert [row["i"] for row in t.sort("k").to_dicts()] == [1, 3, 5, 0, 2, 4]
    made = t.sort("k").derive(p=lambda r: r.i.shift())
    assert [row["p"] for row in made.to_dicts()] == [None, 1, 3, 5, 0, 2]


def test_the_same_table_gives_the_same_rows_each_time(t):
    made = t.sort("b").derive(x=lambda r: r.v.cum_sum())
    assert made.to_dicts() == made.to_dicts() == list(made) == made.collect().to_dicts()


# Any name is legal, case kept; helper columns never leak or collide.

ODD = ["two words", 'qu"ote', "it's", "a.b", "UPPER", "select", "é😀", "_lead", "a\nb", "$1", "--"]
NAMES = [
    *ODD,
    *("__", "__pos__", "__group_id__x", "rn", "seq", "left", "count", "order", "mem_1", "self", "1st"),
    *("?", ":p", "/*", "`", "%", "\\", "x" * 300),
]


# Names that the plans use themselves, and those of parameters.
TAKEN = [
    Names("key0", "k0", "row", "q1"),
    Names("left", "right", "p1", "mem_1"),
    Names("r", "t", "g", "row_index"),
    Names("self", "values", "by", "params"),
    Names("A", "B", "a", "b"),
]


@pytest.mark.parametrize(
    "names", [*(Names(name, f"{name} B", f"{name}v", f"{name}!") for name in ODD), *TAKEN], ids=lambda names: names.a
)
def test_any_name_goes_through_every_verb(names):
    t = LTSeq.from_dict({names.a: DATA["a"], names.b: DATA["b"], names.v: DATA["v"]}).sort(names.v)
    plain = LTSeq.from_dict(DATA).sort("v")
    assert t.sort_keys == [(names.v, False)]
    for key, verb in (VERBS | RUNS).items():
        made, expected = verb(t, names), verb(plain, PLAIN)
        found = [tuple(row.values()) for row in made.to_dicts()]
        wanted = [tuple(row.values()) for row in expected.to_dicts()]
        assert len(set(made.columns)) == len(expected.columns) == len(made.columns), key
        assert not [column for column in made.columns if "\x01" in column], key
        if key in UNORDERED:
            found, wanted = sorted(map(str, found)), sorted(map(str, wanted))
        assert found == wanted, key


@pytest.mark.parametrize("name", NAMES)
def test_any_name_goes_through_sql_and_back(name):
    t = LTSeq.from_dict({name: [2, 1], "o": [1, 2]})
    made = t.sort(name).derive(x=lambda r: r[name].shift(), y=lambda r: r[name] + 1).filter(lambda r: r[name] > 0)
    again = ltseq.sql(made.to_sql(), mem_1=t)
    assert (
        again.to_dicts() == made.to_dicts() == [{name: 1, "o": 2, "x": None, "y": 2}, {name: 2, "o": 1, "x": 1, "y": 3}]
    )


def test_names_that_differ_in_case_alone_are_two_columns():
    t = LTSeq.from_dict({"a": [1, 2], "A": [2, 1]})
    assert t.columns == ["a", "A"]
    assert [row["a"] for row in t.sort("A").to_dicts()] == [2, 1]
    assert t.sort("A").sort_keys == [("A", False)]
    assert t.derive(x=lambda r: r.A - r.a).select("x").to_dicts() == [{"x": 1}, {"x": -1}]
    assert t.drop("a").columns == ["A"]
    assert t.agg("A", a=lambda g: g.a.sum()).columns == ["A", "a"]
    assert t.join(t.rename(a="b"), on="A").columns == ["a", "A", "b"]


# Empty tables keep schema, types and order through every verb.


@every(VERBS | {"collect": RUNS["collect"], "fold": RUNS["fold"]})
@pytest.mark.parametrize("empty", ["head", "filter", "from_arrow", "collect", "csv"])
def test_empty_tables_keep_schema_types_and_order(t, verb, empty, tmp_path):
    if empty == "csv":
        (tmp_path / "e.csv").write_text("a,b,v\n")
        source = LTSeq.read_csv(tmp_path / "e.csv", schema=t.schema)
    elif empty == "from_arrow":
        source = LTSeq.from_arrow(t.to_arrow().slice(0, 0))
    else:
        source = {"head": t.head(0), "filter": t.filter(lambda r: r.v > 9), "collect": t.head(0).collect()}[empty]
    made, whole = verb(source.sort("v"), PLAIN), verb(t, PLAIN)
    assert made.schema == whole.schema
    assert made.to_arrow().schema.equals(whole.to_arrow().schema)
    assert made.sort_keys == whole.sort_keys
    left = dict.fromkeys((VERBS["insert"], VERBS["agg, all"]), 1) | {VERBS["align"]: 3}
    assert made.count() == len(made.to_dicts()) == left.get(verb, 0)


def test_an_empty_table_answers():
    t = LTSeq.from_dict(DATA).sort("v").head(0)
    assert (len(t), t.to_dicts(), list(t), t.is_subset(t), t.contain("v"), t.contain("v", 1)) == (
        0,
        [],
        [],
        True,
        True,
        False,
    )
    assert t.search_pattern_count(lambda r: r.v > 1) == 0
    assert (len(t.partition("b")), t.partition("b").keys()) == (0, [])
    assert t.agg(n=lambda g: g.count(), s=lambda g: g.v.sum()).to_dicts() == [{"n": 0, "s": None}]
    assert t.group_ordered("b").group_count() == 0
    assert t.to_pandas().shape == (0, 3)


# Positions from 0, group and rank numbers from 1


def test_positions_are_from_0_and_numbers_from_1(t):
    assert t.slice(0, 1).to_dicts() == t.head(1).to_dicts()
    assert t.delete(0).to_dicts() == t.slice(1).to_dicts()
    assert t.insert(0, {"v": 0}).to_dicts()[0] == {"a": None, "b": None, "v": 0}
    flat = t.group_ordered("b").flatten().to_dicts()
    assert [(row["__group_id__"], row["__rn__"]) for row in flat] == [(1, 1), (1, 2), (2, 1), (3, 1)]
    ranks = t.derive(n=lambda r: ltseq.row_number(), k=lambda r: ltseq.rank(), q=lambda r: ltseq.ntile(4))
    assert ranks.select("n", "k", "q").to_dicts()[0] == {"n": 1, "k": 1, "q": 1}


def test_deterministic_but_for_rand_and_the_clock(t):
    now = t.derive(x=lambda r: ltseq.now())
    assert len({row["x"] for row in now.to_dicts()}) == 1
    assert now.schema["x"] == "timestamp[us, UTC]"
    assert all(isinstance(row["x"], dt.datetime) for row in now.to_dicts())
    values = [row["x"] for row in t.derive(x=lambda r: ltseq.rand()).to_dicts()]
    assert all(0 <= value < 1 for value in values)
    assert all(first != second for first, second in itertools.pairwise(values))
