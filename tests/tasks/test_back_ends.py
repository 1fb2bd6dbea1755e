"""One task on two engines: observations, rewards and resets of the walking fly in MuJoCo's C engine and in Warp."""

import numpy as np
import pytest

from premotor.bodies import BackEnd
from premotor.errors import PremotorError
from premotor.tasks import (
    FlyVariation,
    FlyWalkSettings,
    FlyWalkTask,
    GymnasiumSettings,
    GymnasiumTask,
    build_environment,
)

STEPS, FLIES, TIPPED = 200, 4, (60, 130)


def test_the_fly_walks_alike_on_both_engines():
    """200 control steps (5,000 of the physics) of disturbed walking without any bringing together on the way."""
    pytest.importorskip("mujoco_warp", reason="needs the extra 'warp', whose kernels take minutes to compile")
    shaken = FlyVariation(friction=(0.6, 1.4), mass=(0.8, 1.2), strength=(0.8, 1.2), slope=0.1, push=5)
    task = FlyWalkTask(FlyWalkSettings(speed=(5, 25), turn=1.0, seconds=0.75, variation=shaken))
    exact, quick = (
        build_environment(task, FLIES, threads=1, seed=3, back_end=BackEnd(device=device))
        for device in ("cpu", "warp-cpu")
    )
    np.testing.assert_array_equal(exact.reset(), quick.reset())
    phase = np.random.default_rng(0).uniform(0, 2 * np.pi, FLIES)
    ended = np.zeros(2, int)
    missed, earned = [], []
    for number in range(STEPS):
        if number in TIPPED:
            fallen = exact.view.qpos[:1].copy()
            fallen[0, 5] = 1.3  # rad of roll
            for each in (exact, quick):
                each.physics.set_state([0], fallen, np.zeros_like(fallen))
        phase += 2 * np.pi * 10 * task.control_period
        targets = np.stack([np.asarray(task.gait.target(15.0, value)) for value in phase])
        action = np.asarray(task.action_for(targets))
        one, other = exact.step(action), quick.step(action)
        np.testing.assert_array_equal(one.terminated, other.terminated)
        np.testing.assert_array_equal(one.truncated, other.truncated)
        ended += one.terminated.sum(), one.truncated.sum()
        missed.append(np.abs(one.observation - other.observation).max(-1))
        missed.append(np.abs(one.final_observation - other.final_observation).max(-1))
        earned.append(np.abs(one.reward - other.reward))
        for name, value in one.terms.items():
            np.testing.assert_allclose(other.terms[name], value, atol=0.03)  # one foot in the likeness to the gait
    assert ended[0] >= len(TIPPED)
    assert ended[1] >= FLIES - 1  # and every one runs out of time
    # A foot that touches a control step earlier in one engine moves an observation by 1 for that step.
    assert np.quantile(missed, 0.95) < 1e-3
    assert np.median(missed) < 1e-4
    assert np.median(earned) < 1e-4
    print(f"observations {np.median(missed):.1e} (95%: {np.quantile(missed, 0.95):.1e}, largest {np.max(missed):.1e})")
    print(f"rewards {np.median(earned):.1e} (largest {np.max(earned):.1e}); ended {ended}")


def test_a_task_without_a_body_says_where_it_runs():
    task = GymnasiumTask(GymnasiumSettings(id="CartPole-v1"))
    with pytest.raises(PremotorError, match=r"physics.device is 'gpu', but gymnasium runs on the cpu only"):
        build_environment(task, 2, back_end=BackEnd(device="gpu"))
