"""The video of a walk."""

import imageio_ffmpeg
import pytest

from premotor.errors import PremotorError
from premotor.report import write_walk_video

pytestmark = pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # ffmpeg is a process of its own


def test_the_video_plays_an_episode_in_real_time(run_folder):
    path = write_walk_video(run_folder, episode=1, size=(64, 64), backend="software")
    assert path == run_folder / "video" / "walk-1.mp4"
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert frames == 150  # the 300 control steps before it falls, every second one
    assert seconds == pytest.approx(6.0, abs=0.05)


def test_there_must_be_such_an_episode(run_folder, bare_run, tmp_path):
    with pytest.raises(PremotorError, match="episode is 12; .* holds the episodes 0 to 11"):
        write_walk_video(run_folder, episode=12)
    with pytest.raises(PremotorError, match=r"holds no recorded episode; make one with `premotor evaluate"):
        write_walk_video(bare_run)
    with pytest.raises(PremotorError, match="is no run folder"):
        write_walk_video(tmp_path)
    assert not (bare_run / "video").exists()
    assert not (run_folder / "video").exists()
