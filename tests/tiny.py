"""A circuit of a dozen neurons and an experiment of a second, for tests of everything around learning."""

from pathlib import Path
from typing import Any

SENSORY, INTER, MOTOR = range(1, 5), range(5, 9), range(9, 13)


def tiny_circuit(folder: Path) -> Path:
    """Write a circuit of 4 sensory, 4 inter- and 4 motor neurons with gap junctions; returns its folder."""
    folder.mkdir(parents=True)
    rows = ["id,type,class,transmitter,side"]
    for ids, kind, transmitters in (
        (SENSORY, "sensory", ["acetylcholine"]),
        (INTER, "interneuron", ["acetylcholine", "gaba"]),
        (MOTOR, "motor", ["acetylcholine"]),
    ):
        for i, neuron in enumerate(ids):
            side = ("left", "right")[i % 2]
            rows.append(f"{neuron},{kind[:2].upper()}{i // 2},{kind},{transmitters[i % len(transmitters)]},{side}")
    edges = ["pre,post,count"]
    edges += [f"{a},{b},{a + b}" for a in SENSORY for b in INTER]
    edges += [f"{a},{b},{2 * a + b}" for a in INTER for b in INTER if a != b]
    edges += [f"{a},{b},{a}" for a in INTER for b in MOTOR if (a + b) % 3]
    (folder / "neurons.csv").write_text("\n".join(rows) + "\n")
    (folder / "connections.csv").write_text("\n".join(edges) + "\n")
    (folder / "gap_junctions.csv").write_text("a,b,count\n5,6,2\n7,8,1\n9,10,3\n")
    return folder


def tiny_settings(source: Path, **changes: Any) -> dict[str, Any]:
    """Settings of a run that takes about a second beside compilation; `changes` by section."""
    settings: dict[str, Any] = {
        "name": "tiny",
        "threads": 1,
        "circuit": {"source": str(source)},
        "learning": {
            "steps": 64,
            "environments": 4,
            "rollout": 4,
            "epochs": 1,
            "minibatches": 2,
            "critic_layers": [8],
        },
        "evaluation": {"every_steps": 32, "episodes": 2, "seconds": 0.2},
        "checkpoints": {"every_seconds": None, "every_steps": 16, "keep": 3},
    }
    for section, values in changes.items():
        settings[section] = {**settings.get(section, {}), **values} if isinstance(values, dict) else values
    return settings
