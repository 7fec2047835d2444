from __future__ import annotations

from collections.abc import Iterator

import pytest

import ltseq_dbapi


@pytest.fixture
def connection() -> Iterator[ltseq_dbapi.Connection]:
    connection = ltseq_dbapi.connect()
    yield connection
    if not connection.closed:
        connection.close()


@pytest.fixture
def cursor(connection: ltseq_dbapi.Connection) -> ltseq_dbapi.Cursor:
    return connection.cursor()


@pytest.fixture
def ticks(connection: ltseq_dbapi.Connection) -> ltseq_dbapi.Connection:
    """Two symbols, out of order, as a table of the connection."""
    connection.execute("CREATE TABLE ticks (sym VARCHAR, ts INT, px DOUBLE)")
    connection.execute("INSERT INTO ticks VALUES ('A', 2, 11.0), ('B', 1, 5.0), ('A', 1, 10.0), ('A', 3, 9.5)")
    connection.commit()
    return connection
