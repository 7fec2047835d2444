"""What every table is: a plan, its schema, and how an expression meets it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._native import Plan
from .capture import Named
from .check import Place, check
from .errors import native, shallow
from .exceptions import ArgumentError, NoDataError
from .expr.nodes import ColumnExpr, Expr
from .expr.proxy import GroupProxy, SchemaProxy

if TYPE_CHECKING:
    from weakref import ref

    from typing_extensions import Self

    from .rows import RowIterator
    from .table import LTSeq

NOT_INITIALIZED = (
    "Schema not initialized: the table has no columns; make one with LTSeq.read_csv(…) or LTSeq.from_rows(…)"
)


class TableCore:
    """A plan with its schema. Immutable: verbs make new tables that share the plan below."""

    __slots__ = ("_aliases", "_computed_key", "_count", "_fresh", "_plan_or_none", "_schema")

    _plan_or_none: Plan | None
    # Aliases of linked tables whose columns may still be among ours.
    _aliases: tuple[str, ...]
    # Text of the key that a sort began with where it was computed, for the error that follows from it.
    _computed_key: str | None
    _schema: dict[str, str] | None
    _count: int | None
    # The last iterator over the rows, while somebody holds it: a `len` before its first row is its count.
    _fresh: ref[RowIterator] | None

    def _set(self, plan: Plan | None, aliases: tuple[str, ...] = (), computed_key: str | None = None) -> None:
        self._plan_or_none = plan
        self._aliases = aliases
        self._computed_key = computed_key
        self._schema = None
        self._count = None
        self._fresh = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Immutable: what holds a table can be copied without its rows.
        return self

    def _new(self, plan: Plan, *, ordered: bool = True) -> LTSeq:
        """A table over a plan made from this one's; `ordered`: the verb keeps the order of the rows."""
        from .table import LTSeq

        made = LTSeq.__new__(LTSeq)
        made._set(plan, self._aliases, self._computed_key if ordered else None)
        return made

    @property
    def _plan(self) -> Plan:
        """The plan of a table that has columns; NoDataError otherwise."""
        if self._plan_or_none is None or not self._types():
            raise NoDataError(NOT_INITIALIZED)
        return self._plan_or_none

    def _require_columns(self) -> None:
        """NoDataError on a table without columns: before anything else is looked at."""
        _ = self._plan

    def _plan_for(self, value: Any, side: str = "left") -> Plan:
        """The plan that the expressions in this payload are to be read over; of two tables, those of this side."""
        return self._plan

    def _types(self) -> dict[str, str]:
        if self._schema is None:
            self._schema = {} if self._plan_or_none is None else dict(native(self._plan_or_none.schema))
        return self._schema

    @property
    def schema(self) -> dict[str, str]:
        """Column names and types, in order; a copy. Never runs anything.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1], "b": ["x"]}).schema
        {'a': 'int64', 'b': 'string'}
        """
        return dict(self._types())

    @property
    def columns(self) -> list[str]:
        """Column names, in order."""
        return list(self._types())

    def _name(self) -> str | None:
        """The stem of the file the table was read from."""
        return None if self._plan_or_none is None else native(self._plan_or_none.name)

    def _order(self) -> list[tuple[str, bool]] | None:
        """The declared order as (name, descending), None where there is none."""
        return native(self._plan.order)

    def _scope(self) -> dict[str, str]:
        """Names and types that expressions over this table may use."""
        return self._types()

    def _row(self, side: str | None = None) -> SchemaProxy:
        """The proxy that a lambda of a row is called with."""
        self._require_columns()
        return SchemaProxy(self._types(), aliases=self._aliases, side=side, linked=self._scope())

    def _group(self) -> GroupProxy:
        """The proxy that a lambda of a group is called with."""
        self._require_columns()
        return GroupProxy(self._types(), aliases=self._aliases, linked=self._scope())

    def _verb(
        self, name: str, payload: Mapping[str, Any], others: Sequence[Plan] = (), *, ordered: bool = True
    ) -> LTSeq:
        """The table that a verb of docs/architecture.md makes of this one."""
        return self._new(self._extend(name, payload, others), ordered=ordered)

    def _extend(self, name: str, payload: Mapping[str, Any], others: Sequence[Plan] = ()) -> Plan:
        """The plan that a verb makes of this table's."""
        return extend(self._plan_for(payload), name, payload, others)

    def _expr_type(self, expr: Expr) -> str:
        """The type of an expression over this table."""
        return _ask(self._plan_for(expr).expr_type, expr)

    def _check_types_as_if_ordered(self, expr: Expr) -> None:
        """ArgumentError where types in the expression do not fit: the error that comes before that for a missing order.

        Of sequence functions the engine knows the types only where there is an order; any order will do.
        """
        key = {"expr": ColumnExpr(self.columns[0]), "desc": False, "nulls_first": False}
        payload = {"keys": [key], "partition_by": [], "check": False}
        _ask(extend(self._plan_for(expr), "assume_sorted", payload).expr_type, expr)

    def _expr_text(self, expr: Expr) -> str:
        """The SQL text of an expression over this table."""
        return _ask(self._plan_for(expr).expr_text, expr)

    def _checked(
        self, exprs: Iterable[Expr], place: Place = Place.ROW, keys: frozenset[str] = frozenset()
    ) -> list[Expr]:
        """The expressions, each checked against this table."""
        found = list(exprs)
        for expr in found:
            check(expr, self, place, keys)
        return found

    def _conditions(self, predicates: Sequence[Expr], place: Place = Place.ROW) -> list[Expr]:
        """Predicates checked against this table and found to be boolean."""
        for expr in self._checked(predicates, place):
            # Of what an aggregate gives, only the verb that makes the groups knows the type.
            kind = self._expr_type(expr) if place is Place.ROW and expr.known_type() is None else "bool"
            if kind not in {"bool", "null"}:
                raise ArgumentError(f"a predicate must be a condition, but `{self._expr_text(expr)}` is {kind}")
        return list(predicates)

    def _named(
        self, columns: Sequence[Named], place: Place = Place.ROW, keys: frozenset[str] = frozenset()
    ) -> list[Named]:
        """Checked columns with a name each: its own, or the expression's text."""
        self._checked((column.expr for column in columns), place, keys)
        return [
            column if column.name is not None else Named(self._expr_text(column.expr), column.expr)
            for column in columns
        ]

    def _distinct_names(self, columns: Sequence[Named], verb: str) -> list[dict[str, Any]]:
        """Named columns as a payload; one name twice is an ArgumentError."""
        seen: set[str | None] = set()
        for name, _ in columns:
            if name in seen:
                raise ArgumentError(f"{verb}: duplicate column name {name!r}; give one of them another with .alias(…)")
            seen.add(name)
        return [{"name": name, "expr": expr} for name, expr in columns]


