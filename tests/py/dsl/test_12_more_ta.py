"""Section 12 of API.md: tables are immutable; empty ones keep schema and order."""

from __future__ import annotations

import pytest

from ltseq import LTSeq


def test_verbs_leave_their_table_as_it_is():
    t = LTSeq.from_dict({"a": [2, 1]})
    t.sort("a").derive(b=lambda r: r.a).filter(lambda r: r.a > 1).rename(a="z")
    assert t.columns == ["a"]
    assert t.to_dicts() == [{"a": 2}, {"a": 1}]


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.head(), lambda t: t.rvs(), lambda t: t.derive(b=lambda r: r.a), lambda t: t.distinct("a"),
        lambda t: t.union(t), lambda t: t.group_ordered("a").first(), lambda t: t.collect(), lambda t: t.step(2),
    ],
)  # fmt: skip
def test_empty_tables_keep_their_schema(verb):
    made = verb(LTSeq.from_dict({"a": [1], "s": ["x"]}).sort("a").filter(lambda r: r.a > 9))
    assert list(made.schema.items())[:2] == [("a", "int64"), ("s", "string")]
    assert made.to_dicts() == []


def test_empty_tables_keep_their_order():
    t = LTSeq.from_dict({"a": [1], "s": ["x"]}).sort("a").filter(lambda r: r.a > 9)
    assert t.collect().sort_keys == [("a", False)]
    assert t.rvs().sort_keys == [("a", True)]
