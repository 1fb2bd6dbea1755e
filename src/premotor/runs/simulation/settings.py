"""The settings of a simulation: a circuit on its own, driven, silenced and recorded; drives in words."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from premotor.errors import PremotorError
from premotor.networks import Drive, LIFSettings, RateNetworkSettings, VNCSettings
from premotor.networks.stimulation import Conditions
from premotor.runs.loading import Overrides, Source, anchor_initial, anchor_path, load_settings
from premotor.runs.settings import CircuitSettings, CompareSettings, Initial, RunSettings

KINDS = ("constant", "pulse", "poisson", "file")
_DRIVE = re.compile(rf"(?P<who>.*?):(?P<what>(?:{'|'.join(KINDS)})(?:,.*)?|[-+.\d].*)", re.DOTALL)


def read_conditions(text: str) -> dict[str, str]:
    """``type=IN*|MN*;side=left`` as conditions on columns; ``all`` as none.

    Raises:
        PremotorError: a part without a column, without a pattern, or a column twice.
    """
    if text.strip() == "all":
        return {}
    conditions: dict[str, str] = {}
    for part in text.split(";"):
        column, equals, pattern = (word.strip() for word in part.partition("="))
        if not (equals and column and pattern):
            raise PremotorError(f"the selection {text!r} should look like 'type=IN*|MN*', or be 'all'")
        if column in conditions:
            raise PremotorError(f"the selection {text!r} names the column {column!r} twice; join with |")
        conditions[column] = pattern
    return conditions


def read_drive(text: str) -> dict[str, object]:
    """A drive in words as the settings of one.

    ``SELECTION:AMPLITUDE`` or ``SELECTION:KIND``, then settings of the drive as ``,name=value``:
    ``type=DNg100:250,start=0.1``, ``class=sensory:pulse,amplitude=8,period=0.5,width=0.1``,
    ``id=12|13:poisson,rate=100``, ``all:file,path=drive.csv``.

    Raises:
        PremotorError: the text has another form.
    """
    found = _DRIVE.fullmatch(text.strip())
    if found is None:
        raise PremotorError(
            f"the drive {text!r} should look like 'type=DNg100:250' or 'class=sensory:poisson,rate=100' "
            f"(kinds are {', '.join(KINDS)})"
        )
    drive: dict[str, object] = {"kind": "constant", "neurons": read_conditions(found["who"])}
    first, *rest = found["what"].split(",")
    if first in KINDS:
        drive["kind"] = first
    else:
        drive["amplitude"] = _number(first, text)
    for word in rest:
        name, equals, value = (part.strip() for part in word.partition("="))
        if not (equals and name and value) or name in ("kind", "neurons") or name in drive:
            raise PremotorError(f"the drive {text!r}: {word.strip()!r} should look like 'start=0.5', once")
        drive[name] = value if name == "path" else _number(value, text)
    return drive


def _number(word: str, text: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise PremotorError(f"the drive {text!r}: {word!r} is no number") from None


Model = Annotated[VNCSettings | RateNetworkSettings | LIFSettings, Field(discriminator="kind")]


def _named_model(value: object) -> object:
    if isinstance(value, str):
        return {"kind": value}
    return {"kind": "vnc", **value} if isinstance(value, Mapping) else value


def _read_drive(value: object) -> object:
    if isinstance(value, str):
        return read_drive(value)
    return {"kind": "constant", **value} if isinstance(value, Mapping) else value


def _read_selection(value: object) -> object:
    return read_conditions(value) if isinstance(value, str) and value != "auto" else value


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Selection = Annotated[Conditions, BeforeValidator(_read_selection)]


class SimulationSettings(RunSettings):
    """Everything that decides a simulation."""

    KIND: ClassVar[str] = "simulation"
    name: str = Field("simulation", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(0, ge=0, lt=2**31)
    """Of the draws of parameters and of random events."""
    seconds: float = Field(2.0, gt=0, le=1e6)
    replicates: int = Field(1, ge=1)
    """Repetitions with other draws (vnc) and other random events."""
    threads: int = Field(0, ge=0)
    """For the LIF model; 0: one a core. The numbers do not depend on it."""
    sample_period: float = Field(0.001, ge=1e-7, le=1e3)
    """Time between two samples of the rates, s; a multiple of the model's step."""
    transient: float = Field(0.25, ge=0, le=1e6)
    """Time at the start that is left out of rhythms, spectra and mean rates, s."""
    smoothing: float = Field(0.005, ge=0)
    """LIF only: standard deviation of the Gaussian that turns spikes into rates, s."""
    circuit: CircuitSettings = CircuitSettings(source="fly-cpg")
    model: Annotated[Model, BeforeValidator(_named_model)] = VNCSettings()
    """`vnc`, `rate` or `lif`, or its settings."""
    drives: Annotated[tuple[Annotated[Drive, BeforeValidator(_read_drive)], ...], BeforeValidator(_several)] = ()
    """Settings of drives, or texts such as `type=DNg100:250`."""
    silence: Annotated[tuple[Selection, ...], BeforeValidator(_several)] = ()
    """Selections of neurons that never fire."""
    record: Selection = Field(default_factory=dict)
    """Whose rates are kept; by default all."""
    compare: CompareSettings = CompareSettings()
    initial: Initial = None
    """No simulation starts from another run; null."""
    readout: Literal["auto"] | Selection = "auto"
    """Whose rhythm is scored: `auto` takes the motor neurons, or, where there are none, all that are neither
    driven nor silenced."""

    @model_validator(mode="after")
    def _on_a_grid(self) -> Self:
        every = self.sample_period / self.step
        if abs(every - round(every)) > 1e-6 or every < 0.5:
            raise ValueError(
                f"sample_period ({self.sample_period:g} s) has to be a multiple of the model's step ({self.step:g} s)"
            )
        if round((self.seconds - self.transient) / self.sample_period) < 8:
            raise ValueError("seconds has to be longer than transient by at least 8 samples")
        return self

    @property
    def step(self) -> float:
        """Integration step of the model, s; a rate network advances by whole samples."""
        return self.sample_period if isinstance(self.model, RateNetworkSettings) else self.model.step

    @property
    def every(self) -> int:
        """Steps in one sample."""
        return round(self.sample_period / self.step)

    @property
    def steps(self) -> int:
        """Steps of the whole simulation, a multiple of `every`."""
        return max(1, round(self.seconds / self.sample_period)) * self.every


def load_simulation(source: Source, overrides: Overrides = ()) -> SimulationSettings:
    """`load_settings` of a simulation; `source` may also be the source of a circuit (a built-in name, a file or a
    folder), which is then simulated with default settings."""
    settings = load_settings(source, overrides, "simulation")
    assert isinstance(settings, SimulationSettings)
    return settings


def anchor_simulation(data: dict[str, object], folder: Path) -> None:
    """Make relative paths absolute: of the circuit's source, and of drives' files."""
    anchor_path(data, "circuit", "source", folder)
    anchor_initial(data, folder)
    drives = _several(data.get("drives"))
    if isinstance(drives, list | tuple):
        read = [read_drive(drive) if isinstance(drive, str) else drive for drive in drives]
        data["drives"] = [
            {**drive, "path": str((folder / path).resolve())}
            if isinstance(drive, dict) and isinstance(path := drive.get("path"), str)
            else drive
            for drive in read
        ]
