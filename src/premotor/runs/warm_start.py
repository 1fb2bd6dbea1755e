"""Warm starts: a new run begins with the weights of another one, whatever its settings; parts go by their names."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import numpy as np

from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.learning.trees import flatten
from premotor.networks import Controller
from premotor.on_device import PyTree
from premotor.runs.building import controller_for
from premotor.runs.inherited_critic import adopt_critic
from premotor.runs.keras_weights import is_keras, perceptron_arrays, read_keras
from premotor.runs.kinds import Adopted, Arrays, kind_of
from premotor.runs.provenance import sha256
from premotor.runs.run import Run, Which
from premotor.runs.settings import Experiment, RunSettings
from premotor.runs.shipping import shipped, shipped_hash, shipped_names
from premotor.tasks import build_task

PREFIX = "controller/"


class Parent(NamedTuple):
    """A trained controller of which another one takes parts."""

    settings: Experiment
    controller: Controller
    circuit: Circuit | None
    wired: bool
    """Whether its network is that of the circuit."""


def warm_start(
    settings: RunSettings, circuit: Circuit | None, say: Callable[[str], None]
) -> tuple[Arrays | None, dict[str, object]]:
    """Arrays that a new run starts from, for `Kind.work`, and what its provenance says of the parent.

    Raises:
        PremotorError: there is no such run or checkpoint, or parts of it do not fit and `initial.partial` is not set.
    """
    kind = kind_of(settings)
    start = kind.start(settings)
    if settings.initial is None:
        return start, {}
    name, which, parent = settings.initial.run, "", None
    if is_keras(name):
        adopted, record = _keras(settings, circuit, Path(name))
    elif name in shipped_names() and not os.path.exists(name):
        adopted, record = _shipped(settings, circuit, name)
    else:
        parent, which = open_parent(name)
        adopted = kind.adopt(settings, circuit, parent, which)
        record = {
            "run": str(parent.folder.resolve()),
            "checkpoint": str(which),
            "step": parent.step_of(which),
            "sha256": sha256(Path(parent.parameters(which)[1])),
        }
    if adopted.left and not settings.initial.partial:
        raise PremotorError(
            f"initial: not all of {name} fits: {'; '.join(adopted.left)}; set --initial.partial true to begin these "
            "parts as in any new run"
        )
    if not adopted.taken:
        raise PremotorError(f"initial: nothing of {name} fits: {'; '.join(adopted.left)}")
    say(f"begins with {', '.join(adopted.taken)} of {name}")
    for words, parts in (("new in this run", adopted.filled), ("left", adopted.left)):
        if parts:
            say(f"{words}: {'; '.join(parts)}")
    arrays = adopted.arrays
    if isinstance(settings, Experiment) and "critic_layers" in type(settings.learning).model_fields:
        critic = adopt_critic(settings, parent, which)
        say(critic.words)
        arrays, record = arrays | critic.arrays, record | {"critic": critic.words}
    if isinstance(settings, Experiment) and settings.cloning.iterations:
        say(
            f"then it is shown the reference (cloning.iterations is {settings.cloning.iterations}), which moves these "
            "weights; --cloning.iterations 0 leaves them as they are"
        )
    record |= {"taken": list(adopted.taken), "new": list(adopted.filled), "left": list(adopted.left)}
    return {**(start or {}), **arrays}, {"parent": record}


def _keras(settings: RunSettings, circuit: Circuit | None, file: Path) -> tuple[Adopted, dict[str, object]]:
    """A perceptron's weights from a file of Keras, and what provenance says of it."""
    if not isinstance(settings, Experiment):
        raise PremotorError(f"initial: {file} fits a controller's run only")
    assert circuit is not None
    layers, task = read_keras(file), build_task(settings.task)
    template = eqx.filter_eval_shape(lambda: controller_for(circuit, task, settings, calibrate=False))
    arrays, words = perceptron_arrays(layers, settings, flatten_shapes(template), str(file))
    named = {PREFIX + name: array for name, array in arrays.items()}
    return Adopted(named, (words,), (), ()), {"file": str(file.resolve()), "sha256": sha256(file)}


def _shipped(settings: RunSettings, circuit: Circuit | None, name: str) -> tuple[Adopted, dict[str, object]]:
    """What a controller that comes with premotor gives, and what provenance says of it."""
    if not isinstance(settings, Experiment):
        raise PremotorError(f"initial: {name} is a controller of the package and fits a controller's run only")
    made = shipped(name)
    wired = kind_of(made.settings).wired(made.settings)
    adopted = adopt_controller(settings, circuit, Parent(made.settings, made.controller, made.circuit, wired))
    return adopted, {"shipped": name, "sha256": shipped_hash(name)}


def open_parent(name: str) -> tuple[Run, str]:
    """The run and the checkpoint that ``FOLDER@CHECKPOINT`` or a folder alone (its best) names.

    Raises:
        PremotorError: there is none.
    """
    place, at, which = name.rpartition("@")
    if not at or os.path.exists(name):
        place, which = name, "best"
    run = Run(place)
    run.step_of(which)
    return run, which


