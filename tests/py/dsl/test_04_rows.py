"""Section 4 of API.md: `count`, `len`, `to_dicts`, `iter`, `to_pandas`, `to_arrow`, `to_polars`, `collect`."""

from __future__ import annotations

import copy
import datetime as dt
import math
import threading
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, NoDataError, OrderViolationError, col, convert, errors, looking

UTC = dt.timezone.utc


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [2, None, 1], "s": ["x", "y", None]})


@pytest.fixture
def runs(monkeypatch):
    """What ran: `rows` for a run that gives rows, `count` for one that counts."""
    seen = []

    def watched(fn, *args, **kwargs):
        if getattr(fn, "__name__", "") in {"run", "count"}:
            seen.append("rows" if fn.__name__ == "run" else "count")
        return errors.native(fn, *args, **kwargs)

    monkeypatch.setattr(convert, "native", watched)
    monkeypatch.setattr(looking, "native", watched)
    return seen


# count(), len(t) → int


def test_count_and_len_agree(t):
    assert t.count() == len(t) == 3
    assert type(t.count()) is type(len(t)) is int
    assert t.filter(lambda r: r.a > 9).count() == 0
    assert ltseq.seq(10_000_000).filter(lambda r: r.value % 2 == 0).count() == 5_000_000


def test_a_count_is_kept_with_its_table(runs):
    t = LTSeq.from_dict({"a": [3, 1, 2]}).filter(lambda r: r.a > 1)
    assert [t.count(), len(t), t.count()] == [2, 2, 2]
    assert runs == ["count"]


def test_counting_what_fails_is_an_execution_error():
    t = LTSeq.from_dict({"a": [1, 0]}).filter(lambda r: 1 // r.a > 0)
    for count in (t.count, t.__len__, t.to_dicts, t.collect, t.to_arrow, t.to_pandas, t.to_polars):
        with pytest.raises(ExecutionError, match="zero"):
            count()


def test_a_table_of_nothing_iterates_and_has_no_length():
    assert list(LTSeq()) == [*LTSeq()] == []
    for length in (len, LTSeq.count):
        with pytest.raises(NoDataError, match="No data loaded"):
            length(LTSeq())


def test_a_table_has_no_truth_value(t):
    with pytest.raises(ArgumentError, match="truth value"):
        bool(t)
    with pytest.raises(ArgumentError):
        _ = t and 1


# to_dicts(), iter(t): row dicts of native Python values; iter streams them


@pytest.mark.parametrize("rows", [LTSeq.to_dicts, list], ids=["to_dicts", "iter"])
def test_rows_are_dicts_of_python_values(rows):
    row = {
        "i": 1, "f": 1.5, "b": True, "s": "é", "y": b"\x00", "d": dt.date(2024, 2, 29),
        "t": dt.datetime(2024, 2, 29, 1, 2, 3, 4), "z": dt.datetime(2024, 2, 29, tzinfo=UTC),
        "c": dt.time(1, 2), "u": dt.timedelta(seconds=5), "m": Decimal("1.50"), "l": [1, None], "k": {"p": "q"},
        "n": None,
    }  # fmt: skip
    (back,) = rows(LTSeq.from_rows([row]))
    assert back == row
    assert list(back) == list(row)
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in row.items()}
    assert str(back["m"]) == "1.50"


@pytest.mark.parametrize("rows", [LTSeq.to_dicts, list], ids=["to_dicts", "iter"])
def test_extreme_values_stay_exact(rows):
    row = {
        "u": 2**64 - 1, "i": -(2**63), "m": Decimal("-" + "9" * 38), "e": 5e-324, "g": math.inf,
        "d": dt.date.max, "t": dt.datetime.min, "z": dt.datetime.max.replace(tzinfo=UTC), "s": "\x00日", "x": "",
    }  # fmt: skip
    assert rows(LTSeq.from_rows([row])) == [row]
    (back,) = rows(LTSeq.from_rows([{"nan": math.nan, "zero": -0.0}]))
    assert math.isnan(back["nan"])
    assert math.copysign(1, back["zero"]) == -1


