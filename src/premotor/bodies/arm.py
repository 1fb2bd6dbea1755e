"""The muscle arm: two hinges and four muscles or series-elastic motors, after Roboy's Myorobotics arm (2018).

The arm stands upright at angle 0 and moves in the plane of x (forward) and z (up). Both hinges turn about y; a
positive angle leans forward, towards x. Lengths in m, from the published model:

==========  =======================  ==========================================================================
frame       origin                   what is in it
==========  =======================  ==========================================================================
world       ground below the arm     a post; the proximal ends of m0 and m1
upper_arm   world (0, 0, 1.054)      joint ``shoulder``, ±0.8 rad; 2.3542 kg, centre of mass 0.2 above; the distal
                                     ends of m0 and m1, the proximal ends of m2 and m3
lower_arm   upper_arm (0, 0, 0.430)  joint ``elbow``, ±0.7 rad; 1.5068 kg, centre of mass 0.2 above; the distal
                                     ends of m2 and m3; site ``hand``, 0.43 above
m0_spindle  world, behind the post   `sea` only, one a motor: a slide whose position is the wound-up tendon
==========  =======================  ==========================================================================

m0 and m2 pull forward (positive moments), m1 and m3 backward. m2 and m3 run over a sphere of 0.02 m in the elbow,
each on its side. Attachments lie at `ATTACHMENTS`; their moment arms are about 6.0 cm (m0, m1) and 2.5 cm (m2, m3).

`muscle`: MuJoCo's muscle model, control and activation in [0, 1] (Millard et al. 2013 in its simplified form).
`sea`: a motor winds up a tendon with a spring in it; see `premotor.bodies.series_elastic`.
"""

from functools import partial
from typing import Literal

import mujoco
import numpy as np

from premotor.bodies import series_elastic
from premotor.bodies.body import BODIES, Body, add_scenery

Drive = Literal["muscle", "sea"]

SHOULDER_HEIGHT, UPPER_LENGTH, LOWER_LENGTH = 1.054, 0.430, 0.430
UPPER_MASS, LOWER_MASS, CENTRE_OF_MASS = 2.3542, 1.5068, 0.2
UPPER_RANGE, LOWER_RANGE = 0.8, 0.7
DAMPING = 0.7
"""N m s/rad, of both joints."""
UPPER_INERTIA = UPPER_MASS * UPPER_LENGTH**2 / 12
"""kg m², a rod's about its middle: the published tensor breaks the triangle inequality and is no body's."""
LOWER_INERTIA = {"published": 1.0, "rod": 0.03}
"""kg m² about the centre of mass: as published (a placeholder, that of a far heavier link), and that of a rod."""

ATTACHMENTS = {
    "m0": ((0.129, -0.018), (0.005, 0.070)),
    "m1": ((-0.134, -0.019), (-0.004, 0.070)),
    "m2": ((0.035, -0.130), (0.023, 0.029)),
    "m3": ((-0.022, -0.105), (-0.023, 0.028)),
}
"""Proximal and distal end of each tendon from its joint, (x, z) in m."""
MUSCLES = tuple(ATTACHMENTS)
ELBOW_MUSCLES = ("m2", "m3")
WRAP_RADIUS = 0.02

# Largest force (N), time constants of activation and deactivation (s), largest shortening speed (optimal lengths
# a second) and force at saturated lengthening (of the largest): as published.
FORCE, TIME_CONSTANTS, FASTEST, LENGTHENING = 546.0, (0.01, 0.04), 10.0, 1.8

TIMESTEP = 0.002
COLOURS = {
    "m0": (0.84, 0.37, 0.0, 1),
    "m1": (0.0, 0.45, 0.70, 1),
    "m2": (0.90, 0.62, 0.0, 1),
    "m3": (0.34, 0.71, 0.91, 1),
}