def adopt_from_run(settings: Experiment, circuit: Circuit | None, parent: Run[Experiment], which: Which) -> Adopted:
    """What a controller takes from that of a run (`adopt_controller`).

    Raises:
        PremotorError: the run is of another kind.
    """
    if parent.kind.name != "control":
        raise PremotorError(f"initial: {parent.folder} is a run of the kind {parent.kind.name}, not of control")
    known = Parent(parent.settings, parent.controller(which), parent.wiring, parent.wired)
    return adopt_controller(settings, circuit, known)


def adopt_controller(settings: Experiment, circuit: Circuit | None, parent: Parent) -> Adopted:
    """What a controller takes from another one, by names of neurons, edges, observations and actions.

    The network goes over as a whole, where it has the same neurons and edges, or the same shapes without a connectome.
    Columns of the maps go by the names of observations and actions. An observation that the parent did not know has no
    effect at first (its weights are 0), an action that it did not know begins as in any new run.
    """
    assert circuit is not None
    old = parent.controller
    task = build_task(settings.task)
    new = eqx.filter_eval_shape(lambda: controller_for(circuit, task, settings, calibrate=False))
    if not _same_neurons(settings, circuit, parent, old, new):
        had, has = parent.settings.network.kind, settings.network.kind
        reason = f"the network ({had} of {old.network.neurons} neurons, not {has} of {new.network.neurons}"
        same = (had, old.network.neurons) == (has, new.network.neurons)
        return Adopted({}, (), (), (reason + (", or of other edges)" if same else ")"),))
    whole = controller_for(circuit, task, settings)
    values, own = flatten(old), flatten(whole)
    sensors = _places(new.observation_names, old.observation_names)
    motors = _places(new.action_names, old.action_names)
    arrays, taken, left = {}, [], []
    for name, array in own.items():
        if name not in values:
            left.append(f"{name}, which the parent has not")
            continue
        found = _moved(name, values[name], array, sensors, motors)
        if found is None:
            left.append(f"{name} ({list(values[name].shape)}, not {list(array.shape)})")
        else:
            arrays[PREFIX + name] = found
            taken.append(name.split("/")[0])
    computed = _computed(new)
    left += [f"{name}, which this run has not" for name in values if name not in own and name not in computed]
    filled = [f"the observation {new.observation_names[i]}" for i in np.flatnonzero(sensors < 0)]
    filled += [f"the action {new.action_names[i]}" for i in np.flatnonzero(motors < 0)]
    unused = [name for name in old.observation_names if name not in new.observation_names]
    if unused:
        left.append(f"the observations {', '.join(unused)}, which this task has not")
    return Adopted(arrays, tuple(dict.fromkeys(taken)), tuple(filled), tuple(left))


def _same_neurons(settings: Experiment, circuit: Circuit, parent: Parent, old: Controller, new: Controller) -> bool:
    if parent.settings.network.kind != settings.network.kind:
        return False
    now, computed = flatten_shapes(new.network), new.network.computed
    before = {name: array.shape for name, array in flatten(old.network).items()}
    if {name: shape for name, shape in before.items() if name in now or name not in computed} != now:
        return False
    if not parent.wired:
        return True
    assert parent.circuit is not None
    same = np.array_equal(parent.circuit.ids, circuit.ids)
    return bool(same and (parent.circuit.synapses != circuit.synapses).nnz == 0)


def _computed(controller: Controller) -> set[str]:
    """Names in a controller of what its network computes from other fields; without them they learn."""
    return {f"network/{name}" for name in controller.network.computed}


def flatten_shapes(tree: PyTree) -> dict[str, tuple[int, ...]]:
    """Shapes by name, as `flatten` gives the arrays."""
    import jax

    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): tuple(leaf.shape) for path, leaf in leaves}


def _places(names: Sequence[str], former: Sequence[str]) -> np.ndarray:
    """Where each name was; −1 for a new one."""
    return np.array([former.index(name) if name in former else -1 for name in names], int)


def _moved(name: str, old: np.ndarray, new: np.ndarray, sensors: np.ndarray, motors: np.ndarray) -> np.ndarray | None:
    """The parent's array in the new order of observations and actions; None where it does not fit."""
    known = sensors >= 0
    if name in ("normalizer/mean", "normalizer/variance"):
        moved = new.copy()
        moved[known] = old[sensors[known]]
        return moved
    if name in ("input_weight", "input_mask"):
        if len(old) != len(new):
            return None
        moved = np.zeros_like(new) if name == "input_weight" else new.copy()
        moved[:, known] = old[:, sensors[known]]
        return moved
    known = motors >= 0
    if name in ("output_weight", "output_bias", "log_std", "output_sign"):
        if old.shape[1:] != new.shape[1:]:
            return None
        moved = new.copy()
        moved[known] = old[motors[known]]
        return moved
    if old.shape != new.shape or old.dtype != new.dtype:
        return None
    return old
