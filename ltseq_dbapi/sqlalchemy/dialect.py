"""The dialect itself: connecting, and reflection over the information schema."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import exc, pool
from sqlalchemy.engine import default, reflection
from sqlalchemy.engine.url import URL

from ltseq_dbapi.sqlalchemy.compiler import (
    LTSeqCompiler,
    LTSeqDDLCompiler,
    LTSeqIdentifierPreparer,
)
from ltseq_dbapi.sqlalchemy.types import COLSPECS, LTSeqTypeCompiler, sqlalchemy_type

__all__ = ["LTSeqDialect"]

_IS_14 = sqlalchemy.__version__.startswith("1.")

if TYPE_CHECKING or not _IS_14:
    cached = reflection.cache
else:  # its decorator cannot read annotations

    def cached(function):
        return function


_TIME_ZONE = "datafusion.execution.time_zone"
_MEMORY = ":memory:"
_DEFAULT_SCHEMA = """
SELECT value FROM information_schema.df_settings WHERE name = 'datafusion.catalog.default_schema'
"""
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"


class LTSeqDialect(default.DefaultDialect):
    """``ltseq://``: a database in memory, one for each `sqlalchemy.Engine`.

    Settings of the engine may follow as a query: ``ltseq://?datafusion.execution.batch_size=1024``.
    Statements take effect at once, which SQLAlchemy calls the isolation level AUTOCOMMIT; a
    rollback undoes nothing and warns if there was something to undo.

    >>> from sqlalchemy import create_engine, inspect, text
    >>> engine = create_engine("ltseq://")
    >>> with engine.begin() as connection:
    ...     _ = connection.execute(text("CREATE TABLE ticks (ts TIMESTAMP, px DOUBLE)"))
    >>> inspect(engine).get_table_names()
    ['ticks']
    """

    name = "ltseq"
    driver = "ltseq_dbapi"
    default_paramstyle = "qmark"

    statement_compiler = LTSeqCompiler
    ddl_compiler = LTSeqDDLCompiler
    preparer = LTSeqIdentifierPreparer
    type_compiler_cls = LTSeqTypeCompiler
    colspecs = COLSPECS
    if _IS_14:
        type_compiler = LTSeqTypeCompiler

    supports_statement_cache = True
    supports_alter = False
    supports_comments = False
    supports_default_values = False
    supports_empty_insert = False
    supports_multivalues_insert = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_schemas = True
    supports_views = True
    returns_native_bytes = True
    cte_follows_insert = True
    postfetch_lastrowid = False
    max_identifier_length = 255
    _json_serializer = None
    _json_deserializer = None

    # -- connecting ----------------------------------------------------------------------------

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The driver."""
        import ltseq_dbapi

        return ltseq_dbapi

    @classmethod
    def dbapi(cls) -> ModuleType:  # type: ignore[override]
        """The driver, as SQLAlchemy 1.4 asks for it."""
        return cls.import_dbapi()

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        """One connection for the whole engine.

        A database in memory ends with its connection, and every connection has its own, so a
        pool of several (or one per thread) would show different tables to different users.
        The driver's connections may be shared by threads.
        """
        return pool.StaticPool

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of `ltseq_dbapi.connect`.

        >>> from sqlalchemy.engine import make_url
        >>> LTSeqDialect().create_connect_args(make_url("ltseq://?a.b=1"))
        ([':memory:'], {'datafusion.execution.time_zone': 'UTC', 'a.b': '1'})

        Without a time zone of the session the engine drops that of TIMESTAMP WITH TIME ZONE.
        """
        if url.host or url.username or url.password or url.port:
            raise exc.ArgumentError("an ltseq URL has no host, port or user; write ltseq:// or ltseq:///:memory:")
        return [url.database or _MEMORY], {_TIME_ZONE: "UTC", **url.query}

    # -- statements ----------------------------------------------------------------------------

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run it, unless the DDL compiler found that there is nothing to do (indexes)."""
        if statement:
            cursor.execute(statement, parameters)

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        """The same for a statement without parameters."""
        if statement:
            cursor.execute(statement)

    # -- isolation -----------------------------------------------------------------------------

    def get_isolation_level_values(self, dbapi_conn: Any) -> Sequence[Any]:
        """AUTOCOMMIT is all there is."""
        return ["AUTOCOMMIT"]

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        """Always AUTOCOMMIT."""
        return "AUTOCOMMIT"

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        """Always AUTOCOMMIT."""
        return "AUTOCOMMIT"

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """AUTOCOMMIT is set already; another level is an error."""
        if level != "AUTOCOMMIT":
            raise exc.ArgumentError(f"LTSeq has no isolation level {level!r} but AUTOCOMMIT")

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        """Always."""
        return True

    # -- reflection ----------------------------------------------------------------------------

    def _get_default_schema_name(self, connection: Any) -> str:
        """Asked once for each engine, when it connects first."""
        return str(connection.exec_driver_sql(_DEFAULT_SCHEMA).scalar() or "public")

    @cached
    def get_schema_names(self, connection: Any, **kw: Any) -> list[str]:
        """The schemas of all catalogs."""
        sql = "SELECT DISTINCT schema_name FROM information_schema.schemata ORDER BY schema_name"
        return [row[0] for row in connection.exec_driver_sql(sql)]

    @cached
    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """Tables, registered frames and files included, without views."""
        return self._names(connection, schema, "table_type <> 'VIEW'")

    @cached
    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """Views."""
        return self._names(connection, schema, "table_type = 'VIEW'")

    def get_temp_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """None: there are no temporary tables."""
        return []

    def get_temp_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """None: there are no temporary views."""
        return []

    def get_materialized_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """None: there are no materialized views."""
        return []

    def get_sequence_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """None: there are no sequences."""
        return []

    @cached
    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether there is a table or view of this name.

        The name is a value of the query, so that whole statements may be asked for, as pandas
        does in `read_sql`.
        """
        found = connection.exec_driver_sql(f"{_TABLES} AND table_name = ?", (self._schema(schema), str(table_name)))
        return found.first() is not None

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Never: there are no sequences."""
        return False

    def has_index(
        self,
        connection: Any,
        table_name: str,
        index_name: str,
        schema: str | None = None,
        **kw: Any,
    ) -> bool:
        """Never: there are no indexes."""
        return False

    @cached
    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        """Columns as a query without rows describes them.

        ``information_schema.columns`` does not tell timestamps with and without a time zone
        apart; the description of a result does, for views too.
        """
        self._require(connection, table_name, schema, kw)
        quote = self.identifier_preparer.quote_identifier
        name = ".".join(quote(part) for part in (self._schema(schema), str(table_name)))
        result = connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 0")
        description = result.cursor.description
        result.close()
        return [
            {
                "name": column[0],
                "type": sqlalchemy_type(column[1]),
                "nullable": column[6] is not False,
                "default": None,
            }
            for column in description
        ]

    @cached
    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **kw: Any) -> str:
        """The statement that made a view."""
        definition = connection.exec_driver_sql(
            "SELECT v.definition FROM information_schema.views v WHERE v.table_schema = ? AND v.table_name = ?",
            (self._schema(schema), str(view_name)),
        ).scalar()
        if definition is None:
            raise exc.NoSuchTableError(view_name)
        return str(definition)

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Empty: keys are not kept in the information schema."""
        self._require(connection, table_name, schema, kw)
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        """None: there are no foreign keys."""
        return self._none_of(connection, table_name, schema, kw)

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        """None: there are no indexes."""
        return self._none_of(connection, table_name, schema, kw)

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        """Empty: they are not kept in the information schema."""
        return self._none_of(connection, table_name, schema, kw)

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        """None: there are no CHECK constraints."""
        return self._none_of(connection, table_name, schema, kw)

    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """None: there are no comments."""
        self._require(connection, table_name, schema, kw)
        return {"text": None}

    # -- inside --------------------------------------------------------------------------------

    def _schema(self, schema: str | None) -> str:
        return str(schema or self.default_schema_name)

    def _names(self, connection: Any, schema: str | None, condition: str) -> list[str]:
        sql = f"{_TABLES} AND {condition} ORDER BY table_name"
        return [row[0] for row in connection.exec_driver_sql(sql, (self._schema(schema),))]

    def _require(self, connection: Any, table_name: str, schema: str | None, kw: dict[str, Any]) -> None:
        cached = {"info_cache": kw["info_cache"]} if "info_cache" in kw else {}
        if not self.has_table(connection, table_name, schema, **cached):
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)

    def _none_of(self, connection: Any, table_name: str, schema: str | None, kw: dict[str, Any]) -> list[Any]:
        self._require(connection, table_name, schema, kw)
        return []
