"""What a reproduction of a publication is: what it computes, and its figures and numbers beside the published ones."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from premotor.files import replace_atomically
from premotor.registry import Registry, derived_from
from premotor.report.style import Chart


@dataclass(frozen=True)
class Compared:
    """A figure of the publication beside ours."""

    what: str
    published: float | None
    """None: the publication gives no number."""
    ours: float | None
    """None: it was not computed."""
    low: float | None = None
    """The least of ours, or the lower end of an interval."""
    high: float | None = None
    of: str = ""
    """What ours comes from, as "mean (least to most) of 10 wirings"."""
    note: str = ""
    """What is published beside the number, or why the two cannot be the same."""
    places: int = 1
    """Decimals that are shown."""
    published_low: float | None = None
    """The least that is published, where it is a range."""
    published_high: float | None = None


@dataclass(frozen=True)
class Part:
    """A figure or table of the publication, made from ours."""

    title: str
    lead: str = ""
    charts: Sequence[Chart] = ()
    """Those with `draw` are shown as figures, the others as tables; all are written as files."""
    numbers: Sequence[Compared] = ()
    differs: Sequence[str] = ()
    """What is other than in the publication, a sentence each."""


class Reproduction(ABC):
    """A publication. A subclass says what is computed and what is shown of it::

    @REPRODUCTIONS.register("doe2020")
    class Doe2020(Reproduction):
        title, citation, short_form = "…", "…", "…"

        def stages(self): ...
        def parts(self): ...

    Args:
        folder: where everything is kept; it exists.
        short: the form that ends in minutes.
        jobs: processes side by side; None: one a core.
    """

    title: ClassVar[str]
    """What was published, in a few words."""
    citation: ClassVar[str]
    short_form: ClassVar[str]
    """What the short form leaves out, in a sentence for the head of its page."""

    def __init__(self, folder: Path, short: bool = False, jobs: int | None = None):
        self.folder, self.short, self.jobs = folder, short, jobs

    @abstractmethod
    def stages(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """What is computed, in order: a few words, and a function that does it.

        All are called each time: what is there in full must be left as it is, and what is half done gone on with.
        """

    @abstractmethod
    def parts(self) -> Sequence[Part]:
        """Figures and numbers from what the stages left in the folder."""

    def table(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A table that is computed once and kept as ``tables/<name>.parquet`` of the folder."""
        file = self.folder / "tables" / f"{name}.parquet"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            made = make()
            with replace_atomically(file) as aside:
                made.to_parquet(aside)
        return pd.read_parquet(file)


REPRODUCTIONS: Registry[type[Reproduction]] = Registry(
    "publication",
    {name: f"premotor.report.reproductions.{name}" for name in ("brainrnn", "hasegan2022", "randomnet")},
    derived_from(Reproduction),
)
"""Every publication that can be reproduced, by name."""
