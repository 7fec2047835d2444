"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import ltseq


def documented():
    """Names of the modules of the package."""
    names = [info.name for info in pkgutil.walk_packages(ltseq.__path__, "ltseq.")]
    return ["ltseq", *(name for name in names if not name.endswith("_native"))]


@pytest.mark.parametrize("name", documented())
def test_examples(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_most_functions_have_an_example():
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in documented() for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) > 150
