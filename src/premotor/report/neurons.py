"""What the neurons do."""

import numpy as np
from numpy.typing import NDArray

from premotor.analysis import (
    PhaseTuning,
    participation_ratio,
    phase_of,
    phase_tuning,
    rates_by_group,
    sorted_by_class,
)
from premotor.report.neurons_figures import class_rates, raster, tuning
from premotor.report.number_format import count, decimal, percent
from premotor.report.page import Block, Missing, Picture, Section, Text
from premotor.report.reading import RunRecord, Trace
from premotor.report.strides import strikes_of
from premotor.report.walking import excerpt
from premotor.runs.neuron_groups import CLASS_ORDER

LEAST_CHANGE = 0.1
"""A neuron that changes by less than this fraction of its largest rate is not blown up to full contrast."""
SILENT = 1e-3
"""A neuron whose rate stays below this fraction of the largest rate in the network is called silent."""


def neurons_section(record: RunRecord) -> Section:
    """Activity in the first evaluation episode: heat map, mean rates, and tuning to the phase of the gait."""
    title = "What the neurons do" if record.run.wired else "What the units do"
    trace = record.trace
    if trace is None:
        return Section(title, [Missing("No rates were recorded:", record.command("evaluate"))])
    length = max(2, trace.length(0))
    rates, phase = trace.rates[:length].astype(np.float64), gait_phase(trace)[:length]
    low, top = np.percentile(rates, [1, 99], axis=0)  # not the few steps after a start from silence
    noun, group = ("neuron", "class") if record.run.wired else ("unit", "layer")
    size = np.maximum(np.abs(low), np.abs(top))
    active = size > SILENT * size.max()
    everyone = _tuning(rates, phase)
    classes = record.classes
    preferred = np.full(len(classes), 2.0) if everyone is None else np.nan_to_num(everyone.preferred, nan=2.0)
    order, blocks = sorted_by_class(classes, CLASS_ORDER, np.where(active, preferred, 3.0))
    start, stop = excerpt(trace, 2.0)
    span = np.maximum(np.maximum(top - low, LEAST_CHANGE * size), 1e-12)
    shown = np.where(active, (rates - low) / span, 0.0)
    time = trace.time[start:stop]
    pictures: list[Block] = [
        Picture(
            raster(shown[start:stop], time, trace.contact[start:stop, 0], record.task.body.feet, order, blocks),
            f"Activity of all {noun}s",
            f"One row a {noun}, {count(len(classes), noun)}, sorted by {group} and within a {group} "
            + ("by their number" if everyone is None else "by the phase of the stride at which it is most active")
            + f"; silent {noun}s last. Opacity: rate between the least and the largest of the {noun}'s own in this "
            "episode (1st and 99th percentile; one that changes by less than a tenth stays pale)."
            + (" Above, the feet on the ground at the same time." if record.task.body.feet else ""),
        ),
        Picture(
            class_rates({name: rates_by_group(rates, classes)[name][start:stop] for name, _, _ in blocks}, time),
            f"Mean rate by {group}",
            f"Over the same excerpt, silent {noun}s included.",
        ),
        Text(_summary(rates, active, everyone, noun)),
    ]
    motor = [i for i, name in enumerate(classes) if name == "motor"]
    if not record.task.body.feet or not record.run.wired:
        pass  # without a gait there is no phase to be tuned to, and no motor neurons without a circuit
    elif everyone is None:
        pictures.append(
            Missing("The first episode is too short, or its phase stands still: there is no tuning to show.")
        )
    elif not motor:
        pictures.append(Missing("The circuit has no neurons of class motor, so their tuning cannot be shown."))
    else:
        names = [_name(record, i) for i in motor]
        phase_source = "the reference's phase as the task follows it" if trace.phase is not None else "foot strikes"
        pictures.append(
            Picture(
                tuning(phase_tuning(shown[:, motor], phase), names, everyone, classes),
                "Tuning to the phase of the gait",
                f"Left: mean rate of each motor neuron by phase ({phase_source}; 0% is the strike of the "
                "first foot), drawn between its least and its largest rate as above. Right: angle is the "
                "preferred phase (of the first harmonic), radius the fraction of a neuron's variance that "
                "its tuning curve explains.",
            )
        )
    return Section(
        title,
        pictures,
        lead=f"The first evaluation episode, {decimal(length * trace.control_period, 1)} s; rates have no unit.",
    )


def gait_phase(trace: Trace) -> NDArray[np.float64]:
    """Phase of episode 0 in rad, (steps,): the task's own, or by the first foot's strikes (NaN outside)."""
    if trace.phase is not None:
        return np.asarray(trace.phase[:, 0], np.float64)
    strikes = strikes_of(trace, 0)
    return 2 * np.pi * phase_of(strikes[0] if strikes else [], np.arange(len(trace.time)))


def _tuning(rates: NDArray, phase: NDArray) -> PhaseTuning | None:
    """Tuning curves, where the phase goes round at least twice."""
    known = phase[np.isfinite(phase)]
    turns = np.abs(np.diff(np.unwrap(known)).sum()) / (2 * np.pi) if len(known) > 2 else 0.0
    return phase_tuning(rates, phase) if turns >= 2 else None


def _name(record: RunRecord, index: int) -> str:
    row = record.run.circuit.neurons.iloc[index]
    return str(row["type"] or record.run.circuit.neurons.index[index])


def _summary(rates: NDArray, active: NDArray, everyone: PhaseTuning | None, noun: str) -> str:
    dimensions = participation_ratio(rates)
    text = (
        f"{count(int(active.sum()), noun)} of {len(active):,} are active; the others stay below "
        f"{percent(SILENT, 1)} of the largest rate. The activity as a whole fills {decimal(dimensions, 1)} "
        "effective dimensions (participation ratio of the covariance)."
    )
    if everyone is not None:
        tuned = (everyone.explained > 0.5) & active
        text += (
            f" In {count(int(tuned.sum()), noun)} ({percent(tuned.sum() / max(1, active.sum()))} of the "
            "active ones) the phase of the gait explains more than half of the variance."
        )
    return text
