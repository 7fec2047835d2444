"""A file that uses every call of the object API, for the type checkers (test_12_typing.py); nothing runs it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import ltseq
from ltseq import Cursor, Expr, GroupBy, LinkedTable, LTSeq, NestedTable, PartitionedTable, col, lit, when

HOUR = dt.timedelta(hours=1)


def making(df: Any, path: Path) -> list[LTSeq]:
    return [
        LTSeq(),
        LTSeq({"a": [1]}),
        LTSeq.read_csv(path, True, delimiter=";", schema={"a": "int"}, infer_rows=10),
        LTSeq.read_csv([path, "b.csv"]),
        LTSeq.read_parquet("*.parquet"),
        LTSeq.from_rows([{"a": 1}], schema={"a": "int"}),
        LTSeq.from_dict({"a": [1, None], "b": ["x", "y"]}),
        LTSeq.from_pandas(df),
        LTSeq.from_polars(df),
        LTSeq.from_arrow(df),
        ltseq.seq(1, 10, 2),
    ]


def sized(t: LTSeq, n: int) -> int:
    return t.count() + n


def positive(r: Any) -> Any:
    return r.a > 0


def looking(t: LTSeq) -> None:
    schema: dict[str, str] = t.schema
    pairs: list[tuple[str, str]] = t.dtypes
    names: list[str] = t.columns
    name: str | None = t.name
    python: dict[str, str] = t.python_schema
    size: int = t.count() + len(t)
    rows: list[dict[str, Any]] = t.to_dicts()
    for row in t:
        row["a"]
    t.to_pandas(nullable=True)
    t.to_arrow()  # pyright: ignore[reportUnknownMemberType]  # pyarrow ships no types
    t.to_polars()
    same: LTSeq = t.show(5)
    held: LTSeq = t.collect()
    text: str = t.explain() + t.explain_plan()[0] + t.to_sql()
    piped: int = t.pipe(sized, 1)
    with t.to_cursor(100) as cursor:
        batches: Cursor = cursor
    t.write_csv("a.csv")
    t.write_parquet("a.parquet", compression="zstd")
    print(schema, pairs, names, name, python, size, rows, same, held, text, piped, batches)


def verbs(t: LTSeq, other: LTSeq) -> list[LTSeq]:
    return [
        t.filter(lambda r: (r.a > 1) & r.b.s.contains("x"), col("a") < 5),
        t.select("a", lambda r: [r.b, r["two words"]], col("c"), d=lambda r: r.a / 2),
        t.derive(lambda r: {"x": r.a}, "a", y=lambda r: r.b),
        t.with_columns(z=lit(5)),
        t.rename({"a": "b"}, c="d"),
        t.drop("a", lambda r: r.b),
        t.slice(1, 2).head().tail(3).step(2).rvs(),
        t.distinct("a", lambda r: r.b),
        t.union(other).intersect(other, on="a").except_(other).xunion(other, on=["a"]),
        t.align([1, 2], lambda r: r.a),
        t.insert(0, {"a": 1}).delete(0).delete(lambda r: r.a > 1),
        t.update(lambda r: r.a > 1, {"a": 5}, b=lambda r: r.b).modify(0, a=None),
        t.pivot("a", "b", "c", "mean"),
        t.sort("a", lambda r: [r.b], desc=[True, False], nulls="first", partition_by=["c"]),
        t.assume_sorted("a", desc=True, partition_by="b", check=True),
        t.cum_sum("a", lambda r: r.b).search_first(lambda r: r.a > 1),
        t.search_pattern(lambda r: r.a > 1, lambda r: r.a < 1, partition_by="b", within=HOUR),
        t.fold(lambda state, row: state + row.a, init=0, into="f", partition_by="b"),
        t.sql("SELECT * FROM self WHERE a > ?", [1]),
        ltseq.sql("SELECT * FROM t", {"x": Decimal("1")}, t=t),
    ]


def answers(t: LTSeq, other: LTSeq) -> tuple[bool, bool, bool, int, list[tuple[str, bool]] | None]:
    count = t.search_pattern_count(lambda r: r.a > 1)
    return t.is_subset(other), t.contain("a", 1, None), t.is_sorted_by("a", desc=True), count, t.sort_keys


def expressions(r: Any) -> list[Expr]:
    a = col("a")
    return [
        a + 1 - 2 * a / 3 // 4 % 5 ** (-a),
        ~((a == 1) | (a != 2) & (a < 3) ^ (a >= 4)),
        abs(a).round(2).floor().ceil().sqrt().cast("int").try_cast("str"),
        a.is_null(),
        a.fill_null(0).is_in([1, 2]),
        a.between(1, dt.date(2024, 1, 1)),
        ltseq.coalesce(a, 1),
        ltseq.if_else(a > 1, a, None),
        when(a > 1, 2).when(a > 0).then(3).otherwise(None),
        a.s.lower().s.slice(1, 2).s.pad_left(5, "0").s.split_part("-", 1).str.len(),
        a.dt.year() + a.dt.truncate("month").dt.diff(ltseq.now(), "hour"),
        a.dt.add(days=1, months=col("m")),
        a.shift(1, 0, partition_by="s", ignore_nulls=True).diff().pct_change(2),
        a.rolling(3, 1).mean() + a.rolling(preceding=HOUR, following=HOUR).agg("max"),
        a.cum_sum().cum_max().ewm_mean(alpha=0.5).fill_forward(limit=3).over("s", order_by=["ts"], desc=True),
        ltseq.row_number().over(order_by="ts"),
        ltseq.rank() + ltseq.ntile(4) + ltseq.run_id("a", "b"),
        (a > 1).streak() + (a > 2).run_id_when(),
        a.sum() / ltseq.count() + ltseq.max("b") + a.percentile(0.5) + a.arg_min("ts"),
        ltseq.funnel(HOUR, a == 1, a == 2),
        a.lookup(LTSeq(), "name", join_key="id"),
        ltseq.sql_expr("a + 1").alias("x"),
    ]


def groups(t: LTSeq) -> list[LTSeq]:
    grouped: GroupBy = t.group_by("a", lambda r: r.b)
    nested: NestedTable = t.group_ordered("a", when=lambda r: r.b > r.b.shift())
    parts: PartitionedTable = t.partition("a", lambda r: r.b)
    parts.map(len).items()
    return [
        t.agg("a", n=lambda g: g.count(), s=lambda g: g.sum("b") / g.c.max()),
        t.agg({"n": lambda g: g.count()}, by=["a"]),
        grouped.agg(n=lambda g: g.count()),
        nested.first(2),
        nested.filter(lambda g: g.count() > 3).derive(lambda g: {"x": g.first().a}).last(),
        nested.agg(lambda g: {"n": g.count(), "ok": g.all(positive)}),
        t.group_sorted("a").flatten(),
        parts[1, "x"],
        *parts.values(),
    ]


def joins(t: LTSeq, other: LTSeq) -> list[LTSeq]:
    linked: LinkedTable = t.link(other, on=lambda a, b: a.x == b.y, as_="o", join_type="left")
    print(linked.source, linked.target, linked.alias, linked.join_type)
    return [
        t.join(other, on="a", how="left", strategy="hash", suffix="_r"),
        t.join(other, left_on=["a"], right_on=["b"]),
        t.join_merge(other, "a"),
        t.semi_join(other, on=["a", "b"]).anti_join(other, on=lambda a, b: a.x == b.y),
        t.asof_join(other, on=lambda a, b: a.ts >= b.ts, by="k", tolerance=HOUR),
        linked.select("a", lambda r: r.o.name).head(),
        linked.to_ltseq(),
        linked.collect(),
    ]
