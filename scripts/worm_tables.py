"""Tables of docs/howto/worm.md as JSON: python scripts/worm_tables.py start, or ablations RUN.

`start`: the preset before learning, on the connectome and on null models. `ablations`: cell types of a trained run
killed one by one and in pairs, and all synapses among neurons silenced. 16 episodes of 10 s each, seed 2000 of their
starts.
"""

import argparse
import json
from typing import Any

from premotor.networks import Controller
from premotor.runs import Run, build_circuit, load_experiment
from premotor.runs.building import controller_for
from premotor.runs.episodes import Episodes
from premotor.runs.evaluation import TEST_SEED, lesions_of, silenced
from premotor.tasks import build_task

SHOWN = ("crawls", "speed", "frequency", "wavelength", "amplitude", "bend", "wave", "turning", "direction")
NULLS, WIRINGS = ("rewired", "rewired_neuromuscular"), 4
ABLATED = (
    *("AVB", "AVA", "PVC", "DB VB", "DB", "VB", "DA VA", "DD VD", "AS"),
    *("SMD", "SMB", "RMD", "RME", "VC"),
)
GROUPS = ("all chemical", "all electrical", "all recurrent")


def row(episodes: Episodes, controller: Controller, **about: Any) -> dict[str, Any]:
    """What a controller does, printed as it comes."""
    figures = episodes.figures(episodes.run(controller))
    found = about | {name: figures[name] for name in SHOWN}
    print(json.dumps(found), flush=True)
    return found


def start() -> None:
    """The hand-chosen gains of the preset on other wirings."""
    settings = load_experiment("worm-crawl")
    task = build_task(settings.task)
    episodes = Episodes(task, 16, 10.0, TEST_SEED, 1)
    for null in (None, *NULLS):
        for seed in range(WIRINGS if null else 1):
            changed = {"circuit.null": null, "circuit.null_seed": seed} if null else {}
            circuit = build_circuit(load_experiment("worm-crawl", changed).circuit)
            row(episodes, controller_for(circuit, task, settings), wiring=null or "connectome", null_seed=seed)


def ablations(folder: str) -> None:
    """Neurons of a type killed, with their synapses and muscles; nothing is learned again."""
    run = Run(folder)
    intact = run.controller("best")
    episodes = Episodes(run.task(), 16, 10.0, TEST_SEED, 1)
    found = {lesion.name: lesion for lesion in lesions_of(intact, run.circuit.neurons, types=True)}
    row(episodes, intact, ablated="none")
    for types in ABLATED:
        controller = intact
        for name in types.split():
            controller = silenced(controller, found[f"type {name}"])
        row(episodes, controller, ablated=" + ".join(types.split()))
    for name in GROUPS:
        row(episodes, silenced(intact, found[name]), ablated=name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("start", "ablations"))
    parser.add_argument("run", nargs="?", help="of ablations")
    given = parser.parse_args()
    if given.table == "ablations" and given.run is None:
        parser.error("ablations needs a run")
    start() if given.table == "start" else ablations(given.run)
