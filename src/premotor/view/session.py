"""A controller in its body that runs on and on, and that can be disturbed while it does."""

from collections import deque

import equinox as eqx
import numpy as np

from premotor.analysis import walks_of
from premotor.errors import PremotorError
from premotor.networks import Controller, PerturbedNetwork
from premotor.runs import Player
from premotor.runs.episodes import act, prepare
from premotor.runs.evaluation import TEST_SEED
from premotor.tasks import PhysicsEnvironment, Task, build_environment
from premotor.tasks.base import Step

KEPT = 4.0
"""Seconds of the past that are kept for traces, gait diagram and measures."""


class LiveSession:
    """One body with its controller.

    Args:
        shown: what plays: a controller, a task with a body, and the circuit where there is one.
        seed: of the episodes' starts.

    Raises:
        PremotorError: the task has no body in MuJoCo, or steps it by itself; or a negative seed.
    """

    def __init__(self, shown: Player, seed: int = TEST_SEED):
        task = shown.task.tested()
        if task.body is None:
            raise PremotorError(
                f"the live page shows bodies in MuJoCo; the task {task.name} has none, use --video FILE.mp4"
            )
        if seed < 0:
            raise PremotorError(f"seed is {seed}; it must be 0 or more")
        self.shown, self.task, self.body = shown, task, task.body
        task.time_limit = 2**31 - 2
        environment = build_environment(task, 1, threads=1, seed=seed)
        if not isinstance(environment, PhysicsEnvironment):
            raise PremotorError(
                f"only bodies that premotor itself steps are shown live; the task {task.name} leaves that to its "
                f"{type(environment).__name__}, use --video FILE.mp4"
            )
        self.environment = environment
        self.neurons = shown.controller.network.neurons
        self.silenced = np.zeros(self.neurons, bool)
        self.drive = np.zeros(self.neurons, np.float32)
        self.command: float | None = None
        """What is commanded instead of the episode's own draw; None: that."""
        self.noisy = False
        """Whether it acts with the exploration noise of learning."""
        self.falls, self._random = 0, np.random.default_rng(seed)
        self.use(shown.controller)
        self.restart()

    def use(self, controller: Controller) -> None:
        """Go on with another controller of the same shapes, such as another checkpoint or one with a lesion."""
        network = PerturbedNetwork.of(controller.network, self.drive, self.silenced)
        self.controller = controller
        self._disturbed = eqx.tree_at(lambda c: c.network, controller, network)
        self._product = prepare(self._disturbed)

    def disturb(self, neurons: np.ndarray, *, silence: bool | None = None, drive: float | None = None) -> None:
        """Silence or wake neurons, or drive them; `None` leaves that as it is.

        Args:
            neurons: positions.
            silence: whether they are silenced.
            drive: current into them, in the unit of their input.

        Raises:
            PremotorError: a drive of a network that takes none, as its maps are its own layers.
        """
        if drive and self.controller.network.maps_are_layers:
            raise PremotorError("this network takes no drive: its maps are its first and last layer")
        if silence is not None:
            self.silenced[neurons] = silence
        if drive is not None:
            self.drive[neurons] = drive
        self.use(self.controller)

    def release(self) -> None:
        """Wake all neurons and drive none."""
        self.disturb(np.arange(self.neurons), silence=False, drive=0.0)

    def push(self, speed: float) -> None:
        """Change the body's speed along its heading at once, in its unit of length a second."""
        body = self.body
        if "root_x" not in body.joint_names:
            raise PremotorError(f"the body {body.name} is fixed to the ground: it can not be pushed")
        physics, yaw = self.environment.physics, 0.0
        if "root_yaw" in body.joint_names:
            yaw = float(physics.qpos[0, body.qpos_index(("root_yaw",))[0]])
        for joint, part in (("root_x", np.cos(yaw)), ("root_y", np.sin(yaw))):
            if joint in body.joint_names:
                physics.qvel[0, body.qvel_index((joint,))[0]] += speed * part

    @property
    def commanded(self) -> float | None:
        """The command of the episode; None for a task that has none."""
        found = self.environment.recorded().get("command")
        return None if found is None or found.size != 1 else float(found.reshape(-1)[0])

    def restart(self) -> None:
        """Begin another episode."""
        self.observation = self.environment.reset()
        self._begin()

    def _begin(self) -> None:
        self._state = self.controller.initial_state(1)
        self.elapsed = 0.0
        steps = max(2, round(KEPT / self.task.control_period))
        self.past: deque[dict[str, np.ndarray]] = deque(maxlen=steps)
        """Of the last seconds: `rates`, `contact`, `qpos`, `action`, and the time in s."""

    def step(self) -> Step:
        """One control step, and what the environment answered; after a fall another episode begins by itself."""
        if self.command is not None and self.commanded is not None:
            self.environment.remember(command=self.command)
        self._state, chosen = act(self._disturbed, self._product, self._state, self.observation)
        action = np.asarray(chosen)
        if self.noisy:
            spread = np.exp(np.asarray(self.controller.log_std))
            action = action + spread * self._random.standard_normal(action.shape)
        action = np.clip(action, -1, 1)
        now = {name: np.array(value[0]) for name, value in self.environment.recorded().items()}
        now |= {"rates": self.rates, "action": action[0], "time": np.array(self.elapsed)}
        step = self.environment.step(action.astype(np.float32))
        self.past.append(now)
        self.elapsed += self.task.control_period
        self.observation = step.observation
        if bool(step.terminated[0] | step.truncated[0]):
            self.falls += int(step.terminated[0])
            self._begin()
        return step

    @property
    def rates(self) -> np.ndarray:
        """Activity of each neuron now."""
        return np.array(self._state[: self.neurons, 0])

    def history(self, name: str) -> np.ndarray:
        """What is kept of the last seconds, (steps, …)."""
        return np.array([row[name] for row in self.past])

    @property
    def speed(self) -> float | None:
        """Net speed over what is kept, in the body's unit of length a second; forward where it can not turn."""
        body = self.body
        if "root_x" not in body.joint_names or len(self.past) < 2:
            return None
        across = [name for name in ("root_x", "root_y") if name in body.joint_names]
        place = self.history("qpos")[:, body.qpos_index(across)]
        way, past = place[-1] - place[0], (len(place) - 1) * self.task.control_period
        return float(way[0] if len(way) == 1 else np.hypot(*way)) / past

    def measures(self) -> str:
        """How it moves, in a line: the gait in words where two legs walk, speed and falls."""
        parts = []
        if self.speed is not None:
            parts.append(f"{self.speed:.2f} {self.task.speed_unit}")
        if len(self.past) * self.task.control_period > KEPT / 2:
            records = {name: self.history(name)[:, None] for name in self.past[0] if name != "time"}
            records["command"] = records["command"][0] if "command" in records else np.zeros(1)
            records |= {"alive": np.ones((len(self.past), 1)), "terminated": np.zeros(1)}
            parts[:0] = _gait(self.task, records)
        if self.body.feet:
            parts.append(f"{self.falls} falls")
        return ", ".join(parts)


def _gait(task: Task, records: dict[str, np.ndarray]) -> list[str]:
    found = task.gait_parts(records)
    if found is None or found.legs is None or found.fallen is None:
        return []
    names = ("contact", "legs", "fallen", "position", "height", "power", "merit")
    figures = walks_of(
        **{name: getattr(found, name) for name in names}, control_period=task.control_period, alive=records["alive"]
    )
    phase = figures.get("interlimb_phase")
    gaits = figures["gaits"]
    assert isinstance(gaits, dict)
    words = [next(iter(gaits), "")]
    return [*words, *([f"phase {phase:.2f}"] if isinstance(phase, float) else [])]
