"""The worm's mechanics beside ElegansBot's (Chung, Chang and Kim 2024): the same waves prescribed to both bodies.

    python benchmarks/elegansbot_waves.py                        # makes an environment with it in .benchmarks/
    python benchmarks/elegansbot_waves.py --peer-python PYTHON   # with a Python that has it

Prints, for waves of 24 segments that run from head to tail, the distance gone in a cycle with our body, with
ElegansBot, and by resistive-force theory solved without the assumption of small slopes: at each time the rigid movement
in which no net force and torque act on the body (forces of straight rods, drag coefficients along and across). `turns`
is how much the heading changes in a cycle.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import mujoco
import numpy as np

from premotor.bodies.worm import BENDING, INTERNAL, LENGTH, SEGMENTS, Drag, build_worm

HERE = Path(__file__).parent
FOLDER = HERE.parent / ".benchmarks" / "elegansbot"
"""Where the environment is kept; git ignores it."""
VERSION = "elegansbot==1.0.2"
STEP = LENGTH / SEGMENTS
WAVES = [
    *({"ratio": k, "amplitude": 0.25, "wavelength": 0.65, "frequency": 0.5} for k in (1.0, 1.5, 2.0, 10.0, 40.0)),
    {"ratio": 40.0, "amplitude": 0.10, "wavelength": 0.65, "frequency": 0.5},
    {"ratio": 40.0, "amplitude": 0.40, "wavelength": 0.65, "frequency": 0.5},
    {"ratio": 1.5, "amplitude": 0.20, "wavelength": 1.5, "frequency": 1.8},
    {"ratio": 1.5, "amplitude": 0.30, "wavelength": 1.0, "frequency": 1.8},
]
"""`ratio` of the drags across and along; amplitude in rad a joint, wavelength in body lengths, frequency in Hz."""


def bends(wave: dict[str, float], time: float) -> np.ndarray:
    """Angles of the joints, rad."""
    places = STEP * np.arange(1, SEGMENTS)
    return wave["amplitude"] * np.sin(2 * np.pi * (wave["frequency"] * time - places / wave["wavelength"]))


def ours(wave: dict[str, float]) -> tuple[float, float, float]:
    """Distance and turn of the second cycle, and the largest deviation of a joint: stiff servos in a thin medium."""
    body = build_worm(medium=Drag(2.56 / wave["ratio"], 2.56), timestep=0.25e-3 / wave["frequency"])
    stiff = 500 * BENDING / STEP
    servo = '<position joint="bend_{}" kp="{}" kv="{}"/>'
    servos = "".join(servo.format(i, stiff, INTERNAL * stiff / 5) for i in range(1, SEGMENTS))
    model = mujoco.MjModel.from_xml_string(body.xml.replace("</actuator>", f"{servos}</actuator>"))
    data, middles, turned, off = mujoco.MjData(model), [], [], 0.0
    steps = round(1 / wave["frequency"] / model.opt.timestep)
    for step in range(2 * steps + 1):
        time = step * model.opt.timestep
        if not step:
            data.qpos[3:] = bends(wave, 0.0)
        elif step >= steps:
            off = max(off, float(np.abs(data.qpos[3:] - bends(wave, time)).max()))
        data.ctrl[-SEGMENTS + 1 :] = bends(wave, time + INTERNAL / 5)
        angles = data.qpos[2] + np.concatenate([[0.0], np.cumsum(data.qpos[3:])])
        ends = np.stack([np.cos(angles), np.sin(angles)], 1) * STEP
        middles.append(data.qpos[:2] + (np.cumsum(ends, 0) - ends / 2).mean(0))
        turned.append(float(angles.mean()))
        mujoco.mj_step(model, data)
    return float(np.linalg.norm(middles[-1] - middles[steps])), turned[-1] - turned[steps], off


def theory(wave: dict[str, float], times: int = 400) -> tuple[float, float]:
    """Distance and turn of a cycle by resistive-force theory, for rods that have exactly the prescribed angles."""
    ratio, period = wave["ratio"], 1 / wave["frequency"]
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])

    def shape(time: float) -> tuple[np.ndarray, np.ndarray]:
        angles = np.concatenate([[0.0], np.cumsum(bends(wave, time))])
        ends = np.stack([np.cos(angles), np.sin(angles)], 1) * STEP
        places = np.cumsum(ends, 0) - ends / 2
        return angles, places - places.mean(0)

    way, heading = np.zeros(2), 0.0
    for number in range(times):
        middle, step = (number + 0.5) * period / times, 1e-5 * period
        angles, places = shape(middle)
        before, after = shape(middle - step), shape(middle + step)
        speed, spin = (after[1] - before[1]) / (2 * step), (after[0] - before[0]) / (2 * step)
        along = np.stack([np.cos(angles), np.sin(angles)], 1)
        drag = ratio * np.eye(2) + (1 - ratio) * along[:, :, None] * along[:, None, :]
        moves = np.stack(
            [np.broadcast_to([1.0, 0.0], places.shape), np.broadcast_to([0.0, 1.0], places.shape), places @ turn.T], 2
        )
        push = np.einsum("pim,pij,pj->m", moves, drag, speed)
        resist = np.einsum("pim,pij,pjn->mn", moves, drag, moves)
        push[2] += ratio * STEP**2 / 12 * spin.sum()
        resist[2, 2] += ratio * STEP**2 / 12 * SEGMENTS
        rigid = -np.linalg.solve(resist, push)
        seen = heading + 0.5 * rigid[2] * period / times
        way += np.array([[np.cos(seen), -np.sin(seen)], [np.sin(seen), np.cos(seen)]]) @ rigid[:2] * period / times
        heading += rigid[2] * period / times
    return float(np.linalg.norm(way)), heading


def make_peer(folder: Path = FOLDER) -> str:
    """The Python of an environment with ElegansBot, made at the first call."""
    environment, stamp = folder / "environment", folder / "installed.json"
    peer = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    if stamp.exists() and json.loads(stamp.read_text()) == VERSION:
        return peer
    folder.mkdir(parents=True, exist_ok=True)
    print(f"making an environment with ElegansBot in {environment}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
    subprocess.run([peer, "-m", "pip", "install", "--disable-pip-version-check", "-qq", VERSION], check=True)
    stamp.write_text(json.dumps(VERSION))
    return peer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help="a Python that has ElegansBot")
    parser.add_argument("--json", type=Path, help="where the numbers go")
    given = parser.parse_args()
    command = [given.peer_python or make_peer(), str(HERE / "elegansbot_peer.py")]
    done = subprocess.run(command, input=json.dumps(WAVES), stdout=subprocess.PIPE, text=True, check=True)
    peers = [json.loads(line) for line in done.stdout.splitlines()]
    print("| drag ratio | amplitude, rad a joint | wavelength | ours, µm | ElegansBot, µm | theory, µm |", end="")
    print(" ours / ElegansBot | turns: ours | ElegansBot | deviation of a joint: ours | ElegansBot |")
    print("|---" * 11 + "|")
    rows = []
    for wave, (way, turned, off) in zip(WAVES, peers, strict=True):
        mine, exact = ours(wave), theory(wave)
        row = {**wave, "ours": mine, "elegansbot": (way, turned, off), "theory": exact}
        rows.append(row)
        compared = f"{mine[0] / way:.4f}" if wave["ratio"] > 1 else ""
        print(
            f"| {wave['ratio']:g} | {wave['amplitude']:g} | {wave['wavelength']:g} | {1e3 * mine[0]:.1f} | "
            f"{1e3 * way:.1f} | {1e3 * exact[0]:.1f} | {compared} | {mine[1]:+.1e} | {turned:+.1e} | {mine[2]:.4f} | "
            f"{off:.4f} |",
            flush=True,
        )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))
