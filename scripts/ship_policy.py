"""Put a controller of a run into the package: python scripts/ship_policy.py RUN NAME."""

import argparse
from pathlib import Path

from premotor.runs import Run, ship

PLACE = Path(__file__).parents[1] / "src" / "premotor" / "policies"

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("name")
    parser.add_argument("--checkpoint", default="best", help="best, last, or a step; the one that was tested last")
    args = parser.parse_args()
    which = int(args.checkpoint) if args.checkpoint.isdecimal() else args.checkpoint
    folder = ship(Run(args.run), PLACE / args.name, which)
    print(f"{folder}: {sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1e3:.0f} kB")
