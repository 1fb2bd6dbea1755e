"""Functions of a user's own: what a kind does not take is refused in one sentence, and never passed over."""

import tarfile
from pathlib import Path

import pytest

from dynamics_settings import SWEEP, TRAIN
from premotor import PremotorError
from premotor.runs import Run, resume, train
from premotor.runs.dynamics import SpectrumHooks
from premotor.runs.spiking import Hooks, SpikingRun
from tiny import tiny_settings

RUNS = Path(__file__).parents[1] / "data" / "runs"
SPIKING = {"kind": "spiking", "learning": {"kind": "plasticity", "episodes": 2}}
SIMULATION = {"kind": "simulation", "circuit": {"source": "celegans"}, "model": "rate", "seconds": 0.3}


def critic(*_):
    return 0.0


@pytest.mark.parametrize(
    ("settings", "hooks", "why"),
    [
        (SPIKING, SpectrumHooks(), r"spiking takes functions of yours as premotor.runs.spiking.Hooks\(…\)$"),
        (SPIKING, critic, r"hooks is <function critic .*; a run of the kind spiking takes functions"),
        (
            {"kind": "spectrum", **TRAIN},
            Hooks(),
            r"spectrum takes .* as premotor.runs.dynamics.SpectrumHooks\(…\)$",
        ),
        (SIMULATION, Hooks(critic), "a run of the kind simulation takes no functions of yours"),
        ({"kind": "transition", **SWEEP}, Hooks(critic), "a run of the kind transition takes no functions of yours"),
    ],
)
def test_another_class_than_the_kind_takes_is_refused_before_anything_is_written(settings, hooks, why, tmp_path):
    with pytest.raises(PremotorError, match=why):
        train(settings, output=tmp_path / "run", hooks=hooks, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_control_takes_none(circuit_folder, tmp_path):
    with pytest.raises(PremotorError, match="a run of the kind control takes no functions of yours"):
        train(tiny_settings(circuit_folder), output=tmp_path / "run", hooks=Hooks(critic), progress=False)


def test_runs_are_opened_and_resumed_with_what_they_take(tmp_path):
    with tarfile.open(RUNS / "spiking-plasticity.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    with pytest.raises(PremotorError, match="spiking takes functions of yours as premotor.runs.spiking.Hooks"):
        _ = SpikingRun(folder, SpectrumHooks()).arena
    with pytest.raises(PremotorError, match="functions of yours are given by their use, as Hooks"):
        resume(folder, hooks=critic, progress=False)
    assert Run(folder).hooks is None
