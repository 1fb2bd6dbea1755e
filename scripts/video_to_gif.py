"""A video as a small GIF: python scripts/video_to_gif.py play.mp4 docs/data/worm.gif --width 420 --seconds 5."""

import argparse
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

REFINED = 3
"""Rounds by which the palette is refined: small things, as a red muscle in much grey, keep their colour."""
RATE = 10
"""Frames a second."""


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--width", type=int, default=420, help="px")
    parser.add_argument("--start", type=float, default=0.0, help="s")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--colours", type=int, default=64)
    given = parser.parse_args()
    reader = imageio_ffmpeg.read_frames(str(given.video))
    about = next(reader)
    (width, height), every = about["size"], about["fps"] / RATE
    wanted = {round((given.start * RATE + i) * every) for i in range(round(given.seconds * RATE))}
    frames = []
    for number, data in enumerate(reader):
        if number in wanted:
            frame = Image.fromarray(np.frombuffer(data, np.uint8).reshape(height, width, 3))
            frames.append(
                frame.resize((given.width, given.width * height // width)).quantize(given.colours, kmeans=REFINED)
            )
    frames[0].save(given.picture, save_all=True, append_images=frames[1:], duration=1000 // RATE, loop=0, optimize=True)
    print(f"{given.picture}: {given.picture.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
