"""What copies of a task compile: starts, controls, reward and observation; once in a process for equal tasks."""

import copy
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from premotor.bodies.physics import chosen
from premotor.on_device import PyTree
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.tasks.environment import Outcome, PhysicsTask, Start, View

METHODS = ("start", "observe", "control", "advance", "drive")
"""Of a task, which programs hold."""
STATE = ("__reduce__", "__reduce_ex__")
"""By which an object says what it holds; those of `object` give its state, where nothing is hidden beside it."""
MOST = 16
"""Programs that a process holds on to."""


class Programs:
    """The task's own functions on all copies at once, as JAX traces them and compiled.

    Args:
        task: what is done; it must not be changed.
        everywhere: worlds among which starts are drawn.
        environments: copies, `everywhere` or a part of them.
    """

    def __init__(self, task: "PhysicsTask", everywhere: int, environments: int):
        self._task, self._everywhere, self._environments = task, everywhere, environments
        self.draw, self.drive = jax.jit(jax.vmap(jax.vmap(task.start))), jax.jit(jax.vmap(task.drive))
        self.resume, self.advance = jax.jit(self.resumes), jax.jit(self.advances)

    def starts_of(self, key: jax.Array, number: jax.Array, worlds: jax.Array | np.ndarray) -> "Start":
        """In a program: starts of the reset of this number in `worlds` (environments,), of which some may be alike.

        `draw` gives the same of keys (resets, environments, 2) that the host has made.
        """
        keys = jax.random.split(jax.random.fold_in(key, number), self._everywhere)
        return jax.vmap(self._task.start)(keys[worlds])

    def resumes(self, view: "View", where: jax.Array, new: PyTree, old: PyTree) -> tuple[jax.Array, PyTree]:
        """What is observed where episodes began (with the memory `new`) and where they go on, and the memory of all."""
        memory = chosen(where, new, old)
        return jax.vmap(self._task.observe)(view, memory), memory

    def advances(self, view: "View", memory: PyTree, action: jax.Array) -> "tuple[Outcome, jax.Array, jax.Array]":
        """Outcome, reward and observation of a control step."""
        outcome = jax.vmap(self._task.advance)(view, memory, action)
        reward = sum(outcome.terms.values(), jnp.zeros(self._environments))
        return outcome, reward, jax.vmap(self._task.observe)(view, outcome.memory)


_HELD: OrderedDict[tuple[object, ...], Programs] = OrderedDict()


def programs_of(task: "PhysicsTask", everywhere: int, environments: int) -> Programs:
    """The programs of a task, those that another environment has where its task holds the same, to the byte.

    The copies of one experiment are made several times in a process, to learn and to be tested in, and in a process
    that makes many runs again for each run. A task that holds what cannot be compared has programs of its own.
    """
    size = everywhere, environments
    held = hashlib.sha256()
    try:
        _tell(task, held.update)
    except (_Incomparable, RecursionError):
        return Programs(task, *size)
    key = type(task), *(getattr(type(task), name) for name in METHODS), held.digest(), *size
    if key not in _HELD:
        _HELD[key] = Programs(copy.deepcopy(task), *size)  # what becomes of the task itself is of no account here
    _HELD.move_to_end(key)
    while len(_HELD) > MOST:
        _HELD.popitem(last=False)
    return _HELD[key]


class _Incomparable(Exception):
    """Something whose contents cannot be told, such as a function made on the spot."""


def _tell(value: object, say: Callable[[bytes], None]) -> None:
    """All that a value holds, as bytes that differ where values do: types, sizes and contents.

    Raises:
        _Incomparable: it holds something else than plain values, arrays, settings, models, and objects of such.
    """
    say(f"{type(value).__module__}.{type(value).__qualname__} ".encode())
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | slice | PurePath | np.generic):
        say(repr(value).encode())
    elif isinstance(value, np.ndarray | jax.Array):
        array = np.asarray(value)
        if array.dtype.hasobject:
            raise _Incomparable
        say(f"{array.dtype} {array.shape} ".encode() + array.tobytes())
    elif isinstance(value, Settings):
        say(value.model_dump_json().encode())
    elif isinstance(value, mujoco.MjModel):
        model = np.zeros(mujoco.mj_sizeModel(value), np.uint8)
        mujoco.mj_saveModel(value, None, model)
        say(model.tobytes())
    elif isinstance(value, tuple | list | dict):
        parts = [each for item in value.items() for each in item] if isinstance(value, dict) else value
        say(f"{len(parts)} ".encode())
        for part in (*parts, getattr(value, "__dict__", None)):
            _tell(part, say)
    else:
        kind = type(value)
        if any(getattr(kind, name) is not getattr(object, name) for name in STATE):
            raise _Incomparable
        try:
            held = object.__reduce_ex__(value, 4)[2]
        except TypeError:  # functions, classes, and whatever another language made
            raise _Incomparable from None
        _tell(held, say)
