"""A *Caenorhabditis elegans* hermaphrodite as a chain of 24 segments in a viscous medium, moved by its 95 muscles.

Units are millimetres and grams, so that forces are in µN and torques in nN m. The head is at x = 0 and points along
−x at rest; a positive angle of a joint bends the body to its dorsal side. The planar worm lies on its side, as on agar,
and its coordinates (``qpos``) are ``root_x``, ``root_y`` (mm, the tip of the head), ``root_yaw`` and ``bend_1`` …
``bend_23`` (rad). In three dimensions there are ``root_z``, ``root_pitch``, ``root_roll`` and ``side_1`` … ``side_23``,
bends to the left, besides; there a head that points straight up or down (a pitch of ±π/2) is where such angles fail.

**Drag.** At low Reynolds number the force on a segment is proportional to its velocity, and differs along and across
it. Three actuators on each segment's site, whose force is −c · velocity along x, along y and about z of the site, are
exactly that, and the integrator differentiates them: no callback, so that every engine steps it. Coefficients of the
whole worm are those of Boyle, Berri and Cohen (2012), as Berri et al. (2009) and Lighthill have them. In a medium that
is drawn for each episode the force is −control · velocity, and `drag_controls` says the controls.

**Muscles.** Muscle ``MDL07`` acts on the two joints at the ends of segment 7, so that the joint between segments i and
i + 1 feels the rows i and i + 1. Its control is its activation's goal, 0 to 1, which a low-pass follows. The body's
own elasticity is that of Fang-Yen et al. (2010), measured on whole worms.
"""

from functools import partial
from typing import Literal, NamedTuple

import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from premotor.bodies.body import BODIES, INSECT, Body, add_scenery
from premotor.errors import PremotorError

SEGMENTS = 24
LENGTH = 1.0
"""mm"""
RADIUS = 0.040
"""Of the middle of the body, mm."""
DENSITY = 1e-3
"""Of water, g/mm³."""
BENDING = 0.095
"""Bending modulus of the whole body, nN m mm (9.5e−14 N m²; Fang-Yen et al. 2010)."""
INTERNAL = 0.010
"""Time constant of bending without a medium, s. Fang-Yen et al. find some 5 ms; twice as much lets a step be 5 ms."""
ACTIVATION = 0.1
"""Time constant of a muscle's activation, s."""
STRENGTH = 0.7
"""Bend of a joint that fully active muscles of one side hold against the body's elasticity, rad; the greatest that
crawling worms show is about 0.5 (curvature 10 to 12 a body length)."""
TIMESTEP = 0.005
"""s"""
ARMATURE = 1e-5
"""Of each joint, g mm²: keeps accelerations finite, and is gone within 0.5 ms beside the body's own damping."""


class Drag(NamedTuple):
    """Force over velocity of a whole straight worm, g/s (1e−3 kg/s)."""

    along: float
    across: float


MEDIA = {"agar": Drag(3.2, 128.0), "water": Drag(3.3e-3, 5.2e-3)}
"""After Boyle et al. (2012): the ratio is 40 on agar, as they take it, and 1.5 in water."""


def between_media(agar: float) -> Drag:
    """Drag between that of water (0) and of agar (1), each coefficient geometrically: an assumption."""
    return Drag(*(w ** (1 - agar) * a**agar for w, a in zip(MEDIA["water"], MEDIA["agar"], strict=True)))


def drag_controls(agar: ArrayLike) -> Float[Array, " drags"]:
    """Controls that put the planar worm, made by `build_worm` without a medium, `between_media`: water is 0, agar 1."""
    water, solid = jnp.asarray(MEDIA["water"]), jnp.asarray(MEDIA["agar"])
    along, across = water ** (1 - jnp.asarray(agar)) * solid ** jnp.asarray(agar)
    return jnp.tile(jnp.stack([along, across, across]), SEGMENTS)


def muscle_names() -> tuple[str, ...]:
    """The 95 body wall muscles, quadrant after quadrant; there is no MVL24 (White et al. 1986)."""
    return tuple(f"M{q}{row:02d}" for q in ("DL", "DR", "VL", "VR") for row in range(1, 25) if (q, row) != ("VL", 24))


def build_worm(
    plane: bool = True,
    medium: Drag | Literal["agar", "water"] | None = "agar",
    *,
    mass: float = 1.0,
    activation: float = ACTIVATION,
    strength: float = STRENGTH,
    bending: float = BENDING,
    internal: float = INTERNAL,
    timestep: float = TIMESTEP,
) -> Body:
    """The worm (module docstring).

    Args:
        plane: whether it moves in the plane only.
        medium: what it is in; None: what the controls of its drag say, which come after those of the muscles and are
            `drag_controls` (planar worm only; without them there is no drag at all).
        mass: factor of the mass of all segments; at low Reynolds number no movement depends on it.
        activation: time constant of a muscle's activation, s.
        strength: bend that fully active muscles hold, rad.
        bending: bending modulus of the whole body, nN m mm.
        internal: time constant of bending without a medium, s.
        timestep: of the physics, s.

    Raises:
        PremotorError: no medium in three dimensions.
    """
    drag = MEDIA[medium] if isinstance(medium, str) else medium
    if drag is None and not plane:
        raise PremotorError("a worm whose controls say its medium is planar")
    spec = mujoco.MjSpec()
    spec.modelname = "worm"
    spec.compiler.degree = False
    spec.option.timestep, spec.option.integrator = timestep, mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.gravity = [0, 0, 0]
    disable = mujoco.mjtDisableBit
    spec.option.disableflags = disable.mjDSBL_AUTORESET | disable.mjDSBL_CONTACT | disable.mjDSBL_CONSTRAINT
    add_scenery(spec, 3 * LENGTH)
    ground = spec.worldbody.add_geom(name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1])
    ground.pos, ground.contype, ground.conaffinity, ground.material = [0, 0, -2 * RADIUS], 0, 0, "tiles"
    for name in muscle_names():  # before the drag, so that they are the first of the controls
        _muscle(spec, name, plane, activation, strength * bending)
    parent = spec.worldbody
    step = LENGTH / SEGMENTS
    for number in range(1, SEGMENTS + 1):
        parent = parent.add_body(name=f"segment_{number}", pos=[step if number > 1 else 0, 0, 0])
        if number == 1:
            _root(parent, plane)
        else:
            _joint(parent, number - 1, plane, bending, internal)
        _segment(spec, parent, number, drag, plane, mass)
    return Body("worm" if plane else "worm-3d", spec.compile(), spec.to_xml(), task_joints=_bends(plane), units=INSECT)


