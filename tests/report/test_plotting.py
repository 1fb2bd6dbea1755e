"""One figure of whatever one has at hand."""

from dataclasses import fields

import numpy as np
import pytest
from matplotlib.figure import Figure

import premotor as pm
from premotor.analysis.lyapunov import LyapunovSpectrum
from premotor.errors import PremotorError


def texts(figure: Figure) -> str:
    found = [figure.get_suptitle(), *(axes.get_title(loc="left") for axes in figure.axes)]
    return " ".join(found)


def test_a_circuit_has_its_overview():
    figure = pm.plot(pm.load_circuit("celegans"))
    assert "302 neurons" in texts(figure) and len(figure.axes) >= 5 and figure.get_facecolor() == (1, 1, 1, 1)


def test_a_spectrum_has_a_line_for_each_of_a_batch():
    exponents = np.array([[0.2, 0.0, -1.0], [0.1, -0.2, -2.0]])
    parts = {field.name: 0 for field in fields(LyapunovSpectrum)}
    made = LyapunovSpectrum(**parts | {"exponents": exponents, "standard_errors": 0.1 * np.ones((2, 3))})
    lines = pm.plot(made).axes[0].get_lines()[:2]
    np.testing.assert_array_equal([line.get_ydata() for line in lines], exponents)


def test_a_simulation_has_its_rates_by_class():
    made = pm.simulate("celegans", {"seconds": 0.4, "transient": 0.0, "drives": ["type=PLM:0.5"]})
    axes = pm.plot(made).axes[0]
    assert axes.images[0].get_array().shape[:2] == (302, len(made.time)) and "rates" in axes.get_title(loc="left")


def test_a_run_has_the_figures_of_its_report(finished_run, bare_run):
    first, inside = pm.plot(finished_run), pm.plot(bare_run, "inside the learner")
    assert isinstance(first, Figure) and first.axes and inside.axes
    with pytest.raises(PremotorError, match="no figure of .* has 'horoscope' in its title; there are: .+; "):
        pm.plot(bare_run, "horoscope")
    with pytest.raises(PremotorError, match="plot draws a circuit, a run, .*, not list"):
        pm.plot([1, 2])
    with pytest.raises(PremotorError, match="only what has a report has several figures"):
        pm.plot(pm.load_circuit("celegans"), "degrees")
