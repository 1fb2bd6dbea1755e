"""Pages, figures and video, from a run folder alone."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.report import spiking
    from premotor.report.chart import Chart, drawn
    from premotor.report.circuit_figures import circuit_overview
    from premotor.report.loop_figures import loop_figure
    from premotor.report.page import Missing, Page, Picture, Section, Table, Text, Tile, Video
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
    from premotor.report.sweeps import sweep_history, sweep_slices
    from premotor.report.video import write_walk_video
else:
    __getattr__, __dir__ = lazy_exports(__name__)


__all__ = [
    "RECORDS",
    "SECTIONS",
    "Chart",
    "Missing",
    "Page",
    "Picture",
    "Record",
    "ReportSection",
    "Section",
    "Table",
    "Text",
    "Tile",
    "Video",
    "circuit_overview",
    "drawn",
    "loop_figure",
    "page_of",
    "read_record",
    "spiking",
    "sweep_history",
    "sweep_slices",
    "write_figures",
    "write_report",
    "write_walk_video",
]
