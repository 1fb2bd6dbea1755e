"""Ablations of a controller whose maps are the circuit's own."""

import jax
import numpy as np

from premotor import load_circuit
from premotor.bodies import muscle_names
from premotor.networks import CellTypeSettings, MapSettings, MuscleMapSettings, build_controller
from premotor.runs.evaluation import lesions_of, silenced


def test_an_ablated_type_reaches_neither_neurons_nor_muscles() -> None:
    circuit = load_circuit("celegans")
    maps = MapSettings(muscles=MuscleMapSettings(senses=({"neurons": {"type": "AVB"}, "sensor": "go"},)))
    made = build_controller(
        circuit, ("go",), muscle_names(), network=CellTypeSettings(), maps=maps, key=jax.random.PRNGKey(0)
    )
    lesion = next(found for found in lesions_of(made, circuit.neurons, True) if found.name == "type DB")
    left = silenced(made, lesion)
    types = circuit.neurons["type"].to_numpy()
    of_type = types[np.asarray(made.output_neurons)] == "DB"
    assert of_type.sum() == 7 and not np.asarray(left.output_weight)[:, of_type].any()
    np.testing.assert_array_equal(left.output_weight[:, ~of_type], made.output_weight[:, ~of_type])
    wiring = np.asarray(left.network.wiring)
    assert not wiring[:, types == "DB"].any() and not wiring[:, :, types == "DB"].any()
    assert np.asarray(made.network.wiring)[:, types == "DB"].any()
