"""A body: an MJCF model and the names of its parts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import mujoco
import numpy as np

from premotor.errors import PremotorError
from premotor.registry import Registry


class Units(NamedTuple):
    """What a model's numbers of length and mass mean; time is in seconds and angles in radians in every model."""

    length: str = "m"
    metre: float = 1.0
    """Metres in the unit of length."""
    mass: str = "kg"
    kilogram: float = 1.0
    """Kilograms in the unit of mass."""
    force: str = "N"
    torque: str = "N m"


SI = Units()
"""Metres, kilograms, newtons, newton metres."""
INSECT = Units("mm", 1e-3, "g", 1e-3, "µN", "nN m")
"""Millimetres and grams, in which a fly's numbers are near 1; so forces are in µN and torques in nN m."""


@dataclass(frozen=True, eq=False)
class Body:
    """A simulated body: its MuJoCo model and where its named parts lie in the state arrays.

    Joints are hinges and slides (one coordinate each), so that a joint has one index in ``qpos`` and one
    in ``qvel``. `units` says what the model's numbers mean; where nothing else is said they are SI.

    An actuator drives one joint, pulls one tendon, makes one body part stick to what it touches (adhesion), or
    drags one site through a medium.

    Raises:
        PremotorError: a joint has more than one coordinate, an actuator drives something else, or a named foot or
            joint does not exist.
    """

    name: str
    """The name under which `build_body` makes it."""
    model: mujoco.MjModel
    """The compiled model."""
    xml: str
    """The model as MJCF, for other tools and for the record."""
    feet: tuple[str, ...] = ()
    """Names of the touch sensors that tell ground contact, one a foot."""
    units: Units = SI
    """Of the model's lengths, masses, forces and torques."""
    task_joints: tuple[str, ...] = ()
    """Joints that tasks are about; all where none are named. Others belong to its drives, such as spindles."""
    sole_depth: float = 0.0
    """How far soles that give way are pressed in while the body stands, in its unit of length."""
    joint_names: tuple[str, ...] = field(init=False)
    """All joints in the order of ``qpos``, those of the root first."""
    actuator_names: tuple[str, ...] = field(init=False)
    """Actuators in the order of ``ctrl``."""
    sensor_slices: Mapping[str, slice] = field(init=False)
    """Where each named sensor lies in a row of sensor readings."""
    driven_joints: tuple[str, ...] = field(init=False)
    """Joints that actuators drive, in the order of these actuators."""
    actuated_ctrl: np.ndarray = field(init=False)
    """Index in ``ctrl`` of the actuators that drive joints, (driven joints,): all but adhesion."""
    actuated_qpos: np.ndarray = field(init=False)
    """Index in ``qpos`` of each driven joint, (driven joints,)."""
    actuated_qvel: np.ndarray = field(init=False)
    """Index in ``qvel`` of each driven joint, (driven joints,)."""

    def __post_init__(self) -> None:
        """Read the names and addresses from the model."""
        model = self.model
        single = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
        for joint in range(model.njnt):
            if model.jnt_type[joint] not in single:
                raise PremotorError(
                    f"body '{self.name}': joint '{model.joint(joint).name}' is a ball or free joint; "
                    "only hinges and slides are allowed"
                )
        to_joint = int(mujoco.mjtTrn.mjTRN_JOINT)
        transmissions = (mujoco.mjtTrn.mjTRN_BODY, mujoco.mjtTrn.mjTRN_TENDON, mujoco.mjtTrn.mjTRN_SITE)
        allowed = (to_joint, *map(int, transmissions))
        for actuator in range(model.nu):
            if model.actuator_trntype[actuator] not in allowed:
                raise PremotorError(
                    f"body '{self.name}': actuator '{model.actuator(actuator).name}' does not drive a joint, a tendon "
                    "or a site"
                )
        drives = np.flatnonzero(model.actuator_trntype == to_joint)
        driven = model.actuator_trnid[drives, 0]
        slices = {}
        for sensor in range(model.nsensor):
            start = int(model.sensor_adr[sensor])
            slices[model.sensor(sensor).name] = slice(start, start + int(model.sensor_dim[sensor]))
        computed = {
            "joint_names": tuple(model.joint(i).name for i in range(model.njnt)),
            "actuator_names": tuple(model.actuator(i).name for i in range(model.nu)),
            "driven_joints": tuple(model.joint(i).name for i in driven),
            "sensor_slices": slices,
            "actuated_ctrl": drives,
            "actuated_qpos": model.jnt_qposadr[driven].copy(),
            "actuated_qvel": model.jnt_dofadr[driven].copy(),
        }
        for key, value in computed.items():
            object.__setattr__(self, key, value)
        object.__setattr__(self, "task_joints", self.task_joints or self.joint_names)
        for foot in self.feet:
            self.sensor(foot)
        self._joints(self.task_joints)

    def __repr__(self) -> str:
        """One line: the name and the sizes."""
        mass = f"{self._mass:.1f}" if self._mass >= 1 else f"{self._mass:.3g}"
        return (
            f"Body('{self.name}', {len(self.joint_names)} joints, {len(self.actuator_names)} actuators, "
            f"{len(self.sensor_slices)} sensors, {mass} {self.units.mass}, "
            f"time step {self.timestep * 1e3:g} ms)"
        )

    @property
    def timestep(self) -> float:
        """Time step of the physics, s."""
        return float(self.model.opt.timestep)

    @property
    def mass(self) -> float:
        """Total mass, kg, whatever the model's unit of mass."""
        return self._mass * self.units.kilogram

    @property
    def _mass(self) -> float:
        return float(self.model.body_mass.sum())

    @property
    def weight(self) -> float:
        """Force of gravity on the whole body, in the model's unit of force: that of its touch sensors."""
        return float(self._mass * np.linalg.norm(self.model.opt.gravity))

    @property
    def rest_pose(self) -> np.ndarray:
        """How the body stands, (qpos,): the model's keyframe ``rest``, or else its reference configuration.

        For the biped upright on the ground with all joints 0.
        """
        names = [self.model.key(i).name for i in range(self.model.nkey)]
        return (self.model.key_qpos[names.index("rest")] if "rest" in names else self.model.qpos0).copy()

    @property
    def joint_range(self) -> np.ndarray:
        """Lower and upper limit of each driven joint, rad, (driven joints, 2); infinite where unlimited."""
        joints = self.model.actuator_trnid[self.actuated_ctrl, 0]
        return self._limits(joints)

    def limits(self, joints: str | Iterable[str]) -> np.ndarray:
        """Lower and upper limit of named joints, rad or m, (joints, 2); infinite where unlimited."""
        return self._limits(self._joints(joints))

    def _limits(self, joints: np.ndarray) -> np.ndarray:
        limited = self.model.jnt_limited[joints].astype(bool)[:, None]
        return np.where(limited, self.model.jnt_range[joints], [-np.inf, np.inf])

    @property
    def control_range(self) -> np.ndarray:
        """Least and greatest control of each actuator, in its own unit, (actuators, 2); infinite where unlimited."""
        limited = self.model.actuator_ctrllimited.astype(bool)[:, None]
        return np.where(limited, self.model.actuator_ctrlrange, [-np.inf, np.inf])

    @property
    def force_range(self) -> np.ndarray:
        """Least and greatest force of each actuator, (actuators, 2), N m or as `units` says; infinite: no limit."""
        limited = self.model.actuator_forcelimited.astype(bool)[:, None]
        return np.where(limited, self.model.actuator_forcerange, [-np.inf, np.inf])

    @property
    def foot_sensors(self) -> np.ndarray:
        """Index in the sensor readings of the ground contact of each foot, (feet,)."""
        return np.array([self.sensor(foot).start for foot in self.feet], dtype=np.int64)

    def qpos_index(self, joints: str | Iterable[str]) -> np.ndarray:
        """Indices in ``qpos`` of named joints, (joints,); PremotorError for a name that does not exist."""
        return self.model.jnt_qposadr[self._joints(joints)].copy()

    def qvel_index(self, joints: str | Iterable[str]) -> np.ndarray:
        """Indices in ``qvel`` of named joints, (joints,); PremotorError for a name that does not exist."""
        return self.model.jnt_dofadr[self._joints(joints)].copy()

    def sensor(self, name: str) -> slice:
        """Where a named sensor lies in a row of sensor readings; PremotorError for an unknown name."""
        if name not in self.sensor_slices:
            raise PremotorError(self._unknown("sensor", name, self.sensor_slices))
        return self.sensor_slices[name]

    def actuator(self, name: str) -> int:
        """Index in ``ctrl`` of a named actuator; PremotorError for an unknown name."""
        if name not in self.actuator_names:
            raise PremotorError(self._unknown("actuator", name, self.actuator_names))
        return self.actuator_names.index(name)

    def _joints(self, names: str | Iterable[str]) -> np.ndarray:
        names = (names,) if isinstance(names, str) else tuple(names)
        for name in names:
            if name not in self.joint_names:
                raise PremotorError(self._unknown("joint", name, self.joint_names))
        return np.array([self.joint_names.index(name) for name in names], dtype=np.int64)

    def _unknown(self, kind: str, name: str, known: Iterable[str]) -> str:
        return f"body '{self.name}' has no {kind} '{name}'; its {kind}s are {', '.join(known)}"


