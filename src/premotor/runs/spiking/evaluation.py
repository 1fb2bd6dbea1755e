"""Tests of a spiking agent without learning, and what its network does when inputs are driven by hand."""

from typing import NamedTuple, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.files import replace_atomically, write_json
from premotor.learning.plasticity import Episodes, PlasticitySettings
from premotor.networks.spiking.event_driven.events import SPIKES, set_intervals
from premotor.runs.arrays import save_arrays
from premotor.runs.spiking.run import Arena, SpikingRun


class TestFigures(TypedDict):
    """What episodes of a spiking agent came to; returns are steps in CartPole."""

    episodes: int
    score: float
    mean: float
    median: float
    least: float
    most: float
    undecided: float
    """The part of the steps without a decision."""
    learning: bool
    """Whether plasticity was at work."""
    rates: NotRequired[dict[str, float]]
    """Of each population, Hz; this and the next two of a test that was recorded."""
    right: NotRequired[float]
    """The part of the actions that is 1."""
    reward: NotRequired[float]
    """Mean of a step."""


class RunTestFigures(TestFigures):
    """Those of a run, and of which of its weights."""

    checkpoint: str
    step: int
    iteration: int
    seed: int
    only: int | None
    """The episode whose start all of them have; None: each its own."""


class Tested(NamedTuple):
    """A test: its figures and everything that happened."""

    figures: TestFigures
    episodes: Episodes


def try_weights(
    arena: Arena,
    weights: NDArray[np.float64],
    episodes: int,
    seed: int,
    *,
    only: int | None = None,
    record: bool = False,
    learn: PlasticitySettings | None = None,
) -> Tested:
    """Episodes from the start states that Gymnasium draws with `seed`.

    Args:
        arena: whose network it is.
        weights: plastic weights, (plastic,).
        episodes: how many.
        seed: of the start states and the random actions.
        only: the start state of this episode for all of them.
        record: whether everything is recorded, not episode lengths alone.
        learn: by which rules plasticity is at work, with what each episode taught kept for the next; None: it is not.
    """
    agent = arena.agent(weights, seed)
    if learn is not None:
        agent.learn_by(learn)
    starts = arena.starts(episodes if only is None else only + 1, seed)
    if only is not None:
        starts = np.repeat(starts[only : only + 1], episodes, axis=0)
    result = arena.play(agent, starts, learn=learn is not None, record=record)
    returned = result.returned
    figures: TestFigures = {
        "episodes": episodes,
        "score": float(returned.mean()),
        "mean": float(returned.mean()),
        "median": float(np.median(returned)),
        "least": float(returned.min()),
        "most": float(returned.max()),
        "undecided": float(result.undecided.sum() / result.length.sum()),
        "learning": learn is not None,
    }
    if record:
        seconds = len(result.action) * arena.settings.interface.step / 1000.0
        populations = agent.network.populations
        figures["rates"] = {
            name: float(result.counts[:, cells].sum() / len(cells) / seconds) for name, cells in populations.items()
        }
        figures["right"] = float((result.action == 1).mean())
        figures["reward"] = float(result.reward.mean())
    return Tested(figures, result)


def evaluate_spiking(
    run: SpikingRun,
    episodes: int = 100,
    *,
    seed: int = 42,
    checkpoint: str | int = "best",
    only: int | None = None,
    learn: bool = False,
) -> RunTestFigures:
    """Test an agent; write ``evaluations/test.json`` and ``evaluations/trace.safetensors``.

    Args:
        run: the run.
        episodes: how many.
        seed: of the start states, those of Gymnasium with that seed.
        checkpoint: "best", "last", "initial" or an iteration.
        only: rerun the start state of this episode again and again.
        learn: whether plasticity stays at work; the files are then called ``learning`` instead of ``test``.

    Raises:
        PremotorError: no such checkpoint, or fewer than one episode.
    """
    if episodes < 1 or (only is not None and only < 0):
        raise PremotorError(f"episodes is {episodes} and only {only}; at least 1 and 0 are needed")
    iteration = run.iteration_of(checkpoint)
    rules = run.settings.rules_after(run.steps_at(iteration)) if learn else None
    test = try_weights(run.arena, run.weights(checkpoint), episodes, seed, only=only, record=True, learn=rules)
    figures: RunTestFigures = {
        "checkpoint": str(checkpoint),
        "step": iteration,
        "iteration": iteration,
        "seed": seed,
        "only": only,
        **test.figures,
    }
    run.evaluations_folder.mkdir(exist_ok=True)
    name = ("learning" if learn else "test") if only is None else f"rerun-{only}"
    with replace_atomically(run.evaluations_folder / f"{name}.safetensors") as aside:
        save_arrays(aside, test.episodes._asdict())
    write_json(run.evaluations_folder / f"{name}.json", figures)
    return figures


