"""What drives a circuit that is simulated on its own: currents and random events onto chosen neurons."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from premotor.connectome.selection import matching_neurons, not_found
from premotor.errors import PremotorError
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit

Conditions = dict[str, str | int | float | list[str] | list[int] | list[float]]
"""Conditions on columns of the neuron table, as ``{"type": "DNg100"}``; an empty one takes all neurons."""


Onto = Literal["potential", "synapse"]


class _Timed(Settings):
    neurons: Conditions
    """Which neurons are driven."""
    start: float = Field(0.0, ge=0)
    """s."""
    stop: float | None = Field(None, gt=0)
    """s; null: until the end."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.stop is not None and self.stop <= self.start:
            raise ValueError(f"stop ({self.stop:g} s) has to come after start ({self.start:g} s)")
        return self


class ConstantDrive(_Timed):
    """A current that is on from `start` to `stop`."""

    kind: Literal["constant"] = "constant"
    amplitude: float
    """In the model's unit of input: that of the threshold (vnc), mV of depolarisation (lif), 1 (rate)."""


class PulseDrive(_Timed):
    """A current that is on for `width` at the start of every `period`."""

    kind: Literal["pulse"] = "pulse"
    amplitude: float
    period: float = Field(gt=0)
    """s."""
    width: float = Field(gt=0)
    """s."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.width > self.period:
            raise ValueError(f"width ({self.width:g} s) is longer than period ({self.period:g} s)")
        return self


class PoissonDrive(_Timed):
    """Events at random times, independent for every neuron and replicate.

    In a rate model the current is `amplitude` / `rate` times the train of events, so that its mean is
    `amplitude`. In the LIF model every event adds `amplitude` (mV) to the membrane potential, or to g.
    """

    kind: Literal["poisson"] = "poisson"
    rate: float = Field(gt=0, le=1e5)
    """Events a second and neuron."""
    amplitude: float = 68.75
    """By default the 250 · 0.275 mV of Shiu et al. (2024)."""
    refractory: bool = False
    """LIF only: whether the driven neurons keep their refractory time; in Shiu et al. (2024) they have none."""
    onto: Onto = "potential"
    """LIF only: what an event adds to: the membrane potential, or, as a spike does, g (`synapse`)."""


class FileDrive(_Timed):
    """A current from a CSV file, held from each row to the next one.

    The first column is `time` (s, rising); then either one column `current` for all `neurons`, or columns
    that are named by the ids of some of them.
    """

    kind: Literal["file"] = "file"
    path: str
    scale: float = 1.0
    """Factor on the values in the file."""


Drive = Annotated[ConstantDrive | PulseDrive | PoissonDrive | FileDrive, Field(discriminator="kind")]


@dataclass(frozen=True, eq=False)
class PoissonInput:
    """Random events onto some neurons."""

    neurons: NDArray[np.int64]
    """Positions of the neurons."""
    rate: float
    """Hz."""
    amplitude: float
    first: int
    """First step in which events may fall."""
    last: int
    """The step after the last such one."""
    refractory: bool = False
    """Whether the neurons keep their refractory time."""
    onto: Onto = "potential"
    """What an event adds to, see `PoissonDrive`."""


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Drives on a grid of steps: currents are constant within a step."""

    course: NDArray[np.float64]
    """Value of every input, (steps, inputs)."""
    target: NDArray[np.float64]
    """How much of each input a neuron receives, (inputs, neurons, 1 or replicates)."""
    events: tuple[PoissonInput, ...]
    period: float
    """Length of a step, s."""

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.course)

    def redirected(self, target: NDArray[np.float64]) -> "Stimulus":
        """The same currents onto other neurons: `target` (inputs, neurons, replicates)."""
        return replace(self, target=target)

    def driven(self) -> NDArray[np.bool_]:
        """Which neurons receive anything in any replicate, (neurons,)."""
        mask = (self.target != 0).any((0, 2))
        for event in self.events:
            mask[event.neurons] = True
        return mask


def positions_of(circuit: "Circuit", conditions: Conditions, name: str) -> NDArray[np.int64]:
    """Positions of the neurons that meet `conditions`, rising; `name` is what to call them in errors.

    Raises:
        PremotorError: no neuron meets them, or a condition on a column that is not there.
    """
    try:
        where = np.flatnonzero(matching_neurons(circuit.neurons, conditions))
    except PremotorError as error:
        raise PremotorError(f"{name}: {error}") from None
    if not len(where):
        words = ", ".join(f"{column}={value!r}" for column, value in conditions.items())
        raise PremotorError(
            f"{name}: none of the circuit's {len(circuit)} neurons has {words}{not_found(circuit.neurons, conditions)}"
        )
    return where


