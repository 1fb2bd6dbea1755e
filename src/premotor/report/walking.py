"""How it walks."""

from collections.abc import Sequence

import numpy as np

from premotor.analysis import Gait, bootstrap_mean, gait_of
from premotor.analysis.gait import stride_smoothness
from premotor.bodies import Body
from premotor.report.episodes import episode_tiles, video
from premotor.report.hexapod import has_insect_legs
from premotor.report.page import Block, Missing, Picture, Section, Table, Tile, count, decimal
from premotor.report.reading import RunRecord
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.trace import Trace, joint_cycles, whole_stride_error
from premotor.report.walking_figures import footfalls, joint_angles, phase_portraits, postures, speed_over_time
from premotor.runs import ReferenceGait

WINDOW = 4.0
"""Length of the excerpts of an episode, s."""


@SECTIONS.register("walking")
class Walking(ReportSection[RunRecord]):
    """Video, silhouettes, joint angles, phase portraits, footfalls and speed of the evaluation episodes."""

    order, about = 30, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether the body has feet, other than an insect's six legs."""
        return record.body is not None and len(record.body.feet) > 0 and not has_insect_legs(record.body)

    def build(self, record: RunRecord) -> Section:
        """The section."""
        blocks = [video(record, "The walk", ", in real time")]
        trace, body, reference = record.trace, record.body, record.reference
        if trace is None or body is None:
            blocks.append(Missing("No states were recorded, so there is no gait to show:", record.command("evaluate")))
            return Section("How it walks", blocks)
        start, stop = excerpt(trace)
        where = f"{trace.time[start]:.1f}–{trace.time[stop - 1]:.1f} s of the first episode"
        blocks.append(
            Picture(
                postures(trace, body, start, min(stop, start + round(2.4 / trace.control_period))),
                "Silhouettes",
                f"Seen from the right at equal intervals from {trace.time[start]:.1f} s on, each where it was. "
                "Left leg green, right leg purple, here and below.",
            )
        )
        cycles = joint_cycles(trace, body, reference)
        gait = _gait(trace, body, reference)
        if cycles:
            number = min(len(cycle.strides) for cycle in cycles)
            caption = (
                f"Mean ± standard deviation over at least {count(number, 'stride')} of "
                f"{count(trace.episodes, 'episode')}, each leg cut at its own foot strikes and stretched to the "
                "same length; dashed: the reference gait from its own foot strike on."
            )
            errors = None if reference is None else whole_stride_error(trace, body, reference)
            if errors is not None:
                median, high = np.rad2deg(np.percentile(errors, [50, 95]))
                caption += (
                    " Under one common shift, the root-mean-square error over all joints of a stride is "
                    f"{median:.1f}° (median; 95% of strides below {high:.1f}°)."
                )
            blocks.append(Picture(joint_angles(cycles), "Joint angles over a stride", caption))
        else:
            blocks.append(Missing("No foot struck the ground twice in any episode, so there are no strides to cut."))
        if _has_pairs(body):
            blocks.append(
                Picture(
                    phase_portraits(trace, body, reference, start, trace.length(0)),
                    "Phase portraits",
                    f"From {trace.time[start]:.1f} s to the end of the first episode. Dashed: the reference, at "
                    "the speed commanded there. Walking is a closed loop that is run through again and again.",
                )
            )
        if body.feet:
            blocks.append(
                Picture(
                    footfalls(trace, body, start, stop),
                    "Footfalls",
                    f"Touch sensors and the forward speed of the hips, {where}.",
                )
            )
        if "root_x" in body.joint_names:
            window = _stride_steps(gait, trace)
            blocks.append(
                Picture(
                    speed_over_time(trace, body, window),
                    "Speed over time",
                    f"Every episode (faint), as a running mean over {window * trace.control_period:.2f} s, "
                    "about one stride. A line that stops is a fall.",
                )
            )
        blocks.append(_table(trace, gait, reference))
        return Section(
            "How it walks",
            blocks,
            lead=f"{count(trace.episodes, 'episode')} of {decimal(float(trace.time[-1]), 0)} s with the best "
            "controller, each with its own start and commanded speed, without exploration noise.",
        )

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """What the episodes of the test came to."""
        return episode_tiles(record)


def excerpt(trace: Trace, seconds: float = WINDOW) -> tuple[int, int]:
    """First and last step (exclusive) of an excerpt of episode 0, past its start if it is long enough."""
    length = max(2, trace.length(0))
    steps = min(length, round(seconds / trace.control_period) + 1)
    start = min(round(3.0 / trace.control_period), length - steps)
    return start, start + steps


