"""Frames without graphics hardware or libraries: shaded shapes in parallel projection, with NumPy.

A sphere is a disc and a capsule a stadium, each shaded by its normal and blended with its analytic coverage,
so edges are smooth without oversampling; farther shapes are painted first. Of a mesh the convex hull is drawn.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from premotor.bodies.hull_shapes import HULLS, MESH, outermost_points, outline
from premotor.bodies.tendon_drawing import muscle_looks, tendon_pieces
from premotor.errors import PremotorError
from premotor.settings import note

ELEVATION = -12.0
"""The camera looks along y, so that x points right, and a little downward, degrees."""
SKY_TOP, SKY_HORIZON = np.array([0.80, 0.86, 0.92]), np.array([0.96, 0.97, 0.98])
TILES = np.array([0.90, 0.90, 0.88]), np.array([0.80, 0.81, 0.80])
MARKS = (112, 116, 120)
LIGHT = np.array([-0.40, 0.65, 0.65])  # towards the light: screen right, screen up, viewer
AMBIENT, SHADOW = 0.50, 0.45
FLOOR_END = (2.0, 7.0)  # m behind the body between which the ground fades into the sky
ROUND = (int(mujoco.mjtGeom.mjGEOM_SPHERE), int(mujoco.mjtGeom.mjGEOM_CAPSULE))
BOX, PLANE = int(mujoco.mjtGeom.mjGEOM_BOX), int(mujoco.mjtGeom.mjGEOM_PLANE)


@dataclass
class _Camera:
    """Parallel projection: the picture's axes in the world, pixels a metre, and the picture's middle."""

    axes: np.ndarray  # rows: right, up, away from the viewer
    scale: float
    middle: np.ndarray
    look_at: np.ndarray

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixel column, pixel row and depth (m) of world points, (…, 3)."""
        seen = (points - self.look_at) @ self.axes.T
        return seen * [self.scale, -self.scale, 1.0] + [*self.middle, 0.0]


