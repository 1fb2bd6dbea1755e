"""What every model of the fly has, whoever made its body: measures, world, root, servos, feet and sensors.

Lengths in mm, masses in g, times in s, forces in µN, torques in nN m, angles in degrees where nothing else is said.

NeuroMechFly is a fruit fly (*Drosophila melanogaster*, female) measured by X-ray microtomography: Lobato-Rios et al.
(2022), *Nature Methods* 19, 620–627; Wang-Chen et al. (2024), *Nature Methods* 21, 2353–2362. The numbers are those of
its current description (flygym 2.1, rigging and neutral pose), rounded, left and right alike; joint ranges are the
bounds that sequential inverse kinematics (seqikpy) uses on it, those of mid and hind legs widened to one range a joint.

Axes: x forward, y to the left, z up; a leg with all its joints at 0 hangs straight down. Yaw turns about x, pitch about
y and roll about z. On the right side yaw and roll are mirrored, so that a posture has the same angles on both sides.
"""

from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from premotor.bodies.body import add_scenery
from premotor.bodies.fly_terrain import add_rough_ground

LEGS = ("lf", "lm", "lh", "rf", "rm", "rh")
"""Left and right front, mid and hind."""
JOINTS = ("ThC_yaw", "ThC_pitch", "ThC_roll", "CTr_pitch", "CTr_roll", "FTi_pitch", "TiTa_pitch")
"""Of a leg from the body outward: thorax–coxa, coxa–trochanter, femur–tibia, tibia–tarsus."""
AXES = {"yaw": (1.0, 0.0, 0.0), "pitch": (0.0, 1.0, 0.0), "roll": (0.0, 0.0, 1.0)}
SEGMENTS = {"coxa": JOINTS[:3], "femur": JOINTS[3:5], "tibia": JOINTS[5:6], "tarsus": JOINTS[6:]}
"""The segments of a leg, and the joints that move each against the one before; trochanter and femur are one."""


class Leg(NamedTuple):
    """One pair of legs."""

    hip: tuple[float, float, float]
    """Thorax–coxa joint of the left leg from the origin of the thorax, mm."""
    lengths: tuple[float, float, float, float]
    """Of coxa, trochanter and femur, tibia, tarsus to the claw, mm."""
    masses: tuple[float, float, float, float]
    """Of the same, g."""
    radii: tuple[float, float, float, float]
    """Of the same, mm."""
    rest: tuple[float, float, float, float, float, float, float]
    """Rest posture in the order of `JOINTS`, degrees."""


# Masses of the tarsus are its five segments' together. Its rest angle contains half of their curvature (4 × 5°).
FRONT = Leg(
    (-0.161, 0.172, -0.230),
    (0.365, 0.705, 0.518, 0.676),
    (4.52e-6, 6.29e-6, 2.07e-6, 1.00e-6),
    (0.085, 0.070, 0.048, 0.026),
    (-17, 19, 33, -139, -15, 78, -20),
)
MID = Leg(
    (-0.557, 0.125, -0.482),
    (0.181, 0.784, 0.667, 0.717),
    (2.60e-6, 6.48e-6, 2.86e-6, 1.06e-6),
    (0.090, 0.068, 0.048, 0.027),
    (-10, 8, 87, -139, 15, 103, -30),
)
HIND = Leg(
    (-0.784, 0.087, -0.497),
    (0.199, 0.836, 0.684, 0.808),
    (2.56e-6, 8.75e-6, 3.37e-6, 1.74e-6),
    (0.085, 0.080, 0.055, 0.032),
    (3, 24, 134, -111, 4, 101, -15),
)
PAIRS = {"f": FRONT, "m": MID, "h": HIND}

RANGES = {
    "ThC_yaw": (-45, 45),
    "ThC_pitch": (-45, 90),
    "ThC_roll": (-10, 180),
    "CTr_pitch": (-180, 10),
    "CTr_roll": (-90, 90),
    "FTi_pitch": (-10, 180),
    "TiTa_pitch": (-120, 10),
}
"""Of every leg, degrees."""

DRIVEN: dict[int, dict[str, tuple[str, ...]]] = {
    42: {pair: JOINTS for pair in PAIRS},
    18: {
        "f": ("ThC_pitch", "CTr_pitch", "FTi_pitch"),
        "m": ("ThC_roll", "CTr_pitch", "FTi_pitch"),
        "h": ("ThC_roll", "CTr_pitch", "FTi_pitch"),
    },
    12: {"f": ("ThC_pitch", "CTr_pitch"), "m": ("ThC_roll", "CTr_pitch"), "h": ("ThC_roll", "CTr_pitch")},
}
"""Number of driven joints → the driven joints of each pair of legs; the others are rigid at their rest angle."""

