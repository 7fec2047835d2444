"""Section 4 of API.md: `show`, repr, `_repr_html_`, `explain`, `pipe`, what loads on use, `plot`, progress, Ctrl-C."""

from __future__ import annotations

import datetime as dt
import io
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, NoDataError, progress_line
from ltseq.progress_line import Progress


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [2, None, 1], "s": ["x", "y", None]})


@pytest.fixture
def failing():
    return LTSeq.from_dict({"a": [1, 0]}).derive(b=lambda r: 1 // r.a)


# show(n=10) → self


def test_show_prints_a_box_and_gives_the_table(t, capsys):
    assert t.show() is t
    assert capsys.readouterr().out.splitlines() == [
        "+------+------+",
        "|    a | s    |",
        "+------+------+",
        "|    2 | x    |",
        "| NULL | y    |",
        "|    1 | NULL |",
        "+------+------+",
    ]


def test_show_prints_ten_rows_unless_told(capsys):
    t = ltseq.seq(20)
    rows = lambda: len(capsys.readouterr().out.splitlines()) - 4  # noqa: E731
    for show, expected in (
        (t.show, 10),
        (lambda: t.show(3), 3),
        (lambda: t.show(n=30), 20),
        (lambda: t.show(2**70), 20),
    ):
        assert show() is t
        assert rows() == expected


def test_show_of_no_rows_is_the_head_of_the_box(t, capsys):
    expected = ["+---+---+", "| a | s |", "+---+---+"]
    t.show(0)
    assert capsys.readouterr().out.splitlines() == expected
    t.filter(lambda r: r.a > 9).show()
    assert capsys.readouterr().out.splitlines() == expected
    for nothing in (LTSeq(), LTSeq.from_rows([{}])):
        assert nothing.show() is nothing


def test_show_follows_the_order(t, capsys):
    t.sort("a", desc=True).show(1)
    assert "NULL" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [-1, "3", 1.0, True, None])
def test_show_takes_a_number_of_rows(t, wrong):
    with pytest.raises(ArgumentError, match="n must be"):
        t.show(wrong)


@pytest.mark.parametrize("char", ["x", "é", "日", "👍"])
def test_values_over_fifty_characters_end_in_dots(capsys, char):
    LTSeq.from_dict({"s": [char * 50, char * 51], "n": [1, 2]}).show()
    lines = capsys.readouterr().out.splitlines()
    cells = [line.split("|")[1].strip() for line in lines[3:5]]
    assert cells[0] == char * 50
    assert re.fullmatch(f"({char}+)\\.\\.\\.", cells[1])
    assert len(cells[1]) <= 53


def test_the_box_holds_every_value_on_a_line(capsys):
    LTSeq.from_dict(
        {
            "s": ["a\nb", "tab\t", "\x1b[31m"], "f": [float("nan"), float("inf"), -0.0], "y": [b"\x00", b"", None],
            "t": [dt.datetime(2024, 1, 2, 3, 4, 5), None, None], "l": [[1, None], [], None],
            "日本": [True, False, None],
        }
    ).show()  # fmt: skip
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert all(line[0] in "+|" and line[-1] in "+|" for line in lines)
    assert "\x1b" not in "".join(lines)
    assert "2024-01-02 03:04:05" in lines[3]


def test_show_runs_and_says_what_fails(failing):
    with pytest.raises(ExecutionError, match="zero"):
        failing.show()


# repr, _repr_html_(): LTSeq, size, schema, order, five rows (the only part that runs)


def test_repr_shows_size_schema_order_and_five_rows():
    text = repr(LTSeq.from_dict({"a": list(range(10, 20)), "s": ["x"] * 10}).sort("a"))
    assert text.startswith("LTSeq")
    assert "10 rows" in text
    assert "a int64" in text
    assert "s string" in text
    assert "order: a" in text
    assert re.findall(r"\| (\d+) \|", text) == ["10", "11", "12", "13", "14"]


def test_repr_shows_directions_and_the_class(t):
    assert "order: a, s desc" in repr(t.sort("a", "s", desc=[False, True]))
    assert "order: none" in repr(t)
    assert repr(t.link(t, "a", "other")).startswith("LinkedTable")
    assert repr(t.sort("a").group_ordered("a")).startswith("NestedTable")


