"""How a body with six legs walks: footfalls, and the gait against speed beside what is known of real flies."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.analysis import HexapodGait, hexapod_gait
from premotor.bodies import Body
from premotor.report.episodes import episode_tiles, video
from premotor.report.page import Missing, Picture, Section, Table, Tile, count, decimal
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg, colour, new_figure
from premotor.report.trace import Trace
from premotor.report.walking_figures import stance_bars
from premotor.runs import Task

PAIRS = ("front", "middle", "hind")
MARKERS = ("o", "s", "^")
TINTS = ("accent", "sensory", "motor")


class Walks(NamedTuple):
    """Walks at several speeds."""

    speed: NDArray[np.float64]
    """mm/s."""
    gaits: Sequence[HexapodGait]


@as_svg
def footfall_diagram(trace: Trace, feet: Sequence[str], start: int, stop: int) -> Figure:
    """When each of six feet is on the ground between two steps of episode 0; left legs above, right below."""
    figure = new_figure(height=2.3)
    ax = figure.subplots()
    time = trace.time[start:stop] - trace.time[start]
    names = []
    for row, foot in enumerate(feet):
        tint = "left" if foot.startswith("l") else "right"
        stance_bars(ax, trace.contact[start:stop, 0, row], time, row, colour(tint), height=0.62)
        names.append(f"{'left' if tint == 'left' else 'right'} {PAIRS['fmh'.index(foot[1])]}")
    ax.set_yticks(range(len(feet)), names)
    ax.set_ylim(len(feet) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="time, s", xlim=(time[0], time[-1]), title="Foot on the ground")
    return figure


@as_svg
def gait_against_speed(walks: Walks, expected: dict[str, NDArray] | None) -> Figure:
    """Stride rate and length, swing and stance, duty factors and tripod index against speed; one point a walk.

    Args:
        walks: speeds in mm/s, and gaits of stride lengths in mm.
        expected: over ``speed``: ``rate``, ``length``, ``swing`` and ``duty`` of a reference, dashed.
    """
    figure = new_figure(height=4.9)
    axes = figure.subplots(2, 3, sharex=True)

    def values(name: str) -> NDArray[np.float64]:
        return np.array([getattr(gait, name) for gait in walks.gaits], float)

    def points(ax: Axes, y: NDArray, tint: str, label: str | None = None, marker: str = "o") -> None:
        ax.scatter(walks.speed, y, color=colour(tint), label=label, marker=marker, s=12, alpha=0.75, linewidths=0)

    points(axes[0, 0], values("stride_frequency"), "accent")
    axes[0, 0].set_title("Strides a second, Hz")
    points(axes[0, 1], values("stride_length"), "accent")
    axes[0, 1].set_title("Stride length, mm")
    points(axes[0, 2], 1e3 * values("swing"), "sensory", "swing", "s")
    points(axes[0, 2], 1e3 * values("stance"), "accent", "stance")
    axes[0, 2].set_title("Swing and stance, ms")
    duty = np.array([gait.duty_factors for gait in walks.gaits]).reshape(-1, 6)
    for i, (pair, marker, tint) in enumerate(zip(PAIRS, MARKERS, TINTS, strict=True)):
        points(axes[1, 0], duty[:, [i, i + 3]].mean(1), tint, pair, marker)
    axes[1, 0].set_title("Duty factor")
    points(axes[1, 1], values("tripod_index"), "accent", "index")
    points(axes[1, 1], values("tripod_strength"), "sensory", "strength", "s")
    axes[1, 1].set_title("Tripod")
    points(axes[1, 2], values("ipsilateral_phase"), "accent", "in the next leg's stride", "o")
    points(axes[1, 2], values("contralateral_phase"), "motor", "in the left leg's", "^")
    axes[1, 2].set_title("Phase of touch-down, strides")
    if expected is not None:
        dashes = {"color": colour("reference"), "linestyle": (0, (4, 2)), "linewidth": 1.1}
        speed = expected["speed"]
        axes[0, 0].plot(speed, expected["rate"], **dashes)
        axes[0, 1].plot(speed, expected["length"], **dashes)
        axes[0, 2].plot(speed, 1e3 * expected["swing"], **dashes)
        axes[0, 2].plot(speed, 1e3 * expected["duty"] / expected["rate"], **dashes)
        axes[1, 0].plot(speed, expected["duty"], **dashes)
        axes[1, 1].plot(speed, np.minimum(2 * (1 - expected["duty"]), 1), **dashes)
        axes[1, 2].axhline(0.5, **dashes)
    for ax in (axes[1, 0], axes[1, 1], axes[1, 2]):
        ax.set_ylim(0, 1)
    axes[0, 2].legend(loc="upper right")
    for ax in axes[1]:
        ax.legend(loc="lower left", ncols=3 if ax is not axes[1, 2] else 1, columnspacing=0.6, handletextpad=0.1)
        ax.set_xlabel("speed, mm/s")
    for ax in axes[0]:
        ax.set_ylim(0, None)
    axes[0, 0].set_xlim(0, max(27.0, 1.05 * float(walks.speed.max())))
    return figure


LEGS = ("lf", "lm", "lh", "rf", "rm", "rh")
"""Front, middle and hind legs, left ones first, as bodies of insects name their feet (``lf_foot``)."""
SHOWN = 1.0
"""Of an episode in the footfall diagram, s."""
SETTLING = 0.5
"""Left out at the start of an episode, s."""
STEADY = 0.05
"""The way is measured from point to point so far apart in time, s: swaying is not walking."""
KNOWN = (
    "What is known of fruit flies: a single continuum of coordination, in which a faster fly shortens its stance "
    "(DeAngelis et al. 2019, eLife 8:e46409) and takes longer strides more often, in a tripod at its fastest and "
    "towards tetrapody when slow; the swing hardly changes, that of the middle legs being the shortest (Strauss and "
    "Heisenberg 1990, J. Comp. Physiol. A 167:403). Tripod index as in Mendes et al. (2013, eLife 2:e00231), strength "
    "as in Wosnitza et al. (2013, J. Exp. Biol. 216:480)."
)


def has_insect_legs(body: Body) -> bool:
    """Whether a body has the six feet of an insect, which step in tripods."""
    return tuple(foot.removesuffix("_foot") for foot in body.feet) == LEGS


@SECTIONS.register("hexapod")
class Hexapod(ReportSection[RunRecord]):
    """Video, footfall diagram, the gait against speed, and its figures at low, middle and high speed."""

    order, about = 30, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether the feet are those of an insect, whose tripods the analysis knows."""
        return record.body is not None and has_insect_legs(record.body)

    def build(self, record: RunRecord) -> Section:
        """The section."""
        blocks = [video(record, "The walk")]
        trace, body, title = record.trace, record.body, "How it walks"
        if trace is None or body is None:
            blocks.append(Missing("No states were recorded, so there is no gait to show:", record.command("evaluate")))
            return Section(title, blocks)
        walks = walks_of(trace, body, record.task.debounce)
        start = min(round(SETTLING / trace.control_period), max(trace.length(0) - 2, 0))
        stop = min(trace.length(0), start + round(SHOWN / trace.control_period))
        command = "" if trace.command is None else f", commanded {decimal(float(trace.command[0]), 1)} mm/s"
        blocks.append(
            Picture(
                footfall_diagram(trace, body.feet, start, stop),
                "Footfalls",
                f"The first episode{command}: a bar where a foot is on the ground. In a tripod the front and hind leg "
                "of one side (green: left) step with the middle leg of the other (purple: right).",
            )
        )
        if not len(walks.speed):
            blocks.append(Missing("No episode was long enough, or no foot was lifted: there is no gait to describe."))
            return Section(title, blocks)
        blocks.append(
            Picture(
                gait_against_speed(walks, expected(record.task)),
                "The gait against speed",
                "One point an episode, of those without a fall. Dashed: the tripod that the reference gait is made "
                f"from, a summary of published kinematics and no data of any one paper. {KNOWN}",
            )
        )
        blocks.append(_table(walks))
        return Section(
            title,
            blocks,
            lead=f"{count(trace.episodes, 'episode')} with the best controller, without exploration noise.",
        )

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """What the episodes of the test came to, and whether they are tripods."""
        tripod = number(record.figures, "tripod_index")
        how = Tile("Tripod index", decimal(tripod), note="1: the legs step in tripods, as those of fast flies do")
        return [*episode_tiles(record), *([how] if np.isfinite(tripod) else [])]


