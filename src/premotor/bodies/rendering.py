"""Pictures of a body: frames from positions, on any machine, and videos of them that browsers play."""

import copy
import os
import sys
import warnings
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

import imageio_ffmpeg  # type: ignore[import-untyped]
import mujoco
import numpy as np
from mujoco.rendering.classic import gl_context
from PIL import Image, ImageDraw, ImageFont

from premotor.bodies.body import Body
from premotor.bodies.software_drawing import ELEVATION, SoftwareDrawing
from premotor.bodies.tendon_drawing import muscle_looks, place_tendons
from premotor.errors import PremotorError
from premotor.files import partial_name

FIELD_OF_VIEW = 25.0
SHOWN = 1.25
"""Height of a picture in heights of the body."""

# What the window systems' modules raise when a library, a driver or a display is missing.
NO_CONTEXT = (ImportError, OSError, AttributeError, TypeError, RuntimeError, mujoco.FatalError)


@cache
def opengl_renderer() -> str | None:
    """Name of what does OpenGL here, as the driver tells it, or None where no context can be made."""
    renderer = _renderer(mujoco.MjModel.from_xml_string("<mujoco/>"), (64, 64))
    if renderer is None:
        return None
    try:
        opengl = import_module("OpenGL.GL")
        name = opengl.glGetString(opengl.GL_RENDERER)
        return name.decode(errors="replace") if name else None
    except NO_CONTEXT:
        return None
    finally:
        _close(renderer)


class OpenGLDrawing:
    """Draws with OpenGL, off screen; `active`: tendons by the activations in the data.

    Raises:
        PremotorError: there is no context.
    """

    def __init__(self, model: mujoco.MjModel, size: tuple[int, int], height: float, active: bool = False) -> None:
        model = copy.copy(model)
        self._shown, self._own = model if active else None, copy.copy(model)
        model.vis.global_.offwidth, model.vis.global_.offheight = size
        model.vis.global_.fovy = FIELD_OF_VIEW
        model.vis.quality.shadowsize = 2048
        renderer = _renderer(model, size)
        if renderer is None:
            raise PremotorError("no OpenGL context can be made here")
        self._renderer = renderer
        # Also when the drawing is dropped, and before the interpreter goes.
        self._finish = weakref.finalize(self, _close, renderer)
        self._camera = mujoco.MjvCamera()
        self._camera.azimuth, self._camera.elevation = 90.0, ELEVATION
        self._camera.distance = 0.5 * height / np.tan(np.deg2rad(0.5 * FIELD_OF_VIEW))

    def draw(self, data: mujoco.MjData, look_at: np.ndarray) -> np.ndarray:
        """One frame, (height, width, 3) uint8."""
        self._camera.lookat[:] = look_at
        if self._shown is not None:
            self._shown.tendon_rgba[:], self._shown.tendon_width[:] = muscle_looks(self._own, data)
        self._renderer.update_scene(data, self._camera)
        return np.asarray(self._renderer.render())

    def close(self) -> None:
        """Free the context; safe to call twice."""
        self._finish()


def _renderer(model: mujoco.MjModel, size: tuple[int, int]) -> mujoco.Renderer | None:
    """MuJoCo's renderer with its context current, or None.

    MuJoCo chooses a window system when it is imported, which is before anybody knows whether a picture will be wanted:
    that of MUJOCO_GL, else one with a display. Where none is asked for, on Linux, it is EGL here, which needs none.
    """
    try:
        if sys.platform == "linux" and not os.environ.get("MUJOCO_GL"):
            gl_context.GLContext = import_module("mujoco.egl").GLContext
        return mujoco.Renderer(model, size[1], size[0])
    except (*NO_CONTEXT, *_opengl_errors()):
        return None


def _opengl_errors() -> tuple[type[Exception], ...]:
    """PyOpenGL's errors, if it is loaded; loading it here would settle its platform."""
    module = sys.modules.get("OpenGL.error")
    return () if module is None else (module.Error,)


def _close(renderer: mujoco.Renderer) -> None:
    try:
        renderer.close()
    except (*NO_CONTEXT, *_opengl_errors()):
        return  # at exit the display may be gone before us


Backend = Literal["auto", "gl", "software"]
BACKENDS: tuple[Backend, ...] = ("auto", "gl", "software")
EMULATORS = ("llvmpipe", "softpipe", "swrast")  # OpenGL on the processor
INK = (38, 44, 52)


