"""Section 11, more of ltseq.sql: a limit over distinct rows of windows."""

from __future__ import annotations

import ltseq
from ltseq import LTSeq


def test_a_limit_over_sql_distinct_of_windows():
    t = LTSeq.from_dict({"a": [3, 1, 2, 1], "s": ["x", "y", "z", "y"]})
    query = "SELECT DISTINCT a FROM (SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY s) = 1) LIMIT 5"
    assert sorted(row["a"] for row in ltseq.sql(query, t=t).to_dicts()) == [1, 2, 3]
