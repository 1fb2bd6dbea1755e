"""``base: NAME_OR_FILE`` in settings: those of that preset or file, with one's own put over them."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

from premotor.errors import PremotorError


class Layer(NamedTuple):
    """What one file says."""

    data: dict[str, Any]
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


def merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Settings put over each other, the last on top: mappings key by key, everything else as a whole.

    A new `kind` of a section leaves nothing of what lies below it there, since that belongs to the former kind.
    """
    return reduce(_over, parts, {})


def _over(below: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    if "kind" in own and below.get("kind", own["kind"]) != own["kind"]:
        return dict(own)
    found = dict(below)
    for key, value in own.items():
        held = found.pop(key, None)  # and comes last, as former names of settings need it
        found[key] = _over(held, value) if isinstance(held, Mapping) and isinstance(value, Mapping) else value
    return found
