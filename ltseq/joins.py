"""Joins: join, semi and anti, as-of, link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import conditions
from .asof import asof_payload
from .capture import JoinOn
from .core import TableCore, table_of
from .exceptions import ArgumentError, SortDirectionError, SortRequiredError
from .expr.build import flag, one_of, text

if TYPE_CHECKING:
    from .linked import LinkedTable
    from .table import LTSeq

_TYPES = ("inner", "left", "right", "full")
_STRATEGIES = ("hash", "merge")


class JoinVerbs(TableCore):
    """Two tables become one. In every join NULL never matches, and NaN equals NaN."""

    __slots__ = ()

    def join(
        self,
        other: TableCore,
        on: JoinOn | None = None,
        how: str = "inner",
        strategy: str | None = None,
        *,
        left_on: str | Sequence[str] | None = None,
        right_on: str | Sequence[str] | None = None,
        suffix: str = "_right",
    ) -> LTSeq:
        """The pairs of rows whose keys are equal; left columns, then right ones. Drops the order.

        `on`: a name, a list of names, or `lambda a, b:` equalities joined by `&`. `how`: inner, left, right, full.
        A right column whose name is taken gets the suffix; inner and left drop the right keys.
        `strategy`: None, "hash", or "merge", which needs both orders led by the keys (SortRequiredError).

        >>> from ltseq import LTSeq
        >>> a = LTSeq.from_dict({"id": [1, 2], "x": [10, 20]})
        >>> a.join(LTSeq.from_dict({"id": [2], "y": [5]}), on="id").to_dicts()
        [{'id': 2, 'x': 20, 'y': 5}]
        """
        self._require_columns()
        right = table_of(other, "other")
        _word(how, _TYPES, "Invalid join type")
        if strategy is not None:
            _word(strategy, _STRATEGIES, "Invalid strategy")
        found = conditions.pairs(self, right, on, left_on, right_on)
        if strategy == "merge":
            conditions.equalities(found)
            _require_merge(self, right, found)
        return self._joined(right, found, how, strategy, suffix)

    def _joined(
        self, right: TableCore, found: list[conditions.Pair], how: str, strategy: str | None, suffix: str
    ) -> LTSeq:
        condition = conditions.equalities(found)
        _, dropped = conditions.plain_names(found)
        columns = right_columns(self, right, dropped if how in {"inner", "left"} else [], suffix)
        payload = {"on": condition, "how": how, "strategy": strategy, "right": columns}
        return self._verb("join", payload, [right._plan_for(condition, "right")], ordered=False)

    def join_merge(
        self,
        other: TableCore,
        on: JoinOn | None = None,
        how: str = "inner",
        *,
        left_on: str | Sequence[str] | None = None,
        right_on: str | Sequence[str] | None = None,
        suffix: str = "_right",
    ) -> LTSeq:
        """As `join`; the two orders are merged where both are led by the keys, else rows are hashed."""
        self._require_columns()
        right = table_of(other, "other")
        _word(how, _TYPES, "Invalid join type")
        found = conditions.pairs(self, right, on, left_on, right_on)
        strategy = "merge" if _merge_fault(self, right, found) is None else "hash"
        return self._joined(right, found, how, strategy, suffix)

    def semi_join(self, other: TableCore, on: JoinOn) -> LTSeq:
        """The rows that have a match in the other table, each once. Keeps the order and the columns."""
        return self._half("semi_join", other, on)

    def anti_join(self, other: TableCore, on: JoinOn) -> LTSeq:
        """The rows that have no match in the other table; rows with a NULL key are among them. Keeps the order."""
        return self._half("anti_join", other, on)

    def _half(self, verb: str, other: TableCore, on: JoinOn) -> LTSeq:
        self._require_columns()
        right = table_of(other, "other")
        condition = conditions.equalities(conditions.pairs(self, right, on))
        return self._verb(verb, {"on": condition}, [right._plan_for(condition, "right")])

    def asof_join(
        self,
        other: TableCore,
        on: JoinOn | None = None,
        direction: str | None = None,
        is_sorted: bool = False,
        *,
        left_on: str | None = None,
        right_on: str | None = None,
        by: JoinOn | None = None,
        strategy: str | None = None,
        tolerance: dt.timedelta | int | float | Decimal | None = None,
        suffix: str = "_right",
    ) -> LTSeq:
        """Every left row, in left order, with the closest right row in time; NULLs where there is none.

        `on`: a name, or `lambda a, b:` one comparison (`a.ts >= b.ts`: backward, `<=`: forward) and equalities,
        which add to `by`. `direction` (or `strategy`): backward, forward, nearest (the earlier one on a tie).
        `tolerance` is inclusive. The right time is kept, right `by` columns are dropped.
        Sides are sorted unless their order says they are; `is_sorted=True` trusts them.
        """
        self._require_columns()
        right = table_of(other, "other")
        flag(is_sorted, "is_sorted")
        if direction is not None and strategy is not None and direction != strategy:
            raise ArgumentError(f"strategy {strategy!r} contradicts direction {direction!r}; they mean the same")
        payload, dropped = asof_payload(
            self, right, on, direction if direction is not None else strategy, left_on, right_on, by, tolerance
        )
        payload = {**payload, "is_sorted": is_sorted, "right_columns": right_columns(self, right, dropped, suffix)}
        return self._verb("asof_join", payload, [right._plan_for(payload, "right")])

    def link(
        self,
        target_table: TableCore,
        on: JoinOn | None = None,
        as_: str | None = None,
        join_type: str = "inner",
        *,
        alias: str | None = None,
    ) -> LinkedTable:
        """A deferred join to a dimension: its columns are `alias_col`, and `r.alias.col` in lambdas.

        Left rows keep their order; only target columns that are used are read. `on` and `join_type` are as `join`
        has on and how; chained conditions may use earlier aliases. The alias is by default the target's name.
        Both aliases, or a column `alias_col` that is there already: ArgumentError.

        >>> from ltseq import LTSeq
        >>> o = LTSeq.from_dict({"id": [1, 2], "p": [7, 8]})
        >>> p = LTSeq.from_dict({"p": [7, 8], "name": ["nut", "bolt"]})
        >>> o.link(p, on="p", as_="prod").select("id", lambda r: r.prod.name).to_dicts()
        [{'id': 1, 'prod_name': 'nut'}, {'id': 2, 'prod_name': 'bolt'}]
        """
        from .linked import LinkedTable

        self._require_columns()
        target = table_of(target_table, "target_table")
        if as_ is not None and alias is not None:
            raise ArgumentError("give as_ or alias, not both; they mean the same")
        _word(join_type, _TYPES, "Invalid join type")
        given = as_ if as_ is not None else alias
        name = text(given, "alias") if given is not None else target._name() or "link"
        self._refuse_taken(name, target)
        condition = conditions.equalities(conditions.pairs(self, target, on))
        payload = {"on": condition, "alias": name, "join_type": join_type}
        wide = target._plan_for(condition, "right")
        if wide is not target._plan:
            payload["target_columns"] = target.columns
        plan = self._extend("link", payload, [wide])
        return LinkedTable._of(self, target, name, join_type, plan)

    def _refuse_taken(self, alias: str, target: TableCore) -> None:
        if not alias:
            raise ArgumentError("an alias must not be empty")
        # An earlier link of this name matters while columns of it are left.
        if alias in self._aliases and any(name.startswith(f"{alias}_") for name in self._scope()):
            raise ArgumentError(f"the alias {alias!r} is taken by an earlier link; give another with as_=")
        for column in target.columns:
            if f"{alias}_{column}" in self.columns:
                raise ArgumentError(f"column '{alias}_{column}' is taken; give the link another name with as_=")


def _word(value: object, known: tuple[str, ...], phrase: str) -> None:
    """One of these words, or an error that begins with the phrase."""
    try:
        one_of(value, phrase, known)
    except ArgumentError as error:
        raise ArgumentError(str(error).replace(" must be one of", ": it must be one of", 1)) from None


def right_columns(left: TableCore, right: TableCore, dropped: list[Any], suffix: object) -> list[list[str]]:
    """(name, name in the result) of the right columns; one that is taken gets the suffix."""
    taken = set(left.columns)
    made = []
    for name in right.columns:
        if name in dropped:
            continue
        new = name if name not in taken else name + text(suffix, "suffix")
        if new in taken:
            raise ArgumentError(f"the name {new!r} is still taken; choose another suffix or rename the column")
        taken.add(new)
        made.append([name, new])
    return made


def _require_merge(left: TableCore, right: TableCore, found: list[conditions.Pair]) -> None:
    fault = _merge_fault(left, right, found)
    if fault is not None:
        raise fault


def _merge_fault(left: TableCore, right: TableCore, found: list[conditions.Pair]) -> Exception | None:
    """Why the two orders cannot be merged along the keys; None where they can."""
    directions = []
    for table, names, side in zip((left, right), conditions.plain_names(found), ("Left", "Right"), strict=True):
        order = (table._order() or [])[: len(names)]
        if [name for name, _ in order] != names:
            shown = ", ".join(repr(name) for name in names)
            return SortRequiredError(f"{side} table is not sorted by the keys: use .sort({shown}), or strategy='hash'")
        directions.append([down for _, down in order])
    if directions[0] != directions[1]:
        return SortDirectionError("Sort directions don't match: sort both tables the same way")
    return None
