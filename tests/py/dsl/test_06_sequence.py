"""Section 6, sequence expressions: every function of the language but frames and ranks (test_06_windows.py)."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, SortRequiredError, col

NAN, INF = float("nan"), float("inf")


def rows(table, name="x"):
    return [row[name] for row in table.to_dicts()]


def given(table, expr):
    return rows(table.derive(x=expr))


def sequence(values, kind=None):
    """The values in a column x of a table in the order of i."""
    return LTSeq.from_arrow(pa.table({"x": pa.array(values, kind), "i": range(len(values))})).sort("i")


@pytest.fixture
def px():
    return LTSeq.from_dict({"ts": [1, 2, 3, 4], "px": [10.0, None, 14.0, 7.0], "s": ["x", "y", "x", "y"]}).sort("ts")


# Every function exists in lower case, as a method on its first argument and in `ltseq`.

FUNCTIONS = [
    *("shift", "diff", "pct_change", "rolling", "cum_sum", "cum_min", "cum_max", "cum_avg", "cum_count", "cum_prod"),
    *("ewm_mean", "ewm_std", "ewm_var", "fill_forward", "fill_backward", "interpolate", "streak", "run_id"),
    *("run_id_when", "run_pos", "search_first", "search_pattern"),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_a_method_and_a_function(name):
    assert callable(getattr(ltseq, name))
    assert getattr(ltseq.expr, name) is getattr(ltseq, name)
    assert callable(getattr(col("a"), name))


CALLS = {
    "shift": lambda f, x: f("shift", x),
    "diff": lambda f, x: f("diff", x),
    "pct_change": lambda f, x: f("pct_change", x),
    **{f"cum_{name}": lambda f, x, name=name: f(f"cum_{name}", x) for name in ("sum", "min", "max", "avg", "count")},
    "cum_prod": lambda f, x: f("cum_prod", x),
    **{f"ewm_{name}": lambda f, x, name=name: f(f"ewm_{name}", x, alpha=0.5) for name in ("mean", "std", "var")},
    "fill_forward": lambda f, x: f("fill_forward", x),
    "fill_backward": lambda f, x: f("fill_backward", x),
    "run_id": lambda f, x: f("run_id", x),
    "run_pos": lambda f, x: f("run_pos", x),
    "streak": lambda f, x: f("streak", x > 1),
    "run_id_when": lambda f, x: f("run_id_when", x > 1),
    "search_first": lambda f, x: f("search_first", x > 1),
    "search_pattern": lambda f, x: f("search_pattern", x > 1, x < 9),
}


def method(name, x, *args, **kwargs):
    return getattr(x, name)(*args, **kwargs)


def function(name, x, *args, **kwargs):
    return getattr(ltseq, name)(x, *args, **kwargs)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_partition_by_says_what_sorting_by_partition_says(call):
    t = LTSeq.from_dict({"i": [1, 2, 3, 4, 5], "p": [1, 2, 1, 2, 1], "x": [1.0, 5.0, 3.0, 2.0, 4.0]}).sort("i")
    keyed = t.sort("i", partition_by="p")
    expected = {row["i"]: row["y"] for row in keyed.derive(y=lambda r: call(method, r.x)).to_dicts()}
    for spelt in (
        lambda name, x, *args, **kwargs: method(name, x, *args, **kwargs, partition_by="p"),
        lambda name, x, *args, **kwargs: function(name, x, *args, **kwargs, partition_by=col("p")),
        lambda name, x, *args, **kwargs: method(name, x, *args, **kwargs, partition_by=["p"]),
        lambda name, x, *args, **kwargs: method(name, x, *args, **kwargs).over("p"),
    ):
        made = t.derive(y=lambda r, spelt=spelt: call(spelt, r.x))
        assert {row["i"]: row["y"] for row in made.to_dicts()} == expected
        assert rows(made, "i") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_empty_tables_and_all_null_columns_go_through_every_function(call):
    t = sequence([None, None], pa.float64())
    made = t.derive(y=lambda r: call(method, r.x))
    assert made.count() == 2
    empty = made.head(0)
    assert empty.to_dicts() == []
    direct = t.head(0).derive(y=lambda r: call(method, r.x))
    assert (direct.schema, direct.to_dicts(), direct.sort_keys) == (made.schema, [], [("i", False)])


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_expression_without_a_name_of_its_own_is_named_by_its_text(call, px):
    t = px.select(x=lambda r: r.ts * 1.0)
    (name,) = t.select(lambda r: call(method, r.x)).columns
    assert "(x" in name
    assert "\x01" not in name
    again = ltseq.sql(f"SELECT {name} AS y FROM t ORDERED BY x", t=t)
    assert rows(again, "y") == rows(t.select(y=lambda r: call(method, r.x)), "y")


# shift(n=1, default=None)


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, [None, 10.0, None, 14.0]),
        ((2,), {}, [None, None, 10.0, None]),
        ((-1,), {}, [None, 14.0, 7.0, None]),
        ((0,), {}, [10.0, None, 14.0, 7.0]),
        ((9,), {}, [None] * 4),
        ((-9, 1.5), {}, [1.5] * 4),
        ((1, 0.0), {}, [0.0, 10.0, None, 14.0]),
        ((), {"n": 1, "default": 0.0}, [0.0, 10.0, None, 14.0]),
        ((), {"ignore_nulls": True}, [None, 10.0, 10.0, 14.0]),
        ((-1,), {"ignore_nulls": True}, [14.0, 14.0, 7.0, None]),
        ((), {"partition_by": "s"}, [None, None, 10.0, None]),
    ],
)
def test_shift(px, args, kwargs, expected):
    assert given(px, lambda r: r.px.shift(*args, **kwargs)) == expected
    assert given(px, lambda r: ltseq.shift("px", *args, **kwargs)) == expected


def test_previous_means_previous_in_the_order_also_where_it_falls(px):
    assert given(px.sort("ts", desc=True), lambda r: r.ts.shift()) == [None, 4, 3, 2]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.uint64(), [2**64 - 1, 0]),
        (pa.int64(), [-(2**63), 2**63 - 1]),
        (pa.decimal128(38, 2), [Decimal("123456789012345678901234567890123456.78"), Decimal("0.01")]),
        (pa.string(), ["ü\n", ""]),
        (pa.string_view(), ["x" * 20, "y"]),
        (pa.dictionary(pa.int32(), pa.string()), ["b", "a"]),
        (pa.timestamp("ms", "UTC"), [dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)] * 2),
        (pa.timestamp("s"), [dt.datetime(1, 1, 1), dt.datetime(9999, 1, 1)]),
        (pa.date32(), [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]),
        (pa.time64("us"), [dt.time(1), dt.time(2)]),
        (pa.binary(), [b"\x00", b""]),
        (pa.bool_(), [True, False]),
        (pa.list_(pa.int64()), [[1, None], []]),
        (pa.struct({"a": pa.int64()}), [{"a": 1}, {"a": None}]),
        (pa.null(), [None, None]),
    ],
)
def test_shift_fills_and_running_extremes_keep_every_type(kind, values):
    t = sequence(values, kind)
    made = t.derive(s=lambda r: r.x.shift(), f=lambda r: r.x.fill_forward(), b=lambda r: r.x.fill_backward())
    assert {made.schema[name] for name in "sfb"} == {t.schema["x"]}
    assert rows(made, "s") == [None, values[0]]
    assert rows(made, "f") == rows(made, "b") == values
    assert made.to_arrow().schema.names == ["x", "i", "s", "f", "b"]


@pytest.mark.parametrize("name", ["shift", "diff", "pct_change"])
@pytest.mark.parametrize("n", [1.0, "1", True, None, [1], col("ts")])
def test_the_distance_must_be_an_int(px, name, n):
    with pytest.raises(ArgumentError, match="n must be an int"):
        px.derive(x=lambda r: getattr(r.px, name)(n))


def test_a_default_of_another_kind_is_refused(px):
    with pytest.raises(ArgumentError):
        px.derive(x=lambda r: r.ts.shift(1, "none"))


# diff(n=1), pct_change(n=1)


def test_diff_and_pct_change(px):
    assert given(px, lambda r: r.px.diff()) == [None, None, None, -7.0]
    assert given(px, lambda r: r.px.diff(2)) == [None, None, 4.0, None]
    assert given(px, lambda r: r.px.diff(n=-2)) == [-4.0, None, None, None]
    assert given(px, lambda r: r.ts.diff(0)) == [0, 0, 0, 0]
    assert given(px, lambda r: r.px.pct_change(2)) == [None, None, 0.4, None]
    assert given(px, lambda r: r.px.pct_change(n=-2)) == [10 / 14 - 1, None, None, None]
    assert given(px, lambda r: ltseq.diff("ts", 1, partition_by="s")) == [None, None, 2, 2]


@pytest.mark.parametrize(
    ("kind", "values", "made", "difference"),
    [
        (pa.uint64(), [5, 3], "int64", -2),
        (pa.uint8(), [0, 255], "int64", 255),
        (pa.date32(), [dt.date(2024, 2, 28), dt.date(2024, 3, 1)], "int64", 2),
        (pa.timestamp("us"), [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 1)], "duration[us]", dt.timedelta(-1)),
        (pa.decimal128(38, 2), [Decimal("1.10"), Decimal("1.05")], None, Decimal("-0.05")),
        (pa.int64(), [2**53, 2**53 + 1], "int64", 1),
    ],
)
def test_diff_has_the_type_of_the_subtraction(kind, values, made, difference):
    t = sequence(values, kind).derive(d=lambda r: r.x.diff())
    assert rows(t, "d") == [None, difference]
    if made is not None:
        assert t.schema["d"] == made


def test_pct_change_is_a_float_and_divides_by_zero():
    t = sequence([0, 5, 0, 0, -5, 0]).derive(y=lambda r: r.x.pct_change())
    assert t.schema["y"] == "float64"
    first, up, down, none, fall, back = rows(t, "y")
    assert (first, up, down, fall, back) == (None, INF, -1.0, -INF, -1.0)
    assert math.isnan(none)


def test_an_overflow_of_diff_is_an_error():
    with pytest.raises(ExecutionError, match="out of range"):
        given(sequence([-(2**63), 2**63 - 1]), lambda r: r.x.diff())


# cum_sum cum_min cum_max cum_avg cum_count cum_prod


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cum_sum", [None, 10.0, 10.0, 24.0]),
        ("cum_min", [None, 10.0, 10.0, 10.0]),
        ("cum_max", [None, 10.0, 10.0, 14.0]),
        ("cum_avg", [None, 10.0, 10.0, 12.0]),
        ("cum_count", [0, 1, 1, 2]),
        ("cum_prod", [None, 10.0, 10.0, 140.0]),
    ],
)
def test_cumulative_functions_skip_null_and_carry_on(name, expected):
    t = sequence([None, 10.0, None, 14.0])
    assert given(t, lambda r: getattr(r.x, name)()) == expected
    assert given(t, lambda r: getattr(ltseq, name)("x")) == expected


def test_tied_keys_do_not_share_a_running_sum():
    t = LTSeq.from_dict({"k": [1, 1, 1], "x": [1, 2, 3]}).sort("k")
    assert given(t, lambda r: r.x.cum_sum()) == [1, 3, 6]


@pytest.mark.parametrize(
    ("kind", "values", "total"),
    [
        (pa.uint64(), [2**63, 2**63 - 1], 2**64 - 1),
        (pa.int64(), [2**62, 2**62 - 1], 2**63 - 1),
        (pa.int8(), [127, 127], 254),
        (pa.decimal128(20, 2), [Decimal("123456789012345678.10"), Decimal("0.05")], Decimal("123456789012345678.15")),
    ],
)
def test_running_sums_are_exact(kind, values, total):
    assert given(sequence(values, kind), lambda r: r.x.cum_sum())[-1] == total


@pytest.mark.parametrize(
    ("kind", "values", "name"),
    [
        (pa.int64(), [2**63 - 1, 1], "cum_sum"),
        (pa.uint64(), [2**64 - 1, 1], "cum_sum"),
        (pa.int64(), [2**62, 2], "cum_prod"),
    ],
)
def test_an_overflow_is_an_error_and_never_wraps(kind, values, name):
    with pytest.raises(ExecutionError, match="out of range"):
        given(sequence(values, kind), lambda r: getattr(r.x, name)())


def test_running_extremes_take_any_type_that_orders():
    t = sequence(["b", None, "a", "c"])
    assert given(t, lambda r: r.x.cum_min()) == ["b", "b", "a", "a"]
    assert given(t, lambda r: r.x.cum_max()) == ["b", "b", "b", "c"]


@pytest.mark.parametrize("name", ["cum_sum", "cum_avg", "cum_prod", "ewm_mean", "interpolate", "pct_change"])
def test_functions_of_numbers_name_the_column_and_its_type(name):
    options = {"alpha": 0.5} if name == "ewm_mean" else {}
    with pytest.raises(ArgumentError) as error:
        sequence(["b", "a"]).derive(y=lambda r: getattr(r.x, name)(**options))
    assert "x" in str(error.value)
    assert "string" in str(error.value)


# ewm_*


def test_ewm_mean_weighs_as_pandas_without_adjust():
    t = sequence([1.0, 2.0, None, 4.0])
    # y₁ = (1 + 2) / 2; over the gap the old weight decays twice: (0.25·1.5 + 0.5·4) / 0.75
    expected = [1.0, 1.5, 1.5, (0.25 * 1.5 + 0.5 * 4) / 0.75]
    for options in ({"alpha": 0.5}, {"span": 3}, {"halflife": 1}):
        assert given(t, lambda r, options=options: r.x.ewm_mean(**options)) == pytest.approx(expected)
    adjusted = given(sequence([1.0, 2.0, 4.0]), lambda r: r.x.ewm_mean(alpha=0.5, adjust=True))
    assert adjusted == pytest.approx([1.0, (2 + 0.5) / 1.5, (4 + 1 + 0.25) / 1.75])


def test_ewm_std_and_var_of_one_value_are_null():
    t = sequence([1.0, 3.0, 2.0]).derive(s=lambda r: r.x.ewm_std(alpha=0.5), v=lambda r: r.x.ewm_var(alpha=0.5))
    assert rows(t, "v")[0] is None
    # weights ½, ½: mean 2, biased variance 1, unbiased by 1 / (1 − ½) = 2; then ¼, ¼, ½: mean 2, ½ by 1 / (1 − ⅜)
    assert rows(t, "v")[1:] == pytest.approx([2.0, 0.8])
    assert rows(t, "s")[1:] == pytest.approx([math.sqrt(2.0), math.sqrt(0.8)])


@pytest.mark.parametrize(
    "options", [{}, {"alpha": 0.5, "span": 3}, {"alpha": 0}, {"alpha": 1.5}, {"span": 0}, {"halflife": 0}]
)
def test_ewm_takes_one_decay_in_range(options):
    with pytest.raises(ArgumentError):
        sequence([1.0]).derive(y=lambda r: r.x.ewm_mean(**options))


# fill_forward, fill_backward, interpolate


def test_fills():
    t = sequence([None, 1, None, None, 4, None])
    assert given(t, lambda r: r.x.fill_forward()) == [None, 1, 1, 1, 4, 4]
    assert given(t, lambda r: r.x.fill_backward()) == [1, 1, 4, 4, 4, None]
    assert given(t, lambda r: r.x.fill_forward(limit=1)) == [None, 1, 1, None, 4, 4]
    assert given(t, lambda r: r.x.fill_backward(limit=1)) == [1, 1, None, 4, 4, None]
    assert given(t, lambda r: r.x.fill_forward(max_gap=1)) == [None, 1, 1, None, 4, 4]
    assert given(t, lambda r: r.x.interpolate()) == [None, 1.0, 2.0, 3.0, 4.0, None]


def test_gaps_and_interpolation_go_by_the_order_key():
    base = dt.datetime(2024, 1, 1)
    t = LTSeq.from_dict({"ts": [base + dt.timedelta(hours=h) for h in (0, 1, 4)], "x": [0.0, None, 8.0]}).sort("ts")
    assert given(t, lambda r: r.x.interpolate()) == [0.0, 2.0, 8.0]
    assert given(t, lambda r: r.x.fill_backward(max_gap=dt.timedelta(hours=3))) == [0.0, 8.0, 8.0]
    assert given(t, lambda r: r.x.fill_backward(max_gap=dt.timedelta(hours=2))) == [0.0, None, 8.0]


def test_what_measures_along_the_key_needs_exactly_one(px):
    two = px.sort("s", "ts")
    for expr in (lambda r: r.px.interpolate(), lambda r: r.px.fill_forward(max_gap=1)):
        with pytest.raises(ArgumentError, match="one order key"):
            two.derive(x=expr)


# streak, run_id(*keys), run_id_when(cond), run_pos(*keys)


def test_runs_and_streaks():
    t = LTSeq.from_dict({"i": [1, 2, 3, 4, 5], "k": ["a", "a", None, None, "a"]}).sort("i")
    assert given(t, lambda r: r.k.run_id()) == [0, 0, 1, 1, 2]
    assert given(t, lambda r: ltseq.run_id("k")) == [0, 0, 1, 1, 2]
    assert given(t, lambda r: ltseq.run_id("k", r.i > 1)) == [0, 1, 2, 2, 3]
    assert given(t, lambda r: r.k.run_pos()) == [0, 1, 0, 1, 0]
    assert given(t, lambda r: ltseq.run_pos(r.k, "i")) == [0, 0, 0, 0, 0]
    assert given(t, lambda r: (r.i % 2 == 0).run_id_when()) == [0, 1, 1, 2, 2]
    assert given(t, lambda r: ltseq.run_id_when(r.i > 0)) == [0, 1, 2, 3, 4]
    assert given(t, lambda r: (r.i != 3).streak()) == [1, 2, 0, 1, 2]


def test_null_neither_starts_a_run_nor_goes_on_with_a_streak():
    t = sequence([True, None, True, True])
    assert given(t, lambda r: r.x.streak()) == [1, 0, 1, 2]
    assert given(t, lambda r: r.x.run_id_when()) == [0, 0, 1, 2]


def test_run_keys_take_nan_for_nan_and_zero_for_zero():
    assert given(sequence([NAN, NAN, 0.0, -0.0, None, None]), lambda r: r.x.run_id()) == [0, 0, 1, 1, 2, 2]


def test_run_pos_without_keys_stands_inside_groups_only(px):
    with pytest.raises(ArgumentError, match="run_pos"):
        px.derive(x=lambda r: ltseq.run_pos()).to_dicts()
    assert rows(px.group_ordered("s").filter(lambda g: g.run_pos() == 0).flatten(), "ts") == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["streak", "run_id_when", "search_first", "search_pattern"])
def test_conditions_are_booleans(px, name):
    with pytest.raises(ArgumentError, match="bool"):
        px.derive(x=lambda r: getattr(r.ts, name)())


# They nest to any depth and may stand in any expression.


def test_calls_nest(px):
    assert given(px, lambda r: r.ts.shift().cum_sum()) == [None, 1, 3, 6]
    assert given(px, lambda r: (r.ts - r.ts.shift(1, 0)).rolling(2).sum()) == [None, 2, 2, 2]
    assert given(px, lambda r: r.ts.shift().shift().shift().fill_backward().cum_max()) == [1, 1, 1, 1]
    assert given(px, lambda r: r.px.fill_forward().diff().cum_sum().shift(-1)) == [0.0, 4.0, -3.0, None]

    def deep(r):
        made = r.ts
        for _ in range(30):
            made = made.shift(1, 0).cum_max()
        return made

    assert given(px, deep) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (lambda t: t.filter(lambda r: r.ts.shift() >= 2), [3, 4]),
        (lambda t: t.filter(lambda r: ~(r.ts.shift().is_null() | (r.s == "x"))), [2, 4]),
        (lambda t: t.delete(lambda r: r.ts.cum_sum() > 3), [1, 2]),
        (lambda t: t.update(lambda r: r.ts.shift() == 1, ts=lambda r: r.ts.shift(-1)), [1, 3, 3, 4]),
        (lambda t: t.select(ts=lambda r: ltseq.if_else(r.ts.shift().is_null(), 0, r.ts.shift() + 1)), [0, 2, 3, 4]),
        (lambda t: t.distinct(lambda r: r.s.run_id() // 2), [1, 3]),
        (lambda t: t.search_first(lambda r: r.px.diff() < 0), [4]),
        (lambda t: t.search_pattern(lambda r: r.ts.shift() == 1, lambda r: r.px > 0), [2]),
        (lambda t: t.derive(x=lambda r: ltseq.when(r.ts.diff() == 1, "b").otherwise("a")), [1, 2, 3, 4]),
    ],
)
def test_they_stand_in_any_expression(px, verb, expected):
    assert rows(verb(px), "ts") == expected


def test_inside_aggregates_they_restart_per_key(px):
    made = px.agg("s", n=lambda g: g.ts.diff().sum(), m=lambda g: (g.ts - g.ts.cum_min()).max())
    assert sorted(made.to_dicts(), key=lambda row: row["s"]) == [
        {"s": "x", "n": 2, "m": 2},
        {"s": "y", "n": 2, "m": 2},
    ]


def test_a_filter_does_not_change_what_its_condition_saw(px):
    made = px.filter(lambda r: r.ts != 2).derive(x=lambda r: r.ts.shift())
    assert rows(made) == [None, 1, 3]
    assert rows(px.derive(x=lambda r: r.ts.shift()).filter(lambda r: r.ts != 2)) == [None, 2, 3]


# search_first and search_pattern as expressions; ordered aggregates


def test_searches_are_expressions_too(px):
    assert given(px, lambda r: (r.ts > 1).search_first()) == [False, True, False, False]
    assert given(px, lambda r: (r.ts > 1).search_first(partition_by="s")) == [False, True, True, False]
    assert given(px, lambda r: (r.ts > 1).search_pattern(r.px > 8)) == [False, True, False, False]
    assert given(px, lambda r: ltseq.search_pattern(r.ts > 0, r.ts > 0, r.ts > 0, within=2)) == [
        True,
        True,
        False,
        False,
    ]
    assert given(px, lambda r: ltseq.search_pattern(r.ts > 0, r.ts > 0, r.ts > 0, within=1)) == [False] * 4


def test_search_first_as_an_expression_needs_an_order_as_every_sequence_function_does():
    t = LTSeq.from_dict({"v": [1, 5, 9]})
    with pytest.raises(SortRequiredError):
        t.derive(x=lambda r: (r.v > 3).search_first())
    assert rows(t.search_first(lambda r: r.v > 3), "v") == [5]


@pytest.mark.parametrize("bad", [{"ignore_nulls": 1}, {"partition_by": 1}, {"partition_by": [1]}])
def test_the_options_that_all_share_are_checked(px, bad):
    with pytest.raises(ArgumentError, match=next(iter(bad))):
        px.derive(x=lambda r: r.px.shift(**bad))


@pytest.mark.parametrize("name", ["shift", "diff", "pct_change"])
def test_ignore_nulls_stands_where_sql_has_it(px, name):
    made = given(px, lambda r: getattr(r.px, name)(ignore_nulls=True))
    # The row before the third is the first one that has a value.
    assert made[2] == {"shift": 10.0, "diff": 4.0, "pct_change": 0.4}[name]


@pytest.mark.parametrize("name", ["cum_sum", "cum_count", "fill_forward", "interpolate", "run_id", "run_pos"])
def test_ignore_nulls_is_refused_where_sql_has_none(px, name):
    with pytest.raises(ArgumentError):
        px.derive(x=lambda r: getattr(r.px, name)(ignore_nulls=True))


def test_an_unknown_partition_column_is_not_found(px):
    with pytest.raises(ltseq.ColumnNotFoundError, match=r"'sx'.*'s'"):
        px.derive(x=lambda r: r.px.shift(partition_by="sx"))


def test_a_partition_alone_is_no_order():
    with pytest.raises(SortRequiredError):
        LTSeq.from_dict({"v": [1]}).derive(x=lambda r: r.v.cum_sum(partition_by="v"))
