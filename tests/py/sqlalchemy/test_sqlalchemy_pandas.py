"""pandas over the dialect, and over the driver alone."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

import ltseq_dbapi

FRAME = pd.DataFrame(
    {
        "sym": ["A", "B", None],
        "px": [1.5, np.nan, 3.0],
        "n": [1, 2, 3],
        "ok": [True, False, True],
        "at": pd.to_datetime(["2024-01-01 10:00:00.0", "2024-01-02 11:30:15.5", None]),
    }
)


@pytest.mark.parametrize("query", ["SELECT sym, px FROM ticks ORDER BY px", None])
def test_read_sql(engine: sa.Engine, ticks: sa.Table, query: str | None) -> None:
    statement = sa.select(ticks.c.sym, ticks.c.px).order_by(ticks.c.px)
    frame = pd.read_sql(query or statement, engine)
    assert frame.columns.tolist() == ["sym", "px"]
    assert frame.to_dict("list") == {"sym": ["B", "A", "A", "A"], "px": [5.0, 9.5, 10.0, 11.0]}


def test_read_sql_with_parameters(engine: sa.Engine, ticks: sa.Table) -> None:
    query = sa.text("SELECT COUNT(*) AS n FROM ticks WHERE sym = :sym")
    assert pd.read_sql(query, engine, params={"sym": "A"}).to_dict("list") == {"n": [3]}


def test_read_ordered_sql(engine: sa.Engine, ticks: sa.Table) -> None:
    query = "SELECT ts, DIFF(px) AS d FROM ticks ORDERED BY ts WHERE sym = 'A'"
    frame = pd.read_sql(query, engine)
    assert frame["ts"].tolist() == [1, 2, 3]
    assert frame["d"].tolist()[1:] == [1.0, -1.5]


def test_read_sql_table(engine: sa.Engine, ticks: sa.Table) -> None:
    frame = pd.read_sql_table("ticks", engine)
    assert frame.shape == (4, 3)
    assert pd.read_sql("ticks", engine).shape == (4, 3)


def test_read_in_chunks(engine: sa.Engine, ticks: sa.Table) -> None:
    sizes = [len(part) for part in pd.read_sql("SELECT * FROM ticks", engine, chunksize=3)]
    assert sizes == [3, 1]


@pytest.mark.parametrize("method", [None, "multi"])
def test_to_sql(engine: sa.Engine, method: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FRAME.to_sql("f", engine, index=False, method=method)
    back = pd.read_sql("SELECT * FROM f ORDER BY n", engine)
    assert back.columns.tolist() == FRAME.columns.tolist()
    pd.testing.assert_frame_equal(back, FRAME, check_dtype=False)


def test_to_sql_with_index(engine: sa.Engine) -> None:
    FRAME.set_index("n").to_sql("f", engine)
    assert sa.inspect(engine).has_table("f")
    assert pd.read_sql("SELECT n FROM f ORDER BY n", engine)["n"].tolist() == [1, 2, 3]


def test_to_sql_again(engine: sa.Engine) -> None:
    FRAME.to_sql("f", engine, index=False)
    with pytest.raises(ValueError, match="already exists"):
        FRAME.to_sql("f", engine, index=False)
    FRAME.to_sql("f", engine, index=False, if_exists="append")
    assert pd.read_sql("SELECT COUNT(*) AS n FROM f", engine)["n"].tolist() == [6]
    FRAME.to_sql("f", engine, index=False, if_exists="replace")
    assert pd.read_sql("SELECT COUNT(*) AS n FROM f", engine)["n"].tolist() == [3]


def test_types_of_to_sql(engine: sa.Engine) -> None:
    FRAME.to_sql("f", engine, index=False)
    types = {c["name"]: str(c["type"]) for c in sa.inspect(engine).get_columns("f")}
    assert types == {
        "sym": "VARCHAR",
        "px": "DOUBLE",
        "n": "BIGINT",
        "ok": "BOOLEAN",
        "at": "TIMESTAMP",
    }
    with engine.connect() as connection:
        at = connection.execute(sa.text("SELECT MAX(at) FROM f")).scalar()
    assert at == datetime.datetime(2024, 1, 2, 11, 30, 15, 500000)


def test_many_rows(engine: sa.Engine) -> None:
    frame = pd.DataFrame({"a": np.arange(30_000), "b": np.arange(30_000) / 2})
    frame.to_sql("f", engine, index=False)
    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT COUNT(*), SUM(a), SUM(b) FROM f")).one()
    assert tuple(row) == (30_000, 449_985_000, 224_992_500.0)


def test_read_sql_over_the_driver_alone() -> None:
    """pandas warns that it has not tested the driver, and works."""
    with ltseq_dbapi.connect() as connection, pytest.warns(UserWarning, match="SQLAlchemy"):
        frame = pd.read_sql("SELECT ? AS a", connection, params=(5,))
    assert frame.to_dict("list") == {"a": [5]}
