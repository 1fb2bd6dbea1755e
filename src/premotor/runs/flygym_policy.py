"""A controller that was trained on premotor's fly, in flygym's own simulation of NeuroMechFly.

flygym's fly (Wang-Chen et al. 2024, *Nature Methods* 21, 2353–2362) has our fly's joints with the same axes and zeros.
What the controller sees is read from flygym's simulation, and its actions become flygym's position targets.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from premotor.bodies.fly_parts import JOINTS, LEGS, ROOT
from premotor.bodies.neuromechfly import LINKS
from premotor.errors import PremotorError
from premotor.runs.own_loop import LoadedController
from premotor.tasks import FlyTask, View
from premotor.tasks.fly import FlyMemory

POSITION = "position"
"""flygym's name of the servos that a controller drives."""


class Named(Protocol):
    """A joint of flygym's."""

    name: str


class Simulation(Protocol):
    """What a controller needs of a simulation of flygym's; arrays are in the order that the fly says."""

    timestep: float
    """Time of a step of physics, s."""
    mj_model: mujoco.MjModel
    mj_data: mujoco.MjData

    def get_joint_angles(self, fly: str) -> np.ndarray:
        """Of all joints, rad."""

    def get_joint_velocities(self, fly: str) -> np.ndarray:
        """Of all joints, rad/s."""

    def get_ground_contact_info(self, fly: str) -> Sequence[np.ndarray]:
        """Whether each leg is on the ground (legs,), and forces."""

    def set_actuator_inputs(self, fly: str, kind: object, values: np.ndarray) -> None:
        """Controls of all actuators of a kind."""

    def set_leg_adhesion_states(self, fly: str, states: np.ndarray) -> None:
        """How much each leg adheres, (legs,)."""


class Fly(Protocol):
    """What a controller needs of a fly of flygym's."""

    name: str
    jointdof_to_mjcfactuator_by_type: Mapping[Any, object]
    """Actuators by their kind."""
    leg_to_adhesionactuator: Mapping[Any, object]
    jointdof_to_neutralangle: Mapping[Any, float]
    """rad"""

    def get_jointdofs_order(self) -> Sequence[Named]:
        """All joints."""

    def get_actuated_jointdofs_order(self, kind: object) -> Sequence[Named]:
        """Those with an actuator of a kind."""

    def get_legs_order(self) -> Sequence[object]:
        """All legs."""


