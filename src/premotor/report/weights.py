"""The weights before and after learning."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from premotor.analysis import ClassPair, by_class_pair, sorted_by_class, weight_change, weight_matrix
from premotor.report.page import (
    Block,
    Missing,
    Picture,
    Section,
    Table,
    Text,
    Tile,
    change as in_words,
    count,
    decimal,
    percent,
)
from premotor.report.reading import RunRecord, Weights
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.weights_figures import changes, histograms, matrices, scatter
from premotor.runs.activity_strip import CLASS_ORDER

MOST_PAIRS = 6
"""Pairs of classes shown as histograms; the table has all."""


@dataclass(frozen=True)
class WiringFacts:
    """Whether the trained synapses are those of the connectome."""

    trained: int
    """Synaptic edges of the controller."""
    unsigned: int
    """Edges of the circuit that carry nothing, since the sign of their neuron is unknown."""
    sign_changes: int
    """Edges whose weight has another sign than their presynaptic neuron."""
    foreign: int
    """Edges that the circuit does not have."""


def wiring_facts(record: RunRecord) -> WiringFacts:
    """Compare the controller's synapses, after learning where known, with the circuit's, one by one."""
    weights = record.after or record.before
    circuit = record.run.circuit
    sign = circuit.neurons["sign"].to_numpy(np.int64)
    real = circuit.synapses.tocoo()
    size = len(circuit)
    edges = set((real.row.astype(np.int64) * size + real.col).tolist())
    keys = weights.pre * size + weights.post
    active = weights.weight != 0
    return WiringFacts(
        trained=len(weights.weight),
        unsigned=int(circuit.synapses.nnz - len(edges.intersection(keys.tolist()))),
        sign_changes=int((np.sign(weights.weight) != sign[weights.pre])[active].sum()),
        foreign=sum(key not in edges for key in keys[active].tolist()),
    )


@SECTIONS.register("weights")
class WeightsSection(ReportSection[RunRecord]):
    """Matrix, histograms by class pair, scatter and table of signed weights before and after."""

    order, about = 50, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether the network is a circuit."""
        return record.run.wired

    def build(self, record: RunRecord) -> Section:
        """The section."""
        title = "The weights before and after"
        before, after = record.before, record.after
        if after is None:
            text = "No controller was evaluated yet, so there is none to compare with its beginning:"
            return Section(title, [Missing(text, record.command("resume"))])
        if not np.array_equal(before.pre, after.pre) or not np.array_equal(before.post, after.post):
            return Section(title, [Text("The synapses of the two controllers differ, so they cannot be compared.")])
        classes = record.classes
        pairs = by_class_pair(
            [classes[i] for i in before.pre], [classes[i] for i in before.post], before.weight, after.weight
        )
        order, blocks = sorted_by_class(classes, CLASS_ORDER)
        limit = 1.0
        if pairs:
            limit = float(np.percentile(np.abs(np.concatenate([before.weight, after.weight])), 99)) or 1.0
        facts = wiring_facts(record)
        several = [pair for pair in pairs if np.isfinite(pair.change.median_log2_ratio)]
        blocks_shown: list[Block] = [
            Text(f"{_verdict(facts)} {_extent(before, after)}"),
            Picture(
                matrices(
                    weight_matrix(before.pre, before.post, before.weight, order),
                    weight_matrix(after.pre, after.post, after.weight, order),
                    blocks,
                    limit,
                ),
                "Signed weights",
                "Rows are presynaptic, columns postsynaptic, sorted by class. Orange: excitatory; blue: "
                f"inhibitory; opacity grows with the square root of the magnitude, full at {decimal(limit, 2)} "
                "(the 99th percentile). What is empty has no synapse in the connectome, and can never get one.",
            ),
        ]
        if several:
            shown = several[:MOST_PAIRS]
            blocks_shown += [
                Picture(
                    histograms(shown),
                    "Magnitudes by pair of classes",
                    "Excitatory synapses upwards, inhibitory ones downwards. Outline: before learning; filled: after. "
                    + (f"The {len(shown)} pairs with most synapses." if len(several) > len(shown) else ""),
                ),
                Picture(
                    scatter(before.weight, after.weight),
                    "Every synapse",
                    "Magnitude after against before. The line is no change, the band a factor of two.",
                    narrow=True,
                ),
                Picture(
                    changes(several[:12]),
                    "Growth by pair of classes",
                    "After over before: median (dot) and the middle 95% of the synapses (line).",
                    narrow=True,
                ),
            ]
        blocks_shown += [_table(record, pairs), _parameters(before, after)]
        return Section(
            title,
            blocks_shown,
            lead="Learning may change how strong a synapse is. It can neither change its sign nor make a new one.",
        )

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """The size of the circuit, and whether its signs and wiring were held."""
        circuit, facts = record.run.circuit, wiring_facts(record)
        note = f"{count(int(circuit.synapses.sum()), 'synapse')} in {count(circuit.synapses.nnz, 'edge')}"
        if circuit.gap_junctions is not None:
            note += f", {count(circuit.gap_junctions.nnz, 'gap-junction edge')}"
        broken = facts.sign_changes + facts.foreign
        held = "all" if not broken else f"{facts.trained - broken:,} of {facts.trained:,}"
        compared = f"{count(facts.trained, 'synaptic edge')} compared with the connectome after learning"
        return [Tile("Neurons", f"{len(circuit):,}", note=note), Tile("Signs and wiring held", held, note=compared)]


