"""How fast the fly is: its physics alone, and the task around it, timed in turns.

    python benchmarks/fly.py --environments 64 --threads 2

Prints a Markdown table of physics steps (0.2 ms each) a second, all worlds together; 5,000 are real time for one fly.
Every fly walks an open-loop tripod, so that feet come down and lift.
"""

import argparse
import sys

import numpy as np

from premotor.bodies import BatchPhysics
from premotor.tasks import FlyTask, FlyWalkSettings, PhysicsEnvironment
from turns import Contestant, markdown, measure, rows

SECTION = "Physics steps a second of the fly"


def contestants(joints: int, environments: int, threads: int, steps: int) -> list[Contestant]:
    """The physics alone, and the environment with the task in it; each burst has `steps` control steps."""
    task = FlyTask(FlyWalkSettings(joints=joints, seconds=1e6))
    body, gait = task.body, task.reference
    assert gait is not None
    pose = gait.qpos(2 * np.pi * np.arange(steps) * task.control_period / gait.stride_period)[:, 3:]
    low, high = (np.asarray(task.control(np.full(joints, end)))[body.actuated_ctrl] for end in (-1.0, 1.0))
    actions = np.clip(2 * (pose - low) / (high - low) - 1, -1, 1)
    physics = BatchPhysics(body.model, environments, threads)
    qpos = np.tile(body.rest_pose, (environments, 1))
    physics.set_state(np.ones(environments, bool), qpos, np.zeros((environments, body.model.nv)))
    environment = PhysicsEnvironment(task, environments, threads=threads)
    environment.reset()
    control = np.ones((environments, body.model.nu))

    def alone() -> int:
        for row in pose:
            control[:, body.actuated_ctrl] = row
            physics.set_control(control)
            physics.step(task.substeps)
        return steps * environments * task.substeps

    def whole() -> int:
        for row in actions:
            environment.step(np.tile(row, (environments, 1)))
        return steps * environments * task.substeps

    name = f"{joints} joints, physics alone"
    return [
        Contestant(SECTION, name, alone),
        Contestant(SECTION, f"{joints} joints, environment", whole, against=name),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--environments", type=int, default=64, help="flies (default 64)")
    add("--threads", type=int, default=0, help="of the physics; 0 (default) for one a core")
    add("--runs", type=int, default=5, help="timed rounds (default 5)")
    add("--steps", type=int, default=20, help="control steps of 10 ms in a burst (default 20)")
    add("--joints", type=int, action="append", help="42, 18 or 12; may be given several times (default all)")
    args = parser.parse_args()
    timed: list[Contestant] = []
    for joints in args.joints or (42, 18, 12):
        timed += contestants(joints, args.environments, args.threads, args.steps)
    measure(timed, args.runs, lambda text: print(text, file=sys.stderr, flush=True))
    print(markdown(rows(timed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
