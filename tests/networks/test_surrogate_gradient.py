"""Surrogate gradients: binary spikes forward, the slope of the smoothed network backward, rates as event by event."""

from dataclasses import replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from networks.spiking_oracle import Cell
from premotor.errors import PremotorError
from premotor.learning.plasticity import SpikingAgent, motor_halves
from premotor.learning.plasticity.settings import CARTPOLE_FIELDS
from premotor.networks import NETWORKS, Controller, PerturbedNetwork, build_controller
from premotor.networks.spiking.event_driven import EXCITATORY, FAST_SPIKING, LOW_THRESHOLD, random_network
from premotor.networks.spiking.surrogate_gradient.cells import Potentials, cells_of, decayed, received
from premotor.networks.spiking.surrogate_gradient.spike import smooth_spike, spike, step
from premotor.tasks.cartpole import cartpole_starts

NAMES = ["x", "v", "angle", "spin"]
SMALL = {
    "base": None,
    "populations": {"S": {"size": 8}, "H": {"size": 6}, "I": {"size": 2, "cell": "IL"}, "M": {"size": 4}},
    "inputs": "S",
    "outputs": "M",
    "projections": {
        "S-H": {"convergence": 4, "synapses": {"AM2": {"weight": 20.0, "spread": 0.5, "plastic": True}, "NM2": 0.3}},
        "H-I": {"convergence": 4, "synapses": {"AM2": 15.0}},
        "I-H": {"convergence": 1, "synapses": {"GA": 18.0, "GA2": {"weight": 5.0, "delay": [3.0, 6.0]}}},
        "H-M": {"convergence": 4, "synapses": {"AM2": {"weight": 18.0, "spread": 0.5, "plastic": True}}},
    },
}


def controller(**settings: Any) -> Controller:
    kind = NETWORKS.settings_class("surrogate-gradient")
    made = kind.model_validate({"fields": CARTPOLE_FIELDS, **settings})
    return build_controller(None, NAMES, ["left", "right"], network=made, key=jax.random.PRNGKey(0))


