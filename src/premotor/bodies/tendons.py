"""Geometry of tendons: lengths and moment arms."""

from collections.abc import Sequence

import mujoco
import numpy as np

from premotor.bodies.body import Body
from premotor.errors import PremotorError

STEP = 1e-5  # rad, of the central differences


def tendon_lengths(body: Body, joint: str, angles: Sequence[float] | np.ndarray) -> np.ndarray:
    """Length of every tendon's path while one joint moves and the others stay at rest, (angles, tendons), m.

    Args:
        body: the body.
        joint: the joint that moves.
        angles: its positions, rad.

    Raises:
        PremotorError: no such joint, or a body without tendons.
    """
    model = body.model
    if not model.ntendon:
        raise PremotorError(f"body '{body.name}' has no tendons")
    address = int(body.qpos_index(joint)[0])
    data = mujoco.MjData(model)
    lengths = np.empty((len(angles), model.ntendon))
    for row, angle in enumerate(angles):
        data.qpos[:] = model.qpos0
        data.qpos[address] = angle
        mujoco.mj_fwdPosition(model, data)
        lengths[row] = data.ten_length
    return lengths


def moment_arms(body: Body, joint: str, angles: Sequence[float] | np.ndarray) -> np.ndarray:
    """Moment arm of every tendon about a joint, −∂length/∂angle, (angles, tendons), m.

    A pull of a tendon with a positive moment arm turns the joint to larger angles. By the principle of virtual
    work this is the definition of a moment arm, whatever the tendon runs over (An et al. 1984).

    Args:
        body: the body.
        joint: the joint that moves; the others stay at rest.
        angles: its positions, rad.

    Raises:
        PremotorError: no such joint, or a body without tendons.
    """
    angles = np.asarray(angles, float)
    longer, shorter = (tendon_lengths(body, joint, angles + step) for step in (STEP, -STEP))
    return (shorter - longer) / (2 * STEP)