_HOMES = {
    "biped": ("biped", "biped-shod"),
    "arm": ("arm-muscle", "arm-muscle-rod", "arm-sea", "arm-sea-rod"),
    "fly": ("fly", "fly-18", "fly-12"),
    "worm": ("worm", "worm-water", "worm-3d"),
    "neuromechfly": ("neuromechfly", "neuromechfly-18", "neuromechfly-12"),
}
BODIES: Registry[Callable[[], Body]] = Registry(
    "body", {name: f"premotor.bodies.{module}" for module, names in _HOMES.items() for name in names}
)
"""Bodies by name: functions that build one when called without arguments."""


def add_scenery(spec: mujoco.MjSpec, height: float = 4) -> None:
    """Add sky, a light at `height` and a material ``tiles`` of 1 for the ground, for MuJoCo's renderer and viewer."""
    spec.visual.headlight.ambient = [0.45, 0.45, 0.45]
    spec.visual.headlight.diffuse = [0.35, 0.35, 0.35]
    spec.visual.headlight.specular = [0.05, 0.05, 0.05]
    builtin, kind = mujoco.mjtBuiltin, mujoco.mjtTexture
    sky = spec.add_texture(name="sky", type=kind.mjTEXTURE_SKYBOX, builtin=builtin.mjBUILTIN_GRADIENT)
    sky.rgb1, sky.rgb2, sky.width, sky.height = [0.80, 0.86, 0.92], [0.96, 0.97, 0.98], 64, 384
    tiles = spec.add_texture(name="tiles", type=kind.mjTEXTURE_2D, builtin=builtin.mjBUILTIN_CHECKER)
    tiles.rgb1, tiles.rgb2, tiles.width, tiles.height = [0.90, 0.90, 0.88], [0.80, 0.81, 0.80], 64, 64
    material = spec.add_material(name="tiles", texuniform=True, texrepeat=[0.5, 0.5])
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "tiles"
    light = spec.worldbody.add_light(pos=[0, -height / 2, height], dir=[0.2, 0.4, -1], castshadow=True)
    light.type = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
    light.diffuse, light.specular = [0.45, 0.45, 0.45], [0.1, 0.1, 0.1]
