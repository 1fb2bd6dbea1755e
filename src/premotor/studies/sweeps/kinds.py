"""The commands that bring an experiment of any kind from its settings to its figures, in a process of its own."""

from pathlib import Path
from typing import Any

from premotor.runs.kinds import Kind, kind_of
from premotor.runs.loading import load_settings


def kind_of_source(source: Any) -> Kind:
    """Which kind of experiment a preset, file or settings describe.

    Raises:
        PremotorError: no such preset or file.
    """
    return kind_of(load_settings(source))


def begin(settings: Path, folder: Path, threads: int, episodes: int) -> list[str]:
    """The command that makes an experiment in a new folder, without a report."""
    words = ["train", str(settings), "--output", str(folder), "--threads", str(threads)]
    return [*words, "--no-report", "--episodes", str(episodes)]


def go_on(folder: Path, episodes: int) -> list[str]:
    """The command that brings it to its end."""
    return ["resume", str(folder), "--no-report", "--episodes", str(episodes)]