class Drawing(Protocol):
    """Draws a body in the pose of a `mujoco.MjData` whose kinematics are up to date."""

    def draw(self, data: mujoco.MjData, look_at: np.ndarray) -> np.ndarray:
        """One frame, (height, width, 3) uint8, the camera on the point `look_at`."""

    def close(self) -> None:
        """Give back what the drawing holds."""


class Frames(Iterator[np.ndarray]):
    """Frames of a body, one for each pose, drawn as they are asked for: what `render_frames` returns."""

    def __init__(
        self,
        drawing: Drawing,
        backend: str,
        body: Body,
        qpos: np.ndarray,
        captions: Sequence[str],
        activation: np.ndarray | None,
        height: float,
    ):
        self.backend = backend
        """What draws: ``gl`` or ``software``."""
        self._drawing, self._body, self._qpos, self._captions = drawing, body, qpos, captions
        self._activation, self._height = activation, height
        self._data = mujoco.MjData(body.model)
        self._next = 0

    def __len__(self) -> int:
        """Number of frames, drawn ones included."""
        return len(self._qpos)

    def __next__(self) -> np.ndarray:
        """The next frame, (height, width, 3) uint8."""
        if self._next >= len(self._qpos):
            self._drawing.close()
            raise StopIteration
        frame = self._next
        self._next += 1
        self._data.qpos[:] = self._qpos[frame]
        if self._activation is not None:
            self._data.act[:] = self._activation[frame]
        mujoco.mj_kinematics(self._body.model, self._data)
        mujoco.mj_camlight(self._body.model, self._data)
        place_tendons(self._body.model, self._data)
        look_at = np.array([*self._data.xipos[1, :2], 0.46 * self._height])
        image = self._drawing.draw(self._data, look_at)
        return _with_caption(image, self._captions[frame]) if self._captions else image


def render_frames(
    body: Body,
    qpos: np.ndarray,
    size: tuple[int, int] = (640, 360),
    backend: Backend = "auto",
    captions: Sequence[str] = (),
    activation: np.ndarray | None = None,
) -> Frames:
    """Draw a body in a sequence of poses, seen from its right, the camera following it.

    Args:
        body: the body.
        qpos: positions, (frames, nq).
        size: width and height in pixels.
        backend: ``gl`` is MuJoCo's own renderer; ``software`` needs no graphics at all; ``auto`` takes ``gl``
            where a graphics card offers it and ``software`` elsewhere, faster than OpenGL without a card.
        captions: a text for the corner of each frame, or none.
        activation: of muscles, (frames, na), by which tendons are coloured and swell; None: as the model colours them.

    Returns:
        an iterator of frames, (height, width, 3) uint8; its `backend` says what draws.

    Raises:
        PremotorError: an unknown or unavailable back end, a size below 32 pixels, positions that do not fit
            the body or are not finite, captions of another number, or shapes that `software` can not draw.
    """
    qpos = np.asarray(qpos, float)
    if qpos.ndim != 2 or qpos.shape[1] != body.model.nq:
        raise PremotorError(f"qpos has shape {qpos.shape}; body '{body.name}' needs (frames, {body.model.nq})")
    finite = np.isfinite(qpos).all(axis=1)
    if not finite.all():
        raise PremotorError(f"qpos of frame {np.flatnonzero(~finite)[0]} is not finite")
    if min(size) < 32:
        raise PremotorError(f"a frame of {size[0]} x {size[1]} pixels is too small; at least 32 x 32 are needed")
    if len(captions) not in (0, len(qpos)):
        raise PremotorError(f"{len(captions)} captions for {len(qpos)} frames")
    if activation is not None and activation.shape != (len(qpos), body.model.na):
        raise PremotorError(
            f"activation has shape {activation.shape}; body '{body.name}' needs ({len(qpos)}, {body.model.na})"
        )
    chosen = choose_backend(backend)
    height = max(standing_height(body), _highest(body, qpos) / (0.46 + 0.5 * SHOWN))
    drawing: Drawing
    if chosen == "gl":
        drawing = OpenGLDrawing(body.model, size, SHOWN * height, activation is not None)
    else:
        drawing = SoftwareDrawing(body.model, size, SHOWN * height, body.units.length, activation is not None)
    return Frames(drawing, chosen, body, qpos, captions, activation, height)


