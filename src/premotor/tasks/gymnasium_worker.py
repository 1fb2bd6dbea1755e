"""Copies of a Gymnasium environment stepped one after the other; run as a script, a process that does so.

BipedalWalker gets a faster `step` here: the same statements in the same order, without NumPy's clip of scalars, and
only where Gymnasium's own reads as the one that it restates.

Imports nothing of ours but an exception, so that a worker process starts without JAX and MuJoCo. Messages are
fixed-size headers and raw arrays on the standard streams; an answer begins with GOOD, or it is BAD, a length and a
sentence.
"""

import hashlib
import inspect
import json
import math
import os
import signal
import struct
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MethodType
from typing import Any, BinaryIO, NoReturn, SupportsFloat

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import ArrayLike

try:
    from premotor.errors import PremotorError
except ImportError:  # a worker's path may lack us
    PremotorError = RuntimeError  # type: ignore[misc, assignment]

HEADER = struct.Struct("<cI")
"""A command and the number of environments that it is about."""
EPISODE = struct.Struct("<IQI")
"""An environment, a seed, and a number of actions to replay after the reset."""
RESTATED = "9c295793b2135f22fb05c73517753a841c43428715e9493ad698d2c860c49c63"
"""SHA-256 of the source of `BipedalWalker.step` (Gymnasium 1.0 to 1.3)."""
RAYS = tuple((math.sin(1.5 * i / 10.0), math.cos(1.5 * i / 10.0)) for i in range(10))
ONE = np.float32(1)
TOPS = (4.0, 6.0, 4.0, 6.0)
"""Top speeds of hips and knees, rad/s."""
RESET, STEP, SHOW, END = b"R", b"S", b"V", b"E"
GOOD, BAD, LENGTH = b"+", b"!", struct.Struct("<I")
Info = dict[str, object]
RETURNED = "observation, reward, terminated, truncated and info"


class Fault(PremotorError):
    """What an environment did that none may, in one sentence."""


class Checked(gymnasium.Wrapper):
    """An environment whose every answer is looked at: a `Fault` where it is not as its spaces say, or not finite."""

    def __init__(self, environment: gymnasium.Env, name: str):
        super().__init__(environment)
        self._name, self._age = name, 0
        self._shape = environment.observation_space.shape

    @property
    def spec(self) -> "gymnasium.envs.registration.EnvSpec | None":  # type: ignore[override]
        """That of the environment."""
        return self.env.spec

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[object, Info]:
        """Start an episode."""
        self._age = 0
        with self._told():
            given: object = self.env.reset(seed=seed, options=options)
        if not isinstance(given, tuple) or len(given) != 2:
            raise self._fault("returns something else than observation and info")
        self._look_at(given[0])
        return given

    def step(self, action: object) -> tuple[object, SupportsFloat, bool, bool, Info]:
        """Act."""
        self._age += 1
        with self._told():
            given: object = self.env.step(action)
        if not isinstance(given, tuple) or len(given) != 5:
            count = f"{len(given)} values" if isinstance(given, tuple) else f"a {type(given).__name__}"
            raise self._fault(f"returns {count}; {RETURNED} are expected")
        observation, reward, *ends, _ = given
        self._look_at(observation)
        if type(reward) is not float and np.shape(reward) != ():
            raise self._fault(f"gives a reward of shape {np.shape(reward)}; a number is expected")
        number = reward.item() if isinstance(reward, np.ndarray) else reward
        if not isinstance(number, int | float | np.number) or not math.isfinite(number):
            raise self._fault(f"gives the reward {reward!r}; a finite number is expected")
        for end in ends:
            if type(end) is not bool and not isinstance(end, np.bool_ | int):
                raise self._fault(f"gives {ends} for terminated and truncated; true or false are expected")
        return given

    def _look_at(self, observation: ArrayLike) -> None:
        if type(observation) is np.ndarray and observation.shape == self._shape and observation.dtype.kind == "f":
            if math.isfinite(np.vdot(observation, observation)):
                return  # the usual case, quickly; the sum of squares may overflow
        elif self._shape is None:
            return  # no box: refused elsewhere
        elif np.shape(observation) != self._shape:
            raise self._fault(f"observes shape {np.shape(observation)}; its space says {self._shape}")
        flat = np.ravel(observation)
        if flat.dtype.kind not in "fiub":
            raise self._fault(f"observes {flat.dtype}; numbers are expected")
        bad = np.flatnonzero(~np.isfinite(flat))
        if len(bad):
            raise self._fault(f"observes {flat[bad[0]]} as number {bad[0]} of its observation")

    @contextmanager
    def _told(self) -> Iterator[None]:
        os._exit, _ASKING.process = _leave, os.getpid()
        try:
            yield
        except (Exception, SystemExit) as error:
            raise self._fault(_said(error)) from error
        finally:
            os._exit, _ASKING.process = _EXIT, None

    def _fault(self, what: str) -> Fault:
        where = f"in step {self._age} of an episode" if self._age else "at the start of an episode"
        return Fault(f"the environment {self._name!r} {what}, {where}")


