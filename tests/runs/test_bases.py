"""``base:`` in a settings file: what is taken over, what is not, and what is wrong with one."""

import json
from pathlib import Path

import pytest

from premotor.errors import PremotorError
from premotor.runs.loading import load_settings
from premotor.runs.yaml_text import dump_yaml

BEFORE = json.loads((Path(__file__).parent / "presets_without_bases.json").read_text())
"""Presets that have a base now, as they were when each said everything itself."""


@pytest.fixture
def write(tmp_path):
    def written(file, /, **settings):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(dump_yaml(settings))
        return path

    return written


@pytest.mark.parametrize("name", BEFORE)
def test_a_preset_with_a_base_is_what_it_was_without(name):
    assert load_settings(name) == load_settings(BEFORE[name])


def test_settings_go_over_those_of_the_base(write):
    write("lower.yaml", name="lower", seed=3, learning={"steps": 5, "rollout": 16}, circuit={"select": {"type": "AVA"}})
    top = load_settings(write("top.yaml", base="lower.yaml", name="top", learning={"steps": 7}))
    assert (top.name, top.seed) == ("top", 3)
    assert (top.learning.steps, top.learning.rollout) == (7, 16)
    assert top.circuit.select == {"type": "AVA"}


def test_a_new_kind_drops_what_belongs_to_the_former_one(write):
    write("lower.yaml", learning={"kind": "ppo", "rollout": 16}, evaluation={"episodes": 7})
    top = load_settings(write("top.yaml", base="lower.yaml", learning={"kind": "ddpg"}))
    assert top.learning == load_settings({"learning": {"kind": "ddpg"}}).learning
    assert top.evaluation.episodes == 7


def test_a_base_of_a_base_and_a_preset(write):
    write("middle.yaml", base="walk", learning={"rollout": 16})
    top = load_settings(write("top.yaml", base="middle.yaml", seed=2))
    assert top == load_settings("walk", {"learning.rollout": 16, "seed": 2})


def test_paths_of_a_base_count_from_its_own_folder(write, tmp_path):
    (tmp_path / "below" / "wiring").mkdir(parents=True)
    write("below/lower.yaml", circuit={"source": "wiring/"})
    top = load_settings(write("top.yaml", base="below/lower.yaml"))
    assert top.circuit.source == str(tmp_path / "below" / "wiring")


def test_a_dict_has_a_base_too():
    assert load_settings({"base": "walk", "seed": 4}) == load_settings("walk", {"seed": 4})


def test_overrides_go_over_all(write):
    assert load_settings(write("top.yaml", base="walk", seed=1), ["--seed=9"]).seed == 9


def test_former_names_go_over_present_ones(write):
    top = load_settings(write("top.yaml", base="bipedal", maps={"action_spread": 0.3}))
    assert top.maps.action_std == 0.3
    assert load_settings("bipedal", ["--maps.action_spread=0.4"]).maps.action_std == 0.4
    assert load_settings(top, ["--maps.action_std=0.2"]).maps.action_std == 0.2


def test_what_is_wrong_with_a_base_is_one_sentence(write):
    for settings, words in (
        ({"base": 3}, "top.yaml: base is 3, but should be the name of a preset or a YAML file"),
        ({"base": "wlak"}, "top.yaml: base: there is no preset and no file 'wlak' .did you mean walk"),
        ({"base": "gone/x.yaml"}, "top.yaml: base: there is no settings file .*gone/x.yaml"),
        ({"base": "top.yaml"}, "top.yaml: its base leads back to itself: .*top.yaml → .*top.yaml"),
    ):
        with pytest.raises(PremotorError, match=words):
            load_settings(write("top.yaml", **settings))
    write("other.yaml", base="top.yaml")
    with pytest.raises(PremotorError, match="other.yaml: its base leads back to itself"):
        load_settings(write("top.yaml", base="other.yaml"))
