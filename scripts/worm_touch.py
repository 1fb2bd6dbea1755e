"""Tables of docs/results/worm-touch.md, printed as Markdown; the raw numbers go to docs/data/worm-touch.json.

    python scripts/worm_touch.py routing          # which command neurons a touch reaches, through which wiring
    python scripts/worm_touch.py ablations RUN    # published ablations in a run of worm-touch

**Routing.** No body, nothing learned: the network of the preset worm-crawl, all gains 1, with a current of 1 into the
touch receptors until it settles. A touch at the head should excite the backward command neurons AVA more than the
forward ones AVB, one at the tail AVB more than AVA. `p` is the part of the null wirings that do so at least as much.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from premotor.connectome import Circuit, load_circuit, nulls
from premotor.files import read_json, write_json
from premotor.networks import CellTypeNetwork
from premotor.runs import Run
from premotor.runs.episodes import Episodes
from premotor.runs.evaluation import TEST_SEED, lesions_of, silenced
from premotor.tasks import build_task

FILE = Path(__file__).parent.parent / "docs" / "data" / "worm-touch.json"
SIGNS = {"kunert2014": "excites", "default": "inhibits"}
"""Policies of signs, and what glutamate, the transmitter of touch receptors, does in them."""
TOUCHES = {"front": (("ALM", "AVM"), "AVA", "AVB"), "tail": (("PLM",), "AVB", "AVA")}
"""Receptors, the command neurons that move the worm away from the touch, and those that move it there."""
WIRINGS, EPISODES = 200, 100
ABLATIONS = (
    ("", "", ""),
    ("ALM AVM", "front touch is not felt", "Chalfie and Sulston 1981"),
    ("PLM", "tail touch is not felt", "Chalfie and Sulston 1981"),
    ("AVD", "front touch no longer reverses", "Chalfie et al. 1985"),
    ("PVC", "tail touch no longer advances", "Chalfie et al. 1985"),
    ("AVA", "backward lost", "Chalfie et al. 1985"),
    ("AVB", "forward halting or lost", "Chalfie et al. 1985"),
    ("DB VB", "forward lost", "Chalfie et al. 1985"),
    ("DA VA", "backward lost", "Chalfie et al. 1985"),
)
SHOWN = ("before", "reverses", "advances", "goes_on", "score")


def answers(circuit: Circuit) -> dict[str, float]:
    """By how much each touch excites the command neurons of the way out more than those of the way in."""
    step = CellTypeNetwork(circuit).numpy_step()
    types = circuit.neurons["type"].to_numpy()
    found = {}
    for name, (receptors, away, towards) in TOUCHES.items():
        current, rates = np.isin(types, receptors).astype(float)[:, None], np.zeros((len(types), 1))
        for _ in range(500):
            rates = step(rates, current)
        found[name] = float(rates[types == away].mean() - rates[types == towards].mean())
    return found


def routing(_: str | None) -> dict[str, Any]:
    """The connectome beside rewired wirings, for both signs of glutamate."""
    rows = []
    for policy, does in SIGNS.items():
        circuit = load_circuit("celegans").with_signs(policy)
        own = answers(circuit)
        others = [answers(nulls.rewired(circuit, seed=seed)) for seed in range(WIRINGS)]
        for touch, value in own.items():
            null = np.array([each[touch] for each in others])
            rows.append(
                {
                    "glutamate": does,
                    "touch": touch,
                    "connectome": round(value, 5),
                    "rewired, mean": round(float(null.mean()), 5),
                    "rewired, std": round(float(null.std(ddof=1)), 5),
                    "p": round(float((1 + (null >= value).sum()) / (1 + len(null))), 4),
                }
            )
            print(rows[-1], flush=True)
    table(rows)
    return {"wirings": WIRINGS, "rows": rows}


def ablations(run: str | None) -> dict[str, Any]:
    """What a run does without some types of neurons, beside what was published."""
    if run is None:
        raise SystemExit("ablations: which run of worm-touch?")
    folder = Run(run)
    whole, neurons = folder.controller("best"), folder.circuit.neurons
    settings = folder.settings.task
    episodes = Episodes(build_task(settings), EPISODES, settings.seconds, TEST_SEED)
    lesions = {lesion.name: lesion for lesion in lesions_of(whole, neurons, types=True)}
    rows = []
    for types, finding, source in ABLATIONS:
        controller = whole
        for name in types.split():
            controller = silenced(controller, lesions[f"type {name}"])
        figures = episodes.figures(episodes.run(controller))
        about = {"ablated": types.replace(" ", " + ") or "none"}
        about |= {name: round(figures[name], 3) for name in SHOWN}
        rows.append(about | {"published": f"{finding} ({source})" if finding else ""})
        print(rows[-1], flush=True)
    table(rows)
    return {"run": folder.settings.name, "seed": folder.settings.seed, "episodes": EPISODES, "rows": rows}


def table(rows: list[dict[str, Any]]) -> None:
    """Print as Markdown."""
    print("\n| " + " | ".join(rows[0]) + " |")
    print("|---" * len(rows[0]) + "|")
    for row in rows:
        print("| " + " | ".join(str(value).replace("-", "−") for value in row.values()) + " |")


TABLES = {made.__name__: made for made in (routing, ablations)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("run", nargs="?", help="a run folder, for ablations")
    given = parser.parse_args()
    made = TABLES[given.table](given.run)
    write_json(FILE, (read_json(FILE) if FILE.exists() else {}) | {given.table: made})
