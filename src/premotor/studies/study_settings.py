"""What a study asks: the axes whose every combination is a run, in one YAML file."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from premotor.connectome.nulls import NULL_MODELS
from premotor.errors import PremotorError
from premotor.learning import LEARNERS
from premotor.networks import baseline_settings
from premotor.runs.settings_errors import explain
from premotor.runs.yaml_text import dump_yaml, parse_yaml, read_yaml
from premotor.settings import Settings
from premotor.studies.learns import known_rule

OWN = "own"
"""The circuit, or the learner, that an experiment has itself."""
GIVEN = "given"
"""What learns where a study does not say otherwise: as the experiment has it."""
AXES = ("experiment", "circuit", "wiring", "wiring_seed", "drawn", "learns", "learner", "seed")
"""Columns of a study's table by which runs differ, and by which some can be excluded."""

Overrides = dict[str, object]


def _entry(value: object) -> object:
    return {"source": value} if isinstance(value, str) else value


class StudyExperiment(Settings):
    """One experiment of a study."""

    source: str
    """A preset's name or a YAML file."""
    settings: Overrides = Field(default_factory=dict)
    """Settings that differ from its own, by dotted key."""
    wirings: int | None = Field(None, ge=1)
    """How many random wirings are drawn, where its own one is random; each has its null models."""
    episodes: int | None = Field(None, ge=1)
    """Of each test; null: as the study says."""


class Hypothesis(Settings):
    """What is expected before the runs are seen."""

    name: str
    figure: str = "score"
    """The figure that is compared."""
    first: str | dict[str, object]
    """A wiring, or conditions on the axes, as {wiring: connectome, experiment: walk}."""
    second: str | dict[str, object]
    """What it is compared with."""
    expect: Literal["greater", "less", "equivalent", "different"]
    """What is expected of the first beside the second; equivalent: within the margin of the figure."""


def _named(values: object, what: str) -> object:
    """A list of names as a mapping from each to itself."""
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        doubled = [value for value in values if values.count(value) > 1]
        if doubled:
            raise ValueError(f"{doubled[0]!r} stands twice")
        return {_short(value): value for value in values}
    return values


def _short(source: str) -> str:
    return Path(source).name.split(".")[0] if source.endswith((".yaml", ".yml")) or os.sep in source else source


def _experiments(values: object) -> object:
    values = _named(values, "experiments")
    return {name: _entry(value) for name, value in values.items()} if isinstance(values, dict) else values


def _learns(values: object) -> object:
    values = _named(values, "learns")
    if not isinstance(values, dict):
        return values
    found = {}
    for name, value in values.items():
        if isinstance(value, str):
            known_rule(value)
        found[name] = value or {}
    return found


def _learners(values: object) -> object:
    values = _named(values, "learners")
    if not isinstance(values, dict):
        return values
    found = {}
    for name, value in values.items():
        if isinstance(value, str):
            value = {} if value == OWN else {"learning.kind": LEARNERS.known(value)}
        found[name] = value or {}
    return found


def _seeds(values: object) -> object:
    return list(range(values)) if isinstance(values, int) and not isinstance(values, bool) and values > 0 else values


def _engine(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


Seeds = Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], BeforeValidator(_seeds), Field(min_length=1)]


