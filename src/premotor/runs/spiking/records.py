"""What tests of a spiking agent recorded, as tables; and every spike of a test, played again from its observations."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.analysis import count_variance
from premotor.errors import PremotorError
from premotor.files import read_json, replace_atomically
from premotor.learning.plasticity import Episodes, SpikingAgent
from premotor.learning.plasticity.loop import STEP
from premotor.networks.spiking.event_driven.events import COUNTED, SPIKES
from premotor.runs.arrays import load_arrays
from premotor.runs.figures import Figures
from premotor.runs.spiking.connectivity import connection_table, population_names, type_names
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import CartPoleSettings

CARTPOLE = ("position", "velocity", "angle", "angular_velocity")
SIDES = ("left", "right")
"""Names of the two actions of CartPole."""


class Record(NamedTuple):
    """A recorded test."""

    figures: Figures
    length: NDArray[np.int64]
    """Steps of each episode, (episodes,)."""
    returned: NDArray[np.float64]
    """Sum of the task's rewards in each episode, in CartPole the steps, (episodes,)."""
    action: NDArray[np.int8]
    """(steps,), as all that follows."""
    tie: NDArray[np.bool_]
    reward: NDArray[np.float64]
    observation: NDArray[np.float64]
    """Before the action, (steps, variables)."""
    counts: NDArray[np.uint8]
    """Spikes of every cell, (steps, cells)."""

    @property
    def episode(self) -> NDArray[np.int64]:
        """Episode of every step, (steps,)."""
        return np.repeat(np.arange(len(self.length)), self.length)


class SpikeTrain(NamedTuple):
    """Spikes of all cells in the order of their times."""

    time: NDArray[np.float64]
    """ms"""
    cell: NDArray[np.int32]
    step: NDArray[np.int32]
    """Step of the task, over all episodes."""


def read_test(run: SpikingRun, name: str = "test") -> Record:
    """The recorded test ``evaluations/<name>`` of a run.

    Raises:
        PremotorError: there is none, or its files do not belong together.
    """
    figures = run.evaluations_folder / f"{name}.json"
    if not figures.exists():
        raise PremotorError(f"{run.folder} has no recorded test; make one with: premotor spiking evaluate {run.folder}")
    arrays = load_arrays(figures.with_suffix(".safetensors"))
    names = ("length", "returned", "action", "tie", "reward", "observation", "counts")
    arrays.setdefault("returned", arrays["length"].astype(np.float64))
    missing = [key for key in names if key not in arrays]
    if missing or len(arrays["action"]) != arrays["length"].sum():
        raise PremotorError(f"{figures.with_suffix('.safetensors')} is damaged or of a test without a record")
    return Record(read_json(figures), *(arrays[key] for key in names))


def record_of(figures: Mapping[str, object], episodes: Episodes) -> Record:
    """The record of a test that was just made."""
    names = ("length", "returned", "action", "tie", "reward", "observation", "counts")
    return Record(dict(figures), *(getattr(episodes, name) for name in names))


def cell_groups(run: SpikingRun) -> dict[str, NDArray[np.int64]]:
    """Cells of every population, and of each action's part of one that votes, as "EM left"."""
    agent = run.agent("initial")
    votes = agent.interface.action
    groups: dict[str, NDArray[np.int64]] = {}
    for name, cells in agent.network.populations.items():
        actions = np.unique(votes[cells])
        if actions[-1] < 0:
            groups[name] = cells
            continue
        for action in actions[actions >= 0]:
            groups[f"{name} {action_name(int(action), int(votes.max()) + 1)}"] = cells[votes[cells] == action]
    return groups


def action_name(action: int, actions: int) -> str:
    """Left and right where there are two actions, else the number."""
    return SIDES[action] if actions == len(SIDES) else str(action)


def rates_over_time(run: SpikingRun, record: Record, seconds: float = 10.0) -> pd.DataFrame:
    """Mean rate (Hz) of every group of cells in successive stretches; the index is where each begins (s).

    Raises:
        PremotorError: the record is shorter than a stretch.
    """
    step = run.settings.interface.step / 1000.0
    window = max(1, round(seconds / step))
    number = len(record.counts) // window
    if number < 1:
        raise PremotorError(f"the record lasts {len(record.counts) * step:g} s, less than one stretch of {seconds:g} s")
    cut = record.counts[: number * window].reshape(number, window, -1).sum(1)
    columns = {name: cut[:, cells].mean(1) / (window * step) for name, cells in cell_groups(run).items()}
    return pd.DataFrame(columns, index=pd.Index(np.arange(number) * window * step, name="time"))


