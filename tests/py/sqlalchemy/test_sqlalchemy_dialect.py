"""The dialect over a real engine: running, reflecting, types."""

from __future__ import annotations

import datetime
import threading
import uuid
import warnings
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import ltseq_dbapi
from ltseq_dbapi.sqlalchemy.dialect import LTSeqDialect
from ltseq_dbapi.sqlalchemy.types import Duration


@pytest.mark.parametrize("url", ["ltseq://", "ltseq+ltseq_dbapi://", "ltseq:///:memory:"])
def test_entry_points(url: str) -> None:
    engine = sa.create_engine(url)
    assert engine.dialect.name == "ltseq"
    assert engine.dialect.driver == "ltseq_dbapi"
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_text_with_names(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT :a - :b AS d, '\\:c ?'"), {"b": 3, "a": 5}).one()
        assert tuple(row) == (2, ":c ?")
        assert row.d == 2


def test_one_database_for_each_engine(engine: sa.Engine, ticks: sa.Table) -> None:
    seen: list[Any] = []

    def work() -> None:
        with engine.connect() as connection:
            seen.append(connection.execute(sa.select(sa.func.count()).select_from(ticks)).scalar())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == [4, 4, 4, 4]
    other = sa.create_engine("ltseq://")
    assert sa.inspect(other).get_table_names() == []


def test_select(engine: sa.Engine, ticks: sa.Table) -> None:
    c = ticks.c
    statement = (
        sa.select(c.sym, sa.func.count().label("n"), sa.func.max(c.px).label("top"))
        .where(c.px > 5, c.sym.in_(["A", "B"]))
        .group_by(c.sym)
        .order_by(c.sym)
    )
    with engine.connect() as connection:
        assert connection.execute(statement).all() == [("A", 3, 11.0)]
        assert connection.execute(sa.select(c.ts).where(c.sym.in_([]))).all() == []


def test_limit_and_offset(engine: sa.Engine, ticks: sa.Table) -> None:
    by_px = sa.select(ticks.c.px).order_by(ticks.c.px)
    with engine.connect() as connection:
        assert connection.scalars(by_px.limit(2)).all() == [5.0, 9.5]
        assert connection.scalars(by_px.offset(3)).all() == [11.0]
        assert connection.scalars(by_px.limit(1).offset(1)).all() == [9.5]


def test_join_cte_union_window(engine: sa.Engine, ticks: sa.Table) -> None:
    c = ticks.c
    best = sa.select(c.sym, sa.func.max(c.px).label("px")).group_by(c.sym).cte("best")
    joined = sa.select(c.ts).join(best, sa.and_(c.sym == best.c.sym, c.px == best.c.px))
    both = sa.union_all(sa.select(c.ts).where(c.sym == "B"), joined).subquery()
    back = sa.func.sum(c.px).over(partition_by=c.sym, order_by=c.ts, rows=(-1, 0))
    with engine.connect() as connection:
        assert connection.scalars(sa.select(both.c.ts).order_by(both.c.ts)).all() == [1, 1, 2]
        rows = connection.execute(sa.select(c.ts, back).where(c.sym == "A").order_by(c.ts)).all()
        assert rows == [(1, 10.0), (2, 21.0), (3, 20.5)]


def test_ordered_query(engine: sa.Engine, ticks: sa.Table) -> None:
    c = ticks.c
    statement = sa.select(c.ts, sa.func.diff(c.px)).with_hint(ticks, "ORDERED BY ts").where(c.sym == "A")
    with engine.connect() as connection:
        assert connection.execute(statement).all() == [(1, None), (2, 1.0), (3, -1.5)]


def test_insert_update_delete(engine: sa.Engine, ticks: sa.Table) -> None:
    c = ticks.c
    with engine.begin() as connection:
        connection.execute(ticks.insert().values(sym="C", ts=1, px=None))
        more = [{"sym": "D", "ts": 1, "px": 1.0}, {"sym": "D", "ts": 2, "px": 2.0}]
        connection.execute(ticks.insert().values(more))
        copied = sa.select(sa.literal("E"), c.ts, c.px).where(c.sym == "D")
        connection.execute(ticks.insert().from_select(["sym", "ts", "px"], copied))
        assert connection.execute(ticks.update().where(c.sym == "E").values(px=7)).rowcount == 2
        assert connection.execute(ticks.delete().where(c.sym == "D")).rowcount == 2
        left = sa.select(c.sym, c.ts, c.px).where(c.sym > "B").order_by(c.sym, c.ts)
        assert connection.execute(left).all() == [("C", 1, None), ("E", 1, 7.0), ("E", 2, 7.0)]


def test_errors_arrive_as_sqlalchemys(engine: sa.Engine) -> None:
    with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError) as caught:
        connection.execute(sa.text("SELECT * FROM nowhere"))
    assert isinstance(caught.value.orig, ltseq_dbapi.ProgrammingError)
    assert caught.value.orig.code == "UNKNOWN_TABLE"


