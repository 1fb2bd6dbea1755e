"""Searches for settings of any experiment, with Optuna (an extra)."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.studies.sweeps.folder import Sweep, SweepSettings, is_sweep
    from premotor.studies.sweeps.running import sweep, sweep_folder
    from premotor.studies.sweeps.spaces import Choice, Range, read_spaces
    from premotor.studies.sweeps.study import check_optuna
else:
    __getattr__, __dir__ = lazy_exports(__name__)

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
