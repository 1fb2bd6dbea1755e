"""The study behind a search: Optuna's samplers, pruners and its journal, which outlives a kill."""

import warnings
from math import prod
from typing import Any

import numpy as np

from premotor.errors import PremotorError
from premotor.studies.sweeps.folder import Sweep, SweepSettings
from premotor.studies.sweeps.spaces import MOST_POINTS, encoded

PAUSE = {"min_resource": 1, "reduction_factor": 3}
"""Of successive halving: evaluations before the first cut, and the part that is kept."""


def check_optuna() -> None:
    """Say in time that Optuna is missing.

    Raises:
        PremotorError: it is.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise PremotorError("a search needs optuna, which is not installed: pip install 'premotor[sweep]'") from None


def open_study(sweep: Sweep) -> Any:
    """The study of a search, from its journal."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(sweep.journal))),
            study_name="sweep",
            direction="minimize" if sweep.settings.minimise else "maximize",
            load_if_exists=True,
            pruner=_pruner(sweep.settings),
        )


def sampler_for(settings: SweepSettings, number: int) -> Any:
    """The sampler for one trial. Its draws depend on the search's seed and the trial's number alone, so that a search
    that was killed goes on as if it had not been."""
    from optuna import samplers

    seed = int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0])
    if settings.sampler in ("random", "grid"):
        return samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on features under trial
        return samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)


def grid_size(settings: SweepSettings) -> int:
    """Points of the whole grid.

    Raises:
        PremotorError: there are too many.
    """
    size = prod(len(space.points()) for space in settings.search.values())
    if size > MOST_POINTS:
        raise PremotorError(f"the grid has {size:,} points; at most {MOST_POINTS:,} are allowed")
    return size


def grid_point(settings: SweepSettings, number: int) -> dict[str, Any]:
    """The values of one point of the grid, the last setting changing fastest."""
    point = {}
    for key, space in reversed(settings.search.items()):
        values = space.points()
        number, place = divmod(number, len(values))
        point[key] = encoded(values[place])
    return point


def _pruner(settings: SweepSettings) -> Any:
    from optuna import pruners

    if settings.pruner == "median":
        return pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1)
    if settings.pruner == "halving":
        return pruners.SuccessiveHalvingPruner(**PAUSE)
    return pruners.NopPruner()
