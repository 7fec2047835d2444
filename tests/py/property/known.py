"""Differences that are known and not yet repaired: the random tests step round them, test_seeds.py holds each.

An entry goes when its seed passes (the `xfail` there is strict and says so).
"""

from __future__ import annotations

import re

from hypothesis import assume

from .harness import Setting


def _found(pattern: str, sql: str) -> bool:
    return re.search(pattern, sql) is not None


def known(sql: str, setting: Setting) -> str | None:
    """Which seed this question may run into."""
    lowered = not setting.kernels
    grouped = " GROUP " in sql or "MIN(n) AS f" in sql
    rules = {
        "F4": lowered and _found(r"SHIFT\(\w+, -[2-9]\d*\) IGNORE NULLS", sql),
        "F6": grouped and _found(r"\b(MIN|MAX)\(y\)", sql),
        "F7": _found(r"\bLAST\(\w+\) FILTER", sql),
        "F9": "LIMIT" in sql and "OVER (" in sql,
        "F10": not lowered and sql.count("OVER (PARTITION BY") > 1,
        "F11": lowered and setting.partitions > 1 and "LIMIT" in sql,
    }
    return next((name for name, hit in rules.items() if hit), None)


def assume_unknown(sql: str, setting: Setting) -> None:
    """Leaves the example to its seed."""
    assume(known(sql, setting) is None)