@SECTIONS.register("parameters")
class Parameters(ReportSection[RunRecord]):
    """How far each kind of parameter of a plain network moved."""

    order, about = 50, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether the network is a plain one."""
        return not record.run.wired

    def build(self, record: RunRecord) -> Section:
        """The section."""
        title = "The parameters before and after"
        if record.after is None:
            text = "No controller was evaluated yet, so there is none to compare with its beginning:"
            return Section(title, [Missing(text, record.command("resume"))])
        return Section(title, [_parameters(record.before, record.after)])

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """The size of the network."""
        learnt = record.run.controller("initial").learned
        return [Tile("Units", f"{len(record.classes):,}", note=f"{learnt:,} weights and biases; no circuit")]


def _verdict(facts: WiringFacts) -> str:
    text = f"Of {count(facts.trained, 'synaptic edge')}, compared one by one with the circuit, "
    if facts.sign_changes == 0 and facts.foreign == 0:
        text += "none has another sign than its presynaptic neuron and none is missing from the connectome."
    else:
        text += (
            f"{facts.sign_changes:,} have another sign than their presynaptic neuron and {facts.foreign:,} "
            "are missing from the connectome."
        )
    if facts.unsigned:
        text += f" {count(facts.unsigned, 'more edge')} carry nothing, since the sign of their neuron is unknown."
    return text


def _extent(before: Weights, after: Weights) -> str:
    """How much the synapses changed as a whole."""
    change = weight_change(before.weight, after.weight)
    text = (
        f"The middle 95% of the chemical synapses changed by {in_words(change.low_log2_ratio)} to "
        f"{in_words(change.high_log2_ratio)}."
    )
    if max(abs(change.low_log2_ratio), abs(change.high_log2_ratio)) < np.log2(1.05):
        text += " So they are in effect those that the synapse counts gave; what was learned lies elsewhere."
    return text


def _parameters(before: Weights, after: Weights) -> Table:
    rows = []
    for name, old in before.parameters.items():
        new = after.parameters[name]
        if not old.size:
            continue
        size = float(np.linalg.norm(old))
        moved = float(np.linalg.norm(new - old))
        rows.append([name, f"{old.size:,}", "held" if moved == 0 else percent(moved / size, 1) if size else "–"])
    return Table(
        head=["parameters", "number", "relative change"],
        rows=rows,
        numeric=(1, 2),
        title="Where learning went",
        caption="Euclidean norm of the change over the norm before learning.",
    )


def _table(record: RunRecord, pairs: list[ClassPair]) -> Table:
    rows = [_row(f"{pair.pre} → {pair.post}", pair.before, pair.after) for pair in pairs]
    if record.after is not None and len(record.after.conductance):
        rows.append(_row("gap junctions", record.before.conductance, record.after.conductance))
    return Table(
        head=[
            "synapses",
            "edges",
            "excitatory",
            "median change",
            "middle 95%",
            "changed twofold",
            "correlation",
            "sign changes",
        ],
        rows=rows,
        numeric=(1, 2, 3, 4, 5, 6, 7),
        title="Change by pair of classes",
        caption="Magnitude after against before; fraction of the edges that grew or shrank at least twofold; "
        "Pearson correlation of the logarithms of the magnitudes before and after.",
    )


def _row(name: str, before: NDArray[np.float64], after: NDArray[np.float64]) -> list[str]:
    change = weight_change(before, after)
    junctions = name == "gap junctions"
    return [
        name,
        f"{change.synapses:,}",
        "–" if junctions else percent(float((after > 0).mean())),
        in_words(change.median_log2_ratio),
        f"{in_words(change.low_log2_ratio)} to {in_words(change.high_log2_ratio)}",
        percent(change.changed_twofold),
        decimal(change.correlation),
        "–" if junctions else f"{change.sign_changes:,}",
    ]
