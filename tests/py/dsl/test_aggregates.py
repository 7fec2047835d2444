"""Section 8: aggregates."""

from __future__ import annotations

import datetime as dt

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, SortRequiredError

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def t():
    return LTSeq.from_dict(
        {"k": ["a", "b", "a", None, "a"], "v": [1, 2, None, 4, 7], "w": [1.0, 2.0, 3.0, 4.0, 6.0], "i": [1, 2, 3, 4, 5]}
    )


def one(t, fn):
    return t.agg(x=fn).to_dicts()[0]["x"]


def by_key(table):
    return {row["k"]: row for row in table.to_dicts()}


def test_null_is_a_key_and_keys_come_first(t):
    made = t.agg("k", n=lambda g: g.count(), s=lambda g: g.v.sum())
    assert made.columns == ["k", "n", "s"]
    assert by_key(made) == {
        "a": {"k": "a", "n": 3, "s": 8},
        "b": {"k": "b", "n": 1, "s": 2},
        None: {"k": None, "n": 1, "s": 4},
    }
    assert made.schema["n"] == "int64"


def test_without_keys_there_is_one_row(t):
    assert t.agg(n=lambda g: g.count()).to_dicts() == [{"n": 5}]
    assert t.filter(lambda r: r.i > 9).agg(n=lambda g: g.count(), s=lambda g: g.v.sum()).to_dicts() == [
        {"n": 0, "s": None}
    ]


def test_computed_keys_and_forms_of_by(t):
    made = t.agg(lambda r: {"odd": r.i % 2}, n=lambda g: g.count())
    assert sorted((row["odd"], row["n"]) for row in made) == [(0, 2), (1, 3)]
    assert t.agg(["k", lambda r: (r.i > 2).alias("late")], n=lambda g: g.count()).count() == 4
    assert t.group_by("k").agg(n=lambda g: g.count()).count() == 3
    assert t.aggregate("k", n=lambda g: g.count()).count() == 3


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (lambda g: g.v.sum(), 14), (lambda g: g.sum("v"), 14), (lambda g: g.v.avg(), 3.5), (lambda g: g.v.mean(), 3.5),
        (lambda g: g.v.count(), 4), (lambda g: g.count(), 5), (lambda g: g.v.min(), 1), (lambda g: g.v.max(), 7),
        (lambda g: g.v.median(), 3.0), (lambda g: g.w.median(), 3.0), (lambda g: g.v.var(), 7.0),
        (lambda g: g.v.std(), 7.0**0.5),
        (lambda g: g.v.percentile(0.5), 3.0), (lambda g: g.v.percentile(0), 1.0), (lambda g: g.v.percentile(1), 7.0),
        (lambda g: g.w.percentile(0.25), 2.0), (lambda g: g.v.percentile(0.25), 1.75), (lambda g: g.v.top_k(2), [7, 4]),
        (lambda g: g.k.n_unique(), 2), (lambda g: g.v.arg_max("k"), 2), (lambda g: g.i.arg_min("v"), 1),
        (lambda g: ltseq.corr("i", "w"), 0.9863939238321437), (lambda g: ltseq.covar("i", "w"), 3.0),
        (lambda g: g.count_if(g.v > 1), 3), (lambda g: g.count_if(g.v > 99), 0), (lambda g: g.sum_if(g.v > 1, "i"), 11),
        (lambda g: g.sum_if(g.v > 99, "i"), 0), (lambda g: ltseq.avg_if(g.v > 1, g.i), 11 / 3),
        (lambda g: g.avg_if(g.v > 99, "i"), None),
        (lambda g: g.min_if(g.v > 1, "i"), 2), (lambda g: g.max_if(g.v > 1, "i"), 5),
        (lambda g: g.sum("v") / g.count(), 2.8), (lambda g: (g.v * g.i).sum(), 1 + 4 + 16 + 35),
        (lambda g: g.mean(lambda r: r.v * 2), 7.0),
        (lambda g: g.w.skew(), 0.39587), (lambda g: g.v.max() - g.v.min(), 6),
    ],
)  # fmt: skip
def test_reducers(t, fn, expected):
    got = one(t, fn)
    assert got == (pytest.approx(expected, rel=1e-3) if isinstance(expected, float) else expected)


def test_std_and_var_of_one_value_are_null():
    t = LTSeq.from_dict({"v": [5]})
    assert t.agg(s=lambda g: g.v.std(), v=lambda g: g.v.var()).to_dicts() == [{"s": None, "v": None}]


