"""Reference gaits in files: CSV or NPZ, ours or anybody's."""

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from premotor.errors import PremotorError
from premotor.files import write_atomically
from premotor.tasks.reference import ReferenceGait

ROOT_COLUMNS = ("time", "hip_x", "hip_height", "pitch")
CONTACT_SUFFIX = "_contact"
PERIODICITY = {"hip_height": 0.03, "pitch": 0.1}
"""Greatest difference between the first and the last row, m and rad."""
JOINT_PERIODICITY = 0.1


def reference_names() -> list[str]:
    """Names of the reference gaits in the package."""
    folder = files("premotor.tasks") / "data"
    return sorted(entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv"))


def load_reference(
    source: str | Path,
    columns: Mapping[str, str] | None = None,
    degrees: bool = False,
    speed: float | None = None,
) -> ReferenceGait:
    """Load a reference gait: a name in the package, or a CSV or NPZ file with one stride.

    Columns (arrays of an NPZ file): ``time`` (s, rising), ``hip_x`` (m; may be absent when `speed` is given),
    ``hip_height`` (m), ``pitch`` (rad), ``<foot>_contact`` (0 or 1) for each foot, and one column a joint
    (rad) with the joint's name. The first row is a left heel strike, the last row the next: the same pose.
    Lines that begin with # are comments.

    Args:
        source: name or path.
        columns: our names → the file's. Only these are then read; a leading minus flips a sign, as in
            ``{"left_knee": "-KneeL"}``. None: the file uses our names, and every other column is a joint.
        degrees: whether joints and pitch are in degrees.
        speed: mean forward speed, m/s, for a file without ``hip_x``.

    Raises:
        PremotorError: no such name or file, a column missing, not numeric or not finite, time not rising,
            contacts other than 0 and 1, a first and a last row that differ, no forward motion.
    """
    path = Path(source)
    if path.suffix.lower() not in (".csv", ".npz"):
        if str(source) not in reference_names():
            allowed = ", ".join(reference_names())
            raise PremotorError(f"reference '{source}' is neither in the package ({allowed}) nor a .csv or .npz file")
        with as_file(files("premotor.tasks") / "data" / f"{source}.csv") as stored:
            return load_reference(stored)
    table = read_table(path)
    table = _numbers(path, table if columns is None else renamed_columns(path, table, columns))
    return _gait(path, table, degrees, speed)


def save_reference(gait: ReferenceGait, path: str | Path, comment: str = "") -> None:
    """Write a gait as CSV in the form that `load_reference` reads; the file appears only when complete."""
    path = Path(path)
    samples = len(gait.hip_height)
    cycle = np.arange(samples + 1) / samples
    around = np.arange(samples + 1) % samples
    table = {
        "time": cycle * gait.stride_period,
        "hip_x": gait.stride_length * cycle + gait.hip_advance[around],
        "hip_height": gait.hip_height[around],
        "pitch": gait.pitch[around],
    }
    table |= {name: gait.joint_angles[around, joint] for joint, name in enumerate(gait.joint_names)}
    table |= {f"{foot}{CONTACT_SUFFIX}": gait.contacts[around, i].astype(int) for i, foot in enumerate(gait.feet)}
    text = "".join(f"# {line}\n" for line in comment.splitlines())
    text += pd.DataFrame(table).to_csv(index=False, float_format="%.6f", lineterminator="\n")
    write_atomically(path, text)


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Columns of a CSV file or arrays of an NPZ file by name; PremotorError where it cannot be read."""
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        table = pd.read_csv(path, comment="#", skipinitialspace=True)
    except FileNotFoundError:
        raise PremotorError(f"reference file {path} does not exist") from None
    except (OSError, ValueError, pd.errors.ParserError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PremotorError(f"reference file {path} can not be read: {reason}") from error
    return {str(name): table[name].to_numpy() for name in table.columns}


def array_files(source: str) -> list[Path]:
    """The NPY files of ``states.npy,actions.npy``; none where the source is anything else."""
    parts = [Path(part.strip()).expanduser() for part in source.split(",")]
    return parts if all(part.suffix.lower() == ".npy" for part in parts) else []


def read_array(path: Path) -> np.ndarray:
    """The numbers of an NPY file, as float64; PremotorError where it cannot be read or holds something else."""
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise PremotorError(f"reference file {path} does not exist") from None
    except (OSError, ValueError, EOFError) as error:
        raise PremotorError(f"reference file {path} can not be read: {str(error).splitlines()[0]}") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise PremotorError(f"reference file {path} holds {getattr(array, 'dtype', 'no array')}; numbers are needed")
    return array.astype(np.float64)


def renamed_columns(path: Path, table: Mapping[str, np.ndarray], columns: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The columns that are named, under our names, with flipped signs where the mapping says so.

    Args:
        path: of the file, for the message.
        table: its columns.
        columns: our names → the file's.

    Raises:
        PremotorError: a column is missing or, where its sign is to be flipped, not numeric.
    """
    result = {}
    for ours, theirs in columns.items():
        name = theirs.removeprefix("-") if theirs not in table else theirs
        if name not in table:
            raise PremotorError(
                f"reference file {path} has no column '{name}' (for '{ours}'); it has {', '.join(table)}"
            )
        result[ours] = table[name] if name == theirs else -_number(path, ours, table[name])
    return result


def _number(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise PremotorError(
            f"reference file {path}, column '{name}': {values.dtype} {values.shape}; numbers are needed"
        )
    return values.astype(float)


def _numbers(path: Path, table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    table = {name: _number(path, name, values) for name, values in table.items()}
    for name in ("time", "hip_height", "pitch"):
        if name not in table:
            raise PremotorError(f"reference file {path} has no column '{name}'; it has {', '.join(table)}")
    rows = len(table["time"])
    if rows < 9:
        raise PremotorError(f"reference file {path} has {rows} rows; a stride needs at least 9")
    for name, values in table.items():
        if len(values) != rows:
            raise PremotorError(f"reference file {path}, column '{name}' has {len(values)} values; 'time' has {rows}")
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise PremotorError(f"reference file {path}, column '{name}', row {row + 1}: {values[row]} is not finite")
    if not (np.diff(table["time"]) > 0).all():
        row = int(np.flatnonzero(np.diff(table["time"]) <= 0)[0])
        raise PremotorError(f"reference file {path}, column 'time' does not rise after row {row + 1}")
    return table


def _gait(path: Path, table: dict[str, np.ndarray], degrees: bool, speed: float | None) -> ReferenceGait:
    feet = tuple(name.removesuffix(CONTACT_SUFFIX) for name in table if name.endswith(CONTACT_SUFFIX))
    joints = tuple(name for name in table if name not in ROOT_COLUMNS and not name.endswith(CONTACT_SUFFIX))
    if not joints or not feet:
        missing = "joint angles" if not joints else "'<foot>_contact' column"
        raise PremotorError(f"reference file {path} has no {missing}; it has {', '.join(table)}")
    for foot in feet:
        values = table[f"{foot}{CONTACT_SUFFIX}"]
        if not np.isin(values, (0, 1)).all():
            raise PremotorError(f"reference file {path}, column '{foot}{CONTACT_SUFFIX}': only 0 and 1 are allowed")
    if degrees:
        table = table | {name: np.deg2rad(table[name]) for name in (*joints, "pitch")}
    cycle = (table["time"] - table["time"][0]) / np.ptp(table["time"])
    period = float(np.ptp(table["time"]))
    if "hip_x" in table:
        length = float(table["hip_x"][-1] - table["hip_x"][0])
        if speed is not None and abs(speed * period / length - 1) > 0.01:
            raise PremotorError(f"reference file {path}: 'hip_x' gives {length / period:.3f} m/s; speed is {speed} m/s")
        speed = length / period
        advance = table["hip_x"] - length * cycle
    elif speed is None:
        raise PremotorError(f"reference file {path} has no column 'hip_x'; give the speed instead")
    else:
        advance = np.zeros_like(cycle)
    if not speed > 0:
        raise PremotorError(f"reference file {path}: the mean speed is {speed:.3f} m/s; it must be positive")
    smooth = {"hip_advance": advance, "hip_height": table["hip_height"], "pitch": table["pitch"]}
    smooth |= {joint: table[joint] for joint in joints}
    for name in ("hip_height", "pitch", *joints):
        jump, allowed = abs(smooth[name][-1] - smooth[name][0]), PERIODICITY.get(name, JOINT_PERIODICITY)
        if jump > allowed:
            raise PremotorError(
                f"reference file {path}, column '{name}': the last row differs from the first by {jump:.3f}, "
                f"which is more than {allowed}; the file must hold one whole stride"
            )
    grid = np.arange(len(cycle) - 1) / (len(cycle) - 1)
    curves = {name: _periodic(cycle, values, grid) for name, values in smooth.items()}
    row = np.searchsorted(cycle, grid + 1e-9, side="right") - 1
    return ReferenceGait(
        joint_names=joints,
        joint_angles=np.stack([curves[joint] for joint in joints], axis=1),
        hip_height=curves["hip_height"],
        hip_advance=curves["hip_advance"] - curves["hip_advance"].mean(),
        pitch=curves["pitch"],
        feet=feet,
        contacts=np.stack([table[f"{foot}{CONTACT_SUFFIX}"][row] > 0.5 for foot in feet], axis=1),
        speed=speed,
        stride_period=period,
    )


def _periodic(cycle: np.ndarray, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Values on a uniform grid, the small step between the ends spread evenly over the stride."""
    values = values - (values[-1] - values[0]) * cycle
    values[-1] = values[0]
    if np.allclose(cycle[:-1], grid, atol=1e-5):
        return values[:-1]
    return CubicSpline(cycle, values, bc_type="periodic")(grid)
