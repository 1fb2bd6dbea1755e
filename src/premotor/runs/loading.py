"""Settings of every kind of experiment from preset names, YAML files and dicts, with single settings overridden."""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from premotor.connectome import circuit_names, server_of
from premotor.errors import PremotorError
from premotor.networks import LoopSettings
from premotor.runs.effect import leaves, needed, refuse_idle
from premotor.runs.kinds import FORMER, KINDS, PRESETS, Kind, kind_described, kind_named, kind_of
from premotor.runs.settings import Experiment, RunSettings
from premotor.runs.settings_errors import closest, explain
from premotor.runs.yaml_text import Layer, dump_yaml, layers, merged, parse_yaml, read_yaml
from premotor.settings import Settings

Overrides = Mapping[str, object] | Sequence[str]
"""``{"learning.learning_rate": 3e-4}`` or ``["--learning.learning_rate", "3e-4"]`` or ``["seed=3"]``."""
Written = Mapping[str, object] | str | os.PathLike[str]
"""A dict of settings, a preset's name or a YAML file."""
Source = RunSettings | Written
"""Settings, or what they are written in."""


def preset_names(kind: str = "") -> tuple[str, ...]:
    """Names of the experiments that come with premotor; with `kind`, of those in this folder of the presets."""
    files = (resources.files("premotor") / "presets" / kind).iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def presets() -> dict[str, tuple[str, ...]]:
    """Names of the presets of each kind of experiment that has some."""
    return {name: preset_names(folder) for name, folder in PRESETS.items()}


def load_settings(source: Source, overrides: Overrides = (), kind: str | None = None) -> RunSettings:
    """The settings of an experiment of any kind that `source` names or holds, with `overrides` put in place.

    A settings file says its kind at the top, as in ``kind: spiking`` (older ones: ``agent: spiking``, ``command:
    train``); without, it is an experiment of control.

    Args:
        source: a preset's name, a YAML file, a dict of settings, or settings.
        overrides: values by dotted key. A new `kind` of a section leaves its other settings at their
            defaults.
        kind: what it has to be; None: whatever it is.

    A circuit's file or folder becomes an absolute path: one in a YAML file counts from that file's folder,
    one in a dict or an override from the working directory. A file of `maps.loop` is read, so that its lines are part
    of the settings.

    Raises:
        PremotorError: no such preset or file, no valid YAML, settings of another kind, or an unknown, missing or wrong
            setting.
    """
    entry, data, origin, folder = _read(source, kind)
    data = deepcopy(data)
    entry.anchor(data, folder)
    given = override_pairs(overrides)
    said = {} if isinstance(source, Settings) or _complete(data, entry, folder) else _own(source)
    for key, value in given.items():
        _put(data, key, value, entry)
    entry.anchor(data, Path.cwd())

    def validated() -> RunSettings:
        try:
            return entry.settings.model_validate(data)
        except ValidationError as error:
            sentence = explain(error, data, entry.settings, given)
            raise PremotorError(f"{origin}: {sentence}" if origin else sentence) from None

    settings = validated()
    said = leaves(said) | leaves(given)
    for key, value in needed(settings, said).items():
        _put(data, key, value, entry)
        settings = validated()
    refuse_idle(settings, said)
    return entry.completed(settings)


def refuse_unknown(kind: str, source: Written | None, overrides: Overrides) -> None:
    """PremotorError where there is an unknown setting: what `load_settings` says, before any library is loaded."""
    model, given = KINDS.settings_class(kind), override_pairs(overrides)
    data: dict[str, object] = {}
    try:
        data = merged(layer.data for layer in layers(_layer(source), _base)) if source is not None else {}
        data = {key: value for key, value in data.items() if key not in ("kind", *FORMER)}
        for key, value in given.items():
            _put(data, key, value, None)
        model.model_validate(data)
    except PremotorError:
        return  # `load_settings` says it
    except ValidationError as error:
        if any(complaint["type"] == "extra_forbidden" for complaint in error.errors(include_url=False)):
            raise PremotorError(explain(error, data, model, given)) from None


def _complete(data: Mapping[str, object], kind: Kind, folder: Path) -> bool:
    """Whether nobody chose these settings one by one: those of a run, of the package, or of another program of ours."""
    made = ("provenance.json", "controller.safetensors")  # of a run, and of a controller of the package
    return set(kind.settings.model_fields) <= set(data) or any((folder / name).exists() for name in made)


def _own(source: Written) -> dict[str, object]:
    """What a person's file or mapping says itself, without its bases; nothing of a preset."""
    known = {name for names in presets().values() for name in names}
    if isinstance(source, Mapping) or source in known or not os.path.isfile(source):
        return dict(source) if isinstance(source, Mapping) else {}
    return _file(source, Path(source)).data


