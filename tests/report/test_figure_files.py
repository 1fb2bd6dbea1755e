"""The figures of a page as files."""

import re
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
    files = write_figure_files(untested_run, ["svg", "pdf"])
    assert [file.name for file in files] == [f"{stem}.{form}" for stem in expected for form in ("svg", "pdf")]
    assert len(expected) > 5
    for file in files:
        data = file.read_bytes()
        if file.suffix == ".pdf":
            assert data.startswith(b"%PDF-") and b"CreationDate" not in data
        else:
            root = ElementTree.fromstring(data)
            assert root.tag.endswith("svg") and root.get("width", "").endswith("pt")
            assert b"var(--" not in data
            assert root.findall(".//{http://www.w3.org/2000/svg}text"), "text was turned into paths"
    first = {file.name: file.read_bytes() for file in files if file.suffix == ".svg"}
    again = {file.name: file.read_bytes() for file in write_figure_files(untested_run)}
    assert again == first  # as it was written before


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
