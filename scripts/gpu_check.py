"""The parts of scripts/gpu_check.sh, in the order of what matters; what there is no time for is said."""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from premotor.bodies import BackEnd, PhysicsError
from premotor.errors import PremotorError
from premotor.learning import PPOSettings
from premotor.learning.exploration import Normal
from premotor.learning.ppo import begun
from premotor.learning.ppo_program import roll_out
from premotor.runs import build_circuit, controller_for, load_experiment
from premotor.tasks import build_environment, build_task

BEGAN = time.monotonic()


class Size(NamedTuple):
    """How much is done."""

    parity: int
    """Control steps."""
    environments: tuple[int, ...]
    """Of the throughput; what matters most first."""
    rollout: int
    bodies: dict[str, str]
    """Presets by what walks in them."""
    training: tuple[str, ...]
    """Words of `premotor train`."""


FULL = Size(
    200,
    (4096, 256, 1024, 16384),
    32,
    {"bipeds": "walk", "flies": "fly-legs", "worms": "worm-crawl"},
    ("--learning.environments", "4096", "--learning.steps", "1_000_000_000", "--stop.minutes", "1"),
)
SHORT = Size(
    10,
    (4,),
    4,
    {"bipeds": "walk", "flies": "fly-legs"},
    (
        *("--learning.environments", "4", "--learning.rollout", "4", "--learning.steps", "32"),
        *("--evaluation.episodes", "2", "--evaluation.seconds", "0.2"),
    ),
)


def say(line: str) -> None:
    """A line with the time since the start."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {line}", flush=True)


def parity(preset: str, steps: int) -> str:
    """Observations and rewards of the same actions on both engines, without any bringing together on the way."""
    task = build_task(load_experiment(preset).task)
    exact, quick = (
        build_environment(task, 4, threads=1, seed=3, back_end=BackEnd(device=device)) for device in ("cpu", "mjx")
    )
    exact.reset()
    quick.reset()
    step, copies = jax.jit(quick.control_step), quick.copies
    random, seen, earned, ends = np.random.default_rng(0), [], [], 0
    for _ in range(steps):
        action = (0.3 * random.uniform(-1, 1, (4, len(task.action_names)))).astype(np.float32)
        one = exact.step(action)
        copies, other = step(copies, action)
        seen.append(np.abs(one.final_observation - other.final_observation).max(-1))
        earned.append(np.abs(one.reward - other.reward))
        ends += int((one.terminated != other.terminated).sum() + (one.truncated != other.truncated).sum())
    return (
        f"{steps} control steps: observations differ by {np.median(seen):.1e} (largest {np.max(seen):.1e}), rewards by "
        f"{np.median(earned):.1e} (largest {np.max(earned):.1e}); {ends} ends of episodes in other steps"
    )


def throughput(preset: str, environments: int, rollout: int) -> str:
    """Control steps a second of a roll-out with the controller in the loop, in one program."""
    experiment = load_experiment(preset)
    task = build_task(experiment.task)
    controller = controller_for(build_circuit(experiment.circuit), task, experiment, calibrate=False)
    environment = build_environment(task, environments, back_end=BackEnd(device="mjx"))
    settings = PPOSettings(environments=environments, rollout=rollout, minibatches=1)
    state = begun(controller, environment, settings, *jax.random.split(jax.random.PRNGKey(0)))
    program = jax.jit(lambda state, copies: roll_out(state, copies, environment, settings, None, Normal))
    before = time.monotonic()
    state, copies, _, _ = jax.block_until_ready(program(state, environment.copies))
    compiled, times = time.monotonic() - before, []
    while not times or (len(times) < 5 and sum(times) < 5):
        before = time.monotonic()
        state, copies, _, _ = jax.block_until_ready(program(state, copies))
        times.append(time.monotonic() - before)
    environment.adopt(copies)  # says what went wrong in a world
    engine = environment.physics.engine.implementation
    return (
        f"{environments * rollout / min(times):,.0f} control steps a second ({engine}; best of {len(times)}; the first "
        f"took {compiled:.0f} s), {memory()}"
    )


def memory() -> str:
    """The most that the device had in use, or this process on a CPU."""
    stats = jax.devices()[0].memory_stats()
    if stats and "peak_bytes_in_use" in stats:
        return f"{stats['peak_bytes_in_use'] / 1e9:.2f} GB of the device at most so far"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB of this process at most so far"


def training(words: tuple[str, ...]) -> str:
    """What `premotor train walk --device mjx` comes to.

    Raises:
        RuntimeError: it ended otherwise than well.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "premotor", "train", "walk", "--device", "mjx", "--no-report"]
        command += ["--output", f"{folder}/walk", *words]
        made = subprocess.run(command, capture_output=True, text=True)
        metrics = Path(folder, "walk", "metrics.jsonl")
        rows = [json.loads(line) for line in metrics.read_text().splitlines()] if metrics.exists() else []
    if made.returncode or not rows:
        said = " | ".join(made.stderr.strip().splitlines()[-8:])
        raise RuntimeError(f"ended with status {made.returncode}: {said}")
    lengths = [row["episode_length"] for row in rows if "episode_length" in row] or [float("nan")]
    return (
        f"{rows[-1]['steps']:,} steps in {rows[-1]['seconds']:.0f} s, compiling included; "
        f"{max(row['steps_per_second'] for row in rows):,.0f} a second in the quickest of {len(rows)} iterations; "
        f"episodes lasted {lengths[0]:.0f} steps at first and {lengths[-1]:.0f} in the end"
    )


def tried(name: str, part: Any, *words: Any) -> bool:
    """Say what a part finds, and whether it went well; what this device cannot do is refused, and no failure."""
    try:
        say(f"{name}: {part(*words)}")
    except PremotorError as error:
        say(f"{name}: {error}")
        return not isinstance(error, PhysicsError)
    except RuntimeError as error:  # XLA's errors, such as too little memory, are RuntimeErrors
        say(f"{name}: FAILED, {type(error).__name__}: {str(error).splitlines()[0]}")
        return False
    return True


def main() -> int:
    """All parts, until the time is over; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    size = SHORT if chosen.short else FULL
    say("devices: " + ", ".join(f"{device.platform}:{device.id} {device.device_kind}" for device in jax.devices()))
    well = True
    for name, preset in size.bodies.items():
        if preset == "walk" or not chosen.short:
            well &= tried(f"parity, {name}", parity, preset, size.parity)
    well &= tried("training", training, size.training)
    for environments in size.environments:
        for name, preset in size.bodies.items():
            if time.monotonic() - BEGAN > chosen.seconds - 20:
                say(f"{environments:,} {name}: not measured, no time is left")
            else:
                well &= tried(f"{environments:,} {name}", throughput, preset, environments, size.rollout)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
