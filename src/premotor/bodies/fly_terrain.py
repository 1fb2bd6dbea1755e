"""Uneven ground for the fly: smooth bumps with flat places to start from, and where each world stands on it.

The ground is one height field for all worlds. Each world has it turned and shifted, so that the origin lies on one of
its flat places and every fly walks over bumps of its own.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

ROUGH = "rough"
"""Name of the body that carries the height field."""
HALF = 170.0
"""Half the side of the field, mm; 5 s at 25 mm/s are 125 mm."""
CELL = 0.5
"""Between heights, mm."""
SMOOTHING = 0.6
"""Standard deviation of the Gaussian that smooths random heights, mm: bumps are about 1.5 mm across, as legs are."""
FLAT, BLENDED = 2.5, 4.0
"""Radii within which a place to start is flat, and beyond which it is as rough as all, mm."""
PLACES = tuple((x, y) for x in (-20.0, 0.0, 20.0) for y in (-20.0, 0.0, 20.0))
"""Places to start from, x and y, mm."""
BASE = 0.5
"""Thickness of the ground below its lowest height, mm."""


def ground_heights() -> NDArray[np.float64]:
    """Heights on a square grid over ±`HALF`, (y, x), in [−1, 1] with mean near 0; the same every time."""
    from scipy.ndimage import gaussian_filter  # slow to load, and every body would wait for it

    count = round(2 * HALF / CELL) + 1
    noise = gaussian_filter(np.random.default_rng(0).standard_normal((count, count)), SMOOTHING / CELL)
    heights = np.clip(noise / (2.5 * noise.std()), -1.0, 1.0)
    axis = np.linspace(-HALF, HALF, count)
    for x, y in PLACES:
        distance = np.hypot(axis[None] - x, axis[:, None] - y)
        heights *= np.clip((distance - FLAT) / (BLENDED - FLAT), 0.0, 1.0)
    return heights


def add_rough_ground(spec: mujoco.MjSpec, roughness: float, margin: float) -> mujoco.MjsGeom:
    """Add a height field of ±`roughness` (mm) around height 0, for feet with a contact margin, mm."""
    heights = 0.5 * (ground_heights() + 1)
    size = [HALF, HALF, 2 * roughness, BASE]
    spec.add_hfield(name=ROUGH, nrow=len(heights), ncol=len(heights), size=size, userdata=heights.ravel())
    # MuJoCo lifts a height field by the margin of what touches it.
    body = spec.worldbody.add_body(name=ROUGH, pos=[0, 0, -roughness - margin])
    return body.add_geom(name=ROUGH, type=mujoco.mjtGeom.mjGEOM_HFIELD, hfieldname=ROUGH)


def placement(place: NDArray[np.integer], angle: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where the ground lies for worlds that start on a place of `PLACES` and see it turned by an angle (rad).

    Returns:
        x and y of the ground's middle (mm) and its turn (rad) for each world, (worlds, 3), as `Physics.vary` takes it.
    """
    x, y = np.array(PLACES)[place].T
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([sine * y - cosine * x, -sine * x - cosine * y, angle], axis=1)
