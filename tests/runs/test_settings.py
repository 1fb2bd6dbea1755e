"""Experiments from presets, files, dicts and overrides; every mistake is one sentence."""

import pytest
from hypothesis import given, strategies as st

from premotor.errors import PremotorError
from premotor.networks import NETWORKS
from premotor.runs import Experiment, dump_settings, load_experiment, preset_names
from premotor.runs.loading import override_pairs
from premotor.runs.yaml_text import dump_yaml

keys = st.lists(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), min_size=1, max_size=3).map(".".join)
plain = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
plain = plain | st.from_regex(r"[A-Za-z][A-Za-z0-9*|_ ]{0,10}[A-Za-z]", fullmatch=True)
values = plain | st.lists(plain, max_size=3) | st.dictionaries(st.sampled_from(["type", "class"]), plain, max_size=2)


def as_flow(value):
    """A value as one would type it on a command line."""
    if isinstance(value, list):
        return f"[{', '.join(map(as_flow, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_flow(inner)}" for key, inner in value.items()) + "}"
    return dump_yaml(value).removesuffix("\n").removesuffix("...").strip()


@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_overrides_are_read_as_they_are_written(pairs, with_equals):
    words = []
    for key, value in pairs.items():
        text = as_flow(value)
        words += [f"--{key}={text}"] if with_equals else [f"--{key}", text]
    read = override_pairs(words)
    assert read == pairs
    assert {key: type(value) for key, value in read.items()} == {key: type(v) for key, v in pairs.items()}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--a.b", "3e-4"], 3e-4),
        (["--a.b=3e-4"], 3e-4),
        (["a.b=3e-4"], 3e-4),
        (["--a.b", "-0.3"], -0.3),
        (["--a.b", "*MN|IN*"], "*MN|IN*"),
        (["--a.b", "a=b"], "a=b"),
        (["--a.b=a=b"], "a=b"),
        (["--a.b=--x"], "--x"),
        (["--a.b="], None),
        (["--a.b", "1", "--a.b", "2"], 2),
        (["--a.b", "key: value"], {"key": "value"}),
        (["--a.b", "@home"], "@home"),
    ],
)
def test_particular_overrides(words, value):
    assert override_pairs(words) == {"a.b": value}


