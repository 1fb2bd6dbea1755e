"""Bodies and their physics: MJCF models, batched stepping, pictures. No rewards here."""

from premotor.bodies.biped import build_biped
from premotor.bodies.body import BODIES, Body, build_body
from premotor.bodies.physics import BatchPhysics, Physics, PhysicsError
from premotor.bodies.rendering import Frames, choose_backend, render_frames
from premotor.bodies.video import write_video

__all__ = [
    "BODIES",
    "BatchPhysics",
    "Body",
    "Frames",
    "Physics",
    "PhysicsError",
    "build_biped",
    "build_body",
    "choose_backend",
    "render_frames",
    "write_video",
]
