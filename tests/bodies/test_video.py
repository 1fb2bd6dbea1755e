"""Videos: what a player reads back, and files that are whole or absent."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from premotor.bodies import write_video
from premotor.errors import PremotorError

SHAPE = (48, 64, 3)


def fading(count: int) -> Iterator[np.ndarray]:
    for index in range(count):
        yield np.full(SHAPE, 40 + 20 * index, np.uint8)


def test_a_video_reads_back_as_it_was_written(tmp_path: Path):
    path = write_video(tmp_path / "fade.mp4", fading(10), fps=25)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True)
    frames = np.frombuffer(decoded.stdout, np.uint8).reshape(-1, *SHAPE)
    assert len(frames) == 10
    said = decoded.stderr.decode()
    assert re.search(r"Video: h264 .*yuv420p.* 64x48.* 25 fps", said), said
    np.testing.assert_allclose([frame.mean() for frame in frames], 40 + 20 * np.arange(10), atol=4)
    assert [entry.name for entry in tmp_path.iterdir()] == ["fade.mp4"]


def test_the_index_comes_first_so_that_browsers_start_at_once(tmp_path: Path):
    content = write_video(tmp_path / "fade.mp4", fading(10), fps=25).read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "fade.mp4"
    path.write_bytes(b"old")

    def failing() -> Iterator[np.ndarray]:
        yield from fading(3)
        raise RuntimeError("the drawing broke")

    with pytest.raises(RuntimeError, match="the drawing broke"):
        write_video(path, failing(), fps=25)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["fade.mp4"]


@pytest.mark.parametrize(
    ("frames", "fps", "said"),
    [
        ([], 25, "no frames"),
        ([np.zeros(SHAPE, np.uint8)], 0, "fps is 0"),
        ([np.zeros(SHAPE, np.uint8)], float("nan"), "fps is nan"),
        ([np.zeros((47, 64, 3), np.uint8)], 25, "even sizes"),
        ([np.zeros((48, 64), np.uint8)], 25, "even sizes"),
        ([np.zeros(SHAPE, np.uint8), np.zeros((50, 64, 3), np.uint8)], 25, "frame 1 is uint8"),
        ([np.zeros(SHAPE, float)], 25, "frame 0 is float64"),
    ],
)
def test_frames_that_make_no_video_are_refused(tmp_path: Path, frames: list, fps: float, said: str):
    with pytest.raises(PremotorError, match=said):
        write_video(tmp_path / "video.mp4", frames, fps)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(PremotorError, match="folder .*nowhere does not exist"):
        write_video(tmp_path / "nowhere" / "video.mp4", fading(2), 25)


def test_without_ffmpeg_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def missing() -> str:
        raise RuntimeError("No ffmpeg exe could be found")

    monkeypatch.setattr("imageio_ffmpeg._io.get_ffmpeg_exe", missing)
    with pytest.raises(PremotorError, match="no video can be written: No ffmpeg exe"):
        write_video(tmp_path / "video.mp4", fading(2), 25)
    assert list(tmp_path.iterdir()) == []
