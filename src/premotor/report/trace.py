"""States of the evaluation episodes of a body, and the strides in them, joint by joint, beside the reference's."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from premotor.analysis import cut_strides, debounced, foot_strikes, stride_error
from premotor.analysis.gait import CHATTER
from premotor.errors import PremotorError
from premotor.runs.arrays import load_arrays

if TYPE_CHECKING:
    from premotor.bodies import Body
    from premotor.runs import ReferenceGait, Task

SIDES = ("left", "right")
SAMPLES = 101
TRACE_AXES = {
    "time": ("steps",),
    "qpos": ("steps", "episodes", "positions"),
    "qvel": ("steps", "episodes", "velocities"),
    "action": ("steps", "episodes", "actions"),
    "contact": ("steps", "episodes", "feet"),
    "alive": ("steps", "episodes"),
    "command": ("episodes",),
    "phase": ("steps", "episodes"),
    "rates": ("steps", "neurons"),
    "activation": ("steps", "episodes", "activations"),
}
OPTIONAL = ("command", "phase", "activation")


@dataclass(frozen=True, eq=False)
class Trace:
    """States of the evaluation episodes of a body, as `premotor.runs` records them."""

    time: NDArray
    qpos: NDArray
    qvel: NDArray
    action: NDArray
    contact: NDArray
    alive: NDArray
    rates: NDArray
    command: NDArray | None
    phase: NDArray | None
    control_period: float
    activation: NDArray | None = None
    """Of muscles on tendons."""

    @property
    def episodes(self) -> int:
        """Episodes side by side."""
        return int(self.qpos.shape[1])

    def length(self, episode: int) -> int:
        """Steps before an episode ended."""
        ended = np.flatnonzero(self.alive[:, episode] == 0)
        return int(ended[0]) if len(ended) else len(self.time)


def read_trace(path: Path, task: "Task", body: "Body", neurons: int) -> Trace:
    """Read and check a trace of a task with this body and so many neurons.

    Raises:
        PremotorError: the file is damaged, an array is missing, or does not fit the task or the circuit.
    """
    arrays = load_arrays(path)
    sizes: dict[str, int] = {
        "positions": body.model.nq,
        "velocities": body.model.nv,
        "actions": len(task.action_names),
        "feet": len(body.feet),
        "neurons": neurons,
        "activations": body.model.na,
    }
    for name, axes in TRACE_AXES.items():
        if name not in arrays:
            if name in OPTIONAL:
                continue
            raise PremotorError(f"{path} lacks the array {name}")
        shape = arrays[name].shape
        if len(shape) != len(axes):
            raise PremotorError(f"{path}: {name} has shape {list(shape)}, but should be ({', '.join(axes)})")
        for axis, size in zip(axes, shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise PremotorError(f"{path}: {name} has {size} {axis}, but should have {sizes[axis]}")
        if not np.isfinite(arrays[name]).all():
            raise PremotorError(f"{path}: {name} holds values that are not finite")
    if sizes["steps"] < 2 or sizes["episodes"] < 1:
        raise PremotorError(f"{path} holds {sizes['steps']} steps of {sizes['episodes']} episodes: nothing to show")
    chosen = {name: arrays.get(name) for name in TRACE_AXES}
    return Trace(**chosen, control_period=float(task.control_period))  # type: ignore[arg-type]


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


def joint_cycles(trace: Trace, body: "Body", reference: "ReferenceGait | None" = None) -> list[JointCycle]:
    """Every actuated joint over all whole strides of all episodes; none where no foot strikes twice."""
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


def whole_stride_error(trace: Trace, body: "Body", reference: "ReferenceGait") -> NDArray[np.float64] | None:
    """Root-mean-square error over all joints of every stride of the first foot, in rad, under one shift."""
    if not set(body.actuator_names) <= set(reference.joint_names):
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


def _reference_cycle(reference: "ReferenceGait | None", joint: str, side: str) -> NDArray[np.float64] | None:
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
