"""MuJoCo Warp: the physics of many worlds on an NVIDIA GPU, or by the same kernels on the CPU to test them.

Numbers are float32 where MuJoCo's C engine has float64, so worlds agree with those of `BatchPhysics` to rounding and
go apart as anything chaotic does. States, sensors and controls pass through the host once a control step.
"""

import copy
import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from premotor.bodies.physics import (
    PhysicsError,
    apply_variation,
    check_controls,
    check_finite_controls,
    check_force,
    check_states,
    unstable,
    worlds_among,
)
from premotor.errors import PremotorError

CONTACTS = {("plane", "sphere"): 1, ("sphere", "sphere"): 1, ("sphere", "capsule"): 1, ("plane", "capsule"): 2}
"""Contacts that a pair of shapes makes at most, by the names of their types in MuJoCo's order."""
MANY = {"hfield": 32}
"""Room for contacts with one shape of these types."""
OTHER_CONTACTS = 8
"""The same for all other pairs: two boxes face to face."""
GREATEST = 1e10
"""Greatest position and velocity that the C engine takes (mjMAXVAL)."""
DERIVED = {"body_mass": ("body_subtreemass", "body_invweight0", "dof_invweight0", "tendon_invweight0", "actuator_acc0")}
"""Fields of a model that follow from another one."""
STATE = ("qpos", "qvel", "act", "time", "ctrl", "qfrc_applied", "qacc_warmstart")
"""What decides how worlds go on, by Warp's names."""