def test_rollback_is_honest(engine: sa.Engine, ticks: sa.Table) -> None:
    count = sa.select(sa.func.count()).select_from(ticks)
    with engine.connect() as connection:
        connection.execute(ticks.delete())
        with pytest.warns(ltseq_dbapi.Warning, match="undoes nothing"):
            connection.rollback()
        assert connection.scalar(count) == 0


def test_reading_and_committing_do_not_warn(engine: sa.Engine, ticks: sa.Table) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with engine.begin() as connection:
            connection.execute(ticks.delete())
        with engine.connect() as connection:
            connection.execute(sa.select(ticks)).all()


def test_isolation_level(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        connection.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(sa.exc.ArgumentError):
        connection.execution_options(isolation_level="SERIALIZABLE")


def test_reflection(engine: sa.Engine, ticks: sa.Table) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE VIEW up AS SELECT sym, px FROM ticks WHERE px > 9"))
        connection.execute(sa.text("CREATE SCHEMA other"))
        connection.execute(sa.text('CREATE TABLE other."Odd Name" ("a b" INT)'))
    inspector = sa.inspect(engine)
    assert inspector.default_schema_name == "public"
    assert {"public", "other"} <= set(inspector.get_schema_names())
    assert inspector.get_table_names() == ["ticks"]
    assert inspector.get_view_names() == ["up"]
    assert inspector.get_table_names(schema="other") == ["Odd Name"]
    assert "px > 9" in inspector.get_view_definition("up")
    described = [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns("ticks")]
    assert described == [("sym", "VARCHAR", False), ("ts", "BIGINT", True), ("px", "DOUBLE", True)]
    assert [c["name"] for c in inspector.get_columns("up")] == ["sym", "px"]
    assert [c["name"] for c in inspector.get_columns("Odd Name", schema="other")] == ["a b"]
    assert inspector.get_pk_constraint("ticks")["constrained_columns"] == []
    assert inspector.get_foreign_keys("ticks") == []
    assert inspector.get_indexes("ticks") == []
    assert inspector.get_unique_constraints("ticks") == []
    assert inspector.get_check_constraints("ticks") == []


def test_has_table(engine: sa.Engine, ticks: sa.Table) -> None:
    inspector = sa.inspect(engine)
    assert inspector.has_table("ticks") is True
    assert inspector.has_table("Ticks") is False
    assert inspector.has_table("ticks", schema="nowhere") is False
    assert inspector.has_table("SELECT 'it''s' FROM ticks WHERE px > ? -- :x") is False


@pytest.mark.parametrize(
    "method",
    [
        "get_columns",
        "get_pk_constraint",
        "get_foreign_keys",
        "get_indexes",
        "get_unique_constraints",
        "get_check_constraints",
        "get_table_comment",
        "get_view_definition",
    ],
)
def test_reflecting_what_is_not_there(engine: sa.Engine, method: str) -> None:
    with pytest.raises(sa.exc.NoSuchTableError):
        getattr(sa.inspect(engine), method)("nowhere")


def test_autoload(engine: sa.Engine, ticks: sa.Table) -> None:
    meta = sa.MetaData()
    meta.reflect(engine)
    again = meta.tables["ticks"]
    assert again.columns.keys() == ["sym", "ts", "px"]
    with engine.connect() as connection:
        top = connection.execute(sa.select(again).order_by(again.c.px.desc()).limit(1)).one()
    assert tuple(top) == ("A", 2, 11.0)


DAY = datetime.date(1620, 2, 29)
AT = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456)
ZONED = AT.replace(tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (sa.Integer(), 5),
        (sa.BigInteger(), 2**40),
        (sa.SmallInteger(), -3),
        (sa.Float(), 0.1),
        (sa.Numeric(10, 2), Decimal("12.30")),
        (sa.Boolean(), True),
        (sa.String(20), "it's ? :x %"),
        (sa.Text(), "\u00e9"),
        (sa.LargeBinary(), b"\x00\xff"),
        (sa.Date(), DAY),
        (sa.DateTime(), AT),
        (sa.DateTime(), datetime.datetime(1620, 1, 2, 3, 4, 5)),
        (sa.DateTime(timezone=True), ZONED),
        (sa.Time(), datetime.time(1, 2, 3, 4)),
        (sa.Uuid(), uuid.UUID(int=5)),
        (sa.JSON(), {"a": [1, None]}),
        (sa.Enum("x", "y"), "y"),
        (sa.Interval(), datetime.timedelta(days=1, seconds=2)),
    ],
    ids=str,
)
def test_types_round_trip(engine: sa.Engine, type_: Any, value: Any) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("v", type_), sa.Column("n", sa.Integer))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"v": value, "n": 1})
        connection.execute(table.insert(), {"v": None, "n": 2})
        rows = connection.execute(sa.select(table.c.v).order_by(table.c.n)).all()
        assert rows[0] == (value,)
        assert type(rows[0][0]) is type(value)
        if not isinstance(type_, sa.JSON):  # its None is the JSON value null
            assert rows[1] == (None,)
            same = sa.select(table.c.n).where(table.c.v == value)
            assert connection.scalars(same).all() == [1]


