"""Section 12: uint64, int64 and Decimal stay exact; NULL is data; no silent guess; one registry for all signatures."""

from __future__ import annotations

import builtins
import datetime as dt
import inspect
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq, SchemaMismatchError, col

# Python's own arithmetic would round these.
LONG = [
    Decimal(f"{sign}123456789012345678901234567890123456.{cents}") for sign, cents in (("", 78), ("-", 78), ("", 77))
]
EXACT = {
    "uint64": (pa.uint64(), [2**64 - 1, 2**63, 2**64 - 2]),
    "int64": (pa.int64(), [2**63 - 1, -(2**63), 2**53 + 1]),
    "decimal": (pa.decimal128(38, 2), LONG),
}


@pytest.fixture(params=EXACT.values(), ids=EXACT)
def exact(request):
    """Three values that no float holds, in the order of i, and the table of them."""
    kind, values = request.param
    return LTSeq.from_arrow(pa.table({"x": pa.array(values, kind), "i": [0, 1, 2], "g": ["a", "b", "a"]})).sort(
        "i"
    ), values


def xs(table, name="x"):
    return [row[name] for row in table.to_dicts()]


# uint64, int64 and Decimal stay exact.


@pytest.mark.parametrize(
    ("verb", "kept"),
    [
        (lambda t, v: t.filter(lambda r: r.x == v[2]), [2]),
        (lambda t, v: t.filter(lambda r: r.x > v[1]), [0, 2]),
        (lambda t, v: t.filter(lambda r: r.x.is_in([v[0], v[1]])), [0, 1]),
        (lambda t, v: t.filter(lambda r: r.x.between(v[2], v[0])), None),
        (lambda t, v: t.sort("x", desc=True), None),
        (lambda t, v: t.distinct("x"), [0, 1, 2]),
        (lambda t, v: t.union(t), [0, 1, 2, 0, 1, 2]),
        (lambda t, v: t.intersect(t.tail(1)), [2]),
        (lambda t, v: t.except_(t.tail(1), on="x"), [0, 1]),
        (lambda t, v: t.align([v[2], v[0]], lambda r: r.x), [2, 0]),
        (lambda t, v: t.insert(0, {"x": v[2]}), [2, 0, 1, 2]),
        (lambda t, v: t.update(lambda r: r.x == v[0], x=v[2]), [2, 1, 2]),
        (lambda t, v: t.modify(0, x=v[2]), [2, 1, 2]),
        (lambda t, v: t.derive(x=lambda r: r.x.shift(1, v[2])), [2, 0, 1]),
        (lambda t, v: t.derive(x=lambda r: r.x.fill_forward()), [0, 1, 2]),
        (lambda t, v: t.derive(x=lambda r: r.x.cum_max()), [0, 0, 0]),
        (lambda t, v: t.derive(x=lambda r: r.x.rolling(2, 1).max()), [0, 0, 2]),
        (lambda t, v: t.derive(x=lambda r: ltseq.if_else(r.i == 0, v[2], r.x)), [2, 1, 2]),
        (lambda t, v: t.derive(x=lambda r: ltseq.coalesce(None, r.x, v[0])), [0, 1, 2]),
        (lambda t, v: t.derive(x=lambda r: ltseq.lit(v[2])), [2, 2, 2]),
        (lambda t, v: t.semi_join(t.tail(1), on="x"), [2]),
        (lambda t, v: t.join(t.select("x"), on="x").sort("i"), [0, 1, 2]),
        (lambda t, v: t.link(t, on="x", as_="l").select(x=lambda r: r.l.x), [0, 1, 2]),
        (lambda t, v: t.agg("i", x=lambda g: g.x.max()).sort("i"), [0, 1, 2]),
        (lambda t, v: t.agg("x", n=lambda g: g.count()).sort(lambda r: r.x == v[2]).tail(1), [2]),
        (lambda t, v: t.agg(x=lambda g: g.x.last()), [2]),
        (lambda t, v: t.group_ordered("x").first(), [0, 1, 2]),
        (lambda t, v: t.pivot("i", "g", "x", "first").select(x=lambda r: ltseq.coalesce(r.a, r.b)), [0, 1, 2]),
        (lambda t, v: t.fold(lambda s, r: r.x, init=None, into="y").select(x=lambda r: r.y), [0, 1, 2]),
        (lambda t, v: t.search_first(lambda r: r.x == v[2]), [2]),
        (lambda t, v: t.collect(), [0, 1, 2]),
        (lambda t, v: LTSeq.from_arrow(t), [0, 1, 2]),
        (lambda t, v: LTSeq.from_rows(t.to_dicts()), [0, 1, 2]),
        (lambda t, v: LTSeq.from_polars(t.to_polars()), [0, 1, 2]),
        (lambda t, v: LTSeq.from_pandas(t.to_pandas()), [0, 1, 2]),
        (lambda t, v: t.sql("SELECT * FROM self WHERE x = ?", [v[2]]), [2]),
        (lambda t, v: ltseq.sql(t.filter(lambda r: r.x == v[2]).to_sql(), mem_1=t), [2]),
    ],
)
def test_values_beyond_a_float_stay_exact(exact, verb, kept):
    t, values = exact
    made = verb(t, values)
    if kept is None:
        ordered = sorted(values, reverse=True)
        assert xs(made) in (ordered, [value for value in values if values[2] <= value <= values[0]])
    else:
        assert xs(made) == [values[at] for at in kept]
    assert all(type(value) is type(values[0]) for value in xs(made))


