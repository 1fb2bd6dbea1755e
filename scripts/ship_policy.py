"""Put the best controller of a run into the package: python scripts/ship_policy.py RUN NAME [SOURCE OF THE WIRING]."""

import sys
from pathlib import Path

from premotor.experiments import Run, ship

PLACE = Path(__file__).parents[1] / "src" / "premotor" / "policies"

if __name__ == "__main__":
    run, name, *source = sys.argv[1:]
    folder = ship(Run(run), PLACE / name, source=" ".join(source))
    print(f"{folder}: {sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1e3:.0f} kB")
