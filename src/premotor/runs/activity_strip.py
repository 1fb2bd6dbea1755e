"""What neurons are shown by, and what they do, drawn below the pictures of a video."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from premotor.connectome import Circuit
from premotor.networks import Baseline, Controller
from premotor.runs.settings import Experiment

CLASS_ORDER = ("sensory", "ascending", "descending", "interneuron", "motor", "other")
"""The order of classes of neurons in every figure: from what enters to what leaves."""


def neuron_groups(controller: Controller, circuit: Circuit, settings: Experiment) -> list[str]:
    """The class of each neuron, "unknown" without one; of a baseline what each unit belongs to."""
    if isinstance(controller.network, Baseline):
        return controller.network.groups
    return [str(name) or "unknown" for name in circuit.neurons["class"]]


def ordered_groups(groups: Sequence[str]) -> list[str]:
    """The groups that there are, from what enters to what leaves."""
    return sorted(dict.fromkeys(groups), key=lambda name: [*CLASS_ORDER, name].index(name))


COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233))
"""Of the groups, told apart with every common kind of colour blindness (Okabe and Ito 2008)."""
PAPER, INK = (255, 255, 255), (60, 60, 60)
WINDOW = 1.0
"""Seconds that the strip shows, up to now."""


def activity_image(rates: np.ndarray, groups: Sequence[str]) -> tuple[np.ndarray, list[tuple[str, int]]]:
    """Activity of all neurons over time as a picture, one row a neuron, sorted by group.

    Args:
        rates: (steps, neurons).
        groups: the group of each neuron, such as its class.

    Returns:
        the picture, (neurons, steps, 3) uint8, white where a neuron is least active and of its group's colour where it
        is most; and the groups from top to bottom, each with its first row.
    """
    low, high = rates.min(0), rates.max(0)
    level = ((rates - low) / np.where(high > low, high - low, 1.0)).T
    names = ordered_groups(groups)
    order = np.concatenate([[i for i, group in enumerate(groups) if group == name] for name in names])
    number = np.array([names.index(group) for group in groups])
    colour = np.array([COLOURS[i % len(COLOURS)] for i in range(len(names))])[number][:, None, :]
    picture = np.asarray(PAPER) + level[..., None] * (colour - np.asarray(PAPER))
    first = np.concatenate([[0], np.cumsum(np.bincount(number))[:-1]])
    return np.round(picture[order]).astype(np.uint8), list(zip(names, first.tolist(), strict=True))


def with_activity(
    frames: Iterable[np.ndarray], rows: Sequence[int], rates: np.ndarray, groups: Sequence[str], period: float
) -> Iterator[np.ndarray]:
    """Frames with the activity of the last second below them.

    Args:
        frames: pictures, (height, width, 3) uint8.
        rows: the control step of each.
        rates: activity in every control step, (steps, neurons).
        groups: the group of each neuron.
        period: time between two control steps, s.
    """
    image, blocks = activity_image(rates, groups)
    window = max(2, round(WINDOW / period))
    before = np.full((len(image), window - 1, 3), PAPER, np.uint8)  # nothing was before the episode began
    image = np.concatenate([before, image], axis=1)
    for row, frame in zip(rows, frames, strict=True):
        width = frame.shape[1]
        height = max(2, frame.shape[0] * 2 // 5 // 2 * 2)
        strip = Image.fromarray(image[:, row : row + window]).resize((width, height), Image.Resampling.BOX)
        pen = ImageDraw.Draw(strip)
        for name, first in blocks:
            y = first * height / len(image)
            pen.line((0, y, width, y), fill=INK)
            _label(pen, (2, y + 2), name, height)
        _label(pen, (width - 2, height - 2), f"activity of the last {WINDOW:g} s", height, anchor="rb")
        yield np.concatenate([frame, np.asarray(strip)])


def _label(pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, height: int, anchor: str = "la") -> None:
    """A text on paper, so that it can be read on any activity."""
    font = ImageFont.load_default(max(9, height // 12))
    pen.rectangle(pen.textbbox(place, text, font, anchor), fill=PAPER)
    pen.text(place, text, fill=INK, font=font, anchor=anchor)
