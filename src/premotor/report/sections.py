"""Sections of reports: each says whether it applies to a folder, and one builder makes every page of them."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from premotor.errors import PremotorError
from premotor.files import read_json, whole_folder, write_atomically
from premotor.registry import Registry, derived_from
from premotor.report.page import Page, Section, Tile
from premotor.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from premotor.report.style import Chart

FIGURES = "figures"
"""The folder of figures that lie beside a page as files."""
MARKS = ("settings.yaml", "comparison.json", "sweep.yaml", "study.yaml")
"""A folder that can be reported holds one of these."""


@dataclass(frozen=True, eq=False)
class Record(ABC):
    """What a folder holds, read and checked once for all sections; a subclass for each kind of folder."""

    kicker: ClassVar[str] = "premotor report"
    """A few words above the title."""
    page: ClassVar[str] = "report.html"
    """The file of the page."""
    pictures: ClassVar[str] = FIGURES
    """The folder, inside its own, of the figures that sections also write as files."""

    settings_name: ClassVar[str] = "settings.yaml"
    """The file of its settings."""

    folder: Path

    @classmethod
    @abstractmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether a folder is of this kind, by the files in it."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a folder.

        Raises:
            PremotorError: a file is missing, damaged or does not fit the others.
        """
        return cls(folder)

    @property
    @abstractmethod
    def subtitle(self) -> str:
        """What it is, in a sentence."""

    @property
    def notes(self) -> Sequence[str]:
        """What a reader must know before anything else, such as that a run is not finished."""
        return ()

    @cached_property
    def provenance(self) -> Mapping[str, object]:
        """What the folder notes of how it was made; empty where it does not."""
        file = self.folder / "provenance.json"
        return mapping(file) if file.exists() else {}

    @property
    def again(self) -> str:
        """The word, or words, of the command that makes such a folder from a settings file."""
        return "train"

    def command(self, *words: str) -> str:
        """A command line about this folder."""
        return " ".join(["premotor", words[0], str(self.folder), *words[1:]])


class ReportSection[R: Record](ABC):
    """A section of a report. A subclass says what differs, is made without arguments and holds no state::

    @SECTIONS.register("my-section")
    class MySection(ReportSection[RunRecord]):
        order, about = 55, RunRecord

        def build(self, record: RunRecord) -> Section: ...
    """

    order: ClassVar[float]
    """Sections stand in rising order. The package's own have 10 (what it is), 20 (how it learned), 30 and 40 (what it
    does), 50 (weights), 60 (lesions), 65 (senses), 70 (comparison) and 90 (how to reproduce it)."""
    about: ClassVar[type[Record]]
    """The kind of folder: the record that the other methods get."""

    def applies(self, record: R) -> bool:
        """Whether there is such a section for this folder at all."""
        return True

    @abstractmethod
    def build(self, record: R) -> Section:
        """The section; what the folder does not hold yet is said in it, with the command that makes it.

        Raises:
            PremotorError: a file is damaged.
        """

    def tiles(self, record: R) -> Sequence[Tile]:
        """Headline figures for the top of the page."""
        return ()

    def charts(self, record: R) -> "Sequence[Chart]":
        """Figures that are also written as files."""
        return ()


def _modules(*names: str) -> list[str]:
    return [f"premotor.report.{name}" for name in names]


SECTIONS: Registry[type[ReportSection]] = Registry(
    "report section",
    _modules(
        *("about", "learning", "walking", "hexapod", "bipedal", "worm", "chemotaxis", "movement", "neurons"),
        *("weights", "lesions", "senses", "comparing", "comparison_report", "study_report", "study_missing"),
        *("dynamics", "simulation", "sweeps", "trainings", "methods"),
        *("spiking.about", "spiking.learning", "spiking.behaviour", "spiking.weights", "spiking.inputs"),
    ),
    derived_from(ReportSection),
)
"""Every section by its name."""

RECORDS: Registry[type[Record]] = Registry(
    "kind of report",
    _modules("simulation", "dynamics", "spiking.record", "study_report", "comparison_report", "sweeps", "reading"),
)
"""Kinds of folder by their names; the first that recognises a folder reads it."""


def check_folder(folder: Path) -> None:
    """Say at once, before any library is loaded, that a folder can not be reported; PremotorError where it can not."""
    if not any((folder / name).exists() for name in MARKS):
        RunFolder.open(folder)


def read_record(folder: str | os.PathLike[str]) -> Record:
    """Read a folder of any kind that can be reported; one that no kind recognises is read as a run's.

    Raises:
        PremotorError: it is none, or a file in it is missing, damaged or does not fit the others.
    """
    place = Path(folder)
    check_folder(place)
    kinds = list(RECORDS.values())
    return next((kind for kind in kinds if kind.recognises(place)), RECORDS["run"]).read(place)


def sections_of(record: Record) -> list[ReportSection]:
    """The sections that apply to a folder, in their order."""
    chosen = [entry() for entry in SECTIONS.values() if isinstance(record, entry.about)]
    return [section for section in sorted(chosen, key=lambda section: section.order) if section.applies(record)]


def page_of(record: Record) -> Page:
    """The page of a folder."""
    sections = sections_of(record)
    sessions = record.provenance.get("sessions")
    begun = str(sessions[0].get("started", ""))[:10] if isinstance(sessions, list) and sessions else ""
    name = record.folder.resolve().name
    return Page(
        title=name,
        kicker=record.kicker,
        subtitle=record.subtitle,
        sections=[section.build(record) for section in sections],
        tiles=[tile for section in sections for tile in section.tiles(record)],
        notes=record.notes,
        footer=f"Made by premotor from {name}/, begun {begun}." if begun else "Made by premotor.",
    )


def write_report(folder: str | os.PathLike[str]) -> Path:
    """Write the page of a run, a comparison, a sweep, a simulation or an analysis of dynamics; return its path.

    The page is one file that opens without a network; figures that also lie beside it as files are drawn anew. What
    the folder does not hold yet is said in words, with the command that makes it.

    Raises:
        PremotorError: the folder is of no such kind, or a file in it is missing, damaged or does not fit the others.
    """
    record = read_record(folder)
    html = page_of(record).render()
    _draw(record)
    path = record.folder / record.page
    write_atomically(path, html)
    return path


def write_figures(folder: str | os.PathLike[str]) -> list[Path]:
    """Draw the figures of a folder that lie beside its page as files; return them.

    Raises:
        PremotorError: as `write_report`.
    """
    return _draw(read_record(folder))


def _draw(record: Record) -> list[Path]:
    pictures = {f"{c.name}.png": c.png() for section in sections_of(record) for c in section.charts(record)}
    place = record.folder / record.pictures
    if pictures and not place.exists():
        with whole_folder(place) as aside:
            for name, data in pictures.items():
                (aside / name).write_bytes(data)
    else:
        for name, data in pictures.items():
            write_atomically(place / name, data)
    return [place / name for name in sorted(pictures)]


def mapping(path: Path) -> dict[str, object]:
    """The object in a JSON file; PremotorError where it holds anything else."""
    record = read_json(path)
    if not isinstance(record, dict):
        raise PremotorError(f"{path} holds {type(record).__name__}, but should hold an object")
    return record
