"""A spiking network that acts, and learns while it acts."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.learning.plasticity.acting import Episodes, loops, perform
from premotor.learning.plasticity.critics import Critic
from premotor.learning.plasticity.lessons import lessons_of
from premotor.learning.plasticity.loop import BOOK, EPISODES, LOGGED, RASTER, STEP, TIES, Interface, Lessons, Log, World
from premotor.learning.plasticity.settings import InterfaceSettings, PlasticitySettings
from premotor.networks.spiking.event_driven.coding import field_edges, inputs_needed
from premotor.networks.spiking.event_driven.events import SLOTS, State
from premotor.networks.spiking.event_driven.former_calendar import with_slots
from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.event_driven.plasticity import Plastic, plastic_synapses
from premotor.settings import note
from premotor.tasks.cartpole import MOST_STEPS

Arrays = dict[str, NDArray]
FOREVER = 2**62


class SpikingAgent:
    """A network between the receptive fields of a task and the votes for its actions.

    Args:
        network: its sources are the inputs, one for each bin of the receptive fields.
        actions: for which action each cell votes, −1 for none, (cells,).
        interface: to the task.
        plasticity: how it learns; None: it cannot.
        seed: of the random actions after undecided moves.
        critic: a function in place of the critic of `plasticity`: of the observation before, the action, whether it was
            a tie, the observation after, the task's reward, and whether the task was over; its value is cut to ±1.
            Numba has to be able to compile it.
        encoder: a function in place of the receptive fields: of the observation, the period of a driven source (ms),
            and the array of the sources' intervals (ms, inf: off), which it fills. Likewise.

    Raises:
        PremotorError: the network has another number of sources than the receptive fields have bins.
    """

    def __init__(
        self,
        network: SpikingNetwork,
        actions: NDArray[np.int64],
        interface: InterfaceSettings | None = None,
        plasticity: PlasticitySettings | None = None,
        seed: int = 0,
        *,
        critic: Callable[..., float] | None = None,
        encoder: Callable[..., None] | None = None,
    ):
        settings = interface or InterfaceSettings()
        needed = inputs_needed(settings.fields)
        if encoder is None and needed != network.sources:
            raise PremotorError(
                f"the receptive fields have {needed} bins, but the network has {network.sources} sources"
            )
        if len(actions) != network.cells:
            raise PremotorError(f"actions has {len(actions)} entries, but the network has {network.cells} cells")
        self.network = network
        edges, first = field_edges(settings.fields)
        period, votes = 1000.0 / settings.rate, actions.astype(np.int64)
        self.interface = Interface(edges, first, period, settings.step, settings.hold, settings.restart, votes)
        self.state = network.start(most_rate=settings.rate / 1000.0 + 1 / settings.step, seed=seed)
        self.plastic = plastic_synapses(network)
        self.learn_by(plasticity or PlasticitySettings())
        self.balance_pole, self.encode_observation, self.select_action = loops(network.advance, critic, encoder)
        self.world = World(
            body=np.zeros(len(settings.fields)),
            before=np.zeros(len(settings.fields)),
            votes=np.zeros(int(actions.max()) + 1, np.int64),
            interval=np.full(network.sources, np.inf),
            book=np.zeros(BOOK, np.int64),
            key=np.asarray(np.random.SeedSequence([seed, 0x5B1CE]).generate_state(1, np.uint64), np.uint64),
        )

    def learn_by(self, plasticity: PlasticitySettings) -> None:
        """Learn by other rules from here on; homeostasis then holds the weights of this moment."""
        self.plasticity = plasticity.effective()
        self.lessons = lessons_of(self.network, self.interface.action, self.plastic, self.state.weight, self.plasticity)

    @property
    def steps(self) -> int:
        """Steps of the task so far."""
        return int(self.world.book[STEP])

    @property
    def undecided(self) -> int:
        """Undecided moves so far."""
        return int(self.world.book[TIES])

    @property
    def weights(self) -> NDArray[np.float64]:
        """Plastic weights, mV, in the order of the network's synapses, (plastic,)."""
        return self.state.weight[self.plastic.synapse]

    @weights.setter
    def weights(self, values: NDArray[np.float64]) -> None:
        self.state.weight[self.plastic.synapse] = values

    def play(
        self,
        starts: NDArray[np.float64],
        *,
        learn: bool = False,
        record: int = 0,
        steps: int | None = None,
        longest: int = MOST_STEPS,
    ) -> Episodes:
        """Episodes of CartPole from the given start states, the network running on from one to the next.

        Args:
            starts: (episodes, 4). An episode that a former call left unfinished is finished first and takes the
                first row's place.
            learn: whether plasticity is at work.
            record: steps of which everything is recorded, from the first on.
            steps: stop after so many in all, even within an episode.
            longest: steps after which an episode is cut.

        Raises:
            PremotorError: the agent's receptive fields are not for 4 variables, or it does not vote for 2 actions.
        """
        if len(self.world.body) != 4 or len(self.world.votes) != 2:
            raise PremotorError(
                f"CartPole has 4 variables and 2 actions; this agent has receptive fields for {len(self.world.body)} "
                f"and votes for {len(self.world.votes)}"
            )
        count, cells, world = len(starts), self.network.cells, self.world
        log = Log(
            length=np.zeros(count, np.int64),
            undecided=np.zeros(count, np.int64),
            centred=np.zeros(count),
            action=np.zeros(record, np.int8),
            tie=np.zeros(record, bool),
            reward=np.zeros(record),
            observation=np.zeros((record, 4)),
            counts=np.zeros((record, cells), np.uint8),
            raster_time=np.zeros(0),
            raster_cell=np.zeros(0, np.int32),
        )
        world.book[EPISODES] = world.book[LOGGED] = world.book[RASTER] = 0
        end = FOREVER if steps is None else world.book[STEP] + steps
        lessons = self.lessons._replace(on=learn)
        self.balance_pole(
            self.network.wiring, self.state, self.plastic, self.interface, lessons, world, log, starts, end, longest
        )
        done, made = int(world.book[EPISODES]), min(int(world.book[LOGGED]), record)
        return Episodes(
            log.length[:done],
            log.undecided[:done],
            log.length[:done].astype(np.float64),
            log.centred[:done],
            log.action[:made],
            log.tie[:made],
            log.reward[:made],
            log.observation[:made],
            log.counts[:made],
        )

    perform = perform  # episodes of any other task with discrete actions

    def _parts(self) -> dict[str, State | Plastic | World | Lessons | Critic]:
        """What holds arrays that change, by its name in a snapshot."""
        return {
            "state": self.state,
            "plastic": self.plastic,
            "world": self.world,
            "lessons": self.lessons,
            "critic": self.lessons.critic,
        }

    def snapshot(self) -> Arrays:
        """Everything that changes, as arrays by name; `restore` takes it back."""
        remembers = self.lessons.critic.signs.size > 0
        return {
            f"{name}/{key}": np.array(value)
            for name, part in self._parts().items()
            for key, value in part._asdict().items()
            if isinstance(value, np.ndarray)
            and (name != "lessons" or key in CHANGING or (key in WINDOWED and self.lessons.control_window))
            and (name != "critic" or (key in REMEMBERED and remembers))
        }

    def restore(self, arrays: Arrays) -> None:
        """Go back to a snapshot of an agent with the same network.

        Raises:
            PremotorError: it is of another network.
        """
        present = self.snapshot()
        window = {name: value for name in WINDOWED if (value := present.get(f"lessons/{name}")) is not None}
        if window and not any(f"lessons/{name}" in arrays for name in window):
            note("the checkpoint is from before gain control had a window; the window begins empty")
            cleared = {f"lessons/{name}": np.zeros_like(value) for name, value in window.items()}
            arrays = {**arrays, **cleared, "lessons/control_spikes": np.zeros_like(present["lessons/control_spikes"])}
        calendar = ("head", "tail", "pool_next", "pool_time")
        if len(arrays.get("state/head", ())) * SLOTS == len(self.state.head):
            former = {name: arrays[f"state/{name}"] for name in calendar}
            finer = with_slots(former, self.network.wiring.width)
            arrays = {**arrays, **{f"state/{name}": value for name, value in finer.items()}}
        for name, value in present.items():
            if not value.size and name not in arrays:  # of what came to be after the snapshot, such as random trains
                continue
            if name not in arrays or arrays[name].shape != value.shape:
                raise PremotorError(f"the snapshot does not fit this agent: {name} is missing or of another size")
        for name, part in self._parts().items():
            for key, value in part._asdict().items():
                if f"{name}/{key}" in arrays:
                    value[...] = arrays[f"{name}/{key}"]


CHANGING = ("control_spikes", "input_goal")
"""What changes of `Lessons` …"""
WINDOWED = ("control_history", "control_seen")
"""… and what else where gain control has a window."""
REMEMBERED = ("signs", "given")
"""What changes of `Critic` where it remembers rewards."""


def motor_halves(network: SpikingNetwork, population: str = "EM", actions: int = 2) -> NDArray[np.int64]:
    """Votes by position: the first part of a population for action 0, the next for action 1, …, (cells,).

    Raises:
        PremotorError: there is no such population, or it has fewer cells than there are actions.
    """
    if population not in network.populations:
        raise PremotorError(f"there is no population {population!r}; the network has {', '.join(network.populations)}")
    members = network.populations[population]
    if len(members) < actions:
        raise PremotorError(f"population {population} has {len(members)} cells for {actions} actions")
    votes = np.full(network.cells, -1)
    for action, part in enumerate(np.array_split(members, actions)):
        votes[part] = action
    return votes


def in_parallel[T, R](work: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """The results of `work` on each item, in their order; the compiled loops run side by side."""
    if threads <= 1 or len(items) <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(threads, len(items))) as pool:
        return list(pool.map(work, items))
