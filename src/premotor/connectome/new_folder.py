"""New folders, written aside and given their name in one step: they are whole or not there."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from premotor.errors import PremotorError


def write_folder(folder: Path, write: Callable[[Path], None], what: str) -> Path:
    """Make a folder of what `write` puts into the folder that it is given; return its path.

    Raises:
        PremotorError: the folder exists and is not empty, or the disk refuses.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PremotorError(f"{folder} exists and is not empty; {what} is saved into a new folder")
    aside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        write(aside)
        # mkdtemp makes a private folder; a saved one has the rights of any new folder.
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o777 & ~umask)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    except OSError as error:
        raise PremotorError(f"cannot write {what} to {folder}: {error.strerror or error}") from None
    finally:
        if aside is not None and aside.exists():
            shutil.rmtree(aside)
    return folder
