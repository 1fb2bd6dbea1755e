"""Which neurons receive the observations and which drive the actuators; maps that keep to their leg and joint."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from pydantic import Field

from premotor.errors import PremotorError
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


ENTRY_CLASSES = ("sensory", "ascending", "descending")
FALLBACK_COUNT = 20


class PopulationSettings(Settings):
    """A set of neurons, by rule or by conditions on the neuron table."""

    neurons: Literal["auto"] | dict[str, str | int | float | list[str] | list[int]] = "auto"
    """`auto`, or conditions on columns of the neuron table such as `{class: sensory, type: "AS*"}`.

    `auto` takes the neurons whose column `role` is `input` or `output` where the table says so; else the classes
    sensory, ascending and descending, or motor.
    """
    count: int | None = Field(None, ge=1)
    """At most so many of them: those with the largest synaptic output into (input) or from (output) the circuit."""
    minimum_hops: int = Field(0, ge=0)
    """Inputs only: keep the neurons from which every output is at least so many synapses away."""


def hops_to(circuit: "Circuit", targets: np.ndarray) -> np.ndarray:
    """Fewest synapses or gap junctions from each neuron to any of `targets` (positions); inf if unreachable."""
    edges = circuit.synapses.astype(bool).astype(int)
    if circuit.gap_junctions is not None:
        edges = edges + circuit.gap_junctions.astype(bool).astype(int)
    distance = np.full(len(circuit), np.inf)
    frontier = np.zeros(len(circuit), bool)
    frontier[targets] = True
    step = 0
    while frontier.any():
        distance[frontier] = step
        step += 1
        frontier = (edges @ frontier.astype(int) > 0) & np.isinf(distance)
    return distance


def output_neurons(circuit: "Circuit", settings: PopulationSettings) -> np.ndarray:
    """Positions of the neurons that drive the actuators: by default those of role output, or else of class motor.

    Raises:
        PremotorError: there are none.
    """
    if settings.minimum_hops:
        raise PremotorError(
            f"outputs.minimum_hops is {settings.minimum_hops}: only inputs may be chosen by hops, set it to 0"
        )
    chosen = _by_rule(circuit, settings, "outputs")
    if chosen is None:
        chosen = _by_role(circuit, "output")
    if chosen is None:
        chosen = np.flatnonzero(circuit.neurons["class"].to_numpy() == "motor")
        if not len(chosen):
            classes = ", ".join(sorted({c or "(none)" for c in circuit.neurons["class"]}))
            raise PremotorError(
                f"the circuit has no motor neurons to drive the actuators (classes found: {classes}); "
                "name some with outputs.neurons"
            )
    received = np.asarray(circuit.synapses.sum(0)).ravel()
    return _largest(chosen, received, settings.count)


def input_neurons(circuit: "Circuit", settings: PopulationSettings, outputs: np.ndarray) -> np.ndarray:
    """Positions of the neurons that receive the observations.

    By default those of role input, or else the sensory, ascending and descending neurons; in a circuit that holds
    none of them, the 20 neurons that give the smallest fraction of their synapses to the motor neurons, so that
    what enters has to pass through the circuit.

    Raises:
        PremotorError: none are left.
    """
    chosen = _by_rule(circuit, settings, "inputs")
    given = np.asarray(circuit.synapses.sum(1)).ravel()
    if chosen is None:
        chosen = _by_role(circuit, "input")
    if chosen is None:
        chosen = np.flatnonzero(circuit.neurons["class"].isin(ENTRY_CLASSES).to_numpy())
        if not len(chosen):
            direct = np.asarray(circuit.synapses[:, outputs].sum(1)).ravel()
            candidates = np.setdiff1d(np.flatnonzero(given > 0), outputs)
            fraction = direct[candidates] / given[candidates]
            order = np.lexsort((candidates, -given[candidates], fraction))
            return np.sort(candidates[order[: settings.count or FALLBACK_COUNT]])
    chosen = np.setdiff1d(chosen, outputs)
    if settings.minimum_hops and len(chosen):
        hops = hops_to(circuit, outputs)[chosen]
        chosen = chosen[(hops >= settings.minimum_hops) & np.isfinite(hops)]
    if not len(chosen):
        raise PremotorError(
            f"inputs: no neuron is left to receive the observations (inputs.neurons {settings.neurons!r}, "
            f"inputs.minimum_hops {settings.minimum_hops}); motor neurons that drive actuators are never inputs"
        )
    return _largest(chosen, given, settings.count)


def neurons_where(circuit: "Circuit", conditions: Mapping[str, Any], key: str) -> np.ndarray:
    """Positions of the neurons that meet conditions on columns of the neuron table; `key` names them in errors.

    Raises:
        PremotorError: no such column, a condition that does not fit it, or no such neuron.
    """
    try:
        ids = circuit.select(**conditions).neurons.index
    except PremotorError as error:
        raise PremotorError(f"{key}.neurons: {error}") from error
    return np.sort(circuit.neurons.index.get_indexer(ids))


def _by_rule(circuit: "Circuit", settings: PopulationSettings, key: str) -> np.ndarray | None:
    return None if settings.neurons == "auto" else neurons_where(circuit, settings.neurons, key)


def _by_role(circuit: "Circuit", role: str) -> np.ndarray | None:
    if "role" not in circuit.neurons:
        return None
    chosen = np.flatnonzero((circuit.neurons["role"] == role).to_numpy())
    return chosen if len(chosen) else None


def _largest(chosen: np.ndarray, size: np.ndarray, count: int | None) -> np.ndarray:
    if count is None or count >= len(chosen):
        return chosen
    return np.sort(chosen[np.argsort(-size[chosen], kind="stable")[:count]])


COLUMNS = ("leg", "joint", "direction")
"""Of the neuron table; `six_legs` makes them."""


class LocalMaps(NamedTuple):
    """Where maps have entries at all, and of which sign."""

    input_mask: Float[np.ndarray, "inputs observations"]
    """1 where an input neuron receives an observation: of its own leg, or of none."""
    output_sign: Float[np.ndarray, "actions outputs"]
    """1 or −1 where an output neuron moves a joint, by the direction in which its muscle turns it; else 0."""


def local_maps(
    circuit: "Circuit",
    inputs: np.ndarray,
    outputs: np.ndarray,
    observation_names: Sequence[str],
    action_names: Sequence[str],
) -> LocalMaps:
    """The maps of a circuit whose neuron table names legs and joints.

    Where the circuit's effectors have a joint and a direction, a neuron has those of the effector that it reaches.

    Observations belong to the leg in front of their name (``lf_FTi_pitch_angle``); those of no leg (the body's motion,
    commands) reach the inputs of every leg.

    Args:
        circuit: with the columns `COLUMNS`.
        inputs: positions of the input neurons.
        outputs: positions of the output neurons.
        observation_names: one a component of the observation.
        action_names: one a component of the action: the joint that it moves.

    Raises:
        PremotorError: a column that is missing, an output neuron without a joint or direction, or a joint that no
            output neuron moves.
    """
    from premotor.connectome.effectors import main_effectors

    table = circuit.neurons
    for column in COLUMNS:
        if column not in table:
            raise PremotorError(
                f"maps.local needs the neuron table's column {column}, which it does not have; "
                "premotor circuit six-legs makes it"
            )
    legs, joints, ways = (table[column].to_numpy() for column in COLUMNS)
    effectors = circuit.effectors
    if len(effectors) and {"joint", "direction"} <= set(effectors):
        of = main_effectors(circuit)
        joints = np.array([*effectors["joint"], ""], object)[of]
        ways = np.array([*effectors["direction"], 0])[of]
    known = {leg for leg in legs if leg}
    owner = [name.partition("_")[0] for name in observation_names]
    owner = [leg if leg in known else "" for leg in owner]
    mask = np.array([[leg in ("", legs[neuron]) for leg in owner] for neuron in inputs], float)
    for neuron in outputs:
        if joints[neuron] not in action_names or ways[neuron] not in (-1, 1):
            raise PremotorError(
                f"maps.local: the output neuron {circuit.ids[neuron]} moves the joint {joints[neuron]!r} in the "
                f"direction {ways[neuron]}; allowed are {', '.join(action_names)}, and -1 or 1"
            )
    sign = np.zeros((len(action_names), len(outputs)))
    for place, neuron in enumerate(outputs):
        sign[list(action_names).index(joints[neuron]), place] = ways[neuron]
    idle = [name for name, row in zip(action_names, sign, strict=True) if not row.any()]
    if idle:
        raise PremotorError(f"maps.local: no output neuron moves {', '.join(idle)}; task.joints may ask for fewer")
    return LocalMaps(mask, sign)
