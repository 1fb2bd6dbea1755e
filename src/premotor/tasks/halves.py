"""Two halves of an environment that two threads step: while the bodies of one are moved, the other half can think."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Condition

import jax
import numpy as np
from jaxtyping import Float

from premotor.bodies import BatchPhysics
from premotor.tasks.base import Step, VectorEnvironment
from premotor.tasks.environment import PhysicsEnvironment

BLOCK = 64
"""Worlds of a half are a multiple of so many: the usual controllers then round as with all of the worlds at once."""


class Abandoned(RuntimeError):
    """The other half has failed."""


class _Resets:
    """The number of the next reset, which counts the steps in which an episode ended in either half."""

    def __init__(self) -> None:
        self._changed = Condition()
        self.begin(0)

    def begin(self, first: int) -> None:
        """Count on from a number."""
        self._first, self._failed = first, False
        self._ended: tuple[list[bool], list[bool]] = [], []

    def number(self, side: int) -> int:
        """That of the step that `side` is in; waits until the other half has done the steps before it."""
        own, other = self._ended[side], self._ended[1 - side]
        with self._changed:
            self._changed.wait_for(lambda: self._failed or len(other) >= len(own))
            if self._failed:
                raise Abandoned("the other half of the environments has failed")
            return self._first + sum(a or b for a, b in zip(own, other, strict=False))

    def report(self, side: int, ended: bool) -> None:
        """`side` has done a step."""
        with self._changed:
            self._ended[side].append(ended)
            self._changed.notify_all()

    def abandon(self) -> None:
        """A half has failed: the other shall not wait for it."""
        with self._changed:
            self._failed = True
            self._changed.notify_all()

    @property
    def total(self) -> int:
        """The number after all steps, the same in both halves."""
        return self._first + sum(a or b for a, b in zip(*self._ended, strict=True))


class Half(PhysicsEnvironment):
    """Half of the worlds of another environment, with threads of its own."""

    def __init__(self, whole: PhysicsEnvironment, side: int, threads: int, resets: _Resets, twin: "Half | None"):
        count = whole.environments // 2
        physics = BatchPhysics(whole.task.body.model, count, threads, first=side * count)
        self._side, self._numbers = side, resets
        self.worlds = slice(side * count, (side + 1) * count)
        super().__init__(whole.task, count, seed=whole.seed, physics=physics, part=(whole, side * count), twin=twin)

    def step(self, action: np.ndarray) -> Step:
        """Act for one control period."""
        done = super().step(action)
        self._numbers.report(self._side, bool((done.terminated | done.truncated).any()))
        return done

    def abandon(self) -> None:
        """Tell the other half that this one goes no further."""
        self._numbers.abandon()

    def take(self, whole: PhysicsEnvironment) -> None:
        """Go on where the worlds of `whole` are."""
        here, physics = self.worlds, whole.physics.snapshot()
        self.physics.restore({name: value[here] for name, value in physics.items()})
        self._memory = jax.tree.map(lambda leaf: np.asarray(leaf)[here], whole._memory)
        self._elapsed = whole._elapsed[here].copy()
        if whole._key is not self._key or whole._alike != self._alike:
            self._key, self._alike, self._drawn = whole._key, whole._alike, None

    def _begin(self, where: np.ndarray) -> np.ndarray:
        self._resets = self._numbers.number(self._side)
        return super()._begin(where)


class Halves:
    """Both halves of an environment."""

    used: bool = False
    """Whether they have been stepped before, so that all of their programs are compiled."""

    side_by_side: bool
    """Whether each has a thread of its own."""

    def __init__(self, whole: PhysicsEnvironment, threads: int):
        self._whole, self._resets = whole, _Resets()
        self.side_by_side = threads > 1
        first = Half(whole, 0, threads - threads // 2, self._resets, None)
        self.sides = first, Half(whole, 1, max(threads // 2, 1), self._resets, first)

    @contextmanager
    def going_on(self) -> Iterator[tuple[Half, Half]]:
        """The halves where the whole is; afterwards the whole is where they are, unless there was an error."""
        whole, sides = self._whole, self.sides
        self._resets.begin(whole._resets)
        for side in sides:
            side.take(whole)
        yield sides
        states = [side.physics.snapshot() for side in sides]
        whole.physics.restore({name: np.concatenate([state[name] for state in states]) for name in states[0]})
        whole._memory = jax.tree.map(lambda *parts: np.concatenate(parts), *(side._memory for side in sides))
        whole._elapsed = np.concatenate([side._elapsed for side in sides])
        whole._resets = self._resets.total


def side_by_side(one: Callable[[], None], other: Callable[[], None]) -> None:
    """Both in a thread each; the error of the one that failed first, if any did."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(other)
        try:
            one()
        except Abandoned:
            done.result()
            raise
        done.result()


def observed(
    environment: VectorEnvironment, actions: Float[np.ndarray, "steps environments actions"]
) -> list[np.ndarray]:
    """What is observed after each of some actions; by halves where there are two, whose programs a roll-out needs."""
    halves = halves_of(environment)
    if halves is None:
        return [environment.step(action).observation for action in actions]
    rows: tuple[list[np.ndarray], list[np.ndarray]] = [], []

    def act(side: int, actions: np.ndarray) -> None:
        half = halves.sides[side]
        try:
            rows[side].extend(half.step(action[half.worlds]).observation for action in actions)
        except BaseException:
            half.abandon()
            raise

    with halves.going_on():
        for side in (0, 1):  # a thread at a time compiles
            act(side, actions[:1])
        if halves.side_by_side:
            side_by_side(partial(act, 0, actions[1:]), partial(act, 1, actions[1:]))
        else:
            for action in actions[1:]:
                act(0, action[None])
                act(1, action[None])
    return [np.concatenate(pair) for pair in zip(*rows, strict=True)]


def halves_of(environment: VectorEnvironment) -> Halves | None:
    """The halves of an environment in MuJoCo's C threads, if it has enough worlds; None where it has none.

    They are the same for every number of threads, so that numbers do not depend on it.
    """
    if type(environment) is not PhysicsEnvironment or not isinstance(environment.physics, BatchPhysics):
        return None
    if environment.environments % (2 * BLOCK):
        return None
    if environment.halves is None:
        environment.halves = Halves(environment, environment.physics.threads)
    return environment.halves
