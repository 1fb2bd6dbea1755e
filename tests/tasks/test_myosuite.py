"""MyoSuite's muscles as any other environment of Gymnasium: they act, are drawn, and go on where they were."""

import numpy as np
import pytest

from premotor.tasks import GymnasiumEnvironment, GymnasiumSettings, GymnasiumTask

pytestmark = pytest.mark.filterwarnings("ignore")  # of MyoSuite


def test_six_muscles_move_an_elbow():
    pytest.importorskip("myosuite", reason="myosuite is not installed")
    task = GymnasiumTask(GymnasiumSettings(id="myosuite:myoElbowPose1D6MRandom-v0"))
    assert len(task.action_names) == 6
    one, two = (GymnasiumEnvironment(task, 2, seed=3) for _ in range(2))
    one.restart(np.ones(2, bool))
    contract = np.array([[1.0] * 6, [-1.0] * 6], np.float32)
    for _ in range(10):
        moved = one.step(contract).observation
    assert np.isfinite(moved).all() and abs(moved[0, 0] - moved[1, 0]) > 0.1, "muscles bend the elbow, rad"
    two.restore(one.snapshot())
    np.testing.assert_array_equal(two.step(contract).observation, one.step(contract).observation)
    drawn = GymnasiumEnvironment(task, 1, seed=3, render=True)
    drawn.restart(np.ones(1, bool))
    assert np.ptp(drawn.picture().reshape(-1, 3), axis=0).min() > 50
