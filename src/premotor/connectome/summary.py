"""The page of text that `premotor circuit info` prints."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from premotor.connectome.effectors import summarise_effectors
from premotor.connectome.paths import hop_distances
from premotor.connectome.pathways import pathways, starting_class
from premotor.connectome.vocabulary import CLASSES

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit


MOST_GROUPS = 15
"""Values of a column that are listed."""


def summarise(circuit: "Circuit") -> str:
    """Return counts by class, transmitter, sign and side, wiring between classes, hops, effectors, and the record."""
    neurons, synapses = circuit.neurons, circuit.synapses
    parts = [
        repr(circuit),
        str(circuit.provenance),
        _counts("class", neurons["class"]),
        _counts("transmitter", neurons["transmitter"]),
        _counts("sign", neurons["sign"].map({1: "excitatory (+)", -1: "inhibitory (-)", 0: "unknown (0)"})),
        _counts("side", neurons["side"]),
        *(_counts(name, neurons[name], MOST_GROUPS) for name in _grouping(neurons)),
        _between(neurons, synapses, "edges"),
        _between(neurons, synapses, "synapses"),
        _degrees(synapses),
        _hops(neurons, synapses),
        _shortcuts(circuit),
        summarise_effectors(circuit),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_html(circuit: "Circuit") -> str:
    """Return the circuit's line and its neurons by class (rows) and sign (columns), as HTML."""
    signs = circuit.neurons["sign"].map({1: "excitatory", -1: "inhibitory", 0: "sign unknown"})
    table = pd.crosstab(circuit.neurons["class"].replace("", "unknown"), signs)
    return f"<p>{escape(repr(circuit))}</p>{table.to_html(border=0)}"


def as_dict(circuit: "Circuit") -> dict[str, object]:
    """Return sizes, neurons by class, transmitter, sign and side, and the record, as JSON can hold them."""
    columns = ("class", "transmitter", "sign", "side", *_grouping(circuit.neurons))
    counts = {name: {str(k): int(n) for k, n in circuit.neurons[name].value_counts().items()} for name in columns}
    return {**circuit.size, "neurons_by": counts, "provenance": circuit.provenance.as_dict()}


def _grouping(neurons: pd.DataFrame) -> list[str]:
    """Other columns of text that put neurons into groups, as types and fibres do; not names of single neurons."""
    usual = ("class", "transmitter", "sign", "side")
    others = [str(name) for name in neurons if name not in usual and pd.api.types.is_string_dtype(neurons[name])]
    return [name for name in others if 2 <= neurons[name].nunique() <= len(neurons) / 2]


def _counts(title: str, column: pd.Series, most: int | None = None) -> str:
    counts = column.replace("", "unknown").value_counts()
    width = max(len(str(word)) for word in counts.index[:most])
    lines = [f"  {word:<{width}}  {count:>9,}" for word, count in counts.iloc[:most].items()]
    if most is not None and len(counts) > most:
        lines.append(f"  and {len(counts) - most:,} more, of {counts.iloc[most]:,} at most")
    return "\n".join([f"neurons by {title}", *lines])


def _between(neurons: pd.DataFrame, synapses: csr_array, what: str) -> str:
    """Return a table of edges or synapses from each class (rows) to each class (columns)."""
    word = neurons["class"]
    names = [name for name in CLASSES if (word == name).any()]
    names += sorted(set(word) - set(names))
    code = word.map({name: number for number, name in enumerate(names)}).to_numpy()
    wiring = coo_array(synapses)
    weight = wiring.data if what == "synapses" else np.ones_like(wiring.data)
    table = np.zeros((len(names), len(names)), np.int64)
    np.add.at(table, (code[wiring.row], code[wiring.col]), weight)
    shown = [name or "unknown" for name in names]
    width = max(12, *(len(name) for name in shown))
    lines = [
        f"{what} from (rows) to (columns)",
        " " * (width + 2) + "".join(f"{n:>{width + 1}}" for n in shown),
    ]
    for name, row in zip(shown, table, strict=True):
        lines.append(f"  {name:<{width}}" + "".join(f"{count:>{width + 1},}" for count in row))
    return "\n".join(lines)


def _degrees(synapses: csr_array) -> str:
    incoming = np.bincount(synapses.indices, minlength=synapses.shape[0])
    outgoing = np.diff(synapses.indptr)
    lines = ["partners of a neuron         minimum  median    mean  maximum"]
    for word, degree in (("presynaptic (in)", incoming), ("postsynaptic (out)", outgoing)):
        middle = f"{np.median(degree):>7.1f} {degree.mean():>7.1f}"
        lines.append(f"  {word:<25}  {degree.min():>7,} {middle}  {degree.max():>7,}")
    return "\n".join(lines)


def hops_to_motor(neurons: pd.DataFrame, synapses: csr_array) -> tuple[str, np.ndarray] | None:
    """Return the class where paths begin, and the fewest synapses from it to each motor neuron; -1: not reached.

    The class is the first that the circuit has of sensory, ascending and descending; without any, or without
    motor neurons, the result is None.
    """
    start, word = starting_class(neurons), neurons["class"].to_numpy()
    return None if start is None else (start, hop_distances(synapses, word == start)[word == "motor"])


def _hops(neurons: pd.DataFrame, synapses: csr_array) -> str:
    found = hops_to_motor(neurons, synapses)
    if found is None:
        return ""
    start, hops = found
    lines = [f"motor neurons by the fewest synapses from a {start} neuron"]
    values, counts = np.unique(hops, return_counts=True)
    lines += [
        f"  {'not reached' if value < 0 else value!s:<11}  {count:>9,}"
        for value, count in zip(values, counts, strict=True)
    ]
    return "\n".join(lines)


def _shortcuts(circuit: "Circuit") -> str:
    found = pathways(circuit)
    if found is None:
        return ""
    return (
        f"straight from {found.start} to motor neurons: {100 * found.direct:.3f}% of the synapses "
        f"({100 * found.direct_edges:.3f}% of the edges); motor neurons are {found.length:.2f} synapses away on average"
    )
