"""Section 5 of API.md: what the row of `fold` shows."""

from __future__ import annotations

from ltseq import LTSeq

# fold(fn, *, init, into)


def test_the_row_of_a_fold_shows_its_values():
    table = LTSeq.from_dict({"a": [2, 1], "b": [None, "x"]}).sort("a")
    seen = []
    table.fold(lambda state, row: seen.append(repr(row)) or 0, init=0, into="n")
    assert seen == ["Row(a=1, b='x')", "Row(a=2, b=None)"]
