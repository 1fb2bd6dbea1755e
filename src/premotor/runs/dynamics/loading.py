"""Settings of a command about dynamics, from a YAML file or a dict, with single settings overridden."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from premotor.connectome import circuit_names
from premotor.errors import PremotorError
from premotor.runs.dynamics.settings import COMMANDS
from premotor.runs.loading import Overrides, override_pairs
from premotor.runs.settings_errors import explain
from premotor.runs.yaml_text import dump_yaml, parse_yaml
from premotor.settings import Settings

SETTINGS_FILE = "settings.yaml"
Source = Settings | Mapping[str, Any] | str | os.PathLike[str] | None


def load_dynamics(command: str, source: Source = None, overrides: Overrides = ()) -> Any:
    """Settings of a command: `convergence`, `benchmark`, `transition`, `spectrum` or `train`.

    Args:
        command: its name.
        source: settings, a dict, a YAML file, or None for the defaults.
        overrides: values by dotted key, as for `load_experiment`.

    Raises:
        PremotorError: an unreadable file, one of another command, or an unknown, missing or wrong setting.
    """
    model = COMMANDS[command]
    data, origin, folder = _read(source)
    written = data.pop("command", command)
    if written != command:
        raise PremotorError(f"{origin or 'the settings'}: these are of `premotor dynamics {written}`, not of {command}")
    _anchor(data, folder)
    given = override_pairs(overrides)
    for key, value in given.items():
        _put(data, key, value)
    _anchor(data, Path.cwd())
    try:
        return model.model_validate(data)
    except ValidationError as error:
        sentence = explain(error, data, model, given)
        raise PremotorError(f"{origin}: {sentence}" if origin else sentence) from None


def dump_dynamics(settings: Settings) -> str:
    """The complete settings as YAML, with the command they are of."""
    return dump_yaml({"command": command_of(settings), **settings.model_dump(mode="json")})


def command_of(settings: Settings) -> str:
    """Name of the command that settings are of."""
    return next(name for name, model in COMMANDS.items() if type(settings) is model)


def saved_settings(folder: str | os.PathLike[str]) -> Any:
    """Settings of a result folder.

    Raises:
        PremotorError: it is none, or its settings are damaged.
    """
    file = Path(folder) / SETTINGS_FILE
    data = _read(file)[0] if file.is_file() else {}
    if data.get("command") not in COMMANDS:
        raise PremotorError(f"{folder} is no result folder of premotor dynamics: no {SETTINGS_FILE} names its command")
    return load_dynamics(data["command"], file)


def _read(source: Source) -> tuple[dict[str, Any], str, Path]:
    if source is None:
        return {}, "", Path.cwd()
    if isinstance(source, Settings):
        return source.model_dump(mode="json"), "", Path.cwd()
    if isinstance(source, Mapping):
        return dict(source), "", Path.cwd()
    path = Path(source)
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise PremotorError(f"there is no settings file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PremotorError(f"{path} cannot be read as a settings file ({error})") from None
    if not isinstance(data, dict):
        raise PremotorError(f"{path} holds no mapping; a settings file begins like 'seed: 0'")
    return data, str(path), path.resolve().parent


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        inner = data.get(section)
        if isinstance(inner, str) and section == "model":
            inner = {"kind": inner}
        elif isinstance(inner, bool):
            inner = {"train": inner}
        if inner is not None and not isinstance(inner, dict):
            raise PremotorError(f"--{key} cannot be set: {section} is {inner!r} and has no settings of its own")
        data[section] = data = dict(inner or {})
    inner = data.get(last)
    if isinstance(inner, dict) and isinstance(value, bool):
        data[last] = {**inner, "train": value}
        return
    if last == "kind" and data.get("kind", value) != value:
        data.clear()  # the other settings belong to the former kind
    data[last] = value


def _anchor(data: dict[str, Any], folder: Path) -> None:
    """Make the paths of a circuit and of a network to start from absolute."""
    model = data.get("model")
    if isinstance(model, dict) and isinstance(model.get("initial"), str):
        data["model"] = {**model, "initial": str((folder / Path(model["initial"]).expanduser()).resolve())}
    inner = data.get("circuit")
    if isinstance(inner, dict) and isinstance(inner.get("source"), str):
        name, path = inner["source"], Path(inner["source"]).expanduser()
        if name and name not in circuit_names() and not path.is_absolute() and (folder / path).exists():
            data["circuit"] = {**inner, "source": str((folder / path).resolve())}
