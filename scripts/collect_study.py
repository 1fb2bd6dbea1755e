"""Put the rows of a study into one file: python scripts/collect_study.py runs/NAME-study docs/data/NAME.json."""

import json
import sys
from pathlib import Path

from premotor.studies import Study

LEFT_OUT = ("speed", "speed_error", "return", "best_step", "pathways")


def main(folder: Path, output: Path) -> None:
    """One row a finished run, numbers to four decimals, and how many runs the study asks for."""
    study = Study(folder)
    rows = [
        {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in row.items()
            if value is not None and key not in LEFT_OUT
        }
        for row in study.finished_rows()
    ]
    missing = [
        {"name": each.member.name, "state": each.state, "said": each.said}
        for each in study.standings()
        if each.state in ("failed", "stopped")
    ]
    content = {"study": study.settings.name, "runs": len(study.members), "without_result": missing, "rows": rows}
    output.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{output}: {len(rows)} of {len(study.members)} runs")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
