"""Orders: making, declaring and asking for one, and the verbs that need it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import capture
from .capture import ColumnArg, Columns, Named, Predicate
from .core import TableCore
from .errors import native
from .exceptions import ArgumentError
from .expr import kinds
from .expr.build import flag, one_of, reach, sequence
from .expr.nodes import ColumnExpr, Expr
from .expr.walk import call_of
from .expr.windows import directions_of, require_directions
from .fold import FoldFunction, fold
from .types import is_number

if TYPE_CHECKING:
    from .table import LTSeq


class OrderVerbs(TableCore):
    """Verbs about the order of the rows."""

    __slots__ = ()

    def sort(
        self,
        /,
        *keys: ColumnArg,
        desc: bool | Sequence[bool] = False,
        descending: bool | Sequence[bool] | None = None,
        nulls: str | None = None,
        partition_by: Columns | None = None,
    ) -> LTSeq:
        """The rows by these keys; ties keep their order.

        `desc` (or `descending`, which wins): a bool for all keys or a list of one per key.
        `nulls`: "first" or "last"; by default last for ascending, first for descending keys.
        `partition_by`: rows are sorted by it first, and sequence functions restart where it changes.
        An order is made of columns: the first computed key ends it for `sort_keys`.
        No key, a list of another length, a desc that is no bool: ArgumentError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"a": [2, None, 1]}).sort("a", desc=True)
        >>> t.to_dicts(), t.sort_keys
        ([{'a': None}, {'a': 2}, {'a': 1}], [('a', True)])
        """
        payload, computed = self._order_payload(
            "sort", keys, desc if descending is None else descending, nulls, partition_by
        )
        made = self._verb("sort", payload)
        made._computed_key = computed
        return made

    def assume_sorted(
        self,
        /,
        *keys: ColumnArg,
        desc: bool | Sequence[bool] = False,
        partition_by: Columns | None = None,
        check: bool = False,
    ) -> LTSeq:
        """Declares that the rows have this order already; sorts nothing.

        Trusted as it is, or with `check=True` verified while rows stream: OrderViolationError names the row.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"ts": [1, 2]}).assume_sorted("ts").sort_keys
        [('ts', False)]
        """
        self._require_columns()
        flag(check, "check")
        payload, computed = self._order_payload("assume_sorted", keys, desc, None, partition_by)
        made = self._verb("assume_sorted", {**payload, "check": check})
        made._computed_key = computed
        return made

    def _order_payload(
        self, verb: str, keys: Iterable[ColumnArg], desc: object, nulls: str | None, partition_by: Columns | None
    ) -> tuple[dict[str, Any], str | None]:
        """The payload, and the text of the first key where it is computed."""
        row = self._row()
        if nulls is not None:
            one_of(nulls, "nulls", ("first", "last"))
        require_directions(desc)
        found = [key.expr for key in capture.columns(keys, row, verb)]
        if not found:
            raise ArgumentError(f"{verb} needs at least one key")
        directions = directions_of(desc, len(found), "keys")
        partition = [key.expr for key in capture.columns(_listed(partition_by), row, "partition_by")]
        for expr in [*partition, *found]:
            _plain_computation(expr, verb)
        self._checked([*partition, *found])
        payload = {
            "keys": [
                {"expr": expr, "desc": down, "nulls_first": down if nulls is None else nulls == "first"}
                for expr, down in zip(found, directions, strict=True)
            ],
            "partition_by": partition,
        }
        computed = None if isinstance(found[0], ColumnExpr) else self._expr_text(found[0])
        return payload, computed

    @property
    def sort_keys(self) -> list[tuple[str, bool]] | None:
        """The declared order as (name, descending), as far as its keys are columns of the table; None without one.

        Partition keys come first. Never runs anything.
        """
        return None if self._plan_or_none is None else native(self._plan_or_none.order)

    def is_sorted_by(self, /, *keys: ColumnArg, desc: bool | Sequence[bool] = False) -> bool:
        """True where these keys with these directions begin the declared order; no keys: False."""
        row = self._row()
        require_directions(desc)
        names = capture.plain_names(keys, row, "is_sorted_by")
        wanted = list(zip(names, directions_of(desc, len(names), "keys"), strict=True))
        return bool(wanted) and (self._order() or [])[: len(wanted)] == wanted

    def cum_sum(self, /, *cols: ColumnArg) -> LTSeq:
        """Adds the running sum of each column as `<name>_cumsum`. NULL is skipped.

        No column, or one that is not numeric: ArgumentError. No order: SortRequiredError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 2]}).sort("a").cum_sum("a").to_dicts()
        [{'a': 1, 'a_cumsum': 1}, {'a': 2, 'a_cumsum': 3}]
        """
        row = self._row()
        found = capture.columns(cols, row, "cum_sum")
        if not found:
            raise ArgumentError("cum_sum needs at least one column")
        made = []
        for name, expr in self._named(found):
            kind = self._expr_type(expr)
            if not is_number(kind) and kind != "null":
                raise ArgumentError(f"cum_sum takes numbers, but column {name!r} is {kind}")
            made.append(Named(f"{name}_cumsum", expr.cum_sum()))
        return self._verb("derive", {"columns": self._distinct_names(self._named(made), "cum_sum")})

    def search_first(self, pred: Predicate) -> LTSeq:
        """The first row in order that satisfies the predicate, or no row. Without an order, in source order.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 5, 9]}).search_first(lambda r: r.a > 3).to_dicts()
        [{'a': 5}]
        """
        (predicate,) = self._conditions([capture.predicate(pred, self._row())])
        return self._verb("search_first", {"predicate": predicate})

    def search_pattern(
        self,
        /,
        *preds: Predicate,
        partition_by: Columns | None = None,
        within: dt.timedelta | int | float | Decimal | None = None,
    ) -> LTSeq:
        """The first rows of all places where consecutive rows satisfy the predicates one after the other.

        Matches may overlap. `within`: the last row lies no later than this after the first, along the order key.
        No predicate: ArgumentError; no order: SortRequiredError.
        """
        row = self._row()
        if not preds:
            raise ArgumentError("search_pattern needs at least one predicate")
        reached = reach(within, "within")
        steps = self._conditions(capture.predicates(preds, row))
        keys: list[str | Expr] = [key.expr for key in capture.columns(_listed(partition_by), row, "partition_by")]
        call = sequence("search_pattern", *steps, partition_by=keys or None, within=reached)
        return self._verb("filter", {"predicates": self._checked([call])})

    def search_pattern_count(
        self,
        /,
        *preds: Predicate,
        partition_by: Columns | None = None,
        within: dt.timedelta | int | float | Decimal | None = None,
    ) -> int:
        """How many matches `search_pattern` finds. Runs."""
        return self.search_pattern(*preds, partition_by=partition_by, within=within).count()

    def fold(self, fn: FoldFunction, *, init: object, into: str, partition_by: Columns | None = None) -> LTSeq:
        """A column of states: `fn(state, row)` for every row in order, from `init`. Runs at the call.

        The row is read by item or attribute and cannot be changed; `init` is copied for each partition:
        that of `partition_by`, or else of the order.
        Results of two types, or `into` empty or there already: ArgumentError (int with float gives float64).
        No order: SortRequiredError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"a": [1, 2, 3]}).sort("a")
        >>> t.fold(lambda s, r: s * r.a, init=1, into="f").to_dicts()[-1]
        {'a': 3, 'f': 6}
        """
        row = self._row()
        keys = [key.expr for key in capture.columns(_listed(partition_by), row, "partition_by")]
        return fold(self, fn, init, into, self._checked(keys))


def _listed(value: Columns | None) -> list[Any]:
    """One argument or a list of them as a list; None gives none."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _plain_computation(expr: Expr, verb: str) -> None:
    """Keys are computed from their own row: a sequence function among them is an error."""
    found = call_of(expr, kinds.SEQUENCE, kinds.WINDOW, kinds.AGGREGATE)
    if found is not None:
        raise ArgumentError(
            f"{verb}: {found.func} cannot stand in a key; derive it as a column first, then {verb} by that"
        )
