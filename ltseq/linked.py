"""`LinkedTable`: a table with a link that stays open while verbs name only its own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._native import Plan
from .capture import Named
from .core import TableCore
from .expr.nodes import ColumnExpr, Expr
from .table import LTSeq

if TYPE_CHECKING:
    from collections.abc import Iterable


class LinkedTable(LTSeq):
    """Rows of a source with those of a target; made by `LTSeq.link`.

    filter, derive, select and sort that name only source columns give a LinkedTable again;
    any other verb gives an LTSeq. The rows always follow the join.
    """

    __slots__ = ("_alias", "_collected", "_join_type", "_source", "_target")

    _source: TableCore
    _target: TableCore
    _alias: str
    _join_type: str
    _collected: LTSeq | None

    @classmethod
    def _of(cls, source: TableCore, target: TableCore, alias: str, join_type: str, plan: Plan) -> LinkedTable:
        made = cls.__new__(cls)
        made._set(plan, (*source._aliases, alias), source._computed_key)
        made._source, made._target, made._alias, made._join_type = source, target, alias, join_type
        made._collected = None
        return made

    @property
    def source(self) -> TableCore:
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
        """The joined rows as an LTSeq; lazy."""
        return self._new(self._plan)

    def collect(self) -> LTSeq:
        """The joined rows, held in memory. Runs once; later calls give the same object."""
        if self._collected is None:
            self._collected = super().collect()
        return self._collected

    def _open(self, made: LTSeq, source: TableCore) -> LinkedTable:
        """The link over a new source, with the rows of `made`."""
        linked = LinkedTable._of(source, self._target, self._alias, self._join_type, made._plan)
        linked._aliases, linked._computed_key = made._aliases, made._computed_key
        return linked

    def _own(self, exprs: Iterable[Expr]) -> bool:
        """True where the expressions name source columns alone."""
        return all(name in self._source.columns for expr in exprs for name in _columns_in(expr))

    def _keeps_rows(self) -> bool:
        return self._join_type in {"inner", "left"}
