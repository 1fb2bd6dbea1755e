"""Pages, figures and video, from a run folder alone."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.report import spiking
    from premotor.report.chart import Chart, drawn
    from premotor.report.circuit_figures import circuit_overview, loop_figure
    from premotor.report.comparison_report import ComparisonRecord
    from premotor.report.dynamics import DynamicsRecord, DynamicsSection
    from premotor.report.page import Missing, Page, Picture, Section, Table, Text, Tile, Video
    from premotor.report.reading import RunRecord
    from premotor.report.sections import (
        RECORDS,
        SECTIONS,
        Record,
        ReportSection,
        page_of,
        read_record,
        write_figures,
        write_report,
    )
    from premotor.report.simulation import SimulationRecord
    from premotor.report.spiking.record import SpikingRecord
    from premotor.report.style import colour, new_figure
    from premotor.report.sweeps import SweepRecord, sweep_history, sweep_slices
    from premotor.report.video import write_walk_video
else:
    __getattr__, __dir__ = lazy_exports(__name__)


__all__ = [
    "RECORDS",
    "SECTIONS",
    "Chart",
    "ComparisonRecord",
    "DynamicsRecord",
    "DynamicsSection",
    "Missing",
    "Page",
    "Picture",
    "Record",
    "ReportSection",
    "RunRecord",
    "Section",
    "SimulationRecord",
    "SpikingRecord",
    "SweepRecord",
    "Table",
    "Text",
    "Tile",
    "Video",
    "circuit_overview",
    "colour",
    "drawn",
    "loop_figure",
    "new_figure",
    "page_of",
    "read_record",
    "spiking",
    "sweep_history",
    "sweep_slices",
    "write_figures",
    "write_report",
    "write_walk_video",
]
