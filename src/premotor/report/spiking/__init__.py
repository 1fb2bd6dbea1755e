"""Analyses of spiking agents with their figures."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.report.spiking.behaviour import (
        lengths as lengths,
        moves as moves,
        raster as raster,
        rates as rates,
        rewards as rewards,
        variance as variance,
    )
    from premotor.report.spiking.connectivity import connectivity as connectivity, wiring_chart as wiring_chart
    from premotor.report.spiking.inputs import borders as borders, fields as fields, policy as policy
    from premotor.report.spiking.learning import (
        checkpoints as checkpoints,
        curves as curves,
        medians as medians,
        phases as phases,
        trace as trace,
    )
    from premotor.report.spiking.models import (
        boxplot as boxplot,
        pairs as pairs,
        rates_table as rates_table,
        seeds as seeds,
        starts as starts,
    )
    from premotor.report.spiking.weights import (
        changes as changes,
        histograms as histograms,
        matrix as matrix,
        over_time as over_time,
    )
    from premotor.report.style import Chart as Chart
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, "OF_A_RUN")


OF_A_RUN = (
    "connectivity",
    "medians",
    "phases",
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
    "histograms",
    "fields",
    "borders",
    "policy",
    "trace",
)
"""Analyses that need nothing but a run."""
