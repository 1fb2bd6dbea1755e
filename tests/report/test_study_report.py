"""The report of a study: what the rows show, hypotheses apart from looks, the page and its files."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from premotor.errors import PremotorError
from premotor.report.page import Missing, Picture, Table
from premotor.report.sections import page_of, read_record
from premotor.report.study_files import latex, markdown
from premotor.report.study_report import Hypotheses
from premotor.report.study_rows import answers, comparisons_table, groups_of, lines_of
from premotor.studies.study_settings import Hypothesis
from report.html_page import PageOf

EQUAL = {"name": "maps are enough", "figure": "score", "first": {"learns": "maps"}, "second": {"learns": "given"}}
EQUAL |= {"expect": "equivalent"}
NEEDED = {"name": "needed", "figure": "score", "first": "connectome", "second": "rewired", "expect": "greater"}


def rows_of(nulls=5):
    """A worm whose wiring matters, a walk where it does not, and a random network."""
    random, rows = np.random.default_rng(0), []
    for experiment, base, loss in (("walk", 0.6, 0.0), ("worm", 0.8, 0.5), ("pole", 0.5, 0.0)):
        for learns in ("given", "maps"):
            own = "random" if experiment == "pole" else "connectome"
            for wiring, wirings, below in ((own, 1, 0.0), ("rewired", nulls, loss), ("mlp", 1, 0.0)):
                for draw in range(wirings):
                    for seed in range(2 if wirings > 1 else 6):
                        row = {"experiment": experiment, "circuit": "own", "learner": "own", "learns": learns}
                        row |= {"name": f"{experiment}.{learns}.{wiring}-{draw}-s{seed}", "wiring": wiring}
                        row |= {"wiring_seed": draw if wirings > 1 else None, "drawn": None, "seed": seed}
                        row |= {"parameters": 300, "direct_synapses": 0.07, "path_length": 1.5, "finished": "steps"}
                        rows.append(row | {"score": base - below + 0.01 * random.normal()})
    return pd.DataFrame(rows)


@pytest.fixture
def study_folder(tmp_path):
    experiments = {"walk": "walk", "worm": "worm-crawl", "pole": "cartpole-stdp"}
    asked = {"name": "t", "experiments": experiments, "nulls": {"rewired": 5}, "learns": ["given", "maps"]}
    asked |= {"margin": {"score": 0.05}, "hypotheses": [NEEDED, EQUAL]}
    (tmp_path / "study.yaml").write_text(json.dumps(asked))
    kept = {"time": "2026-11-29T12:00:00", "sha256": "ab" * 32, "runs_done": 0, "margin": {"score": 0.05}}
    (tmp_path / "registered.json").write_text(json.dumps([kept | {"hypotheses": [NEEDED]}]))
    rows = [{k: None if pd.isna(v) else v for k, v in row.items()} for row in rows_of().to_dict("records")]
    (tmp_path / "rows.json").write_text(json.dumps({"study": "t", "runs": len(rows), "rows": rows}))
    return tmp_path


def test_every_other_wiring_stands_against_the_experiments_own():
    lines = lines_of(groups_of(rows_of()), "score", {"score": 0.05, "pole.score": 0.001})
    shown = {(each.group.axes["experiment"], each.group.axes["learns"], each.wiring): each for each in lines}
    assert len(lines) == 3 * 2 * 3
    assert shown["worm", "maps", "rewired"].verdict == "higher"
    assert shown["walk", "given", "rewired"].verdict == shown["walk", "maps", "mlp"].verdict == "equivalent"
    assert shown["pole", "given", "mlp"].verdict == "unknown"  # by a margin of its own
    assert shown["pole", "given", "random"].found is None
    assert (shown["worm", "given", "rewired"].data.unit, shown["worm", "given", "mlp"].data.unit) == ("wiring", "seed")
    assert "connectome's score is higher than that of rewired (by 0.5" in shown["worm", "given", "rewired"].sentence
    assert "no difference larger than the margin of 0.05" in shown["walk", "given", "rewired"].sentence
    raw = [each.found.difference.p for each in lines if each.found is not None]
    assert max(raw) <= 1 and all(each.p >= each.found.difference.p for each in lines if each.found is not None)


def test_hypotheses_are_tested_as_they_were_declared():
    rows = rows_of()
    kept = [{"runs_done": 0, "hypotheses": [NEEDED]}, {"runs_done": 9, "hypotheses": [NEEDED, EQUAL]}]
    found = answers(rows, [Hypothesis(**NEEDED), Hypothesis(**EQUAL)], {"score": 0.05}, kept)
    twice = [f"{experiment}, {rule}" for experiment in ("walk", "worm", "pole") for rule in ("given", "maps")]
    assert [each.where for each in found] == [*twice, "walk", "worm", "pole"]
    by = {(each.name, each.where): each for each in found}
    assert by["needed", "worm, given"].outcome == "shown" and by["needed", "walk, maps"].outcome == "not shown"
    assert all(each.outcome == "shown" for each in found if each.name == "maps are enough")
    assert (by["needed", "worm, given"].registered, by["maps are enough", "worm"].registered) == (
        "before the first run",
        "after 9 runs",
    )
    worse, absent = (Hypothesis(**NEEDED | other) for other in ({"expect": "less"}, {"second": "gru"}))
    opposite = next(each for each in answers(rows, [worse], {}) if each.where == "worm, given")
    assert (opposite.outcome, opposite.registered) == ("the opposite", "not registered")
    assert opposite.p == pytest.approx(1 - opposite.found.difference.p / 2)
    assert answers(rows, [absent], {}) == []


def test_what_was_expected_and_could_not_be_tested_is_said(study_folder):
    record = read_record(study_folder)
    more = [Hypothesis(**NEEDED | {"name": "joints are nearer", "figure": "joint_rmse"})]
    settings = record.settings.model_copy(update={"hypotheses": [*record.settings.hypotheses, *more]})
    blocks = Hypotheses().build(replace(record, settings=settings)).blocks
    assert [block.text for block in blocks if isinstance(block, Missing)] == [
        "Not tested: joints are nearer (rows have no joint_rmse)."
    ]


def test_the_page_tells_all_of_it(study_folder):
    record = read_record(study_folder)
    made = page_of(record)
    page = PageOf(made.render())
    assert page.problems == [] and "script" not in page.tags
    blocks = [block for section in made.sections for block in section.blocks]
    assert [block.title for block in blocks if isinstance(block, Picture)] == ["Effects", "Performance profiles"]
    tables = {block.title: block for block in blocks if isinstance(block, Table)}
    assert len(tables["Hypotheses"].rows) == 9 and len(tables["Every wiring, by score"].rows) == 18
    assert all(len(row) == len(table.head) for table in tables.values() for row in table.rows)
    for words in (
        "Of 12 comparisons, in 2 the experiment's own wiring scores higher",
        "folders are not here: no learning curves",
        "132 runs of walk, worm and pole were trained",
        "corrected by Holm's procedure over 12 comparisons, those of 9 tests of declared hypotheses apart",
        "registered before the first run (2026-11-29, SHA-256 abababababab)",
    ):
        assert words in page.text, words


def test_tables_are_files_that_journals_take():
    table = comparisons_table(lines_of(groups_of(rows_of(nulls=2)), "score", {"score": 0.05}))
    assert len(table) == 18 and {"p_holm", "iqm_low", "smallest_difference", "verdict"} <= set(table)
    lines = markdown(table).splitlines()
    assert len(lines) == 20 and {line.count("|") for line in lines} == {len(table.columns) + 1}
    made = latex(table)
    assert made.count("\\\\\n") == 19 and "_" not in made.replace("\\_", "") and "direct synapses" in made


def test_a_damaged_study_is_one_sentence(study_folder):
    (study_folder / "rows.json").write_text('{"rows": [{"name": "a"}]}')
    with pytest.raises(PremotorError, match=r"rows.json: row 1 lacks experiment"):
        read_record(study_folder)
    (study_folder / "rows.json").unlink()
    with pytest.raises(PremotorError, match=r"has no rows.json yet"):
        read_record(study_folder)
