"""The base of every settings class: strict, immutable, and clear about what is wrong."""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, SerializeAsAny, model_validator
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from premotor.registry import Registry


class Settings(BaseModel):
    """Immutable settings; unknown keys, wrong types and NaN are errors.

    Each room defines the settings of what it owns; `premotor.runs` composes them and turns
    pydantic's errors into one sentence that names the key, the value found and what is allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    RENAMED: ClassVar[Mapping[str, str]] = {}
    """Former names of settings, which files from before go on using, and their present ones."""
    KIND: ClassVar[str] = ""
    """Of the settings of a whole experiment: which kind of experiment it is."""

    NEEDS: ClassVar[Mapping[str, object]] = {}
    """Settings of other sections, by dotted key, without which this one cannot work: chosen where nobody says them."""

    def idle(self) -> dict[str, str]:
        """Settings or sections without effect beside the others, by key: what would give them one."""
        return {}

    def memory(self) -> dict[str, float]:
        """At least so many bytes by the settings that ask for them, where they can be many."""
        return {}

    @model_validator(mode="before")
    @classmethod
    def _present_names(cls, data: object) -> object:
        if not isinstance(data, dict) or not cls.RENAMED.keys() & data.keys():
            return data
        present: dict[object, object] = {}
        for key, value in data.items():  # what stands later was put over what stands before, by either name
            new = cls.RENAMED.get(key, key)
            if new != key:
                note(f"the setting {key} is now called {new}")
            present.pop(new, None)
            present[new] = value
        return present


class OfKind(Protocol):
    """Settings of an entry of a registry."""

    @property
    def kind(self) -> str:
        """The name of the entry."""


def sections(settings: Settings, prefix: str = "") -> Iterator[tuple[str, Settings]]:
    """Settings and all that are inside them, each with the dotted prefix of its keys."""
    yield prefix, settings
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Settings):
            yield from sections(value, f"{prefix}{name}.")


_NOTED: set[str] = set()


def note(line: str) -> None:
    """Say `line` on the standard error stream, once in a process."""
    if line not in _NOTED:
        _NOTED.add(line)
        print(f"note: {line}", file=sys.stderr)


def forget_notes() -> None:
    """Say each line again: another run begins in this process."""
    _NOTED.clear()


class Section:
    """Which settings class a section has, by its `kind`; stands in the metadata of the field."""

    def __init__(self, kinds: "Registry[Any]"):
        self.kinds = kinds

    def settings_class(self, kind: object) -> type[Settings]:
        """The settings class of a kind; of the first for one that does not exist."""
        name = kind if isinstance(kind, str) and kind in self.kinds else next(iter(self.kinds))
        return self.kinds.settings_class(name)


def section(kinds: "Registry[Any]") -> object:
    """The type of a section whose `kind` chooses an entry of a registry; the first entry is the default.

    The registry is read when settings are validated, so that entries may be added at any time.

    Args:
        kinds: entries by the name that `kind` takes.
    """
    known = Section(kinds)

    def validated(value: object) -> Settings:
        if isinstance(value, Settings):
            return value
        if not isinstance(value, dict):
            raise PydanticCustomError("dict_type", "Input should be a mapping of settings")
        kind = value.get("kind", next(iter(kinds)))
        if not isinstance(kind, str) or kind not in kinds:
            raise PydanticCustomError(
                "union_tag_invalid",
                "kind should be one of {expected_tags}",
                {"tag": str(kind), "expected_tags": ", ".join(kinds)},
            )
        return known.settings_class(kind).model_validate({**value, "kind": kind})

    return Annotated[SerializeAsAny[Settings], BeforeValidator(validated), known]
