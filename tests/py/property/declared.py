"""Declared orders, true and false: 200 of each, seeded, of every kind the contract names."""

from __future__ import annotations

import datetime as dt
import math
import random
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from .harness import SOURCES
from .reference.order import Key, first_violation, ordered
from .tables import AUTUMN

KINDS = [
    "first_row",
    "last_row",
    "batch_seam",
    "file_seam",
    "tie",
    "null",
    "nan",
    "desc",
    "time_zone",
    "string",
    "multi_key",
    "partition",
    "negative_zero",
]


@dataclass
class Declared:
    """A table and the order it claims."""

    kind: str
    seed: int
    table: pa.Table
    keys: list[Key]
    partition: list[str]
    source: str
    seams: list[int]
    # The first row that is out of order, from 1; None where all is true.
    bad: int | None

    @property
    def clause(self) -> str:
        """ORDERED BY … PARTITION BY …"""
        text = "ORDERED BY " + ", ".join(k.sql() for k in self.keys)
        return text + (" PARTITION BY " + ", ".join(self.partition) if self.partition else "")

    def file_of_bad(self) -> tuple[int, int]:
        """Index of the file, and the row in it, from 1."""
        assert self.bad is not None
        edges = [0, *self.seams]
        file = max(i for i, edge in enumerate(edges) if edge < self.bad)
        # An empty file has no rows: the row is in the last file that begins before it.
        return file, self.bad - edges[file]

    def __repr__(self) -> str:
        return f"{self.kind}-{self.seed}-{self.source}"


ROWS = 40


def columns_for(kind: str, rng: random.Random) -> tuple[dict[str, tuple[pa.DataType, Any]], list[Key], list[str]]:
    """Types and how to draw a value, keys, partition."""
    ints = pa.int64(), lambda: rng.randrange(-20, 20)
    few = pa.int64(), lambda: rng.randrange(3)
    moments = (
        pa.timestamp("us", "Europe/Berlin"),
        lambda: dt.datetime.fromtimestamp(AUTUMN + rng.randrange(0, 7200, 300), dt.timezone.utc),
    )
    match kind:
        case "tie":
            return {"k": few}, [Key("k", rng.random() < 0.3)], []
        case "null":
            nullable = pa.int64(), lambda: rng.choice([None, 1, 2, 3, 4])
            return {"k": nullable}, [Key("k", rng.random() < 0.5, rng.choice([None, True, False]))], []
        case "nan":
            floats = pa.float64(), lambda: rng.choice([math.nan, math.inf, -math.inf, 1.5, -2.0, None])
            return {"k": floats}, [Key("k", rng.random() < 0.5)], []
        case "negative_zero":
            zeros = pa.float64(), lambda: rng.choice([0.0, -0.0, 1.0, -1.0])
            return {"k": zeros, "j": ints}, [Key("k"), Key("j", rng.random() < 0.5)], []
        case "desc":
            return {"k": ints}, [Key("k", True)], []
        case "time_zone":
            return {"k": moments}, [Key("k", rng.random() < 0.3)], []
        case "string":
            words = ["", "a", "A", "aa", "b", "é", "日", "z", "Z", "_"]
            return {"k": (pa.string(), lambda: rng.choice(words))}, [Key("k", rng.random() < 0.3)], []
        case "multi_key":
            return {"k": few, "j": ints}, [Key("k", rng.random() < 0.5), Key("j", rng.random() < 0.5)], []
        case "partition":
            names = pa.string(), lambda: rng.choice(["a", "b", "c", None])
            return {"p": names, "k": ints}, [Key("k", rng.random() < 0.3)], ["p"]
    return {"k": ints}, [Key("k")], []


def declared(kind: str, seed: int, true: bool) -> Declared:
    """A table in its declared order, and with one row out of place unless `true`."""
    rng = random.Random(f"{kind}-{seed}")
    columns, keys, partition = columns_for(kind, rng)
    sources = ["eight_parquet"] if kind == "file_seam" else list(SOURCES)
    if kind in ("time_zone", "string", "null"):
        sources.remove("csv")  # CSV has neither a zone nor an empty string beside NULL
    source = rng.choice(sources)
    while True:
        raw = [{name: draw() for name, (_, draw) in columns.items()} for _ in range(ROWS)]
        rows = [row for part in ordered(raw, keys, partition) for row in part]
        seams = sorted(rng.sample(range(1, ROWS), 7)) if source == "eight_parquet" else []
        if not true:
            broken = break_at(kind, rng, rows, keys, partition, seams)
            if broken is None:
                continue
            rows = broken
        break
    for i, row in enumerate(rows):
        row["v"] = i
    schema = pa.schema([(name, kind_) for name, (kind_, _) in columns.items()] + [("v", pa.int64())])
    table = pa.table({f.name: pa.array([r[f.name] for r in rows], f.type) for f in schema}, schema=schema)
    return Declared(kind, seed, table, keys, partition, source, seams, first_violation(rows, keys, partition))


def break_at(
    kind: str, rng: random.Random, rows: list[dict[str, Any]], keys: list[Key], partition: list[str], seams: list[int]
) -> list[dict[str, Any]] | None:
    """One row moved so that the order breaks where the kind says; None where that did not come about."""
    rows = list(rows)
    match kind:
        case "first_row":
            rows.insert(0, rows.pop())
            want = {2}
        case "last_row":
            rows.append(rows.pop(rng.randrange(3)))
            want = {len(rows)}
        case "batch_seam":
            # Batches of 7 rows.
            at = rng.choice([7, 14, 21, 28, 35])
            rows.insert(at, rows.pop(rng.randrange(at)))
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
            want = {at + 1, at}
        case "file_seam":
            at = rng.choice(seams)
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
            want = {at + 1}
        case _:
            a, b = sorted(rng.sample(range(len(rows)), 2))
            rows[a], rows[b] = rows[b], rows[a]
            want = set(range(1, len(rows) + 1))
    found = first_violation(rows, keys, partition)
    return rows if found in want else None


CASES = [(kind, seed) for seed in range(17) for kind in KINDS][:200]
