"""Videos that browsers play."""

import os
import warnings
from collections.abc import Generator, Iterable
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]
import numpy as np

from premotor.errors import PremotorError
from premotor.files import partial_name


def write_video(path: str | Path, frames: Iterable[np.ndarray], fps: float) -> Path:
    """Write frames as an MP4 that browsers play (H.264, yuv420p, index first).

    The file is written aside and renamed, so that `path` is either complete or as it was.

    Args:
        path: where to; its folder must exist.
        frames: (height, width, 3) uint8, all of one size, with even width and height.
        fps: frames a second.

    Raises:
        PremotorError: no frames, frames of odd or changing size, `fps` not positive, no folder, no ffmpeg.
    """
    path = Path(path)
    if not fps > 0:
        raise PremotorError(f"fps is {fps}; it must be positive")
    if not path.parent.is_dir():
        raise PremotorError(f"the folder {path.parent} does not exist")
    aside = partial_name(path, ".mp4")
    writer, shape = None, None
    try:
        for index, frame in enumerate(frames):
            if writer is None:
                shape = frame.shape
                if len(shape) != 3 or shape[2] != 3 or shape[0] % 2 or shape[1] % 2:
                    raise PremotorError(f"a frame has shape {shape}; (height, width, 3) with even sizes is needed")
                writer = _encoder(aside, shape, fps)
            if frame.shape != shape or frame.dtype != np.uint8:
                raise PremotorError(f"frame {index} is {frame.dtype}{frame.shape}; expected uint8{shape}")
            writer.send(np.ascontiguousarray(frame))
        if writer is None:
            raise PremotorError(f"no frames for {path}")
        writer.close()
        os.replace(aside, path)
    finally:
        if writer is not None:
            writer.close()
        aside.unlink(missing_ok=True)
    return path


def _encoder(path: Path, shape: tuple[int, ...], fps: float) -> Generator[None, np.ndarray | None, None]:
    try:
        writer = imageio_ffmpeg.write_frames(
            str(path),
            (shape[1], shape[0]),
            fps=fps,
            codec="libx264",
            pix_fmt_out="yuv420p",
            macro_block_size=2,
            quality=None,
            output_params=["-crf", "23", "-preset", "veryfast", "-movflags", "+faststart"],
            ffmpeg_log_level="error",
        )
        with warnings.catch_warnings():
            # Starting ffmpeg forks and at once becomes another program, which is safe beside JAX's threads.
            warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
            writer.send(None)
    except RuntimeError as error:
        raise PremotorError(f"no video can be written: {error}") from error
    return writer
