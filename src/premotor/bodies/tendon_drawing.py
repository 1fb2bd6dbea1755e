"""How tendons look: their paths, and the colour and width of a muscle by its activation."""

from typing import NamedTuple

import mujoco
import numpy as np

RELAXED, ACTIVE = np.array([0.94, 0.76, 0.72]), np.array([0.72, 0.04, 0.06])
"""Colours of a muscle at rest and at full activation."""
SWELLING = 1.0
"""An active muscle is drawn wider by this part of its width."""


class TendonPiece(NamedTuple):
    """A straight piece of a tendon's path."""

    tendon: int
    start: np.ndarray
    """(3,), m."""
    end: np.ndarray


def tendon_pieces(model: mujoco.MjModel, data: mujoco.MjData) -> list[TendonPiece]:
    """All pieces in the present pose; around a body they run along the chord of what they wrap."""
    points, inside = data.wrap_xpos.reshape(-1, 3), data.wrap_obj.reshape(-1)
    found = []
    for tendon in range(model.ntendon):
        if model.tendon_width[tendon] <= 0 or model.tendon_rgba[tendon, 3] <= 0:
            continue
        begin, count = int(data.ten_wrapadr[tendon]), int(data.ten_wrapnum[tendon])
        for place in range(begin, begin + count - 1):
            if inside[place] != -2 and inside[place + 1] != -2:  # a pulley divides the path
                found.append(TendonPiece(tendon, points[place].copy(), points[place + 1].copy()))
    return found


def muscle_looks(model: mujoco.MjModel, data: mujoco.MjData) -> tuple[np.ndarray, np.ndarray]:
    """Colour (tendons, 4) and width (tendons,), m, where `data.act` holds activations of muscles.

    A tendon that no actuator with an activation pulls looks as the model says.
    """
    colours, widths = model.tendon_rgba.astype(np.float64), model.tendon_width.astype(np.float64)
    for actuator in range(model.nu):
        if model.actuator_trntype[actuator] != mujoco.mjtTrn.mjTRN_TENDON or model.actuator_actadr[actuator] < 0:
            continue
        tendon = int(model.actuator_trnid[actuator, 0])
        level = float(np.clip(data.act[model.actuator_actadr[actuator]], 0.0, 1.0))
        colours[tendon, :3] = RELAXED + level * (ACTIVE - RELAXED)
        widths[tendon] *= 1.0 + SWELLING * level
    return colours, widths


def place_tendons(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Paths of all tendons for positions whose kinematics are up to date."""
    if model.ntendon:
        mujoco.mj_comPos(model, data)
        mujoco.mj_tendon(model, data)
