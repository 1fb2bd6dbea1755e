"""MJX: the physics of many worlds as functions of JAX, which can be part of a larger program.

By `implementation` the steps are JAX's own arithmetic, on any device, or the kernels of MuJoCo Warp, called from
within JAX's program. Numbers are of JAX's default float type, float32 unless it was told otherwise.
"""

import contextlib
import copy
import importlib
import importlib.util
import io
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int

from premotor.bodies.warp_physics import GREATEST, most_constraints, most_contacts
from premotor.errors import PremotorError
from premotor.settings import note

if TYPE_CHECKING:
    from mujoco import mjx

AXIS = "environments"
"""Of the mesh of devices that share the worlds."""
NOT_FINITE, OVERFLOW = 1, 2
"""Bits of `World.fault`."""


class World(NamedTuple):
    """All that decides how worlds go on, and their readings; environments first."""

    qpos: Float[Array, "environments positions"]
    qvel: Float[Array, "environments velocities"]
    act: Float[Array, "environments activations"]
    time: Float[Array, " environments"]
    """Since the state was set, s."""
    warmstart: Float[Array, "environments velocities"]
    """Of the constraint solver."""
    sensors: Float[Array, "environments readings"]
    """Of the state before the last time step; after `begin` of that state itself."""
    fault: Int[Array, " environments"]
    """0, or what went wrong since the state was set: `NOT_FINITE` (or huge), `OVERFLOW` of Warp's room."""


class MJXEngine:
    """The worlds of one model as pure functions, `begin` and `advance`, for use in jitted programs.

    Args:
        model: of every world.
        environments: number of worlds.
        implementation: "jax" or "warp"; None: "warp" where JAX has a GPU and Warp is installed, else "jax".
        devices: so many share the worlds, each as many; None: all that JAX has.
        contacts: Warp's room for contacts, a world; None: as many as the model's shapes can make.
        constraints: Warp's room for rows of constraints, a world; None: as many as contacts and limits can make.

    Attributes:
        mesh: of the devices; None where there is one.

    Raises:
        PremotorError: MJX or Warp is missing, or does not know something in the model; devices that are not there, or
            that cannot share the worlds evenly.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        environments: int,
        implementation: str | None = None,
        devices: int | None = None,
        contacts: int | None = None,
        constraints: int | None = None,
    ) -> None:
        self._mjx = load_mjx()
        self.implementation = implementation or _implementation()
        self.mesh = _mesh(environments, devices)
        self.environments = environments
        plain = copy.copy(model)
        # MJX resets no world by itself, and Warp does not know the flag that says so.
        plain.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
        try:
            self._model = self._mjx.put_model(plain, impl=self.implementation)
        except (NotImplementedError, ValueError, RuntimeError) as error:
            raise self._refusal(f"cannot take this body: {error}") from error
        self._clamped = np.zeros(model.nu, bool)
        if self.implementation == "warp":
            room = contacts or most_contacts(model, np.asarray(self._model._impl.nxn_geom_pair_filtered))
            rows = constraints or most_constraints(model, room)
            own = environments // (1 if self.mesh is None else self.mesh.size)
            self._data = self._mjx.make_data(plain, impl="warp", naconmax=room * own, njmax=rows)
            flags = importlib.import_module("mujoco.mjx.third_party.mujoco_warp").OverflowType
            # the iterations of the solver are limited on purpose
            self._harmless = int(flags.ITERATIONS | flags.LS_ITERATIONS)
        else:
            self._data = self._mjx.make_data(plain, impl="jax")
            self._refuse_what_differs(plain)

    def _refuse_what_differs(self, model: mujoco.MjModel) -> None:
        """What the implementation in JAX takes, but computes otherwise than the C engine or not at all."""
        implicit = model.opt.integrator == mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        if implicit and (model.actuator_gaintype == int(mujoco.mjtGain.mjGAIN_MUSCLE)).any():
            raise self._refusal("differentiates no muscle in the integrator implicitfast, as this body needs")
        late = model.sensor_needstage == int(mujoco.mjtStage.mjSTAGE_ACC)
        if self._data._impl.efc_J.size == 0 and late.any():
            name = model.sensor(int(np.flatnonzero(late)[0])).name
            raise self._refusal(f"reads no sensor of forces, such as {name!r}, in a body without contacts and limits")
        if implicit:
            self._clamped = model.actuator_forcelimited.astype(bool)

    def _refusal(self, what: str) -> PremotorError:
        other = "physics.implementation warp may, and " if self.implementation == "jax" else ""
        return PremotorError(f"MJX (implementation {self.implementation}) {what}; {other}physics.device cpu does")

    def begin(
        self,
        qpos: Float[Array, "environments positions"],
        qvel: Float[Array, "environments velocities"],
        act: Float[Array, "environments activations"] | None = None,
    ) -> World:
        """Worlds in given states at time 0, with the readings of their sensors."""
        kind = self._data.qpos.dtype
        empty = jnp.zeros((self.environments, self._data.act.shape[0]), kind)
        return self._on_devices(self._begin)(
            jnp.asarray(qpos, kind), jnp.asarray(qvel, kind), empty + (0 if act is None else act)
        )

    def advance(
        self,
        world: World,
        control: Float[Array, "environments actuators"],
        force: Float[Array, "environments velocities"] | None,
        substeps: int,
    ) -> World:
        """The worlds after `substeps` time steps under these controls, and forces on the coordinates from outside."""
        kind = self._data.qpos.dtype
        pushed = jnp.zeros_like(world.qvel) if force is None else jnp.asarray(force, kind)
        one = partial(self._advance, substeps=substeps)
        return self._on_devices(one)(world, jnp.asarray(control, kind), pushed)

    def shared[Tree](self, tree: Tree, axis: int = 0) -> Tree:
        """Arrays with environments along `axis`, shared among the devices; of a program's arrays, inside of it."""
        if self.mesh is None:
            return tree
        place = NamedSharding(self.mesh, PartitionSpec(*[None] * axis, AXIS))
        return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, place), tree)

    def _on_devices(self, one: Callable[..., World]) -> Callable[..., World]:
        """A function of one world, of all; each device computes its own ones."""
        if self.mesh is None:
            return jax.vmap(one)
        spec = PartitionSpec(AXIS)
        return jax.shard_map(jax.vmap(one), mesh=self.mesh, in_specs=spec, out_specs=spec, check_vma=False)

    def _begin(self, qpos: Array, qvel: Array, act: Array) -> World:
        data = self._mjx.forward(self._model, self._data.replace(qpos=qpos, qvel=qvel, act=act))
        # the solution of `forward` is no warm start, as in the C engine: a fresh world has none
        return self._world(data)._replace(qpos=qpos, qvel=qvel, act=act, warmstart=jnp.zeros_like(qvel))

    def _advance(self, world: World, control: Array, force: Array, substeps: int) -> World:
        data = self._data.replace(
            qpos=world.qpos,
            qvel=world.qvel,
            act=world.act,
            time=world.time,
            qacc_warmstart=world.warmstart,
            sensordata=world.sensors,
            ctrl=control,
            qfrc_applied=force,
        )

        def step(number: Array, data: "mjx.Data") -> "mjx.Data":
            # what a loop carries keeps its types, which MJX's integers do not in float64
            return jax.tree.map(lambda new, old: new.astype(old.dtype), self._step(data), data)

        after = self._world(jax.lax.fori_loop(0, substeps, step, data))
        return after._replace(fault=after.fault | world.fault)

    def _step(self, data: "mjx.Data") -> "mjx.Data":
        if not self._clamped.any():
            return self._mjx.step(self._model, data)
        # The C engine and Warp leave an actuator at the limit of its force out of the derivative; MJX's own does not.
        model, data = self._model, self._mjx.forward(self._model, data)
        low, high = model.actuator_forcerange.T
        free = ~(self._clamped & ((data.actuator_force <= low) | (data.actuator_force >= high)))
        gain, bias = (value.at[:, 2].multiply(free) for value in (model.actuator_gainprm, model.actuator_biasprm))
        return self._mjx.implicit(model.replace(actuator_gainprm=gain, actuator_biasprm=bias), data)

    def _world(self, data: "mjx.Data") -> World:
        state = jnp.concatenate([data.qpos, data.qvel])
        fault = jnp.where((jnp.abs(state) < GREATEST).all(), 0, NOT_FINITE)
        if self.implementation == "warp":
            fault |= jnp.where((data._impl.overflow & ~self._harmless).any(), OVERFLOW, 0)
        parts = data.qpos, data.qvel, data.act, data.time, data.qacc_warmstart, data.sensordata
        return World(*parts, fault.astype(jnp.int32))


