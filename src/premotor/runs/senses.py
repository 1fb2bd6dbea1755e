"""What each group of senses is worth to a controller, and whether its network goes on without any.

A nervous system cut from its senses that still moves its muscles in the rhythm of a walk (fictive locomotion) makes
that rhythm itself (Marder & Bucher 2001); one that stops was driven by what it felt.
"""

from collections.abc import Callable, Mapping
from typing import TypedDict

import numpy as np
from jaxtyping import Bool, Float
from scipy.signal import periodogram

from premotor.errors import PremotorError
from premotor.files import write_json
from premotor.networks import Controller
from premotor.runs.episodes import act, prepare
from premotor.runs.evaluation import FIGURES, TEST_SEED, test_episodes
from premotor.runs.figures import Figures
from premotor.runs.run import Run, Which
from premotor.runs.settings import Experiment
from premotor.tasks import Task

FELT, ALONE, SEEN = 2.0, 12.0, 4.0
"""Seconds of an episode before all senses are cut, seconds that follow, and those at their end that are measured."""
KINDS = ("angle", "speed", "force", "contact", "activation", "action")
"""Observations that end so are one group each; the others of the body are one, too."""
STILL = 0.05
"""Below this part of its movement in the intact episodes an action counts as still."""


def sense_groups(task: Task) -> dict[str, Bool[np.ndarray, " observations"]]:
    """Which observations belong to each group of senses, by the ends of their names."""
    felt = np.isin(task.observation_names, task.senses)
    kinds = {kind: np.array([name.endswith(f"_{kind}") for name in task.observation_names]) & felt for kind in KINDS}
    kinds["others"] = felt & ~np.logical_or.reduce(list(kinds.values()))
    return {name: mask for name, mask in kinds.items() if mask.any()}


class Alone(TypedDict):
    """What a network does without its senses."""

    given: list[str]
    """Observations that it still has: commands, a clock."""
    episodes: int
    """Intact episodes whose beginning it felt: those that lasted; 0 where none did, and it is the longest."""
    moves: dict[str, float]
    """How far each action moves, as a part of how far it did before."""
    frequency: float | None
    """Hz; None where it stands still, or drifts more slowly than the time that is measured."""
    cut_at: float
    """s"""
    time: list[float]
    """Of the actions, s."""
    actions: dict[str, list[float]]


class Senses(TypedDict):
    """What ``senses.json`` holds."""

    groups: list[Figures]
    """Figures with each group of senses cut, the first with none."""
    alone: list[Alone]


def cut_senses(
    run: Run[Experiment],
    episodes: int = 50,
    seconds: float | None = None,
    *,
    seed: int = TEST_SEED,
    checkpoint: Which = "best",
    threads: int = 0,
) -> Senses:
    """Cut one group of senses after another in the same episodes; then all, and see whether the network goes on.

    In place of what is cut the controller gets its mean over the intact episodes. Writes ``senses.json``: ``groups``,
    whose first ("intact") cuts nothing, and ``alone``, one for each choice of what else is given (commands; a clock).

    Args:
        run: the run; its task has a body.
        episodes: how many for each group, all with the same starts.
        seconds: length of an episode; by default as in the run's settings.
        seed: of the starts.
        checkpoint: "best", "last", "initial" or the step of a checkpoint.
        threads: of the physics; 0 for one a core.

    Raises:
        PremotorError: no such checkpoint, or a task without a body or senses.
    """
    task = run.task()
    groups = sense_groups(task)
    if task.body is None or not groups:
        raise PremotorError(f"the task {task.name} has no senses of a body to cut")
    controller = run.controller(checkpoint)
    chosen = test_episodes(run, episodes, seconds, seed, threads)
    seen: list[np.ndarray] = []
    records = chosen.run(controller, lambda now: seen.append(now["observation"]))
    observations, alive = np.stack(seen), records["alive"][: len(seen)] > 0
    mean = observations[alive].mean(0)
    rows = [_row("intact", 0, chosen.figures(records))]
    for name, mask in {**groups, "all": np.isin(task.observation_names, task.senses)}.items():
        figures = chosen.figures(chosen.run(controller, felt=_without(mask, mean)))
        rows.append(_row(name, int(mask.sum()), figures))
    told = [name for name in task.observation_names if name not in task.senses]
    clock = [name for name in told if "command" not in name.split("_")]
    alone = [_alone(controller, task, observations, alive, mean, [name for name in told if name not in clock])]
    if clock:
        alone.append(_alone(controller, task, observations, alive, mean, told))
    found: Senses = {"groups": rows, "alone": alone}
    write_json(run.places.senses_file, found)
    return found


