"""Evaluation: the same episodes every time, ended ones stay ended, and lesions silence what they name."""

import json
from types import SimpleNamespace

import equinox as eqx
import numpy as np
import pandas as pd
import pytest
import safetensors

from premotor.errors import PremotorError
from premotor.networks.base import Edges
from premotor.runs import Episodes, Run, evaluate, silence_synapses
from premotor.runs.arrays import load_arrays
from premotor.runs.episodes import PER_EPISODE
from premotor.runs.evaluation import lesions_of, silenced


@pytest.fixture(scope="module")
def episodes(trained) -> Episodes:
    return Episodes(trained.task(), 6, 1.0, seed=5, threads=1)


def test_the_same_controller_does_the_same_again(trained, episodes):
    controller = trained.controller("best")
    first = episodes.run(controller)
    episodes.run(trained.controller("initial"))
    again = episodes.run(controller)
    assert set(first) == set(again)
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_every_controller_starts_from_the_same_states(trained, episodes):
    one, other = episodes.run(trained.controller("best")), episodes.run(trained.controller("initial"))
    assert np.array_equal(one["qpos"][0], other["qpos"][0])
    assert np.array_equal(one["qvel"][0], other["qvel"][0])
    assert np.array_equal(one["command"], other["command"])
    assert not np.array_equal(one["qpos"], other["qpos"])
    assert len(np.unique(one["qpos"][0], axis=0)) == episodes.episodes


def test_an_episode_that_ended_stays_ended(trained):
    """A limp body falls: from then on it is not alive, earns nothing, and its restarts do not show."""
    limp = eqx.tree_at(lambda c: c.output_weight, trained.controller("initial"), replace_fn=lambda w: 0 * w)
    episodes = Episodes(trained.task(), 4, 4.0, seed=1, threads=1)
    records = episodes.run(limp)
    steps = episodes.steps
    assert {len(value) for name, value in records.items() if name not in PER_EPISODE} == {steps}
    alive = records["alive"].astype(bool)
    assert alive[0].all()
    assert not (np.diff(alive.astype(int), axis=0) > 0).any(), "an episode came back to life"
    assert not alive[-1].any(), "a limp body stands for ever"
    assert (records["reward"][~alive] == 0).all()
    task = trained.task()
    height = records["qpos"][:, :, task.body.qpos_index("root_z")[0]]
    for episode in range(4):
        last = int(alive[:, episode].sum())
        assert height[last - 1, episode] < height[0, episode], "the fall itself is part of the record"
    assert episodes.figures(records)["survived"] == 0
    assert records["time"][-1] == pytest.approx(4.0)


def test_records_tell_the_state_before_each_action(trained, episodes):
    """Positions move on by velocities: rows are consecutive states, not copies of a later one."""
    records = episodes.run(trained.controller("best"))
    x, v = records["qpos"][:, :, 0], records["qvel"][:, :, 0]
    moved = np.diff(x[:5], axis=0) / episodes.task.control_period
    assert moved == pytest.approx(0.5 * (v[:4] + v[1:5]), abs=0.25)
    assert (x[0] == 0).all()


def test_evaluate_writes_figures_and_a_trace(run_copy):
    run = Run(run_copy)
    figures = evaluate(run, 3, 0.2, checkpoint="last")
    assert json.loads(run.places.test_file.read_text()) == figures
    assert (figures["step"], figures["checkpoint"], figures["episodes"]) == (64, "last", 3)
    assert figures["seconds_per_episode"] == pytest.approx(0.2)
    trace = load_arrays(run.places.trace_file)
    body, task, steps = run.task().body, run.task(), 11
    assert {name: value.shape for name, value in trace.items()} == {
        "time": (steps,),
        "qpos": (steps, 3, body.model.nq),
        "qvel": (steps, 3, body.model.nv),
        "action": (steps, 3, len(task.action_names)),
        "contact": (steps, 3, len(body.feet)),
        "alive": (steps, 3),
        "reward": (steps, 3),
        "phase": (steps, 3),
        "command": (3,),
        "terminated": (3,),
        "rates": (steps, len(run.circuit)),
    }
    assert all(value.dtype == np.float32 for value in trace.values())
    with safetensors.safe_open(run.places.trace_file, "numpy") as file:
        names = {key: json.loads(value) for key, value in file.metadata().items()}
    assert names["joint_names"] == list(body.joint_names)
    assert names["neurons"] == run.circuit.ids.tolist()


def test_test_episodes_are_not_those_of_learning(trained, run_copy):
    chosen = trained.settings.evaluation
    during = Episodes(trained.task(), 2, 0.2, chosen.seed, 1).run(trained.controller("last"))
    evaluate(Run(run_copy), 2, 0.2)
    assert not np.array_equal(during["qpos"][0], load_arrays(Run(run_copy).places.trace_file)["qpos"][0])


