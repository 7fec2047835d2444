"""Section 12: signatures and stubs: the surface type-checks under mypy and Pyright, both strict, on a file that uses
every call; `py.typed` ships; `import *` hides no name of Python.
"""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from pathlib import Path

import pytest

import ltseq

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def test_the_surface_is_typed():
    pytest.importorskip("mypy", reason="mypy is not installed")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(HERE / "typed_surface.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


def test_the_surface_is_typed_for_editors():
    pytest.importorskip("basedpyright", reason="basedpyright is not installed")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    found = [
        f"{fault['file']}:{fault['range']['start']['line'] + 1} {fault['message']}"
        for fault in report["generalDiagnostics"]
    ]
    assert found == []
    assert report["summary"]["filesAnalyzed"] > 40


def test_import_all_hides_no_name_of_python():
    assert [name for name in ltseq.__all__ if hasattr(builtins, name)] == []
    assert set(ltseq.expr.__all__) - set(ltseq.__all__) == {"abs", "max", "min", "round", "sum"}


def test_the_package_says_it_is_typed():
    assert (ROOT / "ltseq" / "py.typed").exists()
