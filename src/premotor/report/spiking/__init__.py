"""Analyses of spiking agents with their figures."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.report.chart import Chart
    from premotor.report.spiking.behaviour import lengths, moves, raster, rates, rewards, variance
    from premotor.report.spiking.inputs import fields, policy
    from premotor.report.spiking.learning import checkpoints, curves, medians, trace
    from premotor.report.spiking.models import boxplot, pairs, rates_table, seeds, starts
    from premotor.report.spiking.weights import changes, matrix, over_time
else:
    __getattr__, __dir__ = lazy_exports(__name__)


OF_A_RUN = (
    "medians",
    "checkpoints",
    "lengths",
    "rates",
    "variance",
    "moves",
    "rewards",
    "raster",
    "matrix",
    "changes",
    "over_time",
    "fields",
    "policy",
    "trace",
)
"""Analyses that need nothing but a run."""

__all__ = [
    "Chart",
    "OF_A_RUN",
    "boxplot",
    "changes",
    "checkpoints",
    "curves",
    "fields",
    "lengths",
    "matrix",
    "medians",
    "moves",
    "over_time",
    "pairs",
    "policy",
    "raster",
    "rates",
    "rates_table",
    "rewards",
    "seeds",
    "starts",
    "trace",
    "variance",
]