def test_files_keep_them_exact(exact, tmp_path):
    t, values = exact
    t.write_parquet(tmp_path / "x.parquet")
    t.write_csv(tmp_path / "x.csv")
    assert xs(LTSeq.read_parquet(tmp_path / "x.parquet")) == values
    assert LTSeq.read_parquet(tmp_path / "x.parquet").schema == t.schema
    assert xs(LTSeq.read_csv(tmp_path / "x.csv", schema={"x": t.schema["x"]})) == values


def test_sums_of_integers_and_decimals_are_exact():
    t = LTSeq.from_arrow(
        pa.table(
            {
                "u": pa.array([2**63, 2**63 - 1], pa.uint64()),
                "i": pa.array([2**62, 2**62 - 1], pa.int64()),
                "d": pa.array([Decimal("0.10"), Decimal("0.20")], pa.decimal128(30, 2)),
            }
        )
    )
    made = t.agg(u=lambda g: g.u.sum(), i=lambda g: g.i.sum(), d=lambda g: g.d.sum())
    assert made.to_dicts() == [{"u": 2**64 - 1, "i": 2**63 - 1, "d": Decimal("0.30")}]
    assert xs(t.select(x=lambda r: r.d * 3 - r.d)) == [Decimal("0.20"), Decimal("0.40")]
    assert xs(t.tail(1).select(x=lambda r: r.i * 2 + 1)) == [2**63 - 1]
    assert t.select(x=lambda r: r.u - r.u).to_dicts() == [{"x": 0}, {"x": 0}]
    for name in ("u", "i"):
        with pytest.raises(ExecutionError):
            t.union(t).agg(s=lambda g, name=name: g[name].sum()).to_dicts()


@pytest.mark.parametrize(
    "value", [np.uint64(2**64 - 1), np.int64(-(2**63)), np.int8(-1), np.bool_(True), np.float32(0.5)]
)
def test_numbers_of_numpy_are_what_they_say(value):
    t = LTSeq.from_dict({"a": [1]}).derive(x=lambda r: ltseq.lit(value))
    assert xs(t) == [value.item()]


# NULL is data.

NULLS = {"k": [None, 1, None, 1], "v": [1, None, 2, None], "i": [0, 1, 2, 3]}


@pytest.fixture
def nulls():
    return LTSeq.from_dict(NULLS).sort("i")


@pytest.mark.parametrize(
    ("verb", "kept"),
    [
        (lambda t: t.sort("k"), [1, 3, 0, 2]),
        (lambda t: t.sort("i", partition_by="k"), [1, 3, 0, 2]),
        (lambda t: t.distinct("k"), [0, 1]),
        (lambda t: t.delete(lambda r: r.v > 1), [0, 1, 3]),
        (lambda t: t.update(lambda r: r.v > 1, k=5), [0, 1, 2, 3]),
        (lambda t: t.anti_join(t, on="k"), [0, 2]),
        (lambda t: t.join(t.select("k").distinct(), on="k", how="left").sort("i"), [0, 1, 2, 3]),
        (lambda t: t.link(t.select("k").distinct(), on="k", as_="l", join_type="left"), [0, 1, 2, 3]),
        (lambda t: t.asof_join(t, on="v", by="k"), [0, 1, 2, 3]),
        (lambda t: t.group_ordered("v").first(), [0, 1, 2, 3]),
        (lambda t: t.intersect(t.head(1), on="k"), [0]),
        (lambda t: t.except_(t.head(1), on="k"), [1]),
        (lambda t: t.union(t.head(1)), [0, 1, 2, 3, 0]),
        (lambda t: t.partition("k")[None], [0, 2]),
    ],
)
def test_no_row_and_no_key_is_lost_for_being_null(nulls, verb, kept):
    assert xs(verb(nulls), "i") == kept


