"""Arguments of verbs: names, lambdas and expressions as named expressions.

A callable is called once, with a proxy; its source is never read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from .errors import kind_of
from .exceptions import ArgumentError
from .expr.build import as_expr
from .expr.nodes import AliasExpr, ColumnExpr, Expr
from .expr.proxy import LinkedColumns, RunLinkedColumns, RunRow, SchemaProxy
from .expr.scalars import When, unfinished

# What a lambda may be called with, and what an argument may be. The proxies are Any for the type checker: which
# attributes a row has, only the table knows.
Lambda: TypeAlias = Callable[[Any], Any]
ColumnArg: TypeAlias = "str | Expr | Lambda"
Columns: TypeAlias = "ColumnArg | Sequence[ColumnArg]"
JoinOn: TypeAlias = "str | Sequence[str] | Callable[[Any, Any], Any]"
Predicate: TypeAlias = "Expr | Lambda"
NamedValue: TypeAlias = "Expr | Lambda"
# Any literal, too. The lambda is named for type checkers, which else would not know what it is called with.
NewValue: TypeAlias = "Lambda | object"


class Named(NamedTuple):
    """An expression and the name its column gets; None: its own."""

    name: str | None
    expr: Expr


def run(fn: Callable[..., Any], *proxies: SchemaProxy) -> Any:
    """What the callable gives for these proxies. A callable of another arity is an ArgumentError."""
    require_arity(fn, len(proxies))
    return fn(*proxies)


def require_arity(fn: Callable[..., Any], count: int) -> None:
    """ArgumentError where the callable does not take so many positional arguments, as far as it says."""
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*range(count))
    except TypeError as error:
        raise ArgumentError(f"the callable must take {count} positional argument(s): {error}") from None


def is_lambda(value: object) -> bool:
    """True for a callable that is to be called with a proxy."""
    return callable(value) and not isinstance(value, (Expr, SchemaProxy, type))


def predicate(value: object, proxy: SchemaProxy, what: str = "a predicate") -> Expr:
    """The condition of a lambda or Expr. A str, a plain value, a list: ArgumentError."""
    _require_callable(value, what)
    made = run(value, proxy) if is_lambda(value) else value  # type: ignore[arg-type]
    if not isinstance(made, Expr):
        raise ArgumentError(f"{what} must give an Expr, not {kind_of(made)}: {_advice(made)}")
    expr = made.unaliased()
    known = expr.known_type()
    if known is not None and known not in {"bool", "null"}:
        raise ArgumentError(f"{what} must be a condition, but {expr.describe()} is {known}")
    return expr


def predicates(values: Sequence[object], proxy: SchemaProxy) -> list[Expr]:
    """As `predicate`, of several: the kinds of all are looked at before a column of one."""
    for value in values:
        _require_callable(value, "a predicate")
    return [predicate(value, proxy) for value in values]


def _require_callable(value: object, what: str) -> None:
    if isinstance(value, When):
        raise unfinished()
    if not is_lambda(value) and not isinstance(value, Expr):
        raise ArgumentError(f"{what} must be callable (a lambda of a row) or an Expr, not {kind_of(value)}")


def _advice(made: object) -> str:
    if isinstance(made, When):
        return str(unfinished())
    if isinstance(made, bool):
        return "it was computed in Python; compare columns of the row"
    if isinstance(made, (list, tuple)):
        return "give several predicates as several arguments"
    return "did it forget to return the condition?" if made is None else "compare a column with it"


def columns(args: Iterable[object], proxy: SchemaProxy, what: str, *, lists: bool = False) -> list[Named]:
    """Column arguments in the order given: names, lambdas, Exprs, with `lists` also lists and dicts of them."""
    given = list(args)
    require_columns(given, what, lists=lists)
    found: list[Named] = []
    for arg in given:
        if lists and isinstance(arg, Mapping):
            found.extend(named(arg, proxy))
        elif lists and isinstance(arg, (list, tuple)):
            found.extend(columns(arg, proxy, what))
        else:
            found.extend(_column(arg, proxy, what))
    return found


def require_columns(args: Iterable[object], what: str, *, lists: bool = False) -> None:
    """ArgumentError where one is of no kind that a column argument has: before a column of any is looked for."""
    for arg in args:
        if isinstance(arg, When):
            raise unfinished()
        if lists and isinstance(arg, Mapping):
            require_named(arg)
        elif lists and isinstance(arg, (list, tuple)):
            require_columns(arg, what)
        elif not isinstance(arg, (str, Expr)) and not is_lambda(arg):
            raise ArgumentError(f"{what} must be str or callable (or an Expr), not {kind_of(arg)}")


def _column(arg: object, proxy: SchemaProxy, what: str) -> list[Named]:
    if isinstance(arg, str):
        return [name_of(proxy[arg])]
    if isinstance(arg, Expr):
        return [name_of(arg)]
    made = run(arg, proxy)  # type: ignore[arg-type]
    if isinstance(made, Mapping):
        return mapping(made, what)
    if isinstance(made, (list, tuple)):
        return [name_of(result(item, what)) for item in made]
    if made is None:
        raise ArgumentError(f"{what}: the callable returned nothing; it must give an Expr, a list or a dict")
    return [name_of(result(made, what))]


def mapping(made: Mapping[Any, object], what: str) -> list[Named]:
    """The named columns of a dict that a lambda gave."""
    for name in made:
        if not isinstance(name, str):
            raise ArgumentError(f"{what}: a column's name must be str, not {kind_of(name)}")
    return [Named(name, result(value, what).unaliased()) for name, value in made.items()]


def named(values: Mapping[str, object], proxy: SchemaProxy, *, what: str = "") -> list[Named]:
    """Named values: each a lambda or an Expr, never a str."""
    require_named(values, what=what)
    found = []
    for name, value in values.items():
        made = run(value, proxy) if is_lambda(value) else value  # type: ignore[arg-type]
        found.append(Named(name, result(made, f"{what}{name!r}").unaliased()))
    return found


def require_named(values: Mapping[str, object], *, what: str = "") -> None:
    """ArgumentError where a name or a value is of the wrong kind: before a column of any is looked for."""
    for name, value in values.items():
        if not isinstance(name, str):
            raise ArgumentError(f"a column's name must be str, not {kind_of(name)}")
        _require_callable(value, f"{what}{name!r}")


def result(made: object, what: str) -> Expr:
    """What a lambda gave, as an expression; a plain value is a literal."""
    if isinstance(made, SchemaProxy):
        raise ArgumentError(f"{what}: the callable gave the row itself; it must give columns of it")
    if isinstance(made, (LinkedColumns, RunRow, RunLinkedColumns)):
        raise ArgumentError(f"{what} is a whole row, not a column of it; name one, as in g.first().px or r.alias.px")
    if isinstance(made, (list, tuple, dict, set)) or is_lambda(made):
        raise ArgumentError(f"{what}: {kind_of(made)} cannot be a column's value; it must be an Expr or a plain value")
    return as_expr(made)


def name_of(expr: Expr) -> Named:
    """The name an expression has by itself: its alias, or its column's; a computed one has none yet."""
    if isinstance(expr, AliasExpr):
        return Named(expr.name, expr.expr)
    if isinstance(expr, ColumnExpr):
        return Named(expr.name, expr)
    return Named(None, expr)


def plain_names(args: Iterable[object], proxy: SchemaProxy, what: str) -> list[str]:
    """The names of arguments that must be columns as they are."""
    names = []
    for name, expr in columns(args, proxy, what):
        if not isinstance(expr, ColumnExpr) or name != expr.name:
            raise ArgumentError(f"{what} must name a column as it is, not compute one")
        proxy[expr.name]
        names.append(expr.name)
    return names


def value_of(value: object, proxy: SchemaProxy, what: str) -> Expr:
    """A literal, a lambda or an Expr as an expression."""
    made = run(value, proxy) if is_lambda(value) else value  # type: ignore[arg-type]
    return result(made, what).unaliased()
