"""Ten million rows already in order: what sequence functions cost above the scan, beside DataFusion, DuckDB and Polars.

`make bench-kernels` runs it on a release build; `make bench-kernels ARGS="--rows 100000000 --rounds 1"` on more rows.
One core, every measurement in a process of its own, engines in turn, medians over the rounds.
`*` marks queries written by hand against the physical order of the rows.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

import files
from cases import Case, cases

ENGINES = ("ltseq", "datafusion", "duckdb", "duckdb*", "polars", "polars*")
# The promises, all of them about what is spent above the scan: nanoseconds a row, and how many times faster per symbol.
PROMISE = 15
PROMISED_TOGETHER = 25
FASTER = {"polars": 2, "duckdb": 10, "datafusion": 10}

Results = dict[tuple[Case, str], list[dict]]


def main() -> int:
    """Measures, prints, and returns 1 if a plan sorts, answers differ or a promise is broken."""
    options = _options()
    chosen = [case for case in cases() if case.name == "scan" or options.only.lower() in case.name.lower()]
    paths = {layout: files.path(layout, options.rows) for layout in ("ts", "sym_ts")}
    results: Results = {}
    for round_ in range(options.rounds):
        for case in chosen:
            for engine in ENGINES:
                if engine.rstrip("*") in options.engines and (engine == "ltseq" or _has(case, engine)):
                    _progress(f"round {round_ + 1}/{options.rounds}  {case.name} ({case.layout})  {engine}")
                    results.setdefault((case, engine), []).append(_measure(case, engine, paths[case.layout]))
    _progress("")
    faults = _report(results, options.rows)
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", default=["ltseq", "datafusion", "duckdb", "polars"])
    parser.add_argument("--only", default="", help="cases whose name contains this text; scans always run")
    return parser.parse_args()


def _has(case: Case, engine: str) -> bool:
    return engine in case.standard or engine in case.polars


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="", file=sys.stderr, flush=True)


def _measure(case: Case, engine: str, file: Path) -> dict:
    worker = Path(__file__).parent / "worker.py"
    command = [sys.executable, str(worker), engine, case.name, case.layout, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]}
    return json.loads(done.stdout)


def _report(results: Results, rows: int) -> list[str]:
    """Prints a table per layout; gives what went against the promises."""
    faults: list[str] = []
    engines = [engine for engine in ENGINES if any(engine == of for _, of in results)]
    for layout, title in (("ts", "alone, ordered by ts"), ("sym_ts", "per symbol, ordered by (sym, ts)")):
        print(f"\n{rows:,} rows, {title}: ns a row above the scan / peak MB; scan: ms")
        print(f"{'':20}" + "".join(f"{engine:>18}" for engine in engines))
        for case in dict.fromkeys(case for case, _ in results if case.layout == layout):
            cells = [_cell(results, case, engine, rows) for engine in engines]
            print(f"{case.name:20}" + "".join(f"{cell:>18}" for cell in cells))
            faults += _faults(results, case, rows)
    return faults


def _median(results: Results, case: Case, engine: str) -> float | None:
    runs = [run["seconds"] for run in results.get((case, engine), []) if "seconds" in run]
    return statistics.median(runs) if runs else None


def _above_scan(results: Results, case: Case, engine: str, rows: int) -> float | None:
    """Nanoseconds a row above the same engine's scan of the same file."""
    scan = next(of for of, _ in results if of.name == "scan" and of.layout == case.layout)
    seconds, base = _median(results, case, engine), _median(results, scan, engine.rstrip("*"))
    return None if seconds is None or base is None else (seconds - base) / rows * 1e9


def _cell(results: Results, case: Case, engine: str, rows: int) -> str:
    runs = results.get((case, engine))
    if not runs:
        return "–"
    seconds = _median(results, case, engine)
    if seconds is None:
        return "error"
    peak = statistics.median(run["peak"] for run in runs if "peak" in run)
    cost = f"{seconds * 1e3:.0f} ms" if case.name == "scan" else f"{_above_scan(results, case, engine, rows):.1f}"
    return f"{cost} / {peak:.0f}"


def _faults(results: Results, case: Case, rows: int) -> list[str]:
    where = f"{case.name} ({case.layout})"
    faults = [
        f"{where}: {engine}: {run['error']}"
        for (of, engine), runs in results.items()
        if of is case
        for run in runs
        if "error" in run
    ]
    ours = [run for run in results.get((case, "ltseq"), []) if "answer" in run]
    if ours and "SortExec" in ours[0]["plan"]:
        faults.append(f"{where}: the plan sorts")
    faults += [f"{where}: {fault}" for fault in _broken(results, case, rows)]
    for engine in ENGINES[1:]:
        theirs = [run for run in results.get((case, engine), []) if "answer" in run]
        if ours and theirs and not _agree(ours[0]["answer"], theirs[0]["answer"], case):
            faults.append(f"{where}: {engine} answers {theirs[0]['answer']}, ltseq {ours[0]['answer']}")
    return faults


def _broken(results: Results, case: Case, rows: int) -> list[str]:
    """The promises that a case does not keep."""
    cost = _above_scan(results, case, "ltseq", rows)
    if cost is None or case.name == "scan":
        return []
    promise = PROMISED_TOGETHER if case.name == "four fused" else PROMISE
    broken = [f"{cost:.1f} ns a row above the scan, {promise} promised"] if cost >= promise else []
    for engine, times in FASTER.items() if case.layout == "sym_ts" else ():
        theirs = _above_scan(results, case, engine, rows)
        if theirs is not None and theirs < times * cost:
            broken.append(f"{theirs / cost:.1f} times as fast as {engine}, {times} promised")
    return broken


def _agree(ours: list, theirs: list, case: Case) -> bool:
    """Sums agree up to rounding; where a window has to fill first, up to the rows that DuckDB answers early."""
    tolerance = 0.02 if "ROLLING" in case.name or case.name == "four fused" else 1e-6
    if len(ours) != len(theirs):
        return False
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if isinstance(a, (int, float))]
    return all(math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-2) for a, b in pairs)


if __name__ == "__main__":
    sys.exit(main())
