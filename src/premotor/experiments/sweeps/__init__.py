"""Searches for settings of any experiment, with Optuna (an extra)."""

from premotor.experiments.sweeps.folder import Sweep, SweepSettings, is_sweep
from premotor.experiments.sweeps.running import sweep, sweep_folder
from premotor.experiments.sweeps.spaces import Choice, Range, read_spaces
from premotor.experiments.sweeps.study import check_optuna

__all__ = [
    "Choice",
    "Range",
    "Sweep",
    "SweepSettings",
    "check_optuna",
    "is_sweep",
    "read_spaces",
    "sweep",
    "sweep_folder",
]
