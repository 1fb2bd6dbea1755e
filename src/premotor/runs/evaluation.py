"""Tests of trained runs, a trace of all that a controller did in one, and what each group of synapses is worth.

A controller that does as well without its recurrent synapses does not use its wiring, whatever it scores.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd

from premotor.bodies import BackEnd
from premotor.bodies.back_ends import CPU
from premotor.connectome.effectors import MODULE_COLUMNS
from premotor.errors import PremotorError
from premotor.files import replace_atomically, write_json
from premotor.networks import Controller
from premotor.runs.arrays import save_arrays
from premotor.runs.episodes import Episodes
from premotor.runs.figures import Figures
from premotor.runs.kinds import Evaluation
from premotor.runs.loading import Overrides, load_experiment, override_pairs
from premotor.runs.run import Run, Which
from premotor.runs.settings import Experiment
from premotor.tasks import Task, build_task

TEST_SEED = 2_000
"""Of the starts of test episodes; those during learning have another (`evaluation.seed`)."""


def evaluate(
    run: Run | str | os.PathLike[str],
    episodes: int | None = None,
    seconds: float | None = None,
    *,
    seed: int | None = None,
    checkpoint: Which = "best",
    threads: int = 0,
    device: str = "cpu",
    overrides: Overrides = (),
) -> Figures:
    """Test a run of any kind, without learning, in episodes that learning never saw.

    Writes the figures to ``evaluations/test.json``, what happened beside it, and returns the figures. With `overrides`
    they go to another file, which is among the figures as ``file``, and stand beside what was changed.

    Args:
        run: the run, or its folder.
        episodes: how many; None: 100, and for descent on the spectrum as many states as its settings say.
        seconds: length of an episode; by default as in the run's settings.
        seed: of their starts; None: 2,000 for control, 42 for spiking agents.
        checkpoint: "best", "last", "initial" or the step of a checkpoint.
        threads: of the physics; 0 for one a core.
        device: of the physics: "cpu", whatever the run learned on, "gpu" or "warp-cpu".
        overrides: settings of the task other than those of learning, as in ``{"task.variation.push": 5}``.

    Raises:
        PremotorError: no such checkpoint, fewer than one episode, the engine cannot be had, or another setting than the
            task's is changed, or one that changes what the controller senses or moves.
    """
    run = run if isinstance(run, Run) else Run(run)
    return tested(run, Evaluation(episodes, seconds, seed, checkpoint, threads, device, overrides=overrides))


def tested(run: Run, test: Evaluation) -> Figures:
    """`evaluate`, as the kind of the run does it."""
    if test.overrides and not run.kind.other_tasks:
        raise PremotorError(
            f"{next(iter(override_pairs(test.overrides)))}: a run of the kind {run.kind.name} is tested with the "
            "settings of its learning"
        )
    return run.kind.evaluate(run, test)


def evaluate_controller(run: Run[Experiment], test: Evaluation) -> Figures:
    """`evaluate` for a run of control: episodes side by side, with the mean action."""
    back_end = BackEnd.model_validate(run.settings.physics.model_dump() | {"device": test.device})
    episodes = 100 if test.episodes is None else test.episodes
    seed = TEST_SEED if test.seed is None else test.seed
    changed = override_pairs(test.overrides)
    task = other_task(run, changed) if changed else None
    chosen = test_episodes(run, episodes, test.seconds, seed, test.threads, back_end, task)
    controller = run.controller(test.checkpoint)
    records = chosen.run(controller)
    step = run.step_of(test.checkpoint)
    figures = {"step": step, "checkpoint": str(test.checkpoint), "seed": seed, **chosen.figures(records)}
    places = run.places
    places.evaluations_folder.mkdir(exist_ok=True)
    if changed:
        name = hashlib.sha256(json.dumps(changed, sort_keys=True, default=str).encode()).hexdigest()[:8]
        file = places.evaluations_folder / f"changed-{name}.json"
        figures |= {"changed": changed, "file": str(file)}
        write_json(file, figures)
        return figures
    with replace_atomically(places.trace_file) as aside:
        save_arrays(aside, records, _metadata(run, chosen, controller, step))
    write_json(places.test_file, figures)
    return figures


def other_task(run: Run[Experiment], changed: Mapping[str, object]) -> Task:
    """The task of a run with some of its settings changed, by dotted key; PremotorError where that cannot be tested."""
    for key in changed:
        if not key.startswith("task.") or key == "task.kind":
            if key.startswith("evaluation."):
                raise PremotorError(f"{key} is for training; a test takes --episodes, --seconds, --seed, --no-lesions")
            raise PremotorError(f"{key} cannot be changed for a test; settings of the task can, such as task.seconds")
    task, learned = build_task(load_experiment(run.places.settings_file, changed).task), run.task()
    for what, now, then in (
        ("observations", task.observation_names, learned.observation_names),
        ("actions", task.action_names, learned.action_names),
    ):
        if now != then:
            raise PremotorError(
                f"{', '.join(changed)}: the task would have other {what} ({len(now)}) than those that the controller "
                f"has learned with ({len(then)})"
            )
    return task


def test_episodes(
    run: Run[Experiment],
    episodes: int,
    seconds: float | None,
    seed: int,
    threads: int,
    back_end: BackEnd = CPU,
    task: Task | None = None,
) -> Episodes:
    """The episodes of a test, in the task of learning or another; PremotorError for none of them or no time."""
    seconds = run.settings.evaluation.seconds if seconds is None else seconds
    if episodes < 1:
        raise PremotorError(f"episodes is {episodes}; at least 1 is needed")
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
    if seed < 0:
        raise PremotorError(f"seed is {seed}; it must be 0 or more")
    return Episodes(task or run.task(), episodes, seconds, seed, threads, back_end)


def _metadata(run: Run[Experiment], chosen: Episodes, controller: Controller, step: int) -> dict[str, str]:
    """What names the columns of the trace, as JSON texts."""
    named: dict[str, object] = {
        "action_names": chosen.task.action_names,
        "observation_names": chosen.task.observation_names,
        "control_period": chosen.task.control_period,
        "step": step,
        "episodes": chosen.episodes,
        "neurons": [int(n) for n in (run.circuit.ids if run.wired else range(controller.network.neurons))],
    }
    body = chosen.task.body
    if body is not None:
        named |= {"joint_names": body.joint_names, "actuator_names": body.actuator_names}
        named |= {"feet": body.feet, "body": body.name}
    return {name: json.dumps(value) for name, value in named.items()}


FIGURES = (
    *("survived", "success", "speed", "speed_error", "crawls", "swims", "frequency", "wavelength"),
    *("before", "reverses", "advances", "coils", "index", "reaches", "score", "return"),
)


class Lesion(NamedTuple):
    """A group of synapses or gap junctions to silence."""

    name: str
    pre: str
    post: str
    kind: str
    """"chemical", "electrical" or "both"."""
    synapses: np.ndarray
    """Which of the network's chemical edges, bool."""
    junctions: np.ndarray
    """Which of its gap junctions, bool."""
    ablated: np.ndarray | None = None
    """Neurons that are killed: where maps are the circuit's own, these reach no muscle either, bool; None: none."""


