"""Finished runs that were made elsewhere, by a comparison, another study or by hand, taken over into a study."""

import os
import shutil
from pathlib import Path

from premotor.errors import PremotorError
from premotor.files import new_folder, write_atomically
from premotor.runs.loading import dump_settings, load_settings
from premotor.runs.run_folder import RunFolder
from premotor.runs.settings import RunSettings
from premotor.studies.members import Member, finished_with
from premotor.studies.study_folder import Study

NO_NUMBER = ("name", "threads", "compare")
"""Settings that change no number of a run."""


def adopt(made: Study, source: str | os.PathLike[str]) -> list[str]:
    """Copy finished runs into a study wherever one has the settings that the study asks for; what was done, in lines.

    A run fits where all of its settings but name, threads and `compare` are those of a run of the study, and its test
    has as many episodes. Its provenance goes with it, videos and pages do not. Runs that the study has already are left
    alone.

    Args:
        made: the study; nothing else may be running it.
        source: a run folder, or a folder that holds some, itself or in its ``runs/``.

    Raises:
        PremotorError: there is no run folder, or a run is damaged.
    """
    found = _run_folders(Path(source))
    open_members = {
        _key(load_settings(made.experiment(each.axes["experiment"]), each.settings)): each
        for each in made.members
        if not made.run_folder(each).exists()
    }
    taken, unlike, unfinished = [], [], []
    for folder in found:
        settings = load_settings(folder / "settings.yaml")
        member = open_members.get(_key(settings))
        if member is None:
            unlike.append(folder.name)
        elif not finished_with(folder, made.episodes_of(member)):
            unfinished.append(folder.name)
        else:
            _copy(folder, made.run_folder(member), settings, member)
            del open_members[_key(settings)]
            taken.append(folder.name)
    lines = [f"{len(taken)} of {len(found)} runs in {source} are taken over, without their videos and pages"]
    if unlike:
        lines.append(f"{len(unlike)} have other settings than any run that is missing here: {_some(unlike)}")
    if unfinished:
        lines.append(f"{len(unfinished)} are not finished, or their test has other episodes: {_some(unfinished)}")
    return lines


def _run_folders(source: Path) -> list[Path]:
    places = [source, *(sorted(source.glob("*")) + sorted(source.glob("runs/*")) if source.is_dir() else [])]
    found = [place for place in places if (place / "settings.yaml").is_file() and (place / "provenance.json").is_file()]
    if not found:
        raise PremotorError(f"{source} holds no run folder, neither itself nor in its runs/")
    return found


def _key(settings: RunSettings) -> str:
    """What two runs of the same numbers have in common."""
    return repr(sorted(settings.model_dump(mode="json", exclude=set(NO_NUMBER)).items()))


def _copy(source: Path, target: Path, settings: RunSettings, member: Member) -> None:
    RunFolder.open(source)
    with new_folder(target) as (aside, lock):
        shutil.copytree(source, aside, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "*.html", "video"))
        write_atomically(aside / "settings.yaml", dump_settings(settings.model_copy(update={"name": member.name})))
    lock.release()


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
