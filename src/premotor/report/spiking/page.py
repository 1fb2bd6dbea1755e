"""The report of a spiking agent: one page, from its run folder alone."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from premotor.analysis import bootstrap_mean
from premotor.report.number_format import count, decimal, large, percent, with_interval
from premotor.report.page import Block, Missing, Page, Section, Table, Text, Tile
from premotor.report.reproducing import reproducing
from premotor.report.spiking import behaviour, inputs, learning, weights
from premotor.report.spiking.analysis import Analysis
from premotor.runs.files import read_json, write_atomically
from premotor.runs.spiking.records import Record, cell_groups, read_test
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import EvolutionLearning
from premotor.runs.spiking.wiring import CartPoleSettings


def write_spiking_report(folder: str | os.PathLike[str]) -> Path:
    """Write `report.html` into the run folder of a spiking agent and return its path.

    What the folder does not hold yet is said in words, with the command that makes it.

    Raises:
        PremotorError: no such run folder, or a file in it is missing or damaged.
    """
    run = SpikingRun(folder)
    path = run.folder / "report.html"
    write_atomically(path, spiking_page(run).render())
    return path


def spiking_page(run: SpikingRun) -> Page:
    """The page of a run."""
    record = read_test(run) if (run.evaluations_folder / "test.json").exists() else None
    provenance = read_json(run.folder / "provenance.json")
    sections = [
        _about(run),
        _learning(run),
        *_behaviour(run, record),
        _weights(run),
        _inputs(run),
        reproducing(provenance, run.folder / "settings.yaml"),
    ]
    how = "evolution" if isinstance(run.settings.learning, EvolutionLearning) else "reward-modulated plasticity"
    return Page(
        title=run.folder.resolve().name,
        kicker="premotor run report",
        subtitle=f"{count(run.network().cells, 'spiking cell')} that {_task(run)}, trained by {how}.",
        sections=sections,
        tiles=_tiles(run, record),
        notes=_notes(run, record),
        footer="Made by premotor.",
    )


def _task(run: SpikingRun) -> str:
    task = run.settings.task
    return "balance a pole" if isinstance(task, CartPoleSettings) else f"act in {task.id}"


def _notes(run: SpikingRun, record: Record | None) -> list[str]:
    notes = []
    learning_settings = run.settings.learning
    if isinstance(learning_settings, EvolutionLearning):
        short = run.iteration < learning_settings.iterations
    else:
        done = int(run.metrics["episodes"].sum()) if len(run.metrics) else 0
        short = not learning_settings.ends(done, run.steps_at(run.iteration))
    goal = run.settings.stop.score
    if short and not (goal is not None and any(row["mean"] >= goal for row in run.evaluations())):
        notes.append(f"This run is not finished. Continue it with: premotor resume {run.folder}.")
    if record is not None and record.figures["checkpoint"] != "best":
        notes.append(f"The test shown here is of the weights {record.figures['checkpoint']!r}, not of the best ones.")
    if run.settings.plasticity.faithful:
        notes.append("Plasticity is as in the original program, with the faults that shaped published numbers.")
    return notes


def _tiles(run: SpikingRun, record: Record | None) -> list[Tile]:
    tiles = []
    if record is not None:
        figures, length = record.figures, record.returned
        pole = isinstance(run.settings.task, CartPoleSettings)
        unit = "steps" if pole else ""
        seed = figures["seed"]
        tiles = [
            Tile(
                f"Mean of {count(len(length), 'test episode')}",
                decimal(float(length.mean()), 1),
                unit,
                f"95% interval {with_interval(bootstrap_mean(length), 1).partition('[')[2].rstrip(']') or '–'}; "
                f"start states of seed {seed}",
                fraction=min(1.0, float(length.mean()) / 500) if pole else None,
            ),
            Tile("Median", decimal(float(np.median(length)), 0), unit, f"{length.min():g} to {length.max():g}"),
            Tile("Undecided moves", percent(figures["undecided"], 1), fraction=figures["undecided"]),
        ]
        if pole:
            tiles.append(Tile("Moves to the right", percent(figures["right"], 1), fraction=figures["right"]))
    rows = run.metrics
    if len(rows):
        steps = int(rows["steps"].iloc[-1])
        tiles.append(Tile("Learned for", large(steps), "steps", f"{count(int(rows['episodes'].sum()), 'episode')}"))
    return tiles


def _about(run: SpikingRun) -> Section:
    network, settings = run.network(), run.settings
    plastic = int(network.plastic.sum())
    interface = settings.interface
    text = (
        f"{count(network.cells, 'cell')} in {count(len(network.populations), 'population')}, "
        f"{count(len(network.pre), 'synapse')}, {plastic:,} of them plastic; wiring {settings.wiring.kind}, "
        f"seed {settings.wiring.seed}. "
        f"{count(network.sources, 'input')} at {interface.rate:g} Hz, one for each bin of the receptive fields, for "
        f"{interface.step:g} ms a step of the task; the action is the one whose cells fire more spikes, and a "
        "random one after a tie."
    )
    learned = settings.learning
    if isinstance(learned, EvolutionLearning):
        strategy = learned.strategy
        text += (
            f" Learning: {strategy.kind} evolution, {count(learned.iterations, 'iteration')} at most of a population "
            f"of {strategy.population}; of each member's life {learned.before} episodes without plasticity, "
            f"{learned.plastic} with, and {learned.episodes} that count."
        )
    else:
        plasticity = settings.plasticity
        text += (
            f" Learning: reward-modulated plasticity over {count(learned.episodes, 'episode')} at most; critic "
            f"{plasticity.critic.kind}, targeting {plasticity.targeting.mode}, feedback "
            f"{plasticity.targeting.feedback}."
        )
        if learned.phases:
            begins = " and ".join(f"{phase.begin:,}" for phase in learned.phases)
            text += f" Other rules followed after {begins} steps."
    groups = cell_groups(run)
    sent = np.bincount(network.pre, minlength=network.cells + network.sources)
    received = np.bincount(network.post, minlength=network.cells)
    learning_in = np.bincount(network.post[network.plastic], minlength=network.cells)
    rows = [
        [name, f"{len(cells):,}", *(f"{int(count_of[cells].sum()):,}" for count_of in (sent, received, learning_in))]
        for name, cells in groups.items()
    ]
    head = ["population", "cells", "synapses made", "synapses received", "of these plastic"]
    blocks: list[Block] = [Text(text), Table(head, rows, "The network", "", range(1, 5))]
    if settings.parent is not None:
        blocks.append(learning.trace(run).shown(title="Where this run comes from", caption="The first run first."))
    return Section("What this run is", blocks)


def _learning(run: SpikingRun) -> Section:
    if not len(run.metrics):
        return Section("How it learned", [Missing("It has not learned yet:", f"premotor resume {run.folder}")])
    name = run.folder.resolve().name
    curve, episodes = learning.curves({name: run}), learning.medians(run)
    blocks: list[Block] = [
        curve.picture(),
        episodes.picture(),
        episodes.shown(1, caption="Best sliding medians over so many, and the best mean of 100."),
    ]
    command = f"premotor analyse checkpoints {run.folder}"
    if (run.evaluations_folder / "checkpoints.parquet").exists():
        blocks.append(learning.checkpoints(run).picture())
    else:
        blocks.append(Missing("Its checkpoints were not tested one by one:", command))
    return Section("How it learned", blocks)


def _behaviour(run: SpikingRun, record: Record | None) -> list[Section]:
    titles = ("What it does", "What the cells do")
    if record is None:
        missing = Missing("There is no test:", f"premotor spiking evaluate {run.folder}")
        return [Section(title, [missing]) for title in titles]
    rates = behaviour.rates(run)
    table = rates.shown(
        2,
        "Rates of the whole test",
        "Mean over cells and its deviation between them, Hz; silent: fraction of cells without a spike; variance and "
        "Fano factor of the population's count of spikes in a step.",
    )
    first = [_shown(make, run) for make in (behaviour.lengths, behaviour.moves, behaviour.rewards)]
    cells = [_shown(behaviour.raster, run), rates.picture(), table, _shown(behaviour.variance, run)]
    return [Section(titles[0], first), Section(titles[1], cells)]


def _weights(run: SpikingRun) -> Section:
    which = "best" if (run.folder / "best.json").exists() else "last"
    changed = weights.changes(run, which)
    blocks: list[Block] = [
        changed.picture(),
        changed.shown(
            2,
            "By part",
            "Means and standard deviations, mV; mean absolute change, mV; the median of log₂(after / before); "
            "the fraction of synapses that grew or "
            "shrank twofold, and of those below 0.01 mV; the correlation of the logarithms.",
        ),
        weights.over_time(run).picture(),
        weights.matrix(run, which).picture(),
    ]
    return Section("What learning changed", blocks)


def _inputs(run: SpikingRun) -> Section:
    blocks: list[Block] = []
    for file, make, command in (
        ("mock.safetensors", inputs.fields, f"premotor spiking mock {run.folder}"),
        ("combinations.safetensors", inputs.policy, f"premotor spiking mock {run.folder} --combinations"),
    ):
        there = (run.evaluations_folder / file).exists()
        blocks.append(make(run).picture() if there else Missing("Not driven yet:", command))
    return Section("What its inputs do", blocks)


def _shown(make: Callable[[SpikingRun], Analysis], run: SpikingRun) -> Block:
    return make(run).picture()