def mock_inputs(
    run: SpikingRun,
    *,
    checkpoint: str | int = "best",
    company: bool = True,
    repeats: int = 10,
    steps: int = 2,
    rest: int = 2,
    seed: int = 0,
) -> dict[str, NDArray]:
    """Drive each input and count the spikes of every cell: the network's receptive fields.

    Writes ``evaluations/mock.safetensors``.

    Args:
        run: the run.
        checkpoint: "best", "last", "initial" or an iteration.
        company: with one random input of every other variable, a new one in each repeat; else alone.
        repeats: of each input.
        steps: of the task for which an input is driven.
        rest: steps without input before each.
        seed: of the company.

    Returns:
        `rate`, Hz, (inputs, cells), and `votes`, spikes for each action in a step, (inputs, actions).
    """
    agent = run.agent(checkpoint)
    network, interface, random = agent.network, agent.interface, np.random.default_rng(seed)
    bins = [len(field.edges()) + 1 for field in run.settings.interface.fields]
    begin = np.concatenate([[0], np.cumsum(bins)])
    counts = np.zeros((begin[-1], network.cells), np.int64)
    off = np.full(begin[-1], np.inf)
    number = 0
    for source in np.tile(np.arange(begin[-1]), repeats):
        interval = off.copy()
        if company:
            interval[begin[:-1] + random.integers(0, bins)] = interface.period
            own = int(np.searchsorted(begin, source, side="right")) - 1
            interval[begin[own] : begin[own + 1]] = np.inf
        interval[source] = interface.period
        for step in range(rest + steps):
            set_intervals(agent.state, interval if step >= rest else off, number * interface.step, interface.restart)
            number += 1
            network.advance(network.wiring, agent.state, number * interface.step)
            count = agent.state.cursor[SPIKES]
            if step >= rest:
                counts[source] += np.bincount(agent.state.spike_cell[:count], minlength=network.cells)
            agent.state.cursor[SPIKES] = 0
    times = repeats * steps
    actions = range(int(interface.action.max()) + 1)
    votes = np.stack([counts[:, interface.action == action].sum(1) for action in actions], axis=1) / times
    result = {"rate": counts / (times * interface.step / 1000.0), "votes": votes}
    run.evaluations_folder.mkdir(exist_ok=True)
    with replace_atomically(run.evaluations_folder / "mock.safetensors") as aside:
        save_arrays(aside, result)
    return result


def unmoved_inputs(run: SpikingRun, found: dict[str, NDArray]) -> dict[str, list[int]]:
    """Inputs for which `mock_inputs` found as many votes for each action, by what is the reason."""
    network, votes, rate = run.network(), found["votes"], found["rate"]
    reasons: dict[str, list[int]] = {}
    for number in np.flatnonzero(votes.max(1) == votes.min(1)):
        driven = network.post[network.pre == network.cells + number]
        beyond = np.setdiff1d(np.flatnonzero(rate[number]), driven)
        if not rate[number, driven].any():
            reason = "the input cell itself is silent"
        elif not votes[number].any():
            reason = "the input cell fires, but no cell after it" if not len(beyond) else "no voting cell fires"
        else:
            reason = "all actions get as many votes"
        reasons.setdefault(reason, []).append(int(number))
    return reasons