def silence_synapses(
    run: Run[Experiment],
    episodes: int = 50,
    seconds: float | None = None,
    *,
    types: bool = False,
    seed: int = TEST_SEED,
    checkpoint: Which = "best",
    threads: int = 0,
) -> list[Figures]:
    """Silence every group of synapses in turn and walk the same episodes each time.

    Groups: all synapses from one class of neurons to another, chemical and electrical separately; all
    chemical, all electrical, and all of both; where the neuron table names them, all synapses within, onto and
    from one leg, all between legs, and all onto the motor neurons of one motor module (in every leg); with `types`
    also all synapses onto or from each cell type; where the maps are the circuit's own, those onto muscles too.
    Writes ``lesions.json``, whose first entry ("intact") silences nothing, and returns it.

    Args:
        run: the run.
        episodes: how many for each group, all with the same starts.
        seconds: length of an episode; by default as in the run's settings.
        types: also one cell type at a time.
        seed: of the starts.
        checkpoint: "best", "last", "initial" or the step of a checkpoint.
        threads: of the physics; 0 for one a core.

    Raises:
        PremotorError: no such checkpoint, or a baseline, which has no synapses.
    """
    if not run.wired:
        kind = run.settings.network.kind
        raise PremotorError(f"network.kind is {kind}: there are no synapses of a circuit to silence")
    controller = run.controller(checkpoint)
    chosen = test_episodes(run, episodes, seconds, seed, threads)
    rows = lesion_rows(chosen, controller, run.circuit.neurons, types)
    write_json(run.places.lesions_file, rows)
    return rows


