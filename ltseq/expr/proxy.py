"""What lambdas are called with: objects whose attributes are columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NoReturn

from ..errors import column_not_found, kind_of
from ..exceptions import ArgumentError, ColumnNotFoundError
from . import kinds
from .build import as_column, call
from .nodes import CallExpr, ColumnExpr, Expr


class SchemaProxy:
    """The row of a lambda: `r.name` and `r["any name"]` are its columns.

    A name with a leading underscore is reached by item only. On a linked table `r.alias.col` is
    the target's column, unless the table itself has a column `alias`. Unknown: ColumnNotFoundError.

    >>> SchemaProxy({"px": "float64"}).px.serialize()
    {'type': 'Column', 'name': 'px'}
    """

    __slots__ = ("_aliases", "_linked", "_schema", "_side")

    def __init__(
        self,
        schema_dict: Mapping[str, str],
        *,
        aliases: tuple[str, ...] = (),
        side: str | None = None,
        linked: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(schema_dict, Mapping):
            raise ArgumentError(f"a schema must be a dict of names and types, not {kind_of(schema_dict)}")
        self._schema = dict(schema_dict)
        self._aliases = aliases
        self._side = side
        # Where the columns of aliases are looked up: there may be more than the table shows.
        self._linked = self._schema if linked is None else dict(linked)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{name!r} is no attribute; a column of that name is r[{name!r}]")
        return self[name]

    def __getitem__(self, name: str) -> Any:
        if not isinstance(name, str):
            raise ArgumentError(f"a column's name must be str, not {kind_of(name)}")
        if name in self._schema:
            return ColumnExpr(name, dtype=self._schema[name], side=self._side)
        if name in self._aliases:
            return LinkedColumns(self, name)
        raise self._not_found(name, [*self._schema, *self._aliases])

    def _not_found(self, name: str, names: list[str]) -> ColumnNotFoundError:
        return column_not_found(name, names, join=self._side is not None)

    def __contains__(self, name: object) -> bool:
        return name in self._schema

    def __iter__(self) -> Iterator[str]:
        return iter(self._schema)

    def __len__(self) -> int:
        return len(self._schema)

    def __dir__(self) -> list[str]:
        return [*self._schema, *self._aliases]

    def __bool__(self) -> NoReturn:
        raise ArgumentError("a row has no truth value; test one of its columns")


class LinkedColumns:
    """`r.alias`: the columns of a linked table."""

    __slots__ = ("_alias", "_row")

    def __init__(self, row: SchemaProxy, alias: str) -> None:
        self._row = row
        self._alias = alias

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{name!r} is no attribute; a column of that name is reached by item")
        return self[name]

    def __getitem__(self, name: str) -> Any:
        full = f"{self._alias}_{name}"
        kind = self._row._linked.get(full)
        if kind is not None:
            return ColumnExpr(full, dtype=kind, side=self._row._side)
        names = self._names()
        # Where nothing of the alias is left, its full name among the table's columns says more.
        raise self._row._not_found(name, names) if names else self._row._not_found(full, list(self._row._linked))

    def _names(self) -> list[str]:
        prefix = f"{self._alias}_"
        return [name.removeprefix(prefix) for name in self._row._linked if name.startswith(prefix)]

    def __dir__(self) -> list[str]:
        return self._names()


class GroupProxy(SchemaProxy):
    """The group of an aggregate's lambda: columns as in a row, and reducers: `g.sum("px")`, `g.count()`.

    A column that is named like a reducer is reached by item: `g["count"]`.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name in _reducers():
            return partial(self._reduce, name)
        return super().__getattr__(name)

    def _reduce(self, name: str, *args: Any, **kwargs: Any) -> CallExpr:
        # The delimiter is a text, all other texts are names.
        columns = args[:1] if name == "concat_agg" else args
        given = (*(self._argument(arg) for arg in columns), *args[len(columns) :])
        if not given and name != "count":
            raise ArgumentError(f"g.{name}(…) needs a column: g.{name}('px') or g.px.{name}()")
        named = {key: value if key == "delimiter" else self._argument(value) for key, value in kwargs.items()}
        made: CallExpr = _reducers()[name](*given, **named)
        return made

    def _argument(self, value: Any) -> Any:
        """A name as this group's column, a lambda as what it gives for a row."""
        if isinstance(value, str):
            return self[value]
        if callable(value) and not isinstance(value, Expr):
            return value(self._members())
        return value

    def _members(self) -> SchemaProxy:
        """The columns alone, for a row lambda inside the group's."""
        return SchemaProxy(self._schema, aliases=self._aliases, linked=self._linked)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_reducers()]


class RunProxy(GroupProxy):
    """The group of a NestedTable's lambda: the reducers, this row's columns, and the run itself."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        own = _RUN.get(name)
        if own is not None:
            return partial(own, self)
        return super().__getattr__(name)

    def _end(self, which: str, *args: Any) -> Any:
        """`first()` and `last()`: without a column the whole row, `g.first().px`."""
        if args:
            return self._reduce(which, *args)
        return RunRow(self, which)

    def _holds(self, predicate: Any, how: str) -> CallExpr:
        """How many rows of the run satisfy a row lambda, compared with all or none of them."""
        condition = self._argument(predicate)
        if not isinstance(condition, Expr):
            raise ArgumentError(f"g.{how} takes a predicate: a lambda of a row, or an Expr, not {kind_of(condition)}")
        hits = condition.count_if()
        if how == "all":
            return hits == call("count")
        return hits > 0 if how == "any" else hits == 0


_RUN: dict[str, Any] = {
    "first": lambda g, *args: g._end("first", *args),
    "last": lambda g, *args: g._end("last", *args),
    "run_pos": lambda g, *keys: call("run_pos", *(as_column(key) for key in keys)),
    "run_id": lambda g, *keys: call("run_id", *(as_column(key) for key in keys)),
    "all": lambda g, pred=None: g._holds(pred, "all"),
    "any": lambda g, pred=None: g._holds(pred, "any"),
    "none": lambda g, pred=None: g._holds(pred, "none"),
}


class RunRow:
    """The first or the last row of a run: its attributes are values of that row."""

    __slots__ = ("_group", "_which")

    def __init__(self, group: RunProxy, which: str) -> None:
        self._group = group
        self._which = which

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{name!r} is no attribute; a column of that name is reached by item")
        return self[name]

    def __getitem__(self, name: str) -> Any:
        return _at(self._which, self._group[name])


class RunLinkedColumns:
    """`g.first().alias`: a linked table's columns in the first or the last row of a run."""

    __slots__ = ("_columns", "_which")

    def __init__(self, columns: LinkedColumns, which: str) -> None:
        self._columns = columns
        self._which = which

    def __getattr__(self, name: str) -> Any:
        return _at(self._which, getattr(self._columns, name))

    def __getitem__(self, name: str) -> Any:
        return _at(self._which, self._columns[name])


def _at(which: str, found: Any) -> Any:
    """A column's value in the first or the last row of a run; of an alias, what gives its columns."""
    return RunLinkedColumns(found, which) if isinstance(found, LinkedColumns) else call(which, found)


def _reducers() -> dict[str, Any]:
    """The free functions that aggregate, by every name they have."""
    from .. import expr

    if not _REDUCERS:
        names = {name: name for name in kinds.aggregates()} | kinds.REDUCER_ALIASES
        _REDUCERS.update({name: getattr(expr, target) for name, target in names.items()})
    return _REDUCERS


_REDUCERS: dict[str, Any] = {}