# Thorax, head with antennae and proboscis, wings, halteres and abdomen, which are rigid to each other.
TRUNK_MASS = 9.152e-4
TRUNK_CENTRE = (-0.835, 0.0, -0.072)
TRUNK_INERTIA = (0.72e-4, 4.75e-4, 4.79e-4)
"""About the centre, along x, y and z, g mm²."""

GRAVITY = 9810.0
"""mm/s²."""
SERVO = {"stiffness": 50.0, "force": 30.0}
"""Position servo: nN m/rad and nN m."""
TISSUE = {"stiffness": 10.0, "damping": 0.5, "armature": 1e-4}
"""Spring towards the rest posture, nN m/rad; damping, nN m s/rad; added inertia, g mm².

The added inertia is a hundred times NeuroMechFly's and still makes a joint lag by 0.2 ms only (inertia over damping).
Contact forces are found from the inertia alone, before damping acts: with less of it they come out too weak, and feet
slide.
"""
ADHESION = 1.0
"""Pull of a foot's pad on the ground at control 1, µN; the whole fly weighs 10 µN."""


BROWN, DARK, RED, WING = (0.62, 0.42, 0.17, 1), (0.30, 0.20, 0.10, 1), (0.62, 0.14, 0.10, 1), (0.75, 0.78, 0.85, 0.35)


def add_trunk_shapes(trunk: mujoco.MjsBody) -> list[mujoco.MjsGeom]:
    """Draw thorax, head, eyes, abdomen and wings, without mass; returns the shapes that may meet the ground."""
    solid = [
        _round(trunk, "thorax", (-0.68, 0, 0.02), (-0.28, 0, 0.02), 0.47, BROWN),
        _round(trunk, "head", (0.20, 0, 0.03), (0.26, 0, 0.03), 0.33, BROWN),
        _round(trunk, "abdomen", (-1.15, 0, 0.0), (-1.50, 0, -0.14), 0.44, BROWN),
        _round(trunk, "abdomen_end", (-1.60, 0, -0.17), (-1.90, 0, -0.24), 0.33, DARK),
    ]
    _round(trunk, "proboscis", (0.28, 0, -0.25), (0.30, 0, -0.48), 0.12, BROWN)
    for side, sign in (("left", 1), ("right", -1)):
        _round(trunk, f"{side}_eye", (0.26, 0.23 * sign, 0.0), (0.26, 0.23 * sign, 0.10), 0.19, RED)
        _round(trunk, f"{side}_antenna", (0.50, 0.10 * sign, 0.08), (0.53, 0.15 * sign, -0.06), 0.06, DARK)
        wing = trunk.add_geom(name=f"{side}_wing", type=mujoco.mjtGeom.mjGEOM_BOX, size=[1.05, 0.38, 0.012])
        wing.pos, wing.quat = [-1.55, 0.36 * sign, 0.36], [0.9962, 0.02 * sign, -0.05, -0.06 * sign]
        _hollow(wing, WING)
    return solid


def _round(
    trunk: mujoco.MjsBody,
    name: str,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    colour: tuple[float, ...],
) -> mujoco.MjsGeom:
    geom = trunk.add_geom(name=name, type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0])
    geom.fromto = [*start, *end]
    _hollow(geom, colour)
    return geom


def _hollow(geom: mujoco.MjsGeom, colour: tuple[float, ...]) -> None:
    geom.mass, geom.contype, geom.conaffinity, geom.rgba = 0, 0, 0, colour


ROOT = ("root_x", "root_y", "root_z", "root_yaw", "root_pitch", "root_roll")
# Time constant (s) and damping ratio; standing, the feet sink in by 5 µm.
CONTACT = (1e-3, 1.0)
IMPEDANCE = (0.95, 0.99, 1e-3, 0.5, 2.0)
FRICTION = (1.0, 0.005, 0.0001)
"""Sliding, and two that act on no round foot: torsional (mm) and rolling (mm)."""
PAD = 0.01
"""Height above the ground from which a foot's pad pulls, mm."""
GROUND = "ground"


