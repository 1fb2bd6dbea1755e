"""The settings in which runs differ."""

from premotor.runs import load_settings
from premotor.runs.differences import differing


def test_settings_that_differ_are_named():
    walk = load_settings("walk")
    other = load_settings("walk", {"task.reward.goal": 0.9, "seed": 4})
    assert differing([walk, other]) == {"seed": [0, 4], "task.reward.goal": [walk.task.reward.goal, 0.9]}
    assert differing([walk, walk, walk]) == {}


def test_kinds_have_settings_of_their_own():
    found = differing([load_settings("walk"), load_settings("cartpole-stdp")])
    assert found["kind"] == ["control", "spiking"]
    assert found["task.control_period"][1] is None and found["plasticity.critic.kind"][0] is None