class StudySettings(Settings):
    """Every experiment with every circuit, wiring, learner, rule of what learns, and seed, but for exclusions."""

    name: str = Field("study", max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Also the name of its folder."""
    experiments: Annotated[dict[str, StudyExperiment], BeforeValidator(_experiments), Field(min_length=1)]
    """Presets and YAML files, as a list or by names of your own: {walk: {source: walk, settings: {KEY: VALUE}}}."""
    circuits: Annotated[dict[str, str], BeforeValidator(lambda v: _named(v, "circuits")), Field(min_length=1)] = {
        OWN: OWN
    }
    """Connectomes, each named as `circuit.source` names one; "own" is that of the experiment."""
    nulls: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Null models by name, and how many wirings of each."""
    independent: bool = False
    """Whether each seed of learning has null wirings of its own, so many as `nulls` says, and no two runs share one."""
    baselines: list[str] = Field(default_factory=list)
    """Networks without a connectome, of as many parameters that learn."""
    learns: Annotated[dict[str, Overrides | str], BeforeValidator(_learns), Field(min_length=1)] = {GIVEN: GIVEN}
    """What may learn: rules by name (`given`, `everything`, `readout`, `maps`, `magnitudes`, `types`, `scale`,
    `budget(100)`), or names of your own with the settings that each stands for."""
    learners: Annotated[dict[str, Overrides], BeforeValidator(_learners), Field(min_length=1)] = {OWN: {}}
    """Learners by name, or names with settings; "own" is that of the experiment."""
    seeds: Seeds = [0]
    """Of learning: how many, or which."""
    exclude: list[dict[str, object]] = Field(default_factory=list)
    """Combinations to leave out: each a mapping from axes to one value or a list of them."""
    episodes: int | None = Field(None, ge=1)
    """Of each test; null: as many as is usual."""
    engine: Annotated[dict[str, object], BeforeValidator(_engine)] = {"kind": "local"}
    """Where the runs run: the name of an engine, or its `kind` and settings."""
    margin: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """By figure, as `score`, or by experiment and figure, as `cartpole.score`: differences smaller than this do not
    matter, so that "as good as" can be a result."""
    hypotheses: list[Hypothesis] = Field(default_factory=list)
    """What is expected; kept with their hash when the study begins."""

    @field_validator("nulls")
    @classmethod
    def _known_nulls(cls, nulls: dict[str, int]) -> dict[str, int]:
        for name in nulls:
            NULL_MODELS.known(name)
        return nulls

    @field_validator("baselines")
    @classmethod
    def _known_baselines(cls, names: list[str]) -> list[str]:
        for name in names:
            baseline_settings(name)
        return names

    @field_validator("exclude")
    @classmethod
    def _known_axes(cls, conditions: list[dict[str, object]]) -> list[dict[str, object]]:
        for condition in conditions:
            for axis in condition:
                if axis not in AXES:
                    raise ValueError(f"there is no axis {axis!r}; there are {', '.join(AXES)}")
            if not condition:
                raise ValueError("an empty condition would leave out every run")
        return conditions

    @model_validator(mode="after")
    def _excludes_what_there_is(self) -> "StudySettings":
        axes: dict[str, Mapping[str, object]] = {"experiment": self.experiments, "circuit": self.circuits}
        axes |= {"learns": self.learns, "learner": self.learners}
        for condition in self.exclude:
            for axis, known in axes.items():
                wanted = condition.get(axis, [])
                for each in wanted if isinstance(wanted, list) else [wanted]:
                    if each not in known:
                        raise ValueError(f"exclude: there is no {axis} {each!r} in this study, but {', '.join(known)}")
        return self

    def excluded(self, told: Mapping[str, object]) -> bool:
        """Whether a combination is left out; `told` has a value for every axis."""
        return any(all(_meets(told.get(axis), wanted) for axis, wanted in each.items()) for each in self.exclude)


def _meets(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, list) else value == wanted


def read_study(
    source: str | os.PathLike[str] | Mapping[str, object], overrides: Mapping[str, object] | None = None
) -> StudySettings:
    """The settings of a study from a YAML file, a mapping, or the folder of a study.

    Files of experiments and circuits count from the study's file.

    Args:
        source: the file, mapping or folder.
        overrides: values by dotted key, as `engine.kind`.

    Raises:
        PremotorError: no such file, no YAML, an unknown key, or a wrong value; named with its file and key.
    """
    if isinstance(source, Mapping):
        data: object = dict(source)
        origin, folder = "the study", Path.cwd()
    else:
        path = Path(source)
        path = path / "study.yaml" if path.is_dir() else path
        if not path.exists():
            raise PremotorError(f"there is no study file {path}")
        data = parse_yaml(read_yaml(path, "study file"), str(path))
        origin, folder = str(path), path.resolve().parent
    if not isinstance(data, dict):
        raise PremotorError(f"{origin} holds no mapping; a study holds at least 'experiments: [walk]'")
    for key, value in (overrides or {}).items():
        section, _, inner = key.partition(".")
        held = _engine(data.get(section, {})) if inner else None
        data = {**data, section: {**(held if isinstance(held, dict) else {}), inner: value} if inner else value}
    try:
        settings = StudySettings.model_validate(data)
    except ValidationError as error:
        raise PremotorError(f"{origin}: {explain(error, data, StudySettings)}") from None
    except PremotorError as error:
        raise PremotorError(f"{origin}: {error}") from None
    experiments = {
        name: each.model_copy(update={"source": _anchored(each.source, folder)})
        for name, each in settings.experiments.items()
    }
    circuits = {name: _anchored(each, folder) for name, each in settings.circuits.items()}
    return settings.model_copy(update={"experiments": experiments, "circuits": circuits})


def _anchored(source: str, folder: Path) -> str:
    path = folder / Path(source).expanduser()
    return str(path.resolve()) if (path.suffix or os.sep in source) and path.exists() else source


def dump_study(settings: StudySettings) -> str:
    """The complete settings as YAML."""
    return dump_yaml(settings.model_dump(mode="json"))


def slug(name: str) -> str:
    """A name as a part of a run's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "x"
