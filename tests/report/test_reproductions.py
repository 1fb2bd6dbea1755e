"""Publications made from ours: a tiny one of a user's own, and what the page of it says."""

import json
import math
import re

import pandas as pd
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.report import REPRODUCTIONS, Chart, Compared, Part, Reproduction, drawn, new_figure, reproduce


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
            return super().scale | small | {"transition": 20, "sigmas": (1.0, 64.0), "spectrum": 10, "benchmark": 20}

    page = reproduce("randomnet-miniature", tmp_path / "made", short=True, progress=False)
    numbers = {row["what"]: row for row in json.loads((page.parent / "numbers.json").read_text())["numbers"]}
    assert numbers["two neurons, λ1"]["ours"] == pytest.approx(-1.0259, abs=1e-3)
    assert numbers["λ1, N → ∞, g = 3"]["ours"] == pytest.approx(0.23546, abs=1e-5)
    drawn_files = {file.stem for file in (page.parent / "figures").glob("*.png")}
    assert {"convergence-convergence", "benchmark-benchmark", "spectrum-sets", "budget-trainings"} <= drawn_files
    assert {"region-trainings", "region-trainings-raw", "size-trainings", "exponents-trainings"} <= drawn_files
