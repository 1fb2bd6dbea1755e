"""A table of the size of FlyWire's: made, loaded and selected from, with time and peak memory.

    python benchmarks/flywire_size.py
    python benchmarks/flywire_size.py --format feather --neurons 20000 --rows 1000000

Makes a folder as FlyWire Codex publishes one: connections with a row per pair and neuropil (`--rows` of them, pairs
in one to three rows), classification and neurons. Every format is loaded in a process of its own, so that the
peak is that of loading and nothing else. What came out is held against sums taken while the table was made.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather

ROOT = 720575940600000000
FORMATS = ("csv.gz", "feather")
CLASSES = np.array(["optic", "central", "sensory", "visual_projection", "ascending", "descending", "motor"])
SHARES = [0.56, 0.24, 0.12, 0.06, 0.014, 0.005, 0.001]
TRANSMITTERS = np.array(["ACH", "GABA", "GLUT", "DA", "SER", "OCT"])


def make(folder: Path, neurons: int, rows: int, formats: list[str], seed: int = 0) -> dict[str, int]:
    """Write the tables; return how many neurons, pairs and synapses there are."""
    rng = np.random.default_rng(seed)
    ids = ROOT + np.sort(rng.choice(100 * neurons, neurons, replace=False)).astype(np.int64)
    pairs = max(1, round(rows / 1.5))
    code = np.unique(rng.integers(0, neurons, pairs) * np.int64(neurons) + rng.integers(0, neurons, pairs))
    repeats = rng.choice([1, 2, 3], code.size, p=[0.65, 0.2, 0.15])
    code = np.repeat(code, repeats)[:rows]
    rng.shuffle(code)
    counts = np.minimum(rng.geometric(0.2, code.size), 2000)
    table = pa.table(
        {
            "pre_root_id": ids[code // neurons],
            "post_root_id": ids[code % neurons],
            "neuropil": pa.DictionaryArray.from_arrays(
                rng.integers(0, 75, code.size).astype(np.int8), [f"NP{number}_R" for number in range(75)]
            ).cast(pa.string()),
            "syn_count": counts,
            "nt_type": pa.DictionaryArray.from_arrays(
                (code // neurons % 6).astype(np.int8), TRANSMITTERS.tolist()
            ).cast(pa.string()),
        }
    )
    kinds = rng.choice(CLASSES, neurons, p=SHARES)
    classification = pd.DataFrame({"root_id": ids, "flow": "intrinsic", "super_class": kinds, "side": "right"})
    transmitters = pd.DataFrame({"root_id": ids, "group": "ME", "nt_type": TRANSMITTERS[np.arange(neurons) % 6]})
    for name in formats:
        place = folder / name
        place.mkdir()
        classification.to_csv(place / "classification.csv.gz", index=False)
        transmitters.to_csv(place / "neurons.csv.gz", index=False)
        if name == "feather":
            pa.feather.write_feather(table, place / "connections_no_threshold.feather")
        else:
            with pa.CompressedOutputStream(str(place / "connections_no_threshold.csv.gz"), "gzip") as out:
                pa.csv.write_csv(table, out)
    return {"neurons": neurons, "rows": code.size, "pairs": int(np.unique(code).size), "synapses": int(counts.sum())}


def load(folder: Path) -> dict[str, float]:
    """Load and select; return times, sizes and the peak memory of this process."""
    from premotor.connectome import load_circuit

    start = time.perf_counter()
    circuit = load_circuit(folder)
    loaded = time.perf_counter()
    some = circuit.select(super_class="descending|motor|ascending", min_synapses=5)
    whole = circuit.select(min_synapses=5)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "load": loaded - start,
        "select": done - loaded,
        "peak": peak,
        "neurons": len(circuit),
        "pairs": circuit.synapses.nnz,
        "synapses": int(circuit.synapses.sum()),
        "selected": len(some),
        "thresholded": whole.synapses.nnz,
    }


def main() -> None:
    """Make, load, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=139_000)
    parser.add_argument("--rows", type=int, default=15_000_000, help="rows of the connection table")
    parser.add_argument("--format", choices=FORMATS, action="append", help="one of them; by default each")
    parser.add_argument("--folder", type=Path, help="where to put the tables; by default a temporary folder")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.load:
        print(json.dumps(load(words.load)))
        return
    formats = words.format or list(FORMATS)
    with tempfile.TemporaryDirectory(dir=words.folder) as name:
        start = time.perf_counter()
        made = make(Path(name), words.neurons, words.rows, formats)
        print(
            f"{made['neurons']:,} neurons, {made['rows']:,} rows, {made['pairs']:,} pairs, "
            f"{made['synapses']:,} synapses"
        )
        print(f"made in {time.perf_counter() - start:.0f} s\n")
        print("| connections | file | load | select and threshold | peak memory |\n|---|---|---|---|---|")
        figures = {}
        for kind in formats:
            table = next((Path(name) / kind).glob("connections*"))
            command = [sys.executable, __file__, "--load", str(Path(name) / kind)]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            wrong = [key for key in ("neurons", "pairs", "synapses") if found[key] != made[key]]
            if wrong:
                raise SystemExit(f"{kind}: {wrong[0]} is {found[wrong[0]]:,}, but {made[wrong[0]]:,} were written")
            figures[kind] = {**found, "file": table.stat().st_size}
            print(
                f"| {kind} | {table.stat().st_size / 1e6:.0f} MB | {found['load']:.1f} s | {found['select']:.1f} s "
                f"| {found['peak'] / 1e9:.2f} GB |",
                flush=True,
            )
    if words.json:
        words.json.write_text(json.dumps({"made": made, "formats": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
