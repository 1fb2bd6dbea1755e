"""How many control steps a second: physics alone, with the controller in the loop, learning; and the same of peers.

    python benchmarks/training_speed.py
    python benchmarks/training_speed.py --peer-python .benchmarks/bin/python

All figures of a round are taken one after the other and rounds follow each other, so that a machine that slows down
slows all of them; medians are printed. The peers (Stable-Baselines3, SBX) live in an environment of their own:
benchmarks/README.md says how to make it.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from mujoco.batch import Batch

from premotor.learning import PPOSettings, ppo
from premotor.learning.ppo_rollout import Place, acted
from premotor.networks import build_controller
from premotor.runs import Experiment, build_circuit, controller_for, load_experiment
from premotor.tasks import PhysicsEnvironment, build_task
from walker2d import Walker2dTask

PEER = Path(__file__).with_name("peer_training.py")


class Loop:
    """Physics alone, the environment, with the controller in the loop, and learning, on the walk preset."""

    def __init__(self, experiment: Experiment, steps: int):
        self.steps = steps
        self.learning = experiment.learning
        task = build_task(experiment.task)
        controller = controller_for(build_circuit(experiment.circuit), task, experiment)
        count = experiment.learning.environments
        self.batch = Batch(task.body.model, count)
        self.environment = PhysicsEnvironment(task, count)
        self.state = ppo.initialise(controller, self.environment, experiment.learning, jax.random.PRNGKey(0))
        self.start = self.environment.snapshot()  # the same walking states for all parts

    def round(self) -> dict[str, float]:
        """Control steps a second, all environments together, of each part."""
        environment, count = self.environment, self.environment.environments
        total, rates = self.steps * count, {}
        self.batch.state[:] = self.start["physics/state"]
        began = time.perf_counter()
        for _ in range(self.steps):
            self.batch.step(nstep=environment.task.substeps)
        rates["physics alone"] = total / (time.perf_counter() - began)
        environment.restore(self.start)
        still = np.zeros((count, len(environment.task.action_names)), np.float32)
        began = time.perf_counter()
        for _ in range(self.steps):
            environment.step(still)
        rates["environment"] = total / (time.perf_counter() - began)
        environment.restore(self.start)
        controller = self.state.controller
        place = Place(controller.initial_state(count), self.state.observation, np.ones(count, bool))
        began = time.perf_counter()
        acted(controller, jax.random.PRNGKey(1), self.steps, place, environment)  # as PPO does
        rates["controller in the loop"] = total / (time.perf_counter() - began)
        began = time.perf_counter()
        self.state, _ = ppo.iterate(self.state, environment, self.learning)
        jax.block_until_ready(self.state)
        rates["learning"] = self.learning.rollout * count / (time.perf_counter() - began)
        return rates


class Walker:
    """Our PPO with a circuit as controller, on Gymnasium's Walker2d."""

    def __init__(self, model: str, circuit: str):
        task = Walker2dTask(model)
        self.settings = PPOSettings()
        controller = build_controller(
            build_circuit(load_experiment("walk", {"circuit.source": circuit}).circuit),
            task.observation_names,
            task.action_names,
            control_period=task.control_period,
            key=jax.random.PRNGKey(0),
        )
        self.environment = PhysicsEnvironment(task, self.settings.environments)
        self.state = ppo.initialise(controller, self.environment, self.settings, jax.random.PRNGKey(1))

    def round(self) -> float:
        """Training steps a second of one iteration."""
        began = time.perf_counter()
        self.state, _ = ppo.iterate(self.state, self.environment, self.settings)
        jax.block_until_ready(self.state)
        return self.settings.rollout * self.settings.environments / (time.perf_counter() - began)


def parity(record: dict[str, Any]) -> tuple[float, float]:
    """Largest difference of observations and of rewards from Gymnasium's own environment."""
    task = Walker2dTask(record["model"])
    environment = PhysicsEnvironment(task, 1, threads=1)
    start = task.start(jax.random.PRNGKey(0))
    qpos, qvel = (np.asarray(record[name])[None] for name in ("qpos", "qvel"))
    memory = jax.tree.map(lambda _: jnp.asarray(qpos[:, 0]), start.memory)
    environment.place(start._replace(qpos=qpos, qvel=qvel, memory=memory))
    worst = np.zeros(2)
    for action, observation, reward in zip(record["actions"], record["observations"], record["rewards"], strict=True):
        step = environment.step(np.asarray(action, np.float32)[None])
        off = np.abs(step.final_observation[0] - observation).max(), abs(float(step.reward[0]) - reward)
        worst = np.maximum(worst, off)
    return float(worst[0]), float(worst[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuit", default="celegans", help="name or folder of the circuit in the loop")
    parser.add_argument("--environments", type=int, default=256)
    parser.add_argument("--steps", type=int, default=50, help="control steps in each environment and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-python", help="the Python of the peers' environment")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    options = parser.parse_args()
    # Bodies that are held at the start of an episode are not stepped, and all would seem quicker than its physics.
    words: dict[str, Any] = {"circuit.source": options.circuit, "learning.environments": options.environments}
    words["task.settle"] = 0
    loop = Loop(load_experiment("walk", words), options.steps)
    peer: Any = None
    ours = f"Walker2d: premotor PPO, {options.circuit}"
    if options.peer_python:
        command = [options.peer_python, str(PEER), "--actions", "50"]
        peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        record = json.loads(peer.stdout.readline())
        walker = Walker(record["model"], options.circuit)
    figures: dict[str, list[float]] = {}
    for turn in range(options.rounds + 2):  # the first two rounds compile
        rates = {f"biped: {name}": rate for name, rate in loop.round().items()}
        if peer is not None:
            rates[ours] = walker.round()
            peer.stdin.write("go\n")
            peer.stdin.flush()
            rates |= {f"Walker2d: {name}": rate for name, rate in json.loads(peer.stdout.readline()).items()}
        if turn >= 2:
            for name, rate in rates.items():
                figures.setdefault(name, []).append(rate)
    print(f"control steps a second, all environments together; median of {options.rounds} rounds (least to largest)")
    for name, rows in figures.items():
        print(f"  {name:44s}{np.median(rows):>10,.0f}   ({min(rows):,.0f} to {max(rows):,.0f})")
    ratio = np.array(figures["biped: controller in the loop"]) / np.array(figures["biped: physics alone"])
    print(f"controller in the loop / physics alone, {options.environments} environments: {np.median(ratio):.2f}")
    if peer is not None:
        peer.communicate()
        for name in ("sb3 PPO", "SBX PPO", "sb3 RecurrentPPO"):
            ratio = np.array(figures[ours]) / np.array(figures[f"Walker2d: {name}"])
            print(f"premotor / {name}: {np.median(ratio):.1f}")
        observation, reward = parity(record)
        print(f"off Gymnasium's Walker2d by at most {observation:.0e} (observation), {reward:.0e} (reward) in 50 steps")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
