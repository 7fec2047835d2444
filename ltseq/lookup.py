"""`r.key.lookup(target, column)`: one value of another table per row."""

from __future__ import annotations

from .core import TableCore, table_of
from .errors import column_not_found
from .expr.build import text
from .expr.nodes import CallExpr, ColumnExpr, Expr


def lookup(key: Expr, target: TableCore, column: str, join_key: str | None) -> CallExpr:
    """The call, with its names checked against the target."""
    names = table_of(target, "target").columns
    if join_key is None:
        own = key.unaliased()
        join_key = own.name if isinstance(own, ColumnExpr) and own.name in names else names[0]
    for name in (text(column, "column"), text(join_key, "join_key")):
        if name not in names:
            raise column_not_found(name, names)
    return CallExpr("lookup", (key,), {"target": target, "column": column, "join_key": join_key})
