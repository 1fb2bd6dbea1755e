"""A planar worm and a source, seen from above by a camera that stands still."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from premotor.bodies.worm_drawing import FINE, INK, TRAIL, draw_body, midline, paper

SALT = (0, 158, 115)
RINGS = 0.5
"""mm from one circle of equal concentration to the next."""
MARGIN = 0.4
"""Around all that is seen, mm."""


def draw_worm_on_plate(
    qpos: Float[np.ndarray, "steps positions"],
    rows: Sequence[int],
    source: Float[np.ndarray, "2"],
    captions: Sequence[str] = (),
    size: tuple[int, int] = (640, 360),
    region: float = 0.5,
) -> Iterator[np.ndarray]:
    """Draw some steps of an episode from above, with the source and the whole path in the picture.

    Circles of equal concentration lie `RINGS` apart, the darker the nearer to the source. The head is dark, and the
    blue edge is the dorsal one. The trail is that of the tip of the head so far.

    Args:
        qpos: positions of the body `worm` in all steps.
        rows: the steps to draw.
        source: its place, mm.
        captions: a text for each picture, or none.
        size: width and height in pixels.
        region: radius of what counts as the source, mm.
    """
    middles = midline(qpos)
    seen = np.concatenate([middles.reshape(-1, 2), [source + region, source - region]])
    low, high = seen.min(0) - MARGIN, seen.max(0) + MARGIN
    scale = FINE * float(min(np.array(size) / (high - low)))
    corner = (low + high) / 2 - np.array(size) * FINE / scale / 2

    def pixels(points: np.ndarray) -> list[tuple[float, float]]:
        return [(float(x), float(size[1] * FINE - y)) for x, y in ((points - corner) * scale).reshape(-1, 2)]

    plate = paper(size, scale, corner)
    ground = ImageDraw.Draw(plate)
    (x, y), farthest = pixels(source)[0], float(np.linalg.norm(seen - source, axis=1).max()) + 2 * MARGIN
    for radius in np.arange(RINGS, farthest + RINGS, RINGS)[::-1]:
        ring, strength = radius * scale, 1 - min(radius / farthest, 1)
        shade = tuple(int(255 + (c - 255) * (0.08 + 0.5 * strength)) for c in SALT)
        ground.ellipse((x - ring, y - ring, x + ring, y + ring), outline=shade, width=FINE)
    ring, dot = region * scale, 0.06 * scale
    ground.ellipse((x - ring, y - ring, x + ring, y + ring), outline=SALT, width=2 * FINE)
    ground.ellipse((x - dot, y - dot, x + dot, y + dot), fill=SALT)
    for number, row in enumerate(rows):
        picture: Image.Image = plate.copy()
        pen = ImageDraw.Draw(picture)
        if row:
            pen.line(pixels(middles[: row + 1, 0]), fill=TRAIL, width=2 * FINE)
        draw_body(pen, pixels, middles[row])
        if captions:
            font = ImageFont.load_default(FINE * max(10, size[1] // 20))
            pen.text((10 * FINE, 8 * FINE), captions[number], font=font, fill=INK)
        yield np.asarray(picture.resize(size, Image.Resampling.BOX))
