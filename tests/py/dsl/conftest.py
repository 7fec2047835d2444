"""Fixtures of the DSL tests: recorded tables, and the engine where it is built."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from . import fake_native

HAS_ENGINE = "ltseq._native" in sys.modules or importlib.util.find_spec("ltseq") is not None and any(
    importlib.util.spec_from_file_location("x", entry)
    for entry in []
)
