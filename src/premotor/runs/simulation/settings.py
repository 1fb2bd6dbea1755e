"""The settings of a simulation: a circuit on its own, driven, silenced and recorded."""

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from premotor.connectome import circuit_names
from premotor.errors import PremotorError
from premotor.networks import Drive, LIFSettings, RateNetworkSettings, VNCSettings
from premotor.networks.stimulation import Conditions
from premotor.runs.loading import Overrides, override_pairs
from premotor.runs.settings import CircuitSettings
from premotor.runs.settings_errors import explain
from premotor.runs.simulation.selection_syntax import read_conditions, read_drive
from premotor.runs.yaml_text import dump_yaml, parse_yaml
from premotor.settings import Settings

PRESETS = resources.files("premotor") / "presets" / "simulate"

Model = Annotated[VNCSettings | RateNetworkSettings | LIFSettings, Field(discriminator="kind")]


def _named_model(value: Any) -> Any:
    if isinstance(value, str):
        return {"kind": value}
    return {"kind": "vnc", **value} if isinstance(value, Mapping) else value


def _read_drive(value: Any) -> Any:
    if isinstance(value, str):
        return read_drive(value)
    return {"kind": "constant", **value} if isinstance(value, Mapping) else value


def _read_selection(value: Any) -> Any:
    return read_conditions(value) if isinstance(value, str) and value != "auto" else value


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Selection = Annotated[Conditions, BeforeValidator(_read_selection)]


class SimulationSettings(Settings):
    """Everything that decides a simulation."""

    name: str = Field("simulation", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(0, ge=0, lt=2**31)
    """Of the draws of parameters and of random events."""
    seconds: float = Field(2.0, gt=0)
    replicates: int = Field(1, ge=1)
    """Repetitions with other draws (vnc) and other random events."""
    threads: int = Field(0, ge=0)
    """For the LIF model; 0: one a core. The numbers do not depend on it."""
    sample_period: float = Field(0.001, gt=0)
    """Time between two samples of the rates, s; a multiple of the model's step."""
    transient: float = Field(0.25, ge=0)
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


def simulation_presets() -> tuple[str, ...]:
    """Names of the simulations that come with premotor."""
    return tuple(sorted(f.name.removesuffix(".yaml") for f in PRESETS.iterdir() if f.name.endswith(".yaml")))


def load_simulation(
    source: SimulationSettings | Mapping[str, Any] | str | os.PathLike[str], overrides: Overrides = ()
) -> SimulationSettings:
    """The simulation that `source` names or holds, with `overrides` put in place.

    Args:
        source: a preset's name, a YAML file, a dict of settings, or the source of a circuit (a built-in name,
            a file or a folder), which is then simulated with default settings.
        overrides: values by dotted key, as for `load_experiment`.

    Raises:
        PremotorError: an unreadable file, or an unknown, missing or wrong setting.
    """
    data, origin = _read(source)
    given = override_pairs(overrides)
    for key, value in given.items():
        _put(data, key, value)
    _anchor(data, Path.cwd())
    try:
        return SimulationSettings.model_validate(data)
    except ValidationError as error:
        sentence = explain(error, data, SimulationSettings, given)
        raise PremotorError(f"{origin}: {sentence}" if origin else sentence) from None


def dump_simulation(settings: SimulationSettings) -> str:
    """The complete settings as YAML; `load_simulation` reads them back to an equal value."""
    return dump_yaml(settings.model_dump(mode="json"))


def _read(source: Any) -> tuple[dict[str, Any], str]:
    if isinstance(source, SimulationSettings):
        return source.model_dump(mode="json"), ""
    if isinstance(source, Mapping):
        return dict(source), ""
    if isinstance(source, str) and source in simulation_presets():
        text = (PRESETS / f"{source}.yaml").read_text(encoding="utf-8")
        return dict(parse_yaml(text, f"preset {source}")), f"preset {source}"
    path = Path(source)
    if path.suffix not in (".yaml", ".yml"):
        return {"circuit": {"source": str(source)}}, ""
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        presets = ", ".join(simulation_presets())
        raise PremotorError(f"there is no settings file {path}; presets are {presets}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PremotorError(f"{path} cannot be read as a settings file ({error})") from None
    if not isinstance(data, dict):
        raise PremotorError(f"{path} holds no mapping; a settings file begins like 'seconds: 2'")
    _anchor(data, path.resolve().parent)
    return data, str(path)


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        inner = data.get(section)
        if isinstance(inner, str) and section == "model":
            inner = {"kind": inner}
        if inner is not None and not isinstance(inner, dict):
            raise PremotorError(f"--{key} cannot be set: {section} is {inner!r} and has no settings of its own")
        data[section] = data = dict(inner or {})
    if last == "kind" and data.get("kind", value) != value:
        data.clear()  # the other settings belong to the former kind
    data[last] = value


def _anchor(data: dict[str, Any], folder: Path) -> None:
    """Make relative paths absolute: of the circuit's source, and of drives' files."""
    inner = data.get("circuit")
    if isinstance(inner, dict) and isinstance(inner.get("source"), str):
        name, path = inner["source"], Path(inner["source"]).expanduser()
        if name and name not in circuit_names() and not path.is_absolute() and (folder / path).exists():
            data["circuit"] = {**inner, "source": str((folder / path).resolve())}
    drives = _several(data.get("drives"))
    if isinstance(drives, list | tuple):
        read = [read_drive(drive) if isinstance(drive, str) else drive for drive in drives]
        data["drives"] = [
            {**drive, "path": str((folder / drive["path"]).resolve())}
            if isinstance(drive, dict) and isinstance(drive.get("path"), str)
            else drive
            for drive in read
        ]