def test_first_last_and_nth_follow_the_order_and_keep_null(t):
    ordered = t.sort("w", desc=True)
    made = ordered.agg("k", f=lambda g: g.v.first(), l=lambda g: g.v.last(), n=lambda g: g.v.nth(2))
    assert by_key(made)["a"] == {"k": "a", "f": 7, "l": 1, "n": None}
    assert by_key(made)["b"]["n"] is None
    with pytest.raises(SortRequiredError):
        t.agg("k", f=lambda g: g.v.first())


def test_arg_min_takes_the_first_on_ties():
    t = LTSeq.from_dict({"x": ["a", "b", None], "by": [2, 1, 1]})
    assert one(t, lambda g: g.x.arg_min("by")) == "b"
    assert one(t.sort("by", desc=True).head(1), lambda g: g.x.arg_max("by")) == "a"


def test_concat_agg_joins_in_order(t):
    assert one(t.sort("i", desc=True), lambda g: g.k.concat_agg()) == "a,a,b,a"
    assert one(t.sort("i"), lambda g: ltseq.concat_agg("k", delimiter="-")) == "a-b-a-a"


def test_funnel_counts_the_depth_within_the_window():
    base = dt.datetime(2024, 1, 1)
    t = LTSeq.from_dict(
        {
            "u": [1, 1, 1, 2, 2],
            "ts": [base + dt.timedelta(minutes=m) for m in (0, 5, 90, 0, 1)],
            "e": ["v", "c", "p", "c", "p"],
        }
    ).sort("ts", partition_by="u")
    hour = dt.timedelta(hours=1)
    made = t.agg("u", d=lambda g: ltseq.funnel(hour, g.e == "v", g.e == "c", g.e == "p"))
    assert sorted((row["u"], row["d"]) for row in made) == [(1, 2), (2, 0)]


def test_sequence_functions_restart_per_key(t):
    made = t.sort("i").agg("k", x=lambda g: (g.i - g.i.shift()).max())
    assert {row["k"]: row["x"] for row in made} == {"a": 2, "b": None, None: None}


def test_null_columns_aggregate_to_null():
    t = LTSeq.from_dict({"n": [None, None]})
    assert t.agg(s=lambda g: g.n.sum(), m=lambda g: g.n.max(), c=lambda g: g.n.count()).to_dicts() == [
        {"s": None, "m": None, "c": 0}
    ]


def test_integer_sums_overflow_to_an_error():
    t = LTSeq.from_dict({"v": [2**62, 2**62]})
    with pytest.raises(ltseq.ExecutionError):
        one(t, lambda g: g.v.sum())


def test_wrong_types_and_names_are_told_at_the_call(t):
    with pytest.raises(ArgumentError, match="'k' is string"):
        t.agg(x=lambda g: g.k.sum())
    with pytest.raises(ltseq.ColumnNotFoundError, match="'vv'"):
        t.agg(x=lambda g: g.vv.sum())
    with pytest.raises(ltseq.ColumnNotFoundError, match="'vv'"):
        t.agg(x=lambda g: g.sum("vv"))
    with pytest.raises(ArgumentError, match="must be callable"):
        t.agg("k", x="v")
    with pytest.raises(ArgumentError, match="'k'"):
        t.agg("k", k=lambda g: g.count())


def test_pivot_of_nothing_has_the_index_alone():
    t = LTSeq.from_dict({"d": [1], "k": ["x"], "v": [1]}).head(0)
    made = t.pivot("d", "k", "v")
    assert (made.columns, made.to_dicts(), made.sort_keys) == (["d"], [], [("d", False)])


def test_the_delimiter_of_a_reducer_is_no_column():
    t = LTSeq.from_dict({"k": ["p", "q"]}).sort("k")
    assert t.agg(x=lambda g: g.concat_agg("k", "-")).to_dicts() == [{"x": "p-q"}]
    assert t.agg(x=lambda g: g.concat_agg("k", delimiter="k")).to_dicts() == [{"x": "pkq"}]


def test_a_plain_value_is_no_aggregate():
    with pytest.raises(ArgumentError, match="'x' must be an aggregate"):
        LTSeq.from_dict({"k": [1]}).agg(x=lambda g: 5)


def test_rolling_over_another_order():
    t = LTSeq.from_dict({"a": [1, 2, 3], "b": [3, 2, 1]})
    made = t.derive(x=lambda r: r.a.rolling(2, 1).sum().over(order_by="b"))
    assert [row["x"] for row in made.sort("a").to_dicts()] == [3, 5, 3]