def lesion_rows(chosen: Episodes, controller: Controller, neurons: pd.DataFrame, types: bool = False) -> list[Figures]:
    """Figures of the same episodes without each group of synapses in turn, the first with all of them.

    Args:
        chosen: the episodes.
        controller: a controller with a circuit.
        neurons: the circuit's table of neurons.
        types: also one cell type at a time.
    """
    rows = []
    for lesion in lesions_of(controller, neurons, types):
        figures = chosen.figures(chosen.run(silenced(controller, lesion)), gait=False)
        row = {
            "name": lesion.name,
            "pre": lesion.pre,
            "post": lesion.post,
            "kind": lesion.kind,
            "synapses": int(lesion.synapses.sum() + lesion.junctions.sum()),
            **{name: figures[name] for name in FIGURES if name in figures},
        }
        rows.append(row)
    return rows


def silenced(controller: Controller, lesion: Lesion) -> Controller:
    """The controller with a group of synapses carrying nothing."""
    network = controller.network.silenced(jnp.asarray(lesion.synapses), jnp.asarray(lesion.junctions))
    controller = eqx.tree_at(lambda c: c.network, controller, network)
    if lesion.ablated is None or not controller.fixed_maps:
        return controller
    left = controller.output_weight * ~jnp.asarray(lesion.ablated)[controller.output_neurons]
    return eqx.tree_at(lambda c: c.output_weight, controller, left)


def lesions_of(controller: Controller, neurons: pd.DataFrame, types: bool) -> Iterator[Lesion]:
    """Every group of the network's synapses that has at least one; `neurons` is the circuit's table."""
    edges = controller.network.edges()
    pre, post, a, b = edges.pre, edges.post, edges.junction_a, edges.junction_b
    none, no_junction = np.zeros(len(pre), bool), np.zeros(len(a), bool)
    yield Lesion("intact", "", "", "none", none, no_junction)
    yield Lesion("all recurrent", "*", "*", "both", ~none, ~no_junction)
    if len(a):
        yield Lesion("all chemical", "*", "*", "chemical", ~none, no_junction)
        yield Lesion("all electrical", "*", "*", "electrical", none, ~no_junction)
    label = neurons["class"].replace("", "unknown").to_numpy()
    classes = sorted(set(label))
    for i, first in enumerate(classes):
        for j, second in enumerate(classes):
            mask = (label[pre] == first) & (label[post] == second)
            if mask.any():
                yield Lesion(f"{first} → {second}", first, second, "chemical", mask, no_junction)
            if j < i:
                continue  # a gap junction has no direction
            pair = (label[a] == first) & (label[b] == second) | (label[a] == second) & (label[b] == first)
            if pair.any():
                yield Lesion(f"{first} – {second}, electrical", first, second, "electrical", none, pair)
    yield from _leg_lesions(neurons, (pre, post), (a, b))
    if types:
        label = neurons["type"].to_numpy()
        for cell in sorted({name for name in label if name}):
            mask = (label[pre] == cell) | (label[post] == cell)
            pair = (label[a] == cell) | (label[b] == cell)
            if mask.any() or pair.any():
                yield Lesion(f"type {cell}", cell, cell, "both", mask, pair, label == cell)


def _leg_lesions(
    neurons: pd.DataFrame, synapses: tuple[np.ndarray, np.ndarray], junctions: tuple[np.ndarray, np.ndarray]
) -> Iterator[Lesion]:
    """One leg at a time, what couples the legs, and one motor module at a time, as the neuron table names them."""
    (pre, post), (a, b) = synapses, junctions
    if "leg" in neurons:
        leg = neurons["leg"].to_numpy()
        for name in dict.fromkeys(leg):
            own = ((leg[pre] == name) | (leg[post] == name), (leg[a] == name) | (leg[b] == name))
            yield Lesion(f"leg {name}", name, name, "both", *own)
        yield Lesion("between legs", "*", "*", "both", leg[pre] != leg[post], leg[a] != leg[b])
    column = next((name for name in MODULE_COLUMNS if name in neurons), None)
    if column is not None:
        module = neurons[column].fillna("").to_numpy()
        for name in sorted({word for word in module if word}):
            pair = (module[a] == name) | (module[b] == name)
            yield Lesion(f"module {name}", "*", name, "both", module[post] == name, pair)
