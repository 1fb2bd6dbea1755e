"""Measure the walking rhythm of the fly's four cells, and draw it: `python scripts/fly_rhythm.py`.

Writes docs/data/fly-rhythm.json and docs/data/fly-rhythm.png. Published medians: Pugliese et al. (2025).
"""

import json
import time
from pathlib import Path

import numpy as np

import premotor as pm
from premotor.report.style import as_png, colour, new_figure

DATA = Path(__file__).parents[1] / "docs" / "data"
DRAWS, MANY = 60, 1024
PUBLISHED = {220: 16.3, 260: 16.7, 300: 17.0, 340: 17.2}
DRIVES = (160, 180, 200, *PUBLISHED)
NULLS = ("random_graph", "shuffled_identities", "shuffled_weights")
"""`rewired` is not among them: no two of the seven edges can be exchanged within their signs and classes."""
NULL_SEEDS = range(20)
HIGHEST = 24
"""Upper end of the figure's axis of rates, Hz."""


def measure(drive=250, **overrides):
    """Fraction of draws with a rhythm, and its median frequency (Hz; None without any)."""
    settings = {"drives": [f"type=DNg100:{drive}"], "replicates": DRAWS, **overrides}
    result = pm.simulate("fly-cpg", settings)
    found = result.rhythm
    median = float(np.median(found.frequency[found.rhythmic])) if found.rhythmic.any() else None
    return {"rhythmic": float(found.rhythmic.mean()), "frequency": median}, result


def null_wirings():
    """The same circuit with other wiring: how many of the draws of how many wirings keep a rhythm."""
    rows = []
    for name in NULLS:
        for seed in NULL_SEEDS:
            circuit = {"circuit.null": name, "circuit.null_seed": seed}
            try:
                found, _ = measure(250, **circuit)
            except pm.PremotorError:  # this draw of the null model is the circuit itself
                continue
            rows.append({"null": name, "seed": seed, **found})
    return rows


@as_png
def draw(figures, example):
    """Frequency against drive beside the published medians, and one draw of the parameters over time."""
    figure = new_figure(width=8.6, height=3.1)
    left, right = figure.subplots(1, 2, width_ratios=(2, 3))
    rows = [(row["drive"], row[f"of_{MANY}_draws"]["frequency"]) for row in figures["drives"]]
    rows = [row for row in rows if row[1] is not None]
    left.plot(*zip(*rows, strict=True), "o-", color=colour("accent"), label=f"{MANY:,} draws here")
    left.plot(list(PUBLISHED), list(PUBLISHED.values()), "s", color=colour("excitatory"), label="published, 60 draws")
    left.set_xlabel("drive of DNg100")
    left.set_ylabel("median frequency, Hz")
    left.set_ylim(10, 20)
    left.legend(loc="lower right")
    names = example.neurons["name"]
    tokens = ("descending", "excitatory", "left", "inhibitory")
    for place, (name, token) in enumerate(zip(names, tokens, strict=True)):
        rates = example.rates[:, place, 0]
        label = name if rates.max() <= HIGHEST else f"{name} (driven, off the scale)"
        right.plot(example.time, rates, label=label, color=colour(token))
    right.set_xlim(0, 1)
    right.set_xlabel("time, s")
    right.set_ylabel("rate, Hz")
    right.set_ylim(0, HIGHEST)
    right.legend(loc="upper right", ncols=4)
    return figure


def main():
    """Measure everything, print it, and write the files."""
    start = time.perf_counter()
    measure(replicates=MANY)
    seconds = round(time.perf_counter() - start, 1)
    figures = {"draws": DRAWS, "seconds_for_1024_replicates_of_2_s": seconds, "drives": [], "silenced": []}
    for drive in DRIVES:
        found, _ = measure(drive)
        many, example = measure(drive, replicates=MANY)
        figures["drives"].append({"drive": drive, "published": PUBLISHED.get(drive), **found, f"of_{MANY}_draws": many})
    for cell in ("IN17A001", "INXXX466", "IN16B036"):
        found, _ = measure(silence=[f"type={cell}"])
        figures["silenced"].append({"type": cell, **found})
    figures["time_constants"] = []
    plain = measure(300)[1].rhythm.frequency
    for factor in (0.5, 2.0, 3.0):
        scaled = measure(300, **{
            "model.time_constant": 0.02 * factor,
            "model.time_constant_sd": 0.002 * factor,
            "seconds": 2 * factor,
            "transient": 0.25 * factor,
        })[1].rhythm.frequency  # fmt: skip
        error = float(np.nanmax(np.abs(scaled * factor / plain - 1)))
        figures["time_constants"].append({"factor": factor, "largest_error_of_inverse_scaling": error})
    figures["nulls"] = null_wirings()
    for key in ("drives", "silenced", "time_constants"):
        print(key, *figures[key], sep="\n  ")
    print(f"1,024 replicates of 2 s: {seconds} s, compiling included")
    for name in NULLS:
        rhythmic = [row["rhythmic"] for row in figures["nulls"] if row["null"] == name]
        print(f"{name}: a rhythm in at least half of the draws of {sum(r >= 0.5 for r in rhythmic)} of {len(rhythmic)}")
    DATA.mkdir(exist_ok=True)
    (DATA / "fly-rhythm.json").write_text(json.dumps(figures, indent=1) + "\n")
    (DATA / "fly-rhythm.png").write_bytes(draw(figures, example))


if __name__ == "__main__":
    main()
