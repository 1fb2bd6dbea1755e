"""A controller behind a socket: ZeroMQ and MessagePack, so that a simulator in any language can use it.

Every request is a map with the key ``do`` and is answered by one map; what can not be done is answered by a map with
the key ``error`` and one sentence, and the next request is served. `docs/howto/own-loop.md` describes the messages.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from premotor.errors import PremotorError
from premotor.runs.own_loop import LoadedController, Neurons
from premotor.runs.settings import Condition

Answer = dict[str, object]
"""What MessagePack can hold, by key."""
PROTOCOL = 1
LARGEST = 64 * 2**20
"""Bytes of a request."""
PATIENCE = 200
"""Milliseconds after which Ctrl-C is looked for."""
LATE = 0.5
"""Part of a control period by which the time of a step may be off."""


class ControllerServer:
    """Answers requests about one controller, one after the other.

    Args:
        controller: what acts.
        host: address to listen on; this machine alone by default.
        port: to listen on; 0 for one that is free.
        say: is told what a user should see.

    Raises:
        PremotorError: pyzmq or msgpack is not installed, or the address is taken.
    """

    def __init__(
        self,
        controller: LoadedController,
        host: str = "127.0.0.1",
        port: int = 5555,
        say: Callable[[str], object] = print,
    ):
        try:
            import msgpack
            import zmq
        except ModuleNotFoundError as error:
            raise PremotorError(f"{error.name} is not installed; pip install 'premotor[serve]' brings it") from None
        self.controller, self._say = controller, say
        self._pack, self._unpack = msgpack.packb, msgpack.unpackb
        self.steps = self.missed = 0
        """Control steps so far, and those that a client left out."""
        self._time: float | None = None
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REP)
        self._socket.setsockopt(zmq.MAXMSGSIZE, LARGEST)
        self._socket.setsockopt(zmq.LINGER, 0)
        try:
            self._socket.bind(f"tcp://{host}:{port or '*'}")
        except zmq.ZMQError as error:
            self.close()
            raise PremotorError(f"can not listen on {host}:{port}: {error}") from None
        self.address: str = self._socket.get_string(zmq.LAST_ENDPOINT).rstrip("\0")
        """As clients name it, such as ``tcp://127.0.0.1:5555``."""

    def run(self, ended: Callable[[], bool] = lambda: False) -> None:
        """Answer until `ended` says so, or for ever."""
        while not ended():
            if not self._socket.poll(PATIENCE):
                continue
            self._socket.send(self._answered(self._socket.recv()))

    def close(self) -> None:
        """Free the address."""
        self._socket.close()
        self._context.term()

    def _answered(self, message: bytes) -> bytes:
        try:
            request = self._unpack(message)
        except ValueError as error:  # what msgpack raises is one
            return self._pack({"error": f"the request is no MessagePack ({error or type(error).__name__})"})
        try:
            return self._pack(self.answer(request))
        except PremotorError as error:
            return self._pack({"error": str(error)})

    def answer(self, request: object) -> Answer:
        """The answer to a request.

        Raises:
            PremotorError: it can not be done.
        """
        if not isinstance(request, Mapping) or not isinstance(request.get("do"), str):
            raise PremotorError("a request is a map with the key do, as {'do': 'step', 'observation': […]}")
        given = {key: value for key, value in request.items() if key != "do"}
        found = KEYS.get(request["do"])
        if found is None:
            raise PremotorError(f"there is no request {request['do'][:40]!r}; there are {', '.join(KEYS)}")
        for key in given:
            if key not in found:
                raise PremotorError(
                    f"the request {request['do']} has no key {key!r}; it has {', '.join(found) or 'none'}"
                )
        answer: Answer = getattr(self, f"_{request['do']}")(**given)
        return answer

    def _describe(self) -> Answer:
        made = self.controller
        return {
            "protocol": PROTOCOL,
            "controller": made.name,
            "task": made.task.name,
            "observations": list(made.observation_names),
            "actions": list(made.action_names),
            "discrete": made.discrete,
            "control_period": made.control_period,
            "copies": made.copies,
            "executed": self._executed(),
        }

    def _executed(self) -> list[list[float]] | None:
        """What the task makes of actions at −1 and at 1; None where an action is not one actuator's control."""
        table = self.controller.actions
        ends = [table[name].tolist() for name in ("executed_low", "executed_high") if name in table]
        return ends or None

    def _body(self) -> Answer:
        body = self.controller.task.body
        if body is None:
            raise PremotorError(f"the task {self.controller.task.name} has no body of MuJoCo's")
        return {"mjcf": body.xml}

    def _reset(self, copies: object = None) -> Answer:
        count = self.controller.copies if copies is None else copies
        if not isinstance(count, int) or not 1 <= count <= 65_536:
            raise PremotorError(f"copies is {count!r}; it must be a whole number from 1 to 65,536")
        self.controller.reset(count)
        self._time = None
        return {"copies": count}

    def _step(self, observation: object = None, time: object = None) -> Answer:
        made = self.controller
        size = made.copies * len(made.observation_names)
        if isinstance(observation, bytes):
            if len(observation) != 4 * size:
                raise PremotorError(
                    f"observation has {len(observation)} bytes; {4 * size} are expected: {size} float32 numbers, "
                    "little-endian"
                )
            shape = (made.copies, -1) if made.copies > 1 else (-1,)
            seen = np.frombuffer(observation, "<f4").reshape(shape)
        else:
            try:
                seen = np.asarray(observation, np.float32)
            except (TypeError, ValueError):
                raise PremotorError("observation is no list of numbers") from None
        now = _time_of(time)
        missed = self._left_out(now)
        action = made.step(seen)
        self.steps += 1
        if now is not None:
            self._time = now
        self.missed += missed
        if missed:
            self._say(f"missed {missed} control steps before {now:g} s: the controller stood still meanwhile")
        return {
            "action": action.astype("<f4").tobytes() if isinstance(observation, bytes) else action.tolist(),
            "missed": missed,
        }

    def _left_out(self, time: float | None) -> int:
        """Control steps since the last one that nobody asked for."""
        if time is None or self._time is None:
            return 0
        period = self.controller.control_period
        passed = (time - self._time) / period
        if passed < LATE:
            raise PremotorError(
                f"time is {time:g} s, but the last step was at {self._time:g} s and lasts {period:g} s; an episode "
                "begins with reset"
            )
        return max(0, round(passed) - 1)

    def _silence(self, neurons: Neurons = None, where: object = None) -> Answer:
        return {"neurons": self.controller.silence(neurons, **_conditions(where))}

    def _drive(self, current: object = None, neurons: Neurons = None, where: object = None) -> Answer:
        if not isinstance(current, int | float) or not math.isfinite(current):
            raise PremotorError(f"current is {current!r}; it must be a number")
        return {"neurons": self.controller.drive(float(current), neurons, **_conditions(where))}

    def _release(self) -> Answer:
        self.controller.release()
        return {}

    def _rates(self) -> Answer:
        return {"rates": self.controller.rates.tolist()}


