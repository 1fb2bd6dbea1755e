"""The page about networks, followed literally; and what a user is told whose network is not whole."""

import json

import equinox as eqx
import jax
import numpy as np
import pytest

from howto.pages import follow, page_files
from howto.smaller import SMALLER
from premotor.cli import main
from premotor.connectome import load_circuit
from premotor.networks import NETWORKS, build_controller
from premotor.plugins import load_plugin

PAGE = "add-network"


def test_the_page_works_as_it_stands(user_folder):
    follow(PAGE, user_folder, SMALLER, without={"compare"})
    folder = user_folder / "runs/shunting"
    assert (folder / "report.html").is_file() and (user_folder / "shunting.mp4").stat().st_size > 1000
    lesions = json.loads(next(folder.rglob("lesions.json")).read_text())
    assert {"intact", "all recurrent", "sensory → interneuron"} <= {row["name"] for row in lesions}


@pytest.mark.slow
def test_it_is_compared_with_its_null_models(user_folder):
    follow(PAGE, user_folder, SMALLER, without={"train", "evaluate", "report", "play"})
    rows = json.loads((user_folder / "runs/shunting-nulls/comparison.json").read_text())["rows"]
    assert {row["wiring"] for row in rows} == {"connectome", "rewired"}


def test_no_learning_changes_a_sign_and_lesions_silence(user_folder):
    (user_folder / "my_network.py").write_text(page_files(PAGE)["my_network.py"], encoding="utf-8")
    load_plugin(user_folder / "my_network.py")
    settings = NETWORKS.settings_class("shunting")()
    circuit = load_circuit("celegans")
    made = build_controller(circuit, ["a", "b"], ["c"], network=settings, calibrate=False, key=jax.random.PRNGKey(0))
    keys = iter(jax.random.split(jax.random.PRNGKey(1), 100))
    moved = jax.tree.map(
        lambda x, on: x + 3 * jax.random.normal(next(keys), x.shape) if on else x,
        made,
        made.trained(),
        is_leaf=eqx.is_array,
    ).network
    edges = moved.edges()
    assert (np.sign(edges.weight) == circuit.neurons["sign"].to_numpy()[edges.pre]).all()
    assert (circuit.synapses.toarray()[edges.pre, edges.post] > 0).all()
    state = jax.random.uniform(jax.random.PRNGKey(2), (moved.neurons, 3))
    current = jax.random.normal(jax.random.PRNGKey(3), state.shape)
    alone = moved.silenced(np.ones(len(edges.pre), bool))
    after = alone.step(alone.product(), state, current)
    wanted = state + alone.blend * (np.tanh(np.maximum(current + alone.bias[:, None], 0)) - state)
    np.testing.assert_allclose(after, wanted, rtol=1e-5, atol=1e-6)


CLASS = "from premotor.networks import *\n@NETWORKS.register('mine')\nclass Mine(RateNetwork):\n    pass\n"
PART = CLASS.replace("RateNetwork", "Network").replace("pass", "settings = RateNetworkSettings")
MAPPED = """\
from typing import ClassVar, Literal
from premotor.networks import *
class Own(MLPSettings):
    kind: Literal["mine"] = "mine"
@NETWORKS.register("mine")
class Mine(MLPNetwork):
    settings: ClassVar = Own
    own_maps: ClassVar = True
"""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (MAPPED, "the network 'mine': the class Mine has no read_out, as own_maps asks"),
        (PART, "the network 'mine': the class Mine has no build"),
        (CLASS, "the network 'mine': RateNetworkSettings needs the field kind: Literal['mine'] = 'mine'"),
        ("from premotor.networks import *\nNETWORKS.register('mine')(3)\n", "has to be a class that inherits"),
        (CLASS.replace("mine", "gru"), "'gru' already"),
    ],
)
def test_what_is_no_network_is_refused_in_one_sentence(user_folder, capsys, text, sentence):
    (user_folder / "mine.py").write_text(text)
    assert main(["train", "walk", "--network.kind", "mine", "--plugin", "mine.py"]) == 2
    words = capsys.readouterr().err
    assert sentence in words and words.count("\n") == 1
