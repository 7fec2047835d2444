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
    grouped = " GROUP " in sql or "MIN(n) AS f" in sql
    rules = {
        "F6": grouped and _found(r"\b(MIN|MAX)\(y\)", sql),
        "F7": _found(r"\bLAST\(\w+\) FILTER", sql),
        "F16": _found(r"\bARG_M\w+\(\w+, y\)", sql),
        "F10": setting.kernels and sql.count("OVER (PARTITION BY") > 1,
    }
    return next((name for name, hit in rules.items() if hit), None)


def assume_unknown(sql: str, setting: Setting) -> None:
    """Leaves the example to its seed."""
    assume(known(sql, setting) is None)