BODIES.register("worm")(build_worm)
BODIES.register("worm-water")(partial(build_worm, medium="water"))
BODIES.register("worm-3d")(partial(build_worm, plane=False))


def _bends(plane: bool) -> tuple[str, ...]:
    return tuple(f"{kind}_{i}" for kind in (("bend",) if plane else ("bend", "side")) for i in range(1, SEGMENTS))


def _root(head: mujoco.MjsBody, plane: bool) -> None:
    axes = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}
    turns = {"yaw": "z", "pitch": "y", "roll": "x"}
    for name in ("x", "y") if plane else ("x", "y", "z"):
        head.add_joint(name=f"root_{name}", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axes[name])
    for name in ("yaw",) if plane else ("yaw", "pitch", "roll"):
        head.add_joint(name=f"root_{name}", type=mujoco.mjtJoint.mjJNT_HINGE, axis=axes[turns[name]])


def _joint(body: mujoco.MjsBody, number: int, plane: bool, bending: float, internal: float) -> None:
    stiffness = bending / (LENGTH / SEGMENTS)
    for name, axis in (("bend", (0, 0, 1)), ("side", (0, 1, 0))):
        if name == "bend" or not plane:
            joint = body.add_joint(name=f"{name}_{number}", type=mujoco.mjtJoint.mjJNT_HINGE, axis=axis)
            joint.stiffness, joint.damping = [stiffness, 0, 0], [internal * stiffness, 0, 0]
            joint.armature = ARMATURE


def _segment(
    spec: mujoco.MjSpec, body: mujoco.MjsBody, number: int, drag: Drag | None, plane: bool, mass: float
) -> None:
    step = LENGTH / SEGMENTS
    place = (number - 0.5) / SEGMENTS
    radius = RADIUS * (1 - abs(2 * place - 1) ** 3) ** 0.5  # tapering at both ends
    body.explicitinertial, body.ipos = True, [step / 2, 0, 0]
    body.mass = mass * DENSITY * np.pi * RADIUS**2 * step
    moment = body.mass * step**2 / 12
    body.inertia = [moment, moment, moment]
    geom = body.add_geom(name=body.name, type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[max(radius, 0.4 * RADIUS), 0, 0])
    geom.fromto = [0, 0, 0, step, 0, 0]
    geom.contype, geom.conaffinity, geom.rgba = 0, 0, (0.80, 0.66, 0.56, 1) if number > 2 else (0.70, 0.40, 0.34, 1)
    site = body.add_site(name=body.name, pos=[step / 2, 0, 0], group=4)
    along, across = drag or (1.0, 1.0)
    turning = across * step**2 / 12  # of a rod that is dragged across
    axes = {"x": (0, along), "y": (1, across), "yaw": (5, turning)}
    if not plane:
        axes |= {"z": (2, across), "pitch": (4, turning), "roll": (3, along * RADIUS**2)}
    for axis, (direction, total) in axes.items():
        drive = spec.add_actuator(name=f"drag_{axis}_{number}", target=site.name, trntype=mujoco.mjtTrn.mjTRN_SITE)
        if drag is None:
            drive.gaintype, drive.gainprm = mujoco.mjtGain.mjGAIN_AFFINE, [0, 0, -total / SEGMENTS, *(0,) * 7]
            drive.biastype = mujoco.mjtBias.mjBIAS_NONE
        else:
            drive.gaintype, drive.gainprm[0] = mujoco.mjtGain.mjGAIN_FIXED, 0
            drive.biastype, drive.biasprm[2] = mujoco.mjtBias.mjBIAS_AFFINE, -total / SEGMENTS
        drive.gear = np.eye(6)[direction]


def _muscle(spec: mujoco.MjSpec, name: str, plane: bool, activation: float, moment: float) -> None:
    """A muscle as a tendon over the joints at the ends of its segment; each side of a joint has two pairs of them.

    `moment` is that of one side, fully active, times the length of a segment.
    """
    row, dorsal, left = int(name[3:]), name[1] == "D", name[2] == "L"
    torque = moment / (LENGTH / SEGMENTS) / 2
    tendon = spec.add_tendon(name=name, group=4)
    for number in (row - 1, row):
        if 1 <= number < SEGMENTS:
            tendon.wrap_joint(f"bend_{number}", 0.5 if dorsal else -0.5)
            if not plane:
                tendon.wrap_joint(f"side_{number}", 0.5 if left else -0.5)
    muscle = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_TENDON)
    muscle.gaintype, muscle.gainprm[0] = mujoco.mjtGain.mjGAIN_FIXED, torque
    muscle.biastype = mujoco.mjtBias.mjBIAS_NONE
    muscle.dyntype, muscle.dynprm[0] = mujoco.mjtDyn.mjDYN_FILTEREXACT, activation
    muscle.ctrllimited, muscle.ctrlrange = mujoco.mjtLimited.mjLIMITED_TRUE, [0, 1]
