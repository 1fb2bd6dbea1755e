"""Several runs on one page."""

import json

import pytest

from premotor.errors import PremotorError
from premotor.report import write_side_by_side
from report.html_page import PageOf


def test_two_runs_share_a_page(run_folder, bare_run, tmp_path):
    settings = run_folder / "settings.yaml"
    settings.write_text(settings.read_text().replace("seed: 0", "seed: 7", 1))
    score = json.loads((run_folder / "evaluations" / "test.json").read_text())["score"]
    path = write_side_by_side([run_folder, bare_run], tmp_path / "both.html")
    page = PageOf(path.read_text(encoding="utf-8"))
    assert page.problems == []
    assert f"{score:.3f}" in page.text
    assert "seed" in page.text and run_folder.name in page.text and "young" in page.text
    assert "Without evaluations: young" in page.text


@pytest.mark.parametrize("count", [0, 1])
def test_one_run_can_not_stand_beside_itself(finished_run, tmp_path, count):
    with pytest.raises(PremotorError, match=f"{count} run"):
        write_side_by_side([finished_run] * count, tmp_path / "x.html")


def test_wrong_folders_are_refused(finished_run, tmp_path):
    with pytest.raises(PremotorError, match="named twice"):
        write_side_by_side([finished_run, finished_run], tmp_path / "x.html")
    with pytest.raises(PremotorError, match="nothing"):
        write_side_by_side([finished_run, tmp_path / "nothing"], tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()
