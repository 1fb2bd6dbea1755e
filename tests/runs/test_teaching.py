"""A run that is taught by another run before it learns, and goes on without it."""

import shutil

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs import Run, resume, train
from premotor.runs.arrays import load_arrays
from tiny import tiny_settings


def test_a_run_is_taught_by_a_run(trained, circuit_folder, tmp_path):
    """In two words of a command; what cannot teach is told."""
    cloning = {"iterations": 2, "steps": 10, "batch": 4, "expert": str(trained.folder)}
    settings = tiny_settings(circuit_folder, seed=3, cloning=cloning)
    run = train(settings, output=tmp_path / "pupil", progress=False, finish=False)
    other = {**settings, "cloning": {**cloning, "expert": None}}  # by the task's own reference
    alone = train(other, output=tmp_path / "alone", progress=False, finish=False)
    one, two = (r.parameters("initial")[0]["input_weight"] for r in (run, alone))
    assert (one != two).any()
    with pytest.raises(PremotorError, match="nobody is neither a run folder nor a preset"):
        train({**settings, "cloning": {**cloning, "expert": "nobody"}}, output=tmp_path / "x", progress=False)
    assert not (tmp_path / "x").exists()


def test_a_run_goes_on_without_its_teacher(trained, circuit_folder, tmp_path):
    """Cloning is over once there is a checkpoint, so that a run goes on to the same numbers without the expert."""
    teacher = shutil.copytree(trained.folder, tmp_path / "teacher")
    cloning = {"iterations": 2, "steps": 10, "batch": 4, "expert": str(teacher)}
    settings = tiny_settings(circuit_folder, seed=3, cloning=cloning)
    whole = train(settings, output=tmp_path / "whole", progress=False, finish=False)
    half = {**settings, "learning": {**settings["learning"], "steps": 32}}
    file = train(half, output=tmp_path / "half", progress=False, finish=False).places.settings_file
    file.write_text(file.read_text().replace("steps: 32\n", "steps: 64\n", 1))
    shutil.rmtree(teacher)
    found = resume(tmp_path / "half", progress=False, finish=False)
    one, other = (
        load_arrays(run.places.checkpoints_folder / f"{64:012d}" / "state.safetensors") for run in (found, whole)
    )
    assert set(one) == set(other) and Run(tmp_path / "half").step == 64
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
