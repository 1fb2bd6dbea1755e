"""A fruit fly with the measures of NeuroMechFly, built from capsules.

Units are millimetres, grams, seconds, radians, micronewtons (g mm/s²) and nanonewton metres (g mm²/s²): in SI a fly's
inertias (10⁻¹⁴ kg m²) fall below what MuJoCo takes for zero. Where the measures come from is told in
`premotor.bodies.fly_measures`.

Coordinates (``qpos``): ``root_x``, ``root_y``, ``root_z`` (mm, of the origin of the thorax, which lies near the neck),
``root_yaw``, ``root_pitch``, ``root_roll`` (rad, turned in this order; yaw positive to the left, pitch positive nose
down, roll positive to the right), then leg by leg (lf, lm, lh, rf, rm, rh) the driven joints from the body outward.
Pitch must stay within ±π/2, which a fly on its feet does.

A control is the target angle of a joint (rad) for its servo. Six more controls, in [0, 1], make the feet stick.
Only feet, thorax, head and abdomen meet the ground; legs pass through each other, as in NeuroMechFly.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from premotor.bodies.body import BODIES, INSECT, Body
from premotor.bodies.fly_measures import (
    ADHESION,
    AXES,
    DRIVEN,
    GRAVITY,
    LEGS,
    PAIRS,
    RANGES,
    SEGMENTS,
    SERVO,
    TISSUE,
    TRUNK_CENTRE,
    TRUNK_INERTIA,
    TRUNK_MASS,
    Leg,
)
from premotor.bodies.fly_scenery import add_scenery, add_trunk_shapes
from premotor.errors import PremotorError

ROOT = ("root_x", "root_y", "root_z", "root_yaw", "root_pitch", "root_roll")
TIMESTEP = 2e-4
"""s."""
# Time constant (s) and damping ratio; standing, the feet sink in by 5 µm.
CONTACT = (1e-3, 1.0)
IMPEDANCE = (0.95, 0.99, 1e-3, 0.5, 2.0)
FRICTION = (1.0, 0.005, 0.0001)
"""Sliding, and two that act on no round foot: torsional (mm) and rolling (mm)."""
PAD = 0.01
"""Height above the ground from which a foot's pad pulls, mm."""
GROUND = "ground"


def fly_spec(joints: int = 42, timestep: float = TIMESTEP) -> mujoco.MjSpec:
    """The fly as an editable MuJoCo specification.

    Args:
        joints: driven leg joints: 42, 18 or 12. The others are rigid at their rest angle.
        timestep: of the physics, s.

    Raises:
        PremotorError: another number of joints.
    """
    if joints not in DRIVEN:
        raise PremotorError(f"a fly has {joints} driven joints; allowed are {', '.join(map(str, sorted(DRIVEN)))}")
    spec = mujoco.MjSpec()
    spec.modelname = "fly"
    spec.compiler.degree = False
    option = spec.option
    option.timestep = timestep
    option.gravity = [0, 0, -GRAVITY]
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    option.iterations, option.ls_iterations = 10, 10
    # No silent reset; one body is one constraint island.
    option.disableflags = mujoco.mjtDisableBit.mjDSBL_AUTORESET | mujoco.mjtDisableBit.mjDSBL_ISLAND
    add_scenery(spec)
    ground = spec.worldbody.add_geom(name=GROUND, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1])
    ground.contype, ground.conaffinity = 1, 0
    ground.material = "tiles"
    _touching(ground)

    trunk = spec.worldbody.add_body(name="thorax")
    for name, axis in zip(ROOT, ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 1), (0, 1, 0), (1, 0, 0)), strict=True):
        kind = mujoco.mjtJoint.mjJNT_SLIDE if name in ROOT[:3] else mujoco.mjtJoint.mjJNT_HINGE
        trunk.add_joint(name=name, type=kind, axis=axis)
    trunk.explicitinertial = True
    trunk.mass, trunk.ipos, trunk.inertia = TRUNK_MASS, TRUNK_CENTRE, TRUNK_INERTIA
    for shape in add_trunk_shapes(trunk):
        shape.contype, shape.conaffinity = 0, 1
        _touching(shape)
    for part, x in (("abdomen", -1.55), ("thorax", -0.35)):
        trunk.add_site(name=f"{part}_ground", pos=[x, 0, -0.1], size=[0.9, 0, 0], group=4)
        _touch_sensor(spec, f"{part}_ground")
    rest = []
    for name in LEGS:
        rest += _add_leg(spec, trunk, name, PAIRS[name[1]], DRIVEN[joints][name[1]])
    for name in LEGS:
        actuator = spec.add_actuator(
            name=f"{name}_adhesion", target=f"{name}_tarsus", trntype=mujoco.mjtTrn.mjTRN_BODY
        )
        actuator.set_to_adhesion(gain=ADHESION)
        actuator.ctrllimited, actuator.ctrlrange = mujoco.mjtLimited.mjLIMITED_TRUE, [0, 1]
        _touch_sensor(spec, f"{name}_foot")
    spec.add_key(name="rest", qpos=[*[0.0] * 6, *rest])
    _stand(spec)
    return spec


