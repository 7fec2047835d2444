"""The questions of flights.sql as lambdas; asks both ways, compares and prints the answers.

Run it with `make demo`, or `python -m demo.flights`.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import ltseq_dbapi
from demo import data, show
from ltseq import LTSeq

SIX_HOURS = timedelta(hours=6)
Tables = dict[str, LTSeq]


def ground(t: Tables) -> LTSeq:
    return (
        t["flights"]
        .filter(lambda r: r.arr.is_not_null())
        .sort("dep", partition_by="tailnum")
        .select(
            "tailnum",
            lambda r: r.dest.shift().alias("out_to"),
            lambda r: r.arr.shift().alias("landed"),
            "dep",
            lambda r: (r.dep - r.arr.shift()).alias("ground"),
        )
        .filter(lambda r: r.ground < timedelta(0))
        .sort("ground", "tailnum")
        .head(5)
    )


def work(t: Tables) -> LTSeq:
    return (
        t["flights"]
        .filter(lambda r: r.arr.is_not_null())
        .sort("dep", partition_by="tailnum")
        .group_ordered(lambda r: r.dep - r.arr.shift() > SIX_HOURS)
        .agg(
            lambda g: {
                "tailnum": g.tailnum.first(),
                "began": g.dep.first(),
                "ended": g.arr.last(),
                "flights": g.count(),
                "miles": g.distance.sum(),
            }
        )
        .sort("flights", "miles", "tailnum", desc=[True, True, False])
        .head(5)
    )


def streak(t: Tables) -> LTSeq:
    return (
        t["flights"]
        .link(t["airlines"], on=lambda f, a: f.carrier == a.carrier, as_="a")
        .filter(lambda r: r.dep.is_not_null())
        .sort("dep")
        .agg(
            lambda r: {"airline": r.a.name},
            late_in_a_row=lambda g: (g.dep_delay > 0).streak().max(),
            flights=lambda g: g.count(),
        )
        .sort("late_in_a_row", "airline", desc=[True, False])
        .head(5)
    )


def delay(t: Tables) -> LTSeq:
    return (
        t["flights"]
        .sort("sched", partition_by="origin")
        .derive(
            week=lambda r: r.sched.dt.truncate("week"),
            delay=lambda r: r.dep_delay.rolling(timedelta(days=7)).mean(),
        )
        .group_ordered("week")
        .agg(lambda g: {"origin": g.origin.first(), "week": g.week.first(), "delay": g.delay.last()})
    )


def buildup(t: Tables) -> LTSeq:
    return (
        t["flights"]
        .filter(lambda r: r.arr.is_not_null())
        .sort("dep", partition_by="tailnum")
        .group_ordered(lambda r: r.dep - r.arr.shift() > SIX_HOURS)
        .derive(lambda g: {"leg": g.run_pos() + 1, "so_far": g.dep_delay.cum_sum()})
        .flatten()
        .agg(
            "leg",
            flights=lambda g: g.count(),
            delay=lambda g: g.dep_delay.avg(),
            so_far=lambda g: g.so_far.avg(),
        )
        .sort("leg")
        .head(5)
    )


def oldest(t: Tables) -> LTSeq:
    return (
        t["flights"]
        .link(t["airlines"], on=lambda f, a: f.carrier == a.carrier, as_="a")
        .link(t["planes"], on=lambda f, p: f.tailnum == p.tailnum, as_="p")
        .filter(lambda r: r.dep.is_not_null())
        .sort("dep")
        .agg(
            lambda r: {
                "built": r.p.year,
                "tailnum": r.tailnum,
                "manufacturer": r.p.manufacturer,
                "airline": r.a.name,
            },
            flights=lambda g: g.count(),
            last_to=lambda g: g.dest.last(),
            last_seen=lambda g: g.dep.last(),
        )
        .sort("built", "tailnum")
        .head(5)
    )


def storm(t: Tables) -> LTSeq:
    return (
        t["flights"]
        .sort("sched", partition_by="origin")
        .group_ordered(lambda r: r.dep.is_null())
        .filter(lambda g: g.all(lambda r: r.dep.is_null()))
        .agg(
            lambda g: {
                "origin": g.origin.first(),
                "since": g.sched.first(),
                "until": g.sched.last(),
                "cancelled": g.count(),
            }
        )
        .sort("cancelled", "since", desc=[True, False])
        .head(5)
    )


LAMBDAS = {f.__name__: f for f in (ground, work, streak, delay, buildup, oldest, storm)}


def main() -> int:
    """Asks every question both ways; 0 if all answers agree."""
    start = time.perf_counter()
    tables = data.load()
    objects = {name: LTSeq.from_arrow(table) for name, table in tables.items()}
    flights = tables["flights"].num_rows
    questions = show.questions()
    differing = []
    with ltseq_dbapi.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        for number, question in enumerate(questions, 1):
            cursor = connection.cursor().execute(question.sql)
            columns = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall()
            answer = LAMBDAS[question.name](objects)
            agree = answer.columns == columns and [tuple(row.values()) for row in answer.to_dicts()] == rows
            if not agree:
                differing.append(question.name)
            show.answer(number, question, columns, rows, agree)
    seconds = time.perf_counter() - start
    if differing:
        print(f"SQL and lambdas DIFFER on: {', '.join(differing)}")
        return 1
    print(f"{len(questions)} questions about {flights:,} flights in {seconds:.1f} s: SQL and lambdas agree on all.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
