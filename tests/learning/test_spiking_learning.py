"""Reward-modulated plasticity against the oracle; tags, targeting, homeostasis, critics; threads and snapshots."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from networks.spiking_oracle import simulate
from networks.test_spiking import as_oracle, random_stimuli
from premotor.errors import PremotorError
from premotor.learning.plasticity import (
    BalanceCriticSettings,
    HomeostasisSettings,
    InterfaceSettings,
    PlasticitySettings,
    SpikingAgent,
    TagSettings,
    TargetingSettings,
    ValueCriticSettings,
    in_parallel,
    motor_halves,
    replay,
)
from premotor.learning.plasticity.critics import critic_of, judge, value_matrix
from premotor.learning.plasticity.lessons import action_sides
from premotor.networks.spiking.event_driven import NormalFields, random_network
from premotor.networks.spiking.event_driven.plasticity import control_gain, reward_synapses
from premotor.runs.spiking.records import played_again
from premotor.tasks.cartpole import cartpole_starts, cartpole_step

NONE = HomeostasisSettings(normalise_every=0, balance="none", control_every=0)


class Lessons:
    """Rewards, targeting and homeostasis of the specification, for the oracle."""

    def __init__(self, network, rewards, actions, exponential=False):
        self.synapses = list(zip(network.pre.tolist(), network.post.tolist(), strict=True))
        self.plastic = np.flatnonzero(network.plastic).tolist()
        self.half = {cell: int(k >= 20) for k, cell in enumerate(network.populations["EM"].tolist())}
        self.rewards, self.actions, self.exponential = rewards, actions, exponential
        self.goal = {}
        for number in self.plastic:
            self.goal.setdefault(self.synapses[number][1], []).append(float(network.weight[number]))
        self.goal = {cell: sum(values) / len(values) for cell, values in self.goal.items()}

    def left(self, tags, number, t):
        if number not in tags:
            return 0.0
        age = t - tags[number]
        return math.exp(-age / 250) if self.exponential else float(age <= 250)

    def __call__(self, t, step, weights, hebbian, anti):
        reward, action = self.rewards[step - 1], self.actions[step - 1]
        for number in self.plastic:
            post = self.synapses[number][1]
            if post not in self.half or action < 0:
                continue
            part = 1.0 if self.half[post] == action else -0.8
            change = 0.04 * self.left(hebbian, number, t) - 0.04 * self.left(anti, number, t)
            weights[number] = min(400.0, max(0.0, weights[number] + reward * part * change))
        if step % 25 == 0:
            for cell, goal in self.goal.items():
                inputs = [n for n in self.plastic if self.synapses[n][1] == cell]
                mean = sum(weights[n] for n in inputs) / len(inputs)
                for number in inputs:
                    weights[number] *= goal / mean


@pytest.mark.parametrize("exponential", [False, True])
def test_six_seconds_of_learning_weight_for_weight(exponential):
    network, steps = random_network(11), 120
    random = np.random.default_rng(5)
    times, sources = random_stimuli(6, seed=2)
    rewards, actions = random.uniform(-1, 1, steps), random.integers(-1, 2, steps)
    kinds, synapses = as_oracle(network)
    lessons = Lessons(network, rewards.tolist(), actions.tolist(), exponential)
    trains = list(zip(times.tolist(), sources.tolist(), strict=True))
    spikes, weights = simulate(kinds, synapses, trains, 6000.0, lessons)
    settings = PlasticitySettings(
        tags=TagSettings(exponential=exponential),
        homeostasis=HomeostasisSettings(balance="none", control_every=0),
    )
    result = replay(network, motor_halves(network), (times, sources), rewards, actions, settings)
    assert result.cell.tolist() == [cell for _, cell in spikes]
    expected = np.array(weights)[network.plastic]
    np.testing.assert_allclose(result.weights[-1], expected, rtol=1e-12)
    assert (np.abs(expected - network.weight[network.plastic]) > 0.01).mean() > 0.2


def changes(targeting, action, reward=1.0, **settings):
    """Change of the weights by one reward after 1.5 s, split by what the synapse leads to."""
    network = random_network(1)
    steps = 30
    rewards, actions = np.zeros(steps), np.full(steps, action)
    rewards[-1] = reward
    given = PlasticitySettings(targeting=targeting, homeostasis=NONE, **settings)
    result = replay(network, motor_halves(network), random_stimuli(1.5), rewards, actions, given)
    change = result.weights[-1] - network.weight[network.plastic]
    group = motor_halves(network)[network.post[network.plastic]]
    return [change[group == g] for g in (-1, 0, 1)]


def test_targeting_says_whom_a_reward_reaches():
    hidden, left, right = changes(TargetingSettings(mode="all"), 0)
    assert hidden.any() and left.any() and right.any()
    assert not changes(TargetingSettings(mode="motor"), 0)[0].any()
    np.testing.assert_array_equal(changes(TargetingSettings(mode="motor"), 0)[2], right)
    chosen = changes(TargetingSettings(mode="chosen"), 0)
    np.testing.assert_array_equal(chosen[1], left)
    assert not chosen[2].any() and not chosen[0].any()
    opposed = changes(TargetingSettings(), 1)
    np.testing.assert_allclose(opposed[1], -0.8 * left, atol=1e-12)
    np.testing.assert_array_equal(opposed[2], right)
    half = changes(TargetingSettings(hidden=0.5), 1)
    np.testing.assert_allclose(half[0], 0.5 * hidden, atol=1e-12)
    np.testing.assert_allclose(changes(TargetingSettings(mode="all"), 0, reward=-0.5)[1], -0.5 * left, atol=1e-12)


def test_feedback_by_action_gives_hidden_cells_the_sign_of_the_half_that_they_drive():
    network = random_network(1)
    drive = np.zeros((network.cells, 2))
    motor = motor_halves(network)
    for pre, post, weight, plastic in zip(network.pre, network.post, network.weight, network.plastic, strict=True):
        if plastic and motor[post] >= 0:
            drive[pre, motor[post]] += weight
    uniform = changes(TargetingSettings(hidden=1.0), 1)
    mine = changes(TargetingSettings(hidden=1.0, other=-0.5, feedback="action"), 1)
    np.testing.assert_array_equal(mine[2], uniform[2])
    post = network.post[network.plastic]
    speaks_for = drive.argmax(1)[post[motor[post] < 0]]
    assert set(speaks_for) == {0, 1}
    assert uniform[0].any()
    np.testing.assert_allclose(mine[0], np.where(speaks_for == 1, 1.0, -0.5) * uniform[0], atol=1e-12)
    assert not any(part.any() for part in changes(TargetingSettings(hidden=1.0, feedback="action"), -1))


def test_cells_further_from_the_motor_cells_speak_for_what_they_reach():
    # 0 → 1 → 3 (action 0), 0 → 2 → 4 (action 1), 5 → nowhere; 0 drives 2 most
    pre, post, weight = [0, 0, 1, 2, 5], [1, 2, 3, 4, 5], [1.0, 2.0, 5.0, 5.0, 1.0]
    network = SimpleNamespace(
        cells=6, plastic=np.ones(5, bool), pre=np.array(pre), post=np.array(post), weight=np.array(weight)
    )
    assert action_sides(network, np.array([-1, -1, -1, 0, 1, -1])).tolist() == [1, 0, 1, 0, 1, -1]


def test_feedback_by_action_needs_actions_to_be_told_apart():
    with pytest.raises(ValidationError, match="feedback 'action' needs the mode 'chosen' or 'opposed'.*'motor'"):
        TargetingSettings(mode="motor", feedback="action")


def test_a_tie_reaches_nobody_unless_asked_to():
    assert not any(part.any() for part in changes(TargetingSettings(), -1))
    assert changes(TargetingSettings(ties="all"), -1)[1].any()
    assert changes(TargetingSettings(), -1, faithful=True)[1].any()


def test_nothing_is_tagged_before_the_rule_begins():
    assert not any(part.any() for part in changes(TargetingSettings(mode="all"), 0, tags=TagSettings(begin=1600.0)))


def test_balancing_favours_cells_whose_outputs_have_shrunk():
    network = random_network(0)
    outputs = [0.0] * 3
    for number, balance in enumerate(("none", "outputs", "inverted")):
        agent = SpikingAgent(
            network,
            motor_halves(network),
            plasticity=PlasticitySettings(homeostasis=HomeostasisSettings(balance=balance)),
        )
        plastic, lessons, weight = agent.plastic, agent.lessons, agent.state.weight
        plastic.hebbian[:] = 0.0
        weight[plastic.synapse] *= 1.25  # every cell's outputs have grown by a quarter
        before = agent.weights
        reward_synapses(
            plastic, lessons.rule, weight, lessons.group, np.array([1.0, 1.0, -1, 0, 0]), lessons.balance, 1.0, 0.0
        )
        change = agent.weights - before
        outputs[number] = [change[lessons.group == group][0] for group in (1, 2)]
    np.testing.assert_allclose(outputs[0], [0.04, -0.04])
    np.testing.assert_allclose(outputs[1], [0.04 / 1.25, -0.04 * 1.25])
    np.testing.assert_allclose(outputs[2], [0.04 * 1.25, -0.04 * 1.25])  # by the sign of the reward, as published


def test_gain_control_moves_every_group_towards_its_rate():
    goal, spikes = np.ones(4), np.array([3, 100])
    control_gain(goal, np.array([0, 1, -1, 0]), spikes, np.array([2, 1]), np.array([5.0, 5.0]), 1.0, 1e-4, 0.0)
    assert goal.tolist() == [1.0001, 0.9999, 1.0, 1.0001]


@pytest.mark.parametrize("soft", [False, True])
def test_plain_stdp_and_soft_limits_pair_for_pair(soft):
    network, steps = random_network(11), 60
    times, sources = random_stimuli(3, seed=2)
    random = np.random.default_rng(3)
    rewards, actions = random.uniform(-1, 1, steps), random.integers(0, 2, steps)
    tags = TagSettings(
        soft=soft, highest=20, stdp_hebbian=0.05, stdp_anti_hebbian=0.03, stdp_length=7, stdp_anti_length=9
    )
    given = PlasticitySettings(tags=tags, homeostasis=NONE)
    result = replay(network, motor_halves(network), (times, sources), rewards, actions, given)
    pre, post = network.pre[network.plastic], network.post[network.plastic]
    weight, last = network.weight[network.plastic].copy(), np.full(network.cells, -np.inf)
    hebbian, anti = np.full(len(pre), -np.inf), np.full(len(pre), -np.inf)

    def change(which, amount):
        if soft:
            amount = amount * np.where(amount >= 0, 1 - weight[which] / 20, weight[which] / 20)
        weight[which] = np.clip(weight[which] + amount, 0, 20)

    half = np.where(post < 140, -1, np.where(post < 160, 0, 1))  # EM are the cells 140 to 179
    place = 0
    for step in range(steps):
        t = 50.0 * (step + 1)
        while place < len(result.time) and result.time[place] + 1 <= t:
            time, cell = result.time[place], result.cell[place]
            if time + 1 >= 1000:
                for mine, other, sign, size, length, marks in (
                    (post == cell, pre, 1, 0.05, 7.0, hebbian),
                    (pre == cell, post, -1, 0.03, 9.0, anti),
                ):
                    since = time - last[other]
                    which = np.flatnonzero(mine & (since > 1))
                    change(which, sign * size * np.exp(-since[which] / length))
                    marks[mine & (since > 1) & (since <= 3)] = time + 1
            last[cell] = time
            place += 1
        part = np.where(half < 0, 0.0, np.where(half == actions[step], 1.0, -0.8))
        tagged = 0.04 * (t - hebbian <= 250) - 0.04 * (t - anti <= 250)
        moved = np.flatnonzero(part)
        change(moved, (rewards[step] * part * tagged)[moved])
    np.testing.assert_allclose(result.weights[-1], weight, rtol=1e-10, atol=1e-12)
    assert (np.abs(weight - network.weight[network.plastic]) > 0.05).mean() > 0.3


def test_several_decisions_on_one_observation():
    network, starts = random_network(2), cartpole_starts(6, 9)
    held = SpikingAgent(network, motor_halves(network), InterfaceSettings(hold=3), seed=4)
    episodes = held.play(starts, record=3000)
    again = SpikingAgent(network, motor_halves(network), InterfaceSettings(hold=3), seed=4)
    train = played_again(again, episodes.observation, episodes.counts, episodes.length)
    assert train is not None and len(train.time) == episodes.counts.sum()
    driven = [set(np.flatnonzero(row[:80])) for row in episodes.counts]  # of ES, one cell a source
    begins = np.concatenate([[0], np.cumsum(episodes.length)[:-1]])
    step = np.arange(len(driven)) - begins[np.repeat(np.arange(6), episodes.length)]
    now = np.array([len(driven[k] - driven[k - 1]) for k in range(1, len(driven))])
    assert now[(step[1:] % 3 != 0)].mean() < 0.5 * now[step[1:] % 3 == 0].mean()
    one = SpikingAgent(network, motor_halves(network), InterfaceSettings(), seed=4).play(starts, record=3000)
    assert one.counts.shape != episodes.counts.shape or (one.counts != episodes.counts).any()


def greedy_lengths(settings, episodes=20):
    """Steps until the fall of whoever always does what the critic rewards most, one action in five at random."""
    critic, random, lengths = critic_of(settings), np.random.default_rng(0), []
    for start in cartpole_starts(episodes, 0):
        state = start.copy()
        for step in range(1, 501):  # noqa: B007
            worths = []
            for action in (0, 1):
                after = state.copy()
                fell = cartpole_step(after, action)
                worths.append(judge(critic, state, action, False, after, fell))
            best = int(worths[1] > worths[0])
            if cartpole_step(state, best if random.random() < 0.8 else 1 - best):
                break
        lengths.append(step)
    return np.mean(lengths)


def test_the_published_critic_teaches_to_follow_the_spin_and_the_value_critic_to_balance():
    assert greedy_lengths(BalanceCriticSettings(fall=0.0)) < 160
    assert greedy_lengths(ValueCriticSettings()) > 250
    matrix = value_matrix(ValueCriticSettings(effort=0.1))
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-6)
    assert np.linalg.eigvalsh(matrix).min() > 0


def learned(seed, starts):
    network = random_network(seed)
    agent = SpikingAgent(network, motor_halves(network), plasticity=PlasticitySettings(), seed=seed)
    return agent.play(starts[seed], learn=True).length, agent.weights


def test_learning_does_not_depend_on_threads():
    starts = [cartpole_starts(8, seed) for seed in range(4)]
    alone = in_parallel(lambda seed: learned(seed, starts), range(4), 1)
    for threads in (2, 4):
        for (length, weights), (length_2, weights_2) in zip(
            alone, in_parallel(lambda seed: learned(seed, starts), range(4), threads), strict=True
        ):
            assert length.tolist() == length_2.tolist()
            assert weights.tolist() == weights_2.tolist()


def test_a_snapshot_continues_bit_for_bit():
    """Cut within an episode, in the middle of tags, of spikes on their way, of counts for gain control and of a memory
    of rewards."""
    network = random_network(2)
    starts = cartpole_starts(100, 9)

    def fresh():
        rules = PlasticitySettings(critic=BalanceCriticSettings(modulation=40))
        return SpikingAgent(network, motor_halves(network), plasticity=rules, seed=4)

    whole = fresh()
    whole.play(starts, learn=True, steps=700)
    part = fresh()
    done = part.play(starts, learn=True, steps=333).length
    saved = {name: np.array(value) for name, value in part.snapshot().items()}
    other = fresh()
    other.restore(saved)
    other.play(starts[len(done) :], learn=True, steps=367)
    assert other.steps == whole.steps == 700
    assert {k: v.tolist() for k, v in other.snapshot().items() if k != "world/book"} == {
        k: v.tolist() for k, v in whole.snapshot().items() if k != "world/book"
    }
    with pytest.raises(PremotorError, match="does not fit"):
        other.restore({})


def test_episodes_are_the_same_in_one_call_and_in_many():
    network, starts = random_network(2), cartpole_starts(12, 9)
    whole = SpikingAgent(network, motor_halves(network), plasticity=PlasticitySettings(), seed=4)
    parts = SpikingAgent(network, motor_halves(network), plasticity=PlasticitySettings(), seed=4)
    lengths = [parts.play(starts[k : k + 4], learn=True).length for k in (0, 4, 8)]
    assert whole.play(starts, learn=True).length.tolist() == np.concatenate(lengths).tolist()
    assert whole.weights.tolist() == parts.weights.tolist()


def test_wrong_interfaces_are_refused():
    network = random_network(0)
    with pytest.raises(PremotorError, match="have 40 bins, but the network has 80 sources"):
        SpikingAgent(network, motor_halves(network), InterfaceSettings(fields=(NormalFields(),) * 2))
    with pytest.raises(PremotorError, match="no population 'MN'"):
        motor_halves(network, "MN")
    with pytest.raises(PremotorError, match="2 rewards, 1 actions"):
        replay(network, motor_halves(network), ([], []), [1.0, 1.0], [0])
