"""Settings without an effect are refused, whatever the kind of experiment; what sections need is chosen."""

from typing import Any

import pytest

from premotor.errors import PremotorError
from premotor.learning import LEARNERS
from premotor.runs.effect import leaves
from premotor.runs.kinds import KINDS
from premotor.runs.loading import dump_settings, load_settings, presets, refuse_unknown
from premotor.settings import sections

PRESETS = [(kind, name) for kind, names in presets().items() for name in names]
EXTRA = {"gymnasium": {"task.id": "Pendulum-v1"}}


def loaded(name: str, **more: Any) -> Any:
    return load_settings(name, EXTRA.get(name, {}) | more)


def idle_keys(settings: Any) -> dict[str, str]:
    return {prefix + key: why for prefix, section in sections(settings) for key, why in section.idle().items()}


@pytest.mark.parametrize(("kind", "name"), PRESETS)
def test_whatever_a_preset_leaves_idle_is_refused_when_somebody_sets_it(kind: str, name: str) -> None:
    settings = loaded(name)
    values = settings.model_dump(mode="json")
    reasons = idle_keys(settings)
    for key in reasons:
        value: Any = values
        for part in key.split("."):
            value = value[part]
        for leaf, held in leaves({key: value}).items():
            with pytest.raises(PremotorError, match=f"the setting {leaf} has no effect here: ") as caught:
                loaded(name, **{leaf: held})
            assert any(why in str(caught.value) for why in reasons.values())


@pytest.mark.parametrize(("kind", "name"), PRESETS)
def test_saved_settings_say_everything_and_are_read_all_the_same(kind: str, name: str, tmp_path: Any) -> None:
    settings = loaded(name)
    (tmp_path / "settings.yaml").write_text(dump_settings(settings))
    assert load_settings(tmp_path / "settings.yaml") == settings
    assert load_settings(settings) == settings


@pytest.mark.parametrize(
    ("source", "overrides", "message"),
    [
        ("pendulum", {"circuit.source": "mine"}, "circuit.source has no effect.*belongs to the networks rate, layered"),
        ("pendulum", {"circuit": {"source": "fly-leg"}}, "circuit.source has no effect"),
        ({"network": {"kind": "gru", "hidden": 9}, "maps": {"inputs": {"count": 3}}}, (), "maps.inputs.count has no"),
        ({"base": "pendulum", "circuit": {"source": "celegans"}}, (), "circuit.source has no effect"),
        ("walk", {"circuit.null_seed": 3}, "circuit.null is null"),
        ("pendulum", {"cloning.steps": 3}, "cloning.iterations is 0"),
        ("bipedal", {"task.reward.pose": 0.5}, "task.reward.imitation is 0"),
        ("gymnasium", {"task.id": "A-v0", "task.vectorization": "copies", "task.restart_steps": 3}, "own and envpool"),
        ("arm", {"learning.noise.theta": 0.3}, "belongs to ornstein-uhlenbeck"),
        ("gymnasium", {}, "task.id is missing: The environment, as Pendulum-v1"),
    ],
)
def test_a_setting_in_vain_names_what_it_belongs_to(source: Any, overrides: Any, message: str) -> None:
    with pytest.raises(PremotorError, match=message):
        load_settings(source, overrides)


@pytest.mark.parametrize(
    ("source", "overrides"),
    [
        ("walk", {"network.kind": "mlp"}),  # its size is that of the circuit
        ({"network": {"kind": "mlp"}, "circuit": {"source": "fly-leg"}}, ()),
        ({"base": "walk", "network": {"kind": "gru", "hidden": 3}}, ()),  # the base's circuit is nobody's wish
        ("pendulum", {"evaluation.lesions": False}),
    ],
)
def test_what_has_an_effect_or_was_nobodys_wish_is_taken(source: Any, overrides: Any) -> None:
    settings = leaves(load_settings(source, overrides).model_dump(mode="json"))
    for key, value in dict(overrides).items():
        assert settings[key] == value


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_way_of_learning_chooses_what_it_needs_and_says_so(
    learner: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("premotor.settings._NOTED", set())
    needs = LEARNERS.settings_class(learner).NEEDS
    settings = load_settings("walk", {"learning.kind": learner})
    values = leaves(settings.model_dump(mode="json"))
    said = capfd.readouterr().err
    for key, value in needs.items():
        assert values[key] == value
        assert f"note: {key} is {value}, as learning.kind {learner} needs it" in said
    if "maps.squash" in needs:  # who asks for something else is refused by the learner itself
        assert load_settings("walk", {"learning.kind": learner, "maps.squash": "none"}).maps.squash == "none"
    else:
        assert not said


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_key_is_told_by_the_settings_class_alone(kind: str) -> None:
    assert KINDS.settings_class(kind) is KINDS[kind].settings
    with pytest.raises(PremotorError, match="unknown setting nonsense"):
        refuse_unknown(kind, None, {"nonsense.key": 1})
    refuse_unknown(kind, None, {"seed": 1})
