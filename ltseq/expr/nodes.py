"""The nodes of an expression: a column, a literal, a call, a name given to one of these."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .._generated import RegistryMethods
from ..errors import kind_of
from ..exceptions import ArgumentError
from . import kinds, literals
from .aggregates import AggregateMethods
from .build import Value, as_expr, text
from .operators import Operators
from .scalars import ScalarMethods
from .strings import StringMethods
from .temporal import TemporalMethods
from .windows import WindowMethods

# Gives the JSON that stands for a table inside an expression.
TableRef: TypeAlias = Callable[[object], object]

_LITERAL_TYPES = {
    "Null": "null", "Boolean": "bool", "Int64": "int64", "UInt64": "uint64", "Float64": "float64", "Utf8": "string",
    "Binary": "binary", "Date32": "date32", "Timestamp(Microsecond, None)": "timestamp[us]",
    'Timestamp(Microsecond, "UTC")': "timestamp[us, UTC]", "Time64(Microsecond)": "time64[us]",
    "Duration(Microsecond)": "duration[us]",
}  # fmt: skip

_BOOLEAN = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "invert"})


class Expr(Operators, ScalarMethods, RegistryMethods, AggregateMethods, WindowMethods):
    """A computation over the rows of a table. Nothing runs until the table does.

    Expressions come from `r.name` in a lambda or from `col("name")`, never from this class itself.

    >>> from ltseq import col
    >>> (col("px") * 2 > 10).serialize()["func"]
    'gt'
    """

    __slots__ = ()

    def alias(self, name: builtins.str) -> AliasExpr:
        """The same values under another name.

        >>> from ltseq import col
        >>> (col("px") * 2).alias("double").serialize()["name"]
        'double'
        """
        return AliasExpr(self, name)

    def serialize(self) -> dict[builtins.str, Any]:
        """The expression as JSON-ready dicts.

        `{"type": "Column", "name"}`, `{"type": "Literal", "value", "dtype"}`,
        `{"type": "Call", "func", "args", "kwargs"}` or `{"type": "Alias", "name", "expr"}`.

        >>> from ltseq import col
        >>> col("px").serialize()
        {'type': 'Column', 'name': 'px'}
        """
        return self.encode(_table_name)

    def encode(self, table: TableRef) -> dict[builtins.str, Any]:
        """As `serialize`; `table` says what stands for a table that the expression looks into."""
        raise ArgumentError("an Expr must be a column, a literal or a call")

    def children(self) -> Iterator[Expr]:
        """The expressions that this one is directly made of."""
        return iter(())

    def unaliased(self) -> Expr:
        """The expression without the name given to it."""
        return self

    def known_type(self) -> builtins.str | None:
        """The type's name where it is known without a plan."""
        return None

    def describe(self) -> builtins.str:
        """How an error message calls this expression."""
        return "the expression"

    def __repr__(self) -> builtins.str:
        return f"<{type(self).__name__} {json.dumps(self.serialize(), default=repr)}>"

    @property
    def s(self) -> StringMethods:
        """Functions of text. On a column of another type: ArgumentError."""
        return StringMethods(self)

    str = s

    @property
    def dt(self) -> TemporalMethods:
        """Functions of dates and times. On a column of another type: ArgumentError."""
        return TemporalMethods(self)


class ColumnExpr(Expr):
    """A column by its exact name.

    >>> ColumnExpr("px").serialize()
    {'type': 'Column', 'name': 'px'}
    """

    __slots__ = ("_dtype", "name", "side")

    def __init__(
        self, name: builtins.str, *, dtype: builtins.str | None = None, side: builtins.str | None = None
    ) -> None:
        self.name = text(name, "a column's name")
        self.side = side
        self._dtype = dtype

    def encode(self, table: TableRef) -> dict[builtins.str, Any]:
        node: dict[builtins.str, Any] = {"type": "Column", "name": self.name}
        if self.side is not None:
            node["side"] = self.side
        return node

    def known_type(self) -> builtins.str | None:
        return self._dtype

    def describe(self) -> builtins.str:
        return f"column {self.name!r}"


