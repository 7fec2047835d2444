from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine("ltseq://")
    yield engine
    engine.dispose()


@pytest.fixture
def ticks(engine: sa.Engine) -> sa.Table:
    """A table with rows in it, known to SQLAlchemy."""
    table = sa.Table(
        "ticks",
        sa.MetaData(),
        sa.Column("sym", sa.String(8), nullable=False),
        sa.Column("ts", sa.BigInteger),
        sa.Column("px", sa.Float),
    )
    rows = [("A", 2, 11.0), ("B", 1, 5.0), ("A", 1, 10.0), ("A", 3, 9.5)]
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [dict(zip(("sym", "ts", "px"), r, strict=True)) for r in rows])
    return table
