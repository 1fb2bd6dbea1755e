"""How a fly walks by commanded speed, and pushed or on other ground: python scripts/fly_conditions.py fly-legs.

Takes the name of a trained controller of the package, or a run folder, and prints the tables of docs/results/fly.md.
"""

import argparse

import numpy as np

from premotor.analysis import hexapod_gait
from premotor.runs import player
from premotor.runs.episodes import Episodes
from premotor.runs.evaluation import TEST_SEED
from premotor.tasks import FlyVariation, FlyWalkTask

GROUND = {
    "as trained": {},
    "pushes to 5 µN": {"push": 5.0},
    "tilted to 0.15 rad, friction ×0.6–1.4, mass and strength ×0.8–1.2": {
        "slope": 0.15,
        "friction": (0.6, 1.4),
        "mass": (0.8, 1.2),
        "strength": (0.8, 1.2),
    },
    "bumps of ±0.1 mm": {"roughness": 0.1},
    "bumps of ±0.2 mm": {"roughness": 0.2},
}
SPEEDS = ((5, 10), (10, 15), (15, 20), (20, 25), (15, 25))


def by_speed(task, records) -> None:
    """A row for each range of commanded speeds (mm/s)."""
    length = records["alive"].sum(0).astype(int)
    gaits = [hexapod_gait(records["contact"][:n, i], task.control_period) for i, n in enumerate(length)]
    print("| commanded speed, mm/s | episodes | tripod index | stride rate, Hz | swing, ms | duty factor |")
    print("|---|---|---|---|---|---|")
    for low, high in SPEEDS:
        inside = [gait for gait, v in zip(gaits, records["command"], strict=True) if low <= v <= high]
        if inside:
            index, stride, swing, duty = (
                np.nanmean([np.mean(getattr(gait, name)) for gait in inside])
                for name in ("tripod_index", "stride_frequency", "swing", "duty_factors")
            )
            print(f"| {low}–{high} | {len(inside)} | {index:.2f} | {stride:.1f} | {1e3 * swing:.0f} | {duty:.2f} |")


def by_turn(task, records) -> None:
    """A row for episodes straight ahead and one for those that turn, and how many do not set out (below 1 mm/s)."""
    turns = records["heading"][-1] != records["heading"][0]
    print("| way | episodes | speed error | heading error, rad | standing still |\n|---|---|---|---|---|")
    parts = {name: records[name] for name in ("alive", "qpos", "command", "heading")}
    for name, chosen in (("straight", ~turns), ("turning", turns)):
        several = {key: value[..., chosen] if value.ndim < 3 else value[:, chosen] for key, value in parts.items()}
        each = [
            task.metrics({key: value[..., [i]] if value.ndim < 3 else value[:, [i]] for key, value in several.items()})
            for i in range(int(chosen.sum()))
        ]
        still = sum(abs(one["speed"]) < 1 for one in each)
        figures = task.metrics(several)
        print(f"| {name} | {len(each)} | {figures['speed_error']:.1%} | {figures['yaw']:.2f} | {still} |")


def by_ground(task, controller, episodes: int, seconds: float) -> None:
    """A row for each way of making it harder."""
    print(
        "| condition | episodes without a fall | speed error | heading error, rad | drift, mm |\n|---|---|---|---|---|"
    )
    for name, changed in GROUND.items():
        other = FlyWalkTask(task.settings.model_copy(update={"variation": FlyVariation(**changed)}))
        test = Episodes(other, episodes, seconds, 42)
        figures = test.figures(test.run(controller), gait=False)
        print(
            f"| {name} | {figures['survived']:.1%} | {figures['speed_error']:.1%} | {figures['yaw']:.2f} | "
            f"{figures['drift']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="fly-walk, fly-legs, or a run folder")
    parser.add_argument("--episodes", type=int, default=40, help="of each ground, 0 for none; by speed 100")
    parser.add_argument("--seconds", type=float, default=3.0, help="of the episodes by speed and turn")
    parser.add_argument("--checkpoint", default="best", help="of a run folder")
    args = parser.parse_args()
    shown = player(args.source, args.checkpoint)
    records = Episodes(shown.task, 100, args.seconds, TEST_SEED).run(shown.controller)
    by_speed(shown.task, records)
    by_turn(shown.task, records)
    if args.episodes:
        by_ground(shown.task, shown.controller, args.episodes, 5.0)
