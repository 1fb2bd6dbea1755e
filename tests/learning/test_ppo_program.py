"""An iteration of PPO as one program against the ordinary one, with the C engine and a loop in Python."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from networks.wiring import small_circuit
from premotor.bodies import BackEnd
from premotor.learning import PPOSettings, ppo
from premotor.learning.ppo_program import roll_out
from premotor.networks import build_controller
from premotor.tasks import build_environment
from tasks.hopper import Hopper

pytest.importorskip("mujoco.mjx", reason="needs the extra 'mjx'")

SETTINGS = PPOSettings(
    environments=8, rollout=24, epochs=2, minibatches=2, critic_layers=(8,), reward_clip=0.2, discount_end=0.95
)

ON_FOUR = """
import jax, numpy as np
from learning.test_ppo_program import SETTINGS, begun
from premotor.learning import ppo
assert len(jax.devices()) == 4
ppo.warmed = lambda controller, *_: controller  # compiles programs that are not meant here
found = []
for devices in (4, 1):
    state, environment = begun("mjx", devices)
    state, said = ppo.iterate(state, environment, SETTINGS)
    places = environment.physics.world.qpos.sharding
    assert len(places.device_set) == devices and places.is_fully_replicated == (devices == 1)
    found.append((state, said))
    print(devices, flush=True)
(four, also), (one, said) = found
assert said["episodes"] > 4
for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(four), strict=True):
    np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-4)
for name in said:
    np.testing.assert_allclose(also[name], said[name], rtol=1e-3, atol=1e-4, err_msg=name)
print("the same on four")
"""


def begun(device: str, devices: int | None = None) -> tuple[ppo.PPOState, object]:
    task = Hopper()
    back_end = BackEnd(device=device, devices=devices)
    environment = build_environment(task, SETTINGS.environments, threads=1, seed=3, back_end=back_end)
    controller = build_controller(small_circuit(), task.observation_names, task.action_names, key=jax.random.PRNGKey(0))
    return ppo.initialise(controller, environment, SETTINGS, jax.random.PRNGKey(1)), environment


@pytest.mark.slow
def test_an_iteration_in_one_program_is_the_ordinary_one_to_the_rounding_of_its_physics() -> None:
    """Two iterations: episodes end and begin in the roll-out, rewards are clipped, the discount moves, one is held."""
    (plain, exact), (whole, program) = begun("cpu"), begun("mjx")
    plain = dataclasses.replace(plain, hold=jnp.asarray(1))
    weight = plain.controller.output_weight
    np.testing.assert_allclose(whole.observation, plain.observation, atol=1e-5)
    whole = dataclasses.replace(plain, observation=whole.observation)  # calibrated by physics that rounds otherwise
    for _ in range(2):
        plain, said = ppo.iterate(plain, exact, SETTINGS)
        whole, also = ppo.iterate(whole, program, SETTINGS)
        assert said["episodes"] > 4
        assert set(said) == set(also)
        for one in (plain, whole):
            assert np.array_equal(one.controller.output_weight, weight) == (int(one.iteration) == 1)
        for name in said:
            np.testing.assert_allclose(also[name], said[name], rtol=1e-3, atol=1e-4, err_msg=name)
    for one, other in zip(jax.tree.leaves(plain), jax.tree.leaves(whole), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(program._elapsed, exact._elapsed)
    assert program._resets == exact._resets


@pytest.mark.slow
def test_the_same_roll_out_gives_the_same_weights_in_a_program_and_outside() -> None:
    state, environment = begun("mjx")
    kept = environment.snapshot()
    once, said = ppo.iterate(state, environment, SETTINGS)
    environment.restore(kept)
    rolled = jax.jit(
        lambda state, copies: roll_out(
            state, copies, environment, SETTINGS, jnp.asarray(0.2), ppo.exploration_of(environment)
        )
    )
    after, copies, batch, _ = rolled(state, environment.copies)
    batch = batch._replace(discount=jnp.asarray(SETTINGS.discount_at(0)))
    learnt = ppo.Learnt(state.controller, state.critic, state.optimiser, state.learning_rate)
    learnt, losses = ppo.update(learnt, batch, jax.random.split(after.key)[1], SETTINGS)
    for one, other in zip(
        jax.tree.leaves((learnt.controller, learnt.critic)),
        jax.tree.leaves((once.controller, once.critic)),
        strict=True,
    ):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)
    assert said["kl"] == pytest.approx(float(losses["kl"]), rel=1e-3)
    np.testing.assert_allclose(environment.physics.qpos, kept["physics/qpos"])
    environment.adopt(copies)
    again, _ = ppo.iterate(once, environment, SETTINGS)
    assert int(again.steps) == 2 * 24 * 8


@pytest.mark.slow
def test_four_devices_do_what_one_does() -> None:
    """Environments shared among four virtual devices of the CPU; sums over environments round otherwise."""
    flags = "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0"  # which compiles sooner
    here = {"XLA_FLAGS": flags, "PYTHONPATH": str(Path(__file__).parents[1]), "JAX_PLATFORMS": "cpu"}
    made = subprocess.run([sys.executable, "-c", ON_FOUR], env=os.environ | here, capture_output=True, text=True)
    assert "the same on four" in made.stdout, made.stderr[-2000:]
