"""Ordered Parquet files for the benchmarks: deterministic, written in pieces, kept under bench/data.

Both files have `sym` (1,000 symbols), `ts` (microseconds) and `px` (two decimals, never negative):

    sym_ts   ordered by (sym, ts), every symbol equally often
    ts       ordered by ts alone, symbols mixed
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent / "data"
SYMBOLS = 1_000
PIECE = 1_000_000
START = 1_704_067_200_000_000  # 2024-01-01
STEP = 20_000

SCHEMA = pa.schema([("sym", pa.string()), ("ts", pa.timestamp("us")), ("px", pa.float64())])


def path(layout: str, rows: int) -> Path:
    """The file of a layout; made at the first call."""
    file = FOLDER / f"{layout}_{rows}.parquet"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        with pq.ParquetWriter(unfinished, SCHEMA) as writer:
            for piece in _pieces(layout, rows):
                writer.write_table(piece)
        unfinished.rename(file)
    return file


def _pieces(layout: str, rows: int) -> Iterator[pa.Table]:
    per_symbol = max(rows // SYMBOLS, 1)
    names = pa.array([f"S{number:04}" for number in range(SYMBOLS)])
    for start in range(0, rows, PIECE):
        place = np.arange(start, min(start + PIECE, rows))
        # Seeded by the piece, so that every piece is the same however many there are.
        random = np.random.default_rng([20_240_101, layout == "ts", start])
        if layout == "ts":
            symbol, tick = random.integers(0, SYMBOLS, len(place)), place
        else:
            symbol, tick = np.minimum(place // per_symbol, SYMBOLS - 1), place % per_symbol
        ts = START + tick * STEP + random.integers(0, STEP, len(place))
        px = np.round(100 + 5 * np.sin(place / 500) + random.normal(0, 0.5, len(place)), 2)
        yield pa.table(
            [names.take(pa.array(symbol)), pa.array(ts).cast(pa.timestamp("us")), pa.array(px)], schema=SCHEMA
        )
