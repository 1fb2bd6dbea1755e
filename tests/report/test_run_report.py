"""The report of a run, as a browser sees it."""

import json
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from premotor.cli.studies import lesion_table
from premotor.errors import PremotorError
from premotor.report import write_report
from premotor.report.about import About
from premotor.report.lesions import Lesions
from premotor.report.neurons import Neurons
from premotor.report.page import Missing, Page, Picture
from premotor.report.reading import read_run
from premotor.report.sections import sections_of
from premotor.report.senses import Senses
from premotor.report.walking import Walking
from premotor.report.weights import WeightsSection, wiring_facts
from premotor.runs import Run
from report.html_page import VIDEO, PageOf
from report.synthetic import make_run
from wrapped_task import WrappedTask

SECTIONS = [
    "What this run is",
    "How it learned",
    "How it walks",
    "What the neurons do",
    "The weights before and after",
    "What each class of synapse is worth",
    "What each group of senses is worth",
    "Against null models",
    "Methods, for a paper",
    "How to reproduce it",
]


BREAKING = "<img src=x onerror=alert(1)>"


def shown(*sections, tiles=()):
    """The text of some sections alone, which is quicker than a whole page."""
    return PageOf(Page("title", "", sections, tiles).render()).text


def tiles_of(record):
    """The figures at the top of the page, without drawing the page."""
    return [tile for section in sections_of(record) for tile in section.tiles(record)]


@pytest.fixture(scope="module")
def shown_run(finished_run, tmp_path_factory):
    """The finished run with a video and with names that could break the page, for its page. Not to be changed."""
    folder = shutil.copytree(finished_run, tmp_path_factory.mktemp("page") / "walk-worm")
    table = folder / "circuit" / "neurons.csv"
    table.write_text(table.read_text().replace("MO28", "<script>alert(1)</script>").replace("MO29", "a&b"))
    lesions = json.loads((folder / "lesions.json").read_text())
    lesions[0]["name"] = BREAKING
    (folder / "lesions.json").write_text(json.dumps(lesions))
    (folder / "video").mkdir()
    (folder / "video" / "walk.mp4").write_bytes(b"not decoded here")
    return folder


@pytest.fixture(scope="module")
def html(shown_run):
    path = write_report(shown_run)
    assert path == shown_run / "report.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return PageOf(html)


def test_the_page_is_well_formed(page):
    assert page.problems == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_the_page_needs_nothing_but_itself(html, page):
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert all(address.startswith("data:") for address in page.addresses)
    assert set(page.fragments) <= {f"#{name}" for name in page.ids}
    outside = re.sub(r'xmlns(:xlink)?="[^"]*"', "", html)
    assert "http://" not in outside
    assert "https://" not in outside
    assert "@import" not in outside
    for target in re.findall(r"url\(([^)]*)\)", outside):
        assert target.lstrip("#") in page.ids


def test_every_section_is_there_and_in_the_table_of_contents(page):
    titles = [text for text in page.headings if not text.isdigit()]
    assert titles == SECTIONS
    assert [text for text in page.headings if text.isdigit()] == [str(i + 1) for i in range(len(SECTIONS))]
    assert page.fragments.count("#how-it-walks") == 1


def test_every_figure_is_drawn_and_captioned(html, page):
    assert page.tags.count("svg") >= 14
    assert page.tags.count("figure") == page.tags.count("figcaption")
    numbers = [int(n) for n in re.findall(r"<b>Figure (\d+)\.", html)]
    assert numbers == list(range(1, page.tags.count("svg") + page.tags.count("video") + 1))
    assert html.count('role="img"') == page.tags.count("svg")