experiments = st.builds(
    lambda seed, rate, steps, speed, select, null, score, policy: {
        "seed": seed,
        "learning": {"learning_rate": rate, "steps": steps},
        "task": {"speed": sorted(speed)},
        "circuit": {"select": select, "null": null, "signs": policy},
        "stop": {"score": score},
    },
    st.integers(0, 2**31 - 1),
    st.floats(1e-12, 1e3),
    st.integers(1, 10**12),
    st.tuples(st.floats(0.1, 5), st.floats(0.1, 5)),
    st.dictionaries(
        st.sampled_from(["type", "class", "id"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.lists(st.integers(), max_size=3),
    ),
    st.sampled_from([None, "rewired"]),
    st.none() | st.floats(-1, 1),
    st.sampled_from([None, "default", "kunert2014", {"monoamines": -1}]),
)


@given(experiments)
def test_settings_survive_their_file(tmp_path_factory, data):
    experiment = load_experiment(data)
    path = tmp_path_factory.mktemp("settings") / "settings.yaml"
    path.write_text(dump_settings(experiment), encoding="utf-8")
    again = load_experiment(path)
    assert again == experiment
    assert dump_settings(again) == dump_settings(experiment)


def test_every_setting_is_written():
    text = dump_settings(Experiment())

    def names(settings):
        for name in type(settings).model_fields:
            yield name
            value = getattr(settings, name)
            if hasattr(type(value), "model_fields"):
                yield from names(value)

    assert [name for name in names(Experiment()) if f"{name}:" not in text.replace("'", "")] == []


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_valid(name):
    needed = {"task.id": "Pendulum-v1"} if name == "gymnasium" else {}
    assert load_experiment(name, needed).name == name


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_network_can_be_named(kind):
    settings = load_experiment({"network": {"kind": kind}, "evaluation": {"lesions": False}})
    assert settings.network.kind == kind and isinstance(settings.idle(), dict)


def test_overrides_go_over_what_is_there():
    base = {"learning": {"learning_rate": 0.1, "steps": 7}}
    experiment = load_experiment(base, ["--learning.steps", "1e6", "--seed=3", "--circuit.select.type", "A*"])
    assert experiment.learning.steps == 1_000_000
    assert experiment.learning.learning_rate == 0.1
    assert experiment.seed == 3
    assert experiment.circuit.select == {"type": "A*"}
    assert base == {"learning": {"learning_rate": 0.1, "steps": 7}}


def test_a_kind_may_be_left_out_or_repeated():
    assert load_experiment({"network": {"gain": 2.0}}).network.kind == "rate"
    assert load_experiment({"network": {"gain": 2.0}}, ["--network.kind", "rate"]).network.gain == 2.0


def test_a_policy_may_be_named():
    assert load_experiment({"circuit": {"signs": "kunert2014"}}).circuit.signs.name == "kunert2014"


def test_paths_count_from_the_file_that_holds_them_or_from_here(tmp_path, monkeypatch):
    (tmp_path / "there" / "leg").mkdir(parents=True)
    (tmp_path / "here" / "leg").mkdir(parents=True)
    file = tmp_path / "there" / "walk.yaml"
    file.write_text("circuit:\n  source: leg\ntask:\n  reference: gaits/mine.csv\n")
    monkeypatch.chdir(tmp_path / "here")
    read = load_experiment(file)
    assert read.circuit.source == str(tmp_path / "there" / "leg")
    assert read.task.reference == str(tmp_path / "there" / "gaits" / "mine.csv")
    assert load_experiment(file, ["--circuit.source", "leg"]).circuit.source == str(tmp_path / "here" / "leg")
    assert load_experiment({"circuit": {"source": "celegans"}}).circuit.source == "celegans"


def test_an_experiment_can_not_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Experiment().seed = 3


BAD = [
    ({"learning": {"lr": 1}}, (), "unknown setting learning.lr = 1 .did you mean learning.learning_rate"),
    (
        {},
        ["--learning.learning_rat", "1"],
        "--learning.learning_rat = 1 .did you mean learning.learning_rate",
    ),
    ({"lerning": {}}, (), "unknown setting lerning = {} .did you mean learning"),
    ({"learning": {"learning_rate": -1}}, (), "learning.learning_rate is -1, but should be greater than 0"),
    ({"learning": {"learning_rate": "fast"}}, (), "learning.learning_rate is 'fast', but should be a number"),
    ({}, ["--learning.discount", ".nan"], "--learning.discount is nan, but should be a finite number"),
    ({}, ["--learning.steps", "1.5"], "--learning.steps is 1.5, but should be an integer"),
    ({}, ["--learning.steps"], "--learning.steps needs a value"),
    ({}, ["--learning.steps", "--seed", "1"], "--learning.steps needs a value"),
    ({}, ["--.steps", "1"], "--.steps is no setting"),
    ({}, ["--learning.minibatches", "7"], "minibatches is 7, but it must divide environments"),
    ({}, ["--network.kind", "liff"], "--network.kind is 'liff', but should be one of rate, layered"),
    ({}, ["--network", "3"], "--network is 3, but should be a mapping"),
    ({}, ["--network.gain.x", "3"], "network.gain is {'x': 3}, but should be a number"),
    (
        {"network": {"gain": 1}},
        ["--network.gain.x", "3"],
        "--network.gain.x cannot be set: network.gain is 1",
    ),
    ({}, ["--circuit.null", "rewird"], "no null model 'rewird'.*rewired"),
    ({}, ["--circuit.signs", "kunert"], "no sign policy 'kunert'.*kunert2014"),
    (
        {"circuit": {"signs": {"monoamines": 3}}},
        (),
        "circuit.signs.monoamines is 3, but should be -1, 0 or 1",
    ),
    ({"circuit": {"select": {"type": {"a": 1}}}}, (), "circuit.select.type is {'a': 1}"),
    ({}, ["--circuit.select.min_synapses", "3"], "belongs to circuit.min_synapses"),
    ({}, ["--maps.inputs.neurons", "3"], "--maps.inputs.neurons is 3, but should be 'auto' or a mapping"),
    ({}, ["--task.speed", "[1.5, 1]"], r"speed is \[1.5, 1.0\]"),
    ({}, ["--task.speed", "1.5"], "--task.speed is 1.5, but should be a list"),
    ({}, ["--name", "a/b"], "--name is 'a/b', but should be a text that matches"),
    ({"seed": None}, (), "seed is None, but should be an integer"),
    ({"seed": 2**31}, (), "seed is 2147483648, but should be less than 2147483648"),
    ({}, ["--circuit", "[1"], "--circuit is no valid YAML"),
    ("wlak", (), "no preset and no file 'wlak' .did you mean walk"),
    ("not/there.yaml", (), "no settings file not/there.yaml"),
]


@pytest.mark.parametrize(("source", "overrides", "message"), BAD)
def test_a_mistake_is_one_sentence_with_key_value_and_what_is_allowed(source, overrides, message):
    with pytest.raises(PremotorError, match=message) as caught:
        load_experiment(source, overrides)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds nothing"),
        (b"- 1\n- 2\n", "holds a list"),
        (b"walk", "holds a str"),
        (b"seed: 1\nseed: 2\n", "the key 'seed' stands twice in line 2"),
        (b"seed: [1\n", "no valid YAML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"seed: x\n", "walk.yaml: seed is 'x', but should be an integer"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, message):
    path = tmp_path / "walk.yaml"
    path.write_bytes(content)
    with pytest.raises(PremotorError, match=message) as caught:
        load_experiment(path)
    assert str(path) in str(caught.value)


def test_a_run_folder_is_no_experiment(tmp_path):
    with pytest.raises(PremotorError, match="premotor resume"):
        load_experiment(tmp_path)


NAMES = [
    "name",
    "seed",
    "circuit",
    "network",
    "maps",
    "task",
    "learning",
    "kind",
    "inputs",
    "neurons",
    "steps",
]
NAMES += ["select", "signs", "reward", "speed", "null", "x"]


@given(
    st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(NAMES),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    ).filter(lambda value: isinstance(value, dict))
)
def test_whatever_it_is_given_it_ends_in_settings_or_one_sentence(data):
    try:
        assert isinstance(load_experiment(data), Experiment)
    except PremotorError as error:
        assert "\n" not in str(error).replace("\\n", "")
