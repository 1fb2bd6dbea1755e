"""Which settings of an experiment have an effect: those without are refused, those that others need are chosen."""

from collections.abc import Iterable, Mapping

from premotor.errors import PremotorError
from premotor.files import available_memory, size_text
from premotor.settings import Settings, note, sections


def leaves(data: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """The values of raw settings by dotted key; a list is a value."""
    found: dict[str, object] = {}
    for key, value in data.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def refuse_idle(settings: Settings, said: Iterable[str]) -> None:
    """PremotorError where a key that somebody said has no effect beside the others."""
    said = list(said)
    for prefix, section in sections(settings):
        for key, why in section.idle().items():
            for word in said:
                if word == prefix + key or word.startswith(f"{prefix}{key}."):
                    raise PremotorError(f"the setting {word} has no effect here: {why}; leave it out")


def needed(settings: Settings, said: Iterable[str]) -> dict[str, object]:
    """What sections need of each other and nobody said otherwise, by dotted key; each is told in a line."""
    values = leaves(settings.model_dump(mode="json"))
    found: dict[str, object] = {}
    for prefix, section in sections(settings):
        for key, value in section.NEEDS.items():
            if key not in said and values.get(key) != value:
                note(f"{key} is {value}, as {prefix}kind {getattr(section, 'kind', '')} needs it")
                found[key] = value
    return found


def refuse_memory(settings: Settings) -> None:
    """PremotorError with the estimate where settings ask for more memory than this machine has."""
    here = available_memory()
    for prefix, section in sections(settings):
        for keys, needed in section.memory().items():
            if needed > here:
                names = " × ".join(f"{prefix}{key} ({getattr(section, key):,})" for key in keys.split())
                raise PremotorError(
                    f"{names} takes at least {size_text(needed)} of memory; this machine has {size_text(here)}"
                )