_EXIT, _ASKING = os._exit, threading.local()


def _leave(status: int) -> NoReturn:
    """In place of `os._exit` while an environment is asked, which would end the program without a word.

    Python has no hook there. Other threads, such as that which gives up a lost lease, and forked processes leave.
    """
    if getattr(_ASKING, "process", None) != os.getpid():
        _EXIT(status)
    raise SystemExit(status)


def _said(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"ends the program (SystemExit {error.code})"
    return f"raises {type(error).__name__}: {' '.join(str(error).split())[:300]}"


@contextmanager
def patience(name: str, seconds: float) -> Iterator[None]:
    """A Fault where the block takes longer; only in the main thread, where alarms arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise Fault(f"the environment {name!r} has not answered for {seconds:g} s (task.patience)")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def quickened(environment: gymnasium.Env) -> None:
    """Give a BipedalWalker the faster `step`; leave any other environment as it is."""
    inner: Any = environment.unwrapped
    kind = type(inner)
    if kind.__module__ != "gymnasium.envs.box2d.bipedal_walker" or kind.__name__ != "BipedalWalker":
        return
    if hashlib.sha256(inspect.getsource(kind.step).encode()).hexdigest() == RESTATED:
        inner.step = MethodType(_step, inner)


def make_environment(name: str, options: Mapping[str, Any], render: bool = False) -> gymnasium.Env:
    """`gymnasium.make` without the passive checker, which costs time at every step; may raise what that raises."""
    extra: dict[str, Any] = {"render_mode": "rgb_array"} if render else {}
    if render and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # else SDL complains of a desktop that is not there
    _hush_mujoco(name)
    with warnings.catch_warnings():
        # the bindings of Box2D warn on import from C, where Python ends at once if warnings are errors
        warnings.simplefilter("ignore", DeprecationWarning)
        environment = gymnasium.make(name, disable_env_checker=True, **options, **extra)
    quickened(environment)
    return Checked(environment, name)


_TOLD: set[str] = set()


def _hush_mujoco(name: str) -> None:
    """Have MuJoCo's warnings about an environment of its own said once, not once a copy."""
    known = gymnasium.registry.get(name.rpartition(":")[2])
    if known is None or "mujoco" not in str(known.entry_point):
        return
    import mujoco

    def once(message: str) -> None:
        line = " ".join(message.split())
        if line not in _TOLD:
            _TOLD.add(line)
            print(f"note: {name}: {line}", file=sys.stderr)

    mujoco.set_mju_user_warning(once)


class Replayed(gymnasium.Wrapper):
    """An environment whose reset goes on with the actions in `actions`.

    An episode is a function of its seed and its actions. Where that is not so by itself it is brought about: the
    solver of Box2D visits contacts in an order that depends on what its world held before, so every episode gets
    a world of its own.
    """

    actions: Sequence[np.ndarray | np.generic] = ()

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[object, Info]:
        """Start an episode and replay the actions in it; what is observed then."""
        inner: Any = self.unwrapped
        if {"world", "_destroy"} <= set(dir(inner)) and type(inner.world).__name__ == "b2World":
            inner._destroy()
            inner.world = type(inner.world)(gravity=inner.world.gravity)
        observation, info = self.env.reset(seed=seed, options=options or None)
        for action in self.actions:
            observation = self.env.step(action)[0]
        return observation, info


class Copies:
    """Some copies of an environment, in Gymnasium's own vector environment."""

    def __init__(self, name: str, options: Mapping[str, Any], count: int, render: bool = False, seconds: float = 300.0):
        self._name, self._seconds = name, seconds
        made = [lambda: Replayed(make_environment(name, options, render))] * count
        self._worlds = SyncVectorEnv(made, autoreset_mode=AutoresetMode.DISABLED)
        self._space = self._worlds.action_space
        self._single = self._worlds.single_action_space
        self.close = self._worlds.close

    def begin(self, episodes: Sequence[tuple[int, int, np.ndarray]]) -> np.ndarray:
        """Start episodes: a copy, a seed, and actions (steps, actions) to replay; what is observed then, a row each."""
        where = np.zeros(self._worlds.num_envs, bool)
        seeds: list[int | None] = [None] * len(where)
        for copy, seed, actions in episodes:
            where[copy], seeds[copy] = True, seed
            replayed = self._worlds.envs[copy]
            assert isinstance(replayed, Replayed)
            replayed.actions = [row.astype(self._single.dtype).reshape(self._single.shape)[()] for row in actions]
        longest = 1 + max((len(actions) for *_, actions in episodes), default=0)
        with patience(self._name, self._seconds * longest):
            observation, _ = self._worlds.reset(seed=seeds, options={"reset_mask": where})
        return _flat(observation)[[copy for copy, *_ in episodes]]

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Act in every copy: observations (copies, width), rewards, and 1 for terminated + 2 for truncated."""
        acted = actions.reshape(self._space.shape).astype(self._space.dtype)
        with patience(self._name, self._seconds):
            observation, reward, terminated, truncated, _ = self._worlds.step(acted)
        return _flat(observation), reward.copy(), terminated + np.uint8(2) * truncated

    def picture(self, index: int) -> np.ndarray:
        """What a copy looks like now, (height, width, 3) uint8; may raise what the environment's renderer raises."""
        return np.asarray(self._worlds.envs[index].render(), np.uint8)

    def mujoco_parts(self, index: int) -> tuple[object, object] | None:
        """Model and data of a copy that MuJoCo steps, as Gymnasium's and MyoSuite's; None of any other."""
        library, inner = sys.modules.get("mujoco"), self._worlds.envs[index].unwrapped
        model, data = getattr(inner, "model", None), getattr(inner, "data", None)
        known = library and isinstance(model, library.MjModel) and isinstance(data, library.MjData)
        return (model, data) if known else None


def _flat(observation: ArrayLike) -> np.ndarray:
    given = np.array(observation, np.float32)
    return given.reshape(len(given), -1)


def _step(self: Any, action: np.ndarray) -> tuple[np.ndarray, SupportsFloat, bool, bool, Info]:
    from gymnasium.envs.box2d import bipedal_walker as own

    efforts = [size if size < ONE else ONE for size in np.abs(action)]
    for joint, top, a, effort in zip(self.joints, TOPS, action, efforts, strict=True):
        joint.motorSpeed = top if a > 0 else -top if a < 0 else 0.0
        joint.maxMotorTorque = float(own.MOTORS_TORQUE * effort)
    self.world.Step(1.0 / own.FPS, 6 * 30, 2 * 30)
    position, velocity = self.hull.position, self.hull.linearVelocity
    x, y = position.x, position.y
    cast = self.world.RayCast
    for ray, (sine, cosine) in zip(self.lidar, RAYS, strict=True):
        ray.fraction = 1.0
        ray.p1 = position
        end = ray.p2 = (x + sine * own.LIDAR_RANGE, y - cosine * own.LIDAR_RANGE)
        cast(ray, position, end)
    angle = self.hull.angle
    state = [
        angle,
        2.0 * self.hull.angularVelocity / own.FPS,
        0.3 * velocity.x * (own.VIEWPORT_W / own.SCALE) / own.FPS,
        0.3 * velocity.y * (own.VIEWPORT_H / own.SCALE) / own.FPS,
    ]
    for hip, knee, leg in ((0, 1, 1), (2, 3, 3)):
        state += [
            self.joints[hip].angle,
            self.joints[hip].speed / own.SPEED_HIP,
            self.joints[knee].angle + 1.0,
            self.joints[knee].speed / own.SPEED_KNEE,
            1.0 if self.legs[leg].ground_contact else 0.0,
        ]
    state += [ray.fraction for ray in self.lidar]
    self.scroll = x - own.VIEWPORT_W / own.SCALE / 5
    shaping = 130 * x / own.SCALE - 5.0 * abs(angle)
    reward: float | np.floating = 0
    if self.prev_shaping is not None:
        reward = shaping - self.prev_shaping
    self.prev_shaping = shaping
    for effort in efforts:
        reward -= 0.00035 * own.MOTORS_TORQUE * effort
    terminated = False
    if self.game_over or x < 0:
        reward, terminated = -100, True
    if x > (own.TERRAIN_LENGTH - own.TERRAIN_GRASS) * own.TERRAIN_STEP:
        terminated = True
    if self.render_mode == "human":
        self.render()
    return np.array(state, dtype=np.float32), reward, terminated, False, {}


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


def serve(copies: Copies, share: int, columns: int, kind: str, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer messages until END or the end of the stream."""
    item = np.dtype(kind)
    while True:
        try:
            command, count = HEADER.unpack(read_exactly(source, HEADER.size))
        except EOFError:
            return
        if command == END:
            return
        parts: list[bytes] = []
        try:
            if command == STEP:
                raw = read_exactly(source, share * columns * item.itemsize)
                parts += [array.tobytes() for array in copies.step(np.frombuffer(raw, item).reshape(-1, columns))]
            elif command == SHOW:
                picture = copies.picture(count)
                parts += [struct.pack("<III", *picture.shape), picture.tobytes()]
            else:
                episodes = []
                for _ in range(count):
                    index, seed, steps = EPISODE.unpack(read_exactly(source, EPISODE.size))
                    raw = read_exactly(source, steps * columns * item.itemsize)
                    episodes.append((index, seed, np.frombuffer(raw, item).reshape(steps, columns)))
                parts.append(copies.begin(episodes).tobytes())
        except Fault as error:
            _answer_badly(sink, error)
            return
        sink.write(GOOD + b"".join(parts))
        sink.flush()


def _answer_badly(sink: BinaryIO, error: BaseException) -> None:
    text = " ".join(str(error).split()).encode()
    sink.write(BAD + LENGTH.pack(len(text)) + text)
    sink.flush()


def main(arguments: Sequence[str]) -> None:
    """A worker: the first argument is a JSON object that says which copies, and what actions look like."""
    wanted = json.loads(arguments[0])
    # what an environment prints must not mix with our answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.path[:] = wanted["path"]
    try:
        copies = Copies(wanted["name"], wanted["options"], wanted["count"], seconds=wanted["seconds"])
    except Exception as error:  # noqa: BLE001
        return _answer_badly(answers, error)
    answers.write(GOOD)
    answers.flush()
    serve(copies, wanted["count"], wanted["columns"], wanted["kind"], sys.stdin.buffer, answers)
    copies.close()


if __name__ == "__main__":
    main(sys.argv[1:])
