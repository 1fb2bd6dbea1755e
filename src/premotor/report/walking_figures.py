"""Figures of how a body walks."""

from collections.abc import Sequence

import mujoco
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from premotor.bodies import Body
from premotor.report.style import WIDTH, as_svg, colour, new_figure
from premotor.report.trace import JointCycle, Trace, split_side
from premotor.runs import ReferenceGait

DEPTH = ("left", "", "right")
"""What lies farther away is drawn first, seen from the right as in the video."""


def side_colour(side: str) -> str:
    """The colour of a leg."""
    return colour(side or "accent")


@as_svg
def joint_angles(cycles: Sequence[JointCycle]) -> Figure:
    """One panel a kind of joint: both legs over their own stride, and the reference."""
    kinds = list(dict.fromkeys(cycle.kind for cycle in cycles))
    columns = min(3, len(kinds))
    rows = -(-len(kinds) // columns)
    figure = new_figure(height=0.5 + 2.5 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for ax in grid.flat[len(kinds) :]:
        ax.set_axis_off()
    for ax, kind in zip(grid.flat, kinds, strict=False):
        ax.set_title(f"{kind}, degrees")
        for cycle in (c for c in cycles if c.kind == kind):
            phase = np.linspace(0, 100, cycle.strides.shape[1], endpoint=False)
            mean, spread = np.rad2deg(cycle.strides.mean(0)), np.rad2deg(cycle.strides.std(0))
            tint = side_colour(cycle.side)
            ax.fill_between(phase, mean - spread, mean + spread, color=tint, alpha=0.2, linewidth=0)
            ax.plot(phase, mean, color=tint, label=cycle.side or "walked")
            if cycle.reference is not None:
                first = cycle.side != "right"
                ax.plot(
                    phase,
                    np.rad2deg(cycle.reference),
                    color=colour("reference"),
                    linestyle=(0, (4, 2)) if first else (0, (1, 2)),
                    linewidth=1.1,
                    label="reference" if first else None,
                )
    for ax in grid[-1]:
        ax.set_xlabel("% of the leg's stride")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


@as_svg
def phase_portraits(trace: Trace, body: Body, reference: ReferenceGait | None, start: int, stop: int) -> Figure:
    """Left against right, and angle against velocity, in episode 0 between two steps."""
    names = list(body.actuator_names)
    angle = np.rad2deg(trace.qpos[start:stop, 0][:, body.actuated_qpos])
    speed = np.rad2deg(trace.qvel[start:stop, 0][:, body.actuated_qvel])
    wanted = None if reference is None else _reference_states(trace, body, reference)
    kinds = list(dict.fromkeys(split_side(name)[1] for name in names if split_side(name)[0]))
    paired = [kind for kind in kinds if {f"left_{kind}", f"right_{kind}"} <= set(names)][:2]
    figure = new_figure(height=0.4 + WIDTH / max(2, 1 + len(paired)) * 0.92)
    grid = figure.subplots(1, 1 + len(paired), squeeze=False)[0]
    first = paired[0]
    left, right = names.index(f"left_{first}"), names.index(f"right_{first}")
    ax = grid[0]
    ax.set_title(f"{first} against {first}")
    ax.plot(angle[:, left], angle[:, right], color=colour("accent"), linewidth=0.9, alpha=0.8)
    if wanted is not None:
        _dashed(ax, wanted[0][:, left], wanted[0][:, right])
    ax.set(xlabel=f"left {first}, degrees", ylabel=f"right {first}, degrees")
    for ax, kind in zip(grid[1:], paired, strict=True):
        ax.set_title(f"{kind}: angle and velocity")
        for side in ("left", "right"):
            joint = names.index(f"{side}_{kind}")
            ax.plot(angle[:, joint], speed[:, joint], color=side_colour(side), linewidth=0.9, alpha=0.8, label=side)
        if wanted is not None:
            _dashed(ax, *(states[:, names.index(f"left_{kind}")] for states in wanted))
        ax.set(xlabel="degrees", ylabel="degrees a second")
    figure.legend(*grid[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _dashed(ax: Axes, x: NDArray, y: NDArray) -> None:
    closed = [*range(len(x)), 0]
    ax.plot(x[closed], y[closed], color=colour("reference"), linestyle=(0, (4, 2)), linewidth=1.2, label="reference")


def _reference_states(trace: Trace, body: Body, reference: ReferenceGait) -> tuple[NDArray, NDArray] | None:
    """Angles and velocities of the reference over a stride, degrees, at the speed commanded in episode 0."""
    if not set(body.actuator_names) <= set(reference.joint_names):
        return None
    phase = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    columns = [3 + reference.joint_names.index(name) for name in body.actuator_names]
    pace = 1.0 if trace.command is None else float(trace.command[0]) / reference.speed
    return np.rad2deg(reference.qpos(phase)[:, columns]), np.rad2deg(reference.qvel(phase)[:, columns]) * pace


@as_svg
def footfalls(trace: Trace, body: Body, start: int, stop: int) -> Figure:
    """When each foot is on the ground, and the forward speed, in episode 0 between two steps."""
    figure = new_figure(height=2.9)
    contacts, speeds = figure.subplots(2, 1, sharex=True, height_ratios=[len(body.feet), 2.2])
    time = trace.time[start:stop]
    for row, foot in enumerate(body.feet):
        stance_bars(contacts, trace.contact[start:stop, 0, row], time, row, side_colour(split_side(foot)[0]))
    contacts.set_yticks(range(len(body.feet)), [foot.replace("_", " ") for foot in body.feet])
    contacts.set_ylim(len(body.feet) - 0.4, -0.6)
    contacts.grid(False, axis="y")
    contacts.tick_params(length=0)
    contacts.set_title("Foot on the ground")
    speeds.set_title("Forward speed, m/s")
    if "root_x" in body.joint_names:
        speed = trace.qvel[start:stop, 0, int(body.qvel_index("root_x")[0])]
        speeds.plot(time, speed, color=colour("accent"), label="walked")
    if trace.command is not None:
        speeds.axhline(trace.command[0], color=colour("reference"), linestyle="--", linewidth=1.1, label="commanded")
    speeds.legend(loc="lower right", ncols=2)
    speeds.set(xlabel="time, s", xlim=(time[0], time[-1]))
    low, high = speeds.get_ylim()
    speeds.set_ylim(min(low, 0.0) if low < 0.8 else low - 0.3, high)
    return figure


def stance_bars(ax: Axes, contact: NDArray, time: NDArray, row: float, tint: str, height: float = 0.56) -> None:
    """Bars over the intervals in which a foot is on the ground."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (contact > 0).astype(int), [0]])))
    step = float(time[1] - time[0])
    spans = [(float(time[a]), (b - a) * step) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    ax.broken_barh(spans, (row - height / 2, height), color=tint, linewidth=0)


@as_svg
def speed_over_time(trace: Trace, body: Body, window: int) -> Figure:
    """Forward speed over the commanded one in every episode, as a running mean over `window` steps."""
    column = int(body.qvel_index("root_x")[0])
    command = np.ones(trace.episodes) if trace.command is None else trace.command
    ratio = np.where(trace.alive > 0, trace.qvel[:, :, column] / command, np.nan)
    longest = int((trace.alive > 0).sum(0).max())
    if longest > window > 1:
        total = np.cumsum(np.vstack([np.zeros(ratio.shape[1]), ratio]), axis=0)  # NaN from the end of an episode on
        smooth = (total[window:] - total[:-window]) / window
        time = trace.time[window // 2 : window // 2 + len(smooth)]
    else:
        smooth, time = ratio, trace.time
    figure = new_figure(height=2.4)
    ax = figure.subplots()
    ax.plot(time, smooth, color=colour("accent"), linewidth=0.7, alpha=0.3)
    standing = np.isfinite(smooth)
    number = standing.sum(1)
    mean = np.where(standing, smooth, 0).sum(1)[number > 0] / number[number > 0]
    ax.plot(time[number > 0], mean, color=colour("ink"), linewidth=2, label="mean of those still walking")
    ax.axhline(1, color=colour("muted"), linestyle="--", linewidth=1.1)
    ax.set(
        title="Forward speed, m/s" if trace.command is None else "Forward speed, as a fraction of the commanded one",
        xlabel="time, s",
        ylim=(0, max(1.3, float(np.nanmax(smooth)) * 1.05)),
        xlim=(0, max(1.0, 1.02 * longest * trace.control_period)),
    )
    ax.legend(loc="lower right")
    return figure


@as_svg
def postures(trace: Trace, body: Body, start: int, stop: int, count: int = 10) -> Figure:
    """The body's silhouettes in the x–z plane, `count` of them evenly between two steps of episode 0."""
    model = body.model
    data = mujoco.MjData(model)
    capsules = [g for g in range(model.ngeom) if model.geom_type[g] == mujoco.mjtGeom.mjGEOM_CAPSULE]
    steps = np.unique(np.linspace(start, stop - 1, count).round().astype(int))
    outlines: list[NDArray] = []
    tints: list[str] = []
    capsules.sort(key=lambda g: DEPTH.index(split_side(model.geom(g).name)[0]))
    for step in steps:
        data.qpos[:] = trace.qpos[step, 0]
        mujoco.mj_kinematics(model, data)
        for geom in capsules:
            half = data.geom_xmat[geom].reshape(3, 3)[:, 2] * model.geom_size[geom, 1]
            ends = data.geom_xpos[geom] - half, data.geom_xpos[geom] + half
            outlines.append(_stadium(ends[0][[0, 2]], ends[1][[0, 2]], float(model.geom_size[geom, 0])))
            tints.append(colour(split_side(model.geom(geom).name)[0] or "other"))
    everything = np.concatenate(outlines)
    low, high = everything.min(0), everything.max(0)
    span = high - low
    figure = new_figure(height=min(4.2, 0.35 + WIDTH * span[1] / span[0]))
    ax = figure.subplots()
    ax.add_collection(PolyCollection(outlines, facecolor=tints, edgecolor=colour("card"), linewidth=0.6))
    ax.axhline(0, color=colour("muted"), linewidth=1)
    ax.set(aspect="equal", xlim=(low[0] - 0.03, high[0] + 0.03), ylim=(-0.04, high[1] + 0.03))
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.grid(False)
    ax.set_yticks([])
    ax.set_xlabel("forward position, m")
    return figure


def _stadium(a: NDArray, b: NDArray, radius: float, corners: int = 12) -> NDArray:
    """The outline of all points within `radius` of the segment from a to b, (points, 2)."""
    direction = np.arctan2(*(b - a)[::-1])
    turn = np.linspace(-np.pi / 2, np.pi / 2, corners)
    ring = np.concatenate([direction + turn, direction + np.pi + turn])
    centres = np.repeat([b, a], corners, axis=0)
    return centres + radius * np.stack([np.cos(ring), np.sin(ring)], axis=1)
