"""A network on its own, on sequence data: can it tell the phase of a sine?"""

from functools import partial
from typing import TypedDict

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from pydantic import Field

from premotor.host_random import key_of, split
from premotor.learning.cloning import fit_sequences, phase_sequences
from premotor.learning.ppo_update import replay
from premotor.networks import Controller, build_controller, calibrated, normalized
from premotor.runs.building import build_circuit, without_muscles
from premotor.runs.settings import Experiment
from premotor.settings import Settings

SETTLING = 25
"""Steps at the start of a sequence that do not count: the phase cannot be known at once."""


class SequenceSettings(Settings):
    """The sequence data and the descent."""

    iterations: int = Field(400, ge=1)
    batch: int = Field(32, ge=1)
    steps: int = Field(100, gt=SETTLING)
    """Length of a sequence."""
    control_period: float = Field(0.02, gt=0)
    """Time between two steps, s."""
    frequencies: tuple[float, float] = (0.8, 2.0)
    """Range of the sines, Hz."""
    learning_rate: float = Field(3e-3, gt=0)


class PhaseErrors(TypedDict):
    """How well a network tells the phase of sines that it never saw."""

    kind: str
    """Of the network."""
    neurons: int
    error_before: float
    """Before learning, root mean square, rad."""
    error: float
    """The same afterwards."""
    loss: list[float]
    """Of each iteration."""


def learn_sequence(experiment: Experiment, settings: SequenceSettings | None = None) -> PhaseErrors:
    """Teach the network of an experiment the phase of a sine, outside of any body, and test it on other sines.

    Args:
        experiment: its circuit, network, maps and seed are used.
        settings: data and descent.

    Returns:
        `error` and `error_before`: root-mean-square error of the phase, rad, on sines that learning never saw,
        after and before learning (chance: 1.81); `loss`: mean squared error at each iteration; `kind` and
        `neurons` of the network.

    Raises:
        PremotorError: a circuit or settings that make no controller.
    """
    settings = settings or SequenceSettings()
    circuit = without_muscles(build_circuit(experiment.circuit))
    keys = split(key_of(experiment.seed), 5)
    sines = partial(
        phase_sequences,
        steps=settings.steps,
        control_period=settings.control_period,
        frequencies=settings.frequencies,
    )
    seen, wanted = sines(keys[0], sequences=16 * settings.batch)
    controller = build_controller(
        circuit,
        ["sine"],
        ["phase_sine", "phase_cosine"],
        network=experiment.network,
        maps=experiment.maps,
        control_period=settings.control_period,
        key=keys[1],
    )
    controller = calibrated(normalized(controller, seen), seen[:, :64], keys[2])
    taught, losses = fit_sequences(
        controller,
        seen,
        wanted,
        keys[3],
        iterations=settings.iterations,
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        settling=SETTLING,
    )
    fresh = sines(keys[4], sequences=64)
    return {
        "kind": experiment.network.kind,
        "neurons": controller.network.neurons,
        "error_before": _phase_error(controller, *fresh),
        "error": _phase_error(taught, *fresh),
        "loss": np.asarray(losses, float).tolist(),
    }


_answers = eqx.filter_jit(replay)


def _phase_error(controller: Controller, seen: jax.Array, wanted: jax.Array) -> float:
    started = jnp.zeros(seen.shape[:2], bool)
    given = np.asarray(_answers(controller, controller.initial_state(seen.shape[1]), seen, started))[SETTLING:]
    phase, found = (np.arctan2(part[..., 0], part[..., 1]) for part in (np.asarray(wanted)[SETTLING:], given))
    return float(np.sqrt(np.mean(np.angle(np.exp(1j * (found - phase))) ** 2)))
