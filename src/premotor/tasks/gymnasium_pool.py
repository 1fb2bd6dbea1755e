"""Copies of a Gymnasium environment spread over several processes."""

import contextlib
import json
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np

from premotor.errors import PremotorError


class Episode(NamedTuple):
    """An episode to start: in which copy, with which seed, and what is replayed of it, (steps, columns)."""

    copy: int
    seed: int
    actions: np.ndarray


class ProcessPool:
    """Copies split among worker processes, each of which steps its share; results do not depend on the split.

    Gymnasium's `AsyncVectorEnv` has a process for every copy: 32 copies on two cores make 0.87 times as many steps of
    BipedalWalker a second in it as in two of these processes, and 0.22 times as many of CartPole. It also forks beside
    the threads of JAX, or runs the user's script again in every process.

    Args:
        name: id of the environment.
        options: keyword arguments of its constructor; plain numbers, texts and lists.
        count: copies in all.
        processes: how many workers.
        columns: numbers in an action.
        kind: their NumPy type.
        width: numbers in an observation.

    Raises:
        PremotorError: a worker could not make the environment.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        count: int,
        *,
        processes: int,
        columns: int,
        kind: str,
        width: int,
    ):
        from premotor.tasks import gymnasium_worker as worker

        self._worker, self._width, self._name, self._kind = worker, width, name, np.dtype(kind)
        self._shares = [share for share in np.array_split(np.arange(count), processes) if len(share)]
        self._processes = []
        for share in self._shares:
            wanted = {"name": name, "options": dict(options), "count": len(share), "columns": columns, "kind": kind}
            wanted["path"] = sys.path
            # by its path and with -P: neither our package nor our file names are in the worker's way
            command = [sys.executable, "-P", str(Path(worker.__file__)), json.dumps(wanted)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            weakref.finalize(self, _end, process)
            self._processes.append(process)
        for process in self._processes:
            if self._read(process, 1) != b"+":
                raise PremotorError(f"a process for {name!r} answers nonsense")

    def begin(self, episodes: Sequence[Episode]) -> np.ndarray:
        """Start some episodes."""
        worker, result = self._worker, np.empty((len(episodes), self._width), np.float32)
        shares = []
        for share, process in zip(self._shares, self._processes, strict=True):
            mine = [(row, e) for row, e in enumerate(episodes) if share[0] <= e.copy <= share[-1]]
            shares.append([row for row, _ in mine])
            if not mine:
                continue
            message = [worker.HEADER.pack(worker.RESET, len(mine))]
            for _, episode in mine:
                message.append(worker.EPISODE.pack(episode.copy - share[0], episode.seed, len(episode.actions)))
                message.append(np.ascontiguousarray(episode.actions, self._kind).tobytes())
            self._write(process, b"".join(message))
        for rows, process in zip(shares, self._processes, strict=True):
            for row in rows:
                result[row] = np.frombuffer(self._read(process, 4 * self._width), np.float32)
        return result

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Act in every copy."""
        worker = self._worker
        for share, process in zip(self._shares, self._processes, strict=True):
            part = np.ascontiguousarray(actions[share[0] : share[-1] + 1], self._kind)
            self._write(process, worker.HEADER.pack(worker.STEP, len(share)) + part.tobytes())
        parts = []
        for share, process in zip(self._shares, self._processes, strict=True):
            count = len(share)
            raw = self._read(process, count * (4 * self._width + 8 + 1))
            first, second = 4 * count * self._width, 4 * count * self._width + 8 * count
            parts.append(
                (
                    np.frombuffer(raw[:first], np.float32).reshape(count, self._width),
                    np.frombuffer(raw[first:second], np.float64),
                    np.frombuffer(raw[second:], np.uint8),
                )
            )
        observations, rewards, flags = zip(*parts, strict=True)
        return np.concatenate(observations), np.concatenate(rewards), np.concatenate(flags)

    def _write(self, process: subprocess.Popen, message: bytes) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(message)
            process.stdin.flush()
        except BrokenPipeError:
            raise self._lost(process) from None

    def _read(self, process: subprocess.Popen, size: int) -> bytes:
        assert process.stdout is not None
        try:
            return self._worker.read_exactly(cast(BinaryIO, process.stdout), size)
        except EOFError:
            raise self._lost(process) from None

    def _lost(self, process: subprocess.Popen) -> PremotorError:
        status = process.wait()
        return PremotorError(
            f"a process that steps {self._name!r} ended with status {status} (it says why above); an environment "
            "that only this process knows needs task.processes 1, or an id with its module, as module:Name-v0"
        )


def _end(process: subprocess.Popen) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()  # the worker sees the end of its input and goes
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
