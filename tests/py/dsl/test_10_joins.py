"""Section 10: key equality in every join; the rows `join`, `semi_join`, `anti_join`. Merging: test_10_merge.py."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, JoinConditionError, LTSeq, NoDataError, col

NAN = float("nan")


def rows(table, *names):
    return [tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in table.to_dicts()]


def arrow(kind, values, **more):
    return LTSeq.from_arrow(pa.table({"k": pa.array(values, kind), "n": range(len(values)), **more}))


@pytest.fixture
def a():
    return LTSeq.from_dict({"id": [1, 2, 2, None], "x": ["p", "q", "r", "s"]})


@pytest.fixture
def b():
    return LTSeq.from_dict({"id": [2, 3, None], "x": ["B", "C", "N"], "y": [20, 30, 40]})


# Keys: which values are equal, in every kind of join


def matches(left, right):
    """Pairs of row numbers that join; every other kind of join must agree."""
    right = right.rename(n="m")
    found = sorted(rows(left.join(right, on="k"), "n", "m"))
    assert sorted(rows(right.join(left, on="k"), "n", "m")) == found
    assert sorted(rows(left.link(right, on="k", as_="t").select("n", lambda r: r.t.m), "n", "t_m")) == found
    hits = sorted({n for n, _ in found})
    assert rows(left.semi_join(right, on="k"), "n") == hits
    assert rows(left.anti_join(right, on="k"), "n") == [n for n in rows(left, "n") if n not in hits]
    outer = left.join(right, on="k", how="full")
    assert outer.count() == len(found) + left.count() - len(hits) + right.count() - len({m for _, m in found})
    merged = left.sort("k").join(right.sort("k"), on="k", strategy="merge")
    assert sorted(rows(merged, "n", "m")) == found
    asof = left.derive(at=lambda r: 1).asof_join(right.derive(at=lambda r: 1).sort("m", desc=True), on="at", by="k")
    assert sorted(n for n, m in rows(asof, "n", "m") if m is not None) == hits
    return found


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((pa.int64(), [1, 2, None]), (pa.int64(), [2, None, 2]), [(1, 0), (1, 2)]),
        ((pa.float64(), [NAN, 0.0, None]), (pa.float64(), [NAN, -0.0, None]), [(0, 0), (1, 1)]),
        ((pa.float32(), [NAN, -0.0, 0.5]), (pa.float64(), [0.0, NAN, 0.5]), [(0, 1), (1, 0), (2, 2)]),
        ((pa.int64(), [1, 2]), (pa.float64(), [2.0, 1.5]), [(1, 0)]),
        ((pa.int8(), [-1, 1]), (pa.uint64(), [2**64 - 1, 1]), [(1, 1)]),
        ((pa.uint64(), [2**64 - 1, 2**63]), (pa.int64(), [-1, 2**63 - 1]), []),
        ((pa.uint64(), [2**64 - 1, 2**63]), (pa.uint64(), [2**63, 2**64 - 1]), [(0, 1), (1, 0)]),
        ((pa.uint64(), [2**64 - 1]), (pa.float64(), [2.0**64]), []),
        ((pa.uint64(), [2**63]), (pa.float64(), [2.0**63]), [(0, 0)]),
        ((pa.int64(), [2**53, 2**53 + 1]), (pa.float64(), [2.0**53]), [(0, 0)]),
        ((pa.int64(), [1, 2]), (pa.decimal128(5, 2), [Decimal("1.00"), Decimal("2.50")]), [(0, 0)]),
        (
            (pa.decimal128(38, 2), [Decimal("1.50")]),
            (pa.decimal128(38, 20), [Decimal("1.5"), Decimal("1.50000000000000000001")]),
            [(0, 0)],
        ),
        ((pa.decimal128(5, 2), [Decimal("1.50"), Decimal("0.10")]), (pa.float64(), [1.5, 2.0]), [(0, 0)]),
        ((pa.string(), ["2", " 2", "x", "", None, "2.0", "02"]), (pa.int64(), [2]), None),
        ((pa.string(), ["é", "E"]), (pa.string(), ["e", "é", "É"]), [(0, 1)]),
        ((pa.string_view(), ["a string beyond twelve", "b"]), (pa.string(), ["a string beyond twelve"]), [(0, 0)]),
        ((pa.dictionary(pa.int8(), pa.string()), ["x", "y", None]), (pa.large_string(), ["y", None]), [(1, 0)]),
        ((pa.binary(), [b"\x00", b""]), (pa.binary(), [b"", b"\x01"]), [(1, 0)]),
        ((pa.bool_(), [True, False, None]), (pa.bool_(), [False, None]), [(1, 0)]),
        ((pa.timestamp("s"), [1, 2]), (pa.timestamp("ns"), [2_000_000_000, 1]), [(1, 0)]),
        ((pa.timestamp("us", "UTC"), [0, 1]), (pa.timestamp("us", "Asia/Tokyo"), [1]), [(1, 0)]),
        ((pa.date32(), [dt.date(2024, 1, 1)]), (pa.date32(), [dt.date(2024, 1, 1)]), [(0, 0)]),
        ((pa.null(), [None, None]), (pa.int64(), [1, None]), []),
        ((pa.int64(), []), (pa.int64(), [1, None]), []),
        ((pa.int64(), [1, None]), (pa.int64(), []), []),
    ],
)
def test_which_keys_are_equal(left, right, expected):
    found = matches(arrow(*left), arrow(*right))
    if expected is not None:
        assert found == expected
    else:
        # A string against a number goes by its numeric value; no number, no match.
        assert {(0, 0), (5, 0), (6, 0)} <= set(found)
        assert not {n for n, _ in found} & {2, 3, 4}


@pytest.mark.parametrize("swap", [False, True])
def test_integers_and_floats_compare_by_value(swap):
    whole = LTSeq.from_dict({"k": [2**53 + 1, 2**53, -3, 0, None, 2**63 - 1]})
    floats = LTSeq.from_dict({"k": [2.0**53, -3.0, -0.0, 0.5, float("nan"), 2.0**63, None]})
    left, right = (floats, whole) if swap else (whole, floats)
    assert sorted(int(row["k"]) for row in left.join(right, on="k").to_dicts()) == [-3, 0, 2**53]
    assert left.semi_join(right, on="k").count() == 3
    assert left.anti_join(right, on="k").count() == len(left) - 3
    assert left.link(right, on="k", as_="t", join_type="left").count() == len(left)
    found = left.derive(hit=lambda r: r.k.lookup(right.derive(one=lambda r: 1), "one", join_key="k"))
    assert sum(row["hit"] == 1 for row in found.to_dicts()) == 3


def test_equality_of_keys_is_not_the_operator(a):
    t = LTSeq.from_dict({"k": [NAN]})
    assert t.join(t, on="k").count() == 1
    # `==` is SQL's; there NULL is unknown, and in a join it never matches.
    assert a.filter(lambda r: r.id == r.id).count() == 3
    assert a.semi_join(a, on="id").count() == 3


# join: on


def test_columns_are_those_of_the_left_then_the_right_without_its_keys(a, b):
    made = a.join(b, on="id")
    assert made.columns == ["id", "x", "x_right", "y"]
    assert sorted(rows(made, "id", "x", "x_right", "y")) == [(2, "q", "B", 20), (2, "r", "B", 20)]
    assert made.schema == {"id": "int64", "x": "string", "x_right": "string", "y": "int64"}


@pytest.mark.parametrize(
    "options",
    [
        {"on": "id"},
        {"on": ["id"]},
        {"on": ("id",)},
        {"on": lambda p, q: p.id == q.id},
        {"on": lambda p, q: q.id == p.id},
        {"on": lambda first, second: first["id"] == second["id"]},
        {"left_on": "id", "right_on": "id"},
        {"left_on": ["id"], "right_on": ["id"]},
    ],
)
def test_ways_to_say_the_same_key(a, b, options):
    made = a.join(b, **options)
    assert made.columns == ["id", "x", "x_right", "y"]
    assert sorted(rows(made, "x", "y")) == [("q", 20), ("r", 20)]


def test_parameters_stand_in_the_order_of_the_contract(a, b):
    made = a.join(b, "id", "left", "hash", suffix="_b")
    assert made.columns == ["id", "x", "x_b", "y"]
    assert made.count() == 4


def test_keys_of_different_names(a, b):
    other = b.rename(id="key")
    for options in ({"left_on": "id", "right_on": "key"}, {"on": lambda p, q: p.id == q.key}):
        assert a.join(other, **options).columns == ["id", "x", "x_right", "y"]
        outer = a.join(other, how="full", **options)
        assert outer.columns == ["id", "x", "key", "x_right", "y"]


def test_several_keys_pair_as_written(a, b):
    left = LTSeq.from_dict({"p": [1, 1, 2], "q": [1, 2, 1], "i": [0, 1, 2]})
    right = LTSeq.from_dict({"p": [1, 2], "q": [2, 1], "j": [0, 1]})
    assert sorted(rows(left.join(right, on=["p", "q"]), "i", "j")) == [(1, 0), (2, 1)]
    assert left.join(right, on=["p", "q"]).columns == ["p", "q", "i", "j"]
    crossed = left.join(right, left_on=["p", "q"], right_on=["q", "p"])
    assert sorted(rows(crossed, "i", "j")) == [(1, 1), (2, 0)]
    both = left.join(right, on=lambda p, q: (p.p == q.q) & (q.p == p.q))
    assert sorted(rows(both, "i", "j")) == [(1, 1), (2, 0)]


def test_a_key_may_be_computed_and_only_columns_that_are_right_keys_are_dropped(a, b):
    made = a.join(b, on=lambda p, q: p.id == q.id - 1)
    assert made.columns == ["id", "x", "id_right", "x_right", "y"]
    assert sorted(rows(made, "id", "id_right")) == [(1, 2), (2, 3), (2, 3)]
    made = a.join(b, on=lambda p, q: p.id + 1 == q.id)
    assert made.columns == ["id", "x", "x_right", "y"]
    assert sorted(rows(made, "id", "y")) == [(1, 20), (2, 30), (2, 30)]
    upper = a.join(b, on=lambda p, q: (p.id == q.id) & (p.x.s.upper() == q.x))
    assert upper.count() == 0


# join: how


@pytest.mark.parametrize(
    ("how", "columns", "pairs"),
    [
        ("inner", ["id", "x", "x_right", "y"], [("q", 20), ("r", 20)]),
        ("left", ["id", "x", "x_right", "y"], [("p", None), ("q", 20), ("r", 20), ("s", None)]),
        ("right", ["id", "x", "id_right", "x_right", "y"], [("q", 20), ("r", 20), (None, 30), (None, 40)]),
        (
            "full",
            ["id", "x", "id_right", "x_right", "y"],
            [("p", None), ("q", 20), ("r", 20), ("s", None), (None, 30), (None, 40)],
        ),
    ],
)
@pytest.mark.parametrize("strategy", [None, "hash", "merge"])
def test_how(a, b, how, columns, pairs, strategy):
    made = a.sort("id").join(b.sort("id"), on="id", how=how, strategy=strategy)
    assert made.columns == columns
    assert sorted(rows(made, "x", "y"), key=str) == sorted(pairs, key=str)
    assert made.sort_keys is None


def test_a_repeated_key_pairs_each_with_each():
    t = LTSeq.from_dict({"k": [1, 1, 2]})
    assert t.join(t, on="k").count() == 5


@pytest.mark.parametrize("how", ["inner", "left", "right", "full"])
def test_joins_of_empty_tables_keep_the_schema(a, b, how):
    for left, right in ((a.head(0), b), (a, b.head(0)), (a.head(0), b.head(0))):
        made = left.join(right, on="id", how=how)
        assert made.schema == a.join(b, on="id", how=how).schema
        kept = (left.count() if how in ("left", "full") else 0) + (right.count() if how in ("right", "full") else 0)
        assert made.count() == kept


# join: suffix


def test_a_taken_name_gets_the_suffix(a, b):
    assert a.join(b, on="id", suffix="_b").columns == ["id", "x", "x_b", "y"]
    assert a.join(b, on="id", suffix=" of b").columns == ["id", "x", "x of b", "y"]
    assert a.join(a, on="id", how="full").columns == ["id", "x", "id_right", "x_right"]


@pytest.mark.parametrize("suffix", ["_right", "", "_z"])
def test_a_name_that_is_still_taken_is_refused(suffix):
    left = LTSeq.from_dict({"k": [1], "x": [1], "x_right": [1], "x_z": [1]})
    with pytest.raises(ArgumentError, match="still taken"):
        left.join(LTSeq.from_dict({"k": [1], "x": [1]}), on="k", suffix=suffix)


def test_two_right_columns_must_not_get_one_name():
    left = LTSeq.from_dict({"k": [1], "x": [1]})
    with pytest.raises(ArgumentError, match="'x_right' is still taken"):
        left.join(LTSeq.from_dict({"k": [1], "x_right": [2], "x": [1]}), on="k")


# join: errors


@pytest.mark.parametrize(
    ("options", "error", "phrase"),
    [
        ({"on": "id", "how": "outer"}, ArgumentError, "Invalid join type"),
        ({"on": "id", "how": None}, ArgumentError, "Invalid join type"),
        ({"on": "id", "how": "INNER"}, ArgumentError, "Invalid join type"),
        ({"on": "id", "strategy": "sort"}, ArgumentError, "Invalid strategy"),
        ({"on": "id", "strategy": 1}, ArgumentError, "Invalid strategy"),
        ({"on": "id", "left_on": "id"}, ArgumentError, "left_on"),
        ({"on": "id", "left_on": "id", "right_on": "id"}, ArgumentError, "left_on"),
        ({"left_on": "id"}, ArgumentError, "right_on"),
        ({}, ArgumentError, "on"),
        ({"left_on": ["id", "x"], "right_on": ["id"]}, ArgumentError, "2 columns"),
        ({"on": 1}, ArgumentError, "must be str or callable"),
        ({"on": [1]}, ArgumentError, "must be str or callable"),
        ({"on": []}, ArgumentError, "names no column"),
        ({"on": "id", "suffix": 1}, ArgumentError, "suffix"),
        ({"on": lambda p, q: p.id > q.id}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: (p.id == q.id) | (p.x == q.x)}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: ~(p.id == q.id)}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: p.id == 1}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: p.id == p.id}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: p.id + q.id == q.id}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: p.id}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: True}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: "id"}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: None}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: p.id == q.id and p.x == q.x}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: (p.id == q.id) & (p.x != q.x)}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda p, q: p.id.sum() == q.id}, JoinConditionError, "Invalid join condition.*sum"),
        ({"on": lambda p, q: col("id") == q.id}, JoinConditionError, "Invalid join condition"),
        ({"left_on": lambda p: p.id, "right_on": "id"}, ArgumentError, "left_on must be str"),
        ({"on": lambda p: p.id}, JoinConditionError, "must take 2"),
    ],
)
def test_wrong_arguments_of_joins(a, b, options, error, phrase):
    with pytest.raises(error, match=phrase):
        a.join(b, **options)


@pytest.mark.parametrize("verb", ["join", "join_merge", "semi_join", "anti_join", "asof_join", "link"])
@pytest.mark.parametrize("other", [None, 1, "b", {"id": [1]}, [1]])
def test_the_other_must_be_a_table(a, verb, other):
    with pytest.raises(ArgumentError, match="LTSeq"):
        getattr(a, verb)(other, on="id")


@pytest.mark.parametrize("verb", ["join", "join_merge", "semi_join", "anti_join", "asof_join", "link"])
def test_both_tables_need_columns(a, verb):
    for left, right in ((LTSeq(), a), (a, LTSeq())):
        with pytest.raises(NoDataError, match="Schema not initialized"):
            getattr(left, verb)(right, on="id")


@pytest.mark.parametrize("verb", ["join", "join_merge", "semi_join", "anti_join", "asof_join", "link"])
def test_an_unknown_column_names_its_neighbours_and_the_condition(a, b, verb):
    call = getattr(a, verb)
    for on in ("idd", ["id", "yy"]):
        with pytest.raises(ColumnNotFoundError, match="Available columns"):
            call(b, on=on)
    with pytest.raises(JoinConditionError, match=r"Invalid join condition.*Column 'idd' not found.*'id'") as error:
        call(b, on=lambda p, q: p.idd == q.id)
    assert isinstance(error.value, ColumnNotFoundError)
    with pytest.raises(ColumnNotFoundError, match=r"Column 'idd' not found.*Available columns: id, x, y"):
        call(b, on=lambda p, q: p.id == q.idd)


def test_kinds_that_never_meet_are_refused_at_the_call(a):
    for kind, values in ((pa.date32(), [dt.date(2024, 1, 1)]), (pa.bool_(), [True]), (pa.list_(pa.int64()), [[1]])):
        other = LTSeq.from_arrow(pa.table({"id": pa.array(values, kind)}))
        with pytest.raises(JoinConditionError, match=r"Invalid join condition.*id.*int64"):
            a.join(other, on="id")


# semi_join(other, on), anti_join


def test_semi_and_anti(a, b):
    ordered = a.sort("x", desc=True)
    assert rows(ordered.semi_join(b, on="id"), "x") == ["r", "q"]
    assert rows(ordered.anti_join(b, on="id"), "x") == ["s", "p"]
    for verb in ("semi_join", "anti_join"):
        made = getattr(ordered, verb)(b, lambda p, q: p.id == q.id)
        assert made.columns == ["id", "x"]
        assert made.sort_keys == [("x", True)]
        assert sorted(made.to_dicts(), key=str) == sorted(getattr(ordered, verb)(b, on=["id"]).to_dicts(), key=str)


def test_a_row_comes_once_however_often_it_matches(a, b):
    assert rows(a.semi_join(b.union(b).union(b), on="id"), "x") == ["q", "r"]
    # Equal rows of the left are rows of their own.
    assert a.union(a).semi_join(b, on="id").count() == 4


def test_anti_keeps_rows_whose_key_is_null_also_against_nulls(a, b):
    nulls = LTSeq.from_dict({"id": [None]})
    assert rows(a.anti_join(nulls, on="id"), "x") == ["p", "q", "r", "s"]
    assert rows(a.anti_join(b.head(0), on="id"), "x") == ["p", "q", "r", "s"]
    assert a.semi_join(nulls, on="id").to_dicts() == []
    two = LTSeq.from_dict({"id": [2, 2], "x": ["q", None]})
    assert rows(a.anti_join(two, on=["id", "x"]), "x") == ["p", "r", "s"]


def test_the_condition_of_a_semi_join_takes_equalities_only(a, b):
    for verb in (a.semi_join, a.anti_join):
        with pytest.raises(JoinConditionError, match="Invalid join condition"):
            verb(b, on=lambda p, q: p.id >= q.id)
        with pytest.raises(ArgumentError):
            verb(b, on=None)


# Names


@pytest.mark.parametrize(
    "name", ["two words", 'q"uote', "a.b", "UPPER", "select", "_k", "__group_id__", "é", "on", "'"]
)
def test_any_name_may_be_a_key_or_a_column(name):
    left = LTSeq.from_dict({name: [1, 2], "x": [1, 2]}).sort(name)
    right = LTSeq.from_dict({name: [2, 3], "x": [5, 6]}).sort(name)
    for made in (
        left.join(right, on=name),
        left.join(right, on=lambda p, q: p[name] == q[name]),
        left.join(right, on=name, strategy="merge"),
        left.join_merge(right, name),
    ):
        assert made.to_dicts() == [{name: 2, "x": 2, "x_right": 5}]
    assert left.semi_join(right, on=name).to_dicts() == [{name: 2, "x": 2}]
    full = left.join(right, on=name, how="full", suffix=name)
    assert full.columns == [name, "x", name * 2, "x" + name]
    asof = left.asof_join(right, on=name)
    assert asof.to_dicts()[1] == {name: 2, "x": 2, f"{name}_right": 2, "x_right": 5}
    linked = left.link(right, on=name, as_="t")
    assert linked.select("x", lambda r: r.t[name]).to_dicts() == [{"x": 2, f"t_{name}": 2}]


def test_joins_say_the_same_in_sql(a, b):
    for how in ("inner", "left", "right", "full"):
        made = a.join(b, on="id", how=how)
        again = ltseq.sql(made.to_sql(), mem_1=a, mem_2=b)
        assert again.columns == made.columns
        assert sorted(map(str, again.to_dicts())) == sorted(map(str, made.to_dicts()))


def test_a_condition_is_taken_from_an_expression_as_well(a):
    with pytest.raises(ArgumentError):
        a.join(a, on=col("id"))
