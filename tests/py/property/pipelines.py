"""Pipelines of one to six steps: as nested SQL, as lambdas, and as the reference has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from .calls import ordered_by, orders
from .harness import cells
from .reference import frames, groups, joins, order, places

Row = dict[str, Any]
Parts = list[list[Row]]

# The dimension that pipelines link to: a repeated key (fans out), a NULL key, keys that nobody has.
DIM = pa.table(
    {"id": pa.array([3, 1, None, 2, 3, 77], pa.int64()), "lab": pa.array([30, 10, 5, None, 31, 770], pa.int64())}
)
DIM_ROWS = [dict(zip(("id", "lab"), v, strict=True)) for v in zip(cells(DIM["id"]), cells(DIM["lab"]), strict=True)]

BASE = ["n", "p", "k", "ts", "f", "s", "i", "x", "b"]


@dataclass(frozen=True)
class Step:
    """One step: SQL around the SQL so far, what the reference does, and the verb of the Python API."""

    name: str
    sql: Callable[[str], str]
    apply: Callable[[Parts], Parts]
    python: Callable[[Any, Any], Any] | None = None
    causal: bool = True


@dataclass
class Pipeline:
    """An order, then steps."""

    keys: list[order.Key]
    partition: list[str]
    steps: list[Step] = field(default_factory=list)
    columns: list[str] = field(default_factory=lambda: list(BASE))
    ints: list[str] = field(default_factory=lambda: ["n", "k", "i"])

    @property
    def sql(self) -> str:
        """The whole text."""
        text = f"SELECT {', '.join(BASE)} FROM t {ordered_by(self.keys, self.partition)}"
        for step in self.steps:
            text = step.sql(text)
        return text

    @property
    def final(self) -> str:
        """The text, its columns in the order of `columns`."""
        return f"SELECT {', '.join(self.columns)} FROM ({self.sql}) AS q"

    def expected(self, rows: list[Row]) -> list[tuple[Any, ...]]:
        """What the reference says."""
        parts = order.ordered([{c: row[c] for c in BASE} for row in rows], self.keys, self.partition)
        for step in self.steps:
            parts = [part for part in step.apply(parts) if part]
        return [tuple(row[c] for c in self.columns) for part in parts for row in part]

    def python(self, table: Any, dim: Any) -> Any:
        """The same through the object API; NotInPythonError where a step has no verb."""
        if any(s.python is None for s in self.steps):
            raise NotInPythonError
        made = sorted_by(table.select(*BASE), self.keys, self.partition)
        for step in self.steps:
            made = step.python(made, dim)  # type: ignore[misc]
        return made.select(*self.columns)

    def __repr__(self) -> str:
        return self.final


def sorted_by(table: Any, keys: list[order.Key], partition: list[str]) -> Any:
    """The verb `sort`. It has one word for the place of all NULLs."""
    lead = {k.nulls_lead for k in keys}
    default = all(k.nulls_first is None for k in keys)
    if len(lead) > 1 and not default:
        raise NotInPythonError
    return table.sort(
        *[k.column for k in keys],
        desc=[k.desc for k in keys],
        nulls=None if default else ("first" if True in lead else "last"),
        partition_by=partition or None,
    )


class NotInPythonError(Exception):
    """The object API has no word for it."""


def per_part(function: Callable[[list[Row]], list[Row]]) -> Callable[[Parts], Parts]:
    """A step that looks at one partition at a time."""
    return lambda parts: [function(part) for part in parts]


def with_column(name: str, answer: Callable[[list[Row]], list[Any]]) -> Callable[[Parts], Parts]:
    """A step that adds a column."""
    return per_part(lambda part: [{**row, name: v} for row, v in zip(part, answer(part), strict=True)])


def col(part: list[Row], name: str) -> list[Any]:
    """One column."""
    return [row[name] for row in part]


@st.composite
def conditions(draw: st.DrawFn, pipe: Pipeline) -> tuple[str, Callable[[list[Row]], list[Any]], Callable[[Any], Any]]:
    """A condition over one row."""
    c = draw(st.sampled_from(pipe.ints))
    n = draw(st.integers(-1, 5))
    return draw(
        st.sampled_from(
            [
                (f"{c} > {n}", lambda part: places.each(lambda v: v > n, col(part, c)), lambda r: r[c] > n),
                (
                    f"{c} + 1 <> {n}",
                    lambda part: places.each(lambda v: v + 1 != n, col(part, c)),
                    lambda r: r[c] + 1 != n,
                ),
                (f"{c} IS NOT NULL", lambda part: [v is not None for v in col(part, c)], lambda r: ~r[c].is_null()),
                ("b", lambda part: col(part, "b"), lambda r: r.b),
                ("s <> 'a'", lambda part: places.each(lambda v: v != "a", col(part, "s")), lambda r: r.s != "a"),
            ]
        )
    )


@st.composite
def sequence_calls(draw: st.DrawFn, pipe: Pipeline) -> tuple[str, Callable[[list[Row]], list[Any]], Any, bool]:
    """A call with an integer answer: text, reference, lambda, causal."""
    import ltseq

    c = draw(st.sampled_from(pipe.ints))
    n = draw(st.sampled_from([1, 1, 2, -1, 3]))
    w = draw(st.sampled_from([1, 2, 3, 8]))
    keys = draw(st.sampled_from([["s"], ["b"], [c], ["b", "s"]]))
    condition, truth, python = draw(conditions(pipe))
    agg = draw(st.sampled_from(["sum", "min", "max", "count"]))
    cum = draw(st.sampled_from(["sum", "min", "max", "count"]))
    return draw(
        st.sampled_from(
            [
                (f"SHIFT({c}, {n})", lambda p: places.shift(col(p, c), n), lambda r: r[c].shift(n), n > 0),
                (f"DIFF({c}, {n})", lambda p: places.diff(col(p, c), n), lambda r: r[c].diff(n), n > 0),
                (
                    f"ROLLING({agg.upper()}({c}), {w}, min_periods => 1)",
                    lambda p: frames.rolling(agg, col(p, c), frames.row_frames(len(p), w - 1, 0), 1),
                    lambda r: getattr(r[c].rolling(w, min_periods=1), agg)(),
                    True,
                ),
                (
                    f"ROLLING({agg.upper()}({c}), {w})",
                    lambda p: frames.rolling(agg, col(p, c), frames.row_frames(len(p), w - 1, 0), w),
                    lambda r: getattr(r[c].rolling(w), agg)(),
                    True,
                ),
                (
                    f"CUM_{cum.upper()}({c})",
                    lambda p: frames.cumulative(cum, col(p, c)),
                    lambda r: getattr(r[c], f"cum_{cum}")(),
                    True,
                ),
                (
                    f"CUM_SUM(DIFF({c}))",
                    lambda p: frames.cumulative("sum", places.diff(col(p, c))),
                    lambda r: r[c].diff().cum_sum(),
                    True,
                ),
                (
                    f"RUN_ID({', '.join(keys)})",
                    lambda p: places.run_id(places.starts_by([tuple(row[k] for k in keys) for row in p])),
                    lambda r: ltseq.run_id(*(r[k] for k in keys)),
                    True,
                ),
                (
                    f"RUN_POS({', '.join(keys)})",
                    lambda p: places.run_pos(places.starts_by([tuple(row[k] for k in keys) for row in p])),
                    lambda r: ltseq.run_pos(*(r[k] for k in keys)),
                    True,
                ),
                (f"STREAK({condition})", lambda p: places.streak(truth(p)), lambda r: python(r).streak(), True),
                ("ROW_NUMBER()", lambda p: [i + 1 for i in range(len(p))], None, True),
                (
                    f"FILL_FORWARD({c})",
                    lambda p: places.fill_forward(col(p, c)),
                    lambda r: r[c].fill_forward(),
                    True,
                ),
            ]
        )
    )


def derive(name: str, text: str, answer: Callable[[list[Row]], list[Any]], python: Any, causal: bool) -> Step:
    """A step that adds a column."""
    return Step(
        name,
        lambda sql: f"SELECT *, {text} AS {name} FROM ({sql}) AS q",
        with_column(name, answer),
        None if python is None else lambda t, dim: t.derive(**{name: python}),
        causal,
    )


def kept(truth: Callable[[list[Row]], list[Any]]) -> Callable[[Parts], Parts]:
    """A step that keeps the rows where it is true."""
    return per_part(lambda part: [row for row, c in zip(part, truth(part), strict=True) if c is True])


def limited(offset: int, length: int) -> Callable[[Parts], Parts]:
    """LIMIT and OFFSET count along the order, across partitions."""

    def apply(parts: Parts) -> Parts:
        kept_rows = {id(row) for row in [row for part in parts for row in part][offset : offset + length]}
        return [[row for row in part if id(row) in kept_rows] for part in parts]

    return apply


def run_columns(text: str, name: str, starts: Callable[[list[Row]], list[bool]], least: int) -> Step:
    """GROUP ORDERED … ALL ROWS PER RUN, with the run's length and FIRST."""

    def apply(part: list[Row]) -> list[Row]:
        out = []
        for run in groups.runs(starts(part)):
            rows = [part[i] for i in run]
            if len(rows) >= least:
                out.extend({**row, name: len(rows), name + "f": rows[0]["n"]} for row in rows)
        return out

    return Step(
        name,
        lambda sql: (
            f"SELECT *, COUNT(*) AS {name}, FIRST(n) AS {name}f FROM ({sql}) AS q"
            f" GROUP ORDERED {text} ALL ROWS PER RUN HAVING COUNT(*) >= {least}"
        ),
        per_part(apply),
        causal=False,
    )


