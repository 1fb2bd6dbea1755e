"""What a spiking agent is: its network, its inputs and how it learns."""

import numpy as np

from premotor.analysis import bootstrap_mean
from premotor.report.page import Block, Section, Table, Text, Tile, count, decimal, large, percent, with_interval
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.spiking.learning import trace
from premotor.report.spiking.record import SpikingRecord
from premotor.runs.spiking.records import cell_groups
from premotor.runs.spiking.settings import SpikingEvolutionSettings


@SECTIONS.register("spiking-about")
class About(ReportSection[SpikingRecord]):
    """Network, inputs, learning, and the runs that this one goes back to."""

    order, about = 10, SpikingRecord

    def build(self, record: SpikingRecord) -> Section:
        """The section."""
        run = record.run
        network, settings = run.network(), run.settings
        plastic = int(network.plastic.sum())
        interface = settings.interface
        text = (
            f"{count(network.cells, 'cell')} in {count(len(network.populations), 'population')}, "
            f"{count(len(network.pre), 'synapse')}, {plastic:,} of them plastic; wiring {settings.wiring.kind}, "
            f"seed {settings.wiring.seed}. "
            f"{count(network.sources, 'input')} at {interface.rate:g} Hz, one for each bin of the receptive fields, "
            f"for {interface.step:g} ms a step of the task; the action is the one whose cells fire more spikes, and a "
            "random one after a tie."
        )
        learned = settings.learning
        if isinstance(learned, SpikingEvolutionSettings):
            strategy = learned.strategy
            text += (
                f" Learning: {strategy.kind} evolution, {count(learned.iterations, 'iteration')} at most of a "
                f"population of {strategy.population}; of each member's life {learned.before} episodes without "
                f"plasticity, {learned.plastic} with, and {learned.episodes} that count."
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
        sent = np.bincount(network.pre, minlength=network.nodes)
        received = np.bincount(network.post, minlength=network.cells)
        learning_in = np.bincount(network.post[network.plastic], minlength=network.cells)
        rows = [
            [
                name,
                f"{len(cells):,}",
                *(f"{int(count_of[cells].sum()):,}" for count_of in (sent, received, learning_in)),
            ]
            for name, cells in groups.items()
        ]
        head = ["population", "cells", "synapses made", "synapses received", "of these plastic"]
        blocks: list[Block] = [Text(text), Table(head, rows, "The network", "", range(1, 5))]
        if settings.initial is not None:
            blocks.append(trace(run).shown(title="Where this run comes from", caption="The first run first."))
        return Section("What this run is", blocks)

    def tiles(self, record: SpikingRecord) -> list[Tile]:
        """The test, and how long it learned."""
        run, test = record.run, record.test
        tiles = []
        if test is not None:
            figures, length = test.figures, test.returned
            pole = record.poles
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
