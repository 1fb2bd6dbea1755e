"""Where a search looks: ranges and lists of values, one for each setting."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from premotor.errors import PremotorError
from premotor.runs.yaml_text import parse_yaml
from premotor.settings import Settings

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import CategoricalChoiceType

MOST_POINTS = 100_000
"""Points of a grid."""


class Range(Settings):
    """All numbers from `low` to `high`, both included."""

    kind: Literal["range"] = "range"
    low: float
    high: float
    log: bool = False
    """Evenly in the logarithm."""
    step: float | None = None
    """Only `low`, `low` + `step`, …"""
    integer: bool = False

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise ValueError(f"low ({self.low:g}) has to be below high ({self.high:g})")
        if self.log and self.low <= 0:
            raise ValueError(f"low is {self.low:g}; a logarithmic range begins above 0")
        if self.step is not None and (self.log or self.step <= 0):
            raise ValueError("step has to be above 0, and goes with no logarithmic range")
        return self

    def ends(self) -> list[float]:
        """The lowest and the highest value."""
        return [int(self.low), int(self.high)] if self.integer else [self.low, self.high]

    def points(self) -> list[float]:
        """Every value of a range with steps, or of whole numbers.

        Raises:
            PremotorError: there are infinitely many, or too many.
        """
        step = self.step or (1 if self.integer else None)
        if step is None or self.log:
            raise PremotorError(
                f"a grid cannot hold the range {self.low:g}..{self.high:g}; give it a step, as "
                f"{self.low:g}..{self.high:g},step=…, or a list of values"
            )
        number = int((self.high - self.low) / step + 1e-9) + 1
        if number > MOST_POINTS:
            raise PremotorError(f"the range {self.low:g}..{self.high:g} has {number:,} points; at most {MOST_POINTS:,}")
        values = [self.low + place * step for place in range(number)]
        return [round(value) for value in values] if self.integer else [float(f"{value:.12g}") for value in values]

    def suggest(self, trial: "optuna.Trial", key: str) -> float:
        """A value for an Optuna trial."""
        if self.integer:
            step = 1 if self.step is None else int(self.step)
            return trial.suggest_int(key, int(self.low), int(self.high), step=step, log=self.log)
        return trial.suggest_float(key, self.low, self.high, step=self.step, log=self.log)


class Choice(Settings):
    """One of some values, of any kind that a setting has."""

    kind: Literal["choice"] = "choice"
    values: tuple[object, ...] = Field(min_length=1)

    def ends(self) -> list[object]:
        """All values."""
        return list(self.values)

    def points(self) -> list[object]:
        """All values."""
        return list(self.values)

    def suggest(self, trial: "optuna.Trial", key: str) -> object:
        """A value for an Optuna trial, whose choices are texts, numbers and null only."""
        return decoded(trial.suggest_categorical(key, [encoded(value) for value in self.values]))


Space = Annotated[Range | Choice, Field(discriminator="kind")]


def encoded(value: object) -> "CategoricalChoiceType":
    """A value as Optuna takes it: lists and mappings as JSON behind a mark."""
    return value if value is None or isinstance(value, bool | int | float | str) else "json:" + json.dumps(value)


def decoded(value: object) -> object:
    """The value behind `encoded`."""
    return json.loads(value[5:]) if isinstance(value, str) and value.startswith("json:") else value


def read_spaces(search: Mapping[str, object] | Sequence[str]) -> dict[str, Range | Choice]:
    """Spaces by setting, from ``["learning.lr=1e-4..1e-2,log", "seed=[0, 1]"]`` or a mapping.

    A range between whole numbers holds whole numbers only; a search makes it one of all numbers where the setting takes
    them.

    Raises:
        PremotorError: no setting is searched, one is searched twice, or a space that cannot be read.
    """
    pairs: list[tuple[str, object]]
    if isinstance(search, Mapping):
        pairs = [(str(key), value) for key, value in search.items()]
    else:
        pairs = []
        for word in search:
            key, equals, text = word.partition("=")
            if not equals or not key:
                raise PremotorError(f"--search {word!r} names no setting; one looks like seed=[0, 1] or {EXAMPLE}")
            pairs.append((key.removeprefix("--"), text))
    spaces: dict[str, Range | Choice] = {}
    for key, value in pairs:
        if key in spaces:
            raise PremotorError(f"the setting {key} is searched twice")
        spaces[key] = _space(key, value)
    if not spaces:
        raise PremotorError(f"no setting is searched; name one with --search, as in --search {EXAMPLE}")
    return spaces


def read_couplings(where: Sequence[str]) -> dict[str, str]:
    """Settings that take the value of another one, from ``["tags.anti_hebbian == tags.hebbian"]``.

    Returns:
        By the setting that follows, the first of a pair, the one that it follows.

    Raises:
        PremotorError: something else than two settings with == between them, a setting that follows two or itself.
    """
    found: dict[str, str] = {}
    for text in where:
        keys = [part.strip().removeprefix("--") for part in text.split("==")]
        if len(keys) != 2 or not all(keys) or any(set(key) & set("<>=!() ") for key in keys):
            raise PremotorError(f"--where {text!r} is not understood; it couples two settings, as in 'A == B'")
        if keys[0] in found:
            raise PremotorError(f"--where: {keys[0]} follows {found[keys[0]]} and {keys[1]}; it can follow one")
        found[keys[0]] = keys[1]
    for key, leader in found.items():
        chain = [key]
        while leader in found and leader not in chain:
            chain.append(leader)
            leader = found[leader]
        if leader in chain:
            raise PremotorError(f"--where: {' == '.join([*chain, leader])} goes round in a circle")
        found[key] = leader
    return found


EXAMPLE = "learning.learning_rate=1e-4..1e-2,log"


def _space(key: str, value: object) -> Range | Choice:
    try:
        if isinstance(value, Range | Choice):
            return value
        if isinstance(value, Mapping):
            kind = Choice if value.get("kind") == "choice" else Range
            return kind.model_validate(dict(value))
        if isinstance(value, list | tuple):
            return Choice(values=tuple(value))
        text = str(value).strip()
        if ".." in text and not text.startswith(("[", "{")):
            return _range(text)
        values = parse_yaml(text, f"--search {key}")
        return Choice(values=tuple(values) if isinstance(values, list) else (values,))
    except ValueError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ") if hasattr(error, "errors") else str(error)
        raise PremotorError(
            f"--search {key}={value}: {said}; a space looks like 1e-4..1e-2,log or 10..50,step=10 or [a, b]"
        ) from None


def _range(text: str) -> Range:
    ends, *words = (part.strip() for part in text.split(","))
    first, _, second = ends.partition("..")
    whole = all(part.strip().lstrip("+-").isdecimal() for part in (first, second))
    log, step = False, None
    for word in words:
        name, equals, number = word.partition("=")
        if name == "log" and not equals:
            log = True
        elif name == "step" and equals:
            step = float(number)
        else:
            raise ValueError(f"{word!r} is no property of a range; allowed are log and step=…")
    whole = whole and (step is None or step.is_integer())
    return Range(low=float(first), high=float(second), log=log, step=step, integer=whole)
