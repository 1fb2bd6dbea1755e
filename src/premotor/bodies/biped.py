"""A planar biped with the measures of a person of 70 kg and 1.75 m.

Segment lengths, masses, centres of mass and radii of gyration are those of Winter, D. A. (2009),
*Biomechanics and Motor Control of Human Movement*, 4th ed., figure 4.1 and table 4.1.

It moves in the sagittal plane: x points forward, z up, y to the left. Coordinates (``qpos``):

==  ============  ===========================================================================
0   root_x        position of the hip joints, m
1   root_z        height of the hip joints above the ground, m
2   root_pitch    trunk, rad; 0 upright, positive leaning forward
3   left_hip      rad; positive flexion (thigh forward), negative extension
4   left_knee     rad; positive flexion (shank backward); 0 straight
5   left_ankle    rad; positive dorsiflexion (toes up); 0 with the foot at right angles to the shank
6   right_hip     as left
7   right_knee
8   right_ankle
==  ============  ===========================================================================

So a foot is level when pitch − hip + knee − ankle = 0. The six actuators bear the names of their joints; a
control is the target angle of a joint (rad), which a servo with a person's strength follows.
"""

from collections.abc import Sequence

import mujoco
import numpy as np

from premotor.bodies.body import BODIES, Body, add_scenery

Point = Sequence[float] | np.ndarray

MASS = 70.0
"""Whole body, kg."""
HEIGHT = 1.75
"""Standing height, m."""

# Winter (2009), figure 4.1: lengths as fractions of the standing height.
THIGH_LENGTH = 0.245 * HEIGHT
SHANK_LENGTH = 0.246 * HEIGHT
ANKLE_HEIGHT = 0.039 * HEIGHT
FOOT_LENGTH = 0.152 * HEIGHT
TRUNK_LENGTH = (0.818 - 0.530) * HEIGHT  # hip to shoulder
HIP_HEIGHT = THIGH_LENGTH + SHANK_LENGTH + ANKLE_HEIGHT  # 0.530 of the height

# The ankle lies a quarter of the foot's length before the heel, the heads of the metatarsals near 0.73;
# Winter's foot segment runs between the two.
HEEL = -0.25 * FOOT_LENGTH
TOE = HEEL + FOOT_LENGTH
METATARSAL = np.array([HEEL + 0.73 * FOOT_LENGTH, -0.75 * ANKLE_HEIGHT])
FOOT_SEGMENT_LENGTH = float(np.hypot(*METATARSAL))

# Winter (2009), table 4.1: mass / body mass, centre of mass from the proximal end / segment length,
# radius of gyration about the centre of mass / segment length.
HAT = (0.678, 0.626, 0.496)  # head, arms and trunk
THIGH = (0.100, 0.433, 0.323)
SHANK = (0.0465, 0.433, 0.302)
FOOT = (0.0145, 0.500, 0.475)

# Drawn and colliding shapes, m.
TRUNK_RADIUS, HEAD_RADIUS, THIGH_RADIUS, SHANK_RADIUS, FOOT_RADIUS = 0.12, 0.10, 0.07, 0.05, 0.03

# Range (degrees), greatest torque (N m), stiffness (N m/rad) and damping (N m s/rad) of the servo. Torques
# are a strong person's; stiffnesses are near those of human joints in walking. The servo lags a moving target
# by damping over stiffness, 15 to 33 ms; more damping made tracking of a walk worse.
HIP = {"range": (-30, 120), "torque": 180, "stiffness": 600, "damping": 20}
KNEE = {"range": (0, 140), "torque": 150, "stiffness": 500, "damping": 10}
ANKLE = {"range": (-50, 30), "torque": 120, "stiffness": 400, "damping": 6}

# Measured in free runs that track a walk from 64 phases, against 0.5 ms: after 0.3 s the joints differ by
# 0.2° at 2 ms, 0.5° at 4 ms, 0.7° at 5 ms, 1.8° at 10 ms and 3.6° at 12.5 ms; heel strikes sink in by at
# most 5, 10 and 13 mm at 2, 4 and 5 ms (95%: 3, 4 and 5 mm). Bang-bang control between the joint limits is
# stable up to 12.5 ms. So 5 ms: the same walk as at 2 ms for 40% of the work.
TIMESTEP = 0.005
# Time constant (s) and damping ratio of contacts and joint limits; MuJoCo needs at least two time steps. Its
# default of 20 ms lets heel strikes sink in twice as deep and slide three times as fast.
CONTACT = (0.010, 1.0)
# The same of soles that give way, as heel pads and shoes do.
SOLE = (0.050, 1.0)
SOLE_DEPTH = 0.0065
"""How far such soles are pressed in while the body stands on both feet, m."""
# Sliding (a shoe on a floor), torsional and rolling; the last two do not act in the plane.
FRICTION = (1.0, 0.005, 0.0001)
FEET = ("left_foot", "right_foot")


