"""Section 8: every reducer, as method, by name and as function; the conditional ones; types, NULL, order."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq, SortRequiredError


def one(table, fn):
    (row,) = table.agg(x=fn).to_dicts()
    return row["x"]


def kind_of(table, fn):
    return table.agg(x=fn).schema["x"]


def arrow(values, kind):
    return LTSeq.from_arrow(pa.table({"x": pa.array(values, kind), "i": list(range(len(values)))}))


@pytest.fixture
def t():
    return LTSeq.from_dict(
        {
            "k": ["a", "b", "a", None, "a"],
            "v": [1, 2, None, 4, 7],
            "w": [1.0, 2.0, 3.0, 4.0, 6.0],
            "i": [1, 2, 3, 4, 5],
            "b": [True, False, None, True, True],
        }
    )


# g.col.sum() or g.sum("col"): sum avg count min max median std var percentile(p) skew top_k(k) n_unique


@pytest.mark.parametrize(
    ("name", "args", "column", "expected"),
    [("sum", (), "v", 14), ("avg", (), "v", 3.5), ("mean", (), "v", 3.5), ("count", (), "v", 4), ("min", (), "v", 1),
     ("max", (), "v", 7), ("median", (), "v", 3.0), ("median", (), "w", 3.0), ("var", (), "v", 7.0),
     ("variance", (), "v", 7.0), ("std", (), "v", math.sqrt(7)), ("stddev", (), "v", math.sqrt(7)),
     ("percentile", (0.5,), "v", 3.0), ("percentile", (0,), "v", 1.0), ("percentile", (1,), "v", 7.0),
     ("percentile", (0.25,), "v", 1.75), ("percentile", (0.1,), "i", 1.4), ("top_k", (2,), "v", [7, 4]),
     ("top_k", (99,), "v", [7, 4, 2, 1]), ("n_unique", (), "k", 2), ("n_unique", (), "v", 4),
     ("min", (), "k", "a"), ("max", (), "k", "b"), ("min", (), "b", False), ("max", (), "b", True)],
)  # fmt: skip
def test_reducers_skip_null_in_every_spelling(t, name, args, column, expected):
    found = [
        one(t, lambda g: getattr(g[column], name)(*args)),
        one(t, lambda g: getattr(g, name)(column, *args)),
        one(t, lambda g: getattr(g, name)(lambda r: r[column], *args)),
        one(t, lambda g: getattr(g, name)(g[column], *args)),
        one(t, getattr(ltseq.col(column), name)(*args)),
        one(t, lambda g: getattr(ltseq, name)(column, *args)),
    ]
    assert found == [pytest.approx(expected) if isinstance(expected, float) else expected] * len(found)


def test_skew_is_the_population_skewness(t):
    # of 1, 2, 3, 4, 6: mean 3.2, m2 = 2.96, m3 = 2.016
    assert one(t, lambda g: g.w.skew()) == pytest.approx(2.016 / 2.96**1.5)
    assert one(t, lambda g: ltseq.skew("w")) == pytest.approx(2.016 / 2.96**1.5)


def test_g_count_counts_rows(t):
    assert (one(t, lambda g: g.count()), one(t, lambda g: ltseq.count()), one(t, lambda g: g.count("k"))) == (5, 5, 4)


def test_a_column_named_like_a_reducer_is_reached_by_item():
    t = LTSeq.from_dict({"count": [1, 2], "sum": [3, 4], "first": [5, 6]})
    assert one(t, lambda g: g["count"].sum()) == 3
    assert one(t, lambda g: g["sum"].max() + g.sum("first") + g.count()) == 17


@pytest.mark.parametrize("name", ["sum", "avg", "min", "max", "std", "n_unique", "first"])
def test_a_reducer_of_the_group_needs_a_column(t, name):
    with pytest.raises(ArgumentError, match="needs a column"):
        t.agg(x=lambda g: getattr(g, name)())


def test_unknown_columns_and_reducers(t):
    with pytest.raises(ColumnNotFoundError, match=r"'vv'.*'v'"):
        t.agg(x=lambda g: g.sum("vv"))
    with pytest.raises(AttributeError):
        t.agg(x=lambda g: g.nope("v"))


@pytest.mark.parametrize(
    ("kind", "values", "total", "total_kind"),
    [(pa.int8(), [127, 127], 254, "int64"), (pa.int64(), [-(2**63), None], -(2**63), "int64"),
     (pa.uint64(), [2**64 - 1, None], 2**64 - 1, "uint64"), (pa.float32(), [0.5, 0.25], 0.75, "float64"),
     (pa.decimal128(3, 2), [Decimal("1.10"), Decimal("2.25")], Decimal("3.35"), None),
     (pa.duration("s"), [dt.timedelta(1), dt.timedelta(3)], dt.timedelta(4), "duration[s]")],
)  # fmt: skip
def test_sums_of_types(kind, values, total, total_kind):
    t = arrow(values, kind)
    assert one(t, lambda g: g.x.sum()) == total
    assert total_kind in {None, kind_of(t, lambda g: g.x.sum())}


@pytest.mark.parametrize(
    ("kind", "values"),
    [(pa.int64(), [2**63 - 1, 1]), (pa.int64(), [-(2**63), -1]), (pa.uint64(), [2**64 - 1, 1]),
     (pa.decimal128(38, 0), [Decimal(9) * 10**37] * 2)],
)  # fmt: skip
def test_sums_do_not_wrap(kind, values):
    with pytest.raises(ExecutionError, match="out of range"):
        one(arrow(values, kind), lambda g: g.x.sum())


@pytest.mark.parametrize(
    ("kind", "values", "low", "high"),
    [(pa.uint64(), [2**64 - 1, 0], 0, 2**64 - 1), (pa.string_view(), ["b", "a", None], "a", "b"),
     (pa.dictionary(pa.int8(), pa.string()), ["b", "a"], "a", "b"), (pa.binary(), [b"b", b"a"], b"a", b"b"),
     (pa.date32(), [dt.date(2024, 1, 3), dt.date(2024, 1, 1)], dt.date(2024, 1, 1), dt.date(2024, 1, 3)),
     (pa.time64("us"), [dt.time(2), dt.time(1)], dt.time(1), dt.time(2)),
     (pa.float64(), [-math.inf, 1.0], -math.inf, 1.0),
     (pa.timestamp("ms"), [dt.datetime(24, 1, 2), dt.datetime(1, 1, 1)], dt.datetime(1, 1, 1), dt.datetime(24, 1, 2))],
)  # fmt: skip
def test_min_max_first_and_top_k_keep_the_type(kind, values, low, high):
    t = arrow(values, kind).sort("i")
    assert (one(t, lambda g: g.x.min()), one(t, lambda g: g.x.max())) == (low, high)
    assert (one(t, lambda g: g.x.first()), one(t, lambda g: g.x.top_k(1))) == (values[0], [high])
    assert (one(t, lambda g: g.i.arg_min("x")), one(t, lambda g: g.x.n_unique())) == (values.index(low), 2)
    assert {kind_of(t, fn) for fn in (lambda g: g.x.min(), lambda g: g.x.max(), lambda g: g.x.last())} == {
        t.schema["x"]
    }


def test_max_of_nan_is_nan_and_min_is_not():
    t = arrow([math.nan, 1.0, None], pa.float64())
    assert math.isnan(one(t, lambda g: g.x.max()))
    assert one(t, lambda g: g.x.min()) == 1.0


def test_n_unique_treats_nan_and_zero_as_keys_do():
    assert one(LTSeq.from_dict({"x": [math.nan, math.nan, 0.0, -0.0, None]}), lambda g: g.x.n_unique()) == 2


@pytest.mark.parametrize("name", ["sum", "avg", "median", "std", "var", "skew"])
@pytest.mark.parametrize("column", ["k", "b"])
def test_reducers_of_numbers_refuse_other_types(t, name, column):
    with pytest.raises(ArgumentError, match=f"'{column}' is (string|bool)"):
        t.agg(x=lambda g: getattr(g[column], name)())


def test_std_and_var_of_one_value_are_null():
    t = LTSeq.from_dict({"v": [5, None]})
    assert t.agg(s=lambda g: g.v.std(), v=lambda g: g.v.var()).to_dicts() == [{"s": None, "v": None}]


@pytest.mark.parametrize(
    ("p", "expected"), [(0, 1.0), (0.25, 2.0), (0.9, 4.6), (1, 5.0), (np.float32(0.5), 3.0), (Decimal("0.5"), 3.0)]
)
def test_percentile_is_exact_and_linear(t, p, expected):
    assert one(t, lambda g: g.i.percentile(p)) == pytest.approx(expected)
    assert one(t, lambda g: g.percentile("i", p=p)) == pytest.approx(expected)
    assert one(t, lambda g: ltseq.percentile("i", p)) == pytest.approx(expected)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, True, "0.5", None, [0.5]])
def test_percentile_refuses_p_outside_bool_or_no_number(t, p):
    with pytest.raises(ArgumentError):
        t.agg(x=lambda g: g.i.percentile(p))


def test_percentile_refuses_text(t):
    with pytest.raises(ArgumentError, match="'k' is string"):
        t.agg(x=lambda g: g.k.percentile(0.5))


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "2", None])
def test_top_k_refuses(t, k):
    with pytest.raises(ArgumentError):
        t.agg(x=lambda g: g.v.top_k(k))


def test_top_k_is_a_list_largest_first(t):
    assert one(t, lambda g: g.v.top_k(k=3)) == [7, 4, 2]
    assert kind_of(t, lambda g: g.v.top_k(3)) == "list<int64>"
    assert one(LTSeq.from_dict({"x": [2, 1, 2]}), lambda g: g.x.top_k(2)) == [2, 2]


# first last nth(n) arg_min(by) arg_max(by): along the order; first and last keep NULL


def test_first_last_and_nth_follow_the_order_and_keep_null(t):
    down = t.sort("w", desc=True)
    made = down.agg(
        "k", f=lambda g: g.v.first(), l=lambda g: g.v.last(), n=lambda g: g.v.nth(2), m=lambda g: g.v.nth(9)
    )
    found = {row.pop("k"): row for row in made.to_dicts()}
    assert found["a"] == {"f": 7, "l": 1, "n": None, "m": None}
    assert found["b"] == {"f": 2, "l": 2, "n": None, "m": None}
    ends = LTSeq.from_dict({"i": [1, 2, 3], "x": [None, 5, None]}).sort("i")
    assert [one(ends, fn) for fn in (lambda g: g.x.first(), lambda g: g.first("x"), lambda g: ltseq.last("x"))] == [
        None
    ] * 3
    assert [one(ends, lambda g: ltseq.nth("x", n)) for n in (1, 2, 3)] == [None, 5, None]


@pytest.mark.parametrize("fn", [lambda g: g.v.first(), lambda g: g.last("v"), lambda g: g.v.nth(1)])
def test_first_last_and_nth_need_an_order(t, fn):
    with pytest.raises(SortRequiredError):
        t.agg("k", x=fn)


@pytest.mark.parametrize("n", [0, -1, 1.5, "1", None, True])
def test_nth_counts_from_one(t, n):
    with pytest.raises(ArgumentError):
        t.sort("i").agg(x=lambda g: g.v.nth(n))


def test_arg_min_and_arg_max_take_the_first_on_ties_and_keep_a_null_x(t):
    ties = LTSeq.from_dict({"x": ["a", "b", "c", None], "by": [2, 1, 1, 3]})
    assert one(ties, lambda g: g.x.arg_min("by")) == "b"
    assert one(ties.sort("x", desc=True), lambda g: g.arg_min("x", "by")) == "c"
    assert one(ties, lambda g: g.x.arg_max("by")) is None
    assert (one(t, lambda g: g.i.arg_max(g.v)), one(t, lambda g: ltseq.arg_min("i", "v"))) == (5, 1)
    assert one(t, lambda g: g.arg_max("k", lambda r: -r.i)) == "a"


def test_arg_min_skips_rows_without_by():
    t = LTSeq.from_dict({"x": ["a", "b"], "by": [None, 1]})
    assert (one(t, lambda g: g.x.arg_min("by")), one(t.head(1), lambda g: g.x.arg_min("by"))) == ("b", None)


# count_if(pred) sum_if(pred, x) avg_if min_if max_if


@pytest.mark.parametrize(
    ("name", "expected", "nothing"),
    [("count_if", 3, 0), ("sum_if", 11, 0), ("avg_if", 11 / 3, None), ("min_if", 2, None), ("max_if", 5, None)],
)  # fmt: skip
def test_conditional_reducers(t, name, expected, nothing):
    # v > 1 holds in the rows 2, 4, 5
    args = () if name == "count_if" else ("i",)
    for fn in (
        lambda g: getattr(g, name)(g.v > 1, *args),
        lambda g: getattr(g, name)(lambda r: r.v > 1, *args),
        lambda g: getattr(g.v > 1, name)(*args),
        lambda g: getattr(ltseq, name)(g.v > 1, *args),
    ):
        assert one(t, fn) == pytest.approx(expected)
    assert one(t, lambda g: getattr(g, name)(g.v > 99, *args)) == nothing
    assert one(t.head(0), lambda g: getattr(g, name)(g.v > 1, *args)) == nothing


def test_conditional_reducers_skip_null(t):
    assert one(t, lambda g: g.sum_if(g.i > 2, "v")) == 11
    assert one(t, lambda g: g.min_if(g.i == 3, x="v")) is None
    assert (one(t, lambda g: g.count_if("b")), one(t, lambda g: g.count_if(~g.b))) == (3, 1)
    assert one(t, lambda g: g.sum_if(g.b, g.i * 10)) == 100


def test_conditional_reducers_keep_the_type(t):
    assert kind_of(t, lambda g: g.count_if(g.v > 1)) == kind_of(t, lambda g: g.sum_if(g.v > 1, "i")) == "int64"
    assert one(t, lambda g: g.max_if(g.i > 1, "k")) == "b"


@pytest.mark.parametrize(
    "fn",
    [lambda g: g.count_if("v"), lambda g: g.count_if(5), lambda g: g.sum_if("v", "i"), lambda g: g.sum_if(g.v > 1, "k"),
     lambda g: g.avg_if(g.v > 1, "k")],
)  # fmt: skip
def test_conditional_reducers_refuse(t, fn):
    with pytest.raises(ArgumentError):
        t.agg(x=fn)


# skew corr covar concat_agg(x, delimiter=",") funnel(window, *conds)


def test_corr_and_covar_of_samples(t):
    # i and w: deviations -2 -1 0 1 2 and -2.2 -1.2 -0.2 0.8 2.8; their products sum to 12
    expected = 12 / math.sqrt(10 * 14.8)
    for fn in (lambda g: g.corr("i", "w"), lambda g: g.i.corr("w"), lambda g: ltseq.corr("i", y="w")):
        assert one(t, fn) == pytest.approx(expected)
    for fn in (lambda g: g.covar("i", "w"), lambda g: g.i.covar(g.w), lambda g: ltseq.covar("i", "w")):
        assert one(t, fn) == pytest.approx(3.0)
    assert one(t.head(1), lambda g: g.i.covar("w")) is None


def test_concat_agg_joins_in_order_and_skips_null(t):
    assert one(t.sort("i", desc=True), lambda g: g.k.concat_agg()) == "a,a,b,a"
    assert one(t.sort("i"), lambda g: ltseq.concat_agg("k", delimiter="-")) == "a-b-a-a"
    assert one(t.sort("i"), lambda g: g.concat_agg("k", "; ")) == "a; b; a; a"
    assert one(t, lambda g: g.concat_agg("k", delimiter="k")) == "akbkaka"
    assert one(t.filter(lambda r: r.k.is_null()), lambda g: g.k.concat_agg()) is None
    for fn in (lambda g: g.v.concat_agg(), lambda g: g.k.concat_agg(5)):
        with pytest.raises(ArgumentError):
            t.agg(x=fn)


def test_funnel_counts_the_depth_within_the_window():
    base = dt.datetime(2024, 1, 1)
    times = [base + dt.timedelta(minutes=m) for m in (0, 5, 90, 0, 1)]
    t = LTSeq.from_dict({"u": [1, 1, 1, 2, 2], "ts": times, "e": ["v", "c", "p", "c", "p"]}).sort(
        "ts", partition_by="u"
    )
    steps = lambda g: (g.e == "v", g.e == "c", g.e == "p")  # noqa: E731
    for minutes, depth in ((4, 1), (5, 2), (60, 2), (90, 3)):
        made = t.agg("u", d=lambda g, m=minutes: ltseq.funnel(dt.timedelta(minutes=m), *steps(g)))
        assert sorted((row["u"], row["d"]) for row in made) == [(1, depth), (2, 0)]


def test_funnel_steps_stand_on_later_rows_with_gaps_allowed():
    t = LTSeq.from_dict({"i": [1, 2, 3], "e": ["a", "x", "a"]}).sort("i")
    assert one(t, lambda g: ltseq.funnel(2, g.e == "a", g.e == "a")) == 2
    assert one(t, lambda g: ltseq.funnel(1, g.e == "a", g.e == "a")) == 1
    assert one(t.head(1), lambda g: ltseq.funnel(9, g.e == "a", g.e == "a")) == 1
    assert one(t, lambda g: g.funnel(9, lambda r: r.e == "z")) == 0
    assert kind_of(t, lambda g: ltseq.funnel(9, g.e == "a")) == "int64"


def test_funnel_refuses(t):
    for fn in (lambda g: ltseq.funnel(5), lambda g: ltseq.funnel(-1, g.i > 0), lambda g: ltseq.funnel(5, g.i),
               lambda g: ltseq.funnel(None, g.i > 0), lambda g: ltseq.funnel("1h", g.i > 0)):  # fmt: skip
        with pytest.raises(ArgumentError):
            t.sort("i").agg(x=fn)
    with pytest.raises(SortRequiredError):
        t.agg(x=lambda g: ltseq.funnel(5, g.i > 0))


# Counts and ranks are int64. On null columns: NULL.


@pytest.mark.parametrize(
    "fn",
    [lambda g: g.count(), lambda g: g.v.count(), lambda g: g.v.n_unique(), lambda g: ltseq.max(ltseq.row_number())],
)
def test_counts_and_ranks_are_int64(t, fn):
    assert kind_of(t.sort("i"), fn) == "int64"


@pytest.mark.parametrize("values", [[None, None], []])
@pytest.mark.parametrize("kind", [pa.null(), pa.int64(), pa.float64(), pa.decimal128(5, 2)])
def test_nothing_aggregates_to_null(kind, values):
    t = arrow(values, kind).sort("i")
    for name in ("sum", "avg", "min", "max", "median", "std", "var", "skew", "first", "last"):
        assert one(t, lambda g: getattr(g.x, name)()) is None
    for fn in (
        lambda g: g.x.percentile(0.5),
        lambda g: g.x.nth(1),
        lambda g: g.i.arg_min("x"),
        lambda g: g.x.corr("i"),
    ):
        assert one(t, fn) is None
    assert (one(t, lambda g: g.x.count()), one(t, lambda g: g.x.n_unique())) == (0, 0)
