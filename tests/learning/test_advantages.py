"""Generalised advantages against the definition, one sum at a time."""

import jax
import numpy as np
from hypothesis import given, strategies as st

from premotor.learning import generalised_advantages

ADVANTAGES = jax.jit(generalised_advantages)


@given(
    seed=st.integers(0, 10_000),
    steps=st.sampled_from([1, 2, 5, 12]),
    discount=st.sampled_from([0.0, 0.5, 0.99, 1.0]),
    decay=st.sampled_from([0.0, 0.7, 0.95, 1.0]),
)
def test_advantages_are_the_sums_of_their_definition(seed: int, steps: int, discount: float, decay: float) -> None:
    rng = np.random.default_rng(seed)
    shape = (steps, 3)
    reward, value, following = (rng.normal(size=shape) for _ in range(3))
    terminated = rng.random(shape) < 0.2
    truncated = (rng.random(shape) < 0.2) & ~terminated
    expected = np.zeros(shape)
    for e in range(3):
        for t in range(steps):
            weight = 1.0
            for later in range(t, steps):
                after = 0.0 if terminated[later, e] else following[later, e]
                expected[t, e] += weight * (reward[later, e] + discount * after - value[later, e])
                if terminated[later, e] or truncated[later, e]:
                    break
                weight *= discount * decay
    found = ADVANTAGES(reward, value, following, terminated, truncated, discount, decay)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_running_out_of_time_is_no_fall() -> None:
    one = np.ones((1, 3))
    cut = ADVANTAGES(one, 0 * one, 10 * one, one < 0, one > 0, 0.9, 0.95)
    fall = ADVANTAGES(one, 0 * one, 10 * one, one > 0, one < 0, 0.9, 0.95)
    assert (np.asarray(cut) == 10.0).all() and (np.asarray(fall) == 1.0).all()
