"""Prescribed waves in ElegansBot; a process of an environment that has it, started by elegansbot_waves.py.

Reads a list of waves from standard input and prints for each the distance gone in the second cycle (mm), how much the
body has turned in it (rad) and the largest deviation of a joint from its wave (rad), as JSON.

Its muscles are springs towards a commanded angle. They are made stiff and the medium thin, so that the body has the
commanded shape; at low Reynolds number the way of a given shape depends only on the ratio of the drags.
"""

import json
import sys

import numpy as np
from elegansbot import Worm

SEGMENTS = 24
TIMESTEP = 1e-5
LAG = 0.002
"""Damping over stiffness of a joint, s: commands go ahead of it by as much."""
STIFF, THIN = 500, 0.02
"""Stiffness over that of the package, drag over that on agar."""


def waved(ratio: float, amplitude: float, wavelength: float, frequency: float) -> list[float]:
    """One wave from head to tail; `ratio` of the drags across and along, `amplitude` in rad a joint."""
    stiffness, across, per_cycle = 1.75e5 * STIFF, 1.28e8 * THIN, 1000
    snapshot = 1 / frequency / per_cycle
    drag = {"bT": across, "bII": across / ratio}
    muscles = {"k": stiffness, "c": stiffness * LAG}
    worm = Worm(dt=TIMESTEP, n=SEGMENTS, simTime=2 / frequency, dt_snapshot=snapshot, **drag, **muscles)
    joints = np.arange(1, SEGMENTS) / SEGMENTS

    def wave(time: np.ndarray | float) -> np.ndarray:
        return amplitude * np.sin(2 * np.pi * (frequency * time - joints / wavelength))

    worm.theta = wave(0.0)
    for _ in range(2 * per_cycle):
        worm.act = wave(worm.t + LAG)
        worm.steps()
    cycle = slice(per_cycle, 2 * per_cycle + 1)
    way, turned = worm.xyc_log[cycle], worm.s_log[cycle].mean(1)
    off = np.abs(worm.theta_log[cycle] - wave(worm.t_log[cycle, None])).max()
    return [float(np.linalg.norm(way[-1] - way[0])), float(turned[-1] - turned[0]), float(off)]


if __name__ == "__main__":
    for given in json.load(sys.stdin):
        print(json.dumps(waved(**given)), flush=True)
