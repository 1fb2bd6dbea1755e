"""The worm's task: what it rewards, what it commands, and how it is drawn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.bodies import build_body, draw_worm
from premotor.errors import PremotorError
from premotor.tasks import WormCrawlSettings, WormCrawlTask, build_environment
from premotor.tasks.environment import View


@pytest.fixture(scope="module")
def task() -> WormCrawlTask:
    return WormCrawlTask()


def moved(task: WormCrawlTask, speed: float, rate: float = 0.0, backward: bool = False) -> dict[str, float]:
    """Reward terms when a straight worm has gone on at `speed` for long, its joints bending at `rate`."""
    start = task.start(jax.random.PRNGKey(0))
    qpos = jnp.zeros(task.body.model.nq)
    middle, heading = task._middle(qpos)
    memory = start.memory._replace(
        middle=middle, speed=jnp.asarray(speed), command=jnp.asarray(-0.2 if backward else 0.2)
    )
    after = qpos.at[:2].add(speed * task.control_period * heading)
    qvel = jnp.zeros(task.body.model.nv).at[3:].set(rate)
    outcome = task.advance(View(after, qvel, jnp.zeros(0)), memory, jnp.zeros(95))
    return {name: float(value) for name, value in outcome.terms.items()}


def test_the_commanded_speed_earns_most(task: WormCrawlTask) -> None:
    assert moved(task, 0.2)["speed"] == pytest.approx(0.2, abs=1e-4)
    assert moved(task, 0.1)["speed"] == pytest.approx(0.1, abs=1e-3)
    assert moved(task, 0.3)["speed"] == pytest.approx(0.1, abs=1e-3)
    assert moved(task, -0.2)["speed"] == pytest.approx(-0.2, abs=1e-3)
    assert moved(task, -0.2, backward=True)["speed"] == pytest.approx(0.2, abs=1e-3)


def test_bending_costs(task: WormCrawlTask) -> None:
    assert moved(task, 0.0, rate=-2.0)["bending"] == pytest.approx(-2 * task.settings.bending)


def test_controls_are_activations_and_no_drag(task: WormCrawlTask) -> None:
    control = np.asarray(task.control(jnp.linspace(-2, 2, 95)))
    assert control.shape == (task.body.model.nu,)
    assert control[0] == 0 and control[94] == 1 and control[47] == pytest.approx(0.5) and not control[95:].any()


def test_part_of_the_episodes_go_backward() -> None:
    task = WormCrawlTask(WormCrawlSettings(speed=(0.1, 0.2), backward=0.5))
    environment = build_environment(task, 32, threads=1)
    observation = environment.reset()
    command = environment.recorded()["command"]
    assert 4 < (command < 0).sum() < 28 and (np.abs(command) >= 0.1).all() and (np.abs(command) <= 0.2).all()
    np.testing.assert_array_equal(observation[:, -2:], np.stack([command > 0, command < 0], 1))


def test_speeds_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="rising order"):
        WormCrawlSettings(speed=(0.3, 0.1))


def test_a_worm_without_muscles_of_its_own_body_is_refused() -> None:
    with pytest.raises(PremotorError):
        WormCrawlTask(WormCrawlSettings(body="biped"))


def test_the_medium_is_between_water_and_agar() -> None:
    def drag(settings: WormCrawlSettings) -> np.ndarray:
        return WormCrawlTask(settings).body.model.actuator_biasprm[95:, 2]

    water, half, agar = (drag(WormCrawlSettings(medium=medium)) for medium in (0, 0.5, 1))
    np.testing.assert_allclose(water, build_body("worm-water").model.actuator_biasprm[95:, 2])
    np.testing.assert_allclose(agar, build_body("worm").model.actuator_biasprm[95:, 2])
    np.testing.assert_allclose(half, -np.sqrt(water * agar))


def test_a_medium_is_for_the_planar_worm_that_has_none_of_its_own() -> None:
    with pytest.raises(PremotorError, match="task.medium is 0.5, which is for the body worm, not worm-water"):
        WormCrawlTask(WormCrawlSettings(body="worm-water", medium=0.5))


def test_a_worm_is_drawn_with_its_dorsal_edge_where_its_dorsal_muscles_pull() -> None:
    qpos = np.zeros((2, 26))
    qpos[:, 3:] = 0.12  # bent to the back: the concave side is dorsal
    first, second = draw_worm(qpos, [0, 1], ["a", "b"])
    assert first.shape == (360, 640, 3) and first.dtype == np.uint8
    blue = np.argwhere((second[..., 2] > 140) & (second[..., 0] < 80))
    skin = np.argwhere((np.abs(second.astype(int) - (204, 168, 143)) < 12).all(-1))
    middle = (skin.min(0) + skin.max(0)) / 2
    assert len(blue) > 50 and len(skin) > 100
    assert np.linalg.norm(blue - middle, axis=1).mean() < np.linalg.norm(skin - middle, axis=1).mean()
