"""Critics: what the task's state after an action, against the one before, is worth as a reward."""

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import Floats, Ints, kernel
from premotor.learning.plasticity.settings import DEVIATIONS, MEANS, CriticSettings, ValueCriticSettings
from premotor.tasks.cartpole import cartpole_step

BALANCE, POLICY, CONSTANT, VALUE, REWARD = range(5)

SMALLEST = 1e-6
"""A reward closer to 0 has no sign for `modulated`."""


class Critic(NamedTuple):
    """A critic as the compiled loop reads it."""

    kind: int
    matrix: Floats
    """P, (4, 4)."""
    signs: Ints
    """Of the last rewards, a ring of −1, 0 and 1, (remembered,); of length 0: none is remembered. Changes."""
    given: Ints
    """Rewards so far, (1,). Changes."""
    gain: float = 0.0
    spin_weight: float = 0.0
    balanced: float = 0.0
    highest: float = 1.0
    positive_bias: float = 1.0
    negative_bias: float = 1.0
    tie: float = 0.0
    fall: float = 0.0
    reward: float = 0.0
    clear_flips: bool = False
    whole: bool = False
    """Whether the loss is of all four variables, by `weights` and `means`."""
    weights: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    means: tuple[float, ...] = MEANS


def value_matrix(settings: ValueCriticSettings) -> NDArray[np.float64]:
    """P of a critic by value, (4, 4)."""
    from scipy.linalg import solve_discrete_are

    step, size = 1e-6, 4
    drift, push = np.zeros((size, size)), np.zeros((size, 1))
    for column in range(size + 1):
        results = []
        for action in (0, 1):
            state = np.zeros(size)
            if column < size:
                state[column] = step
            cartpole_step(state, action)
            results.append(state)
        if column < size:
            drift[:, column] = (results[0] + results[1]) / (2 * step)
        else:
            push[:, 0] = (results[1] - results[0]) / 2
    return solve_discrete_are(drift, push, np.diag(settings.cost) + 1e-9 * np.eye(size), np.array([[settings.effort]]))


def critic_of(settings: CriticSettings) -> Critic:
    """The critic that settings describe; one that remembers rewards begins with none."""
    remembered = (settings.modulation or 0) if settings.kind == "balance" else 0
    critic = Critic(CONSTANT, np.zeros((4, 4)), np.zeros(remembered, np.int64), np.zeros(1, np.int64))
    if settings.kind == "balance":
        biases = settings.biases or (0.0,) * 4
        weights = tuple(bias / deviation for bias, deviation in zip(biases, DEVIATIONS, strict=True))
        told = settings.model_dump(exclude={"kind", "biases", "modulation"})
        return critic._replace(kind=BALANCE, **told, whole=settings.biases is not None, weights=weights)
    if settings.kind == "policy":
        return critic._replace(kind=POLICY, reward=settings.reward, weights=settings.weights)
    if settings.kind == "value":
        matrix = value_matrix(settings)
        return critic._replace(kind=VALUE, gain=settings.gain, fall=settings.fall, tie=settings.tie, matrix=matrix)
    if settings.kind == "reward":
        return critic._replace(kind=REWARD, reward=min(max(settings.gain + settings.offset, -1.0), 1.0))
    return critic._replace(reward=settings.reward, fall=settings.fall)


@kernel
def root_cost(matrix: Floats, state: Floats) -> float:
    """√(sᵀ P s)"""
    total = 0.0
    for row in range(4):
        for column in range(4):
            total += state[row] * matrix[row, column] * state[column]
    return sqrt(max(total, 0.0))


@kernel
def whole_loss(critic: Critic, state: Floats) -> float:
    """√Σ (weight · (x − mean))²"""
    total = 0.0
    for place in range(4):
        part = critic.weights[place] * (state[place] - critic.means[place])
        total += part * part
    return sqrt(total)


@kernel
def modulated(signs: Ints, given: Ints, reward: float) -> float:
    """A reward by how often its sign came among the last ones (a ring, (remembered,)); then it is remembered itself."""
    known = min(given[0], len(signs))
    same = 0
    for place in range(known):
        if signs[place] == (1 if reward >= 0.0 else -1):
            same += 1
    signs[given[0] % len(signs)] = 1 if reward > SMALLEST else (-1 if reward < -SMALLEST else 0)
    given[0] += 1
    return reward * (known - same + 1) / (known + 1) if 2 * known >= len(signs) else reward


@kernel
def judge(critic: Critic, previous: Floats, action: int, tie: bool, observation: Floats, fell: bool) -> float:
    """The reward, within ±1, of `action` (a random one in a `tie`) that led from `previous` to `observation`."""
    if critic.kind == REWARD:
        return critic.reward
    if critic.kind == CONSTANT:
        return -critic.fall if fell else critic.reward
    if critic.kind == POLICY:
        lean = 0.0
        for place in range(4):
            lean += critic.weights[place] * previous[place]
        if tie:
            return 0.0
        return critic.reward if (lean > 0.0) == (action == 1) else -critic.reward
    if critic.kind == VALUE:
        if fell or tie:
            return -critic.fall if fell else -critic.tie
        fallen = root_cost(critic.matrix, previous) - root_cost(critic.matrix, observation)
        return min(max(critic.gain * fallen, -1.0), 1.0)
    if fell:
        reward = -critic.highest * critic.fall
    elif abs(previous[2]) < critic.balanced and abs(previous[3]) < critic.balanced:
        return 0.0
    elif tie:
        reward = -critic.highest * critic.tie
    elif abs(observation[2]) < critic.balanced and abs(observation[3]) < critic.balanced:
        reward = critic.highest
    elif critic.clear_flips and observation[3] * previous[3] < 0.0:
        return 0.0
    elif critic.whole:
        reward = critic.gain * (whole_loss(critic, previous) - whole_loss(critic, observation))
    else:
        before = sqrt(previous[2] * previous[2] + critic.spin_weight * previous[3] * previous[3])
        after = sqrt(observation[2] * observation[2] + critic.spin_weight * observation[3] * observation[3])
        reward = critic.gain * (before - after)
    reward *= critic.positive_bias if reward > 0.0 else critic.negative_bias
    if len(critic.signs) > 0:
        reward = modulated(critic.signs, critic.given, reward)
    return min(max(reward, -critic.highest), critic.highest)
