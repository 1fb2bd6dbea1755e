"""A planar worm seen from above, the camera following it."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from premotor.bodies.worm import LENGTH, RADIUS, SEGMENTS

FINE = 3
"""Pictures are drawn so many times larger and then made smaller, for smooth edges."""
TOUCH = (213, 94, 0)
PAPER, LINE, TRAIL, INK = (246, 246, 242), (226, 226, 220), (205, 190, 170), (38, 44, 52)
SKIN, HEAD, DORSAL = (204, 168, 143), (150, 80, 66), (0, 114, 178)
GRID = 0.25
"""mm"""
SMOOTH = 100
"""Steps before and after over which the camera's place is a mean."""


def draw_worm(
    qpos: Float[np.ndarray, "steps positions"],
    rows: Sequence[int],
    captions: Sequence[str] = (),
    size: tuple[int, int] = (640, 360),
    touched: Sequence[int] | np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Draw some steps of an episode from above, the camera on the mean place of the body around that time.

    The head is dark, and the blue edge is the dorsal one. The trail is that of the tip of the head so far.

    Args:
        qpos: positions of the body `worm` in all steps.
        rows: the steps to draw.
        captions: a text for each picture, or none.
        size: width and height in pixels.
        touched: in each step 1 where the head is touched, −1 where the tail is, 0 where neither; None: never.
    """
    middles = midline(qpos)
    scale = FINE * size[1] / (1.3 * LENGTH)
    seen = np.array(size) * FINE / scale
    way = np.cumsum(np.concatenate([np.zeros((1, 2)), middles.mean(1)]), 0)
    for number, row in enumerate(rows):
        begin, end = max(row - SMOOTH, 0), min(row + SMOOTH + 1, len(middles))
        corner = (way[end] - way[begin]) / (end - begin) - seen / 2
        picture = paper(size, scale, corner)
        pen = ImageDraw.Draw(picture)

        def pixels(points: np.ndarray, corner: np.ndarray = corner) -> list[tuple[float, float]]:
            return [(float(x), float(size[1] * FINE - y)) for x, y in ((points - corner) * scale).reshape(-1, 2)]

        if row:
            pen.line(pixels(middles[: row + 1, 0]), fill=TRAIL, width=FINE)
        draw_body(pen, pixels, middles[row])
        if touched is not None and touched[row]:
            (x, y), radius = pixels(middles[row, 0 if touched[row] > 0 else -1])[0], 1.4 * RADIUS * scale
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=TOUCH, width=2 * FINE)
        if captions:
            font = ImageFont.load_default(FINE * max(10, size[1] // 20))
            pen.text((10 * FINE, 8 * FINE), captions[number], font=font, fill=INK)
        yield np.asarray(picture.resize(size, Image.Resampling.BOX))


def draw_body(
    pen: ImageDraw.ImageDraw,
    pixels: Callable[[np.ndarray], list[tuple[float, float]]],
    middle: Float[np.ndarray, "segments+1 2"],
) -> None:
    """Draw the body of a `midline` with a dark head and a blue dorsal edge; `pixels` says where points (mm) are."""
    place = np.arange(SEGMENTS + 1) / SEGMENTS
    width = RADIUS * np.maximum(1 - np.abs(2 * place - 1) ** 3, 0.02) ** 0.5
    along = np.gradient(middle, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / np.linalg.norm(along, axis=1, keepdims=True)
    # positive bends turn the tail to the left of the way from head to tail: the dorsal side is there
    dorsal, ventral = middle + width[:, None] * normal, middle - width[:, None] * normal
    pen.polygon(pixels(np.concatenate([dorsal, ventral[::-1]])), fill=SKIN)
    pen.polygon(pixels(np.concatenate([dorsal[:3], ventral[2::-1]])), fill=HEAD)
    pen.line(pixels(dorsal[1:-1]), fill=DORSAL, width=2 * FINE, joint="curve")


def midline(qpos: np.ndarray) -> np.ndarray:
    """Ends of the segments from head to tail, (steps, segments + 1, 2), mm."""
    angles = np.cumsum(np.concatenate([qpos[:, 2:3], qpos[:, 3 : 2 + SEGMENTS]], 1), 1)
    steps = np.stack([np.cos(angles), np.sin(angles)], -1) * LENGTH / SEGMENTS
    return qpos[:, None, :2] + np.concatenate([0 * steps[:, :1], np.cumsum(steps, 1)], 1)


def paper(size: tuple[int, int], scale: float, corner: np.ndarray) -> Image.Image:
    """Squares of `GRID`, and a bar that says how long 0.5 mm are."""
    picture = Image.new("RGB", (size[0] * FINE, size[1] * FINE), PAPER)
    pen = ImageDraw.Draw(picture)
    for axis in range(2):
        extent = size[axis] * FINE / scale
        for line in np.arange(np.ceil(corner[axis] / GRID), (corner[axis] + extent) / GRID) * GRID:
            at = (line - corner[axis]) * scale
            down = picture.height - at
            ends = ((at, 0), (at, picture.height)) if axis == 0 else ((0, down), (picture.width, down))
            pen.line(ends, fill=LINE, width=FINE)
    right, bottom = picture.width - 10 * FINE, picture.height - 10 * FINE
    pen.line(((right - 0.5 * scale, bottom), (right, bottom)), fill=INK, width=2 * FINE)
    pen.text((right, bottom - 4 * FINE), "0.5 mm", font=ImageFont.load_default(FINE * 12), fill=INK, anchor="rb")
    return picture