class LiteralExpr(Expr):
    """A typed constant. A value of no column type is an ArgumentError.

    >>> LiteralExpr(1).serialize()
    {'type': 'Literal', 'value': 1, 'dtype': 'Int64'}
    """

    __slots__ = ("_encoded", "dtype", "value")

    def __init__(self, value: Value) -> None:
        self.value = value
        self._encoded, self.dtype = literals.encode(value)

    def encode(self, table: TableRef) -> dict[builtins.str, Any]:
        return {"type": "Literal", "value": self._encoded, "dtype": self.dtype}

    def known_type(self) -> builtins.str | None:
        return self.dtype.lower() if self.dtype.startswith("Decimal") else _LITERAL_TYPES.get(self.dtype)

    def describe(self) -> builtins.str:
        return f"the literal {self.value!r}"


class CallExpr(Expr):
    """A function or operator and its arguments; Python values among them become literals.

    >>> CallExpr("add", (ColumnExpr("a"), 1)).serialize()["args"][1]["value"]
    1
    """

    __slots__ = ("args", "func", "kwargs")

    def __init__(
        self, func: builtins.str, args: Sequence[Value] = (), kwargs: Mapping[builtins.str, object] | None = None
    ) -> None:
        self.func = text(func, "func")
        if isinstance(args, (builtins.str, Expr)) or not isinstance(args, Iterable):
            raise ArgumentError(f"args must be a list or tuple, not {kind_of(args)}")
        self.args = tuple(as_expr(arg) for arg in args)
        self.kwargs = dict(kwargs or {})

    def encode(self, table: TableRef) -> dict[builtins.str, Any]:
        return {
            "type": "Call",
            "func": self.func,
            "args": [arg.encode(table) for arg in self.args],
            "kwargs": {name: _encoded(value, table) for name, value in self.kwargs.items()},
        }

    def children(self) -> Iterator[Expr]:
        yield from self.args
        for value in self.kwargs.values():
            if isinstance(value, Expr):
                yield value
            elif isinstance(value, (list, tuple)):
                yield from (item for item in value if isinstance(item, Expr))

    def known_type(self) -> builtins.str | None:
        return "bool" if self.func in _BOOLEAN else None

    @property
    def function(self) -> kinds.Function:
        """What kind of function this is."""
        return kinds.function(self.func)

    def describe(self) -> builtins.str:
        return f"the result of {self.func}"


class AliasExpr(Expr):
    """An expression with the name that its column is to have."""

    __slots__ = ("expr", "name")

    def __init__(self, expr: Expr, name: builtins.str) -> None:
        self.expr = expr.unaliased()
        self.name = text(name, "an alias")

    def encode(self, table: TableRef) -> dict[builtins.str, Any]:
        return {"type": "Alias", "name": self.name, "expr": self.expr.encode(table)}

    def children(self) -> Iterator[Expr]:
        yield self.expr

    def unaliased(self) -> Expr:
        return self.expr

    def known_type(self) -> builtins.str | None:
        return self.expr.known_type()

    def describe(self) -> builtins.str:
        return self.expr.describe()


def _encoded(value: object, table: TableRef) -> object:
    """A keyword argument as JSON: an expression, a list of them, plain JSON, or a table."""
    if isinstance(value, Expr):
        return value.encode(table)
    if isinstance(value, (list, tuple)):
        return [_encoded(item, table) for item in value]
    if value is None or isinstance(value, (bool, int, float, builtins.str)):
        return value
    return table(value)


def _table_name(table: object) -> builtins.str:
    """What stands for a table in `serialize`, where nothing holds it."""
    return getattr(table, "name", None) or "table"


def deserialize(node: Mapping[builtins.str, Any]) -> Expr:
    """The expression of a payload that holds no table: the inverse of `serialize`."""
    kind = node["type"]
    if kind == "Column":
        return ColumnExpr(node["name"], side=node.get("side"))
    if kind == "Alias":
        return deserialize(node["expr"]).alias(node["name"])
    if kind == "Literal":
        literal = LiteralExpr(None)
        literal.value = literal._encoded = node["value"]
        literal.dtype = node["dtype"]
        return literal
    kwargs = {name: _deserialized(value) for name, value in node.get("kwargs", {}).items()}
    return CallExpr(node["func"], [deserialize(arg) for arg in node["args"]], kwargs)


def _deserialized(value: Any) -> object:
    if isinstance(value, Mapping) and "type" in value:
        return deserialize(value)
    if isinstance(value, list):
        return [_deserialized(item) for item in value]
    return value
