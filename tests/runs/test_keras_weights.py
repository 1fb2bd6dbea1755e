"""A perceptron's weights from Keras: the same actions as the perceptron written out here, and clear refusals."""

import json

import h5py
import numpy as np
import pytest

import premotor as pm
from premotor.errors import PremotorError
from premotor.runs import load_settings, train
from premotor.runs.keras_weights import read_keras

SIZES = (6, 32, 32, 32, 4)
NAMES = ("dense", "dense_1", "dense_2", "dense_10")


@pytest.fixture
def layers() -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(0)
    pairs = zip(SIZES, SIZES[1:], strict=False)
    return [(random.normal(scale=0.5, size=pair), random.normal(scale=0.5, size=pair[1])) for pair in pairs]


def write_model(path, layers, output="sigmoid", hidden="relu"):
    """As `model.save` of Keras 1 to 3 writes HDF5: the names of layers and weights are attributes."""
    kinds = [hidden] * (len(layers) - 1) + [output]
    config = [{"class_name": "Flatten", "config": {"name": "flatten"}}]
    for name, kind in zip(NAMES, kinds, strict=True):
        config.append({"class_name": "Dense", "config": {"name": name, "activation": "linear"}})
        config.append({"class_name": "Activation", "config": {"name": f"{name}_after", "activation": kind}})
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": config}})
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"flatten", *(name.encode() for name in NAMES)]
        root.create_group("flatten").attrs["weight_names"] = np.zeros(0, "S1")
        for name, (kernel, bias) in zip(NAMES, layers, strict=True):
            group = root.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = kernel, bias


def write_weights(path, layers):
    """As `save_weights` of Keras 3 writes them."""
    with h5py.File(path, "w") as file:
        file.create_group("layers/flatten/vars")
        for name, arrays in reversed(list(zip(NAMES, layers, strict=True))):
            for number, array in enumerate(arrays):
                file[f"layers/{name}/vars/{number}"] = array


def expected(layers, observations) -> np.ndarray:
    """Actions in [−1, 1] of the perceptron, whose sigmoid spans [0, 1]."""
    x = observations
    for kernel, bias in layers[:-1]:
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias = layers[-1]
    return 2 / (1 + np.exp(-(x @ kernel + bias))) - 1


@pytest.mark.parametrize("write", [write_model, pytest.param(write_weights, marks=pytest.mark.slow)])
def test_the_new_run_begins_with_the_actor_of_the_file(write, layers, tmp_path, capsys):
    file = tmp_path / "actor.h5"
    write(file, layers)
    settings = load_settings(
        "arm-original", {"learning.steps": 200, "evaluation.episodes": 2, "evaluation.seconds": 0.2, "name": "keras"}
    )
    run = train(settings, output=tmp_path / "run", initial=file, finish=False, progress=False)
    brain, seen = pm.load_controller(f"{run.folder}@initial"), np.random.default_rng(1).normal(size=(5, 6))
    np.testing.assert_allclose(brain.reset(5).step(seen), expected(layers, seen), atol=1e-5)
    parent = json.loads((run.folder / "provenance.json").read_text())["parent"]
    assert parent["file"] == str(file) and "6-32-32-32-4 units" in parent["taken"][0]
    assert ("which the file does not say" in parent["taken"][0]) == (write is write_weights)


def refused(file, tmp_path, match, preset="arm-original", **settings):
    with pytest.raises(PremotorError, match=match):
        train(load_settings(preset, settings), output=tmp_path / "run", initial=file, finish=False, progress=False)
    assert not (tmp_path / "run").exists()


def test_what_does_not_fit_is_one_sentence(layers, tmp_path):
    file = tmp_path / "actor.h5"
    write_model(file, layers)
    refused(
        file, tmp_path, "perceptron of 6-32-32-32-4 units, but this run's is one of 6-16-4", **{"network.hidden": [16]}
    )
    refused(file, tmp_path, "this network is rate", preset="arm-celegans")
    write_model(file, layers, output="softmax")
    refused(file, tmp_path, "output layer of .* has the activation softmax; allowed are sigmoid, tanh")
    write_model(file, layers, hidden="elu")
    refused(file, tmp_path, "has the activation elu, but network.activation is relu")
    refused(tmp_path / "none.h5", tmp_path, "there is no file")
    for kind, said in (("LeakyReLU", "a layer is LeakyReLU"), ("Rescaling", "a layer is Rescaling")):
        write_model(file, layers)
        with h5py.File(file, "a") as made:
            config = json.loads(made.attrs["model_config"])
            config["config"]["layers"].append({"class_name": kind, "config": {}})
            made.attrs["model_config"] = json.dumps(config)
        refused(file, tmp_path, said)
    with h5py.File(file, "a") as made:
        made.attrs["model_config"] = "{"
    refused(file, tmp_path, "model_config, which describes the model, can not be read")
    write_model(file, layers)
    with h5py.File(file, "a") as made:
        config = json.loads(made.attrs["model_config"])
        del config["config"]["layers"][1:3]
        made.attrs["model_config"] = json.dumps(config)
    refused(file, tmp_path, "describes 3 dense layers and holds the weights of 4")


def test_other_files_are_one_sentence(layers, tmp_path):
    file = tmp_path / "actor.h5"
    file.write_bytes(b"no HDF5")
    with pytest.raises(PremotorError, match="cannot read"):
        read_keras(file)
    with h5py.File(file, "w") as made:
        made["layers/conv2d/vars/0"] = np.zeros((3, 3, 1, 8))
    with pytest.raises(PremotorError, match=r"the layer conv2d has weights of shape \[3, 3, 1, 8\]; only dense layers"):
        read_keras(file)
    with h5py.File(file, "w") as made:
        made["other"] = np.zeros(3)
    with pytest.raises(PremotorError, match="holds no weights of dense layers"):
        read_keras(file)
    layers[1][0][0, 0] = np.nan
    write_weights(file, layers)
    with pytest.raises(PremotorError, match="weights of the layer dense_1 are not finite"):
        read_keras(file)
