"""The rate network against plain loops, an ODE solver and eigenvalues."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.integrate import solve_ivp

from connectome.circuits import circuit_of
from networks.wiring import SIGNS, small_circuit
from premotor.connectome import load_circuit, nulls
from premotor.errors import PremotorError
from premotor.networks import RateNetwork, RateNetworkSettings
from premotor.networks.product import Parts
from premotor.networks.rate import ACTIVATIONS


@eqx.filter_jit
def stepped(network: RateNetwork, rates: np.ndarray, current: np.ndarray) -> jax.Array:
    return network.step(network.product(), rates, current)


@eqx.filter_jit
def multiplied(network: RateNetwork, rates: np.ndarray) -> jax.Array:
    return network.product()(rates)


def dense_weights(network: RateNetwork) -> np.ndarray:
    """Presynaptic × postsynaptic chemical weights."""
    matrix = np.zeros((network.neurons, network.neurons))
    np.add.at(matrix, (np.asarray(network.pre), np.asarray(network.post)), np.asarray(network.weight))
    return matrix


def conductances(network: RateNetwork) -> np.ndarray:
    matrix = np.zeros((network.neurons, network.neurons))
    a, b, g = (np.asarray(part) for part in (network.junction_a, network.junction_b, network.conductance))
    np.add.at(matrix, (a, b), g)
    np.add.at(matrix, (b, a), g)
    return matrix


def total_input(network: RateNetwork, rates: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Chemical and electrical input of every neuron by the equations, one neuron at a time."""
    weights, gaps = dense_weights(network), conductances(network)
    result = np.zeros_like(rates)
    for post in range(network.neurons):
        chemical = sum(weights[pre, post] * rates[pre] for pre in range(network.neurons))
        electrical = sum(gaps[other, post] * (rates[other] - rates[post]) for other in range(network.neurons))
        result[post] = chemical + electrical + current[post] + float(network.bias[post])
    return result


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("product", ["dense", "sparse"])
def test_a_step_follows_the_equations(activation: str, product: str) -> None:
    settings = RateNetworkSettings(activation=activation, product=product, substeps=3, gain=1.4)
    network = RateNetwork(small_circuit(), settings, control_period=0.02)
    rng = np.random.default_rng(1)
    rates, current = rng.random((14, 5)), rng.normal(size=(14, 5))
    functions = {
        "rectified_tanh": lambda x: np.maximum(np.tanh(x), 0),
        "tanh": np.tanh,
        "softplus": lambda x: np.log1p(np.exp(x)),
    }
    expected = rates.copy()
    for _ in range(3):
        target = functions[activation](1.4 * total_input(network, expected, current))
        expected = target + (expected - target) * np.exp(-(0.02 / 3) / 0.015)
    np.testing.assert_allclose(stepped(network, rates, current), expected, rtol=2e-5, atol=2e-6)


def test_halving_the_step_halves_the_error() -> None:
    circuit, period = small_circuit(), 0.02
    rng = np.random.default_rng(2)
    start, current = rng.random(14), rng.normal(size=14)
    network = RateNetwork(circuit, RateNetworkSettings(activation="tanh"), control_period=period)

    def slope(_: float, rates: np.ndarray) -> np.ndarray:
        return (-rates + np.tanh(total_input(network, rates[:, None], current[:, None])[:, 0])) / 0.015

    exact = solve_ivp(slope, (0, period), start, rtol=1e-10, atol=1e-12).y[:, -1]
    errors = []
    for substeps in (8, 16, 32):
        settings = RateNetworkSettings(activation="tanh", substeps=substeps)
        fine = RateNetwork(circuit, settings, control_period=period)
        # unrolled, it takes long to compile
        end = fine.step(fine.product(), jnp.asarray(start[:, None]), jnp.asarray(current[:, None]))
        errors.append(np.abs(np.asarray(end)[:, 0] - exact).max())
    order = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    np.testing.assert_allclose(order, 1.0, atol=0.15)


def test_weights_have_the_sign_of_their_presynaptic_neuron_and_no_other_support() -> None:
    circuit = small_circuit()
    network = RateNetwork(circuit)
    weights = dense_weights(network)
    known = np.array(SIGNS) != 0
    counts = circuit.synapses.toarray()
    np.testing.assert_array_equal(weights != 0, (counts > 0) & known[:, None])
    np.testing.assert_array_equal(np.sign(weights), np.sign(counts) * np.array(SIGNS)[:, None])
    assert network.unsigned_synapses == (counts[~known] > 0).sum() > 0


@given(seed=st.integers(0, 2**32 - 1), size=st.floats(0, 30))
def test_no_change_of_the_parameters_moves_a_sign_or_the_support(seed: int, size: float) -> None:
    network = RateNetwork(small_circuit())
    before = np.sign(dense_weights(network))
    rng = np.random.default_rng(seed)
    changed = network
    for name, _ in network.learning_rates:
        value = getattr(network, name)
        noise = jnp.asarray(np.clip(rng.normal(size=value.shape) * size, -40, 40), jnp.float32)
        changed = jax.tree.map(lambda x, v=value, n=noise: x + n if x is v else x, changed)
    np.testing.assert_array_equal(np.sign(dense_weights(changed)), before)
    assert (np.asarray(changed.conductance) > 0).all()


