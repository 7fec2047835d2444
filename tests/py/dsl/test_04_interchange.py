"""Section 4 of API.md: `__arrow_c_stream__` and `__arrow_c_schema__`: tables in other libraries, without copies."""

from __future__ import annotations

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq
from ltseq import LTSeq


@pytest.fixture
def t():
    """Three rows whose order is not that of their source."""
    return LTSeq.from_dict({"a": [2, None, 1], "s": ["x", "y", None]}).sort("s", desc=True)


ROWS = [{"a": 1, "s": None}, {"a": None, "s": "y"}, {"a": 2, "s": "x"}]


def rows_of(made) -> list[dict]:
    """The rows of what `pl.from_arrow` gives: a frame of polars 1, a Series of structs of polars 2."""
    return (made.struct.unnest() if isinstance(made, pl.Series) else made).to_dicts()


# __arrow_c_stream__: stream out, in order: pa.table(t), pl.from_arrow(t)


def test_pyarrow_takes_a_table(t):
    table = pa.table(t)
    assert isinstance(table, pa.Table)
    assert table.to_pylist() == ROWS
    assert pa.RecordBatchReader.from_stream(t).read_all().to_pylist() == ROWS


def test_polars_takes_a_table(t):
    assert rows_of(pl.from_arrow(t)) == ROWS
    frame = pl.DataFrame(t)
    assert frame.to_dicts() == ROWS
    assert frame.schema == pl.Schema({"a": pl.Int64, "s": pl.String})


def test_the_rows_of_both_forms_of_polars_are_read(t):
    # Whichever of the two the installed polars gives, the helper above has seen the other one too.
    for form in (pl.DataFrame(t), pl.DataFrame(t).to_struct()):
        assert rows_of(form) == ROWS


def test_pandas_takes_a_table(t):
    frame = pd.DataFrame.from_arrow(t)
    assert frame["a"].fillna(-1).tolist() == [1, -1, 2]


def test_duckdb_takes_a_table(t):
    assert duckdb.sql("SELECT * FROM t").fetchall() == [(1, None), (None, "y"), (2, "x")]
    connection = duckdb.connect()
    connection.register("q", t)
    assert connection.sql("SELECT sum(a) FROM q").fetchall() == [(3,)]


def test_a_table_comes_back_from_every_library(t):
    for made in (
        pa.table(t),
        pl.DataFrame(t),
        pl.from_arrow(t),
        duckdb.sql("SELECT * FROM t"),
        pa.table(t).to_reader(),
    ):
        assert LTSeq.from_arrow(made).to_dicts() == ROWS


def test_a_table_may_be_streamed_more_than_once(t):
    assert pa.table(t).num_rows == pa.table(t).num_rows == 3
    assert t.to_dicts() == ROWS


def test_many_rows_stream_in_order():
    down = ltseq.seq(100_000).sort("value", desc=True)
    assert pa.table(down).column("value").to_pylist() == list(range(99_999, -1, -1))
    assert pl.DataFrame(down)["value"].to_list() == list(range(99_999, -1, -1))


def test_a_stream_is_read_as_it_goes():
    reader = pa.RecordBatchReader.from_stream(ltseq.seq(2**62))
    assert next(reader).column("value")[0].as_py() == 0


def test_linked_and_nested_tables_stream_too(t):
    linked = t.link(LTSeq.from_dict({"a": [2], "b": [7]}), on="a", as_="q")
    assert pa.table(linked).to_pylist() == [{"a": 2, "s": "x", "q_a": 2, "q_b": 7}]
    assert pa.table(t.group_ordered("s")).to_pylist() == ROWS


def test_a_stream_of_a_table_without_rows_or_columns(t):
    empty = pa.table(t.filter(lambda r: r.a > 9))
    assert (empty.num_rows, empty.schema) == (0, pa.schema({"a": pa.int64(), "s": pa.string()}))
    assert pa.table(LTSeq()).shape == (0, 0)
    assert pa.table(LTSeq.from_rows([{}, {}])).num_rows == 2


def test_layouts_go_out_as_they_came_in():
    table = pa.table({"d": pa.array(["x", "y"]).dictionary_encode(), "v": pa.array(["x", None], pa.string_view())})
    assert pa.table(LTSeq.from_arrow(table)).schema.types == table.schema.types


def test_a_requested_schema_casts_the_stream(t):
    wanted = pa.schema({"a": pa.int32(), "s": pa.large_string()})
    given = pa.RecordBatchReader.from_stream(t, schema=wanted).read_all()
    assert (given.schema.types, given.to_pylist()) == ([pa.int32(), pa.large_string()], ROWS)


def test_rows_that_fail_end_the_stream_with_an_error():
    failing = LTSeq.from_dict({"a": [1, 0]}).derive(b=lambda r: 1 // r.a)
    with pytest.raises(pa.ArrowException, match="zero"):
        pa.table(failing)
    with pytest.raises(Exception, match="zero"):
        duckdb.sql("SELECT * FROM failing").fetchall()


# __arrow_c_schema__


def test_the_schema_is_given_without_a_run():
    failing = LTSeq.from_dict({"a": [0]}).derive(b=lambda r: 1 // r.a)
    assert pa.schema(failing) == pa.schema({"a": pa.int64(), "b": pa.int64()})
    assert pa.schema(LTSeq()) == pa.schema({})


def test_names_go_out_as_they_are():
    names = ["A b", "c.d", "_x", "select", "__group_id__", 'q"q', "É", ""]
    t = LTSeq.from_dict({name: [1] for name in names}).sort("A b")
    assert pa.schema(t).names == pa.table(t).column_names == pl.DataFrame(t).columns == names
