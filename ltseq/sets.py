"""Set operations and membership: whole rows, or some columns of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import capture
from .align import align
from .capture import ColumnArg, Columns, Lambda
from .core import TableCore, table_of
from .errors import column_not_found, kind_of
from .exceptions import ArgumentError, SchemaMismatchError
from .expr.build import call
from .expr.nodes import CallExpr, ColumnExpr, Expr
from .expr.walk import column_names
from .types import is_number

if TYPE_CHECKING:
    from .table import LTSeq


class SetVerbs(TableCore):
    """Columns meet by name; numbers are widened; rows come in no declared order."""

    __slots__ = ()

    def union(self, other: TableCore) -> LTSeq:
        """The rows of both, duplicates kept: this table's, then the other's.

        Columns meet by name, numbers are widened, `null` fits all. Other columns or types: SchemaMismatchError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1]}).union(LTSeq.from_dict({"a": [1]})).to_dicts()
        [{'a': 1}, {'a': 1}]
        """
        right = self._matching(other)
        return self._verb("union", {}, [right._plan], ordered=False)

    def intersect(self, other: TableCore, on: Columns | None = None) -> LTSeq:
        """The rows that are in both, each once; NULL equals NULL. `on`: compare these columns only."""
        return self._compare("intersect", other, on)

    def except_(self, other: TableCore, on: Columns | None = None) -> LTSeq:
        """The rows that are not in the other, each once; NULL equals NULL. `on`: compare these columns only."""
        return self._compare("except", other, on)

    def xunion(self, other: TableCore, on: Columns | None = None) -> LTSeq:
        """The rows that are in one of the two only, each once; this table's, then the other's."""
        right = self._matching(other)
        return self.except_(right, on).union(right.except_(self, on))

    def is_subset(self, other: TableCore, on: Columns | None = None) -> bool:
        """True where every row of this table is in the other. Runs.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1]}).is_subset(LTSeq.from_dict({"a": [1, 2]}))
        True
        """
        return self.except_(other, on).head(1).count() == 0

    def contain(self, column: ColumnArg, /, *values: object) -> bool:
        """True where the column holds all of these values; none given: True. None looks for NULL. Runs."""
        row = self._row()
        found = capture.columns([column], row, "contain")
        if len(found) != 1:
            raise ArgumentError("contain looks into one column")
        (expr,) = self._checked([found[0].expr])
        if not values:
            return True
        hits = [{"name": f"v{place}", "expr": self._same(expr, value).count_if()} for place, value in enumerate(values)]
        (counts,) = self._verb("agg", {"by": [], "aggs": hits}, ordered=False)._tuples()
        return all(counts)

    def _same(self, expr: Expr, value: object) -> CallExpr:
        """True where the column holds this value. A value of another kind is an ArgumentError."""
        made, kind = call("same", expr, value), self._expr_type(expr)
        try:
            fits = not isinstance(value, str) or not (is_number(kind) or kind == "bool")
            if fits:
                self._expr_type(made)
        except ArgumentError:
            fits = False
        if not fits:
            raise ArgumentError(f"contain: column {self._expr_text(expr)} is {kind}, and {value!r} is {kind_of(value)}")
        return made

    def align(self, ref: Iterable[object], key: Lambda) -> LTSeq:
        """A row per element of `ref`, in its order: repeats repeat, several matches all come, other rows go.

        Without a match the row holds the key, else NULL. `key`: a lambda of one plain column.
        `ref` is converted to the key's type at the call (text to date). Drops the declared order.
        A key of another form, an empty ref, a value out of range, a nested type: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"k": [1, 2], "v": ["x", "y"]}).align([2, 3], lambda r: r.k).to_dicts()
        [{'k': 2, 'v': 'y'}, {'k': 3, 'v': None}]
        """
        row = self._row()
        if isinstance(key, str) or not capture.is_lambda(key):
            raise ArgumentError("key must be callable: a lambda of one plain column, such as `lambda r: r.day`")
        column = capture.run(key, row)
        if not isinstance(column, ColumnExpr):
            raise ArgumentError("key must give one plain column, such as `lambda r: r.day`")
        return align(self, ref, column.name)

    def _compare(self, verb: str, other: TableCore, on: Any) -> LTSeq:
        right, keys = (self._matching(other), list[Expr]()) if on is None else self._with_keys(other, on)
        return self._verb(verb, {"on": keys}, [right._plan], ordered=False)

    def _with_keys(self, other: TableCore, on: Any) -> tuple[LTSeq, list[Expr]]:
        """The other table and the columns to compare, which both must have."""
        right = _table(other)
        given = on if isinstance(on, (list, tuple)) else [on]
        keys = self._checked(column.expr for column in capture.columns(given, self._row(), "on"))
        if not keys:
            raise ArgumentError("on names no column")
        for key in keys:
            for name in column_names(key):
                if name not in right.columns:
                    raise column_not_found(name, right.columns)
        return right, keys

    def _matching(self, other: TableCore) -> LTSeq:
        """The other table, which must have the same column names."""
        self._require_columns()
        right = _table(other)
        missing = [name for name in self.columns if name not in right.columns]
        extra = [name for name in right.columns if name not in self.columns]
        if missing or extra:
            told = []
            if missing:
                told.append(f"the other table lacks {', '.join(map(repr, missing))}")
            if extra:
                told.append(f"only the other table has {', '.join(map(repr, extra))}")
            raise SchemaMismatchError(f"the columns of the two tables differ: {'; '.join(told)}")
        return right


def _table(other: object) -> LTSeq:
    table = table_of(other, "other")
    return table._new(table._plan, ordered=False)