def _gait(trace: Trace, body: Body, reference: ReferenceGait | None) -> Gait:
    cycle = None
    if reference is not None and set(body.actuator_names) <= set(reference.joint_names):
        cycle = reference.joint_angles[:, [reference.joint_names.index(name) for name in body.actuator_names]]
    root = body.qpos_index("root_x")[0] if "root_x" in body.joint_names else None
    return gait_of(
        trace.contact,
        trace.qpos[:, :, body.actuated_qpos],
        trace.action,
        trace.control_period,
        position=None if root is None else trace.qpos[:, :, root],
        alive=trace.alive,
        reference=cycle,
    )


def _stride_steps(gait: Gait, trace: Trace) -> int:
    frequency = gait.stride_frequency if np.isfinite(gait.stride_frequency) else 1.0
    return max(1, round(1 / frequency / trace.control_period))


def _has_pairs(body: Body) -> bool:
    names = body.actuator_names
    return any(name.startswith("left_") and "right_" + name.removeprefix("left_") in names for name in names)


def _table(trace: Trace, gait: Gait, reference: ReferenceGait | None) -> Block:
    if not gait.episodes:
        return Missing("Every episode ended within a second, so there are no figures of a gait.")
    own: dict[str, float] = {}
    if reference is not None:
        pace = 1.0 if trace.command is None else float(trace.command.mean()) / reference.speed
        duty = reference.contacts.mean(0)
        own = {
            "stride_frequency": pace / reference.stride_period,
            "stride_length": reference.stride_length,
            "duty_factor": float(duty.mean()),
            "double_support": float((reference.contacts.sum(1) >= 2).mean()),
            "limb_phase": 0.5,
            "symmetry_index": 0.0,
            "sparc": _reference_smoothness(reference, pace, trace.control_period),
        }
    rows = []
    for key, label, unit, factor, places in (
        ("stride_frequency", "Stride frequency (foot strikes)", "Hz", 1, 2),
        ("spectral_frequency", "Stride frequency (power spectrum)", "Hz", 1, 2),
        ("stride_length", "Stride length", "m", 1, 2),
        ("duty_factor", "Duty factor (time on the ground, mean of the feet)", "%", 100, 1),
        ("double_support", "Double support", "%", 100, 1),
        ("limb_phase", "Phase of the second foot in the stride of the first", "%", 100, 1),
        ("symmetry_index", "Asymmetry of the duty factors", "%", 100, 1),
        ("joint_rmse", "Joint error at the best phase and period", "°", 180 / np.pi, 1),
        ("action_smoothness", "Roughness of the action (mean squared second difference)", "", 1, 4),
        ("sparc", "Spectral arc length of the speed in a stride (closer to 0 is smoother)", "", 1, 2),
    ):
        values = factor * _per_episode(gait, key)
        values = values[np.isfinite(values)]
        if not len(values):
            rows.append([label, unit, "–", "–", decimal(factor * own.get(key, np.nan), places)])
            continue
        estimate = bootstrap_mean(values)
        interval = f"{decimal(estimate.low, places)} to {decimal(estimate.high, places)}"
        rows.append(
            [
                label,
                unit,
                decimal(estimate.value, places),
                interval if np.isfinite(estimate.low) else "–",
                decimal(factor * own.get(key, np.nan), places),
            ]
        )
    return Table(
        head=["", "unit", "mean", "95% interval", "reference"],
        rows=rows,
        numeric=(2, 3, 4),
        title="The gait in numbers",
        caption=f"Over {count(gait.episodes, 'episode')} that lasted at least a second; BCa bootstrap "
        "over episodes. The reference's strides keep their length, so its frequency is given at the mean "
        "commanded speed.",
    )


def _reference_smoothness(reference: ReferenceGait, pace: float, control_period: float) -> float:
    """Spectral arc length of the reference's forward speed over a stride, sampled as the body is."""
    steps = max(2, round(reference.stride_period / pace / control_period))
    speed = reference.qvel(2 * np.pi * np.arange(steps) / steps)[:, 0] * pace
    return stride_smoothness(speed, control_period)


def _per_episode(gait: Gait, key: str) -> np.ndarray:
    if key == "duty_factor":
        feet = [values for name, values in gait.per_episode.items() if name.startswith("duty_factor_")]
        return np.mean(feet, axis=0) if feet else np.empty(0)
    return gait.per_episode.get(key, np.empty(0))
