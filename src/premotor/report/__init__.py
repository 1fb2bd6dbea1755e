"""Pages, figures and video, from a run folder alone."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.report import spiking as spiking
    from premotor.report.circuit_figures import circuit_overview as circuit_overview, loop_figure as loop_figure
    from premotor.report.comparison_report import ComparisonRecord as ComparisonRecord
    from premotor.report.dynamics import DynamicsRecord as DynamicsRecord, DynamicsSection as DynamicsSection
    from premotor.report.figure_files import write_figure_files as write_figure_files
    from premotor.report.page import (
        Missing as Missing,
        Page as Page,
        Picture as Picture,
        Section as Section,
        Table as Table,
        Text as Text,
        Tile as Tile,
        Video as Video,
    )
    from premotor.report.plotting import plot as plot
    from premotor.report.reading import RunRecord as RunRecord
    from premotor.report.reproductions import (
        REPRODUCTIONS as REPRODUCTIONS,
        Compared as Compared,
        Part as Part,
        Reproduction as Reproduction,
        reproduce as reproduce,
    )
    from premotor.report.sections import (
        RECORDS as RECORDS,
        SECTIONS as SECTIONS,
        Record as Record,
        ReportSection as ReportSection,
        page_of as page_of,
        read_record as read_record,
        write_figures as write_figures,
        write_report as write_report,
    )
    from premotor.report.side_by_side import write_side_by_side as write_side_by_side
    from premotor.report.simulation import SimulationRecord as SimulationRecord
    from premotor.report.spiking.record import SpikingRecord as SpikingRecord
    from premotor.report.study_files import write_study_report as write_study_report
    from premotor.report.study_report import StudyRecord as StudyRecord
    from premotor.report.style import Chart as Chart, colour as colour, drawn as drawn, new_figure as new_figure
    from premotor.report.sweeps import (
        SweepRecord as SweepRecord,
        sweep_history as sweep_history,
        sweep_slices as sweep_slices,
    )
    from premotor.report.video import write_walk_video as write_walk_video
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, call="write_report")
