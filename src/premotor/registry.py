"""Things by name: networks, tasks, learners, readers, null models … of the package and of a user's own files."""

import difflib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.settings import Settings


class Registry[T](Mapping[str, T]):
    """What a name stands for; the package's own modules are imported when a name is first looked up.

    An entry is added by a decorator, in the package or in a user's own file, before or after anything was looked up::

        @LEARNERS.register("my-learner")
        class MyLearner(Learner): ...

    Args:
        what: what an entry is, in words, as in "there is no null model 'x'".
        modules: modules of the package whose import registers its own entries, in the order in which they are listed.
            A mapping says by name which module registers it: then names are listed without any import, and only the
            module of a name that is looked up is imported.
        check: what an entry has to be; it raises PremotorError with one sentence where it is not.
        settings: where the settings classes of the package's own entries are, as ``"module:Class"`` by name, in modules
            that load neither JAX nor SciPy, so that settings can be checked at once.
        attribute: of an entry, which holds the same class.
    """

    def __init__(
        self,
        what: str,
        modules: Sequence[str] | Mapping[str, str] = (),
        check: Callable[[str, T], None] | None = None,
        settings: Mapping[str, str] | None = None,
        attribute: str = "settings",
    ):
        self.what = what
        self._modules: list[str] = [] if isinstance(modules, Mapping) else list(modules)
        self._sources: dict[str, str] = dict(modules) if isinstance(modules, Mapping) else {}
        self._check = check
        self._settings, self._attribute = dict(settings or {}), attribute
        self._entries: dict[str, T] = {}

    def register[E](self, name: str) -> Callable[[E], E]:
        """A decorator that adds what it decorates under `name`.

        Raises:
            PremotorError: another entry has this name already, or the entry lacks a member that it needs.
        """

        def add(entry: E) -> E:
            if name in self._sources and name not in self._entries:  # the package's own first: its name is taken
                importlib.import_module(self._sources[name])
            held = self._entries.get(name)
            if held is not None and not _same_definition(held, entry):
                raise PremotorError(f"there is a {self.what} {name!r} already; choose another name")
            if self._check is not None:
                self._check(name, entry)  # type: ignore[arg-type]
            self._entries[name] = entry  # type: ignore[assignment]
            return entry

        return add

    def settings_class(self, name: str) -> "type[Settings]":
        """The settings class of an entry; of the package's own without importing the entry.

        Raises:
            UnknownName: there is no such entry.
        """
        if name in self._settings and name not in self._entries:
            module, _, attribute = self._settings[name].partition(":")
            found: type[Settings] = getattr(importlib.import_module(module), attribute)
        else:
            found = getattr(self[name], self._attribute)
        return found

    def known(self, name: str) -> str:
        """The name itself; nothing is imported for it.

        Raises:
            UnknownName: there is no such entry.
        """
        if name in self:
            return name
        near = difflib.get_close_matches(str(name), self, n=1, cutoff=0.5)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UnknownName(
            f"there is no {self.what} {name!r}{hint}; there are {', '.join(self)} "
            "(one of your own comes by --plugin FILE)"
        )

    def __getitem__(self, name: str) -> T:
        self._load()
        if name in self._sources and name not in self._entries:
            importlib.import_module(self._sources[name])
        return self._entries[self.known(name)]

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._sources or name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter([*self._sources, *(name for name in self._entries if name not in self._sources)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _load(self) -> None:
        while self._modules:
            importlib.import_module(self._modules.pop(0))


def derived_from(base: type) -> Callable[[str, object], None]:
    """A check for `Registry`: an entry is a class derived from `base`, with all that `base` declares.

    That is, every abstract method, and every attribute that `base` annotates without giving it a value.
    """

    def check(name: str, entry: object) -> None:
        if not (isinstance(entry, type) and issubclass(entry, base)):
            raise PremotorError(f"{name!r} has to be a class derived from {base.__name__}, not {_named(entry)}")
        missing = sorted(getattr(entry, "__abstractmethods__", ()))
        if missing:
            raise PremotorError(
                f"the class {entry.__name__} has no method {missing[0]}, which every {base.__name__} needs"
            )
        for attribute in (word for kind in reversed(base.__mro__) for word in vars(kind).get("__annotations__", {})):
            if not hasattr(entry, attribute):
                raise PremotorError(
                    f"the class {entry.__name__} has no attribute {attribute}, which every {base.__name__} needs"
                )

    return check


def _named(entry: object) -> str:
    return f"{type(entry).__name__} {getattr(entry, '__name__', repr(entry))}"


class UnknownName(PremotorError, KeyError):
    """A name that a registry does not hold."""

    def __str__(self) -> str:
        """The sentence, not its representation as KeyError has it."""
        return str(self.args[0])


def _same_definition(one: object, other: object) -> bool:
    """Whether both come from the same lines, as when a file is loaded twice."""
    names = ("__module__", "__qualname__")
    return all(getattr(one, name, None) == getattr(other, name, one) for name in names)
