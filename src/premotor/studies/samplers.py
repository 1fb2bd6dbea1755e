"""Which points a search tries next, and which trials it gives up: Optuna's samplers and pruners, and grids."""

import warnings
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from premotor.errors import PremotorError
from premotor.studies.spaces import MOST_POINTS, encoded
from premotor.studies.sweeps import SweepSettings

if TYPE_CHECKING:
    from optuna.distributions import CategoricalChoiceType
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

HALVING = {"min_resource": 1, "reduction_factor": 3}
"""Of successive halving: evaluations before the first cut, and the part that is kept."""


def sampler_of(settings: SweepSettings, number: int) -> "BaseSampler":
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


def grid_point(settings: SweepSettings, number: int) -> dict[str, "CategoricalChoiceType"]:
    """The values of one point of the grid, the last setting changing fastest."""
    point = {}
    for key, space in reversed(settings.search.items()):
        values = space.points()
        number, place = divmod(number, len(values))
        point[key] = encoded(values[place])
    return point


def pruner_of(settings: SweepSettings) -> "BasePruner":
    """What ends poor trials early."""
    from optuna import pruners

    if settings.pruner == "median":
        return pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1)
    if settings.pruner == "halving":
        return pruners.SuccessiveHalvingPruner(**HALVING)
    return pruners.NopPruner()
