"""What can be listed, the schema of settings, and the short ways of Python."""

import json

import pytest

import premotor as pm
from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import Run, listed, load_experiment, settings_schema


@pytest.mark.parametrize("what", ["presets", "circuits", "tasks", "networks", "learners", "policies"])
def test_everything_that_can_be_named_has_a_line(what: str) -> None:
    rows = listed(what)
    assert rows and all(len(about) > 10 and "functools" not in about for about in rows.values())


def test_an_unknown_list_is_refused() -> None:
    with pytest.raises(PremotorError, match=r"no list of 'preset' \(did you mean presets\?\); there are presets"):
        listed("preset")


def test_the_schema_knows_every_kind_of_a_section_and_what_is_unknown() -> None:
    schema = settings_schema()
    kinds = {ref["$ref"].rsplit("/")[-1] for ref in schema["properties"]["network"]["anyOf"]}
    assert {"RateNetworkSettings", "MLPSettings"} <= kinds
    rate = schema["$defs"]["RateNetworkSettings"]
    assert (
        rate["additionalProperties"] is False
        and "τ of every neuron" in rate["properties"]["time_constant"]["description"]
    )
    assert set(load_experiment("walk").model_dump()) <= set(schema["properties"])
    assert all(ref.rsplit("/")[-1] in schema["$defs"] for ref in _references(schema))
    with pytest.raises(PremotorError, match="nothing"):
        settings_schema("nothing")


def _references(node: object) -> list[str]:
    if isinstance(node, list):
        return [ref for part in node for ref in _references(part)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [ref for part in node.values() for ref in _references(part)]


def test_the_short_ways_of_python(run_copy, tmp_path) -> None:
    assert "walk" in pm.presets()["control"] and "celegans" in pm.circuits()
    figures = pm.evaluate(str(run_copy), 1, 0.1, checkpoint="last")
    assert figures["episodes"] == 1
    with pytest.raises(PremotorError, match="there is no run folder"):
        pm.report(tmp_path / "nothing")
    with pytest.raises(PremotorError, match="steeps"):
        pm.train("walk", seed=1, learning={"steeps": 5})
    with pytest.raises(PremotorError, match="should end in .mp4"):
        pm.play(run_copy, tmp_path / "a.avi", checkpoint="last")


def test_circuits_tell_what_was_done_to_them_and_show_in_notebooks(trained) -> None:
    worm = pm.load_circuit("celegans")
    some = worm.select(type="DB|VB")
    assert repr(worm).startswith("Circuit('celegans': 302 neurons")
    assert repr(some).startswith("Circuit('celegans' (select type=DB|VB): 18 neurons")
    assert "null rewired, seed 3" in repr(pm.nulls.rewired(worm, seed=3))
    assert "<table" in worm._repr_html_() and "excitatory" in worm._repr_html_()
    assert "Run(" in Run(trained.folder)._repr_html_()


def test_bare_premotor_and_a_bare_group_show_their_help(capsys) -> None:
    assert main([]) == 0
    shown = capsys.readouterr()
    assert "Learn and test:" in shown.out and "…" not in shown.out and not shown.err
    assert main(["circuit"]) == 2
    assert "Usage: premotor circuit" in capsys.readouterr().err
    assert main(["train", "-h"]) == 0 and main(["circuit", "info", "-h"]) == 0


@pytest.mark.parametrize("words", [["list", "presets", "--json"], ["schema"], ["circuit", "info", "fly-leg", "--json"]])
def test_json_is_nothing_else(words: list[str], capsys) -> None:
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)


def test_doctor_as_json(capsys) -> None:
    main(["doctor", "--json"])
    assert {"subject", "good", "found"} == set(json.loads(capsys.readouterr().out)[0])


def test_evaluate_as_json_says_first_what_it_does(run_copy, capsys) -> None:
    assert main(["evaluate", str(run_copy), "--episodes", "1", "--seconds", "0.1", "--checkpoint", "last",
                 "--no-lesions", "--json"]) == 0  # fmt: skip
    shown = capsys.readouterr()
    assert json.loads(shown.out)["episodes"] == 1 and shown.err.startswith("testing ")
