"""Figures of results about dynamics come from their folders alone."""

import shutil
from io import BytesIO

import matplotlib.image
import pytest

from premotor import PremotorError
from premotor.report import is_dynamics, write_dynamics_figures

DRAWN = {
    "transitions": {"transition.png"},
    "varied": {"spectra.png", "entropy.png"},
    "converged": {"convergence.png"},
    "measured_costs": {"benchmark.png"},
    "trained": {"learning.png", "spectra.png", "parameters.png"},
    "regional": {"learning.png", "spectra.png", "parameters.png"},
}


@pytest.mark.parametrize("fixture", DRAWN)
def test_every_result_is_drawn(fixture, request, tmp_path):
    result = request.getfixturevalue(fixture)
    folder = shutil.copytree(result.path, tmp_path / "moved")
    assert is_dynamics(folder)
    files = write_dynamics_figures(folder)
    assert {file.name for file in files} == DRAWN[fixture]
    for file in files:
        image = matplotlib.image.imread(BytesIO(file.read_bytes()), format="png")
        assert image.shape[0] > 300 and image[..., :3].std() > 0.02
    assert write_dynamics_figures(folder) == files


def test_other_folders_are_refused(tmp_path, trained):
    assert not is_dynamics(tmp_path)
    with pytest.raises(PremotorError, match="no result folder of premotor dynamics"):
        write_dynamics_figures(tmp_path)
    folder = shutil.copytree(trained.path, tmp_path / "unfinished")
    (folder / "summary.json").unlink()
    with pytest.raises(PremotorError, match="summary.json is missing"):
        write_dynamics_figures(folder)