def load_mjx() -> ModuleType:
    """The module `mujoco.mjx`; PremotorError where it cannot be imported."""
    with contextlib.redirect_stdout(io.StringIO()):  # says in print whether it finds Warp
        try:
            warp = importlib.import_module("warp")
            warp.config.log_level = warp.LOG_WARNING  # says every kernel that it loads
        except ImportError:
            pass
        try:
            return importlib.import_module("mujoco.mjx")
        except ImportError as error:
            raise PremotorError(
                f"physics.device is 'mjx', which is MJX, and that cannot be imported ({error}); "
                "install it with: pip install 'premotor[mjx]'"
            ) from error


def _implementation() -> str:
    if jax.default_backend() != "gpu":
        return "jax"
    if importlib.util.find_spec("warp") is None:
        note("Warp is not installed, so that MJX steps by JAX's own arithmetic; pip install 'premotor[gpu]'")
        return "jax"
    return "warp"


def _mesh(environments: int, devices: int | None) -> Mesh | None:
    if environments < 1:
        raise PremotorError(f"environments is {environments}; at least 1 is needed")
    found = jax.devices()
    count = devices or len(found)
    if count > len(found):
        raise PremotorError(f"physics.devices is {devices}, but JAX has {len(found)}")
    if environments % count:
        raise PremotorError(
            f"environments is {environments}, which {count} devices cannot share evenly; physics.devices says how many "
            "do"
        )
    return None if count == 1 else Mesh(np.array(found[:count]), (AXIS,))
