"""Where neurons are drawn, in which colour, and what is said of one."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from premotor.connectome import Circuit
from premotor.runs.activity_strip import COLOURS, ordered_groups

REST = np.array([58, 64, 78])
"""Colour of a neuron that does nothing."""
SILENCED = np.array([20, 20, 24])
EXCITES, INHIBITS, UNKNOWN = (238, 119, 51), (51, 187, 238), (150, 150, 150)
"""Colours of synapses by their sign."""
PARTNERS = 5
"""Strongest partners that are named of a neuron, of each direction."""


def neuron_layout(groups: Sequence[str], sides: Sequence[str]) -> Float[np.ndarray, "neurons 3"]:
    """Places of neurons in a box of about ±1: a cloud for each group along x, left and right of the body along y.

    Args:
        groups: the class of each neuron, or what stands for it.
        sides: "left", "right" or anything else (the middle) of each.
    """
    names = ordered_groups(groups)
    places = np.zeros((len(groups), 3))
    widths = np.array([np.sqrt(list(groups).count(name)) for name in names])
    edges = np.concatenate([[0.0], np.cumsum(widths + widths.mean() * 0.4)])
    for name, width, edge in zip(names, widths, edges[:-1], strict=True):
        members = [i for i, group in enumerate(groups) if group == name]
        golden = np.pi * (3 - np.sqrt(5))
        for side, middle in (("left", 1.0), ("right", -1.0), ("", 0.0)):
            here = [i for i in members if (sides[i] if sides[i] in ("left", "right") else "") == side]
            for k, i in enumerate(here):  # a sunflower: even, and no two in one place
                radius, angle = np.sqrt((k + 0.5) / len(here)), k * golden
                x = edge + width / 2 * (1 + radius * np.cos(angle))
                places[i] = x, middle * widths.max() / 4, 3 * radius * np.sin(angle)
    places -= (places.max(0) + places.min(0)) / 2
    scale = np.array([np.abs(places[:, 0]).max(), np.abs(places[:, 0]).max(), 6.0])
    return places / np.where(scale > 0, scale, 1.0)


def group_colours(groups: Sequence[str]) -> Int[np.ndarray, "neurons 3"]:
    """The colour of each neuron when it is as active as it gets."""
    names = ordered_groups(groups)
    return np.array([COLOURS[names.index(group) % len(COLOURS)] for group in groups])


def activity_colours(
    level: Float[np.ndarray, " neurons"], full: Int[np.ndarray, "neurons 3"], silenced: np.ndarray
) -> np.ndarray:
    """Colours (neurons, 3) uint8: dark at rest, the group's own when active, nearly black when silenced."""
    part = np.clip(level, 0.0, 1.0)[:, None]
    bright = np.minimum(255, full * 1.15 + 40 * part)
    colours = REST + part * (bright - REST)
    return np.where(silenced[:, None], SILENCED, colours).astype(np.uint8)


def activity_raster(
    rates: Float[np.ndarray, "steps neurons"], groups: Sequence[str], silenced: np.ndarray
) -> np.ndarray:
    """Activity over time as a picture (neurons, steps, 3) uint8: a row a neuron, sorted by group."""
    low, high = rates.min(0), rates.max(0)
    level = (rates - low) / np.where(high > low, high - low, 1.0)
    names = ordered_groups(groups)
    order = sorted(range(len(groups)), key=lambda i: names.index(groups[i]))
    full = group_colours(groups)
    return np.stack([activity_colours(row, full, silenced)[order] for row in level], axis=1)


def neuron_text(circuit: Circuit | None, number: int, group: str) -> str:
    """What is known of a neuron, in Markdown: its row of the table and its strongest partners."""
    if circuit is None:
        return f"**unit {number}** ({group})"
    row = circuit.neurons.iloc[number]
    shown = ("type", "class", "side", "transmitter")
    parts = [f"{name} **{row[name]}**" for name in shown if name in row and str(row[name])]
    own = str(row["name"]) if "name" in row and str(row["name"]) else str(circuit.ids[number])
    lines = [f"### {own}", ", ".join(parts) or "nothing is known of it"]
    counts = circuit.synapses
    for title, line in (("onto", counts[[number], :].toarray()[0]), ("from", counts[:, [number]].toarray()[:, 0])):
        best = [int(i) for i in np.argsort(-line, kind="stable")[:PARTNERS] if line[i] > 0]
        named = ", ".join(f"{neuron_name(circuit, i)} ({int(line[i])})" for i in best)
        total = int((line > 0).sum())
        lines.append(f"**{title}** {total} partners, {int(line.sum())} synapses{': ' + named if named else ''}")
    return "\n\n".join(lines)


def neuron_name(circuit: Circuit, number: int) -> str:
    """What a neuron is called: its name, else its type, else its id."""
    row = circuit.neurons.iloc[number]
    return next((str(row[c]) for c in ("name", "type") if c in row and str(row[c])), str(circuit.ids[number]))