def test_values_of_every_unit_and_layout_are_the_same_python_values():
    moment, length = dt.datetime(2024, 1, 1), dt.timedelta(seconds=5)
    columns = {
        **{f"t_{unit}": pa.array([moment], pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")},
        **{f"u_{unit}": pa.array([length], pa.duration(unit)) for unit in ("s", "ms", "us", "ns")},
        "dictionary": pa.array(["x"]).dictionary_encode(),
        "view": pa.array(["x"], pa.string_view()),
        "date64": pa.array([moment.date()], pa.date64()),
        "half": pa.array([0.5], pa.float16()),
        "wide": pa.array([Decimal("1.5")], pa.decimal256(50, 1)),
    }
    (row,) = LTSeq.from_arrow(pa.table(columns)).to_dicts()
    assert [row[f"t_{unit}"] for unit in ("s", "ms", "us", "ns")] == [moment] * 4
    assert [row[f"u_{unit}"] for unit in ("s", "ms", "us", "ns")] == [length] * 4
    assert (row["dictionary"], row["view"], row["date64"], row["half"], row["wide"]) == (
        "x", "x", moment.date(), 0.5, Decimal("1.5"),
    )  # fmt: skip


def test_values_of_a_zone_are_in_it():
    table = pa.table({"z": pa.array([0], pa.timestamp("ms", "Europe/Berlin"))})
    (row,) = LTSeq.from_arrow(table).to_dicts()
    assert row["z"].isoformat() == "1970-01-01T01:00:00+01:00"


def test_a_value_that_python_cannot_hold_is_an_execution_error():
    t = LTSeq.from_arrow(pa.table({"a": pa.array([90_000_000_000], pa.int64()).view(pa.time64("us"))}))
    for use in (t.to_dicts, lambda: list(t), t.show):
        with pytest.raises(ExecutionError, match="hour must be in"):
            use()


def test_iteration_streams(t):
    rows = iter(t)
    assert next(rows) == {"a": 2, "s": "x"}
    assert list(rows) == [{"a": None, "s": "y"}, {"a": 1, "s": None}]
    assert next(iter(ltseq.seq(2**62))) == {"value": 0}


def test_rows_before_one_that_fails_are_given():
    rows = iter(ltseq.seq(1_000_000).derive(b=lambda r: 1 // (r.value - 999_999)))
    assert next(rows) == {"value": 0, "b": -1}
    with pytest.raises(ExecutionError):
        list(rows)


def test_every_iteration_begins_anew(t):
    first, second = iter(t), iter(t)
    assert next(first) == next(second) == {"a": 2, "s": "x"}
    assert len(list(t)) == len(list(first)) + 1 == 3


def test_list_runs_once_and_keeps_the_count(runs):
    # `list` asks for the length of what it iterates: that must not be a run of its own.
    t = LTSeq.from_dict({"a": [3, 1, 2]}).filter(lambda r: r.a > 1)
    assert list(t) == [{"a": 3}, {"a": 2}]
    assert runs == ["rows"]
    assert len(t) == 2
    assert runs == ["rows"]
    nested = t.sort("a").group_ordered("a")
    runs.clear()
    assert [row["a"] for row in list(nested)] == [2, 3]
    assert runs == ["rows"]


def test_a_length_between_rows_leaves_the_iterator_alone(runs):
    t = LTSeq.from_dict({"a": [3, 1, 2]}).filter(lambda r: r.a > 1)
    rows = iter(t)
    assert next(rows) == {"a": 3}
    assert len(t) == 2
    assert runs == ["rows", "count"]
    assert list(rows) == [{"a": 2}]
    assert list(rows) == []
    given_up = t.head(5)
    iter(given_up)
    assert len(given_up) == 2
    ended = iter(t)
    ended.close()
    assert list(ended) == []


def test_an_iterator_of_another_thread_does_not_count():
    t = LTSeq.from_dict({"a": [3, 1, 2]}).filter(lambda r: r.a > 1)
    rows = iter(t)
    lengths = []
    other = threading.Thread(target=lambda: lengths.append(len(t)))
    other.start()
    other.join()
    assert (lengths, list(rows)) == ([2], [{"a": 3}, {"a": 2}])


def test_list_of_rows_that_cannot_be_computed_raises_what_they_raise():
    t = LTSeq.from_dict({"a": [1, 0]}).derive(b=lambda r: 1 // r.a)
    with pytest.raises(ExecutionError):
        list(t.filter(lambda r: r.b > 0))


# to_pandas(nullable=False), to_arrow(), to_polars()


def test_frames_come_out_in_order(t):
    ordered = t.sort("s", desc=True)
    rows = [{"a": 1, "s": None}, {"a": None, "s": "y"}, {"a": 2, "s": "x"}]
    assert ordered.to_dicts() == ordered.to_arrow().to_pylist() == ordered.to_polars().to_dicts() == rows
    assert isinstance(ordered.to_arrow(), pa.Table)
    assert isinstance(ordered.to_polars(), pl.DataFrame)
    frame = ordered.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame["s"].tolist()[1:] == ["y", "x"]
    assert frame.index.tolist() == [0, 1, 2]


def test_many_rows_come_out_in_order():
    down = list(range(99_999, -1, -1))
    t = ltseq.seq(100_000).sort("value", desc=True)
    assert t.to_arrow().column("value").to_pylist() == down
    assert t.to_polars()["value"].to_list() == down
    assert t.to_pandas()["value"].tolist() == down


def test_pandas_integers_with_null_become_float_by_default(t):
    frame = t.to_pandas()
    assert frame["a"].dtype == "float64"
    assert frame["a"].isna().tolist() == [False, True, False]
    assert t.select("a").filter(lambda r: r.a > 0).to_pandas()["a"].dtype == "int64"


def test_nullable_pandas_keeps_integers_and_booleans():
    t = LTSeq.from_dict({"a": [2**53 + 1, None], "b": [True, None], "f": [1.5, None], "s": ["x", None]})
    for frame in (t.to_pandas(nullable=True), t.to_pandas(True)):
        assert [str(kind) for kind in frame.dtypes] == ["Int64", "boolean", "Float64", "string"]
        assert frame["a"].tolist() == [2**53 + 1, pd.NA]
        assert frame["b"].tolist() == [True, pd.NA]
    with pytest.raises(ArgumentError, match="nullable"):
        t.to_pandas(nullable="yes")


def test_frames_keep_types():
    t = LTSeq.from_dict({"u": [2**64 - 1], "m": [Decimal("1.50")], "d": [dt.date(2024, 1, 1)], "l": [[1]], "n": [None]})
    assert t.to_arrow().to_pylist() == t.to_polars().to_dicts() == t.to_dicts()
    assert t.to_arrow().schema.field("u").type == pa.uint64()
    assert t.to_polars().schema["u"] == pl.UInt64
    assert t.to_pandas()["u"].tolist() == [2**64 - 1]
    assert t.to_pandas()["m"].tolist() == [Decimal("1.50")]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([["x", None], None], pa.list_(pa.string_view())), [["x", None], None]),
        (pa.array([["x"], None], pa.list_(pa.string_view(), 1)), [["x"], None]),
        (pa.array([[b"x"], None], pa.large_list(pa.binary_view())), [[b"x"], None]),
        (pa.array([[Decimal("1.5")], None], pa.list_(pa.decimal32(5, 1))), [[Decimal("1.5")], None]),
        (pa.array([{"p": "x"}, None], pa.struct({"p": pa.string_view()})), [{"p": "x"}, None]),
        (pa.array([[["x"]], None], pa.list_(pa.list_(pa.string_view()))), [[["x"]], None]),
        (pa.array([[("k", ["x"])], None], pa.map_(pa.string(), pa.list_(pa.string_view()))), [[("k", ["x"])], None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_pandas_takes_every_layout(array, expected):
    def plain(value):
        if isinstance(value, (list, tuple)):
            return type(value)(map(plain, value))
        return [plain(item) for item in value] if isinstance(value, np.ndarray) else value

    t = LTSeq.from_arrow(pa.table({"a": array}))
    for frame in (t.to_pandas(), t.to_pandas(nullable=True), t.to_cursor().to_pandas()):
        assert [plain(value) for value in frame["a"]] == expected


def test_lists_of_text_from_a_file_reach_pandas(tmp_path):
    LTSeq.from_dict({"s": ["a", "b", None]}).write_parquet(tmp_path / "t.parquet")
    frame = LTSeq.read_parquet(tmp_path / "t.parquet").agg(top=lambda g: g.s.top_k(2)).to_pandas()
    assert frame["top"][0].tolist() == ["b", "a"]


def test_empty_tables_keep_their_schema_in_every_frame(t):
    empty = t.filter(lambda r: r.a > 9)
    assert empty.to_arrow().schema == pa.schema({"a": pa.int64(), "s": pa.string()})
    assert list(empty.to_pandas().columns) == ["a", "s"]
    assert empty.to_pandas()["a"].dtype == "int64"
    assert empty.to_polars().schema == pl.Schema({"a": pl.Int64, "s": pl.String})
    assert empty.to_dicts() == []


def test_a_table_without_columns_keeps_its_rows_in_every_frame():
    t = LTSeq.from_rows([{}, {}])
    assert (t.to_dicts(), list(t), len(t)) == ([{}, {}], [{}, {}], 2)
    assert (t.to_arrow().num_rows, len(t.to_pandas()), len(t.to_polars())) == (2, 2, 2)


def test_a_type_that_polars_lacks_is_an_argument_error_of_ours():
    t = LTSeq.from_arrow(pa.table({"wide": pa.array([Decimal("1.5")], pa.decimal256(50, 1))}))
    with pytest.raises(ArgumentError, match=r"polars.*'wide' decimal256"):
        t.to_polars()


@pytest.mark.parametrize("name", ["A b", "c.d", "_x", "select", "__group_id__", 'q"q', "É", ""])
def test_frames_keep_any_name(name):
    t = LTSeq.from_dict({name: [1]}).derive({"z": lambda r: r[name]}).sort(name)
    assert t.to_arrow().column_names == t.to_polars().columns == list(t.to_pandas().columns) == [name, "z"]


# collect() holds the rows in memory, order kept


def test_collect_holds_rows_and_order(t):
    held = t.sort("a", desc=True).collect()
    assert type(held) is LTSeq
    assert held.sort_keys == [("a", True)]
    assert held.to_dicts() == [{"a": None, "s": "y"}, {"a": 2, "s": "x"}, {"a": 1, "s": None}]
    assert [row["p"] for row in held.derive(p=lambda r: r.s.shift())] == [None, "y", "x"]
    assert t.filter(lambda r: r.a > 9).collect().schema == t.schema


def test_collected_rows_need_their_source_no_more(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n2\n1\n")
    held = LTSeq.read_csv(path).collect()
    path.unlink()
    assert held.to_dicts() == [{"a": 2}, {"a": 1}]


def test_collect_runs_at_the_call_and_not_again():
    t = LTSeq.from_dict({"a": [1, 2]}).derive(x=lambda r: ltseq.rand()).collect()
    assert t.to_dicts() == t.to_dicts()


def test_an_order_that_is_false_is_told_while_it_is_read():
    t = LTSeq.from_dict({"a": [1, 3, 2]}).assume_sorted("a", check=True)
    for run in (t.collect, t.to_dicts, lambda: list(t), t.to_arrow):
        with pytest.raises(OrderViolationError):
            run()


def test_a_deep_copy_of_what_holds_a_table_shares_it():
    t = LTSeq.from_dict({"a": [1, 2]}).sort("a")
    for table in (t, t.link(t, "a", "other"), t.group_ordered("a"), LTSeq()):
        assert copy.deepcopy([table]) == [table]
    looked_up = copy.deepcopy(col("a").lookup(t, "a"))
    assert [row["b"] for row in t.derive(b=looked_up)] == [1, 2]
