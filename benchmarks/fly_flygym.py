"""flygym's own loop, run by `fly.py` in flygym's environment: its NeuroMechFly on flat ground, its settings, its step.

Reads the number of physics steps of a burst from each line of standard input and answers with a line when they are
done. The legs of one tripod swing against those of the other, so that feet come down and lift.
"""

import sys

import numpy as np
from flygym import Simulation
from flygym.anatomy import ActuatedDOFPreset, AxisOrder, JointPreset, Skeleton
from flygym.compose import ActuatorType, FlatGroundWorld, KinematicPosePreset, NeuroMechFly
from flygym.utils.math import Rotation3D

CONTROL = 2e-3
"""Time between two targets, s."""
STRIDE = 0.1
"""s."""
FIRST_TRIPOD = ("lf", "rm", "lh")


def simulation() -> tuple[Simulation, str, np.ndarray]:
    """A fly on the ground with servos on 42 joints, and their targets over a stride, (targets, 42)."""
    fly = NeuroMechFly()
    skeleton = Skeleton(axis_order=AxisOrder.YAW_PITCH_ROLL, joint_preset=JointPreset.LEGS_ONLY)
    fly.add_joints(skeleton, neutral_pose=KinematicPosePreset.NEUTRAL)
    joints = skeleton.get_actuated_dofs_from_preset(ActuatedDOFPreset.LEGS_ACTIVE_ONLY)
    fly.add_actuators(joints, ActuatorType.POSITION, neutral_input=KinematicPosePreset.NEUTRAL, kp=50.0)
    fly.add_leg_adhesion()
    world = FlatGroundWorld()
    world.add_fly(fly, (0.0, 0.0, 1.3), Rotation3D("quat", (1.0, 0.0, 0.0, 0.0)))
    order = fly.get_actuated_jointdofs_order(ActuatorType.POSITION)
    phase = 2 * np.pi * np.arange(0, STRIDE, CONTROL) / STRIDE
    targets = np.array([[fly.jointdof_to_neutralangle[joint] for joint in order]] * len(phase))
    for column, joint in enumerate(order):
        late = 0.0 if joint.child.name[:2] in FIRST_TRIPOD else np.pi
        if joint.name.endswith("trochanterfemur-pitch"):
            targets[:, column] -= 0.3 * np.clip(np.sin(phase + late), 0, None)  # lift
        elif "c_thorax" in joint.name and joint.name.endswith("pitch"):
            targets[:, column] += 0.2 * np.cos(phase + late)  # swing
    return Simulation(world), fly.name, targets


def main() -> None:
    """Answer every line."""
    simulated, name, targets = simulation()
    simulated.set_leg_adhesion_states(name, np.ones(6))
    every = round(CONTROL / simulated.timestep)
    done = 0
    print(f"{simulated.timestep:g}", flush=True)
    for line in sys.stdin:
        for _ in range(int(line)):
            if done % every == 0:
                simulated.set_actuator_inputs(name, ActuatorType.POSITION, targets[done // every % len(targets)])
            simulated.step()
            done += 1
        height = float(simulated.mj_data.qpos[2])
        print(f"{height:.3f}", flush=True)


if __name__ == "__main__":
    main()
