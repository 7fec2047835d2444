"""The SQLAlchemy dialect: ``create_engine("ltseq://")``.

>>> from sqlalchemy import create_engine, text
>>> with create_engine("ltseq://").connect() as connection:
...     connection.execute(text("SELECT :n + 1"), {"n": 1}).scalar()
2

The dialect module is loaded by SQLAlchemy through the entry points ``ltseq`` and
``ltseq.ltseq_dbapi``; importing this package alone does not need SQLAlchemy.
"""
