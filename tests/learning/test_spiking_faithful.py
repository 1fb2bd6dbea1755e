"""The published rule as a whole, with gain control, against an oracle that knows only what was recorded."""

from collections import deque

import numpy as np
import pytest

from networks.test_spiking import random_stimuli
from premotor.learning.plasticity import (
    HomeostasisSettings,
    PlasticitySettings,
    SpikingAgent,
    TargetingSettings,
    motor_halves,
    replay,
)
from premotor.networks.spiking.event_driven import random_network
from premotor.networks.spiking.event_driven.events import SLOTS
from premotor.tasks.cartpole import cartpole_starts

STEPS, STEP, BAND = 1200, 50.0, 0.01


class Oracle:
    """Plasticity and homeostasis of the original program, from spikes, rewards, actions and ends of episodes alone."""

    def __init__(self, network, every, rates, hidden):
        plastic = network.plastic
        self.pre, self.post, self.weight = network.pre[plastic], network.post[plastic], network.weight[plastic].copy()
        self.hebbian, self.anti = np.full(len(self.pre), -np.inf), np.full(len(self.pre), -np.inf)
        self.last = np.full(network.cells, -np.inf)
        self.onto = [np.flatnonzero(self.post == cell) for cell in range(network.cells)]
        self.by = [np.flatnonzero(self.pre == cell) for cell in range(network.cells)]
        motor = network.populations["EM"]
        self.groups = [network.populations["EA"], motor[:20], motor[20:]]
        self.every, self.rates, self.hidden = every, rates, hidden
        self.half = np.full(network.cells, -1)
        self.half[motor] = np.arange(40) // 20
        self.goal = {cell: self.weight[self.onto[cell]].mean() for cell in np.unique(self.post)}
        self.outputs = self.mean_outputs()
        self.window, self.moved = deque(maxlen=500), []

    def mean_outputs(self):
        cells = len(self.by)
        return np.bincount(self.pre, self.weight, cells) / np.maximum(np.bincount(self.pre, minlength=cells), 1)

    def tag(self, time, cell):
        if time + 1.0 >= 1000.0:
            for mine, other, tags in ((self.onto, self.pre, self.hebbian), (self.by, self.post, self.anti)):
                since = time - self.last[other[mine[cell]]]
                tags[mine[cell][(since > 1) & (since <= 3)]] = time + 1.0
        self.last[cell] = time

    def control(self, step, cells):
        """When a step was decided and `step` were over before it."""
        self.window.append([np.isin(cells, group).sum() for group in self.groups])
        if step % self.every or len(self.window) < 500:
            return
        for group, target, count in zip(self.groups, self.rates, np.sum(self.window, axis=0), strict=True):
            rate = count / (500 * STEP / 1000.0) / len(group)
            factor = 1.0 + 1e-4 * (rate < target - BAND) - 1e-4 * (rate > target + BAND)
            self.moved.append(factor)
            for cell in group:
                self.goal[cell] *= factor

    def learn(self, t, reward, action):
        left = [np.where(t - tags <= 250.0, 0.04, 0.0) for tags in (self.hebbian, self.anti)]
        half = self.half[self.post]
        part = np.where(half < 0, self.hidden, np.where(half == action, 1.0, -0.8))
        factor = self.outputs[self.pre] / self.mean_outputs()[self.pre]
        scale = np.clip(1.0 / factor if reward > 0 else factor, 0.1, 2.0)
        self.weight = np.clip(self.weight + reward * part * scale * (left[0] - left[1]), 0.0, 400.0)

    def normalise(self):
        for cell, goal in self.goal.items():
            self.weight[self.onto[cell]] *= goal / self.weight[self.onto[cell]].mean()

    def run(self, times, cells, rewards, actions, ended):
        order = iter(zip(times.tolist(), cells.tolist(), strict=True))
        waiting = next(order, None)
        for step, reward in enumerate(rewards):
            t = STEP * (step + 1)
            decided = cells[(times >= STEP * step) & (times < t)]
            while waiting is not None and waiting[0] + 1.0 <= t:
                self.tag(*waiting)
                waiting = next(order, None)
            self.control(step, decided)
            if reward:
                self.learn(t, reward, actions[step])
            if ended[step]:
                self.hebbian[:] = self.anti[:] = -np.inf
            if (step + 1) % 25 == 0:
                self.normalise()
            yield self.weight


