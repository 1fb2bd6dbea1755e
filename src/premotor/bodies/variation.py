"""Worlds that differ from each other: factors on a model's values, the tilt and place of the ground."""

from collections.abc import Callable, Mapping

import mujoco
import numpy as np
from numpy.typing import NDArray

from premotor.bodies.fly_terrain import ROUGH
from premotor.errors import PremotorError

COLUMNS = {"friction": (), "mass": (), "strength": (), "slope": (2,), "ground": (3,)}
"""What can vary, and the shape of its value in each world."""


def apply_variation(
    model: mujoco.MjModel,
    environments: int,
    factors: Mapping[str, np.ndarray],
    expand: Callable[[str], NDArray[np.floating]],
) -> None:
    """Write the differences between worlds (see `Physics.vary`) into the model's values of each world.

    Args:
        model: of all worlds.
        environments: number of worlds.
        factors: values by name, (environments, …).
        expand: gives a field of the model, named as in MjModel, one row a world, to be written to in place.

    Raises:
        PremotorError: another name or shape, or a value that is not finite or a factor not positive.
    """
    for name, value in factors.items():
        if name not in COLUMNS:
            *most, last = COLUMNS
            raise PremotorError(f"'{name}' can not vary; allowed are {', '.join(most)} and {last}")
        shape, factor = (environments, *COLUMNS[name]), not COLUMNS[name]
        if np.shape(value) != shape or not np.isfinite(value).all() or (factor and np.min(value) <= 0):
            kind = "positive factors" if factor else "finite numbers"
            raise PremotorError(f"{name} varies by {kind} of shape {shape}; found shape {np.shape(value)}")
        if name == "friction":
            expand("geom_friction")[:] *= value[:, None, None]
        elif name == "mass":
            expand("body_mass")[:] *= value[:, None]
            expand("body_inertia")[:] *= value[:, None, None]
        elif name == "strength":
            servos = model.actuator_biastype == int(mujoco.mjtBias.mjBIAS_AFFINE)
            for array in ("actuator_gainprm", "actuator_biasprm", "actuator_forcerange"):
                expand(array)[:, servos] *= value[:, None, None]
        elif name == "ground":
            number = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, ROUGH)
            if number < 0:
                raise PremotorError("ground can not vary: the body stands on a plane, not on rough ground")
            expand("body_pos")[:, number, :2] = value[:, :2]
            half = value[:, 2] / 2
            expand("body_quat")[:, number] = np.stack([np.cos(half), 0 * half, 0 * half, np.sin(half)], axis=1)
        else:
            # Tilting the ground is tilting gravity the other way.
            down = np.concatenate([-np.tan(value), -np.ones((environments, 1))], axis=1)
            gravity = np.linalg.norm(model.opt.gravity)
            expand("opt.gravity")[:] = gravity * down / np.linalg.norm(down, axis=1, keepdims=True)
