"""Functions of a user's own, which are arguments of Python calls and never stand in a file."""

from typing import Protocol

from premotor.errors import PremotorError
from premotor.runs.settings_errors import brief


class UserFunctions(Protocol):
    """A NamedTuple that says for each use a function, or None."""

    def _asdict(self) -> dict[str, object]: ...


def taken[H](hooks: UserFunctions | None, known: type[H], kind: str) -> H | None:
    """What a kind of run takes, where hooks are that; PremotorError for any other."""
    if hooks is None or isinstance(hooks, known):
        return hooks
    room = known.__module__.rpartition(".")[0]
    raise PremotorError(
        f"hooks is {brief(hooks)}; a run of the kind {kind} takes functions of yours as {room}.{known.__name__}(…)"
    )


def refuse_hooks(hooks: UserFunctions | None, kind: str) -> None:
    """PremotorError where there are some: this kind takes none."""
    if hooks is not None:
        raise PremotorError(f"hooks is {brief(hooks)}; a run of the kind {kind} takes no functions of yours")


def hook_names(hooks: UserFunctions | None) -> list[str]:
    """Names of a user's functions with what each is for."""
    if hooks is None:
        return []
    if not isinstance(hooks, tuple):
        raise PremotorError(f"hooks is {brief(hooks)}; functions of yours are given by their use, as Hooks(…)")
    given = hooks._asdict().items()
    return [f"{use}: {getattr(function, '__qualname__', function)}" for use, function in given if function]