def build_arm(
    drive: Drive = "muscle",
    lower_inertia: float = LOWER_INERTIA["published"],
    *,
    name: str = "arm",
    timestep: float = TIMESTEP,
    stiffness: float = series_elastic.STIFFNESS,
) -> Body:
    """The muscle arm (module docstring).

    Sensors: ``m0_length`` (m), ``m0_speed`` (m/s, positive lengthening) and ``m0_force`` (N) of
    each tendon, ``hand_position`` (x, y, z in m). Muscles pull with negative forces, motors wind with positive ones.

    Args:
        drive: `muscle`, or `sea` for series-elastic motors.
        lower_inertia: of the lower arm about its centre of mass, kg m².
        name: of the body.
        timestep: s.
        stiffness: of the springs of `sea`, N/m.
    """
    spec = _skeleton(lower_inertia, timestep)
    for muscle in MUSCLES:
        _attach(spec, muscle)
    if drive == "muscle":
        lengths = _length_ranges(spec)
        for muscle in MUSCLES:
            _muscle(spec, muscle, lengths[muscle])
    else:
        for muscle, (_, upright, _) in _length_ranges(spec).items():
            series_elastic.add_motor(spec, muscle, _path(muscle), upright, stiffness)
    for muscle in MUSCLES:
        _sensors(spec, muscle)
    spec.add_sensor(
        name="hand_position",
        type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
        objtype=mujoco.mjtObj.mjOBJ_SITE,
        objname="hand",
    )
    return Body(name, spec.compile(), spec.to_xml(), task_joints=("shoulder", "elbow"))


def _skeleton(lower_inertia: float, timestep: float) -> mujoco.MjSpec:
    spec = mujoco.MjSpec()
    spec.modelname = "arm"
    spec.compiler.degree = False
    spec.option.timestep = timestep
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # A world that blows up stays as it is, so that it is seen: no silent reset.
    spec.option.disableflags = mujoco.mjtDisableBit.mjDSBL_AUTORESET | mujoco.mjtDisableBit.mjDSBL_CONTACT
    add_scenery(spec)
    world = spec.worldbody
    world.add_geom(name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1], material="tiles")
    _shape(world, "post", (0, 0.07, 0), (0, 0.07, SHOULDER_HEIGHT), 0.03, (0.55, 0.58, 0.62, 1))
    upper = world.add_body(name="upper_arm", pos=[0, 0, SHOULDER_HEIGHT])
    _hinge(upper, "shoulder", UPPER_RANGE)
    _mass(upper, UPPER_MASS, UPPER_INERTIA)
    _shape(upper, "upper_arm", (0, 0, 0), (0, 0, UPPER_LENGTH), 0.028, (0.44, 0.48, 0.54, 1))
    upper.add_geom(
        name="elbow_wrap",
        type=mujoco.mjtGeom.mjGEOM_SPHERE,
        size=[WRAP_RADIUS, 0, 0],
        pos=[0, 0, UPPER_LENGTH],
        mass=0,
        contype=0,
        conaffinity=0,
    )
    lower = upper.add_body(name="lower_arm", pos=[0, 0, UPPER_LENGTH])
    _hinge(lower, "elbow", LOWER_RANGE)
    _mass(lower, LOWER_MASS, lower_inertia)
    _shape(lower, "lower_arm", (0, 0, 0), (0, 0, LOWER_LENGTH), 0.024, (0.62, 0.65, 0.70, 1))
    lower.add_site(name="hand", pos=[0, 0, LOWER_LENGTH], size=[0.03, 0, 0], group=4)
    return spec


def _hinge(body: mujoco.MjsBody, name: str, reach: float) -> None:
    joint = body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 1, 0])
    joint.limited, joint.range = mujoco.mjtLimited.mjLIMITED_TRUE, [-reach, reach]
    joint.damping = [DAMPING, 0, 0]


def _mass(body: mujoco.MjsBody, mass: float, inertia: float) -> None:
    body.explicitinertial = True
    body.mass, body.ipos = mass, [0, 0, CENTRE_OF_MASS]
    body.inertia = [inertia, inertia, inertia]  # only the moment about y matters in the plane


