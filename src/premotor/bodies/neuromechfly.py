"""NeuroMechFly from the user's own installation of flygym: its geometry, masses and neutral pose.

flygym builds the body (Wang-Chen et al. 2024, *Nature Methods* 21, 2353–2362). World, joints with servos, feet and
sensors are added as to our own fly, so that names, units and tasks are the same. flygym asks for an older MuJoCo than
ours, which building a model does not need:

    pip install --no-deps flygym && pip install loguru mediapy tabulate
"""

import importlib
import warnings
from functools import partial

import mujoco
import numpy as np

from premotor.bodies.body import BODIES, INSECT, Body
from premotor.bodies.fly import TIMESTEP, chain
from premotor.bodies.fly_parts import (
    DRIVEN,
    JOINTS,
    LEGS,
    RANGES,
    ROOT,
    SEGMENTS,
    add_adhesion,
    add_hinge,
    add_root,
    add_trunk_sensors,
    add_world,
    make_foot,
    make_touching,
    stand,
)
from premotor.errors import PremotorError

NAMES = {"coxa": "coxa", "femur": "trochanterfemur", "tibia": "tibia", "tarsus": "tarsus1"}
"""Our names of a leg's segments → flygym's."""
LINKS = dict(zip(JOINTS, ("c_thorax-{}_coxa-yaw", "c_thorax-{}_coxa-pitch", "c_thorax-{}_coxa-roll",
             "{0}_coxa-{0}_trochanterfemur-pitch", "{0}_coxa-{0}_trochanterfemur-roll",
             "{0}_trochanterfemur-{0}_tibia-pitch", "{0}_tibia-{0}_tarsus1-pitch"), strict=True))  # fmt: skip
"""Our names of a leg's joints → flygym's, with the leg to fill in."""
TRUNK = ("c_thorax", "c_head", "c_abdomen12", "c_abdomen3", "c_abdomen4", "c_abdomen5", "c_abdomen6")
"""Segments that meet the ground when the fly falls."""


@BODIES.register("neuromechfly")
def build_neuromechfly(joints: int = 42, timestep: float = TIMESTEP, roughness: float = 0.0) -> Body:
    """NeuroMechFly with 42, 18 or 12 driven leg joints and capsules in place of meshes; the rest as of `build_fly`.

    Raises:
        PremotorError: another number of joints, or flygym is missing or cannot be imported.
    """
    if joints not in DRIVEN:
        raise PremotorError(f"a fly has {joints} driven joints; allowed are {', '.join(map(str, sorted(DRIVEN)))}")
    spec, angles = _flygym_body()
    spec.modelname = "neuromechfly"
    spec.compiler.fusestatic = True
    for key in list(spec.keys):
        spec.delete(key)
    add_world(spec, timestep, roughness)
    bodies = {body.name: body for body in spec.bodies}
    trunk = bodies["c_thorax"]
    trunk.pos = np.zeros(3)
    add_root(trunk)
    add_trunk_sensors(spec, trunk)
    for geom in spec.geoms:
        if geom.name in TRUNK:
            make_touching(geom)
    rest: list[float] = []
    for leg in LEGS:
        own = {joint: angles[LINKS[joint].format(leg)] for joint in JOINTS}
        driven = DRIVEN[joints][leg[1]]
        for segment, names in SEGMENTS.items():
            body = bodies[f"{leg}_{NAMES[segment]}"]
            body.name = f"{leg}_{segment}"
            orientation, axes = chain(names, own, driven, 1.0 if leg[0] == "l" else -1.0)
            body.quat = orientation
            for joint, axis in axes.items():
                add_hinge(spec, body, f"{leg}_{joint}", axis, RANGES[joint], own[joint])
        claw = bodies[f"{leg}_tarsus5"]
        claw.geoms[0].name = f"{leg}_foot"
        make_foot(claw.geoms[0], claw, np.zeros(3))
        rest += [own[joint] for joint in JOINTS if joint in driven]
    add_adhesion(spec, "tarsus")
    spec.add_key(name="rest", qpos=[*[0.0] * len(ROOT), *rest])
    stand(spec)
    name = "neuromechfly" if joints == 42 else f"neuromechfly-{joints}"
    return Body(name, spec.compile(), spec.to_xml(), feet=tuple(f"{leg}_foot" for leg in LEGS), units=INSECT)


def _flygym_body() -> tuple[mujoco.MjSpec, dict[str, float]]:
    """flygym's fly without joints, and its neutral angles by joint, rad."""
    try:
        compose = importlib.import_module("flygym.compose")
        anatomy = importlib.import_module("flygym.anatomy")
    except ImportError as error:
        raise PremotorError(
            f"the body neuromechfly comes from flygym, which cannot be imported ({error}); install it beside "
            "premotor's MuJoCo with: pip install --no-deps flygym && pip install loguru mediapy tabulate"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fly = compose.NeuroMechFly(geom_fitting_option=compose.GeomFittingOption.ALL_TO_CAPSULES)
        order, preset = anatomy.AxisOrder.YAW_PITCH_ROLL, anatomy.JointPreset.LEGS_ACTIVE_ONLY
        skeleton = anatomy.Skeleton(axis_order=order, joint_preset=preset)
        fly.add_joints(skeleton, neutral_pose=compose.KinematicPosePreset.NEUTRAL)
    angles = {joint.name: float(angle) for joint, angle in fly.jointdof_to_neutralangle.items()}
    spec = fly.mjcf_root.copy()
    for joint in list(spec.joints):
        spec.delete(joint)
    return spec, angles


for _joints in (18, 12):
    BODIES.register(f"neuromechfly-{_joints}")(partial(build_neuromechfly, _joints))
