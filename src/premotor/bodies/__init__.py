"""Bodies and their physics: MJCF models, batched stepping, drawing. No rewards here."""

from premotor.bodies.biped import build_biped
from premotor.bodies.body import BODIES, Body, build_body
from premotor.bodies.physics import BatchPhysics, Physics, PhysicsError

__all__ = ["BODIES", "BatchPhysics", "Body", "Physics", "PhysicsError", "build_biped", "build_body"]
