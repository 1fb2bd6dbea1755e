"""Many runs: comparison with null models, searches for settings, batch files for a cluster."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.studies.batch import batch_file as batch_file
    from premotor.studies.comparison import (
        compare as compare,
        comparison_folder as comparison_folder,
        read_wirings as read_wirings,
    )
    from premotor.studies.critic_search import (
        LoggedSteps as LoggedSteps,
        critic_settings as critic_settings,
        evaluate_critic as evaluate_critic,
        logged_steps as logged_steps,
        search_critic as search_critic,
    )
    from premotor.studies.engines import ENGINES as ENGINES, Engine as Engine, EngineSettings as EngineSettings
    from premotor.studies.learns import LEARNS as LEARNS
    from premotor.studies.populations import population_on as population_on
    from premotor.studies.run_lists import list_runs as list_runs, runs_differ as runs_differ
    from premotor.studies.searching import sweep as sweep, sweep_folder as sweep_folder
    from premotor.studies.spaces import Choice as Choice, Range as Range, read_spaces as read_spaces
    from premotor.studies.study_folder import Standing as Standing, Study as Study, is_study as is_study
    from premotor.studies.study_run import cancel_study as cancel_study, study as study
    from premotor.studies.study_settings import StudySettings as StudySettings, read_study as read_study
    from premotor.studies.sweeps import Sweep as Sweep, SweepSettings as SweepSettings, is_sweep as is_sweep
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
