"""A run folder of the program of Hasegan et al. (2022), as a run of ours: its weights in the network they belong to."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.connectome.readers.plain_pickle import read_plain_pickle
from premotor.errors import PremotorError
from premotor.files import new_folder, read_json, write_atomically, write_json
from premotor.runs.arrays import save_arrays
from premotor.runs.checkpoints import CheckpointRecord, save_checkpoint
from premotor.runs.provenance import provenance, sha256
from premotor.runs.run_folder import MetricsLog, RunFolder
from premotor.runs.spiking.original_settings import Translated, translated
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import PARTNERS, SpikingEvolutionSettings, load_spiking, network_of
from premotor.runs.yaml_text import dump_yaml

if TYPE_CHECKING:
    from premotor.networks.spiking.event_driven import SpikingNetwork

CONFIGURATIONS = ("backupcfg_sim.json", "config.json")
WEIGHTS = ("synWeights.pkl", "synWeights_final.pkl")
EVOLVED = "es_train.txt"


class Imported(NamedTuple):
    """A run that was brought over."""

    run: SpikingRun
    left: tuple[str, ...]
    """What has no counterpart, a sentence or a setting each."""


def import_original(folder: str | os.PathLike[str], output: str | os.PathLike[str] | None = None) -> Imported:
    """Make a run of ours from a run folder of the program: configuration, saved weights, the record of evolution.

    Every time at which weights were saved becomes a checkpoint, numbered as there (by iterations of evolution, or by
    seconds); the last one counts as the best. Pickles are read as data: nothing of them is executed.

    Args:
        folder: with ``backupcfg_sim.json`` and ``synWeights.pkl``.
        output: the run folder to make; by default ``runs/<name of the folder>``.

    Raises:
        PremotorError: a file is missing or damaged, or the weights do not belong to the configuration.
    """
    place = Path(folder)
    config, pickle = _first(place, CONFIGURATIONS), _first(place, WEIGHTS)
    evolved = (place / EVOLVED).exists()
    found = translated(read_json(config), str(config), evolved)
    weights = read_weights(pickle)
    saved = sorted(weights["time"].unique())
    first = weights[weights["time"] == saved[0]]
    target = Path(output) if output is not None else Path("runs") / place.resolve().name
    with new_folder(target) as (aside, lock):
        places = RunFolder(aside)
        pairs = {"pre": first["pre"].to_numpy(np.int64), "post": first["post"].to_numpy(np.int64)}
        _check(found, pairs, str(pickle))
        save_arrays(aside / PARTNERS, pairs)
        settings = {**found.settings, "wiring": {**found.settings["wiring"], "partners": PARTNERS}}
        write_atomically(places.settings_file, dump_yaml(settings))
        whole = load_spiking(places.settings_file)
        network = network_of(whole.wiring, whole.interface, None)
        places.initial_file.parent.mkdir()
        for empty in (places.checkpoints_folder, places.evaluations_folder, places.best_folder):
            empty.mkdir()
        numbers = [round(time if evolved else time / 1000.0) for time in saved]
        evolution = whole.learning if evolved else None
        rows = _training(place / EVOLVED, evolution) if isinstance(evolution, SpikingEvolutionSettings) else []
        for number, time in zip(numbers, saved, strict=True):
            arrays = {"weights": _in_order(network, weights[weights["time"] == time], str(pickle))}
            if number == numbers[0] == 0:
                save_arrays(places.initial_file, arrays)
            else:
                steps = next((row["steps"] for row in reversed(rows) if row["iteration"] <= number), 0)
                reached: CheckpointRecord = {"iteration": number, "steps": steps, "finished": "imported"}
                save_checkpoint(places.checkpoints_folder, number, arrays, reached, len(saved))
        if not places.initial_file.exists():
            save_arrays(places.initial_file, {"weights": network.weight[network.plastic]})
        save_arrays(places.best_file, arrays)
        write_json(places.best_record, {"step": numbers[-1], "iteration": numbers[-1], "score": None})
        record = provenance(whole, places.circuit_folder)
        record["imported"] = {str(file): sha256(file) for file in (config, pickle)}
        write_json(places.provenance_file, record | {"parameters": int(network.plastic.sum())})
        with MetricsLog(places.metrics_file) as log:
            for row in rows:
                log.append(row)
    lock.release()
    left = (
        "partners of synapses that do not learn, and all delays, are not in the folder; they are drawn anew",
        *(() if numbers[0] == 0 else ("the weights before learning were not saved; initial ones are drawn anew",)),
        *found.left,
    )
    return Imported(SpikingRun(target), left)


def read_weights(file: Path) -> pd.DataFrame:
    """Saved weights: one row a time, pre- and postsynaptic cell: time, pre, post, weight (mV).

    Raises:
        PremotorError: the file is no pickle of them.
    """
    data = read_plain_pickle(file)
    try:
        rows = [
            (float(time), int(pre), int(post), float(weight))
            for pre, posts in data.items()
            for post, saved in posts.items()
            for time, weight in saved
        ]
    except (AttributeError, TypeError, ValueError):
        raise PremotorError(f"{file} holds no weights by presynaptic and postsynaptic cell") from None
    if not rows:
        raise PremotorError(f"{file} holds no weights")
    table = pd.DataFrame(rows, columns=["time", "pre", "post", "weight"])
    if table["time"].value_counts().nunique() != 1:
        raise PremotorError(f"{file} holds other synapses at some times than at others")
    return table


def _first(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise PremotorError(f"{folder} is no run folder of the original program: it has no {' and no '.join(names)}")


def _check(found: Translated, pairs: dict[str, NDArray[np.int64]], file: str) -> None:
    """That the cells of saved weights are those of populations that are connected."""
    bounds = np.cumsum(found.sizes)
    for side in pairs.values():
        if side.min() < 0 or side.max() >= bounds[-1]:
            raise PremotorError(f"{file} names cell {int(side.max())}, but the configuration has {int(bounds[-1])}")
    names = [np.array(found.order)[np.searchsorted(bounds, side, side="right")] for side in pairs.values()]
    known = {key for key, value in found.settings["wiring"]["projections"].items() if value}
    wrong = {f"{pre}-{post}" for pre, post in zip(*names, strict=True)} - known
    if wrong:
        raise PremotorError(f"{file} has weights of {sorted(wrong)[0]}, which the configuration does not connect")


def _in_order(network: "SpikingNetwork", table: pd.DataFrame, file: str) -> NDArray[np.float64]:
    """Weights in the order of the network's plastic synapses, (plastic,)."""
    held = dict(zip(zip(table["pre"], table["post"], strict=True), table["weight"], strict=True))
    keys = list(zip(network.pre[network.plastic].tolist(), network.post[network.plastic].tolist(), strict=True))
    missing = [key for key in keys if key not in held]
    if missing or len(held) != len(keys):
        raise PremotorError(
            f"{file} has {len(held):,} weights, but the configuration {len(keys):,} plastic synapses"
            + (f"; there is none for {missing[0]}" if missing else "")
        )
    return np.array([held[key] for key in keys])


class EvolutionRow(TypedDict):
    """A row of metrics; what the record does not tell is None."""

    iteration: int
    fitness: float
    fitness_best: float
    fitness_least: float
    fitness_deviation: None
    undecided: None
    episodes: int
    steps: int


def _training(file: Path, learning: SpikingEvolutionSettings) -> list[EvolutionRow]:
    """Rows of metrics from the record of evolution: episodes, median, mean, least and most, mean weight."""
    rows: list[EvolutionRow] = []
    steps = 0
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        try:
            each, _, mean, least, most, _ = map(float, line.split("\t"))
        except ValueError:
            raise PremotorError(f"{file}, line {number}, is no row of evolution: {line[:60]!r}") from None
        episodes = int(each) * learning.strategy.population
        steps += round(mean * episodes)
        rows.append(
            {
                "iteration": number,
                "fitness": mean,
                "fitness_best": most,
                "fitness_least": least,
                "fitness_deviation": None,
                "undecided": None,
                "episodes": episodes,
                "steps": steps,
            }
        )
    return rows
