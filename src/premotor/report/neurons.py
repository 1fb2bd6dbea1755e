"""What the neurons do."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from numpy.typing import NDArray

from premotor.analysis import PhaseTuning, participation_ratio, phase_of, phase_tuning, rates_by_group, sorted_by_class
from premotor.report.page import Block, Missing, Picture, Section, Text, count, decimal, percent
from premotor.report.reading import RunRecord
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg, colour, label_blocks, new_figure, tinted
from premotor.report.trace import Trace, split_side, strikes_of
from premotor.report.walking import excerpt
from premotor.report.walking_figures import side_colour, stance_bars
from premotor.runs.activity_strip import CLASS_ORDER

LEAST_CHANGE = 0.1
"""A neuron that changes by less than this fraction of its largest rate is not blown up to full contrast."""
SILENT = 1e-3
"""A neuron whose rate stays below this fraction of the largest rate in the network is called silent."""


@SECTIONS.register("neurons")
class Neurons(ReportSection[RunRecord]):
    """Activity in the first evaluation episode: heat map, mean rates, and tuning to the phase of the gait."""

    order, about = 40, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether there is a body, whose neurons were recorded."""
        return record.body is not None

    def build(self, record: RunRecord) -> Section:
        """The section."""
        title = "What the neurons do" if record.run.wired else "What the units do"
        trace, body = record.trace, record.body
        if trace is None or body is None:
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
                raster(shown[start:stop], time, trace.contact[start:stop, 0], body.feet, order, blocks),
                f"Activity of all {noun}s",
                f"One row a {noun}, {count(len(classes), noun)}, sorted by {group} and within a {group} "
                + ("by their number" if everyone is None else "by the phase of the stride at which it is most active")
                + f"; silent {noun}s last. Opacity: rate between the least and the largest of the {noun}'s own in this "
                "episode (1st and 99th percentile; one that changes by less than a tenth stays pale)."
                + (" Above, the feet on the ground at the same time." if body.feet else ""),
            ),
            Picture(
                class_rates({name: rates_by_group(rates, classes)[name][start:stop] for name, _, _ in blocks}, time),
                f"Mean rate by {group}",
                f"Over the same excerpt, silent {noun}s included.",
            ),
            Text(_summary(rates, active, everyone, noun)),
        ]
        motor = [i for i, name in enumerate(classes) if name == "motor"]
        if not body.feet or not record.run.wired:
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


MOST_LABELS = 45
"""Rows of a heat map that can still be named one by one."""


LAYERS = ("accent", "excitatory", "left", "right", "sensory")
"""Colours of the layers of a plain network."""


@as_svg
def raster(
    rates: NDArray,
    time: NDArray,
    contact: NDArray,
    feet: Sequence[str],
    order: NDArray,
    blocks: Sequence[tuple[str, int, int]],
) -> Figure:
    """Rates of all neurons below the footfalls of the same time.

    Args:
        rates: (steps, neurons), from 0 (each neuron's least) to 1 (its largest).
        time: (steps,), s.
        contact: (steps, feet).
        feet: their names.
        order: neurons from top to bottom.
        blocks: (class, start, end) in that order.
    """
    figure = new_figure(height=float(np.clip(1.2 + 0.016 * len(order), 3.4, 6.5)))
    ratio = max(8.0, 0.55 * figure.get_figheight() * 4)
    if feet:
        falls, heat = figure.subplots(2, 1, sharex=True, height_ratios=[len(feet) * 0.6, ratio])
        _footfalls(falls, contact, time, feet)
    else:
        heat = figure.subplots()
    step = time[1] - time[0]
    image = np.zeros((len(order), len(time), 4))
    for name, start, end in blocks:
        image[start:end] = tinted(_token(name), rates[:, order[start:end]].T)
    heat.imshow(
        image, aspect="auto", interpolation="nearest", extent=(time[0], time[-1] + step, len(order) - 0.5, -0.5)
    )
    label_blocks(heat, blocks, "y", len(order))
    heat.grid(False)
    heat.set_xlabel("time, s")
    return figure


def _footfalls(falls: Axes, contact: NDArray, time: NDArray, feet: Sequence[str]) -> None:
    for row, foot in enumerate(feet):
        stance_bars(falls, contact[:, row], time, row, side_colour(split_side(foot)[0]), height=0.7)
    falls.set_ylim(len(feet) - 0.4, -0.6)
    falls.set_yticks(range(len(feet)), [foot.replace("_", " ") for foot in feet])
    falls.grid(False)
    falls.tick_params(length=0, labelbottom=False)
    falls.spines[["left", "bottom"]].set_visible(False)


@as_svg
def class_rates(groups: Mapping[str, NDArray], time: NDArray) -> Figure:
    """Mean rate of every class of neurons over time."""
    figure = new_figure(height=2.6)
    ax = figure.subplots()
    layers = [name for name in groups if name.startswith("layer ")]
    for name, rate in groups.items():
        token = LAYERS[layers.index(name) % len(LAYERS)] if name in layers else _token(name)
        ax.plot(time, rate, color=colour(token), label=name)
    ax.set(title="Mean rate", xlabel="time, s", xlim=(time[0], time[-1]))
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


@as_svg
def tuning(motor: PhaseTuning, names: Sequence[str], everyone: PhaseTuning, classes: Sequence[str]) -> Figure:
    """Tuning curves (from 0 to 1) of the motor neurons; preferred phase and explained variance of all neurons."""
    figure = new_figure(height=float(np.clip(1.3 + 0.15 * len(names), 3.6, 6.5)))
    heat = figure.add_subplot(1, 2, 1)
    polar = figure.add_subplot(1, 2, 2, projection="polar")
    assert isinstance(polar, PolarAxes)
    order = np.argsort(np.nan_to_num(motor.preferred, nan=2.0), kind="stable")
    heat.imshow(
        tinted("motor", motor.curve[order]),
        aspect="auto",
        interpolation="nearest",
        extent=(0, 100, len(order) - 0.5, -0.5),
    )
    heat.set(title="Motor neurons, sorted by phase", xlabel="% of the stride")
    heat.grid(False)
    if len(order) <= MOST_LABELS:
        heat.set_yticks(range(len(order)), [names[i] for i in order], fontsize=7 if len(order) > 25 else 8)
        heat.tick_params(axis="y", length=0)
    else:
        heat.set_ylabel("motor neurons")
        heat.set_yticks([])
    names_present = np.array(classes)
    for name in dict.fromkeys(classes):
        chosen = (names_present == name) & np.isfinite(everyone.preferred)
        polar.scatter(
            2 * np.pi * everyone.preferred[chosen],
            np.clip(everyone.explained[chosen], 0, 1),
            s=14,
            color=colour(_token(name)),
            alpha=0.75,
            linewidths=0,
            label=name,
        )
    polar.set_theta_zero_location("N")
    polar.set_theta_direction(-1)
    polar.set_xticks(np.arange(8) * np.pi / 4, ["0%", "", "25%", "", "50%", "", "75%", ""])
    polar.set_rlim(0, 1)
    polar.set_yticks([0.5, 1.0], ["½", "1"])
    polar.set_rlabel_position(67.5)
    polar.spines["polar"].set_color(colour("rule"))
    polar.set_title("Preferred phase of every neuron", pad=14)
    polar.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3, handletextpad=0.1, columnspacing=1)
    return figure


def _token(name: str) -> str:
    return name if name in ("sensory", "interneuron", "motor", "ascending", "descending") else "other"
