"""What sets a worm's rhythm in water, and how its gait depends on the medium (docs/results/worm.md).

    python scripts/worm_media.py limits        # the shipped crawler with quicker neurons, muscles, a stiffer body …
    python scripts/worm_media.py picture       # docs/data/worm-media.png, of what worm_tables.py media has measured
    python scripts/worm_media.py frames RUN    # RUN/water.png, RUN/agar.png: a body at eight moments, a kymograph

Episodes of 10 s whose starts are drawn from seed 2000. Raw numbers: docs/data/worm-media.json and worm-tables.json.
"""

import argparse
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from premotor.bodies import build_worm, draw_worm
from premotor.bodies.worm import ACTIVATION, BENDING, INTERNAL
from premotor.files import read_json, write_json
from premotor.runs import Run
from premotor.runs.episodes import Episodes
from premotor.runs.evaluation import TEST_SEED
from premotor.runs.shipping import shipped
from premotor.tasks import WormMediaSettings, WormMediaTask
from worm_tables import FILE as TABLES, SECONDS, measured, table, told

DATA = Path(__file__).parent.parent / "docs" / "data"
FILE, PICTURE = DATA / "worm-media.json", DATA / "worm-media.png"
EPISODES = 8
LIMITS: dict[str, tuple[float, dict[str, float]]] = {
    "as shipped": (1.0, {}),
    "neurons twice as quick": (0.5, {}),
    "neurons 4 times as quick": (0.25, {}),
    "neurons 10 times as quick": (0.1, {}),
    "muscles twice as quick (0.05 s)": (1.0, {"activation": ACTIVATION / 2}),
    "muscles 5 times as quick (0.02 s)": (1.0, {"activation": ACTIVATION / 5}),
    "body twice as stiff": (1.0, {"bending": 2 * BENDING}),
    "half the internal damping (0.005 s)": (1.0, {"internal": INTERNAL / 2}),
    "neurons 10 times, muscles twice as quick": (0.1, {"activation": ACTIVATION / 2}),
}
"""Factor of all neurons' time constants, and constants of the body."""
PUBLISHED = {"frequency": ((1.7, 2.0), (0.3, 0.8)), "wavelength": ((1.5, 1.5), (0.5, 0.8))}
"""In water and on agar (Berri et al. 2009, Fang-Yen et al. 2010): Hz, body lengths."""
LABELS = {"frequency": "frequency, Hz", "wavelength": "wavelength, body lengths", "speed": "speed, mm/s"}
NAMES = {"media": "trained on agar (shipped)", "media, worm-media": "trained in all media (worm-media)"}
MOMENTS = 8


def limits() -> None:
    """The shipped crawler in water and on agar, one time constant changed at a time."""
    controller, rows = shipped("worm").controller, []
    for name, (quicker, constants) in LIMITS.items():
        times = controller.network.log_time_constant + np.log(quicker)
        own = eqx.tree_at(lambda c: c.network.log_time_constant, controller, times)
        row: dict[str, Any] = {"changed": name}
        for medium, where in ((0.0, "water"), (1.0, "agar")):
            task = WormMediaTask(WormMediaSettings(media=(medium, medium)))
            task.body = build_worm(medium=None, **constants)
            found = measured(Episodes(task, EPISODES, SECONDS, TEST_SEED, 1), own)
            row |= {f"{key}, {where}": found.mean(key) for key in ("frequency", "wavelength", "wave", "coiled")}
        rows.append(told(row))
    shown = [f"{key}, {where}" for where in ("water", "agar") for key in ("frequency", "wavelength", "wave", "coiled")]
    table(rows, ("changed", *shown))
    write_json(FILE, (read_json(FILE) if FILE.exists() else {}) | {"limits": {"episodes": EPISODES, "rows": rows}})


def picture() -> None:
    """Frequency, wavelength and speed against the medium, beside what is published at both ends."""
    tables = read_json(TABLES)
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    for axes, (key, label) in zip(figure.subplots(1, 3), LABELS.items(), strict=True):
        for number, (low, high) in enumerate(PUBLISHED.get(key, ())):
            middle = (low + high) / 2
            said = "published" if not number else None
            axes.errorbar([number], [middle], [[middle - low], [high - middle]], fmt="ks", capsize=4, label=said)
        for name, said in NAMES.items():
            if name in tables:
                rows = tables[name]["rows"]
                axes.plot([row["medium"] for row in rows], [row[key] for row in rows], "o-", markersize=3, label=said)
        axes.set_xlabel("medium: water 0, agar 1")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, fontsize=7)
    figure.savefig(PICTURE, dpi=110)
    print(PICTURE)


def frames(run: str) -> None:
    """One episode in water and one on agar: the body at equal distances of time in 2 s, and a kymograph of 5 s."""
    folder = Run(run)
    for medium, where in ((0.0, "water"), (1.0, "agar")):
        task = WormMediaTask(WormMediaSettings(**(folder.settings.task.model_dump() | {"media": (medium, medium)})))
        records = Episodes(task, 1, SECONDS, TEST_SEED, 1).run(folder.controller("best"))
        qpos = records["qpos"][:, 0]
        rows = [int(row) for row in 500 + np.linspace(0, 200, MOMENTS, endpoint=False)]
        shots = list(draw_worm(qpos, rows, [f"{row / 100 - 5:.2f} s" for row in rows], size=(320, 240)))
        bends = np.repeat(np.repeat(qpos[500:1000, 3:].T, 8, 0), 4, 1)[:, : 320 * 4]
        shade = np.clip(bends / 0.5, -1, 1)[..., None]
        colours = np.where(shade > 0, 255 - shade * [40, 200, 200], 255 + shade * [200, 150, 40]).astype(np.uint8)
        whole = Image.new("RGB", (4 * 320, 2 * 240 + len(colours)), "white")
        for number, shot in enumerate(shots):
            whole.paste(Image.fromarray(shot), (320 * (number % 4), 240 * (number // 4)))
        whole.paste(Image.fromarray(colours), (0, 480))
        whole.save(folder.folder / f"{where}.png")
        print(folder.folder / f"{where}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["limits", "picture", "frames"])
    parser.add_argument("run", nargs="?", help="a run folder, for frames")
    given = parser.parse_args()
    frames(given.run) if given.what == "frames" else {"limits": limits, "picture": picture}[given.what]()