class FlygymPolicy:
    """Walk flygym's fly: call it once a control period, before flygym's steps.

    ::

        policy = FlygymPolicy(load_controller("fly-walk"), simulation, fly, speed=12.0)
        for _ in range(500):
            policy()
            for _ in range(policy.steps):
                simulation.step()

    The episode begins with the first call: the heading then is the commanded one, and the fly should stand. Joints that
    the controller does not drive are held at their neutral angle.

    Args:
        controller: trained on a task of the fly, such as `fly-walk`.
        simulation: flygym's `Simulation`, or another with its methods.
        fly: flygym's fly in it, with position actuators on the joints that the controller drives.
        speed: commanded, mm/s.
        turn: commanded, rad/s, to the left positive.

    Raises:
        PremotorError: a controller of another body, joints without a position actuator, no adhesion, or a control
            period that is not a whole number of flygym's steps.
    """

    def __init__(self, controller: LoadedController, simulation: Simulation, fly: Fly, speed: float, turn: float = 0.0):
        task = controller.task
        if not isinstance(task, FlyTask):
            raise PremotorError(f"{controller.name} was trained on {task.settings.kind}, but this is a fly")
        self.controller, self.task, self.simulation, self.fly = controller, task, simulation, fly
        self.speed, self.turn = float(speed), float(turn)
        links = {f"{leg}_{joint}": LINKS[joint].format(leg) for leg in LEGS for joint in JOINTS}
        moving = [joint.name for joint in fly.get_jointdofs_order()]
        kinds = {str(getattr(kind, "value", kind)): kind for kind in fly.jointdof_to_mjcfactuator_by_type}
        self._kind = kinds.get(POSITION)
        actuated = [] if self._kind is None else list(fly.get_actuated_jointdofs_order(self._kind))
        driven = [joint.name for joint in actuated]
        missing = [name for name in task.action_names if links[name] not in driven]
        if missing:
            raise PremotorError(
                f"flygym's fly {fly.name} has no position actuator on {links[missing[0]]}"
                + (f" and {len(missing) - 1} other joints" if missing[1:] else "")
                + f"; {controller.name} drives {len(task.action_names)} joints"
            )
        if task.settings.adhesion and not fly.leg_to_adhesionactuator:
            raise PremotorError(f"flygym's fly {fly.name} has no adhesion, which {controller.name} was trained with")
        exact = controller.control_period / simulation.timestep
        self.steps = round(exact)
        """flygym's steps in a control period."""
        if abs(exact - self.steps) > 1e-6:
            raise PremotorError(
                f"{controller.name} acts every {controller.control_period:g} s, but flygym's step of "
                f"{simulation.timestep:g} s does not divide it"
            )
        self._joints = np.array([moving.index(links[name]) for name in task.body.joint_names if name in links])
        self._own = task.body.qpos_index([name for name in task.body.joint_names if name in links])
        self._servos = np.array([driven.index(links[name]) for name in task.action_names])
        self._targets = np.array([fly.jointdof_to_neutralangle[joint] for joint in actuated])
        model = simulation.mj_model
        thorax = model.body(f"{fly.name}/c_thorax")
        self._free = model.jnt_qposadr[thorax.jntadr[0]], model.jnt_dofadr[thorax.jntadr[0]]
        legs = [str(getattr(leg, "value", leg)) for leg in fly.get_legs_order()]
        self._legs = np.array([legs.index(leg) for leg in LEGS])
        self._observe, self._drive = eqx.filter_jit(task.observe), eqx.filter_jit(task.drive)
        self._advance = eqx.filter_jit(task.advance)
        self.reset()

    def reset(self) -> None:
        """The next call begins an episode."""
        self._memory: FlyMemory | None = None
        self._action: jax.Array | None = None
        self.controller.reset()

    def __call__(self) -> np.ndarray:
        """Look at the fly, set its position actuators and adhesion; returns the action, (actions,) in [−1, 1]."""
        view, task = self._view(), self.task
        if self._memory is None or self._action is None:
            self._memory = self._begin(view)
        else:
            self._memory = self._advance(view, self._memory, self._action).memory
        action = self._action = jnp.asarray(self.controller.step(np.asarray(self._observe(view, self._memory))))
        control = np.asarray(self._drive(action, self._memory)[0])
        self._targets[self._servos] = control[task.body.actuated_ctrl]
        self.simulation.set_actuator_inputs(self.fly.name, self._kind, self._targets)
        if self.fly.leg_to_adhesionactuator:
            self.simulation.set_leg_adhesion_states(self.fly.name, np.full(len(LEGS), task.settings.adhesion))
        return np.asarray(action)

    def _begin(self, view: View) -> FlyMemory:
        task = self.task
        yaw = view.qpos[task.body.qpos_index(ROOT)[3]]
        key, speed, turn = jax.random.key_data(jax.random.key(0)), jnp.asarray(self.speed), jnp.asarray(self.turn)
        memory = task.start_at(jnp.zeros(()), speed, yaw, turn, key).memory
        resting = task.action_for(view.qpos[task.body.actuated_qpos])
        return memory._replace(
            place=view.qpos[:2], velocity=jnp.zeros(2), offset=jnp.zeros(()), action=resting, target=resting
        )

    def _view(self) -> View:
        """What our task would see of flygym's fly: its six root coordinates and their rates, joints, feet's load."""
        body, data, (q, v) = self.task.body, self.simulation.mj_data, self._free
        qpos, qvel, sensors = body.rest_pose.copy(), np.zeros(body.model.nv), np.zeros(body.model.nsensordata)
        qpos[self._own] = self.simulation.get_joint_angles(self.fly.name)[self._joints]
        speeds = self.simulation.get_joint_velocities(self.fly.name)[self._joints]
        qvel[body.qvel_index([name for name in body.joint_names if name not in ROOT])] = speeds
        root, rates = body.qpos_index(ROOT), body.qvel_index(ROOT)
        yaw, pitch, roll = angles_of(data.qpos[q + 3 : q + 7])
        qpos[root] = *data.qpos[q : q + 3], yaw, pitch, roll
        qvel[rates] = *data.qvel[v : v + 3], *angle_rates(data.qvel[v + 3 : v + 6], pitch, roll)
        sensors[body.foot_sensors] = self.simulation.get_ground_contact_info(self.fly.name)[0][self._legs] > 0
        return View(*(jnp.asarray(part, jnp.float32) for part in (qpos, qvel, sensors)))


def angles_of(quaternion: np.ndarray) -> tuple[float, float, float]:
    """Yaw, pitch and roll (about z, then y, then x; rad) of a unit quaternion (w, x, y, z)."""
    yaw, pitch, roll = Rotation.from_quat(quaternion, scalar_first=True).as_euler("ZYX")
    return float(yaw), float(pitch), float(roll)


def angle_rates(rotation: np.ndarray, pitch: float, roll: float) -> tuple[float, float, float]:
    """Rates of yaw, pitch and roll (rad/s) of a body that turns by `rotation` (3,) rad/s in its own frame."""
    x, y, z = rotation
    yaw_rate = (np.sin(roll) * y + np.cos(roll) * z) / np.cos(pitch)
    return float(yaw_rate), float(np.cos(roll) * y - np.sin(roll) * z), float(x + np.sin(pitch) * yaw_rate)
