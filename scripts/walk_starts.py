"""Where a walk begins and where it falls: python scripts/walk_starts.py walk.

Takes a trained controller of the package or a run folder (task `walk`) and tests it in 200 episodes of 10 s, with the
network at rest when the body is let go, and after the network has felt the body for 0.12 s (`task.settle`). Prints how
many episodes are a walk, when the others fell, and in which phase of the stride they had begun.
"""

import argparse

import numpy as np

from premotor.runs import player
from premotor.runs.episodes import Episodes
from premotor.tasks import build_task

EPISODES, SECONDS, SEED = 200, 10.0, 7

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    shown = player(parser.parse_args().run)
    for settle in (0.0, 0.12):
        task = build_task(shown.task.settings.model_copy(update={"settle": settle}))
        test = Episodes(task, EPISODES, SECONDS, SEED)
        records = test.run(shown.controller)
        fell = records["terminated"] > 0
        times, phases = records["alive"].sum(0)[fell] * task.control_period, records["phase"][0][fell]
        print(f"settle {settle:g} s: {test.figures(records)['gaits']}")
        if fell.any():
            counts, _ = np.histogram(phases, 6, (0, 2 * np.pi))
            print(f"  fell after {times.min():.1f} to {times.max():.1f} s")
            print(f"  begun in each sixth of a stride: {counts.tolist()}")
