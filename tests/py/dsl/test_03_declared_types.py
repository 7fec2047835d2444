"""Section 3, from_rows(rows, schema=None): a declared type that would cut a value is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from ltseq import ArgumentError, LTSeq


@pytest.mark.parametrize(
    ("kind", "value"),
    [("float32", 1e300), ("float32", 2**24 + 1), ("float64", 2**53 + 1), ("decimal128(5, 2)", Decimal("1.105")),
     ("decimal128(5, 2)", 1000), ("int64", 1.5), ("timestamp[s]", dt.datetime(2024, 1, 1, 0, 0, 0, 5)),
     ("timestamp[ns]", dt.datetime(3000, 1, 1)), ("duration[ms]", dt.timedelta(microseconds=1)),
     ("date32", dt.datetime(2024, 1, 1, 5)), ("bool", 2)],
)  # fmt: skip
def test_a_declared_type_refuses_what_it_would_cut(kind, value):
    with pytest.raises(ArgumentError, match=r"column 'x': .* without a loss"):
        LTSeq.from_rows([{"x": value}], schema={"x": kind})


@pytest.mark.parametrize(
    ("kind", "value"),
    [("float32", 0.5), ("float32", 2**24), ("float16", float("inf")), ("decimal128(5, 2)", Decimal("1.1000")),
     ("decimal128(5, 2)", Decimal("9.9E+2")), ("decimal128(38, 0)", Decimal(10**38 - 1)), ("decimal128(5, 2)", 0),
     ("timestamp[ms]", dt.datetime(2024, 1, 1, 0, 0, 0, 5000)), ("timestamp[ns]", dt.datetime(2262, 4, 11)),
     ("duration[s]", dt.timedelta(days=-1)), ("int8", 3.0)],
)  # fmt: skip
def test_a_declared_type_takes_what_it_holds(kind, value):
    made = LTSeq.from_rows([{"x": value}], schema={"x": kind})
    assert (made.to_dicts(), made.schema) == ([{"x": value}], {"x": kind})
