"""Small results of every command about dynamics, made once."""

from pathlib import Path

import pytest

from dynamics_settings import LEARNING, SWEEP, TRAIN
from premotor.runs.dynamics import dynamics
from tiny import tiny_circuit


@pytest.fixture(scope="session")
def dynamics_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("dynamics")


@pytest.fixture(scope="session")
def source(dynamics_folder) -> str:
    """A circuit's folder."""
    return str(tiny_circuit(dynamics_folder / "tiny"))


@pytest.fixture(scope="session")
def transitions(dynamics_folder):
    return dynamics("transition", SWEEP, output=dynamics_folder / "transition", progress=False)


@pytest.fixture(scope="session")
def trained(dynamics_folder):
    return dynamics("train", TRAIN, output=dynamics_folder / "train", progress=False)


@pytest.fixture(scope="session")
def regional(dynamics_folder, source):
    """The small circuit with gains and shifts by transmitter, beside one null model."""
    settings = {
        "model": {"activation": "positive_tanh", "weights": "count", "coupling": 0.5},
        "circuit": {"source": source},
        "nulls": {"kind": "shuffled_weights", "count": 1},
        "learning": {
            **LEARNING,
            "trainable": {
                "weights": False,
                "gains": {"by": "transmitter"},
                "shifts": {"by": "transmitter"},
            },
        },
        "verify": {"states": 2},
    }
    return dynamics("train", settings, output=dynamics_folder / "region", progress=False)


@pytest.fixture(scope="session")
def converged(dynamics_folder):
    settings = {"model": {"neurons": 30}, "samples": 2, "length": 60.0, "exponents": 3, "transient": 30.0}
    return dynamics("convergence", settings, output=dynamics_folder / "convergence", progress=False)


@pytest.fixture(scope="session")
def varied(dynamics_folder):
    settings = {"model": {"neurons": 16}, "exponents": 16, "sigmas": [0.5, 4.0, 64.0], "samples": 2, "length": 30.0}
    return dynamics("spectrum", settings, output=dynamics_folder / "spectrum", progress=False)


@pytest.fixture(scope="session")
def varied_sets(dynamics_folder):
    """The original project's sets of parameters, drawn as it drew them."""
    settings = {
        "model": {"neurons": 10, "activation": "positive_tanh", "coupling": 1.0}, "exponents": 10, "length": 15.0,
        "sigmas": [0.5, 64.0], "samples": 2, "parameter": "all", "around": 1, "transient": 10.0, "t_ons": 1.0,
    }  # fmt: skip
    return dynamics("spectrum", settings, output=dynamics_folder / "sets", progress=False)


@pytest.fixture(scope="session")
def measured_costs(dynamics_folder):
    settings = {
        "model": {"neurons": 30}, "exponents": 3, "length": 20.0, "transient": 20.0, "reference": 2.0,
        "intervals": [0.5, "auto"], "numbers": [], "lengths": [10.0], "sizes": [],
    }  # fmt: skip
    return dynamics("benchmark", settings, output=dynamics_folder / "benchmark", progress=False)
