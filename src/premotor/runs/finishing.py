"""What happens after training, the same from Python and from the command line: test, lesions, video, page."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from premotor.errors import PremotorError
from premotor.registry import Registry
from premotor.runs.kinds import Evaluation, Figures
from premotor.runs.run import Run

WRITERS: Registry[Callable[[Path], Sequence[Path]]] = Registry(
    "writer of pages and videos", {"report": "premotor.report.folders", "video": "premotor.report.folders"}
)
"""What writes the page ("report") and the video ("video") of a folder; the room of reports registers itself here."""


def finish_run(run: Run, episodes: int | None = None, report: bool = True, say: Callable[[str], Any] = print) -> Run:
    """Test a trained run; with `report` also write its lesions, video and page; say what was reached."""
    kind, settings = run.kind, run.settings
    test = Evaluation(episodes, threads=settings.threads)
    say(f"testing the best of it{'' if episodes is None else f' in {episodes} episodes'} …")
    say(kind.verdict(run, kind.evaluate(run, test)))
    if not report:
        return run
    if kind.lesioned(settings):
        say("silencing each group of its synapses in turn …")
        rows = kind.lesions(run, test)
        if rows is not None:
            say(worth(rows, kind.score))
    kind.looked_into(run, test)
    try:
        say(f"video: {', '.join(map(str, WRITERS['video'](run.folder)))}")
    except PremotorError as error:  # a report without a video is better than none
        say(f"no video: {error}")
    say(f"report: {', '.join(map(str, WRITERS['report'](run.folder)))}")
    chosen = kind.circuit_settings(settings)
    if run.wired and chosen is not None and chosen.null is None:
        say("is it the wiring? compare with null models of it:")
        say(f"  premotor compare {run.places.settings_file} --nulls 3 --seeds 2")
    return run


def worth(rows: Sequence[Figures], score: str = "score") -> str:
    """What is left without the recurrent synapses, in one line."""
    by_name = {row["name"]: row for row in rows}
    intact, lesioned = by_name["intact"], by_name.get("all recurrent")
    between = by_name.get("interneuron → interneuron")
    parts = [f"score {intact[score]:.2f} intact"]
    if lesioned is not None:
        parts.append(f"{lesioned[score]:.2f} without all recurrent synapses")
    if between is not None:
        parts.append(f"{between[score]:.2f} without those from interneurons to interneurons")
    return "; ".join(parts)