def build_fly(joints: int = 42, timestep: float = TIMESTEP) -> Body:
    """The fly (module docstring) with 42, 18 or 12 driven leg joints; `timestep` in s.

    Raises:
        PremotorError: another number of joints.
    """
    spec = fly_spec(joints, timestep)
    name = "fly" if joints == 42 else f"fly-{joints}"
    return Body(name, spec.compile(), spec.to_xml(), feet=tuple(f"{leg}_foot" for leg in LEGS), units=INSECT)


def _stand(spec: mujoco.MjSpec) -> None:
    """Tilt and raise the body of the keyframe until the feet, joints at rest, touch the ground."""
    model = spec.compile()
    data = mujoco.MjData(model)
    key = spec.keys[0]
    data.qpos[:] = key.qpos
    mujoco.mj_kinematics(model, data)
    feet = [model.geom(f"{name}_foot").id for name in LEGS]
    slope = np.polyfit(data.geom_xpos[feet, 0], data.geom_xpos[feet, 2] - model.geom_size[feet, 0], 1)[0]
    data.qpos[ROOT.index("root_pitch")] = np.arctan(slope)
    mujoco.mj_kinematics(model, data)
    data.qpos[ROOT.index("root_z")] = -(data.geom_xpos[feet, 2] - model.geom_size[feet, 0]).mean()
    key.qpos = data.qpos.copy()


def _add_leg(
    spec: mujoco.MjSpec, trunk: mujoco.MjsBody, name: str, leg: Leg, driven: tuple[str, ...]
) -> list[float]:
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
            _hinge(spec, body, f"{name}_{joint}", axis, RANGES[joint], rest[joint])
        geom = body.add_geom(name=f"{name}_{segment}", type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0])
        geom.fromto = [0, 0, 0, 0, 0, -length]
        geom.mass, geom.contype, geom.conaffinity, geom.rgba = mass, 0, 0, colour
        parent, position = body, np.array([0.0, 0.0, -length])
    foot = parent.add_geom(name=f"{name}_foot", type=mujoco.mjtGeom.mjGEOM_SPHERE, pos=position)
    foot.size, foot.mass, foot.rgba = [leg.radii[3] + 0.006, 0, 0], 0, colour
    foot.contype, foot.conaffinity = 0, 1
    _touching(foot)
    foot.margin = foot.gap = PAD
    parent.add_site(name=f"{name}_foot", pos=position, size=[0.15, 0, 0], group=4)
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


def _hinge(
    spec: mujoco.MjSpec,
    body: mujoco.MjsBody,
    name: str,
    axis: NDArray[np.float64],
    limits: tuple[float, float],
    rest: float,
) -> None:
    joint = body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=axis)
    joint.limited, joint.range = mujoco.mjtLimited.mjLIMITED_TRUE, np.deg2rad(limits)
    joint.solref_limit = CONTACT
    joint.damping, joint.stiffness = [TISSUE["damping"], 0, 0], [TISSUE["stiffness"], 0, 0]
    joint.armature, joint.springref = TISSUE["armature"], rest
    actuator = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.set_to_position(kp=SERVO["stiffness"])
    actuator.ctrllimited, actuator.ctrlrange = mujoco.mjtLimited.mjLIMITED_TRUE, np.deg2rad(limits)
    actuator.forcelimited, actuator.forcerange = mujoco.mjtLimited.mjLIMITED_TRUE, [-SERVO["force"], SERVO["force"]]


def _touching(geom: mujoco.MjsGeom) -> None:
    geom.condim = 3
    geom.friction, geom.solref, geom.solimp = FRICTION, CONTACT, IMPEDANCE


def _touch_sensor(spec: mujoco.MjSpec, site: str) -> None:
    kind, target = mujoco.mjtSensor.mjSENS_TOUCH, mujoco.mjtObj.mjOBJ_SITE
    spec.add_sensor(name=site, type=kind, objtype=target, objname=site)


BODIES["fly"] = build_fly
BODIES["fly-18"] = lambda: build_fly(18)
BODIES["fly-12"] = lambda: build_fly(12)
