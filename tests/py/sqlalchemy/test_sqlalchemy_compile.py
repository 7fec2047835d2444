"""What the dialect writes, without running it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

import ltseq_dbapi
from ltseq_dbapi.sqlalchemy.dialect import LTSeqDialect
from ltseq_dbapi.sqlalchemy.types import Duration, sqlalchemy_type

T = sa.table("t", sa.column("a", sa.Integer), sa.column("b", sa.Integer), sa.column("s", sa.String))


def sql(statement: Any) -> str:
    return " ".join(str(statement.compile(dialect=LTSeqDialect())).split())


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (sa.select(T.c.a).limit(2), "SELECT t.a FROM t LIMIT ?"),
        (sa.select(T.c.a).offset(2), "SELECT t.a FROM t OFFSET ?"),
        (sa.select(T.c.a).limit(2).offset(1), "SELECT t.a FROM t LIMIT ? OFFSET ?"),
        (sa.select(T.c.a / T.c.b), "SELECT t.a / CAST(t.b AS DOUBLE) AS anon_1 FROM t"),
        (sa.select(T.c.a // T.c.b), "SELECT t.a / t.b AS anon_1 FROM t"),
        (sa.select(T.c.a % 2), "SELECT t.a % ? AS anon_1 FROM t"),
        (sa.select(T.c.s.regexp_match("x")), "SELECT t.s ~ ? AS anon_1 FROM t"),
        (sa.select(~T.c.s.regexp_match("x", "i")), "SELECT t.s !~* ? AS anon_1 FROM t"),
        (
            sa.select(sa.func.sum(T.c.a).over(order_by=T.c.b, rows=(-2, 0))),
            "SELECT sum(t.a) OVER (ORDER BY t.b ROWS BETWEEN __[POSTCOMPILE_param_1] PRECEDING "
            "AND CURRENT ROW) AS anon_1 FROM t",
        ),
        (
            sa.select(T.c.a).with_hint(T, "ORDERED BY b", "ltseq").where(T.c.a > 1),
            "SELECT t.a FROM t ORDERED BY b WHERE t.a > ?",
        ),
        (
            sa.select(sa.column("order"), sa.column("Px"), sa.column("link")).select_from(
                sa.table("select", schema="My Schema")
            ),
            'SELECT "order", "Px", "link" FROM "My Schema"."select"',
        ),
    ],
)
def test_statements(statement: Any, text: str) -> None:
    assert sql(statement) == text


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (sa.SmallInteger(), "SMALLINT"),
        (sa.Integer(), "INTEGER"),
        (sa.BigInteger(), "BIGINT"),
        (sa.Float(), "DOUBLE"),
        (sa.Float(24), "REAL"),
        (sa.Float(53), "DOUBLE"),
        (sa.Double(), "DOUBLE"),
        (sa.Numeric(10, 2), "NUMERIC(10, 2)"),
        (sa.Boolean(), "BOOLEAN"),
        (sa.String(), "VARCHAR"),
        (sa.String(5), "VARCHAR(5)"),
        (sa.Text(), "VARCHAR"),
        (sa.Unicode(5), "VARCHAR(5)"),
        (sa.LargeBinary(), "BYTEA"),
        (sa.Date(), "DATE"),
        (sa.Time(), "TIME"),
        (sa.DateTime(), "TIMESTAMP(6)"),
        (sa.DateTime(timezone=True), "TIMESTAMP(6) WITH TIME ZONE"),
        (sa.TIMESTAMP(timezone=True), "TIMESTAMP(6) WITH TIME ZONE"),
        (sa.Uuid(), "CHAR(32)"),
        (sa.JSON(), "VARCHAR"),
        (sa.ARRAY(sa.Integer), "INTEGER[]"),
        (Duration(), "INTERVAL"),
    ],
    ids=str,
)
def test_types_to_ddl(type_: Any, text: str) -> None:
    assert type_.compile(dialect=LTSeqDialect()) == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("int16", "SMALLINT"),
        ("int32", "INTEGER"),
        ("int64", "BIGINT"),
        ("uint64", "NUMERIC(20, 0)"),
        ("float32", "REAL"),
        ("float64", "DOUBLE"),
        ("bool", "BOOLEAN"),
        ("string", "VARCHAR"),
        ("date32", "DATE"),
        ("time64[us]", "TIME"),
        ("timestamp[us]", "TIMESTAMP"),
        ("timestamp[ns, UTC]", "TIMESTAMP"),
        ("decimal128(10, 2)", "NUMERIC(10, 2)"),
        ("list<int64>", "ARRAY"),
        ("struct<a: int64>", "NULL"),
        ("null", "NULL"),
    ],
)
def test_types_from_the_engine(name: str, expected: str) -> None:
    type_ = sqlalchemy_type(name)
    shown = type(type_).__name__ if "(" not in expected else str(type_)
    assert shown.replace("NullType", "NULL") == expected
    if name.startswith("timestamp"):
        assert type_.timezone is ("," in name)


def test_tables() -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("group", sa.String(3), unique=True),
    )
    assert sql(CreateTable(table)) == (
        'CREATE TABLE t ( id INTEGER NOT NULL, "group" VARCHAR(3), PRIMARY KEY (id), UNIQUE ("group") )'
    )


def test_constraints_that_would_not_hold_are_left_out_with_a_warning() -> None:
    meta = sa.MetaData()
    sa.Table("u", meta, sa.Column("id", sa.Integer, primary_key=True))
    table = sa.Table(
        "t",
        meta,
        sa.Column("u_id", sa.Integer, sa.ForeignKey("u.id")),
        sa.CheckConstraint("u_id > 0", name="positive"),
    )
    with pytest.warns(ltseq_dbapi.Warning) as caught:
        assert sql(CreateTable(table)) == "CREATE TABLE t ( u_id INTEGER )"
    said = sorted(str(w.message) for w in caught)
    assert len(said) == 2
    assert "CHECK constraint positive" in said[0]
    assert "foreign key" in said[1]


def test_indexes_are_no_statement() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer, index=True))
    (index,) = table.indexes
    assert sql(CreateIndex(index)) == ""
    with pytest.warns(ltseq_dbapi.Warning, match="unique index"):
        assert sql(CreateIndex(sa.Index("i", table.c.a, unique=True))) == ""


def test_urls() -> None:
    create = LTSeqDialect().create_connect_args
    zone = {"datafusion.execution.time_zone": "UTC"}
    assert create(sa.make_url("ltseq://")) == ([":memory:"], zone)
    assert create(sa.make_url("ltseq:///:memory:?a.b=1")) == ([":memory:"], {**zone, "a.b": "1"})
    other = sa.make_url("ltseq://?datafusion.execution.time_zone=%2B02:00")
    assert create(other) == ([":memory:"], {"datafusion.execution.time_zone": "+02:00"})
    with pytest.raises(sa.exc.ArgumentError, match="no host"):
        create(sa.make_url("ltseq://me@there/x"))


def test_flags_that_sqlalchemy_reads_off_the_class() -> None:
    assert vars(LTSeqDialect)["supports_statement_cache"] is True
    assert LTSeqDialect.import_dbapi() is LTSeqDialect.dbapi()
    assert (LTSeqDialect.name, LTSeqDialect.driver) == ("ltseq", "ltseq_dbapi")
