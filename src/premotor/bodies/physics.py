"""Physics: many copies of a body stepped together."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError
from numpy.typing import NDArray

from premotor.bodies.fly_terrain import ROUGH
from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.on_device import Numbers


class PhysicsError(PremotorError):
    """A world became unstable or MuJoCo refused it; the message names the world and its time."""


def worlds_among(ids: np.ndarray, environments: int) -> np.ndarray:
    """Worlds as increasing integers, from a boolean mask (environments,) or integers; PhysicsError for another mask."""
    ids = np.asarray(ids)
    if ids.dtype != bool:
        return ids
    if ids.shape != (environments,):
        raise PhysicsError(f"the mask of worlds has shape {ids.shape}; expected ({environments},)")
    return np.flatnonzero(ids)


def chosen[Tree](where: "Numbers", new: Tree, old: Tree) -> Tree:
    """Arrays of JAX with worlds first: of `new` at the worlds that the mask `where` marks, of `old` elsewhere."""
    import jax
    import jax.numpy as jnp

    def choose(a: "Numbers", b: "Numbers") -> jax.Array:
        return jnp.where(where.reshape(where.shape + (1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(choose, new, old)


def check_states(model: mujoco.MjModel, ids: np.ndarray, qpos: np.ndarray, qvel: np.ndarray) -> None:
    """PhysicsError where there are not as many states as worlds, or of another size than the model's."""
    for name, value, size in (("qpos", qpos, model.nq), ("qvel", qvel, model.nv)):
        if np.shape(value) != (ids.size, size):
            raise PhysicsError(f"{name} has shape {np.shape(value)}; expected {(ids.size, size)}")


def check_controls(model: mujoco.MjModel, control: np.ndarray, environments: int) -> None:
    """PhysicsError where controls have another shape than (environments, nu)."""
    if control.shape != (environments, model.nu):
        raise PhysicsError(f"controls have shape {control.shape}; expected {(environments, model.nu)}")


def check_finite_controls(model: mujoco.MjModel, control: np.ndarray, time: np.ndarray, first: int = 0) -> None:
    """PhysicsError where a control is not finite; `time` (environments,) of the worlds is named, s.

    `first` is the number of the first of these worlds.
    """
    if np.isfinite(control).all():
        return
    world, actuator = np.argwhere(~np.isfinite(control))[0]
    raise PhysicsError(
        f"the control of actuator '{model.actuator(actuator).name}' in world {first + world} at "
        f"{time[world]:.3f} s is {control[world, actuator]}; it must be finite"
    )


def check_force(force: np.ndarray, shape: tuple[int, ...]) -> None:
    """PhysicsError where forces have another shape than (environments, nv)."""
    if np.shape(force) != shape:
        raise PhysicsError(f"forces have shape {np.shape(force)}; expected {shape}")


def unstable(bad: np.ndarray, time: np.ndarray, said: str, first: int = 0) -> PhysicsError:
    """The error for unstable worlds: `bad` (environments,), their time in s, and what is wrong with the first.

    `first` is the number of the first of these worlds.
    """
    world = int(np.flatnonzero(bad)[0])
    return PhysicsError(
        f"world {first + world} is unstable after {time[world]:.3f} s ({said}); {int(bad.sum())} of "
        f"{bad.size} worlds are; a shorter time step or weaker servos may help"
    )


COLUMNS = {"friction": (), "mass": (), "strength": (), "slope": (2,), "ground": (3,)}
"""What can vary, and the shape of its value in each world."""


