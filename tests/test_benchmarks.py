"""The benchmark scripts run: one tiny round."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.slow
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


def test_a_small_table_of_the_loading_benchmark(tmp_path: Path) -> None:
    script = [sys.executable, str(BENCHMARKS / "flywire_size.py"), "--neurons", "300", "--rows", "4000"]
    words = ["--folder", str(tmp_path), "--json", str(tmp_path / "figures.json")]
    subprocess.run([*script, *words], capture_output=True, text=True, timeout=300, check=True)
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert set(figures["formats"]) == {"csv.gz", "feather"}
    for found in figures["formats"].values():
        assert {key: found[key] for key in ("neurons", "pairs", "synapses")} == {
            key: figures["made"][key] for key in ("neurons", "pairs", "synapses")
        }
        assert 0 < found["thresholded"] < found["pairs"] and found["peak"] > 5e7