def test_only_the_rows_of_a_repr_run(tmp_path, failing):
    # Counting would have to scan: the size is not known.
    path = tmp_path / "a.csv"
    path.write_text("a\n" + "1\n" * 100)
    read = LTSeq.read_csv(path)
    assert "? rows" in repr(read)
    assert "? rows" in read._repr_html_()
    assert "? rows" in repr(read.filter(lambda r: r.a > 0))
    assert "100 rows" in repr(read.collect())
    begin = time.monotonic()
    assert "? rows" in repr(ltseq.seq(2**62).filter(lambda r: r.value >= 0))
    assert time.monotonic() - begin < 10


def test_a_counted_table_shows_its_size(tmp_path):
    t = LTSeq.from_dict({"a": [1, 2, 3]}).filter(lambda r: r.a > 1)
    assert "? rows" in repr(t)
    t.count()
    assert "2 rows" in repr(t)


def test_a_repr_does_not_raise_when_rows_fail(failing):
    for text in (repr(failing), failing._repr_html_()):
        assert text
        assert "ExecutionError" in text
    broken = LTSeq.from_arrow(pa.table({"a": pa.array([90_000_000_000], pa.int64()).view(pa.time64("us"))}))
    assert "ExecutionError" in repr(broken)


def test_html_is_the_text_in_pre(t):
    html = t.derive(s=lambda r: r.s + "<b>&")._repr_html_()
    assert html.startswith("<pre>")
    assert html.endswith("</pre>")
    assert "3 rows" in html
    assert "x&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    assert "a&lt;i&gt;" in LTSeq.from_dict({"a<i>": [1]})._repr_html_()


def test_what_is_no_table_yet_has_a_repr():
    assert "0 rows" in repr(LTSeq())
    assert "2 rows" in repr(LTSeq.from_rows([{}, {}]))


# explain() → str; explain_plan() → (logical, physical): each node with its order


def test_explain_shows_each_node_with_its_order(t):
    plan = t.sort("a", desc=True).derive(p=lambda r: r.s.shift(1)).filter(lambda r: r.p.is_not_null())
    logical, physical = plan.explain_plan()
    text = plan.explain()
    assert isinstance(text, str)
    assert logical in text
    assert physical in text
    assert "SHIFT" in logical
    *nodes, source = logical.splitlines()
    assert len(nodes) >= 3
    assert all(re.search(r"ordered by \S*a DESC", node) for node in nodes)
    assert "ordered by" not in source
    assert "ordered by" not in t.explain_plan()[0]


def test_explain_runs_nothing(failing):
    assert failing.explain()
    assert all(failing.explain_plan())
    with pytest.raises(NoDataError):
        LTSeq().explain()


# pipe(fn, *args, **kwargs)


def test_pipe_calls_with_the_table_first(t):
    assert t.pipe(lambda table, *args, **kwargs: (table, args, kwargs), 1, 2, k=3) == (t, (1, 2), {"k": 3})
    assert t.pipe(LTSeq.head, 1).to_dicts() == [{"a": 2, "s": "x"}]
    assert t.pipe(lambda table, fn, self=None: (fn, self), fn=1, self=2) == (1, 2)
    for wrong in ("count", None, 5):
        with pytest.raises(ArgumentError, match="callable"):
            t.pipe(wrong)


# pandas, polars, pyarrow load on use; a missing one is an ImportError naming it


def test_import_loads_no_frames_library():
    code = "import sys, ltseq; print([m for m in ('pandas', 'polars', 'pyarrow', 'numpy') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("pyarrow", LTSeq.to_arrow),
        ("pyarrow", LTSeq.to_pandas),
        ("pyarrow", lambda t: next(t.to_cursor())),
        ("pandas", LTSeq.to_pandas),
        ("polars", LTSeq.to_polars),
    ],
)
def test_a_missing_library_is_named(t, monkeypatch, module, call):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=module):
        call(t)
    assert len(t.to_dicts()) == t.count() == 3


def test_frames_of_polars_need_no_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = LTSeq.from_polars(pl.DataFrame({"a": [1]})).to_polars()
    assert frame.to_dicts() == [{"a": 1}]
    with pytest.raises(ImportError, match="pyarrow"):
        LTSeq.from_pandas(pd.DataFrame({"a": [1]}))


