"""The picture of scripts/worm_media.py, and what its gains chosen by hand do before they learn."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from premotor.files import write_json
from premotor.runs import build_circuit, load_experiment
from premotor.runs.building import controller_for
from premotor.runs.episodes import Episodes
from premotor.tasks import WormMediaSettings, build_task


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1] / "scripts"), *sys.path])
    return import_module("worm_media")


def test_the_picture_shows_what_was_measured(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = [{"medium": m, "frequency": 2 - m, "wavelength": 1.5 - m, "speed": 0.2} for m in (0.0, 1.0)]
    sizes = []
    for number, tables in enumerate(({"media": {"rows": rows}}, {"media": {"rows": [{**rows[0], "speed": 9.0}]}})):
        write_json(tmp_path / "tables.json", tables)
        monkeypatch.setattr(script, "TABLES", tmp_path / "tables.json")
        monkeypatch.setattr(script, "PICTURE", tmp_path / f"{number}.png")
        script.picture()
        sizes.append(Image.open(tmp_path / f"{number}.png").convert("RGB").tobytes())
    assert sizes[0] != sizes[1]


@pytest.mark.slow
def test_before_learning_its_rhythm_is_a_swimmers_in_water_and_slower_on_agar() -> None:
    settings = load_experiment("worm-media")
    figures = {}
    for medium in (0.0, 1.0):
        here = WormMediaSettings(**(settings.task.model_dump() | {"media": (medium, medium)}))
        task = build_task(here)
        controller = controller_for(build_circuit(settings.circuit), task, settings)
        episodes = Episodes(task, 2, 5.0, 2000, 1)
        figures[medium] = episodes.figures(episodes.run(controller))
    assert WormMediaSettings is type(settings.task)
    assert 1.0 < figures[0.0]["frequency_water"] < 2.5 and 1.0 < figures[0.0]["wavelength_water"] < 2.0
    assert figures[0.0]["direction"] == 1.0 and figures[0.0]["wave"] > 0.65
    assert figures[1.0]["frequency_agar"] < 0.75 * figures[0.0]["frequency_water"]
