"""The engine where it is built; else a stand-in that records, and tests that need rows are skipped."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _load_fake():
    spec = importlib.util.spec_from_file_location("ltseq_fake_native", HERE / "fake_native.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


fake = _load_fake()

try:
    import ltseq._native  # noqa: F401

    ENGINE = True
except ImportError:
    for name in [name for name in sys.modules if name.split(".")[0] == "ltseq"]:
        del sys.modules[name]
    sys.modules["ltseq._native"] = fake.module()
    ENGINE = False


@pytest.fixture
def engine():
    """The engine, for tests that compute rows."""
    if not ENGINE:
        pytest.fail("ltseq._native is not built: run make build")


@pytest.fixture
def recorded():
    """Makes tables over a plan that records verbs: `recorded({"a": "int64"}, order=[("a", False)])`."""
    from ltseq import LTSeq

    def make(schema, order=None, name=None):
        table = LTSeq.__new__(LTSeq)
        table._set(fake.Plan(schema, order, name))
        return table

    return make


@pytest.fixture
def sent():
    """The verb and payload that made a table over a recording plan."""

    def of(table):
        return table._plan_or_none.made_by

    return of
