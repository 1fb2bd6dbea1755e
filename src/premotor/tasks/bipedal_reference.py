"""What BipedalWalker shows of its motion, recorded walks, the package's and anybody's, and the mean stride in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from premotor.errors import PremotorError
from premotor.files import replace_atomically
from premotor.repetition import repetition
from premotor.settings import note
from premotor.tasks.gymnasium_spaces import NAMES
from premotor.tasks.reference_files import array_files, read_array, read_table, renamed_columns

# What the observations of BipedalWalker mean in SI units.
FRAMES_PER_SECOND = 50
SPEED_SCALE = 0.3 * (600 / 30) / FRAMES_PER_SECOND
"""Observed forward velocity in one m/s: the environment divides by its frame rate and multiplies by 0.3 · 20 m."""
JOINTS = ("hip_1", "knee_1", "hip_2", "knee_2")
ANGLES = (4, 6, 9, 11)
"""Columns of the joint angles in the observation, rad (knees: plus 1)."""
RATES = (5, 7, 10, 12)
"""Columns of the joint speeds, in units of the motors' top speed (`TOP_SPEEDS`)."""
TOP_SPEEDS = (4.0, 6.0, 4.0, 6.0)
"""rad/s"""
KNEE_OFFSET = (0.0, 1.0, 0.0, 1.0)
CONTACTS = (8, 13)
FORWARD = 2
"""Column of the forward velocity."""

OBSERVATIONS, ACTIONS = NAMES["BipedalWalker"]
TORQUES = tuple(f"torque_{name}" for name in ACTIONS)
"""Names of the actions in a file, beside the joints' angles."""
SETTLING = 2
"""Strides at the start that are left out of the mean: the walk is still beginning."""
STRIDES = (10, 100)
"""Shortest and longest stride that is looked for, control steps."""
SAMPLES = 100


class Motion(NamedTuple):
    """Joint angles (rad), joint speeds (rad/s), forward speed (m/s) and ground contacts (0 or 1)."""

    angles: Float[np.ndarray, "*batch 4"]
    rates: Float[np.ndarray, "*batch 4"]
    speed: Float[np.ndarray, "*batch"]
    contacts: Float[np.ndarray, "*batch 2"]


def motion_of(observation: Float[np.ndarray, "*batch 24"]) -> Motion:
    """The motion that observations show."""
    seen = np.asarray(observation, np.float64)
    return Motion(
        angles=seen[..., ANGLES] - KNEE_OFFSET,
        rates=seen[..., RATES] * TOP_SPEEDS,
        speed=seen[..., FORWARD] / SPEED_SCALE,
        contacts=seen[..., CONTACTS],
    )


class Stride(NamedTuple):
    """A stride sampled at equal phases from one landing of foot 1 on, (samples, 4): rad, rad/s, actions; and contacts.

    Contacts are (samples, 2), the fraction of the strides in which the foot was on the ground.
    """

    angles: np.ndarray
    rates: np.ndarray
    actions: np.ndarray
    contacts: np.ndarray


