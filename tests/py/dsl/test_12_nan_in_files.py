"""Section 12: the same rows whatever holds them. Statistics of Parquet files leave NaN out, which is greatest."""

from __future__ import annotations

import math

import pytest

import ltseq
from ltseq import LTSeq, col


@pytest.fixture
def t(tmp_path):
    made = LTSeq.from_dict({"k": [1, 2, 3, 4], "f": [1.0, 2.0, math.nan, None]})
    made.write_parquet(tmp_path / "a.parquet")
    return LTSeq.read_parquet(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "condition",
    [
        col("f") > 5.0,
        col("f") >= 5.0,
        5.0 < col("f"),
        ~(col("f") <= 5.0),
        col("f") == math.nan,
        col("f").is_in([math.nan, 7.0]),
        col("f").between(5.0, math.nan),
        (col("f") > 5.0) & (col("k") > 0),
        (col("f") > 5.0) | (col("k") > 9),
    ],
)
def test_nan_is_found_by_what_it_meets(t, condition):
    assert t.filter(condition).select("k").to_dicts() == [{"k": 3}]


def test_one_value_beside_nan_is_not_all_there_is(tmp_path):
    LTSeq.from_dict({"k": [1, 2, 3], "f": [1.0, 1.0, math.nan]}).write_parquet(tmp_path / "a.parquet")
    t = LTSeq.read_parquet(tmp_path / "a.parquet")
    assert t.filter(col("f") != 1.0).select("k").to_dicts() == [{"k": 3}]
    assert t.sort("k").search_first(col("f") > 5.0).select("k").to_dicts() == [{"k": 3}]


def test_the_greatest_of_a_file_is_its_nan(t):
    (row,) = t.agg(low=lambda g: g.f.min(), high=lambda g: g.f.max(), n=lambda g: g.count()).to_dicts()
    assert (row["low"], math.isnan(row["high"]), row["n"]) == (1.0, True, 4)
    (row,) = ltseq.sql("SELECT MAX(f) AS high FROM t", t=t).to_dicts()
    assert math.isnan(row["high"])


def test_the_first_of_a_falling_order_is_nan(t):
    assert ltseq.sql("SELECT k FROM t ORDER BY f DESC NULLS LAST LIMIT 1", t=t).to_dicts() == [{"k": 3}]


def test_files_are_still_skipped_where_no_nan_can_be_meant(t):
    physical = t.filter(col("f") < 0.0, col("k") > 2).explain_plan()[1]
    assert "pruning_predicate=" in physical
    assert "f_null_count" in physical
    assert "k_max" in physical