def test_a_test_in_another_task_replaces_nothing_and_says_what_was_changed(run_copy):
    run = Run(run_copy)
    usual = evaluate(run, 3, 0.2)
    other = evaluate(run, 3, 0.2, overrides=["--task.speed", "[0.2, 0.2]"])
    assert other["command"] == pytest.approx(0.2) != pytest.approx(usual["command"])
    assert other["changed"] == {"task.speed": [0.2, 0.2]}
    file = run.places.evaluations_folder / other["file"].rpartition("/")[2]
    assert json.loads(file.read_text()) == other and file.stem.startswith("changed-")
    assert json.loads(run.places.test_file.read_text()) == usual


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"evaluation.lesions": False}, "evaluation.lesions is for training; a test takes .*, --no-lesions"),
        ({"learning.steps": 5}, "learning.steps cannot be changed for a test; settings of the task can"),
        ({"task.kind": "arm-balance"}, "task.kind cannot be changed"),
        ({"task.clock": True}, r"task.clock: the task would have other observations \(\d+\) than those"),
        ({"task.sped": 1}, r"unknown setting --task.sped = 1 \(did you mean task.speed\?\)"),
    ],
)
def test_what_a_controller_has_not_learned_with_is_refused(trained, overrides, message):
    with pytest.raises(PremotorError, match=message):
        evaluate(trained, 1, 0.1, overrides=overrides)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"episodes": 0}, "episodes is 0"), ({"seconds": 0}, "seconds is 0"), ({"seed": -1}, "seed is -1")],
)
def test_nonsense_is_refused(trained, arguments, message):
    with pytest.raises(PremotorError, match=message):
        evaluate(trained, **{"episodes": 1, "seconds": 0.1, **arguments})


def test_every_group_of_synapses_is_silenced_once(trained):
    controller = trained.controller("best")
    neurons = trained.circuit.neurons
    lesions = list(lesions_of(controller, neurons, types=False))
    assert len({lesion.name for lesion in lesions}) == len(lesions)
    by_class = [lesion for lesion in lesions if lesion.pre not in ("", "*")]
    assert (sum(lesion.synapses.astype(int) for lesion in by_class) == 1).all()
    assert (sum(lesion.junctions.astype(int) for lesion in by_class) == 1).all()
    label = neurons["class"].to_numpy()
    network = controller.network
    for lesion in by_class:
        for edge in np.flatnonzero(lesion.synapses):
            assert (label[network.pre[edge]], label[network.post[edge]]) == (lesion.pre, lesion.post)


def test_a_lesion_silences_its_synapses_and_no_others(trained):
    controller = trained.controller("best")
    for lesion in lesions_of(controller, trained.circuit.neurons, types=True):
        cut = silenced(controller, lesion).network
        assert (np.asarray(cut.weight)[lesion.synapses] == 0).all()
        assert (np.asarray(cut.conductance)[lesion.junctions] == 0).all()
        assert np.array_equal(
            np.asarray(cut.weight)[~lesion.synapses], np.asarray(controller.network.weight)[~lesion.synapses]
        )


def test_legs_what_couples_them_and_motor_modules_are_silenced_one_at_a_time():
    table = pd.DataFrame(
        {
            "class": 2 * ["interneuron", "interneuron", "motor"],
            "leg": 3 * ["lf"] + 3 * ["rf"],
            "motor module": 2 * [None, "", "swing"],
        }
    )
    edges = [(0, 1), (1, 2), (0, 4), (3, 4), (4, 5), (5, 3)]
    junctions = [(0, 1), (1, 4), (2, 5)]
    (pre, post), (a, b) = (np.array(pairs).T for pairs in (edges, junctions))
    wiring = Edges(pre, post, np.ones(len(pre)), a, b, np.ones(len(a)))
    network = SimpleNamespace(edges=lambda: wiring)
    found = {lesion.name: lesion for lesion in lesions_of(SimpleNamespace(network=network), table, types=False)}
    cut = {
        name: ([pair for pair, on in zip(edges, lesion.synapses, strict=True) if on], lesion.junctions.tolist())
        for name, lesion in found.items()
    }
    assert cut["leg lf"] == ([(0, 1), (1, 2), (0, 4)], [True, True, True])
    assert cut["leg rf"] == ([(0, 4), (3, 4), (4, 5), (5, 3)], [False, True, True])
    assert cut["between legs"] == ([(0, 4)], [False, True, True])
    assert cut["module swing"] == ([(1, 2), (4, 5)], [False, False, True])
    assert len([name for name in found if name.startswith("module")]) == 1


def test_lesions_are_written_and_the_first_is_none(run_copy):
    run = Run(run_copy)
    rows = silence_synapses(run, 2, 0.2, types=True)
    assert rows == run.lesions
    assert [rows[0]["name"], rows[0]["synapses"]] == ["intact", 0]
    assert {"name", "pre", "post", "kind", "synapses", "survived", "speed", "score"} <= set(rows[0])
    names = [row["name"] for row in rows]
    assert {"all recurrent", "interneuron → motor", "motor – motor, electrical", "type IN0"} <= set(names)
    network = run.controller("best").network
    total = next(row for row in rows if row["name"] == "all recurrent")
    assert total["synapses"] == len(network.pre) + len(network.junction_a)
