"""Section 4 of API.md: repr of a table whose rows cannot be computed."""

from __future__ import annotations

from ltseq import LTSeq


def test_repr_of_rows_that_cannot_be_computed():
    broken = LTSeq.from_dict({"s": ["x"]}).filter(lambda r: r.s.cast("int64") > 1)
    assert "? rows" in repr(broken)
    assert "ExecutionError" in repr(broken)
