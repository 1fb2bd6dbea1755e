"""What the long form of `premotor reproduce hasegan2022` has found before it is finished.

    python scripts/hasegan2022_so_far.py FOLDER      # of the reproduction

Its page needs every stage. This takes the stage of plasticity, which has to be done, the networks before learning, and
of evolution as many iterations as there are, and writes docs/data/hasegan2022-long.json.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from premotor.files import write_json
from premotor.report.reproductions.hasegan2022 import Hasegan2022
from premotor.runs.spiking import SpikingRun

FILE = Path(__file__).parent.parent / "docs" / "data" / "hasegan2022-long.json"


def spread(values: Any) -> dict[str, float]:
    """Mean, least and most."""
    found = np.asarray(values, float)
    return {"mean": float(found.mean()), "least": float(found.min()), "most": float(found.max())}


def evolved(folder: Path) -> dict[str, Any]:
    """A wiring's evolution: the mean fitness of four iterations, and when it came to 195 and 475."""
    metrics = SpikingRun(folder).metrics
    four = metrics["fitness"].rolling(4).mean()
    reached = {str(goal): metrics["iteration"][four >= goal].head(1).tolist() for goal in (195, 475)}
    return {
        "run": folder.name,
        "iterations": int(metrics["iteration"].iloc[-1]),
        "episodes": int(metrics["episodes"].sum()),
        "steps": int(metrics["steps"].iloc[-1]),
        "minutes": float(metrics["seconds"].max() / 60),
        "iteration_that_reached": reached,
        "best_mean_of_four": float(four.max()),
        "last_mean_of_four": float(four.iloc[-1]),
        "mean_of_four_every_20": [round(float(value), 1) for value in four.iloc[19::20]],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    made = Hasegan2022(parser.parse_args().folder)
    table, untrained = made.wirings("stdp"), made.untrained
    runs = [made.run("stdp", place) for place in range(len(table))]
    lengths = [np.concatenate(list(run.metrics["lengths"])) for run in runs]
    found = {
        "command": "premotor reproduce hasegan2022 --jobs 1",
        "plasticity": {
            "wirings": table[["drawn", "mean", "median", "mean_100"]].to_dict("records"),
            "best_mean_of_100": spread(table["mean_100"]),
            "last_100": spread([one[-100:].mean() for one in lengths]),
            "episodes": spread([len(one) for one in lengths]),
            "steps_per_second": spread([run.metrics["steps_per_second"].median() for run in runs]),
        },
        "before": {name: spread(untrained[name]) for name in untrained.columns if name != "wiring"},
        "evolution": [
            evolved(file.parent) for file in sorted((made.folder / "runs/evolution/runs").glob("*/metrics.jsonl"))
        ],
    }
    write_json(FILE, found)
    for part in ("plasticity", "before"):
        for name, value in found[part].items():
            if name != "wirings":
                print(f"{part}, {name}: {value['mean']:.3g} ({value['least']:.3g} to {value['most']:.3g})")
    for row in found["evolution"]:
        print(row)
