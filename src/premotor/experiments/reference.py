"""Reference gaits made by a command."""

import os
from pathlib import Path

from premotor.errors import PremotorError
from premotor.tasks.biped_gait import GaitFit, save_biped_gait
from premotor.tasks.reference import ReferenceGait


def make_reference(path: str | os.PathLike[str], speed: float = 1.35) -> tuple[ReferenceGait, GaitFit]:
    """Make the biped's walking gait for a speed (m/s) from published human kinematics, and write it as CSV.

    Raises:
        PremotorError: a speed at which people do not walk, or a file that cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".csv":
        raise PremotorError(f"{target} should end in .csv")
    if not target.parent.is_dir():
        raise PremotorError(f"the folder {target.parent} does not exist")
    try:
        return save_biped_gait(target, speed)
    except OSError as error:
        raise PremotorError(f"{target} cannot be written ({error.strerror})") from error