def test_null_is_a_group_of_its_own_everywhere(nulls):
    assert nulls.agg("k", n=lambda g: g.count(), s=lambda g: g.v.sum()).sort("k").to_dicts() == [
        {"k": 1, "n": 2, "s": None},
        {"k": None, "n": 2, "s": 3},
    ]
    assert nulls.partition("k").keys() == [None, 1]
    assert nulls.pivot("i", "k", "i").columns == ["i", "1", "null"]
    assert nulls.sort("k").group_ordered("k").group_count() == 2
    assert xs(nulls.derive(x=lambda r: r.i.sum().over("k"))) == [2, 4, 2, 4]
    assert nulls.contain("k", None, 1)


# No silent guess.


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.derive(x=lambda r: r.valeu),
        lambda t: t.select("valeu"),
        lambda t: t.sort("valeu"),
        lambda t: t.drop("valeu"),
        lambda t: t.rename(valeu="x"),
        lambda t: t.filter(lambda r: col("valeu") > 1),
        lambda t: t.agg("valeu", n=lambda g: g.count()),
        lambda t: t.agg(n=lambda g: g.valeu.sum()),
        lambda t: t.agg(n=lambda g: g.sum("valeu")),
        lambda t: t.distinct("valeu"),
        lambda t: t.cum_sum("valeu"),
        lambda t: t.join(t, on="valeu"),
        lambda t: t.link(t, on="valeu", as_="x"),
        lambda t: t.asof_join(t, on="value", by="valeu"),
        lambda t: t.partition("valeu"),
        lambda t: t.pivot("valeu", "i", "value"),
        lambda t: t.update(lambda r: r.i > 0, valeu=1),
        lambda t: t.modify(0, valeu=1),
        lambda t: t.insert(0, {"valeu": 1}),
        lambda t: t.contain("valeu", 1),
        lambda t: t.group_ordered("valeu"),
        lambda t: t.group_sorted("valeu"),
        lambda t: t.sort("i").group_ordered("i").filter(lambda g: g.valeu > 1),
        lambda t: t.intersect(t, on="valeu"),
        lambda t: t.is_sorted_by("valeu"),
        lambda t: t.search_first(lambda r: r.valeu > 1),
        lambda t: t.derive(x=lambda r: r.i.lookup(t, "valeu")),
        lambda t: t.derive(x=lambda r: r.i.cum_sum(partition_by="valeu")),
    ],
)
def test_a_misspelt_column_names_its_neighbours_at_the_call(call):
    t = LTSeq.from_dict({"value": [1], "i": [1]}).sort("i")
    with pytest.raises(
        ColumnNotFoundError, match=r"(?s)Column 'valeu' not found in schema.*'value'.*Available columns"
    ):
        call(t)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.sort("i", descendng=True),
        lambda t: t.sort("i", ascending=False),
        lambda t: t.join(t, on="i", how_="left"),
        lambda t: t.asof_join(t, on="i", tol=1),
        lambda t: t.slice(start=1),
        lambda t: t.head(count=1),
        lambda t: t.pivot("i", "i", "i", func="sum"),
        lambda t: LTSeq.read_csv("x.csv", sep=";"),
        lambda t: t.derive(x=lambda r: r.i.shift(periods=1)),
        lambda t: t.derive(x=lambda r: r.i.ewm_mean(alfa=0.5)),
        lambda t: t.derive(x=lambda r: r.i.over(partition="i")),
        lambda t: t.fold(lambda s, r: s, 0, "x"),
    ],
)
def test_an_unknown_keyword_is_an_error(call):
    with pytest.raises(TypeError):
        call(LTSeq.from_dict({"i": [1]}).sort("i"))


