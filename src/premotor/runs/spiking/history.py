"""How a spiking agent learned: episodes, checkpoints tested one by one, weights, and the runs it came from."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.analysis import best_mean, best_median
from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.files import replace_atomically
from premotor.learning.plasticity import in_parallel
from premotor.runs.spiking.evaluation import try_weights
from premotor.runs.spiking.records import action_name, episode_table, record_of
from premotor.runs.spiking.run import SpikingRun

MOVES = ("right", "margin", "reward", "rewarded")
WINDOWS = (21, 51, 101)
"""Episodes of the sliding medians of Hasegan et al. (2022)."""


class Ancestor(NamedTuple):
    """A run of a line of descent."""

    run: SpikingRun
    until: int
    """Iterations of it that count: where the next run went on from, or all."""


def lineage(run: SpikingRun) -> list[Ancestor]:
    """The runs that a run goes back to, the first one first, itself last.

    Raises:
        PremotorError: an ancestor's folder has gone, or a run descends from itself.
    """
    line = [Ancestor(run, run.iteration)]
    while line[0].run.settings.initial is not None:
        place, _, which = line[0].run.settings.initial.run.rpartition("@")
        folder = Path(place or which)
        if not folder.is_dir():
            raise PremotorError(f"{line[0].run.folder} goes on from {folder}, which is not there any more")
        if any(folder.resolve() == other.run.folder.resolve() for other in line):
            raise PremotorError(f"{folder} descends from itself")
        parent = SpikingRun(folder)
        line.insert(0, Ancestor(parent, parent.iteration_of(which if place else "best")))
    return line


def differences(runs: Sequence[SpikingRun]) -> pd.DataFrame:
    """Settings in which runs differ: one row a setting, one column a run (missing settings are empty)."""
    flat = [_flat(run.settings.model_dump(mode="json")) for run in runs]
    keys = list(dict.fromkeys(key for settings in flat for key in settings))
    rows = {key: [settings.get(key, "") for settings in flat] for key in keys}
    unequal = {key: values for key, values in rows.items() if len({repr(value) for value in values}) > 1}
    names = [str(run.folder) for run in runs]
    return pd.DataFrame(list(unequal.values()), index=pd.Index(unequal, name="setting"), columns=names, dtype=object)


def _flat(value: object, prefix: str = "") -> dict[str, object]:
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(str(number), item) for number, item in enumerate(value)]
    else:
        return {prefix: value}
    return {key: found for name, item in pairs for key, found in _flat(item, f"{prefix}.{name}".lstrip(".")).items()}


def training_rows(run: SpikingRun, ancestors: bool = True) -> pd.DataFrame:
    """The iterations of a run, with those of its ancestors before them where asked for.

    Columns: run, iteration, episodes and steps so far (both counted through), mean, low and high (the least and most of
    the members of a population, or of the episodes of a block), undecided, and what `Episodes.moves` gives: right,
    margin, reward, rewarded (NaN in runs from before these were kept).
    """
    parts, episodes, steps = [], 0, 0
    for ancestor, until in lineage(run) if ancestors else [Ancestor(run, run.iteration)]:
        table = ancestor.metrics
        if not len(table):
            continue
        table = table[table["iteration"] <= max(until, 0)] if ancestors else table
        mean = table["fitness"].astype(float)
        if "lengths" in table:
            low = table["lengths"].map(min).astype(float)
            high = table["lengths"].map(max).astype(float)
        else:
            high = table["fitness_best"].astype(float)
            low = (mean - table["fitness_deviation"].astype(float)).clip(lower=0.0)  # in runs from before
            low = table.get("fitness_least", low).astype(float)
        part = pd.DataFrame(
            {
                "run": str(ancestor.folder),
                "iteration": table["iteration"].astype(int),
                "episodes": episodes + table["episodes"].cumsum(),
                "steps": steps + table["steps"],
                "mean": mean,
                "low": low,
                "high": high,
                "undecided": table["undecided"].astype(float),
                **{name: table.get(name, np.nan) for name in MOVES},
            }
        )
        if len(part):
            episodes, steps = int(part["episodes"].iloc[-1]), int(part["steps"].iloc[-1])
        parts.append(part)
    if not parts:
        raise PremotorError(f"{run.folder} has not learned yet: its metrics are empty")
    return pd.concat(parts, ignore_index=True)


def episode_lengths(run: SpikingRun) -> NDArray[np.float64]:
    """Steps of the episodes of learning by plasticity, one after another; of evolution, means of its iterations."""
    table = run.metrics
    if not len(table):
        raise PremotorError(f"{run.folder} has not learned yet: its metrics are empty")
    if "lengths" in table:
        return np.concatenate([np.asarray(row, np.float64) for row in table["lengths"]])
    return table["fitness"].to_numpy(np.float64)


def phase_table(run: SpikingRun, most: int = 100) -> pd.DataFrame:
    """Episodes at the beginning and at the end of each phase of learning: of every ancestor and of every rule of a run.

    Args:
        run: the run.
        most: episodes of each part; half of a phase where it has fewer than two such parts.

    Returns:
        One row an episode (of evolution an iteration): phase (its number), run, begin (steps of the task at which it
        began), part ("first" or "last"), returned.

    Raises:
        PremotorError: it has not learned yet.
    """
    rows, number = [], 0
    for ancestor, until in lineage(run):
        table = ancestor.metrics
        table = table[table["iteration"] <= max(until, 0)] if len(table) else table
        if not len(table):
            continue
        begun = table["steps"].shift(fill_value=0)  # before the iteration, where a phase begins
        places = np.searchsorted([0, *ancestor.rule_changes], begun.to_numpy(), side="right")
        for place in np.unique(places):
            group = table[places == place]
            values = np.concatenate(list(group["lengths"])) if "lengths" in group else group["fitness"].to_numpy()
            size = max(1, min(most, len(values) // 2))
            number += 1
            begins = [0, *ancestor.rule_changes][place - 1]
            for part, chosen in (("first", values[:size]), ("last", values[-size:])):
                what = {"phase": number, "run": str(ancestor.folder), "begin": begins, "part": part}
                rows.append(pd.DataFrame({**what, "returned": chosen.astype(float)}))
    if not rows:
        raise PremotorError(f"{run.folder} has not learned yet: its metrics are empty")
    return pd.concat(rows, ignore_index=True)


def training_scores(run: SpikingRun) -> dict[str, float]:
    """Scores of learning itself: the best sliding medians over 21, 51 and 101 episodes, and the best mean of 100.

    For evolution the values are those of its iterations. NaN where there are fewer.
    """
    lengths = episode_lengths(run)
    scores = {f"median_{window}": best_median(lengths, window).value for window in WINDOWS}
    return scores | {"mean_100": best_mean(lengths, 100).value}


def evaluate_checkpoints(
    run: SpikingRun, episodes: int = 30, *, seed: int = 42, most: int = 20, threads: int = 0
) -> pd.DataFrame:
    """Test the weights before learning and of checkpoints spread over the run; write
    ``evaluations/checkpoints.parquet``.

    Args:
        run: the run.
        episodes: of each test.
        seed: of the start states.
        most: checkpoints at most, evenly spread; the last is among them.
        threads: side by side; 0 for one a core. The numbers do not depend on it.

    Returns:
        One row a checkpoint and episode: iteration, and the columns of `episode_table`.

    Raises:
        PremotorError: fewer than one episode, or fewer than two tests.
    """
    if episodes < 1 or most < 2:
        raise PremotorError(f"episodes is {episodes} and most {most}; at least 1 and 2 are needed")
    chosen = spread_checkpoints(run, most)

    def test(iteration: int) -> pd.DataFrame:
        tested = try_weights(run.arena, run.weights(iteration), episodes, seed, record=True)
        table = episode_table(run, record_of(tested.figures, tested.episodes))
        table.insert(0, "iteration", iteration)
        return table

    table = pd.concat(in_parallel(test, chosen, threads or available_cores()), ignore_index=True)
    run.evaluations_folder.mkdir(exist_ok=True)
    with replace_atomically(run.evaluations_folder / "checkpoints.parquet") as aside:
        table.to_parquet(aside)
    return table


def read_checkpoint_tests(run: SpikingRun) -> pd.DataFrame | None:
    """What `evaluate_checkpoints` wrote, or None."""
    file = run.evaluations_folder / "checkpoints.parquet"
    return pd.read_parquet(file) if file.exists() else None


def plastic_table(run: SpikingRun, which: str | int = "best") -> pd.DataFrame:
    """One row a plastic synapse: pre- and postsynaptic cell, projection, part (by the action that the postsynaptic
    cell votes for), weight before learning and of a checkpoint (mV)."""
    agent = run.agent("initial")
    plastic, votes = agent.plastic, agent.interface.action
    names = np.full(agent.network.cells, "", object)
    for name, cells in agent.network.populations.items():
        names[cells] = name
    pre, post = np.asarray(plastic.pre), np.asarray(plastic.post)
    actions = int(votes.max()) + 1
    ends = [
        f"{names[cell]} {action_name(int(votes[cell]), actions)}" if votes[cell] >= 0 else names[cell] for cell in post
    ]
    return pd.DataFrame(
        {
            "pre": pre,
            "post": post,
            "projection": [f"{names[a]}→{names[b]}" for a, b in zip(pre, post, strict=True)],
            "part": [f"{names[a]}→{end}" for a, end in zip(pre, ends, strict=True)],
            "before": agent.weights,
            "after": run.weights(which),
        }
    )


def spread_checkpoints(run: SpikingRun, most: int = 40) -> list[int]:
    """Iterations of checkpoints spread over the run, 0 and the last among them."""
    steps = [0, *run.places.checkpoints()]
    return sorted({steps[round(place)] for place in np.linspace(0, len(steps) - 1, min(most, len(steps)))})


def weight_histograms(run: SpikingRun, bins: int = 40, most: int = 40) -> pd.DataFrame:
    """How many plastic weights of each part lie in each of `bins` of equal width, at checkpoints spread over the run.

    Returns:
        One row a checkpoint, part and bin: iteration, part, low and high (mV), fraction of the part's synapses; the
        last bin takes what is above the 99.5th percentile of all weights of the part.
    """
    table, rows = plastic_table(run, "initial"), []
    chosen = spread_checkpoints(run, most)
    weights = np.stack([run.weights(iteration) for iteration in chosen])
    for part, place in table.groupby("part", sort=False).groups.items():
        mine = weights[:, np.asarray(place)]
        edges = np.linspace(min(0.0, float(mine.min())), float(np.percentile(mine, 99.5)) or 1.0, bins + 1)
        for iteration, values in zip(chosen, np.minimum(mine, edges[-1]), strict=True):
            count, _ = np.histogram(values, edges)
            what = {"iteration": iteration, "part": part, "low": edges[:-1], "high": edges[1:]}
            rows.append(pd.DataFrame({**what, "fraction": count / len(values)}))
    return pd.concat(rows, ignore_index=True)


def weights_over_time(run: SpikingRun, most: int = 40) -> pd.DataFrame:
    """Of each part of the plastic synapses at checkpoints spread over the run: mean, deviation, quartiles (mV), and
    the mean absolute and relative change since the beginning. One row a checkpoint and part."""
    table = plastic_table(run, "initial")
    rows = []
    for iteration in spread_checkpoints(run, most):
        now = run.weights(iteration)
        for part, place in table.groupby("part").groups.items():
            values, before = now[np.asarray(place)], table["before"].to_numpy()[np.asarray(place)]
            low, middle, high = np.percentile(values, [25, 50, 75])
            rows.append(
                {
                    "iteration": iteration,
                    "part": part,
                    "mean": values.mean(),
                    "deviation": values.std(),
                    "quarter": low,
                    "median": middle,
                    "three_quarters": high,
                    "change": np.abs(values - before).mean(),
                    "relative_change": (np.abs(values - before) / np.maximum(before, 1e-9)).mean(),
                }
            )
    return pd.DataFrame(rows)
