"""The reference page `docs/functions.md`: every function with its rules, and what its example gives."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from . import display, expr
from ._gen import Entry, default_of, has_method, python_example, registry
from ._native import Engine
from .exceptions import LTSeqError
from .table import LTSeq
from .types import is_number

ROWS = """\
  (1, TIMESTAMP '2024-03-01 09:30:00', 'A', 1.0),
  (2, TIMESTAMP '2024-03-01 09:31:00', 'A', 3.0),
  (3, TIMESTAMP '2024-03-01 09:32:00', 'B', NULL),
  (4, TIMESTAMP '2024-03-01 09:35:00', 'B', 2.0),
  (5, TIMESTAMP '2024-03-01 09:36:00', 'B', 4.0),
  (6, TIMESTAMP '2024-03-01 09:39:00', 'A', 5.0)"""
SETUP = f"CREATE TABLE ticks AS SELECT * FROM (VALUES\n{ROWS}\n) AS t (ts, at, sym, px)"

INTRODUCTION = f"""\
# Functions

`make gen` writes this page from the function registry; what an example gives was computed by the engine.
The examples read this table:

```sql
{SETUP};
SELECT * FROM ticks
```

```text
{{ticks}}
```

In Python, `ticks` is that table in the order of `ts`: `ltseq.sql("SELECT * FROM ticks ORDERED BY ts")`.
A sequence function is a method on its first argument (`r.px.shift()`) and a function of the package (`shift(r.px)`).
"""

SEQUENCE = """\
# Sequence functions

They read neighbouring rows along the order of their block (`ORDERED BY`, `t.sort(…)`) and restart at each partition.
`OVER (PARTITION BY …)`, in Python `partition_by=`, replaces the partition; `OVER (… ORDER BY …)`, in Python
`.over(order_by=…)`, the order too. They nest, and may stand wherever an expression may, but for WHERE, HAVING, ON
and the keys of ORDERED BY; QUALIFY filters by them.
"""

AGGREGATE = """\
# Aggregates that follow the order

