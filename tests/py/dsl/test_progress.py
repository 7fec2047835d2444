"""The line of progress. Needs no engine."""

from __future__ import annotations

import io
import sys
import time

import pytest

import ltseq
from ltseq import progress_line
from ltseq.progress_line import Progress


@pytest.fixture(autouse=True)
def automatic():
    yield
    ltseq.progress(None)


def run(monkeypatch, seconds, after=0.0):
    monkeypatch.setattr(progress_line, "_AFTER", after)
    monkeypatch.setattr(progress_line, "_EVERY", 0.01)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress() as progress:
        progress.rows = 1234
        time.sleep(seconds)
    return stream.getvalue()


def test_the_line_tells_rows_and_is_wiped(monkeypatch):
    ltseq.progress(True)
    text = run(monkeypatch, 0.1)
    assert "1,234 rows" in text
    assert text.endswith("\r\x1b[K")


def test_short_runs_say_nothing(monkeypatch):
    ltseq.progress(True)
    assert run(monkeypatch, 0.0, after=5.0) == ""


def test_nothing_is_written_where_there_is_no_terminal(monkeypatch):
    assert run(monkeypatch, 0.05) == ""


def test_another_kind_is_an_argument_error():
    with pytest.raises(ltseq.ArgumentError):
        ltseq.progress("on")