def test_figures_follow_the_colour_scheme(html):
    svgs = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    literal = {c for svg in svgs for c in re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", svg)}
    assert literal <= {"#000000"}  # matplotlib's own default for a clip path's inside
    for token in set(re.findall(r"var\(--([a-z]+)\)", "".join(svgs))):
        assert len(re.findall(rf"--{token}: #", html)) == 2


def test_the_video_lies_in_the_page(page):
    assert page.tags.count("video") == 1
    (video,) = (address for address in page.addresses if address.startswith(VIDEO))
    assert video == VIDEO + "bm90IGRlY29kZWQgaGVyZQ=="


def test_the_headline_figures_are_those_of_the_test(finished_run, page):
    test = json.loads((finished_run / "evaluations" / "test.json").read_text())
    assert f"{test['speed']:.2f} m/s" in page.text
    assert f"{test['speed'] / test['command']:.0%} of the {test['command']:.2f} m/s commanded" in page.text
    assert f"{round(test['survived'] * 50)} of 50; 95% interval" in page.text
    assert "6,616 synapses in 323 edges, 84 gap-junction edges" in page.text
    assert "323 synaptic edges compared with the connectome after learning" in page.text
    assert "none has another sign than its presynaptic neuron" in page.text


def test_the_same_folder_gives_the_same_page(shown_run, html):
    assert write_report(shown_run).read_text(encoding="utf-8") == html


def test_what_is_missing_is_said_with_the_command_that_makes_it(bare_run, tmp_path):
    folder = shutil.copytree(bare_run, tmp_path / "young")
    page = PageOf(write_report(folder).read_text())
    assert page.problems == []
    for words in ("play", "evaluate", "evaluate --lesions", "evaluate --no-lesions --senses", "compare", "resume"):
        verb, *rest = words.split()
        assert any(
            command.startswith(f"premotor {verb} {folder}") and command.endswith(" ".join(rest))
            for command in page.commands
        ), words
    assert [text for text in page.headings if not text.isdigit()] == SECTIONS
    assert page.tags.count("svg") == 2  # learning curves are all there is


def test_a_run_without_an_iteration_has_no_figure(bare_run, tmp_path):
    folder = shutil.copytree(bare_run, tmp_path / "newborn")
    (folder / "metrics.jsonl").write_text("")
    page = PageOf(write_report(folder).read_text())
    assert page.tags.count("svg") == 0
    assert "No iteration of learning has ended yet" in page.text


def test_an_unfinished_run_and_an_untested_one_say_so(run_folder):
    shutil.rmtree(run_folder / "checkpoints")
    (run_folder / "evaluations" / "test.json").unlink()
    notes = " ".join(read_run(run_folder).notes)
    assert "This run is not finished" in notes
    assert "The headline figures are those of the best evaluation during learning" in notes


def test_a_null_model_is_named_before_anything_else(tmp_path):
    folder = make_run(tmp_path / "null", null="rewired", parts=())
    notes = read_run(folder).notes
    assert "The wiring of this run is the null model rewired, not the connectome's." in notes


def test_broken_signs_and_foreign_synapses_are_counted(run_folder):
    file = run_folder / "best" / "controller.safetensors"
    arrays = load_file(file)
    sign, post = arrays["network/sign"].copy(), arrays["network/post"].copy()
    sign[[0, 7]] *= -1
    pairs = set(zip(arrays["network/pre"].tolist(), post.tolist(), strict=True))
    pre = int(arrays["network/pre"][3])
    post[3] = next(j for j in range(40) if (pre, j) not in pairs)
    save_file({**arrays, "network/sign": sign, "network/post": post}, file)
    record = read_run(run_folder)
    facts = wiring_facts(record)
    assert (facts.trained, facts.sign_changes, facts.foreign) == (323, 2, 1)
    assert "320 of 323" in shown(tiles=tiles_of(record))
    assert "The synapses of the two controllers differ" in shown(WeightsSection().build(record))


def test_it_is_said_where_learning_went(run_folder):
    arrays = load_file(run_folder / "initial" / "controller.safetensors")
    moved = {
        "network/log_magnitude": arrays["network/log_magnitude"] + np.float32(0.001),
        "input_weight": np.float32(2.5) * arrays["input_weight"],
    }
    save_file({**arrays, **moved}, run_folder / "best" / "controller.safetensors")
    text = shown(WeightsSection().build(read_run(run_folder)))
    assert "The middle 95% of the chemical synapses changed by +0.10% to +0.10%." in text
    assert "what was learned lies elsewhere" in text
    assert "map from sensors to neurons 200 150.0%" in text
    assert "chemical synapses 323 0.1%" in text
    assert "gap junctions 42 held" in text


def test_text_from_files_is_escaped(page):
    assert page.problems == []
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert BREAKING in page.text


def test_an_error_in_a_section_is_not_swallowed(run_folder, monkeypatch):
    def broken(section, record):
        raise ZeroDivisionError("in a section")

    monkeypatch.setattr(About, "build", broken)  # the first one
    with pytest.raises(ZeroDivisionError, match="in a section"):
        write_report(run_folder)
    assert not (run_folder / "report.html").exists()


@pytest.mark.parametrize("steps", [1, *(pytest.param(steps, marks=pytest.mark.slow) for steps in (4, 40))])
def test_a_controller_that_falls_at_once_has_a_report_too(run_folder, steps):
    file = run_folder / "evaluations" / "trace.safetensors"
    arrays = load_file(file)
    arrays["alive"][steps:] = 0
    save_file(arrays, file)
    record = read_run(run_folder)
    page = PageOf(Page("title", "", [Walking().build(record), Neurons().build(record)], tiles_of(record)).render())
    assert page.problems == []
    assert "Every episode ended within a second" in page.text


def test_a_body_that_stands_still_has_a_report_too(run_folder):
    file = run_folder / "evaluations" / "trace.safetensors"
    arrays = load_file(file)
    for name in ("qpos", "qvel", "action", "contact", "rates", "phase"):
        arrays[name] = np.repeat(arrays[name][:1], len(arrays[name]), axis=0)
    arrays["contact"][:] = 1
    save_file(arrays, file)
    record = read_run(run_folder)
    text = shown(Walking().build(record), Neurons().build(record), tiles=tiles_of(record))
    assert "No foot struck the ground twice" in text
    assert "there is no tuning to show" in text


def test_a_trace_without_command_and_phase_is_shown_by_foot_strikes(run_folder):
    file = run_folder / "evaluations" / "trace.safetensors"
    arrays = load_file(file)
    save_file({name: value for name, value in arrays.items() if name not in ("command", "phase")}, file)
    text = shown(Neurons().build(read_run(run_folder)))
    assert "mean rate of each motor neuron by phase (foot strikes;" in text


def test_senses_that_were_cut_are_shown(run_folder):
    row = {"name": "intact", "observations": 0, "walks": 1.0, "survived": 1.0, "speed": 1.2, "score": 0.9}
    one = {"given": ["command"], "episodes": 9, "moves": {"hip": 0.7, "knee": 1.1}, "frequency": 0.85, "cut_at": 0.5}
    one |= {"time": [0.0, 0.5, 1.0], "actions": {"hip": [0, 0.5, 1], "knee": [1, 0, -1]}}
    found = {"groups": [row, {**row, "name": "contact", "observations": 2, "walks": 0.25}], "alone": [one]}
    (run_folder / "senses.json").write_text(json.dumps(found))
    text = shown(Senses().build(read_run(run_folder)))
    assert "contact" in text and "25%" in text
    assert "but for command, the network goes on at 0.85 Hz; its outputs move 70 to 110% as far as before" in text
    for wrong in (
        "[]",
        "{",
        '{"groups": [], "alone": []}',
        '{"groups": [{}], "alone": []}',
        json.dumps({**found, "alone": [{**one, "time": [0]}]}),
    ):
        (run_folder / "senses.json").write_text(wrong)
        with pytest.raises(PremotorError, match=r"senses\.json is not what `premotor evaluate --senses` writes"):
            Senses().build(read_run(run_folder))


def test_cell_types_are_ranked_by_what_they_cost(run_folder):
    rows = json.loads((run_folder / "lesions.json").read_text())
    intact = {
        "name": "intact",
        "pre": "",
        "post": "",
        "kind": "none",
        "synapses": 0,
        "survived": 0.5,
        "speed": 1.3,
    }
    types = [
        {**intact, "name": f"type T{i}", "kind": "both", "synapses": 3, "survived": i / 40, "score": i / 40}
        for i in range(30)
    ]
    (run_folder / "lesions.json").write_text(json.dumps([intact, *rows, *types]))
    record = read_run(run_folder)
    assert "The 25 of 30 types that cost most." in shown(Lesions().build(record))
    assert "50% intact" in shown(tiles=tiles_of(record))


def test_lesions_of_a_task_without_a_gait_are_told_by_its_aim_and_its_return():
    rows = [
        {"name": "intact", "pre": "", "post": "", "kind": "none", "synapses": 0, "success": 0.8, "return": -13.0},
        {"name": "sensory → motor", "kind": "chemical", "synapses": 7, "success": 0.3, "return": -90.0},
        {"name": "motor → motor", "kind": "chemical", "synapses": 5, "success": 0.8, "return": -14.0},
    ]
    record = SimpleNamespace(lesions=[{"score": row["success"], **row} for row in rows], figures={})
    text = shown(Lesions().build(record))
    assert "Of the 2 groups, 1 cost more than half of the episodes that end at the aim" in text
    assert "sensory → motor" in text and "-90.00" in text.replace("−", "-") and "without a fall" not in text
    assert "at aim" in lesion_table(record.lesions) and "upright" not in lesion_table(record.lesions)


def test_what_a_task_of_ones_own_recorded_is_shown(finished_run, monkeypatch):
    """Whoever writes a task may derive it from `Task`, and have a body all the same."""
    theirs = Run.task
    monkeypatch.setattr(Run, "task", lambda self: WrappedTask(theirs(self)))
    record = read_run(finished_run)
    assert record.trace is not None and record.reference is None
    walking, neurons = Walking().build(record), Neurons().build(record)
    assert {"Silhouettes", "Footfalls", "Joint angles over a stride"} <= {
        block.title for block in walking.blocks if isinstance(block, Picture)
    }
    assert not any(isinstance(block, Missing) for block in neurons.blocks)
