"""The figures of a page as files."""

import re
import shutil
from xml.etree import ElementTree

import pytest

from premotor.errors import PremotorError
from premotor.report import page_of, read_record, write_figure_files
from premotor.report.figure_files import numbered
from report.synthetic import make_run


@pytest.fixture(scope="module")
def untested_run(tmp_path_factory):
    """A run without episodes: figures of its learning and of its weights."""
    return make_run(tmp_path_factory.mktemp("runs") / "untested", parts=("best",))


@pytest.fixture(scope="module")
def page(untested_run):
    return page_of(read_record(untested_run))


def test_every_figure_of_a_page_is_a_vector_file(untested_run, page):
    expected = [stem for stem, _ in numbered(page)]
    files = write_figure_files(untested_run)
    assert [file.name for file in files] == [f"{stem}.svg" for stem in expected]
    assert len(expected) > 5
    for file in files:
        data = file.read_bytes()
        root = ElementTree.fromstring(data)
        assert root.tag.endswith("svg") and root.get("width", "").endswith("pt")
        assert b"var(--" not in data
        assert root.findall(".//{http://www.w3.org/2000/svg}text"), "text was turned into paths"


def test_every_format_is_written_and_the_same_again(bare_run, tmp_path):
    folder, forms = shutil.copytree(bare_run, tmp_path / "run"), ("svg", "pdf")
    files = write_figure_files(folder, forms)
    stems = list(dict.fromkeys(file.stem for file in files))
    assert [file.name for file in files] == [f"{stem}.{form}" for stem in stems for form in forms] and len(stems) == 2
    first = {file.name: file.read_bytes() for file in files}
    for name, data in first.items():
        if name.endswith(".pdf"):
            assert data.startswith(b"%PDF-") and b"CreationDate" not in data
    assert {file.name: file.read_bytes() for file in write_figure_files(folder, forms)} == first


def test_numbers_are_those_of_the_page(page):
    html = page.render()
    for stem, _ in numbered(page):
        number = re.fullmatch(r"figure-(\d+)-[a-z0-9-]+", stem)[1]
        title = re.search(rf"<b>Figure {number}\. (.+?)\.</b>", html)[1]
        assert stem == f"figure-{number}-" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def test_another_format_is_refused(run_folder):
    with pytest.raises(PremotorError, match=r"written as 'gif'; allowed are svg, pdf, png"):
        write_figure_files(run_folder, ["svg", "gif"])
    assert not (run_folder / "figures").exists()
