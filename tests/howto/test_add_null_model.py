"""The page about null models, followed literally; and what a user is told whose function is none."""

import json

import numpy as np
import pytest

from howto.pages import follow, page_files
from howto.smaller import SMALLER
from premotor.cli import main
from premotor.connectome import load_circuit, nulls
from premotor.plugins import load_plugin

PAGE = "add-null-model"


RUNS = {"train", "evaluate", "report", "play", "compare"}
"""Commands that take long; test_add_network.py follows a page through them in `make test`."""


def test_the_commands_that_read_work(user_folder, capsys):
    follow(PAGE, user_folder, {}, without=RUNS)
    assert "null model random_partners(seed=0" in capsys.readouterr().out


@pytest.mark.slow
def test_the_page_works_as_it_stands(user_folder, capsys):
    follow(PAGE, user_folder, SMALLER, without={"compare"})
    assert "null model random_partners(seed=0" in capsys.readouterr().out
    assert (user_folder / "runs/random/report.html").is_file()


@pytest.mark.slow
def test_it_is_compared_with_the_connectome_and_with_another(user_folder):
    follow(PAGE, user_folder, SMALLER, without={"circuit", "train", "evaluate", "report", "play"})
    rows = json.loads((user_folder / "runs/partners/comparison.json").read_text())
    assert {"connectome", "random_partners", "rewired"} == {row["wiring"] for row in rows["runs"]}


def test_what_its_docstring_says_is_kept(user_folder):
    write(user_folder)
    circuit = load_circuit("celegans")
    null = nulls.make_null(circuit, "random_partners", 4)
    same, other = nulls.make_null(circuit, "random_partners", 4), nulls.make_null(circuit, "random_partners", 5)
    assert (null.synapses != same.synapses).nnz == 0 and (null.synapses != other.synapses).nnz > 0
    assert null.neurons.equals(circuit.neurons)
    assert np.array_equal(np.diff(null.synapses.indptr), np.diff(circuit.synapses.indptr))
    for row in range(len(circuit)):
        assert sorted(null.synapses[[row]].data) == sorted(circuit.synapses[[row]].data)
    assert null.provenance.steps[-1]["arguments"]["edges_moved"] > 0.9


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@NULL_MODELS.register('mine')\ndef mine(circuit): return circuit\n", "function of a circuit and a seed"),
        ("NULL_MODELS.register('mine')(3)\n", "function of a circuit and a seed"),
        ("@NULL_MODELS.register('rewired')\ndef mine(circuit, seed): return circuit\n", "'rewired' already"),
    ],
)
def test_what_is_no_null_model_is_refused_in_one_sentence(user_folder, capsys, text, sentence):
    (user_folder / "mine.py").write_text(f"from premotor.connectome.nulls import NULL_MODELS\n{text}")
    assert main(["circuit", "info", "celegans", "--null", "mine", "--plugin", "mine.py"]) == 2
    words = capsys.readouterr().err
    assert sentence in words and words.count("\n") == 1


def test_what_returns_no_circuit_is_named(user_folder, capsys):
    text = (
        "from premotor.connectome.nulls import NULL_MODELS\n@NULL_MODELS.register('m')\ndef mine(circuit, seed): pass\n"
    )
    (user_folder / "mine.py").write_text(text)
    assert main(["circuit", "info", "celegans", "--null", "m", "--plugin", "mine.py"]) == 2
    assert "the null model 'm' returns NoneType; it has to return a Circuit" in capsys.readouterr().err


def test_what_changes_nothing_is_no_null_model(user_folder, capsys):
    text = (
        "from premotor.connectome.nulls import NULL_MODELS\n"
        "@NULL_MODELS.register('same')\ndef same(circuit, seed): return circuit\n"
    )
    (user_folder / "same.py").write_text(text)
    assert main(["circuit", "info", "celegans", "--null", "same", "--plugin", "same.py"]) == 2
    assert "leaves celegans as it is" in capsys.readouterr().err


def write(folder):
    (folder / "my_null.py").write_text(page_files(PAGE)["my_null.py"], encoding="utf-8")
    load_plugin(folder / "my_null.py")
