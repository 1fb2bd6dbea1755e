"""A controller's forward pass in NumPy: the same numbers as in JAX up to rounding, with nothing compiled."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from premotor.networks.base import NumpyStep, as_column
from premotor.networks.controller.loop import EDGE
from premotor.networks.controller.muscles import BEND

if TYPE_CHECKING:
    from premotor.networks.controller.controller import Controller

Forward = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From state (rows, copies) and observation (copies, observations) to the next state and the action (copies, actions),
float32 each; the action is not clipped."""


def forward_pass(controller: "Controller") -> Forward:
    """`Controller.select_action` in NumPy, its weights prepared.

    Only ufuncs, ``@``, indices, `numpy.concatenate` and `numpy.clip` touch state and observation, so that the pass can
    be recorded as a graph.

    Raises:
        PremotorError: the network has no `numpy_step`.
    """
    network = controller.network
    advance, encode = network.numpy_step(), _encoder(controller)
    size, outputs = network.rows, np.asarray(controller.output_neurons)
    bias, tanh = as_column(controller.output_bias), controller.squash == "tanh"
    if controller.loop is not None:
        return _looped(controller, advance, encode)
    weight = np.asarray(controller.output_weight if network.maps_are_layers else controller.output_map, np.float32)
    rest = as_column(np.zeros(len(outputs)) if network.maps_are_layers else controller.rest_rate)

    def forward(state: np.ndarray, observation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        state = advance(state[:size], encode(observation, state[:size]))
        answer = (weight @ (state[outputs] - rest) + bias).T
        return state, np.tanh(answer) if tanh else answer

    return forward


def _encoder(controller: "Controller") -> NumpyStep:
    """From a raw observation and the network's outputs to the current into every neuron, (neurons, copies)."""
    inputs, neurons = np.asarray(controller.input_neurons), controller.network.rows
    given = np.asarray(controller.input_map, np.float32)
    weight = np.zeros((neurons, given.shape[1]), np.float32)
    weight[inputs] = given
    if (loop := controller.loop) is not None:
        return lambda seen, rates: weight @ np.concatenate([line(seen)[None] for line in loop.encoders])
    if controller.gates is not None:
        gates, names = np.asarray(controller.gates), controller.observation_names
        groups = None if controller.gate_groups is None else np.asarray(controller.gate_groups)
        size = len(names) + (0 if groups is None else len(groups))
        chosen, always = np.zeros((neurons, size), np.float32), np.ones((neurons, 1), np.float32)
        gated = gates >= 0
        chosen[inputs[gated], gates[gated]] = 1
        always[inputs[gated]] = 0
        stretch = np.array([name.startswith(BEND) for name in names], np.float32)
        bends, others = weight * stretch, weight * (1 - stretch)

        def gated_drive(seen: np.ndarray, rates: np.ndarray) -> np.ndarray:
            rows = seen.T if groups is None else np.concatenate([seen.T, np.clip(groups @ rates, 0, 1)])
            return (chosen @ rows + always) * (bends @ seen.T) + others @ seen.T

        return gated_drive
    if controller.fixed_maps:
        return lambda seen, rates: weight @ seen.T
    normal = controller.normalizer
    mean, scale = np.asarray(normal.mean), np.reciprocal(np.sqrt(np.asarray(normal.variance) + np.float32(1e-6)))
    return lambda seen, rates: weight @ np.clip((seen - mean) * scale, -normal.limit, normal.limit).T


def _looped(controller: "Controller", advance: NumpyStep, encode: NumpyStep) -> Forward:
    """The pass of maps that were given line by line, whose pools of motor units follow the neurons in the state."""
    loop, size, outputs = controller.loop, controller.network.rows, np.asarray(controller.output_neurons)
    assert loop is not None
    weight, bias = np.asarray(controller.output_weight), as_column(controller.output_bias)
    masked, tanh = weight * np.asarray(loop.output_mask), controller.squash == "tanh"
    blend, pools = as_column(loop.blends), list(loop.pools)
    rest = [i for i in range(len(weight)) if i not in pools]
    order = np.argsort([*rest, *pools])

    def forward(state: np.ndarray, observation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        neurons = advance(state[:size], encode(observation, state[:size]))
        rates = neurons[outputs]
        answer = masked @ rates + bias
        if pools:
            held = state[size:]
            held = held + blend * (loop.settled(weight, rates) - held)
            action = 2 * held - 1
            if tanh:
                action = np.arctanh(np.clip(action, 2 * EDGE - 1, 1 - 2 * EDGE))
            answer = np.concatenate([answer[np.array(rest, int)], action])[order]
            neurons = np.concatenate([neurons, held])
        return neurons, np.tanh(answer.T) if tanh else answer.T

    return forward
