"""A body: an MJCF model and the names of its parts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import mujoco
import numpy as np

from premotor.errors import PremotorError


@dataclass(frozen=True, eq=False)
class Body:
    """A simulated body: its MuJoCo model and where its named parts lie in the state arrays.

    Joints are hinges and slides (one coordinate each), so that a joint has one index in ``qpos`` and one
    in ``qvel``. SI units: metres, radians, kilograms, newtons, newton metres, seconds.

    Raises:
        PremotorError: a joint has more than one coordinate, or an actuator does not drive one joint.
    """

    name: str
    """The name under which `build_body` makes it."""
    model: mujoco.MjModel
    """The compiled model."""
    xml: str
    """The model as MJCF, for other tools and for the record."""
    feet: tuple[str, ...] = ()
    """Names of the touch sensors that tell ground contact, one a foot."""
    joint_names: tuple[str, ...] = field(init=False)
    """All joints in the order of ``qpos``, those of the root first."""
    actuator_names: tuple[str, ...] = field(init=False)
    """Actuators in the order of ``ctrl``."""
    sensor_slices: Mapping[str, slice] = field(init=False)
    """Where each named sensor lies in a row of sensor readings."""
    actuated_qpos: np.ndarray = field(init=False)
    """Index in ``qpos`` of the joint that each actuator drives, (actuators,)."""
    actuated_qvel: np.ndarray = field(init=False)
    """Index in ``qvel`` of the joint that each actuator drives, (actuators,)."""

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
        for actuator in range(model.nu):
            if model.actuator_trntype[actuator] != int(mujoco.mjtTrn.mjTRN_JOINT):
                raise PremotorError(
                    f"body '{self.name}': actuator '{model.actuator(actuator).name}' does not drive a joint"
                )
        driven = model.actuator_trnid[:, 0]
        slices = {}
        for sensor in range(model.nsensor):
            start = int(model.sensor_adr[sensor])
            slices[model.sensor(sensor).name] = slice(start, start + int(model.sensor_dim[sensor]))
        computed = {
            "joint_names": tuple(model.joint(i).name for i in range(model.njnt)),
            "actuator_names": tuple(model.actuator(i).name for i in range(model.nu)),
            "sensor_slices": slices,
            "actuated_qpos": model.jnt_qposadr[driven].copy(),
            "actuated_qvel": model.jnt_dofadr[driven].copy(),
        }
        for key, value in computed.items():
            object.__setattr__(self, key, value)
        for foot in self.feet:
            self.sensor(foot)

    def __repr__(self) -> str:
        """One line: the name and the sizes."""
        return (
            f"Body('{self.name}', {len(self.joint_names)} joints, {len(self.actuator_names)} actuators, "
            f"{len(self.sensor_slices)} sensors, {self.mass:.1f} kg, time step {self.timestep * 1e3:g} ms)"
        )

    @property
    def timestep(self) -> float:
        """Time step of the physics, s."""
        return float(self.model.opt.timestep)

    @property
    def mass(self) -> float:
        """Total mass, kg."""
        return float(self.model.body_mass.sum())

    @property
    def weight(self) -> float:
        """Force of gravity on the whole body, N."""
        return float(self.mass * np.linalg.norm(self.model.opt.gravity))

    @property
    def rest_pose(self) -> np.ndarray:
        """The model's reference configuration, (qpos,): for the biped upright on the ground, all joints 0."""
        return self.model.qpos0.copy()

    @property
    def joint_range(self) -> np.ndarray:
        """Lower and upper limit of each actuated joint, rad, (actuators, 2); infinite where unlimited."""
        joints = self.model.actuator_trnid[:, 0]
        limited = self.model.jnt_limited[joints].astype(bool)[:, None]
        return np.where(limited, self.model.jnt_range[joints], [-np.inf, np.inf])

    @property
    def force_range(self) -> np.ndarray:
        """Least and greatest force of each actuator, N m, (actuators, 2); infinite where unlimited."""
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


BODIES: dict[str, Callable[[], Body]] = {}
"""The registry of bodies: name to a function without arguments that builds one."""


def build_body(name: str) -> Body:
    """Build a body by name.

    Raises:
        PremotorError: no body has that name; the message lists those there are.
    """
    if name not in BODIES:
        raise PremotorError(f"unknown body '{name}'; allowed: {', '.join(sorted(BODIES))}")
    return BODIES[name]()
