"""Making expression nodes, for the modules that the node classes are themselves made of."""

from __future__ import annotations

import datetime as dt
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast

from ..errors import did_you_mean, kind_of
from ..exceptions import ArgumentError

if TYPE_CHECKING:
    from .nodes import CallExpr, Expr

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

# An expression, or a Python value that stands for a literal.
Value: TypeAlias = Any
# Columns by name or expression: one, or a list of them.
Keys: TypeAlias = "str | Expr | Sequence[str | Expr] | None"


def as_expr(value: Value) -> Expr:
    """An Expr as it is, any other value as a literal."""
    # The node classes are made of mixins that import this module.
    from .nodes import Expr, LiteralExpr

    return value if isinstance(value, Expr) else LiteralExpr(value)


def as_key(value: object, what: str = "a column") -> Expr:
    """A name as that column, an Expr as it is; anything else is an error."""
    from .nodes import ColumnExpr, Expr

    if isinstance(value, Expr):
        return value
    if isinstance(value, str):
        return ColumnExpr(value)
    raise ArgumentError(f"{what} must be str or Expr, not {kind_of(value)}")


def as_column(value: Value) -> Expr:
    """A name as that column, an Expr as it is, any other value as a literal."""
    return as_key(value) if isinstance(value, str) else as_expr(value)


def as_keys(value: object, what: str) -> list[Expr]:
    """One key or a list of them as expressions; None gives none."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [as_key(item, what) for item in value]
    return [as_key(value, what)]


def call(func: str, *args: Value, **kwargs: object) -> CallExpr:
    """A call of the function with that name; a keyword that is None is left out."""
    from .nodes import CallExpr

    return CallExpr(func, args, {name: value for name, value in kwargs.items() if value is not None})


def optional(value: Value, default: object = None) -> Expr | None:
    """A keyword as an expression, or None where it was left at its default."""
    return None if value is default else as_expr(value)


def ignoring(nulls: bool) -> bool | None:
    """Are NULLs left out? None where they count."""
    flag(nulls, "ignore_nulls")
    return True if nulls else None


def trailing(*values: tuple[object, object]) -> list[object]:
    """The values of (value, default) pairs, without the last ones that are their default."""
    kept = list(values)
    while kept and kept[-1][0] is kept[-1][1]:
        kept.pop()
    return [value for value, _ in kept]


def sequence(
    func: str, *args: Value, partition_by: Keys = None, ignore_nulls: bool = False, **kwargs: object
) -> CallExpr:
    """A call that reads neighbouring rows; `partition_by` replaces the table's partition for it."""
    partition = None if partition_by is None else as_keys(partition_by, "partition_by")
    return call(func, *args, partition_by=partition, ignore_nulls=ignoring(ignore_nulls), **kwargs)


# The greatest number that the engine counts with.
MOST = 2**63 - 1


def integer(value: object, what: str, *, least: int | None = None, most: int | None = None) -> int:
    """The value, which must be an int (bool is none), not below `least` and not above `most`."""
    from .literals import plain

    number = plain(value)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ArgumentError(f"{what} must be an int, not {kind_of(value)}")
    if least is not None and number < least:
        raise ArgumentError(f"{what} must be at least {least}, not {number}")
    if most is not None and number > most:
        raise ArgumentError(f"{what} must be at most {most}, not {number}")
    return number


def length(value: object, what: str, *, least: int = 0) -> int:
    """A number of rows, from 0 or `least`; more than there can be is all of them."""
    return min(integer(value, what, least=least), MOST)


def reach(value: object, what: str) -> Expr | None:
    """How far a function looks along the order key: a timedelta or a number, not below zero; None stays None."""
    from .literals import plain

    if value is None:
        return None
    given = plain(value)
    if isinstance(given, dt.timedelta):
        negative = given < dt.timedelta(0)
    elif isinstance(given, (int, float, Decimal)) and not isinstance(given, bool):
        if math.isnan(given):
            raise ArgumentError(f"{what} must not be NaN")
        negative = given < 0
    else:
        raise ArgumentError(f"{what} must be a timedelta or a number, not {kind_of(value)}")
    if negative:
        raise ArgumentError(f"{what} must not be negative, not {value!r}")
    return as_expr(given)


def flag(value: object, what: str) -> bool:
    """The value, which must be True or False."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{what} must be True or False, not {value!r}")
    return value


def text(value: object, what: str) -> str:
    """The value, which must be a str."""
    if not isinstance(value, str):
        raise ArgumentError(f"{what} must be str, not {kind_of(value)}")
    return value


def one_of(value: object, what: str, known: Iterable[str]) -> str:
    """The value, which must be one of these words."""
    words = list(known)
    if not isinstance(value, str) or value not in words:
        hint = did_you_mean(value, words) if isinstance(value, str) else ""
        raise ArgumentError(f"{what} must be one of {', '.join(words)}, not {value!r}.{hint}")
    return value


def free(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[Value, P], R]:
    """The free function of a method: its first argument, `x`, may be any value."""

    @wraps(method)
    def function(x: Value, *args: P.args, **kwargs: P.kwargs) -> R:
        return method(cast(S, as_expr(x)), *args, **kwargs)

    # As the function takes them: `log(x, base=None)`, not the method's `log(self, base=None)`.
    first, *others = inspect.signature(method).parameters.values()
    if all(other.name != "x" for other in others):
        signature = inspect.signature(method).replace(parameters=[first.replace(name="x"), *others])
        function.__signature__ = signature  # type: ignore[attr-defined]
    return cast(Callable[Concatenate[Value, P], R], function)


def free_on_column(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[Value, P], R]:
    """As `free`, for functions of a column: a str is the name of one."""

    @wraps(method)
    def function(x: Value, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return method(cast(S, as_column(x)), *args, **kwargs)

    return function