def kind_in(folder: Path) -> str:
    """Name of the kind of experiment that a folder's settings are of; "" without settings."""
    file = folder / "settings.yaml"
    if not os.path.isfile(file):
        return ""
    data = parse_yaml(read_yaml(file, "settings file"), str(file))
    return (kind_described(data) or "control") if isinstance(data, dict) else ""


def dump_settings(settings: RunSettings) -> str:
    """The complete settings as YAML, with their kind; `load_settings` reads them back to an equal value."""
    return dump_yaml({"kind": kind_of(settings).name, **settings.model_dump(mode="json")})


def load_experiment(source: Source, overrides: Overrides = ()) -> Experiment:
    """`load_settings` of an experiment of control."""
    settings = load_settings(source, overrides, "control")
    assert isinstance(settings, Experiment)
    return settings


def read_loop(path: str | os.PathLike[str]) -> dict[str, object]:
    """The lines of a closed loop from a YAML file, as `maps.loop` takes them.

    Raises:
        PremotorError: no such file, no YAML, or a line that is wrong.
    """
    path = Path(path)
    if not os.path.exists(path):
        raise PremotorError(f"maps.loop: there is no file {path}")
    data = parse_yaml(read_yaml(path, "closed loop (maps.loop)"), str(path))
    if not isinstance(data, dict):
        raise PremotorError(f"maps.loop: {path} should hold a mapping with inputs and outputs")
    try:
        LoopSettings.model_validate(data)
    except ValidationError as error:
        raise PremotorError(f"{path}: {explain(error, data, LoopSettings)}") from None
    return data


def override_pairs(overrides: Overrides) -> dict[str, object]:
    """Overrides as values by dotted key; texts of the command line are read as YAML.

    Raises:
        PremotorError: an override without a value, or without a key.
    """
    if isinstance(overrides, Mapping):
        return {str(key): value for key, value in overrides.items()}
    pairs: dict[str, object] = {}
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


def _value(text: str, key: str) -> object:
    """A scalar, list or mapping in YAML; what only looks like YAML, as the wildcard ``*MN``, is a text."""
    try:
        return parse_yaml(text, f"--{key}")
    except PremotorError:
        if text.lstrip()[:1] in ("[", "{"):
            raise
        return text


def _read(source: Source, kind: str | None) -> tuple[Kind, dict[str, object], str, Path]:
    """The kind, the raw settings, what to call them in errors, and the folder that their paths count from."""
    here = Path.cwd()
    if isinstance(source, Settings):
        return _as(kind, kind_of(source).name, ""), source.model_dump(mode="json"), "", here
    if isinstance(source, Mapping):
        return _based(Layer(dict(source), "", here), kind)
    path, known = Path(source), presets()
    for name, names in known.items():
        if isinstance(source, str) and source in names and (kind is None or kind == name or len(known) == 1):
            return _based(_preset(source, name), name)
    if path.suffix not in (".yaml", ".yml") and kind is not None:
        stands_for = kind_named(kind).named(str(source))
        if stands_for is not None:
            return kind_named(kind), stands_for, "", here
    if os.path.isdir(path):
        raise PremotorError(
            f"{path} is a folder, not an experiment; continue a run with `premotor resume {path}`, begin a new one "
            f"with its weights with `premotor train NAME --initial {path}`, or name a preset or a YAML file"
        )
    return _based(_file(source, path), kind)


def _based(layer: Layer, kind: str | None) -> tuple[Kind, dict[str, object], str, Path]:
    """As `_read`, of what a file says put over what its bases say."""
    found = layers(layer, _base)
    entry = _kind(merged(layer.data for layer in found), kind, layer.origin)
    parts = []
    for each in found:
        part = deepcopy({key: value for key, value in each.data.items() if key not in _kind_keys(entry)})
        entry.anchor(part, each.folder)
        parts.append(part)
    return entry, merged(parts), layer.origin, layer.folder


def _layer(source: Written) -> Layer:
    """What a mapping, a preset or a file says by itself."""
    if isinstance(source, Mapping):
        return Layer(dict(source), "", Path.cwd())
    group = next((group for group, names in presets().items() if source in names), None)
    return _file(source, Path(source)) if group is None else _preset(str(source), group)


def _base(name: str, folder: Path) -> Layer:
    """The preset or file that a file in `folder` names as its base."""
    group = next((group for group, names in presets().items() if name in names), None)
    return _file(name, folder / Path(name).expanduser()) if group is None else _preset(name, group)


def _preset(name: str, group: str) -> Layer:
    place = resources.files("premotor") / "presets" / PRESETS[group] / f"{name}.yaml"
    return Layer(_mapping(place.read_text(encoding="utf-8"), f"preset {name}"), f"preset {name}", Path.cwd())


