"""Section 7 of API.md: `if_else(cond, a, b)`; `when(c, v)` or `when(c).then(v)`, chained, `.otherwise(d)`."""

from __future__ import annotations

import operator
from decimal import Decimal

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, coalesce, col, if_else, lit, when

A = [3, 2, 1, None]


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": A, "s": ["x", "y", None, "z"], "ok": [True, False, None, True]})


def made(t, fn):
    out = t.select(x=fn)
    return out.schema["x"], [row["x"] for row in out.to_dicts()]


# if_else(cond, a, b)


def test_if_else_takes_the_second_where_the_condition_is_not_true(t):
    assert made(t, lambda r: if_else(r.a > 1, "hi", "lo")) == ("string", ["hi", "hi", "lo", "lo"])
    assert made(t, lambda r: if_else(r.ok, r.a, 0)) == ("int64", [3, 0, 0, None])
    assert made(t, lambda r: if_else(cond=r.a == 2, a=r.s, b=None)) == ("string", [None, "y", None, None])
    assert made(t, if_else(col("ok"), 1, 2)) == ("int64", [1, 2, 2, 1])


def test_if_else_of_constants(t):
    assert made(t, lambda r: if_else(True, r.a, 0)) == ("int64", A)
    assert made(t, lambda r: if_else(None, 1, 2)) == ("int64", [2, 2, 2, 2])
    assert made(t, lambda r: if_else(r.ok, None, None)) == ("null", [None] * 4)


