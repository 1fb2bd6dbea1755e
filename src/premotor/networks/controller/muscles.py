"""Maps that nobody trains: stretch and commands at the neurons that sense them, and the neuromuscular synapses.

A muscle's input is Σ synapses × sign × presynaptic output over all synapses that it receives, so that a muscle whose
inputs are all at 1 and excite it is at 1. A motor neuron's place is the mean of the muscles that it reaches, weighted
by synapses; it is dorsal where most of these synapses are.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from premotor.errors import PremotorError
from premotor.networks.controller.populations import neurons_where
from premotor.networks.controller.settings import MuscleMapSettings, Sense
from premotor.settings import note

if TYPE_CHECKING:
    from premotor.connectome import Circuit

BEND = "bend_"
"""What begins the name of an observation that is the bend of a joint, rad, dorsal positive; numbered from the head."""
UNSET = -2


class SenseLine(NamedTuple):
    """One line of the senses against a circuit."""

    neurons: Int[np.ndarray, " neurons"]
    """Positions."""
    weight: Float[np.ndarray, "neurons observations"]
    """Current for each observation of 1."""
    gate: int = -1
    """Position of the observation that multiplies it; −1: none."""
    opened_by: tuple[int, ...] = ()
    """Positions of the neurons whose mean output multiplies it; none: no neurons do."""
    full: float = 1.0
    """That output at which it is felt wholly."""


class MuscleWires(NamedTuple):
    """What `wire_muscles` found."""

    senses: tuple[SenseLine, ...]
    inputs: Int[np.ndarray, " inputs"]
    """Positions of the neurons that sense something, sorted."""
    outputs: Int[np.ndarray, " outputs"]
    """Positions of the neurons with synapses onto muscles, sorted."""
    gates: Int[np.ndarray, " inputs"]
    """What multiplies the stretch of each input neuron: the position of an observation, or behind all of them of a row
    of `gate_groups`; −1: nothing."""
    gate_groups: Float[np.ndarray, "groups neurons"]
    """Rows that make of all outputs how far a gate is open: those below 0 are shut, those from 1 on wholly open."""
    input_weight: Float[np.ndarray, "inputs observations"]
    output_weight: Float[np.ndarray, "actions outputs"]


class Place(NamedTuple):
    """Where motor neurons act, by the muscles that they reach; NaN for neurons that reach none."""

    along: Float[np.ndarray, " neurons"]
    """From the head, 0 to 1."""
    dorsal: Bool[np.ndarray, " neurons"]


def places(circuit: "Circuit") -> Place:
    """Where each neuron acts."""
    table, synapses = circuit.muscles, circuit.neuromuscular.toarray().astype(float)
    rows = table["number"].to_numpy(float)
    total = synapses.sum(1)
    with np.errstate(invalid="ignore"):
        along = (synapses @ rows / total - 0.5) / rows.max()
        dorsal = synapses @ table["quadrant"].str.startswith("MD").to_numpy(float) / total
    return Place(along, dorsal > 0.5)


def wire_muscles(
    settings: MuscleMapSettings, circuit: "Circuit", observation_names: Sequence[str], action_names: Sequence[str]
) -> MuscleWires:
    """Find the senses' neurons, and what each muscle receives.

    Raises:
        PremotorError: the circuit has no such muscle, or a sense names neurons or an observation that do not exist.
    """
    names = list(circuit.muscles.index)
    lacking = [name for name in action_names if name not in names]
    if lacking:
        raise PremotorError(
            f"maps.muscles: {circuit.provenance.dataset} has no muscle {lacking[0]}"
            + (f"; it has {len(names)}" if names else "s: its source says nothing of neuromuscular synapses")
        )
    place = places(circuit)
    lines = tuple(_sense(line, i, circuit, place, observation_names) for i, line in enumerate(settings.senses))
    inputs = np.unique(np.concatenate([line.neurons for line in lines]))
    input_weight, gates = np.zeros((len(inputs), len(observation_names))), np.full(len(inputs), UNSET)
    openers = sorted({(line.opened_by, line.full) for line in lines if line.opened_by})
    groups = np.zeros((len(openers), len(circuit)))
    for row, (neurons, full) in enumerate(openers):
        groups[row, list(neurons)] = 1 / (full * len(neurons))
    for number, line in enumerate(lines):
        rows = np.searchsorted(inputs, line.neurons)
        input_weight[rows] += line.weight
        if settings.senses[number].stretch is not None:
            gate = len(observation_names) + openers.index((line.opened_by, line.full)) if line.opened_by else line.gate
            if ((gates[rows] != UNSET) & (gates[rows] != gate)).any():
                raise PremotorError(f"maps.muscles.senses.{number}: some of these neurons feel stretch by another gate")
            gates[rows] = gate
    _tell_unused(circuit)
    synapses = circuit.neuromuscular.toarray()[:, [names.index(name) for name in action_names]].astype(float)
    signed = synapses * circuit.neurons["sign"].to_numpy(float)[:, None] / np.maximum(synapses.sum(0), 1)
    outputs = np.flatnonzero(signed.any(1))
    return MuscleWires(lines, inputs, outputs, np.maximum(gates, -1), groups, input_weight, signed[outputs].T)


def _tell_unused(circuit: "Circuit") -> None:
    """Say which connections onto muscles carry nothing."""
    junctions = circuit.muscle_junctions
    if junctions.nnz:
        note(f"maps.muscles: {junctions.nnz} gap-junction edges onto muscles ({int(junctions.sum())}) are not used")
    unsigned = circuit.neuromuscular[np.flatnonzero(circuit.neurons["sign"].to_numpy() == 0)]
    if unsigned.nnz:
        note(f"maps.muscles: {unsigned.nnz} edges onto muscles of neurons without a known sign carry nothing")


def _sense(line: Sense, number: int, circuit: "Circuit", place: Place, names: Sequence[str]) -> SenseLine:
    key = f"maps.muscles.senses.{number}"
    chosen = neurons_where(circuit, line.neurons, key)
    weight = np.zeros((len(chosen), len(names)))
    if line.sensor is not None:
        if line.sensor not in names:
            raise PremotorError(f"{key}: there is no observation {line.sensor!r}; there are {', '.join(names)}")
        weight[:, list(names).index(line.sensor)] = line.gain
        return SenseLine(chosen, weight)
    if line.gate is not None and line.gate not in names:
        raise PremotorError(f"{key}: there is no observation {line.gate!r} as a gate; there are {', '.join(names)}")
    columns = [i for i, name in enumerate(names) if name.startswith(BEND)]
    if not columns:
        raise PremotorError(f"{key}: the task has no observation {BEND}1 and so on that stretch could be sensed of")
    joints = (1 + np.arange(len(columns))) / (len(columns) + 1)
    placed = chosen[np.isfinite(place.along[chosen])]
    if not len(placed):
        raise PremotorError(f"{key}: none of these neurons reaches a muscle, which would say where it is stretched")
    if len(placed) < len(chosen):
        note(f"{key}: {len(chosen) - len(placed)} of {len(chosen)} neurons reach no muscle and feel no stretch")
    chosen = placed
    weight = np.zeros((len(chosen), len(names)))
    assert line.stretch is not None
    for row, neuron in enumerate(chosen):
        first, last = (place.along[neuron] + end for end in line.stretch)
        felt = (joints >= first) & (joints <= last)
        if not felt.any():  # at the ends of the body: the joint that is nearest
            felt = np.arange(len(joints)) == np.abs(joints - np.clip((first + last) / 2, 0, 1)).argmin()
        weight[row, np.array(columns)[felt]] = line.gain * (1 if place.dorsal[neuron] else -1) / felt.sum()
    opened_by = () if line.gate_neurons is None else tuple(neurons_where(circuit, line.gate_neurons, key).tolist())
    return SenseLine(
        chosen, weight, -1 if line.gate is None else list(names).index(line.gate), opened_by, line.gate_full
    )
