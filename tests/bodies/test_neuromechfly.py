"""NeuroMechFly from an installed flygym, and what is said where there is none."""

import importlib.util
import sys

import mujoco
import numpy as np
import pytest

from premotor.bodies import build_fly, build_neuromechfly
from premotor.errors import PremotorError


def test_without_flygym_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "flygym", None)
    monkeypatch.setitem(sys.modules, "flygym.compose", None)
    with pytest.raises(PremotorError, match="pip install --no-deps flygym"):
        build_neuromechfly(18)
    with pytest.raises(PremotorError, match="7 driven joints"):
        build_neuromechfly(7)


@pytest.mark.skipif(importlib.util.find_spec("flygym") is None, reason="flygym is not installed")
def test_it_has_our_flys_names_and_measures_and_stands():
    """Our fly's measures were read from it: its mass within 3%, the stance of the feet within 0.15 mm."""
    ours, theirs = build_fly(18), build_neuromechfly(18)
    assert theirs.joint_names == ours.joint_names and theirs.actuator_names == ours.actuator_names
    assert list(theirs.sensor_slices) == list(ours.sensor_slices)
    assert theirs.mass == pytest.approx(ours.mass, rel=0.03)
    feet = []
    for body in (ours, theirs):
        data = mujoco.MjData(body.model)
        data.qpos[:], data.ctrl[:] = body.rest_pose, 1
        data.ctrl[body.actuated_ctrl] = body.rest_pose[body.actuated_qpos]
        mujoco.mj_step(body.model, data, 1500)
        assert 0.9 < data.qpos[2] < 1.3
        loads = data.sensordata[body.foot_sensors]
        assert (loads > 0).all() and loads.sum() == pytest.approx(body.weight + 6, rel=0.1)  # and the pads' pull
        feet.append([data.geom(name).xpos[:2] - data.qpos[:2] for name in body.feet])
    np.testing.assert_allclose(feet[0], feet[1], atol=0.25)
