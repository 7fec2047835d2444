"""Questions about what an expression is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import kinds
from .nodes import CallExpr, ColumnExpr, Expr


def nodes(expr: Expr) -> Iterator[Expr]:
    """The expression and everything it is made of."""
    yield expr
    for child in expr.children():
        yield from nodes(child)


def column_names(expr: Expr, side: str | None = None) -> list[str]:
    """The names of its columns, in the order they stand; `side`: not those of the other one of two tables."""
    columns = [node for node in nodes(expr) if isinstance(node, ColumnExpr)]
    return [node.name for node in columns if side is None or node.side in {None, side}]


def call_of(expr: Expr, *kind: str) -> CallExpr | None:
    """The first call in it of one of these kinds of function."""
    return next((node for node in nodes(expr) if isinstance(node, CallExpr) and node.function.kind in kind), None)


def reads_neighbours(expr: Expr) -> bool:
    """True where a sequence or window function stands in it."""
    return call_of(expr, kinds.SEQUENCE, kinds.WINDOW) is not None


def exprs_in(value: Any) -> Iterator[Expr]:
    """All expressions of a payload, by depth."""
    if isinstance(value, Expr):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from exprs_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from exprs_in(item)
