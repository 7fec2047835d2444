"""Section 7: expressions."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq, LTSeqError, coalesce, if_else, lit, when

pytestmark = pytest.mark.usefixtures("engine")


def value(fn, **row):
    """What a lambda makes of one row."""
    (made,) = LTSeq.from_rows([row]).select(x=fn).to_dicts()
    return made["x"]


def column(fn, **columns):
    """What a lambda makes of columns."""
    return [row["x"] for row in LTSeq.from_dict(columns).select(x=fn).to_dicts()]


def type_of(fn, **row):
    return LTSeq.from_rows([row]).select(x=fn).schema["x"]


# Arithmetic as Python's


def test_division_is_float_also_on_integers():
    assert value(lambda r: r.a / 2, a=7) == 3.5
    assert type_of(lambda r: r.a / 7, a=7) == "float64"
    assert value(lambda r: r.a / 0, a=1) == math.inf
    assert value(lambda r: r.a / 0, a=-1.0) == -math.inf
    assert math.isnan(value(lambda r: r.a / 0, a=0))


@pytest.mark.parametrize(("a", "b"), [(7, 2), (-7, 2), (7, -2), (-7, -2), (6, 3), (-6, 3)])
def test_floor_division_and_remainder_are_pythons(a, b):
    assert value(lambda r: r.a // r.b, a=a, b=b) == a // b
    assert value(lambda r: r.a % r.b, a=a, b=b) == a % b
    assert value(lambda r: r.a // r.b, a=float(a), b=float(b)) == float(a) // float(b)
    assert value(lambda r: r.a % r.b, a=float(a), b=float(b)) == float(a) % float(b)


def test_integer_division_by_zero_and_overflow_are_errors():
    for fn in (lambda r: r.a // 0, lambda r: r.a % 0, lambda r: r.a + (2**63 - 1), lambda r: r.a * (2**62) * 4):
        with pytest.raises(ExecutionError):
            value(fn, a=5)


def test_powers():
    assert value(lambda r: r.a**2, a=7) == 49
    assert type_of(lambda r: r.a**2, a=7) == "int64"
    assert value(lambda r: r.a**-1, a=4) == 0.25
    assert type_of(lambda r: r.a**r.a, a=2) == "float64"
    assert value(lambda r: 2**r.a, a=3) == 8.0


def test_decimals_stay_decimals():
    assert value(lambda r: r.a + Decimal("0.1"), a=Decimal("0.2")) == Decimal("0.3")
    assert value(lambda r: r.a * 3, a=Decimal("0.10")) == Decimal("0.30")


def test_plus_joins_strings():
    assert value(lambda r: r.a + "-" + r.b, a="x", b="y") == "x-y"
    assert value(lambda r: "<" + r.a, a="x") == "<x"
    assert column(lambda r: r.a + "!", a=["x", None]) == ["x!", None]


def test_dates_and_durations():
    day, hour = dt.date(2024, 2, 28), dt.timedelta(hours=1)
    assert value(lambda r: r.a + dt.timedelta(days=2), a=day) == dt.date(2024, 3, 1)
    assert value(lambda r: r.a - r.b, a=dt.datetime(2024, 1, 2), b=dt.datetime(2024, 1, 1)) == dt.timedelta(days=1)
    assert value(lambda r: r.a + hour, a=dt.datetime(2024, 1, 1)) == dt.datetime(2024, 1, 1, 1)
    assert value(lambda r: r.a > dt.date(2024, 1, 1), a=day) is True


def test_sign_and_negation():
    assert value(lambda r: -r.a, a=3) == -3
    assert value(lambda r: abs(r.a), a=-3) == 3


# Comparison and logic


def test_comparisons_give_null_for_null():
    assert column(lambda r: r.a > 1, a=[2, 1, None]) == [True, False, None]
    assert column(lambda r: r.a != 1, a=[2, 1, None]) == [True, False, None]


def test_logic_is_three_valued():
    t, f, n = True, False, None
    both = {"a": [t, t, t, f, f, f, n, n, n], "b": [t, f, n, t, f, n, t, f, n]}
    assert column(lambda r: r.a & r.b, **both) == [t, f, n, f, f, f, n, f, n]
    assert column(lambda r: r.a | r.b, **both) == [t, t, t, t, f, n, t, n, n]
    assert column(lambda r: r.a ^ r.b, **both) == [f, t, n, t, f, n, n, n, n]
    assert column(lambda r: ~r.a, a=[t, f, n]) == [f, t, n]


@pytest.mark.parametrize(
    "given",
    [
        True, 5, 2**63, 1.5, "it's ? $1 :x --", b"\x00\xff", dt.date(2024, 2, 29),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
        dt.datetime(2024, 2, 29, tzinfo=dt.timezone.utc), dt.time(23, 59, 59, 1), dt.timedelta(microseconds=-1),
        Decimal("-1.50"), "",
    ],
)  # fmt: skip
def test_literals_come_back_as_they_went_in(given):
    back = value(lambda r: lit(given), a=1)
    assert back == given
    assert type(back) is type(given)


def test_special_floats_and_null():
    assert value(lambda r: lit(math.inf), a=1) == math.inf
    assert math.isnan(value(lambda r: lit(math.nan), a=1))
    assert value(lambda r: None, a=1) is None
    assert type_of(lambda r: None, a=1) == "null"


# Nulls and membership


def test_null_tests_and_fills():
    assert column(lambda r: r.a.is_null(), a=[1, None]) == [False, True]
    assert column(lambda r: r.a.is_not_null(), a=[1, None]) == [True, False]
    assert column(lambda r: r.a.fill_null(0), a=[1, None]) == [1, 0]
    assert column(lambda r: coalesce(r.a, r.b, 9), a=[1, None, None], b=[5, 6, None]) == [1, 6, 9]
    assert column(lambda r: ltseq.nvl(r.a, 0), a=[1, None]) == [1, 0]
    assert column(lambda r: ltseq.ifa(r.a > 1, "big"), a=[1, 2, None]) == [None, "big", None]


def test_membership():
    assert column(lambda r: r.a.is_in([1, 3]), a=[1, 2, None]) == [True, False, None]
    assert column(lambda r: r.a.is_in([]), a=[1, None]) == [False, False]
    assert column(lambda r: r.a.is_in(["x"]), a=["x", "y"]) == [True, False]
    assert column(lambda r: r.a.between(1, 3), a=[0, 1, 3, 4, None]) == [False, True, True, False, None]


# Casts


def test_casts():
    assert column(lambda r: r.a.cast("int"), a=[1.9, -1.9, None]) == [1, -1, None]
    assert value(lambda r: r.a.cast("str"), a=5) == "5"
    assert value(lambda r: r.a.cast("date"), a="2024-02-29") == dt.date(2024, 2, 29)
    assert value(lambda r: r.a.cast("Timestamp"), a="2024-02-29T01:02:03") == dt.datetime(2024, 2, 29, 1, 2, 3)
    assert type_of(lambda r: r.a.cast("decimal128(10, 2)"), a=1) == "decimal128(10, 2)"


def test_an_impossible_cast_is_an_error_or_null():
    with pytest.raises(ExecutionError):
        value(lambda r: r.a.cast("int"), a="x")
    with pytest.raises(ExecutionError):
        value(lambda r: r.a.cast("int8"), a=300)
    assert column(lambda r: r.a.try_cast("int"), a=["1", "x"]) == [1, None]


# Numbers


def test_rounding_is_away_from_zero_at_halves():
    assert column(lambda r: r.a.round(), a=[0.5, 1.5, -2.5, 2.4]) == [1.0, 2.0, -3.0, 2.0]
    assert value(lambda r: r.a.round(1), a=2.25) == 2.3
    assert value(lambda r: r.a.floor(), a=-1.5) == -2
    assert value(lambda r: r.a.ceil(), a=-1.5) == -1


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (lambda r: r.a.sqrt(), 2.0), (lambda r: r.a.power(3), 64.0), (lambda r: r.a.sign(), 1),
        (lambda r: (r.a * 25).log(), 2.0),
        (lambda r: r.a.log(2), 2.0), (lambda r: r.a.ln(), math.log(4)), (lambda r: r.a.exp(), math.exp(4)),
        (lambda r: r.a.sin(), math.sin(4)), (lambda r: r.a.cos(), math.cos(4)), (lambda r: r.a.tan(), math.tan(4)),
        (lambda r: (r.a / 4).asin(), math.asin(1)), (lambda r: (r.a / 4).acos(), math.acos(1)),
        (lambda r: r.a.atan(), math.atan(4)),
        (lambda r: r.a.atan2(3), math.atan2(4, 3)), (lambda r: r.a.gcd(6), 2), (lambda r: r.a.lcm(6), 12),
        (lambda r: r.a.factorial(), 24), (lambda r: ltseq.sqrt(r.a), 2.0),
    ],
)  # fmt: skip
def test_mathematics(fn, expected):
    assert value(fn, a=4) == pytest.approx(expected)


def test_rand_is_from_zero_to_one():
    got = column(lambda r: ltseq.rand(), a=list(range(50)))
    assert all(0 <= x < 1 for x in got)
    assert len(set(got)) > 1


# Conditions


def test_if_else_and_when():
    assert column(lambda r: if_else(r.a > 1, "hi", "lo"), a=[2, 1, None]) == ["hi", "lo", "lo"]
    chain = lambda r: when(r.a > 2, "c").when(r.a > 1).then("b").otherwise("a")  # noqa: E731
    assert column(chain, a=[3, 2, 1, None]) == ["c", "b", "a", "a"]


# .s


@pytest.mark.parametrize("char", ["ab", ""])
def test_padding_is_made_of_one_character(char):
    t = LTSeq.from_dict({"s": ["x"], "c": ["-"]})
    for side in ("pad_left", "pad_right"):
        with pytest.raises(ArgumentError, match="char must be one character"):
            t.derive(p=lambda r, side=side: getattr(r.s.s, side)(4, char))
    assert [row["p"] for row in t.derive(p=lambda r: r.s.s.pad_left(3, r.c))] == ["--x"]


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (lambda s: s.contains("l."), False), (lambda s: s.contains("llo"), True), (lambda s: s.contains("LLO"), False),
        (lambda s: s.starts_with("He"), True), (lambda s: s.ends_with("é"), True), (lambda s: s.like("H%é"), True),
        (lambda s: s.like("H_"), False), (lambda s: s.regex_match("l+"), True), (lambda s: s.regex_match("^l"), False),
        (lambda s: s.lower(), "hello é"), (lambda s: s.upper(), "HELLO É"), (lambda s: s.len(), 7),
        (lambda s: s.replace("l", "L"), "HeLLo é"), (lambda s: s.concat("!", "?"), "Hello é!?"),
        (lambda s: s.slice(1, 3), "ell"),
        (lambda s: s.slice(5), " é"), (lambda s: s.left(2), "He"), (lambda s: s.right(2), " é"),
        (lambda s: s.pad_left(9, "*"), "**Hello é"),
        (lambda s: s.pad_left(3), "Hel"), (lambda s: s.pad_right(9), "Hello é  "),
        (lambda s: s.split_part(" ", 2), "é"),
        (lambda s: s.split(" ", 9), ""), (lambda s: s.find("l"), 2), (lambda s: s.find("z"), -1),
        (lambda s: s.pos("l"), 3),
        (lambda s: s.pos("z"), 0), (lambda s: s.ord(), 72), (lambda s: s.asc(), 72), (lambda s: s.isalpha(), False),
        (lambda s: s.left(5).s.isalpha(), True), (lambda s: s.isdigit(), False),
        (lambda s: s.lower().s.islower(), True),
        (lambda s: s.upper().s.isupper(), True), (lambda s: s.islower(), False),
    ],
)  # fmt: skip
def test_text(fn, expected):
    assert value(lambda r: fn(r.a.s), a="Hello é") == expected
    assert column(lambda r: fn(r.a.s), a=["x", None])[1] is None


def test_strip_takes_unicode_white_space():
    assert value(lambda r: r.a.s.strip(), a=" \u00a0\u2003x\t\n") == "x"
    assert value(lambda r: r.a.s.lstrip(), a=" x ") == "x "
    assert value(lambda r: r.a.s.rstrip(), a=" x ") == " x"


def test_split_part_zero_is_an_error():
    with pytest.raises(ExecutionError):
        value(lambda r: r.a.s.split_part("-", r.n), a="x-y", n=0)


def test_concat_ws_skips_null_and_char():
    assert value(lambda r: ltseq.concat_ws("-", r.a, None, "z"), a="x") == "x-z"
    assert value(lambda r: r.a.s.concat(None), a="x") is None
    assert value(lambda r: ltseq.char(r.a), a=233) == "é"
    assert ltseq.str_char is ltseq.char


def test_text_functions_refuse_other_types():
    with pytest.raises(ArgumentError):
        value(lambda r: (r.a + 1).s.lower(), a=1)


# .dt


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("year", 2024), ("month", 12), ("day", 30), ("hour", 23), ("minute", 5), ("second", 7), ("millisecond", 89),
        ("weekday", 0), ("week", 1), ("quarter", 4), ("day_of_year", 365),
    ],
)  # fmt: skip
def test_parts_of_a_timestamp(name, expected):
    # 30 December 2024 is a Monday and lies in ISO week 1 of 2025.
    assert value(lambda r: getattr(r.a.dt, name)(), a=dt.datetime(2024, 12, 30, 23, 5, 7, 89_999)) == expected


def test_parts_before_the_epoch_do_not_go_negative():
    assert value(lambda r: r.a.dt.millisecond(), a=dt.datetime(1969, 12, 31, 23, 59, 59, 500_000)) == 500
    assert value(lambda r: r.a.dt.second(), a=dt.datetime(1969, 12, 31, 23, 59, 59, 500_000)) == 59


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("year", dt.datetime(2024, 1, 1)), ("quarter", dt.datetime(2024, 7, 1)), ("month", dt.datetime(2024, 8, 1)),
        ("week", dt.datetime(2024, 8, 12)), ("day", dt.datetime(2024, 8, 14)), ("hour", dt.datetime(2024, 8, 14, 13)),
        ("minute", dt.datetime(2024, 8, 14, 13, 5)), ("second", dt.datetime(2024, 8, 14, 13, 5, 7)),
    ],
)  # fmt: skip
def test_truncation(unit, expected):
    assert value(lambda r: r.a.dt.truncate(unit), a=dt.datetime(2024, 8, 14, 13, 5, 7, 9)) == expected


def test_adding_clamps_month_ends():
    assert value(lambda r: r.a.dt.add(months=1), a=dt.date(2024, 1, 31)) == dt.date(2024, 2, 29)
    assert value(lambda r: r.a.dt.add(years=1), a=dt.date(2024, 2, 29)) == dt.date(2025, 2, 28)
    assert value(lambda r: r.a.dt.add(days=1, weeks=1), a=dt.date(2024, 2, 28)) == dt.date(2024, 3, 7)
    assert value(lambda r: r.a.dt.add(hours=1), a=dt.date(2024, 2, 28)) == dt.datetime(2024, 2, 28, 1)
    assert value(lambda r: r.a.dt.add(days=r.n), a=dt.date(2024, 2, 28), n=-1) == dt.date(2024, 2, 27)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("day", 364), ("month", 11), ("year", 0), ("hour", 8759), ("minute", 525_599), ("second", 31_535_999)],
)
def test_differences_are_whole_units_toward_zero(unit, expected):
    late, early = dt.datetime(2023, 12, 31, 23, 59, 59), dt.datetime(2023, 1, 1)
    assert value(lambda r: r.a.dt.diff(r.b, unit), a=late, b=early) == expected
    assert value(lambda r: r.b.dt.diff(r.a, unit), a=late, b=early) == -expected


def test_age_and_now():
    today = dt.datetime.now(dt.timezone.utc).date()
    birth = today.replace(year=today.year - 30, day=min(today.day, 28)) - dt.timedelta(days=1)
    assert value(lambda r: r.a.dt.age(), a=birth) == 30
    assert type_of(lambda r: ltseq.now(), a=1) == "timestamp[us, UTC]"
    assert type_of(lambda r: ltseq.today(), a=1) == "date32"
    assert len(set(column(lambda r: ltseq.now(), a=[1, 2, 3]))) == 1


# lookup


def test_lookup_gives_one_value_or_null():
    t = LTSeq.from_dict({"id": [2, 1, 9, None]})
    names = LTSeq.from_dict({"id": [1, 2], "name": ["one", "two"]})
    assert [r["n"] for r in t.derive(n=lambda r: r.id.lookup(names, "name"))] == ["two", "one", None, None]
    assert [r["n"] for r in t.derive(n=lambda r: r.id.lookup(names, "name").s.upper())] == ["TWO", "ONE", None, None]
    assert t.filter(lambda r: r.id.lookup(names, "name") == "one").to_dicts() == [{"id": 1}]


def test_lookup_may_replace_its_own_key():
    names = LTSeq.from_dict({"id": [1, 2], "name": ["one", "two"]})
    t = LTSeq.from_dict({"id": [2, 3, 1], "n": [1, 2, 3]})
    assert t.derive(id=lambda r: r.id.lookup(names, "name")).to_dicts() == [
        {"id": "two", "n": 1},
        {"id": None, "n": 2},
        {"id": "one", "n": 3},
    ]


def test_lookup_by_a_value_of_the_group():
    names = LTSeq.from_dict({"id": [1, 2, 3], "name": ["one", "two", "three"]})
    t = LTSeq.from_dict({"id": [1, 2, 3], "g": ["a", "a", "b"]}).sort("id")
    last = t.agg("g", n=lambda g: g.id.max().lookup(names, "name"), c=lambda g: g.count()).sort("g")
    assert last.to_dicts() == [{"g": "a", "n": "two", "c": 2}, {"g": "b", "n": "three", "c": 1}]
    assert t.agg(n=lambda g: (g.id.sum() - 4).lookup(names, "id") + g.count()).to_dicts() == [{"n": 5}]
    groups = t.group_ordered("g")
    assert groups.agg(lambda g: {"n": g.id.max().lookup(names, "name")}).to_dicts() == [{"n": "two"}, {"n": "three"}]
    made = groups.derive(lambda g: {"n": g.id.max().lookup(names, "name")}).flatten()
    assert [row["n"] for row in made.to_dicts()] == ["two", "two", "three"]


def test_lookup_names_its_column_after_the_one_it_reads():
    names = LTSeq.from_dict({"id": [1], "name": ["one"]})
    t = LTSeq.from_dict({"id": [1]})
    assert t.select(lambda r: r.id.lookup(names, "name")).columns == ["name"]
    assert t.agg(lambda r: r.id.lookup(names, "name"), n=lambda g: g.count()).columns == ["name", "n"]


def test_lookup_chooses_its_key_and_refuses_repeats():
    t = LTSeq.from_dict({"k": [5]})
    target = LTSeq.from_dict({"id": [5, 6], "v": ["x", "y"], "w": [1, 1]})
    assert t.derive(n=lambda r: r.k.lookup(target, "v")).to_dicts() == [{"k": 5, "n": "x"}]
    assert t.derive(n=lambda r: (r.k - 4).lookup(target.head(1), "v", join_key="w")).to_dicts() == [{"k": 5, "n": "x"}]
    with pytest.raises(ExecutionError):
        t.derive(n=lambda r: (r.k - 4).lookup(target, "v", join_key="w")).to_dicts()
    with pytest.raises(ColumnNotFoundError):
        t.derive(n=lambda r: r.k.lookup(target, "nope"))


# Names


def test_the_default_name_is_the_expressions_text():
    t = LTSeq.from_dict({"a": [1], "two words": [2]})
    assert t.select(lambda r: r.a + 1).columns == ["a + 1"]
    made = t.select(lambda r: [r["two words"] * 2, r.a.shift().over(order_by="a")])
    assert '"two words"' in made.columns[0]


def test_any_name_works_and_no_helper_leaks():
    names = ["two words", 'qu"ote', "dot.ted", "Größe", "SELECT", "_under", "order", "", "a'b", "ordered"]
    t = LTSeq.from_dict({name: [place, place + 1] for place, name in enumerate(names)}).sort(lambda r: r["SELECT"])
    assert t.columns == names
    made = t.derive(new=lambda r: r["dot.ted"].shift(1)).filter(lambda r: r['qu"ote'] >= 0)
    assert made.columns == [*names, "new"]
    assert made.to_dicts()[1]["new"] == 2
    for name in names:
        assert t.select(name).to_dicts()[0] == {name: names.index(name)}


def test_types_are_checked_at_the_call():
    t = LTSeq.from_dict({"a": [1], "s": ["x"]})
    for fn in (lambda r: r.s - 1, lambda r: -r.s, lambda r: r.a.s.lower(), lambda r: r.s.sqrt()):
        with pytest.raises((ArgumentError, LTSeqError)):
            t.derive(x=fn)


def test_sql_expr_is_an_expression():
    t = LTSeq.from_dict({"a": [7]})
    assert t.derive(x=ltseq.sql_expr("a + 1")).to_dicts() == [{"a": 7, "x": 8}]
    assert t.derive(x=ltseq.sql_expr("a / 2")).to_dicts() == [{"a": 7, "x": 3}]
    with pytest.raises(ltseq.SqlError):
        ltseq.sql_expr("a +")


def test_a_duration_has_a_sign():
    day = dt.timedelta(days=1)
    t = LTSeq.from_dict({"d": [day, None, -day]})
    assert [row["x"] for row in t.derive(x=lambda r: -r.d).to_dicts()] == [-day, None, day]
    assert t.agg(x=lambda g: -g.d.max()).to_dicts() == [{"x": -day}]


def test_arg_min_over_a_partition_needs_no_order():
    t = LTSeq.from_dict({"k": ["a", "a", "b"], "v": [3, 1, 1], "n": [1, 2, 3]})
    made = t.derive(x=lambda r: r.n.arg_min("v").over("k"), y=lambda r: r.n.arg_min(r.v).over())
    assert [(row["x"], row["y"]) for row in made.to_dicts()] == [(2, 2), (2, 2), (3, 2)]


def test_a_time_of_day_moves_round_the_clock():
    late, hour = dt.time(23, 30), dt.timedelta(hours=1)
    assert value(lambda r: r.a + hour, a=late) == dt.time(0, 30) == value(lambda r: r.a.dt.add(hours=1), a=late)
    assert value(lambda r: hour + r.a, a=late) == dt.time(0, 30)
    assert value(lambda r: r.a - hour, a=dt.time(0, 30)) == late
    assert value(lambda r: r.a + r.b, a=late, b=-25 * hour) == dt.time(22, 30)
    assert value(lambda r: r.a - r.b, a=late, b=hour) == dt.time(22, 30)
    assert value(lambda r: r.a - r.b, a=late, b=dt.time(22)) == dt.timedelta(hours=1.5)


def test_whole_units_between_times_of_day():
    assert value(lambda r: r.a.dt.diff(r.b, "hour"), a=dt.time(22), b=dt.time(0, 30)) == 21
    assert value(lambda r: r.a.dt.diff(r.b, "minute"), a=dt.time(1), b=dt.time(1, 30, 59)) == -30
    assert value(lambda r: r.a.dt.diff(dt.time(1), "second"), a=dt.time(1, 0, 1, 900_000)) == 1
    with pytest.raises(ArgumentError, match="time of day"):
        value(lambda r: r.a.dt.diff(r.b), a=dt.time(1), b=dt.time(2))
