"""Tutorials are pages (tests/test_docs.py runs them) and the same as notebooks."""

import importlib.util
import json

import pytest

from markdown_pages import ROOT, fenced

PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


@pytest.fixture(scope="module")
def notebooks():
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "scripts" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_tutorial_has_its_notebook(page, notebooks):
    text = page.read_text(encoding="utf-8")
    written = page.with_suffix(".ipynb").read_text(encoding="utf-8")
    assert written == notebooks.notebook(text), "python scripts/notebooks.py makes it anew"
    code = ["".join(cell["source"]) for cell in json.loads(written)["cells"] if cell["cell_type"] == "code"]
    assert code == [block.text.rstrip("\n") for block in fenced(text) if block.language == "python"]
    assert f"]({page.stem}.ipynb)" in text


def test_there_are_tutorials():
    assert len(PAGES) == 5
