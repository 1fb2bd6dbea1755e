"""The strides in a trace, joint by joint, beside those of the reference gait."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from premotor.analysis import cut_strides, debounced, foot_strikes, stride_error
from premotor.analysis.gait import CHATTER
from premotor.report.reading import Trace

SIDES = ("left", "right")
SAMPLES = 101


@dataclass(frozen=True)
class JointCycle:
    """One joint over the stride of the leg that it belongs to, in rad."""

    name: str
    side: str
    """"left" or "right"; "" for a joint of neither leg."""
    kind: str
    """The name without its side, such as "hip"."""
    strides: NDArray[np.float64]
    """(strides, samples), from one strike of the leg's foot to the next."""
    reference: NDArray[np.float64] | None
    """(samples,), from a strike of the same foot."""


def split_side(name: str) -> tuple[str, str]:
    """A name as its side and the rest: left_hip → ("left", "hip"); no side, no change."""
    side, _, rest = name.partition("_")
    return (side, rest) if side in SIDES and rest else ("", name)


def strikes_of(trace: Trace, episode: int) -> list[NDArray[np.intp]]:
    """Steps at which each foot lands in an episode, before it ends, chatter of the contacts removed."""
    record = trace.contact[: trace.length(episode), episode]
    return foot_strikes(debounced(record, max(1, round(CHATTER / trace.control_period))))


def joint_cycles(trace: Trace, task: Any) -> list[JointCycle]:
    """Every actuated joint over all whole strides of all episodes; none where no foot strikes twice."""
    body = task.body
    reference = task.reference
    feet = [split_side(foot)[0] for foot in body.feet]
    cycles = []
    for name, column in zip(body.actuator_names, body.actuated_qpos, strict=True):
        side, kind = split_side(name)
        foot = feet.index(side) if side in feet else 0
        pieces = []
        for episode in range(trace.episodes):
            steps = trace.length(episode)
            angles = trace.qpos[:steps, episode, column, None]
            pieces.append(cut_strides(angles, strikes_of(trace, episode)[foot], SAMPLES)[:, :, 0])
        strides = np.concatenate(pieces)
        if len(strides):
            cycles.append(JointCycle(name, side, kind, strides, _reference_cycle(reference, name, feet[foot])))
    return cycles


def whole_stride_error(trace: Trace, task: Any) -> NDArray[np.float64] | None:
    """Root-mean-square error over all joints of every stride of the first foot, in rad, under one shift."""
    reference, body = task.reference, task.body
    if reference is None or not set(body.actuator_names) <= set(reference.joint_names):
        return None
    pieces = []
    for episode in range(trace.episodes):
        steps = trace.length(episode)
        pieces.append(
            cut_strides(trace.qpos[:steps, episode][:, body.actuated_qpos], strikes_of(trace, episode)[0], SAMPLES)
        )
    strides = np.concatenate(pieces)
    order = [reference.joint_names.index(name) for name in body.actuator_names]
    return stride_error(strides, reference.joint_angles[:, order])[0] if len(strides) else None


def _reference_cycle(reference: Any, joint: str, side: str) -> NDArray[np.float64] | None:
    """The reference's own angle of a joint, from the strike of the foot of `side` on."""
    if reference is None or joint not in reference.joint_names:
        return None
    angle = reference.joint_angles[:, reference.joint_names.index(joint)]
    feet = [split_side(foot)[0] or foot for foot in reference.feet]
    start = 0
    if side in feet:
        contact = np.asarray(reference.contacts[:, feet.index(side)], bool)
        landings = np.flatnonzero(contact & ~np.roll(contact, 1))
        start = int(landings[0]) if len(landings) else 0
    phases = start + np.arange(SAMPLES) * len(angle) / SAMPLES
    return np.interp(phases, np.arange(2 * len(angle)), np.tile(angle, 2), period=None)
