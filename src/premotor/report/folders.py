"""The page and the video of a run, as the end of training asks for them."""

from pathlib import Path

from premotor.report.sections import write_report
from premotor.report.video import write_walk_video
from premotor.runs import Run
from premotor.runs.kinds import Evaluation
from premotor.runs.training import WRITERS


@WRITERS.register("report")
def write_page(folder: Path) -> list[Path]:
    """`write_report`."""
    return [write_report(folder)]


@WRITERS.register("video")
def write_video_of(folder: Path) -> list[Path]:
    """Write the video of a run, as its report shows it."""
    run = Run(folder)
    if run.kind.name == "control":
        return [write_walk_video(folder)]
    return [run.kind.play(run, None, None, Evaluation(), None, 1.0)]
