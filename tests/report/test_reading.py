"""Folders that are no runs, or damaged ones: one sentence each, and nothing is written."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from premotor.errors import PremotorError
from premotor.report import write_report
from premotor.report.reading import number, read_run


def change_json(path, change):
    data = json.loads(path.read_text())
    changed = change(data)
    path.write_text(json.dumps(data if changed is None else changed))


def change_trace(folder, change):
    path = folder / "evaluations" / "trace.safetensors"
    arrays = dict(load_file(path))
    change(arrays)
    save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, path)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def refuse_null(arrays):
    arrays["qpos"] = arrays["qpos"].copy()
    arrays["qpos"][3, 0, 0] = np.nan


DAMAGE = {
    "trace cut short": (lambda f: truncate(f / "evaluations/trace.safetensors"), "trace.safetensors"),
    "no rates": (lambda f: change_trace(f, lambda a: a.pop("rates")), "lacks the array rates"),
    "another circuit's rates": (
        lambda f: change_trace(f, lambda a: a.update(rates=a["rates"][:, :7])),
        "rates has 7 neurons, but should have 40",
    ),
    "another body": (
        lambda f: change_trace(f, lambda a: a.update(qpos=a["qpos"][:, :, :5])),
        "qpos has 5 positions, but should have 9",
    ),
    "axes": (
        lambda f: change_trace(f, lambda a: a.update(contact=a["contact"][:, 0])),
        r"contact has shape \[501, 2\], but should be \(steps, episodes, feet\)",
    ),
    "steps": (
        lambda f: change_trace(f, lambda a: a.update(action=a["action"][:9])),
        "action has 9 steps, but should have 501",
    ),
    "NaN": (lambda f: change_trace(f, refuse_null), "qpos holds values that are not finite"),
    "one step": (
        lambda f: change_trace(f, lambda a: a.update({k: v[:1] for k, v in a.items() if k != "command"})),
        "nothing to show",
    ),
    "lesions are no list": (
        lambda f: (f / "lesions.json").write_text("{}"),
        "lesions.json should hold a list",
    ),
    "lesions are no JSON": (lambda f: (f / "lesions.json").write_text("[{"), "lesions.json is no valid JSON"),
    "a lesion without a speed": (
        lambda f: change_json(f / "lesions.json", lambda rows: rows[2].pop("speed") and None),
        "lesions.json: a lesion lacks speed",
    ),
    "a lesion that is text": (
        lambda f: change_json(f / "lesions.json", lambda rows: rows[2].update(survived="all")),
        "survived of interneuron → interneuron is 'all'",
    ),
    "test is a list": (lambda f: (f / "evaluations/test.json").write_text("[]"), "test.json holds list"),
    "test is text": (
        lambda f: change_json(f / "evaluations/test.json", lambda row: row.update(speed="fast")),
        "test.json: speed is 'fast'",
    ),
    "an evaluation is text": (
        lambda f: change_json(f / "evaluations/000000200000.json", lambda row: row.update(speed="fast")),
        "speed is 'fast'",
    ),
    "provenance is a list": (
        lambda f: (f / "provenance.json").write_text("[]"),
        "provenance.json holds list",
    ),
    "metrics without steps": (
        lambda f: (f / "metrics.jsonl").write_text('{"return": 1}\n'),
        "metrics.jsonl lacks steps",
    ),
    "best controller cut short": (
        lambda f: truncate(f / "best/controller.safetensors"),
        "controller.safetensors",
    ),
    "best is damaged": (lambda f: (f / "best/best.json").write_text('{"score": 1}'), "best.json is damaged"),
    "settings": (lambda f: (f / "settings.yaml").write_text("nonsense: 1\n"), "unknown setting nonsense"),
    "no circuit": (lambda f: (f / "circuit/neurons.csv").unlink(), "circuit holds no neuron table"),
    "no initial controller": (lambda f: (f / "initial/controller.safetensors").unlink(), "is missing"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_one_sentence_and_leaves_the_old_page(run_folder, name):
    damage, message = DAMAGE[name]
    (run_folder / "report.html").write_text("the old page")
    damage(run_folder)
    with pytest.raises(PremotorError, match=message) as caught:
        write_report(run_folder)
    assert "\n" not in str(caught.value)
    assert (run_folder / "report.html").read_text() == "the old page"
    assert not list(run_folder.glob(".report*"))


def test_a_foreign_folder_is_refused(tmp_path):
    with pytest.raises(PremotorError, match="is no run folder"):
        write_report(tmp_path)
    with pytest.raises(PremotorError, match="there is no run folder"):
        write_report(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(PremotorError, match="is a file"):
        write_report(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_record_holds_what_the_folder_holds(finished_run):
    record = read_run(finished_run)
    assert record.trace is not None
    assert record.trace.episodes == 12
    assert record.trace.length(0) == 501
    assert record.trace.length(1) == 300
    assert record.figures is record.test
    assert record.classes.count("motor") == 12
    assert record.after is not None
    assert (np.sign(record.after.weight) == np.sign(record.before.weight)).all()
    assert record.command("evaluate", "--lesions") == f"premotor evaluate {finished_run} --lesions"
    assert np.isnan(record.metrics["return"].iloc[0])


def test_null_and_absent_figures_are_nan():
    assert number({"a": 1.5}, "a") == 1.5
    assert np.isnan(number({"a": None}, "a"))
    assert np.isnan(number({}, "a"))
