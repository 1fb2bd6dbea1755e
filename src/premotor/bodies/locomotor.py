"""Any MJCF model that can move from its place, made ready to be told where its root is and what touches the ground.

What is added: names where there are none, sensors of the root (`ROOT`) and of the contact of each body with the ground
(`CONTACT` and the body's name). A free joint becomes three slides and three hinges (`root_x` … `root_roll`), the same
motion as long as the root does not pitch by 90°; planar root joints get such names too.
"""

import warnings
from pathlib import Path
from typing import NamedTuple

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from premotor.bodies.body import Body
from premotor.bodies.described import MYO_SIM, build_body, compiled, model_spec
from premotor.errors import PremotorError
from premotor.settings import note

ROOT = {
    "root_place": mujoco.mjtSensor.mjSENS_FRAMEPOS,
    "root_turn": mujoco.mjtSensor.mjSENS_FRAMEQUAT,
    "root_velocity": mujoco.mjtSensor.mjSENS_FRAMELINVEL,
    "root_rotation": mujoco.mjtSensor.mjSENS_FRAMEANGVEL,
}
"""Sensors of the root body in the world: m, quaternion, m/s, rad/s."""
CONTACT = "ground_"
FREE = ("root_x", "root_y", "root_z", "root_yaw", "root_pitch", "root_roll")
_SLIDE, _HINGE = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
_AXES = {(_SLIDE, 0): "root_x", (_SLIDE, 1): "root_y", (_SLIDE, 2): "root_z"} | {
    (_HINGE, 0): "root_roll",
    (_HINGE, 1): "root_pitch",
    (_HINGE, 2): "root_yaw",
}
RESTING = ("rest", "home", "stand")
"""Names of keyframes in which a body may begin; else the first one, else the reference pose."""


class Locomotor(NamedTuple):
    """A body that moves from its place."""

    body: Body
    root: str
    """Name of the root body."""
    root_joints: tuple[str, ...]
    """Joints by which the root moves, which nothing drives."""
    touching: tuple[str, ...]
    """Bodies that may touch the ground, each with a sensor `CONTACT` + its name."""
    feet: tuple[str, ...]
    """Those at the ends of limbs."""


def locomotor(source: str) -> Locomotor:
    """A body ready for locomotion, from an MJCF or URDF file, a YAML file about one, or by its name.

    Raises:
        PremotorError: no such file or body, MuJoCo refuses it, nothing drives it, or it is fixed to the ground.
    """
    path = Path(source)
    if path.suffix.lower() in (".xml", ".mjcf", ".urdf"):
        if not path.is_file():
            raise PremotorError(f"task.body is {source}, but there is no such file")
        spec, name = model_spec(path, path.name), path.stem
    elif source.startswith(MYO_SIM):
        raise PremotorError(f"task.body is {source}; name it in a YAML file (docs/concepts/bodies.md)")
    else:
        made = build_body(source)
        spec, name = mujoco.MjSpec.from_string(made.xml), made.name
    _name_everything(spec)
    root = _root(spec, source)
    rest = _rest_pose(spec, source)
    _split_free_joint(spec, root, rest)
    root_joints = _name_root_joints(spec, root, rest)
    if not spec.actuators:
        raise PremotorError(f"task.body is {source}, which has no actuator, so that nothing in it can act")
    touching = [body for body in _below(root) if any(geom.contype or geom.conaffinity for geom in body.geoms)]
    for sensor, kind in ROOT.items():
        spec.add_sensor(name=sensor, type=kind, objtype=mujoco.mjtObj.mjOBJ_XBODY, objname=root.name)
    for body in touching:
        _add_contact(spec, body.name)
    for key in list(spec.keys):
        spec.delete(key)
    joints = [joint.name for body in spec.bodies for joint in body.joints]
    spec.add_key(name="rest", qpos=np.concatenate([rest[name] for name in joints]))
    feet = tuple(body.name for body in touching if not body.bodies)
    made = compiled(spec, source, name, tuple(CONTACT + foot for foot in feet), ())
    return Locomotor(made, root.name, root_joints, tuple(body.name for body in touching), feet)


def _name_everything(spec: mujoco.MjSpec) -> None:
    for i, body in enumerate(spec.bodies):
        body.name = body.name or f"body_{i}"
    for i, joint in enumerate(spec.joints):
        joint.name = joint.name or f"joint_{i}"
    for i, actuator in enumerate(spec.actuators):
        actuator.name = actuator.name or actuator.target or f"actuator_{i}"
    for i, sensor in enumerate(spec.sensors):
        sensor.name = sensor.name or f"sensor_{i}"


