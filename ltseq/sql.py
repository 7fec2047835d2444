"""SQL in and out: `ltseq.sql`, `t.sql`, `t.to_sql`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import engine
from ._native import Plan
from .core import TableCore
from .errors import kind_of, native, native_sql
from .exceptions import ArgumentError, SqlError
from .expr.build import text
from .ingest import kind, value_of
from .io import _table, is_table_like, plan_of

if TYPE_CHECKING:
    from .table import LTSeq

# A word, or a name in double quotes (a quote inside is doubled).
_NAMES = re.compile(r'"((?:[^"]|"")+)"|([^\W\d]\w*)')


def sql(query: str, /, params: Any = None, **tables: Any) -> LTSeq:
    """A query as a lazy table, with the order it has.

    Its tables: keywords, then the caller's variables (LTSeq, pandas, polars, Arrow), then quoted files.
    `params`: a list for `?` and `$1`, a dict for `$name` and `:name`; values stay typed.
    Text that cannot be planned: SqlError with line and column.

    >>> import ltseq
    >>> t = ltseq.LTSeq.from_dict({"a": [1, 2, 3]})
    >>> ltseq.sql("SELECT a FROM t WHERE a > ?", [1]).to_dicts()
    [{'a': 2}, {'a': 3}]
    """
    plans = {}
    for name, value in tables.items():
        if not is_table_like(value) and not isinstance(value, (Mapping, list, tuple)):
            raise ArgumentError(f"{name!r} must be a table (LTSeq, pandas, polars or Arrow), not {kind_of(value)}")
        plans[name] = plan_of(value)
    found = _variables(text(query, "query"), sys._getframe(1), plans)
    return _query(query, params, {**found, **plans})


def _query(query: str, params: Any, plans: dict[str, Plan]) -> LTSeq:
    plan = native_sql(engine.default().plan_sql, query, _params(params), plans)
    names = [name for name, _ in native(plan.schema)]
    for name in names:
        if names.count(name) > 1:
            raise SqlError(
                f"two columns of the query are named {name!r}; name the columns instead of *, one of them with AS"
            )
    return _table(plan)


def _params(params: Any) -> list[object] | dict[str, object] | None:
    """Parameters as the engine takes them: typed Python values, numpy's unpacked."""
    if params is None:
        return None
    if isinstance(params, Mapping):
        return {text(name, "a parameter's name"): _param(value) for name, value in params.items()}
    if isinstance(params, (list, tuple)):
        return [_param(value) for value in params]
    raise ArgumentError(f"params must be a list for ? and $1, or a dict for $name and :name, not {kind_of(params)}")


def _param(value: object) -> object:
    found = value_of(value)
    if kind(found) == "?":
        raise ArgumentError(f"a parameter is of the type {kind_of(value)}, which no column has")
    if isinstance(found, int) and not -(2**63) <= found < 2**64:
        raise ArgumentError(f"a parameter is out of range: {found} fits neither int64 nor uint64; use Decimal")
    return found


def _variables(query: str, frame: FrameType, taken: Mapping[str, Plan]) -> dict[str, Plan]:
    """The caller's variables that are tables, where the text names them as such.

    Others are left alone, for a stream can be read but once.
    """
    tables = set(native_sql(engine.default().table_names, query)) - taken.keys()
    if not tables:
        return {}
    scope = {**frame.f_globals, **frame.f_locals}
    found: dict[str, Plan] = {}
    for written, seen in _names(query):
        if seen in tables and seen not in found and written in scope and is_table_like(scope[written]):
            found[seen] = plan_of(scope[written])
    return found


def _names(query: str) -> Iterator[tuple[str, str]]:
    """(the name as written, the name as SQL reads it): unquoted names are read in lower case."""
    for match in _NAMES.finditer(query):
        if match.group(1) is not None:
            name = match.group(1).replace('""', '"')
            yield name, name
        else:
            yield match.group(2), match.group(2).lower()


class SqlVerbs(TableCore):
    """SQL over a table, and a table as SQL."""

    __slots__ = ()

    def sql(self, query: str, params: Any = None) -> LTSeq:
        """A query over this table, which is called `self` in it; lazy, with the order the query has.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 2]}).sql("SELECT SUM(a) AS s FROM self").to_dicts()
        [{'s': 3}]
        """
        return _query(text(query, "query"), params, {"self": self._plan})

    def to_sql(self) -> str:
        """The plan as LTSeq SQL; in-memory sources without a name are `mem_1`, `mem_2`, …."""
        return native(self._plan.to_sql)
