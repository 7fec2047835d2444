"""Section 5 of API.md: values of `contain` that the column cannot hold are refused at the call."""

from __future__ import annotations

import datetime as dt

import pytest

from ltseq import ArgumentError, LTSeq


@pytest.mark.parametrize("column", ["s", "d"])
def test_contain_checks_the_kind_of_its_values(column):
    t = LTSeq.from_dict({"s": ["x"], "d": [dt.date(2024, 1, 1)]})
    with pytest.raises(ArgumentError):
        t.contain(column, 1)
