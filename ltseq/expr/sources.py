"""Where expressions begin outside a lambda: `col`, `lit`, `sql_expr`."""

from __future__ import annotations

import json

from .. import engine
from ..errors import native_sql
from .build import Value, as_expr
from .build import text as must_be_text
from .nodes import ColumnExpr, Expr, deserialize


def col(name: str) -> ColumnExpr:
    """A column by its exact name; whether it exists is checked by the verb that takes it.

    >>> col("px").serialize()
    {'type': 'Column', 'name': 'px'}
    """
    return ColumnExpr(name)


def lit(value: Value) -> Expr:
    """A Python value as a typed literal; an Expr stays as it is.

    >>> lit(1.5).serialize()
    {'type': 'Literal', 'value': 1.5, 'dtype': 'Float64'}
    """
    return as_expr(value)


def sql_expr(text: str) -> Expr:
    """SQL text as an expression. What does not parse is an SqlError with line and column.

    `/` and the other operators are SQL's here, not Python's.
    """
    payload = native_sql(engine.default().sql_expr, must_be_text(text, "sql_expr"))
    return deserialize(json.loads(payload))
