"""Random chains of verbs: rows that are held in between, and SQL that is read back, change nothing.

Contract: `collect()` keeps rows, order and partition; `ltseq.sql(t.to_sql())` gives the rows of `t` in their order;
`slice`, `tail`, `rvs` and `count` are those of the list of rows.
"""

from __future__ import annotations

import datetime as dt
import random

import pytest

import ltseq
from ltseq import LTSeq, row_number

N = 30
CHAINS = 12


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder, choose = tmp_path_factory.mktemp("chains"), random.Random(7)
    LTSeq.from_dict(
        {
            "id": list(range(N)),
            "k": [choose.choice("abc") for _ in range(N)],
            "g": [choose.choice([1, 2, None]) for _ in range(N)],
            "v": [choose.choice([None, 1, 2, 3]) for _ in range(N)],
            "ts": [dt.datetime(2024, 1, 1, choose.randrange(24)) for _ in range(N)],
        }
    ).write_parquet(folder / "a.parquet")
    LTSeq.from_dict({"k": ["a", "b", "c", "a"], "w": [1, 2, 3, 4], "id": [3, 5, 7, 50]}).write_parquet(
        folder / "b.parquet"
    )
    return LTSeq.read_parquet(folder / "a.parquet"), LTSeq.read_parquet(folder / "b.parquet")


def free(t, stem):
    """A name that the table does not have."""
    return next(f"{stem}{n}" for n in range(99) if f"{stem}{n}" not in t.columns)


FLAT = ["__group_id__", "__group_count__", "__rn__"]


def free_alias(t):
    """A name for a link whose columns the table does not have."""
    return next(f"link{n}" for n in range(99) if not any(column.startswith(f"link{n}_") for column in t.columns))


# What a step needs, and what it does: columns, "order", and the verb over the table and another one.
STEPS = [
    ({"ts"}, lambda t, b: t.sort("ts")),
    ({"ts", "k"}, lambda t, b: t.sort("ts", partition_by="k")),
    ({"v"}, lambda t, b: t.sort("v", "id", desc=[True, False])),
    (set(), lambda t, b: t.sort(lambda r: r.id % 5)),
    (set(), lambda t, b: t.sort("id", partition_by=lambda r: r.id % 3)),
    ({"k"}, lambda t, b: t.drop("k")),
    ({"ts"}, lambda t, b: t.drop("ts")),
    ({"k"}, lambda t, b: t.rename(k=free(t, "renamed"))),
    ({"v"}, lambda t, b: t.derive(v=lambda r: r.id + 1)),
    (set(), lambda t, b: t.filter(lambda r: r.id % 4 != 1)),
    ({"order"}, lambda t, b: t.derive({free(t, "before"): lambda r: r.id.shift(1)})),
    ({"order"}, lambda t, b: t.filter(lambda r: (r.id > r.id.shift(1)).fill_null(True))),
    (set(), lambda t, b: t.head(17)),
    (set(), lambda t, b: t.slice(2)),
    (set(), lambda t, b: t.tail(13)),
    (set(), lambda t, b: t.step(2)),
    (set(), lambda t, b: t.rvs()),
    ({"g"}, lambda t, b: t.distinct("g", "v") if "v" in t.columns else t.distinct()),
    (set(), lambda t, b: t.modify(2, id=99)),
    (set(), lambda t, b: t.delete(1)),
    ({"order", "g"}, lambda t, b: t.group_ordered("g").first()),
    ({"order", "g"}, lambda t, b: t.group_ordered("g").filter(lambda g: g.count() > 1).select(*t.columns)),
    ({"k"}, lambda t, b: t.link(b, on="k", as_=free_alias(t), join_type="left").to_ltseq()),
    ({"k"}, lambda t, b: t.semi_join(b, on="k")),
    (set(), lambda t, b: t.semi_join(b, on=lambda a, c: a.id.lookup(b, "w", join_key="id") == c.w)),
    ({"order"}, lambda t, b: t.semi_join(b, on=lambda a, c: a.id.shift(1) == c.id)),
    ({"k", "order"}, lambda t, b: t.anti_join(b.sort("k"), on="k").rvs()),
    ({"v"}, lambda t, b: t.sort("id", partition_by="v").rvs()),
    (
        {"order", "g"},
        lambda t, b: t.group_ordered("g").derive(lambda g: {free(t, "size"): g.count()}).flatten().drop(*FLAT),
    ),
    (set(), lambda t, b: t.intersect(t.tail(9), on=lambda r: r.id % 7)),
    (set(), lambda t, b: t.union(t.head(2))),
    (set(), lambda t, b: t.except_(t.head(2), on="id")),
    (set(), lambda t, b: t.asof_join(b.select("id", "w").rename(w=free(t, "w")), on="id", suffix=free(t, "id")[2:])),
    (set(), lambda t, b: t.derive({free(t, "found"): lambda r: r.id.lookup(b, "w", join_key="id")})),
]


def step(choose, table, b):
    has = set(table.columns) | (set() if table.sort_keys is None else {"order"})
    return choose.choice([made for needs, made in STEPS if needs <= has])


def shown(table):
    """The table, with what depends on order and partition where there is one."""
    if table.sort_keys is None:
        return table
    return table.derive({free(table, "prev"): lambda r: r.id.shift(1), free(table, "nth"): lambda r: row_number()})


def same(one, other):
    return repr(one.to_dicts()) == repr(other.to_dicts())


@pytest.mark.parametrize("seed", range(8))
def test_chains(tables, seed):
    a, b = tables
    choose = random.Random(seed)
    for _ in range(CHAINS):
        table = held = a
        for _ in range(choose.randrange(2, 7)):
            verb = step(choose, table, b)
            table, held = verb(table, b), verb(held, b)
            if choose.random() < 0.3:
                held = held.collect()
        text = table.to_sql()
        rows = table.to_dicts()
        assert held.sort_keys == table.sort_keys, text
        assert same(shown(held), shown(table)), text
        assert repr(ltseq.sql(text, a=a, b=b).to_dicts()) == repr(rows), text
        assert same(ltseq.sql(shown(table).to_sql(), a=a, b=b), shown(table)), text
        assert repr(table.slice(2, 5).to_dicts()) == repr(rows[2:7]), text
        assert repr(table.tail(3).to_dicts()) == repr(rows[-3:]), text
        assert repr(table.rvs().to_dicts()) == repr(rows[::-1]), text
        assert table.count() == len(rows), text