def test_numbers_of_other_kinds_become_decimals(engine: sa.Engine) -> None:
    exact = sa.literal_column("CAST(2.5 AS DOUBLE)", sa.Numeric(10, 2)).label("e")
    loose = sa.literal_column("CAST(2.5 AS DECIMAL(4, 1))", sa.Numeric(10, 2, asdecimal=False)).label("l")
    with engine.connect() as connection:
        row = connection.execute(sa.select(exact, loose)).one()
    assert tuple(row) == (Decimal("2.5"), 2.5)
    assert [type(value) for value in row] == [Decimal, float]


def test_durations(engine: sa.Engine) -> None:
    value = datetime.timedelta(days=1, microseconds=5)
    bound = sa.bindparam("v", value, type_=Duration())
    with engine.connect() as connection:
        assert connection.scalar(sa.select(bound)) == value


def test_index_and_foreign_key_do_not_stop_a_table(engine: sa.Engine) -> None:
    meta = sa.MetaData()
    sa.Table("u", meta, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table("t", meta, sa.Column("u", sa.ForeignKey("u.id"), index=True))
    with pytest.warns(ltseq_dbapi.Warning, match="foreign key"):
        meta.create_all(engine)
    assert sorted(sa.inspect(engine).get_table_names()) == ["t", "u"]
    meta.drop_all(engine)
    assert sa.inspect(engine).get_table_names() == []


class Base(DeclarativeBase):
    pass


class Tick(Base):
    __tablename__ = "orm_ticks"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    px: Mapped[float]


def test_orm(engine: sa.Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Tick(id=1, px=1.5), Tick(id=2, px=2.5)])
        session.commit()
        assert session.scalars(sa.select(Tick.px).order_by(Tick.id)).all() == [1.5, 2.5]
        tick = session.get(Tick, 2)
        assert tick is not None
        tick.px = 4.0
        session.commit()
        assert session.scalar(sa.select(sa.func.sum(Tick.px))) == 5.5


