"""The page about sections of reports, followed literally; and what a user is told whose class is none."""

import pytest

from howto.pages import follow, page_files
from howto.smaller import SMALLER
from premotor.cli import main
from premotor.errors import PremotorError
from premotor.plugins import load_plugin
from premotor.report import SECTIONS, ReportSection, RunRecord

PAGE = "add-report-section"


@pytest.mark.slow  # test_add_network.py follows a page through the same commands in `make test`
def test_the_page_works_as_it_stands(user_folder):
    follow(PAGE, user_folder, SMALLER)
    page = (user_folder / "runs/walk/report.html").read_text()
    titles = ("How it walks", ">Saturation<", "What the neurons do")
    places = [page.index(title, page.index("<main")) for title in titles]
    assert places == sorted(places) and "At an end of the range" in page
    assert (user_folder / "runs/walk/figures/saturation.png").read_bytes().startswith(b"\x89PNG")


def test_it_is_there_only_where_it_applies(user_folder):
    (user_folder / "my_section.py").write_text(page_files(PAGE)["my_section.py"])
    load_plugin(user_folder / "my_section.py")
    assert "saturation" in SECTIONS and SECTIONS["saturation"].order == 35


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("class Mine(ReportSection):\n    order, about = 1, RunRecord\n", "has no method build"),
        ("class Mine(ReportSection):\n    order = 1\n    def build(self, record): ...\n", "has no attribute about"),
        ("class Mine:\n    pass\n", "has to be a class derived from ReportSection"),
    ],
)
def test_what_is_no_section_is_refused_in_one_sentence(user_folder, capsys, body, sentence):
    text = f'from premotor.report import SECTIONS, ReportSection, RunRecord\n@SECTIONS.register("mine")\n{body}'
    (user_folder / "mine.py").write_text(text)
    assert main(["report", ".", "--plugin", "mine.py"]) == 2
    words = capsys.readouterr().err
    assert sentence in words and words.count("\n") == 1


def test_a_name_is_taken_once():
    with pytest.raises(PremotorError, match="there is a report section 'weights' already"):

        @SECTIONS.register("weights")
        class Mine(ReportSection[RunRecord]):
            order, about = 1, RunRecord

            def build(self, record): ...