@pytest.mark.parametrize(("every", "times"), [pytest.param(75, 9, marks=pytest.mark.slow), (5, 140)])
def test_sixty_seconds_of_the_faithful_rule_weight_for_weight(every, times):
    network, random = random_network(4), np.random.default_rng(8)
    votes = motor_halves(network)
    actions, ended = random.integers(0, 2, STEPS), random.random(STEPS) < 0.03
    rewards = np.where(random.random(STEPS) < 0.1, 0.0, random.uniform(-1, 1, STEPS))
    rates = (6.03, 7.8)
    settings = PlasticitySettings(
        faithful=True,
        targeting=TargetingSettings(hidden=0.5),
        homeostasis=HomeostasisSettings(control_every=every, hidden_rate=rates[0], motor_rate=rates[1]),
    )
    found = replay(network, votes, random_stimuli(60, seed=3), rewards, actions, settings, ended=ended)
    oracle = Oracle(network, every, (rates[0], rates[1], rates[1]), 0.5)
    assert found.weights.shape == (STEPS, 1800)
    for step, expected in enumerate(oracle.run(found.time, found.cell, rewards, actions, ended)):
        np.testing.assert_allclose(found.weights[step], expected, rtol=1e-12, atol=0, err_msg=f"step {step}")
    assert (np.abs(expected - network.weight[network.plastic]) > 0.01).mean() > 0.9
    assert len(oracle.moved) == 3 * times
    if every == 5:
        assert {1.0 - 1e-4, 1.0, 1.0 + 1e-4} == set(oracle.moved)  # down, left alone within the dead band, up


def test_a_run_goes_on_within_the_window_and_old_checkpoints_begin_it_anew(capsys):
    keeping = HomeostasisSettings(control_window=30, control_every=4, control_from=0)
    network = random_network(0)

    def agent():
        return SpikingAgent(network, motor_halves(network), plasticity=PlasticitySettings(homeostasis=keeping), seed=1)

    whole, starts = agent(), cartpole_starts(8, 3)
    whole.play(starts, learn=True, steps=45)
    snapshot = whole.snapshot()
    whole.play(starts, learn=True, steps=45)
    again = agent()
    again.restore(snapshot)
    again.play(starts, learn=True, steps=45)
    assert again.weights.tolist() == whole.weights.tolist()
    assert again.lessons.input_goal.tolist() == whole.lessons.input_goal.tolist()
    assert again.lessons.control_seen[0] == 90
    former = {name: value for name, value in snapshot.items() if "history" not in name and "seen" not in name}
    old = agent()
    old.restore(former)
    assert "before gain control had a window; the window begins empty" in capsys.readouterr().err
    assert old.lessons.control_seen[0] == 0 and not old.lessons.control_spikes.any()


def test_a_checkpoint_of_before_buckets_had_slots_goes_on():
    """Its events on their way lie in one list for each bucket, in the order in which they were sent."""
    network = random_network(0)

    def agent():
        return SpikingAgent(network, motor_halves(network), plasticity=PlasticitySettings(), seed=1)

    whole, starts = agent(), cartpole_starts(8, 3)
    whole.play(starts, learn=True, steps=40)
    for _ in range(100):
        snapshot = whole.snapshot()
        if (snapshot["state/head"] >= 0).sum() > 5:
            break
        whole.play(starts, learn=True, steps=1)
    buckets = len(snapshot["state/head"]) // SLOTS
    head, tail = np.full(buckets, -1, np.int64), np.zeros(buckets, np.int64)
    following, moved = snapshot["state/pool_next"].copy(), 0
    for slot, first in enumerate(snapshot["state/head"]):
        if first >= 0:
            bucket = slot // SLOTS
            if head[bucket] < 0:
                head[bucket] = first
            else:
                following[tail[bucket]] = first
            tail[bucket] = snapshot["state/tail"][slot]
            moved += 1
    assert moved > 5
    former = {**snapshot, "state/head": head, "state/tail": tail, "state/pool_next": following}
    again = agent()
    again.restore(former)
    for one in (whole, again):
        one.play(starts, learn=True, steps=60)
    assert again.weights.tolist() == whole.weights.tolist()
    assert again.state.cells.tolist() == whole.state.cells.tolist()