KEYS = {
    "describe": (),
    "body": (),
    "reset": ("copies",),
    "step": ("observation", "time"),
    "silence": ("neurons", "where"),
    "drive": ("current", "neurons", "where"),
    "release": (),
    "rates": (),
}
"""The requests, and the keys that each may have."""


def _time_of(time: object) -> float | None:
    if time is None:
        return None
    if not isinstance(time, int | float) or not math.isfinite(time):
        raise PremotorError(f"time is {time!r}; it must be the simulated time in s")
    return float(time)


def _conditions(where: object) -> dict[str, Condition]:
    if where is not None and not (isinstance(where, Mapping) and all(isinstance(key, str) for key in where)):
        raise PremotorError(f"where is {where!r}; it must be a map of conditions, as {{'type': 'AVB'}}")
    return dict(where or {})


def serve(
    controller: LoadedController, host: str = "127.0.0.1", port: int = 5555, say: Callable[[str], object] = print
) -> None:
    """Serve a controller until Ctrl-C.

    Raises:
        PremotorError: as `ControllerServer`.
    """
    server = ControllerServer(controller, host, port, say)
    say(f"{controller!r}")
    say(f"listening on {server.address}; Ctrl-C ends it")
    if host not in ("127.0.0.1", "localhost", "::1"):
        say(f"whoever reaches {host} can use and disturb this controller: there is no password")
    try:
        server.run()
    finally:
        say(f"{server.steps:,} control steps, {server.missed:,} missed")
        server.close()
