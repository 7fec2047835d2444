"""`PartitionedTable`: a table cut by keys, or what became of its parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from . import engine, ingest
from .capture import Named
from .errors import kind_of, native_values
from .exceptions import ArgumentError
from .expr.build import call
from .expr.nodes import ColumnExpr, Expr

if TYPE_CHECKING:
    from .core import TableCore
    from .table import LTSeq


class PartitionedTable:
    """Parts by key: a value, or a tuple for several keys. NULL is None; keys come by first appearance.

    >>> from ltseq import LTSeq
    >>> p = LTSeq.from_dict({"k": ["x", "y", "x"], "v": [1, 2, 3]}).partition("k")
    >>> p.map(lambda t: t.count()).items()
    [('x', 2), ('y', 1)]
    """

    __slots__ = ("_columns", "_found", "_results", "_table")

    def __init__(self, table: TableCore, columns: list[Named]) -> None:
        self._table = table
        self._columns = columns
        # Keys and what stands for them in a dict, once they are read.
        self._found: dict[object, tuple[object, ...]] | None = None
        self._results: dict[object, Any] | None = None

    def _keys(self) -> dict[object, tuple[object, ...]]:
        if self._found is None:
            columns = [{"name": f"k{place}", "expr": key.expr} for place, key in enumerate(self._columns)]
            rows = self._table._verb("select", {"columns": columns})._verb("distinct", {"keys": []})
            self._found = {ingest.key_of(values): values for values in rows._tuples()}
        return self._found

    def _lookup(self, key: object) -> object | None:
        """What stands for this key in the dicts, None where there is no such part."""
        several = len(self._columns) > 1 and isinstance(key, tuple)
        wanted = ingest.key_of(key if several else (key,))  # type: ignore[arg-type]
        try:
            return wanted if wanted in self._keys() else None
        except TypeError:  # not hashable, so it is no key
            return None

    def __getitem__(self, key: object) -> Any:
        """The part of this key: a lazy table with the order kept. An absent key: KeyError."""
        found = self._lookup(key)
        if found is None:
            raise KeyError(key)
        return self._part(found)

    def _part(self, found: object) -> Any:
        if self._results is not None:
            return self._results[found]
        table: Any = self._table
        same = list[Expr]()
        for column, value in zip(self._columns, self._keys()[found], strict=True):
            kind = table._expr_type(column.expr)
            if isinstance(value, (list, dict)) and isinstance(column.expr, ColumnExpr):
                table = _with_nested(table, column.expr.name, value, kind)
            elif "[ns" in kind and isinstance(value, (dt.datetime, dt.timedelta)):
                # The key is what Python holds of it: all that lies within its microsecond.
                same += [column.expr >= value, column.expr < value + dt.timedelta(microseconds=1)]
            else:
                same.append(call("same", column.expr, value))
        return table._verb("filter", {"predicates": same}) if same else table

    def __contains__(self, key: object) -> bool:
        return self._lookup(key) is not None

    def __len__(self) -> int:
        return len(self._keys())

    def __iter__(self) -> Iterator[Any]:
        return (self._part(found) for found in self._keys())

    def keys(self) -> list[Any]:
        """The keys, by first appearance."""
        several = len(self._columns) > 1
        return [values if several else values[0] for values in self._keys().values()]

    def values(self) -> list[Any]:
        """The parts, in the order of the keys."""
        return list(self)

    to_list = values

    def items(self) -> list[tuple[Any, Any]]:
        """(key, part) pairs."""
        return list(zip(self.keys(), self.values(), strict=True))

    def map(self, fn: Callable[[Any], Any]) -> PartitionedTable:
        """`fn` of every part, under the same keys. Not callable: ArgumentError."""
        if not callable(fn):
            raise ArgumentError(f"fn must be callable, not {kind_of(fn)}")
        made = PartitionedTable(self._table, self._columns)
        made._found = self._keys()
        made._results = {found: fn(self._part(found)) for found in self._keys()}
        return made

    def __repr__(self) -> str:
        names = ", ".join(repr(column.name) for column in self._columns)
        return f"PartitionedTable by {names}, {len(self)} parts"


def _with_nested(table: LTSeq, name: str, value: object, kind: str) -> LTSeq:
    """The rows with this list or struct, which no literal can be, in the column."""
    key = table._new(native_values(engine.default().from_columns, ["key"], [[value]], [kind]), ordered=False)
    return table.semi_join(key, on=lambda row, only: row[name] == only["key"])
