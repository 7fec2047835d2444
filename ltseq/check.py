"""What can be known of an expression before the engine sees it: columns, place, order."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from .errors import column_not_found, shallow
from .exceptions import ArgumentError, SortRequiredError
from .expr import kinds
from .expr.nodes import CallExpr, ColumnExpr, Expr

if TYPE_CHECKING:
    from .core import TableCore


class Place(Enum):
    """Where an expression stands, which decides what it may hold."""

    ROW = "one value per row"
    GROUP = "one value per group"
    RUN = "rows of ordered groups"


def check(expr: Expr, table: TableCore, place: Place = Place.ROW, keys: frozenset[str] = frozenset()) -> None:
    """Raises what section 2 says of this expression over this table.

    `keys`: the grouping columns, which an aggregate may name as they are.
    """
    checker = _Checker(table, place, keys)
    with shallow():
        checker.visit(expr, inside=False)
    if checker.unordered is not None:
        if place is Place.ROW:
            table._check_types_as_if_ordered(expr)
        raise sort_required(checker.unordered, table)


def sort_required(what: str, table: TableCore) -> SortRequiredError:
    """The error for a call that needs an order, with the fix."""
    text = f'{what} reads neighbouring rows, and this table has no order: sort it first, as in `t.sort("ts")`'
    text += ', or declare an order that the rows have with `t.assume_sorted("ts")`'
    if table._computed_key is not None:
        text += (
            f". It was sorted by the computed key `{table._computed_key}`, and an order is made of columns: "
            "derive the key as a column and sort by that"
        )
    return SortRequiredError(text)


class _Checker:
    def __init__(self, table: TableCore, place: Place, keys: frozenset[str]) -> None:
        self.table = table
        self.scope = table._scope()
        self.place = place
        self.keys = keys
        # The first function that needs an order, where there is none: said last, after columns and types.
        self.unordered: str | None = None

    def visit(self, expr: Expr, *, inside: bool) -> None:
        """`inside`: within an aggregate's argument."""
        if isinstance(expr, ColumnExpr):
            self.column(expr, inside=inside)
        elif isinstance(expr, CallExpr) and expr.func == "over":
            self.over(expr, inside=inside)
        elif isinstance(expr, CallExpr) and expr.function.kind == kinds.AGGREGATE:
            self.aggregate(expr, inside=inside)
        elif isinstance(expr, CallExpr):
            self.neighbours(expr, inside=inside)
            self.order(expr)
            self.arguments(expr, inside=inside)
        else:
            self.children(expr, inside=inside)

    def children(self, expr: Expr, *, inside: bool) -> None:
        for child in expr.children():
            self.visit(child, inside=inside)

    def arguments(self, call: CallExpr, *, inside: bool) -> None:
        """Of a call that is no aggregate; the aggregate of a window call is part of the call."""
        for child in call.children():
            if call.function.kind == kinds.SEQUENCE and _is_aggregate(child):
                self.children(child, inside=inside)
            else:
                self.visit(child, inside=inside)

    def column(self, column: ColumnExpr, *, inside: bool) -> None:
        if column.side is not None:
            raise ArgumentError(f"{column.describe()} belongs to a condition of two tables")
        if column.name not in self.scope:
            raise column_not_found(column.name, self.scope)
        if self.place is Place.GROUP and not inside and column.name not in self.keys:
            raise ArgumentError(
                f"column {column.name!r} is not aggregated: wrap it in an aggregate such as "
                f"g.first({column.name!r}), or group by it"
            )

    def aggregate(self, call: CallExpr, *, inside: bool) -> None:
        if inside:
            raise ArgumentError(f"{call.func} stands inside another aggregate; aggregates do not nest")
        if self.place is Place.ROW:
            raise ArgumentError(
                f"{call.func} makes one value of many rows, and here each row needs its own: use .agg(…) for a row "
                f"per group, .rolling(n).{call.func}() for a moving frame, or .over(…) for the value of the partition"
            )
        self.order(call)
        self.children(call, inside=True)

    def neighbours(self, call: CallExpr, *, inside: bool) -> None:
        """A value per row where there is one per group: a sequence or window call outside the aggregates."""
        if self.place is Place.GROUP and not inside and call.function.kind in {kinds.SEQUENCE, kinds.WINDOW}:
            raise ArgumentError(
                f"{call.func} gives a value per row, and agg makes one row of many: put it inside an aggregate, "
                f"as in g.max(…), or derive it from the result"
            )

    def over(self, call: CallExpr, *, inside: bool) -> None:
        inner = call.args[0]
        if isinstance(inner, CallExpr) and not call.kwargs.get("order_by"):
            self.order(inner)
        if isinstance(inner, CallExpr):
            self.arguments(inner, inside=inside)
        for child in call.children():
            if child is not inner:
                self.visit(child, inside=inside)

    def order(self, call: CallExpr) -> None:
        if not call.function.needs_order or self.place is Place.RUN:
            return
        if self.unordered is None and self.table._order() is None:
            self.unordered = call.func


def _is_aggregate(expr: Expr) -> bool:
    return isinstance(expr, CallExpr) and expr.function.kind == kinds.AGGREGATE
