"""Networks on their own learn the phase of a sine, and a recorded course of actions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from networks.wiring import small_circuit
from premotor.learning import fit_sequences, phase_sequences
from premotor.networks import build_controller, smooth_noise
from premotor.runs import SequenceSettings, learn_sequence, load_experiment


def test_the_data_are_sines_and_their_phases() -> None:
    seen, wanted = phase_sequences(
        jax.random.PRNGKey(0), steps=200, sequences=30, control_period=0.02, frequencies=(0.8, 2.0)
    )
    assert seen.shape == (200, 30, 1) and wanted.shape == (200, 30, 2)
    np.testing.assert_array_equal(seen[..., 0], wanted[..., 0])
    phase = np.unwrap(np.arctan2(wanted[..., 0], wanted[..., 1]), axis=0)
    frequency = np.diff(phase, axis=0) / (2 * np.pi * 0.02)
    assert (frequency.std(0) < 1e-3).all() and (frequency > 0.79).all() and (frequency < 2.01).all()


@pytest.mark.slow
def test_the_layered_network_learns_the_phase(circuit_folder) -> None:
    """From the sine alone, without a memory, the best guess of the phase is off by a quarter turn on average."""
    settings = {"circuit": {"source": str(circuit_folder)}, "network": {"kind": "layered"}}
    experiment = load_experiment(settings, {"maps.inputs.minimum_hops": 0})
    found = learn_sequence(experiment, SequenceSettings(iterations=150, batch=16, steps=60, learning_rate=1e-2))
    assert found["error_before"] > 1.0
    assert found["error"] < 0.6
    assert np.mean(found["loss"][-10:]) < 0.5 * np.mean(found["loss"][:10])


@pytest.mark.slow  # learning/test_cloning.py teaches a circuit, too, and looks at its signs
def test_cloning_gives_the_recorded_actions_and_holds_the_signs() -> None:
    made = build_controller(small_circuit(), ["a", "b"], ["x"], key=jax.random.PRNGKey(0))
    seen = smooth_noise(jax.random.PRNGKey(1), 2, steps=20, episodes=12)  # the circuit takes a step or two to answer
    wanted = 0.5 * jnp.tanh(seen[..., :1])
    taught, errors = fit_sequences(made, seen, wanted, jax.random.PRNGKey(2), iterations=120, batch=12, settling=5)
    assert float(errors[-1]) < 0.5 * float(errors[0])
    before, after = made.network.weight, taught.network.weight
    assert (np.sign(before) == np.sign(after)).all() and not np.array_equal(before, after)
