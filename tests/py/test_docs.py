"""Every example of the documentation runs, and gives the output that the page shows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("ltseq._native")
pytest.importorskip("pyarrow")

ROOT = Path(__file__).parents[2]


def _load():
    spec = importlib.util.spec_from_file_location("docs_execute", ROOT / "docs" / "execute.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


execute = _load()
PAGES = list(execute.pages())


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_the_page_shows_what_its_examples_give(path):
    page = path.read_text(encoding="utf-8")
    assert execute.executed(page).splitlines() == page.splitlines()


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_links_lead_somewhere(path):
    for target in execute.links(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"
