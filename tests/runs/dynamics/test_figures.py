"""Figures of results about dynamics come from their folders alone."""

import shutil
from io import BytesIO

import matplotlib.image
import pytest

from premotor import PremotorError
from premotor.report import read_record, write_figures, write_report
from premotor.report.dynamics import DynamicsRecord

DRAWN = {
    "transitions": {"transition.png"},
    "varied": {"spectra.png", "entropy.png", "largest.png"},
    "varied_sets": {"sets.png", "largest.png"},
    "converged": {"convergence.png"},
    "measured_costs": {"benchmark.png"},
    "trained": {"learning.png", "spectra.png", "parameters.png"},
    "regional": {"learning.png", "spectra.png", "parameters.png"},
}


# those of a region are those of any training: `make test-slow`
@pytest.mark.parametrize(
    "fixture", [pytest.param(name, marks=[pytest.mark.slow] if name == "regional" else []) for name in DRAWN]
)
def test_every_result_is_drawn(fixture, request, tmp_path):
    result = request.getfixturevalue(fixture)
    folder = shutil.copytree(result.path, tmp_path / "moved")
    page = write_report(folder)
    assert page == folder / "report.html" and page.read_text().count("<svg") == len(DRAWN[fixture])
    files = list(folder.rglob("*.png"))
    assert {file.name for file in files} == DRAWN[fixture]
    if fixture == "transitions":
        beside = {file.name: file.read_bytes() for file in files}
        assert {file.name: file.read_bytes() for file in write_figures(folder)} == beside  # drawn again
    for file in files:
        image = matplotlib.image.imread(BytesIO(file.read_bytes()), format="png")
        assert image.shape[0] > 300 and image[..., :3].std() > 0.02


def test_other_folders_are_refused_and_unfinished_ones_say_so(tmp_path, trained):
    with pytest.raises(PremotorError, match="is no run folder"):
        write_report(tmp_path)
    folder = shutil.copytree(trained.path, tmp_path / "unfinished")
    (folder / "summary.json").unlink()
    assert isinstance(read_record(folder), DynamicsRecord) and write_figures(folder) == []
    assert "premotor resume" in write_report(folder).read_text()
