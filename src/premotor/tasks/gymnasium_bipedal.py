"""A faster `step` of Gymnasium's BipedalWalker: the same statements in the same order, without NumPy's clip of scalars.

Imports nothing of ours, as the worker process that uses it. It takes the place of Gymnasium's own only where that reads
as the one that it restates.
"""

import hashlib
import inspect
import math
from types import MethodType
from typing import Any

import numpy as np

RESTATED = "9c295793b2135f22fb05c73517753a841c43428715e9493ad698d2c860c49c63"
"""SHA-256 of the source of `BipedalWalker.step` (Gymnasium 1.0 to 1.3)."""
RAYS = tuple((math.sin(1.5 * i / 10.0), math.cos(1.5 * i / 10.0)) for i in range(10))
ONE = np.float32(1)
TOPS = (4.0, 6.0, 4.0, 6.0)
"""Top speeds of hips and knees, rad/s."""


def quickened(environment: Any) -> None:
    """Give a BipedalWalker the faster `step`; leave any other environment as it is."""
    inner = environment.unwrapped
    kind = type(inner)
    if kind.__module__ != "gymnasium.envs.box2d.bipedal_walker" or kind.__name__ != "BipedalWalker":
        return
    if hashlib.sha256(inspect.getsource(kind.step).encode()).hexdigest() == RESTATED:
        inner.step = MethodType(_step, inner)


def _step(self: Any, action: np.ndarray) -> tuple[np.ndarray, Any, bool, bool, dict[str, Any]]:
    from gymnasium.envs.box2d import bipedal_walker as own

    efforts = [size if size < ONE else ONE for size in np.abs(action)]
    for joint, top, a, effort in zip(self.joints, TOPS, action, efforts, strict=True):
        joint.motorSpeed = top if a > 0 else -top if a < 0 else 0.0
        joint.maxMotorTorque = float(own.MOTORS_TORQUE * effort)
    self.world.Step(1.0 / own.FPS, 6 * 30, 2 * 30)
    position, velocity = self.hull.position, self.hull.linearVelocity
    x, y = position.x, position.y
    cast = self.world.RayCast
    for ray, (sine, cosine) in zip(self.lidar, RAYS, strict=True):
        ray.fraction = 1.0
        ray.p1 = position
        end = ray.p2 = (x + sine * own.LIDAR_RANGE, y - cosine * own.LIDAR_RANGE)
        cast(ray, position, end)
    angle = self.hull.angle
    state = [
        angle,
        2.0 * self.hull.angularVelocity / own.FPS,
        0.3 * velocity.x * (own.VIEWPORT_W / own.SCALE) / own.FPS,
        0.3 * velocity.y * (own.VIEWPORT_H / own.SCALE) / own.FPS,
    ]
    for hip, knee, leg in ((0, 1, 1), (2, 3, 3)):
        state += [
            self.joints[hip].angle,
            self.joints[hip].speed / own.SPEED_HIP,
            self.joints[knee].angle + 1.0,
            self.joints[knee].speed / own.SPEED_KNEE,
            1.0 if self.legs[leg].ground_contact else 0.0,
        ]
    state += [ray.fraction for ray in self.lidar]
    self.scroll = x - own.VIEWPORT_W / own.SCALE / 5
    shaping = 130 * x / own.SCALE - 5.0 * abs(angle)
    reward: Any = 0
    if self.prev_shaping is not None:
        reward = shaping - self.prev_shaping
    self.prev_shaping = shaping
    for effort in efforts:
        reward -= 0.00035 * own.MOTORS_TORQUE * effort
    terminated = False
    if self.game_over or x < 0:
        reward, terminated = -100, True
    if x > (own.TERRAIN_LENGTH - own.TERRAIN_GRASS) * own.TERRAIN_STEP:
        terminated = True
    if self.render_mode == "human":
        self.render()
    return np.array(state, dtype=np.float32), reward, terminated, False, {}
