"""The members of evolution's populations on an engine, while one run learns here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from premotor.errors import PremotorError
from premotor.learning.evolution.members import shared_by
from premotor.runs.kinds import kind_of
from premotor.runs.settings import RunSettings
from premotor.studies.engines import LocalSettings, engine_for, engine_settings


@contextmanager
def population_on(engine: str | Mapping[str, object] | None, settings: RunSettings) -> Iterator[None]:
    """Share the members of each generation among the cores of an engine; no number depends on it.

    Args:
        engine: its name, or a mapping with its `kind` and settings; None or local: threads of this process.
        settings: of the run that learns in this context.

    Raises:
        PremotorError: the run has no such members, or the engine runs whole runs only.
    """
    if engine is None:
        yield
        return
    chosen = engine_settings(engine)
    learning = getattr(settings, "learning", None)
    if kind_of(settings).name != "spiking" or getattr(learning, "kind", None) != "evolution":
        raise PremotorError(
            f"--engine: {settings.name} is no evolution of a spiking network, whose members an engine could share; "
            "whole runs go to an engine by premotor study, compare and sweep"
        )
    if isinstance(chosen, LocalSettings):
        yield
        return
    at_work = engine_for(chosen, Path())
    try:
        with shared_by(at_work.call):
            yield
    finally:
        at_work.close()
