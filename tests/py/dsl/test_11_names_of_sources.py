"""Section 11, `to_sql`: every source of a plan has one name, and no other source has it."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import LTSeq


@pytest.fixture
def files(tmp_path):
    (tmp_path / "z").mkdir()
    LTSeq.from_dict({"k": [1]}).write_parquet(tmp_path / "A.parquet")
    LTSeq.from_dict({"k": [7]}).write_parquet(tmp_path / "z" / "A.parquet")
    LTSeq.from_dict({"k": [9]}).write_parquet(tmp_path / "mem_1.parquet")
    return tmp_path


def test_two_files_of_one_name_are_two_names(files):
    one, other = LTSeq.read_parquet(files / "A.parquet"), LTSeq.read_parquet(files / "z" / "A.parquet")
    text = one.union(other).union(LTSeq.read_parquet(files / "A.parquet")).to_sql()
    assert [row["k"] for row in ltseq.sql(text, A=one, A_2=other)] == [1, 7, 1]


def test_rows_in_memory_take_no_name_of_a_file(files):
    file, rows = LTSeq.read_parquet(files / "mem_1.parquet"), LTSeq.from_dict({"k": [5]})
    for both, values in ((file.union(rows), [9, 5]), (rows.union(file), [5, 9])):
        assert [row["k"] for row in ltseq.sql(both.to_sql(), mem_1=file, mem_2=rows)] == values


def test_a_column_named_like_a_source_keeps_its_name():
    a, b = LTSeq.from_dict({"mem_2": [1]}), LTSeq.from_dict({"mem_1": [1]})
    text = a.join(b, left_on="mem_2", right_on="mem_1", how="full").to_sql()
    assert ltseq.sql(text, mem_1=a, mem_2=b).to_dicts() == [{"mem_2": 1, "mem_1": 1}]


def test_prepared_statements_give_their_rows():
    ltseq.sql("PREPARE of_sources AS SELECT 1 AS a")
    assert ltseq.sql("EXECUTE of_sources").to_dicts() == [{"a": 1}]
