"""A null model of muscles alone is refused where nothing reads what reaches muscles; it would be the connectome."""

import pytest

from premotor.connectome import load_circuit, nulls
from premotor.errors import PremotorError
from premotor.runs import build_circuit, load_experiment
from premotor.runs.building import controller_for, without_muscles
from premotor.runs.dynamics.building import members

REFUSED = "the null model rewired_neuromuscular changes what reaches muscles alone, which has no effect here"


def test_a_controller_with_trained_maps_is_refused():
    experiment = load_experiment({"circuit": {"source": "celegans", "null": "rewired_neuromuscular"}})
    circuit = build_circuit(experiment.circuit)
    with pytest.raises(PremotorError, match=REFUSED):
        controller_for(circuit, None, experiment)  # type: ignore[arg-type]


def test_members_of_a_measurement_are_refused():
    with pytest.raises(PremotorError, match=REFUSED):
        list(members(None, load_circuit("celegans"), 1, "rewired_neuromuscular"))


@pytest.mark.parametrize("name", ["rewired", "shuffled_weights", "rewired_all", "shuffled_weights_all"])
def test_others_are_not(name):
    circuit = nulls.make_null(load_circuit("celegans"), name, 0)
    assert without_muscles(circuit) is circuit


def test_a_null_model_of_muscles_is_another_circuit():
    experiment = load_experiment({"circuit": {"source": "fly-leg", "null": "shuffled_weights_all"}})
    assert build_circuit(experiment.circuit).neuromuscular.nnz == 48
    with pytest.raises(PremotorError, match="rewired_all needs muscles or motor modules"):
        build_circuit(load_experiment({"circuit": {"source": "fly-cpg", "null": "rewired_all"}}).circuit)
