"""`LTSeq`: the table. Its verbs live in the mixins, by idea."""

from __future__ import annotations

from .core import TableCore
from .edits import EditVerbs
from .grouping import GroupVerbs
from .io import Readers, Writers, plan_of
from .joins import JoinVerbs
from .looking import Looking
from .ordering import OrderVerbs
from .sets import SetVerbs
from .sql import SqlVerbs
from .verbs import RowVerbs

_NOTHING = object()


class LTSeq(Readers, Writers, Looking, RowVerbs, OrderVerbs, EditVerbs, SetVerbs, GroupVerbs, JoinVerbs, SqlVerbs):
    """A lazy, immutable table whose rows may have an order.

    `LTSeq()` holds nothing; `LTSeq(data)` takes what a `from_*` takes: rows, a dict of columns,
    a pandas or polars frame, anything with Arrow's PyCapsule interface. Another value: ArgumentError.

    >>> t = LTSeq({"day": [1, 2, 3], "px": [10.0, 12.0, 9.0]}).sort("day")
    >>> t.derive(change=lambda r: r.px - r.px.shift(1)).select("day", "change").to_dicts()
    [{'day': 1, 'change': None}, {'day': 2, 'change': 2.0}, {'day': 3, 'change': -3.0}]
    """

    __slots__ = ()

    def __init__(self, data: object = _NOTHING) -> None:
        if data is _NOTHING:
            self._set(None)
            return
        plan = plan_of(data)
        if isinstance(data, TableCore):
            self._set(plan, data._aliases, data._computed_key)
        else:
            self._set(plan)

    with_columns = RowVerbs.derive
    aggregate = GroupVerbs.agg
    concat = SetVerbs.union
    subtract = SetVerbs.except_
    group_consecutive = GroupVerbs.group_ordered
    partition_by = GroupVerbs.partition
