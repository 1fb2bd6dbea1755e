"""The scripts behind the tables of gradients and perturbations measure what they say."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from premotor.networks.spiking.event_driven import random_network


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1] / "scripts"), *sys.path])
    return import_module


def test_small_perturbations_decay_as_the_after_hyperpolarisation_does(script: Any, monkeypatch: Any) -> None:
    """Its time constant is 400 ms, longer than any other, and no spike carries a small difference on."""
    perturbations = script("spiking_perturbations")
    monkeypatch.setattr(perturbations, "MOMENTS", 3)
    network = random_network(1)
    found = perturbations.measured(network, network.weight[network.plastic])
    assert found["without_a_changed_spike"] == 1
    assert found["exponent"] == pytest.approx(-1 / 0.4, rel=0.06)
    assert found["changed_any_spike"] > 0.5 and 0 <= found["late_difference"] < 0.5


def test_figures_are_of_all_steps_and_episodes(script: Any) -> None:
    found = script("surrogate_in_events").figures(np.array([10, 30]), np.array([1, 7]))
    assert found == {"mean": 20.0, "median": 20.0, "least": 10.0, "undecided": 0.2}
