"""`LinkedTable`: a table with a link that stays open while verbs name only its own columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ._native import Plan
from .capture import ColumnArg, Columns, Named
from .core import TableCore, extend
from .errors import native
from .expr import kinds
from .expr.nodes import ColumnExpr, Expr
from .expr.walk import call_of, column_names, exprs_in
from .table import LTSeq


class LinkedTable(LTSeq):
    """Rows of a source with those of a target; made by `LTSeq.link`.

    filter, derive, select and sort that name only source columns give a LinkedTable again;
    any other verb gives an LTSeq. The rows always follow the join.

    >>> from ltseq import LTSeq
    >>> o = LTSeq.from_dict({"id": [1, 2], "p": [7, 8]})
    >>> linked = o.link(LTSeq.from_dict({"p": [7], "name": ["nut"]}), on="p", as_="prod")
    >>> linked.columns, linked.alias
    (['id', 'p', 'prod_p', 'prod_name'], 'prod')
    """

    __slots__ = ("_alias", "_collected", "_hidden", "_join_type", "_rows", "_source", "_target", "_wide")

    _source: LTSeq
    _target: TableCore
    _alias: str
    _join_type: str
    _collected: LTSeq | None
    _rows: LTSeq | None
    # The plan with all columns of the link, and of those the ones that a select left out of the table.
    _wide: Plan
    _hidden: dict[str, str]

    @classmethod
    def _of(cls, source: TableCore, target: TableCore, alias: str, join_type: str, plan: Plan) -> LinkedTable:
        made = cls.__new__(cls)
        made._set(plan, (*source._aliases, alias), source._computed_key)
        made._source, made._target = cast(LTSeq, source), target
        made._alias, made._join_type = alias, join_type
        made._collected = made._rows = None
        made._wide, made._hidden = plan, {}
        return made

    @property
    def source(self) -> LTSeq:
        """The table that was linked."""
        return self._source

    @property
    def target(self) -> TableCore:
        """The table it was linked to."""
        return self._target

    @property
    def alias(self) -> str:
        """The target's name in this link."""
        return self._alias

    @property
    def join_type(self) -> str:
        """inner, left, right or full."""
        return self._join_type

    def to_ltseq(self) -> LTSeq:
        """The joined rows as an LTSeq; lazy. Later calls give the same object, which keeps its count."""
        if self._rows is None:
            self._rows = self._new(self._plan)
        return self._rows

    def collect(self) -> LTSeq:
        """The joined rows, held in memory. Runs once; later calls give the same object."""
        if self._collected is None:
            self._collected = super().collect()
        return self._collected

    def sort(
        self,
        /,
        *keys: ColumnArg,
        desc: bool | Sequence[bool] = False,
        descending: bool | Sequence[bool] | None = None,
        nulls: str | None = None,
        partition_by: Columns | None = None,
    ) -> LTSeq:
        directions = desc if descending is None else descending
        payload, computed = self._order_payload("sort", keys, directions, nulls, partition_by)
        made = self._verb("sort", payload)
        if self._own([*(key["expr"] for key in payload["keys"]), *payload["partition_by"]]):
            source = self._source._verb("sort", payload)
            source._computed_key = computed
            made = self._reopened(made, "sort", payload, source)
        made._computed_key = computed
        return made

    sort.__doc__ = LTSeq.sort.__doc__

    def _filter(self, predicates: list[Expr]) -> LTSeq:
        made = super()._filter(predicates)
        if not self._own(predicates):
            return made
        # The rows of the source alone say nothing of unmatched target rows, nor of neighbours in the join.
        pushed = self._join_type in {"inner", "left"} and all(
            call_of(p, kinds.SEQUENCE, kinds.WINDOW, kinds.AGGREGATE) is None for p in predicates
        )
        source = self._source._filter(predicates) if pushed else self._source
        return self._reopened(made, "filter", {"predicates": predicates}, source)

    def _derive(self, columns: list[Named]) -> LTSeq:
        made = super()._derive(columns)
        if not self._own(column.expr for column in columns):
            return made
        payload = {"columns": self._distinct_names(columns, "derive")}
        return self._reopened(made, "derive", payload, self._source._derive(columns))

    def _select(self, columns: list[Named]) -> LTSeq:
        made = super()._select(columns)
        if not self._own(column.expr for column in columns):
            return made
        taken = {column.name for column in columns}
        kept = [{"name": name, "expr": ColumnExpr(name)} for name in self._linked_names() if name not in taken]
        payload = {"columns": [*self._distinct_names(columns, "select"), *kept]}
        return self._reopened(made, "select", payload, self._source._select(columns))

    def _linked_names(self) -> list[str]:
        """The target's columns as this link calls them, as far as they are still there."""
        names = [f"{self._alias}_{name}" for name in self._target.columns]
        return [name for name in names if name in self._scope()]

    def _scope(self) -> dict[str, str]:
        return {**self._types(), **self._hidden}

    def _own(self, exprs: Iterable[Expr]) -> bool:
        """True where the expressions name source columns alone."""
        return all(name in self._source.columns for expr in exprs for name in column_names(expr))

    def _reopened(self, made: LTSeq, verb: str, payload: Mapping[str, Any], source: LTSeq) -> LinkedTable:
        """The link over a new source, with the rows of `made`; the wide plan goes the same way."""
        assert made._plan_or_none is not None
        linked = LinkedTable._of(source, self._target, self._alias, self._join_type, made._plan_or_none)
        linked._aliases, linked._computed_key = made._aliases, made._computed_key
        if self._hidden or verb == "select":
            linked._wide = extend(self._wide, verb, payload)
            names = dict(native(linked._wide.schema))
            linked._hidden = {name: kind for name, kind in names.items() if name not in linked._types()}
        return linked

    def _plan_for(self, value: Any, side: str = "left") -> Plan:
        used = any(column in self._hidden for expr in exprs_in(value) for column in column_names(expr, side))
        return self._wide if used else self._plan

    def _extend(self, name: str, payload: Mapping[str, Any], others: Sequence[Plan] = ()) -> Plan:
        """As every table's; a verb that names hidden columns works on the wide plan, and hides the rest again."""
        if self._plan_for(payload) is self._plan:
            return super()._extend(name, payload, others)
        if name in {"join", "asof_join", "link"}:
            return super()._extend(name, {**payload, "left_columns": self.columns}, others)
        plan = super()._extend(name, payload, others)
        made = [column for part in ("columns", "by", "aggs") for column in payload.get(part, ())]
        named = {column["name"] for column in made if isinstance(column, Mapping)}
        spare = [column for column, _ in native(plan.schema) if column in self._hidden and column not in named]
        return extend(plan, "drop", {"columns": spare}) if spare else plan