def walks_of(trace: Trace, body: Body, chatter: float | None = None) -> Walks:
    """The gait of every episode that lasted to its end and moved its feet, but for the start.

    Contacts and gaps shorter than `chatter`, s, are none.
    """
    period = trace.control_period
    skip, stride = round(SETTLING / period), max(1, round(STEADY / period))
    place = trace.qpos[:, :, body.qpos_index(("root_x", "root_y"))]
    speeds: list[float] = []
    gaits: list[HexapodGait] = []
    for episode in range(trace.episodes):
        steps = trace.length(episode)
        if steps < len(trace.time) or steps - skip < round(1.0 / period):
            continue
        moved = np.linalg.norm(np.diff(place[skip:steps:stride, episode], axis=0), axis=1)
        way = np.interp(np.arange(steps - skip), np.arange(len(moved) + 1) * stride, np.append(0, np.cumsum(moved)))
        gait = hexapod_gait(trace.contact[skip:steps, episode], period, way, chatter=chatter or 0.0)
        if np.isfinite(gait.stride_frequency):
            speeds.append(float(moved.sum() / (len(moved) * stride * period)))
            gaits.append(gait)
    return Walks(np.array(speeds), gaits)


def expected(task: Task) -> dict[str, NDArray] | None:
    """Stride rate (Hz), stride length (mm) and duty factor of the task's reference gaits, over speed (mm/s)."""
    return None if task.expected_gait is None else task.expected_gait._asdict()


