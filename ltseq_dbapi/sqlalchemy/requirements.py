"""What SQLAlchemy's own test suite may ask of LTSeq.

Only gaps stand here; whatever the suite takes for granted stays open.  A closed requirement
says that LTSeq does not have the thing, never that a test of it fails.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

__all__ = ["Requirements"]


def _closed() -> Any:
    return property(lambda self: exclusions.closed())  # type: ignore[no-untyped-call]


def _open() -> Any:
    return property(lambda self: exclusions.open())  # type: ignore[no-untyped-call]


class Requirements(SuiteRequirements):
    """The requirement class for ``[sqla_testing] requirement_cls``."""

    # no transactions
    savepoints = _closed()
    two_phase_transactions = _closed()
    # no connection of its own: the database in memory belongs to one
    independent_connections = _closed()

    # no identifiers of rows, no generated keys
    autoincrement_insert = _closed()
    autoincrement_without_sequence = _closed()
    implements_get_lastrowid = _closed()
    emulated_lastrowid = _closed()
    dbapi_lastrowid = _closed()
    sequences = _closed()
    identity_columns = _closed()
    computed_columns = _closed()
    empty_inserts = _closed()
    insert_returning = _closed()
    update_returning = _closed()
    delete_returning = _closed()

    # constraints are not enforced, nor kept
    self_referential_foreign_keys = _closed()
    on_update_cascade = _closed()
    primary_key_constraint_reflection = _closed()
    foreign_key_constraint_reflection = _closed()
    unique_constraint_reflection = _closed()
    check_constraint_reflection = _closed()
    inline_check_constraint_reflection = _closed()
    duplicate_key_raises_integrity_error = _closed()
    index_reflection = _closed()
    index_ddl_if_exists = _closed()
    reflects_pk_names = _closed()

    # no comments, no temporary tables
    comment_reflection = _closed()
    temporary_tables = _closed()
    temp_table_names = _closed()
    temp_table_reflection = _closed()
    has_temp_table = _closed()

    # there, though the suite does not take it for granted
    bound_limit_offset = _open()
    boolean_col_expressions = _open()
    create_or_replace_view = _open()
    ctes = _open()
    datetime_literals = _open()
    duplicate_names_in_cursor_description = _open()
    except_ = _open()
    intersect = _open()
    nullsordering = _open()
    regexp_match = _open()
    schemas = _open()
    supports_is_distinct_from = _open()
    table_ddl_if_exists = _open()
    uuid_data_type = _open()
    views = _open()
    window_functions = _open()
