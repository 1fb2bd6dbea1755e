"""What a task is, what it may offer besides, and what a learner sees of one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np
from jaxtyping import Bool, Float

from premotor.bodies import BackEnd, Body
from premotor.bodies.back_ends import CPU
from premotor.errors import PremotorError
from premotor.tasks.settings import TASKS, TaskSettings, listed

Records = dict[str, np.ndarray]
"""Arrays of evaluation episodes by name, (steps, episodes, …)."""
Walker = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""What acts in a teacher's place: actions (episodes, actions) from observations and from where an episode began."""


class Step(NamedTuple):
    """One control step of all environments, as NumPy arrays."""

    observation: Float[np.ndarray, "environments observations"]
    """What the next action answers to: already of the next episode where one ended."""
    reward: Float[np.ndarray, " environments"]
    terminated: Bool[np.ndarray, " environments"]
    truncated: Bool[np.ndarray, " environments"]
    final_observation: Float[np.ndarray, "environments observations"]
    """What followed the action, before any reset."""
    terms: Mapping[str, np.ndarray]
    """The parts of the reward by name."""
    skipped: Bool[np.ndarray, " environments"] | None = None
    """Environments in which this step did nothing but start the next episode (its action was ignored, its reward is
    0), so that learning leaves it out; None: none ever."""


class VectorEnvironment(Protocol):
    """Many copies of a task behind one host-side interface; what learners use."""

    environments: int
    discrete: bool
    """Whether an action is a choice (the largest of a row is executed); else numbers in [−1, 1]."""

    @property
    def task(self) -> "Task":
        """What is done."""

    def reset(self) -> np.ndarray:
        """Start an episode everywhere; observations (environments, observations)."""

    def step(self, action: np.ndarray) -> Step:
        """Act everywhere; environments whose episode ended start their next one."""

    def recorded(self) -> Records:
        """What an evaluation keeps of the present state, by name, each (environments, …)."""

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that decides how the environments go on, as arrays of their own."""

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from a snapshot, bit for bit."""


class Reference(Protocol):
    """A movement to be imitated."""

    @property
    def speed(self) -> float:
        """Mean forward speed, in the body's unit of length a second."""

    @property
    def stride_period(self) -> float:
        """Time of a stride, s."""


class GaitParts(NamedTuple):
    """What an analysis of the gait takes of evaluation episodes."""

    contact: Float[np.ndarray, "steps episodes feet"]
    """1 where a foot is on the ground."""
    angles: Float[np.ndarray, "steps episodes joints"]
    """rad"""
    position: Float[np.ndarray, "steps episodes"] | None
    """Along the way, m; None where the body has no such coordinate."""
    reference: Float[np.ndarray, "phases joints"] | None
    """One stride of the same joints, rad; None where no single stride is the reference."""
    legs: Float[np.ndarray, "steps episodes 2"] | None = None
    """Hip angles of two legs in the order of the feet, rad; None for other bodies."""
    fallen: Bool[np.ndarray, " episodes"] | None = None
    """Whether an episode ended by a fall; None for a body that has no two legs."""
    height: Float[np.ndarray, "steps episodes"] | None = None
    """Of the hips, m; None where it is not known."""
    power: Float[np.ndarray, "steps episodes"] | None = None
    """Σ |torque · speed| of the driven joints over the body's weight, m/s; None where torques are not known."""
    merit: Float[np.ndarray, " episodes"] | None = None
    """The score of each episode if it is a walk (what is none scores 0); None where the score is not of walking."""


class UndulationParts(NamedTuple):
    """What an analysis of undulation takes of evaluation episodes."""

    head: Float[np.ndarray, "steps episodes 2"]
    """Where the tip of the head is, body lengths."""
    yaw: Float[np.ndarray, "steps episodes"]
    """Of the first segment, pointing to the tail, rad."""
    bends: Float[np.ndarray, "steps episodes joints"]
    """Of the joints from head to tail, rad."""
    command: Float[np.ndarray, " episodes"]
    """Speed, body lengths a second; negative is backward."""
    touched: Float[np.ndarray, "episodes 2"] | None = None
    """From when to when something else was wanted, s, so that no episode can be measured as a whole; None: never."""
    source: Float[np.ndarray, "episodes 2"] | None = None
    """Where the source is that it should come to, body lengths; None: there is none."""
    region: float = 0.0
    """How near to it the tip of the head is there, body lengths."""
    medium: Float[np.ndarray, " episodes"] | None = None
    """What each episode was in, from water (0) to agar (1); None: on agar, or in what the settings say."""


class LegMotion(Protocol):
    """How two legs move, as observations show it: hip and knee of the one, then of the other."""

    @property
    def angles(self) -> np.ndarray:
        """(…, 4), rad."""

    @property
    def rates(self) -> np.ndarray:
        """(…, 4), rad/s."""


class GaitOverSpeed(NamedTuple):
    """The gait that is expected of a body at several speeds, each (speeds,)."""

    speed: Float[np.ndarray, " speeds"]
    """Rising; in the body's unit of length a second."""
    rate: Float[np.ndarray, " speeds"]
    """Strides a second, Hz."""
    length: Float[np.ndarray, " speeds"]
    """Of a stride."""
    duty: Float[np.ndarray, " speeds"]
    """Part of a stride that a foot is on the ground."""
    swing: Float[np.ndarray, " speeds"]
    """Time of a swing, s."""


