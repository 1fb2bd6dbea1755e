"""Which action a spiking agent takes for every combination of inputs: its policy as a table."""

from math import prod

import numpy as np
from numpy.typing import NDArray

from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.files import replace_atomically
from premotor.learning.plasticity import in_parallel
from premotor.networks.spiking.event_driven.events import COUNTED, SPIKES, set_intervals
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.spiking.run import SpikingRun

FILE = "combinations.safetensors"
MOST = 2_000_000
"""Combinations."""


def mock_combinations(
    run: SpikingRun,
    *,
    checkpoint: str | int = "best",
    stride: int = 1,
    rest: int = 2,
    chunks: int = 40,
    threads: int = 0,
) -> dict[str, NDArray]:
    """Drive every combination of one input of each variable for a step, and count the votes for each action.

    Combinations come in a random but fixed order, in chunks that each begin with the network at rest. Every finished
    chunk is kept, so that a killed call goes on. Writes ``evaluations/combinations.safetensors``.

    Args:
        run: the run.
        checkpoint: "best", "last", "initial" or an iteration.
        stride: one bin in this many of each variable is taken.
        rest: steps without input before each combination.
        chunks: how many parts.
        threads: chunks side by side; 0 for one a core. The numbers do not depend on it.

    Returns:
        `votes`, spikes for each action, (bins of variable 0, …, actions), and `bins`, the bins driven of each variable
        one variable after another, with `sizes`, how many of each.

    Raises:
        PremotorError: a stride, rest or number of chunks that makes no sense.
    """
    if stride < 1 or rest < 0 or chunks < 1:
        raise PremotorError(f"stride {stride}, rest {rest} and chunks {chunks} are needed to be at least 1, 0 and 1")
    bins = [len(field.edges()) + 1 for field in run.settings.interface.fields]
    chosen = [np.arange(min(stride // 2, size - 1), size, stride) for size in bins]
    sizes = [len(one) for one in chosen]
    if prod(sizes) > MOST:
        raise PremotorError(f"there are {prod(sizes):,} combinations, but at most {MOST:,} are driven: raise stride")
    begin = np.concatenate([[0], np.cumsum(bins)])[:-1]
    grid = np.stack(np.meshgrid(*(a + b for a, b in zip(chosen, begin, strict=True)), indexing="ij"), axis=-1)
    inputs = grid.reshape(-1, len(bins))
    order = np.random.default_rng(0).permutation(len(inputs))
    parts = np.array_split(order, min(chunks, len(order)))
    iteration = run.iteration_of(checkpoint)
    weights = run.weights(checkpoint)
    folder = run.evaluations_folder / f".combinations-{iteration}-{stride}-{rest}-{len(parts)}"
    folder.mkdir(parents=True, exist_ok=True)

    def count(number: int) -> NDArray[np.uint8]:
        file = folder / f"{number:04d}.safetensors"
        if file.exists():
            kept = load_arrays(file)
            if kept["weights"].tobytes() == weights.tobytes():
                return kept["votes"]
        votes = _votes(run, weights, inputs[parts[number]], rest)
        with replace_atomically(file) as aside:
            save_arrays(aside, {"votes": votes, "weights": weights})
        return votes

    counted = in_parallel(count, range(len(parts)), threads or available_cores())
    actions = counted[0].shape[1]
    votes = np.zeros((len(inputs), actions), np.uint8)
    for part, found in zip(parts, counted, strict=True):
        votes[part] = found
    result: dict[str, NDArray] = {
        "votes": votes.reshape(*sizes, actions),
        "bins": np.concatenate(chosen),
        "sizes": np.array(sizes),
        "iteration": np.array(iteration),
    }
    with replace_atomically(run.evaluations_folder / FILE) as aside:
        save_arrays(aside, result)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return result


def stride_for(run: SpikingRun, most: int = 12_000) -> int | None:
    """The smallest stride that leaves at most so many combinations, with 2 bins at least of each variable; or None."""
    bins = [len(field.edges()) + 1 for field in run.settings.interface.fields]
    for stride in range(1, min(bins) // 2 + 1):
        if prod(-(-(size - min(stride // 2, size - 1)) // stride) for size in bins) <= most:
            return stride
    return None


def read_combinations(run: SpikingRun) -> dict[str, NDArray] | None:
    """What `mock_combinations` wrote, or None."""
    file = run.evaluations_folder / FILE
    return load_arrays(file) if file.exists() else None


def _votes(run: SpikingRun, weights: NDArray, inputs: NDArray, rest: int) -> NDArray[np.uint8]:
    agent = run.agent("initial")
    agent.weights = weights
    state, interface, wiring = agent.state, agent.interface, agent.network.wiring
    actions = int(interface.action.max()) + 1
    votes = np.zeros((len(inputs), actions), np.uint8)
    off = np.full(agent.network.sources, np.inf)
    time = 0.0
    for number, driven in enumerate(inputs):
        if rest:
            set_intervals(state, off, time, interface.restart)
            for _ in range(rest):
                time += interface.step
                agent.network.advance(wiring, state, time)
                state.cursor[SPIKES] = state.cursor[COUNTED] = 0
        interval = off.copy()
        interval[driven] = interface.period
        set_intervals(state, interval, time, interface.restart)
        time += interface.step
        agent.network.advance(wiring, state, time)
        voted = interface.action[state.spike_cell[: state.cursor[SPIKES]]]
        votes[number] = np.minimum(np.bincount(voted[voted >= 0], minlength=actions), 255)
        state.cursor[SPIKES] = state.cursor[COUNTED] = 0
    return votes
