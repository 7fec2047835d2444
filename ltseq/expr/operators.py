"""Python's operators on expressions, and the ones that must not be used on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..exceptions import ArgumentError
from .build import Value, as_expr, call

if TYPE_CHECKING:
    from .nodes import CallExpr


class Operators:
    """Arithmetic, comparison and logic; a truth test of an expression is an error."""

    __slots__ = ()

    # numpy scalars and arrays then leave `scalar + expr` to us.
    __array_ufunc__ = None

    def __add__(self, other: Value) -> CallExpr:
        return call("add", self, other)

    def __radd__(self, other: Value) -> CallExpr:
        return call("add", other, self)

    def __sub__(self, other: Value) -> CallExpr:
        return call("sub", self, other)

    def __rsub__(self, other: Value) -> CallExpr:
        return call("sub", other, self)

    def __mul__(self, other: Value) -> CallExpr:
        return call("mul", self, other)

    def __rmul__(self, other: Value) -> CallExpr:
        return call("mul", other, self)

    def __truediv__(self, other: Value) -> CallExpr:
        return call("truediv", self, other)

    def __rtruediv__(self, other: Value) -> CallExpr:
        return call("truediv", other, self)

    def __floordiv__(self, other: Value) -> CallExpr:
        return call("floordiv", self, other)

    def __rfloordiv__(self, other: Value) -> CallExpr:
        return call("floordiv", other, self)

    def __mod__(self, other: Value) -> CallExpr:
        return call("mod", self, other)

    def __rmod__(self, other: Value) -> CallExpr:
        return call("mod", other, self)

    def __pow__(self, other: Value) -> CallExpr:
        return call("pow", self, other)

    def __rpow__(self, other: Value) -> CallExpr:
        return call("pow", other, self)

    def __neg__(self) -> CallExpr:
        return call("neg", self)

    def __abs__(self) -> CallExpr:
        return call("abs", self)

    def __eq__(self, other: Value) -> CallExpr:  # type: ignore[override]
        if other is None:
            raise ArgumentError("`== None` is never true in SQL; use `.is_null()`")
        return call("eq", self, other)

    def __ne__(self, other: Value) -> CallExpr:  # type: ignore[override]
        if other is None:
            raise ArgumentError("`!= None` is never true in SQL; use `.is_not_null()`, or `~x.is_null()`")
        return call("ne", self, other)

    # Expressions are dictionary keys by identity, because == makes a new one.
    __hash__ = object.__hash__

    def __lt__(self, other: Value) -> CallExpr:
        return call("lt", self, other)

    def __le__(self, other: Value) -> CallExpr:
        return call("le", self, other)

    def __gt__(self, other: Value) -> CallExpr:
        return call("gt", self, other)

    def __ge__(self, other: Value) -> CallExpr:
        return call("ge", self, other)

    def __and__(self, other: Value) -> CallExpr:
        return call("and", logical(self, "&"), logical(other, "&"))

    def __rand__(self, other: Value) -> CallExpr:
        return call("and", logical(other, "&"), logical(self, "&"))

    def __or__(self, other: Value) -> CallExpr:
        return call("or", logical(self, "|"), logical(other, "|"))

    def __ror__(self, other: Value) -> CallExpr:
        return call("or", logical(other, "|"), logical(self, "|"))

    def __xor__(self, other: Value) -> CallExpr:
        return call("ne", logical(self, "^"), logical(other, "^"))

    def __rxor__(self, other: Value) -> CallExpr:
        return call("ne", logical(other, "^"), logical(self, "^"))

    def __invert__(self) -> CallExpr:
        return call("invert", logical(self, "~"))

    def __bool__(self) -> NoReturn:
        raise ArgumentError(
            "an expression has no truth value: use `&` for and, `|` for or, `~` for not, "
            "`.between(low, high)` for a chained comparison, `if_else(cond, a, b)` for if"
        )

    def __contains__(self, item: object) -> NoReturn:
        raise ArgumentError(
            "`in` cannot look into an expression: use `.is_in([…])` or `.s.contains(…)`, joined by & | ~"
        )

    def __iter__(self) -> NoReturn:
        raise ArgumentError("an expression cannot be iterated over; it stands for a column (join conditions by & | ~)")

    def __len__(self) -> NoReturn:
        raise ArgumentError(
            "an expression has no len(): use `.s.len()` for text or `.count()`; conditions join by & | ~"
        )

    def __int__(self) -> NoReturn:
        raise ArgumentError("an expression is no number yet: use `.cast('int64')`; conditions join by & | ~")

    def __float__(self) -> NoReturn:
        raise ArgumentError("an expression is no number yet: use `.cast('float64')`; conditions join by & | ~")

    __index__ = __int__


def logical(value: Value, operator: str) -> Value:
    """An operand of `& | ^ ~`, which must not be of another type than bool, as far as is known."""
    operand = as_expr(value)
    known = operand.known_type()
    if known is not None and known not in {"bool", "null"}:
        raise ArgumentError(
            f"`{operator}` takes conditions, but {operand.describe()} is {known}; "
            "write comparisons in parentheses, as in `(r.a > 1) & (r.b < 2)`"
        )
    return operand
