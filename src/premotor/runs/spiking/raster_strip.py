"""Spikes of all populations as a raster that moves, votes and rates, drawn below the pictures of a video."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from premotor.runs.activity_strip import COLOURS, INK, PAPER

HEIGHT, MARGIN, PANEL = 300, 74, 190
"""Pixels: of the strip, of the names at its left, of votes and rates at its right."""
TOP, BOTTOM = 16, 16
"""Pixels above and below the raster."""
WINDOW = 2.0
"""Seconds that the raster shows, up to now."""
LEAST = 11
"""Pixels between the names of two populations."""
FAINT = (225, 225, 225)


class Shown(NamedTuple):
    """What a network did in an episode."""

    time: NDArray[np.floating]
    """Of every spike, s, rising."""
    cell: NDArray[np.int64]
    groups: Mapping[str, NDArray[np.int64]]
    """Cells by the name of their population, from top to bottom."""
    votes: NDArray[np.int64]
    """Spikes for each action in every step, (steps, actions)."""
    names: Sequence[str]
    """Of the actions."""
    action: NDArray[np.integer]
    """(steps,)"""
    tie: NDArray[np.bool_]
    period: float
    """Of a step, s."""


def with_raster(frames: Iterable[np.ndarray], rows: Sequence[int], shown: Shown) -> Iterator[np.ndarray]:
    """Frames with the spikes of the last seconds below them, and the votes that decide the step.

    Args:
        frames: pictures, (height, width, 3) uint8.
        rows: the step of each.
        shown: what the network did.
    """
    place = raster_rows(shown.groups, HEIGHT - TOP - BOTTOM)
    tint = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(shown.groups)}
    count = max(int(cells.max(initial=0)) for cells in shown.groups.values()) + 1
    row_of, colour_of, rate_of = np.zeros(count, np.int64), np.zeros((count, 3), np.uint8), {}
    for name, cells in shown.groups.items():
        row_of[cells] = TOP + place[name][0] + np.arange(len(cells)) * (place[name][1]) // len(cells)
        colour_of[cells] = tint[name]
        rate_of[name] = len(cells)
    for row, frame in zip(rows, frames, strict=True):
        now = (row + 1) * shown.period
        width = frame.shape[1]
        strip = np.full((HEIGHT, width, 3), PAPER, np.uint8)
        span = width - MARGIN - PANEL
        first, last = np.searchsorted(shown.time, [now - WINDOW, now])
        cells = shown.cell[first:last]
        x = MARGIN + ((shown.time[first:last] - now + WINDOW) / WINDOW * (span - 2)).astype(np.int64)
        for down in (0, 1):
            for right in (0, 1):
                strip[np.minimum(row_of[cells] + down, HEIGHT - BOTTOM - 1), x + right] = colour_of[cells]
        picture = Image.fromarray(strip)
        pen = ImageDraw.Draw(picture)
        _names(pen, place, tint, MARGIN + span)
        pen.text((MARGIN, HEIGHT - 13), f"spikes of the last {WINDOW:g} s", fill=INK, font=_font(10))
        _votes(pen, shown, row, width)
        recent = np.searchsorted(shown.time, now - 1.0)
        rates = {
            name: np.isin(shown.cell[recent:last], members).sum() / rate_of[name] / min(1.0, now)
            for name, members in shown.groups.items()
        }
        _rates(pen, rates, tint, width)
        yield np.concatenate([frame, np.asarray(picture)])


def raster_rows(groups: Mapping[str, NDArray[np.int64]], height: int) -> dict[str, tuple[int, int]]:
    """First row and rows of each population: in proportion to its cells, but never less than its name needs."""
    least = min(LEAST, height // max(1, len(groups)))
    sizes = np.array([len(cells) for cells in groups.values()], float)
    rows = np.full(len(sizes), float(least))
    rest = height - rows.sum()
    wanted = np.maximum(sizes * height / sizes.sum() - least, 0.0)
    if wanted.sum() > 0:
        rows += wanted * rest / wanted.sum()
    ends = np.round(np.cumsum(rows)).astype(int)
    return {
        name: (int(end - size), int(size))
        for name, end, size in zip(groups, ends, np.diff(ends, prepend=0), strict=True)
    }


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _names(
    pen: ImageDraw.ImageDraw, place: Mapping[str, tuple[int, int]], tint: Mapping[str, tuple[int, int, int]], end: int
) -> None:
    for name, (first, size) in place.items():
        y = TOP + first
        pen.line((MARGIN - 4, y, end, y), fill=FAINT)
        pen.text((MARGIN - 6, y + size / 2), name[:12], fill=tint[name], font=_font(min(11, size)), anchor="rm")


def _votes(pen: ImageDraw.ImageDraw, shown: Shown, row: int, width: int) -> None:
    """Spikes for each action in this step; what was done is marked."""
    left, y = width - PANEL + 14, TOP
    pen.text((left, 2), "votes in this step", fill=INK, font=_font(10))
    most = max(1, int(shown.votes.max()))
    each = min(18, 90 // max(1, len(shown.names)))
    for number, name in enumerate(shown.names):
        taken, tied = int(shown.action[row]) == number, bool(shown.tie[row])
        length = (PANEL - 90) * int(shown.votes[row, number]) / most
        fill = COLOURS[1] if taken and not tied else (150, 150, 150)
        pen.rectangle((left + 44, y + 3, left + 44 + length, y + each - 3), fill=fill)
        mark = f"{int(shown.votes[row, number])}" + (" (at random)" if taken and tied else "")
        pen.text((left + 48 + length, y + each / 2), mark, fill=INK, font=_font(10), anchor="lm")
        pen.text((left + 40, y + each / 2), name[:7], fill=INK, font=_font(10), anchor="rm")
        y += each


def _rates(
    pen: ImageDraw.ImageDraw, rates: Mapping[str, float], tint: Mapping[str, tuple[int, int, int]], width: int
) -> None:
    """Mean rate of each population over the last second, Hz."""
    left, y = width - PANEL + 14, TOP + 100.0
    pen.text((left, y - 12), "rate over the last second, Hz", fill=INK, font=_font(10))
    most, each = max(20.0, max(rates.values())), max(5.0, min(18.0, (HEIGHT - y - 6) / max(1, len(rates))))
    size = int(min(10, each))
    for name, rate in rates.items():
        length = (PANEL - 110) * rate / most
        pen.rectangle((left + 60, y + 2, left + 60 + length, y + each - 2), fill=tint[name])
        pen.text((left + 64 + length, y + each / 2), f"{rate:.1f}", fill=INK, font=_font(size), anchor="lm")
        pen.text((left + 56, y + each / 2), name[:10], fill=INK, font=_font(size), anchor="rm")
        y += each
