"""The page about workflows of training on the spectrum, followed literally; what is wrong is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from howto.pages import follow, page_files
from premotor.cli import main

PAGE = "add-dynamics-workflow"
SMALL = [
    *("--neurons=8", "--epochs=3", "--exponents=3", "--verify.states=1", "--verify.factor=2"),
    *("--learning.length=4", "--learning.transient=2", "--learning.frame_transient=1"),
]


@pytest.mark.slow  # test_add_dynamics_analysis.py follows the same commands in `make test`
def test_the_page_works_as_it_stands(user_folder):
    follow(PAGE, user_folder, {"dynamics": SMALL})
    run = user_folder / "runs/planted"
    piece = json.loads((run / "networks/random-0/result.json").read_text())
    assert piece["epochs"] == 3 and piece["parameters"] == {"weights": 56, "gains": 8}
    assert {"learning.png", "spectra.png", "parameters.png"} <= {file.name for file in (run / "figures").iterdir()}
    found = load_file(run / "networks/random-0/arrays.safetensors")
    away = np.abs(found["history/exponents"] - [0.0, 0.0, -0.5])
    assert found["history/loss"] == pytest.approx(np.where(away < 0.1, away**2 / 0.2, away - 0.05).mean(1))
    assert (found["after/gains"] != found["before/gains"]).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--loss hubert", "there is no loss of a spectrum 'hubert' (did you mean huber?)"),
        ("--activation soft", "there is no activation 'soft'"),
        ("--target gaps", "there is no target of a spectrum 'gaps' (did you mean gap?)"),
        ("--model plant", "planted"),
        ("--model planted --model.strenght 2", "did you mean model.strength"),
    ],
)
def test_what_is_wrong_is_one_sentence(user_folder, capsys, words, message):
    (user_folder / "my_workflow.py").write_text(page_files(PAGE)["my_workflow.py"])
    assert main(["dynamics", "train", "--plugin", "my_workflow.py", *words.split(), "-o", "none"]) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1 and not (user_folder / "none").exists()


def test_a_network_without_its_method_is_refused(user_folder, capsys):
    text = page_files(PAGE)["my_workflow.py"].replace("    def build(", "    def no_build(")
    (user_folder / "lacking.py").write_text(text)
    assert main(["list", "presets", "--plugin", "lacking.py"]) == 2
    assert "the class Planted has no method build" in capsys.readouterr().err