SPANS = sa.Table(
    "spans",
    sa.MetaData(),
    sa.Column("d", sa.Date),
    sa.Column("ts", sa.DateTime),
    sa.Column("span", sa.Interval),
)
DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (SPANS.c.d + DAY, datetime.date(2024, 1, 2)),
        (SPANS.c.d + SPANS.c.span, datetime.date(2024, 1, 2)),
        (SPANS.c.ts + HOUR, datetime.datetime(2024, 1, 1, 10)),
        (SPANS.c.ts - SPANS.c.span, datetime.datetime(2023, 12, 31, 9)),
        (SPANS.c.ts - datetime.datetime(2024, 1, 1), 9 * HOUR),
        (SPANS.c.span + HOUR, DAY + HOUR),
        (SPANS.c.span == DAY, True),
        (SPANS.c.ts - datetime.datetime(2024, 1, 1) > HOUR, True),
    ],
    ids=str,
)
def test_intervals_calculate(engine: sa.Engine, expression: Any, value: Any) -> None:
    with engine.begin() as connection:
        SPANS.create(connection)
        row = {"d": datetime.date(2024, 1, 1), "ts": datetime.datetime(2024, 1, 1, 9), "span": DAY}
        connection.execute(SPANS.insert(), row)
        assert connection.execute(sa.select(expression)).scalar() == value


def test_intervals_as_literals() -> None:
    query = sa.select(SPANS.c.ts + (HOUR - DAY))
    text = str(query.compile(dialect=LTSeqDialect(), compile_kwargs={"literal_binds": True}))
    assert "spans.ts + CAST(INTERVAL '-82800000000 microseconds' AS INTERVAL)" in text


def test_an_interval_is_reflected_as_a_duration(engine: sa.Engine) -> None:
    SPANS.create(engine)
    assert isinstance(sa.inspect(engine).get_columns("spans")[2]["type"], Duration)


def test_insert_tells_the_number_of_rows(engine: sa.Engine, ticks: sa.Table) -> None:
    with engine.begin() as connection:
        row = {"sym": "C", "ts": 1, "px": 1.0}
        assert connection.execute(ticks.insert(), row).rowcount == 1
        assert connection.execute(ticks.insert(), [row, row]).rowcount == 2
        assert connection.execute(ticks.insert().values([row, row, row])).rowcount == 3


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (lambda c: c.contains("%", autoescape=True), [0, 2]),
        (lambda c: c.contains("_", autoescape=True), [1]),
        (lambda c: c.contains("/", autoescape=True), [0]),
        (lambda c: c.contains("\\", autoescape=True), [2]),
        (lambda c: c.contains("%\\", autoescape=True), [2]),
        (lambda c: ~c.startswith("a/%", autoescape=True), [1, 2]),
        (lambda c: c.endswith("%B", autoescape=True), []),
        (lambda c: c.contains("%", autoescape=True, escape="'"), [0, 2]),
        (lambda c: c.contains("%", autoescape=True, escape="."), [0, 2]),
        (lambda c: c.ilike("A/#%%", escape="#"), [0]),
        (lambda c: c.like("a\\_%", escape="\\"), [1]),
    ],
)
def test_escapes_of_like(engine: sa.Engine, condition: Any, found: list[int]) -> None:
    texts = ["a/%b", "a_b", "a%\\"]
    table = sa.Table("texts", sa.MetaData(), sa.Column("n", sa.Integer), sa.Column("s", sa.String))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"n": n, "s": s} for n, s in enumerate(texts)])
        query = sa.select(table.c.n).where(condition(table.c.s)).order_by(table.c.n)
        assert [n for (n,) in connection.execute(query)] == found


def test_fetch_is_limit(engine: sa.Engine, ticks: sa.Table) -> None:
    query = sa.select(ticks.c.px).order_by(ticks.c.px)
    with engine.connect() as connection:
        assert connection.execute(query.fetch(2).offset(1)).all() == [(9.5,), (10.0,)]
        assert connection.execute(query.fetch(1)).all() == [(5.0,)]
        for options in ({"with_ties": True}, {"percent": True}):
            with pytest.raises(sa.exc.CompileError, match="FETCH"):
                connection.execute(query.fetch(1, **options))


@pytest.mark.parametrize("index", ["a", ("a", 0)])
def test_json_is_not_looked_into(engine: sa.Engine, index: Any) -> None:
    with pytest.raises(sa.exc.CompileError, match="JSON"):
        sa.select(sa.column("j", sa.JSON)[index]).compile(engine)
