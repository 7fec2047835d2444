"""Section 4: looking."""

from __future__ import annotations

import copy
import datetime as dt
import subprocess
import sys
import threading
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ltseq import ArgumentError, ExecutionError, LTSeq, NoDataError, col, convert, errors, looking

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [2, None, 1], "s": ["x", "y", None]})


def test_schema_is_a_copy(t):
    t.schema["a"] = "gone"
    assert t.schema == {"a": "int64", "s": "string"}
    assert t.dtypes == [("a", "int64"), ("s", "string")]
    assert t.columns == ["a", "s"]
    assert t.name is None


@pytest.mark.parametrize(
    ("arrow", "name", "python"),
    [
        (pa.int8(), "int8", "int"),
        (pa.uint64(), "uint64", "int"),
        (pa.float16(), "float16", "float"),
        (pa.float32(), "float32", "float"),
        (pa.bool_(), "bool", "bool"),
        (pa.large_string(), "string", "str"),
        (pa.binary(), "binary", "bytes"),
        (pa.date32(), "date32", "date"),
        (pa.timestamp("s"), "timestamp[s]", "datetime"),
        (pa.timestamp("ns", "UTC"), "timestamp[ns, UTC]", "datetime"),
        (pa.time64("us"), "time64[us]", "time"),
        (pa.duration("ms"), "duration[ms]", "timedelta"),
        (pa.decimal128(10, 2), "decimal128(10, 2)", "Decimal"),
        (pa.null(), "null", "None"),
        (pa.list_(pa.int64()), "list<int64>", "list"),
    ],
)
def test_type_names(arrow, name, python):
    t = LTSeq.from_arrow(pa.table({"x": pa.array([None], arrow)}))
    assert t.schema == {"x": name}
    assert t.python_schema == {"x": python}
    assert t.to_dicts() == [{"x": None}]


def test_count_and_len_agree(t):
    assert t.count() == len(t) == 3
    assert isinstance(t.count(), int)


def test_rows_are_dicts_of_python_values():
    row = {
        "i": 1, "f": 1.5, "b": True, "s": "é", "y": b"\x00", "d": dt.date(2024, 2, 29),
        "t": dt.datetime(2024, 2, 29, 1, 2, 3, 4), "z": dt.datetime(2024, 2, 29, tzinfo=dt.timezone.utc),
        "c": dt.time(1, 2), "u": dt.timedelta(seconds=5), "m": Decimal("1.50"), "l": [1, None],
    }  # fmt: skip
    (back,) = LTSeq.from_rows([row]).to_dicts()
    assert back == row
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in row.items()}


def test_iteration_streams(t):
    rows = iter(t)
    assert next(rows) == {"a": 2, "s": "x"}
    assert list(rows) == [{"a": None, "s": "y"}, {"a": 1, "s": None}]


def test_frames_come_out_in_order(t):
    ordered = t.sort("s")
    assert ordered.to_arrow().to_pylist() == [{"a": 2, "s": "x"}, {"a": None, "s": "y"}, {"a": 1, "s": None}]
    assert ordered.to_polars().to_dicts() == ordered.to_dicts()
    assert isinstance(ordered.to_polars(), pl.DataFrame)
    assert list(ordered.to_pandas()["s"])[:2] == ["x", "y"]


def test_pandas_integers_with_null_become_float_unless_nullable(t):
    assert t.to_pandas()["a"].dtype == "float64"
    nullable = t.to_pandas(nullable=True)
    assert nullable["a"].dtype == "Int64"
    assert nullable["a"].tolist() == [2, pd.NA, 1]


def test_empty_tables_keep_their_schema_in_every_frame(t):
    empty = t.filter(lambda r: r.a > 9)
    assert empty.to_arrow().schema.names == ["a", "s"]
    assert list(empty.to_pandas().columns) == ["a", "s"]
    assert empty.to_polars().schema == pl.Schema({"a": pl.Int64, "s": pl.String})
    assert empty.to_dicts() == []


def test_collect_holds_rows_and_order(t):
    held = t.sort("a", desc=True).collect()
    assert held.sort_keys == [("a", True)]
    assert held.to_dicts() == [{"a": None, "s": "y"}, {"a": 2, "s": "x"}, {"a": 1, "s": None}]


def test_arrow_capsules_go_out_in_order(t):
    ordered = t.sort("s")
    assert pa.table(ordered).column("s").to_pylist() == ["x", "y", None]
    assert pl.DataFrame(ordered)["s"].to_list() == ["x", "y", None]
    assert pa.schema(t).names == ["a", "s"]


def test_show_prints_a_box_and_gives_the_table(t, capsys):
    assert t.select("a").show(2) is not None
    assert capsys.readouterr().out.splitlines() == [
        "+------+",
        "|    a |",
        "+------+",
        "|    2 |",
        "| NULL |",
        "+------+",
    ]


