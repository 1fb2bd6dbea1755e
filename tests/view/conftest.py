"""What the tests of this room share."""

from pathlib import Path

import jax
import pytest

from networks.wiring import small_circuit
from premotor.networks import build_controller
from premotor.runs import Player
from premotor.tasks import WalkSettings, WalkTask
from run_fixtures import *  # noqa: F403


@pytest.fixture(scope="session")
def shown() -> Player:
    circuit, task = small_circuit(), WalkTask(WalkSettings())
    names = task.observation_names, task.action_names
    controller = build_controller(
        circuit, *names, control_period=task.control_period, calibrate=False, key=jax.random.PRNGKey(0)
    )
    return Player(controller, task, "walk", Path(), None, [str(c) for c in circuit.neurons["class"]], circuit)
