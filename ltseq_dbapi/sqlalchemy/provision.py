"""How SQLAlchemy's own test suite sets up and clears LTSeq databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy.testing import provision

__all__: list[str] = []

_SCHEMAS = ("test_schema", "test_schema_2")


@provision.post_configure_engine.for_db("ltseq")  # type: ignore[untyped-decorator]
def _post_configure_engine(url: Any, engine: Any, follower_ident: Any) -> None:
    """The schemas the suite works in; the database is in memory, so they are made each time."""
    with engine.begin() as connection:
        for schema in _SCHEMAS:
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")


@provision.temp_table_keyword_args.for_db("ltseq")  # type: ignore[untyped-decorator]
def _temp_table_keyword_args(cfg: Any, eng: Any) -> dict[str, Any]:
    """There are no temporary tables; the requirement is closed and this is never used."""
    return {"prefixes": ["TEMPORARY"]}


@provision.set_default_schema_on_connection.for_db("ltseq")  # type: ignore[untyped-decorator]
def _set_default_schema(cfg: Any, dbapi_connection: Any, schema_name: str) -> None:
    cursor = dbapi_connection.cursor()
    cursor.execute(f"SET datafusion.catalog.default_schema = '{schema_name}'")
    cursor.close()