class Expert(Protocol):
    """A teacher that says in any state what it would do there (DAgger: Ross, Gordon and Bagnell 2011)."""

    def corrections(self, walker: Walker | None, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What it would have done where `walker` (None: itself) went, in episodes side by side.

        Returns:
            observations (steps, episodes, observations), actions (steps, episodes, actions), and where an episode
            began (steps, episodes).
        """


class Task(ABC):
    """What is to be done: settings → observations, actions, reward, and what counts as success.

    A subclass sets `settings`, `observation_names`, `action_names` and `time_limit` when it is made, and defines the
    abstract methods. What only some tasks have is declared here too, and is None, or changes nothing, unless the
    subclass says otherwise: so nobody ever asks a task whether it has an attribute.
    """

    settings_type: ClassVar[type[TaskSettings]]
    """The class of its settings."""
    settings: TaskSettings
    """Of this task, of the class `settings_type`."""
    observation_names: tuple[str, ...]
    action_names: tuple[str, ...]
    time_limit: int
    """Control steps after which an episode is cut."""

    body: Body | None = None
    """The simulated body; None for an environment of somebody else's."""
    reference: Reference | None = None
    """The movement that is imitated."""
    undulates: bool = False
    """Whether its body moves by waves along it, which `undulation_parts` gives to their analysis."""
    seeks: bool = False
    """Whether there is a source to come to, which `undulation_parts` gives too."""
    settling: int = 0
    """Control steps at the start of an episode in which the body is held and the network feels it."""
    commanded_speeds: tuple[float, float] | None = None
    """Range from which an episode's commanded speed is drawn; None where there is none."""
    debounce: float | None = None
    """Stances and swings shorter than this, s, are chatter of the feet and none; None: as analyses have it."""

    @abstractmethod
    def __init__(self, settings: TaskSettings): ...

    @property
    def name(self) -> str:
        """The `kind` of its settings."""
        return str(self.settings.kind)

    @property
    @abstractmethod
    def control_period(self) -> float:
        """Time between two actions, in s."""

    @abstractmethod
    def metrics(self, records: Records) -> dict[str, float]:
        """What counts as success, from evaluation episodes; `score` among it, larger the better.

        Args:
            records: arrays (steps, episodes, …) such as `alive`, `reward` and what the environment records.
        """

    @abstractmethod
    def environment(
        self, environments: int, *, threads: int = 0, seed: int = 0, back_end: BackEnd = CPU
    ) -> VectorEnvironment:
        """Many copies of it; arguments as of `build_environment`."""

    @property
    def senses(self) -> tuple[str, ...]:
        """Observations of the body and its surroundings: all but commands and a clock's phase, known by their names."""
        clock = ("phase_sine", "phase_cosine")
        return tuple(name for name in self.observation_names if "command" not in name.split("_") and name not in clock)

    @property
    def speed_unit(self) -> str:
        """The unit of its speeds: that of its body's lengths, a second."""
        return "m/s" if self.body is None else f"{self.body.units.length}/s"

    @property
    def expert(self) -> Expert | None:
        """Corrects a controller that walks by itself."""
        return None

    @property
    def expected_gait(self) -> GaitOverSpeed | None:
        """What the reference's gait is at every speed."""
        return None

    @property
    def leg_motion(self) -> Callable[[np.ndarray], LegMotion] | None:
        """Tells from observations (…, observations) how two legs move; None where they do not show it."""
        return None

    def tested(self) -> Self:
        """The task as it is tested: without aids of learning."""
        return self

    def drawable(self) -> Self:
        """The task in copies that can be drawn, one at a time."""
        return self

    def frames(
        self, records: Records, rows: Sequence[int], captions: Sequence[str] = (), seed: int = 0
    ) -> Iterator[np.ndarray]:
        """Pictures of the first episode at some of its steps, (height, width, 3) uint8, even in height and width.

        Args:
            records: of the episode.
            rows: steps, rising.
            captions: a text for each picture, where there is room for it.
            seed: of the environment in which the episode was made.

        Raises:
            PremotorError: this task can not be drawn.
        """
        raise PremotorError(f"the task {self.name} can not be drawn: {type(self).__name__} defines no frames")

    def gait_parts(self, records: Records) -> GaitParts | None:
        """What an analysis of the gait takes of evaluation episodes; None for what has no feet."""
        return None

    def undulation_parts(self, records: Records) -> UndulationParts | None:
        """What an analysis of undulation takes of evaluation episodes; None for what does not undulate."""
        return None

    def demonstration(self) -> tuple[np.ndarray, np.ndarray] | None:
        """What the reference sees and does: observations and actions, (steps, …) or (steps, episodes, …)."""
        return None


MEMBERS = ("settings", "observation_names", "action_names", "time_limit")
"""What a task has to have set when it is made."""


def build_task(settings: TaskSettings) -> Task:
    """The task that the given settings describe.

    Raises:
        PremotorError: its settings do not fit each other, or the class leaves a member out.
    """
    made = TASKS[settings.kind](settings)
    lacking = [name for name in MEMBERS if name not in vars(made) and name not in dir(type(made))]
    if lacking:
        raise PremotorError(f"the task {settings.kind!r}: {type(made).__name__} sets no {listed(lacking)}")
    return made


def build_environment(
    task: Task, environments: int, *, threads: int = 0, seed: int = 0, back_end: BackEnd = CPU
) -> VectorEnvironment:
    """Many copies of a task, as learners use them.

    Args:
        task: what is done.
        environments: number of copies.
        threads: of the physics; 0 for one a core.
        seed: of all episode starts.
        back_end: which engine steps the worlds, and where.

    Raises:
        PremotorError: the task is not one of MuJoCo's, which another device than the CPU needs, or what
            `build_physics` refuses.
    """
    return task.environment(environments, threads=threads, seed=seed, back_end=back_end)
