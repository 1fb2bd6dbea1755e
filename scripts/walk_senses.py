"""Does the network make the rhythm of a walk by itself, or does the body? python scripts/walk_senses.py RUN.

Takes a trained controller of the package or a run folder (task `walk`, two feet). First it cuts senses one group after
another (the network receives their mean over its training in their place) and lets the body walk 100 episodes of 10 s.
Then it cuts all but the commanded speed, 2 s into a walk, as in preparations that show fictive locomotion (Marder &
Bucher 2001): a network with a rhythm of its own goes on to move its outputs. Printed are, of the last 4 of 12 such
seconds, the standard deviation of each action in parts of that in the walk, and the frequency of most of its power.
"""

import argparse

import equinox as eqx
import numpy as np
from scipy.signal import periodogram

from premotor.networks import Controller
from premotor.runs import player
from premotor.runs.episodes import Episodes, act, prepare

EPISODES, SECONDS, SEED, WALKED, ALONE, SEEN = 100, 10.0, 7, 2.0, 12.0, 4.0
GROUPS = {
    "contacts of the feet": ("contact",),
    "speeds of the joints": ("hip_speed", "knee_speed", "ankle_speed"),
    "angles of the joints": ("angle",),
    "the trunk's height, pitch and speeds": ("height", "pitch", "forward_speed", "vertical_speed", "pitch_rate"),
    "the clock": ("phase",),
}


def without(controller: Controller, cut: np.ndarray) -> Controller:
    """The controller, to which the chosen observations always have their mean."""
    return eqx.tree_at(lambda one: one.input_weight, controller, controller.input_weight * ~cut[None, :])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    shown = player(parser.parse_args().run)
    task, controller, names = shown.task, shown.controller, shown.controller.observation_names
    groups = {of: np.array([any(part in name for part in parts) for name in names]) for of, parts in GROUPS.items()}
    groups = {of: cut for of, cut in groups.items() if cut.any()}
    every = np.logical_or.reduce(list(groups.values()))
    test = Episodes(task, EPISODES, SECONDS, SEED)
    for of, cut in {"nothing": np.zeros(len(names), bool), **groups, "all of them": every}.items():
        figures = test.figures(test.run(without(controller, cut)))
        print(f"cut: {of} ({cut.sum()} numbers): walks in {100 * figures['walks']:.0f} of 100, {figures['gaits']}")
    seen: list[np.ndarray] = []
    walk = Episodes(task, EPISODES, SECONDS, SEED).run(controller, lambda now: seen.append(now["observation"]))
    product, state = prepare(controller), controller.initial_state(EPISODES)
    begun = round(WALKED / task.control_period)
    for observation in seen[:begun]:
        state, _ = act(controller, product, state, observation)
    for kept in ("the command", *(["the command and the clock"] if "the clock" in groups else [])):
        cut = every & ~groups["the clock"] if "clock" in kept else every
        alone, free, actions = without(controller, cut), state, []
        for step in range(round(ALONE / task.control_period)):
            free, chosen = act(alone, product, free, seen[(begun + step) % len(seen)])
            actions.append(np.asarray(chosen))
        last = np.stack(actions)[-round(SEEN / task.control_period) :]
        moved = last.std(0).mean(0) / walk["action"][begun:].std(0).mean(0)
        frequency, power = periodogram(last, 1 / task.control_period, axis=0)
        most = np.median(frequency[1:][power[1:].sum(2).argmax(0)])
        pairs = zip(controller.action_names, moved, strict=True)
        parts = ", ".join(f"{name} {100 * part:.0f}%" for name, part in pairs)
        print(f"alone with {kept}: moves {parts} of the walk, at {most:.2f} Hz")
