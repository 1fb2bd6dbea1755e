"""Settings files: YAML, strict on the way in and exact on the way back, and the files that one builds on by `base`.

Scalars follow the core schema of YAML 1.2, not PyYAML's YAML 1.1: ``3e-4`` is a number, ``no`` and
``2024-01-01`` are texts, ``010`` is ten. Keys are always texts, so that ``null: rewired`` is the key "null".
A key that stands twice in one mapping is an error. ``base: NAME_OR_FILE`` puts one's own settings over those there.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import yaml

from premotor.errors import PremotorError
from premotor.files import read_bytes

_SCALARS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9](?:_?[0-9])*", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
)


MOST_VALUES = 100_000
"""In a file of settings; more come from aliases that stand for aliases."""
MOST_BRACKETS = 20_000
MOST_TEXT = 2**19
"""Bytes of a file of settings."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2 scalars, text keys, no key twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Hashable, object]:
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "a mapping is needed here", node.start_mark)
        mapping: dict[Hashable, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                problem = "a key must be a text"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            if key_node.value in mapping:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key_node.value!r} stands twice", key_node.start_mark
                )
            mapping[key_node.value] = self.construct_object(value_node, deep=True)
        return mapping


class _Dumper(yaml.SafeDumper):
    """Quotes whatever `_Loader` would read as something else than a text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def ignore_aliases(self, data: object) -> bool:
        return True


for _name, _pattern, _first in _SCALARS:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), _first)


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(node.value.replace("_", ""))


def _real(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(re.sub(r"\.(inf|nan)$", r"\1", node.value.lower()))


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _real)


def parse_yaml(text: str, source: str) -> object:
    """The value that a YAML text holds; `source` names it in errors.

    Raises:
        PremotorError: no valid YAML, or a key stands twice in a mapping.
    """
    if max(text.count("["), text.count("{")) > MOST_BRACKETS:
        raise PremotorError(f"{source} is no valid YAML of ours: it has more than {MOST_BRACKETS:,} brackets")
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        if _values(node, {}) > MOST_VALUES:
            raise PremotorError(f"{source} stands for more than {MOST_VALUES:,} values, by aliases (*) of aliases")
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PremotorError(f"{source} is no valid YAML: {error.problem}{place}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PremotorError(f"{source} is no valid YAML: {' '.join(str(error).split())}") from error
    finally:
        if loader is not None:
            loader.dispose()


def _values(node: yaml.Node, known: dict[yaml.Node, int]) -> int:
    """How many values a node stands for, with aliases written out; ValueError where one holds itself."""
    if node in known:
        if not known[node]:
            raise ValueError("a recursive alias, which stands inside of what it stands for")
        return known[node]
    known[node] = 0
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    inner = 0 if isinstance(node, yaml.ScalarNode) else sum(_values(part, known) for part in parts)
    known[node] = 1 + inner
    return known[node]


def dump_yaml(value: object) -> str:
    """YAML text that `parse_yaml` reads back to an equal value; keys keep their order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class Layer(NamedTuple):
    """What one file says."""

    data: dict[str, object]
    origin: str
    """What to call it in errors; "" for what stands in no file."""
    folder: Path
    """That its paths count from."""


def layers(top: Layer, find: Callable[[str, Path], Layer]) -> list[Layer]:
    """A file and its bases without the key `base`, the lowest first.

    Args:
        top: the file.
        find: the preset or file of a name, as seen from a folder.

    Raises:
        PremotorError: a base that is no text, that does not exist, or that leads back to itself.
    """
    found = [top._replace(data=dict(top.data))]
    while "base" in found[0].data:
        base, where = found[0].data.pop("base"), found[0].origin or "the settings"
        if not isinstance(base, str) or not base:
            raise PremotorError(f"{where}: base is {base!r}, but should be the name of a preset or a YAML file")
        try:
            lower = find(base, found[0].folder)
        except PremotorError as error:
            raise PremotorError(f"{where}: base: {error}") from None
        if (lower.origin, lower.folder) in [(layer.origin, layer.folder) for layer in found]:
            names = [layer.origin for layer in reversed(found)]
            raise PremotorError(f"{where}: its base leads back to itself: {' → '.join([*names, lower.origin])}")
        found.insert(0, lower._replace(data=dict(lower.data)))
    return found


def merged(parts: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Settings put over each other, the last on top: mappings key by key, everything else as a whole.

    A new `kind` of a section leaves nothing of what lies below it there, since that belongs to the former kind.
    """
    return reduce(_over, parts, {})


def _over(below: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    if "kind" in own and below.get("kind", own["kind"]) != own["kind"]:
        return dict(own)
    found = dict(below)
    for key, value in own.items():
        held = found.pop(key, None)  # and comes last, as former names of settings need it
        found[key] = _over(held, value) if isinstance(held, Mapping) and isinstance(value, Mapping) else value
    return found


def read_yaml(path: Path, what: str) -> str:
    """The text of a YAML file.

    Raises:
        PremotorError: it cannot be read, is no UTF-8, or too large for what it is, which `what` says.
    """
    try:
        return read_bytes(path, MOST_TEXT).decode()
    except UnicodeDecodeError as error:
        raise PremotorError(f"{path} is no {what}: it is not UTF-8 text") from error
