"""The report of a run: one page, from its folder alone."""

import os
from pathlib import Path

from premotor.report.about import about_section, describe_circuit
from premotor.report.bipedal import bipedal_section
from premotor.report.comparing import comparison_section
from premotor.report.headline import headline
from premotor.report.hexapod import hexapod_section
from premotor.report.learning import learning_section
from premotor.report.lesions import lesions_section
from premotor.report.movement import movement_section
from premotor.report.neurons import neurons_section
from premotor.report.number_format import count, large
from premotor.report.page import Page, Section
from premotor.report.reading import RunRecord, read_run
from premotor.report.reproducing import reproducing_section
from premotor.report.walking import walking_section
from premotor.report.weights import parameters_section, weights_section
from premotor.runs.files import write_atomically


def write_report(folder: str | os.PathLike[str]) -> Path:
    """Write `report.html` into a run folder and return its path.

    The page is one file that opens without a network. What the folder does not hold yet is said in words,
    with the command that makes it.

    Raises:
        PremotorError: no run folder, or a file in it is missing, damaged or does not fit the others.
    """
    record = read_run(folder)
    path = record.run.places.report_file
    write_atomically(path, run_page(record).render())
    return path


def run_page(record: RunRecord) -> Page:
    """The page of a run."""
    sections = [
        about_section(record),
        learning_section(record),
        *_behaviour(record),
        *([weights_section(record), lesions_section(record)] if record.run.wired else [parameters_section(record)]),
        comparison_section(record),
        reproducing_section(record),
    ]
    return Page(
        title=record.run.folder.resolve().name,
        kicker="premotor run report",
        subtitle=f"{describe_circuit(record)}. Trained to {_goal(record)}.",
        sections=sections,
        tiles=headline(record),
        notes=notes_of(record),
        footer=_footer(record),
    )


def _footer(record: RunRecord) -> str:
    sessions = record.provenance.get("sessions")
    started = sessions[0].get("started", "") if isinstance(sessions, list) and sessions else ""
    name = record.run.folder.resolve().name
    return f"Made by premotor from {name}/, a run begun {str(started)[:10]}." if started else "Made by premotor."


def _behaviour(record: RunRecord) -> list[Section]:
    if record.task.body is not None:
        if not record.task.body.feet:
            return [movement_section(record), neurons_section(record)]
        walk = hexapod_section(record) if len(record.task.body.feet) == 6 else walking_section(record)
        return [walk, neurons_section(record)]
    return [bipedal_section(record) if record.run.settings.task.kind == "bipedal" else movement_section(record)]


def _goal(record: RunRecord) -> str:
    task = record.run.settings.task
    body = record.task.body
    return f"earn the reward of {task.id}" if body is None else f"{task.kind} with the body {body.name}"


def notes_of(record: RunRecord) -> list[str]:
    """What a reader must know first: not finished, a null model, not tested, not the best controller."""
    notes = []
    run = record.run
    if run.finished is None:
        notes.append(
            f"This run is not finished: {large(run.step)} of {large(run.settings.learning.steps)} control "
            f"steps. Continue it with {record.command('resume')}."
        )
    if run.wired and run.settings.circuit.null:
        notes.append(f"The wiring of this run is the null model {run.settings.circuit.null}, not the connectome's.")
    if record.test is None and record.best is not None:
        episodes = count(float(record.best.get("episodes") or 0), "episode")
        notes.append(
            f"The headline figures are those of the best evaluation during learning ({episodes}), by which "
            "it was chosen, and so somewhat too good. Figures from episodes that learning never saw: "
            f"{record.command('evaluate')}."
        )
    if record.test is not None and record.test.get("checkpoint") not in (None, "best"):
        notes.append(f"The test shown here is of the controller {record.test['checkpoint']!r}, not of the best one.")
    return notes
