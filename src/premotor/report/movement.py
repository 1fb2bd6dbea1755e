"""How a body or an environment moves that does not walk: an arm, a pendulum."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.bodies import Body
from premotor.report.episodes import episode_tiles, video
from premotor.report.page import Missing, Picture, Section, Table, Tile, count, decimal, percent
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg, colour, new_figure
from premotor.runs import Task
from premotor.runs.arrays import load_arrays

TITLE = "How it moves"
MOST_STATES = 6
"""Joints, or components of an observation, that are drawn."""


@SECTIONS.register("movement")
class Movement(ReportSection[RunRecord]):
    """Video, states, rewards and actions over time, and the figures of the test episodes."""

    order, about = 30, RunRecord

    def applies(self, record: RunRecord) -> bool:
        """Whether it does not walk, and has no section of its own."""
        if record.task.undulates:
            return False
        return not record.body.feet if record.body is not None else record.task.leg_motion is None

    def build(self, record: RunRecord) -> Section:
        """The section."""
        blocks = [video(record, "An episode", ", in real time")]
        path = record.run.places.trace_file
        if not path.exists():
            return Section(TITLE, [*blocks, Missing("No states were recorded:", record.command("evaluate"))])
        arrays, task = load_arrays(path), record.task
        names, states, unit = _states(arrays, task, record.body)
        ended = np.where(arrays["alive"] > 0, 0.0, np.nan)
        shown = {name: states[:, :, i] + ended for i, name in enumerate(names[:MOST_STATES])}
        reward = arrays["reward"] + ended if "reward" in arrays else None
        drawn = movement(arrays["time"], shown, arrays["action"][:, 0], task.action_names, reward, unit)
        caption = (
            "The first test episode (blue) before all others (grey), with the mean action. Actions span the range of "
            "each actuator from −1 (least) to 1 (greatest)."
        )
        if len(names) > MOST_STATES:
            caption += f" The first {MOST_STATES} of {len(names)} are drawn."
        blocks.append(Picture(drawn, "States, rewards and actions", caption))
        blocks.append(_table(record.figures))
        episodes = count(arrays["alive"].shape[1], "episode")
        return Section(
            TITLE, blocks, lead=f"{episodes} of {decimal(float(arrays['time'][-1]), 1)} s, none of them learnt from."
        )

    def tiles(self, record: RunRecord) -> Sequence[Tile]:
        """What the episodes of the test came to."""
        return episode_tiles(record)


def _states(arrays: Mapping[str, NDArray], task: Task, body: Body | None) -> tuple[tuple[str, ...], NDArray, str]:
    """Names and values, (steps, episodes, states), of the joints or of what the environment shows."""
    if body is None:
        return tuple(task.observation_names), arrays["observation"], ""
    joints = body.task_joints
    return tuple(joints), arrays["qpos"][:, :, body.qpos_index(joints)], ", rad"


def _table(figures: Mapping[str, object]) -> Table:
    earned, spread = ("earned", "earned_sd") if figures.get("earned") is not None else ("return", "return_sd")
    rows = [
        ["return", f"{decimal(number(figures, earned), 1)} ± {decimal(number(figures, spread), 1)}"],
        ["episodes that end at the aim", percent(number(figures, "success"))],
        ["distance from the aim at the end", decimal(number(figures, "final_error"), 3)],
        ["score", decimal(number(figures, "score"), 3)],
    ]
    known = [row for row in rows if not row[1].startswith("–")]
    return Table(
        head=["", "mean"],
        rows=known,
        numeric=(1,),
        title="In numbers",
        caption=f"Over {count(number(figures, 'episodes'), 'episode')}; return ± standard deviation over episodes.",
    )


COLOURS = ("accent", "excitatory", "left", "right", "sensory", "motor", "descending", "ascending")
MOST_FAINT = 60
"""Episodes drawn faintly behind the first."""


@as_svg
def movement(
    time: NDArray,
    states: Mapping[str, NDArray],
    actions: NDArray,
    action_names: Sequence[str],
    reward: NDArray | None,
    unit: str,
) -> Figure:
    """States, rewards and actions over time.

    Args:
        time: (steps,), s.
        states: by name, (steps, episodes); NaN after the end of an episode.
        actions: of the first episode, (steps, actions).
        action_names: their names.
        reward: of every step, (steps, episodes), NaN after the end of an episode.
        unit: of the states, for their titles.
    """
    panels = len(states) + 1 + (reward is not None)
    rows = -(-panels // 2)
    figure = new_figure(height=0.6 + 1.75 * rows)
    axes = list(figure.subplots(rows, 2, sharex=True, squeeze=False).flat)
    for ax, (name, values) in zip(axes, states.items(), strict=False):
        _episodes(ax, time, values)
        ax.set_title(f"{name.replace('_', ' ')}{unit}")
    rest = axes[len(states) :]
    if reward is not None:
        _episodes(rest[0], time, reward)
        rest[0].set_title("Reward of a step")
        rest = rest[1:]
    for i, name in enumerate(action_names):
        token = COLOURS[i % len(COLOURS)]
        rest[0].plot(time, actions[:, i], color=colour(token), linewidth=1.1, label=name.replace("_", " "))
    rest[0].set(title="Actions of the first episode", ylim=(-1.08, 1.08))
    if len(action_names) <= len(COLOURS):
        rest[0].legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=4, handlelength=1.2, columnspacing=1)
    for ax in rest[1:]:
        ax.set_visible(False)
    for ax in axes[panels - 2 : panels]:
        ax.tick_params(labelbottom=True)
        ax.set_xlabel("time, s")
    axes[0].set_xlim(time[0], time[-1])
    return figure


def _episodes(ax: Axes, time: NDArray, values: NDArray) -> None:
    """All episodes faintly, the first one in front."""
    if values.shape[1] > 1:
        ax.plot(time, values[:, 1 : MOST_FAINT + 1], color=colour("muted"), linewidth=0.5, alpha=0.35)
    ax.plot(time, values[:, 0], color=colour("accent"))
    if np.nanmin(values) <= 0 <= np.nanmax(values):
        ax.axhline(0, color=colour("reference"), linewidth=0.7, linestyle=(0, (4, 3)))
