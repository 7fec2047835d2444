"""The connection of PEP 249: one database, shared by its cursors."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Final

from ltseq_dbapi import arrow, errors, native
from ltseq_dbapi.cursor import Cursor
from ltseq_dbapi.params import Parameters

if TYPE_CHECKING:
    from ltseq._native import Engine

__all__ = ["Connection", "connect"]

_MEMORY: Final = ":memory:"


class Connection:
    """A database and its settings; made by `connect`.

    Threads may share it: statements of several cursors run side by side on one engine.
    Every statement takes effect at once, as in a database that is in autocommit mode; see
    `commit` and `rollback`.

    >>> import ltseq_dbapi
    >>> with ltseq_dbapi.connect() as connection:
    ...     connection.execute("SELECT 1 AS one").fetchall()
    [(1,)]
    """

    Warning: ClassVar = errors.Warning
    Error: ClassVar = errors.Error
    InterfaceError: ClassVar = errors.InterfaceError
    DatabaseError: ClassVar = errors.DatabaseError
    DataError: ClassVar = errors.DataError
    OperationalError: ClassVar = errors.OperationalError
    IntegrityError: ClassVar = errors.IntegrityError
    InternalError: ClassVar = errors.InternalError
    ProgrammingError: ClassVar = errors.ProgrammingError
    NotSupportedError: ClassVar = errors.NotSupportedError

    def __init__(self, engine: Engine) -> None:
        self._engine: Engine | None = engine
        self._written = False
        self._registered: set[str] = set()

    @property
    def engine(self) -> Engine:
        """The native engine behind this connection."""
        if self._engine is None:
            raise errors.closed("connection")
        return self._engine

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return self._engine is None

    def cursor(self) -> Cursor:
        """A new cursor.

        >>> import ltseq_dbapi
        >>> ltseq_dbapi.connect().cursor().arraysize
        1
        """
        self._check()
        return Cursor(self)

    def execute(self, operation: str, parameters: Parameters | None = None) -> Cursor:
        """Run a statement in a new cursor and give that cursor.

        >>> import ltseq_dbapi
        >>> ltseq_dbapi.connect().execute("SELECT ?", ("a",)).fetchone()
        ('a',)
        """
        return self.cursor().execute(operation, parameters)

    def register(self, name: str, data: object) -> None:
        """Make a table of pandas, polars, pyarrow or LTSeq readable under a name.

        Takes anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``, pandas frames
        (without their index), lazy polars frames and dicts of columns.  A name that is taken
        is replaced.

        >>> import ltseq_dbapi, pyarrow as pa
        >>> connection = ltseq_dbapi.connect()
        >>> connection.register("t", pa.table({"a": [1, 2]}))
        >>> connection.execute("SELECT SUM(a) FROM t").fetchone()
        (3,)
        """
        engine = self.engine
        _require_name(name)
        plan = native.plan_of(data)
        if plan is not None:
            native.call(engine.register_plan, name, plan)
        else:
            given = arrow.exportable(data)
            try:
                native.call(engine.register, name, given)
            except errors.InternalError as error:
                if hasattr(error.__cause__, "code"):
                    raise
                # Not the engine's: the data's own method failed.
                raise errors.DataError(
                    f"cannot register this {type(data).__name__}: {error.__cause__}", code="DATA"
                ) from error.__cause__
        self._registered.add(name)

    def deregister(self, name: str) -> bool:
        """Forget a registered table; False where there was none.

        A table that a statement created is not one: DROP TABLE is for that.

        >>> import ltseq_dbapi
        >>> ltseq_dbapi.connect().deregister("nothing")
        False
        """
        engine = self.engine
        _require_name(name)
        if name not in self._registered:
            return False
        self._registered.discard(name)
        return native.call(engine.deregister, name)

    def cancel(self) -> None:
        """Stop what runs on this connection, from any thread.

        The statements end with an OperationalError (``CANCELLED``); the connection stays usable.
        """
        native.call(self.engine.interrupt)

    def commit(self) -> None:
        """Succeeds and does nothing: every statement has already taken effect."""
        self._check()
        self._written = False

    def rollback(self) -> None:
        """Undoes nothing, since statements take effect at once.

        Where something has been written since the last `commit` or `rollback`, it stays
        written, and a warning of class `ltseq_dbapi.Warning` says so.
        """
        self._check()
        if self._written:
            self._written = False
            warnings.warn(
                "LTSeq has no transactions: rollback() undoes nothing, what was written stays",
                errors.Warning,
                stacklevel=2,
            )

    def close(self) -> None:
        """End the connection and drop its database.

        What runs on it in other threads is cancelled.  It and its cursors fail from now on with
        a ProgrammingError, a second `close` included.

        >>> import ltseq_dbapi
        >>> connection = ltseq_dbapi.connect()
        >>> connection.close()
        >>> connection.commit()
        Traceback (most recent call last):
        ltseq_dbapi.errors.ProgrammingError: the connection is closed
        """
        engine, self._engine = self.engine, None
        native.call(engine.interrupt)

    def __enter__(self) -> Connection:
        self._check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.closed:
            self.close()

    def __repr__(self) -> str:
        return f"<ltseq_dbapi.Connection {'closed' if self.closed else 'open'}>"

    def _check(self) -> None:
        if self._engine is None:
            raise errors.closed("connection")

    def _wrote(self) -> None:
        self._written = True


def connect(database: str = _MEMORY, **config: object) -> Connection:
    """Open a database.

    ``":memory:"`` is a new, empty one that lives as long as the connection; other databases are
    not supported yet (files are read through ``CREATE EXTERNAL TABLE``).  Keywords are settings:

    ``memory_limit``
        bytes, or text like ``"2GB"``: what the operators may hold; what can spill does, the rest fails
    ``statement_timeout``
        milliseconds that a statement may be waited for, its planning and its rows each; 0: no limit
    ``target_partitions``, ``batch_size``
        threads of a query, and rows that are handled at once
    ``max_expression_depth``, ``max_query_depth``
        how deep a statement may be nested or chained

    and all of the engine's own, with ``__`` for the dot:

    >>> connection = connect(":memory:", datafusion__execution__batch_size=1024)
    >>> connection.execute("SELECT 1").fetchone()
    (1,)
    """
    if database not in (_MEMORY, ""):
        raise errors.NotSupportedError(
            f"cannot open {database!r}: only {_MEMORY!r} is supported yet",
            code="NOT_SUPPORTED",
            hint="connect to ':memory:' and CREATE EXTERNAL TABLE … LOCATION 'path'",
        )
    return Connection(native.open_engine({key: _setting(item) for key, item in _dotted(config)}))


def _require_name(name: object) -> None:
    if not isinstance(name, str):
        raise errors.ProgrammingError(f"a name must be str, not {type(name).__name__}", code="ARGUMENT")


def _dotted(config: dict[str, object]) -> list[tuple[str, object]]:
    return [(key.replace("__", "."), item) for key, item in config.items()]


def _setting(item: object) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)
