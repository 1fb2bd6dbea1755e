"""The page about analyses of dynamics, followed literally; an interrupted one goes on; what is refused."""

import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from howto.pages import follow, page_files
from premotor.cli import main

PAGE = "add-dynamics-analysis"
SMALL = "kind: dimension\nsamples: 1\nmodel: {neurons: 8}\ntransient: 1\nlength: 4\nvalues: [1.0, 2.0]\n"


def write(folder):
    for name, text in page_files(PAGE).items():
        (folder / name).write_text(text)
    (folder / "dimension.yaml").write_text(SMALL)


def train(output):
    return main(["train", "dimension.yaml", "--output", output, "--no-report", "--plugin", "my_analysis.py"])


def test_the_page_works_as_it_stands(user_folder):
    follow(PAGE, user_folder, {"train": ["--model.neurons=8"]})
    page = (user_folder / "runs/dimension/report.html").read_text()
    assert "Figure 1. Dimension." in page and "largest dimension" in page and "How to reproduce it" in page
    assert (user_folder / "runs/dimension/figures/dimension.png").read_bytes().startswith(b"\x89PNG")
    found = load_file(user_folder / "runs/dimension/results.safetensors")
    assert found["g"].tolist() == [g for g in (0.8, 1.2, 1.6, 2.0) for _ in range(3)]
    moving = found["dimension"][np.isfinite(found["dimension"])]  # a network at rest has no dimension
    assert len(moving) > 6 and ((moving >= 1) & (moving <= 8)).all()


def test_a_stopped_one_goes_on_and_ends_as_if_it_had_not_been_stopped(user_folder, monkeypatch):
    write(user_folder)
    assert train("whole") == 0
    (plugin,) = (module for name, module in sys.modules.items() if name.startswith("premotor_plugin_my_analysis"))
    measure = plugin.Dimension.measure

    def stopped(self, settings, circuit, point, memory):
        if point[0] == 2.0:
            raise KeyboardInterrupt
        return measure(self, settings, circuit, point, memory)

    monkeypatch.setattr(plugin.Dimension, "measure", stopped)
    assert train("halves") != 0
    assert not (user_folder / "halves/summary.json").exists()
    assert main(["report", "halves"]) == 0
    assert "premotor resume halves" in (user_folder / "halves/report.html").read_text()
    monkeypatch.setattr(plugin.Dimension, "measure", measure)
    assert main(["resume", "halves"]) == 0
    one, other = (load_file(user_folder / name / "results.safetensors") for name in ("whole", "halves"))
    assert all(np.array_equal(one[key], other[key]) for key in one) and one.keys() == other.keys()


@pytest.mark.parametrize("method", ["points", "measure", "collect"])
def test_an_analysis_that_lacks_a_method_is_refused_in_one_sentence(user_folder, capsys, method):
    text = page_files(PAGE)["my_analysis.py"].replace(f"    def {method}(", f"    def not_{method}(")
    (user_folder / "lacking.py").write_text(text)
    assert main(["report", ".", "--plugin", "lacking.py"]) == 2
    words = capsys.readouterr().err
    assert f"the class Dimension has no method {method}" in words and words.count("\n") == 1
