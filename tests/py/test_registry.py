"""Every entry of the function registry through every door, and the Python package against the registry."""

from __future__ import annotations

import inspect
import math
import re

import pytest

_native = pytest.importorskip("ltseq._native")

import ltseq  # noqa: E402
import ltseq_dbapi  # noqa: E402
from ltseq import LTSeq, _gen, _generated, _reference, expr  # noqa: E402

SCOPE = {"funnel": ltseq.funnel}
FUNCTIONS = _gen.registry()["functions"]
METHODS = [method for method in _gen.registry()["methods"] if method["kind"] in _reference.GROUPS and method["example"]]


def named(entries):
    return pytest.mark.parametrize("entry", entries, ids=[entry["name"] for entry in entries])


@pytest.fixture(scope="module")
def connection():
    with ltseq_dbapi.connect() as made:
        made.execute(_reference.SETUP)
        yield made


@pytest.fixture(scope="module")
def ticks(connection):
    """The table of the reference, as the Python examples have it: in the order of ts."""
    return LTSeq.from_arrow(connection.execute("SELECT * FROM ticks").fetch_arrow_table()).sort("ts")


def free(entry):
    """Is it a function alone, as what it is given first is no column?"""
    return entry["values"]["form"] == "led"


def rows_of(table):
    return [tuple(row.values()) for row in table.to_dicts()]


@named(FUNCTIONS)
def test_the_example_gives_the_same_rows_through_every_door(entry, connection, ticks):
    by_driver = connection.execute(entry["example"]).fetchall()
    by_sql = rows_of(ltseq.sql(entry["example"], ticks=ticks))
    by_lambda = rows_of(eval(entry["python"], SCOPE | {"ticks": ticks}))
    assert by_driver
    assert by_sql == by_driver
    assert by_lambda == by_driver


@named(FUNCTIONS)
def test_the_example_shows_the_function(entry):
    assert f"{entry['name'].upper()}(" in entry["example"]
    assert f"{'' if free(entry) else '.'}{entry['name']}(" in entry["python"]


@named(FUNCTIONS)
def test_the_function_exists_as_method_and_free_function(entry):
    assert hasattr(expr.Expr, entry["name"]) != free(entry)
    for module in (ltseq, expr):
        assert callable(getattr(module, entry["name"]))
    assert entry["name"] in expr.__all__


@named(FUNCTIONS)
def test_the_arguments_are_those_of_the_registry(entry):
    owner = ltseq if free(entry) else expr.Expr
    found = inspect.signature(getattr(owner, entry["name"])).parameters
    own = {"self", "partition_by", "ignore_nulls", "unknown"} | {value["name"] for value in entry["values"]["names"]}
    options = [
        name for name, parameter in found.items() if name not in own and parameter.kind is not parameter.VAR_POSITIONAL
    ]
    assert options == [option["name"] for option in entry["optional"]]
    by_position = [name for name in options if found[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if _gen.has_method(entry):
        assert by_position == [option["name"] for option in entry["optional"] if option["positional"]]
    assert ("partition_by" in found) == (entry["kind"] == "sequence")


def test_what_the_package_knows_is_what_the_registry_says():
    said = {entry["name"]: (entry["kind"], entry["needs_order"]) for entry in FUNCTIONS}
    assert {name: tuple(known) for name, known in _generated.FUNCTIONS.items()} == said


@named([entry for entry in FUNCTIONS if entry["needs_order"]])
def test_without_an_order_it_is_an_error(entry, ticks):
    unordered = LTSeq.from_arrow(ticks.to_arrow())
    with pytest.raises(ltseq.SortRequiredError):
        eval(entry["python"].replace(".sort('ts', partition_by='sym')", ""), SCOPE | {"ticks": unordered})
    with pytest.raises(ltseq.SortRequiredError):
        ltseq.sql(re.sub(" ORDERED BY ts( PARTITION BY sym)?", "", entry["example"]), ticks=unordered).to_dicts()


@named(METHODS)
def test_the_example_of_a_method_runs(entry, ticks):
    assert _reference.values(entry, ticks)


# Where the registry names one function of the base for a call on numbers alone, SQL calls it by that name.
STOCK = [
    entry
    for entry in METHODS
    if entry["sql"]
    and entry["kind"] in ("scalar", "aggregate")
    and entry["params"]
    and all(param["given"] != "rest" and param["class"] in ("any", "number") for param in entry["params"])
]


@named(STOCK)
def test_a_stock_function_is_the_same_in_sql(entry, ticks):
    arguments = ", ".join("px" for param in entry["params"] if param["given"] == "required")
    by_sql = ltseq.sql(f"SELECT {entry['sql']}({arguments}) FROM ticks ORDERED BY ts", ticks=ticks)
    called = getattr(ltseq.expr, entry["name"])
    needed = sum(param["given"] == "required" for param in entry["params"])

    def row(r):
        return called(*[r.px] * needed)

    by_lambda = ticks.agg(y=row) if entry["kind"] == "aggregate" else ticks.select(y=row)
    for (a,), (b,) in zip(rows_of(by_sql), rows_of(by_lambda), strict=True):
        assert a == b or (math.isnan(a) and math.isnan(b))


def test_what_is_generated_is_up_to_date():
    outputs = _gen.answers([entry for entry in FUNCTIONS if _gen.has_method(entry)])
    for made, path in ((_gen.module(outputs), "ltseq/_generated.py"), (_reference.page(), "docs/functions.md")):
        assert (_gen.ROOT / path).read_text(encoding="utf-8") == made, f"{path} differs: run `make gen`"