@pytest.mark.parametrize(
    "call",
    [
        lambda t: builtins.bool(t),
        lambda t: t.filter(lambda r: r.i > 0 and r.i < 3),
        lambda t: t.filter(lambda r: 0 < r.i < 3),
        lambda t: t.filter(lambda r: not r.i > 1),
        lambda t: t.derive(x=lambda r: 1 if r.i > 1 else 2),
        lambda t: t.filter(lambda r: r.i in [1, 2]),
        lambda t: t.sort(lambda r: r.i or r.j),
    ],
)
def test_ambiguous_truth_is_an_error(call):
    with pytest.raises(ArgumentError):
        call(LTSeq.from_dict({"i": [1], "j": [1]}))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda t: LTSeq.from_rows([{"a": 1}, {"a": "x"}]), ArgumentError),
        (lambda t: LTSeq.from_rows([{"a": 1.5}], schema={"a": "int64"}), ArgumentError),
        (lambda t: LTSeq.from_rows([{"a": 2**63}], schema={"a": "int64"}), ArgumentError),
        (lambda t: LTSeq.from_dict({"a": [2**53 + 1, 0.5]}), ArgumentError),
        (lambda t: t.align([1.5], lambda r: r.i), ArgumentError),
        (lambda t: t.union(t.select(i=lambda r: r.i.cast("str"))), SchemaMismatchError),
        (lambda t: t.filter(lambda r: r.i == "1"), ArgumentError),
        (lambda t: t.filter(lambda r: r.i == dt.date(2024, 1, 1)), ArgumentError),
        (lambda t: t.derive(x=lambda r: r.i + "1"), ArgumentError),
        (lambda t: t.derive(x=lambda r: ltseq.if_else(r.i > 1, 1, "a")), ArgumentError),
        (lambda t: t.update(lambda r: r.i == 1, i="x"), ArgumentError),
        (lambda t: t.insert(0, {"i": "x"}), ArgumentError),
    ],
)
def test_a_lossy_or_mixed_conversion_is_an_error(call, error):
    with pytest.raises(error):
        call(LTSeq.from_dict({"i": [1]}))


# Signatures and docstrings come from one registry.


def public(owner):
    return [(name, value) for name, value in vars(owner).items() if not name.startswith("_") and callable(value)]


TABLE_CLASSES = [LTSeq, ltseq.LinkedTable, ltseq.NestedTable, ltseq.PartitionedTable, ltseq.GroupBy, ltseq.Cursor]


@pytest.mark.parametrize("owner", [*TABLE_CLASSES, ltseq.Expr], ids=lambda owner: owner.__name__)
def test_every_public_call_has_a_docstring_and_a_signature(owner):
    for base in owner.__mro__:
        if base.__module__.startswith("ltseq"):
            for name, value in public(base):
                assert inspect.getdoc(value), f"{base.__name__}.{name}"
                assert str(inspect.signature(value)), name


@pytest.mark.parametrize(
    ("call", "signature"),
    [
        (LTSeq.sort, "(*keys, desc=False, descending=None, nulls=None, partition_by=None)"),
        (LTSeq.assume_sorted, "(*keys, desc=False, partition_by=None, check=False)"),
        (LTSeq.is_sorted_by, "(*keys, desc=False)"),
        (
            LTSeq.join,
            "(other, on=None, how='inner', strategy=None, *, left_on=None, right_on=None, suffix='_right')",
        ),
        (
            LTSeq.asof_join,
            "(other, on=None, direction=None, is_sorted=False, *, left_on=None, right_on=None, by=None, "
            "strategy=None, tolerance=None, suffix='_right')",
        ),
        (LTSeq.link, "(target_table, on=None, as_=None, join_type='inner', *, alias=None)"),
        (LTSeq.semi_join, "(other, on)"),
        (LTSeq.anti_join, "(other, on)"),
        (ltseq.Expr.shift, "(n=1, default=None, *, partition_by=None, ignore_nulls=False)"),
        (ltseq.Expr.diff, "(n=1, *, partition_by=None, ignore_nulls=False)"),
        (ltseq.Expr.over, "(partition_by=None, order_by=None, descending=None, desc=None)"),
    ],
)
def test_signatures_are_those_of_the_contract(call, signature):
    found = inspect.signature(call)
    parameters = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in found.parameters.values()][1:]
    shown = found.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    assert str(shown) == signature


def test_aliases_are_the_same_function_object():
    pairs = [
        *(("with_columns", "derive"), ("aggregate", "agg"), ("concat", "union"), ("subtract", "except_")),
        *(("group_consecutive", "group_ordered"), ("partition_by", "partition")),
    ]
    for alias, name in pairs:
        assert getattr(LTSeq, alias) is getattr(LTSeq, name)
    assert ltseq.str_char is ltseq.char
