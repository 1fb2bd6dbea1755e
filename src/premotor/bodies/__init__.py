"""Bodies and their physics: MJCF models, batched stepping, pictures. No rewards here."""

import os
import sys
from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.bodies.arm import build_arm as build_arm
    from premotor.bodies.back_ends import BackEnd as BackEnd, build_physics as build_physics
    from premotor.bodies.biped import build_biped as build_biped
    from premotor.bodies.body import BODIES as BODIES, INSECT as INSECT, SI as SI, Body as Body, Units as Units
    from premotor.bodies.described import build_body as build_body, load_body as load_body, mjcf_body as mjcf_body
    from premotor.bodies.fly import build_fly as build_fly
    from premotor.bodies.locomotor import Locomotor as Locomotor, locomotor as locomotor
    from premotor.bodies.mjx_engine import MJXEngine as MJXEngine, World as World
    from premotor.bodies.mjx_physics import MJXPhysics as MJXPhysics
    from premotor.bodies.neuromechfly import build_neuromechfly as build_neuromechfly
    from premotor.bodies.physics import BatchPhysics as BatchPhysics, Physics as Physics, PhysicsError as PhysicsError
    from premotor.bodies.rendering import (
        Frames as Frames,
        ModelDrawing as ModelDrawing,
        choose_backend as choose_backend,
        render_frames as render_frames,
        write_video as write_video,
    )
    from premotor.bodies.tendons import moment_arms as moment_arms, tendon_lengths as tendon_lengths
    from premotor.bodies.warp_physics import WarpPhysics as WarpPhysics
    from premotor.bodies.worm import (
        Drag as Drag,
        between_media as between_media,
        build_worm as build_worm,
        drag_controls as drag_controls,
        muscle_names as muscle_names,
    )
    from premotor.bodies.worm_drawing import draw_worm as draw_worm
    from premotor.bodies.worm_plate import draw_worm_on_plate as draw_worm_on_plate
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)

_WINDOWS = {"linux": ("glx", "egl", "osmesa"), "win32": ("wgl",), "darwin": ("cgl",)}.get(sys.platform, ())
_SWITCHES = ("", "1", "0", "on", "off", "true", "false", "enable", "enabled", "disable", "disabled")
_SAID = os.environ.get("MUJOCO_GL", "").lower().strip()
if _SAID not in (*_SWITCHES, *_WINDOWS, "glfw"):  # before MuJoCo, which cannot be imported then
    raise PremotorError(
        f"the environment variable MUJOCO_GL is {_SAID!r}; allowed are {', '.join(_WINDOWS)}, glfw and off, or nothing"
    )
