"""Publications made from ours: a tiny one of a user's own, and what the page of it says."""

import json
import math
import re

import pandas as pd
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.report import REPRODUCTIONS, Chart, Compared, Part, Reproduction, drawn, new_figure, reproduce
from premotor.report.reproductions.walker_figures import walk_numbers


def _line():
    figure = new_figure()
    figure.subplots().plot([0, 1])
    return figure


class Doe2020(Reproduction):
    title, citation, short_form = "Lines", "Doe (2020), Lines.", "One line in place of two."
    made = 0

    def stages(self):
        def count():
            Doe2020.made += 1
            return pd.DataFrame({"slope": [1.0]})

        return [("a slope", lambda: self.table("slopes", count))]

    def parts(self):
        slope = float(self.table("slopes", pd.DataFrame)["slope"].iloc[0])
        charts = [Chart("line", "A line", "It rises.", pd.DataFrame({"x": [0, 1]}), drawn(_line))]
        numbers = [
            Compared("slope", 1.5, slope, 0.5, 2.0, "mean of 2"),
            Compared("intercept", None, None, note="unread"),
            Compared("noise", None, None, published_low=0.1, published_high=0.3),
        ]
        return [Part("Slopes", "As drawn.", charts, numbers, ["Ours is less steep."])]


@pytest.fixture(autouse=True)
def _registered():
    REPRODUCTIONS.register("doe2020")(Doe2020)
    Doe2020.made = 0


def test_a_publication_of_ones_own_is_made_once_and_drawn_again(tmp_path, capsys):
    folder = tmp_path / "doe"
    assert main(["reproduce", "doe2020", "--short", "--output", str(folder)]) == 0
    assert "[1/1] a slope" in capsys.readouterr().out
    page = (folder / "report.html").read_text()
    for text in (
        "This is the short form. One line in place of two.",
        "1.0 (0.5 to 2.0)",
        "Ours is less steep.",
        "<svg",
    ):
        assert text in page
    assert re.search(r"<th scope=\"row\">intercept</th>\s*<td class=\"n\">–</td>", page)
    numbers = json.loads((folder / "numbers.json").read_text())
    assert numbers["publication"] == "doe2020" and numbers["short"]
    assert [row["published"] for row in numbers["numbers"]] == [1.5, None, None]
    assert "0.1 to 0.3" in page and "mean of 2" in page and "unread" in page
    assert {file.name for file in (folder / "figures").iterdir()} == {"line.png", "line.csv"}
    (folder / "report.html").unlink()
    reproduce("doe2020", folder, short=True, progress=False)
    assert (folder / "report.html").exists() and Doe2020.made == 1


def test_a_folder_holds_one_form_of_one_publication(tmp_path):
    reproduce("doe2020", tmp_path / "doe", progress=False)
    with pytest.raises(PremotorError, match="holds a reproduction with other settings"):
        reproduce("doe2020", tmp_path / "doe", short=True, progress=False)
    with pytest.raises(PremotorError, match="no publication 'doe2021' .did you mean doe2020"):
        reproduce("doe2021", tmp_path / "other", progress=False)


@pytest.mark.slow
def test_the_spiking_agent_is_reproduced_in_miniature(tmp_path):
    published = REPRODUCTIONS["hasegan2022"]

    @REPRODUCTIONS.register("miniature")
    class Miniature(published):
        scale = {"wirings": 2, "steps": 2_500, "evolution": 5, "both": 1}

    page = reproduce("miniature", tmp_path / "made", short=True, progress=False)
    numbers = {row["what"]: row for row in json.loads((page.parent / "numbers.json").read_text())["numbers"]}
    for what, published in (("cells", 200), ("connected pairs, inputs included", 3260), ("plastic synapses", 1800)):
        assert numbers[what]["published"] == numbers[what]["ours"] == published
    assert numbers["STDP-RL: mean"]["published"] == 144.7 and math.isfinite(numbers["STDP-RL: mean"]["ours"])
    assert numbers["EVOL + STDP-RL: mean"]["published"] is None
    assert page.read_text().count("<svg") == len(list((page.parent / "figures").glob("*.png"))) == 23


