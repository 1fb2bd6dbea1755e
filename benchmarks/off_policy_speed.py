"""Updates a second of DDPG, and time to the gate, ours beside Stable-Baselines3's.

    python benchmarks/off_policy_speed.py --peer-python .benchmarks/bin/python
    python benchmarks/off_policy_speed.py --peer-python .benchmarks/bin/python --gate
    python benchmarks/off_policy_speed.py --peer-python .benchmarks/bin/python --gate --task pendulum

The task is the muscle arm, or Gymnasium's Pendulum-v1, which both then take from Gymnasium.
Both have the same networks (actor 64-64, critic 64-64-64, rectified units), batch and memory, and one thread. Rounds
of both follow each other, so that a busy machine slows both; medians are printed. `--gate` trains both from the same
number of random steps, with one update a control step, until a test of 50 episodes reaches the gate.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")  # one thread, as the peer

import jax
import numpy as np

from premotor.learning import DDPGSettings, off_policy
from premotor.learning.off_policy.agent import _program
from premotor.networks import MapSettings, MLPSettings, build_controller
from premotor.runs.episodes import Episodes
from premotor.tasks import BalanceTask, build_environment
from premotor.tasks.gymnasium_task import GymnasiumSettings, GymnasiumTask

PEER = Path(__file__).with_name("off_policy_peer.py")
GATES = {"arm": ("earned", -29.0), "pendulum": ("return", -200.0)}
"""The figure that counts, and what it has to reach."""
LAYERS = MLPSettings(hidden=(64, 64), activation="relu", calibrate=False)


def made(task: str) -> Any:
    """The task of our side."""
    return BalanceTask() if task == "arm" else GymnasiumTask(GymnasiumSettings(id="Pendulum-v1", processes=1))


class Ours:
    """Our DDPG."""

    def __init__(self, name: str, batch: int, environments: int, seed: int = 0):
        self.settings = DDPGSettings(
            steps=60_000, batch_size=batch, environments=environments, rollout=500 // environments, buffer_size=100_000
        )
        task = made(name)
        self.environment = build_environment(task, environments, threads=1, seed=seed)
        controller = build_controller(
            None,
            task.observation_names,
            task.action_names,
            network=LAYERS,
            maps=MapSettings(squash="tanh"),
            key=jax.random.PRNGKey(seed),
        )
        self.state = off_policy.initialise(controller, self.environment, self.settings, jax.random.PRNGKey(seed))
        self.program = _program(self.settings)
        self.random = np.random.default_rng(seed)

    def updates(self, count: int, scanned: int) -> float:
        """Updates a second, reading of the memory included, `scanned` of them in one call."""
        state, learnt = self.state, self.state.learnt
        key = jax.random.PRNGKey(0)
        began = time.perf_counter()
        for _ in range(count // scanned):
            rows, states = state.replay.sample(self.random, (scanned, self.settings.batch_size), 1)
            learnt, *_ = self.program(
                state.controller,
                learnt,
                rows,
                states,
                state.state,
                state.observation,
                state.started,
                state.noise,
                key,
                np.float32(1.0),
            )
        jax.block_until_ready(learnt)
        return count / (time.perf_counter() - began)

    def steps(self) -> float:
        """Training steps a second of one iteration, environment and updates included."""
        began = time.perf_counter()
        self.state, _ = off_policy.iterate(self.state, self.environment, self.settings)
        return self.settings.rollout * self.environment.environments / (time.perf_counter() - began)


class Peer:
    """A process of Stable-Baselines3."""

    def __init__(self, python: str, arm: str, batch: int, seed: int = 0):
        command = [python, str(PEER), "--batch", str(batch), "--seed", str(seed), "--arm", arm]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def ask(self, **what: Any) -> dict[str, Any]:
        """One question, one answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def speeds(options: argparse.Namespace, arm: str) -> dict[str, list[float]]:
    """Rates of all contestants, round by round."""
    one, four = Ours(options.task, options.batch, 1), Ours(options.task, options.batch, 4)
    peer = Peer(options.peer_python, arm, options.batch)
    found: dict[str, list[float]] = {}
    for round_ in range(options.rounds + 1):  # the first compiles
        rates = {
            "premotor, updates, one a call": one.updates(options.count, 1),
            "premotor, updates, four a call": four.updates(options.count, 4),
            "Stable-Baselines3, updates": peer.ask(do="updates", count=options.count)["rate"],
            "premotor, training steps, 1 environment": one.steps(),
            "premotor, training steps, 4 environments": four.steps(),
            "Stable-Baselines3, training steps": peer.ask(do="steps", count=options.count)["rate"],
        }
        for name, rate in rates.items():
            if round_:
                found.setdefault(name, []).append(rate)
    peer.close()
    return found


def gates(options: argparse.Namespace, arm: str) -> dict[str, list[float | None]]:
    """Seconds of training until the test reaches the gate, for each seed; None: not within the steps."""
    found: dict[str, list[float | None]] = {"premotor": [], "Stable-Baselines3": []}
    figure, gate = GATES[options.task]
    for seed in range(options.seeds):
        ours, test = Ours(options.task, options.batch, 4, seed), Episodes(made(options.task), 50, None, 1_000, 1)
        ours.updates(8, 4)
        seconds, reached = 0.0, None
        while int(ours.state.steps) < options.most_steps and reached is None:
            began = time.perf_counter()
            for _ in range(4):
                ours.steps()
            seconds += time.perf_counter() - began
            score = test.figures(test.run(ours.state.controller))[figure]
            reached = seconds if score >= gate else None
        found["premotor"].append(reached)
        peer, seconds, reached = Peer(options.peer_python, arm, options.batch, seed), 0.0, None
        for _ in range(options.most_steps // 2_000):
            answer = peer.ask(do="steps", count=2_000, test=50)
            seconds += answer["seconds"]
            if answer["return"] >= gate:
                reached = seconds
                break
        peer.close()
        found["Stable-Baselines3"].append(reached)
        print(json.dumps({"seed": seed, **{name: values[-1] for name, values in found.items()}}), flush=True)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--count", type=int, default=400, help="updates or steps in a burst")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--task", choices=tuple(GATES), default="arm")
    parser.add_argument("--gate", action="store_true", help="seconds of training to the gate instead of rates")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--most-steps", type=int, default=60_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "arm.xml"
        file.write_text(BalanceTask().body.xml)
        arm = str(file) if options.task == "arm" else ""
        if options.gate:
            reached = gates(options, arm)
            if options.json:
                options.json.write_text(json.dumps(reached, indent=1))
            return
        found = speeds(options, arm)
    base = np.median(found["Stable-Baselines3, updates"])
    print("| what | a second: median (least to largest) | × Stable-Baselines3, updates |\n|---|---|---|")
    for name, rates in found.items():
        middle = np.median(rates)
        print(f"| {name} | {middle:,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) | {middle / base:.1f} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
