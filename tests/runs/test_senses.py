"""Senses are cut group by group, and a network that goes on is told from one that stops."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import Run, load_settings, senses
from premotor.runs.senses import cut_senses, goes_on, sense_groups
from premotor.tasks import build_task
from premotor.tasks.settings import WalkSettings

PERIOD, TOLD = 0.03, ["command"]
TASK = SimpleNamespace(control_period=PERIOD, observation_names=("tilt", "command"), action_names=("left", "right"))
TIME = PERIOD * np.arange(300)[:, None]
SEEN = np.stack([np.sin(2 * np.pi * 1.2 * TIME + [0, 1]), np.ones((300, 2))], -1)


def alone(monkeypatch, act):
    monkeypatch.setattr(senses, "prepare", lambda controller: None)
    monkeypatch.setattr(senses, "act", lambda controller, product, state, seen: act(state, seen))
    controller = SimpleNamespace(initial_state=np.zeros)
    return senses._alone(controller, TASK, SEEN, np.ones((300, 2), bool), np.array([0.0, 0.4]), TOLD)


def test_a_reflex_stops_when_it_feels_nothing(monkeypatch):
    found = alone(monkeypatch, lambda state, seen: (state, seen[:, :1] * [0.5, 0.25]))
    assert found["moves"] == {"left": 0, "right": 0} and found["frequency"] is None
    assert goes_on(found).startswith("Cut from all it receives but for command, the network has no rhythm")
    left = np.array(found["actions"]["left"])
    cut = round(found["cut_at"] / PERIOD)
    np.testing.assert_allclose(left[:cut], 0.5 * SEEN[:cut, 0, 0], atol=1e-4)
    assert cut == 67 and not left[cut:].any() and len(left) == len(found["time"]) == cut + 400


def test_a_slow_drift_is_no_rhythm(monkeypatch):
    found = alone(monkeypatch, lambda state, seen: (state + 1, np.stack([state / 400, -state / 400], 1)))
    assert found["moves"]["left"] > 0.2 and found["frequency"] is None


def test_a_rhythm_of_its_own_goes_on(monkeypatch):
    def act(state, seen):  # half a beat of its own, the other half by what it feels, and what it is told
        beat = 0.5 * np.sin(2 * np.pi * 0.9 * PERIOD * state)
        return state + 1, np.stack([beat, 0.5 * beat + 0.5 * seen[:, 0]], 1) * seen[:, 1:]

    found = alone(monkeypatch, act)
    assert found["frequency"] == pytest.approx(0.9, abs=0.04)
    assert found["moves"]["left"] == pytest.approx(1, abs=0.05) and 0.3 < found["moves"]["right"] < 0.7
    low, high = (round(100 * found["moves"][name]) for name in ("right", "left"))
    assert goes_on(found).endswith(f"goes on at 0.91 Hz; its outputs move {low} to {high}% as far as before.")


def test_a_walk_that_never_lasts_is_said(monkeypatch):
    monkeypatch.setattr(senses, "prepare", lambda controller: None)
    monkeypatch.setattr(senses, "act", lambda controller, product, state, seen: (state, seen[:, :1] * [0.5, 0.25]))
    alive = np.ones((300, 2), bool)
    alive[200:, 0], alive[250:, 1] = False, False
    found = senses._alone(SimpleNamespace(initial_state=np.zeros), TASK, SEEN, alive, np.zeros(2), TOLD)
    assert found["episodes"] == 0 and goes_on(found).endswith("(No episode lasted; this is the longest one.)")
    assert found["actions"]["left"][50] == pytest.approx(0.5 * SEEN[50, 1, 0], abs=1e-4)


@pytest.mark.parametrize("preset", ["worm-two-way", "worm-touch", "fly-walk"])
def test_a_command_is_no_sense_wherever_its_name_says_so(preset):
    task = build_task(load_settings(preset).task)
    told = set(task.observation_names) - set(task.senses)
    assert len(told) == 2 and all("command" in name.split("_") for name in told)


def test_groups_are_what_the_body_feels():
    task = build_task(WalkSettings(clock=True))
    groups = {
        name: {task.observation_names[i] for i in np.flatnonzero(mask)} for name, mask in sense_groups(task).items()
    }
    assert set(groups) == {"angle", "speed", "contact", "others"}
    assert groups["contact"] == {"left_foot_contact", "right_foot_contact"}
    assert groups["others"] == {"height", "pitch", "pitch_rate"}
    assert set().union(*groups.values()) == set(task.senses) and sum(map(len, groups.values())) == len(task.senses)


def test_the_same_episodes_with_each_group_cut(run_copy):
    run = Run(run_copy)
    found = cut_senses(run, 2, 0.4)
    rows = {row["name"]: row for row in found["groups"]}
    assert list(rows) == ["intact", *sense_groups(run.task()), "all"]
    assert rows["intact"]["observations"] == 0 and rows["all"]["observations"] == len(run.task().senses)
    assert len({row["return"] for row in rows.values()}) == len(rows)  # each matters to a body in the air
    assert found == json.loads((run_copy / "senses.json").read_text())
    assert [one["given"] for one in found["alone"]] == [["command"]]


def test_what_has_no_body_has_no_senses(run_copy, monkeypatch):
    task = SimpleNamespace(name="pole", body=None, senses=("angle",), observation_names=("angle",))
    monkeypatch.setattr(Run, "task", lambda self: task)
    with pytest.raises(PremotorError, match="the task pole has no senses of a body to cut"):
        cut_senses(Run(run_copy))


def test_evaluate_tells_what_senses_are_worth(run_copy, capsys):
    asked = ["evaluate", str(run_copy), "--episodes", "2", "--seconds", "0.2", "--no-lesions", "--senses"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert re.search(r"^contact +2 ", said, re.M) and "Cut from all it receives but for command, the network" in said
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["senses"] == json.loads((run_copy / "senses.json").read_text())