def biped_spec(timestep: float = TIMESTEP, sole: tuple[float, float] = CONTACT) -> mujoco.MjSpec:
    """The biped as an editable MuJoCo specification; `timestep` in s, `sole` as `CONTACT`, of the feet alone."""
    spec = mujoco.MjSpec()
    spec.modelname = "biped"
    spec.compiler.degree = False
    option = spec.option
    option.timestep = timestep
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    option.iterations = 10
    option.ls_iterations = 10
    # A world that blows up stays as it is, so that it is seen: no silent reset. One body is one constraint
    # island; not looking for islands saves 5% of the time.
    option.disableflags = mujoco.mjtDisableBit.mjDSBL_AUTORESET | mujoco.mjtDisableBit.mjDSBL_ISLAND

    add_scenery(spec)
    ground = spec.worldbody.add_geom(name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1])
    ground.contype, ground.conaffinity = 1, 0
    ground.friction, ground.solref = FRICTION, CONTACT
    ground.material = "tiles"

    trunk = spec.worldbody.add_body(name="trunk", pos=[0, 0, HIP_HEIGHT])
    _root(trunk)
    _inertia(trunk, HAT, TRUNK_LENGTH, direction=(0.0, 1.0))
    head = (0.936 - 0.530) * HEIGHT  # Winter figure 4.1: eye level, near the middle of the head
    _capsule(trunk, "trunk", (0, 0.06), (0, TRUNK_LENGTH - 0.04), TRUNK_RADIUS, (0.44, 0.48, 0.54, 1))
    _capsule(trunk, "head", (0, head - 0.02), (0, head + 0.02), HEAD_RADIUS, (0.80, 0.66, 0.56, 1))
    for side, y, colour in (("left", 0.09, (0.00, 0.53, 0.42, 1)), ("right", -0.09, (0.61, 0.31, 0.62, 1))):
        _leg(trunk, side, y, colour, sole)
        _touch_sensors(spec, side)
    for side in ("left", "right"):
        for joint, servo in (("hip", HIP), ("knee", KNEE), ("ankle", ANKLE)):
            _servo(spec, f"{side}_{joint}", servo)
    return spec


@BODIES.register("biped")
def build_biped(timestep: float = TIMESTEP) -> Body:
    """The planar biped (module docstring); `timestep` in s."""
    spec = biped_spec(timestep)
    return Body("biped", spec.compile(), spec.to_xml(), feet=FEET)


@BODIES.register("biped-shod")
def build_shod_biped(timestep: float = TIMESTEP) -> Body:
    """The planar biped on soles that give way by 6.5 mm under the standing body; `timestep` in s."""
    spec = biped_spec(timestep, SOLE)
    return Body("biped-shod", spec.compile(), spec.to_xml(), feet=FEET, sole_depth=SOLE_DEPTH)


def _root(trunk: mujoco.MjsBody) -> None:
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    trunk.add_joint(name="root_x", type=slide, axis=[1, 0, 0])
    trunk.add_joint(name="root_z", type=slide, axis=[0, 0, 1], ref=HIP_HEIGHT)
    trunk.add_joint(name="root_pitch", type=hinge, axis=[0, 1, 0])


