"""How fast the fly is: its physics alone, the task around it, and six leg circuits in the loop, timed in turns.

    python benchmarks/fly.py --environments 64 --threads 2

Prints a Markdown table of physics steps (0.2 ms each) a second, all worlds together; 5,000 are real time for one fly.
Every fly walks an open-loop tripod, so that feet come down and lift. With `--flygym PYTHON`, the Python of an
environment with flygym, its own simulation of one fly takes its turns, too, at its own step of 0.1 ms: the ratio of
*simulated time* is twice that of steps.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from premotor.bodies import BatchPhysics
from premotor.runs import shipped
from premotor.tasks import FlyWalkSettings, FlyWalkTask, PhysicsEnvironment
from turns import Contestant, markdown, measure, rows

SECTION = "Physics steps a second of the fly"


def contestants(body_name: str, joints: int, environments: int, threads: int, steps: int) -> list[Contestant]:
    """The physics alone, and the environment with the task in it; each burst has `steps` control steps."""
    task = FlyWalkTask(FlyWalkSettings(body=body_name, joints=joints, seconds=1e6))
    body, speed = task.body, jnp.asarray(15.0)
    phase = 2 * np.pi * float(task.gait.rate(speed)) * task.control_period * np.arange(steps)
    targets = np.asarray(jax.vmap(lambda at: task.gait.target(speed, at))(jnp.asarray(phase)))
    actions = np.asarray(task.action_for(jnp.asarray(targets)))
    zero = jnp.zeros(())
    begin = task.start_at(zero, speed, zero, zero, jax.random.PRNGKey(0))
    start = jax.tree.map(lambda value: np.tile(value, (environments,) + (1,) * np.ndim(value)), begin)
    physics = BatchPhysics(body.model, environments, threads)
    environment = PhysicsEnvironment(task, environments, threads=threads)
    control = np.ones((environments, body.model.nu))

    def alone() -> int:
        for row in targets:
            control[:, body.actuated_ctrl] = row
            physics.set_control(control)
            physics.step(task.substeps)
        return steps * environments * task.substeps

    def whole() -> int:
        for row in actions:
            environment.step(np.tile(row, (environments, 1)))
        return steps * environments * task.substeps

    def again() -> None:
        physics.set_state(np.ones(environments, bool), start.qpos, start.qvel)

    def placed() -> None:
        environment.place(start)

    name = f"{body_name}, {joints} joints, physics alone"
    return [
        Contestant(SECTION, name, alone, before=again),
        Contestant(SECTION, f"{body_name}, {joints} joints, environment", whole, before=placed, against=name),
    ]


def with_brain(environments: int, threads: int, steps: int, against: str) -> Contestant:
    """The shipped controller of 858 neurons, six leg circuits, closes the loop; it walks."""
    made = shipped("fly-legs")
    environment = PhysicsEnvironment(made.task, environments, threads=threads)
    controller, product = made.controller, made.controller.product()
    act = eqx.filter_jit(controller.select_action)
    state, observation = controller.initial_state(environments), environment.reset()

    def walk() -> int:
        nonlocal state, observation
        for _ in range(steps):
            state, action = act(product, state, observation)
            observation = environment.step(np.clip(np.asarray(action), -1, 1)).observation
        return steps * environments * made.task.substeps

    def placed() -> None:
        nonlocal state, observation
        state, observation = controller.initial_state(environments), environment.reset()

    return Contestant(SECTION, "fly, 18 joints, six leg circuits in the loop", walk, before=placed, against=against)


def flygym_contestant(python: str, steps: int) -> Contestant:
    """flygym's own loop in another process, `steps` physics steps a burst; it answers when they are done."""
    peer = subprocess.Popen(
        [python, str(Path(__file__).with_name("fly_flygym.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert peer.stdin is not None and peer.stdout is not None
    given, told = peer.stdin, peer.stdout
    timestep = told.readline().strip()
    if not timestep:
        raise SystemExit(f"{python} benchmarks/fly_flygym.py gave no answer")

    def burst() -> int:
        given.write(f"{steps}\n")
        given.flush()
        if not told.readline():
            raise SystemExit("flygym's process ended")
        return steps

    return Contestant(SECTION, f"flygym's own loop, one fly, step {timestep} s", burst)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--environments", type=int, default=64, help="flies (default 64)")
    add("--threads", type=int, default=0, help="of the physics; 0 (default) for one a core")
    add("--runs", type=int, default=5, help="timed rounds (default 5)")
    add("--steps", type=int, default=20, help="control steps of 5 ms in a burst (default 20)")
    add("--flygym", metavar="PYTHON", help="of an environment with flygym, whose own loop is timed, too")
    add("--body", action="append", help="fly (default) or neuromechfly; may be given several times")
    add("--joints", type=int, action="append", help="42, 18 or 12; may be given several times (default all)")
    add("--json", type=Path, help="file for the table's rows")
    args = parser.parse_args()
    timed: list[Contestant] = []
    if args.flygym:
        timed.append(flygym_contestant(args.flygym, 2_000))
    for joints in args.joints or (42, 18, 12):
        for body in args.body or ("fly",):
            timed += contestants(body, joints, args.environments, args.threads, args.steps)
            if (body, joints) == ("fly", 18):
                timed.append(with_brain(args.environments, args.threads, args.steps, timed[-2].name))
    for contestant in timed[1:] if args.flygym else ():
        contestant.against = contestant.against or timed[0].name
    measure(timed, args.runs, lambda text: print(text, file=sys.stderr, flush=True))
    table = rows(timed)
    print(markdown(table))
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
