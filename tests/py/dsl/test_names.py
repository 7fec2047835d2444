"""Sections 1 and 12: names, aliases, conventions."""

from __future__ import annotations

import inspect
import subprocess
import sys
import time

import pytest

import ltseq
from ltseq import Expr, LTSeq, exceptions, expr


def test_public_names():
    for name in (
        "LTSeq",
        "LinkedTable",
        "NestedTable",
        "PartitionedTable",
        "GroupBy",
        "Cursor",
        "sql",
        "seq",
        "__version__",
    ):
        assert hasattr(ltseq, name)
    for module in (exceptions, expr):
        for name in module.__all__:
            assert getattr(ltseq, name) is getattr(module, name)
    for name in ("Expr", "ColumnExpr", "LiteralExpr", "CallExpr", "SchemaProxy", "col", "lit", "sql_expr"):
        assert hasattr(expr, name)


def test_import_star_does_not_hide_builtins():
    scope = {}
    exec("from ltseq import *", scope)
    assert scope["LTSeq"] is LTSeq
    assert not {"abs", "max", "min", "round", "sum"} & (set(scope) - {"__builtins__"})


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("with_columns", "derive"), ("aggregate", "agg"), ("concat", "union"), ("subtract", "except_"),
        ("group_consecutive", "group_ordered"), ("partition_by", "partition"),
    ],
)  # fmt: skip
def test_verb_aliases_are_the_same_function(alias, name):
    assert getattr(LTSeq, alias) is getattr(LTSeq, name)


def test_function_aliases_are_the_same_function():
    assert ltseq.str_char is ltseq.char
    assert Expr.str is Expr.s
    assert Expr.mean is Expr.avg
    assert Expr.variance is Expr.var
    assert Expr.stddev is Expr.std
    accessor = type(ltseq.col("a").s)
    assert accessor.split is accessor.split_part
    assert accessor.asc is accessor.ord


def test_what_a_table_does_not_have():
    for name in ("diff", "join_sorted"):
        assert not hasattr(LTSeq, name)


def test_linked_is_a_table_and_nested_is_none():
    assert issubclass(ltseq.LinkedTable, LTSeq)
    assert not issubclass(ltseq.NestedTable, LTSeq)


@pytest.mark.parametrize("name", expr.__all__)
def test_everything_public_has_a_docstring(name):
    assert inspect.getdoc(getattr(expr, name))


@pytest.mark.parametrize(
    "cls", [LTSeq, ltseq.LinkedTable, ltseq.NestedTable, ltseq.PartitionedTable, ltseq.GroupBy, ltseq.Cursor, Expr]
)
def test_every_method_has_a_docstring(cls):
    missing = [
        name
        for name, member in inspect.getmembers(cls)
        if not name.startswith("_") and callable(member) and not inspect.getdoc(member)
    ]
    assert missing == []


def test_error_classes_are_the_builtins_that_fit():
    bases = {
        exceptions.ArgumentError: (TypeError, ValueError),
        exceptions.ColumnNotFoundError: (ValueError, AttributeError),
        exceptions.JoinConditionError: (exceptions.ArgumentError,),
        exceptions.SortRequiredError: (ValueError,),
        exceptions.SchemaMismatchError: (ValueError,),
        exceptions.NoDataError: (ValueError, RuntimeError),
        exceptions.SqlError: (ValueError,),
        exceptions.ExecutionError: (RuntimeError,),
        exceptions.OrderViolationError: (exceptions.ExecutionError,),
    }
    for error, parents in bases.items():
        assert issubclass(error, exceptions.LTSeqError)
        for parent in parents:
            assert issubclass(error, parent)


@pytest.mark.usefixtures("engine")
def test_import_is_quick_and_starts_no_engine():
    code = "import ltseq, ltseq.engine as e; print(e._engine)"
    begin = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "None"
    assert time.perf_counter() - begin < 2


@pytest.mark.usefixtures("engine")
def test_verbs_leave_their_table_as_it_is():
    t = LTSeq.from_dict({"a": [2, 1]})
    t.sort("a").derive(b=lambda r: r.a).filter(lambda r: r.a > 1).rename(a="z")
    assert t.columns == ["a"]
    assert t.to_dicts() == [{"a": 2}, {"a": 1}]


@pytest.mark.usefixtures("engine")
def test_empty_tables_keep_schema_and_order():
    t = LTSeq.from_dict({"a": [1], "s": ["x"]}).sort("a").filter(lambda r: r.a > 9)
    for verb in (
        lambda t: t.head(),
        lambda t: t.rvs(),
        lambda t: t.derive(b=lambda r: r.a),
        lambda t: t.distinct("a"),
        lambda t: t.union(t),
        lambda t: t.group_ordered("a").first(),
        lambda t: t.collect(),
    ):
        made = verb(t)
        assert made.columns[:2] == ["a", "s"]
        assert made.to_dicts() == []
    assert t.collect().sort_keys == [("a", False)]
