"""A controller as an ONNX model: its forward pass in NumPy, recorded as a graph.

Inputs are `observation` (batch, observations) and `state` (batch, rows), outputs `action` (batch, actions) and
`next_state` (batch, rows), float32. The initial state and the names of observations and actions are in the metadata.
"""

import json
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import EllipsisType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from premotor.errors import PremotorError
from premotor.files import write_atomically
from premotor.runs.own_loop import LoadedController

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto
    from scipy.sparse import csr_array

OPSET = 17
IR_VERSION = 8
"""Of the file; runtimes from 2022 on read it."""
UNARY: Mapping[np.ufunc, str] = {
    np.tanh: "Tanh",
    np.exp: "Exp",
    np.sin: "Sin",
    np.log: "Log",
    np.absolute: "Abs",
    np.sign: "Sign",
    np.negative: "Neg",
    np.sqrt: "Sqrt",
}
BINARY: Mapping[np.ufunc, str] = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.true_divide: "Div",
    np.matmul: "MatMul",
    np.power: "Pow",
    np.maximum: "Max",
    np.minimum: "Min",
}


class Recorder:
    """Nodes and constants of a graph while it is recorded."""

    def __init__(self, onnx: ModuleType):
        self._onnx = onnx
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, value: ArrayLike, kind: DTypeLike = np.float32) -> str:
        """The name of an array in the graph."""
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(value, kind) if np.ndim(value) else np.asarray(value, kind)
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, operation: str, *inputs: "Recorded | str", **attributes: int | list[int]) -> "Recorded":
        """What an operation makes of recorded arrays and constants."""
        name = f"n{len(self.nodes)}"
        names = [one.name if isinstance(one, Recorded) else one for one in inputs]
        self.nodes.append(self._onnx.helper.make_node(operation, names, [name], **attributes))
        return Recorded(self, name)


class Recorded(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of which only what is done to it is known; NumPy's functions record it.

    Args:
        recorder: of the graph.
        name: in the graph.
    """

    __array_priority__ = 1_000.0

    def __init__(self, recorder: Recorder, name: str):
        self.recorder, self.name = recorder, name

    def _input(self, value: "Recorded | csr_array | ArrayLike") -> "Recorded | str":
        if isinstance(value, Recorded):
            return value
        return self.recorder.constant(value.toarray() if hasattr(value, "toarray") else value)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: object) -> "Recorded":
        """Record a ufunc."""
        if method != "__call__" or options:
            return NotImplemented
        known = UNARY.get(ufunc) or BINARY.get(ufunc)
        if known is not None:
            return self.recorder.node(known, *map(self._input, inputs))
        if ufunc is np.expm1:
            return np.exp(inputs[0]) - 1
        if ufunc is np.arctanh:
            return 0.5 * np.log((1 + inputs[0]) / (1 - inputs[0]))
        if ufunc is np.logaddexp:  # of softplus, whose second argument is 0
            greatest: Recorded = np.maximum(*inputs)
            return greatest + np.log(1 + np.exp(-np.absolute(inputs[0] - inputs[1])))
        raise PremotorError(f"the network uses numpy.{ufunc.__name__}, which has no place in an ONNX model of premotor")

    def __array_function__(
        self, function: Callable[..., object], types: Collection[type], arguments: tuple[Any, ...], options: object
    ) -> "Recorded":
        """Record a concatenation or a clipping."""
        if function is np.concatenate:
            return self.recorder.node("Concat", *map(self._input, arguments[0]), axis=0)
        if function is np.clip:
            array, least, most = arguments
            return np.minimum(np.maximum(array, least), most)
        raise PremotorError(
            f"the network uses numpy.{function.__name__}, which has no place in an ONNX model of premotor"
        )

    def __rmatmul__(self, other: "csr_array | np.ndarray") -> "Recorded":
        """A constant, dense or sparse, times this."""
        return self.recorder.node("MatMul", self._input(other), self)

    @property
    def T(self) -> "Recorded":
        """Of a matrix."""
        return self.recorder.node("Transpose", self, perm=[1, 0])

    def sum(self, axis: int) -> "Recorded":
        """Along an axis."""
        return self.recorder.node("ReduceSum", self, self.recorder.constant([axis], np.int64), keepdims=0)

    def __getitem__(self, index: "tuple[EllipsisType, int] | slice | np.ndarray | None") -> "Recorded":
        """Rows, a range of rows, a column of the last axis, or a new first axis."""
        recorder = self.recorder
        if index is None:
            return recorder.node("Unsqueeze", self, recorder.constant([0], np.int64))
        if isinstance(index, tuple):
            return recorder.node("Gather", self, recorder.constant(index[1], np.int64), axis=-1)
        if isinstance(index, slice):
            ends = (index.start or 0, np.iinfo(np.int64).max if index.stop is None else index.stop)
            first, last, axis = (recorder.constant([end], np.int64) for end in (*ends, 0))
            return recorder.node("Slice", self, first, last, axis)
        return recorder.node("Gather", self, recorder.constant(index, np.int64), axis=0)


def onnx_model(controller: LoadedController) -> "ModelProto":
    """The model (`onnx.ModelProto`) of a controller, with what is silenced and driven in it now.

    Raises:
        PremotorError: the package onnx is not installed, or the network does what a model can not hold.
    """
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise PremotorError(f"{error.name} is not installed; pip install 'premotor[onnx]' brings it") from None
    recorder, helper = Recorder(onnx), onnx.helper
    seen, before = Recorded(recorder, "observation"), Recorded(recorder, "state")
    forward: Callable[..., Any] = controller.forward  # it does with what is recorded as with an array
    state, action = forward(before.T, seen)
    if not controller.discrete:
        action = np.clip(action, -1.0, 1.0)
    recorder.nodes.append(helper.make_node("Identity", [action.name], ["action"]))
    recorder.nodes.append(helper.make_node("Transpose", [state.name], ["next_state"], perm=[1, 0]))
    sizes = {"observation": len(controller.observation_names), "action": len(controller.action_names)}

    def port(name: str) -> "ValueInfoProto":
        size = sizes.get(name, len(controller.initial_state))
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", size])

    inputs, outputs = [port("observation"), port("state")], [port("action"), port("next_state")]
    graph = helper.make_graph(recorder.nodes, "controller", inputs, outputs, recorder.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="premotor"
    )
    said = {
        "controller": controller.name,
        "task": controller.task.name,
        "observations": json.dumps(controller.observation_names),
        "actions": json.dumps(controller.action_names),
        "control_period": repr(controller.control_period),
        "initial_state": json.dumps(controller.initial_state.tolist()),
    }
    helper.set_model_props(model, said)
    onnx.checker.check_model(model)
    return model


def export_onnx(controller: LoadedController, file: str | os.PathLike[str]) -> Path:
    """Write a controller as an ONNX model (`onnx_model`).

    Raises:
        PremotorError: as `onnx_model`, the name does not end in .onnx, or its folder does not exist.
    """
    path = Path(file)
    if path.suffix.lower() != ".onnx":
        raise PremotorError(f"{path} should end in .onnx")
    if not path.parent.is_dir():
        raise PremotorError(f"the folder {path.parent} does not exist")
    write_atomically(path, onnx_model(controller).SerializeToString())
    return path