def _row(name: str, cut: int, figures: Mapping[str, object]) -> dict[str, object]:
    kept = {key: figures[key] for key in ("walks", *FIGURES) if key in figures}
    return {"name": name, "observations": cut, **kept}


def _without(mask: np.ndarray, mean: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Observations in whose place their mean is felt."""
    return lambda observation: np.where(mask, mean, observation).astype(np.float32)


def _alone(
    controller: Controller,
    task: Task,
    observations: Float[np.ndarray, "steps episodes observations"],
    alive: Bool[np.ndarray, "steps episodes"],
    mean: Float[np.ndarray, " observations"],
    given: list[str],
) -> Alone:
    """What the network does after it has felt a whole episode's beginning and then nothing but what is `given`.

    Returns:
        ``given``; ``episodes``; ``moves``, of each action the standard deviation as a part of that in those episodes;
        ``frequency``, where most of the power lies, Hz (None where nothing moves); ``time`` (s) and ``actions`` of one.
    """
    period = task.control_period
    lasted = np.flatnonzero(alive.all(0))
    whole = lasted if len(lasted) else np.argsort(-alive.sum(0), kind="stable")[:1]
    felt = observations[:, whole]
    cut = _without(~np.isin(task.observation_names, given), mean)
    product, state = prepare(controller), controller.initial_state(len(whole))
    begun, steps = min(round(FELT / period), len(felt) - 1), round(ALONE / period)
    free, intact, actions = state, [], []
    for observation in felt:
        state, chosen = act(controller, product, state, observation)
        intact.append(np.asarray(chosen))
        if len(intact) == begun:
            free = state
    for step in range(steps):
        free, chosen = act(controller, product, free, cut(felt[begun + step % (len(felt) - begun)]))
        actions.append(np.asarray(chosen))
    walked, last = np.stack(intact), np.stack(actions)[-round(SEEN / period) :]
    spread = np.maximum(walked[begun:].std(0).mean(0), 1e-9)
    moves = last.std(0).mean(0) / spread
    frequency, power = periodogram(last, 1 / period, nfft=8 * len(last), axis=0)
    strongest = float(np.median(frequency[1:][power[1:].sum(2).argmax(0)]))
    peak = strongest if moves.max() > STILL and strongest >= 1 / SEEN else None
    shown = np.concatenate([walked[:begun, 0], np.stack(actions)[:, 0]])
    return {
        "given": given,
        "episodes": len(lasted),
        "moves": {name: round(float(part), 4) for name, part in zip(task.action_names, moves, strict=True)},
        "frequency": peak,
        "cut_at": begun * period,
        "time": [round(period * step, 4) for step in range(len(shown))],
        "actions": {name: np.round(shown[:, i], 4).tolist() for i, name in enumerate(task.action_names)},
    }


def goes_on(alone: Alone) -> str:
    """Whether a network goes on when it is cut from its senses, in one sentence."""
    moves, given = alone["moves"], alone["given"]
    kept = f" but for {', '.join(given)}" if given else ""
    parts = sorted(float(part) for part in moves.values())
    some = "" if alone["episodes"] else " (No episode lasted; this is the longest one.)"
    if alone["frequency"] is None:
        return f"Cut from all it receives{kept}, the network has no rhythm: what it feels drives it.{some}"
    return (
        f"Cut from all it receives{kept}, the network goes on at {alone['frequency']:.2f} Hz; its outputs move "
        f"{100 * parts[0]:.0f} to {100 * parts[-1]:.0f}% as far as before.{some}"
    )
