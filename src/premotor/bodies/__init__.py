"""Bodies and their physics: MJCF models, batched stepping, pictures. No rewards here."""

import os
import sys
from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.bodies.arm import build_arm
    from premotor.bodies.back_ends import BackEnd, build_physics
    from premotor.bodies.biped import build_biped
    from premotor.bodies.body import BODIES, INSECT, SI, Body, Units
    from premotor.bodies.described import build_body, load_body, mjcf_body
    from premotor.bodies.fly import build_fly
    from premotor.bodies.neuromechfly import build_neuromechfly
    from premotor.bodies.physics import BatchPhysics, Physics, PhysicsError
    from premotor.bodies.rendering import Frames, choose_backend, render_frames
    from premotor.bodies.tendons import moment_arms, tendon_lengths
    from premotor.bodies.video import write_video
    from premotor.bodies.warp_physics import WarpPhysics
else:
    __getattr__, __dir__ = lazy_exports(__name__)

_WINDOWS = {"linux": ("glx", "egl", "osmesa"), "win32": ("wgl",), "darwin": ("cgl",)}.get(sys.platform, ())
_SWITCHES = ("", "1", "0", "on", "off", "true", "false", "enable", "enabled", "disable", "disabled")
_SAID = os.environ.get("MUJOCO_GL", "").lower().strip()
if _SAID not in (*_SWITCHES, *_WINDOWS, "glfw"):  # before MuJoCo, which cannot be imported then
    raise PremotorError(
        f"the environment variable MUJOCO_GL is {_SAID!r}; allowed are {', '.join(_WINDOWS)}, glfw and off, or nothing"
    )

__all__ = [
    "BODIES",
    "INSECT",
    "SI",
    "BackEnd",
    "BatchPhysics",
    "Body",
    "Frames",
    "Physics",
    "PhysicsError",
    "Units",
    "WarpPhysics",
    "build_arm",
    "build_biped",
    "build_body",
    "build_fly",
    "build_neuromechfly",
    "build_physics",
    "choose_backend",
    "load_body",
    "mjcf_body",
    "moment_arms",
    "render_frames",
    "tendon_lengths",
    "write_video",
]
