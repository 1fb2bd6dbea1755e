"""Stable-Baselines3 on Gymnasium's Walker2d-v5, and ours on the same model."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from peers.environment import PeerProcess
from throughput_measure import Contestant
from throughput_ours import Alone, Training, experiment_of, named, untrained
from throughput_walker import WalkerTask, parity

STEPPING, LEARNING = "Walker2d-v5: steps under random actions", "Walker2d-v5: training, updates included"
LSTM = "Stable-Baselines3 RecurrentPPO, its defaults"


class Sizes(NamedTuple):
    """How much is done in a burst."""

    environments: int
    """Of ours."""
    peer_environments: int
    iterations: int
    """Of our learning."""
    steps: int
    """Control steps in each environment under random actions."""
    threads: int


def prove_parity(process: PeerProcess, file: Path, steps: int) -> dict[str, Any]:
    """Repeat Gymnasium's own steps with our task.

    Raises:
        AssertionError: they differ, so that comparing speeds would mean nothing.
    """
    found = parity(file, process.ask("record", steps=steps, seed=0))
    assert found.holds(), f"our Walker2d is not Gymnasium's: {found}"
    return found._asdict()


def stepping(process: PeerProcess, file: Path, sizes: Sizes, kind: str) -> list[Contestant]:
    """Environments alone: ours, and theirs with their own best number of environments."""
    ours = Alone(WalkerTask(file), sizes.environments, sizes.threads, sizes.steps)
    theirs = f"Gymnasium, {sizes.peer_environments} environments ({kind})"
    process.ask("vector", name="random", environments=sizes.peer_environments, kind=kind)
    peer_steps = max(1, sizes.steps * sizes.environments // (8 * sizes.peer_environments))
    return [
        Contestant(STEPPING, theirs, partial(process.ask, "random", name="random", steps=peer_steps)),
        Contestant(STEPPING, f"ours, {sizes.environments} environments", ours.run, ours.before, against=theirs),
    ]


def training(
    process: PeerProcess,
    file: Path,
    sizes: Sizes,
    kind: str,
    circuits: list[str],
    say: Callable[[str], None],
) -> list[Contestant]:
    """Learners: theirs by their defaults and with our batches, ours with each circuit; ratios to the LSTM's."""
    task = WalkerTask(file)
    walk = experiment_of("celegans", sizes.environments, sizes.threads)
    ours = walk.learning
    same = {
        "n_steps": ours.rollout,
        "n_epochs": ours.epochs,
        "batch_size": ours.rollout * ours.environments // ours.minibatches,
    }
    alike = f"{ours.environments} × {ours.rollout} steps, {ours.epochs} epochs of {ours.minibatches} batches"
    peers: list[tuple[str, str, int, str, dict[str, Any]]] = [
        (LSTM, "RecurrentPPO", sizes.peer_environments, kind, {}),
        ("Stable-Baselines3 PPO (MLP), its defaults", "PPO", sizes.peer_environments, kind, {}),
        (f"RecurrentPPO with our batches ({alike})", "RecurrentPPO", ours.environments, "DummyVecEnv", same),
    ]
    found = []
    for name, algorithm, environments, vector, options in peers:
        say(f"setting up {name}")
        process.ask("learner", name=name, algorithm=algorithm, environments=environments, kind=vector, options=options)
        run = partial(process.ask, "learn", name=name, iterations=1)
        found.append(Contestant(LEARNING, name, run, against=None if name == LSTM else LSTM))
    for source in circuits:
        name = f"premotor PPO, {named(source)} ({alike})"
        say(f"setting up {name}")
        experiment = experiment_of(source, sizes.environments, sizes.threads)
        _, controller = untrained(experiment, task)
        loop = Training(experiment, task, controller, False, sizes.iterations)
        found.append(Contestant(LEARNING, name, loop.run, loop.before, against=LSTM))
    return found