def make_stimulus(drives: Iterable[Drive], circuit: "Circuit", steps: int, period: float) -> Stimulus:
    """Lay `drives` onto a grid of `steps` steps of `period` s; times are rounded to the nearest step.

    Raises:
        PremotorError: a selection that is empty, a file that cannot be read, or times outside the simulation.
    """
    courses: list[NDArray] = []
    targets: list[NDArray] = []
    events: list[PoissonInput] = []
    for number, drive in enumerate(drives):
        name = f"drives.{number}"
        where = positions_of(circuit, drive.neurons, f"{name}.neurons")
        first = round(drive.start / period)
        last = steps if drive.stop is None else min(steps, round(drive.stop / period))
        if first >= steps:
            raise PremotorError(f"{name}.start is {drive.start:g} s, but the simulation ends at {steps * period:g} s")
        if isinstance(drive, PoissonDrive):
            events.append(PoissonInput(where, drive.rate, drive.amplitude, first, last, drive.refractory, drive.onto))
        elif isinstance(drive, FileDrive):
            for course, receivers in _from_file(drive, circuit, where, steps, period):
                course[:first] = course[last:] = 0.0
                courses.append(course)
                targets.append(receivers)
        else:
            courses.append(_course(drive, steps, period, first, last))
            targets.append(_mask(len(circuit), where))
    empty = not courses
    return Stimulus(
        course=np.zeros((steps, 0)) if empty else np.stack(courses, axis=1),
        target=np.zeros((0, len(circuit), 1)) if empty else np.stack(targets)[:, :, None],
        events=tuple(events),
        period=period,
    )


def _mask(size: int, where: NDArray) -> NDArray[np.float64]:
    mask = np.zeros(size)
    mask[where] = 1.0
    return mask


def _course(drive: ConstantDrive | PulseDrive, steps: int, period: float, first: int, last: int) -> NDArray[np.float64]:
    course = np.zeros(steps)
    course[first:last] = drive.amplitude
    if isinstance(drive, PulseDrive):
        cycle, width = (max(1, round(length / period)) for length in (drive.period, drive.width))
        course[(np.arange(steps) - first) % cycle >= width] = 0.0
    return course


def _from_file(
    drive: FileDrive, circuit: "Circuit", where: NDArray, steps: int, period: float
) -> list[tuple[NDArray, NDArray]]:
    table = _read(drive.path)
    rows = np.searchsorted(table.index.to_numpy(), (np.arange(steps) + 0.5) * period) - 1
    pairs = []
    for column in map(str, table.columns):
        values = np.where(rows < 0, 0.0, table[column].to_numpy()[np.maximum(rows, 0)]) * drive.scale
        receivers = where
        if column != "current":
            receivers = where[circuit.ids[where] == int(column)]
            if not len(receivers):
                raise PremotorError(f"{drive.path} has a column {column!r}, which is no neuron of this drive")
        pairs.append((values, _mask(len(circuit), receivers)))
    return pairs


def _read(path: str) -> pd.DataFrame:
    """The currents of a file, indexed by time."""
    if not Path(path).is_file():
        raise PremotorError(f"there is no file {path}")
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except (OSError, UnicodeDecodeError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise PremotorError(f"{path} is no CSV file ({error})") from None
    names = [str(name) for name in table.columns]
    if len(names) < 2 or names[0] != "time":
        raise PremotorError(f"{path} has the columns {', '.join(names)}; it needs time, then current or ids")
    wrong = [name for name in names[1:] if name != "current" and not name.isdecimal()]
    if wrong or ("current" in names and len(names) > 2):
        raise PremotorError(f"{path}: after time comes one column 'current', or columns named by neuron ids")
    for name in names:
        numbers = pd.to_numeric(table[name], errors="coerce")
        if not np.isfinite(numbers).all() or not len(numbers):
            raise PremotorError(f"{path}: the column {name!r} holds something other than numbers, or nothing")
        table[name] = numbers.astype(np.float64)
    if not (np.diff(table["time"]) > 0).all():
        raise PremotorError(f"{path}: the times have to rise from row to row")
    return table.set_index("time")
