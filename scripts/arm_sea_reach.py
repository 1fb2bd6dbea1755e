"""Can full voltage catch the series-elastic arm? `python scripts/arm_sea_reach.py`.

Winding is slow: a motor without a load winds up 0.14 m/s (FASTEST_WINDING), so the force of its spring grows by at
most 46 N/s, while an arm that leans falls exponentially. This holds each of the 16 combinations of least and greatest
control (for muscles: of none and full activation) from the first step on, from many starts at rest, and counts the
starts from which any of them brings the shoulder back to within the task's tolerance of upright at any time of an
episode. Whoever is to end upright must do that first, and the fastest pull against the fall is among the 16.
Writes docs/data/arm-sea-reach.json.
"""

import itertools
import json
from pathlib import Path

import numpy as np

from premotor.bodies import BatchPhysics, build_body
from premotor.bodies.series_elastic import FASTEST_WINDING, STIFFNESS

FILE = Path(__file__).parents[1] / "docs" / "data" / "arm-sea-reach.json"
STARTS, STEPS, SUBSTEPS, TOLERANCE = 40, 200, 10, 0.1
EDGES = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
"""Bins of the shoulder's angle at the start, rad; those within the tolerance are left out."""


def returns(name: str, shoulder: np.ndarray, elbow: np.ndarray) -> np.ndarray:
    """Whether any of the 16 controls brings the shoulder back, (starts,)."""
    body = build_body(name)
    corners = np.array(list(itertools.product(*body.control_range)))
    copies = len(shoulder) * len(corners)
    physics = BatchPhysics(body.model, copies, 1)
    qpos = np.tile(body.rest_pose, (copies, 1))
    joints = body.qpos_index(("shoulder", "elbow"))
    qpos[:, joints[0]], qpos[:, joints[1]] = (np.repeat(angles, len(corners)) for angles in (shoulder, elbow))
    physics.set_state(np.ones(copies, bool), qpos, np.zeros((copies, body.model.nv)))
    physics.set_control(np.tile(corners, (len(shoulder), 1)))
    back = np.zeros(copies, bool)
    for _ in range(STEPS):
        physics.step(SUBSTEPS)
        back |= np.abs(physics.qpos[:, joints[0]]) < TOLERANCE
    return back.reshape(len(shoulder), -1).any(1)


def main() -> None:
    """Count, print and write."""
    random = np.random.default_rng(0)
    shoulder = random.uniform(TOLERANCE, 0.8, STARTS) * random.choice([-1, 1], STARTS)
    elbow = random.uniform(-0.7, 0.7, STARTS)
    rows = {}
    for name in ("arm-muscle", "arm-sea", "arm-sea-rod"):
        back = returns(name, shoulder, elbow)
        counts = []
        for low, high in itertools.pairwise(EDGES):
            chosen = (np.abs(shoulder) >= low) & (np.abs(shoulder) < high)
            counts.append({"from": low, "to": high, "starts": int(chosen.sum()), "back": int(back[chosen].sum())})
        rows[name] = counts
        print(name, ", ".join(f"{c['from']}-{c['to']} rad: {c['back']} of {c['starts']}" for c in counts), flush=True)
    print(f"a spring's force grows by at most {STIFFNESS * FASTEST_WINDING:.1f} N/s")
    FILE.write_text(json.dumps({"force_rate_n_per_s": STIFFNESS * FASTEST_WINDING, "bodies": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
