"""What can be named in settings, each with a line about it, and the JSON schema of the settings."""

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module, resources
from itertools import takewhile
from typing import Any

from premotor.connectome import Circuit, circuit_names
from premotor.connectome.summary import as_dict
from premotor.errors import PremotorError
from premotor.runs.kinds import KINDS, PRESETS
from premotor.runs.loading import presets
from premotor.runs.settings_errors import closest
from premotor.settings import Section, Settings


def circuits() -> tuple[str, ...]:
    """Names of the circuits that come with premotor."""
    return circuit_names()


def described(circuit: Circuit) -> dict[str, object]:
    """Sizes of a circuit, its neurons by class, transmitter, sign and side, and its record, as JSON can hold them."""
    return as_dict(circuit)


def listed(what: str) -> dict[str, str]:
    """Names of what there is, and a line about each.

    Args:
        what: presets, circuits, bodies, tasks, networks, learners or policies.

    Raises:
        PremotorError: nothing is called so.
    """
    if what not in LISTS:
        raise PremotorError(f"there is no list of {what!r}{closest(what, LISTS)}; there are {', '.join(LISTS)}")
    return LISTS[what]()


def _presets() -> dict[str, str]:
    rows = {}
    for kind, names in presets().items():
        for name in names:
            place = resources.files("premotor") / "presets" / PRESETS[kind] / f"{name}.yaml"
            lines = takewhile(lambda line: line.startswith("#"), place.read_text(encoding="utf-8").splitlines())
            rows[name] = " ".join(line.removeprefix("#").strip() for line in lines) or f"An experiment of {kind}."
    return rows


def _bodies() -> dict[str, str]:
    from premotor.bodies import BODIES, build_body

    rows = {}
    for name in BODIES:
        try:
            rows[name] = repr(build_body(name)).partition(", ")[2].removesuffix(")")
        except PremotorError as error:  # an extra is missing
            rows[name] = str(error)
    return rows


def _circuits() -> dict[str, str]:
    from premotor.connectome import load_circuit

    return {name: repr(load_circuit(name)).removeprefix("Circuit(").removesuffix(")") for name in circuit_names()}


def _policies() -> dict[str, str]:
    from premotor.networks.settings import BaselineSettings
    from premotor.runs.building import build_circuit
    from premotor.runs.shipping import shipped_names, shipped_settings

    rows = {}
    for name in shipped_names():
        made = shipped_settings(name)
        plain = isinstance(made.network, BaselineSettings)
        wiring = "without a connectome" if plain else repr(build_circuit(made.circuit)).removeprefix("Circuit")
        rows[name] = f"task {made.task.kind}, network {made.network.kind} {wiring}"
    return rows


def _documented(room: str, name: str) -> dict[str, str]:
    """The first line of what documents each entry of a registry, which is loaded for it."""
    registry: Mapping[str, object] = getattr(import_module(f"premotor.{room}"), name)
    return {name: (inspect.getdoc(entry) or "").partition("\n")[0] for name, entry in registry.items()}


LISTS: Mapping[str, Callable[[], dict[str, str]]] = {
    "presets": _presets,
    "circuits": _circuits,
    "bodies": _bodies,
    "tasks": lambda: _documented("tasks", "TASKS"),
    "networks": lambda: _documented("networks", "NETWORKS"),
    "learners": lambda: _documented("learning", "LEARNERS"),
    "policies": _policies,
}


def settings_schema(kind: str = "control") -> dict[str, Any]:
    """JSON schema of the settings files of a kind of experiment; a section with a `kind` allows each of its settings.

    Raises:
        PremotorError: there is no such kind.
    """
    model: type[Settings] = KINDS.settings_class(KINDS.known(kind))
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"Settings of premotor, kind {kind}"
    definitions = schema.setdefault("$defs", {})
    for name, field in model.model_fields.items():
        for known in field.metadata:
            if isinstance(known, Section):
                schema["properties"][name] = _choice(known, definitions) | {"description": field.description or ""}
    for place, name in (
        (schema["properties"], "initial"),
        (definitions.get("MapSettings", {}).get("properties", {}), "loop"),
    ):
        if name in place:  # a file or a run by its name
            place[name] = {"anyOf": [{"type": "string"}, place[name]]}
    schema["properties"] |= {
        "kind": {"const": kind, "description": "The kind of experiment."},
        "base": {"type": "string", "description": "A preset or file whose settings these are put over."},
    }
    schema.pop("required", None)  # a base may say them
    return schema


def _choice(section: Section, definitions: dict[str, Any]) -> dict[str, Any]:
    """Any of a section's kinds, whose definitions are added."""
    references = []
    for kind in section.kinds:
        settings = section.settings_class(kind)
        own = settings.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= own.pop("$defs", {})
        own.pop("required", None)
        definitions[settings.__name__] = own
        references.append({"$ref": f"#/$defs/{settings.__name__}"})
    return {"anyOf": references}
