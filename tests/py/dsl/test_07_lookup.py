"""Section 7, r.key.lookup(target, column, join_key=None)."""

from __future__ import annotations

import pytest

from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [1, 2, None], "ts": [7, 1, 1]})


@pytest.fixture
def target():
    return LTSeq.from_dict({"a": [1, 7], "name": ["one", "seven"]})


def looked_up(table, fn):
    return [row["n"] for row in table.derive(n=fn).to_dicts()]


def test_lookup_joins_by_the_same_name_or_else_the_first_column(t, target):
    assert looked_up(t, lambda r: r.a.lookup(target, "name")) == ["one", None, None]
    assert looked_up(t, lambda r: r.ts.lookup(target, "name")) == ["seven", "one", "one"]
    other = target.rename(a="k").select("name", "k")
    assert looked_up(t, lambda r: r.ts.lookup(other, "name", join_key="k")) == ["seven", "one", "one"]


def test_lookup_stands_in_any_expression(t, target):
    assert looked_up(t, lambda r: r.a.lookup(target, "name").s.upper() + "!") == ["ONE!", None, None]
    assert t.filter(lambda r: r.ts.lookup(target, "name") == "one").count() == 2


def test_lookup_of_a_repeated_key_fails_while_running(t, target):
    made = t.derive(n=lambda r: r.a.lookup(target.union(target), "name"))
    with pytest.raises(ExecutionError):
        made.to_dicts()


def test_lookup_refuses(t, target):
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.derive(n=lambda r: r.a.lookup(target, "nope"))
    with pytest.raises(ArgumentError):
        t.derive(n=lambda r: r.a.lookup([1], "name"))
