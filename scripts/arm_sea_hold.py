"""How far may the series-elastic arm lean and still be held? `python scripts/arm_sea_hold.py`.

Linear-optimal control (a linear-quadratic regulator) of the arm linearised upright, with the springs wound up by 5 mm,
acts on the whole state every 20 ms, clipped to ±24 V. Counted are the starts of the task (both joints uniform in a part
of their ranges, at rest, nothing wound up) from which it ends an episode upright. It knows the model, which no
controller of the task is told, but is the best one only near upright: what it holds can be held; what it does not hold,
another one may. Writes docs/data/arm-sea-hold.json.
"""

import json
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import scipy.linalg

from premotor.bodies import BatchPhysics, build_body
from premotor.bodies.series_elastic import VOLTAGE

FILE = Path(__file__).parents[1] / "docs" / "data" / "arm-sea-hold.json"
STARTS, STEPS, SUBSTEPS, TOLERANCE = 200, 200, 10, 0.1
PARTS = (0.02, 0.05, 0.075, 0.1, 0.15, 0.2)
"""Of each joint's range (0.8 and 0.7 rad to either side)."""
WOUND = 0.005
"""About which the arm is linearised, m; a slack spring answers nothing."""


def regulator(body: Any) -> tuple[np.ndarray, np.ndarray]:
    """Gain (volts a unit of the state) and the state that it holds, positions before speeds."""
    model = body.model
    data = mujoco.MjData(model)
    data.qpos[:] = body.rest_pose
    data.qpos[[address for joint, address in enumerate(model.jnt_qposadr) if _winds(model, joint)]] = WOUND
    upright = np.concatenate([data.qpos, np.zeros(model.nv)])
    states = len(upright)
    once, driven = np.zeros((states, states)), np.zeros((states, model.nu))
    mujoco.mj_forward(model, data)
    mujoco.mjd_transitionFD(model, data, 1e-6, True, once, driven, None, None)
    powers = [np.linalg.matrix_power(once, number) for number in range(SUBSTEPS + 1)]
    step, by_control = powers[-1], sum(power @ driven for power in powers[:-1])
    cost = np.full(states, 1e-3)
    cost[body.qpos_index(("shoulder", "elbow"))] = 10.0
    effort = 1e-6 * np.eye(model.nu)
    riccati = scipy.linalg.solve_discrete_are(step, by_control, np.diag(cost), effort)
    gain = np.linalg.solve(effort + by_control.T @ riccati @ by_control, by_control.T @ riccati @ step)
    return gain, upright


def _winds(model: Any, joint: int) -> bool:
    return bool(model.joint(joint).name.endswith("_wound"))


def held(name: str, part: float) -> int:
    """From how many starts the arm is upright at the end."""
    body, random = build_body(name), np.random.default_rng(0)
    gain, upright = regulator(body)
    physics = BatchPhysics(body.model, STARTS, 1)
    qpos = np.tile(body.rest_pose, (STARTS, 1))
    joints = body.qpos_index(("shoulder", "elbow"))
    low, high = part * body.limits(("shoulder", "elbow")).T
    qpos[:, joints] = random.uniform(low, high, (STARTS, 2))
    physics.set_state(np.ones(STARTS, bool), qpos, np.zeros((STARTS, body.model.nv)))
    for _ in range(STEPS):
        state = np.concatenate([physics.qpos, physics.qvel], 1)
        physics.set_control(np.clip((upright - state) @ gain.T, -VOLTAGE, VOLTAGE))
        physics.step(SUBSTEPS)
    return int((np.abs(physics.qpos[:, joints]).max(1) < TOLERANCE).sum())


def main() -> None:
    """Count, print and write."""
    rows = {}
    for name in ("arm-sea", "arm-sea-rod"):
        rows[name] = [{"part": part, "starts": STARTS, "held": held(name, part)} for part in PARTS]
        print(name, ", ".join(f"{row['part']}: {row['held']} of {row['starts']}" for row in rows[name]), flush=True)
    FILE.write_text(json.dumps({"wound_m": WOUND, "bodies": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
