"""Walk flygym's own fly with a controller of premotor: python examples/flygym_walk.py [fly-legs] [--video fly.mp4].

Needs flygym beside premotor: pip install --no-deps flygym && pip install loguru mediapy tabulate
"""

import argparse

import numpy as np
from flygym import Simulation
from flygym.anatomy import ActuatedDOFPreset, AxisOrder, JointPreset, Skeleton
from flygym.compose import ActuatorType, FlatGroundWorld, KinematicPosePreset, NeuroMechFly
from flygym.utils.math import Rotation3D

import premotor as pm
from premotor.runs import FlygymPolicy

CAMERA = "following"
SECONDS = 2.0
STANDING = 0.1
"""Seconds to come down and stand before the walk."""


def standing() -> tuple[Simulation, NeuroMechFly]:
    """flygym's fly with its own servos, meshes and contacts, on its feet."""
    fly = NeuroMechFly()
    skeleton = Skeleton(axis_order=AxisOrder.YAW_PITCH_ROLL, joint_preset=JointPreset.LEGS_ONLY)
    fly.add_joints(skeleton, neutral_pose=KinematicPosePreset.NEUTRAL)
    joints = skeleton.get_actuated_dofs_from_preset(ActuatedDOFPreset.LEGS_ACTIVE_ONLY)
    fly.add_actuators(joints, ActuatorType.POSITION, neutral_input=KinematicPosePreset.NEUTRAL, kp=50.0)
    fly.add_leg_adhesion()
    fly.colorize()
    fly.add_tracking_camera(name=CAMERA)
    world = FlatGroundWorld()
    world.add_fly(fly, (0.0, 0.0, 1.3), Rotation3D("quat", (1.0, 0.0, 0.0, 0.0)))
    simulation = Simulation(world)
    neutral = [fly.jointdof_to_neutralangle[joint] for joint in fly.get_actuated_jointdofs_order(ActuatorType.POSITION)]
    simulation.set_actuator_inputs(fly.name, ActuatorType.POSITION, np.array(neutral))
    simulation.set_leg_adhesion_states(fly.name, np.ones(6))
    for _ in range(round(STANDING / simulation.timestep)):
        simulation.step()
    return simulation, fly


def main() -> None:
    """Walk, and say how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("controller", nargs="?", default="fly-walk", help="a shipped controller or a run folder")
    parser.add_argument("--speed", type=float, default=12.0, help="commanded, mm/s")
    parser.add_argument("--video", help="where the video goes")
    options = parser.parse_args()
    simulation, fly = standing()
    if options.video:
        simulation.set_renderer(f"{fly.name}/{CAMERA}")
    policy = FlygymPolicy(pm.load_controller(options.controller), simulation, fly, speed=options.speed)
    start = simulation.mj_data.qpos[:2].copy()
    for _ in range(round(SECONDS / policy.controller.control_period)):
        policy()
        for _ in range(policy.steps):
            simulation.step()
            if options.video:
                simulation.render_as_needed()
    forward, left = (simulation.mj_data.qpos[:2] - start) / SECONDS
    print(f"{options.controller} in flygym: {forward:.1f} mm/s forward, {left:.1f} mm/s to the left")
    if options.video:
        simulation.renderer.save_video(options.video)


if __name__ == "__main__":
    main()
