"""When feet leave the ground, and why: python scripts/walk_stance.py walk.

Takes a trained controller of the package or a run folder (task `walk`, two feet) and lets it walk 16 episodes of 8 s,
the first 2 s left out. Prints by 40 parts of the stride how often each foot is on the ground, how far the hips are
above those of the reference, and how far each joint is off it; then how long each foot stands.
"""

import argparse

import numpy as np

from premotor.runs import player
from premotor.runs.episodes import Episodes

EPISODES, SECONDS, SEED, SETTLED, PARTS = 16, 8.0, 5, 2.0, 40

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    shown = player(parser.parse_args().run)
    task, gait = shown.task, shown.task.reference
    walked = Episodes(task, EPISODES, SECONDS, SEED).run(shown.controller)
    settled = (walked["alive"] > 0) & (np.arange(len(walked["alive"]))[:, None] * task.control_period >= SETTLED)
    part = (walked["phase"] / (2 * np.pi) % 1.0 * PARTS).astype(int)
    middle = 2 * np.pi * (np.arange(PARTS) + 0.5) / PARTS
    stance, pose = gait.contact(middle), gait.qpos(middle)
    feet = ", ".join(f"{foot} on the ground (reference)" for foot in gait.feet)
    print(f"phase | {feet} | hips, mm | joints, rad")
    for i in range(PARTS):
        there = settled & (part == i)
        down = (walked["contact"][there] > 0).mean(0)
        off = walked["qpos"][there].mean(0) - pose[i]
        feet = ", ".join(f"{found:.2f} ({wanted:.0f})" for found, wanted in zip(down, stance[i], strict=True))
        joints = " ".join(f"{angle:+.2f}" for angle in off[3:])
        print(f"{(i + 0.5) / PARTS:.3f} | {feet} | {1e3 * off[1]:+5.1f} | {joints}")
    stands = np.round((walked["contact"][settled] > 0).mean(0), 3)
    print(f"stands for {stands} of the stride, reference {stance.mean(0)}")