def mean_rates(run: SpikingRun, record: Record) -> pd.DataFrame:
    """One row a group of cells: how many, mean rate, its spread over cells (Hz), fraction of silent cells, and the
    Fano factor of the group's spike count in a step."""
    seconds = len(record.counts) * run.settings.interface.step / 1000.0
    rows = []
    for name, cells in cell_groups(run).items():
        each = record.counts[:, cells].sum(0) / seconds
        together = record.counts[:, cells].sum(1, dtype=np.int64)
        mean = together.mean()
        rows.append(
            {
                "group": name,
                "cells": len(cells),
                "rate": float(each.mean()),
                "deviation": float(each.std()),
                "silent": float((each == 0).mean()),
                "count_variance": float(together.var()),
                "fano": float(together.var() / mean) if mean > 0 else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def variance_over_time(run: SpikingRun, record: Record, window: int = 100) -> pd.DataFrame:
    """Variance of every group's spike count in a step, over successive windows of steps; the index is in s.

    Raises:
        PremotorError: the record is shorter than a window.
    """
    counts = record.counts.astype(np.int64)
    columns = {
        name: count_variance(counts[:, cells].sum(1), window) / len(cells) for name, cells in cell_groups(run).items()
    }
    made = pd.DataFrame(columns)
    made.index = pd.Index(np.arange(len(made)) * window * run.settings.interface.step / 1000.0, name="time")
    return made


def motor_votes(run: SpikingRun, record: Record) -> NDArray[np.int64]:
    """Spikes for each action in every step, (steps, actions)."""
    votes = run.agent("initial").interface.action
    return np.stack(
        [record.counts[:, votes == action].sum(1, dtype=np.int64) for action in range(int(votes.max()) + 1)], axis=1
    )


def episode_table(run: SpikingRun, record: Record) -> pd.DataFrame:
    """One row an episode: steps, sum of the task's rewards, fractions of undecided moves and of moves right, votes,
    the critic's rewards."""
    votes = motor_votes(run, record)
    steps = pd.DataFrame(
        {
            "episode": record.episode,
            "undecided": record.tie.astype(float),
            "silent": (votes.sum(1) == 0).astype(float),
            "right": (record.action == votes.shape[1] - 1).astype(float),
            "votes_left": votes[:, 0].astype(float),
            "votes_right": votes[:, -1].astype(float),
            "difference": np.abs(votes[:, -1] - votes[:, 0]).astype(float),
            "reward": record.reward,
            "rewarded": (record.reward > 0).astype(float),
            "punished": (record.reward < 0).astype(float),
        }
    )
    table = steps.groupby("episode").mean()
    table.insert(0, "steps", record.length)
    table.insert(1, "returned", record.returned)
    return table.reset_index()


def tested_weights(record: Record) -> str | int:
    """Which weights of the run a test was of."""
    best = record.figures["checkpoint"] == "best"
    return "best" if best else int(record.figures["iteration"])


def spikes_of_test(run: SpikingRun, record: Record, steps: int | None = None) -> SpikeTrain:
    """Every spike of a recorded test: the network is driven again by the observations that were recorded.

    Args:
        run: the run.
        record: the test.
        steps: only of so many steps of the task, from the first on.

    Raises:
        PremotorError: the run's weights of that iteration have changed since, so that other spikes come out.
    """
    agent = run.agent(tested_weights(record), int(record.figures.get("seed", 0)))
    train = played_again(agent, record.observation[:steps], record.counts, record.length)
    if train is None:
        raise PremotorError(
            f"the {record.figures['checkpoint']} weights of {run.folder} are no longer those of its recorded test, and "
            f"give other spikes; test again with: premotor spiking evaluate {run.folder}"
        )
    return train


def seen(length: NDArray[np.int64], hold: int) -> NDArray[np.bool_]:
    """Whether an observation drove the sources anew in each step of episodes of these lengths, (steps,)."""
    first = np.repeat(np.cumsum(length) - length, length)
    return (np.arange(len(first)) - first) % hold == 0


def played_again(
    agent: SpikingAgent,
    observations: NDArray[np.float64],
    counts: NDArray[np.uint8],
    length: NDArray[np.int64],
) -> SpikeTrain | None:
    """Spikes of an agent at rest that is driven by observations once more; None where they are other than counted.

    Args:
        agent: with the weights that it had, and without plasticity.
        observations: of each step, (steps, variables).
        counts: spikes of every cell in each step, (steps or more, cells).
        length: steps of each episode, so many in all or more, (episodes,).
    """
    state, interface, wiring = agent.state, agent.interface, agent.network.wiring
    times, cells, places = [np.empty(0)], [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for step, (observation, fresh) in enumerate(zip(observations, seen(length, interface.hold), strict=False)):
        if fresh:
            agent.encode_observation(state, interface, agent.world, observation)
        agent.network.advance(wiring, state, (step + 1) * interface.step)
        agent.world.book[STEP] += 1
        count = int(state.cursor[SPIKES])
        times.append(state.spike_time[:count].copy())
        cells.append(state.spike_cell[:count].copy())
        places.append(np.full(count, step, np.int32))
        state.cursor[SPIKES] = state.cursor[COUNTED] = 0
        if (np.bincount(cells[-1], minlength=agent.network.cells) != counts[step]).any():
            return None
    return SpikeTrain(np.concatenate(times), np.concatenate(cells), np.concatenate(places))


def tables_of_test(run: SpikingRun) -> dict[str, pd.DataFrame]:
    """Spikes, steps, episodes and cells of the recorded test.

    | table | columns |
    |---|---|
    | spikes | time (s), cell, population, episode, step |
    | steps | time (s), episode, step, observations, action, tie, reward |
    | episodes | start and stop (s), and those of `episode_table` |
    | cells | cell, population, type, action that it votes for |


    Raises:
        PremotorError: there is no recorded test, or the run's weights have changed since.
    """
    record = read_test(run)
    train = spikes_of_test(run, record)
    agent = run.agent("initial")
    network, votes = agent.network, agent.interface.action
    step = run.settings.interface.step / 1000.0
    population = population_names(network)
    episode = record.episode
    first = np.concatenate([[0], np.cumsum(record.length)])
    variables = record.observation.shape[1]
    known = isinstance(run.settings.task, CartPoleSettings)
    names = CARTPOLE if known else [f"observation_{number}" for number in range(variables)]
    steps = pd.DataFrame({"time": np.arange(len(episode)) * step, "episode": episode})
    steps["step"] = np.arange(len(episode)) - first[episode]
    for number, name in enumerate(names):
        steps[name] = record.observation[:, number]
    steps["action"], steps["tie"], steps["reward"] = record.action, record.tie, record.reward
    episodes = episode_table(run, record)
    episodes.insert(1, "start", first[:-1] * step)
    episodes.insert(2, "stop", first[1:] * step)
    kinds, labels = network.cell_type, type_names(run.settings.wiring, network)
    return {
        "spikes": pd.DataFrame(
            {
                "time": train.time / 1000.0,
                "cell": train.cell,
                "population": population[train.cell],
                "episode": episode[train.step],
                "step": train.step - first[episode[train.step]],
            }
        ),
        "steps": steps,
        "episodes": episodes,
        "cells": pd.DataFrame(
            {
                "cell": np.arange(network.cells),
                "population": population[: network.cells],
                "type": [labels[kind] for kind in kinds],
                "action": votes,
            }
        ),
    }


def export_parquet(run: SpikingRun, folder: str | Path) -> list[Path]:
    """Write the tables of the recorded test and of all synapses as parquet files; return them.

    Synapses are the rows of `connection_table`, with the weight that they had in the test as `learned`.

    Raises:
        PremotorError: there is no recorded test.
    """
    place = Path(folder)
    tables, network = tables_of_test(run), run.network()
    synapses = connection_table(network)
    learned = network.weight.copy()
    learned[network.plastic] = run.weights(tested_weights(read_test(run)))
    tables["connections"] = synapses.assign(learned=learned)
    place.mkdir(parents=True, exist_ok=True)
    files = []
    for name, table in tables.items():
        files.append(place / f"{name}.parquet")
        with replace_atomically(files[-1]) as aside:
            table.to_parquet(aside, index=False)
    return files