def _file(source: str | os.PathLike[str], path: Path) -> Layer:
    """A settings file; `source` is how it was named."""
    words = "; ".join(f"{name}: {', '.join(names)}" for name, names in presets().items())
    there = os.path.exists(path)  # also of names that are too long
    if not there and Path(source).name == str(source) and not path.suffix:
        near = closest(str(source), [name for names in presets().values() for name in names])
        raise PremotorError(f"there is no preset and no file {str(source)!r}{near}; presets of {words}")
    if not there:
        raise PremotorError(f"there is no settings file {path}; presets of {words}")
    text = read_yaml(path, "settings file")
    return Layer(_mapping(text, str(path)), str(path), path.resolve().parent)


def _kind(data: dict[str, object], kind: str | None, origin: str) -> Kind:
    """The kind that raw settings are of."""
    told = kind_described(data)
    if told == "simulation" and "kind" not in data and kind is not None:
        told = kind  # others have a model too
    return _as(kind, told or kind or "control", origin)


def _kind_keys(entry: Kind) -> list[str]:
    """Keys at the top that say the kind, and are no settings."""
    return ["kind", *(key for key, names in FORMER.items() if entry.name in names.values())]


def _as(kind: str | None, found: str, origin: str) -> Kind:
    if kind is not None and found != kind:
        raise PremotorError(f"{origin or 'the settings'}: these are of the kind {found}, not of {kind}")
    return kind_named(found)


def _mapping(text: str, source: str) -> dict[str, object]:
    data = parse_yaml(text, source)
    if not isinstance(data, dict):
        found = "nothing" if data is None else f"a {type(data).__name__}"
        raise PremotorError(f"{source} holds {found}; a settings file holds a mapping such as 'seed: 0'")
    return data


def _put(data: dict[str, object], key: str, value: object, kind: Kind | None) -> None:
    *sections, last = key.split(".")
    for depth, section in enumerate(sections):
        inner = data.get(section)
        if inner is None:
            inner = {}
        elif not isinstance(inner, dict):
            place = ".".join(sections[: depth + 1])
            mapping = None if kind is None else kind.expanded(section, inner)
            if mapping is None:
                raise PremotorError(f"--{key} cannot be set: {place} is {inner!r} and has no settings of its own")
            inner = mapping
        data[section] = data = dict(inner)
    if last == "kind" and data.get("kind", value) != value:
        data.clear()  # the other settings belong to the former kind
    held, mapping = data.pop(last, None), None if kind is None else kind.expanded(last, value)
    if isinstance(held, dict) and mapping is not None and "kind" not in mapping:
        data[last] = {**held, **mapping}
    else:
        data[last] = value


def anchor_path(data: dict[str, object], section: str, key: str, folder: Path) -> None:
    """Make a path in raw settings absolute, as counted from `folder`; a name of something built in stays as it is.

    Of a circuit's section also those of conditions on files (``@types.txt``) and of further files; of a task's
    reference both files of ``states.npy,actions.npy``.
    """
    inner = data.get(section)
    if section == "circuit" and isinstance(inner, dict):
        inner = data[section] = _anchored_files(inner, folder)
    value = inner.get(key) if isinstance(inner, dict) else None
    if not isinstance(value, str) or not value or value in circuit_names() or server_of(value):
        return
    parts = value.split(",")  # as `array_files` of the tasks, which are slow to import
    if key == "reference" and len(parts) > 1 and all(part.strip().lower().endswith(".npy") for part in parts):
        anchored = ",".join(str((folder / Path(part.strip()).expanduser()).resolve()) for part in parts)
        data[section] = {**inner, key: anchored}  # type: ignore[dict-item]
        return
    path = Path(value).expanduser()
    written_as_path = path.suffix or os.sep in value
    found_here = section != "task" and os.path.exists(folder / path)
    if not path.is_absolute() and (written_as_path or found_here):
        data[section] = {**inner, key: str((folder / path).resolve())}  # type: ignore[dict-item]
    elif path.is_absolute():
        data[section] = {**inner, key: str(path)}  # type: ignore[dict-item]


def _anchored_files(circuit: dict[str, object], folder: Path) -> dict[str, object]:
    select, also = circuit.get("select"), circuit.get("also")
    if isinstance(select, dict):
        files = {
            name: f"@{(folder / Path(value[1:]).expanduser()).resolve()}"
            for name, value in select.items()
            if isinstance(value, str) and value.startswith("@")
        }
        circuit = {**circuit, "select": {**select, **files}}
    if isinstance(also, list):
        circuit = {**circuit, "also": [str((folder / Path(str(name)).expanduser()).resolve()) for name in also]}
    return circuit


def anchor_initial(data: dict[str, object], folder: Path) -> None:
    """Make the run folder that a warm start names absolute."""
    initial = data.get("initial")
    value = initial.get("run") if isinstance(initial, dict) else initial
    if not isinstance(value, str):
        return
    place, at, which = value.rpartition("@")
    path = Path(place if at else value).expanduser()
    if os.path.exists(folder / path):
        found = f"{(folder / path).resolve()}{at}{which if at else ''}"
        data["initial"] = {**initial, "run": found} if isinstance(initial, dict) else found
