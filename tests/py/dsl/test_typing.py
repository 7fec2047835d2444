"""The public surface type-checks under mypy strict, tried on a file that uses every call. Needs no engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def test_the_surface_is_typed():
    pytest.importorskip("mypy", reason="mypy is not installed")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(HERE / "typed_surface.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


def test_the_package_says_it_is_typed():
    assert (ROOT / "ltseq" / "py.typed").exists()
