"""Membrane potentials of chosen cells in a recorded test, which drives the network again."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.learning.plasticity.loop import STEP
from premotor.networks.spiking.event_driven.events import COUNTED, SPIKES
from premotor.runs.spiking.records import cell_groups, read_test, seen, tested_weights
from premotor.runs.spiking.run import SpikingRun


def chosen_cells(run: SpikingRun, words: str) -> NDArray[np.int64]:
    """Cells by number from ``EM left,IA:0-3,17``: populations (or the part of one that votes for an action), the first
    to the fourth cell of one, and numbers.

    Raises:
        PremotorError: there is no such population or cell.
    """
    network = run.network()
    groups = {**cell_groups(run), **network.populations}
    found: list[int] = []
    for word in filter(None, (part.strip() for part in words.split(","))):
        name, colon, between = word.partition(":")
        first, _, last = between.partition("-")
        try:
            members = np.array([int(name)]) if name.isdecimal() else groups[name]
            picked = members[int(first) : int(last or first) + 1] if colon else members
        except KeyError:
            raise PremotorError(f"--potentials: there are no cells {name!r}; there are {', '.join(groups)}") from None
        except ValueError:
            raise PremotorError(f"--potentials: {word!r} is no range of cells; one looks like EA:0-3") from None
        if not len(picked) or picked.max() >= network.cells:
            raise PremotorError(f"--potentials: {word!r} names no cell; the network has {network.cells}")
        found += picked.tolist()
    if not found:
        raise PremotorError("--potentials names no cells; a population does, as EM")
    return np.array(list(dict.fromkeys(found)))


def potentials_of_test(
    run: SpikingRun, cells: NDArray[np.int64], *, seconds: float = 10.0, every: float = 1.0
) -> pd.DataFrame:
    """Membrane potentials in the recorded test.

    Args:
        run: the run.
        cells: by number.
        seconds: of the test, from its beginning on, at most.
        every: ms between two samples; a whole number of them fits into a step of the task.

    Returns:
        One row a sample: time (s), and a column ``cell_<number>`` for each cell, mV.

    Raises:
        PremotorError: there is no recorded test, its weights have changed since, or samples do not fit into steps.
    """
    record = read_test(run)
    agent = run.agent(tested_weights(record), int(record.figures.get("seed", 0)))
    state, interface, network = agent.state, agent.interface, agent.network
    samples = round(interface.step / every) if every > 0 else 0
    if samples < 1 or abs(samples * every - interface.step) > 1e-9 or not seconds > 0:
        raise PremotorError(
            f"potentials every {every:g} ms for {seconds:g} s: a step of {interface.step:g} ms has to hold a whole "
            "number of samples, and seconds be more than 0"
        )
    steps = min(len(record.observation), max(1, round(1000.0 * seconds / interface.step)))
    table, kinds = network.wiring.table, network.cell_type[cells]
    times = (np.arange(steps * samples) + 1) * every
    values = np.empty((len(times), len(cells)))
    fresh = seen(record.length, interface.hold)
    for step, observation in enumerate(record.observation[:steps]):
        if fresh[step]:
            agent.encode_observation(state, interface, agent.world, observation)
        for sample in range(samples):
            row = step * samples + sample
            network.advance(network.wiring, state, times[row])
            values[row] = network.cell.potential(table, kinds, state.cells[cells], float(times[row]))
        agent.world.book[STEP] += 1
        counts = np.bincount(state.spike_cell[: state.cursor[SPIKES]], minlength=network.cells)
        state.cursor[SPIKES] = state.cursor[COUNTED] = 0
        if (counts != record.counts[step]).any():
            raise PremotorError(
                f"the weights of {run.folder} are no longer those of its recorded test; test again with: premotor "
                f"spiking evaluate {run.folder}"
            )
    columns = {f"cell_{cell}": values[:, place] for place, cell in enumerate(cells)}
    return pd.DataFrame({"time": times / 1000.0, **columns})
