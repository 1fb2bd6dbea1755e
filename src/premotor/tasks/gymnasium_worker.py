"""Copies of a Gymnasium environment stepped one after the other; run as a script, a process that does so.

Imports nothing of ours, so that a worker process starts without JAX and MuJoCo. Messages are fixed-size headers
and raw arrays on the standard streams.
"""

import importlib.util
import json
import os
import struct
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import gymnasium
import numpy as np

HEADER = struct.Struct("<cI")
"""A command and the number of environments that it is about."""
EPISODE = struct.Struct("<IQI")
"""An environment, a seed, and a number of actions to replay after the reset."""
RESET, STEP, SHOW, END = b"R", b"S", b"V", b"E"


def _neighbour(name: str) -> ModuleType:
    """A module beside this file; by its path, since a worker process knows no package of ours."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


quickened = _neighbour("gymnasium_bipedal").quickened


def make_environment(name: str, options: Mapping[str, Any], render: bool = False) -> gymnasium.Env:
    """`gymnasium.make` without the passive checker, which costs time at every step; may raise what that raises."""
    extra: dict[str, Any] = {"render_mode": "rgb_array"} if render else {}
    with warnings.catch_warnings():
        # the bindings of Box2D warn on import from C, where Python ends at once if warnings are errors
        warnings.simplefilter("ignore", DeprecationWarning)
        environment = gymnasium.make(name, disable_env_checker=True, **options, **extra)
    quickened(environment)
    return environment


class Copies:
    """Some copies of an environment.

    An episode is a function of its seed and its actions. Where that is not so by itself it is brought about: the
    solver of Box2D visits contacts in an order that depends on what its world held before, so every episode gets
    a world of its own.
    """

    def __init__(self, name: str, options: Mapping[str, Any], count: int, render: bool = False):
        self.environments = [make_environment(name, options, render) for _ in range(count)]
        self._actions = self.environments[0].action_space
        space = self.environments[0].observation_space
        self.width = int(np.prod(space.shape or ()))

    def begin(self, index: int, seed: int, actions: np.ndarray) -> np.ndarray:
        """Start an episode and replay `actions` (steps, actions) in it; the observation that follows."""
        environment = self.environments[index]
        inner: Any = environment.unwrapped
        if type(getattr(inner, "world", None)).__name__ == "b2World" and hasattr(inner, "_destroy"):
            inner._destroy()
            inner.world = type(inner.world)(gravity=inner.world.gravity)
        observation, _ = environment.reset(seed=seed)
        for action in actions:
            observation = environment.step(self._action(action))[0]
        return np.asarray(observation, np.float32).ravel()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Act in every copy: observations (copies, width), rewards, and 1 for terminated + 2 for truncated."""
        observations = np.empty((len(self.environments), self.width), np.float32)
        rewards = np.empty(len(self.environments))
        flags = np.empty(len(self.environments), np.uint8)
        for i, (environment, action) in enumerate(zip(self.environments, actions, strict=True)):
            observation, reward, terminated, truncated, _ = environment.step(self._action(action))
            observations[i] = np.asarray(observation, np.float32).ravel()
            rewards[i] = reward
            flags[i] = bool(terminated) + 2 * bool(truncated)
        return observations, rewards, flags

    def picture(self, index: int) -> np.ndarray:
        """What a copy looks like now, (height, width, 3) uint8."""
        return np.asarray(self.environments[index].render(), np.uint8)

    def close(self) -> None:
        """Free what the copies hold."""
        for environment in self.environments:
            environment.close()

    def _action(self, row: np.ndarray) -> Any:
        if isinstance(self._actions, gymnasium.spaces.Discrete):
            return self._actions.dtype.type(row[0])
        return row.astype(self._actions.dtype).reshape(self._actions.shape)


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """So many bytes of a stream; EOFError where it ends before."""
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def serve(copies: Copies, columns: int, kind: str, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer messages until END or the end of the stream."""
    item = np.dtype(kind)
    while True:
        try:
            command, count = HEADER.unpack(read_exactly(source, HEADER.size))
        except EOFError:
            return
        if command == END:
            return
        if command == STEP:
            raw = read_exactly(source, len(copies.environments) * columns * item.itemsize)
            for array in copies.step(np.frombuffer(raw, item).reshape(-1, columns)):
                sink.write(array.tobytes())
        elif command == SHOW:
            picture = copies.picture(count)
            sink.write(struct.pack("<III", *picture.shape) + picture.tobytes())
        else:
            for _ in range(count):
                index, seed, steps = EPISODE.unpack(read_exactly(source, EPISODE.size))
                raw = read_exactly(source, steps * columns * item.itemsize)
                actions = np.frombuffer(raw, item).reshape(steps, columns)
                sink.write(copies.begin(index, seed, actions).tobytes())
        sink.flush()


def main(arguments: Sequence[str]) -> None:
    """A worker: the first argument is a JSON object that says which copies, and what actions look like."""
    wanted = json.loads(arguments[0])
    # what an environment prints must not mix with our answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.path[:] = wanted["path"]
    copies = Copies(wanted["name"], wanted["options"], wanted["count"])
    answers.write(b"+")
    answers.flush()
    serve(copies, wanted["columns"], wanted["kind"], sys.stdin.buffer, answers)
    copies.close()


if __name__ == "__main__":
    main(sys.argv[1:])