def driven(made: Controller, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spikes of each cell, (steps, cells), and preferences, (steps, actions), of one environment."""

    @jax.jit
    def run(made: Controller, seen: jax.Array) -> Any:
        product = made.product()

        def advance(state: jax.Array, row: jax.Array) -> Any:
            state, action = made.select_action(product, state, row[None])
            return state, (state[: made.network.neurons, 0], action[0])

        return jax.lax.scan(advance, made.initial_state(1), seen)[1]

    spikes, actions = run(made, jnp.asarray(observations, jnp.float32))
    return np.asarray(spikes), np.asarray(actions)


@pytest.fixture(scope="module")
def played() -> Any:
    """The event-driven network of wiring 0, 600 steps before learning: a record, and its populations."""
    network = random_network(0)
    agent = SpikingAgent(network, motor_halves(network), seed=0)
    return agent.play(cartpole_starts(60, seed=0), record=600, steps=600), network


def test_rates_and_undecided_votes_are_those_of_the_event_driven_network(played) -> None:
    record, network = played
    made = controller()
    spikes, actions = driven(made, record.observation)
    inputs = network.populations["ES"]
    np.testing.assert_array_equal(spikes[:, inputs], record.counts[:, inputs])  # nothing reaches them but sources
    for name, within in (("EA", 0.03), ("IAL", 0.05), ("EM", 0.06), ("IA", 0.15), ("IM", 0.15), ("IML", 0.15)):
        cells = network.populations[name]
        assert spikes[:, cells].mean() == pytest.approx(record.counts[:, cells].mean(), rel=within), name
    left, right = np.split(network.populations["EM"], 2)
    margin = spikes[:, right].sum(1) - spikes[:, left].sum(1)
    event = record.counts[:, right].sum(1, dtype=int) - record.counts[:, left].sum(1, dtype=int)
    assert (margin == 0).mean() == pytest.approx((event == 0).mean(), abs=0.06)
    assert np.corrcoef(margin, event)[0, 1] > 0.6  # of networks without anything in common it is 0
    decided = margin != 0
    np.testing.assert_array_equal(np.sign(actions[decided, 1] - actions[decided, 0]), np.sign(margin[decided]))
    np.testing.assert_allclose((actions[:, 1] - actions[:, 0]) / made.network.sharpness, margin, atol=2.1e-3)
    assert 0.3 < (actions[~decided, 1] > actions[~decided, 0]).mean() < 0.7  # the coin
    assert set(np.unique(spikes)) <= set(range(50))


@pytest.mark.parametrize(("kind", "settings"), [("E", EXCITATORY), ("I", FAST_SPIKING), ("IL", LOW_THRESHOLD)])
def test_a_cell_with_one_event_a_tick_is_that_of_the_specification(kind, settings) -> None:
    """Single events leave nothing to put together: spikes are equal, and potentials up to rounding."""
    random = np.random.default_rng(1)
    cells = cells_of([settings], ["AM2", "GA", "NM2"], 1.0)
    nothing = np.zeros((1, 1))
    state, oracle, fired = Potentials(dict.fromkeys(cells.decay, nothing), nothing, nothing), Cell(kind), 0
    asleep = np.inf
    for tick in range(1, 4000):
        state = decayed(cells, state)
        if asleep <= tick:
            oracle.wake(asleep)
            asleep = np.inf
        if random.random() > 0.4:
            continue
        name = str(random.choice(["AM2", "AM2", "AM2", "GA", "NM2"]))
        weight = float(random.uniform(2, 14))
        arrived = np.array([[np.log1p(-weight / 65) if name == "AM2" else weight]])
        state, now = received(cells, state, {name: arrived}, partial(step, xp=np), np)
        spiked = oracle.receive(float(tick), name, weight)
        if spiked:
            asleep = tick + oracle.c["refractory"]
        assert bool(now[0, 0]) == spiked, tick
        fired += spiked
        for receptor, value in state.receptor.items():
            assert value[0, 0] == pytest.approx(oracle.v[receptor], abs=1e-3)
        assert state.ahp[0, 0] == pytest.approx(oracle.ahp, abs=1e-3)
    assert fired > 30


def test_a_spike_is_a_step_with_the_slope_of_the_smooth_one() -> None:
    x = jnp.linspace(-9.0, 9.0, 181)
    for width in (0.5, 2.0):
        value, slope = jax.jvp(partial(spike, width=width), (x,), (jnp.ones_like(x),))
        np.testing.assert_array_equal(value, (np.asarray(x) > 0).astype(np.float32))
        around = [np.asarray(smooth_spike(np.asarray(x, float) + d, width, np)) for d in (1e-5, -1e-5)]
        np.testing.assert_allclose(slope, (around[0] - around[1]) / 2e-5, rtol=1e-3)
    assert smooth_spike(0.0, 1.0, np) == 0.5 and smooth_spike(1e9, 1.0, np) == pytest.approx(1.0)


def test_the_gradient_is_that_of_the_smoothed_network_by_finite_differences() -> None:
    """With the curve in place of the step, over three control steps in float64; all paths but the gates' are in it."""
    with jax.enable_x64(True):
        made = controller(wiring=SMALL, fields=[{"kind": "normal", "bins": 2}] * 4, step=20.0, rate=100.0)
        network = jax.tree.map(lambda x: x.astype(jnp.float64) if x.dtype == jnp.float32 else x, made.network)
        seen = jax.random.normal(jax.random.PRNGKey(1), (3, 4, 2), jnp.float64)
        aim = jax.random.normal(jax.random.PRNGKey(2), (3, network.neurons, 2), jnp.float64)

        @partial(jax.jit, static_argnums=1)
        @jax.value_and_grad
        def cost(log_weight: jax.Array, smooth: bool) -> jax.Array:
            now = replace(network, log_weight=log_weight)
            curve = partial(smooth_spike, width=2.0) if smooth else partial(spike, width=2.0)

            def advance(state: jax.Array, given: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
                row, wanted = given
                state = now.advance(now.product(), state, row, spike=curve, xp=jnp)
                return state, (wanted * state[: now.neurons]).sum()

            return jax.lax.scan(advance, jnp.zeros((now.rows, 2), jnp.float64), (seen, aim))[1].sum()

        start = np.asarray(network.log_weight)
        slope = np.asarray(cost(start, True)[1])
        assert (np.abs(slope) > 1e-4).mean() > 0.9
        for number in range(0, len(start), 9):
            change = np.where(np.arange(len(start)) == number, 1e-6, 0.0)
            found = float(cost(start + change, True)[0] - cost(start - change, True)[0]) / 2e-6
            assert float(slope[number]) == pytest.approx(found, rel=1e-4, abs=1e-6)
        there, hard = cost(start, False)
        assert np.isfinite(hard).all() and np.abs(hard).max() > 0
        beside, _ = cost(start + np.where(np.arange(len(start)) == 0, 1e-9, 0.0), False)
        assert float(beside - there) == 0.0  # of the steps themselves there is no slope


def test_spikes_are_whole_numbers_and_a_silenced_cell_reaches_nobody(played) -> None:
    made = controller()
    network = made.network
    spikes, _ = driven(made, played[0].observation[:40])
    np.testing.assert_array_equal(spikes, np.round(spikes))
    silent = np.array([name == "EA" for name in network.groups])
    cut = PerturbedNetwork.of(network, np.zeros(network.neurons), silent)
    quiet, actions = driven(eqx.tree_at(lambda c: c.network, made, cut), played[0].observation[:40])
    assert spikes[:, np.array(network.groups) == "EM"].sum() > 0
    assert quiet[:, np.array(network.groups) != "ES"].sum() == 0 and np.abs(actions).max() < 2e-3


def test_it_starts_from_the_weights_of_the_same_wiring_event_by_event() -> None:
    network, drawn = controller(wiring={"seed": 3}).network, random_network(3)
    np.testing.assert_allclose(np.exp(network.log_weight), drawn.weight[drawn.plastic], rtol=1e-5)
    edges = network.edges()
    between = drawn.pre < drawn.cells
    np.testing.assert_array_equal(edges.pre, drawn.pre[between])
    np.testing.assert_allclose(np.abs(edges.weight), drawn.weight[between], rtol=1e-5)
    assert (edges.weight[np.isin(drawn.receptor[between], [2, 5])] < 0).all()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"fields": CARTPOLE_FIELDS[:3]}, "network.fields has 3 entries, but the task has 4 variables"),
        ({"wiring": {"populations": {"ES": {"size": 79}}}}, "size is 79, but the receptive fields have 80 bins"),
        ({"step": 43.0}, "network.step is 43 ms, but the last spikes of the input cells arrive after 43 ms"),
    ],
)
def test_what_does_not_fit_is_said(settings, said) -> None:
    with pytest.raises(PremotorError, match=said):
        controller(**settings)


def test_one_action_is_nothing_to_vote_for() -> None:
    kind = NETWORKS.settings_class("surrogate-gradient")
    with pytest.raises(PremotorError, match="whose cells vote, but the task has one action"):
        build_controller(None, NAMES, ["force"], network=kind(), key=jax.random.PRNGKey(0))
