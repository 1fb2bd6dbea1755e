"""The trained flies of the package: they walk as commanded, pushed, on tilted and rough ground, and by their wiring."""

import numpy as np
import pytest

from premotor.runs import shipped
from premotor.runs.episodes import Episodes
from premotor.tasks import FlyVariation, build_task


@pytest.mark.slow
def test_it_walks_as_commanded_pushed_on_tilted_and_rough_ground():
    made = shipped("fly-walk")
    assert made.figures["survived"] == 1.0 and made.figures["speed_error"] < 0.05
    variation = FlyVariation(push=5.0, slope=0.1, friction=(0.7, 1.3), mass=(0.9, 1.1), roughness=0.1)
    task = build_task(made.settings.task.model_copy(update={"variation": variation}))
    episodes = Episodes(task, 12, 1.5, 11, 1)
    figures = episodes.figures(records := episodes.run(made.controller))
    assert figures["survived"] >= 11 / 12
    assert figures["speed_error"] < 0.15 and figures["yaw"] < 0.1 and figures["drift"] < 2
    assert 5 <= records["command"].min() < 10 and 20 < records["command"].max() <= 25
    assert 8 < figures["stride_frequency"] < 15 and figures["ipsilateral_phase"] == pytest.approx(0.5, abs=0.1)
    assert np.ptp(records["qpos"][-1, :, :2], axis=0).max() > 3  # mm: they went their ways


@pytest.mark.slow
def test_six_leg_circuits_walk():
    made = shipped("fly-legs")
    assert made.figures["survived"] == 1.0 and made.figures["speed_error"] < 0.06
    episodes = Episodes(made.task, 8, 1.0, 5, 1)
    figures = episodes.figures(episodes.run(made.controller))
    assert figures["survived"] == 1.0 and figures["speed_error"] < 0.15
    assert 8 < figures["stride_frequency"] < 15


def test_six_leg_circuits_have_the_synapses_of_their_data():
    made = shipped("fly-legs")
    network, circuit = made.controller.network, made.circuit
    pre, post, weight = (np.asarray(part) for part in (network.pre, network.post, network.weight))
    sign = circuit.neurons["sign"].to_numpy()
    real = sorted(edge for edge in zip(*circuit.synapses.nonzero(), strict=True) if sign[edge[0]] != 0)
    assert sorted(zip(pre.tolist(), post.tolist(), strict=True)) == real
    assert (np.sign(weight) == sign[pre]).all()
