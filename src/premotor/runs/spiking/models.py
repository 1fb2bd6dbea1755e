"""Several spiking agents side by side: tested in the same episodes, and from single start states again and again."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from premotor.analysis import Variance, holm, mann_whitney, one_way_anova
from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.learning.plasticity import in_parallel
from premotor.runs.spiking.evaluation import try_weights
from premotor.runs.spiking.records import mean_rates, record_of
from premotor.runs.spiking.run import SpikingRun
from premotor.tasks.cartpole import MOST_STEPS, cartpole_starts, cartpole_step

RANDOM = "random actions"


class Model(NamedTuple):
    """A run with one of its checkpoints, under a name."""

    name: str
    run: SpikingRun
    checkpoint: str

    @classmethod
    def parse(cls, text: str) -> "Model":
        """From ``NAME=RUN@CHECKPOINT``; the name is by default that of the folder, the checkpoint the best.

        Raises:
            PremotorError: no such run or checkpoint.
        """
        name, equals, rest = text.rpartition("=")
        place, at, checkpoint = rest.rpartition("@")
        folder = Path(place if at else rest)
        model = cls(name if equals else folder.name + (f"@{checkpoint}" if at else ""), SpikingRun(folder), "best")
        if at:
            model = model._replace(checkpoint=checkpoint)
        model.run.iteration_of(model.checkpoint)
        return model


def evaluate_models(
    models: Sequence[Model], episodes: int = 100, *, seed: int = 42, random: bool = True, threads: int = 0
) -> pd.DataFrame:
    """Test models in the same episodes, without learning; with `random` also actions at random.

    Returns:
        One row a model and episode: model, episode, returned (in CartPole the steps).

    Raises:
        PremotorError: no models, two of the same name, or fewer than one episode.
    """
    _check(models)
    if episodes < 1:
        raise PremotorError(f"episodes is {episodes}; at least 1 is needed")

    def test(model: Model) -> np.ndarray:
        return try_weights(model.run.arena, model.run.weights(model.checkpoint), episodes, seed).episodes.returned

    lengths = dict(zip((m.name for m in models), in_parallel(test, models, threads or available_cores()), strict=True))
    if random:
        lengths = {RANDOM: random_lengths(episodes, seed)} | lengths
    parts = [
        pd.DataFrame({"model": name, "episode": np.arange(episodes), "returned": values})
        for name, values in lengths.items()
    ]
    return pd.concat(parts, ignore_index=True)


def random_lengths(episodes: int, seed: int) -> np.ndarray:
    """Steps of episodes of CartPole with actions at random, (episodes,)."""
    random, lengths = np.random.default_rng([seed, 1]), []
    for start in cartpole_starts(episodes, seed):
        state, steps, fell = start.copy(), 0, False
        while not fell and steps < MOST_STEPS:
            fell = cartpole_step(state, int(random.integers(2)))
            steps += 1
        lengths.append(steps)
    return np.array(lengths)


def variance_of_models(table: pd.DataFrame) -> Variance:
    """One-way analysis of variance of the episode lengths by model."""
    return one_way_anova(*(group.to_numpy() for _, group in table.groupby("model", sort=False)["returned"]))


def pairs_of_models(table: pd.DataFrame) -> pd.DataFrame:
    """Every pair of models: difference of the means, Mann–Whitney test with Holm's correction, rank-biserial effect."""
    groups = {name: group.to_numpy(float) for name, group in table.groupby("model", sort=False)["returned"]}
    names, rows = list(groups), []
    for number, first in enumerate(names):
        for second in names[number + 1 :]:
            test = mann_whitney(groups[second], groups[first])
            rows.append(
                {
                    "first": first,
                    "second": second,
                    "difference": groups[second].mean() - groups[first].mean(),
                    "rank_biserial": test.rank_biserial,
                    "p": test.p,
                }
            )
    made = pd.DataFrame(rows)
    made["p_holm"] = holm(made["p"].to_numpy()) if len(made) else []
    return made


def rates_of_models(models: Sequence[Model], episodes: int = 20, *, seed: int = 42) -> pd.DataFrame:
    """Mean rate (Hz) of every group of cells in a test; one row a model."""
    _check(models)
    rows = {}
    for model in models:
        tested = try_weights(model.run.arena, model.run.weights(model.checkpoint), episodes, seed, record=True)
        rates = mean_rates(model.run, record_of(tested.figures, tested.episodes))
        rows[model.name] = dict(zip(rates["group"], rates["rate"], strict=True))
    return pd.DataFrame.from_dict(rows, orient="index")


def choose_starts(table: pd.DataFrame, each: int = 3) -> pd.DataFrame:
    """For each model the `each` start states with the shortest, the middle and the longest episodes.

    Args:
        table: of `evaluate_models`.
        each: of every kind.

    Returns:
        One row a choice: by (the model), kind, episode, and the steps of every model from there.

    Raises:
        PremotorError: fewer episodes than there are choices.
    """
    wide = table.pivot(index="episode", columns="model", values="returned")
    if not 1 <= each <= len(wide) // 3:
        raise PremotorError(f"each is {each}, but {len(wide)} episodes hold 1 to {len(wide) // 3} of each kind")
    rows = []
    for model in wide.columns:
        if model == RANDOM:
            continue
        order = wide[model].sort_values(kind="stable").index.to_numpy()
        middle = (len(order) - each) // 2
        for kind, chosen in (
            ("hard", order[:each]),
            ("middling", order[middle : middle + each]),
            ("easy", order[-each:]),
        ):
            rows += [{"by": model, "kind": kind, "episode": int(e), **wide.loc[e].to_dict()} for e in chosen]
    return pd.DataFrame(rows)


def rerun_starts(
    models: Sequence[Model], starts: Sequence[int], repeats: int = 25, *, seed: int = 42, threads: int = 0
) -> pd.DataFrame:
    """Test every model from single start states again and again; the network's own past makes episodes differ.

    Returns:
        One row a model, start state and repeat: model, start, repeat, returned.

    Raises:
        PremotorError: no models or start states, or fewer than one repeat.
    """
    _check(models)
    if not len(starts) or min(starts) < 0 or repeats < 1:
        raise PremotorError(f"starts are {list(starts)} and repeats {repeats}; numbers from 0 on and 1 are needed")
    pairs = [(model, start) for model in models for start in starts]

    def test(pair: tuple[Model, int]) -> pd.DataFrame:
        model, start = pair
        tested = try_weights(model.run.arena, model.run.weights(model.checkpoint), repeats, seed, only=start)
        steps = tested.episodes.returned
        return pd.DataFrame({"model": model.name, "start": start, "repeat": np.arange(repeats), "returned": steps})

    return pd.concat(in_parallel(test, pairs, threads or available_cores()), ignore_index=True)


def _check(models: Sequence[Model]) -> None:
    names = [model.name for model in models]
    if not names:
        raise PremotorError("no models are named; a model is named as NAME=RUN@CHECKPOINT")
    twice = [name for name in names if names.count(name) > 1]
    if twice or RANDOM in names:
        raise PremotorError(f"the name {(twice or [RANDOM])[0]!r} is given twice; name models as NAME=RUN@CHECKPOINT")
