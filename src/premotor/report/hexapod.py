"""How a body with six legs walks: footfalls, and the gait against speed beside what is known of real flies."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from premotor.analysis import HexapodGait, hexapod_gait
from premotor.report.hexapod_figures import PAIRS, Walks, footfall_diagram, gait_against_speed
from premotor.report.number_format import count, decimal
from premotor.report.page import Block, Missing, Picture, Section, Table, Video
from premotor.report.reading import RunRecord, Trace

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


def hexapod_section(record: RunRecord) -> Section:
    """Video, footfall diagram, the gait against speed, and its figures at low, middle and high speed."""
    blocks: list[Block] = []
    if record.videos:
        blocks.append(Video(record.videos[0], "The walk", "The best controller, acting by its mean action."))
    trace, title = record.trace, "How it walks"
    if trace is None:
        blocks.append(Missing("No states were recorded, so there is no gait to show:", record.command("evaluate")))
        return Section(title, blocks)
    walks = walks_of(trace, record.task)
    start = min(round(SETTLING / trace.control_period), max(trace.length(0) - 2, 0))
    stop = min(trace.length(0), start + round(SHOWN / trace.control_period))
    command = "" if trace.command is None else f", commanded {decimal(float(trace.command[0]), 1)} mm/s"
    blocks.append(
        Picture(
            footfall_diagram(trace, record.task.body.feet, start, stop),
            "Footfalls",
            f"The first episode{command}: a bar where a foot is on the ground. In a tripod the front and hind leg of "
            "one side (green: left) step with the middle leg of the other (purple: right).",
        )
    )
    if not len(walks.speed):
        blocks.append(Missing("No episode was long enough, or no foot was lifted: there is no gait to describe."))
        return Section(title, blocks)
    blocks.append(
        Picture(
            gait_against_speed(walks, expected(record.task)),
            "The gait against speed",
            "One point an episode, of those without a fall. Dashed: the tripod that the reference gait is made from, a "
            f"summary of published kinematics and no data of any one paper. {KNOWN}",
        )
    )
    blocks.append(_table(walks))
    return Section(
        title, blocks, lead=f"{count(trace.episodes, 'episode')} with the best controller, without exploration noise."
    )


def walks_of(trace: Trace, task: Any) -> Walks:
    """The gait of every episode that lasted to its end and moved its feet; the start is left out."""
    period = trace.control_period
    skip, stride = round(SETTLING / period), max(1, round(STEADY / period))
    place = trace.qpos[:, :, task.body.qpos_index(("root_x", "root_y"))]
    speeds: list[float] = []
    gaits: list[HexapodGait] = []
    for episode in range(trace.episodes):
        steps = trace.length(episode)
        if steps < len(trace.time) or steps - skip < round(1.0 / period):
            continue
        moved = np.linalg.norm(np.diff(place[skip:steps:stride, episode], axis=0), axis=1)
        way = np.interp(np.arange(steps - skip), np.arange(len(moved) + 1) * stride, np.append(0, np.cumsum(moved)))
        chatter = task.debounce or 0.0
        gait = hexapod_gait(trace.contact[skip:steps, episode], period, way, chatter=chatter)
        if np.isfinite(gait.stride_frequency):
            speeds.append(float(moved.sum() / (len(moved) * stride * period)))
            gaits.append(gait)
    return Walks(np.array(speeds), gaits)


def expected(task: Any) -> dict[str, NDArray] | None:
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