def add_world(spec: mujoco.MjSpec, timestep: float, roughness: float = 0.0) -> None:
    """Solver, gravity, light and ground; `timestep` in s, `roughness` of the ground in mm."""
    option = spec.option
    option.timestep = timestep
    option.gravity = [0, 0, -GRAVITY]
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    option.iterations, option.ls_iterations, option.noslip_iterations = 10, 10, 0
    # No silent reset; one body is one constraint island.
    option.disableflags = mujoco.mjtDisableBit.mjDSBL_AUTORESET | mujoco.mjtDisableBit.mjDSBL_ISLAND
    option.enableflags = 0
    add_scenery(spec, height=8)
    ground = spec.worldbody.add_geom(name=GROUND, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1])
    if roughness:
        ground.contype, ground.conaffinity, ground.pos = 0, 0, [0, 0, -roughness]
        rough = add_rough_ground(spec, roughness, PAD)
        make_touching(rough)
        rough.contype, rough.conaffinity, rough.material = 1, 0, "tiles"
    else:
        make_touching(ground)
        ground.contype, ground.conaffinity = 1, 0
    ground.material = "tiles"


def add_root(trunk: mujoco.MjsBody) -> None:
    """Six coordinates of the thorax, `ROOT`."""
    for name, axis in zip(ROOT, ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 1), (0, 1, 0), (1, 0, 0)), strict=True):
        kind = mujoco.mjtJoint.mjJNT_SLIDE if name in ROOT[:3] else mujoco.mjtJoint.mjJNT_HINGE
        trunk.add_joint(name=name, type=kind, axis=axis)


def add_trunk_sensors(spec: mujoco.MjSpec, trunk: mujoco.MjsBody) -> None:
    """Touch of abdomen and thorax on the ground."""
    for part, x in (("abdomen", -1.55), ("thorax", -0.35)):
        trunk.add_site(name=f"{part}_ground", pos=[x, 0, -0.1], size=[0.9, 0, 0], group=4)
        _touch_sensor(spec, f"{part}_ground")


def add_hinge(
    spec: mujoco.MjSpec,
    body: mujoco.MjsBody,
    name: str,
    axis: NDArray[np.float64],
    limits: tuple[float, float],
    rest: float,
) -> None:
    """A joint with tissue and servo; limits in degrees, rest in rad."""
    joint = body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=axis)
    joint.limited, joint.range = mujoco.mjtLimited.mjLIMITED_TRUE, np.deg2rad(limits)
    joint.solref_limit = CONTACT
    joint.damping, joint.stiffness = [TISSUE["damping"], 0, 0], [TISSUE["stiffness"], 0, 0]
    joint.armature, joint.springref = TISSUE["armature"], rest
    actuator = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.set_to_position(kp=SERVO["stiffness"])
    actuator.ctrllimited, actuator.ctrlrange = mujoco.mjtLimited.mjLIMITED_TRUE, np.deg2rad(limits)
    actuator.forcelimited, actuator.forcerange = mujoco.mjtLimited.mjLIMITED_TRUE, [-SERVO["force"], SERVO["force"]]


def make_foot(foot: mujoco.MjsGeom, body: mujoco.MjsBody, position: NDArray[np.float64]) -> None:
    """A geom at the end of a leg becomes a foot with a pad and a touch sensor's site at `position`, mm."""
    make_touching(foot)
    foot.margin = foot.gap = PAD
    body.add_site(name=foot.name, pos=position, size=[0.15, 0, 0], group=4)


def add_adhesion(spec: mujoco.MjSpec, segment: str) -> None:
    """The feet stick and feel the ground; `segment` is the name of what carries the foot."""
    for name in LEGS:
        actuator = spec.add_actuator(
            name=f"{name}_adhesion", target=f"{name}_{segment}", trntype=mujoco.mjtTrn.mjTRN_BODY
        )
        actuator.set_to_adhesion(gain=ADHESION)
        actuator.ctrllimited, actuator.ctrlrange = mujoco.mjtLimited.mjLIMITED_TRUE, [0, 1]
        _touch_sensor(spec, f"{name}_foot")


def make_touching(geom: mujoco.MjsGeom) -> None:
    """The geom meets the ground, and nothing else."""
    geom.contype, geom.conaffinity, geom.condim = 0, 1, 3
    geom.friction, geom.solref, geom.solimp = FRICTION, CONTACT, IMPEDANCE


def stand(spec: mujoco.MjSpec) -> None:
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


def _touch_sensor(spec: mujoco.MjSpec, site: str) -> None:
    kind, target = mujoco.mjtSensor.mjSENS_TOUCH, mujoco.mjtObj.mjOBJ_SITE
    spec.add_sensor(name=site, type=kind, objtype=target, objname=site)
