"""Trained controllers that come with premotor: settings, arrays and the figures of their test, a folder each."""

import os
import shutil
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import equinox as eqx

from premotor.connectome import Circuit, circuit_names, load_circuit
from premotor.errors import PremotorError
from premotor.files import read_json, write_atomically, write_json
from premotor.learning.trees import fill, flatten
from premotor.networks import Controller
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.building import build_circuit, controller_for
from premotor.runs.figures import Figures
from premotor.runs.loading import dump_settings, load_experiment
from premotor.runs.provenance import sha256
from premotor.runs.run import Run, Which
from premotor.runs.settings import CircuitSettings, Experiment
from premotor.runs.settings_errors import closest
from premotor.tasks import Task, build_task

SETTINGS, CONTROLLER, FIGURES, CIRCUIT = "settings.yaml", "controller.safetensors", "test.json", "circuit.json"


class Shipped(NamedTuple):
    """A trained controller of the package."""

    settings: Experiment
    controller: Controller
    task: Task
    figures: Figures
    """Of the test that `premotor evaluate` made of it."""
    circuit: Circuit
    """Its wiring."""


def shipped_names() -> tuple[str, ...]:
    """Names of the trained controllers that come with premotor; each is also the preset that it was trained with."""
    place = _place()
    return tuple(sorted(entry.name for entry in place.iterdir() if entry.is_dir())) if place.is_dir() else ()


def shipped_settings(name: str) -> Experiment:
    """With which a controller of the package was trained.

    Raises:
        PremotorError: there is none of this name.
    """
    names = shipped_names()
    if name not in names:
        known = ", ".join(names) or "none"
        raise PremotorError(f"there is no trained controller {name!r}{closest(name, names)}; there are {known}")
    with resources.as_file(_place() / name) as folder:
        return load_experiment(folder / SETTINGS)


def shipped(name: str) -> Shipped:
    """A trained controller of the package.

    Raises:
        PremotorError: there is none of this name.
    """
    settings = shipped_settings(name)
    with resources.as_file(_place() / name) as folder:
        task, circuit = build_task(settings.task), build_circuit(settings.circuit)
        found = _record(settings, circuit)
        if any(found.get(name) != value for name, value in read_json(folder / CIRCUIT).items()):
            raise PremotorError(
                f"the circuit {settings.circuit.source!r} is not the one with which the controller {name!r} was "
                "trained: its neurons or synapses have changed since"
            )
        # Shapes are all that a template needs, and they come without compiling anything.
        template = eqx.filter_eval_shape(lambda: controller_for(circuit, task, settings, calibrate=False))
        file = folder / CONTROLLER
        return Shipped(settings, fill(template, load_arrays(file), file), task, read_json(folder / FIGURES), circuit)


def shipped_hash(name: str) -> str:
    """SHA-256 of the arrays of a controller of the package."""
    with resources.as_file(_place() / name / CONTROLLER) as file:
        return sha256(file)


def ship(run: Run, folder: str | os.PathLike[str], checkpoint: Which = "best") -> Path:
    """Write what `shipped` reads of a run that has been tested; the folder.

    The wiring is not written: the settings name the circuit of the package that it is, and a hash says which it was.

    Args:
        run: the run.
        folder: where to; what is there already is replaced.
        checkpoint: which controller.

    Raises:
        PremotorError: `premotor evaluate` has not tested it, or its wiring is none that comes with premotor.
    """
    if not run.places.test_file.exists():
        raise PremotorError(f"{run.folder} has not been tested; run `premotor evaluate {run.folder}` first")
    place, settings = Path(folder), run.settings
    if settings.circuit.source not in circuit_names():
        settings = settings.model_copy(update={"circuit": CircuitSettings(source=_own_name(run))})
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    save_arrays(place / CONTROLLER, flatten(run.controller(checkpoint)))
    write_json(place / FIGURES, read_json(run.places.test_file))
    write_json(place / CIRCUIT, _record(settings, run.circuit))
    write_atomically(place / SETTINGS, dump_settings(settings))
    return place


def _own_name(run: Run) -> str:
    """Name of the circuit of the package with the wiring of a run whose source is a file or folder."""
    for name in circuit_names():
        own, circuit = load_circuit(name), run.circuit
        if own.digest == circuit.digest and own.neuromuscular_digest == circuit.neuromuscular_digest:
            return name
    raise PremotorError(
        f"the wiring of {run.folder} ({run.settings.circuit.source}) is none that comes with premotor: "
        f"{', '.join(circuit_names())}"
    )


def _record(settings: Experiment, circuit: Circuit) -> dict[str, str]:
    onto = {"neuromuscular_sha256": circuit.neuromuscular_digest} if len(circuit.effectors) else {}
    return {"source": settings.circuit.source, "sha256": circuit.digest, **onto}


def _place() -> Traversable:
    return resources.files("premotor") / "policies"
