"""CartPole: the equations of motion, Gymnasium's numbers where it is installed, and the start states."""

import numpy as np
import pytest

from premotor.tasks.cartpole import cartpole_starts, cartpole_step


def test_a_step_solves_the_equations_of_motion():
    """Forces on cart and pole, solved as a linear system (Florian 2007, without friction)."""
    random = np.random.default_rng(0)
    for action in (0, 1) * 20:
        state = random.uniform(-1, 1, 4) * [2, 3, 0.2, 3]
        x, v, angle, spin = state
        mass, half = 0.1, 0.5
        left = [[1.1, mass * half * np.cos(angle)], [np.cos(angle), 4 / 3 * half]]
        force = 10.0 if action else -10.0
        acceleration, turn = np.linalg.solve(left, [force + mass * half * spin**2 * np.sin(angle), 9.8 * np.sin(angle)])
        fell = cartpole_step(state, action)
        expected = [x + 0.02 * v, v + 0.02 * acceleration, angle + 0.02 * spin, spin + 0.02 * turn]
        np.testing.assert_allclose(state, expected, rtol=1e-12)
        assert fell == (abs(state[0]) > 2.4 or abs(state[2]) > np.deg2rad(12))


def test_episodes_are_those_of_gymnasium():
    gymnasium = pytest.importorskip("gymnasium")
    environment = gymnasium.make("CartPole-v1").unwrapped
    starts = cartpole_starts(20, 42)
    actions = np.random.default_rng(3)
    for episode in range(20):
        environment.reset(seed=42 if episode == 0 else None)
        state = starts[episode].copy()
        np.testing.assert_array_equal(state, environment.state)
        fell = False
        while not fell:
            action = int(actions.integers(2))
            _, _, terminated, _, _ = environment.step(action)
            fell = cartpole_step(state, action)
            np.testing.assert_allclose(state, environment.state, rtol=1e-12, atol=1e-14)
            assert fell == terminated


def test_random_actions_last_as_long_as_published():
    """Hasegan et al. (2022): a mean of 20.2 steps, a median of 18, in 100 episodes."""
    random = np.random.default_rng(1)
    lengths = []
    for start in cartpole_starts(2000, 0):
        state, steps = start.copy(), 1
        while not cartpole_step(state, int(random.integers(2))):
            steps += 1
        lengths.append(steps)
    assert np.mean(lengths) == pytest.approx(22, abs=2)
    assert 17 <= np.median(lengths) <= 21