class ModelDrawing:
    """Pictures of a MuJoCo model that somebody else steps, without any graphics; the camera follows its first body.

    Args:
        model: what is drawn.
        data: its present state.
        size: width and height in pixels.

    Raises:
        PremotorError: the model shows a shape that software drawing lacks.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, size: tuple[int, int] = (640, 360)):
        shapes = model.geom_bodyid > 0
        self._height = float((data.geom_xpos[shapes, 2] + model.geom_rbound[shapes]).max())
        self._data, self._drawing = data, SoftwareDrawing(model, size, 2.0 * self._height, active=model.na > 0)

    def picture(self) -> np.ndarray:
        """What it looks like now, (height, width, 3) uint8."""
        return self._drawing.draw(self._data, np.array([*self._data.xipos[1, :2], 0.5 * self._height]))


def choose_backend(backend: Backend = "auto") -> Literal["gl", "software"]:
    """What would draw here; PremotorError for an unknown back end, or ``gl`` where OpenGL does not work."""
    if backend not in BACKENDS:
        raise PremotorError(f"unknown rendering back end '{backend}'; allowed: {', '.join(BACKENDS)}")
    if backend == "software":
        return "software"
    renderer = opengl_renderer()
    if backend == "gl":
        if renderer is None:
            raise PremotorError("rendering back end 'gl' does not work here: no OpenGL context; use 'software'")
        return "gl"
    emulated = renderer is None or any(name in renderer.lower() for name in EMULATORS)
    return "software" if emulated else "gl"


def standing_height(body: Body) -> float:
    """Height of the body's highest shape above the ground in its rest pose, m."""
    return _highest(body, body.rest_pose[None])


def _highest(body: Body, qpos: np.ndarray) -> float:
    """Height of the highest shape in any of the poses (poses, nq), m; a body that hops leaves no picture."""
    model, data = body.model, mujoco.MjData(body.model)
    shapes, heights = model.geom_bodyid > 0, [0.0]
    for pose in qpos:
        data.qpos[:] = pose
        mujoco.mj_kinematics(model, data)
        heights.append(float((data.geom_xpos[shapes, 2] + model.geom_rbound[shapes]).max()))
    return max(heights)


def _with_caption(image: np.ndarray, caption: str) -> np.ndarray:
    """The frame with a text in its upper left corner."""
    picture = Image.fromarray(image)
    unit = max(10, image.shape[0] // 20)
    ImageDraw.Draw(picture).multiline_text(
        (0.7 * unit, 0.5 * unit), caption, font=ImageFont.load_default(unit), fill=INK, spacing=0.3 * unit
    )
    return np.asarray(picture)


def write_video(path: str | Path, frames: Iterable[np.ndarray], fps: float) -> Path:
    """Write frames as an MP4 that browsers play (H.264, yuv420p, index first).

    The file is written aside and renamed, so that `path` is either complete or as it was.

    Args:
        path: where to; its folder must exist.
        frames: (height, width, 3) uint8, all of one size, with even width and height.
        fps: frames a second.

    Raises:
        PremotorError: no frames, frames of odd or changing size, `fps` not positive, no folder, no ffmpeg.
    """
    path = Path(path)
    if not fps > 0:
        raise PremotorError(f"fps is {fps}; it must be positive")
    if not path.parent.is_dir():
        raise PremotorError(f"the folder {path.parent} does not exist")
    aside = partial_name(path, ".mp4")
    writer, shape = None, None
    try:
        for index, frame in enumerate(frames):
            if writer is None:
                shape = frame.shape
                if len(shape) != 3 or shape[2] != 3 or shape[0] % 2 or shape[1] % 2:
                    raise PremotorError(f"a frame has shape {shape}; (height, width, 3) with even sizes is needed")
                writer = _encoder(aside, shape, fps)
            if frame.shape != shape or frame.dtype != np.uint8:
                raise PremotorError(f"frame {index} is {frame.dtype}{frame.shape}; expected uint8{shape}")
            writer.send(np.ascontiguousarray(frame))
        if writer is None:
            raise PremotorError(f"no frames for {path}")
        writer.close()
        os.replace(aside, path)
    finally:
        if writer is not None:
            writer.close()
        aside.unlink(missing_ok=True)
    return path


def _encoder(path: Path, shape: tuple[int, ...], fps: float) -> Generator[None, np.ndarray | None, None]:
    try:
        writer = imageio_ffmpeg.write_frames(
            str(path),
            (shape[1], shape[0]),
            fps=fps,
            codec="libx264",
            pix_fmt_out="yuv420p",
            macro_block_size=2,
            quality=None,
            output_params=["-crf", "23", "-preset", "veryfast", "-movflags", "+faststart"],
            ffmpeg_log_level="error",
        )
        with warnings.catch_warnings():
            # Starting ffmpeg forks and at once becomes another program, which is safe beside JAX's threads.
            warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
            writer.send(None)
    except RuntimeError as error:
        raise PremotorError(f"no video can be written: {error}") from error
    return writer
