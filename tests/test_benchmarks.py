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


@pytest.mark.slow  # the network itself is in tests/networks/test_microcircuit.py
def test_a_small_microcircuit(tmp_path: Path) -> None:
    script = [sys.executable, str(BENCHMARKS / "microcircuit.py"), "--neurons", "0.05", "--inputs", "0.1"]
    words = ["--seconds", "2", "--json", str(tmp_path / "figures.json"), "--figure", str(tmp_path / "spikes.png")]
    done = subprocess.run([*script, *words], capture_output=True, text=True, timeout=300, check=True)
    figures = json.loads((tmp_path / "figures.json").read_text())
    (run,) = figures["runs"]
    assert f"{figures['synapses']:,} synapses" in done.stdout and "| L2/3e | " in done.stdout
    assert figures["synapses"] == pytest.approx(298_880_940 * 0.05 * 0.1, rel=0.01)
    assert all(len(run[name]) == 8 and min(run[name]) > 0 for name in ("rate", "cv", "synchrony"))
    # Irregular, and L2/3e fires least and L5 and L6i most, as at full scale.
    assert min(run["cv"]) > 0.5 and max(run["cv"]) < 1.3
    assert run["rate"][0] == min(run["rate"]) and min(run["rate"][4], run["rate"][7]) > 5
    assert run["a second, processor"] > 0 and (tmp_path / "spikes.png").stat().st_size > 10_000
