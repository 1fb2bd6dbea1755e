"""From settings to the things they describe: circuit, parameters to start from, task, controller."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from premotor.connectome import Circuit, load_circuit
from premotor.connectome.nulls import NULL_MODELS, make_null
from premotor.connectome.provenance import arguments_of
from premotor.errors import PremotorError
from premotor.host_random import folded, key_of
from premotor.networks import Controller, build_controller
from premotor.runs.arrays import load_arrays
from premotor.runs.settings import CircuitSettings, Experiment
from premotor.tasks import Task


def build_circuit(
    settings: CircuitSettings, *, refresh: bool = False, progress: Callable[[str], None] | None = None
) -> Circuit:
    """Load, sign, select, threshold, and replace by the null model where one is named.

    Signs come first, so that rules which look at many neurons (hemilineages) see all of them; from a server,
    which sends the selected neurons only, they see those. `refresh` asks a server again for what is in the
    cache, and `progress` is told how far a download is.

    Raises:
        PremotorError: no such source, a bad file, a selection that leaves nothing, or a null model that changes
            nothing.
    """
    circuit = load_circuit(
        settings.source,
        settings.signs,
        select=settings.select,
        min_synapses=settings.min_synapses,
        columns=settings.columns,
        header=settings.header,
        scale=settings.scale,
        also=settings.also,
        refresh=refresh,
        progress=progress,
    )
    if settings.null is None:
        return circuit
    null = make_null(circuit, settings.null, settings.null_seed)
    if _same(null, circuit):
        raise PremotorError(
            f"the null model {settings.null} (seed {settings.null_seed}) leaves {circuit.provenance.dataset} as it is: "
            f"{circuit.synapses.nnz} edges in these signs and classes allow no exchange, so it is no null model of it; "
            f"there are {', '.join(NULL_MODELS)}"
        )
    return null


def _same(one: Circuit, other: Circuit) -> bool:
    gaps = one.gap_junctions, other.gap_junctions
    if gaps[0] is not None and gaps[1] is not None and (gaps[0] != gaps[1]).nnz:
        return False
    pairs = ((getattr(one, name), getattr(other, name)) for name in ("synapses", "neuromuscular", "muscle_junctions"))
    return all((a != b).nnz == 0 for a, b in pairs) and one.neurons.equals(other.neurons)


def without_muscles(circuit: Circuit) -> Circuit:
    """The circuit itself, for what does not read the synapses onto its muscles.

    Raises:
        PremotorError: it is a null model that changes these alone, and would pass for the connectome.
    """
    steps = circuit.provenance.steps
    if steps and arguments_of(steps[-1]).get("among_neurons") == "kept":
        raise PremotorError(
            f"the {steps[-1]['operation']} changes what reaches muscles alone, which has no effect here (only "
            "maps.muscles and maps.local read it)"
        )
    return circuit


def controller_for(
    circuit: Circuit,
    task: Task,
    experiment: Experiment,
    start: Mapping[str, np.ndarray] | None = None,
    *,
    calibrate: bool = True,
) -> Controller:
    """The controller of an experiment before learning; the same settings give the same arrays.

    `start`: parameters of the network to start from, as `starting_arrays` gives them. `calibrate`: False for a learner
    that calibrates it itself.

    Raises:
        PremotorError: as `build_controller`, or the wiring is a null model of muscles alone, which nothing reads.
    """
    if experiment.maps.muscles is None and not experiment.maps.local:
        without_muscles(circuit)
    return build_controller(
        circuit,
        task.observation_names,
        task.action_names,
        network=experiment.network,
        maps=experiment.maps,
        control_period=task.control_period,
        start=start,
        calibrate=calibrate,
        key=folded(key_of(experiment.seed), 0),
    )


def starting_arrays(experiment: Experiment) -> Mapping[str, np.ndarray] | None:
    """Parameters that `network.initial` names; None where it names none.

    A result folder of `premotor dynamics train` holds those of the circuit and of each of its null models; the
    one that `circuit.null` and `circuit.null_seed` describe is taken.

    Raises:
        PremotorError: no such file or folder, or no network of this wiring in it.
    """
    named = experiment.network.model_dump().get("initial")
    if named is None:
        return None
    circuit = experiment.circuit
    name = "circuit" if circuit.null is None else f"{circuit.null}-{circuit.null_seed}"
    return trained_arrays(Path(named), name, "network.initial")


def trained_arrays(path: Path, name: str, setting: str) -> Mapping[str, np.ndarray]:
    """Parameters of a trained network: of a file, or of the network of this name in a result folder.

    Raises:
        PremotorError: there is none; `setting` is what named the path.
    """
    if os.path.isdir(path):
        file = path / "networks" / name / "network.safetensors"
        if not file.exists():
            kept = sorted(f.parent.name for f in path.glob("networks/*/network.safetensors"))
            raise PremotorError(
                f"{setting}: {path} holds no trained network {name}; "
                + (f"it holds {', '.join(kept)}" if kept else "is it a finished result of premotor dynamics train?")
            )
        path = file
    elif not os.path.exists(path):
        raise PremotorError(f"{setting}: there is no file or folder {path}")
    return load_arrays(path)
