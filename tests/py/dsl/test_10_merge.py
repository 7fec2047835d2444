"""Section 10: `join` with strategy="merge", which merges two orders that the keys lead, and the row `join_merge`."""

from __future__ import annotations

import datetime as dt
import random

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, SortRequiredError

DAY = dt.datetime(2024, 1, 1)
KINDS = {
    "int": lambda n: n,
    "text": lambda n: f"k{n}",
    "timestamp": lambda n: DAY + dt.timedelta(hours=n),
    "bool": lambda n: n % 2 == 0,
}


def table(seed, size, kind, name):
    choose = random.Random(seed)
    keys = [choose.choice([None, *range(8)]) for _ in range(size)]
    return LTSeq.from_dict(
        {
            "k": [None if n is None else KINDS[kind](n) for n in keys],
            "j": [choose.choice([1, 2, None]) for _ in range(size)],
            name: list(range(size)),
        }
    )


def rows(made):
    return sorted(map(repr, made.to_dicts()))


def merges(made):
    return "MergeExec" in made.explain() and "HashJoin" not in made.explain()


@pytest.mark.parametrize("how", ["inner", "left", "right", "full"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_are_those_of_a_hash_join(how, kind):
    for seed in range(3):
        a, b = table(seed, 30, kind, "x"), table(seed + 50, 20, kind, "y")
        for keys in (["k"], ["k", "j"]):
            for desc in (False, True, [True, False][: len(keys)]):
                left, right = (
                    a.sort(*keys, "x", desc=[*[desc] * len(keys), False] if desc in (True, False) else [*desc, False]),
                    b.sort(*keys, desc=desc),
                )
                made = left.join(right, on=keys, how=how, strategy="merge")
                assert merges(made)
                assert rows(made) == rows(a.join(b, on=keys, how=how, strategy="hash"))


def test_empty_sides():
    a = LTSeq.from_dict({"k": [1, 2], "x": [1, 2]}).sort("k")
    none = a.filter(lambda r: r.k > 9)
    for how, count in (("inner", 0), ("left", 2), ("right", 0), ("full", 2)):
        assert a.join(none, on="k", how=how, strategy="merge").count() == count


def test_what_verbs_do_with_the_rows():
    a = LTSeq.from_dict({"k": [1, 2, 2, 3], "x": [1, 2, 3, 4]}).sort("k")
    b = LTSeq.from_dict({"k": [2, 3], "y": [20, 30]}).sort("k")
    made = a.join(b, on="k", strategy="merge")
    assert made.sort_keys is None
    assert made.sort("x").derive(p=lambda r: r.y.shift(1)).to_dicts() == [
        {"k": 2, "x": 2, "y": 20, "p": None},
        {"k": 2, "x": 3, "y": 20, "p": 20},
        {"k": 3, "x": 4, "y": 30, "p": 20},
    ]
    assert made.select("y").agg(s=lambda g: g.y.sum()).to_dicts() == [{"s": 70}]
    assert made.filter(lambda r: r.x > 2).count() == 2
    assert len(made.collect()) == 3
    again = ltseq.sql(made.to_sql(), mem_1=a, mem_2=b)
    assert rows(again) == rows(made)
    assert rows(made.join(b, on="k")) == rows(a.join(b, on="k").join(b, on="k"))
    assert rows(a.drop("x").join(b, on=lambda p, q: p.k == q.k, strategy="merge")) == rows(a.drop("x").join(b, on="k"))


def test_orders_of_partitions_count():
    a = LTSeq.from_dict({"p": ["b", "a", "b"], "t": [2, 1, 1], "x": [1, 2, 3]}).sort("t", partition_by="p")
    b = LTSeq.from_dict({"p": ["a", "b"], "t": [1, 1], "y": [5, 6]}).sort("p", "t")
    made = a.join(b, on=["p", "t"], strategy="merge")
    assert merges(made)
    assert rows(made) == rows(a.join(b, on=["p", "t"]))
    turned = a.rvs().join(b.rvs(), on=["p", "t"], strategy="merge")
    assert merges(turned)
    assert rows(turned) == rows(made)


def test_join_merge_hashes_what_cannot_be_merged():
    a = LTSeq.from_dict({"k": [3, 1], "f": [1.0, -0.0]})
    b = LTSeq.from_dict({"k": [1, 3], "f": [0.0, 1.0], "y": [1, 2]})
    assert merges(a.sort("k").join_merge(b.sort("k"), "k"))
    assert not merges(a.join_merge(b, "k"))
    assert not merges(a.sort("k").join_merge(b.sort("k", desc=True), "k"))
    assert not merges(a.sort("k", nulls="first").join_merge(b.sort("k"), "k"))
    # Floats order as numbers, not by their bits: they are hashed, and -0.0 still meets 0.0.
    floats = a.sort("f").join(b.sort("f"), on="f", strategy="merge")
    assert floats.count() == 2
    mixed = a.sort("k").join(b.select("y", k=lambda r: r.k.cast("float")).sort("k"), on="k", strategy="merge")
    assert mixed.count() == 2


def test_a_declared_order_that_is_false_is_found_where_it_is_checked():
    wrong = LTSeq.from_dict({"k": [2, 1, 3], "x": [1, 2, 3]}).assume_sorted("k", check=True)
    right = LTSeq.from_dict({"k": [1, 2, 3], "y": [1, 2, 3]}).sort("k")
    with pytest.raises(ltseq.OrderViolationError):
        wrong.join(right, on="k", strategy="merge").to_dicts()
    with pytest.raises(SortRequiredError, match="Left table is not sorted"):
        LTSeq.from_dict({"k": [1]}).join(right, on="k", strategy="merge")


# strategy="merge": errors


@pytest.fixture
def a():
    return LTSeq.from_dict({"k": [2, 1, None], "j": [1, 2, 3]})


@pytest.mark.parametrize(
    ("left", "right", "phrase"),
    [
        (lambda a: a, lambda a: a, "Left table is not sorted"),
        (lambda a: a, lambda a: a.sort("k"), "Left table is not sorted"),
        (lambda a: a.sort("k"), lambda a: a, "Right table is not sorted"),
        (lambda a: a.sort("j"), lambda a: a.sort("k"), "Left table is not sorted"),
        (lambda a: a.sort("j", "k"), lambda a: a.sort("k"), "Left table is not sorted"),
        (lambda a: a.sort("k"), lambda a: a.sort("k").insert(0, {"k": 9}), "Right table is not sorted"),
        (lambda a: a.sort(lambda r: r.k + 0), lambda a: a.sort("k"), "Left table is not sorted"),
        (lambda a: a.sort("k"), lambda a: a.sort("k", desc=True), "Sort directions don't match"),
        (lambda a: a.sort("k", desc=True), lambda a: a.sort("k"), "Sort directions don't match"),
    ],
)
def test_merge_wants_both_orders_led_by_the_keys_in_one_direction(a, left, right, phrase):
    with pytest.raises(SortRequiredError, match=phrase):
        left(a).join(right(a), on="k", strategy="merge")
    # join_merge hashes there, with the same rows.
    made = left(a).join_merge(right(a), "k")
    assert not merges(made)
    assert rows(made.select("k", "j")) == rows(a.join(a, on="k").select("k", "j"))


def test_merge_by_two_keys_wants_both_in_order_on_both_sides(a):
    assert merges(a.sort("k", "j").join(a.sort("k", "j", desc=False), on=["k", "j"], strategy="merge"))
    with pytest.raises(SortRequiredError, match="Left table is not sorted"):
        a.sort("k").join(a.sort("k", "j"), on=["k", "j"], strategy="merge")
    with pytest.raises(SortRequiredError, match="Right table is not sorted"):
        a.sort("k", "j").join(a.sort("j", "k"), on=["k", "j"], strategy="merge")
    with pytest.raises(SortRequiredError, match="Sort directions don't match"):
        a.sort("k", "j").join(a.sort("k", "j", desc=[False, True]), on=["k", "j"], strategy="merge")


def test_merge_takes_a_declared_order(a):
    left = LTSeq.from_dict({"k": [1, 2, 2], "x": [1, 2, 3]}).assume_sorted("k")
    right = LTSeq.from_dict({"k": [2, 3], "y": [1, 2]}).assume_sorted("k")
    made = left.join(right, on="k", strategy="merge")
    assert rows(made) == rows(left.join(right, on="k"))
    assert made.count() == 2


# join_merge(other, on, how="inner", …)


@pytest.mark.parametrize("how", ["inner", "left", "right", "full"])
def test_join_merge_is_join(a, how):
    b = LTSeq.from_dict({"key": [2, 5, None], "j": [7, 8, 9]})
    for left, right in ((a, b), (a.sort("k"), b.sort("key"))):
        options = {"left_on": "k", "right_on": "key", "suffix": "_b"}
        made = left.join_merge(right, how=how, **options)
        expected = left.join(right, how=how, **options)
        assert made.schema == expected.schema
        assert rows(made) == rows(expected)
    by_lambda = a.join_merge(b, lambda p, q: p.k == q.key, how)
    assert rows(by_lambda) == rows(a.join(b, lambda p, q: p.k == q.key, how))


@pytest.mark.parametrize(
    ("options", "phrase"),
    [
        ({"on": "k", "how": "cross"}, "Invalid join type"),
        ({"on": "k", "left_on": "k"}, "left_on"),
        ({"on": "k", "suffix": ""}, "still taken"),
        ({"on": lambda p, q: p.k > q.k}, "Invalid join condition"),
    ],
)
def test_wrong_arguments_of_join_merge(a, options, phrase):
    with pytest.raises(ArgumentError, match=phrase):
        a.join_merge(a, **options)
