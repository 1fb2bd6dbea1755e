"""What may learn: each rule leaves exactly its parameters free, counts them, and refuses what can not have it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.connectome import load_circuit
from premotor.errors import PremotorError
from premotor.networks import CellTypeSettings, RateNetwork, RateNetworkSettings
from premotor.networks.controller.controller import MAP_PARAMETERS
from premotor.runs.building import controller_for
from premotor.runs.loading import load_settings
from premotor.runs.spiking.settings import circuit_of, network_of
from premotor.studies.learns import LEARNS, overrides
from premotor.tasks import build_task
from tiny import tiny_circuit, tiny_settings

RULES = [*(name for name in LEARNS if name != "budget"), "budget(7)"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return tiny_circuit(tmp_path_factory.mktemp("tiny") / "circuit")


def made(settings):
    circuit = load_circuit(settings.circuit.source)
    return controller_for(circuit, build_task(settings.task), settings, calibrate=False)


LEARNING = {
    "given": {"log_magnitude", "log_conductance", "bias", "input_weight", "output_weight", "output_bias"},
    "everything": {"log_magnitude", "log_conductance", "log_time_constant", "log_gain", "bias"}
    | {"input_weight", "output_weight", "output_bias"},
    "readout": {"output_weight", "output_bias"},
    "maps": {"input_weight", "output_weight", "output_bias"},
    "magnitudes": {"log_magnitude", "log_conductance"},
    "types": {"log_time_constant", "log_gain", "bias", "sense", "log_strength"},
    "scale": {"log_factor"},
    "budget(7)": {"log_factor"},
}


@pytest.mark.parametrize("rule", RULES)
def test_nothing_else_learns(source, rule):
    settings = load_settings(tiny_settings(source))
    controller = made(load_settings(settings, overrides(settings, rule)))
    rates = {name: rate for name, rate in controller.relative_learning_rates().items() if name != "log_std"}
    assert {name for name, rate in rates.items() if rate > 0} == LEARNING[rule]
    trained, count = controller.trained(), 0
    for name in rates:
        if trained.parameter(name):
            count += controller.parameter(name).size
    assert controller.learned == count
    assert {"scale": 1, "budget(7)": 7}.get(rule, count) == count
    assert set(MAP_PARAMETERS) <= set(controller.relative_learning_rates())


def test_every_type_of_the_circuit_has_its_own(source):
    settings = load_settings(tiny_settings(source))
    network = made(load_settings(settings, overrides(settings, "types"))).network
    types = load_circuit(str(source)).neurons["type"]
    assert set(network.types) - {"others"} == set(types)
    assert CellTypeSettings(types=None).types is None


def test_factors_scale_their_groups_and_start_at_one(source):
    circuit = load_circuit(str(source))
    plain, shared = RateNetwork(circuit), RateNetwork(circuit, RateNetworkSettings(groups=4))
    np.testing.assert_array_equal(plain.weight, shared.weight)
    counts = np.bincount(shared.group, minlength=4)
    assert np.ptp(counts) <= 1 and counts.sum() == len(plain.weight)
    gradient = jax.grad(lambda f: with_factors(shared, f).weight.sum())(jnp.zeros(4))
    np.testing.assert_allclose(gradient, [plain.weight[shared.group == g].sum() for g in range(4)], rtol=1e-5)
    with pytest.raises(PremotorError, match=r"network.groups is 1,000, but the circuit has \d+ signed"):
        RateNetwork(circuit, RateNetworkSettings(groups=1000))
    with pytest.raises(PremotorError, match=r"learning_rates.factors has no effect here: network.groups is null"):
        load_settings(tiny_settings(source), {"network.learning_rates.factors": 2.0})


def with_factors(network, factor):
    return eqx.tree_at(lambda n: n.log_factor, network, factor)


def test_the_worms_network_keeps_its_kind_and_its_maps():
    settings = load_settings("worm-crawl")
    scale = load_settings(settings, overrides(settings, "scale"))
    assert (scale.network.kind, scale.network.groups, scale.network.neuromuscular) == ("cell-types", 1, 10)
    assert scale.network.learning_rates.gains == 0
    everything = load_settings(settings, overrides(settings, "everything"))
    assert everything.network.learning_rates.magnitudes == 1.0
    with pytest.raises(PremotorError, match="'maps', but maps.muscles are the circuit's own synapses"):
        overrides(settings, "maps")


def test_plain_networks_have_maps_and_everything_only():
    settings = load_settings("arm")
    assert load_settings(settings, overrides(settings, "maps")).network.rate == 0
    with pytest.raises(PremotorError, match="'types', but the network is of the kind mlp, which has no synapses"):
        overrides(settings, "types")


@pytest.mark.parametrize("preset", ["cartpole-stdp", "cartpole-celegans"])
def test_a_spiking_network_by_its_plastic_synapses(preset):
    settings = load_settings(preset)
    counts = {}
    for rule in ("given", "everything", "maps", "readout"):
        chosen = load_settings(settings, overrides(settings, rule))
        wiring = (
            chosen.wiring.model_copy(update={"motor_rate": None}) if preset == "cartpole-celegans" else chosen.wiring
        )
        network = network_of(wiring, chosen.interface, circuit_of(wiring))
        counts[rule] = int(network.plastic.sum())
        if rule == "readout":
            assert np.isin(
                network.post[network.plastic], np.flatnonzero(np.isin(range(network.cells), outputs(network)))
            ).all()
    assert counts["readout"] < counts["maps"] < counts["everything"]
    with pytest.raises(PremotorError, match="'scale', which an experiment of the kind spiking can not have; it can"):
        overrides(settings, "scale")


def outputs(network):
    return network.populations.get("motor", network.populations.get("EM"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("budget", "budget takes a number"),
        ("maps(3)", "maps takes no number"),
        ("budget(0)", r"at least budget\(1\)"),
        ("gains", r"there is no rule of what may learn 'gains' \(did you mean given\?\); there are given, everything"),
        ("b(-1)", "there is no rule"),
    ],
)
def test_names_that_are_none(name, message):
    with pytest.raises(PremotorError, match=message):
        overrides(load_settings("walk"), name)
