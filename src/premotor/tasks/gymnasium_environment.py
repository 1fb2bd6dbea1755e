"""Copies of a Gymnasium environment behind our interface, which go on from a snapshot bit for bit."""

import contextlib
import json
import select
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

import numpy as np

from premotor.bodies import ModelDrawing, choose_backend
from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.tasks.base import Step
from premotor.tasks.gymnasium_settings import GymnasiumSettings
from premotor.tasks.gymnasium_spaces import SpacedTask, check_replayed, check_snapshot, refused


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
        seconds: that a worker may take for an answer.

    Raises:
        PremotorError: a worker could not make the environment.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, object],
        count: int,
        *,
        processes: int,
        columns: int,
        kind: str,
        width: int,
        seconds: float = 300.0,
    ):
        from premotor.tasks import gymnasium_worker as worker

        self._worker, self._width, self._name, self._kind = worker, width, name, np.dtype(kind)
        self._seconds = seconds + 10.0  # the worker itself says it first, if it can
        self._shares = [share for share in np.array_split(np.arange(count), processes) if len(share)]
        self._processes = []
        for share in self._shares:
            wanted = {"name": name, "options": dict(options), "count": len(share), "columns": columns, "kind": kind}
            wanted["seconds"] = seconds
            wanted["path"] = sys.path
            # by its path and with -P: neither our package nor our file names are in the worker's way
            command = [sys.executable, "-P", str(Path(worker.__file__)), json.dumps(wanted)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            weakref.finalize(self, _end, process)
            self._processes.append(process)
        for process in self._processes:
            try:
                self._read(process, 0)
            except PremotorError as error:
                raise PremotorError(
                    f"a process cannot make {name!r}: {error}; an environment that only this process knows needs "
                    "task.processes 1, or an id with its module, as module:Name-v0"
                ) from None

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
            if rows:
                longest = 1 + max(len(episodes[row].actions) for row in rows)
                raw = self._read(process, 4 * self._width * len(rows), longest)
                result[rows] = np.frombuffer(raw, np.float32).reshape(len(rows), self._width)
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
            left = memoryview(message)
            while left:
                left = left[process.stdin.write(left) :]
        except BrokenPipeError:
            raise self._lost(process) from None

    def _read(self, process: subprocess.Popen, size: int, steps: int = 1) -> bytes:
        """An answer of so many bytes; PremotorError with the worker's sentence where it is none."""
        worker = self._worker
        stream = cast(BinaryIO, process.stdout)
        waiting = select.poll()
        waiting.register(stream, select.POLLIN)
        if not waiting.poll(1000 * self._seconds * steps):
            process.kill()
            raise PremotorError(f"the environment {self._name!r} has not answered for {self._seconds:g} s, and hangs")
        try:
            if worker.read_exactly(stream, 1) == worker.GOOD:
                return worker.read_exactly(stream, size)
            length = worker.LENGTH.unpack(worker.read_exactly(stream, worker.LENGTH.size))[0]
            raise PremotorError(worker.read_exactly(stream, length).decode(errors="replace"))
        except EOFError:
            raise self._lost(process) from None

    def _lost(self, process: subprocess.Popen) -> PremotorError:
        status = process.wait()
        told = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return PremotorError(f"a process that steps the environment {self._name!r} {told} without a word")


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


if TYPE_CHECKING:
    from premotor.tasks.gymnasium_worker import Copies


class GymnasiumEnvironment:
    """Many copies of a Gymnasium environment, in this process or in several.

    Each episode has a seed of its own, drawn from (seed, copy, number of the episode), and a copy is reset as soon
    as its episode has ended, so that a step's observation is the next episode's and `final_observation` the last
    of the one that ended (Gymnasium calls this the same-step mode).

    The state of an environment cannot be read in general. A snapshot holds the actions of the episodes that are
    under way, and `restore` replays them from their seeds: the same numbers, bit for bit, wherever the environment
    is a function of seed and actions, as Gymnasium demands. Where it is not, `restore` says so.

    Args:
        task: which environment.
        environments: number of copies.
        seed: of all episode starts.
        render: whether the copies can be drawn (in this process then).
        opening: a random number of an episode → its seed, and the actions (steps, actions) that come before it; by
            default every episode has a seed of its own and starts where the environment does.
    """

    def __init__(
        self,
        task: SpacedTask,
        environments: int,
        *,
        seed: int = 0,
        render: bool = False,
        opening: Callable[[int], tuple[int, np.ndarray]] | None = None,
    ):
        self.task = task
        self.environments = environments
        self.discrete = task.spaces.discrete
        self._seed, self._alike, self._name = seed, environments, task.settings.id
        self._opening = opening
        self._pool = _pool(task, environments, render)
        self._drawing: ModelDrawing | None = None
        self._episode = np.zeros(environments, np.int64)
        self._elapsed = np.zeros(environments, np.int64)
        spaces = task.spaces
        self._log = np.zeros((0, environments, spaces.columns), spaces.kind)
        self._observation = np.zeros((environments, len(spaces.observation_names)), np.float32)

    def share_starts(self, count: int) -> bool:
        """From the next reset on, copies whose numbers leave the same rest by `count` start alike; whether they can."""
        self._alike = count
        return True

    def reset(self) -> np.ndarray:
        """Start an episode everywhere."""
        if self._alike < self.environments:
            self._episode[:] = self._episode.max()
        self._begin(np.ones(self.environments, bool))
        return self._observation.copy()

    def step(self, action: np.ndarray) -> Step:
        """Act for one control step; `action` (environments, actions), in [−1, 1] or preferences."""
        executed = self.task.spaces.executed(np.asarray(action))
        self._write_down(executed)
        final, reward, flags = self._pool.step(executed)
        self._elapsed += 1
        terminated = (flags & 1).astype(bool)
        truncated = ((flags & 2).astype(bool) | (self._elapsed >= self.task.time_limit)) & ~terminated
        done = terminated | truncated
        self._observation = final.copy()
        if done.any():
            self._begin(done)
        reward = reward.astype(np.float32)
        return Step(self._observation.copy(), reward, terminated, truncated, final, {"environment": reward})

    def restart(self, where: np.ndarray) -> np.ndarray:
        """Start an episode in some copies, wherever the old one is; the observations of all."""
        if where.any():
            self._begin(where)
        return self._observation.copy()

    def recorded(self) -> dict[str, np.ndarray]:
        """What an evaluation keeps of the present state."""
        return {"observation": self._observation}

    def picture(self, index: int = 0) -> np.ndarray:
        """What a copy looks like now, (height, width, 3) uint8; needs `render`. PremotorError where it fails."""
        assert not isinstance(self._pool, ProcessPool)
        parts = self._pool.mujoco_parts(index)
        if parts is None or choose_backend() == "gl":
            try:
                return self._pool.picture(index)
            except Exception as error:  # whatever an environment's renderer raises
                raise PremotorError(f"{self._name} can not be drawn here: {error}") from error
        if self._drawing is None:  # Gymnasium's own renderer needs OpenGL
            self._drawing = ModelDrawing(*parts)
        return self._drawing.picture()

    def _begin(self, where: np.ndarray) -> None:
        self._episode[where] += 1
        chosen = np.flatnonzero(where).tolist()
        episodes = [self._beginning(i) for i in chosen]
        self._observation[chosen] = self._pool.begin(episodes)
        for episode in episodes:
            steps = self._elapsed[episode.copy] = len(episode.actions)
            self._make_room(steps)
            self._log[:steps, episode.copy] = episode.actions

    def _beginning(self, index: int) -> Episode:
        """How the present episode of a copy began: a function of nothing but its number."""
        if self._opening is not None:
            return Episode(index, *self._opening(self._draws(index, 2)[1]))
        return Episode(index, self._draws(index, 1)[0], self._log[:0, 0])

    def episode_seed(self, index: int) -> int:
        """The seed of the present episode of a copy."""
        return self._beginning(index).seed

    def _draws(self, index: int, count: int) -> list[int]:
        """Random numbers of the present episode of a copy, 32 bits each: all that some environments take as seed."""
        sequence = np.random.SeedSequence([self._seed, index % self._alike, int(self._episode[index])])
        return sequence.generate_state(count).tolist()

    def _write_down(self, executed: np.ndarray) -> None:
        self._make_room(int(self._elapsed.max()) + 1)
        self._log[self._elapsed, np.arange(self.environments)] = executed

    def _make_room(self, steps: int) -> None:
        if steps > len(self._log):
            more = np.zeros((max(64, steps), *self._log.shape[1:]), self._log.dtype)
            self._log = np.concatenate([self._log, more])

    def snapshot(self) -> dict[str, np.ndarray]:
        """Numbers of the episodes, the actions in them so far, and what is observed now."""
        steps = int(self._elapsed.max(initial=0))
        under_way = np.arange(steps)[:, None] < self._elapsed  # the log keeps older episodes' actions beyond
        return {
            "episode": self._episode.copy(),
            "elapsed": self._elapsed.copy(),
            "actions": np.where(under_way[:, :, None], self._log[:steps], 0),
            "observation": self._observation.copy(),
        }

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a `snapshot` of the same task and number of environments, by replaying its episodes.

        Raises:
            PremotorError: something is missing or has another shape, or the environment is no function of seed
                and actions.
        """
        steps = int(np.max(snapshot["elapsed"], initial=0)) if "elapsed" in snapshot else 0
        expected = {
            "episode": self._episode.shape,
            "elapsed": self._elapsed.shape,
            "actions": (steps, *self._log.shape[1:]),
            "observation": self._observation.shape,
        }
        check_snapshot(snapshot, expected)
        self._episode = snapshot["episode"].astype(np.int64)
        self._elapsed = snapshot["elapsed"].astype(np.int64)
        self._log = snapshot["actions"].astype(self._log.dtype)
        if not self._episode.any():  # nothing has begun yet
            return
        episodes = []
        for i in range(self.environments):
            episodes.append(self._beginning(i)._replace(actions=self._log[: self._elapsed[i], i]))
        self._observation = self._pool.begin(episodes)
        check_replayed(self.task.settings.id, self._observation, snapshot)


def _pool(task: SpacedTask, environments: int, render: bool) -> "ProcessPool | Copies":
    settings, spaces = task.settings, task.spaces
    processes = settings.processes or available_cores()
    if processes == 1 or environments == 1 or render:
        return _local(settings, environments, render)
    return ProcessPool(
        settings.id,
        settings.options,
        environments,
        processes=min(processes, environments),
        columns=spaces.columns,
        kind=spaces.kind,
        width=len(spaces.observation_names),
        seconds=settings.patience,
    )


def _local(settings: GymnasiumSettings, environments: int, render: bool) -> "Copies":
    from premotor.tasks.gymnasium_worker import Copies

    made: Copies = refused(
        settings.id, lambda: Copies(settings.id, settings.options, environments, render, settings.patience)
    )
    weakref.finalize(made, made.close)
    return made
