"""`NestedTable`: ordered groups, that is runs of neighbouring rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from . import capture
from .capture import Lambda, Named, Predicate
from .check import Place
from .core import TableCore
from .errors import kind_of
from .exceptions import ArgumentError
from .expr.build import length
from .expr.nodes import Expr
from .expr.proxy import RunProxy

if TYPE_CHECKING:
    from .table import LTSeq

RESERVED = ("__group_id__", "__group_count__", "__rn__")


class NestedTable:
    """Runs of neighbouring rows. What asks for rows acts on the rows, and gives an LTSeq.

    >>> from ltseq import LTSeq
    >>> t = LTSeq.from_dict({"i": [1, 2, 3], "g": ["a", "a", "b"]}).sort("i")
    >>> t.group_ordered("g").first().to_dicts()
    [{'i': 1, 'g': 'a'}, {'i': 3, 'g': 'b'}]
    """

    __slots__ = ("_rows_table", "_runs")

    _runs: TableCore
    _rows_table: LTSeq | None

    def __init__(self, table: TableCore, payload: Mapping[str, Any]) -> None:
        self._open(table._verb("runs", payload))

    def _open(self, runs: TableCore) -> None:
        self._runs = runs
        self._rows_table = None

    def _next(self, runs: TableCore) -> NestedTable:
        made = NestedTable.__new__(NestedTable)
        made._open(runs)
        return made

    def _rows(self) -> LTSeq:
        """The rows, runs forgotten."""
        if self._rows_table is None:
            self._rows_table = self._runs._verb("runs_rows", {})
        return self._rows_table

    def _proxy(self) -> RunProxy:
        return RunProxy(self._rows().schema, aliases=self._runs._aliases)

    @property
    def schema(self) -> dict[str, str]:
        """Names and types of the rows' columns."""
        return self._rows().schema

    @property
    def columns(self) -> list[str]:
        """Names of the rows' columns."""
        return self._rows().columns

    def count(self) -> int:
        """The number of rows. Runs."""
        return self._rows().count()

    def __len__(self) -> int:
        return len(self._rows())

    def __deepcopy__(self, memo: dict[int, Any]) -> NestedTable:
        return self

    def __bool__(self) -> bool:
        raise ArgumentError("a table has no truth value; ask for .count() > 0")

    def show(self, n: int = 10) -> NestedTable:
        """Prints the first n rows in a box and gives the groups back. Runs."""
        self._rows().show(n)
        return self

    def group_count(self) -> int:
        """The number of groups. Runs."""
        return self.first().count()

    def first(self, n: int = 1) -> LTSeq:
        """The first n rows of each group, in order. n < 1: ArgumentError."""
        return self._runs._verb("runs_first", {"n": length(n, "n", least=1)})

    def last(self, n: int = 1) -> LTSeq:
        """The last n rows of each group, in order. n < 1: ArgumentError."""
        return self._runs._verb("runs_last", {"n": length(n, "n", least=1)})

    def filter(self, pred: Predicate) -> NestedTable:
        """The rows where the predicate of a group is true; groups keep their ids and never merge.

        `g.count() > 3` keeps whole groups, `g.run_pos() >= 2` drops the first two rows of each.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"i": [1, 2, 3], "g": ["a", "a", "b"]}).sort("i")
        >>> t.group_ordered("g").filter(lambda g: g.count() > 1).to_dicts()
        [{'i': 1, 'g': 'a'}, {'i': 2, 'g': 'a'}]
        """
        predicate = capture.predicate(pred, self._proxy())
        self._rows()._conditions([predicate], Place.RUN)
        return self._next(self._runs._verb("runs_filter", {"predicate": predicate}))

    def derive(self, fn: Lambda | Mapping[str, Any]) -> NestedTable:
        """New columns from a lambda that gives a dict; values of the group stand in each of its rows.

        No dict, or one of the reserved names: ArgumentError.
        """
        columns = self._mapped(fn, "derive")
        return self._next(self._runs._verb("runs_derive", {"columns": columns}))

    def agg(self, fn: Lambda | Mapping[str, Any]) -> LTSeq:
        """One row per group, in order, with the columns that the lambda's dict gives and no others.

        No dict, or one of the reserved names: ArgumentError.
        """
        return self._runs._verb("runs_agg", {"aggs": self._mapped(fn, "agg")})

    def flatten(self) -> LTSeq:
        """The rows with `__group_id__` (from 1), `__group_count__` and `__rn__` (from 1), as they are now.

        After a filter ids stay as they were first given, counts and numbers count anew.
        """
        self._refuse_reserved(self.columns, "flatten")
        return self._runs._verb("runs_flatten", {})

    def _mapped(self, fn: Lambda | Mapping[str, Any], verb: str) -> list[dict[str, Any]]:
        """The named expressions of a group's lambda."""
        if not capture.is_lambda(fn) and not isinstance(fn, Mapping):
            raise ArgumentError(f"{verb}: fn must be callable (it gives a dict) or a dict, not {kind_of(fn)}")
        made = capture.run(fn, self._proxy()) if capture.is_lambda(fn) else fn  # type: ignore[arg-type]
        if isinstance(made, Mapping) and not made:
            raise ArgumentError(f"{verb} needs at least one column, and the dict is empty")
        if not isinstance(made, Mapping):
            raise ArgumentError(
                f"{verb} takes a lambda that gives a dict of names and expressions, not {kind_of(made)}"
            )
        columns = [Named(name, self._value(name, value)) for name, value in made.items()]
        self._refuse_reserved([str(name) for name, _ in columns], verb)
        self._rows()._checked((column.expr for column in columns), Place.RUN)
        return [{"name": name, "expr": expr} for name, expr in columns]

    def _value(self, name: object, value: object) -> Expr:
        if not isinstance(name, str):
            raise ArgumentError(f"a column's name must be str, not {kind_of(name)}")
        return capture.value_of(value, self._proxy(), repr(name))

    def _refuse_reserved(self, names: list[str], verb: str) -> None:
        for name in names:
            if name in RESERVED:
                raise ArgumentError(f"{verb}: {name!r} is reserved for flatten(); give the column another name")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        rows = self._rows()
        if not hasattr(type(rows), name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(rows, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in dir(self._rows()) if not name.startswith("_"))})

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._rows().__arrow_c_schema__()

    def __repr__(self) -> str:
        return f"NestedTable of {self._rows()!r}"

    def _repr_html_(self) -> str:
        return self._rows()._repr_html_()
