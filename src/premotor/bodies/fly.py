"""A fruit fly with the measures of NeuroMechFly, built from capsules.

Units are millimetres, grams, seconds, radians, micronewtons (g mm/s²) and nanonewton metres (g mm²/s²): in SI a fly's
inertias (10⁻¹⁴ kg m²) fall below what MuJoCo takes for zero. Where the measures come from is told in
`premotor.bodies.fly_parts`.

Coordinates (``qpos``): ``root_x``, ``root_y``, ``root_z`` (mm, of the origin of the thorax, which lies near the neck),
``root_yaw``, ``root_pitch``, ``root_roll`` (rad, turned in this order; yaw positive to the left, pitch positive nose
down, roll positive to the right), then leg by leg (lf, lm, lh, rf, rm, rh) the driven joints from the body outward.
Pitch must stay within ±π/2, which a fly on its feet does.

A control is the target angle of a joint (rad) for its servo. Six more controls, in [0, 1], make the feet stick.
Only feet, thorax, head and abdomen meet the ground; legs pass through each other, as in NeuroMechFly.
"""

from functools import partial

import mujoco
import numpy as np
from numpy.typing import NDArray

from premotor.bodies.body import BODIES, INSECT, Body
from premotor.bodies.fly_parts import (
    AXES,
    DRIVEN,
    LEGS,
    PAIRS,
    RANGES,
    ROOT,
    SEGMENTS,
    TRUNK_CENTRE,
    TRUNK_INERTIA,
    TRUNK_MASS,
    Leg,
    add_adhesion,
    add_hinge,
    add_root,
    add_trunk_sensors,
    add_trunk_shapes,
    add_world,
    make_foot,
    make_touching,
    stand,
)
from premotor.errors import PremotorError

TIMESTEP = 2e-4
"""s."""


def fly_spec(joints: int = 42, timestep: float = TIMESTEP, roughness: float = 0.0) -> mujoco.MjSpec:
    """The fly as an editable MuJoCo specification.

    Args:
        joints: driven leg joints: 42, 18 or 12. The others are rigid at their rest angle.
        timestep: of the physics, s.
        roughness: greatest height and depth of the ground's bumps, mm; 0 for a plane.

    Raises:
        PremotorError: another number of joints.
    """
    if joints not in DRIVEN:
        raise PremotorError(f"a fly has {joints} driven joints; allowed are {', '.join(map(str, sorted(DRIVEN)))}")
    spec = mujoco.MjSpec()
    spec.modelname = "fly"
    spec.compiler.degree = False
    add_world(spec, timestep, roughness)

    trunk = spec.worldbody.add_body(name="thorax")
    add_root(trunk)
    trunk.explicitinertial = True
    trunk.mass, trunk.ipos, trunk.inertia = TRUNK_MASS, TRUNK_CENTRE, TRUNK_INERTIA
    for shape in add_trunk_shapes(trunk):
        make_touching(shape)
    add_trunk_sensors(spec, trunk)
    rest = []
    for name in LEGS:
        rest += _add_leg(spec, trunk, name, PAIRS[name[1]], DRIVEN[joints][name[1]])
    add_adhesion(spec, "tarsus")
    spec.add_key(name="rest", qpos=[*[0.0] * 6, *rest])
    stand(spec)
    return spec


@BODIES.register("fly")
def build_fly(joints: int = 42, timestep: float = TIMESTEP, roughness: float = 0.0) -> Body:
    """The fly (module docstring) with 42, 18 or 12 driven leg joints; `timestep` in s, `roughness` of the ground in mm.

    Raises:
        PremotorError: another number of joints.
    """
    spec = fly_spec(joints, timestep, roughness)
    name = "fly" if joints == 42 else f"fly-{joints}"
    return Body(name, spec.compile(), spec.to_xml(), feet=tuple(f"{leg}_foot" for leg in LEGS), units=INSECT)


def _add_leg(spec: mujoco.MjSpec, trunk: mujoco.MjsBody, name: str, leg: Leg, driven: tuple[str, ...]) -> list[float]:
    """One leg with its servos; the rest angles of its driven joints, rad."""
    side = 1.0 if name[0] == "l" else -1.0
    colour = (0.72, 0.50, 0.22, 1) if name[0] == "l" else (0.58, 0.38, 0.16, 1)
    names = [joint for joints in SEGMENTS.values() for joint in joints]
    rest = dict(zip(names, np.deg2rad(leg.rest).tolist(), strict=True))
    parent, position = trunk, np.array(leg.hip) * [1, side, 1]
    measures = zip(leg.lengths, leg.masses, leg.radii, strict=True)
    for (segment, joints), (length, mass, radius) in zip(SEGMENTS.items(), measures, strict=True):
        orientation, axes = chain(joints, rest, driven, side)
        body = parent.add_body(name=f"{name}_{segment}", pos=position, quat=orientation)
        for joint, axis in axes.items():
            add_hinge(spec, body, f"{name}_{joint}", axis, RANGES[joint], rest[joint])
        geom = body.add_geom(name=f"{name}_{segment}", type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0])
        geom.fromto = [0, 0, 0, 0, 0, -length]
        geom.mass, geom.contype, geom.conaffinity, geom.rgba = mass, 0, 0, colour
        parent, position = body, np.array([0.0, 0.0, -length])
    foot = parent.add_geom(name=f"{name}_foot", type=mujoco.mjtGeom.mjGEOM_SPHERE, pos=position)
    foot.size, foot.mass, foot.rgba = [leg.radii[3] + 0.006, 0, 0], 0, colour
    make_foot(foot, parent, position)
    return [rest[joint] for joint in names if joint in driven]


def chain(
    joints: tuple[str, ...], rest: dict[str, float], driven: tuple[str, ...], side: float
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Orientation of a segment with its driven joints at 0, and the axes of these joints in its own frame.

    Joints that are not driven are turned to their rest angle and stay there; `side` is 1 on the left, −1 on the right.
    """
    orientation, axes = np.array([1.0, 0, 0, 0]), {}
    for joint in joints:
        axis = np.array(AXES[joint.split("_")[1]])
        axis *= side if joint.split("_")[1] != "pitch" else 1.0
        if joint in driven:
            axes[joint] = axis
            continue
        turn, back = np.zeros(4), np.zeros(4)
        mujoco.mju_axisAngle2Quat(turn, axis, rest[joint])
        mujoco.mju_negQuat(back, turn)
        mujoco.mju_mulQuat(orientation, orientation.copy(), turn)
        for other in axes:  # what is fixed after a joint turns the frame in which the joint's axis is told
            mujoco.mju_rotVecQuat(axes[other], axes[other].copy(), back)
    return orientation, axes


__all__ = ["ROOT", "build_fly", "chain", "fly_spec"]

for _joints in (18, 12):
    BODIES.register(f"fly-{_joints}")(partial(build_fly, _joints))