def repetition_of(angles: np.ndarray) -> int | None:
    """After how many steps joint angles (steps, joints) repeat; None where nothing does."""
    return repetition(angles, STRIDES[0], min(STRIDES[1], len(angles) // 2))


@dataclass(frozen=True, eq=False)
class BipedalReference:
    """A recorded walk.

    Raises:
        PremotorError: shapes that do not match, values that are not finite, too few strides, no forward motion.
    """

    observations: np.ndarray
    """(steps, 24), as the environment gives them."""
    actions: np.ndarray
    """(steps, 4): what was done there; zeros where a file does not tell."""
    seed: int | None = None
    """With which the environment was reset before; None where it is not known."""

    def __post_init__(self) -> None:
        """Check shapes and values."""
        steps = len(self.observations)
        for name, width in (("observations", len(OBSERVATIONS)), ("actions", len(ACTIONS))):
            value = getattr(self, name)
            if value.shape != (steps, width):
                raise PremotorError(f"bipedal reference: {name} has shape {value.shape}; expected {(steps, width)}")
            if not np.isfinite(value).all():
                raise PremotorError(f"bipedal reference: {name} has values that are not finite")
        if len(self.landings) < 3:
            raise PremotorError(
                f"bipedal reference: foot 1 lands {len(self.landings)} times after the first {SETTLING} strides; "
                "at least 3 are needed"
            )
        if not self.speed > 0:
            raise PremotorError(f"bipedal reference: the mean speed is {self.speed:.3f} m/s; it must be positive")

    def __repr__(self) -> str:
        """One line: length, speed and stride."""
        return (
            f"BipedalReference({len(self.observations)} steps, {self.speed:.2f} m/s, "
            f"stride {self.stride_period:.3f} s, {'with' if self.seed is not None else 'without'} its seed)"
        )

    @cached_property
    def repetition(self) -> int:
        """After how many steps the joint angles repeat; the shortest stride that is looked for where nothing does."""
        return repetition_of(motion_of(self.observations).angles) or STRIDES[0]

    @cached_property
    def landings(self) -> np.ndarray:
        """Steps at which foot 1 lands, from the third stride on."""
        touching = self.observations[:, CONTACTS[0]] > 0.5
        found = np.flatnonzero(touching[1:] & ~touching[:-1]) + 1
        kept: list[int] = []
        for step in found.tolist():  # a foot may touch the ground more than once in a stride
            if not kept or step - kept[-1] >= 0.7 * self.repetition:
                kept.append(step)
        return np.array(kept[SETTLING:], int)

    @cached_property
    def speed(self) -> float:
        """Mean forward speed over the whole strides, m/s."""
        return float(motion_of(self.observations[self.landings[0] : self.landings[-1]]).speed.mean())

    @property
    def stride_period(self) -> float:
        """Mean time from one landing of foot 1 to the next, s."""
        return float(np.diff(self.landings).mean()) / FRAMES_PER_SECOND

    @property
    def pace(self) -> float:
        """Advance of the phase in a control step, rad."""
        return 2 * np.pi / (self.stride_period * FRAMES_PER_SECOND)

    @cached_property
    def stride(self) -> Stride:
        """The mean stride."""
        motion = motion_of(self.observations)
        parts = (motion.angles, motion.rates, self.actions, motion.contacts)
        strides = list(zip(self.landings[:-1], self.landings[1:], strict=True))
        grid = np.arange(SAMPLES) / SAMPLES
        means = []
        for values in parts:
            cut = [values[a : b + 1] for a, b in strides]
            every = [[np.interp(grid * (len(c) - 1), np.arange(len(c)), column) for column in c.T] for c in cut]
            means.append(np.mean(every, axis=0).T)
        return Stride(*means)

    def at(self, phase: np.ndarray) -> Stride:
        """The mean stride at phases (…,) in rad: angles, rates and actions (…, 4), contacts (…, 2)."""
        place = np.mod(phase, 2 * np.pi) / (2 * np.pi) * SAMPLES
        low = place.astype(int) % SAMPLES
        share = (place - np.floor(place))[..., None]
        high = (low + 1) % SAMPLES
        return Stride(*((1 - share) * part[low] + share * part[high] for part in self.stride))

    def nearest_phase(self, angles: np.ndarray) -> np.ndarray:
        """The phase (…,) in rad whose pose is nearest to joint angles (…, 4)."""
        miss = ((self.stride.angles - np.asarray(angles)[..., None, :]) ** 2).sum(-1)
        return 2 * np.pi * np.argmin(miss, axis=-1) / SAMPLES


def bipedal_reference_names() -> list[str]:
    """Names of the recorded walks in the package."""
    folder = files("premotor.tasks") / "data"
    return sorted(entry.name.removesuffix(".npz") for entry in folder.iterdir() if entry.name.endswith(".npz"))


def load_bipedal_reference(source: str | Path, columns: Mapping[str, str] | None = None) -> BipedalReference:
    """Load a recorded walk: a name in the package, or a CSV, NPZ or NPY file, one row a control step of 1/50 s.

    An NPZ file may hold the arrays ``observation`` (steps, 24), ``action`` (steps, 4) and ``seed``. Else, and in a
    CSV file, columns have the names of the observations (``hip_1``, ``hip_1_speed``, …, ``contact_2``,
    ``velocity_x``; those that no one needs may be absent) and of the actions (``torque_hip_1``, …; may be absent).
    An NPY file holds observations (steps, 24) in Gymnasium's order; actions (steps, 4), or one row less, are in a
    second one: ``states.npy,actions.npy``. Actions outside of [−1, 1] are clipped, as the environment does.

    Args:
        source: name or path, or two paths with a comma between them.
        columns: our names → the file's, for those that differ; a leading minus flips a sign.

    Raises:
        PremotorError: no such name or file, a column missing or not numeric, or no walk in it.
    """
    if parts := array_files(str(source)):
        return _of_arrays(parts, columns)
    path = Path(source)
    if path.suffix.lower() not in (".csv", ".npz"):
        if str(source) not in bipedal_reference_names():
            allowed = ", ".join(bipedal_reference_names()) or "none"
            raise PremotorError(
                f"reference '{source}' is neither in the package ({allowed}) nor a .csv, .npz or .npy file"
            )
        with as_file(files("premotor.tasks") / "data" / f"{source}.npz") as stored:
            return load_bipedal_reference(stored)
    table = read_table(path)
    columns = dict(columns or {})
    whole = {name: columns.get(name, name) for name in ("observation", "action", "seed")}
    if whole["observation"] in table:
        observations = np.asarray(table[whole["observation"]], np.float64)
        steps = len(observations)
        actions = np.asarray(table.get(whole["action"], np.zeros((steps, 4))), np.float64)[:steps]
        seed = int(table[whole["seed"]]) if whole["seed"] in table else None
        return BipedalReference(observations[: len(actions)], actions, seed)
    needed = {*JOINTS, *(f"{joint}_speed" for joint in JOINTS), "contact_1", "contact_2", "velocity_x"}
    asked = {
        name: columns.get(name, name)
        for name in (*OBSERVATIONS, *TORQUES)
        if name in needed or name in columns or name in table
    }
    found = renamed_columns(path, table, asked)
    steps = len(next(iter(found.values())))
    empty = np.zeros(steps)
    return BipedalReference(
        np.stack([found.get(name, empty) for name in OBSERVATIONS], axis=1),
        np.stack([found.get(name, empty) for name in TORQUES], axis=1),
    )


def _of_arrays(parts: list[Path], columns: Mapping[str, str] | None) -> BipedalReference:
    if columns:
        raise PremotorError(f"reference {parts[0]} has no names of columns; leave task.reference_columns out")
    if len(parts) > 2:
        raise PremotorError(f"reference: {len(parts)} files are named; states.npy,actions.npy is what is read")
    arrays = [read_array(part) for part in parts]
    steps = len(arrays[0])
    for path, array, width, rows in zip(parts, arrays, (24, 4), ((steps,), (steps, steps - 1)), strict=False):
        if array.ndim != 2 or array.shape[1] != width or len(array) not in rows:
            asked = " or ".join(f"({count}, {width})" for count in rows)
            raise PremotorError(f"reference file {path} holds an array of shape {array.shape}; expected {asked}")
    if len(arrays) == 1:
        note(f"reference {parts[0]}: without actions, which a second file holds (states.npy,actions.npy)")
        return BipedalReference(arrays[0], np.zeros((steps, 4)))
    observations, actions = arrays[0][: len(arrays[1])], arrays[1]
    if beyond := int((np.abs(actions) > 1).any(axis=1).sum()):
        note(f"reference {parts[1]}: actions beyond [−1, 1] in {beyond} of {len(actions)} steps are clipped")
    return BipedalReference(observations, np.clip(actions, -1.0, 1.0))


def save_bipedal_reference(reference: BipedalReference, path: str | Path) -> None:
    """Write a recorded walk as a compressed NPZ file; it appears only when complete."""
    path = Path(path)
    arrays = {
        "observation": reference.observations.astype(np.float32),
        "action": reference.actions.astype(np.float32),
    }
    if reference.seed is not None:
        arrays["seed"] = np.asarray(reference.seed)
    with replace_atomically(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