def _table(walks: Walks) -> Table:
    rows = []
    bins = [(0.0, 10.0), (10.0, 15.0), (15.0, 20.0), (20.0, np.inf)]
    for low, high in bins:
        inside = np.flatnonzero((walks.speed >= low) & (walks.speed < high))
        if not len(inside):
            continue
        gaits = [walks.gaits[i] for i in inside.tolist()]
        duty = np.array([gait.duty_factors for gait in gaits]).mean(0)
        pairs = "/".join(decimal(float(duty[[i, i + 3]].mean()), 2) for i in range(len(PAIRS)))
        label = f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more"
        rows.append(
            [
                label,
                str(len(inside)),
                *(_mean(gaits, name, 1, places) for name, places in (("stride_frequency", 1), ("stride_length", 2))),
                *(_mean(gaits, name, 1000, 0) for name in ("swing", "stance")),
                pairs,
                *(_mean(gaits, name, 1, 2) for name in ("tripod_index", "tripod_strength")),
            ]
        )
    return Table(
        head=[
            *("mm/s", "walks", "strides, Hz", "mm", "swing, ms", "stance", "duty front/mid/hind"),
            *("tripod index", "strength"),
        ],
        rows=rows,
        numeric=tuple(range(1, 9)),
        title="The gait in numbers",
        caption="Means over the episodes of each range of speed; a stride's frequency and length, the time of a "
        "swing and a stance, and the part of the stride on the ground.",
    )


def _mean(gaits: list[HexapodGait], name: str, factor: float, places: int) -> str:
    values = np.array([getattr(gait, name) for gait in gaits], float)
    return decimal(factor * float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else np.nan, places)
