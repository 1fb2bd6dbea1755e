"""Outlines of shapes that are neither round nor boxes: cylinders, ellipsoids, and meshes as their convex hulls."""

import mujoco
import numpy as np
from scipy.spatial import ConvexHull

CYLINDER, ELLIPSOID, MESH = (
    int(kind) for kind in (mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_ELLIPSOID, mujoco.mjtGeom.mjGEOM_MESH)
)
HULLS = (CYLINDER, ELLIPSOID, MESH)
DIRECTIONS = 128
"""In which the outermost point of a shape is taken."""
PIXEL = 0.5 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
"""Half of one, so that what is seen edge on has an outline, too."""


def outermost_points(model: mujoco.MjModel, geom: int) -> np.ndarray:
    """Points on the hull of a shape in its own frame, (points, 3) m; of a mesh at most `DIRECTIONS`."""
    directions, size = _directions(), model.geom_size[geom]
    kind = int(model.geom_type[geom])
    if kind == ELLIPSOID:  # where the outward normal has the direction
        return size**2 * directions / np.linalg.norm(size * directions, axis=1, keepdims=True)
    if kind == CYLINDER:
        around = np.linspace(0, 2 * np.pi, DIRECTIONS // 4, endpoint=False)
        ring = np.stack([np.cos(around), np.sin(around)], 1) * size[0]
        return np.concatenate([np.column_stack([ring, np.full(len(ring), end)]) for end in (-size[1], size[1])])
    mesh = model.geom_dataid[geom]
    first = model.mesh_vertadr[mesh]
    vertices = model.mesh_vert[first : first + model.mesh_vertnum[mesh]].astype(float)
    return vertices[np.unique(np.argmax(vertices @ directions.T, axis=0))]


def outline(pixels: np.ndarray) -> np.ndarray:
    """The convex polygon around projected points (points, 2), (corners, 2) in turn."""
    around = (pixels[:, None] + PIXEL).reshape(-1, 2)
    return around[ConvexHull(around).vertices]


def _directions() -> np.ndarray:
    """Evenly over the sphere, along a spiral of the golden angle."""
    number = np.arange(DIRECTIONS) + 0.5
    up, turn = 1 - 2 * number / DIRECTIONS, np.pi * (1 + 5**0.5) * number
    level = np.sqrt(1 - up**2)
    return np.column_stack([level * np.cos(turn), level * np.sin(turn), up])
