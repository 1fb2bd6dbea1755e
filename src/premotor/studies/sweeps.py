"""The folder of a search: what is searched, the record of its trials, and the trials themselves."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import BeforeValidator, Field, ValidationError

from premotor.errors import PremotorError
from premotor.files import Lock, read_json
from premotor.runs.effect import leaves
from premotor.runs.figures import Figures
from premotor.runs.kinds import KINDS, Kind, kind_named, kind_of
from premotor.runs.loading import Overrides, Source, dump_settings, kind_in, load_settings, override_pairs
from premotor.runs.run_folder import RunFolder
from premotor.runs.settings import RunSettings
from premotor.runs.settings_errors import closest, explain
from premotor.runs.warm_start import open_parent
from premotor.runs.yaml_text import dump_yaml, parse_yaml
from premotor.settings import Settings
from premotor.studies.processes import claim
from premotor.studies.spaces import Choice, Range, Space, read_couplings, read_spaces

FILE = "sweep.yaml"
INITIAL = "initial.run"
"""The setting that names the run with whose weights a trial begins."""
FORMER = {"train": "control", "simulate": "simulation"}
"""Kinds as older searches call them."""


def _known_kind(name: object) -> object:
    if isinstance(name, str):
        name = FORMER.get(name, name)
        KINDS[name]
    return name


class SweepSettings(Settings):
    """What is searched, and how."""

    kind: Annotated[str, BeforeValidator(_known_kind)]
    """Of the experiment."""
    search: dict[str, Space] = Field(min_length=1)
    """Where each setting is looked for."""
    where: tuple[str, ...] = ()
    """Settings that take the value of another one, as "A == B": A follows B."""
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    pruner: Literal["none", "median", "halving"] = "none"
    score: str
    """The figure that counts; a dotted key of the trials' figures."""
    minimise: bool = False
    seed: int = Field(0, ge=0, lt=2**31)
    """Of the sampler; the trials have the seed of the experiment unless it is searched too."""
    episodes: int | None = Field(None, ge=1)
    """Of the test of each trial; null: as many as is usual."""


class Sweep:
    """The folder of a search.

    Raises:
        PremotorError: it is none, or a file in it is damaged.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder)
        file = self.folder / FILE
        if not file.is_file():
            raise PremotorError(f"{self.folder} is no folder of a search: it has no {FILE}")
        data = parse_yaml(file.read_text(encoding="utf-8"), str(file))
        try:
            self.settings = SweepSettings.model_validate(data)
        except ValidationError as error:
            raise PremotorError(f"{file}: {explain(error, data, SweepSettings)}") from None
        self.kind: Kind = kind_named(self.settings.kind)

    @property
    def experiment_file(self) -> Path:
        """The settings that all trials have in common."""
        return self.folder / "experiment.yaml"

    @property
    def journal(self) -> Path:
        """Optuna's record of the trials."""
        return self.folder / "study.journal"

    def trial_folder(self, number: int) -> Path:
        """The folder of a trial's experiment; beside it are its settings and what it printed."""
        return self.folder / "trials" / f"{number:04d}"

    def trial_settings(self, values: Mapping[str, object]) -> RunSettings:
        """The experiment with the values of a trial.

        Raises:
            PremotorError: values that do not go together.
        """
        if INITIAL in values:
            experiment = load_settings(self.experiment_file, (), self.kind.name)
            values = {**values, **self.kind.inherited(experiment, open_parent(str(values[INITIAL]))[0])}
        followers = read_couplings(self.settings.where)
        base = leaves(load_settings(self.experiment_file, (), self.kind.name).model_dump(mode="json"))
        coupled = {key: values[leader] if leader in values else base[leader] for key, leader in followers.items()}
        return load_settings(self.experiment_file, {**values, **coupled}, self.kind.name)

    @property
    def table(self) -> pd.DataFrame:
        """One row a trial: number, state, score, the values searched, seconds, all figures."""
        file = self.folder / "trials.json"
        return pd.DataFrame(read_json(file)) if file.exists() else pd.DataFrame()

    @property
    def best(self) -> Figures | None:
        """The row of the best complete trial; None before there is one."""
        table = self.table
        if not len(table):
            return None
        complete = table.loc[(table["state"] == "complete") & table["score"].notna()]
        if not len(complete):
            return None
        first = complete.sort_values("score", ascending=self.settings.minimise, kind="stable").iloc[0]
        return {str(key): value for key, value in first.to_dict().items()}


