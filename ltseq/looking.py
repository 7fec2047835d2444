"""Looking at a table: its schema, its rows, its plan."""

from __future__ import annotations

import builtins
import html
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, TypeVar
from weakref import ref

from . import convert, display, plotting
from .core import TableCore
from .errors import kind_of, native, native_rows
from .exceptions import ArgumentError, LTSeqError, NoDataError, NoLengthError
from .expr.build import flag, length
from .progress_line import Progress
from .rows import RowIterator
from .types import is_number, python_name

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from typing_extensions import Self

    from .table import LTSeq

P = ParamSpec("P")
T = TypeVar("T")
_PREVIEW = 5
_NO_DATA = "No data loaded: make a table with LTSeq.read_csv(…) or LTSeq.from_rows(…)"


class Looking(TableCore):
    """What does not run says so by saying nothing; what runs is marked."""

    __slots__ = ()

    @property
    def dtypes(self) -> list[tuple[str, str]]:
        """(name, type) pairs, in order. Never runs."""
        return list(self._types().items())

    @property
    def python_schema(self) -> dict[str, str]:
        """Names and Python types: int float bool str bytes date datetime time timedelta Decimal list dict None."""
        return {name: python_name(kind) for name, kind in self._types().items()}

    @property
    def name(self) -> str | None:
        """The stem of the file the table was read from, else None. Never runs."""
        return self._name()

    def count(self) -> int:
        """The number of rows. Runs, once per table; on `LTSeq()`: NoDataError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, 2]}).count()
        2
        """
        if self._plan_or_none is None:
            raise NoDataError(_NO_DATA)
        if self._count is None:
            with Progress():
                self._count = native(self._plan_or_none.count)
        return self._count

    def __len__(self) -> int:
        if self._plan_or_none is None:
            raise NoLengthError(_NO_DATA)
        if self._count is None:
            self._count = self._count_of_iterator()
        return self.count()

    def _count_of_iterator(self) -> int | None:
        """The count as the run of an iterator gives it whose rows are wanted next, as by `list(t)`."""
        rows = None if self._fresh is None else self._fresh()
        self._fresh = None
        if rows is None or native(self._plan_or_none.known_count) is not None:  # type: ignore[union-attr]
            return None
        return rows.hold()

    def __bool__(self) -> NoReturn:
        raise ArgumentError("a table has no truth value; ask for t.count() > 0, or `t is not None`")

    def _tuples(self) -> Iterator[tuple[object, ...]]:
        """The rows as tuples of Python values, in order, streamed."""
        for batch in convert.batches(self._plan_or_none):
            yield from native_rows(batch)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dicts of Python values, in order. Runs.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1, None]}).to_dicts()
        [{'a': 1}, {'a': None}]
        """
        names = self.columns
        rows = (values for batch in convert.all_batches(self._plan_or_none) for values in native_rows(batch))
        return [dict(zip(names, values, strict=True)) for values in rows]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        rows = RowIterator(self._plan_or_none, self.columns)
        self._fresh = ref(rows)
        return rows

    def to_arrow(self) -> pa.Table:
        """The rows as a pyarrow Table, in order, without copies. Runs. Needs pyarrow (ImportError)."""
        return convert.to_arrow(self._plan_or_none)

    def to_pandas(self, nullable: bool = False) -> pd.DataFrame:
        """The rows as a pandas DataFrame, in order. Runs. Needs pandas and pyarrow (ImportError).

        Integers with NULL become float, unless `nullable=True` asks for pandas' nullable types.
        """
        return convert.to_pandas(self._plan_or_none, flag(nullable, "nullable"))

    def to_polars(self) -> pl.DataFrame:
        """The rows as a polars DataFrame, in order, without copies. Runs. Needs polars (ImportError)."""
        return convert.to_polars(self._plan_or_none)

    def collect(self) -> LTSeq:
        """The same table with its rows held in memory, order kept. Runs.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [2, 1]}).sort("a").collect().sort_keys
        [('a', False)]
        """
        with Progress():
            made = self._new(native(self._plan.collect))
        made._count = self._count
        return made

    def __arrow_c_schema__(self) -> object:
        if self._plan_or_none is None:
            return self.to_arrow().schema.__arrow_c_schema__()
        return native(self._plan_or_none.__arrow_c_schema__)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        if self._plan_or_none is None:
            return self.to_arrow().__arrow_c_stream__(requested_schema)
        return native(self._plan_or_none.__arrow_c_stream__, requested_schema)

    def show(self, n: int = 10) -> Self:
        """Prints the first n rows in a box and gives the table back. Runs.

        Values over 50 characters end in `...`.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"a": [1], "b": ["x"]}).show()
        +---+---+
        | a | b |
        +---+---+
        | 1 | x |
        +---+---+
        """
        print(self._box(length(n, "n")))
        return self

    def _box(self, n: int) -> str:
        if not self.columns:
            return "(no columns)"
        rows = list(self._verb("slice", {"offset": 0, "length": n})._tuples())
        return display.box(self.columns, rows, [is_number(kind) for kind in self._types().values()])

    def _size(self) -> str:
        """`3 rows`, or `? rows` where counting would scan."""
        count = self._count
        if count is None:
            try:
                count = 0 if self._plan_or_none is None else native(self._plan_or_none.known_count)
            except LTSeqError:
                # Data that cannot be computed has no known size; the preview says what is wrong with it.
                count = None
        if count is None:
            return "? rows"
        return f"{count} row{'' if count == 1 else 's'}"

    def __repr__(self) -> builtins.str:
        columns = len(self.columns)
        lines = [f"{type(self).__name__}: {self._size()} x {columns} column{'' if columns == 1 else 's'}"]
        if self.columns:
            lines.append("schema: " + ", ".join(f"{name} {kind}" for name, kind in self.dtypes))
        lines.append("order: " + self._order_text())
        try:
            lines += [self._box(_PREVIEW)] if self.columns else []
        except LTSeqError as error:
            # A repr must not raise: debuggers and notebooks call it on their own.
            lines.append(f"({type(error).__name__}: {error})")
        return "\n".join(lines)

    def _order_text(self) -> str:
        keys = self.sort_keys  # type: ignore[attr-defined]
        if keys is None:
            return "none"
        return ", ".join(f"{name} desc" if down else name for name, down in keys) or "by columns that are gone"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"

    def explain(self) -> str:
        """The optimised plan as text, each node with its order. Runs nothing."""
        logical, physical = self.explain_plan()
        return f"Logical plan\n{logical}\n\nPhysical plan\n{physical}"

    def explain_plan(self) -> tuple[str, str]:
        """(logical, physical) plan as text, each node with its order. Runs nothing."""
        return native(self._plan.explain)

    def plot(
        self, draw: Callable[..., T], x: builtins.str | None = None, *y: builtins.str, by: builtins.str | None = None
    ) -> list[T]:
        """Hands the rows, in order, to a plotting function: `draw(xs, ys, label=name)` for each column of `y`. Runs.

        `x`: by default the first key of the order. `by`: a line per key of this column as well.
        Gives what the calls gave. `t.plot(plt.plot, "ts", "px", by="sym")` draws with matplotlib.
        An unknown column: ColumnNotFoundError; no y, or no x and no order: ArgumentError.

        >>> from ltseq import LTSeq
        >>> t = LTSeq.from_dict({"a": [2, 1], "b": [5, 6]}).sort("a")
        >>> t.plot(lambda xs, ys, label: (xs, ys, label), "a", "b")
        [([1, 2], [6, 5], 'b')]
        """
        if not callable(draw):
            raise ArgumentError(f"draw must be callable: draw(xs, ys, label=…), not {kind_of(draw)}")
        if x is None:
            order = self._order()
            x = order[0][0] if order else None
        if x is None or not y:
            raise ArgumentError("plot needs at least one column for y, and one for x where the table has no order")
        names = [x, *y, *([] if by is None else [by])]
        row = self._row()
        columns = [{"name": f"c{place}", "expr": row[name]} for place, name in enumerate(names)]
        return plotting.draw(list(self._verb("select", {"columns": columns})._tuples()), draw, y, by is not None)

    def pipe(self, fn: Callable[Concatenate[Self, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`fn(t, *args, **kwargs)`. Not callable: ArgumentError.

        >>> from ltseq import LTSeq
        >>> LTSeq.from_dict({"a": [1]}).pipe(lambda t, n: t.count() + n, 1)
        2
        """
        if not callable(fn):
            raise ArgumentError(f"fn must be callable, not {kind_of(fn)}")
        return fn(self, *args, **kwargs)