def apply_variation(
    model: mujoco.MjModel,
    environments: int,
    factors: Mapping[str, np.ndarray],
    expand: Callable[[str], NDArray[np.floating]],
) -> None:
    """Write the differences between worlds (see `Physics.vary`) into the model's values of each world.

    Args:
        model: of all worlds.
        environments: number of worlds.
        factors: values by name, (environments, …).
        expand: gives a field of the model, named as in MjModel, one row a world, to be written to in place.

    Raises:
        PremotorError: another name or shape, or a value that is not finite or a factor not positive.
    """
    for name, value in factors.items():
        if name not in COLUMNS:
            *most, last = COLUMNS
            raise PremotorError(f"'{name}' can not vary; allowed are {', '.join(most)} and {last}")
        shape, factor = (environments, *COLUMNS[name]), not COLUMNS[name]
        if np.shape(value) != shape or not np.isfinite(value).all() or (factor and np.min(value) <= 0):
            kind = "positive factors" if factor else "finite numbers"
            raise PremotorError(f"{name} varies by {kind} of shape {shape}; found shape {np.shape(value)}")
        if name == "friction":
            expand("geom_friction")[:] *= value[:, None, None]
        elif name == "mass":
            expand("body_mass")[:] *= value[:, None]
            expand("body_inertia")[:] *= value[:, None, None]
        elif name == "strength":
            servos = model.actuator_biastype == int(mujoco.mjtBias.mjBIAS_AFFINE)
            for array in ("actuator_gainprm", "actuator_biasprm", "actuator_forcerange"):
                expand(array)[:, servos] *= value[:, None, None]
        elif name == "ground":
            number = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, ROUGH)
            if number < 0:
                raise PremotorError("ground can not vary: the body stands on a plane, not on rough ground")
            expand("body_pos")[:, number, :2] = value[:, :2]
            half = value[:, 2] / 2
            expand("body_quat")[:, number] = np.stack([np.cos(half), 0 * half, 0 * half, np.sin(half)], axis=1)
        else:
            # Tilting the ground is tilting gravity the other way.
            down = np.concatenate([-np.tan(value), -np.ones((environments, 1))], axis=1)
            gravity = np.linalg.norm(model.opt.gravity)
            expand("opt.gravity")[:] = gravity * down / np.linalg.norm(down, axis=1, keepdims=True)


__all__ = ["BatchPhysics", "Physics", "PhysicsError", "available_cores"]


def available_cores() -> int:
    """Number of cores that this process may use."""
    # Linux tells the cores the process is bound to; other systems only those of the machine.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


WARNINGS = {
    int(mujoco.mjtWarning.mjWARN_INERTIA): "the mass matrix is nearly singular",
    int(mujoco.mjtWarning.mjWARN_CONTACTFULL): "too many contacts for MuJoCo's memory",
    int(mujoco.mjtWarning.mjWARN_CNSTRFULL): "too many constraints for MuJoCo's memory",
    int(mujoco.mjtWarning.mjWARN_BADQPOS): "a position is not finite or is huge",
    int(mujoco.mjtWarning.mjWARN_BADQVEL): "a velocity is not finite or is huge",
    int(mujoco.mjtWarning.mjWARN_BADQACC): "an acceleration is not finite or is huge",
    int(mujoco.mjtWarning.mjWARN_BADCTRL): "a control is not finite or is huge",
}


class Physics(Protocol):
    """What a task needs of a physics engine: live state arrays, one row a world, and steps."""

    environments: int

    @property
    def qpos(self) -> np.ndarray:
        """Positions, (environments, nq)."""

    @property
    def qvel(self) -> np.ndarray:
        """Velocities, (environments, nv)."""

    @property
    def act(self) -> np.ndarray:
        """Activations of actuators, (environments, na)."""

    @property
    def sensors(self) -> np.ndarray:
        """Readings, (environments, nsensordata)."""

    def set_control(self, control: np.ndarray) -> None:
        """Set the controls of all worlds, (environments, actuators)."""

    def set_force(self, force: np.ndarray) -> None:
        """Set forces on the coordinates of all worlds from outside, (environments, nv)."""

    def vary(self, **factors: np.ndarray) -> None:
        """Make worlds differ from each other."""

    def step(self, substeps: int = 1, ids: np.ndarray | None = None) -> None:
        """Advance the worlds `ids`, or all, by `substeps` time steps."""

    def set_state(self, ids: np.ndarray, qpos: np.ndarray, qvel: np.ndarray, act: np.ndarray | None = None) -> None:
        """Put some worlds into new states at time 0."""

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that decides how the worlds go on, as arrays of their own."""

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a snapshot."""


