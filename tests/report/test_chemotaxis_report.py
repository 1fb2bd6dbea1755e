"""The section about salt: ways, turning and measures of a test."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from premotor.analysis.chemotaxis import chemotaxis_figures
from premotor.report.chemotaxis import Chemotaxis
from premotor.report.worm import Worm
from premotor.runs.arrays import save_arrays
from premotor.runs.control import verdict
from premotor.tasks import WormChemotaxisTask, WormTouchTask


@pytest.fixture(scope="module")
def task() -> WormChemotaxisTask:
    return WormChemotaxisTask()


def record(task: WormChemotaxisTask, file: Path, figures: dict[str, Any]) -> Any:
    run = SimpleNamespace(places=SimpleNamespace(trace_file=file))
    return SimpleNamespace(task=task, run=run, figures=figures, command=lambda word: f"premotor {word} RUN")


def test_the_section_shows_ways_turning_and_measures(task: WormChemotaxisTask, tmp_path: Path) -> None:
    steps, episodes = 3001, 8
    angle = 2 * np.pi * np.arange(episodes) / episodes
    qpos = np.zeros((steps, episodes, 26), np.float32)
    along = 0.2 * task.control_period * np.arange(steps)[:, None]
    qpos[..., 0] = along
    source = 3 * np.stack([np.cos(angle), np.sin(angle)], 1)
    arrays = {"qpos": qpos, "source": np.tile(source, (steps, 1, 1)), "command": np.full(episodes, 0.2)}
    parts = task.undulation_parts(arrays)
    figures = chemotaxis_figures(*parts[:3], parts.source, parts.region, task.control_period)
    save_arrays(tmp_path / "trace.safetensors", {name: np.asarray(value) for name, value in arrays.items()})
    made = record(task, tmp_path / "trace.safetensors", figures)
    section = Chemotaxis()
    assert section.applies(made)
    built = section.build(made)
    assert [block.kind for block in built.blocks] == ["picture", "picture", "table"]
    rows = {row[0]: row[1] for row in built.blocks[-1].rows}
    assert float(rows["chemotaxis index, the mean of 1 − d / d₀"].replace("−", "-")) == pytest.approx(
        figures["index"], abs=1e-3
    )
    assert [tile.value for tile in section.tiles(made)][1] == "12%"  # one of eight


def test_without_a_test_it_says_how_to_make_one(task: WormChemotaxisTask, tmp_path: Path) -> None:
    made = record(task, tmp_path / "none", {})
    assert Chemotaxis().build(made).blocks[0].kind == "missing" and not Chemotaxis().tiles(made)
    made.task = WormTouchTask()
    assert not Chemotaxis().applies(made)


def test_a_task_that_promises_more_than_it_gives_is_told_so(tmp_path: Path) -> None:
    class Promising(WormTouchTask):
        seeks = True

        def undulation_parts(self, records: Any) -> None:  # type: ignore[override]
            return None

    save_arrays(tmp_path / "trace.safetensors", {"time": np.zeros(2)})
    made = record(Promising(), tmp_path / "trace.safetensors", {})
    made.videos = []
    assert "do not say where" in Chemotaxis().build(made).blocks[0].text
    assert "give nothing" in Worm().build(made).blocks[-1].text


def test_the_headline_says_the_index() -> None:
    figures = {"checkpoint": "best", "step": 10, "episodes": 8, "index": 0.31, "reaches": 0.5, "score": 0.3}
    said = verdict(figures)
    assert "chemotaxis index 0.31 (at most 0 for what does not feel the source), comes to the source in 4 of 8" in said
    assert "score" not in said
