"""LINK and ASOF JOIN against the reference."""

from __future__ import annotations

from hypothesis import given, note, settings
from hypothesis import strategies as st

from .calls import SECOND, ordered_by, orders
from .harness import ALL_SETTINGS, EXAMPLES, ask
from .reference import joins, order, places
from .tables import row_dicts, tables
from .test_calls import compare

KEYS = ["i", "s", "f", "k", "d", "ts"]


@settings(max_examples=max(EXAMPLES // 4, 1))
@given(
    tables(sizes=[0, 1, 2, 7, 8, 15]),
    tables(sizes=[0, 1, 2, 7, 8]),
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True),
    st.sampled_from(["inner", "left", "right", "full"]),
    orders(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(ALL_SETTINGS),
)
def test_link(left, right, on, kind, by, ordered_target, ordered_left, setting):
    """Left order, then the target's; unmatched target rows last."""
    keys, partition = by
    assume_types(left, right, on)
    condition = " AND ".join(f"a.{c} = b.{c}" for c in on)
    source = (
        f"(SELECT * FROM t {ordered_by(keys, partition)})"
        if ordered_left
        else f"(SELECT * FROM t {ordered_by([order.Key('n')], [])})"
    )
    target = "(SELECT * FROM u ORDERED BY n DESC)" if ordered_target else "(SELECT * FROM u)"
    sql = f"SELECT a.n AS l, b.n AS r, b.x AS x FROM {source} AS a {kind.upper()} LINK {target} AS b ON {condition}"
    note(f"{sql}   -- {setting}")
    rows = row_dicts(left)
    if ordered_left:
        rows = [row for part in order.ordered(rows, keys, partition) for row in part]
    others = row_dicts(right)[:: -1 if ordered_target else 1]
    pairs = joins.link(rows, others, [(c, c) for c in on], kind)
    want = [(a and a["n"], b and b["n"], b and b["x"]) for a, b in pairs]
    compare(ask(sql, setting, {"t": left, "u": right}), want)


def assume_types(left, right, on) -> None:
    """Times of one kind."""
    from hypothesis import assume

    assume("ts" not in on or left.schema.field("ts").type == right.schema.field("ts").type)
    # Whether NaN equals NaN in a join is not said.
    assume("f" not in on or not any(v is not None and v != v for t in (left, right) for v in t["f"].to_pylist()))


@settings(max_examples=max(EXAMPLES // 8, 1))
@given(
    tables(sizes=[0, 1, 2, 7, 15]),
    tables(sizes=[0, 1, 7, 8]),
    orders(),
    st.sampled_from(["SHIFT(b_n)", "CUM_COUNT(b.n)", "RUN_ID(a.b)"]),
    st.sampled_from(ALL_SETTINGS),
)
def test_sequence_over_linked_rows(left, right, by, call, setting):
    """ORDERED BY orders what LINK made; ties keep the left row's place, then the target's."""
    keys, partition = by
    clause = "ORDERED BY " + ", ".join("a." + k.sql() for k in keys)
    clause += " PARTITION BY " + ", ".join("a." + p for p in partition) if partition else ""
    sql = f"SELECT a.n AS l, b.n AS r, {call} AS c FROM t AS a LEFT LINK u AS b ON a.i = b.i {clause}"
    note(f"{sql}   -- {setting}")
    pairs = joins.link(row_dicts(left), row_dicts(right), [("i", "i")], "left")
    rows = [{**a, "r": b and b["n"]} for a, b in pairs if a]
    want = []
    for part in order.ordered(rows, keys, partition):
        linked = [row["r"] for row in part]
        answer = {
            "SHIFT(b_n)": lambda part=part, linked=linked: places.shift(linked),
            "CUM_COUNT(b.n)": lambda part=part, linked=linked: [
                sum(v is not None for v in linked[: i + 1]) for i in range(len(linked))
            ],
            "RUN_ID(a.b)": lambda part=part, linked=linked: places.run_id(
                places.starts_by([(row["b"],) for row in part])
            ),
        }[call]()
        want.extend((row["n"], row["r"], v) for row, v in zip(part, answer, strict=True))
    compare(ask(sql, setting, {"t": left, "u": right}), want)


@settings(max_examples=max(EXAMPLES // 4, 1))
@given(
    tables(sizes=[0, 1, 2, 7, 8, 15]),
    tables(sizes=[0, 1, 2, 7, 8, 15]),
    st.sampled_from([">=", ">", "<=", "<"]),
    st.sampled_from([[], ["s"], ["i"], ["b", "p"]]),
    st.sampled_from([None, None, 0, 1, 3]),
    st.booleans(),
    st.booleans(),
    orders(),
    st.sampled_from(ALL_SETTINGS),
)
def test_asof(left, right, op, on, tolerance, nearest, swapped, by, setting):
    assume_types(left, right, ["ts"])
    keys, partition = by
    sides = ("b.ts", {">=": "<=", ">": "<", "<=": ">=", "<": ">"}[op], "a.ts") if swapped else ("a.ts", op, "b.ts")
    text = f"MATCH_CONDITION ({' '.join(sides)})"
    text += " ON " + " AND ".join(f"a.{c} = b.{c}" for c in on) if on else ""
    text += "" if tolerance is None else f" TOLERANCE INTERVAL '{tolerance} seconds'"
    text += " NEAREST" if nearest else ""
    source = f"(SELECT * FROM t {ordered_by(keys, partition)})"
    sql = f"SELECT a.n AS l, b.n AS r FROM {source} AS a ASOF JOIN (SELECT * FROM u ORDERED BY n) AS b {text}"
    note(f"{sql}   -- {setting}")
    rows = [row for part in order.ordered(row_dicts(left), keys, partition) for row in part]
    pairs = joins.asof(
        rows,
        row_dicts(right),
        ("ts", "ts"),
        op,
        [(c, c) for c in on],
        None if tolerance is None else tolerance * SECOND,
        nearest,
    )
    compare(ask(sql, setting, {"t": left, "u": right}), [(a["n"], b and b["n"]) for a, b in pairs])
