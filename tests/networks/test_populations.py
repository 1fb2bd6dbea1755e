"""Which neurons are inputs and outputs."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given, strategies as st

from networks.wiring import CLASSES, small_circuit
from premotor.connectome import load_circuit, nulls
from premotor.errors import PremotorError
from premotor.networks import PopulationSettings, hops_to, input_neurons, output_neurons

AUTO = PopulationSettings()


@given(seed=st.integers(0, 10_000), gaps=st.booleans(), target=st.integers(0, 13))
def test_hops_are_those_of_a_breadth_first_search(seed: int, gaps: bool, target: int) -> None:
    circuit = small_circuit(seed, gaps=gaps)
    linked = circuit.synapses.toarray() > 0
    if gaps:
        linked |= circuit.gap_junctions.toarray() > 0
    distance = {target: 0}
    queue = deque([target])
    while queue:
        node = queue.popleft()
        for pre in np.flatnonzero(linked[:, node]):
            if pre not in distance:
                distance[pre] = distance[node] + 1
                queue.append(pre)
    expected = [distance.get(i, np.inf) for i in range(14)]
    np.testing.assert_array_equal(hops_to(circuit, np.array([target])), expected)


def test_by_default_sensory_neurons_feel_and_motor_neurons_move() -> None:
    circuit = small_circuit()
    outputs = output_neurons(circuit, AUTO)
    assert [CLASSES[i] for i in outputs] == ["motor"] * 4
    assert [CLASSES[i] for i in input_neurons(circuit, AUTO, outputs)] == ["sensory"] * 4


def test_a_role_column_overrides_the_classes() -> None:
    role = ["", "input", "", "", "input"] + [""] * 7 + ["output", ""]
    circuit = small_circuit(extra={"role": role})
    outputs = output_neurons(circuit, AUTO)
    assert list(outputs) == [12]
    assert list(input_neurons(circuit, AUTO, outputs)) == [1, 4]


def test_inputs_can_be_kept_away_from_the_outputs() -> None:
    circuit = load_circuit("celegans")
    outputs = output_neurons(circuit, AUTO)
    inputs = input_neurons(circuit, PopulationSettings(minimum_hops=2), outputs)
    assert len(outputs) == 71 and len(inputs) > 40
    assert circuit.synapses[inputs][:, outputs].nnz == 0
    assert circuit.gap_junctions[inputs][:, outputs].nnz == 0


def test_without_sensory_neurons_the_least_direct_ones_are_taken() -> None:
    source = small_circuit()
    kinds = ["interneuron" if kind == "sensory" else kind for kind in CLASSES]
    circuit = type(source)(source.neurons.assign(**{"class": kinds}), source.synapses, None, source.provenance)
    outputs = output_neurons(circuit, AUTO)
    chosen = input_neurons(circuit, PopulationSettings(count=5), outputs)
    counts = circuit.synapses.toarray()
    fraction = counts[:10][:, outputs].sum(1) / counts[:10].sum(1)
    assert len(chosen) == 5
    assert fraction[chosen].max() <= np.delete(fraction, chosen).min()


def test_conditions_and_counts_choose() -> None:
    circuit = small_circuit()
    outputs = output_neurons(circuit, PopulationSettings(neurons={"type": "T1*", "class": "motor"}, count=2))
    assert len(outputs) == 2
    received = circuit.synapses.toarray().sum(0)[10:]
    np.testing.assert_array_equal(outputs, np.sort(10 + np.argsort(-received, kind="stable")[:2]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (PopulationSettings(neurons={"kind": "x"}), "outputs.neurons: .*kind"),
        (PopulationSettings(neurons={"type": "nothing"}), "outputs.neurons: .*nothing"),
        (PopulationSettings(minimum_hops=1), "outputs.minimum_hops is 1"),
    ],
)
def test_bad_outputs_are_named(settings: PopulationSettings, message: str) -> None:
    with pytest.raises(PremotorError, match=message):
        output_neurons(small_circuit(), settings)


def test_a_circuit_without_motor_or_input_neurons_is_refused() -> None:
    circuit = small_circuit()
    outputs = output_neurons(circuit, AUTO)
    with pytest.raises(PremotorError, match="no neuron is left to receive"):
        input_neurons(circuit, PopulationSettings(minimum_hops=9), outputs)
    limp = circuit.neurons.assign(**{"class": "interneuron"})
    with pytest.raises(PremotorError, match=r"no motor neurons .*classes found: interneuron"):
        output_neurons(type(circuit)(limp, circuit.synapses, None, circuit.provenance), AUTO)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_rewired_circuit_has_the_same_inputs_and_outputs(seed: int) -> None:
    rule = PopulationSettings(minimum_hops=2)
    circuit = load_circuit("celegans")
    null = nulls.rewired(circuit, seed=seed)
    for wiring in (circuit, null):
        outputs = output_neurons(wiring, AUTO)
        inputs = input_neurons(wiring, rule, outputs)
        if wiring is circuit:
            expected = (outputs, inputs)
    np.testing.assert_array_equal(outputs, expected[0])
    np.testing.assert_array_equal(inputs, expected[1])
    assert (null.synapses != circuit.synapses).nnz > 1000
