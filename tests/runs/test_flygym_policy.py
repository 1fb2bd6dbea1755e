"""A controller of our fly in flygym's simulation: what it sees of the body, and that it walks."""

import importlib.util
import runpy
import sys
from pathlib import Path

import mujoco
import numpy as np
import pytest

from premotor.bodies import build_fly
from premotor.bodies.fly_parts import ROOT
from premotor.errors import PremotorError
from premotor.runs import FlygymPolicy, load_controller
from premotor.runs.flygym_policy import angle_rates, angles_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "flygym_walk.py"
needs_flygym = pytest.mark.skipif(importlib.util.find_spec("flygym") is None, reason="flygym is not installed")


def test_a_free_bodys_turning_is_read_as_that_of_our_six_coordinates():
    """MuJoCo's own orientation and angular velocity of our thorax give back its coordinates and their rates."""
    body, random = build_fly(42), np.random.default_rng(0)
    data, result = mujoco.MjData(body.model), np.zeros(6)
    for _ in range(20):
        angles, rates = random.uniform(-1, 1, 3), random.normal(size=3)
        data.qpos[body.qpos_index(ROOT)[3:]], data.qvel[body.qvel_index(ROOT)[3:]] = angles, rates
        mujoco.mj_forward(body.model, data)
        thorax = body.model.jnt_bodyid[body.model.joint("root_roll").id]
        mujoco.mj_objectVelocity(body.model, data, mujoco.mjtObj.mjOBJ_XBODY, thorax, result, 1)
        np.testing.assert_allclose(angles_of(data.xquat[thorax]), angles, atol=1e-9)
        np.testing.assert_allclose(angle_rates(result[:3], *angles[1:]), rates, atol=1e-9)


def test_a_walking_bipeds_controller_is_refused():
    with pytest.raises(PremotorError, match="walk was trained on walk, but this is a fly"):
        FlygymPolicy(load_controller("walk"), None, None, speed=10.0)


@needs_flygym
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of flygym
@pytest.mark.parametrize("controller", ["fly-walk", "fly-legs"])
def test_it_walks_flygyms_fly(controller, monkeypatch, capsys):
    """At the commanded 12 mm/s within 20%, and straight."""
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), controller])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    words = capsys.readouterr().out.split()
    assert 9.6 < float(words[words.index("mm/s") - 1]) < 14.4
    assert abs(float(words[-5])) < 2


@needs_flygym
@pytest.mark.filterwarnings("ignore")  # of flygym
def test_a_fly_that_it_cannot_drive_is_refused():
    example = runpy.run_path(str(EXAMPLE))
    from flygym.anatomy import AxisOrder, JointPreset, Skeleton
    from flygym.compose import FlatGroundWorld, NeuroMechFly
    from flygym.utils.math import Rotation3D

    brain = load_controller("fly-walk")
    simulation, fly = example["standing"]()
    simulation.mj_model.opt.timestep = 3e-4
    with pytest.raises(PremotorError, match=r"flygym's step of 0.0003 s does not divide it"):
        FlygymPolicy(brain, simulation, fly, speed=10.0)
    bare = NeuroMechFly()
    bare.add_joints(Skeleton(axis_order=AxisOrder.YAW_PITCH_ROLL, joint_preset=JointPreset.LEGS_ONLY))
    world = FlatGroundWorld()
    world.add_fly(bare, (0.0, 0.0, 1.3), Rotation3D("quat", (1.0, 0.0, 0.0, 0.0)))
    with pytest.raises(PremotorError, match="no position actuator on c_thorax-lf_coxa-pitch and 17 other joints"):
        FlygymPolicy(brain, type(simulation)(world), bare, speed=10.0)
