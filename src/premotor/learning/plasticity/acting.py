"""Any task with discrete actions: episodes of a Gymnasium environment, and loops with a user's own parts."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import Floats, Ints, compiled, part, swapped
from premotor.errors import PremotorError
from premotor.learning.plasticity.loop import (
    EPISODE_STEP,
    EPISODE_TIES,
    STEP,
    balance_pole,
    encode_observation,
    keep_house,
    learn_from,
    select_action,
)
from premotor.learning.plasticity.settings import ConstantCriticSettings, CriticSettings, RewardCriticSettings
from premotor.networks.spiking.event_driven.events import COUNTED, SPIKES, Loop, advance

if TYPE_CHECKING:
    import gymnasium

    from premotor.learning.plasticity.agent import SpikingAgent

Critic = Callable[[NDArray[np.float64], int, bool, NDArray[np.float64], float, bool], float]
"""What an action was worth, within ±1: of the observation before it, the action, whether it was a tie, the
observation after it, the task's reward, and whether the task was over."""


class Episodes(NamedTuple):
    """What happened in some episodes."""

    length: NDArray[np.int64]
    """Steps of each, (episodes,)."""
    undecided: NDArray[np.int64]
    """Undecided moves of each, (episodes,)."""
    returned: NDArray[np.float64]
    """Sum of the task's rewards of each; in CartPole its steps, (episodes,)."""
    centred: NDArray[np.float64]
    """Sum over the steps of each of 1 − ½ (x / 2.4 m)² − ½ (θ / 12°)², as far as this call played it; 0
    in tasks other than CartPole, (episodes,)."""
    action: NDArray[np.int8]
    """(steps,), as all that follows; empty unless it was recorded."""
    tie: NDArray[np.bool_]
    reward: NDArray[np.float64]
    observation: NDArray[np.float64]
    """Before the action, (steps, variables)."""
    counts: NDArray[np.uint8]
    """Spikes of every cell, (steps, cells)."""

    def moves(self, action: NDArray[np.int64]) -> dict[str, float]:
        """Of what was recorded: the part of moves that take the last action (in CartPole to the right), by how many
        spikes the first choice of the votes leads, the critic's mean reward, and the part of rewards above 0.

        Args:
            action: for which action each cell votes, −1 for none, (cells,).
        """
        actions = range(int(action.max()) + 1)
        votes = np.sort(np.stack([self.counts[:, action == k].sum(1, dtype=np.int64) for k in actions], axis=1), axis=1)
        return {
            "right": float((self.action == actions[-1]).mean()),
            "margin": float((votes[:, -1] - votes[:, -2]).mean()),
            "reward": float(self.reward.mean()),
            "rewarded": float((self.reward > 0).mean()),
        }


def perform(
    agent: "SpikingAgent",
    environment: "gymnasium.Env",
    seeds: Sequence[int],
    *,
    learn: bool = False,
    critic: Critic | None = None,
    longest: int | None = None,
    record: bool = False,
) -> Episodes:
    """Episodes of a task, the network running on from one to the next.

    Args:
        agent: a `SpikingAgent` with receptive fields for the task's observations and votes for its actions.
        environment: of Gymnasium, with a box of observations and discrete actions.
        seeds: of the episodes.
        learn: whether plasticity is at work.
        critic: what an action was worth; None: as the agent's settings say (kinds `reward` and `constant`).
        longest: steps after which an episode is cut; None: as the environment says.
        record: whether every step is recorded, not the episodes' figures alone.

    Raises:
        PremotorError: observations or actions of another number than the agent has, or a critic that needs CartPole.
    """
    variables, first = _checked(agent, environment)
    judge = critic if critic is not None else (critic_of_task(agent.plasticity.critic) if learn else None)
    interface, world, state = agent.interface, agent.world, agent.state
    encode_it, lessons = agent.encode_observation, agent.lessons._replace(on=learn)
    lengths, undecided, returned = [], [], []
    rows: list[tuple[int, bool, float, NDArray[np.float64], NDArray[np.uint8]]] = []
    for seed in seeds:
        observation, _ = environment.reset(seed=int(seed))
        now = np.asarray(observation, np.float64).reshape(variables)
        encode_it(state, interface, world, now)
        world.book[EPISODE_STEP] = world.book[EPISODE_TIES] = 0
        total, over = 0.0, False
        while not over:
            choice = int(agent.select_action(agent.network.wiring, state, interface, world))
            tie, action = choice < 0, choice if choice >= 0 else -1 - choice
            if record:
                cells = state.spike_cell[state.cursor[COUNTED] : state.cursor[SPIKES]]
                counts = np.bincount(cells, minlength=agent.network.cells).astype(np.uint8)
            observation, reward, terminated, truncated, _ = environment.step(first + action)
            after = np.asarray(observation, np.float64).reshape(variables)
            total += float(reward)
            cut = longest is not None and world.book[EPISODE_STEP] + 1 >= longest
            over = bool(terminated or truncated or cut)
            worth = 0.0
            if learn and judge is not None:
                worth = min(max(float(judge(now, action, tie, after, float(reward), bool(terminated))), -1.0), 1.0)
            if record:
                rows.append((action, tie, worth if learn else float(reward), now, counts))
            learn_from(state, agent.plastic, interface, lessons, world, action, tie, worth, over)
            if over or world.book[EPISODE_STEP] % interface.hold == 0:
                encode_it(state, interface, world, after)
            if learn:
                keep_house(agent.plastic, lessons, state.weight, world.book[STEP], interface.step / 1000.0)
            now = after
        lengths.append(int(world.book[EPISODE_STEP]))
        undecided.append(int(world.book[EPISODE_TIES]))
        returned.append(total)
    return Episodes(
        np.array(lengths, np.int64),
        np.array(undecided, np.int64),
        np.array(returned, np.float64),
        np.zeros(len(lengths)),
        np.array([row[0] for row in rows], np.int8),
        np.array([row[1] for row in rows], bool),
        np.array([row[2] for row in rows], np.float64),
        np.array([row[3] for row in rows], np.float64).reshape(len(rows), variables),
        np.array([row[4] for row in rows], np.uint8).reshape(len(rows), agent.network.cells),
    )


