"""The worm in salt: where the source is, what is felt of it, what is earned, and what counts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.bodies.worm_plate import SALT as GREEN
from premotor.tasks import WormChemotaxisSettings, WormChemotaxisTask, build_environment
from premotor.tasks.environment import Start, View


@pytest.fixture(scope="module")
def task() -> WormChemotaxisTask:
    return WormChemotaxisTask()


def walk(task: WormChemotaxisTask, velocity: float, steps: int) -> tuple[np.ndarray, list[dict[str, float]]]:
    """What a worm feels and earns whose head moves straight to the source, mm/s: (steps, 2), and terms."""
    start: Start = task.start(jax.random.PRNGKey(3))
    head, memory = start.qpos[:2], start.memory
    way = (memory.source - head) / jnp.linalg.norm(memory.source - head)
    advance, observe = jax.jit(task.advance), jax.jit(task.observe)
    felt, terms, none = [], [], jnp.zeros(95)
    for number in range(1, steps + 1):
        qpos = start.qpos.at[:2].set(head + number * velocity * task.control_period * way)
        view = View(qpos, start.qvel, jnp.zeros(0))
        outcome = advance(view, memory, none)
        memory = outcome.memory
        felt.append(np.asarray(observe(view, memory))[-2:])
        terms.append({name: float(value) for name, value in outcome.terms.items()})
    return np.stack(felt), terms


def test_sources_lie_all_around_as_far_as_asked() -> None:
    environment = build_environment(WormChemotaxisTask(WormChemotaxisSettings(distance=(2, 4))), 64, threads=1)
    observation = environment.reset()
    assert not observation[:, -2:].any()
    away = np.asarray(environment.memory.source) - environment.physics.qpos[:, :2]
    distance, angle = np.linalg.norm(away, axis=1), np.arctan2(away[:, 1], away[:, 0])
    assert (distance >= 2).all() and (distance <= 4).all() and np.ptp(distance) > 1.5
    assert np.histogram(angle, 4, (-np.pi, np.pi))[0].min() >= 6
    np.testing.assert_allclose(distance, environment.memory.distance, rtol=1e-5)


def test_rises_and_falls_are_felt_in_units_of_crawling(task: WormChemotaxisTask) -> None:
    assert task.observation_names[-2:] == ("salt_rise", "salt_fall")
    felt, terms = walk(task, 0.2, 300)
    np.testing.assert_allclose(felt[-1], [1, 0], atol=5e-3)
    assert felt[10, 0] < 0.5  # it takes the time of adaptation
    assert terms[-1]["salt"] == pytest.approx(0.2 * 3 / 3, rel=1e-3)
    felt, terms = walk(task, -0.4, 300)
    np.testing.assert_allclose(felt[-1], [0, 2], atol=5e-3)
    assert terms[-1]["salt"] == pytest.approx(-0.4, rel=1e-3)


def test_a_bell_is_steepest_at_its_width_and_flat_at_its_top() -> None:
    task = WormChemotaxisTask(WormChemotaxisSettings(gradient="gaussian", width=1.5))
    slope = jax.vmap(jax.grad(lambda d: task.concentration(d)))(jnp.array([1e-6, 1.0, 1.5, 2.5, 6.0]))
    assert float(slope[2]) == pytest.approx(-1, abs=1e-5)
    assert abs(float(slope[0])) < 1e-5 and abs(float(slope[4])) < 0.01
    assert float(slope.min()) == pytest.approx(-1, abs=1e-5)


def test_the_analysis_is_given_head_and_source(task: WormChemotaxisTask) -> None:
    qpos = np.random.default_rng(0).normal(size=(5, 3, 26))
    records = {"qpos": qpos, "source": np.full((5, 3, 2), 3.0), "command": np.full(3, 0.2)}
    parts = task.undulation_parts(records)
    assert task.seeks and parts.region == 0.5 and parts.touched is None
    np.testing.assert_array_equal(parts.head, qpos[..., :2])
    np.testing.assert_array_equal(parts.source, np.full((3, 2), 3.0))


def test_coiling_costs(task: WormChemotaxisTask) -> None:
    start = task.start(jax.random.PRNGKey(0))
    for bend, cost in ((0.1, 0.0), (-0.3, 0.3 * (23 * 0.3 - 3.1))):
        view = View(start.qpos.at[3:].set(bend), start.qvel, jnp.zeros(0))
        terms = task.advance(view, start.memory, jnp.zeros(95)).terms
        assert float(terms["coiling"]) == pytest.approx(-cost, abs=1e-5)


def test_the_picture_shows_worm_path_and_source(task: WormChemotaxisTask) -> None:
    qpos = np.zeros((200, 1, 26))
    qpos[..., 0] = -np.linspace(0, 1, 200)[:, None]
    records = {"qpos": qpos, "source": np.broadcast_to([0.0, 3.0], (200, 1, 2))}
    first, last = task.frames(records, [0, 199], ["a", "b"])
    assert first.shape == last.shape == (360, 640, 3) and (first != last).any()
    green = (np.abs(last.astype(int) - GREEN) < 40).all(-1)
    rows, columns = np.nonzero(green)
    assert green.sum() > 50 and rows.mean() < 120  # the source is above
    skin = (last[..., 0] > last[..., 2].astype(int) + 40) & (last[..., 0] > 140)
    assert np.nonzero(skin)[0].mean() > 240


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"distance is \[4.0, 3.0\]"):
        WormChemotaxisSettings(distance=(4, 3))
    with pytest.raises(ValueError, match="smoothing is 0.5, but it must be less than adaptation, 0.3"):
        WormChemotaxisSettings(smoothing=0.5)
