"""One question, one engine, one process: prints seconds, peak memory and the answer as JSON.

`worker.py ENGINE CASE LAYOUT FILE` with ENGINE one of ltseq, duckdb, duckdb*, datafusion, polars, polars*.
The process keeps to one core; peak memory is VmHWM, of which the imports alone are reported too.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

# Short questions are repeated, at most this often and this long; the first run then only warms up.
REPEATS = 5
SECONDS = 3.0


def main() -> None:
    """Runs the question that the arguments name."""
    engine, name, layout, file = sys.argv[1:]
    os.environ["POLARS_MAX_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    from cases import cases

    case = next(case for case in cases() if (case.name, case.layout) == (name, layout))
    prepare = {"ltseq": _ltseq, "duckdb": _duckdb, "datafusion": _datafusion, "polars": _polars}[engine.rstrip("*")]
    run, plan = prepare(case, engine, file)
    before = _peak()
    times = []
    while len(times) < REPEATS and sum(times) < SECONDS:
        seconds, answer = _time(run)
        times.append(seconds)
    result = {
        "seconds": statistics.median(times[1:] or times),
        "peak": _peak(),
        "before": before,
        "answer": answer,
        "plan": plan,
    }
    print(json.dumps(result, default=str))


def _time(run: Callable[[], Any]) -> tuple[float, list[Any]]:
    start = time.perf_counter()
    answer = run()
    return time.perf_counter() - start, list(answer)


def _peak() -> int:
    """Peak resident memory of this process in MB; 0 where the system does not say."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return 0


def _ltseq(case: Any, engine: str, file: str) -> tuple[Callable[[], Any], str]:
    import ltseq_dbapi

    connection = ltseq_dbapi.connect(datafusion__execution__target_partitions=1)
    order = "ORDERED BY ts" + (" PARTITION BY sym" if case.layout == "sym_ts" else "")
    # Declared, not assumed: the time that checking takes is in the numbers.
    connection.execute(f"CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{file}' {order}")
    plan = "\n".join(str(row[-1]) for row in connection.execute(f"EXPLAIN {case.ltseq}").fetchall())
    return lambda: connection.execute(case.ltseq).fetchone(), plan


def _duckdb(case: Any, engine: str, file: str) -> tuple[Callable[[], Any], str]:
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"CREATE VIEW t AS SELECT * FROM read_parquet('{file}')")
    return lambda: connection.execute(case.standard[engine]).fetchone(), ""


def _datafusion(case: Any, engine: str, file: str) -> tuple[Callable[[], Any], str]:
    from datafusion import SessionConfig, SessionContext

    context = SessionContext(SessionConfig().with_target_partitions(1))
    # The file's order is told to stock too, so that it need not sort.
    order = "ts" if case.layout == "ts" else "sym, ts"
    context.sql(f"CREATE EXTERNAL TABLE t STORED AS PARQUET WITH ORDER ({order}) LOCATION '{file}'")
    return lambda: context.sql(case.standard[engine]).to_arrow_table().to_pylist()[0].values(), ""


def _polars(case: Any, engine: str, file: str) -> tuple[Callable[[], Any], str]:
    import polars

    return lambda: case.polars[engine](polars.scan_parquet(file), polars).collect().row(0), ""


if __name__ == "__main__":
    main()