def critic_of_task(settings: CriticSettings) -> Critic:
    """The critic that settings describe, for any task.

    Raises:
        PremotorError: one that needs CartPole.
    """
    if isinstance(settings, RewardCriticSettings):
        return lambda before, action, tie, after, reward, over: settings.gain * reward + settings.offset
    if isinstance(settings, ConstantCriticSettings):
        return lambda before, action, tie, after, reward, over: -settings.fall if over else settings.reward
    raise PremotorError(
        f"the critic {settings.kind!r} judges CartPole only; for other tasks there are reward and constant, and "
        "from Python any function (critic=…)"
    )


def _checked(agent: "SpikingAgent", environment: "gymnasium.Env") -> tuple[int, int]:
    space = environment.action_space
    if not hasattr(space, "n"):
        raise PremotorError(f"the task's actions are {space}; a spiking agent needs discrete ones")
    variables = int(np.prod(environment.observation_space.shape or ()))
    actions, known = int(space.n), len(agent.interface.first) - 1
    if known != variables:
        raise PremotorError(f"the task has {variables} variables, but there are receptive fields for {known}")
    if len(agent.world.votes) != actions:
        raise PremotorError(f"the task has {actions} actions, but cells vote for {len(agent.world.votes)}")
    return variables, int(getattr(space, "start", 0))


@cache
def loops(
    advance_cells: Loop, critic: Callable[..., float] | None, encoder: Callable[..., None] | None
) -> tuple[Callable[..., None], Callable[..., None], Callable[..., int]]:
    """The loop of CartPole, and for other tasks what encodes an observation and selects an action.

    The user's parts are in place; what has none is the package's own.

    Args:
        advance_cells: the network's event loop.
        critic: (before, action, tie, after, reward, over) to a reward, which is cut to ±1.
        encoder: (observation, period, interval) writes the interval of every source (ms, inf: off).
    """
    encoding, selecting = encode_observation, select_action
    parts: dict[str, Callable[..., object]] = {}
    if advance_cells is not advance:
        parts["select_action"] = selecting = swapped(select_action, advance=advance_cells)
    if critic is not None:
        worth = compiled(critic)

        @part
        def judge(settings: object, previous: Floats, action: int, tie: bool, observation: Floats, fell: bool) -> float:
            return min(max(worth(previous, action, tie, observation, 1.0, fell), -1.0), 1.0)

        parts["judge"] = judge
    if encoder is not None:
        drive = compiled(encoder)

        @part
        def encode(observation: Floats, edges: Floats, first: Ints, period: float, interval: Floats) -> None:
            drive(observation, period, interval)

        parts["encode_observation"] = encoding = swapped(encode_observation, encode=encode)
    return swapped(balance_pole, **parts) if parts else balance_pole, encoding, selecting