@pytest.mark.slow
def test_randomnet_is_reproduced_in_miniature(tmp_path):
    published = REPRODUCTIONS["randomnet"]

    @REPRODUCTIONS.register("randomnet-miniature")
    class Miniature(published):
        @property
        def scale(self):
            small = {"neurons": 10, "length": 5.0, "epochs": 2, "exponents": (1, 2, 3), "sizes": (10, 12)}
            small |= {"transition": 20, "sigmas": (1.0, 64.0), "spectrum": 10, "benchmark": 20}
            return super().scale._replace(**small)

    page = reproduce("randomnet-miniature", tmp_path / "made", short=True, progress=False)
    numbers = {row["what"]: row for row in json.loads((page.parent / "numbers.json").read_text())["numbers"]}
    assert numbers["two neurons, λ1"]["ours"] == pytest.approx(-1.0259, abs=1e-3)
    assert numbers["λ1, N → ∞, g = 3"]["ours"] == pytest.approx(0.23546, abs=1e-5)
    drawn_files = {file.stem for file in (page.parent / "figures").glob("*.png")}
    assert {"convergence-convergence", "benchmark-benchmark", "spectrum-sets", "budget-trainings"} <= drawn_files
    assert {"region-trainings", "region-trainings-raw", "size-trainings", "exponents-trainings"} <= drawn_files


def test_the_graph_and_the_recording_of_brainrnn_are_the_published_ones(tmp_path):
    made = REPRODUCTIONS["brainrnn"](tmp_path, short=True)
    graph = made._graph()
    assert len(graph.numbers) == 12 and all(row.published == row.ours for row in graph.numbers)
    assert graph.charts[0].table["neurons"].sum() == 143 and graph.charts[0].png()
    recording = {row.what: row for row in made._recording().numbers}
    assert recording["lunge: speed, m/s"].published == 4.47
    assert recording["lunge: speed, m/s"].ours == pytest.approx(3.65, abs=0.01)
    assert recording["even stride: stride, s"].published is None


def test_numbers_of_several_tests_are_their_mean_and_range():
    tests = [{"survived": 1.0, "speed": 2.0, "return": None}, {"survived": 0.5, "speed": 4.0}]
    several = walk_numbers("by day: ", tests, "two runs")
    assert [row.what for row in several] == ["by day: episodes without a fall, %", "by day: forward speed, m/s"]
    assert (several[0].ours, several[0].low, several[0].high, several[1].ours) == (75, 50, 100, 3)
    alone = walk_numbers("", tests[:1], "one test")
    assert alone[0].ours == 100 and alone[0].low is None


@pytest.mark.slow
def test_brainrnn_is_reproduced_in_miniature(tmp_path):
    published = REPRODUCTIONS["brainrnn"]

    @REPRODUCTIONS.register("brainrnn-miniature")
    class Miniature(published):
        @property
        def scale(self):
            held = super().scale
            brief = {"learning.steps": 64, "learning.environments": 8, "learning.rollout": 8, "evaluation.seconds": 0.5}
            brief |= {"evaluation.every_steps": 64, "evaluation.episodes": 2}
            made = {name: {**value, **brief} for name, value in held.settings.items()}
            return held._replace(settings=made, episodes=2, lesions=1, seconds=2.0, tested=2, sequence=2)

    page = reproduce("brainrnn-miniature", tmp_path / "made", short=True, jobs=1, progress=False)
    numbers = {row["what"]: row for row in json.loads((page.parent / "numbers.json").read_text())["numbers"]}
    assert numbers["synapses"]["published"] == numbers["synapses"]["ours"] == 52_288
    walked = numbers["shipped, on legs that pass each other: forward speed, m/s"]
    assert walked["published"] is None and walked["ours"] > 1.0
    assert {f"return of the {kind} network, rewired" for kind in ("rate", "layered")} <= set(numbers)
    files = {file.stem for file in (page.parent / "figures").glob("*.png")}
    for name in ("graph", "sequence", "reference-bipedal", "lesions-bipedal-walk", "phases-bipedal", "learning-then"):
        assert name in files
    assert {"losses-learned-bipedal-walk", "states-then", "null-models-comparison", "layered-comparison"} <= files
    before = (page.parent / "tests" / "bipedal" / "lesions.json").stat().st_mtime_ns
    page.unlink()
    reproduce("brainrnn-miniature", tmp_path / "made", short=True, jobs=1, progress=False)
    assert page.exists() and (page.parent / "tests" / "bipedal" / "lesions.json").stat().st_mtime_ns == before
