"""The folder of a study: what it asks, its runs, and how far each is."""

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypedDict

import pandas as pd

from premotor.errors import PremotorError
from premotor.files import read_json, write_json
from premotor.runs.kinds import kind_of
from premotor.runs.loading import load_settings
from premotor.runs.run import Run
from premotor.runs.settings import RunSettings
from premotor.settings import note
from premotor.studies.leases import Holder, holder
from premotor.studies.members import Member, finished_with, row_of, spent
from premotor.studies.processes import LEASES, last_line, reached
from premotor.studies.run_index import Row, RunIndex, stamp_of
from premotor.studies.study_plan import plan_study
from premotor.studies.study_settings import read_study

FILE = "study.yaml"
ROWS = "rows.json"
REGISTERED = "registered.json"


class Registered(TypedDict):
    """Hypotheses and margins as they were at some time."""

    time: str
    """ISO 8601, UTC."""
    sha256: str
    """Of the other two below, as JSON."""
    runs_done: int
    """How many runs had ended by then."""
    hypotheses: list[dict[str, object]]
    margin: dict[str, float]


class Standing(NamedTuple):
    """How far a run is."""

    member: Member
    state: str
    """done, running, failed, stopped (its worker was cut off), or waiting."""
    tries: int = 0
    """How many workers had it."""
    where: str = ""
    """The host of the last one."""
    said: str = ""
    """Its last line, where it failed or was cut off."""


class Study:
    """A study's folder.

    Args:
        folder: it.

    Raises:
        PremotorError: it is none, or its settings are damaged.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder)
        if not is_study(self.folder):
            raise PremotorError(f"{self.folder} is no folder of a study: it has no {FILE}")
        self.settings = read_study(self.folder)
        self._experiments: dict[str, RunSettings] = {}

    def __repr__(self) -> str:
        """One line: where it is."""
        return f"Study({str(self.folder)!r})"

    @cached_property
    def members(self) -> list[Member]:
        """All runs that it asks for, seed by seed."""
        return plan_study(self.settings, {name: self.experiment(name) for name in self.settings.experiments})

    def experiment(self, name: str) -> RunSettings:
        """The settings of one of its experiments, before those of a run are put over them."""
        if name not in self._experiments:
            self._experiments[name] = load_settings(self.folder / "experiments" / f"{name}.yaml")
        return self._experiments[name]

    @property
    def rows(self) -> pd.DataFrame:
        """One row a finished run: the axes, `parameters`, `score` and the other figures, steps, finished, seconds."""
        return pd.DataFrame(self.finished_rows())

    def run_folder(self, member: Member) -> Path:
        """Where a run of it lies."""
        return self.folder / "runs" / member.name

    def episodes_of(self, member: Member) -> int | None:
        """Of a run's test; None: as many as is usual."""
        own = self.settings.experiments[member.axes["experiment"]].episodes
        return self.settings.episodes if own is None else own

    @property
    def expected(self) -> list[str]:
        """The figures that hypotheses speak of."""
        return sorted({each.figure for each in self.settings.hypotheses})

    def finished_rows(self) -> list[Row]:
        """`rows` as a list; what did not change since the last call is taken from the index."""
        by_name = {member.name: member for member in self.members}
        tests = {name: self.run_folder(each) / "evaluations" / "test.json" for name, each in by_name.items()}
        stamps = {
            name: f"{stamp} {self.episodes_of(by_name[name])} {' '.join(self.expected)}"
            for name, file in tests.items()
            if (stamp := stamp_of(file))
        }
        found = RunIndex(self.folder / "index.sqlite").read(stamps, lambda name: self._row(by_name[name]))
        return [{**_told(each), **found[name]} for name, each in by_name.items() if name in found]

    def _row(self, member: Member) -> Row | None:
        path = self.run_folder(member)
        if not finished_with(path, self.episodes_of(member)):
            return None
        row = row_of(self.folder, member, self.expected)
        figures = {name: value for name, value in row.items() if name not in member._fields}
        return {**spent(Run(path)), **figures, "seed": member.seed}

    def standings(self) -> list[Standing]:
        """How far every run is, by the folder alone."""
        done = {row["name"] for row in self.finished_rows()}
        found = []
        for each in self.members:
            if each.name in done:
                found.append(Standing(each, "done"))
                continue
            last = holder(self.folder / "runs" / LEASES / each.name)
            found.append(Standing(each, "waiting") if last is None else self._standing(each, last))
        return found

    def _standing(self, member: Member, last: Holder) -> Standing:
        if last.alive:
            return Standing(member, "running", last.number, last.host)
        log = self.run_folder(member).with_name(f"{member.name}.log")
        said = last_line(log) if log.exists() else ""
        cut = last.status in (None, 0) or last.status > 128 or last.status < 0
        return Standing(member, "stopped" if cut else "failed", last.number, last.host, said)

    def seconds_left(self, standings: Sequence[Standing]) -> float | None:
        """About how long the runs that are not done take, so many side by side as are at work now.

        The mean of finished runs of the same experiment, less what each has reached; None before one has finished.
        """
        spent: dict[str, list[float]] = {}
        for row in self.finished_rows():
            if row["seconds"] is not None:
                spent.setdefault(row["experiment"], []).append(row["seconds"])
        left, side = 0.0, max(1, sum(each.state == "running" for each in standings))
        open_runs = [each for each in standings if each.state != "done"]
        for each in open_runs:
            known = spent.get(each.member.axes["experiment"])
            if known is None:
                return None
            left += sum(known) / len(known) * (1.0 - self._part(each))
        return left / side if open_runs else None

    def _part(self, standing: Standing) -> float:
        """Which part of its steps a run has reached, by its log of metrics."""
        base = self.experiment(standing.member.axes["experiment"])
        kind = kind_of(base)
        counter = "iteration" if kind.unit == "iterations" else "steps"
        steps = reached(self.run_folder(standing.member) / "metrics.jsonl", counter)
        return min(1.0, steps / max(1, kind.total(base)))

    def register(self) -> None:
        """Keep hypotheses and margins with their hash, before the first run; a change afterwards is said and kept."""
        told = self.settings.model_dump(mode="json", include={"hypotheses", "margin"})
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        file = self.folder / REGISTERED
        before: list[Registered] = read_json(file) if file.exists() else []
        if before and before[-1].get("sha256") == digest:
            return
        done = len(self.finished_rows())
        if before:
            note(f"hypotheses or margins differ from those registered at {before[-1]['time']}; {done} runs are done")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(file, [*before, {"time": now, "sha256": digest, "runs_done": done, **told}])


def is_study(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is one of a study."""
    return (Path(folder) / FILE).is_file()


def _told(member: Member) -> Row:
    """A run's name and its place on every axis."""
    return {
        "name": member.name,
        **member.axes,
        "wiring": member.wiring,
        "wiring_seed": member.null_seed,
        "drawn": member.drawn,
        "seed": member.seed,
    }
