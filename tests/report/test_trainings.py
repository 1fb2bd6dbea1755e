"""A sweep over trainings on the spectrum has the figures of loss, gradient and time by each setting."""

import json

import pytest

from premotor.report import write_report
from premotor.runs.dynamics import load_dynamics
from premotor.runs.loading import dump_settings
from premotor.runs.yaml_text import dump_yaml


@pytest.mark.parametrize(("lines", "drawn"), [(True, 4), pytest.param(False, 4, marks=pytest.mark.slow)])
def test_trainings_are_drawn_by_setting_and_by_the_network_before(tmp_path, lines, drawn):
    search = {"learning.exponents": {"kind": "choice", "values": [1, 4]}, "seed": {"kind": "choice", "values": [0, 1]}}
    if lines:
        search["model.activation"] = {"kind": "choice", "values": ["stretched_tanh", "positive_tanh"]}
    settings = {"kind": "spectrum", "search": search, "sampler": "grid", "score": "score"}
    (tmp_path / "sweep.yaml").write_text(dump_yaml(settings))
    (tmp_path / "experiment.yaml").write_text(dump_settings(load_dynamics("train", {"model": {"neurons": 12}})))
    rows = [
        {
            "number": number, "state": "complete", "score": -0.1 * (number + 1), "seconds": 1.0,
            "set/learning.exponents": 1 + 3 * (number % 2), "set/seed": number // 2 % 2,
            "set/model.activation": search.get("model.activation", {"values": [""]})["values"][number // 4],
            "late_loss": 0.1 / (number + 1), "late_gradient": 0.2, "seconds_per_epoch": 0.01,
            "weight_variance": 0.02 + 0.001 * number, "spectrum_variance": 0.3,
        }
        for number in range(8 if lines else 4)
    ]  # fmt: skip
    (tmp_path / "trials.json").write_text(json.dumps(rows))
    page = write_report(tmp_path).read_text()
    assert "Trainings by setting" in page and "Trainings by the network before" in page
    assert page.count("<svg") == drawn and ("positive_tanh" in page) == lines
    assert {"trainings.png", "trainings-raw.png"} <= {file.name for file in tmp_path.rglob("*.png")}
