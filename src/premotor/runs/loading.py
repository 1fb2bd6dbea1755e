"""Experiments from preset names, YAML files and dicts, with single settings overridden."""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from premotor.connectome import circuit_names, server_of
from premotor.errors import PremotorError
from premotor.networks import LoopSettings
from premotor.runs.settings import Experiment
from premotor.runs.settings_errors import closest, explain
from premotor.runs.yaml_text import dump_yaml, parse_yaml

Overrides = Mapping[str, Any] | Sequence[str]
"""``{"learning.learning_rate": 3e-4}`` or ``["--learning.learning_rate", "3e-4"]`` or ``["seed=3"]``."""


def preset_names(kind: str = "") -> tuple[str, ...]:
    """Names of the experiments that come with premotor; with `kind`, of those in this folder of the presets."""
    files = (resources.files("premotor") / "presets" / kind).iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def load_experiment(
    source: Experiment | Mapping[str, Any] | str | os.PathLike[str], overrides: Overrides = ()
) -> Experiment:
    """The experiment that `source` names or holds, with `overrides` put in place.

    Args:
        source: a preset's name, a YAML file, a dict of settings, or an experiment.
        overrides: values by dotted key. A new `kind` of a section leaves its other settings at their
            defaults.

    A circuit's file or folder becomes an absolute path: one in a YAML file counts from that file's folder,
    one in a dict or an override from the working directory. A file of `maps.loop` is read, so that its lines are part
    of the settings.

    Raises:
        PremotorError: no such preset or file, no valid YAML, or an unknown, missing or wrong setting.
    """
    data, origin, folder = _read(source)
    data = deepcopy(data)
    _anchor(data, folder)
    given = override_pairs(overrides)
    for key, value in given.items():
        _put(data, key, value)
    _anchor(data, Path.cwd())
    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        sentence = explain(error, data, Experiment, given)
        raise PremotorError(f"{origin}: {sentence}" if origin else sentence) from None


def read_loop(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The lines of a closed loop from a YAML file, as `maps.loop` takes them.

    Raises:
        PremotorError: no such file, no YAML, or a line that is wrong.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PremotorError(f"maps.loop: there is no file {path}") from None
    except OSError as error:
        raise PremotorError(f"maps.loop: {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise PremotorError(f"maps.loop: {path} is not UTF-8 text") from error
    data = parse_yaml(text, str(path))
    if not isinstance(data, dict):
        raise PremotorError(f"maps.loop: {path} should hold a mapping with inputs and outputs")
    try:
        LoopSettings.model_validate(data)
    except ValidationError as error:
        raise PremotorError(f"{path}: {explain(error, data, LoopSettings)}") from None
    return data


def dump_experiment(experiment: Experiment) -> str:
    """The complete settings as YAML; `load_experiment` reads them back to an equal value."""
    return dump_yaml(experiment.model_dump(mode="json"))


def override_pairs(overrides: Overrides) -> dict[str, Any]:
    """Overrides as values by dotted key; texts of the command line are read as YAML.

    Raises:
        PremotorError: an override without a value, or without a key.
    """
    if isinstance(overrides, Mapping):
        return {str(key): value for key, value in overrides.items()}
    pairs: dict[str, Any] = {}
    words = list(overrides)
    while words:
        word = words.pop(0)
        key, equals, text = word.removeprefix("--").partition("=")
        if not equals:
            if not words or words[0].startswith("--"):
                raise PremotorError(f"the setting {word} needs a value, as in --{key} VALUE or --{key}=VALUE")
            text = words.pop(0)
        if not key or not all(key.split(".")):
            raise PremotorError(f"{word} is no setting; one looks like --learning.steps 100000")
        pairs[key] = _value(text, key)
    return pairs


def _value(text: str, key: str) -> Any:
    """A scalar, list or mapping in YAML; what only looks like YAML, as the wildcard ``*MN``, is a text."""
    try:
        return parse_yaml(text, f"--{key}")
    except PremotorError:
        if text.lstrip()[:1] in ("[", "{"):
            raise
        return text


def _read(source: Any) -> tuple[dict[str, Any], str, Path]:
    """The raw settings, what to call them in errors, and the folder that their paths count from."""
    if isinstance(source, Experiment):
        return source.model_dump(mode="json"), "", Path.cwd()
    if isinstance(source, Mapping):
        return dict(source), "", Path.cwd()
    path = Path(source)
    if isinstance(source, str) and source in preset_names():
        text = (resources.files("premotor") / "presets" / f"{source}.yaml").read_text(encoding="utf-8")
        return _mapping(text, f"preset {source}"), f"preset {source}", Path.cwd()
    if path.is_dir():
        raise PremotorError(
            f"{path} is a folder, not an experiment; continue a run with `premotor resume {path}`, "
            "or name a preset or a YAML file"
        )
    if not path.exists() and path.name == str(source) and not path.suffix:
        names, spiking = preset_names(), preset_names("spiking")
        near = closest(str(source), [*names, *spiking])
        raise PremotorError(
            f"there is no preset and no file {str(source)!r}{near}; presets are {', '.join(names)}, and of spiking "
            f"agents {', '.join(spiking)}"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        presets = ", ".join(preset_names())
        raise PremotorError(f"there is no settings file {path}; presets are {presets}") from None
    except OSError as error:
        raise PremotorError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise PremotorError(f"{path} is no settings file: it is not UTF-8 text") from error
    return _mapping(text, str(path)), str(path), path.resolve().parent


def _mapping(text: str, source: str) -> dict[str, Any]:
    data = parse_yaml(text, source)
    if not isinstance(data, dict):
        found = "nothing" if data is None else f"a {type(data).__name__}"
        raise PremotorError(f"{source} holds {found}; a settings file holds a mapping such as 'seed: 0'")
    return data


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for depth, section in enumerate(sections):
        inner = data.get(section)
        if inner is None:
            inner = {}
        elif not isinstance(inner, dict):
            place = ".".join(sections[: depth + 1])
            raise PremotorError(f"--{key} cannot be set: {place} is {inner!r} and has no settings of its own")
        data[section] = data = dict(inner)
    if last == "kind" and data.get("kind", value) != value:
        data.clear()  # the other settings belong to the former kind
    data[last] = value


def _anchor(data: dict[str, Any], folder: Path) -> None:
    """Make the paths of files absolute: circuit.source; task.reference, task.body, network.initial where there are.

    A file of maps.loop is replaced by what it holds.
    """
    maps = data.get("maps")
    if isinstance(maps, dict) and isinstance(maps.get("loop"), str):
        data["maps"] = {**maps, "loop": read_loop(folder / Path(maps["loop"]).expanduser())}
    for section, key in (("circuit", "source"), ("task", "reference"), ("task", "body"), ("network", "initial")):
        inner = data.get(section)
        value = inner.get(key) if isinstance(inner, dict) else None
        if not isinstance(value, str) or not value or value in circuit_names() or server_of(value):
            continue
        path = Path(value).expanduser()
        written_as_path = path.suffix or os.sep in value
        found_here = section != "task" and (folder / path).exists()
        if not path.is_absolute() and (written_as_path or found_here):
            data[section] = {**inner, key: str((folder / path).resolve())}  # type: ignore[dict-item]
        elif path.is_absolute():
            data[section] = {**inner, key: str(path)}  # type: ignore[dict-item]
