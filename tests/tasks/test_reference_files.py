"""Reference gaits in files: what is written is read, other people's columns, a sentence for each bad file."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from premotor.errors import PremotorError
from premotor.tasks.reference_files import load_reference, reference_names, save_reference

ROWS = 41


def stride() -> pd.DataFrame:
    """A stride of 1.2 s and 1.5 m in the form that is read, made by hand."""
    cycle = np.linspace(0, 1, ROWS)
    angle = 2 * np.pi * cycle
    return pd.DataFrame(
        {
            "time": 3.0 + 1.2 * cycle,
            "hip_x": 10.0 + 1.5 * cycle + 0.01 * np.sin(2 * angle),
            "hip_height": 0.9 + 0.01 * np.cos(2 * angle),
            "pitch": 0.02 + 0 * cycle,
            "left_hip": 0.4 * np.cos(angle),
            "left_knee": 0.3 - 0.3 * np.cos(angle),
            "right_hip": -0.4 * np.cos(angle),
            "right_knee": 0.3 + 0.3 * np.cos(angle),
            "left_contact": (cycle % 1 < 0.6).astype(int),
            "right_contact": ((cycle + 0.5) % 1 < 0.6).astype(int),
        }
    )


def written(folder: Path, table: pd.DataFrame) -> Path:
    path = folder / "gait.csv"
    table.to_csv(path, index=False)
    return path


def test_a_file_is_read_into_si_units_and_a_phase_grid(tmp_path: Path):
    gait = load_reference(written(tmp_path, stride()))
    assert gait.joint_names == ("left_hip", "left_knee", "right_hip", "right_knee")
    assert gait.feet == ("left", "right")
    assert gait.stride_period == pytest.approx(1.2)
    assert gait.speed == pytest.approx(1.25)
    assert len(gait.phase) == ROWS - 1
    np.testing.assert_allclose(gait.joint_angles[:, 0], 0.4 * np.cos(gait.phase), atol=1e-9)
    np.testing.assert_allclose(gait.hip_advance, 0.01 * np.sin(2 * gait.phase), atol=1e-9)
    np.testing.assert_array_equal(gait.contacts[:, 0], np.arange(40) < 24)


def test_what_is_saved_is_loaded(tmp_path: Path):
    gait = load_reference("biped-walk")
    path = tmp_path / "copy.csv"
    save_reference(gait, path, "two lines\nof comment")
    again = load_reference(path)
    assert path.read_text().startswith("# two lines\n# of comment\ntime,")
    assert [entry.name for entry in tmp_path.iterdir()] == ["copy.csv"]
    assert again.joint_names == gait.joint_names
    np.testing.assert_allclose(again.joint_angles, gait.joint_angles, atol=1e-6)
    np.testing.assert_allclose(again.hip_advance, gait.hip_advance, atol=1e-6)
    np.testing.assert_array_equal(again.contacts, gait.contacts)
    assert again.speed == pytest.approx(gait.speed, rel=1e-5)


def test_npz_and_csv_are_the_same(tmp_path: Path):
    table = stride()
    np.savez(tmp_path / "gait.npz", **{name: table[name].to_numpy() for name in table})
    one, two = load_reference(written(tmp_path, table)), load_reference(tmp_path / "gait.npz")
    np.testing.assert_allclose(one.joint_angles, two.joint_angles, atol=1e-12)


def test_other_columns_signs_and_degrees_can_be_declared(tmp_path: Path):
    table = stride()
    theirs = pd.DataFrame(
        {
            "t": table["time"],
            "height": table["hip_height"],
            "lean": np.rad2deg(table["pitch"]),
            "HipL": np.rad2deg(table["left_hip"]),
            "KneeL": -np.rad2deg(table["left_knee"]),
            "FootL": table["left_contact"],
            "subject": ["S01"] * ROWS,
        }
    )
    columns = {
        "time": "t",
        "hip_height": "height",
        "pitch": "lean",
        "left_hip": "HipL",
        "left_knee": "-KneeL",
        "left_contact": "FootL",
    }
    gait = load_reference(written(tmp_path, theirs), columns, degrees=True, speed=1.3)
    assert gait.joint_names == ("left_hip", "left_knee")
    assert gait.speed == 1.3
    np.testing.assert_allclose(gait.joint_angles[:, 1], 0.3 - 0.3 * np.cos(gait.phase), atol=1e-9)
    assert gait.pitch[0] == pytest.approx(0.02)
    assert (gait.hip_advance == 0).all()


@given(st.lists(st.floats(0.2, 5.0), min_size=30, max_size=60))
def test_uneven_times_are_brought_onto_an_even_grid(tmp_path_factory: pytest.TempPathFactory, steps: list[float]):
    """Whatever the sampling, the curve is the same, to the accuracy of a cubic spline at the widest gap."""
    cycle = np.concatenate([[0], np.cumsum(steps)])
    cycle /= cycle[-1]
    angle = 2 * np.pi * cycle
    table = pd.DataFrame(
        {
            "time": cycle,
            "hip_x": 1.4 * cycle,
            "hip_height": 0.9,
            "pitch": 0.0,
            "hip": 0.4 * np.sin(angle),
            "left_contact": 1,
        }
    )
    gait = load_reference(written(tmp_path_factory.mktemp("gait"), table))
    widest = 2 * np.pi * np.diff(cycle).max()
    np.testing.assert_allclose(gait.joint_angles[:, 0], 0.4 * np.sin(gait.phase), atol=0.02 * widest**4 + 1e-6)


def test_a_small_difference_between_the_ends_is_spread_over_the_stride(tmp_path: Path):
    table = stride()
    table["left_hip"] += np.linspace(0, 0.05, ROWS)
    gait = load_reference(written(tmp_path, table))
    np.testing.assert_allclose(gait.joint_angles[:, 0], 0.4 * np.cos(gait.phase), atol=1e-9)


def test_the_package_has_its_own():
    assert "biped-walk" in reference_names()
    with pytest.raises(PremotorError, match="'moonwalk' is neither in the package .*biped-walk.* nor a .csv or .npz"):
        load_reference("moonwalk")


def spoilt(**columns: object) -> pd.DataFrame:
    return stride().assign(**columns)


def at(row: int, column: str, value: object) -> pd.DataFrame:
    table = stride().astype(object)
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (stride().drop(columns="time"), "has no column 'time'; it has hip_x, hip_height"),
        (stride().drop(columns="hip_height"), "has no column 'hip_height'"),
        (stride().drop(columns="pitch"), "has no column 'pitch'"),
        (stride().drop(columns="hip_x"), "has no column 'hip_x'; give the speed"),
        (stride().drop(columns=["left_contact", "right_contact"]), "has no '<foot>_contact' column"),
        (stride()[["time", "hip_x", "hip_height", "pitch", "left_contact"]], "has no joint angles"),
        (spoilt(left_hip="bent"), "column 'left_hip': .* numbers are needed"),
        (at(5, "left_hip", "x"), "column 'left_hip': .* numbers are needed"),
        (at(5, "left_hip", np.nan), "column 'left_hip', row 6: nan is not finite"),
        (at(7, "pitch", np.inf), "column 'pitch', row 8: inf is not finite"),
        (at(9, "time", 0.0), "column 'time' does not rise after row 9"),
        (at(9, "left_contact", 2), "column 'left_contact': only 0 and 1"),
        (at(9, "left_contact", 0.5), "column 'left_contact': only 0 and 1"),
        (spoilt(hip_x=-stride()["hip_x"]), "mean speed is -1.250 m/s; it must be positive"),
        (spoilt(hip_x=0.0), "mean speed is 0.000 m/s; it must be positive"),
        (stride().iloc[:30], "'hip_height': the last row differs|'left_hip': the last row differs"),
        (
            spoilt(left_hip=np.linspace(0, 0.3, ROWS)),
            "column 'left_hip': the last row differs from the first by 0.300",
        ),
        (stride().iloc[:8], "has 8 rows; a stride needs at least 9"),
    ],
)
def test_bad_files_get_one_sentence(tmp_path: Path, table: pd.DataFrame, said: str):
    path = written(tmp_path, table)
    with pytest.raises(PremotorError, match=said) as caught:
        load_reference(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_declared_column_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(PremotorError, match="has no column 'Knee' \\(for 'left_knee'\\); it has time"):
        load_reference(written(tmp_path, stride()), {"left_knee": "Knee"})


def test_a_speed_that_contradicts_the_file_is_refused(tmp_path: Path):
    with pytest.raises(PremotorError, match="'hip_x' gives 1.250 m/s; speed is 2.0 m/s"):
        load_reference(written(tmp_path, stride()), speed=2.0)


@pytest.mark.parametrize("name", ["gait.csv", "gait.npz"])
@pytest.mark.parametrize("content", [None, b"", b"\x00\x01\x02\xff\xfe", b'a,b\n1,2,3\n4,"5'])
def test_files_that_are_no_table_get_one_sentence(tmp_path: Path, name: str, content: bytes | None):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PremotorError, match=re.escape(str(path))) as caught:
        load_reference(path)
    assert "\n" not in str(caught.value)


def test_pickled_arrays_are_not_read(tmp_path: Path):
    np.savez(tmp_path / "gait.npz", time=np.array([{"a": 1}] * 20, dtype=object))
    with pytest.raises(PremotorError, match="can not be read"):
        load_reference(tmp_path / "gait.npz")


def test_arrays_of_another_length_are_named(tmp_path: Path):
    table = {name: column.to_numpy() for name, column in stride().items()}
    np.savez(tmp_path / "gait.npz", **table | {"pitch": np.zeros(5)})
    with pytest.raises(PremotorError, match="'pitch' has 5 values; 'time' has 41"):
        load_reference(tmp_path / "gait.npz")
    np.savez(tmp_path / "gait.npz", **table | {"pitch": np.zeros((41, 2))})
    with pytest.raises(PremotorError, match=r"'pitch': float64 \(41, 2\); numbers are needed"):
        load_reference(tmp_path / "gait.npz")
