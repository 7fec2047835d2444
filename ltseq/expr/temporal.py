"""`.dt`: functions of dates and times, in the column's own zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exceptions import ArgumentError
from ..types import is_temporal
from .build import Value, as_expr, call, one_of

if TYPE_CHECKING:
    from .nodes import CallExpr, Expr

_TRUNCATE = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond")
_DIFF = ("year", "month", "day", "hour", "minute", "second")


class TemporalMethods:
    """Functions of a date or timestamp column; NULL gives NULL."""

    __slots__ = ("_expr",)

    def __init__(self, expr: Expr) -> None:
        known = expr.known_type()
        if known is not None and known != "null" and not is_temporal(known):
            raise ArgumentError(
                f".dt works on dates and times, but {expr.describe()} is {known}; cast('timestamp') makes it one"
            )
        self._expr = expr

    def _call(self, name: str, *args: Value, **kwargs: object) -> CallExpr:
        return call(f"dt_{name}", self._expr, *args, **kwargs)

    def year(self) -> CallExpr:
        """The year.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.year()).to_dicts()
        [{'y': 2024}]
        """
        return self._call("year")

    def month(self) -> CallExpr:
        """The month, 1 to 12.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.month()).to_dicts()
        [{'y': 2}]
        """
        return self._call("month")

    def day(self) -> CallExpr:
        """The day of the month, 1 to 31.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.day()).to_dicts()
        [{'y': 29}]
        """
        return self._call("day")

    def hour(self) -> CallExpr:
        """The hour, 0 to 23.

        >>> from datetime import datetime
        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"x": [datetime(2024, 2, 29, 13, 5, 7, 89000)]})
        >>> t.select(y=lambda r: r.x.dt.hour()).to_dicts()
        [{'y': 13}]
        """
        return self._call("hour")

    def minute(self) -> CallExpr:
        """The minute, 0 to 59.

        >>> from datetime import datetime
        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"x": [datetime(2024, 2, 29, 13, 5, 7, 89000)]})
        >>> t.select(y=lambda r: r.x.dt.minute()).to_dicts()
        [{'y': 5}]
        """
        return self._call("minute")

    def second(self) -> CallExpr:
        """The whole second, 0 to 59.

        >>> from datetime import datetime
        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"x": [datetime(2024, 2, 29, 13, 5, 7, 89000)]})
        >>> t.select(y=lambda r: r.x.dt.second()).to_dicts()
        [{'y': 7}]
        """
        return self._call("second")

    def millisecond(self) -> CallExpr:
        """The millisecond within the second, 0 to 999.

        >>> from datetime import datetime
        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"x": [datetime(2024, 2, 29, 13, 5, 7, 89000)]})
        >>> t.select(y=lambda r: r.x.dt.millisecond()).to_dicts()
        [{'y': 89}]
        """
        return self._call("millisecond")

    def weekday(self) -> CallExpr:
        """The day of the week, Monday 0 to Sunday 6.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.weekday()).to_dicts()
        [{'y': 3}]
        """
        return self._call("weekday")

    def week(self) -> CallExpr:
        """The ISO week, 1 to 53.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.week()).to_dicts()
        [{'y': 9}]
        """
        return self._call("week")

    def quarter(self) -> CallExpr:
        """The quarter, 1 to 4.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.quarter()).to_dicts()
        [{'y': 1}]
        """
        return self._call("quarter")

    def day_of_year(self) -> CallExpr:
        """The day of the year, 1 to 366.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.day_of_year()).to_dicts()
        [{'y': 60}]
        """
        return self._call("day_of_year")

    def truncate(self, unit: str) -> CallExpr:
        """The beginning of the year, quarter, month, week (Monday), day, hour, minute, second or millisecond.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"x": [date(2024, 2, 29)]})
        >>> t.select(y=lambda r: r.x.dt.truncate("month").dt.day()).to_dicts()
        [{'y': 1}]
        """
        return self._call("truncate", unit=one_of(unit, "unit", _TRUNCATE))

    def add(
        self,
        days: Value = 0,
        months: Value = 0,
        years: Value = 0,
        hours: Value = 0,
        minutes: Value = 0,
        seconds: Value = 0,
        weeks: Value = 0,
    ) -> CallExpr:
        """Later by these; month ends clamp (31 January and a month is the last of February).

        A date to which hours, minutes or seconds are added becomes a timestamp.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.add(years=1).dt.day()).to_dicts()
        [{'y': 28}]
        """
        parts = {
            "years": years, "months": months, "weeks": weeks, "days": days,
            "hours": hours, "minutes": minutes, "seconds": seconds,
        }  # fmt: skip
        given = {name: _amount(name, value) for name, value in parts.items() if not (type(value) is int and value == 0)}
        return self._call("add", **given)

    def diff(self, other: Value, unit: str = "day") -> CallExpr:
        """`self - other` in whole units, toward zero: year, month, day, hour, minute or second.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.diff(date(2024, 1, 1))).to_dicts()
        [{'y': 59}]
        """
        return self._call("diff", other, unit=one_of(unit, "unit", _DIFF))

    def age(self) -> CallExpr:
        """Complete years from this date to today; negative for dates ahead.

        >>> from datetime import date
        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"x": [date(2024, 2, 29)]}).select(y=lambda r: r.x.dt.age() >= 0).to_dicts()
        [{'y': True}]
        """
        return self._call("age")


def _amount(name: str, value: Value) -> Expr:
    expr = as_expr(value)
    known = expr.known_type()
    if known is not None and "int" not in known and known != "null":
        raise ArgumentError(f"{name} must be a whole number, but {expr.describe()} is {known}")
    return expr


def now() -> CallExpr:
    """The present moment as `timestamp[us, UTC]`, the same for a whole query.

    >>> import ltseq
    >>> ltseq.seq(1).select(y=lambda r: ltseq.now()).schema
    {'y': 'timestamp[us, UTC]'}
    """
    return call("now")


def today() -> CallExpr:
    """The present day as a date (UTC), the same for a whole query.

    >>> import ltseq
    >>> ltseq.seq(1).select(y=lambda r: ltseq.today()).schema
    {'y': 'date32'}
    """
    return call("today")