class SoftwareDrawing:
    """Draws the shapes and tendons of a model over a checkered ground, seen along y.

    With `active`, muscles on tendons are coloured by the activations in the data.

    Raises:
        PremotorError: the model shows a height field or a signed distance field.
    """

    def __init__(
        self, model: mujoco.MjModel, size: tuple[int, int], height: float, unit: str = "m", active: bool = False
    ) -> None:
        width, rows = size
        self._unit, self._active = unit, active
        sine, cosine = np.sin(np.deg2rad(ELEVATION)), np.cos(np.deg2rad(ELEVATION))
        axes = np.array([[1.0, 0.0, 0.0], [0.0, -sine, cosine], [0.0, cosine, sine]])
        self._camera = _Camera(axes, rows / height, np.array([width, rows]) / 2, np.zeros(3))
        self._model = model
        shown = np.flatnonzero((model.geom_group <= 2) & (model.geom_rgba[:, 3] > 0))
        self._planes = [int(geom) for geom in shown if model.geom_type[geom] == PLANE]
        self._shapes = [int(geom) for geom in shown if model.geom_type[geom] != PLANE]
        for geom in self._shapes:
            if model.geom_type[geom] not in (*ROUND, BOX, *HULLS):
                kind = mujoco.mjtGeom(model.geom_type[geom]).name.removeprefix("mjGEOM_").lower()
                raise PremotorError(
                    f"shape '{model.geom(geom).name}' is a {kind}, which software drawing lacks; use 'gl'"
                )
        if any(model.geom_type[geom] == MESH for geom in self._shapes):
            note("meshes are drawn as their convex hulls; OpenGL, where there is a graphics card, shows them whole")
        self._hulls = {geom: outermost_points(model, geom) for geom in self._shapes if model.geom_type[geom] in HULLS}
        self._columns = np.arange(width, dtype=np.float32) + 0.5
        self._rows = np.arange(rows, dtype=np.float32) + 0.5
        blend = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
        self._sky = (1 - blend) * SKY_TOP + blend * SKY_HORIZON
        self._font = ImageFont.load_default(max(9, rows // 30))

    def draw(self, data: mujoco.MjData, look_at: np.ndarray) -> np.ndarray:
        """One frame, (height, width, 3) uint8."""
        self._camera.look_at = np.asarray(look_at, float)
        segments = {geom: self._segment(data, geom) for geom in self._shapes}
        level = float(data.geom_xpos[self._planes[0], 2]) if self._planes else None
        if level is None:
            image = np.repeat(self._sky[:, None], len(self._columns), axis=1)
        else:
            image = self._ground(level, segments)
        depth = {geom: self._camera.project(np.mean(segments[geom][:2], axis=0))[2] for geom in self._shapes}
        for geom in sorted(self._shapes, key=lambda shape: -depth[shape]):
            if self._model.geom_type[geom] == BOX:
                self._paint_box(image, data, geom)
            elif geom in self._hulls:
                self._paint_hull(image, data, geom)
            else:
                self._paint_round(image, self._model.geom_rgba[geom], *segments[geom])
        self._paint_tendons(image, data)
        picture = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
        return picture if level is None else self._distance_marks(picture)

    def close(self) -> None:
        """Nothing is held."""

    def _segment(self, data: mujoco.MjData, geom: int) -> tuple[np.ndarray, np.ndarray, float]:
        """The ends of a shape's axis and its radius, m; for one that is not round the core of a capsule as large."""
        size, centre = self._model.geom_size[geom], data.geom_xpos[geom]
        frame = data.geom_xmat[geom].reshape(3, 3)
        kind = self._model.geom_type[geom]
        if kind not in ROUND:
            size = self._model.geom_aabb[geom, 3:]
            centre = centre + frame @ self._model.geom_aabb[geom, :3]
            long = int(np.argmax(size))
            radius = float(np.delete(size, long).mean())
            half = frame[:, long] * max(size[long] - radius, 0.0)
        else:
            radius = float(size[0])
            half = frame[:, 2] * (size[1] if kind == ROUND[1] else 0.0)
        return centre - half, centre + half, radius

    def _ground(self, level: float, segments: dict) -> np.ndarray:
        """The sky and the ground with the shadows of the shapes, (rows, columns, 3)."""
        camera = self._camera
        x = camera.look_at[0] + (self._columns - camera.middle[0]) / camera.scale
        above = (camera.middle[1] - self._rows) / camera.scale
        behind = (level - camera.look_at[2] - above * camera.axes[1, 2]) / camera.axes[2, 2]
        behind = above * camera.axes[1, 1] + behind * camera.axes[2, 1]
        y = camera.look_at[1] + behind
        opacity = 1 - np.clip((behind - FLOOR_END[0]) / (FLOOR_END[1] - FLOOR_END[0]), 0, 1)
        opacity = (opacity**2)[:, None]
        # Tiles of 1 m: the product of two square waves in x and y, each softened over a pixel at its edges.
        wave_x = np.clip((0.5 - np.abs(np.mod(x + 0.5, 2.0) - 1.0)) * camera.scale, -1, 1)
        wave_y = np.clip((0.5 - np.abs(np.mod(y + 0.5, 2.0) - 1.0)) * camera.scale * camera.axes[1, 1], -1, 1)
        mean = ((1 - opacity) * self._sky + opacity * 0.5 * (TILES[0] + TILES[1])).astype(np.float32)
        contrast = (opacity * wave_y[:, None] * 0.5 * (TILES[0] - TILES[1])).astype(np.float32)
        image = mean[:, None] + wave_x.astype(np.float32)[:, None] * contrast[:, None]
        self._shade(image, x, y, level, segments)
        return image

    def _shade(self, image: np.ndarray, x: np.ndarray, y: np.ndarray, level: float, segments: dict) -> None:
        """Darken the ground straight below the shapes, less and more softly the higher they are."""
        shade = np.zeros(image.shape[:2], np.float32)
        for start, end, radius in segments.values():
            blur = 0.03 + 0.25 * max(0.5 * (start + end)[2] - level - radius, 0.0)
            feet = np.stack([start, end])
            feet[:, 2] = level
            window = self._window(self._camera.project(feet)[:, :2], (radius + blur) * self._camera.scale)
            if window is None:
                continue
            points = np.stack(np.meshgrid(x[window[1]], y[window[0]]), -1).astype(np.float32)
            distance = _distance(points, start[:2], end[:2])[0]
            patch = SHADOW * 0.09 / (0.06 + blur) * np.clip((radius + blur - distance) / (2 * blur), 0, 1)
            shade[window] = np.maximum(shade[window], patch)
        image *= 1 - shade[..., None]

    def _paint_tendons(self, image: np.ndarray, data: mujoco.MjData) -> None:
        """Above everything else, so that none is hidden by what it moves."""
        model = self._model
        if not model.ntendon:
            return
        colours, widths = muscle_looks(model, data) if self._active else (model.tendon_rgba, model.tendon_width)
        for tendon, start, end in tendon_pieces(model, data):
            thick = max(float(widths[tendon]), 1.0 / self._camera.scale)  # two pixels at least
            self._paint_round(image, colours[tendon], start, end, thick)

    def _paint_round(
        self, image: np.ndarray, rgba: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float
    ) -> None:
        ends = self._camera.project(np.stack([start, end]))[:, :2]
        size = radius * self._camera.scale
        window = self._window(ends, size)
        if window is None:
            return
        pixels = np.stack(np.meshgrid(self._columns[window[1]], self._rows[window[0]]), -1)
        distance, offset = _distance(pixels, *ends)
        coverage = np.clip(size - distance + 0.5, 0, 1) * rgba[3]
        normal = offset / np.float32(size)
        towards = np.sqrt(np.clip(1 - (normal**2).sum(-1), 0, 1))
        lit = normal[..., 0] * LIGHT[0] - normal[..., 1] * LIGHT[1] + towards * LIGHT[2]
        self._blend(image, window, rgba, coverage, lit, rim=np.clip(towards / 0.35, 0.6, 1))

    def _paint_box(self, image: np.ndarray, data: mujoco.MjData, geom: int) -> None:
        size, centre = self._model.geom_size[geom], data.geom_xpos[geom]
        frame = data.geom_xmat[geom].reshape(3, 3)
        for axis in range(3):
            normal = frame[:, axis] * -np.sign(frame[:, axis] @ self._camera.axes[2])
            if abs(normal @ self._camera.axes[2]) < 1e-3:
                continue  # seen edge on
            one, two = (frame[:, (axis + k) % 3] * size[(axis + k) % 3] for k in (1, 2))
            middle = centre + normal * size[axis]
            corners = np.stack([middle + one + two, middle - one + two, middle - one - two, middle + one - two])
            corners = self._camera.project(corners)[:, :2]
            window = self._window(corners, 1.0)
            if window is None:
                continue
            pixels = np.stack(np.meshgrid(self._columns[window[1]], self._rows[window[0]]), -1)
            coverage = np.clip(_polygon_depth(pixels, corners) + 0.5, 0, 1) * self._model.geom_rgba[geom, 3]
            seen = self._camera.axes @ normal
            lit = np.full(coverage.shape, seen[0] * LIGHT[0] + seen[1] * LIGHT[1] - seen[2] * LIGHT[2], np.float32)
            self._blend(image, window, self._model.geom_rgba[geom], coverage, lit, rim=np.ones((), np.float32))

    def _paint_hull(self, image: np.ndarray, data: mujoco.MjData, geom: int) -> None:
        """The outline, shaded as if it were rounded from its edge to its middle."""
        frame, rgba = data.geom_xmat[geom].reshape(3, 3), self._model.geom_rgba[geom]
        seen = self._camera.project(self._hulls[geom] @ frame.T + data.geom_xpos[geom])
        corners = outline(seen[:, :2])
        window = self._window(corners, 1.0)
        if window is None:
            return
        pixels = np.stack(np.meshgrid(self._columns[window[1]], self._rows[window[0]]), -1)
        inside = _polygon_depth(pixels, corners)
        thick = max(float(inside.max()), 1.0)
        outward = (pixels - corners.mean(0)).astype(np.float32)
        outward /= np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-6)
        level = np.clip(1 - inside / thick, 0, 1)
        towards = np.sqrt(1 - level**2)
        lit = level * (outward[..., 0] * LIGHT[0] - outward[..., 1] * LIGHT[1]) + towards * LIGHT[2]
        coverage = np.clip(inside + 0.5, 0, 1) * rgba[3]
        self._blend(image, window, rgba, coverage, lit, rim=np.clip(towards / 0.35, 0.6, 1))

    def _blend(
        self,
        image: np.ndarray,
        window: tuple,
        rgba: np.ndarray,
        coverage: np.ndarray,
        lit: np.ndarray,
        rim: np.ndarray,
    ) -> None:
        brightness = (AMBIENT + (1.15 - AMBIENT) * np.clip(lit, 0, 1)) * rim
        gloss = 0.18 * np.clip(lit, 0, 1) ** 24
        colour = brightness[..., None] * rgba[:3].astype(np.float32) + gloss[..., None]
        image[window] += coverage[..., None] * (colour - image[window])

    def _window(self, points: np.ndarray, margin: float) -> tuple[slice, slice] | None:
        """Rows and columns of the picture around some pixels, or None outside of it."""
        low = np.floor(points.min(0) - margin - 1).astype(int)
        high = np.ceil(points.max(0) + margin + 1).astype(int)
        low = np.maximum(low, 0)
        high = np.minimum(high, [len(self._columns), len(self._rows)])
        if (low >= high).any():
            return None
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _distance_marks(self, image: np.ndarray) -> np.ndarray:
        """Write the distance below the body, in the model's unit of length."""
        picture = Image.fromarray(image)
        pen = ImageDraw.Draw(picture)
        x, reach = self._camera.look_at[0], self._camera.middle[0] / self._camera.scale + 1
        row = 0.92 * len(self._rows)
        for metre in range(int(np.ceil(x - reach)), int(np.floor(x + reach)) + 1):
            column = self._camera.middle[0] + self._camera.scale * (metre - x)
            pen.line([(column, row - 4), (column, row)], fill=MARKS, width=2)
            pen.text((column, row + 3), f"{metre} {self._unit}", font=self._font, fill=MARKS, anchor="ma")
        return np.asarray(picture)


def _distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of points (…, 2) from a segment, and the offset from its nearest point, (…, 2)."""
    start, along = start.astype(np.float32), (end - start).astype(np.float32)
    offset = points - start
    share = np.clip(offset @ along / max(float(along @ along), 1e-12), 0, 1)
    offset = offset - share[..., None] * along
    return np.sqrt((offset**2).sum(-1)), offset


def _polygon_depth(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """How far points (…, 2) lie inside of a convex polygon, from its nearest edge; negative outside."""
    inside = np.full(points.shape[:-1], np.inf, np.float32)
    one, two = corners[1] - corners[0], corners[2] - corners[0]
    turn = np.sign(one[0] * two[1] - one[1] * two[0])
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge = end - start
        offset = points - start.astype(np.float32)
        side = turn * (edge[0] * offset[..., 1] - edge[1] * offset[..., 0]) / max(float(np.hypot(*edge)), 1e-9)
        inside = np.minimum(inside, side)
    return inside
