"""Reference gaits made by a command."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from premotor.errors import PremotorError
from premotor.tasks import ReferenceGait, save_fly_gait
from premotor.tasks.biped_gait import save_biped_gait

GAITS: dict[str, Callable[..., tuple[ReferenceGait, Any]]] = {
    "biped-walk": save_biped_gait,
    "fly-tripod": save_fly_gait,
}
"""Every gait that can be made: the biped's walk (m/s) and the fly's tripod (mm/s)."""


def make_reference(
    path: str | os.PathLike[str],
    speed: float | None = None,
    *,
    gait: str = "biped-walk",
    joints: int | None = None,
) -> tuple[ReferenceGait, Any]:
    """Make a reference gait from published kinematics and write it as CSV.

    Args:
        path: the CSV file.
        speed: mean forward speed, m/s for the biped (1.35 by default) and mm/s for the fly (15).
        gait: ``biped-walk`` or ``fly-tripod``.
        joints: driven joints of the fly, 42, 18 (by default) or 12.

    Returns:
        the gait and how well its feet keep to the ground.

    Raises:
        PremotorError: no such gait, a speed at which its body does not walk, joints where the body has but one
            number of them, or a file that cannot be written.
    """
    target = Path(path)
    if gait not in GAITS:
        raise PremotorError(f"there is no gait {gait!r}; allowed are {', '.join(GAITS)}")
    if joints is not None and gait != "fly-tripod":
        raise PremotorError(f"{gait} has one number of joints; joints belongs to fly-tripod")
    if target.suffix.lower() != ".csv":
        raise PremotorError(f"{target} should end in .csv")
    if not target.parent.is_dir():
        raise PremotorError(f"the folder {target.parent} does not exist")
    given = {name: value for name, value in (("speed", speed), ("joints", joints)) if value is not None}
    try:
        return GAITS[gait](target, **given)
    except OSError as error:
        raise PremotorError(f"{target} cannot be written ({error.strerror})") from error
