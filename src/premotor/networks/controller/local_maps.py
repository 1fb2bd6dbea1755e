"""Maps that keep to their leg and joint: which sensor may reach which neuron, and which motor neuron moves what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.connectome import Circuit

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
    table = circuit.neurons
    for column in COLUMNS:
        if column not in table:
            raise PremotorError(
                f"maps.local needs the neuron table's column {column}, which it does not have; "
                "premotor circuit six-legs makes it"
            )
    legs, joints, ways = (table[column].to_numpy() for column in COLUMNS)
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
