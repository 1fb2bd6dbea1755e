"""Put the figures of runs into one file: python scripts/collect_runs.py RUN RUN … -o docs/data/NAME.json.

For each run: its seed, the evaluations during learning, the last test, those in changed tasks, lesions and cut senses
where there are any (without the outputs over time); a line a run. With --add the runs of the file stay, but those of
the same names.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from premotor.files import read_json
from premotor.runs import Run

DIGITS = 4
CURVE = ("step", "episodes", "score", "return_sd", "survived", "speed", "speed_error", "yaw", "tripod_index")
CURVE += ("joint_frequency", "joint_rmse", "success", "earned")
CURVE += ("walks", "crossings", "interlimb_phase", "asymmetry", "duty_factor")
"""What is kept of an evaluation during learning."""


def rounded(value: Any) -> Any:
    """Numbers to four decimals, in whatever holds them."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def figures(folder: Path) -> dict[str, Any]:
    """What a run folder says about its controller."""
    run = Run(folder)
    found: dict[str, Any] = {"run": folder.name, "seed": run.settings.seed}
    found["learning"] = [
        {name: row[name] for name in CURVE if name in row}
        for row in map(read_json, sorted((folder / "evaluations").glob("[0-9]*.json")))
    ]
    for name, path in (("test", run.places.test_file), ("lesions", folder / "lesions.json")):
        if path.exists():
            found[name] = read_json(path)
    if run.places.senses_file.exists():
        cut = read_json(run.places.senses_file)
        alone = [{name: part for name, part in one.items() if name not in ("time", "actions")} for one in cut["alone"]]
        found["senses"] = {"groups": cut["groups"], "alone": alone}
    others = [read_json(file) for file in sorted((folder / "evaluations").glob("changed-*.json"))]
    if others:
        found["changed"] = [{name: value for name, value in other.items() if name != "file"} for other in others]
    return rounded(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--command", default="", help="what made the runs")
    parser.add_argument("--add", action="store_true", help="to what the file holds")
    args = parser.parse_args()
    runs, command = [figures(folder) for folder in args.runs], args.command
    if args.add:
        before, names = read_json(args.output), {run["run"] for run in runs}
        runs = [run for run in before["runs"] if run["run"] not in names] + runs
        command = command or before["command"]
    rows = ",\n".join(json.dumps(run, ensure_ascii=False) for run in runs)
    args.output.write_text(f'{{"command": {json.dumps(command, ensure_ascii=False)},\n"runs": [\n{rows}\n]}}\n')
    print(f"{args.output}: {len(runs)} runs, {args.output.stat().st_size / 1e3:.0f} kB")