def one_row(pipe: Pipeline, text: str, name: str, starts: Callable[[list[Row]], list[bool]], c: str) -> Step:
    """GROUP ORDERED … ONE ROW PER RUN: the first row's columns and two aggregates."""
    columns = list(pipe.columns)

    def apply(part: list[Row]) -> list[Row]:
        out = []
        for run in groups.runs(starts(part)):
            rows = [part[i] for i in run]
            total = groups.agg_sum([row[c] for row in rows])
            out.append({**rows[0], name: len(rows), name + "s": total})
        return out

    firsts = ", ".join(f"FIRST({x}) AS {x}" for x in columns)
    return Step(
        name,
        lambda sql: f"SELECT {firsts}, COUNT(*) AS {name}, SUM({c}) AS {name}s FROM ({sql}) AS q GROUP ORDERED {text}",
        per_part(apply),
        causal=False,
    )


def linked(pipe: Pipeline, name: str, kind: str, c: str) -> Step:
    """LINK to the dimension."""
    columns = list(pipe.columns)

    def apply(part: list[Row]) -> list[Row]:
        pairs = joins.link(part, DIM_ROWS, [(c, "id")], kind)
        return [{**a, name: None if b is None else b["lab"]} for a, b in pairs if a is not None]

    def python(t: Any, dim: Any) -> Any:
        both = t.link(dim, on=lambda a, b: a[c] == b.id, as_=f"lk_{name}", join_type=kind)
        return both.select(*columns, **{name: lambda r: r[f"lk_{name}_lab"]})

    return Step(
        name,
        lambda sql: f"SELECT q.*, lk.lab AS {name} FROM ({sql}) AS q {kind.upper()} LINK dim AS lk ON q.{c} = lk.id",
        per_part(apply),
        python,
    )


