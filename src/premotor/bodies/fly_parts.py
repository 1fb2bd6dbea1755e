"""What every model of the fly has, whoever made its body: world, root, servos, feet and sensors."""

import mujoco
import numpy as np
from numpy.typing import NDArray

from premotor.bodies.fly_measures import ADHESION, GRAVITY, LEGS, SERVO, TISSUE
from premotor.bodies.fly_scenery import add_scenery
from premotor.bodies.fly_terrain import add_rough_ground

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
    add_scenery(spec)
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