def test_show_returns_self(t, capsys):
    assert t.show() is t
    capsys.readouterr()
    with pytest.raises(ArgumentError):
        t.show(-1)


def test_long_values_end_in_dots_by_characters_not_bytes(capsys):
    LTSeq.from_dict({"s": ["é" * 50, "é" * 51]}).show()
    out = capsys.readouterr().out
    assert "é" * 50 in out
    assert "é" * 47 + "..." in out
    assert "é" * 51 not in out


def test_repr_shows_size_schema_order_and_five_rows():
    t = LTSeq.from_dict({"a": list(range(10, 20))}).sort("a")
    text = repr(t)
    assert "LTSeq" in text
    assert "10 rows" in text
    assert "a int64" in text
    assert "order: a" in text
    assert "| 14 |" in text
    assert "15" not in text


def test_html_is_the_text_in_pre(t):
    html = t.derive(s=lambda r: r.s + "<b>")._repr_html_()
    assert html.startswith("<pre>")
    assert "3 rows" in html
    assert "&lt;b&gt;" in html


def test_repr_does_not_count_by_scanning(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n2\n")
    assert "? rows" in repr(LTSeq.read_csv(path))


def test_a_repr_does_not_raise_when_rows_fail(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a\n1\nx\n")
    assert "ExecutionError" in repr(LTSeq.read_csv(path, infer_rows=1))


def test_explain_shows_the_order(t):
    text = t.sort("a").explain()
    assert "a" in text
    logical, physical = t.sort("a").explain_plan()
    assert logical
    assert physical


def test_pipe(t):
    assert t.pipe(lambda x, n, k: (x, n, k), 1, k=2) == (t, 1, 2)
    with pytest.raises(ArgumentError):
        t.pipe("count")


def test_a_table_has_no_truth_value(t):
    with pytest.raises(ArgumentError):
        bool(t)


def test_import_loads_no_frames_library():
    code = "import sys, ltseq; print([m for m in ('pandas', 'polars', 'pyarrow') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("module", "call"), [("pyarrow", "to_arrow"), ("pandas", "to_pandas"), ("polars", "to_polars")]
)
def test_a_missing_library_is_named(t, monkeypatch, module, call):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=module):
        getattr(t, call)()
    assert t.to_dicts()


def test_plot_hands_ordered_series_to_the_users_function():
    t = LTSeq.from_dict({"ts": [3, 1, 2], "px": [30, 10, 20], "k": ["b", "a", "a"]}).sort("ts")
    draw = lambda xs, ys, label: (xs, ys, label)  # noqa: E731
    assert t.plot(draw, "ts", "px") == [([1, 2, 3], [10, 20, 30], "px")]
    assert t.plot(draw, None, "px", by="k") == [([1, 2], [10, 20], "a"), ([3], [30], "b")]
    for wrong in (
        lambda: t.plot("line", "ts", "px"),
        lambda: t.plot(draw, "ts"),
        lambda: t.drop("ts").plot(draw, None, "px"),
    ):
        with pytest.raises(ArgumentError):
            wrong()


def test_a_table_that_holds_nothing_iterates_and_has_no_length():
    assert list(LTSeq()) == []
    assert [*LTSeq()] == []
    assert pa.table(LTSeq()).shape == (0, 0)
    with pytest.raises(NoDataError, match="No data loaded"):
        len(LTSeq())
    with pytest.raises(NoDataError, match="No data loaded"):
        LTSeq().count()


def test_cursors_and_rows_show_what_they_hold():
    table = LTSeq.from_dict({"a": [1, 2], "b": ["x", None]}).sort("a")
    cursor = table.to_cursor()
    assert repr(cursor) == "Cursor(a table, new: a int64, b string)"
    cursor.count()
    assert "exhausted" in repr(cursor)
    seen = []
    table.fold(lambda state, row: seen.append(repr(row)) or 0, init=0, into="n")
    assert seen == ["Row(a=1, b='x')", "Row(a=2, b=None)"]


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


def test_list_runs_once_and_keeps_the_count(runs):
    # `list` asks for the length of what it iterates: that must not be a run of its own.
    t = LTSeq.from_dict({"a": [3, 1, 2]}).filter(lambda r: r.a > 1)
    assert list(t) == [{"a": 3}, {"a": 2}]
    assert runs == ["rows"]
    assert len(t) == 2
    assert runs == ["rows"]
    assert sorted(row["a"] for row in list(t.filter(lambda r: r.a > 2))) == [3]
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


def test_a_deep_copy_of_what_holds_a_table_shares_it():
    t = LTSeq.from_dict({"a": [1, 2]}).sort("a")
    for table in (t, t.link(t, "a", "other"), t.group_ordered("a"), LTSeq()):
        assert copy.deepcopy([table]) == [table]
    looked_up = copy.deepcopy(col("a").lookup(t, "a"))
    assert [row["b"] for row in t.derive(b=looked_up)] == [1, 2]
