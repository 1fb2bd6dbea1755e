"""Spiking agents with other tasks, other wirings, and a user's own critic and encoder."""

import numpy as np
import pytest

from premotor.connectome import load_circuit
from premotor.errors import PremotorError
from premotor.learning.plasticity import (
    InterfaceSettings,
    PlasticitySettings,
    RewardCriticSettings,
    SpikingAgent,
    motor_halves,
    perform,
)
from premotor.networks.spiking.event_driven import LinearFields, circuit_network, random_network
from premotor.networks.spiking.event_driven.cell import RECEPTORS
from premotor.networks.spiking.event_driven.circuit_wiring import motor_rate_of
from premotor.tasks.cartpole import MOST_STEPS, cartpole_starts, cartpole_step

gymnasium = pytest.importorskip("gymnasium")


class CartPole:
    """Our CartPole behind the interface of Gymnasium, with all digits; a seed is the number of a start state."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (4,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, starts):
        self.starts = starts

    def reset(self, seed):
        self.state, self.steps = self.starts[seed].copy(), 0
        return self.state.copy(), {}

    def step(self, action):
        fell = cartpole_step(self.state, action)
        self.steps += 1
        return self.state.copy(), 1.0, fell, self.steps >= MOST_STEPS, {}


@pytest.fixture(scope="module")
def worm():
    return load_circuit("celegans")


@pytest.mark.parametrize("learn", [False, True])
def test_a_task_step_by_step_is_the_compiled_loop(learn):
    network, starts = random_network(2), cartpole_starts(12, 0)
    plasticity = PlasticitySettings(critic=RewardCriticSettings(gain=0.5))
    one, other = (SpikingAgent(network, motor_halves(network), plasticity=plasticity, seed=4) for _ in range(2))
    expected = one.play(starts, learn=learn, record=5_000)
    found = perform(other, CartPole(starts), range(12), learn=learn, record=True)
    for name in ("length", "undecided", "returned", "action", "tie", "observation", "counts"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()
    assert one.weights.tolist() == other.weights.tolist()
    assert learn == (one.weights != network.weight[network.plastic]).any()


def test_a_users_critic_and_encoder_take_the_places():
    network, starts = random_network(2), cartpole_starts(6, 0)

    def critic(before, action, tie, after, reward, over):
        return -3.0 if over else 0.25 * reward + 0.1 * action * (after[2] - before[2])

    def encoder(observation, period, interval):
        interval[:] = np.inf
        interval[7] = period
        interval[40 if observation[2] > 0 else 41] = period

    agent = SpikingAgent(network, motor_halves(network), seed=1, critic=critic, encoder=encoder)
    result = agent.play(starts, learn=True, record=3_000)
    ends = np.cumsum(result.length) - 1
    assert (result.reward[ends] == -1.0).all()  # cut
    inside = np.ones(len(result.reward), bool)
    inside[ends] = False
    change = np.diff(result.observation[:, 2], append=0.0)
    np.testing.assert_allclose(result.reward[inside], 0.25 + 0.1 * result.action[inside] * change[inside], atol=1e-12)
    driven = result.counts[:, :80].sum(0)
    assert set(np.flatnonzero(driven)) == {7, 40, 41}
    again = SpikingAgent(network, motor_halves(network), seed=1, critic=critic, encoder=encoder)
    found = perform(again, CartPole(starts), range(6), learn=True, critic=critic)
    assert found.length.tolist() == result.length.tolist()


def test_a_connectomes_synapses_become_the_networks(worm):
    network = circuit_network(worm, 80, {"class": "sensory"}, {"class": "motor"})
    sign, ids = worm.neurons["sign"].to_numpy(), worm.ids
    assert network.cells == len(worm) and set(network.populations) == {"input", "inter", "motor"}
    edges = {(i, j) for i, j in zip(*worm.synapses.tocoo().coords, strict=True) if i != j}
    inner = network.pre < network.cells
    assert {(i, j) for i, j in zip(network.pre[inner], network.post[inner], strict=True)} == edges
    inhibits = network.receptor == RECEPTORS.index("GA")
    assert (sign[network.pre[inhibits]] < 0).all() and (sign[network.pre[inner & ~inhibits]] > 0).all()
    # One neuron's excitatory weights are as its synapse counts.
    cell = int(np.flatnonzero(ids == worm.neurons.index[worm.neurons["name"] == "AVAL"][0])[0])
    onto = network.plastic & (network.post == cell)
    counts = worm.synapses.tocsc()[:, [cell]].toarray().ravel()[network.pre[onto]]
    assert onto.sum() > 20 and np.ptp(network.weight[onto] / counts) < 1e-12
    assert 3 < motor_rate_of(network) < 12
    assert not np.array_equal(
        network.delay, circuit_network(worm, 80, {"class": "sensory"}, {"class": "motor"}, seed=1).delay
    )


def test_learning_keeps_the_signs_of_a_connectome(worm):
    sides = [{"class": "motor", "side": "left"}, {"class": "motor", "side": "right"}]
    network = circuit_network(worm, 80, {"class": "sensory"}, sides, plastic="all")
    votes = np.full(network.cells, -1)
    for action in (0, 1):
        votes[network.populations[f"motor{action}"]] = action
    agent = SpikingAgent(network, votes, plasticity=PlasticitySettings())
    before = agent.weights.copy()
    agent.play(cartpole_starts(30, 0), learn=True)
    assert (agent.weights != before).any() and (agent.weights >= 0).all()


def test_what_does_not_fit_is_refused(worm):
    with pytest.raises(PremotorError, match="83 neurons are inputs .* 90 bins"):
        circuit_network(worm, 90, {"class": "sensory"}, {"class": "motor"})
    with pytest.raises(PremotorError, match="is input and output"):
        circuit_network(worm, 8, {"class": "sensory|motor"}, {"class": "motor"})
    with pytest.raises(PremotorError, match="is an output for two actions"):
        circuit_network(worm, 8, {"class": "sensory"}, [{"class": "motor"}, {"class": "motor"}])
    network = random_network(0)
    fields = tuple(LinearFields(bins=bins) for bins in (40, 40))
    agent = SpikingAgent(network, motor_halves(network), InterfaceSettings(fields=fields))
    with pytest.raises(PremotorError, match="CartPole has 4 variables and 2 actions; this agent .* for 2"):
        agent.play(cartpole_starts(1, 0))
    with pytest.raises(PremotorError, match="the task has 2 variables, but there are receptive fields for 4"):
        perform(SpikingAgent(network, motor_halves(network)), gymnasium.make("MountainCar-v0"), [0])
    with pytest.raises(PremotorError, match="the task has 3 actions, but cells vote for 2"):
        perform(agent, gymnasium.make("MountainCar-v0"), [0])
    agent = SpikingAgent(network, motor_halves(network))
    with pytest.raises(PremotorError, match="'balance' judges CartPole only; for other tasks there are reward"):
        perform(agent, CartPole(cartpole_starts(1, 0)), [0], learn=True)
