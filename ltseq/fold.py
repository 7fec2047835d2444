"""`fold`: a Python function carried along the rows."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from . import ingest
from .capture import require_arity
from .check import sort_required
from .core import unused
from .errors import column_not_found, kind_of, native, native_values
from .exceptions import ArgumentError
from .expr.build import call, text
from .expr.nodes import ColumnExpr, Expr

if TYPE_CHECKING:
    from .core import TableCore
    from .table import LTSeq

FoldFunction = Callable[[Any, "Row"], Any]


class Row:
    """A row as `fold` hands it out: read by item or attribute, never written."""

    # With two underscores, so that no column's name is taken.
    __slots__ = ("__index", "__values")

    def __init__(self, index: dict[str, int], values: tuple[object, ...]) -> None:
        object.__setattr__(self, "_Row__index", index)
        object.__setattr__(self, "_Row__values", values)

    def __repr__(self) -> str:
        return f"Row({', '.join(f'{name}={self.__values[at]!r}' for name, at in self.__index.items())})"

    def __getitem__(self, name: str) -> Any:
        position = self.__index.get(name)
        if position is None:
            raise column_not_found(str(name), self.__index)
        return self.__values[position]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__index)

    def __len__(self) -> int:
        return len(self.__index)

    def __contains__(self, name: object) -> bool:
        return name in self.__index

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise ArgumentError("a row cannot be changed; return the new state instead")

    def __setitem__(self, name: str, value: object) -> NoReturn:
        raise ArgumentError("a row cannot be changed; return the new state instead")

    def __delattr__(self, name: str) -> NoReturn:
        raise ArgumentError("a row cannot be changed; return the new state instead")

    def __delitem__(self, name: str) -> NoReturn:
        raise ArgumentError("a row cannot be changed; return the new state instead")

    def __deepcopy__(self, memo: dict[int, Any]) -> Row:
        # Never changed, so that a state may keep it.
        return self

    def __dir__(self) -> list[str]:
        return list(self.__index)


def fold(table: TableCore, fn: FoldFunction, init: object, into: str, keys: list[Expr]) -> LTSeq:
    """The table with the states of the fold; `keys` are checked already."""
    if not callable(fn):
        raise ArgumentError(f"fn must be callable: fn(state, row), not {kind_of(fn)}")
    require_arity(fn, 2)
    if not text(into, "into"):
        raise ArgumentError("into must be the name of the new column, not empty")
    if into in table.columns:
        raise ArgumentError(f"into: there is a column {into!r} already")
    if table._order() is None:
        raise sort_required("fold", table)
    names = table.columns
    # Without keys the partition of the order holds, whose rows lie together: the first of each has number 1.
    added = keys or [call("row_number")]
    spare = unused([*names, into], len(added))
    columns = [{"name": name, "expr": ColumnExpr(name)} for name in names]
    columns += [{"name": name, "expr": key} for name, key in zip(spare, added, strict=True)]
    # Numbered before the rows are held: with the partition's column gone they no longer tell.
    held = table._verb("select", {"columns": columns})
    held = held._new(native(held._plan.collect))
    states: list[object] = []
    kept: dict[object, Any] = {}
    for row, last in _rows(held, names):
        key = ingest.key_of(last) if keys else None
        if key not in kept or (not keys and last == (1,)):
            kept[key] = copy.deepcopy(init)
        kept[key] = fn(kept[key], row)
        # A state that is changed in place later must not change the rows before.
        states.append(copy.deepcopy(kept[key]))
    kind, values = ingest.infer(into, states)
    if not states:
        kind = _type_of(init)
    made = table._new(native_values(held._plan.attach, into, values, kind))
    return made._verb("drop", {"columns": spare})


def _type_of(init: object) -> str | None:
    """The type of a fold over no rows: that of its first state, as far as a column may have it."""
    try:
        return ingest.infer("init", [init])[0]
    except ArgumentError:
        return "null"


def _rows(held: LTSeq, names: list[str]) -> Iterator[tuple[Row, tuple[object, ...]]]:
    """The rows in order, each with the values of the columns that stand after these names."""
    index = {name: position for position, name in enumerate(names)}
    for values in held._tuples():
        yield Row(index, values[: len(names)]), values[len(names) :]
