"""Pages, figures and video, from a run folder alone."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.report import spiking
    from premotor.report.circuit_figures import circuit_overview
    from premotor.report.comparison_report import write_comparison
    from premotor.report.dynamics import is_dynamics, write_dynamics_figures
    from premotor.report.loop_figures import loop_figure
    from premotor.report.run_report import write_report
    from premotor.report.simulation import is_simulation, write_simulation_figures
    from premotor.report.sweeps import sweep_history, sweep_slices
    from premotor.report.video import write_walk_video
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "circuit_overview",
    "is_dynamics",
    "is_simulation",
    "loop_figure",
    "spiking",
    "sweep_history",
    "sweep_slices",
    "write_comparison",
    "write_dynamics_figures",
    "write_report",
    "write_simulation_figures",
    "write_walk_video",
]
