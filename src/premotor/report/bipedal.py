"""How BipedalWalker walks, for the report of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.report.episodes import episode_tiles, video
from premotor.report.page import Missing, Picture, Section, Table, Tile, count, decimal, percent
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import WIDTH, as_svg, colour, new_figure
from premotor.runs import BipedalReference, Task
from premotor.runs.arrays import load_arrays

WINDOW = 4.0
"""Length of the excerpt, s: the last of the first episode."""


@SECTIONS.register("bipedal")
class Bipedal(ReportSection[RunRecord]):
    """Video, figures of the gait, states and actions beside the reference's, and phase portraits."""

    order, about = 30, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether the observations of an environment tell how two legs move."""
        return record.body is None and record.task.leg_motion is not None

    def build(self, record: RunRecord) -> Section:
        """The section."""
        title = "How it walks"
        blocks = [video(record, "The walk")]
        path = record.run.places.trace_file
        if not path.exists():
            return Section(title, [*blocks, Missing("No states were recorded:", record.command("evaluate"))])
        shown = Excerpt.of(load_arrays(path), record.task)
        blocks.append(_figures(record.figures))
        blocks.append(Picture(as_svg(shown.states)(), "States and actions", shown.caption))
        caption = "The same excerpt: a rhythm closes, and lies on the dashed stride where it is the reference's."
        blocks.append(Picture(as_svg(shown.portraits)(), "Phase portraits", caption))
        return Section(title, blocks)

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """What the episodes of the test came to."""
        return episode_tiles(record)


@dataclass(frozen=True, eq=False)
class Excerpt:
    """The last `WINDOW` of an episode, and the reference at the same phase."""

    time: NDArray
    """(steps,), s."""
    angles: NDArray
    """Of the joints, (steps, 4), rad."""
    rates: NDArray
    """(steps, 4), rad/s."""
    actions: NDArray
    """(steps, 4)"""
    reference: BipedalReference | None
    """None: the task has none."""
    phase: NDArray | None
    """Of the reference at each step, rad."""

    @classmethod
    def of(cls, trace: Mapping[str, NDArray], task: Task) -> "Excerpt":
        """Of the first episode of a test.

        Args:
            trace: what `Episodes` records.
            task: whose observations tell how two legs move.
        """
        length = int(trace["alive"][:, 0].sum())
        start = max(0, length - round(WINDOW / task.control_period))
        reference = task.reference if isinstance(task.reference, BipedalReference) else None
        assert task.leg_motion is not None
        motion = task.leg_motion(trace["observation"][start:length, 0])
        return cls(
            trace["time"][start:length],
            motion.angles,
            motion.rates,
            trace["action"][start:length, 0],
            reference,
            None if reference is None else trace["phase"][start:length, 0],
        )

    @property
    def caption(self) -> str:
        """What `states` shows."""
        beside = "." if self.reference is None else "; dashed: the reference's mean stride at the same phase."
        return f"The last {decimal(WINDOW, 0)} s of the first test episode{beside}"

    def states(self) -> Figure:
        """`states_and_actions`."""
        if self.reference is None or self.phase is None:
            return states_and_actions(self.time, self.angles, self.actions)
        wanted = self.reference.at(self.phase)
        torques = wanted.actions if self.reference.actions.any() else None
        return states_and_actions(self.time, self.angles, self.actions, wanted.angles, torques)

    def portraits(self) -> Figure:
        """`portraits`, with one stride of the reference."""
        stride = None if self.reference is None else self.reference.stride
        wanted = (None, None) if stride is None else (stride.angles, stride.rates)
        return portraits(self.angles, self.rates, *wanted)


def _figures(figures: Mapping[str, object]) -> Table:
    episodes = number(figures, "episodes")
    rows = [
        ["episodes without a fall", percent(number(figures, "survived"))],
        ["return", f"{decimal(number(figures, 'return'), 1)} ± {decimal(number(figures, 'return_sd'), 1)}"],
        ["forward speed, m/s", decimal(number(figures, "speed"))],
        ["distance, m", decimal(number(figures, "distance"), 1)],
        ["speed in parts of the reference's", percent(number(figures, "speed_ratio"))],
        ["joint error after alignment, degrees", decimal(float(np.rad2deg(number(figures, "joint_rmse"))), 1)],
        ["stride frequency, Hz", decimal(number(figures, "stride_frequency"))],
        ["the reference's stride frequency, Hz", decimal(number(figures, "reference_stride_frequency"))],
        ["duty factor", percent(number(figures, "duty_factor"))],
        ["roughness of the action", decimal(number(figures, "action_smoothness"), 3)],
    ]
    return Table(
        head=["", "mean"],
        rows=rows,
        numeric=(1,),
        title="The gait in numbers",
        caption=f"Over {count(episodes, 'episode')} that learning never saw, with the mean action. Roughness: mean "
        "squared second difference.",
    )


LEGS = (("left", "leg 1", 0), ("right", "leg 2", 2))
"""Colour, label and the column of the hip; the knee is the next."""
DASHES = (0, (4, 2))


def states_and_actions(
    time: NDArray, angles: NDArray, actions: NDArray, wanted: NDArray | None = None, torques: NDArray | None = None
) -> Figure:
    """Hip and knee angles and the actions at them over time, the reference dashed.

    Args:
        time: (steps,), s.
        angles: (steps, 4), rad.
        actions: (steps, 4).
        wanted: the reference's angles at the same phase, (steps, 4), rad.
        torques: its actions, (steps, 4).
    """
    figure = new_figure(height=5.4)
    axes = figure.subplots(4, 2, sharex=True)
    for column, (token, label, first) in enumerate(LEGS):
        for row, (name, values, reference, unit) in enumerate(
            (
                ("hip", np.rad2deg(angles[:, first]), _degrees(wanted, first), "degrees"),
                ("knee", np.rad2deg(angles[:, first + 1]), _degrees(wanted, first + 1), "degrees"),
                ("hip action", actions[:, first], None if torques is None else torques[:, first], "torque"),
                ("knee action", actions[:, first + 1], None if torques is None else torques[:, first + 1], "torque"),
            )
        ):
            ax = axes[row, column]
            ax.plot(time, values, color=colour(token), linewidth=1.1, label="walked")
            if reference is not None:
                ax.plot(time, reference, color=colour("reference"), linestyle=DASHES, linewidth=1.0, label="reference")
            ax.set_title(f"{label}: {name}, {unit}")
    for ax in axes[-1]:
        ax.set_xlabel("time, s")
    if wanted is not None:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def portraits(angles: NDArray, rates: NDArray, wanted: NDArray | None, wanted_rates: NDArray | None) -> Figure:
    """Hip 1 against hip 2, and each leg's knee and hip against their velocities; the reference's stride dashed.

    Args:
        angles: (steps, 4), rad.
        rates: (steps, 4), rad/s.
        wanted: one stride of the reference, (samples, 4), rad.
        wanted_rates: its velocities, (samples, 4), rad/s.
    """
    figure = new_figure(height=WIDTH / 3)
    hips, *others = figure.subplots(1, 3)
    degrees, speeds = np.rad2deg(angles), np.rad2deg(rates)
    hips.plot(degrees[:, 0], degrees[:, 2], color=colour("accent"), linewidth=0.9, alpha=0.8)
    _closed(hips, _degrees(wanted, 0), _degrees(wanted, 2))
    hips.set(title="hip against hip", xlabel="hip 1, degrees", ylabel="hip 2, degrees")
    for ax, name, offset in zip(others, ("hip", "knee"), (0, 1), strict=True):
        for token, label, first in LEGS:
            place = first + offset
            ax.plot(degrees[:, place], speeds[:, place], color=colour(token), linewidth=0.8, alpha=0.8, label=label)
        _closed(ax, _degrees(wanted, offset), _degrees(wanted_rates, offset))
        ax.set(title=f"{name}: angle and velocity", xlabel="degrees", ylabel="degrees a second")
    figure.legend(*others[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _degrees(values: NDArray | None, column: int) -> NDArray | None:
    return None if values is None else np.rad2deg(values[:, column])


def _closed(ax: Axes, x: NDArray | None, y: NDArray | None) -> None:
    if x is not None and y is not None:
        around = [*range(len(x)), 0]
        ax.plot(x[around], y[around], color=colour("reference"), linestyle=DASHES, linewidth=1.2, label="reference")