class PlanRefs:
    """The plans that a verb is given beside its own, and the encoding that refers to them by index."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = list(plans)

    def text(self, value: Any) -> str:
        """The JSON text of a payload."""
        with shallow():
            return json.dumps(self.encode(value), allow_nan=False)

    def encode(self, value: Any) -> Any:
        """Plain JSON, with every expression in it as its payload."""
        if isinstance(value, Expr):
            return value.encode(self._table)
        if isinstance(value, Mapping):
            return {key: self.encode(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.encode(item) for item in value]
        return value

    def _table(self, table: object) -> int:
        if not isinstance(table, TableCore):
            raise ArgumentError(f"{type(table).__name__} cannot stand in an expression")
        self.plans.append(table._plan)
        return len(self.plans) - 1


def extend(plan: Plan, verb: str, payload: Mapping[str, Any], others: Sequence[Plan] = ()) -> Plan:
    """The plan that a verb of docs/architecture.md makes; expressions in the payload are encoded here."""
    refs = PlanRefs(others)
    return native(plan.verb, verb, refs.text(payload), refs.plans)


def _ask(question: Callable[..., str], expr: Expr) -> str:
    """What a plan says of an expression."""
    refs = PlanRefs(())
    text = refs.text(expr)
    return native(question, text, refs.plans) if refs.plans else native(question, text)


def table_of(value: object, what: str) -> TableCore:
    """The value, which must be a table; one without columns is a NoDataError."""
    if not isinstance(value, TableCore):
        raise ArgumentError(f"{what} must be an LTSeq table, not {type(value).__name__}")
    value._require_columns()
    return value


def unused(names: Sequence[str], count: int) -> list[str]:
    """As many new names, none of them taken."""
    made: list[str] = []
    while len(made) < count:
        name = f"key{len(made)}"
        while name in names:
            name += "_"
        made.append(name)
    return made
