"""Frames by MuJoCo's own renderer, where an OpenGL context can be had.

`mujoco.Renderer` takes its window system from the environment when MuJoCo is imported, which is before
anybody knows whether a picture will be wanted. So the context is made here, explicitly: EGL on Linux (without
a display), MuJoCo's default elsewhere.
"""

import copy
import os
import sys
import weakref
from functools import cache
from importlib import import_module
from typing import Any

import mujoco
import numpy as np

from premotor.errors import PremotorError

ELEVATION = -12.0
"""The camera looks along y, so that x points right, and a little downward, degrees."""
FIELD_OF_VIEW = 25.0

# What the window systems' modules raise when a library, a driver or a display is missing.
NO_CONTEXT = (ImportError, OSError, AttributeError, TypeError, RuntimeError, mujoco.FatalError)


@cache
def opengl_renderer() -> str | None:
    """Name of what does OpenGL here, as the driver tells it, or None where no context can be made."""
    context = _context(64, 64)
    if context is None:
        return None
    try:
        opengl = import_module("OpenGL.GL")
        name = opengl.glGetString(opengl.GL_RENDERER)
        return name.decode(errors="replace") if name else None
    except NO_CONTEXT:
        return None
    finally:
        _free(context)


class OpenGLDrawing:
    """Draws with OpenGL, off screen. Raises PremotorError where there is no context."""

    def __init__(self, model: mujoco.MjModel, size: tuple[int, int], height: float) -> None:
        model = copy.copy(model)
        model.vis.global_.offwidth, model.vis.global_.offheight = size
        model.vis.global_.fovy = FIELD_OF_VIEW
        model.vis.quality.shadowsize = 2048
        context = _context(*size)
        if context is None:
            raise PremotorError("no OpenGL context can be made here")
        self._model, self._context = model, context
        self._renderer = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._renderer)
        # Also when the drawing is dropped, and before the interpreter goes.
        self._finish = weakref.finalize(self, _free, context, self._renderer)
        self._scene = mujoco.MjvScene(model, 1000)
        self._camera, self._option = mujoco.MjvCamera(), mujoco.MjvOption()
        self._camera.azimuth, self._camera.elevation = 90.0, ELEVATION
        self._camera.distance = 0.5 * height / np.tan(np.deg2rad(0.5 * FIELD_OF_VIEW))
        self._pixels = np.empty((size[1], size[0], 3), np.uint8)

    def draw(self, data: mujoco.MjData, look_at: np.ndarray) -> np.ndarray:
        """One frame, (height, width, 3) uint8."""
        self._context.make_current()
        self._camera.lookat[:] = look_at
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(self._model, data, self._option, None, self._camera, everything, self._scene)
        window = mujoco.MjrRect(0, 0, self._pixels.shape[1], self._pixels.shape[0])
        mujoco.mjr_render(window, self._scene, self._renderer)
        mujoco.mjr_readPixels(self._pixels, None, window, self._renderer)
        return self._pixels[::-1].copy()

    def close(self) -> None:
        """Free the context; safe to call twice."""
        self._finish()


def _context(width: int, height: int) -> Any | None:
    """A current off-screen context, or None."""
    for module in _window_systems():
        try:
            context = import_module(module).GLContext(width, height)
            context.make_current()
        except (*NO_CONTEXT, *_opengl_errors()):
            continue
        return context
    return None


def _window_systems() -> list[str]:
    """Modules with a `GLContext` that may work here, the best first."""
    if sys.platform != "linux":
        return ["mujoco"]
    return ["mujoco.egl", "mujoco"] if "DISPLAY" in os.environ or "MUJOCO_GL" in os.environ else ["mujoco.egl"]


def _opengl_errors() -> tuple[type[Exception], ...]:
    """PyOpenGL's errors, if it is loaded; loading it here would settle its platform."""
    module = sys.modules.get("OpenGL.error")
    return () if module is None else (module.Error,)


def _free(context: Any, renderer: mujoco.MjrContext | None = None) -> None:
    try:
        context.make_current()
        if renderer is not None:
            renderer.free()
        context.free()
    except (*NO_CONTEXT, *_opengl_errors()):
        return  # at exit the display may be gone before us
