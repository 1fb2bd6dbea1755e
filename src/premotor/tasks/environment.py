"""A task of a simulated body, and many copies of it."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import BackEnd, BatchPhysics, Body, Physics, build_physics, render_frames
from premotor.bodies.back_ends import CPU
from premotor.errors import PremotorError
from premotor.host_random import folded, folded_rows, key_of, key_rows
from premotor.on_device import Numbers, PyTree
from premotor.settings import note
from premotor.tasks.base import GaitParts, Records, Step, Task
from premotor.tasks.programs import Programs, programs_of
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.settings import PhysicsTaskSettings

if TYPE_CHECKING:
    from premotor.tasks.halves import Halves

WORLDS = 2**32 - 1
"""The number that draws the differences between worlds, where a reset has its own."""
RESETS = 16
"""As many resets' starts are drawn at a time: a program costs more to call after physics than to run. Of fewer worlds
than this they are drawn one by one, since together they would be rounded otherwise."""


class View(NamedTuple):
    """What a task may read of one world (or, batched, of many): SI units, JAX arrays on any back end."""

    qpos: Float[Array, "*batch positions"]
    qvel: Float[Array, "*batch velocities"]
    sensors: Float[Array, "*batch readings"]


class Start(NamedTuple):
    """Where an episode starts."""

    qpos: Float[Array, " positions"]
    qvel: Float[Array, " velocities"]
    memory: PyTree
    """What the task carries along: a tree of arrays."""


class Outcome(NamedTuple):
    """What one control step brought."""

    memory: PyTree
    terms: dict[str, Float[Array, ""]]
    """Reward terms by name; the reward is their sum."""
    terminated: Array
    """Whether the episode ended by what happened (a fall), as against running out of time."""


class PhysicsTask(Task):
    """Observation, reward, reset and end of an episode for one body; pure functions of one world in JAX.

    `memory` is whatever the task itself carries along an episode (a command, a phase, the last action), a tree of
    arrays. Actions are the body's actuators, and nothing is observed, until a subclass says otherwise.

    Args:
        settings: of the task.
        body: the simulated body.
    """

    body: Body
    reference: ReferenceGait | None = None
    substeps: int
    """Physics steps in one control step."""

    def __init__(self, settings: PhysicsTaskSettings, body: Body):
        self.settings = settings
        self.body = body
        if not body.actuator_names:
            raise PremotorError(
                f"the body of {settings.kind} has no actuator, so that nothing in it can act; name some"
            )
        wanted = settings.control_period
        self.substeps = round(wanted / body.timestep)
        if not self.substeps:
            raise PremotorError(
                f"task.control_period is {wanted:g} s, less than a step of the body's physics, {body.timestep:g} s"
            )
        if abs(self.control_period - wanted) > 1e-6 * wanted:
            note(f"task.control_period is {wanted:g} s, taken {self.control_period:g} s: {self.substeps} physics steps")
        self.time_limit = round(settings.seconds / self.control_period)
        if not self.time_limit:
            raise PremotorError(f"task.seconds is {settings.seconds:g}, less than task.control_period, {wanted:g}")
        self.settling = round(settings.settle / self.control_period)
        self.time_limit += self.settling
        self.action_names = body.actuator_names

    @property
    def control_period(self) -> float:
        """Time between two actions, in s: a whole number of physics steps."""
        return self.substeps * self.body.timestep

    @abstractmethod
    def start(self, key: PRNGKeyArray) -> Start:
        """Draw the start of an episode."""

    @abstractmethod
    def observe(self, view: View, memory: PyTree) -> Float[Array, " observations"]:
        """What the controller senses."""

    @abstractmethod
    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """Actuator controls for an action in [−1, 1]."""

    @abstractmethod
    def advance(self, view: View, memory: PyTree, action: Float[Array, " actions"]) -> Outcome:
        """Judge the step that led to `view`."""

    def drive(self, action: Float[Array, " actions"], memory: PyTree) -> tuple[Array, Array | None]:
        """Controls (actuators,) for the coming control step, and forces on the coordinates (nv,) from outside, if any.

        For a task whose controls depend on what it carries along (a filter), or that pushes the body.
        """
        return self.control(action), None

    def variation(self, key: PRNGKeyArray, environments: int) -> dict[str, np.ndarray] | None:
        """How worlds differ from each other, as `Physics.vary` takes it; None: they do not."""
        return None

    def recorded(self, memory: PyTree) -> dict[str, Array]:
        """What an evaluation keeps of the memory (environments first), such as `command` and `phase`."""
        return {}

    def environment(
        self, environments: int, *, threads: int = 0, seed: int = 0, back_end: BackEnd = CPU
    ) -> "PhysicsEnvironment":
        """Many copies of it."""
        from premotor.tasks.program import ProgramEnvironment

        physics = build_physics(self.body.model, environments, threads=threads, back_end=back_end)
        kind = ProgramEnvironment if back_end.device == "mjx" else PhysicsEnvironment
        return kind(self, environments, seed=seed, physics=physics)

    def frames(
        self, records: Records, rows: Sequence[int], captions: Sequence[str] = (), seed: int = 0
    ) -> Iterator[np.ndarray]:
        """The body in the poses of the first episode."""
        active = records["activation"][list(rows), 0] if "activation" in records else None
        return render_frames(self.body, records["qpos"][list(rows), 0], captions=captions, activation=active)

    def gait_parts(self, records: Records) -> GaitParts | None:
        """Contacts of the feet, driven joints, and the way along `root_x`; None for a body without feet."""
        body, gait = self.body, self.reference
        feet = records["contact"].shape[-1]
        if not feet:
            return None
        cycle = None
        # of a body with more legs the reference is a gait at every speed, which one stride does not stand for
        if gait is not None and self.expected_gait is None and set(body.driven_joints) <= set(gait.joint_names):
            cycle = gait.joint_angles[:, [gait.joint_names.index(name) for name in body.driven_joints]]
        hips = [name for name in body.driven_joints if "hip" in name]
        return GaitParts(
            contact=records["contact"],
            angles=records["qpos"][:, :, body.actuated_qpos],
            position=None if "root_x" not in body.joint_names else self._metres(records, "root_x"),
            reference=cycle,
            fallen=records["terminated"] > 0,
            height=None if "root_z" not in body.joint_names else self._metres(records, "root_z"),
            power=self._power(records),
            legs=None if len(hips) != 2 or feet != 2 else records["qpos"][:, :, body.qpos_index(hips)],
        )

    def _metres(self, records: Records, joint: str) -> np.ndarray:
        """Where a sliding joint is, (steps, episodes), m."""
        body = self.body
        return body.units.metre * records["qpos"][:, :, body.qpos_index(joint)[0]]

    def _power(self, records: Records) -> np.ndarray | None:
        """Σ |torque · speed| of the joints over the body's weight, (steps, episodes), m/s, at the steps of control.

        Torques are those of MuJoCo's servos: gain · control + bias, within their limits. None where an actuator is of
        another kind.
        """
        model, body = self.body.model, self.body
        affine = int(mujoco.mjtBias.mjBIAS_AFFINE), int(mujoco.mjtBias.mjBIAS_NONE)
        servos = len(body.actuated_ctrl) == model.nu and np.isin(model.actuator_biastype, affine).all()
        fixed = (model.actuator_gaintype == mujoco.mjtGain.mjGAIN_FIXED).all() and not model.na
        if not (servos and fixed and type(self).drive is PhysicsTask.drive):
            return None
        control = np.asarray(jax.vmap(jax.vmap(self.control))(jnp.asarray(records["action"])))
        gear = model.actuator_gear[:, 0]
        speed = records["qvel"][:, :, body.actuated_qvel] * gear
        bias = model.actuator_biasprm
        force = model.actuator_gainprm[:, 0] * np.clip(control, *body.control_range.T) + bias[:, 0]
        force = force + bias[:, 1] * gear * records["qpos"][:, :, body.actuated_qpos] + bias[:, 2] * speed
        power = np.abs(np.clip(force, *body.force_range.T) * speed).sum(-1)
        return power / body.weight * body.units.metre


class PhysicsEnvironment:
    """Many copies of a task, stepped together on a pool of C threads, or by MuJoCo Warp.

    The task's own functions run in one jitted program a control step; physics stays with its engine. Every episode
    start is drawn from (seed, number of the reset, environment), so results do not depend on the thread count.

    Args:
        task: what is done.
        environments: number of copies.
        threads: physics threads; 0 for one a core.
        seed: of all episode starts.
        physics: another back end than MuJoCo's C threads.
        part: the environment that these worlds are a part of, and the first of them there.
        twin: another part of the same size, whose compiled programs are taken.
    """

    discrete = False

    def __init__(
        self,
        task: PhysicsTask,
        environments: int,
        *,
        threads: int = 0,
        seed: int = 0,
        physics: Physics | None = None,
        part: "tuple[PhysicsEnvironment, int] | None" = None,
        twin: "PhysicsEnvironment | None" = None,
    ):
        self.task, self.seed = task, seed
        self.environments = environments
        whole, self._first = part or (self, 0)
        self._all = whole.environments
        self.physics: Physics = physics or BatchPhysics(task.body.model, environments, threads)
        self._key = key_of(seed)
        differences = task.variation(folded(self._key, WORLDS), self._all)
        if differences is not None:
            here = slice(self._first, self._first + environments)
            self.physics.vary(**{name: value[here] for name, value in differences.items()})
        self._resets, self._alike = 0, self._all
        self._block = RESETS if self._all >= RESETS else 1
        self._elapsed = np.zeros(environments, np.int32)
        self._drawn: tuple[int, Start] | None = None
        self.programs: Programs = programs_of(task, self._all, environments) if twin is None else twin.programs
        # Parts draw all worlds' starts and take theirs, so that there is one program.
        self._draw: Callable[[Numbers], Start] = self.programs.draw if part is None else whole._draw
        self._memory: PyTree = self._start(self._resets).memory
        self.halves: Halves | None = None  # as `halves_of` makes them

    @property
    def _worlds(self) -> np.ndarray:
        return (self._first + np.arange(self.environments)) % self._alike

    def _start(self, number: int) -> Start:
        """Where all worlds would start at a reset of this number, as NumPy arrays."""
        block = number // self._block
        if self._drawn is None or self._drawn[0] != block:
            numbers = block * self._block + np.arange(self._block)
            keys = key_rows(folded_rows(self._key, numbers), self._all)  # the same as in `Programs.starts_of`
            drawn = self._draw(keys[:, np.arange(self._all) % self._alike])
            here = slice(self._first, self._first + self.environments)
            self._drawn = block, jax.tree.map(lambda values: np.asarray(values)[:, here], drawn)
        return jax.tree.map(lambda values: values[number % self._block], self._drawn[1])

    @property
    def view(self) -> View:
        """The present state of all worlds, as the task sees it."""
        physics: Any = self.physics  # NumPy arrays: a jitted function takes them as they are
        return View(physics.qpos, physics.qvel, physics.sensors)

    @property
    def memory(self) -> PyTree:
        """What the task carries along in each environment, a pytree of arrays with environments first."""
        return self._memory

    def remember(self, **values: float) -> None:
        """Change parts of the memory by name everywhere, such as a command that somebody gives by hand.

        Raises:
            PremotorError: the task's memory has no part of that name.
        """
        for name, value in values.items():
            if name not in getattr(self._memory, "_fields", ()):
                raise PremotorError(f"the task {self.task.name} remembers no {name}")
            old = getattr(self._memory, name)
            self._memory = self._memory._replace(**{name: jnp.full_like(old, value)})

    def recorded(self) -> Records:
        """State and contacts of the worlds, and what the task keeps of its memory."""
        physics = self.physics
        found = {
            "qpos": physics.qpos.copy(),  # the physics moves on in place
            "qvel": physics.qvel.copy(),
            "contact": physics.sensors[:, self.task.body.foot_sensors] > 0,
        }
        if self.task.body.model.ntendon and physics.act.shape[1]:  # of muscles that are seen
            found["activation"] = physics.act.copy()
        return found | {name: np.asarray(value) for name, value in self.task.recorded(self._memory).items()}

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        return self._begin(np.ones(self.environments, bool))

    def reseed(self, seed: int) -> None:
        """Draw all starts from now on as an environment made with this seed would."""
        self._key = key_of(seed)
        self._resets, self._drawn = 0, None

    def share_starts(self, count: int) -> bool:
        """From now on, copies whose numbers leave the same rest by `count` start alike; whether they can."""
        self._alike, self._drawn = count, None
        return True

    def place(self, start: Start) -> np.ndarray:
        """Start an episode everywhere from given states (arrays with environments first)."""
        return self._put(np.ones(self.environments, bool), start)

    def step(self, action: np.ndarray) -> Step:
        """Act for one control period; `action` (environments, actions) in [−1, 1]."""
        driven, pushed = self.programs.drive(action, self._memory)
        control, force = np.asarray(driven), None if pushed is None else np.asarray(pushed)
        held = self._elapsed < self.task.settling
        holds = bool(held.any())
        if holds:  # nothing acts on a held body
            control = np.where(held[:, None], 0.0, control)
            force = None if force is None else np.where(held[:, None], 0.0, force)
        self.physics.set_control(control)
        if force is not None:
            self.physics.set_force(force)
        self.physics.step(self.task.substeps, ~held if holds else None)
        outcome, reward, final = self.programs.advance(self.view, self._memory, action)
        terminated = np.asarray(outcome.terminated)
        if not holds:
            self._memory = outcome.memory
        else:
            final, self._memory = self.programs.resume(self.view, held, self._memory, outcome.memory)
            terminated = terminated & ~held
        self._elapsed += 1
        truncated = (self._elapsed >= self.task.time_limit) & ~terminated
        done = terminated | truncated
        observation = final = np.asarray(final)
        if done.any():
            observation = self._begin(done)
        terms = {name: np.asarray(value) for name, value in outcome.terms.items()}
        return Step(observation, np.asarray(reward), terminated, truncated, final, terms)

    def _begin(self, where: np.ndarray) -> np.ndarray:
        start = self._start(self._resets)
        self._resets += 1
        return self._put(where, start)

    def _put(self, where: np.ndarray, start: Start) -> np.ndarray:
        self.physics.set_state(where, np.asarray(start.qpos)[where], np.asarray(start.qvel)[where])
        self._elapsed[where] = 0
        observation, self._memory = self.programs.resume(self.view, where, start.memory, self._memory)
        return np.asarray(observation)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Everything that decides how the environments go on."""
        arrays = {f"physics/{name}": value for name, value in self.physics.snapshot().items()}
        for i, leaf in enumerate(jax.tree.leaves(self._memory)):
            arrays[f"memory/{i}"] = np.asarray(leaf)
        return arrays | {"elapsed": self._elapsed.copy(), "resets": np.asarray(self._resets)}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of the same task and number of environments.

        Raises:
            PremotorError: something is missing or has another shape.
        """
        prefix = "physics/"
        self.physics.restore({k.removeprefix(prefix): v for k, v in snapshot.items() if k.startswith(prefix)})
        leaves, structure = jax.tree.flatten(self._memory)
        loaded = []
        for i, leaf in enumerate(leaves):
            value = snapshot.get(f"memory/{i}")
            if value is None or value.shape != leaf.shape or value.dtype != leaf.dtype:
                found = "nothing" if value is None else f"{value.dtype}{value.shape}"
                raise PremotorError(f"snapshot: memory/{i} should be {leaf.dtype}{leaf.shape}, found {found}")
            loaded.append(jnp.asarray(value))
        for name in ("elapsed", "resets"):
            if name not in snapshot:
                raise PremotorError(f"snapshot: {name} is missing")
        self._memory = jax.tree.unflatten(structure, loaded)
        self._elapsed = np.array(snapshot["elapsed"], np.int32)
        self._resets = int(snapshot["resets"])