They take the rows of their group in the order of the block.
"""

GROUPS = {
    "operator": ("Operators", "Of columns and plain values, in lambdas. In SQL `/` and `%` are SQL's."),
    "scalar": ("Functions of one row", "NULL where an argument is, unless said."),
    "text": ("Text", "Behind `.s`; they count characters, never bytes. NULL where an argument is, unless said."),
    "temporal": ("Dates and times", "Behind `.dt`, in the column's own zone. NULL where an argument is."),
    "aggregate": (
        "Aggregates",
        "They skip NULL. `g` is the group of `agg`; the values are those of the three runs of `sym`.",
    ),
    "window": ("Ranks", "Along the order, from 1."),
}


def page() -> str:
    """The whole page."""
    described = registry()
    engine = Engine()
    engine.execute(SETUP)
    parts = [INTRODUCTION.format(ticks=box(engine, "SELECT * FROM ticks"))]
    for kind, introduction in (("sequence", SEQUENCE), ("aggregate", AGGREGATE)):
        parts.append(introduction)
        parts += [section(entry, engine) for entry in described["functions"] if entry["kind"] == kind]
    ticks = table(engine)
    known = [entry for entry in described["methods"] if entry["kind"] in GROUPS]
    for kind, methods in groupby(sorted(known, key=lambda m: list(GROUPS).index(m["kind"])), key=lambda m: m["kind"]):
        title, introduction = GROUPS[kind]
        parts.append(f"# {title}\n\n{introduction}\n\n{rows(list(methods), ticks)}\n")
    return "\n".join(parts)


def table(engine: Engine) -> LTSeq:
    """`ticks` in the order of ts, as the Python examples have it."""
    return LTSeq.from_arrow(engine.execute("SELECT * FROM ticks")).sort("ts")


def box(engine: Engine, query: str) -> str:
    """What a query gives, as `show` draws it."""
    result = engine.execute(query)
    names, kinds, _ = zip(*result.schema(), strict=True)
    stream = result.stream()
    found: list[Sequence[object]] = []
    while stream is not None and (batch := stream.next()) is not None:
        found += batch.rows()
    return display.box(names, found, [is_number(kind) for kind in kinds])


def section(entry: Entry, engine: Engine) -> str:
    """One function: signatures, what it does, type, rule, example."""
    lines = [
        f"## {entry['name']}",
        "",
        entry["summary"],
        "",
        "| | |",
        "|---|---|",
        f"| SQL | `{sql_signature(entry)}` |",
        f"| Python | `{python_signature(entry)}` |",
        f"| Gives | {entry['returns']} |",
        f"| Rule | {entry['rule']} |",
        f"| Order | {'needed' if entry['needs_order'] else 'source order where none is declared'} |",
        "",
        f"```sql\n{entry['example']}\n```",
        "",
        f"```text\n{box(engine, entry['example'])}\n```",
        "",
        f"In Python: `{python_example(entry)}`",
        "",
    ]
    return "\n".join(lines)


def sql_signature(entry: Entry) -> str:
    """`SHIFT(x [, n = 1] [, default = NULL])`."""
    values = entry["values"]
    names = ", ".join(value["name"] for value in values["names"])
    if values["form"] == "repeats":
        names = f"{names}, …" if values["least"] else f"[{names}, …]"
    elif values["form"] == "led":
        names += ", …"
    written = [
        f" [, {option['name']} {'=' if option['positional'] else '=>'} {option['default']}]"
        for option in entry["optional"]
    ]
    return f"{entry['name'].upper()}({names}{''.join(written)})"


def python_signature(entry: Entry) -> str:
    """`x.shift(n=1, default=None, *, partition_by=None, ignore_nulls=False)`, read from the method itself."""
    free = entry["values"]["form"] == "led"
    first = entry["values"]["names"][0]["name"] if has_method(entry) else "x"
    found = inspect.signature(getattr(expr if free else expr.Expr, entry["name"]))
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in found.parameters.items()
        if name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    text = str(inspect.Signature(bare))
    return f"{'' if free else f'{first}.'}{entry['name']}{text}"


def rows(methods: list[Entry], ticks: LTSeq) -> str:
    """A table of methods: an example, what it does, and its value on each row of `ticks`."""
    lines = ["| Example | | On `ticks` |", "|---|---|---|"]
    for method in shown(methods):
        example = method["example"].replace("'", '"')
        summary = method["summary"]
        if defaults := optional(method):
            summary += f" {defaults}"
        lines.append(f"| `{example}` | {summary} | {value_or_gap(method, ticks)} |")
    return "\n".join(escaped(line) for line in lines)


def shown(methods: list[Entry]) -> list[Entry]:
    """Those that the object API has by themselves: the others are parts of verbs."""
    return [method for method in methods if method["example"]]


def escaped(line: str) -> str:
    """The line of a table, in which the operator `|` would end a cell."""
    return line.replace(") | (", ") \\| (")


def optional(method: Entry) -> str:
    """Its optional arguments with their defaults."""
    named = [param for param in method["params"] if param["given"] in ("optional", "keyword") and param["default"]]
    written = ", ".join(f"`{param['name']}={default_of(param)}`" for param in named)
    return f"Optional: {written}." if named else ""


def value_or_gap(method: Entry, ticks: LTSeq) -> str:
    """Its values; a word where the engine has the entry but not yet the function, which the parity test reports."""
    try:
        return values(method, ticks)
    except LTSeqError as error:
        print(f"{method['name']}: {error}", file=sys.stderr)
        return "not there yet"


def values(method: Entry, ticks: LTSeq) -> str:
    """What the example gives: a value per row, or the aggregate's one."""
    scope: dict[str, Any] = {name: getattr(expr, name) for name in expr.__all__}
    if method["kind"] != "aggregate":
        made: Callable[[Any], Any] = eval(f"lambda r: {method['example']}", scope)
        found = ticks.select(value=made)
    else:
        found = ticks.group_ordered("sym").agg(eval(f"lambda g: {{'value': {method['example']}}}", scope))
    return ", ".join(f"`{short(value)}`" for row in found for value in row.values())


def short(value: object) -> str:
    """A value of the tables; six digits, for the last ones of a sine are the machine's."""
    return f"{value:.6g}" if isinstance(value, float) and round(value) != value else display.cell(value)