def _root(spec: mujoco.MjSpec, source: str) -> mujoco.MjsBody:
    driven = {actuator.target for actuator in spec.actuators}
    for body in spec.worldbody.bodies:
        if any(joint.name not in driven for joint in body.joints) and list(_below(body))[1:]:
            return body
    raise PremotorError(
        f"task.body is {source}, which is fixed to the ground: its first body needs a free joint, or slides and hinges "
        "that nothing drives"
    )


def _below(body: mujoco.MjsBody) -> list[mujoco.MjsBody]:
    return [body, *(lower for child in body.bodies for lower in _below(child))]


def _rest_pose(spec: mujoco.MjSpec, source: str) -> dict[str, np.ndarray]:
    """Coordinates of each joint in the pose in which the body begins."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said when the body is compiled
        try:
            model = spec.copy().compile()
        except ValueError as error:
            raise PremotorError(
                f"task.body is {source}, which does not compile ({' '.join(str(error).split())})"
            ) from error
    names = [model.key(i).name for i in range(model.nkey)]
    chosen = next((name for name in RESTING if name in names), names[0] if names else None)
    qpos = model.qpos0 if chosen is None else model.key_qpos[names.index(chosen)]
    ends = [*model.jnt_qposadr[1:], model.nq]
    rest = {}
    for i, (start, end) in enumerate(zip(model.jnt_qposadr, ends, strict=True)):
        limits = model.jnt_range[i] if model.jnt_limited[i] and end - start == 1 else (-np.inf, np.inf)
        name = model.joint(i).name
        rest[name] = np.clip(qpos[start:end], *limits)
        if not np.array_equal(rest[name], qpos[start:end]):
            note(f"{name} begins at its limit {rest[name][0]:.3g}; the pose at rest has {qpos[start]:.3g}")
    return rest


def _split_free_joint(spec: mujoco.MjSpec, root: mujoco.MjsBody, rest: dict[str, np.ndarray]) -> None:
    """Replace a free joint by slides along and hinges about the world's axes, in the order of `FREE`."""
    free = next((joint for joint in root.joints if joint.type == mujoco.mjtJoint.mjJNT_FREE), None)
    if free is None:
        return
    pose = rest.pop(free.name)
    turns = Rotation.from_quat(pose[[4, 5, 6, 3]]).as_euler("ZYX")
    rest |= {name: np.array([value]) for name, value in zip(FREE, [*pose[:3], *turns], strict=True)}
    note(f"the free joint {free.name} is taken as three slides and three hinges, {', '.join(FREE)}")
    spec.delete(free)
    root.pos, root.quat = [0, 0, 0], [1, 0, 0, 0]
    for name, axis in zip(FREE, np.eye(3)[[0, 1, 2, 2, 1, 0]], strict=True):
        joint = root.add_joint(name=name, type=_SLIDE if name in FREE[:3] else _HINGE, axis=axis)
        joint.armature, joint.frictionloss, joint.limited = 0, 0, mujoco.mjtLimited.mjLIMITED_FALSE
        joint.damping, joint.stiffness = np.zeros(3), np.zeros(3)


def _name_root_joints(spec: mujoco.MjSpec, root: mujoco.MjsBody, rest: dict[str, np.ndarray]) -> tuple[str, ...]:
    """Call the root's slides and hinges by the axis along or about which they move, where it is one of the world's."""
    driven = {actuator.target for actuator in spec.actuators}
    upright = np.allclose(root.quat, [1, 0, 0, 0])
    taken = {joint.name for joint in spec.joints}
    found = []
    for joint in root.joints:
        if joint.name in driven:
            continue
        axis = np.asarray(joint.axis) / np.linalg.norm(joint.axis)
        name = _AXES.get((joint.type, int(np.abs(axis).argmax())), joint.name)
        if upright and axis.max() > 0.999 and name not in taken:
            for part in (*spec.sensors, *spec.equalities):
                for field in ("objname", "refname", "name1", "name2"):
                    if getattr(part, field, None) == joint.name:
                        setattr(part, field, name)
            rest[name] = rest.pop(joint.name)
            joint.name = name
        found.append(joint.name)
    return tuple(found)


def _add_contact(spec: mujoco.MjSpec, body: str) -> None:
    """Add a sensor that is 1 while a body touches what does not move."""
    of = mujoco.mjtObj.mjOBJ_BODY
    found = [1 << int(mujoco.mjtConDataField.mjCONDATA_FOUND), 0, 1]  # whether there is a contact; any; one of them
    kind = mujoco.mjtSensor.mjSENS_CONTACT
    spec.add_sensor(name=CONTACT + body, type=kind, objtype=of, objname=body, reftype=of, refname="world", intprm=found)