# plot(draw, x, *y, by): ordered series for the user's own plotting function


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


# ltseq.progress: a line for people at a terminal


@pytest.fixture
def told(monkeypatch):
    """Runs for some seconds and gives what was written to stderr: `told(0.1, after=0.0)`."""

    def run(seconds, after):
        monkeypatch.setattr(progress_line, "_AFTER", after)
        monkeypatch.setattr(progress_line, "_EVERY", 0.01)
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress() as progress:
            progress.rows = 1234
            time.sleep(seconds)
        return stream.getvalue()

    yield run
    ltseq.progress(None)


def test_the_line_tells_rows_and_is_wiped(told):
    ltseq.progress(True)
    text = told(0.1, after=0.0)
    assert "1,234 rows" in text
    assert text.endswith("\r\x1b[K")


def test_a_run_of_a_table_tells_how_far_it_is(monkeypatch):
    monkeypatch.setattr(progress_line, "_AFTER", 0.0)
    monkeypatch.setattr(progress_line, "_EVERY", 0.001)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    ltseq.progress(True)
    try:
        ltseq.seq(1_000_000).derive(x=lambda r: r.value.cum_sum()).to_arrow()
    finally:
        ltseq.progress(None)
    assert re.search(r"ltseq: [\d,]+ rows, \d+ s", stream.getvalue())
    assert stream.getvalue().endswith("\r\x1b[K")


def test_short_runs_say_nothing(told):
    ltseq.progress(True)
    assert told(0.0, after=5.0) == ""


def test_nothing_is_written_where_there_is_no_terminal(told):
    assert told(0.05, after=0.0) == ""


def test_progress_can_be_turned_off(told):
    ltseq.progress(False)
    assert told(0.05, after=0.0) == ""
    for wrong in ("on", 1):
        with pytest.raises(ArgumentError):
            ltseq.progress(wrong)


# Ctrl-C ends what runs


def interrupted(run: str) -> str:
    """What a process prints that is interrupted while it runs this over an endless table `t`."""
    code = f"""
import ltseq
t = ltseq.seq(10**12).derive(x=lambda r: r.value * 7 % 11).filter(lambda r: r.x == 12)
print("running", flush=True)
try:
    {run}
except KeyboardInterrupt:
    print("interrupted", ltseq.seq(5).count())
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "running\n"
        time.sleep(0.3)
        begin = time.monotonic()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
        assert err == ""
        assert time.monotonic() - begin < 10
        return out
    finally:
        child.kill()


@pytest.mark.parametrize(
    "run",
    [
        "t.count()",
        "t.to_arrow()",
        "t.collect()",
        "list(t)",
        "t.to_cursor().count()",
        "t.sort('x').head(1).to_dicts()",
        "t.show()",
        "repr(t)",
        "ltseq.sql('SELECT COUNT(*) AS n FROM t').to_dicts()",
        "t.sort('x').fold(lambda state, row: state, init=0, into='n')",
    ],
)
def test_ctrl_c_ends_a_run_and_leaves_the_engine_in_order(run):
    assert interrupted(run) == "interrupted 5\n"


@pytest.mark.parametrize("write", ["write_csv", "write_parquet"])
def test_ctrl_c_leaves_no_half_of_a_file(tmp_path, write):
    assert interrupted(f"t.{write}({str(tmp_path / 'o')!r})") == "interrupted 5\n"
    assert list(tmp_path.iterdir()) == []


def test_repr_of_rows_that_cannot_be_computed():
    broken = LTSeq.from_dict({"s": ["x"]}).filter(lambda r: r.s.cast("int64") > 1)
    assert "? rows" in repr(broken)
    assert "ExecutionError" in repr(broken)


def test_each_operator_of_the_physical_plan_shows_its_order():
    t = LTSeq.from_dict({"k": [2, 1], "v": [1, 2]})
    lines = t.sort("k", desc=True).derive(p=lambda r: r.v.shift()).explain_plan()[1].splitlines()
    assert lines[0].endswith("-- ordered by k@0 DESC")
    assert any("SequenceExec" in line and line.endswith("-- ordered by k@0 DESC") for line in lines)
    assert not any("ordered by" in line for line in t.explain_plan()[1].splitlines())
