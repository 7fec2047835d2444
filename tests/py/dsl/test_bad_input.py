"""Bad input (sections 2, 3 and 12 of API.md): it works or raises one of our errors; nothing of the engine shows.

Not a table, wrong kinds, unknown, ambiguous and clashing names, tables without rows or columns, mixed types, files that
are missing, half written or change type, lambdas that return nothing, and names of every kind.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest

import ltseq
from ltseq import ArgumentError, ExecutionError, LTSeq, LTSeqError, NoDataError, SchemaMismatchError, SortRequiredError

# Names of the engine's own, which no message may hold.
INNER = re.compile("\x01|Utf8|Int64\\(|Field \\{|DataFusion|Execution error|Plan error|External error|::|panicked")


@pytest.fixture
def t():
    days = [dt.datetime(2024, 1, day) for day in (1, 2, 3)]
    return LTSeq.from_dict({"id": [3, 1, 2], "k": ["a", "b", "a"], "v": [1.5, None, -2.0], "ts": days}).sort("id")


def error_of(call):
    """The message of the error that the call, or running what it gives, raises."""
    with pytest.raises(LTSeqError) as caught:
        made = call()
        if isinstance(made, (LTSeq, ltseq.NestedTable)):
            made.to_dicts()
    assert not INNER.search(str(caught.value)), str(caught.value)
    return caught.value


# Kinds

NOT_TABLES = [None, 1, "x", [1], {"a": 1}, object(), LTSeq, lambda r: r.id]
TWO_TABLES = ["join", "join_merge", "semi_join", "anti_join", "asof_join", "link"]
SETS = ["union", "intersect", "except_", "xunion", "is_subset"]


@pytest.mark.parametrize("verb", [*TWO_TABLES, *SETS])
def test_what_is_no_table(t, verb):
    for other in NOT_TABLES:
        args = (other,) if verb in SETS else (other, "id")
        assert type(error_of(lambda: getattr(t, verb)(*args))) is ArgumentError


@pytest.mark.parametrize("verb", TWO_TABLES)
def test_conditions_that_are_none(t, verb):
    for on in (
        [],
        lambda a, b: None,
        lambda a, b: True,
        lambda a, b: "id",
        lambda a, b: (a.id == b.id) | (a.k == b.k),
        lambda a, b: a.id == b.id and a.k == b.k,
        lambda a, b: a.id == a.id,
        lambda a, b: a.id == 5,
        lambda a, b: a.id != b.id,
        lambda a, b: a.nope == b.id,
        lambda a, b: (a.id > 1) == b.k,
    ):
        message = str(error_of(lambda: getattr(t, verb)(t, on)))
        assert message.startswith("Invalid join condition") or verb == "asof_join"


ONE_TABLE = [
    "filter", "select", "drop", "distinct", "sort", "assume_sorted", "cum_sum", "search_first", "search_pattern",
    "partition", "group_by", "group_ordered", "group_sorted", "derive", "rename", "delete",
]  # fmt: skip
WRONG = [
    1.5, b"x", [1], {"a": 1}, object(), {1}, LTSeq, (1,), [None], dt.date(2024, 1, 1), "nope", "", "id; DROP TABLE x",
    "\x01pos0", lambda r: None, lambda r: r, lambda r: object(), lambda r: r.nope, lambda: 1, lambda a, b: a.id,
    lambda r: r.id and r.k,
]  # fmt: skip


@pytest.mark.parametrize("verb", ONE_TABLE)
def test_wrong_kinds_are_errors_at_the_call(t, verb):
    for argument in WRONG:
        with pytest.raises((ArgumentError, ltseq.ColumnNotFoundError)) as caught:
            getattr(t, verb)(argument)
        assert not INNER.search(str(caught.value).replace("'\\x01pos0'", "")), str(caught.value)


@pytest.mark.parametrize("verb", ONE_TABLE)
def test_a_table_without_columns_is_said_first(verb):
    for empty in (LTSeq(), LTSeq.from_rows([{}, {}])):
        with pytest.raises(NoDataError, match=r"Schema not initialized.*read_csv"):
            getattr(empty, verb)(5)


def test_what_a_lambda_raises_goes_through(t):
    with pytest.raises(ZeroDivisionError):
        t.filter(lambda r: 1 / 0)


def test_other_calls_of_the_wrong_kind(t):
    with pytest.raises(ArgumentError, match="must take 2 positional"):
        t.fold(lambda state: state, init=0, into="x")
    for args in (None, 5, "x", object()):
        with pytest.raises(ArgumentError, match="args must be a list or tuple"):
            ltseq.CallExpr("add", args)
    with pytest.raises(ArgumentError, match="must be a list of values, not set"):
        LTSeq.from_dict({"a": {1, 2}})
    assert "square root" in str(error_of(lambda: t.derive(x=lambda r: r.v.sqrt())))
    with pytest.raises(SortRequiredError):
        LTSeq.from_dict({"a": [1]}).derive(x=lambda r: r.a.shift())


# Names

NAMES = [
    "a b", 'say "hi"', "it's", "x.y", "ünïcode", "UPPER", "select", "from", "_lead", "__x__", "__row0", "__gone0",
    "q1", "mem_1", "value", "v_right", "", " ", "*", "1abc", "a;b", "--x", "NULL", "count", "sum", "first", "filter",
    "self", "😀", "a\\b", "%s", "{x}", "$1", "?", "ordered", "shift", "t.x", "__value0", "__key0", "run", "run_id",
    "pos", "a,b", "a\tb", "a\nb", "İ", "ſ", "column_1", "by", "when", "link", "asof", "current_date", "true", "`a`",
    "[0]", "as", "mem_2", "q2", "x_right", "__pos", "position", "row_number", "partition by", "'", '"', "/* */",
    "::int", "\u200b",
]  # fmt: skip

PIPELINES = {
    "order": lambda t, n: t.sort(n).derive(x=lambda r: r[n].shift(1)).rvs().tail(2),
    "filter": lambda t, n: t.filter(lambda r: r[n] > 1),
    "aggregates": lambda t, n: t.agg(n, m=lambda g: g[n].max(), c=lambda g: g.count()).sort(n),
    "into": lambda t, n: t.select("zz").derive({n: lambda r: r.zz + 1}),
    "join": lambda t, n: t.join(t, on=n).sort("zz", "zz_right"),
    "as of": lambda t, n: t.asof_join(t.rename({n: "w"}), left_on=n, right_on="w"),
    "link": lambda t, n: t.link(t, on=n, as_="l").to_ltseq().drop(f"l_{n}"),
    "runs": lambda t, n: t.sort("zz").group_ordered(n).derive(lambda g: {n: g.count()}).flatten(),
    "runs, aggregated": lambda t, n: t.sort("zz").group_ordered(n).agg(lambda g: {n: g.first()[n]}),
    "sets": lambda t, n: t.union(t).intersect(t, on=n),
    "edits": lambda t, n: t.insert(0, {n: 5}).modify(1, {n: 6}).update(lambda r: r[n] > 1, {n: lambda r: r[n] + 1}),
    "align": lambda t, n: t.align([2, 9], lambda r: r[n]),
    "fold": lambda t, n: t.sort("zz").fold(lambda state, row: state + row[n], init=0, into="f"),
    "lookup": lambda t, n: t.derive(x=lambda r: r.zz.lookup(t, n, join_key="zz")),
    "over": lambda t, n: t.derive(x=lambda r: r.zz.sum().over(n)),
    "SQL": lambda t, n: ltseq.sql(t.sort(n).derive(p=lambda r: r[n].shift()).rvs().to_sql(), mem_1=t),
}


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_legal(name, tmp_path):
    data = [2, 1, 2], [1, 2, 3]
    plain, odd = (LTSeq.from_dict({n: data[0], "zz": data[1]}) for n in ("plain", name))
    for what, pipeline in PIPELINES.items():
        expected, made = pipeline(plain, "plain"), pipeline(odd, name)
        assert made.columns == [name if n == "plain" else n for n in expected.columns], what
        assert [list(row.values()) for row in made.to_dicts()] == [list(row.values()) for row in expected.to_dicts()], (
            what
        )
    odd.write_parquet(tmp_path / "n.parquet")
    assert LTSeq.read_parquet(tmp_path / "n.parquet").to_dicts() == odd.to_dicts()
    odd.write_csv(tmp_path / "n.csv")
    assert LTSeq.read_csv(tmp_path / "n.csv").to_dicts() == odd.to_dicts()


# Reserved by flatten, and by nothing else.
RESERVED = ["__group_id__", "__group_count__", "__rn__"]


@pytest.mark.parametrize("name", RESERVED)
def test_names_that_flatten_adds_are_legal_elsewhere(name):
    data = [2, 1, 2], [1, 2, 3]
    plain, odd = (LTSeq.from_dict({n: data[0], "zz": data[1]}) for n in ("plain", name))
    for what in PIPELINES.keys() - {"runs", "runs, aggregated"}:
        expected, made = PIPELINES[what](plain, "plain"), PIPELINES[what](odd, name)
        assert made.columns == [name if n == "plain" else n for n in expected.columns], what
        assert [list(row.values()) for row in made] == [list(row.values()) for row in expected], what
    with pytest.raises(ArgumentError, match="reserved"):
        odd.sort("zz").group_ordered(name).flatten()


def test_names_that_differ_in_case_alone_are_two_columns(tmp_path):
    t = LTSeq.from_dict({"a": [1, 2], "A": [4, 3]})
    assert t.sort("A").select("a", x=lambda r: r.A - r.a).to_dicts() == [{"a": 2, "x": 1}, {"a": 1, "x": 3}]
    assert t.agg(lo=lambda g: g.a.sum(), up=lambda g: g.sum("A")).to_dicts() == [{"lo": 3, "up": 7}]
    t.write_csv(tmp_path / "a.csv")
    assert LTSeq.read_csv(tmp_path / "a.csv").to_dicts() == t.to_dicts()


def test_a_name_that_stands_twice_is_refused(tmp_path, t):
    path = tmp_path / "twice.csv"
    path.write_bytes(b"a,a\n1,2\n")
    for call in (
        lambda: LTSeq.read_csv(path),
        lambda: ltseq.sql("SELECT * FROM t JOIN t AS u ON t.id = u.id", t=t),
        lambda: ltseq.sql("SELECT v FROM t JOIN t AS u ON t.id = u.id", t=t),
    ):
        error_of(call)


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.select("id", "id"), lambda t: t.select("id", id=lambda r: r.v), lambda t: t.rename(id="v"),
        lambda t: t.rename(id="x", v="x"), lambda t: t.derive(lambda r: {"x": r.v}, x=lambda r: r.id),
        lambda t: t.agg("id", id=lambda g: g.v.sum()), lambda t: t.join(t, on="id", suffix=""),
        lambda t: t.derive(l_v=lambda r: 1).link(t, on="id", as_="l"), lambda t: t.pivot("k", lambda r: "k", "v"),
        lambda t: t.fold(lambda state, row: state, init=0, into="v"), lambda t: t.link(t, on="id", as_="a", alias="b"),
    ],
)  # fmt: skip
def test_names_that_clash_are_argument_errors(t, make):
    assert type(error_of(lambda: make(t))) is ArgumentError


# Tables without rows, and without columns


@pytest.mark.parametrize("what", PIPELINES)
def test_pipelines_over_no_rows_keep_the_columns(what):
    full = LTSeq.from_dict({"n": [2, 1, 2], "zz": [1, 2, 3]})
    empty = full.filter(lambda r: r.zz > 9)
    made = PIPELINES[what](empty, "n")
    assert made.columns == PIPELINES[what](full, "n").columns
    # Only what adds rows of its own has some; an aggregate without a key has one.
    if what not in {"edits", "align"}:
        assert made.to_dicts() == []


def test_a_table_without_columns_still_says_what_it_is():
    for empty in (LTSeq(), LTSeq.from_rows([{}, {}])):
        assert (empty.schema, empty.columns, empty.sort_keys) == ({}, [], None)
        assert "0 columns" in repr(empty)
    assert LTSeq().to_dicts() == []
    assert LTSeq.from_rows([{}, {}]).to_dicts() == [{}, {}]


# Mixed types

MIXED = {
    "int and str": [1, "x"], "bool and int": [True, 1], "date and datetime": [dt.date(2024, 1, 1), dt.datetime.min],
    "str and bytes": ["x", b"x"], "list and int": [[1], 1], "too large": [2**64],
    "neither int64 nor uint64": [-1, 2**63],
    "an int with no exact float": [2**53 + 1, 0.5], "an object": [object()], "a set": [{1}],
}  # fmt: skip


@pytest.mark.parametrize("data", MIXED.values(), ids=MIXED)
def test_mixed_types_name_the_column(data):
    for make in (lambda: LTSeq.from_dict({"col": data}), lambda: LTSeq.from_rows([{"col": value} for value in data])):
        error = error_of(make)
        assert isinstance(error, ArgumentError)
        assert "'col'" in str(error)


# Files


def written(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


def test_records_that_do_not_fit_name_file_and_line(tmp_path):
    for name, content, fault in (
        ("short.csv", b"a,b\n1,2\n1\n", "line 3: 1 field, not 2"),
        ("long.csv", b"a,b\n1,2\n1,2,3\n", "line 3: 3 fields, not 2"),
        ("latin.csv", b"a,b\n1,x\n1,\xff\n", "line 3: text that is not UTF-8"),
    ):
        path = written(tmp_path, name, content)
        for rows in (1, 1000):
            error = error_of(lambda: LTSeq.read_csv(path, infer_rows=rows))
            assert isinstance(error, ExecutionError)
            assert f"'{path}', {fault}" in str(error)


def test_types_that_csv_has_no_form_for(tmp_path):
    path = written(tmp_path, "a.csv", b"a\n1\n")
    for name in ("list<int64>", "struct<x: int64>", "binary", "duration[us]"):
        with pytest.raises(ArgumentError, match=r"column 'a': a CSV file holds no " + re.escape(name)):
            LTSeq.read_csv(path, schema={"a": name})
    for value in ([1], {"b": 1}):
        with pytest.raises(ArgumentError, match="column 'a': a CSV file holds no"):
            LTSeq.from_dict({"a": [value]}).write_csv(tmp_path / "out.csv")
        assert not (tmp_path / "out.csv").exists()


def test_parquet_files_that_do_not_fit_together(tmp_path):
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    LTSeq.from_dict({"a": [1]}).write_parquet(one)
    LTSeq.from_dict({"a": ["x"]}).write_parquet(two)
    error = error_of(lambda: LTSeq.read_parquet([one, two]))
    assert isinstance(error, SchemaMismatchError)
    assert str(error) == f"column 'a' is int64 in '{one}' and string in '{two}'"


def test_files_that_are_no_parquet(tmp_path):
    LTSeq.from_dict({"a": list(range(100))}).write_parquet(tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    cut = [whole[:size] for size in (4, 8, 200, len(whole) // 2, len(whole) - 8, len(whole) - 1)]
    for content in [*cut, b"hello world", b"", whole[8:]]:
        path = written(tmp_path, "half.parquet", content)
        error = error_of(lambda: LTSeq.read_parquet(path))
        assert isinstance(error, ExecutionError)
        assert str(path) in str(error)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a\n1\n2\noops\n", "line 4, column 'a': 'oops' is no int64"),
        (b"a\n1\n2\n2.5\n", "line 4, column 'a': '2.5'"),
        (b"b,a\nx,1.5\ny,2\nz,w\n", "line 4, column 'a': 'w' is no float64"),
        (b"a\n2024-01-01\n2024-01-02\nx\n", "line 4, column 'a': 'x' is no date32"),
        (b"a\ntrue\nfalse\n1\n", "line 4, column 'a': '1' is no bool"),
    ],
)  # fmt: skip
def test_a_csv_whose_later_rows_change_type_names_the_place(tmp_path, content, fault):
    path = written(tmp_path, "later.csv", content)
    t = LTSeq.read_csv(path, infer_rows=2)
    for made in (t, t.filter(lambda r: r.a.is_null()), t.sort("a"), t.agg(n=lambda g: g.a.max())):
        error = error_of(made.to_dicts)
        assert isinstance(error, ExecutionError)
        assert f"'{path}', {fault}" in str(error)
    # Read to the end, the column is one of text (a float for the numbers).
    assert LTSeq.read_csv(path).count() == 3


@pytest.mark.parametrize("read", ["read_csv", "read_parquet", "scan", "scan_parquet"])
def test_paths_without_a_file(tmp_path, read):
    for path in (tmp_path / "nope.x", str(tmp_path / "nope" / "a.csv")):
        with pytest.raises(FileNotFoundError, match="nope"):
            getattr(LTSeq, read)(path)
    for wrong in (None, 5, b"a.csv", object()):
        assert isinstance(error_of(lambda wrong=wrong: getattr(LTSeq, read)(wrong)), ArgumentError)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_that_is_gone_is_not_an_empty_table(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    getattr(LTSeq.from_dict({"a": [1, 2]}), f"write_{kind}")(path)
    table = getattr(LTSeq, f"read_{kind}")(path)
    sorted_ = table.sort("a")
    path.unlink()
    for made in (table, sorted_, table.agg(n=lambda g: g.count())):
        with pytest.raises(FileNotFoundError, match="is gone"):
            made.to_dicts()
    with pytest.raises(FileNotFoundError, match="is gone"):
        table.count()


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no directory"):
        LTSeq.from_dict({"a": [1]}).write_csv(tmp_path / "nowhere" / "a.csv")


def test_periods_of_pandas_are_no_bare_numbers():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"day": pandas.period_range("2024-01-01", periods=2, freq="D")})
    with pytest.raises(ArgumentError, match=r"column 'day' holds periods.*to_timestamp"):
        LTSeq.from_pandas(frame)
    frame["day"] = frame["day"].dt.to_timestamp()
    assert LTSeq.from_pandas(frame).to_dicts()[0] == {"day": dt.datetime(2024, 1, 1)}
