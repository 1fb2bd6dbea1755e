"""How a spiking agent learns, from settings to what the compiled loop reads."""

import numpy as np
from numpy.typing import NDArray

from premotor.learning.plasticity.critics import critic_of
from premotor.learning.plasticity.loop import Lessons
from premotor.learning.plasticity.settings import PlasticitySettings, TargetingSettings
from premotor.networks.spiking.event_driven.network import SpikingNetwork
from premotor.networks.spiking.event_driven.plasticity import Balance, Plastic, Tagging, mean_weights


def lessons_of(
    network: SpikingNetwork,
    votes: NDArray[np.int64],
    plastic: Plastic,
    weight: NDArray[np.float64],
    settings: PlasticitySettings,
) -> Lessons:
    """What the loop reads, for plasticity that begins with these weights.

    Args:
        network: that learns.
        votes: for which action each cell votes, −1 for none, (cells,).
        plastic: its plastic synapses.
        weight: of the event loop, mV, (synapses,); homeostasis holds the means of the plastic ones.
        settings: as `PlasticitySettings.effective` gives them.
    """
    tags, targeting, keeping = settings.tags, settings.targeting, settings.homeostasis
    actions = int(votes.max()) + 1
    side = votes if targeting.feedback == "uniform" else action_sides(network, votes)
    hidden = np.zeros(network.cells, bool)
    hidden[plastic.post] = True
    control = np.where(votes >= 0, votes + 1, np.where(hidden, 0, -1))
    inputs, outputs = mean_weights(plastic, weight)
    return Lessons(
        on=False,
        rule=Tagging(lag=1.0, **tags.model_dump()),
        critic=critic_of(settings.critic),
        group=np.where(votes >= 0, 1 + votes, np.where(side >= 0, 1 + actions + side, 0))[plastic.post],
        gain=_gain(targeting, actions),
        tie_as_drawn=targeting.ties == "drawn",
        forget=settings.forget,
        normalise_every=keeping.normalise_every,
        balance=Balance(
            ("none", "outputs", "inverted").index(keeping.balance), *keeping.balance_limits, np.maximum(outputs, 1e-6)
        ),
        control_from=keeping.control_from,
        control_every=keeping.control_every,
        control_change=keeping.control_change,
        control_group=control,
        control_size=np.maximum(np.bincount(control[control >= 0], minlength=actions + 1), 1),
        control_target=np.array([keeping.hidden_rate] + [keeping.motor_rate] * actions),
        control_window=keeping.control_window or 0,
        control_spikes=np.zeros(actions + 1, np.int64),
        control_history=np.zeros((keeping.control_window or 0, actions + 1), np.int64),
        control_seen=np.zeros(1, np.int64),
        input_goal=inputs,
    )


def action_sides(network: SpikingNetwork, votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """To which action each cell belongs: its own vote, else that of the cells that it drives most.

    By the plastic weights that the network began with, from the motor cells back, one synapse after the other.

    Returns:
        Actions, −1 for cells without a path of plastic synapses to a motor cell, (cells,).
    """
    chosen = np.flatnonzero(network.plastic)
    pre, post, weight = network.pre[chosen], network.post[chosen], network.weight[chosen]
    side = votes.copy()
    while True:
        reaching = (side[pre] < 0) & (side[post] >= 0)
        if not reaching.any():
            return side
        drive = np.zeros((network.cells, int(votes.max()) + 1))
        np.add.at(drive, (pre[reaching], side[post[reaching]]), weight[reaching])
        found = np.unique(pre[reaching])
        side[found] = np.argmax(drive[found], axis=1)


def _gain(targeting: TargetingSettings, actions: int) -> NDArray[np.float64]:
    """Part of the reward by action (the last row: ties) and group: hidden, motor by action, hidden by action."""
    gain = np.zeros((actions + 1, 1 + 2 * actions))
    motor, sided = gain[:, 1 : 1 + actions], gain[:, 1 + actions :]
    gain[:, 0] = 1.0 if targeting.mode == "all" else targeting.hidden
    for action in range(actions):
        if targeting.mode in ("all", "motor"):
            motor[action] = targeting.chosen
        else:
            motor[action] = targeting.other if targeting.mode == "opposed" else 0.0
            motor[action, action] = targeting.chosen
        sided[action] = targeting.hidden * motor[action]
    if targeting.ties == "all":
        motor[actions] = targeting.chosen
        sided[actions] = targeting.hidden * targeting.chosen
    elif targeting.ties == "none":
        gain[actions] = 0.0
    return gain
