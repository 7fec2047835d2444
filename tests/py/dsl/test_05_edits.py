"""Section 5: insert, delete, update, modify."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq, SortRequiredError, col, lit


def column(table, name):
    return [row[name] for row in table.to_dicts()]


def arrow(kind):
    """A table of one row: NULL of this type."""
    return LTSeq.from_arrow(pa.table({"x": pa.array([None], kind)}))


@pytest.fixture
def t():
    return LTSeq.from_dict({"i": [1, 2, 3, 4], "px": [5.0, None, 2.0, 9.0], "k": ["a", "b", "a", None]})


@pytest.fixture
def down(t):
    return t.sort("i", desc=True)


# insert(pos, row_dict)


@pytest.mark.parametrize(
    ("pos", "expected"),
    [(0, [9, 1, 2, 3, 4]), (1, [1, 9, 2, 3, 4]), (4, [1, 2, 3, 4, 9]), (99, [1, 2, 3, 4, 9]), (-5, [9, 1, 2, 3, 4]),
     (2**70, [1, 2, 3, 4, 9]), (-(2**70), [9, 1, 2, 3, 4]), (np.int64(1), [1, 9, 2, 3, 4])],
)  # fmt: skip
def test_insert_clamps_its_position(t, pos, expected):
    assert column(t.insert(pos, {"i": 9}), "i") == expected


def test_insert_makes_absent_columns_null(t):
    made = t.insert(pos=0, row_dict={"i": 9})
    assert (made.to_dicts()[0], made.schema) == ({"i": 9, "px": None, "k": None}, t.schema)
    assert t.insert(0, {}).to_dicts()[0] == {"i": None, "px": None, "k": None}
    assert t.head(0).insert(3, {"k": ""}).to_dicts() == [{"i": None, "px": None, "k": ""}]


def test_insert_after_insert_does_not_multiply_the_plan(t):
    # each used to read its table twice, so that thirty of them would never have ended
    expected = column(t, "i")
    for n in range(30):
        t = t.insert(1 + n % 2, {"i": -n})
        expected.insert(1 + n % 2, -n)
    assert column(t, "i") == expected


def test_insert_is_lazy(t):
    broken = t.derive(x=lambda r: r.i // (r.i - r.i)).filter(lambda r: r.x > 0)
    for pos in (0, 1, 99):
        with pytest.raises(ExecutionError):
            broken.insert(pos, {"i": 9}).to_dicts()


def test_insert_takes_a_table_whose_names_are_its_own():
    t = LTSeq.from_dict({"key0": [1, 2], "key0_": [3, 4]})
    assert t.insert(1, {"key0": 9}).to_dicts() == [
        {"key0": 1, "key0_": 3},
        {"key0": 9, "key0_": None},
        {"key0": 2, "key0_": 4},
    ]


def test_insert_counts_along_the_order_and_drops_it(down):
    made = down.insert(1, {"i": 9})
    assert (column(made, "i"), made.sort_keys) == ([4, 9, 3, 2, 1], None)
    with pytest.raises(SortRequiredError):
        made.derive(p=lambda r: r.i.shift())


@pytest.mark.parametrize(
    ("kind", "value"),
    [(pa.int8(), 5), (pa.uint64(), 2**64 - 1), (pa.float32(), 0.5), (pa.float64(), 3), (pa.string(), "é"),
     (pa.decimal128(5, 2), Decimal("1.10")), (pa.decimal128(5, 2), 3),
     (pa.date32(), dt.date(2024, 1, 1)), (pa.timestamp("s"), dt.datetime(2024, 1, 1)), (pa.binary(), b"x"),
     (pa.timestamp("us", "Europe/Paris"), dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)), (pa.bool_(), True),
     (pa.duration("s"), dt.timedelta(1)), (pa.time64("us"), dt.time(1)), (pa.null(), None)],
)  # fmt: skip
def test_insert_and_modify_keep_a_type_that_holds_the_value(kind, value):
    t = arrow(kind)
    for made in (t.insert(0, {"x": value}), t.modify(0, x=value), t.update(lambda r: r.x.is_null(), x=value)):
        assert (column(made, "x")[0], made.schema) == (value, t.schema)
        assert made.to_arrow().schema.field("x").type == kind


@pytest.mark.parametrize("kind", [pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_insert_takes_text_of_every_layout(kind):
    made = arrow(kind).insert(0, {"x": "é"})
    assert (column(made, "x"), made.schema) == (["é", None], {"x": "string"})


@pytest.mark.parametrize("value", [[1, 2], [], [None]])
def test_insert_takes_lists(value):
    made = arrow(pa.list_(pa.int32())).insert(0, {"x": value})
    assert (column(made, "x"), made.schema) == ([value, None], {"x": "list<int32>"})


@pytest.mark.parametrize(
    "kind", [pa.map_(pa.string(), pa.int64()), pa.list_view(pa.int32()), pa.struct([("a", pa.int8())])]
)
def test_insert_leaves_columns_of_any_other_type_null(kind):
    t = LTSeq.from_arrow(pa.table({"x": pa.array([None], kind), "i": [1]}))
    made = t.insert(0, {"i": 2})
    assert (made.to_dicts(), made.schema) == ([{"x": None, "i": 2}, {"x": None, "i": 1}], t.schema)


@pytest.mark.parametrize(
    ("kind", "value", "widened"),
    [(pa.int8(), 300, "int64"), (pa.uint8(), -1, "int64"), (pa.int64(), 1.5, "float64"),
     (pa.float32(), 1e300, "float64"), (pa.null(), 5, "int64"), (pa.decimal128(5, 2), Decimal("1.105"), None),
     (pa.decimal128(5, 2), Decimal(99999), None)],
)  # fmt: skip
def test_insert_widens_a_type_that_does_not_hold_the_number(kind, value, widened):
    made = arrow(kind).insert(0, {"x": value})
    assert column(made, "x") == [value, None]
    assert widened in {None, made.schema["x"]}


def test_insert_refuses_values_of_another_kind(t):
    with pytest.raises(ArgumentError, match="column 'i' is int64, and its value is string"):
        t.insert(0, {"i": "x", "px": 1})
    for row in ({"k": 5}, {"i": True}, {"i": [1]}, {"i": object()}, {"i": 2**64}):
        with pytest.raises(ArgumentError, match=f"'{next(iter(row))}'"):
            t.insert(0, row)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(pa.date32(), "2024-01-01"), (pa.date32(), dt.datetime(2024, 1, 1, 5)), (pa.timestamp("us"), dt.date(2024, 1, 1)),
     (pa.timestamp("s"), dt.datetime(2024, 1, 1, 0, 0, 0, 5)), (pa.timestamp("ns"), dt.datetime(3000, 1, 1)),
     (pa.timestamp("us"), dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)), (pa.duration("s"), dt.timedelta(0, 0, 5))],
)  # fmt: skip
def test_edits_refuse_times_that_the_column_would_cut_or_change(kind, value):
    for make in (
        lambda t: t.insert(0, {"x": value}),
        lambda t: t.modify(0, x=value),
        lambda t: t.update(lambda r: r.x.is_null(), x=value),
    ):
        with pytest.raises(ArgumentError, match="'x'"):
            make(arrow(kind))


def test_insert_refuses(t):
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.insert(0, {"nope": 1})
    for row in ([1], None, "x"):
        with pytest.raises(ArgumentError, match="dict"):
            t.insert(0, row)
    for pos in (1.0, "1", None, True):
        with pytest.raises(ArgumentError):
            t.insert(pos, {"i": 1})


# delete(pred_or_pos)


def test_delete_only_where_true(t):
    assert column(t.delete(lambda r: r.px > 2), "i") == [2, 3]
    assert column(t.delete(lambda r: r.px.is_null()), "i") == [1, 3, 4]
    assert column(t.delete(col("i") == 1), "i") == [2, 3, 4]
    assert column(t.delete(lit(True)), "i") == []
    assert column(t.delete(lit(None)), "i") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("pos", "expected"),
    [(0, [3, 2, 1]), (3, [4, 3, 2]), (4, [4, 3, 2, 1]), (-1, [4, 3, 2, 1]), (2**70, [4, 3, 2, 1]),
     (-(2**70), [4, 3, 2, 1]), (np.int64(1), [4, 2, 1])],
)  # fmt: skip
def test_delete_of_a_position_counts_along_the_order(down, pos, expected):
    made = down.delete(pos)
    assert (column(made, "i"), made.sort_keys) == (expected, [("i", True)])


def test_delete_by_position_counts_in_source_order_without_one(t):
    assert column(t.delete(pred_or_pos=0), "i") == [2, 3, 4]


def test_delete_sees_the_rows_before(down, t):
    assert column(down.delete(lambda r: r.i.shift() == 3), "i") == [4, 3, 1]
    with pytest.raises(SortRequiredError):
        t.delete(lambda r: r.i.shift() == 3)


@pytest.mark.parametrize("arg", [True, 1.5, "x", None, [0], lambda r: True, lambda r: r.i, lambda r: r.i.max() == 1])
def test_delete_refuses_what_is_neither(t, arg):
    with pytest.raises(ArgumentError):
        t.delete(arg)


# update(pred, values=None, /, **named)


def test_update_only_where_true(t):
    assert column(t.update(lambda r: r.px > 2, px=0.5), "px") == [0.5, None, 2.0, 0.5]
    assert column(t.update(lambda r: r.i > 2, {"k": lambda r: r.k + "!"}), "k") == ["a", "b", "a!", None]
    assert column(t.update(col("i") == 1, i=col("i") + 10), "i") == [11, 2, 3, 4]


def test_update_values_are_literals_lambdas_or_exprs(t):
    made = t.update(lambda r: r.i == 1, k="px", px=lambda r: r.px * 2, i=lit(7))
    assert made.to_dicts()[0] == {"i": 7, "px": 10.0, "k": "px"}
    assert (made.schema, made.to_dicts()[1:]) == (t.schema, t.to_dicts()[1:])
    assert t.update(lambda r: r.i == 1, k=None).to_dicts()[0]["k"] is None


def test_update_without_values_changes_nothing(t):
    for made in (t.update(lambda r: r.i > 2), t.update(lambda r: r.i > 2, {}), t.update(lambda r: r.i > 2, None)):
        assert made.to_dicts() == t.to_dicts()
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.update(lambda r: r.nope > 2)


def test_update_and_modify_take_columns_named_as_their_parameters():
    t = LTSeq.from_dict({"pred": [1], "pos": [1], "values": [2], "self": [3]})
    made = t.update(lambda r: r.pred == 1, pred=5, pos=8, values=6, self=7)
    assert made.to_dicts() == t.modify(0, pred=5, pos=8, values=6, self=7).to_dicts()
    assert made.to_dicts() == [{"pred": 5, "pos": 8, "values": 6, "self": 7}]


def test_update_keeps_the_order(down):
    made = down.update(lambda r: r.i.shift() == 3, px=lambda r: r.px.shift())
    assert (column(made, "px"), made.sort_keys) == ([9.0, 2.0, 2.0, 5.0], [("i", True)])
    overwritten = down.update(lambda r: r.i > 2, i=0)
    assert (column(overwritten, "i"), overwritten.sort_keys) == ([0, 0, 2, 1], [])


def test_update_refuses(t):
    for name, told in (("nope", "'nope'"), ("pxx", "'px'")):
        with pytest.raises(ColumnNotFoundError, match=told):
            t.update(lambda r: r.i > 2, {name: 1})
    for pred in ("i", 0, True, None, lambda r: r.i):
        with pytest.raises(ArgumentError):
            t.update(pred, px=1)
    for values in ({"i": "x"}, {"k": 5}, {"i": [1]}, {"i": {"a": 1}}, ["px"], {"i": lambda r: r.i.max()}):
        with pytest.raises(ArgumentError):
            t.update(lambda r: r.i == 1, values)
    with pytest.raises(ArgumentError, match="column 'i' is int64, and the new value is string"):
        t.update(lambda r: r.i == 1, i="x")


# modify(pos, values=None, /, **named)


def test_modify_one_position(t, down):
    assert column(t.modify(1, px=7.0), "px") == [5.0, 7.0, 2.0, 9.0]
    assert column(t.modify(0, {"i": lambda r: r.i + 100}), "i") == [101, 2, 3, 4]
    assert column(t.modify(0, k=None), "k") == [None, "b", "a", None]
    made = down.modify(0, px=0)
    assert (column(made, "px"), made.sort_keys, made.schema) == ([0.0, 2.0, None, 5.0], [("i", True)], down.schema)


@pytest.mark.parametrize("pos", [4, 99, -1, 2**70, -(2**70)])
def test_modify_out_of_range_changes_nothing(t, pos):
    assert t.modify(pos, i=0).to_dicts() == t.to_dicts()


def test_modify_without_values_changes_nothing(t):
    assert t.modify(0).to_dicts() == t.modify(0, {}).to_dicts() == t.to_dicts()


def test_modify_widens_numbers(t):
    made = t.modify(0, i=1.5)
    assert (column(made, "i"), made.schema["i"]) == ([1.5, 2.0, 3.0, 4.0], "float64")


def test_modify_refuses(t):
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        t.modify(99, nope=0)
    for pos in (True, 1.5, "x", None, lambda r: r.i == 1):
        with pytest.raises(ArgumentError):
            t.modify(pos, i=0)
    with pytest.raises(ArgumentError, match="column 'k' is string"):
        t.modify(0, k=5)