def _shape(
    body: mujoco.MjsBody,
    name: str,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    colour: tuple[float, ...],
) -> None:
    geom = body.add_geom(name=name, type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0])
    geom.fromto = [*start, *end]
    geom.mass, geom.contype, geom.conaffinity, geom.rgba = 0, 0, 0, colour


def _attach(spec: mujoco.MjSpec, muscle: str) -> None:
    """The path of a tendon: proximal site, over the elbow's sphere where it crosses it, distal site."""
    (near_x, near_z), (far_x, far_z) = ATTACHMENTS[muscle]
    elbow = muscle in ELBOW_MUSCLES
    proximal = spec.body("upper_arm") if elbow else spec.worldbody
    distal = spec.body("lower_arm") if elbow else spec.body("upper_arm")
    height = UPPER_LENGTH if elbow else SHOULDER_HEIGHT
    look = {"size": [0.012, 0, 0], "rgba": COLOURS[muscle]}
    proximal.add_site(name=f"{muscle}_proximal", pos=[near_x, 0, height + near_z], **look)
    distal.add_site(name=f"{muscle}_distal", pos=[far_x, 0, far_z], **look)
    if elbow:
        side = float(np.copysign(2.5 * WRAP_RADIUS, near_x))
        proximal.add_site(name=f"{muscle}_side", pos=[side, 0, UPPER_LENGTH], group=4)
    tendon = spec.add_tendon(name=muscle, width=0.006, rgba=COLOURS[muscle])
    series_elastic.follow(tendon, _path(muscle))


def _path(muscle: str) -> series_elastic.TendonPath:
    wrap = ("elbow_wrap", f"{muscle}_side") if muscle in ELBOW_MUSCLES else None
    return series_elastic.TendonPath(f"{muscle}_proximal", wrap, f"{muscle}_distal")


def _length_ranges(spec: mujoco.MjSpec) -> dict[str, tuple[float, float, float]]:
    """Least length, length upright and greatest length of each tendon, m: each crosses one joint, monotonically."""
    model = spec.compile()
    data = mujoco.MjData(model)
    lengths = []
    for sign in (-1, 0, 1):
        data.qpos[:] = sign * model.jnt_range[:, 1]
        mujoco.mj_fwdPosition(model, data)
        lengths.append(data.ten_length.copy())
    table = np.array(lengths)
    return {
        muscle: (float(table[:, i].min()), float(table[1, i]), float(table[:, i].max()))
        for i, muscle in enumerate(MUSCLES)
    }


def _muscle(spec: mujoco.MjSpec, muscle: str, lengths: tuple[float, float, float]) -> None:
    actuator = spec.add_actuator(name=muscle, target=muscle, trntype=mujoco.mjtTrn.mjTRN_TENDON)
    actuator.set_to_muscle(timeconst=list(TIME_CONSTANTS), tausmooth=0, force=FORCE, vmax=FASTEST, fvmax=LENGTHENING)
    actuator.lengthrange = [lengths[0], lengths[2]]
    actuator.ctrllimited, actuator.ctrlrange = mujoco.mjtLimited.mjLIMITED_TRUE, [0, 1]


def _sensors(spec: mujoco.MjSpec, muscle: str) -> None:
    kinds, objects = mujoco.mjtSensor, mujoco.mjtObj
    for name, kind, what in (
        ("length", kinds.mjSENS_TENDONPOS, objects.mjOBJ_TENDON),
        ("speed", kinds.mjSENS_TENDONVEL, objects.mjOBJ_TENDON),
        ("force", kinds.mjSENS_ACTUATORFRC, objects.mjOBJ_ACTUATOR),
    ):
        spec.add_sensor(name=f"{muscle}_{name}", type=kind, objtype=what, objname=muscle)


for _drive in ("muscle", "sea"):
    for _inertia, _suffix in (("published", ""), ("rod", "-rod")):
        _name = f"arm-{_drive}{_suffix}"
        BODIES.register(_name)(partial(build_arm, _drive, LOWER_INERTIA[_inertia], name=_name))