class BatchPhysics:
    """MuJoCo's C engine on a pool of threads (`mujoco.batch.Batch`).

    Each world goes exactly as under `mujoco.mj_step`, bit for bit, whatever the number of threads.

    Args:
        model: the model of every world; copied.
        environments: number of worlds.
        threads: 0 for one thread a core.
        first: the number by which errors name the first world.

    Attributes:
        qpos: positions, (environments, nq), a live float64 view.
        qvel: velocities, (environments, nv), a live view.
        act: actuator activations, (environments, na), a live view.
        time: time since the state was set, s, (environments,), a live view.
        control: controls, (environments, nu), a live view; set them through `set_control`.
        sensors: readings, (environments, nsensordata), refreshed in place. After `step` they describe the
            state before the last time step, as with `mj_step`; after `set_state` the new state.

    Raises:
        PremotorError: fewer than one world, or a negative number of threads.
        PhysicsError: from `step` and `set_state`, when a world is not finite or MuJoCo warns about it
            (unstable, contact or constraint buffer full). Nothing is reset silently.
    """

    def __init__(self, model: mujoco.MjModel, environments: int, threads: int = 0, *, first: int = 0) -> None:
        if environments < 1:
            raise PremotorError(f"environments is {environments}; at least 1 is needed")
        if threads < 0:
            raise PremotorError(f"threads is {threads}; allowed are 0 (one a core) or more")
        if not model.opt.disableflags & mujoco.mjtDisableBit.mjDSBL_AUTORESET:
            raise PremotorError(
                "the model resets unstable worlds silently; disable it with "
                '<option><flag autoreset="disable"/></option>'
            )
        self.model = model
        self.environments = environments
        self.first = first
        self._batch = Batch(model, environments, threads or available_cores())
        bind = self._batch.bind
        self.qpos, self.qvel, self.act = bind("qpos"), bind("qvel"), bind("act")
        self.time, self.control, self._force = bind("time"), bind("ctrl"), bind("qfrc_applied")
        self._warmstart, self._readings = bind("qacc_warmstart"), bind("sensordata")
        self._fresh = self._batch.state[0].copy()  # a world at time 0, before any step
        # Readings are no part of MuJoCo's state and a batch can not be told them: `restore` needs our own.
        self.sensors = np.zeros(self._readings.shape)
        try:
            self._batch.forward()
        except SimulationError as error:
            raise PhysicsError(str(error)) from error
        self.sensors[:] = self._readings

    @property
    def threads(self) -> int:
        """Number of threads in use."""
        return self._batch.nthread

    def set_control(self, control: np.ndarray) -> None:
        """Set the controls of all worlds, (environments, nu); PhysicsError where one is not finite."""
        control = np.asarray(control)
        check_controls(self.model, control, self.environments)
        self.control[:] = control
        check_finite_controls(self.model, self.control, self.time, self.first)

    def set_force(self, force: np.ndarray) -> None:
        """Set forces on the coordinates of all worlds from outside, (environments, nv): pushes; they stay until reset.

        PhysicsError where the shape is another.
        """
        check_force(force, self._force.shape)
        self._force[:] = force

    def vary(self, **factors: np.ndarray) -> None:
        """Make worlds differ from each other; belongs before the first step.

        Args:
            factors: by name, (environments,): ``friction`` (of all shapes), ``mass`` (masses and inertias),
                ``strength`` (stiffness and greatest force of the servos) multiply the model's values; ``slope``
                (environments, 2) tilts the ground by so many radians, uphill along x and along y; ``ground``
                (environments, 3) places rough ground: x, y of its middle and its turn about the vertical, rad.

        Raises:
            PremotorError: another name or shape, or a value that is not finite or a factor not positive.
        """
        apply_variation(self.model, self.environments, factors, self._batch.expand)
        self._batch.set_const()

    def step(self, substeps: int = 1, ids: np.ndarray | None = None) -> None:
        """Advance worlds by `substeps` time steps of the model.

        Args:
            substeps: time steps.
            ids: the worlds, as `set_state` takes them; the others stay as they are. None: all.
        """
        if ids is not None:
            ids = worlds_among(ids, self.environments)
            if ids.size == 0:
                return
        try:
            self._batch.step(ids, nstep=substeps)
        except SimulationError as error:
            raise PhysicsError(str(error)) from error
        where = slice(None) if ids is None else ids
        self.sensors[where] = self._readings[where]
        self._check()

    def set_state(self, ids: np.ndarray, qpos: np.ndarray, qvel: np.ndarray, act: np.ndarray | None = None) -> None:
        """Put some worlds into new states at time 0, controls and warm start at zero, and read their sensors.

        Args:
            ids: the worlds: a boolean mask (environments,) or increasing integers.
            qpos: positions, (worlds, nq) for the worlds of `ids`.
            qvel: velocities, (worlds, nv).
            act: activations, (worlds, na); zero when None.
        """
        ids = worlds_among(ids, self.environments)
        if ids.size == 0:
            return
        check_states(self.model, ids, qpos, qvel)
        # A reset clears all of MuJoCo's memory of a world, five times the work of its row, to forget warnings.
        if self._batch.warning[ids].any():
            self._batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE)
        else:
            self._batch.state[ids] = self._fresh
        self.qpos[ids] = qpos
        self.qvel[ids] = qvel
        if act is not None:
            self.act[ids] = act
        try:
            self._batch.forward(ids)
        except SimulationError as error:
            raise PhysicsError(str(error)) from error
        # `forward` leaves its solution as a warm start; a fresh world has none.
        self._warmstart[ids] = 0.0
        self.sensors[ids] = self._readings[ids]
        self._check()

    def snapshot(self) -> dict[str, np.ndarray]:
        """The whole state: MuJoCo's integration state of each world and the sensor readings."""
        return {"state": self._batch.state.copy(), "sensors": self.sensors.copy()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of worlds of the same model, bit for bit, here or in another process.

        Raises:
            PremotorError: an array is missing, or has another shape or type than this model's.
        """
        for name, target in (("state", self._batch.state), ("sensors", self.sensors)):
            if name not in snapshot:
                raise PremotorError(f"the snapshot of the physics has no '{name}'")
            value = snapshot[name]
            if value.shape != target.shape or value.dtype != target.dtype:
                raise PremotorError(
                    f"the snapshot's '{name}' is {value.dtype}{value.shape}; "
                    f"these worlds need {target.dtype}{target.shape}"
                )
        if self._batch.warning.any():  # about what the worlds were before; a reset forgets them
            self._batch.reset(stage=mujoco.mjtStage.mjSTAGE_NONE)
        self._batch.state[:] = snapshot["state"]
        self.sensors[:] = snapshot["sensors"]

    def _check(self) -> None:
        """Raise for the first world that is not finite or about which MuJoCo has warned."""
        warnings = self._batch.warning[:, :, 1]
        if not warnings.any() and np.isfinite(self.qpos).all() and np.isfinite(self.qvel).all():
            return
        bad = warnings.any(axis=1) | ~np.isfinite(self.qpos).all(axis=1) | ~np.isfinite(self.qvel).all(axis=1)
        world = int(np.flatnonzero(bad)[0])
        kinds = np.flatnonzero(warnings[world])
        said = ", ".join(WARNINGS.get(int(kind), f"MuJoCo warning {kind}") for kind in kinds) or "not finite"
        raise unstable(bad, self.time, said, self.first)
