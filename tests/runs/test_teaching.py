"""A run that is taught by another run before it learns, and goes on without it."""

import shutil

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs import Run, resume, train
from premotor.runs.arrays import load_arrays
from tiny import tiny_settings


def taught(circuit_folder, expert) -> dict:
    """Settings of a run of two iterations that a run teaches, or the task's own reference where `expert` is None."""
    cloning = {"iterations": 2, "steps": 10, "batch": 4, "expert": None if expert is None else str(expert)}
    return tiny_settings(
        circuit_folder, seed=3, cloning=cloning, learning={"steps": 32}, evaluation={"every_steps": None}
    )


@pytest.fixture(scope="module")
def pupil(trained, circuit_folder, tmp_path_factory) -> Run:
    """A run that was taught by the finished one."""
    settings = taught(circuit_folder, trained.folder)
    return train(settings, output=tmp_path_factory.mktemp("taught") / "pupil", progress=False, finish=False)


def test_a_run_is_taught_by_a_run(pupil, circuit_folder, tmp_path):
    """In two words of a command; what cannot teach is told."""
    alone = taught(circuit_folder, None)
    alone["learning"]["steps"] = 16
    other = train(alone, output=tmp_path / "alone", progress=False, finish=False)
    one, two = (r.parameters("initial")[0]["input_weight"] for r in (pupil, other))
    assert (one != two).any()
    with pytest.raises(PremotorError, match="nobody is neither a run folder nor a preset"):
        train(taught(circuit_folder, "nobody"), output=tmp_path / "x", progress=False)
    assert not (tmp_path / "x").exists()


def test_a_run_goes_on_without_its_teacher(pupil, trained, circuit_folder, tmp_path):
    """Cloning is over once there is a checkpoint, so that a run goes on to the same numbers without the expert."""
    teacher = shutil.copytree(trained.folder, tmp_path / "teacher")
    half = taught(circuit_folder, teacher)
    half["learning"]["steps"] = 16
    file = train(half, output=tmp_path / "half", progress=False, finish=False).places.settings_file
    file.write_text(file.read_text().replace("steps: 16\n", "steps: 32\n", 1))
    shutil.rmtree(teacher)
    found = resume(tmp_path / "half", progress=False, finish=False)
    one, other = (
        load_arrays(run.places.checkpoints_folder / f"{32:012d}" / "state.safetensors") for run in (found, pupil)
    )
    assert set(one) == set(other) and Run(tmp_path / "half").step == 32
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