KINDS = ["filter", "derive", "call", "call", "call", "qualify", "limit", "link", "all_rows", "one_row", "reorder"]


@st.composite
def pipelines(draw: st.DrawFn, kinds: list[str] = KINDS, longest: int = 6) -> Pipeline:
    """One to `longest` steps over an order."""
    keys, partition = draw(orders())
    pipe = Pipeline(keys, partition)
    for number in range(draw(st.integers(1, longest))):
        name = f"c{number}"
        kind = draw(st.sampled_from(kinds))
        c = draw(st.sampled_from(pipe.ints))
        if kind == "filter":
            text, truth, python = draw(conditions(pipe))
            step = Step(
                name,
                lambda sql, text=text: f"SELECT * FROM ({sql}) AS q WHERE {text}",
                kept(truth),
                lambda t, dim, python=python: t.filter(python),
            )
        elif kind == "derive":
            m = draw(st.integers(-3, 3))
            step = derive(
                name,
                f"{c} * 2 + {m}",
                lambda part, c=c, m=m: places.each(lambda v: v * 2 + m, col(part, c)),
                lambda r, c=c, m=m: r[c] * 2 + m,
                True,
            )
        elif kind == "call":
            step = derive(name, *draw(sequence_calls(pipe)))
        elif kind == "qualify":
            text, answer, python, causal = draw(sequence_calls(pipe))
            m = draw(st.integers(-1, 3))
            step = Step(
                name,
                lambda sql, text=text, m=m: f"SELECT * FROM ({sql}) AS q QUALIFY {text} >= {m}",
                kept(lambda part, answer=answer, m=m: places.each(lambda v: v >= m, answer(part))),
                None if python is None else lambda t, dim, python=python, m=m: t.filter(lambda r: python(r) >= m),
                causal,
            )
        elif kind == "limit":
            offset, length = draw(st.sampled_from([(0, 3), (1, 5), (2, 100), (0, 0), (7, 7)]))
            text = f"LIMIT {length}" + (f" OFFSET {offset}" if offset else "")
            step = Step(
                name,
                lambda sql, text=text: f"SELECT * FROM ({sql}) AS q {text}",
                limited(offset, length),
                lambda t, dim, offset=offset, length=length: t.slice(offset, length),
            )
        elif kind == "link":
            step = linked(pipe, name, draw(st.sampled_from(["inner", "left"])), c)
        elif kind == "reorder":
            again, parts_by = draw(orders())
            step = Step(
                name,
                lambda sql, again=again, parts_by=parts_by: f"SELECT * FROM ({sql}) AS q {ordered_by(again, parts_by)}",
                lambda parts, again=again, parts_by=parts_by: order.ordered(
                    [row for part in parts for row in part], again, parts_by
                ),
                lambda t, dim, again=again, parts_by=parts_by: sorted_by(t, again, parts_by),
                causal=False,
            )
        else:
            if draw(st.booleans()):
                by = draw(st.sampled_from([["s"], ["b"], ["f"], ["p", "b"], [c]]))
                text = "BY " + ", ".join(by)
                starts = lambda part, by=by: places.starts_by([tuple(r[k] for k in by) for r in part])  # noqa: E731
            else:
                condition, truth, _ = draw(conditions(pipe))
                text = f"WHEN {condition}"
                starts = lambda part, truth=truth: places.starts_when(truth(part))  # noqa: E731
            if kind == "all_rows":
                step = run_columns(text, name, starts, draw(st.integers(1, 2)))
                pipe.columns.append(name + "f")
            else:
                step = one_row(pipe, text, name, starts, c)
                pipe.columns.append(name + "s")
        pipe.steps.append(step)
        if kind in ("derive", "call", "link", "all_rows", "one_row"):
            at = len(pipe.columns) - (1 if kind in ("all_rows", "one_row") else 0)
            pipe.columns.insert(at, name)
            pipe.ints = [*pipe.ints, name]
    return pipe
