"""The closed loop of an experiment, line by line, for people to look at."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.networks import MuscleMapSettings, hops_to, wire, wire_muscles
from premotor.runs.building import build_circuit
from premotor.runs.loading import Overrides, load_experiment
from premotor.runs.run import Run
from premotor.tasks import build_task


class LoopLine(NamedTuple):
    """One line of a loop against its circuit."""

    sources: tuple[str, ...]
    """What it starts from: observations; of an output line the actuator that it ends at."""
    rule: str
    """How it encodes or decodes."""
    choice: str
    """The conditions on the neuron table, in words."""
    neurons: np.ndarray
    """Positions of the neurons that meet them."""
    gain: float


class ClosedLoop(NamedTuple):
    """What `read_closed_loop` found."""

    circuit: Circuit
    inputs: tuple[LoopLine, ...]
    outputs: tuple[LoopLine, ...]
    hops: np.ndarray
    """Fewest synapses or gap junctions from each line of the inputs to each of the outputs; inf if there is no way."""

    def summary(self) -> str:
        """The lines as text, one each."""
        rows = [f"{self.circuit!r}"]
        for line in self.inputs:
            rows.append(f"{line.rule} of {', '.join(line.sources)} → {self._chosen(line)}, gain {line.gain:g}")
        for number, line in enumerate(self.outputs):
            away = self.hops[:, number].min()
            far = "no way from any input" if np.isinf(away) else f"{away:.0f} from the nearest input"
            rows.append(f"{self._chosen(line)} → {line.rule} of {line.sources[0]}, gain {line.gain:g}; {far}")
        return "\n".join(rows)

    def _chosen(self, line: LoopLine) -> str:
        count = len(line.neurons)
        return f"{count} neuron{'s' if count > 1 else ''} ({line.choice})"


def read_closed_loop(source: str | os.PathLike[str], overrides: Overrides = ()) -> ClosedLoop:
    """The closed loop of a preset, a settings file or a run folder.

    Raises:
        PremotorError: no such experiment, one without a loop, or a line that does not fit its circuit or task.
    """
    if os.path.isdir(source):
        run = Run(source)
        settings, circuit, task = run.settings, run.circuit, run.task()
    else:
        settings = load_experiment(source, overrides)
        circuit, task = build_circuit(settings.circuit), build_task(settings.task)
    loop, muscles = settings.maps.loop, settings.maps.muscles
    if muscles is not None:
        return _with_hops(circuit, *_muscle_lines(circuit, muscles, task.observation_names, task.action_names))
    if loop is None:
        raise PremotorError(
            f"{source} has no closed loop line by line: maps.loop is null, so that all observations reach all input "
            "neurons; give a YAML file with --maps.loop FILE"
        )
    wires = wire(loop, circuit, task.observation_names, task.action_names)
    inputs = tuple(
        LoopLine(line.observations, line.encoding, _words(line.neurons), chosen, line.gain)
        for line, chosen in zip(loop.inputs, wires.senses, strict=True)
    )
    outputs = tuple(
        LoopLine((line.actuator,), line.decoding, _words(line.neurons), chosen, line.gain)
        for line, chosen in zip(loop.outputs, wires.drives, strict=True)
    )
    return _with_hops(circuit, inputs, outputs)


def _with_hops(circuit: Circuit, inputs: tuple[LoopLine, ...], outputs: tuple[LoopLine, ...]) -> ClosedLoop:
    away = [hops_to(circuit, line.neurons) for line in outputs]
    hops = np.array([[distance[line.neurons].min() for distance in away] for line in inputs])
    return ClosedLoop(circuit, inputs, outputs, hops)


def _muscle_lines(
    circuit: Circuit, settings: MuscleMapSettings, observations: Sequence[str], actions: Sequence[str]
) -> tuple[tuple[LoopLine, ...], tuple[LoopLine, ...]]:
    """The senses, and the neurons with synapses onto each quadrant of muscles."""
    wires = wire_muscles(settings, circuit, observations, actions)
    inputs = []
    for line, chosen in zip(settings.senses, wires.senses, strict=True):
        if line.stretch is None:
            source, rule = str(line.sensor), "linear"
        else:
            source, rule = f"bends from {line.stretch[0]:g} to {line.stretch[1]:g} L from each", "stretch"
            rule += f" × {line.gate}" if line.gate else ""
            rule += f" × output of {_words(line.gate_neurons)}" if line.gate_neurons else ""
        inputs.append(LoopLine((source,), rule, _words(line.neurons), chosen.neurons, line.gain))
    outputs = []
    for quadrant in sorted(set(circuit.muscles["quadrant"])):
        rows = [i for i, name in enumerate(actions) if name.startswith(quadrant)]
        reach = wires.outputs[wires.output_weight[rows].any(0)]
        outputs.append(LoopLine((f"{quadrant}01–{len(rows)}",), "synapses", "all that reach them", reach, 1.0))
    return tuple(inputs), tuple(outputs)


def _words(conditions: Mapping[str, object]) -> str:
    return ", ".join(
        f"{column} {'|'.join(map(str, value)) if isinstance(value, list) else value}"
        for column, value in conditions.items()
    )
