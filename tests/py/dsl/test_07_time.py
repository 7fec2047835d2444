"""Section 7 of API.md: `.dt`, `now()`, `today()`."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq

UTC, BERLIN = dt.timezone.utc, ZoneInfo("Europe/Berlin")
# 30 December 2024 is a Monday and lies in ISO week 1 of 2025.
MOMENT = dt.datetime(2024, 12, 30, 23, 5, 7, 89_999)
PARTS = {
    "year": 2024, "month": 12, "day": 30, "hour": 23, "minute": 5, "second": 7, "millisecond": 89, "weekday": 0,
    "week": 1, "quarter": 4, "day_of_year": 365,
}  # fmt: skip


def values(fn, *data, **columns):
    columns = dict.fromkeys("a", *data) if data else columns
    table = LTSeq.from_arrow(pa.table({n: v if isinstance(v, pa.Array) else pa.array(v) for n, v in columns.items()}))
    return [row["x"] for row in table.select(x=fn).to_dicts()]


def kind(fn, *data):
    return LTSeq.from_dict({"a": list(data)}).select(x=fn).schema["x"]


# `year month day hour minute second millisecond weekday week quarter day_of_year`


@pytest.mark.parametrize(("name", "expected"), PARTS.items())
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parts_of_a_timestamp_in_every_unit(name, expected, unit):
    data = pa.array([MOMENT, None], pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    if name == "millisecond" and unit == "s":
        expected = 0
    assert values(lambda r: getattr(r.a.dt, name)(), data) == [expected, None]


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_a_date(name):
    expected = 0 if name in {"hour", "minute", "second", "millisecond"} else PARTS[name]
    assert values(lambda r: getattr(r.a.dt, name)(), [MOMENT.date(), None]) == [expected, None]


def test_parts_of_a_time_of_day():
    for name in ("hour", "minute", "second", "millisecond"):
        assert values(lambda r, name=name: getattr(r.a.dt, name)(), [MOMENT.time()]) == [PARTS[name]]
    for name in ("year", "month", "day", "weekday", "week", "quarter", "day_of_year"):
        with pytest.raises(ArgumentError, match="column 'a' of type time64"):
            values(lambda r, name=name: getattr(r.a.dt, name)(), [MOMENT.time()])


def test_monday_is_0():
    week = [dt.date(2024, 1, day) for day in range(1, 8)]
    assert values(lambda r: r.a.dt.weekday(), week) == [0, 1, 2, 3, 4, 5, 6]


def test_weeks_are_iso_weeks():
    days = [dt.date(2021, 1, 1), dt.date(2020, 12, 31), dt.date(2019, 12, 30), dt.date(2023, 1, 1), dt.date(2024, 1, 1)]
    assert values(lambda r: r.a.dt.week(), days) == [53, 53, 1, 52, 1]
    assert values(lambda r: r.a.dt.week(), days) == [day.isocalendar().week for day in days]


def test_quarters_and_days_of_the_year():
    assert values(lambda r: r.a.dt.quarter(), [dt.date(2024, m, 1) for m in (1, 3, 4, 6, 7, 12)]) == [1, 1, 2, 2, 3, 4]
    assert values(lambda r: r.a.dt.day_of_year(), [dt.date(2024, 12, 31), dt.date(2023, 3, 1)]) == [366, 60]


def test_parts_before_1970_do_not_go_negative():
    early = [dt.datetime(1969, 12, 31, 23, 59, 59, 500_000)]
    for name, expected in (("millisecond", 500), ("second", 59), ("hour", 23), ("day", 31), ("weekday", 2)):
        assert values(lambda r, name=name: getattr(r.a.dt, name)(), early) == [expected]


def test_parts_reach_from_year_1_to_9999():
    assert values(lambda r: r.a.dt.year(), [dt.date(1, 1, 1), dt.date(9999, 12, 31)]) == [1, 9999]


def test_parts_are_in_the_columns_zone():
    moment = dt.datetime(2024, 12, 31, 23, 30, tzinfo=UTC)
    zones = {"UTC": (2024, 12, 31, 23, 1), "Europe/Berlin": (2025, 1, 1, 0, 2), "Asia/Kolkata": (2025, 1, 1, 5, 2)}
    for zone, expected in zones.items():
        data = pa.array([moment], pa.timestamp("us", zone))
        for name, part in zip(("year", "month", "day", "hour", "weekday"), expected, strict=True):
            assert values(lambda r, name=name: getattr(r.a.dt, name)(), data) == [part], (zone, name)


@pytest.mark.parametrize(
    "data", [[1], ["2024-01-01"], [True], [dt.timedelta(1)]], ids=["int", "text", "bool", "duration"]
)
def test_what_is_no_date_is_an_argument_error(data):
    for call in (lambda r: r.a.dt.year(), lambda r: r.a.dt.truncate("day"), lambda r: r.a.dt.add(days=1)):
        with pytest.raises(ArgumentError, match=r"column 'a' (is|of type)"):
            values(call, data)


# `truncate(unit)`


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("year", dt.datetime(2024, 1, 1)), ("quarter", dt.datetime(2024, 7, 1)), ("month", dt.datetime(2024, 8, 1)),
        ("week", dt.datetime(2024, 8, 12)), ("day", dt.datetime(2024, 8, 14)), ("hour", dt.datetime(2024, 8, 14, 13)),
        ("minute", dt.datetime(2024, 8, 14, 13, 5)), ("second", dt.datetime(2024, 8, 14, 13, 5, 7)),
        ("millisecond", dt.datetime(2024, 8, 14, 13, 5, 7, 9_000)),
    ],
)  # fmt: skip
def test_truncate_gives_the_beginning_of_a_unit(unit, expected):
    data = [dt.datetime(2024, 8, 14, 13, 5, 7, 9_999), None]
    assert values(lambda r: r.a.dt.truncate(unit), data) == [expected, None]
    assert values(lambda r: r.a.dt.truncate(unit=unit), data) == [expected, None]


def test_truncate_keeps_the_type():
    assert values(lambda r: r.a.dt.truncate("month"), [dt.date(2024, 8, 14)]) == [dt.date(2024, 8, 1)]
    assert kind(lambda r: r.a.dt.truncate("month"), dt.date(2024, 8, 14)) == "date32"
    for unit in ("s", "ms", "us", "ns"):
        t = LTSeq.from_arrow(pa.table({"a": pa.array([MOMENT.replace(microsecond=0)], pa.timestamp(unit))}))
        assert t.select(x=lambda r: r.a.dt.truncate("hour")).schema == {"x": f"timestamp[{unit}]"}


def test_truncate_goes_backwards_before_1970():
    early = [dt.datetime(1969, 12, 31, 23, 59, 59, 999_999)]
    assert values(lambda r: r.a.dt.truncate("hour"), early) == [dt.datetime(1969, 12, 31, 23)]
    assert values(lambda r: r.a.dt.truncate("year"), early) == [dt.datetime(1969, 1, 1)]


def test_truncate_is_in_the_columns_zone():
    # Half past midnight of 1 July in Berlin is still 30 June in UTC.
    data = pa.array([dt.datetime(2024, 6, 30, 22, 30, tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin"))
    assert values(lambda r: r.a.dt.truncate("month"), data) == [dt.datetime(2024, 7, 1, tzinfo=BERLIN)]


def test_a_time_of_day_is_truncated_to_hours_and_less():
    assert values(lambda r: r.a.dt.truncate("hour"), [dt.time(13, 5, 7)]) == [dt.time(13)]
    for unit in ("day", "month", "quarter"):
        with pytest.raises(ArgumentError):
            values(lambda r, unit=unit: r.a.dt.truncate(unit), [dt.time(13)])


@pytest.mark.parametrize("wrong", ["fortnight", "days", "", None, 1])
def test_an_unknown_unit_is_an_argument_error(wrong):
    for call in (lambda r: r.a.dt.truncate(wrong), lambda r: r.a.dt.diff(r.a, wrong)):
        with pytest.raises(ArgumentError, match="unit must be one of"):
            values(call, [MOMENT])


# `add(days=0, months=0, years=0, hours=0, minutes=0, seconds=0, weeks=0)`

LAST = dt.date(2024, 1, 31)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({"months": 1}, dt.date(2024, 2, 29)), ({"months": -1}, dt.date(2023, 12, 31)),
        ({"months": 13}, dt.date(2025, 2, 28)), ({"years": 1}, dt.date(2025, 1, 31)),
        ({"days": 1}, dt.date(2024, 2, 1)), ({"days": -31}, dt.date(2023, 12, 31)), ({"weeks": 1}, dt.date(2024, 2, 7)),
        ({"days": 1, "weeks": 1}, dt.date(2024, 2, 8)), ({"days": 0}, LAST), ({}, LAST),
        ({"years": 1, "months": 1}, dt.date(2025, 2, 28)),
    ],
)  # fmt: skip
def test_add_moves_dates_and_clamps_month_ends(amounts, expected):
    assert values(lambda r: r.a.dt.add(**amounts), [LAST, None]) == [expected, None]
    assert kind(lambda r: r.a.dt.add(**amounts), LAST) == "date32"


def test_a_leap_day_and_a_year_is_the_last_of_february():
    assert values(lambda r: r.a.dt.add(years=1), [dt.date(2024, 2, 29)]) == [dt.date(2025, 2, 28)]
    assert values(lambda r: r.a.dt.add(years=4), [dt.date(2024, 2, 29)]) == [dt.date(2028, 2, 29)]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({"hours": 1}, dt.datetime(2024, 1, 31, 1)), ({"minutes": -1}, dt.datetime(2024, 1, 30, 23, 59)),
        ({"seconds": 1}, dt.datetime(2024, 1, 31, 0, 0, 1)), ({"hours": 24}, dt.datetime(2024, 2, 1)),
        ({"months": 1, "hours": 1}, dt.datetime(2024, 2, 29, 1)),
    ],
)  # fmt: skip
def test_a_date_with_time_parts_becomes_a_timestamp(amounts, expected):
    assert values(lambda r: r.a.dt.add(**amounts), [LAST]) == [expected]
    assert kind(lambda r: r.a.dt.add(**amounts), LAST) == "timestamp[us]"


def test_add_takes_its_amounts_in_the_order_of_the_contract():
    # days, months, years, hours, minutes, seconds, weeks
    expected = dt.datetime(2027, 5, 20, 4, 5, 6)  # 31 January 2024, 3 years and 2 months: 31 March 2027, and 50 days
    assert values(lambda r: r.a.dt.add(1, 2, 3, 4, 5, 6, 7), [dt.datetime(2024, 1, 31)]) == [expected]


def test_amounts_may_be_columns():
    data = {"a": [LAST, LAST, LAST], "n": [1, -2, None]}
    assert values(lambda r: r.a.dt.add(months=r.n), **data) == [dt.date(2024, 2, 29), dt.date(2023, 11, 30), None]
    assert values(lambda r: r.a.dt.add(hours=r.n), **data) == [
        dt.datetime(2024, 1, 31, 1), dt.datetime(2024, 1, 30, 22), None,
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"days": 1.5}, {"days": "1"}, {"months": True}, {"hours": dt.timedelta(1)}])
def test_amounts_are_whole_numbers(wrong):
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        values(lambda r: r.a.dt.add(**wrong), [LAST])


def test_an_unknown_amount_is_a_type_error():
    with pytest.raises(TypeError, match="fortnights"):
        values(lambda r: r.a.dt.add(fortnights=1), [LAST])


def test_amounts_out_of_range_are_execution_errors():
    for amounts in ({"days": 10**12}, {"months": 10**12}, {"seconds": 2**63 - 1}):
        with pytest.raises(ExecutionError):
            values(lambda r, amounts=amounts: r.a.dt.add(**amounts), [LAST])


def test_add_of_days_keeps_the_clock_and_of_hours_the_length():
    # Berlin's clocks went forward at 2:00 on 31 March 2024.
    data = pa.array([dt.datetime(2024, 3, 30, 11, tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin"))
    assert values(lambda r: r.a.dt.add(days=1), data) == [dt.datetime(2024, 3, 31, 12, tzinfo=BERLIN)]
    assert values(lambda r: r.a.dt.add(hours=24), data) == [dt.datetime(2024, 3, 31, 13, tzinfo=BERLIN)]


def test_a_time_of_day_moves_by_hours():
    assert values(lambda r: r.a.dt.add(hours=2), [dt.time(23, 30)]) == [dt.time(1, 30)]
    for wrong in ({"days": 1}, {"months": 1, "hours": 1}):
        with pytest.raises(ArgumentError):
            values(lambda r, wrong=wrong: r.a.dt.add(**wrong), [dt.time(1)])


# `diff(other, unit="day")`, `age()`


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("day", 364), ("month", 11), ("year", 0), ("hour", 8759), ("minute", 525_599), ("second", 31_535_999)],
)
def test_differences_are_whole_units_toward_zero(unit, expected):
    late, early = [dt.datetime(2023, 12, 31, 23, 59, 59), None], [dt.datetime(2023, 1, 1), dt.datetime(2023, 1, 1)]
    assert values(lambda r: r.a.dt.diff(r.b, unit), a=late, b=early) == [expected, None]
    assert values(lambda r: r.b.dt.diff(other=r.a, unit=unit), a=late, b=early) == [-expected, None]


def test_days_are_the_default_and_the_type_is_int64():
    assert values(lambda r: r.a.dt.diff(dt.date(2024, 1, 1)), [dt.date(2024, 3, 1), None]) == [60, None]
    assert kind(lambda r: r.a.dt.diff(dt.date(2024, 1, 1)), dt.date(2024, 3, 1)) == "int64"


def test_months_and_years_are_complete_ones():
    days = {"a": [dt.date(2024, 2, 29), dt.date(2024, 3, 31)], "b": [dt.date(2024, 1, 31), dt.date(2024, 1, 31)]}
    assert values(lambda r: r.a.dt.diff(r.b, "month"), **days) == [0, 2]
    birth = {"a": [dt.date(2023, 2, 28), dt.date(2023, 3, 1)], "b": [dt.date(2020, 2, 29), dt.date(2020, 2, 29)]}
    assert values(lambda r: r.a.dt.diff(r.b, "year"), **birth) == [2, 3]


def test_dates_and_timestamps_differ_too():
    assert values(lambda r: r.a.dt.diff(dt.date(2024, 1, 1), "hour"), [dt.datetime(2024, 1, 2, 5)]) == [29]
    assert values(lambda r: r.a.dt.diff(dt.datetime(2024, 1, 1, 12)), [dt.date(2024, 1, 2)]) == [0]
    assert values(lambda r: r.a.dt.diff(None), [dt.date(2024, 1, 2)]) == [None]
    for wrong in (5, "2024-01-01", dt.timedelta(1)):
        with pytest.raises(ArgumentError):
            values(lambda r, wrong=wrong: r.a.dt.diff(wrong), [dt.date(2024, 1, 2)])


def test_differences_span_all_years():
    assert values(lambda r: r.a.dt.diff(dt.datetime(1, 1, 1), "second"), [dt.datetime(9999, 1, 1)]) == [
        int((dt.datetime(9999, 1, 1) - dt.datetime(1, 1, 1)).total_seconds())
    ]


def test_times_of_day_differ_in_hours_minutes_and_seconds():
    assert values(lambda r: r.a.dt.diff(r.b, "hour"), a=[dt.time(22)], b=[dt.time(0, 30)]) == [21]
    assert values(lambda r: r.a.dt.diff(r.b, "minute"), a=[dt.time(1)], b=[dt.time(1, 30, 59)]) == [-30]
    assert values(lambda r: r.a.dt.diff(dt.time(1), "second"), [dt.time(1, 0, 1, 900_000)]) == [1]
    with pytest.raises(ArgumentError, match="time of day"):
        values(lambda r: r.a.dt.diff(r.b), a=[dt.time(1)], b=[dt.time(2)])


def test_age_is_in_complete_years():
    today = dt.datetime.now(UTC).date()
    base = today.replace(day=min(today.day, 28))
    births = [base.replace(year=base.year - 30), base.replace(year=base.year + 2) + dt.timedelta(days=40), None]
    assert values(lambda r: r.a.dt.age(), births) == [30, -2, None]
    # The day before the birthday does not count yet.
    assert values(lambda r: r.a.dt.age(), [base.replace(year=base.year - 30) + dt.timedelta(days=40)]) == [29]


# `now()`, `today()`


def test_now_is_fixed_per_query():
    t = LTSeq.from_dict({"a": list(range(1000))})
    made = t.select(x=lambda r: ltseq.now(), y=lambda r: ltseq.now(), d=lambda r: ltseq.today())
    assert made.schema == {"x": "timestamp[us, UTC]", "y": "timestamp[us, UTC]", "d": "date32"}
    before = dt.datetime.now(UTC)
    rows = made.to_dicts()
    assert {row["x"] for row in rows} == {row["y"] for row in rows}
    assert len({row["x"] for row in rows}) == 1
    assert before <= rows[0]["x"] <= dt.datetime.now(UTC)
    assert rows[0]["d"] in {before.date(), dt.datetime.now(UTC).date()}


def test_now_works_in_expressions():
    assert values(lambda r: ltseq.now() > r.a, [dt.datetime(2020, 1, 1, tzinfo=UTC)]) == [True]
    assert values(lambda r: ltseq.today().dt.diff(r.a) > 0, [dt.date(2020, 1, 1)]) == [True]


def test_time_functions_of_no_rows_keep_their_types():
    t = LTSeq.from_arrow(pa.table({"a": pa.array([], pa.timestamp("ms", "UTC"))}))
    made = t.select(a=lambda r: r.a.dt.add(hours=1), d=lambda r: r.a.dt.diff(r.a), t=lambda r: r.a.dt.truncate("day"))
    assert made.schema == {"a": "timestamp[ms, UTC]", "d": "int64", "t": "timestamp[ms, UTC]"}
    assert made.to_dicts() == []
