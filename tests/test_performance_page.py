"""The table of docs/performance.md is made from what the benchmarks found."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
LIMITS = {f"{name}, {cores}": 1e9 * cores for name in ("float32", "float64", "memory", "cache") for cores in (1, 2)}


@pytest.fixture
def every(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`benchmarks/all.py`."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in ("all", "performance"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import all as every  # type: ignore[import-not-found]

    return every


def record(name: str, figures: object, load: float = 0.5, date: str = "2026-11-29T10:00:00+00:00") -> dict[str, object]:
    machine = {"processor": "a processor", "cores": 2, "versions": {"premotor": "0.1.0"}, "revision": "abc"}
    return {"name": name, "date": date, "load": load, "status": "ended", "figures": figures, **machine}


def rates(loop: float) -> dict[str, list[float]]:
    return {
        "biped: physics alone": [100.0, 200.0, 400.0],
        "biped: environment": [90.0, 180.0, 360.0],
        "biped: controller in the loop": [100 * loop, 200 * loop, 400 * loop],
        "biped: learning": [20.0, 40.0, 80.0],
    }


def test_rows_tell_part_of_the_limit_and_whether_the_aim_is_met(every: ModuleType) -> None:
    records = {"limits": record("limits", LIMITS), "training": record("training", rates(0.95))}
    lines = every.table(records).splitlines()
    worm = next(line for line in lines if line.startswith("| biped, *C. elegans*"))
    assert worm.endswith("| 190 steps/s |  |  | 200 | 0.95 | 0.9 of it | yes |")
    slow = every.table(records | {"training": record("training", rates(0.5), load=3.0)})
    assert "| 100 steps/s † |  |  | 200 | 0.50 | 0.9 of it | **no** |" in slow
    assert "load averages of 0.5 to 3.0" in slow
    start = {"first, processor": [9.0], "again, processor": [3.0]}
    busy = every.table(records | {"start": record("start", start, load=3.0)})
    assert "| 9 s † |  |  |  |  | 8 s | under load |" in busy
    assert "| 3 s † |  |  |  |  | 4 s | yes |" in busy


def test_what_was_not_measured_keeps_the_documented_figure(every: ModuleType) -> None:
    records = {"limits": record("limits", LIMITS), "training": record("training", rates(0.95))}
    records["lif"] = record("lif", None) | {"status": "its peer is not installed"}
    text = every.table(records)
    assert "RecurrentPPO of sb3-contrib, LSTM | 11,500 steps/s ‡ | 189 | 61 × |" in text
    assert "| 1.26 s ‡ | 12.5 | 4.5 × |  |  | 3 × | yes |" in text
    assert "lif: its peer is not installed" in text


def test_the_table_is_put_between_the_marks_and_nowhere_else(every: ModuleType) -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    text = every.with_table(page, "| new |")
    assert text.count("| new |") == 1 and text.splitlines()[0] == page.splitlines()[0]
    assert every.with_table(text, "| newer |") == text.replace("| new |", "| newer |")
    with pytest.raises(ValueError, match="the page has no"):
        every.with_table("# A page", "| new |")


def test_the_newest_record_with_figures_counts(every: ModuleType, tmp_path: Path) -> None:
    assert every.newest(tmp_path, "fly") is None
    (tmp_path / "fly").mkdir()
    for number, figures in enumerate([[1], [2], None]):
        found = record("fly", figures, date=f"2026-11-2{number}T10:00:00+00:00")
        (tmp_path / "fly" / f"{found['date']}.json").write_text(json.dumps(found))
    newest = every.newest(tmp_path, "fly")
    assert newest is not None and newest["figures"] == [2]


def test_every_row_reads_a_benchmark_that_exists(every: ModuleType) -> None:
    from performance import ROWS  # type: ignore[import-not-found]

    names = {benchmark.name for benchmark in every.BENCHMARKS}
    assert {row.benchmark for row in ROWS} <= names
    assert all((ROOT / "benchmarks" / benchmark.words[0]).exists() for benchmark in every.BENCHMARKS)
    assert sum(benchmark.minutes for benchmark in every.BENCHMARKS) <= 60


def test_the_microcircuit_beside_its_peers(every: ModuleType) -> None:
    def beside(*seconds: float, ratio: float = 1.0) -> dict[str, object]:
        return {"seconds": list(seconds), "times ours": ratio}

    figures = {"runs": [{"a second, processor": 2.0}, {"a second, processor": 3.0}, {"a second, processor": 2.5}]}
    records = {"limits": record("limits", LIMITS), "microcircuit": record("microcircuit", figures)}
    assert "seconds of the processor | 2.5 s |  |  |  |  |  |  |" in every.table(records)
    figures["peers"] = {
        "premotor 0.1.0": beside(1.0),
        "NEST 3": beside(4.0, ratio=4.0),
        "Brian2 2": beside(6.0, ratio=6.0),
    }  # type: ignore[assignment]
    text = every.table(records)
    assert "peer: NEST | 1 s | 4 | 4 × |" in text and "the same; peer: Brian2 | 1 s | 6 | 6 × |" in text
