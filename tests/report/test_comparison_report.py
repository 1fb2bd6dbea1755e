"""The page of a comparison."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from premotor.errors import PremotorError
from premotor.report import write_report
from premotor.report.comparing import ComparisonOfRun, comparison_folder, read_comparison, verdict
from premotor.report.page import Page
from premotor.report.reading import read_run
from report.html_page import PageOf


def rows_of(**scores):
    return pd.DataFrame(
        [
            {
                "name": f"{wiring}-{i}",
                "wiring": wiring,
                "score": s,
                "survived": s,
                "speed_error": 1 - s,
                "speed": 1.3,
            }
            for wiring, values in scores.items()
            for i, s in enumerate(values)
        ]
    )


def test_a_comparison_has_a_page_and_a_picture(comparison):
    path = write_report(comparison)
    assert path == comparison / "comparison.html"
    for name in ("comparison.png", "curves.png"):
        assert (comparison / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    page = PageOf(path.read_text())
    assert page.problems == []
    assert page.tags.count("svg") == 2
    assert "script" not in page.tags
    for row in json.loads((comparison / "comparison.json").read_text())["rows"]:
        assert row["name"] in page.text
    assert "2 runs of the connectome and 4 of rewired." in page.text
    assert "Rewired keeps every neuron's class" in page.text


def test_a_run_of_a_comparison_shows_it(comparison):
    run = comparison / "runs" / "connectome-s0"
    assert comparison_folder(run) == comparison
    page = PageOf(Page("title", "", [ComparisonOfRun().build(read_run(run))]).render())
    assert "The ring marks this run." in page.text
    assert "belongs to no comparison" not in page.text


def test_a_comparison_without_its_runs_has_no_learning_curves(comparison, tmp_path):
    shutil.copy(comparison / "comparison.json", tmp_path)
    page = PageOf(write_report(tmp_path).read_text())
    assert page.tags.count("svg") == 1
    assert "there are no learning curves" in page.text


def test_the_verdict_claims_no_more_than_the_test():
    apart = rows_of(connectome=np.linspace(0.8, 0.9, 8), rewired=np.linspace(0.2, 0.5, 8))
    assert "The connectome's score is higher than that of rewired (by 0.500 [0.411, 0.589], p < 0.001)." in verdict(
        apart
    )
    below = rows_of(connectome=np.linspace(0.2, 0.5, 8), rewired=np.linspace(0.8, 0.9, 8))
    assert "lower than that of rewired (by 0.500 [0.411, 0.589], p < 0.001)." in verdict(below)
    same = rows_of(connectome=[0.5, 0.7, 0.6], rewired=[0.55, 0.65, 0.6])
    assert "can not tell the connectome's score from that of rewired (p = 1.000; the smallest diff" in verdict(same)
    assert "nothing to compare" in verdict(rows_of(connectome=[0.5, 0.6]))
    assert "nothing to compare" in verdict(rows_of(rewired=[0.5, 0.6]))


def test_a_margin_lets_it_say_that_there_is_no_difference():
    same = rows_of(connectome=np.linspace(0.5, 0.6, 8), rewired=np.linspace(0.51, 0.61, 8))
    same.attrs["margin"] = {"score": 0.1}
    assert "there is no difference larger than the margin of 0.1 (90% interval [−0.0" in verdict(same)
    same.attrs["margin"] = {"score": 0.01}
    assert "can not tell" in verdict(same)
    near = rows_of(connectome=np.linspace(0.5, 0.51, 8), rewired=np.linspace(0.53, 0.54, 8))
    near.attrs["margin"] = {"score": 0.1}
    assert "lower than that of rewired, but by less than the margin of 0.1" in verdict(near)


def test_several_null_models_are_adjusted_together():
    high, low = np.array([0.5, 0.9, 0.7, 0.8]), np.array([0.4, 0.6, 0.3, 0.5])  # p = 0.041 each
    assert "higher than that of rewired" in verdict(rows_of(connectome=high, rewired=low))
    assert "can not tell" in verdict(rows_of(connectome=high, rewired=low, random_graph=low + 0.01))


def test_seeds_of_one_wiring_are_no_further_wirings():
    rows = rows_of(connectome=np.linspace(0.4, 0.6, 10), rewired=[0.3] * 5 + [0.31] * 5)
    assert "higher" in verdict(rows)
    rows["null_seed"] = [None] * 10 + [0] * 5 + [1] * 5
    assert "1 wiring" not in verdict(rows)
    spread = rows.assign(score=[*np.linspace(0.4, 0.6, 10), *[0.2] * 5, *[0.5] * 5])
    assert "can not tell" in verdict(spread)  # two wirings, not ten runs
    assert "higher" in verdict(spread.drop(columns="null_seed"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is no comparison folder"),
        ("[]", "holds no rows"),
        ('{"rows": []}', "holds no rows"),
        ("{", "is no valid JSON"),
        (
            '{"rows": [{"name": "a", "wiring": "b", "score": "x", "survived": 1, "speed_error": 0}]}',
            "score of row 1 is 'x'",
        ),
        (
            '{"rows": [{"name": "a", "wiring": 3, "score": 1, "survived": 1, "speed_error": 0}]}',
            "wiring of row 1 is 3",
        ),
    ],
)
def test_a_damaged_comparison_is_one_sentence(tmp_path, content, message):
    if content is not None:
        (tmp_path / "comparison.json").write_text(content)
    with pytest.raises(PremotorError, match=message) as caught:
        (write_report if content is not None else read_comparison)(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "comparison.html").exists()


def test_runs_without_a_score_are_left_out_of_the_means(tmp_path):
    rows = rows_of(connectome=[0.5, 0.7], rewired=[0.4, 0.3]).to_dict("records")
    rows[0]["score"] = None
    (tmp_path / "comparison.json").write_text(json.dumps({"rows": rows}))
    assert np.isnan(read_comparison(tmp_path)["score"][0])
    assert "0.700" in PageOf(write_report(tmp_path).read_text()).text


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(PremotorError, match="there is no comparison folder"):
        read_comparison(tmp_path / "nowhere")
