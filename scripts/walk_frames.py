"""A walk beside its reference, ten frames a second: python scripts/walk_frames.py walk docs/data/walk-frames.png.

Takes the name of a trained controller of the package or a run folder (task `walk`). The upper row is the reference at
the same speed, the lower one the controller, from the same phase on.
"""

import argparse

import numpy as np
from PIL import Image

from premotor.runs import player
from premotor.runs.playing import episodes_of

FRAMES, RATE, SKIPPED = 16, 10, 3.0
"""Frames, a second, and seconds of the episode before the first one."""
HEIGHT, WIDTH = 230, 120
"""Of the part of a frame that is kept, px."""


def strip(task, poses: np.ndarray) -> np.ndarray:
    """The frames of poses (frames, positions) in a row."""
    parts = []
    for frame in task.frames({"qpos": poses[:, None]}, range(len(poses))):
        height, width = frame.shape[:2]
        high, left = int(height * 0.9), (width - int(height * 0.9 * WIDTH / HEIGHT)) // 2
        part = frame[height - high :, left : width - left]
        parts.append(np.asarray(Image.fromarray(part).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)))
    return np.concatenate(parts, 1)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("picture")
    given = parser.parse_args()
    shown = player(given.run)
    test = episodes_of(shown, SKIPPED + FRAMES / RATE + 1, 0)
    records, task = test.run(shown.controller), test.task
    rows = np.round((SKIPPED + np.arange(FRAMES) / RATE) / task.control_period).astype(int)
    own = records["qpos"][rows, 0]
    reference = task.reference.qpos(records["phase"][rows, 0])
    order = [task.reference.joint_names.index(name) + 3 for name in task.body.driven_joints]
    poses = np.tile(task.body.rest_pose, (FRAMES, 1))
    poses[:, task.body.qpos_index(("root_z", "root_pitch"))] = reference[:, 1:3]
    poses[:, task.body.actuated_qpos] = reference[:, order]
    poses[:, task.body.qpos_index(("root_x",))] = own[:, task.body.qpos_index(("root_x",))]
    Image.fromarray(np.concatenate([strip(task, poses), strip(task, own)])).save(given.picture, optimize=True)


if __name__ == "__main__":
    main()
