"""Servo targets that make a body follow a reference: what its joints' springs, damping and load take away is added.

A position servo of stiffness k_s at target u moves a joint of spring k (towards rest), damping c and load τ as
k_s (u − q) = k (q − rest) + c q̇ − τ, inertia left out. Solved for u, it is the target that gives the angle q.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from premotor.bodies import Body
from premotor.tasks.reference import ReferenceGait

HARMONICS = 6
"""Of the stride, up to which targets are kept as they are; the next fade, for touch-downs are kinks."""


def servo_targets(body: Body, gait: ReferenceGait) -> NDArray[np.float64]:
    """Targets of the servos at the gait's phases, (phases, driven joints), rad.

    The load is the body's weight, shared alike by the feet that stand. Nothing is assumed about masses of legs or
    about inertia, which for a fly are small.
    """
    model, columns = body.model, body.actuated_qvel
    angles = gait.joint_angles[:, [gait.joint_names.index(name) for name in body.driven_joints]]
    stiffness = model.actuator_gainprm[body.actuated_ctrl, 0]
    spring = model.jnt_stiffness[model.dof_jntid[columns]]
    rest = model.qpos_spring[body.actuated_qpos]
    load = _load(body, gait, angles)
    order = np.arange(len(angles) // 2 + 1)
    rate = 2j * np.pi * order[:, None] / gait.stride_period
    spectrum = np.fft.rfft(angles, axis=0) * (1 + (spring + rate * model.dof_damping[columns]) / stiffness)
    spectrum -= np.fft.rfft((load + spring * rest) / stiffness, axis=0)
    fade = np.exp(-((np.maximum(order - HARMONICS, 0) / (HARMONICS / 2)) ** 2))
    return np.fft.irfft(spectrum * fade[:, None], len(angles), axis=0)


def _load(body: Body, gait: ReferenceGait, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Torques on the joints by the ground that carries the body, (phases, joints); feet in the body's order."""
    model, data = body.model, mujoco.MjData(body.model)
    height, pitch = body.qpos_index(("root_z", "root_pitch"))
    feet = [model.geom(name).id for name in body.feet]
    names = [foot.removesuffix("_foot") for foot in body.feet]
    stand = gait.contacts[:, [gait.feet.index(name) for name in names]].astype(float)
    share = body.weight * stand / np.maximum(stand.sum(1, keepdims=True), 1.0)
    slope, torques = np.zeros((3, model.nv)), np.zeros_like(angles)
    for i, row in enumerate(angles):
        data.qpos[height], data.qpos[pitch] = gait.hip_height[i], gait.pitch[i]
        data.qpos[body.actuated_qpos] = row
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        for foot, force in zip(feet, share[i], strict=True):
            mujoco.mj_jacGeom(model, data, slope, None, foot)
            torques[i] += slope[2, body.actuated_qvel] * force
    return torques