def trained_runs(folder: str | os.PathLike[str], kind: str) -> list[str]:
    """Folders of the runs of a kind at most three levels below a folder, that hold weights.

    Raises:
        PremotorError: there are none.
    """
    place = Path(folder)
    found = [
        str(each.resolve())
        for depth in range(4)
        for each in sorted(path.parent for path in place.glob("*/" * depth + "settings.yaml"))
        if kind_in(each) == kind and RunFolder(each).checkpoints()
    ]
    if not found:
        raise PremotorError(f"--initial: {place} holds no trained run of the kind {kind}")
    return found


def is_sweep(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is one of a search."""
    return (Path(folder) / FILE).is_file()


def open_sweep(
    source: Source,
    search: Mapping[str, object] | Sequence[str],
    output: Path,
    overrides: Overrides,
    *,
    where: Sequence[str] = (),
    initial: str | os.PathLike[str] | None = None,
    **options: object,
) -> tuple[Sweep, Lock]:
    """Make the folder of a search, or open the one that is there; with the lock on it.

    Everything is checked before anything is written: that each setting exists, and that the ends of its range and
    each of its values are allowed.

    Raises:
        PremotorError: a wrong setting or space, or a folder of another search.
    """
    base = load_settings(source, overrides)
    kind, given = kind_of(base), override_pairs(overrides)
    if initial is not None:
        runs = Choice(values=tuple(trained_runs(initial, kind.name)))
        search = {**(read_spaces(search) if search else {}), INITIAL: runs}
    spaces = read_spaces(search)
    for key in kind.inherited(base, open_parent(str(spaces[INITIAL].ends()[0]))[0]) if INITIAL in spaces else ():
        if any(f"{other}.".startswith(f"{key}.") for other in (*spaces, *given)):
            raise PremotorError(f"{key} of a trial is that of the run with whose weights it begins; leave {key} out")
    followers, values = read_couplings(where), leaves(base.model_dump(mode="json"))
    for key, leader in followers.items():
        if key in spaces or key in given:
            what = "searched" if key in spaces else "set"
            raise PremotorError(f"--where: {key} follows {leader}, but is {what} itself; leave one of them out")
        if leader not in spaces and leader not in values:
            raise PremotorError(f"--where: {key} follows {leader}, which is no setting of {base.name} with one value")
        for value in spaces[leader].ends() if leader in spaces else [values[leader]]:
            load_settings(base, {key: value})
    for key, space in spaces.items():
        if key in given:
            raise PremotorError(f"{key} is searched and set at once")
        for value in space.ends():
            load_settings(base, {key: value})
        if isinstance(space, Range) and space.integer and space.step is None and _takes_parts(base, key, space):
            spaces[key] = space.model_copy(update={"integer": False})
    options = {name: value for name, value in options.items() if value is not None}
    options |= {"where": tuple(where)} if where else {}
    options.setdefault("score", kind.score)
    known = kind.score_names(base)
    if known is not None and options["score"] not in known:
        near = closest(str(options["score"]), known)
        raise PremotorError(f"--score: the runs give no {options['score']!r}{near}; they give {', '.join(known)}")
    try:
        settings = SweepSettings.model_validate({"kind": kind.name, "search": spaces, **options})
    except ValidationError as error:
        raise PremotorError(explain(error, {"kind": kind.name, **options}, SweepSettings)) from None
    if settings.sampler == "grid":
        for space in spaces.values():
            space.points()
    if settings.pruner != "none" and not kind.curves:
        raise PremotorError(
            f"experiments of the kind {kind.name} are not pruned: there is nothing to see before their end; leave "
            "--pruner out"
        )
    text = dump_settings(base)

    def same() -> bool:
        there = Sweep(output)
        return there.settings == settings and there.experiment_file.read_text(encoding="utf-8") == text

    files = {FILE: dump_yaml(settings.model_dump(mode="json")), "experiment.yaml": text}
    lock = claim(output, "trials", files, same, "search")
    return Sweep(output), lock


def _takes_parts(base: RunSettings, key: str, space: Range) -> bool:
    """Whether a setting takes numbers that are not whole."""
    try:
        load_settings(base, {key: space.low + 0.5})
    except PremotorError:
        return False
    return True
