"""Frames by MuJoCo's own renderer, where an OpenGL context can be had."""

import copy
import os
import sys
import weakref
from functools import cache
from importlib import import_module

import mujoco
import numpy as np
from mujoco.rendering.classic import gl_context

from premotor.errors import PremotorError

ELEVATION = -12.0
"""The camera looks along y, so that x points right, and a little downward, degrees."""
FIELD_OF_VIEW = 25.0

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
    """Draws with OpenGL, off screen. Raises PremotorError where there is no context."""

    def __init__(self, model: mujoco.MjModel, size: tuple[int, int], height: float) -> None:
        model = copy.copy(model)
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