def _leg(trunk: mujoco.MjsBody, side: str, y: float, colour: tuple[float, ...], sole: tuple[float, float]) -> None:
    thigh = trunk.add_body(name=f"{side}_thigh", pos=[0, y, 0])
    _hinge(thigh, f"{side}_hip", -1, HIP)
    _inertia(thigh, THIGH, THIGH_LENGTH)
    _capsule(thigh, f"{side}_thigh", (0, 0), (0, -THIGH_LENGTH), THIGH_RADIUS, colour)

    shank = thigh.add_body(name=f"{side}_shank", pos=[0, 0, -THIGH_LENGTH])
    _hinge(shank, f"{side}_knee", +1, KNEE)
    _inertia(shank, SHANK, SHANK_LENGTH)
    _capsule(shank, f"{side}_shank", (0, 0), (0, -SHANK_LENGTH), SHANK_RADIUS, colour)

    foot = shank.add_body(name=f"{side}_foot", pos=[0, 0, -SHANK_LENGTH])
    _hinge(foot, f"{side}_ankle", -1, ANKLE)
    _inertia(foot, FOOT, FOOT_SEGMENT_LENGTH, direction=METATARSAL / FOOT_SEGMENT_LENGTH)
    heel, toe = foot_ends()
    contact = _capsule(foot, f"{side}_foot", heel, toe, FOOT_RADIUS, colour)
    if sole != CONTACT:
        contact.solref, contact.priority = sole, 1  # in place of the mean of the ground's and its own
    # A touch sensor sums the normal forces of the contacts inside its site.
    whole = 0.5 * (heel + toe)
    half_length = 0.5 * (toe - heel)[0]
    sites = (
        ("foot", whole, half_length + 0.01),
        ("heel", heel, 0.5 * half_length),
        ("toe", toe, 0.5 * half_length),
    )
    for part, centre, half in sites:
        foot.add_site(
            name=f"{side}_{part}",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=[centre[0], 0, centre[1]],
            size=[half, 2 * FOOT_RADIUS, 2 * FOOT_RADIUS],
            group=4,  # not drawn
        )


def foot_ends() -> tuple[np.ndarray, np.ndarray]:
    """Centres of the heel and toe ends of the foot's capsule from the ankle, (x, z) in m, foot level."""
    z = FOOT_RADIUS - ANKLE_HEIGHT
    return np.array([HEEL + FOOT_RADIUS, z]), np.array([TOE - FOOT_RADIUS, z])


def _hinge(body: mujoco.MjsBody, name: str, sign: int, servo: dict) -> None:
    joint = body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, sign, 0])
    joint.limited = mujoco.mjtLimited.mjLIMITED_TRUE
    joint.range = np.deg2rad(servo["range"])
    joint.solref_limit = CONTACT
    # What tissue adds in its order of magnitude, so that a limb without control comes to rest.
    joint.damping = [1.0, 0, 0]
    joint.stiffness = [2.0, 0, 0]
    joint.armature = 0.01


def _inertia(
    body: mujoco.MjsBody, segment: tuple[float, float, float], length: float, direction: Point = (0.0, -1.0)
) -> None:
    fraction, centre, gyration = segment
    mass = fraction * MASS
    body.explicitinertial = True
    body.mass = mass
    body.ipos = [centre * length * direction[0], 0, centre * length * direction[1]]
    # Only the moment about y matters in the plane; the same about x and z makes a valid tensor.
    moment = mass * (gyration * length) ** 2
    body.inertia = [moment, moment, moment]


def _capsule(
    body: mujoco.MjsBody, name: str, start: Point, end: Point, radius: float, colour: tuple[float, ...]
) -> mujoco.MjsGeom:
    geom = body.add_geom(name=name, type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0])
    geom.fromto = [start[0], 0, start[1], end[0], 0, end[1]]
    geom.mass = 0
    geom.contype, geom.conaffinity = 0, 1  # with the ground alone
    geom.condim = 3
    geom.friction, geom.solref = FRICTION, CONTACT
    geom.rgba = colour
    return geom


def _touch_sensors(spec: mujoco.MjSpec, side: str) -> None:
    for part in ("foot", "heel", "toe"):
        spec.add_sensor(
            name=f"{side}_{part}",
            type=mujoco.mjtSensor.mjSENS_TOUCH,
            objtype=mujoco.mjtObj.mjOBJ_SITE,
            objname=f"{side}_{part}",
        )


def _servo(spec: mujoco.MjSpec, joint: str, servo: dict) -> None:
    actuator = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.set_to_position(kp=servo["stiffness"], kv=servo["damping"])
    actuator.ctrllimited = mujoco.mjtLimited.mjLIMITED_TRUE
    actuator.ctrlrange = np.deg2rad(servo["range"])
    actuator.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
    actuator.forcerange = [-servo["torque"], servo["torque"]]
