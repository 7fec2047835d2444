"""Section 2 of API.md: every error class with its bases and phrases, and the order of the checks."""

from __future__ import annotations

import datetime as dt

import pytest

import ltseq
from ltseq import (
    ArgumentError,
    ColumnNotFoundError,
    ExecutionError,
    JoinConditionError,
    LTSeq,
    LTSeqError,
    NoDataError,
    OrderViolationError,
    SchemaMismatchError,
    SortRequiredError,
    SqlError,
)


@pytest.fixture
def t():
    return LTSeq.from_dict({"price": [1.5, 2.0], "qty": [1, 2], "sym": ["A", "B"], "ok": [True, None]})


# Class (bases)

BASES = {
    "LTSeqError": (Exception,),
    "ArgumentError": (LTSeqError, TypeError, ValueError),
    "ColumnNotFoundError": (LTSeqError, ValueError, AttributeError),
    "JoinConditionError": (ArgumentError,),
    "SortRequiredError": (LTSeqError, ValueError),
    "SchemaMismatchError": (LTSeqError, ValueError),
    "NoDataError": (LTSeqError, ValueError, RuntimeError),
    "SqlError": (LTSeqError, ValueError),
    "ExecutionError": (LTSeqError, RuntimeError),
    "OrderViolationError": (ExecutionError,),
}


@pytest.mark.parametrize(("name", "bases"), BASES.items(), ids=BASES)
def test_every_class_has_the_bases_of_the_contract(name, bases):
    assert getattr(ltseq.exceptions, name).__bases__ == bases
    assert getattr(ltseq, name) is getattr(ltseq.exceptions, name)
    assert issubclass(getattr(ltseq, name), LTSeqError)


# ArgumentError


def test_a_wrong_kind_says_what_it_must_be(t):
    with pytest.raises(ArgumentError, match="must be str or callable"):
        t.select(5)
    with pytest.raises(ArgumentError, match="must be callable"):
        t.filter("qty > 1")
    with pytest.raises(ArgumentError, match=r"'total'.*must be callable"):
        t.derive(total="price")
    with pytest.raises(ArgumentError, match=r"'n'.*must be callable"):
        t.agg("sym", n=5)


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.slice(-1), lambda t: t.head(-1), lambda t: t.step(0), lambda t: t.sort("qty", desc=1),
        lambda t: t.sort("qty", nulls="middle"), lambda t: t.join(t, on="qty", how="sideways"),
        lambda t: t.derive(x=lambda r: r.qty.cast("int63")), lambda t: ltseq.seq(0, 5, 0),
    ],
)  # fmt: skip
def test_a_wrong_value_is_an_argument_error(t, make):
    with pytest.raises(ArgumentError):
        make(t)


@pytest.mark.parametrize(
    ("fn", "column", "kind"),
    [
        (lambda r: r.price.s.lower(), "'price'", "float64"), (lambda r: r.sym.dt.year(), "'sym'", "string"),
        (lambda r: r.sym - 1, "'sym'", "string"), (lambda r: r.sym > 1, "'sym'", "string"),
        (lambda r: -r.sym, "'sym'", "string"), (lambda r: r.sym.sqrt(), "'sym'", "string"),
        (lambda r: r.ok & r.qty, "'qty'", "int64"), (lambda r: ~r.price, "'price'", "float64"),
        (lambda r: ltseq.if_else(r.qty, 1, 2), "'qty'", "int64"), (lambda r: r.ok + 1, "'ok'", "bool"),
    ],
)  # fmt: skip
def test_a_wrong_column_type_names_column_and_type(t, fn, column, kind):
    with pytest.raises(ArgumentError) as error:
        t.derive(x=fn)
    assert column in str(error.value)
    assert kind in str(error.value)


def test_a_predicate_of_another_type_names_column_and_type(t):
    with pytest.raises(ArgumentError, match="column 'qty' is int64"):
        t.filter(lambda r: r.qty)
    with pytest.raises(ArgumentError, match="int64"):
        t.filter(lambda r: r.qty + 1)


def test_the_truth_of_an_expression_is_an_argument_error(t):
    with pytest.raises(ArgumentError, match="truth"):
        t.filter(lambda r: r.qty > 1 and r.ok)


def test_the_truth_of_a_table_is_an_argument_error(t):
    for table in (t, LTSeq(), t.head(0), t.link(t, on="qty", as_="o")):
        with pytest.raises(ArgumentError, match="truth"):
            bool(table)
    with pytest.raises(TypeError):
        _ = t and 1


