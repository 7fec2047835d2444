"""Tables that are hard on an engine: sizes about the batch's, ties, NULL, NaN, −0.0, extremes, time zones, chunks."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from .harness import cells, cut

# A few seconds before Berlin's clocks went forward in 2024 (01:00 UTC), and before they went back.
SPRING = int(dt.datetime(2024, 3, 31, 1, tzinfo=dt.timezone.utc).timestamp()) - 4
AUTUMN = int(dt.datetime(2024, 10, 27, 1, tzinfo=dt.timezone.utc).timestamp()) - 4

# About the batch sizes that the tests configure: 0, 1, 2, 7, each ±1.
SIZES = [0, 1, 2, 3, 6, 7, 8, 9, 13, 15, 30]
LARGE = [100, 300]

SMALL_INTS = [0, 1, 2, 3, -1, 5, 9, -4]
WILD_INTS = [0, 1, -1, 2**53 - 1, 2**53, 2**53 + 1, 2**62, -(2**62), 2**63 - 1, -(2**63)]
MODEST_INTS = [0, 1, -1, 7, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1]
QUARTERS = [n / 4 for n in (0, 4, 1, -3, 10, 22, -40, 7, 15)]
FINITE = [0.0, 1.0, -0.0, 0.1, -2.5, 1e16, -1e16, 1e20, 2.0**53, 2.0**53 + 2, 3.75, 1 / 3]
WILD_FLOATS = [*FINITE, 1e-300, math.inf, -math.inf, math.nan]
STRINGS = ["a", "b", "", "ab", "B", "é", "z\x00", "日本", "a b"]
DECIMALS = [Decimal(n) / 100 for n in (0, 100, -250, 7, 499, 33, -1)]
WIDE_DECIMALS = [Decimal(n) for n in (0, 1, -1, 10**30, -(10**30), 10**30 + 1)]

TIME_TYPES = [
    pa.timestamp("us"),
    pa.timestamp("us", "Europe/Berlin"),
    pa.timestamp("ns", "America/New_York"),
    pa.timestamp("ms"),
    pa.timestamp("s", "UTC"),
    pa.timestamp("ns"),
]
STRING_TYPES = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
PARTITIONS_OF = [["a", "b", "c"], ["a"] * 9 + ["b"], [None], ["a", None], ["a", "b", None, "b"]]


def with_nulls(pool: list[Any], one_in: int) -> list[Any]:
    """The pool, and NULL about once in so many (never for 0)."""
    if not one_in:
        return pool
    copies = max(1, len(pool) // one_in)
    return [*pool, *[None] * copies]


@st.composite
def tables(
    draw: st.DrawFn,
    sizes: list[int] | None = None,
    plain: bool = False,
    large: bool = False,
    key_nulls: bool = True,
) -> pa.Table:
    """Columns: n row number, p partition; k integer, ts time, f float key; s text; i small, m modest, w wild integers;
    x exact, z finite, y wild floats; d, e decimals; b booleans.

    plain: what any file format and any other engine can hold.
    """
    rows = draw(st.sampled_from(sizes or SIZES + (LARGE if large else [])))

    def column(pool: list[Any], kind: pa.DataType, one_in: int = 4) -> pa.Array:
        pool = with_nulls(pool, one_in)
        # One byte per cell: quick to draw, and shrinks to the head of the pool.
        items = [pool[byte % len(pool)] for byte in draw(st.binary(min_size=rows, max_size=rows))]
        if pa.types.is_dictionary(kind):
            return pa.array(items, kind.value_type).dictionary_encode()
        return pa.array(items, kind)

    nulls = draw(st.sampled_from([0, 3, 8])) if key_nulls else 0
    string_type = pa.string() if plain else draw(st.sampled_from(STRING_TYPES))
    time_type = pa.timestamp("us") if plain else draw(st.sampled_from(TIME_TYPES))
    start = draw(st.sampled_from([0, SPRING, AUTUMN]))
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[time_type.unit]
    moments = [(start + s) * scale for s in range(12)]
    data = {
        "n": pa.array(range(rows), pa.int64()),
        "p": column(draw(st.sampled_from(PARTITIONS_OF)), pa.string(), 0),
        "k": column(SMALL_INTS, pa.int64(), nulls),
        "ts": column(moments, pa.int64(), nulls).cast(time_type),
        "f": column([0.0, -0.0, 1.5, -2.0] if plain else WILD_FLOATS, pa.float64(), nulls),
        "s": column(["a", "b", "ab", "B", "é", "a b"] if plain else STRINGS, string_type),
        "i": column(SMALL_INTS, pa.int64()),
        "m": column(MODEST_INTS, pa.int64()),
        "w": column(WILD_INTS, pa.int64()),
        "x": column(QUARTERS, pa.float64()),
        "z": column(FINITE, pa.float64()),
        "y": column(FINITE if plain else WILD_FLOATS, pa.float64()),
        "d": column(DECIMALS, pa.decimal128(12, 2)),
        "e": column(WIDE_DECIMALS, pa.decimal128(38, 0)),
        "b": column([True, False], pa.bool_()),
    }
    whole = pa.table(data)
    if plain:
        return whole
    return cut(whole, draw(st.lists(st.integers(0, 4), max_size=6)))


def row_dicts(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as the reference has them."""
    columns = {name: cells(table.column(name)) for name in table.column_names}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
