"""Conditions of two tables: `lambda a, b: (a.x == b.y) & …`, names, and what each side names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from . import capture
from .check import check
from .core import TableCore
from .errors import kind_of
from .exceptions import ArgumentError, JoinConditionError
from .expr.build import call
from .expr.nodes import CallExpr, ColumnExpr, Expr
from .expr.walk import nodes

# The comparison that says the same with its sides swapped.
SWAPPED = {"eq": "eq", "ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}


class Pair(NamedTuple):
    """A comparison with the left table's expression on the left."""

    op: str
    left: Expr
    right: Expr


def pairs(
    left: TableCore, right: TableCore, on: Any, left_on: Any = None, right_on: Any = None, *, what: str = "on"
) -> list[Pair]:
    """The comparisons of a condition, in the order written: equalities for names and lists of names.

    `what`: the parameter that `on` was given as.
    A condition that is not made of comparisons of the two tables: JoinConditionError.
    """
    if on is not None and (left_on is not None or right_on is not None):
        raise ArgumentError("give either on, or left_on and right_on")
    if on is None and (left_on is None or right_on is None):
        raise ArgumentError("give on, or both left_on and right_on")
    if on is not None and capture.is_lambda(on):
        return _of_lambda(left, right, on)
    lefts = _names(left, on if on is not None else left_on, what if on is not None else "left_on", "left")
    rights = _names(right, on if on is not None else right_on, what if on is not None else "right_on", "right")
    if len(lefts) != len(rights):
        raise ArgumentError(f"left_on names {len(lefts)} columns and right_on {len(rights)}")
    return [Pair("eq", a, b) for a, b in zip(lefts, rights, strict=True)]


def _names(table: TableCore, given: Any, what: str, side: str) -> list[Expr]:
    listed = given if isinstance(given, (list, tuple)) else [given]
    if not listed:
        raise JoinConditionError(f"Invalid join condition: {what} names no column")
    row = table._row(side)
    for name in listed:
        if not isinstance(name, str):
            kinds = "str or a list of str" if what.endswith("_on") else "str or callable, or a list of str"
            raise ArgumentError(f"{what} must be {kinds}, not {kind_of(name)}")
    return [row[name] for name in listed]


def _of_lambda(left: TableCore, right: TableCore, on: Any) -> list[Pair]:
    try:
        made = capture.run(on, left._row("left"), right._row("right"))
    except JoinConditionError:
        raise
    except ArgumentError as error:
        raise JoinConditionError(f"Invalid join condition: {error}") from None
    if not isinstance(made, Expr):
        raise JoinConditionError(
            f"Invalid join condition: the callable must give comparisons such as `a.id == b.id`, not {kind_of(made)}"
        )
    found = [_pair(term) for term in _terms(made.unaliased())]
    for pair in found:
        _check(pair.left, left)
        _check(pair.right, right)
    return found


def _check(expr: Expr, table: TableCore) -> None:
    """`check` of one side; what may not stand in an expression over rows makes no condition."""
    try:
        check(_unsided(expr), table)
    except JoinConditionError:
        raise
    except ArgumentError as error:
        raise JoinConditionError(f"Invalid join condition: {error}") from None


def _terms(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, CallExpr) and expr.func == "and":
        for arg in expr.args:
            yield from _terms(arg)
    else:
        yield expr


def _pair(term: Expr) -> Pair:
    if not isinstance(term, CallExpr) or term.func not in SWAPPED:
        raise JoinConditionError(
            f"Invalid join condition: {term.describe()} is no comparison; write equalities joined by &, "
            "such as `(a.id == b.id) & (a.day == b.day)`"
        )
    first, second = term.args
    sides = (_sides(first), _sides(second))
    if sides == ({"left"}, {"right"}):
        return Pair(term.func, first, second)
    if sides == ({"right"}, {"left"}):
        return Pair(SWAPPED[term.func], second, first)
    raise JoinConditionError(
        "Invalid join condition: each comparison must have a column of one table on one side "
        "and a column of the other table on the other side"
    )


def _sides(expr: Expr) -> set[str | None]:
    """The tables it reads; a name without one, as in `.over("k")`, belongs to that of its neighbours."""
    found = {node.side for node in nodes(expr) if isinstance(node, ColumnExpr)}
    return found - {None} or found


def _unsided(expr: Expr) -> Expr:
    """The expression as one over its own table alone."""
    if isinstance(expr, ColumnExpr):
        return ColumnExpr(expr.name)
    if isinstance(expr, CallExpr):
        return CallExpr(expr.func, [_unsided(arg) for arg in expr.args], expr.kwargs)
    return expr


def equalities(found: list[Pair]) -> Expr:
    """The pairs, all of them equalities, as one condition."""
    for pair in found:
        if pair.op != "eq":
            raise JoinConditionError("Invalid join condition: this join takes equalities only (==, joined by &)")
    first, *rest = [call("eq", pair.left, pair.right) for pair in found]
    for condition in rest:
        first = call("and", first, condition)
    return first


def plain_names(found: list[Pair]) -> tuple[list[str | None], list[str | None]]:
    """The columns' names of each side, None for what is computed."""
    return [_name(pair.left) for pair in found], [_name(pair.right) for pair in found]


def _name(expr: Expr) -> str | None:
    return expr.name if isinstance(expr, ColumnExpr) else None
