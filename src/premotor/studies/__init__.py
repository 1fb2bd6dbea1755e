"""Many runs: comparison with null models, searches for settings, batch files for a cluster."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.studies.batch import batch_file
    from premotor.studies.comparison import compare, comparison_folder, read_wirings
    from premotor.studies.critic_search import (
        LoggedSteps,
        critic_settings,
        evaluate_critic,
        logged_steps,
        search_critic,
    )
    from premotor.studies.searching import sweep, sweep_folder
    from premotor.studies.spaces import Choice, Range, read_spaces
    from premotor.studies.sweeps import Sweep, SweepSettings, is_sweep
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "Choice",
    "LoggedSteps",
    "Range",
    "Sweep",
    "SweepSettings",
    "batch_file",
    "compare",
    "comparison_folder",
    "critic_settings",
    "evaluate_critic",
    "is_sweep",
    "logged_steps",
    "read_spaces",
    "read_wirings",
    "search_critic",
    "sweep",
    "sweep_folder",
]
