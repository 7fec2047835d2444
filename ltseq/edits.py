"""Verbs that change single rows: insert, delete, update, modify."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import capture, engine, fitting, ingest
from .capture import Named, NewValue, Predicate
from .core import TableCore, unused
from .errors import column_not_found, kind_of, native_values
from .exceptions import ArgumentError, SchemaMismatchError
from .expr.build import MOST, as_expr, call, integer
from .expr.literals import plain
from .expr.nodes import ColumnExpr, Expr, LiteralExpr
from .types import integer_range, python_name

if TYPE_CHECKING:
    from .table import LTSeq


class EditVerbs(TableCore):
    """Each verb returns a new table; the old one stays as it is."""

    __slots__ = ()

    def insert(self, pos: int, row_dict: Mapping[str, object]) -> LTSeq:
        """The table with one more row at position `pos` (from 0, held between 0 and the end).

        Columns that are not given are NULL; numbers are widened where they must be. Drops the declared order.
        An unknown column: ColumnNotFoundError; a value of another type: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 3]}).insert(1, {"a": 2}).to_dicts()
        [{'a': 1}, {'a': 2}, {'a': 3}]
        """
        self._require_columns()
        at = min(max(integer(pos, "pos"), 0), MOST)
        if not isinstance(row_dict, Mapping):
            raise ArgumentError(f"row_dict must be a dict, not {kind_of(row_dict)}")
        for name in row_dict:
            if name not in self.columns:
                raise column_not_found(str(name), self.columns)
        row = self._new(_one_row(self.schema, row_dict), ordered=False)
        if any(_mixes(kind, row.schema[name]) for name, kind in self._types().items()):
            raise self._misfit(row)
        try:
            return self._with_row(row, at)
        except SchemaMismatchError:
            raise self._misfit(row) from None

    def _with_row(self, row: LTSeq, at: int) -> LTSeq:
        """The rows with one more. The plan holds this table once, so that many inserts stay cheap to plan."""
        rows = self._new(self._plan, ordered=False)
        if at == 0:
            return row.union(rows)
        if self._count is not None and at >= self._count:
            return rows.union(row)
        place = unused(self.columns, 1)[0]
        numbers = {"name": place, "expr": call("row_index") * 2}
        number = {"name": place, "expr": as_expr(min(at, MOST // 4) * 2 - 1)}
        both = self._verb("derive", {"columns": [numbers]}).union(row._verb("derive", {"columns": [number]}))
        key = {"expr": ColumnExpr(place), "desc": False, "nulls_first": False}
        placed = both._verb("sort", {"keys": [key], "partition_by": []})._verb("drop", {"columns": [place]})
        # A set operation takes the order away and leaves the rows in their places.
        return placed.union(row._verb("slice", {"offset": 0, "length": 0}))

    def _misfit(self, row: LTSeq) -> ArgumentError:
        """The error for a row with a value that its column cannot hold."""
        given = row.schema
        wrong = [
            (name, kind)
            for name, kind in self._types().items()
            if _mixes(kind, given[name]) or not self._unites(row, name)
        ]
        told = "; ".join(f"column {name!r} is {kind}, and its value is {given[name]}" for name, kind in wrong)
        return ArgumentError(f"insert: {told}")

    def _unites(self, row: LTSeq, name: str) -> bool:
        column = {"columns": [{"name": name, "expr": ColumnExpr(name)}]}
        try:
            self._verb("select", column).union(row._verb("select", column))
        except SchemaMismatchError:
            return False
        return True

    def delete(self, pred_or_pos: Predicate | int) -> LTSeq:
        """The table without the rows where the predicate is true (NULL keeps a row), or without one position.

        A position out of range changes nothing. Keeps the order.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, None, 3]}).delete(lambda r: r.a > 1).to_dicts()
        [{'a': 1}, {'a': None}]
        """
        return self._verb("filter", {"predicates": [~self._hit(pred_or_pos)]})

    def update(self, pred: Predicate, values: Mapping[str, NewValue] | None = None, /, **named: NewValue) -> LTSeq:
        """New values where the predicate is true (NULL keeps a row as it is). Keeps the order.

        Values are literals, lambdas or Exprs, by dict or keyword; they see the old values. None given: unchanged.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 5]}).update(lambda r: r.a > 2, a=0).to_dicts()
        [{'a': 1}, {'a': 0}]
        """
        return self._replace(self._hit(capture.predicate(pred, self._row())), values, named)

    def modify(self, pos: int, values: Mapping[str, NewValue] | None = None, /, **named: NewValue) -> LTSeq:
        """New values in the row at position `pos` (from 0). Out of range: unchanged. Keeps the order."""
        self._require_columns()
        return self._replace(self._hit(integer(pos, "pos")), values, named)

    def _hit(self, pred_or_pos: object) -> Expr:
        """A condition that is true or false, never NULL: for a predicate or for one position."""
        row = self._row()
        position = plain(pred_or_pos)
        if isinstance(position, int) and not isinstance(position, bool):
            return call("row_index") == position if 0 <= position <= MOST else as_expr(False)
        (condition,) = self._conditions([capture.predicate(pred_or_pos, row, "a predicate or position")])
        return call("coalesce", condition, False)

    def _replace(self, hit: Expr, values: Mapping[str, NewValue] | None, named: Mapping[str, NewValue]) -> LTSeq:
        if values is not None and not isinstance(values, Mapping):
            raise ArgumentError(f"values must be a dict, not {kind_of(values)}")
        row = self._row()
        columns = []
        for name, value in {**(values or {}), **named}.items():
            if name not in self.columns:
                raise column_not_found(str(name), self.columns)
            new = self._fitted(name, capture.value_of(value, row, repr(name)))
            columns.append(Named(name, call("if_else", hit, new, ColumnExpr(name))))
        if not columns:
            return self._new(self._plan)
        return self._verb("derive", {"columns": self._distinct_names(self._named(columns), "update")})

    def _fitted(self, name: str, value: Expr) -> Expr:
        """A value that the column's kind can take; text for a number and the like is an ArgumentError."""
        (value,) = self._checked([value])
        have, new = self.schema[name], self._expr_type(value)
        if _mixes(have, new):
            raise ArgumentError(f"column {name!r} is {have}, and the new value is {new}")
        # A literal that the column's own type holds must not widen the column.
        if isinstance(value, LiteralExpr) and new not in {have, "null"} and _fits(value.value, have):
            if not fitting.holds(have, plain(value.value)):
                raise ArgumentError(f"column {name!r}: {value.value!r} is no {have} without a loss; round it first")
            return value.cast(have)
        return value


