"""Verbs on rows and columns that keep the order: filter, select, derive, slice and their kin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import capture
from .capture import ColumnArg, Columns, Named, NamedValue, Predicate
from .core import TableCore
from .errors import column_not_found, kind_of
from .exceptions import ArgumentError
from .expr.build import call, integer
from .expr.build import length as number_of_rows
from .expr.nodes import ColumnExpr

if TYPE_CHECKING:
    from .expr.nodes import Expr
    from .table import LTSeq


class RowVerbs(TableCore):
    """Each verb returns a new table; nothing runs."""

    __slots__ = ()

    def filter(self, /, *preds: Predicate) -> LTSeq:
        """The rows where every predicate is true; NULL is not true. Keeps the order.

        Sequence functions in a predicate see the rows before the filter.
        A str or a plain value instead of a predicate: ArgumentError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"px": [1, 5, None]})
        >>> t.filter(lambda r: r.px > 2).to_dicts()
        [{'px': 5}]
        """
        row = self._row()
        predicates = capture.predicates(preds, row)
        return self._filter(self._conditions(predicates)) if predicates else self._new(self._plan)

    def _filter(self, predicates: list[Expr]) -> LTSeq:
        """Rows where checked predicates are true."""
        return self._verb("filter", {"predicates": predicates})

    def select(self, /, *cols: Columns | Mapping[str, NamedValue], **named: NamedValue) -> LTSeq:
        """These columns, in the order given: names, lambdas, Exprs, lists of them, and named values (also in a dict).

        Keeps the order of the rows. The same name twice: ArgumentError; unknown: ColumnNotFoundError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"a": [1], "b": [2]})
        >>> t.select("b", c=lambda r: r.a + r.b).to_dicts()
        [{'b': 2, 'c': 3}]
        """
        row = self._row()
        found = capture.columns(cols, row, "select", lists=True) + capture.named(named, row)
        if not found:
            raise ArgumentError("select needs at least one column")
        return self._select(self._named(found))

    def _select(self, columns: list[Named]) -> LTSeq:
        """Checked columns alone."""
        return self._verb("select", {"columns": self._distinct_names(columns, "select")})

    def derive(self, /, *args: ColumnArg | Mapping[str, NamedValue], **named: NamedValue) -> LTSeq:
        """Adds columns at the end, or replaces them in place; right sides see the old values.

        Positional arguments: lambdas that give dicts, dicts, aliased expressions, names (kept as they are).
        Keeps the order. A computed value without a name, or an aggregate without `.over`: ArgumentError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"a": [1, 2]})
        >>> t.derive(lambda r: {"b": r.a * 10}, a=lambda r: r.a + 1).to_dicts()
        [{'a': 2, 'b': 10}, {'a': 3, 'b': 20}]
        """
        row = self._row()
        for arg in args:
            capture.require_columns([arg], "derive", lists=isinstance(arg, Mapping))
        capture.require_named(named)
        found: list[Named] = []
        for arg in args:
            if isinstance(arg, Mapping):
                found += capture.named(arg, row)
            else:
                found += capture.columns([arg], row, "derive")
        found += capture.named(named, row)
        for name, _ in found:
            if name is None:
                raise ArgumentError("derive: a computed column needs a name: a dict, a keyword, or .alias(…)")
        new = [column for column in self._named(found) if not _is_kept(column)]
        return self._derive(new) if new else self._new(self._plan)

    def _derive(self, columns: list[Named]) -> LTSeq:
        """Checked columns added or replaced."""
        return self._verb("derive", {"columns": self._distinct_names(columns, "derive")})

    def rename(self, mapping: Mapping[str, str] | None = None, /, **old_to_new: str) -> LTSeq:
        """Columns under new names: a dict or keywords, old to new. Keeps the order, under the new name.

        An unknown column: ColumnNotFoundError; two columns of one name: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1]}).rename(a="b").columns
        ['b']
        """
        self._require_columns()
        if mapping is not None and not isinstance(mapping, Mapping):
            raise ArgumentError(f"rename takes a dict of old to new names, not {kind_of(mapping)}")
        renames = {**(mapping or {}), **old_to_new}
        for old, new in renames.items():
            if not isinstance(old, str) or not isinstance(new, str):
                raise ArgumentError(f"rename: a name must be str, not {kind_of(new if isinstance(old, str) else old)}")
            if old not in self.columns:
                raise column_not_found(old, self.columns)
        names = [renames.get(name, name) for name in self.columns]
        for name in names:
            if names.count(name) > 1:
                raise ArgumentError(f"rename: two columns would be called {name!r}")
        changed = {old: new for old, new in renames.items() if old != new}
        return self._verb("rename", {"mapping": changed}) if changed else self._new(self._plan)

    def drop(self, /, *cols: ColumnArg) -> LTSeq:
        """The table without these columns. Keeps the order, which `sort_keys` tells as far as its columns are left.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1], "b": [2]}).drop("a").columns
        ['b']
        """
        names = capture.plain_names(cols, self._row(), "drop")
        return self._verb("drop", {"columns": list(dict.fromkeys(names))}) if names else self._new(self._plan)

    def slice(self, offset: int = 0, length: int | None = None) -> LTSeq:
        """`length` rows from position `offset` (from 0) along the order, or all that follow.

        Past the end there are no rows. A negative number: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 2, 3]}).slice(1, 1).to_dicts()
        [{'a': 2}]
        """
        self._require_columns()
        start = number_of_rows(offset, "offset")
        rows = None if length is None else number_of_rows(length, "length")
        return self._verb("slice", {"offset": start, "length": rows})

    def head(self, n: int = 10) -> LTSeq:
        """The first n rows along the order. n < 0: ArgumentError."""
        self._require_columns()
        return self._verb("slice", {"offset": 0, "length": number_of_rows(n, "n")})

    def tail(self, n: int = 10) -> LTSeq:
        """The last n rows along the order. n < 0: ArgumentError."""
        self._require_columns()
        return self._verb("tail", {"n": number_of_rows(n, "n")})

    def step(self, n: int) -> LTSeq:
        """Rows 0, n, 2n, … along the order. n < 1: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 2, 3]}).step(2).to_dicts()
        [{'a': 1}, {'a': 3}]
        """
        self._require_columns()
        return self._verb("filter", {"predicates": [call("row_index") % integer(n, "n", least=1) == 0]})

    def rvs(self) -> LTSeq:
        """The rows reversed, and the declared order turned with them."""
        return self._verb("rvs", {})

    def distinct(self, /, *keys: ColumnArg) -> LTSeq:
        """Each row once, or the first row in order per key; in order of first appearance.

        NULL equals NULL, NaN equals NaN. Keys may be expressions.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [2, 2, 1], "b": [1, 2, 3]}).distinct("a").to_dicts()
        [{'a': 2, 'b': 1}, {'a': 1, 'b': 3}]
        """
        found = capture.columns(keys, self._row(), "distinct")
        return self._verb("distinct", {"keys": self._checked(key.expr for key in found)})


def _is_kept(column: Named) -> bool:
    """True for a column under its own name, which derive leaves as it is."""
    return isinstance(column.expr, ColumnExpr) and column.expr.name == column.name
