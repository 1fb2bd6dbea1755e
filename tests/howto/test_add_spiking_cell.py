"""The page about spiking cells, followed literally; its cell against a slow reference; what is no cell."""

import numpy as np
import pytest

from howto.pages import follow, page_files
from premotor.cli import main
from premotor.networks.spiking.event_driven import CELLS, SpikingNetwork
from premotor.plugins import load_plugin

PAGE = "add-spiking-cell"
TRAIN = (
    "--learning.steps=120 --learning.block=2 --evaluation.every=100 --evaluation.episodes=2 "
    "--episodes=2 --evaluation.lesions=false"
)
SMALLER = {"train": TRAIN.split(), "evaluate": ["--episodes=2", "--no-lesions"]}


@pytest.mark.slow
def test_the_page_works_as_it_stands(user_folder):
    follow(PAGE, user_folder, SMALLER)
    assert (user_folder / "runs/leaky/report.html").is_file()


def test_the_cell_fires_as_on_a_fine_grid(user_folder):
    (user_folder / "my_cell.py").write_text(page_files(PAGE)["my_cell.py"], encoding="utf-8")
    load_plugin(user_folder / "my_cell.py")
    cell = CELLS["leaky"].types[0]
    trains = np.sort(np.random.default_rng(0).integers(1, 2000, 300)) * 0.25
    synapses = {"pre": [1, 0], "post": [0, 0], "receptor": ["AM", "GA"], "weight": [8.0, 5.0], "delay": [1.0, 2.0]}
    network = SpikingNetwork.of((cell,), [0], sources=1, **synapses)
    found, _ = network.run(600.0, (trains, np.zeros(len(trains), int)))
    assert len(found) > 10

    step, potential, ready, arriving, spikes = 0.25, 0.0, -1.0, {}, []
    for time in trains:
        arriving.setdefault(round((time + 1.0) / step), []).append(8.0)
    for k in range(int(600 / step)):
        potential *= np.exp(-step / cell.time_constant)
        for weight in arriving.get(k, []):
            potential += weight
            if potential > cell.threshold and k * step >= ready:
                potential, ready = 0.0, k * step + cell.refractory
                spikes.append(k * step)
                arriving.setdefault(k + round(2.0 / step), []).append(-5.0)
    np.testing.assert_allclose(found, spikes, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@CELLS.register('mine')\nclass Mine(SpikingCell):\n    pass\n", "the class Mine has no settings"),
        ("@CELLS.register('mine')\nclass Mine(ConductanceCell):\n    pass\n", "needs kind: Literal['mine'] = 'mine'"),
        ("CELLS.register('mine')(3)\n", "has to be a class that inherits from SpikingCell"),
    ],
)
def test_what_is_no_cell_is_refused_in_one_sentence(user_folder, capsys, text, sentence):
    (user_folder / "mine.py").write_text(f"from premotor.networks.spiking.event_driven import *\n{text}")
    assert main(["train", "cartpole-stdp", "--wiring.cell", "mine", "--plugin", "mine.py"]) == 2
    words = capsys.readouterr().err
    assert sentence in words and words.count("\n") == 1