# ColumnNotFoundError


def test_an_unknown_column_names_the_nearest_and_all(t):
    with pytest.raises(ColumnNotFoundError) as error:
        t.filter(lambda r: r.prise > 1)
    text = str(error.value)
    assert "Column 'prise' not found in schema" in text
    assert "Did you mean 'price'" in text
    assert "Available columns: price, qty, sym, ok" in text


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.select("nope"), lambda t: t.select(lambda r: r.nope), lambda t: t.select(lambda r: r["nope"]),
        lambda t: t.select(ltseq.col("nope")), lambda t: t.select(lambda r: r.qty + ltseq.col("nope")),
        lambda t: t.filter(lambda r: r.nope > 1), lambda t: t.derive(x=lambda r: r.nope), lambda t: t.sort("nope"),
        lambda t: t.drop("nope"), lambda t: t.rename(nope="x"), lambda t: t.distinct("nope"),
        lambda t: t.agg("nope", n=lambda g: g.count()), lambda t: t.agg(n=lambda g: g.nope.sum()),
        lambda t: t.agg(n=lambda g: g.sum("nope")), lambda t: t.group_by("nope"), lambda t: t.partition("nope"),
        lambda t: t.pivot("nope", "sym", "qty"), lambda t: t.contain("nope", 1), lambda t: t.cum_sum("nope"),
        lambda t: t.modify(0, nope=1), lambda t: t.update(lambda r: r.ok, nope=1), lambda t: t.insert(0, {"nope": 1}),
        lambda t: t.align([1], lambda r: r.nope), lambda t: t.assume_sorted("nope"), lambda t: t.is_sorted_by("nope"),
        lambda t: t.group_ordered("nope"), lambda t: t.search_first(lambda r: r.nope > 1),
        lambda t: t.intersect(t, on="nope"), lambda t: t.sql("SELECT nope FROM self"),
        lambda t: t.derive(x=lambda r: r.qty.lookup(t, "nope")), lambda t: t.join(t, on="nope"),
        lambda t: t.semi_join(t, on="nope"), lambda t: t.link(t, on="nope"), lambda t: t.asof_join(t, on="nope"),
    ],
)  # fmt: skip
def test_every_call_finds_an_unknown_column_at_the_call(t, make):
    with pytest.raises(ColumnNotFoundError, match="Column 'nope' not found in schema") as error:
        make(t)
    assert "Available columns" in str(error.value)


def test_an_unknown_column_is_an_attribute_error_so_that_hasattr_works(t):
    seen = []
    t.derive(x=lambda r: seen.append((hasattr(r, "price"), hasattr(r, "nope"), getattr(r, "nope", None))) or r.qty)
    assert seen == [(True, False, None)]


def test_names_keep_their_case(t):
    with pytest.raises(ColumnNotFoundError, match="Did you mean 'price'"):
        t.select("Price")


# JoinConditionError


@pytest.mark.parametrize(
    "on",
    [
        lambda a, b: a.qty > b.qty, lambda a, b: a.qty, lambda a, b: True, lambda a, b: None,
        lambda a, b: (a.qty == b.qty) | (a.sym == b.sym), lambda a, b: a.qty == 5, lambda a, b: a.qty == a.qty, [],
    ],
)  # fmt: skip
def test_what_is_no_join_condition_says_so(t, on):
    with pytest.raises(JoinConditionError, match="Invalid join condition"):
        t.join(t, on)


@pytest.mark.parametrize("on", [lambda a, b: a.nope == b.qty, lambda a, b: a.qty == b.nope])
def test_an_unknown_column_in_a_two_table_lambda_is_both_errors(t, on):
    for verb in ("join", "semi_join", "anti_join", "link"):
        with pytest.raises(JoinConditionError, match="Invalid join condition") as error:
            getattr(t, verb)(t, on)
        assert isinstance(error.value, ColumnNotFoundError)
        assert "Column 'nope' not found in schema" in str(error.value)


# SortRequiredError


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.derive(x=lambda r: r.qty.shift()), lambda t: t.filter(lambda r: r.qty.diff() > 0),
        lambda t: t.cum_sum("qty"), lambda t: t.group_ordered("sym"), lambda t: t.group_sorted("sym"),
        lambda t: t.search_pattern(lambda r: r.ok), lambda t: t.fold(lambda s, r: s, init=0, into="f"),
    ],
)  # fmt: skip
def test_a_missing_order_says_why_and_shows_the_fix(t, make):
    with pytest.raises(SortRequiredError, match=r"sort\("):
        make(t)


