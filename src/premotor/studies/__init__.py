"""Many runs: comparison with null models, searches for settings, batch files for a cluster."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.studies.batch import batch_file
    from premotor.studies.comparison import compare, comparison_folder
    from premotor.studies.critic_search import (
        LoggedSteps,
        critic_settings,
        evaluate_critic,
        logged_steps,
        search_critic,
    )
    from premotor.studies.wirings import read_wirings, train_wirings
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "LoggedSteps",
    "critic_settings",
    "evaluate_critic",
    "logged_steps",
    "search_critic",
    "batch_file",
    "compare",
    "comparison_folder",
    "read_wirings",
    "train_wirings",
]
