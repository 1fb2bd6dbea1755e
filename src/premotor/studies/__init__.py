"""Many runs: comparison with null models, searches for settings, batch files for a cluster."""

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
