"""Weights of a Keras model as those of a perceptron of ours: numbers out of an HDF5 file, nothing is executed."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from premotor.connectome.readers.sonata_files import opened
from premotor.errors import PremotorError
from premotor.networks import MLPSettings
from premotor.runs.settings import Experiment

if TYPE_CHECKING:
    from h5py import File, Group

SUFFIXES = (".h5", ".hdf5")
OUTPUTS = {"sigmoid": 0.5, "tanh": 1.0}
"""Activation of the output layer → what its weights are multiplied with under a tanh: 2 σ(x) − 1 = tanh(x / 2)."""

PASSIVE = ("InputLayer", "Flatten", "Dropout")
"""Layers that change nothing about what a perceptron does."""


class Layer(NamedTuple):
    """A dense layer."""

    kernel: np.ndarray
    """(inputs, outputs)."""
    bias: np.ndarray
    """(outputs,)."""
    activation: str | None
    """As the file names it; None: it does not say."""


def is_keras(name: str) -> bool:
    """Whether a file's name says that it holds weights of Keras."""
    return Path(name).suffix.lower() in SUFFIXES


def read_keras(path: Path) -> list[Layer]:
    """Dense layers of a Keras model in order, from what ``model.save`` or ``model.save_weights`` wrote.

    Raises:
        PremotorError: h5py is not installed, the file is damaged, or it holds other layers or none.
    """
    if not path.is_file():
        raise PremotorError(f"initial: there is no file {path}")
    with opened(path) as file:
        named = list(_legacy(file) if "layer_names" in _root(file).attrs else _present(file))
        said = _activations(file.attrs.get("model_config"), path)
    kept = [(name, arrays) for name, arrays in named if arrays]
    for name, arrays in kept:
        if [array.ndim for array in arrays] not in ([2], [2, 1]):
            shapes = ", ".join(str(list(array.shape)) for array in arrays)
            raise PremotorError(
                f"{path}: the layer {name} has weights of shape {shapes}; only dense layers can be read"
            )
        if not all(np.isfinite(array).all() for array in arrays):
            raise PremotorError(f"{path}: weights of the layer {name} are not finite")
    if not kept:
        raise PremotorError(f"{path} holds no weights of dense layers of a Keras model")
    if not said:
        said = [None] * len(kept)
    elif len(said) != len(kept):
        raise PremotorError(f"{path} describes {len(said)} dense layers and holds the weights of {len(kept)}")
    kernels = [arrays[0] for _, arrays in kept]
    biases = [arrays[1] if arrays[1:] else np.zeros(arrays[0].shape[1]) for _, arrays in kept]
    return [Layer(*parts) for parts in zip(kernels, biases, said, strict=True)]


def perceptron_arrays(
    layers: Sequence[Layer], settings: Experiment, shapes: dict[str, tuple[int, ...]], name: str
) -> tuple[dict[str, np.ndarray], str]:
    """Arrays of a controller by name, and what was taken in words.

    Args:
        layers: of the Keras model; its inputs and outputs are in the order of the task's observations and actions.
        settings: of the new run.
        shapes: of the new controller's arrays, by name.
        name: of the file, for messages.

    Raises:
        PremotorError: the new run's network or its maps are no such perceptron.
    """
    network = settings.network
    if (
        not isinstance(network, MLPSettings)
        or not isinstance(network.hidden, tuple)
        or network.calibrate
        or settings.maps.squash != "tanh"
    ):
        raise PremotorError(
            f"initial: {name} fits a perceptron whose layers the settings name (network.kind mlp, network.hidden, "
            f"network.calibrate false, maps.squash tanh), as that of arm-original; this network is {network.kind}"
        )
    sizes = [layers[0].kernel.shape[0], *(len(layer.bias) for layer in layers)]
    wanted = [shapes["input_weight"][1], *network.hidden, shapes["output_weight"][0]]
    matching = all(a.kernel.shape[1] == b.kernel.shape[0] for a, b in itertools.pairwise(layers))
    if sizes != wanted or not matching:
        found, expected = ("-".join(map(str, numbers)) for numbers in (sizes, wanted))
        raise PremotorError(f"initial: {name} is a perceptron of {found} units, but this run's is one of {expected}")
    for layer in layers[:-1]:
        if layer.activation not in (None, network.activation):
            raise PremotorError(
                f"initial: a hidden layer of {name} has the activation {layer.activation}, but network.activation is "
                f"{network.activation}"
            )
    last = layers[-1].activation or "sigmoid"
    if last not in OUTPUTS:
        raise PremotorError(f"initial: the output layer of {name} has the activation {last}; allowed are sigmoid, tanh")
    width = shapes["network/weight"][1]
    inner = [np.pad(layer.kernel.T, ((0, 0), (0, width - layer.kernel.shape[0]))) for layer in layers[1:-1]]
    arrays = {
        "input_weight": layers[0].kernel.T,
        "network/weight": np.concatenate([np.zeros((0, width)), *inner]),
        "network/bias": np.concatenate([layer.bias for layer in layers[:-1]]),
        "output_weight": OUTPUTS[last] * layers[-1].kernel.T,
        "output_bias": OUTPUTS[last] * layers[-1].bias,
    }
    said = (
        f"{last} at the output"
        if layers[-1].activation
        else (f"{network.activation} inside and {last} at the output, which the file does not say")
    )
    words = f"the weights of {'-'.join(map(str, sizes))} units with {said}"
    return {key: array.astype(np.float32) for key, array in arrays.items()}, words


def _root(file: "File") -> "Group":
    weights: Group = file.get("model_weights", file)
    return weights


def _legacy(file: "File") -> Iterator[tuple[str, list[np.ndarray]]]:
    """Layers as Keras 1 and 2, and the HDF5 format of Keras 3, name them."""
    root = _root(file)
    for name in map(_text, root.attrs["layer_names"]):
        group = root[name]
        yield name, [np.asarray(group[_text(weight)]) for weight in group.attrs.get("weight_names", ())]


def _present(file: "File") -> Iterator[tuple[str, list[np.ndarray]]]:
    """Layers as ``save_weights`` of Keras 3 writes them: dense, dense_1, …, in the order of their numbers."""
    layers = file.get("layers", {})
    for name in sorted(layers, key=lambda text: [int(part) for part in re.findall(r"_(\d+)$", text)] or [-1]):
        held = layers[name].get("vars", {})
        yield name, [np.asarray(held[key]) for key in sorted(held, key=int)]


def _activations(config: str | bytes | None, path: Path) -> list[str | None]:
    """Of each dense layer, with that of an `Activation` layer behind it; PremotorError for what would act otherwise."""
    if config is None:
        return []
    try:
        parts = json.loads(_text(config))["config"]
        layers = parts["layers"] if isinstance(parts, dict) else parts
        listed = [(str(layer["class_name"]), layer["config"].get("activation")) for layer in layers]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PremotorError(f"{path}: model_config, which describes the model, can not be read") from None
    found: list[str | None] = []
    for kind, activation in listed:
        if kind == "Dense":
            found.append(str(activation))
        elif kind == "Activation" and found and found[-1] == "linear":
            found[-1] = str(activation)
        elif kind not in PASSIVE:
            allowed = ", ".join(("Dense", "Activation (once behind a linear Dense)", *PASSIVE))
            raise PremotorError(f"{path}: a layer is {kind}; allowed are {allowed}")
    return found


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