class WarpPhysics:
    """Many worlds by MuJoCo Warp (`mujoco_warp`), with the interface of `BatchPhysics`.

    A time step is recorded once as a graph of kernels and played from then on. On a CPU the same settings give the
    same numbers bit for bit; on a GPU sums may be taken in another order each time.

    Args:
        model: the model of every world; copied.
        environments: number of worlds.
        device: "gpu", or "cpu" for tests (at a twentieth of the speed of `BatchPhysics` or less).
        contacts: room for contacts, a world; the room is shared. None: as many as the model's shapes can make.
        constraints: room for rows of constraints, a world; None: as many as `contacts` and all limits can make.

    Attributes:
        qpos: positions, (environments, nq), float64 copies of Warp's float32, read-only, refreshed in place.
        qvel: velocities, (environments, nv), likewise.
        act: actuator activations, (environments, na), likewise.
        time: time since the state was set, s, (environments,), likewise.
        sensors: readings, (environments, nsensordata), likewise; of the state that `BatchPhysics` says.

    Raises:
        PremotorError: MuJoCo Warp is not installed or does not know something in the model; no GPU; fewer than one
            world, or no room.
        PhysicsError: from `step` and `set_state`, when a world is not finite or huge, or a buffer overflows.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        environments: int,
        device: str = "gpu",
        contacts: int | None = None,
        constraints: int | None = None,
    ) -> None:
        if environments < 1:
            raise PremotorError(f"environments is {environments}; at least 1 is needed")
        for name, value in (("contacts", contacts), ("constraints", constraints)):
            if value is not None and value < 1:
                raise PremotorError(f"{name} is {value}; at least 1 is needed")
        self._warp, self._engine = load_warp()
        self._device = _device(self._warp, device)
        self.environments = environments
        self.model = copy.copy(model)
        plain = copy.copy(model)
        # Warp resets no world by itself, and does not know the flag that says so.
        plain.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
        with self._warp.ScopedDevice(self._device):
            try:
                self._model = self._engine.put_model(plain)
            except (NotImplementedError, ValueError) as error:
                raise PremotorError(f"MuJoCo Warp cannot take this body: {error}") from error
            self._model.opt.warn_overflow = 0  # we say it ourselves
            self.contacts = contacts or most_contacts(model, self._model.nxn_geom_pair_filtered.numpy())
            self.constraints = constraints or most_constraints(model, self.contacts)
            self._data = self._engine.make_data(
                plain, nworld=environments, nconmax=self.contacts, njmax=self.constraints
            )
        self._steps: object = None
        self._forwards: object = None
        flags = self._engine.OverflowType
        # The iterations of the solver are limited on purpose, in both engines.
        self._harmless = int(flags.ITERATIONS | flags.LS_ITERATIONS)
        sizes = {"qpos": model.nq, "qvel": model.nv, "act": model.na, "sensors": model.nsensordata}
        self._host = {name: np.zeros((environments, size)) for name, size in sizes.items()}
        self._host["time"] = np.zeros(environments)
        self.qpos, self.qvel, self.act = (self._read_only(name) for name in ("qpos", "qvel", "act"))
        self.time, self.sensors = self._read_only("time"), self._read_only("sensors")
        self._forward()
        self._read(np.arange(environments))

    def set_control(self, control: np.ndarray) -> None:
        """Set the controls of all worlds, (environments, nu); PhysicsError where one is not finite."""
        control = np.asarray(control)
        check_controls(self.model, control, self.environments)
        check_finite_controls(self.model, control, self.time)
        self._data.ctrl.assign(control.astype(np.float32))

    def set_force(self, force: np.ndarray) -> None:
        """Set forces on the coordinates of all worlds, as `BatchPhysics.set_force`."""
        check_force(force, (self.environments, self.model.nv))
        self._data.qfrc_applied.assign(np.asarray(force, np.float32))

    def vary(self, **factors: np.ndarray) -> None:
        """Make worlds differ from each other, as `BatchPhysics.vary`; belongs before the first step."""
        fields: dict[str, NDArray[np.floating]] = {}

        def expand(name: str) -> NDArray[np.floating]:
            if name not in fields:
                value = self._field(name).numpy()
                fields[name] = np.repeat(value, self.environments // len(value), axis=0)
            return fields[name]

        apply_variation(self.model, self.environments, factors, expand)
        for name in tuple(fields):
            for other in DERIVED.get(name, ()):
                expand(other)
        with self._warp.ScopedDevice(self._device):
            for name, value in fields.items():
                old = self._field(name)
                owner = self._model.opt if name.startswith("opt.") else self._model
                setattr(owner, name.removeprefix("opt."), self._warp.array(value, dtype=old.dtype))
            if "body_mass" in fields:
                self._engine.set_const(self._model, self._data)
        if "body_pos" in fields:
            self._place_ground(fields["body_pos"], fields["body_quat"])
        self._steps = self._forwards = None  # recorded with the old arrays
        self._forward()
        self._read(np.arange(self.environments))

    def _place_ground(self, position: NDArray[np.floating], orientation: NDArray[np.floating]) -> None:
        """Move shapes of bodies that are fixed to the world: Warp computes where they are when it makes the data."""
        model, places, turns = self.model, self._data.geom_xpos.numpy().copy(), self._data.geom_xmat.numpy().copy()
        for geom, body in enumerate(model.geom_bodyid):
            if body and model.body_weldid[body] == 0 and model.body_parentid[body] == 0:
                turn = Rotation.from_quat(orientation[:, body], scalar_first=True).as_matrix()
                places[:, geom] = position[:, body] + turn @ model.geom_pos[geom]
                turns[:, geom] = turn @ Rotation.from_quat(model.geom_quat[geom], scalar_first=True).as_matrix()
        self._data.geom_xpos.assign(places)
        self._data.geom_xmat.assign(turns)

    def _field(self, name: str) -> Any:
        return getattr(self._model.opt, name[4:]) if name.startswith("opt.") else getattr(self._model, name)

    def step(self, substeps: int = 1, ids: np.ndarray | None = None) -> None:
        """Advance the worlds `ids`, or all, by `substeps` time steps of the model, as `BatchPhysics.step`."""
        moved = np.arange(self.environments) if ids is None else worlds_among(ids, self.environments)
        if moved.size == 0:
            return
        kept = {} if moved.size == self.environments else self._state()
        with self._warp.ScopedDevice(self._device):
            if self._steps is None and substeps:
                self._engine.step(self._model, self._data)  # loads the kernels, which a recording cannot
                substeps -= 1
                self._steps = self._recorded(self._engine.step)
            for _ in range(substeps):
                self._warp.capture_launch(self._steps)
        if kept:  # all worlds were stepped, as the recording does; the others are put back
            for name, value in self._state().items():
                kept[name][moved] = value[moved]
            self._assign(kept)
        self._read(moved)
        self._check()

    def set_state(self, ids: np.ndarray, qpos: np.ndarray, qvel: np.ndarray, act: np.ndarray | None = None) -> None:
        """Put some worlds into new states at time 0, as `BatchPhysics.set_state`; the others go on as they would."""
        ids = worlds_among(ids, self.environments)
        if ids.size == 0:
            return
        check_states(self.model, ids, qpos, qvel)
        new = self._state()
        for value in new.values():
            value[ids] = 0
        new["qpos"][ids], new["qvel"][ids] = qpos, qvel
        if act is not None:
            new["act"][ids] = act
        self._assign(new)
        overflow = self._data.overflow.numpy().copy()
        overflow[ids] = 0
        self._data.overflow.assign(overflow)
        self._forward()
        self._read(ids)
        self._check()

    def snapshot(self) -> dict[str, np.ndarray]:
        """The whole state of each world (float32, Warp's names) and the sensor readings."""
        kept = self._state()
        return kept | {"sensors": self.sensors.copy()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of worlds of the same model, on a CPU bit for bit.

        Raises:
            PremotorError: an array is missing, or has another shape or type than this model's; a snapshot of the C
                engine is such a one.
        """
        shapes = {name: (getattr(self._data, name).numpy().shape, np.dtype(np.float32)) for name in STATE}
        for name, expected in (shapes | {"sensors": (self.sensors.shape, self.sensors.dtype)}).items():
            if name not in snapshot:
                raise PremotorError(f"the snapshot of the physics has no '{name}'; was it made on another device?")
            value = snapshot[name]
            if (value.shape, value.dtype) != expected:
                raise PremotorError(
                    f"the snapshot's '{name}' is {value.dtype}{value.shape}; "
                    f"these worlds need {expected[1]}{expected[0]}"
                )
        self._assign({name: snapshot[name] for name in STATE})
        self._data.overflow.zero_()
        self._read(np.arange(self.environments))
        self._host["sensors"][:] = snapshot["sensors"]

    def _state(self) -> dict[str, np.ndarray]:
        return {name: getattr(self._data, name).numpy().copy() for name in STATE}

    def _assign(self, values: Mapping[str, np.ndarray]) -> None:
        for name, value in values.items():
            if value.size:
                getattr(self._data, name).assign(np.ascontiguousarray(value, np.float32))

    def _forward(self) -> None:
        """Bring all that follows from the states up to date, sensors too; warm starts stay as they are."""
        warm = self._data.qacc_warmstart.numpy().copy()
        with self._warp.ScopedDevice(self._device):
            if self._forwards is None:
                self._engine.forward(self._model, self._data)
                self._forwards = self._recorded(self._engine.forward)
            else:
                self._warp.capture_launch(self._forwards)
        self._data.qacc_warmstart.assign(warm)

    def _recorded(self, function: Callable[..., None]) -> object:
        with self._warp.ScopedCapture() as capture:
            function(self._model, self._data)
        return capture.graph

    def _read(self, ids: np.ndarray) -> None:
        """Copy what tasks see to the host; sensors of the worlds `ids` alone."""
        for name in ("qpos", "qvel", "act", "time"):
            self._host[name][:] = getattr(self._data, name).numpy()
        self._host["sensors"][ids] = self._data.sensordata.numpy()[ids]

    def _read_only(self, name: str) -> np.ndarray:
        view = self._host[name].view()
        view.flags.writeable = False
        return view

    def _check(self) -> None:
        """Raise where a world is not finite, is huge, or was computed with a buffer that was too small."""
        state = np.concatenate([self.qpos, self.qvel], axis=1)
        bad = ~(np.abs(state) < GREATEST).all(axis=1)
        if bad.any():
            finite = np.isfinite(state[np.flatnonzero(bad)[0]]).all()
            raise unstable(bad, self.time, "a position or velocity is huge" if finite else "not finite")
        overflow = self._data.overflow.numpy() & ~self._harmless
        if not overflow.any():
            return
        world = int(np.flatnonzero(overflow)[0])
        flags = self._engine.OverflowType
        kinds = flags(int(overflow[world]))
        rows = bool(kinds & (flags.NEFC | flags.NJMAX_NNZ))
        setting, room = ("constraints", self.constraints) if rows else ("contacts", self.contacts)
        names = ", ".join(str(flag.name) for flag in flags if flag in kinds and flag is not flags.ALL)
        raise PhysicsError(
            f"MuJoCo Warp's room overflowed ({names}) in world {world} after {self.time[world]:.3f} s, "
            f"{int((overflow != 0).sum())} of {self.environments} worlds: forces were lost; raise physics.{setting} "
            f"above {room} a world"
        )


def load_warp() -> tuple[ModuleType, ModuleType]:
    """The modules `warp` and `mujoco_warp`; PremotorError where they cannot be imported."""
    try:
        warp = importlib.import_module("warp")
        warp.config.log_level = warp.LOG_WARNING  # says every kernel that it loads
        return warp, importlib.import_module("mujoco_warp")
    except ImportError as error:
        raise PremotorError(
            f"physics on a GPU is by MuJoCo Warp, which cannot be imported ({error}); "
            "install it with: pip install 'premotor[warp]'"
        ) from error


def _device(warp: ModuleType, name: str) -> object:
    if name not in ("gpu", "cpu"):
        raise PremotorError(f"device is '{name}'; allowed are gpu and cpu")
    if name == "gpu" and not warp.is_cuda_available():
        raise PremotorError("device is 'gpu', but CUDA finds no NVIDIA GPU here; allowed without one is cpu")
    return warp.get_device("cuda:0" if name == "gpu" else "cpu")


def most_contacts(model: mujoco.MjModel, pairs: NDArray[np.integer]) -> int:
    """Contacts that pairs of shapes, (pairs, 2), make at most in one world; at least 1."""
    total = 0
    for first, second in pairs:
        kinds = sorted((int(model.geom_type[first]), int(model.geom_type[second])))
        names = [mujoco.mjtGeom(kind).name.removeprefix("mjGEOM_").lower() for kind in kinds]
        total += MANY.get(names[0]) or MANY.get(names[1]) or CONTACTS.get((names[0], names[1]), OTHER_CONTACTS)
    return max(1, total)


def most_constraints(model: mujoco.MjModel, contacts: int) -> int:
    """Rows of constraints that limits, equalities, friction and so many contacts make at most in one world."""
    size = int(model.geom_condim.max(initial=1))
    pyramid = model.opt.cone == mujoco.mjtCone.mjCONE_PYRAMIDAL
    rows = 1 if size == 1 else 2 * (size - 1) if pyramid else size
    dry = int((model.dof_frictionloss > 0).sum() + (model.tendon_frictionloss > 0).sum())
    limits = int(model.jnt_limited.sum() + model.tendon_limited.sum())
    return 6 * int(model.neq) + dry + 2 * limits + rows * contacts
