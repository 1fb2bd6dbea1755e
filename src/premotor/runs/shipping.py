"""Trained controllers that come with premotor: settings, arrays and the figures of their test, a folder each."""

import dataclasses
import os
import shutil
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import numpy as np

from premotor.connectome import Circuit, circuit_names
from premotor.errors import PremotorError
from premotor.networks import Controller
from premotor.networks.controller.local_maps import COLUMNS
from premotor.runs.arrays import fill, flatten, load_arrays, save_arrays
from premotor.runs.building import build_circuit, controller_for
from premotor.runs.files import read_json, write_atomically, write_json
from premotor.runs.loading import dump_experiment, load_experiment
from premotor.runs.run import Run, Which
from premotor.runs.settings import CircuitSettings, Experiment
from premotor.runs.settings_errors import closest
from premotor.tasks import Task, build_task

SETTINGS, CONTROLLER, FIGURES, CIRCUIT = "settings.yaml", "controller.safetensors", "test.json", "circuit"


class Shipped(NamedTuple):
    """A trained controller of the package."""

    settings: Experiment
    controller: Controller
    task: Task
    figures: dict[str, Any]
    """Of the test that `premotor evaluate` made of it."""
    circuit: Circuit
    """Its wiring."""


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
        return Shipped(settings, fill(template, load_arrays(file), file), task, read_json(folder / FIGURES), circuit)


def ship(run: Run, folder: str | os.PathLike[str], checkpoint: Which = "best", source: str = "") -> Path:
    """Write what `shipped` reads of a run that has been tested; the folder.

    Of a circuit that does not come with premotor only what the controller itself needs is written: who is wired to
    whom, signs and classes, without ids, types and counts of synapses.

    Args:
        run: the run.
        folder: where to; what is there already is replaced.
        checkpoint: which controller.
        source: name, version and citation of the wiring, where it is not one of premotor's own.

    Raises:
        PremotorError: `premotor evaluate` has not tested it, or `source` is missing.
    """
    own = run.settings.circuit.source in circuit_names()
    if not own and not source:
        raise PremotorError(f"name the source of the wiring of {run.folder}: it is none that comes with premotor")
    if not run.places.test_file.exists():
        raise PremotorError(f"{run.folder} has not been tested; run `premotor evaluate {run.folder}` first")
    place, settings = Path(folder), run.settings
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    if not own:
        bare(run.circuit, source).save(place / CIRCUIT)
        settings = settings.model_copy(update={"circuit": CircuitSettings(source=CIRCUIT)})
    save_arrays(place / CONTROLLER, flatten(run.controller(checkpoint)))
    write_json(place / FIGURES, read_json(run.places.test_file))
    write_atomically(place / SETTINGS, dump_experiment(settings))
    return place


def bare(circuit: Circuit, source: str) -> Circuit:
    """The circuit with neurons numbered from 1, without types, and with a count of 1 at every edge.

    Of further columns of the neuron table those stay that a controller is built by: roles, and legs and joints.
    """
    needed = [name for name in ("role", *COLUMNS) if name in circuit.neurons]
    neurons = circuit.neurons[["type", "class", "transmitter", "sign", "side", *needed]].copy()
    neurons["type"] = neurons["transmitter"] = neurons["side"] = ""
    neurons.index = neurons.index.__class__(np.arange(1, len(neurons) + 1, dtype=np.int64), name=neurons.index.name)
    synapses = circuit.synapses.copy()
    synapses.data[:] = 1
    gaps = None if circuit.gap_junctions is None else circuit.gap_junctions.copy()
    if gaps is not None:
        gaps.data[:] = 1
    record = dataclasses.replace(circuit.provenance, dataset=source, version="", citation=source, steps=())
    return Circuit(neurons, synapses, gaps, record)


def _place() -> Any:
    return resources.files("premotor") / "policies"