def test_if_else_computes_only_the_branch_it_takes(t):
    assert made(t, lambda r: if_else(r.a == 1, -1, 6 // (r.a - 1))) == ("int64", [3, 6, -1, None])
    assert made(t, lambda r: if_else(r.s == "x", 1, r.a // 1)) == ("int64", [1, 2, 1, None])


@pytest.mark.parametrize("wrong", [lambda r: r.a, lambda r: r.s, lambda r: r.a + 1, lambda r: 1, lambda r: "x"])
def test_a_condition_is_boolean(t, wrong):
    for fn in (lambda r: if_else(wrong(r), 1, 2), lambda r: when(wrong(r), 1).otherwise(2)):
        with pytest.raises(ArgumentError):
            t.derive(x=fn)


@pytest.mark.parametrize(
    "fn",
    [
        lambda r: if_else(r.ok, 1, "x"), lambda r: if_else(r.ok, r.s, r.a), lambda r: when(r.ok, 1).otherwise("x"),
        lambda r: when(r.ok, r.s).when(r.a > 1, r.a).otherwise(None), lambda r: if_else(r.ok, r.a > 1, 0),
    ],
)  # fmt: skip
def test_values_are_of_one_kind(t, fn):
    with pytest.raises(ArgumentError, match="of type"):
        t.derive(x=fn)


# when … otherwise


def test_the_first_true_condition_wins(t):
    chain = lambda r: when(r.a > 2, "c").when(r.a > 1, "b").otherwise("a")  # noqa: E731
    assert made(t, chain) == ("string", ["c", "b", "a", "a"])


def test_value_and_then_are_two_spellings(t):
    expected = ("string", ["c", "b", "a", "a"])
    for fn in (
        lambda r: when(r.a > 2).then("c").when(r.a > 1).then("b").otherwise("a"),
        lambda r: when(r.a > 2, "c").when(r.a > 1).then("b").otherwise("a"),
        lambda r: when(r.a > 2).then("c").when(r.a > 1, "b").otherwise("a"),
        lambda r: when(c=r.a > 2, v="c").when(c=r.a > 1).then(v="b").otherwise(d="a"),
    ):
        assert made(t, fn) == expected


def test_null_is_a_value(t):
    assert made(t, lambda r: when(r.a > 2, None).otherwise(r.a)) == ("int64", [None, 2, 1, None])
    assert made(t, lambda r: when(r.a > 2, r.a).otherwise(None)) == ("int64", [3, None, None, None])
    assert made(t, lambda r: when(r.a.is_null(), -1).otherwise(r.a)) == ("int64", [3, 2, 1, -1])


def test_a_null_condition_is_not_true(t):
    assert made(t, lambda r: when(None, 1).when(lit(None), 2).otherwise(3)) == ("int64", [3, 3, 3, 3])
    assert made(t, lambda r: when(r.ok, 1).otherwise(2)) == ("int64", [1, 2, 2, 1])


def test_chains_stand_in_any_expression(t):
    inner = lambda r: when(r.a > 2, 10).otherwise(1)  # noqa: E731
    assert made(t, lambda r: inner(r) * 2 + 1) == ("int64", [21, 3, 3, 3])
    assert made(t, lambda r: when(inner(r) > 5, "big").otherwise("small"))[1] == ["big", "small", "small", "small"]
    assert t.filter(lambda r: when(r.a > 1, r.ok).otherwise(True)).count() == 3
    assert t.sort("a").select(x=lambda r: when(r.a.shift() == 2, "after").otherwise("")).to_dicts()[2] == {"x": "after"}
    assert t.agg(n=lambda g: g.count_if(when(g.a > 1, True).otherwise(False))).to_dicts() == [{"n": 2}]


def test_a_chain_may_be_continued_in_two_ways(t):
    # Chains are immutable: the beginning can be shared.
    begin = when(col("a") > 2, "c")
    assert made(t, begin.otherwise("-"))[1] == ["c", "-", "-", "-"]
    assert made(t, begin.when(col("a") > 1, "b").otherwise("-"))[1] == ["c", "b", "-", "-"]


def test_long_chains_work():
    t = LTSeq.from_dict({"a": [0, 99, 100]})
    chain = when(col("a") == 0, 0)
    for number in range(1, 100):
        chain = chain.when(col("a") == number, number)
    assert made(t, chain.otherwise(-1)) == ("int64", [0, 99, -1])


def test_decimal_branches_stay_exact():
    t = LTSeq.from_dict({"d": [Decimal("1.10"), Decimal("2.25")]})
    assert made(t, lambda r: when(r.d > 2, r.d).otherwise(Decimal("0.05")))[1] == [Decimal("0.05"), Decimal("2.25")]


# unfinished chain: ArgumentError

BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "ne", "lt", "le", "gt", "ge", "and_", "or_"]


@pytest.mark.parametrize("name", [*BINARY, "xor"])
def test_an_unfinished_chain_has_no_operators(name):
    chain, apply = when(col("a") > 1, 1), getattr(operator, name)
    for call in (lambda: apply(chain, 2), lambda: apply(2, chain), lambda: apply(chain, col("a"))):
        with pytest.raises(ArgumentError, match="otherwise"):
            call()


@pytest.mark.parametrize("apply", [bool, operator.neg, operator.inv, abs, lambda c: not c, lambda c: c and 1])
def test_an_unfinished_chain_has_no_truth_and_no_sign(apply):
    for chain in (when(col("a") > 1, 1), when(col("a") > 1)):
        with pytest.raises(ArgumentError, match="otherwise"):
            apply(chain)


@pytest.mark.parametrize(
    "make",
    [
        lambda t, c: t.derive(x=c), lambda t, c: t.derive(x=lambda r: c), lambda t, c: t.derive({"x": c}),
        lambda t, c: t.derive(lambda r: {"x": c}), lambda t, c: t.select(c), lambda t, c: t.select(lambda r: c),
        lambda t, c: t.select(lambda r: [c]), lambda t, c: t.filter(c), lambda t, c: t.filter(lambda r: c),
        lambda t, c: t.sort(c), lambda t, c: t.agg(x=c), lambda t, c: t.agg("s", x=lambda g: c),
        lambda t, c: t.update(lambda r: r.a > 1, a=c), lambda t, c: t.modify(0, a=c), lambda t, c: t.partition(c),
        lambda t, c: lit(c), lambda t, c: coalesce(c, 1), lambda t, c: if_else(col("ok"), c, 1),
        lambda t, c: col("a") + c, lambda t, c: col("a").fill_null(c), lambda t, c: ltseq.abs(c),
        lambda t, c: c.alias("x"), lambda t, c: c.cast("int"), lambda t, c: c.s, lambda t, c: when(c, 1),
    ],
)  # fmt: skip
def test_an_unfinished_chain_is_an_argument_error_wherever_it_goes(t, make):
    with pytest.raises(ArgumentError, match="otherwise"):
        make(t, when(col("a") > 1, 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda c: when(c).when(c, 2), "then"), (lambda c: when(c).otherwise(2), "then"),
        (lambda c: when(c, 1).then(2), "then"), (lambda c: when(c).then(1).then(2), "then"),
    ],
)  # fmt: skip
def test_every_condition_has_one_value(make, message):
    with pytest.raises(ArgumentError, match=message):
        make(col("a") > 1)
