"""The benchmark scripts run: one tiny round."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_a_tiny_round_of_the_speed_benchmark(tmp_path: Path) -> None:
    script = [sys.executable, str(BENCHMARKS / "training_speed.py")]
    words = ["--rounds", "1", "--steps", "2", "--environments", "8", "--json", str(tmp_path / "figures.json")]
    done = subprocess.run([*script, *words], capture_output=True, text=True, timeout=300, check=True)
    assert "controller in the loop / physics alone, 8 environments:" in done.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert set(figures) == {
        "biped: physics alone",
        "biped: environment",
        "biped: controller in the loop",
        "biped: learning",
    }
    assert all(len(rows) == 1 and rows[0] > 0 for rows in figures.values())
