"""MJX's worlds behind the interface that every engine has; see `premotor.bodies.mjx_engine`."""

import copy
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from premotor.bodies.mjx_engine import OVERFLOW, MJXEngine, World
from premotor.bodies.physics import (
    PhysicsError,
    check_controls,
    check_finite_controls,
    check_force,
    check_states,
    chosen,
    unstable,
    worlds_among,
)
from premotor.errors import PremotorError

HELD = ("control", "force")
"""What a snapshot has beside `World`."""


class MJXPhysics:
    """Many worlds by MJX, with the interface of `BatchPhysics`.

    `engine` and `world` are for programs of JAX that step the worlds themselves: they take `world` out, and put what
    it has become back by `put`.

    Args:
        model: of every world, that of the engine; copied.
        engine: the worlds as pure functions.

    Attributes:
        world: the present state of all worlds, arrays of JAX.

    Raises:
        PhysicsError: from `step`, `set_state` and `put`, when a world is not finite or huge, or Warp's room overflows.
    """

    def __init__(self, model: mujoco.MjModel, engine: MJXEngine) -> None:
        self.engine, self.model, self.environments = engine, copy.copy(model), engine.environments
        environments = self.environments
        self._begin = jax.jit(self.engine.begin)
        self._step = jax.jit(self._stepped, static_argnames="substeps")
        self._control = np.zeros((environments, model.nu))
        self._force = np.zeros((environments, model.nv))
        start = np.tile(model.qpos0, (environments, 1)), np.zeros((environments, model.nv))
        self.world: World = self._begin(*start, np.zeros((environments, model.na)))

    def _stepped(self, world: World, control: jax.Array, force: jax.Array, moved: jax.Array, substeps: int) -> World:
        return chosen(moved, self.engine.advance(world, control, force, substeps), world)

    @property
    def qpos(self) -> np.ndarray:
        """Positions, (environments, nq), a float64 copy, read-only."""
        return self._copied("qpos")

    @property
    def qvel(self) -> np.ndarray:
        """Velocities, (environments, nv), likewise."""
        return self._copied("qvel")

    @property
    def act(self) -> np.ndarray:
        """Actuator activations, (environments, na), likewise."""
        return self._copied("act")

    @property
    def time(self) -> np.ndarray:
        """Time since the state was set, s, (environments,), likewise."""
        return self._copied("time")

    @property
    def sensors(self) -> np.ndarray:
        """Readings, (environments, nsensordata), likewise; of the state that `BatchPhysics` says."""
        return self._copied("sensors")

    def _copied(self, name: str) -> np.ndarray:
        value = np.asarray(getattr(self.world, name), np.float64)
        value.flags.writeable = False
        return value

    def set_control(self, control: np.ndarray) -> None:
        """Set the controls of all worlds, (environments, nu); PhysicsError where one is not finite."""
        control = np.array(control, float)
        check_controls(self.model, control, self.environments)
        check_finite_controls(self.model, control, self.time)
        self._control = control

    def set_force(self, force: np.ndarray) -> None:
        """Set forces on the coordinates of all worlds, as `BatchPhysics.set_force`."""
        check_force(force, (self.environments, self.model.nv))
        self._force = np.array(force, float)

    def vary(self, **factors: np.ndarray) -> None:
        """MJX's worlds are all alike.

        Raises:
            PremotorError: something is to differ.
        """
        if not factors:
            return
        raise PremotorError(
            "physics.device is 'mjx', where all worlds are alike: task.variation needs the device cpu, gpu or warp-cpu"
        )

    def step(self, substeps: int = 1, ids: np.ndarray | None = None) -> None:
        """Advance the worlds `ids`, or all, by `substeps` time steps of the model, as `BatchPhysics.step`."""
        moved = self._mask(np.arange(self.environments) if ids is None else worlds_among(ids, self.environments))
        if moved.any():
            self.put(self._step(self.world, self._control, self._force, moved, substeps=substeps))

    def set_state(self, ids: np.ndarray, qpos: np.ndarray, qvel: np.ndarray, act: np.ndarray | None = None) -> None:
        """Put some worlds into new states at time 0, as `BatchPhysics.set_state`; the others go on as they would."""
        ids = worlds_among(ids, self.environments)
        if ids.size == 0:
            return
        check_states(self.model, ids, qpos, qvel)
        places, rates = self.qpos.copy(), self.qvel.copy()
        active = np.zeros((self.environments, self.model.na))
        places[ids], rates[ids] = qpos, qvel
        if act is not None:
            active[ids] = act
        self._control[ids], self._force[ids] = 0, 0
        self.put(chosen(jnp.asarray(self._mask(ids)), self._begin(places, rates, active), self.world))

    def put(self, world: World) -> None:
        """Take over what worlds have become.

        Raises:
            PhysicsError: something went wrong in one of them.
        """
        self.world = world
        fault = np.asarray(world.fault)
        if not fault.any():
            return
        if not (fault & OVERFLOW).any():
            raise unstable(fault > 0, self.time, "a position or velocity is not finite or is huge")
        number = int(np.flatnonzero(fault & OVERFLOW)[0])
        raise PhysicsError(
            f"MuJoCo Warp's room overflowed in world {number} after {self.time[number]:.3f} s, in "
            f"{int((fault & OVERFLOW > 0).sum())} of {self.environments} worlds: forces were lost; raise "
            "physics.contacts or physics.constraints"
        )

    def snapshot(self) -> dict[str, np.ndarray]:
        """The whole state of each world, the readings of its sensors, controls and forces."""
        world = {name: np.array(value) for name, value in self.world._asdict().items()}
        return world | {"control": self._control.copy(), "force": self._force.copy()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of worlds of the same model.

        Raises:
            PremotorError: an array is missing, or has another shape or type than this model's; a snapshot of another
                engine is such a one.
        """
        for name, expected in self.snapshot().items():
            if name not in snapshot:
                raise PremotorError(f"the snapshot of the physics has no '{name}'; was it made on another device?")
            value = snapshot[name]
            if (value.shape, value.dtype) != (expected.shape, expected.dtype):
                raise PremotorError(
                    f"the snapshot's '{name}' is {value.dtype}{value.shape}; "
                    f"these worlds need {expected.dtype}{expected.shape}"
                )
        self._control, self._force = (np.array(snapshot[name]) for name in HELD)
        self.put(World(*(jnp.asarray(snapshot[name]) for name in World._fields)))

    def _mask(self, ids: np.ndarray) -> np.ndarray:
        mask = np.zeros(self.environments, bool)
        mask[ids] = True
        return mask
