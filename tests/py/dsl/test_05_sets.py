"""Section 5: union, intersect, except_, xunion, is_subset, contain, align."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, SchemaMismatchError, SortRequiredError, col


def column(table, name):
    return [row[name] for row in table.to_dicts()]


def as_set(table):
    """The rows; none of them may come twice."""
    rows = [tuple(row.values()) for row in table.to_dicts()]
    assert len(rows) == len(set(rows))
    return set(rows)


def arrow(values, kind, **more):
    return LTSeq.from_arrow(pa.table({"x": pa.array(values, kind), **more}))


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [3, 1, 2, 1], "s": ["x", "y", "z", "y"]})


# union(other)


def test_union_keeps_duplicates_self_first(t):
    made = t.union(LTSeq.from_dict({"s": ["y"], "a": [1]}))
    assert (column(made, "a"), made.columns, made.schema) == ([3, 1, 2, 1, 1], ["a", "s"], t.schema)
    assert column(t.sort("a").union(t), "a") == [1, 1, 2, 3, 3, 1, 2, 1]
    assert t.union(t).union(other=t).count() == 12


def test_union_widens_numbers_and_null_fits_all():
    a = LTSeq.from_dict({"x": [1], "n": [None]})
    b = LTSeq.from_dict({"x": [1.5], "n": ["s"]})
    for made in (a.union(b), b.union(a)):
        assert made.schema == {"x": "float64", "n": "string"}
    assert a.union(b).to_dicts() == [{"x": 1.0, "n": None}, {"x": 1.5, "n": "s"}]


@pytest.mark.parametrize(
    ("left", "right", "united"),
    [(pa.int8(), pa.int64(), "int64"), (pa.int8(), pa.uint8(), "int16"), (pa.int32(), pa.float64(), "float64"),
     (pa.float32(), pa.float64(), "float64"), (pa.null(), pa.list_(pa.int64()), "list<int64>"),
     (pa.string(), pa.large_string(), "string"), (pa.string_view(), pa.dictionary(pa.int32(), pa.string()), "string"),
     (pa.null(), pa.null(), "null")],
)  # fmt: skip
def test_union_of_types(left, right, united):
    a, b = arrow([None], left), arrow([None], right)
    assert a.union(b).schema == b.union(a).schema == {"x": united}
    assert a.union(b).to_dicts() == [{"x": None}, {"x": None}]


def test_union_of_signed_and_unsigned_stays_exact():
    made = arrow([-1], pa.int64()).union(arrow([2**64 - 1], pa.uint64()))
    assert column(made, "x") == [-1, 2**64 - 1]


@pytest.mark.parametrize("other", [{"a": ["1"], "s": ["x"]}, {"a": [True], "s": ["x"]}, {"a": [1], "s": [b"x"]}])
def test_union_refuses_other_types(t, other):
    with pytest.raises(SchemaMismatchError, match=r"'[as]'"):
        t.union(LTSeq.from_dict(other))


@pytest.mark.parametrize("verb", ["union", "intersect", "except_", "xunion", "is_subset"])
def test_set_operations_name_what_the_schemas_lack(t, verb):
    other = LTSeq.from_dict({"a": [1], "c": ["x"]})
    with pytest.raises(SchemaMismatchError, match=r"lacks 's'.*only the other table has 'c'"):
        getattr(t, verb)(other)
    with pytest.raises(SchemaMismatchError, match="'A'"):
        getattr(t, verb)(t.rename(a="A"))


@pytest.mark.parametrize("verb", ["union", "intersect", "except_", "xunion", "is_subset"])
@pytest.mark.parametrize("other", [[1], None, "t", {"a": [1]}])
def test_set_operations_refuse_what_is_no_table(t, verb, other):
    with pytest.raises(ArgumentError, match="table"):
        getattr(t, verb)(other)


def test_set_operations_drop_the_order(t):
    up = t.sort("a")
    for made in (up.union(t), up.intersect(t), up.except_(t), up.xunion(t)):
        assert made.sort_keys is None
        with pytest.raises(SortRequiredError):
            made.derive(p=lambda r: r.a.shift())


# intersect(other, on=None), except_, xunion; is_subset


def test_set_operations_are_distinct_and_null_equals_null():
    a = LTSeq.from_dict({"x": [1, 1, None, 2]})
    b = LTSeq.from_dict({"x": [1, None, None, 3]})
    assert as_set(a.intersect(b)) == {(1,), (None,)}
    assert as_set(a.except_(b)) == {(2,)}
    assert as_set(a.xunion(b)) == {(2,), (3,)}
    assert a.is_subset(b) is False
    assert a.filter(lambda r: r.x.is_null()).is_subset(b) is True


def test_set_operations_match_columns_by_name(t):
    assert as_set(t.intersect(t.select("s", "a"))) == {(3, "x"), (1, "y"), (2, "z")}
    assert t.is_subset(t.select("s", "a"))


def test_set_operations_treat_nan_and_zero_as_one_value():
    a, b = LTSeq.from_dict({"x": [float("nan"), 0.0]}), LTSeq.from_dict({"x": [-0.0, float("nan")]})
    assert a.intersect(b).count() == 2
    assert (a.except_(b).count(), a.xunion(b).count(), a.is_subset(b)) == (0, 0, True)


@pytest.mark.parametrize("on", ["k", ["k"], lambda r: r.k, lambda r: [r.k], col("k")])
def test_set_operations_on_some_columns_compare_these_only(on):
    a = LTSeq.from_dict({"k": [1, 2, 2, None], "v": ["a", "b", "c", "d"]})
    b = LTSeq.from_dict({"k": [2, None], "w": ["z", "y"]})
    assert a.intersect(b, on=on).to_dicts() == [{"k": 2, "v": "b"}, {"k": None, "v": "d"}]
    assert a.except_(b, on=on).to_dicts() == [{"k": 1, "v": "a"}]
    assert a.except_(b, on).count() == 1
    assert (a.is_subset(b, on=on), b.is_subset(a, on=on)) == (False, True)
    assert a.xunion(b.rename(w="v"), on=on).to_dicts() == [{"k": 1, "v": "a"}]


def test_set_operations_on_columns_that_one_side_lacks():
    a, b = LTSeq.from_dict({"k": [1], "v": [1]}), LTSeq.from_dict({"k": [1], "w": [1]})
    for name in ("v", "w", "nope"):
        with pytest.raises(ColumnNotFoundError, match=f"'{name}'"):
            a.intersect(b, on=name)
    for wrong in ([], 5, lambda a, b: a.k == b.k):
        with pytest.raises(ArgumentError):
            a.except_(b, on=wrong)
    with pytest.raises(SchemaMismatchError, match="k"):
        a.intersect(LTSeq.from_dict({"k": ["1"]}), on="k")


def test_set_operations_with_nothing(t):
    none = t.head(0)
    assert as_set(t.except_(none)) == as_set(t.intersect(t))
    assert none.except_(t).to_dicts() == t.intersect(none).to_dicts() == []
    assert (none.is_subset(t), none.is_subset(none), t.is_subset(none)) == (True, True, False)
    assert none.union(none).schema == t.schema


def test_is_subset_of_sorted_tables(t):
    up, down = t.sort("a"), t.sort("a", desc=True)
    assert up.is_subset(up)
    assert up.is_subset(down)
    assert up.is_subset(t, on="a")
    assert not up.is_subset(t.filter(lambda r: r.a > 1))


def test_head_of_a_set_operation_on_sorted_tables(t):
    up, others = t.sort("a"), LTSeq.from_dict({"a": [1], "s": ["y"]}).sort("a")
    assert up.except_(others).head(5).count() == 2
    assert up.intersect(others).head(1).to_dicts() == [{"a": 1, "s": "y"}]
    assert up.xunion(others).head(5).count() == 2
    assert up.except_(up).head(1).to_dicts() == []


def test_the_rows_of_a_set_operation_come_the_same_each_time():
    many = LTSeq.from_dict({"a": [i * 7919 % 1000 for i in range(5000)]})
    made = many.sort("a", desc=True).except_(LTSeq.from_dict({"a": [5]}))
    first = made.to_dicts()
    assert len(first) == 999
    assert all(made.to_dicts() == first for _ in range(3))
    assert made.head(10).to_dicts() == first[:10]


def test_aliases_of_set_operations_are_the_same_function():
    assert (LTSeq.concat, LTSeq.subtract) == (LTSeq.union, LTSeq.except_)


# contain(column, *values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [(("a", "b"), True), (("a", "z"), False), (("z",), False), ((None,), True), (("a", None), True), ((), True)],
)  # fmt: skip
def test_contain_asks_whether_all_values_are_present(values, expected):
    t = LTSeq.from_dict({"k": ["a", "b", None]})
    assert t.contain("k", *values) is expected
    assert t.contain(lambda r: r.k, *values) is expected


def test_contain_of_a_table_without_the_value():
    t = LTSeq.from_dict({"i": [1, 2], "f": [1.5, float("nan")]})
    assert t.contain("i", None) is False
    assert (t.head(0).contain("i"), t.head(0).contain("i", 1)) == (True, False)
    assert t.contain("i", 1, 2, 1) is True
    assert (t.contain("i", 1.0), t.contain("i", 1.5), t.contain("i", 2**63)) == (True, False, False)
    assert t.contain("f", float("nan"), 1.5)
    assert t.contain(lambda r: r.i * 10, 20)
    assert t.contain(col("i"), np.int64(2))


def test_contain_compares_dates_and_decimals():
    t = LTSeq.from_dict({"d": [dt.date(2024, 1, 1)], "n": [Decimal("1.10")]})
    assert t.contain("d", dt.date(2024, 1, 1))
    assert not t.contain("d", dt.date(2024, 1, 2))
    assert t.contain("n", Decimal("1.1"))


def test_contain_refuses():
    t = LTSeq.from_dict({"a": [1], "s": ["x"]})
    for name, value, told in (("a", "x", "a is int64, and 'x' is str"), ("s", 1, "s is string, and 1 is int")):
        with pytest.raises(ArgumentError, match=told):
            t.contain(name, value)
    for wrong in (5, ["a"], lambda r: [r.a, r.s]):
        with pytest.raises(ArgumentError):
            t.contain(wrong, 1)
    for values in ((), (1,)):
        with pytest.raises(ColumnNotFoundError, match="'nope'"):
            t.contain("nope", *values)


# align(ref, key)


def test_align_gives_a_row_per_element_of_ref_in_its_order():
    t = LTSeq.from_dict({"k": [2, 1, 2, None], "v": ["a", "b", "c", "d"]})
    made = t.align([2, 3, None, 1, 2], lambda r: r.k)
    assert made.to_dicts() == [
        {"k": 2, "v": "a"},
        {"k": 2, "v": "c"},
        {"k": 3, "v": None},
        {"k": None, "v": None},
        {"k": 1, "v": "b"},
        {"k": 2, "v": "a"},
        {"k": 2, "v": "c"},
    ]
    assert (made.schema, made.sort_keys) == (t.schema, None)
    assert column(t.sort("v", desc=True).align([2], lambda r: r["k"]), "v") == ["c", "a"]


def test_align_takes_text_for_dates():
    t = LTSeq.from_dict({"d": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)], "v": [1, 2]})
    assert t.align(["2024-01-03", "2024-01-05", dt.datetime(2024, 1, 2)], lambda r: r.d).to_dicts() == [
        {"d": dt.date(2024, 1, 3), "v": 2},
        {"d": dt.date(2024, 1, 5), "v": None},
        {"d": dt.date(2024, 1, 2), "v": 1},
    ]


@pytest.mark.parametrize("ref", [(1, 2), range(1, 3), np.array([1, 2]), iter([1, 2]), ["1", " 2 "], [1.0, Decimal(2)]])
def test_align_takes_any_iterable_of_values_that_are_the_key_type(ref):
    assert column(LTSeq.from_dict({"k": [2, 1]}).align(ref=ref, key=lambda r: r.k), "k") == [1, 2]


@pytest.mark.parametrize(
    ("kind", "given", "key"),
    [(pa.int8(), 127, 127), (pa.uint64(), 2**64 - 1, 2**64 - 1), (pa.float32(), 0.5, 0.5), (pa.string(), "é", "é"),
     (pa.dictionary(pa.int32(), pa.string()), "a", "a"), (pa.string_view(), "a", "a"), (pa.binary(), b"a", b"a"),
     (pa.bool_(), True, True), (pa.decimal128(5, 2), "1.1", Decimal("1.10")),
     (pa.time64("us"), "01:30", dt.time(1, 30)),
     (pa.timestamp("s"), "2024-01-01", dt.datetime(2024, 1, 1)), (pa.duration("us"), dt.timedelta(1), dt.timedelta(1)),
     (pa.timestamp("us", "UTC"), "2024-01-01T02:00:00+02:00", dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)),
     (pa.null(), None, None)],
)  # fmt: skip
def test_align_converts_ref_to_the_type_of_the_key(kind, given, key):
    t = arrow([None], kind, v=[1])
    made = t.align([given], lambda r: r.x)
    assert (made.to_dicts(), made.schema) == ([{"x": key, "v": None}], t.schema)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(pa.int8(), 128), (pa.uint8(), -1), (pa.int64(), 2**63), (pa.int64(), 1.5), (pa.int64(), "x"), (pa.int64(), True),
     (pa.float32(), 1e300), (pa.float64(), 2**53 + 1), (pa.float64(), "x"), (pa.date32(), "2024-13-01"),
     (pa.date32(), dt.datetime(2024, 1, 1, 5)), (pa.timestamp("s"), "2024-01-01T00:00:00.5"),
     (pa.timestamp("ns"), "3000-01-01"), (pa.timestamp("us"), "2024-01-01T00:00:00+02:00"),
     (pa.decimal128(5, 2), Decimal("1.105")), (pa.decimal128(5, 2), 1000), (pa.string(), b"a"), (pa.bool_(), 1),
     (pa.null(), 1)],
)  # fmt: skip
def test_align_refuses_values_that_the_key_type_does_not_hold(kind, value):
    with pytest.raises(ArgumentError, match="cannot be converted to the key's type"):
        arrow([None], kind).align([value], lambda r: r.x)


@pytest.mark.parametrize(
    "key",
    ["k", None, 5, col("k"), lambda r: r.k + 1, lambda r: [r.k], lambda r: {"k": r.k}, lambda r: None, lambda r: "k",
     lambda r: r.k.alias("z"), lambda a, b: a.k],
)  # fmt: skip
def test_align_refuses_a_key_that_is_no_lambda_of_one_plain_column(key):
    with pytest.raises(ArgumentError):
        LTSeq.from_dict({"k": [1]}).align([1], key)


def test_align_refuses_an_empty_ref_nested_keys_and_what_is_no_list():
    t = LTSeq.from_dict({"k": [1], "l": [[1]], "s": [{"a": 1}]})
    for ref, key in (([], "k"), ("12", "k"), (5, "k"), (None, "k"), ([[1]], "l"), ([{"a": 1}], "s")):
        with pytest.raises(ArgumentError):
            t.align(ref, lambda r, name=key: r[name])
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.align([1], lambda r: r.nope)


def test_align_finds_nan_and_both_zeros():
    t = LTSeq.from_dict({"x": [float("nan"), 0.0], "v": [1, 2]})
    made = t.align([-0.0, math.nan], lambda r: r.x).to_dicts()
    assert [row["v"] for row in made] == [2, 1]


def test_align_of_an_empty_table_has_the_keys():
    assert LTSeq.from_dict({"k": [1], "v": [1]}).head(0).align([1], lambda r: r.k).to_dicts() == [{"k": 1, "v": None}]


@pytest.mark.parametrize("column", ["s", "d"])
def test_contain_checks_the_kind_of_its_values(column):
    t = LTSeq.from_dict({"s": ["x"], "d": [dt.date(2024, 1, 1)]})
    with pytest.raises(ArgumentError):
        t.contain(column, 1)