@pytest.mark.parametrize("radius", [0.5, 0.97, 2.0])
def test_the_spectral_radius_is_as_asked_for_the_circuit_and_its_nulls(radius: float) -> None:
    circuit = load_circuit("celegans").select(system="somatic")
    for wiring in (circuit, nulls.rewired(circuit, seed=1)):
        network = RateNetwork(wiring, RateNetworkSettings(spectral_radius=radius, gap_junctions=0))
        found = np.abs(np.linalg.eigvals(dense_weights(network))).max()
        np.testing.assert_allclose(found, radius, rtol=1e-4)


def test_gap_junctions_bound_each_cell_and_keep_the_total() -> None:
    network = RateNetwork(small_circuit(), RateNetworkSettings(gap_junctions=0.4))
    matrix = conductances(network)
    assert matrix.any()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert matrix.sum(0).max() <= 0.4 + 1e-6
    alike = np.full((14, 1), 0.7)  # neurons at one level exchange no current
    silent = network.silenced(synapses=jnp.ones(len(network.pre), bool))
    np.testing.assert_allclose(multiplied(silent, alike), 0, atol=1e-6)
    assert len(RateNetwork(small_circuit(), RateNetworkSettings(gap_junctions=0)).junction_a) == 0


def test_silencing_removes_the_marked_edges_and_no_other() -> None:
    network = RateNetwork(small_circuit())
    before = dense_weights(network)
    marked = np.arange(len(network.pre)) % 3 == 0
    after = dense_weights(network.silenced(synapses=jnp.asarray(marked)))
    gone = np.zeros_like(before, bool)
    gone[np.asarray(network.pre)[marked], np.asarray(network.post)[marked]] = True
    np.testing.assert_array_equal(after, np.where(gone, 0, before))
    cut = network.silenced(junctions=jnp.ones(len(network.junction_a), bool))
    assert not np.asarray(cut.conductance).any() and np.asarray(network.conductance).all()


def circuit_in_parts(seed: int, beyond: int, *, parts: int = 4, size: int = 6):
    """Legs with edges and gap junctions within, and `beyond` neurons of each that reach other legs."""
    rng = np.random.default_rng(seed)
    whole = parts * size
    own = np.arange(whole) // size
    reaching = np.arange(whole) % size < beyond
    counts = rng.integers(1, 9, (whole, whole)) * (rng.random((whole, whole)) < 0.5)
    counts *= (own[:, None] == own) | reaching[:, None]
    gaps = rng.integers(1, 9, (whole, whole)) * (own[:, None] == own)
    gaps[0, whole - 1] = 3
    made = circuit_of(counts, ["interneuron"] * whole, [1 if i % 3 else -1 for i in range(whole)], gaps + gaps.T)
    table = made.neurons.assign(leg=[f"l{part}" for part in own])
    return type(made)(table, made.synapses, made.gap_junctions, made.provenance)


@pytest.mark.parametrize("beyond", [0, 1])
def test_blocks_of_legs_give_what_the_dense_matrix_gives_and_its_gradients(beyond: int) -> None:
    circuit = circuit_in_parts(beyond, beyond)
    quick = RateNetwork(circuit)
    dense = RateNetwork(circuit, RateNetworkSettings(product="dense"))
    assert quick.product().blocks is not None and dense.product().blocks is None
    rates = jnp.asarray(np.random.default_rng(3).random((24, 5)), jnp.float32)
    np.testing.assert_allclose(multiplied(quick, rates), multiplied(dense, rates), atol=1e-5)
    slope = eqx.filter_jit(eqx.filter_grad(lambda n: (n.product()(rates) ** 2).sum()))
    found, expected = (slope(network) for network in (quick, dense))
    np.testing.assert_allclose(found.log_magnitude, expected.log_magnitude, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.log_conductance, expected.log_conductance, rtol=1e-3, atol=1e-4)


def test_blocks_are_for_equal_legs_in_a_row_that_few_neurons_leave() -> None:
    assert Parts.of(small_circuit()) is None  # no legs
    circuit = circuit_in_parts(0, 1)
    assert Parts.of(circuit) == Parts(4, (0, 6, 12, 18, 23))  # the last by its gap junction
    assert Parts.of(circuit_in_parts(0, 3)) is None  # would be no quicker
    for legs in (["l0"] * 24, ["l0"] * 5 + ["l1"] * 19, ["l0", "l1"] * 12):
        table = circuit.neurons.assign(leg=legs)
        assert Parts.of(type(circuit)(table, circuit.synapses, circuit.gap_junctions, circuit.provenance)) is None


def test_a_circuit_without_signed_synapses_or_without_loops_is_refused() -> None:
    circuit = small_circuit()
    mute = circuit.neurons.assign(sign=np.int8(0))
    with pytest.raises(PremotorError, match="none of a neuron with a known sign"):
        RateNetwork(type(circuit)(mute, circuit.synapses, None, circuit.provenance))
    forward = circuit.synapses.toarray()
    forward[np.tril_indices(14)] = 0
    chain = type(circuit)(circuit.neurons, type(circuit.synapses)(forward), None, circuit.provenance)
    with pytest.raises(PremotorError, match="spectral radius of 0"):
        RateNetwork(chain)
    assert RateNetwork(chain, RateNetworkSettings(spectral_radius=None, weights="square_root")).neurons == 14
