"""What statements leave in the file system: all of it, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import ltseq_dbapi
from ltseq_dbapi import Cursor

ROWS = "SELECT value AS a, 1 / (20000 - value) AS b FROM generate_series(1, {n})"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["CSV", "PARQUET"])
def test_an_insert_that_fails_adds_no_file(cursor: Cursor, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    cursor.execute(f"CREATE EXTERNAL TABLE rows (a BIGINT, b BIGINT) STORED AS {kind} LOCATION '{folder}/'")
    cursor.execute("INSERT INTO rows " + ROWS.format(n=10))
    before = files(folder)
    assert before
    with pytest.raises(ltseq_dbapi.DataError, match="division by zero"):
        cursor.execute("INSERT INTO rows " + ROWS.format(n=30000))
    assert files(folder) == before
    assert cursor.execute("SELECT count(*) FROM rows").fetchone() == (10,)
    assert cursor.execute("INSERT INTO rows " + ROWS.format(n=19999)).rowcount == 19999
    assert cursor.execute("SELECT count(*), count(DISTINCT a) FROM rows").fetchone() == (20009, 19999)
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


def test_partitions_come_whole(cursor: Cursor, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    cursor.execute(
        f"CREATE EXTERNAL TABLE parts (v BIGINT, k BIGINT) STORED AS PARQUET PARTITIONED BY (k) LOCATION '{folder}/'"
    )
    cursor.execute("INSERT INTO parts SELECT value, value % 3 FROM generate_series(1, 100)")
    with pytest.raises(ltseq_dbapi.DataError):
        cursor.execute("INSERT INTO parts SELECT 1 / (50 - value), value % 3 FROM generate_series(1, 100)")
    assert {name.split("/")[0] for name in files(folder)} == {"k=0", "k=1", "k=2"}
    counts = cursor.execute("SELECT k, count(*) FROM parts GROUP BY k ORDER BY k").fetchall()
    assert counts == [(0, 33), (1, 34), (2, 33)]


def test_a_copy_into_a_directory_that_fails_leaves_what_was_there(cursor: Cursor, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    copy = f"COPY ({{}}) TO '{folder}/' STORED AS PARQUET"
    cursor.execute(copy.format(ROWS.format(n=5)))
    before = files(folder)
    with pytest.raises(ltseq_dbapi.DataError):
        cursor.execute(copy.format(ROWS.format(n=30000)))
    assert files(folder) == before
    assert cursor.execute(copy.format(ROWS.format(n=7))).rowcount == 7
    assert cursor.execute(f"SELECT count(*) FROM '{folder / before[0]}'").fetchone() == (5,)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_damaged_footer_is_an_error_of_the_file(cursor: Cursor, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    cursor.execute(f"COPY ({ROWS.format(n=5)}) TO '{path}'")
    # The footer says that it is longer than any file.
    data = bytearray(path.read_bytes())
    data[-8:-4] = (2**32 - 5).to_bytes(4, "little")
    path.write_bytes(data)
    for text in [
        f"SELECT * FROM '{path}'",
        f"CREATE EXTERNAL TABLE bad STORED AS PARQUET LOCATION '{path}'",
    ]:
        with pytest.raises(ltseq_dbapi.OperationalError) as found:
            cursor.execute(text)
        assert found.value.code == "FILE"
        assert "rows.parquet" in str(found.value)