def _one_row(schema: Mapping[str, str], given: Mapping[str, object]) -> Any:
    """A plan of one row with all columns of the schema; NULL has no type, for it fits all."""
    values = {name: [given.get(name)] for name in schema}
    types = {name: kind for name, kind in schema.items() if plain(values[name][0]) is not None}
    types = {name: kind for name, kind in types.items() if _fits(values[name][0], kind)}
    return native_values(engine.default().from_columns, *ingest.table(values, types))


_NUMBERS = {"int", "float", "Decimal"}


def _mixes(have: str, new: str) -> bool:
    """True where a column of the first type cannot take values of the second; numbers take numbers."""
    kinds = {python_name(have), python_name(new)}
    if len(kinds) > 1:
        return not kinds <= _NUMBERS and "None" not in kinds
    # A time with a zone would give the column's other times one too.
    return kinds == {"datetime"} and "," in new and "," not in have


def _fits(value: object, kind: str) -> bool:
    """True where the column's type is that of the value, so that it needs no wider one."""
    value, python = plain(value), python_name(kind)
    if value is None:
        return True
    if isinstance(value, int) and not isinstance(value, bool) and python == "int":
        return value in integer_range(kind)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and python in {"float", "Decimal"}:
        return not (isinstance(value, float) and python == "Decimal") and fitting.holds(kind, value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return python == "datetime" and "," in kind
    return ingest.kind(value) == python
