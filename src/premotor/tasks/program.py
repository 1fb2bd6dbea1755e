"""Many copies of a task whose control steps are functions of JAX, so that they can be part of a larger program."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from premotor.bodies import MJXPhysics, World
from premotor.bodies.physics import chosen
from premotor.on_device import PyTree
from premotor.tasks.environment import PhysicsEnvironment, View


class Copies(NamedTuple):
    """All that decides how copies of a task go on, environments first."""

    world: World
    memory: PyTree
    """What the task carries along: a tree of arrays."""
    elapsed: Int[Array, " environments"]
    """Control steps since the episode began."""
    resets: Int[Array, ""]
    """How often episodes began so far, in all copies together."""
    key: Array
    """Of all starts."""


class ProgramStep(NamedTuple):
    """As `Step`, of arrays of JAX."""

    observation: Array
    reward: Array
    terminated: Array
    truncated: Array
    final_observation: Array
    terms: dict[str, Array]


class ProgramEnvironment(PhysicsEnvironment):
    """Copies of a task on MJX, with one more interface: `copies`, `control_step` and `adopt`, for programs of JAX.

    Both interfaces call the same functions of the task, and draw the same starts: of the number of the reset and of the
    environment, as with every engine. So the numbers of an experiment differ from those of the C engine by the
    rounding of its physics alone.
    """

    physics: MJXPhysics

    @property
    def copies(self) -> Copies:
        """The present state, for a program."""
        shared = self.physics.engine.shared
        world, memory, elapsed = shared((self.physics.world, self._memory, jnp.asarray(self._elapsed)))
        return Copies(world, memory, elapsed, jnp.asarray(self._resets), self._key)

    def adopt(self, copies: Copies) -> None:
        """Go on from what a program made of `copies`.

        Raises:
            PhysicsError: a world became unstable on the way; nothing has changed then.
        """
        before = self.physics.world
        try:
            self.physics.put(copies.world)
        except BaseException:
            self.physics.world = before
            raise
        self._memory = copies.memory
        self._elapsed, self._resets = np.array(copies.elapsed, np.int32), int(copies.resets)

    def control_step(self, copies: Copies, action: Float[Array, "environments actions"]) -> tuple[Copies, ProgramStep]:
        """One control step of all copies, as `step` makes it, as a pure function."""
        task, engine = self.task, self.physics.engine
        control, force = jax.vmap(task.drive)(action, copies.memory)
        world = engine.advance(copies.world, control, force, task.substeps)
        held = copies.elapsed < task.settling
        if task.settling:  # a held body stays where it is
            world = chosen(held, copies.world, world)
        outcome, reward, final = self.programs.advances(_view(world), copies.memory, action)
        memory, terminated = outcome.memory, outcome.terminated
        if task.settling:
            final, memory = self.programs.resumes(_view(world), held, copies.memory, memory)
            terminated = terminated & ~held
        elapsed = copies.elapsed + 1
        truncated = (elapsed >= task.time_limit) & ~terminated
        done = terminated | truncated
        after = Copies(world, _as_before(memory, copies.memory), elapsed, copies.resets, copies.key)
        observation, after = jax.lax.cond(done.any(), lambda: self._begun(after, done, final), lambda: (final, after))
        return after, ProgramStep(observation, reward, terminated, truncated, final, outcome.terms)

    def _begun(self, copies: Copies, where: Array, observation: Array) -> tuple[Array, Copies]:
        """Copies with new episodes at the environments `where`, and what is observed then."""
        start = self.programs.starts_of(copies.key, copies.resets, self._worlds)
        world = chosen(where, self.physics.engine.begin(start.qpos, start.qvel), copies.world)
        world = world._replace(fault=world.fault | copies.world.fault)  # for `adopt` to raise
        seen, memory = self.programs.resumes(_view(world), where, start.memory, copies.memory)
        elapsed = jnp.where(where, 0, copies.elapsed)
        begun = Copies(world, _as_before(memory, copies.memory), elapsed, copies.resets + 1, copies.key)
        return seen.astype(observation.dtype), begun


def _view(world: World) -> View:
    return View(world.qpos, world.qvel, world.sensors)


def _as_before[Tree](new: Tree, old: Tree) -> Tree:
    """A tree with the types of the one before: what a loop carries keeps its types."""
    return jax.tree.map(lambda value, kept: value.astype(kept.dtype), new, old)
