"""Calls of the ordered language: their SQL, their lambda, and what the reference says they give.

A call is asked of one partition at a time: `answer(part)` takes its rows in sequence order and gives a value per row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from .reference import frames, groups, order, places

Part = list[dict[str, Any]]
SECOND = 10**9


@dataclass(frozen=True)
class Call:
    """One expression over an ordered relation."""

    sql: str
    answer: Callable[[Part, order.Key], list[Any]]
    # The same as a lambda over a row of the Python API, where there is one.
    python: Callable[[Any], Any] | None = None
    # Rows behind a row never change its value.
    causal: bool = True
    # Needs exactly one order key, `ts`.
    by_time: bool = False
    # Its float results are exact: others may compute with them.
    kind: str = "any"

    def __repr__(self) -> str:
        return self.sql


def col(part: Part, name: str) -> list[Any]:
    """One column of the partition."""
    return [row[name] for row in part]


NUMBERS = ["i", "m", "w", "x", "y", "z", "d"]
SUMMABLE = ["i", "m", "w", "x", "z", "y", "d", "e"]
ANY = ["i", "w", "y", "x", "s", "ts", "d", "b", "p", "k", "f"]
ORDERABLE = ["i", "w", "y", "x", "s", "ts", "d", "k"]


@st.composite
def shifts(draw: st.DrawFn) -> Call:
    """SHIFT, with and without a default, and NULL left out."""
    c = draw(st.sampled_from(ANY))
    n = draw(st.sampled_from([1, 1, 2, 3, -1, -2, 0, 8, 100, -100]))
    if c in ("i", "w") and draw(st.booleans()):
        return Call(
            f"SHIFT({c}, {n}, -7)",
            lambda part, key: places.shift(col(part, c), n, -7),
            lambda r: r[c].shift(n, -7),
            causal=n >= 0,
        )
    if n and draw(st.integers(0, 3)) == 0:
        return Call(
            f"SHIFT({c}, {n}) IGNORE NULLS",
            lambda part, key: places.shift_ignoring_nulls(col(part, c), n),
            lambda r: r[c].shift(n, ignore_nulls=True),
            causal=n >= 0,
        )
    text = f"SHIFT({c})" if n == 1 else f"SHIFT({c}, {n})"
    return Call(text, lambda part, key: places.shift(col(part, c), n), lambda r: r[c].shift(n), causal=n >= 0)


@st.composite
def diffs(draw: st.DrawFn) -> Call:
    """DIFF and PCT_CHANGE."""
    n = draw(st.sampled_from([1, 1, 2, 7, -1, 0]))
    if draw(st.booleans()):
        c = draw(st.sampled_from([*NUMBERS, "ts"]))
        return Call(
            f"DIFF({c}, {n})", lambda part, key: places.diff(col(part, c), n), lambda r: r[c].diff(n), causal=n >= 0
        )
    c = draw(st.sampled_from(["i", "m", "x", "y", "z"]))
    return Call(
        f"PCT_CHANGE({c}, {n})",
        lambda part, key: places.pct_change(col(part, c), n),
        lambda r: r[c].pct_change(n),
        causal=n >= 0,
    )


METHODS = {"avg": "mean", "stddev": "std"}


def aggregate_of(draw: st.DrawFn) -> tuple[str, str, str, tuple[int, ...]]:
    """An aggregate, its column, its SQL, and further arguments."""
    name = draw(
        st.sampled_from(
            ["sum", "avg", "min", "max", "count", "count_rows", "var", "stddev", "median", "first", "last", "nth"]
        )
    )
    if name == "count_rows":
        return name, "i", "COUNT(*)", ()
    if name == "nth":
        n = draw(st.integers(1, 3))
        c = draw(st.sampled_from(ANY))
        return name, c, f"NTH({c}, {n})", (n,)
    if name == "sum":
        c = draw(st.sampled_from(SUMMABLE))
    elif name == "avg":
        c = draw(st.sampled_from(["i", "m", "x", "y", "z", "d"]))
    elif name in ("var", "stddev", "median"):
        c = draw(st.sampled_from(["x", "y", "z"]))
    elif name in ("min", "max"):
        c = draw(st.sampled_from(ORDERABLE))
    else:
        c = draw(st.sampled_from(ANY))
    return name, c, f"{name.upper()}({c})", ()


@st.composite
def rollings(draw: st.DrawFn) -> Call:
    """ROLLING over rows, before, about, and by intervals."""
    name, c, inner, args = aggregate_of(draw)
    shape = draw(st.sampled_from(["rows", "rows", "about", "interval", "interval_about"]))
    if shape in ("rows", "about"):
        before, after = draw(st.sampled_from([0, 1, 2, 3, 6, 7, 20])), 0
        if shape == "about":
            after = draw(st.sampled_from([0, 1, 2, 7]))
            frame = f"preceding => {before}, following => {after}"
        else:
            frame = f"{before + 1}"
        full = before + after + 1
        least = draw(st.sampled_from([None, None, 0, 1, 2, full]))
        least = None if least is None else min(least, full)
        periods = full if least is None else least
        text = f"ROLLING({inner}, {frame}" + ("" if least is None else f", min_periods => {least}") + ")"

        def answer(part: Part, key: order.Key) -> list[Any]:
            return frames.rolling(name, col(part, c), frames.row_frames(len(part), before, after), periods, *args)

        python = None
        if shape == "rows" and name not in ("count_rows", "nth", "var", "median"):
            method = METHODS.get(name, name)
            given = {} if least is None else {"min_periods": least}
            python = lambda r: getattr(r[c].rolling(before + 1, **given), method)()  # noqa: E731
        return Call(text, answer, python, causal=after == 0)
    before, after = draw(st.integers(0, 5)), 0
    if shape == "interval_about":
        after = draw(st.integers(0, 3))
        frame = f"preceding => INTERVAL '{before} seconds', following => INTERVAL '{after} seconds'"
    else:
        frame = f"INTERVAL '{before} seconds'"
    least = draw(st.sampled_from([None, None, 0, 1, 2, 3]))
    periods = 1 if least is None else least
    text = f"ROLLING({inner}, {frame}" + ("" if least is None else f", min_periods => {least}") + ")"

    def by_key(part: Part, key: order.Key) -> list[Any]:
        found = frames.key_frames(col(part, "ts"), before * SECOND, after * SECOND, key.desc)
        return frames.rolling(name, col(part, c), found, periods, *args)

    return Call(text, by_key, causal=False, by_time=True)


@st.composite
def cumulatives(draw: st.DrawFn) -> Call:
    """CUM_*."""
    kind = draw(st.sampled_from(["sum", "min", "max", "avg", "count", "prod"]))
    pool = {
        "sum": SUMMABLE,
        "avg": ["i", "m", "x", "y", "z", "d"],
        "prod": ["i", "x", "w", "y"],
        "count": ANY,
    }.get(kind, ORDERABLE)
    c = draw(st.sampled_from(pool))
    return Call(
        f"CUM_{kind.upper()}({c})",
        lambda part, key: frames.cumulative(kind, col(part, c)),
        lambda r: getattr(r[c], f"cum_{kind}")(),
    )


@st.composite
def ewms(draw: st.DrawFn) -> Call:
    """EWM_*."""
    kind = draw(st.sampled_from(["mean", "var", "std"]))
    c = draw(st.sampled_from(["i", "x"]))
    how, value = draw(
        st.sampled_from([("alpha", 0.5), ("alpha", 0.1), ("alpha", 1.0), ("span", 3), ("span", 1), ("halflife", 2.0)])
    )
    adjust = draw(st.sampled_from([None, True, False]))
    given: dict[str, Any] = {how: value}
    if adjust is not None:
        given["adjust"] = adjust
    text = ", ".join(f"{k} => {str(v).lower()}" for k, v in given.items())
    alpha = frames.alpha_of(**{how: value})
    return Call(
        f"EWM_{kind.upper()}({c}, {text})",
        lambda part, key: frames.ewm(kind, col(part, c), alpha, adjust is True),
        lambda r: getattr(r[c], f"ewm_{kind}")(**given),
    )


@st.composite
def fills(draw: st.DrawFn) -> Call:
    """FILL_FORWARD, FILL_BACKWARD, INTERPOLATE."""
    what = draw(st.sampled_from(["FILL_FORWARD", "FILL_BACKWARD", "INTERPOLATE"]))
    if what == "INTERPOLATE":
        c = draw(st.sampled_from(["i", "x"]))
        return Call(
            f"INTERPOLATE({c})",
            lambda part, key: places.interpolate(col(part, c), col(part, "ts")),
            lambda r: r[c].interpolate(),
            causal=False,
            by_time=True,
        )
    function = places.fill_forward if what == "FILL_FORWARD" else places.fill_backward
    c = draw(st.sampled_from(ANY))
    limit = draw(st.sampled_from([None, None, 1, 2, 7]))
    gap = draw(st.sampled_from([None, None, 0, 1, 3]))
    text = f"{what}({c}" + ("" if limit is None else f", limit => {limit}")
    text += ("" if gap is None else f", max_gap => INTERVAL '{gap} seconds'") + ")"
    max_gap = None if gap is None else gap * SECOND
    return Call(
        text,
        lambda part, key: function(col(part, c), limit, max_gap, col(part, "ts")),
        None if gap is not None else lambda r: getattr(r[c], what.lower())(limit=limit),
        causal=what == "FILL_FORWARD",
        by_time=gap is not None,
    )


CONDITIONS: list[tuple[str, Callable[[Part], list[Any]], Callable[[Any], Any]]] = [
    ("b", lambda part: col(part, "b"), lambda r: r.b),
    ("i > 2", lambda part: places.each(lambda v: v > 2, col(part, "i")), lambda r: r.i > 2),
    ("i IS NULL", lambda part: [v is None for v in col(part, "i")], lambda r: r.i.is_null()),
    ("s = 'a'", lambda part: places.each(lambda v: v == "a", col(part, "s")), lambda r: r.s == "a"),
    (
        "i > SHIFT(i)",
        lambda part: places.each(lambda a, b: a > b, col(part, "i"), places.shift(col(part, "i"))),
        lambda r: r.i > r.i.shift(),
    ),
    ("k >= 2", lambda part: places.each(lambda v: v >= 2, col(part, "k")), lambda r: r.k >= 2),
]
conditions = st.sampled_from(CONDITIONS)


@st.composite
def runs(draw: st.DrawFn) -> Call:
    """RUN_ID, RUN_ID_WHEN, RUN_POS, STREAK."""
    import ltseq

    what = draw(st.sampled_from(["RUN_ID", "RUN_POS", "RUN_ID_WHEN", "STREAK"]))
    if what in ("RUN_ID", "RUN_POS"):
        keys = draw(st.sampled_from([["s"], ["i"], ["f"], ["y"], ["b", "s"], ["ts"], ["p"], ["k", "f"]]))
        number = places.run_id if what == "RUN_ID" else places.run_pos

        def answer(part: Part, key: order.Key) -> list[Any]:
            return number(places.starts_by([tuple(row[k] for k in keys) for row in part]))

        function = getattr(ltseq, what.lower())
        return Call(f"{what}({', '.join(keys)})", answer, lambda r: function(*(r[k] for k in keys)))
    text, condition, python = draw(conditions)
    if what == "STREAK":
        return Call(f"STREAK({text})", lambda part, key: places.streak(condition(part)), lambda r: python(r).streak())
    return Call(
        f"RUN_ID_WHEN({text})",
        lambda part, key: places.run_id(places.starts_when(condition(part))),
        lambda r: python(r).run_id_when(),
    )


@st.composite
def searches(draw: st.DrawFn) -> Call:
    """SEARCH_FIRST, SEARCH_PATTERN."""
    if draw(st.booleans()):
        text, condition, _ = draw(conditions)
        return Call(f"SEARCH_FIRST({text})", lambda part, key: places.search_first(condition(part)))
    steps = draw(st.lists(conditions, min_size=1, max_size=3))
    within = draw(st.sampled_from([None, 0, 1, 3]))
    text = ", ".join(step[0] for step in steps)
    text += "" if within is None else f", within => INTERVAL '{within} seconds'"
    return Call(
        f"SEARCH_PATTERN({text})",
        lambda part, key: places.search_pattern(
            [step[1](part) for step in steps], None if within is None else within * SECOND, col(part, "ts")
        ),
        causal=False,
        by_time=within is not None,
    )


calls = st.one_of(shifts(), diffs(), rollings(), rollings(), cumulatives(), ewms(), fills(), runs(), searches())

KEYS = ["k", "ts", "f", "s", "i", "n"]


@st.composite
def orders(draw: st.DrawFn, by_time: bool = False) -> tuple[list[order.Key], list[str]]:
    """Order keys and partition keys; `by_time`: the one key ts."""

    def key(name: str) -> order.Key:
        return order.Key(name, draw(st.booleans()), draw(st.sampled_from([None, None, True, False])))

    names = ["ts"] if by_time else draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True))
    partition = draw(st.sampled_from([[], [], ["p"], ["b"], ["s"], ["p", "b"], ["f"]]))
    return [key(n) for n in names], partition


def ordered_by(keys: list[order.Key], partition: list[str]) -> str:
    """The clause."""
    text = "ORDERED BY " + ", ".join(k.sql() for k in keys)
    return text + (" PARTITION BY " + ", ".join(partition) if partition else "")


__all__ = ["Call", "calls", "groups", "ordered_by", "orders"]
