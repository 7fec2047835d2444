"""Sections 3, 4 and 11 of API.md: the parameters of every call, by name, place and default."""

from __future__ import annotations

import inspect

import pytest

import ltseq
from ltseq import LTSeq

SIGNATURES = {
    # Section 3
    LTSeq.read_csv: "(path, has_header=True, *, delimiter=',', schema=None, infer_rows=1000)",
    LTSeq.read_parquet: "(path)",
    LTSeq.from_rows: "(rows, schema=None)",
    LTSeq.from_dict: "(data)",
    LTSeq.from_pandas: "(df)",
    LTSeq.from_polars: "(df)",
    LTSeq.from_arrow: "(x)",
    ltseq.seq: "(start_or_stop, stop=None, step=1)",
    LTSeq.scan: "(path, has_header=True)",
    LTSeq.scan_parquet: "(path)",
    LTSeq.to_cursor: "(self, batch_size=None)",
    LTSeq.write_csv: "(self, path)",
    LTSeq.write_parquet: "(self, path, compression=None)",
    # Section 4
    LTSeq.count: "(self)",
    LTSeq.to_dicts: "(self)",
    LTSeq.to_arrow: "(self)",
    LTSeq.to_polars: "(self)",
    LTSeq.to_pandas: "(self, nullable=False)",
    LTSeq.collect: "(self)",
    LTSeq.show: "(self, n=10)",
    LTSeq.explain: "(self)",
    LTSeq.explain_plan: "(self)",
    # `fn` is positional-only, so that its own keywords cannot collide.
    LTSeq.pipe: "(self, fn, /, *args, **kwargs)",
    # Section 11
    ltseq.sql: "(query, /, params=None, **tables)",
    LTSeq.sql: "(self, query, params=None)",
    LTSeq.to_sql: "(self)",
    ltseq.sql_expr: "(text)",
}


@pytest.mark.parametrize(("call", "expected"), SIGNATURES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_parameters_are_those_of_the_contract(call, expected):
    signature = inspect.signature(call)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    assert str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)) == expected


def test_readers_are_called_on_the_class():
    for name in ("read_csv", "read_parquet", "from_rows", "from_dict", "from_pandas", "from_polars", "from_arrow"):
        assert inspect.ismethod(getattr(LTSeq, name))
    assert type(LTSeq.from_dict({"a": [1]})) is LTSeq


@pytest.mark.parametrize("name", ["schema", "dtypes", "columns", "name", "python_schema", "sort_keys"])
def test_what_never_runs_is_a_property(name):
    assert isinstance(inspect.getattr_static(LTSeq, name), property)
