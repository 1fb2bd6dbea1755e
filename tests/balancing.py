"""A player that is quick to make, for tests of what is shown."""

from pathlib import Path

import jax

from networks.wiring import small_circuit
from premotor.networks import build_controller
from premotor.runs import Player
from premotor.tasks import BalanceSettings, BalanceTask


def balancing_player() -> Player:
    """A small circuit that has learned nothing, on the muscle arm."""
    task = BalanceTask(BalanceSettings())
    names = task.observation_names, task.action_names
    controller = build_controller(
        small_circuit(), *names, control_period=task.control_period, calibrate=False, key=jax.random.PRNGKey(0)
    )
    return Player(controller, task, "balance", Path(), None)