def test_a_missing_order_is_explained_by_a_computed_key(t):
    with pytest.raises(SortRequiredError, match=r"computed key.*price \* 2"):
        t.sort(lambda r: r.price * 2).derive(x=lambda r: r.qty.shift())


# SchemaMismatchError


def test_tables_that_differ_name_their_differences(t):
    with pytest.raises(SchemaMismatchError, match=r"'ok'.*'extra'"):
        t.select("qty", "ok").union(t.select("qty", extra=lambda r: r.ok))
    with pytest.raises(SchemaMismatchError, match=r"'qty'.*int64.*string"):
        t.select("qty").union(t.select(qty=lambda r: r.sym))


# NoDataError


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.filter(lambda r: r.a), lambda t: t.select("a"), lambda t: t.derive(a=lambda r: 1),
        lambda t: t.rename(a="b"), lambda t: t.drop("a"), lambda t: t.head(), lambda t: t.slice(1), lambda t: t.tail(),
        lambda t: t.rvs(), lambda t: t.distinct(), lambda t: t.sort("a"), lambda t: t.assume_sorted("a"),
        lambda t: t.union(t), lambda t: t.intersect(t), lambda t: t.is_subset(t), lambda t: t.contain("a", 1),
        lambda t: t.align([1], lambda r: r.a), lambda t: t.insert(0, {}), lambda t: t.delete(0), lambda t: t.step(2),
        lambda t: t.modify(0, a=1), lambda t: t.pivot("a", "b", "c"), lambda t: t.partition("a"),
        lambda t: t.cum_sum("a"), lambda t: t.search_first(lambda r: r.a), lambda t: t.agg(n=lambda g: g.count()),
        lambda t: t.group_by("a"), lambda t: t.group_ordered("a"), lambda t: t.join(t, on="a"),
        lambda t: t.semi_join(t, on="a"), lambda t: t.asof_join(t, on="a"), lambda t: t.link(t, on="a"),
        lambda t: t.fold(lambda s, r: s, init=0, into="f"), lambda t: t.sql("SELECT 1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("empty", [LTSeq(), LTSeq.from_rows([{}, {}])], ids=["no data", "no columns"])
def test_a_verb_on_a_table_without_columns_says_so(make, empty):
    with pytest.raises(NoDataError, match=r"Schema not initialized.*read_csv"):
        make(empty)


def test_another_table_without_columns_says_so(t):
    for verb, args in (("union", ()), ("intersect", ()), ("join", ("qty",)), ("link", ("qty",))):
        with pytest.raises(NoDataError, match="Schema not initialized"):
            getattr(t, verb)(LTSeq(), *args)


def test_counting_nothing_says_that_no_data_is_loaded():
    for count in (LTSeq().count, lambda: len(LTSeq())):
        with pytest.raises(NoDataError, match="No data loaded"):
            count()


# SqlError


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("SELEC 1", 1, 1), ("SELECT *\nFROM nowhere", 2, 6), ("SELECT\n  nofunction(qty) FROM self", 2, 3),
        ("SELECT qty FROM self WHERE", 1, 27),
    ],
)  # fmt: skip
def test_sql_that_cannot_be_planned_names_line_and_column(t, text, line, column):
    with pytest.raises(SqlError, match=f"line {line}, column {column}") as error:
        t.sql(text)
    assert (error.value.line, error.value.column) == (line, column)


def test_an_expression_in_sql_names_line_and_column():
    with pytest.raises(SqlError, match="line 1, column 4"):
        ltseq.sql_expr("a +")


# ExecutionError, OrderViolationError


