"""What critics say of a step: the specified one, with a memory, and others."""

import math
from collections import deque

import numpy as np
import pytest

from premotor.learning.plasticity import (
    BalanceCriticSettings,
    ConstantCriticSettings,
    PlasticitySettings,
    PolicyCriticSettings,
)
from premotor.learning.plasticity.critics import critic_of, judge


def worth(settings, before, after, tie=False, fell=False, action=1):
    return judge(critic_of(settings), np.array(before, float), action, tie, np.array(after, float), fell)


def test_the_critic_is_the_specified_one():
    critic = BalanceCriticSettings()
    loss = lambda s: math.sqrt(s[2] ** 2 + 0.7 * s[3] ** 2)  # noqa: E731
    worse, better = [0, 0, 0.1, 0.2], [0, 0, 0.08, 0.15]
    assert worth(critic, worse, better) == pytest.approx(1.5 * 3 * (loss(worse) - loss(better)))
    assert worth(critic, better, worse) == pytest.approx(3 * (loss(better) - loss(worse)))
    assert worth(critic, [0, 0, 0, 0], worse) == 0
    assert worth(critic, worse, [1, 1, 0.009, -0.009]) == 1  # 1.5, clipped
    assert worth(critic, worse, better, tie=True) == pytest.approx(-1 / 1.5)
    assert worth(critic, worse, better, fell=True) == -1
    assert worth(PlasticitySettings(faithful=True).effective().critic, worse, better, fell=True) == 0


def test_a_critic_may_see_all_variables_and_clear_flips():
    means, deviations = (-0.00645789, -0.03634136, 0.00529333, 0.04752025), (1.0, 0.53989509, 0.09129902, 0.82070579)
    biases = (0.5, 0.0, 2.0, 1.0)

    def loss(state):
        parts = zip(biases, state, means, deviations, strict=True)
        return math.sqrt(sum((b * (x - m) / d) ** 2 for b, x, m, d in parts))

    worse, better = [0.3, 0.2, 0.1, 0.2], [0.3, 0.1, 0.099, 0.19]
    critic = BalanceCriticSettings(biases=biases)
    assert worth(critic, worse, better) == pytest.approx(1.5 * 3 * (loss(worse) - loss(better)))
    flipped = [0.3, 0.1, 0.099, -0.19]
    assert worth(BalanceCriticSettings(clear_flips=True), worse, flipped) == 0 != worth(critic, worse, flipped)
    assert worth(BalanceCriticSettings(clear_flips=True), worse, better) == worth(
        BalanceCriticSettings(), worse, better
    )
    assert worth(BalanceCriticSettings(clear_flips=True), worse, [0, 0, 0.001, -0.001]) == 1


@pytest.mark.parametrize("remembered", [1, 4, 7])
def test_what_comes_often_counts_less(remembered):
    """Against a memory of the rewards themselves, which knows nothing of signs in a ring."""
    critic = critic_of(BalanceCriticSettings(modulation=remembered, clear_flips=True, fall=0.5))
    memory, random, factors = deque(maxlen=remembered), np.random.default_rng(remembered), set()

    def loss(state):
        return math.sqrt(state[2] ** 2 + 0.7 * state[3] ** 2)

    for step in range(300):
        before, after = random.normal(0, [1, 0.5, 0.05, 0.3], (2, 4))
        before[2:] *= step % 10 != 0  # every tenth time the pole was balanced
        tie, fell = step % 7 == 0, step % 31 == 0
        found = judge(critic, before, 1, tie, after, fell)
        rose, rises = (abs(state[2]) < 0.01 and abs(state[3]) < 0.01 for state in (before, after))
        if not fell and (rose or (not tie and not rises and before[3] * after[3] < 0)):
            assert found == 0  # and nothing is remembered
            continue
        told = -0.5 if fell else -1 / 1.5 if tie else 1.0 if rises else 3 * (loss(before) - loss(after))
        told *= 1.5 if told > 0 else 1.0
        same = sum(one > 1e-6 if told >= 0 else one < -1e-6 for one in memory)
        factor = (len(memory) - same + 1) / (len(memory) + 1) if len(memory) >= remembered / 2 else 1.0
        assert found == pytest.approx(min(max(told * factor, -1.0), 1.0), abs=1e-14)
        memory.append(told)
        factors.add(factor)
    assert {1.0, 1 / (remembered + 1)} <= factors


def test_other_critics():
    assert worth(PolicyCriticSettings(), [0, 0, 0.1, 0], [0] * 4, action=1) == 1
    assert worth(PolicyCriticSettings(), [0, 0, 0.1, 0], [0] * 4, action=0) == -1
    assert worth(ConstantCriticSettings(reward=0.2), [0] * 4, [0] * 4) == 0.2
    assert worth(ConstantCriticSettings(fall=0.5), [0] * 4, [0] * 4, fell=True) == -0.5
