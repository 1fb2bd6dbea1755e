"""Trained controllers that come with premotor: settings, arrays and the figures of their test, a folder each."""

import os
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx

from premotor.connectome import circuit_names
from premotor.errors import PremotorError
from premotor.experiments.arrays import fill, flatten, load_arrays, save_arrays
from premotor.experiments.building import build_circuit, controller_for
from premotor.experiments.explaining import closest
from premotor.experiments.files import read_json, write_atomically, write_json
from premotor.experiments.loading import dump_experiment, load_experiment
from premotor.experiments.run import Run, Which
from premotor.experiments.settings import Experiment
from premotor.networks import Controller
from premotor.tasks import Task, build_task

SETTINGS, CONTROLLER, FIGURES = "settings.yaml", "controller.safetensors", "test.json"


class Shipped(NamedTuple):
    """A trained controller of the package."""

    settings: Experiment
    controller: Controller
    task: Task
    figures: dict[str, Any]
    """Of the test that `premotor evaluate` made of it."""


def shipped_names() -> tuple[str, ...]:
    """Names of the trained controllers that come with premotor; each is also the preset that it was trained with."""
    place = _place()
    return tuple(sorted(entry.name for entry in place.iterdir() if entry.is_dir())) if place.is_dir() else ()


def shipped(name: str) -> Shipped:
    """A trained controller of the package.

    Raises:
        PremotorError: there is none of this name.
    """
    names = shipped_names()
    if name not in names:
        known = ", ".join(names) or "none"
        raise PremotorError(f"there is no trained controller {name!r}{closest(name, names)}; there are {known}")
    with resources.as_file(_place() / name) as folder:
        settings = load_experiment(folder / SETTINGS)
        task, circuit = build_task(settings.task), build_circuit(settings.circuit)
        # Shapes are all that a template needs, and they come without compiling anything.
        template = eqx.filter_eval_shape(lambda: controller_for(circuit, task, settings))
        file = folder / CONTROLLER
        return Shipped(settings, fill(template, load_arrays(file), file), task, read_json(folder / FIGURES))


def ship(run: Run, folder: str | os.PathLike[str], checkpoint: Which = "best") -> Path:
    """Write what `shipped` reads of a run that has been tested; the folder.

    Raises:
        PremotorError: its circuit does not come with premotor, or `premotor evaluate` has not tested it.
    """
    source = run.settings.circuit.source
    if source not in circuit_names():
        raise PremotorError(f"circuit.source is {source}; only circuits that come with premotor can be shipped")
    if not run.places.test_file.exists():
        raise PremotorError(f"{run.folder} has not been tested; run `premotor evaluate {run.folder}` first")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    save_arrays(place / CONTROLLER, flatten(run.controller(checkpoint)))
    write_json(place / FIGURES, read_json(run.places.test_file))
    write_atomically(place / SETTINGS, dump_experiment(run.settings))
    return place


def _place() -> Any:
    return resources.files("premotor") / "policies"