def test_data_that_fails_is_an_execution_error_while_running(t):
    for made in (
        t.select(x=lambda r: r.qty // 0),
        t.select(x=lambda r: r.sym.cast("int")),
        t.select(x=lambda r: r.qty + (2**63 - 1)),
    ):
        with pytest.raises(ExecutionError):
            made.to_dicts()
        with pytest.raises(RuntimeError):
            made.to_arrow()


def test_a_checked_order_that_is_false_names_table_key_and_row(tmp_path):
    LTSeq.from_dict({"ts": [1, 5, 3]}).write_parquet(tmp_path / "ticks.parquet")
    t = LTSeq.read_parquet(tmp_path / "ticks.parquet").assume_sorted("ts", check=True)
    with pytest.raises(OrderViolationError) as error:
        t.derive(x=lambda r: r.ts.shift()).to_dicts()
    for part in ("ticks", "3", "5", "row 3"):
        assert part in str(error.value)


# missing file


@pytest.mark.parametrize("read", ["read_csv", "read_parquet", "scan", "scan_parquet"])
def test_a_missing_file_is_an_error_at_the_call(tmp_path, read):
    path = tmp_path / "nope.csv"
    with pytest.raises(FileNotFoundError, match=r"nope.csv") as error:
        getattr(LTSeq, read)(path)
    assert isinstance(error.value, LTSeqError)


def test_a_glob_without_a_file_is_a_missing_file(tmp_path):
    for read in (LTSeq.read_csv, LTSeq.read_parquet):
        with pytest.raises(FileNotFoundError):
            read(str(tmp_path / "*.x"))


# Checked at the call: data present, argument kinds, then columns and types, then order


@pytest.mark.parametrize("verb", ["filter", "select", "sort", "derive", "distinct", "cum_sum", "group_ordered"])
def test_data_is_checked_before_argument_kinds(verb):
    with pytest.raises(NoDataError):
        getattr(LTSeq(), verb)(5)


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.select("nope", 5), lambda t: t.sort("nope", 5), lambda t: t.sort("nope", desc=1),
        lambda t: t.filter(lambda r: r.nope, "x"), lambda t: t.derive(x=lambda r: r.nope, y=5),
        lambda t: t.derive(lambda r: {"x": r.nope}, 5), lambda t: t.agg("nope", n=5), lambda t: t.cum_sum("nope", 5),
        lambda t: t.distinct("nope", 5), lambda t: t.group_ordered("nope", 5), lambda t: t.drop("nope", 5),
        lambda t: t.assume_sorted("nope", check=1), lambda t: t.is_sorted_by("nope", desc=5),
        lambda t: t.pivot("nope", "sym", "qty", agg_fn="x"), lambda t: t.join(5, on="nope"),
        lambda t: t.join(t, on="nope", how="x"), lambda t: t.search_pattern(lambda r: r.nope, within="x"),
    ],
)  # fmt: skip
def test_argument_kinds_are_checked_before_columns(t, make):
    with pytest.raises(ArgumentError) as error:
        make(t)
    assert not isinstance(error.value, ColumnNotFoundError)


def test_columns_are_checked_before_order(t):
    for make in (
        lambda: t.derive(x=lambda r: r.nope.shift()),
        lambda: t.derive(x=lambda r: r.qty.shift() + ltseq.col("nope")),
        lambda: t.cum_sum("nope"),
        lambda: t.group_ordered("nope"),
        lambda: t.search_pattern(lambda r: r.nope),
    ):
        with pytest.raises(ColumnNotFoundError):
            make()


def test_types_are_checked_before_order(t):
    for make in (
        lambda: t.derive(x=lambda r: r.sym.shift() + 1),
        lambda: t.derive(x=lambda r: r.sym.rolling(3).mean()),
        lambda: t.derive(x=lambda r: r.sym.diff()),
        lambda: t.filter(lambda r: r.qty.shift() > r.sym),
        lambda: t.cum_sum("sym"),
        lambda: t.link(t, on="qty", as_="o").derive(x=lambda r: r.o.sym.shift() - r.qty),
    ):
        with pytest.raises(ArgumentError):
            make()


def test_only_data_can_fail_later(t):
    # At the call, although nothing runs: kinds that do not fit; later, at the first run: values.
    with pytest.raises(ArgumentError):
        t.derive(x=lambda r: r.sym + r.qty)
    late = t.derive(x=lambda r: r.sym.cast("int"))
    assert late.schema["x"] == "int64"
    with pytest.raises(ExecutionError):
        late.to_dicts()


def test_no_error_shows_what_lies_below(t):
    with pytest.raises(ArgumentError) as error:
        t.derive(x=lambda r: r.ok.shift(1, default=dt.date(2024, 1, 1)).over(order_by="qty"))
    assert error.value.__cause__ is None
    assert not any(word in str(error.value) for word in ("Utf8", "Date32", "DataFusion", "::"))
