"""Proximal policy optimisation for controllers that have a state."""

import dataclasses
from collections.abc import Mapping

import equinox as eqx
import jax
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.host_random import folded, split
from premotor.learning.base import ControllerLearner
from premotor.learning.critic import Critic
from premotor.learning.exploration import exploration_of, warmed
from premotor.learning.ppo_acting import log_probability
from premotor.learning.ppo_ahead import compiled_ahead
from premotor.learning.ppo_program import in_one_program
from premotor.learning.ppo_rollout import Place, acted
from premotor.learning.ppo_update import Batch, Descent, Learnt, optimiser, trained_arrays, update
from premotor.learning.settings import LEARNERS, PPOSettings
from premotor.learning.trees import fill, strong
from premotor.networks import Controller
from premotor.on_device import Numbers, on_device
from premotor.tasks import VectorEnvironment
from premotor.tasks.program import ProgramEnvironment
from premotor.tasks.staggering import stagger

CRITIC = "critic/"
"""What the names of the critic's arrays begin with in what a warm start takes over."""


class PPOState(eqx.Module):
    """All that a training run carries from one iteration to the next: arrays only, so that it checkpoints."""

    controller: Controller
    critic: Critic
    optimiser: optax.OptState
    learning_rate: Float[Array, ""]
    key: Array
    iteration: Array
    steps: Array
    state: Float[Array, "neurons environments"]
    observation: Float[Array, "environments observations"]
    started: Array
    """Environments whose episode starts at the next step: their neurons are then silent."""
    episode_return: Array
    episode_length: Array
    average: Controller | None = None
    """Running mean of the controller's trained parameters; None where the settings ask for none."""
    hold: Array | None = None
    """Iterations at the beginning in which only the critic learns; None: none."""

    @property
    def tested(self) -> Controller:
        """The controller that tests take."""
        return self.controller if self.average is None else self.average


def initialise(
    controller: Controller, environment: VectorEnvironment, settings: PPOSettings, key: PRNGKeyArray
) -> PPOState:
    """The state before the first iteration; resets `environment`.

    A first roll-out of random actions sets the normalizer and the controller's calibration to observations of
    the task itself.

    Raises:
        PremotorError: episodes should begin staggered and cannot.
    """
    key_critic, key_warm, key = split(key, 3)
    state = begun(warmed(controller, environment, key_warm), environment, settings, key_critic, key)
    if settings.stagger:
        stagger(environment, folded(key_warm, 1))
    return state


def begun(
    controller: Controller,
    environment: VectorEnvironment,
    settings: PPOSettings,
    key_critic: PRNGKeyArray,
    key: PRNGKeyArray,
) -> PPOState:
    """The state before the first iteration with `controller` as it is; resets `environment`.

    Args:
        controller: with the normalizer and the calibration that it is to have.
        environment: what it learns in.
        settings: of learning.
        key_critic: of the critic's first weights.
        key: of what is drawn while learning.
    """
    n, seen = environment.environments, environment.reset()
    critic = Critic.initial(len(controller.observation_names), settings.critic_layers, key_critic)
    moments, silent = _silent(controller, critic, n, Descent.of(settings))
    return PPOState(
        controller=controller,
        critic=critic,
        optimiser=moments,
        learning_rate=on_device(settings.learning_rate),
        key=key,
        iteration=on_device(0),
        steps=on_device(0),
        state=silent,
        observation=on_device(seen, np.float32),
        started=on_device(np.ones(n, bool)),
        episode_return=on_device(np.zeros(n)),
        episode_length=on_device(np.zeros(n), np.int32),
        average=controller if settings.average else None,
        hold=on_device(settings.critic_first) if settings.critic_first else None,
    )


@eqx.filter_jit
def _silent(
    controller: Controller, critic: Critic, environments: int, settings: Descent
) -> tuple[optax.OptState, Array]:
    """The optimiser's memory and the neurons before the first iteration."""
    trained = eqx.filter((controller, critic), trained_arrays(controller, critic))
    return optimiser(settings).init(trained), controller.initial_state(environments)


def iterate(
    state: PPOState, environment: VectorEnvironment, settings: PPOSettings
) -> tuple[PPOState, dict[str, float]]:
    """One roll-out and its update; the new state and what happened.

    Raises:
        FloatingPointError: a loss or a parameter is no longer finite.
    """
    state = _spread_on_schedule(state, settings)
    discount = settings.discount_at(int(state.steps))
    learnt = Learnt(state.controller, state.critic, state.optimiser, state.learning_rate)
    if settings.schedule == "linear":
        left = max(1.0 - float(state.steps) / settings.steps, 0.0)
        learnt = learnt._replace(learning_rate=on_device(settings.learning_rate * left))
    if isinstance(environment, ProgramEnvironment):
        state, learnt, metrics, losses = in_one_program(state, learnt, environment, settings, discount)
    else:
        state, batch, metrics = _roll_out(state, environment, settings)
        if discount is not None:
            batch = batch._replace(discount=on_device(discount))
        if state.hold is not None:
            batch = batch._replace(held=on_device(int(state.iteration) < int(state.hold)))
        key, key_update = split(state.key)
        learnt, losses = update(learnt, batch, key_update, settings, exploration_of(environment))
        state = dataclasses.replace(state, key=key)
    metrics |= {name: float(value) for name, value in losses.items()}
    if not all(np.isfinite(metrics[name]) for name in losses):
        bad = ", ".join(f"{name} {metrics[name]}" for name in losses if not np.isfinite(metrics[name]))
        raise FloatingPointError(f"training diverged at iteration {int(state.iteration) + 1}: {bad}")
    state = dataclasses.replace(
        state,
        **learnt._asdict(),
        iteration=on_device(int(state.iteration) + 1, np.int32),
        steps=on_device(int(state.steps) + settings.rollout * environment.environments, np.int32),
    )
    if settings.average and state.average is not None:
        # a short memory at first, so that what is not learnt yet is soon forgotten
        window = min(settings.average, max(1.0, int(state.iteration) / 3))
        state = dataclasses.replace(state, average=_moved(state.average, state.controller, on_device(1 / window)))
    return state, metrics


@eqx.filter_jit
def _moved(average: Controller, controller: Controller, part: Float[Array, ""]) -> Controller:
    """`average` moved by `part` of the way to `controller`; what is not trained is taken as it is."""
    return jax.tree.map(
        lambda trained, old, new: old + part * (new - old) if trained else new,
        controller.trained(),
        average,
        controller,
    )


def _spread_on_schedule(state: PPOState, settings: PPOSettings) -> PPOState:
    spread = settings.action_std_at(int(state.steps))
    if spread is None:
        return state
    log_std = on_device(np.full(state.controller.log_std.shape, np.log(spread)), np.float32)
    return eqx.tree_at(lambda s: s.controller.log_std, state, log_std)


def _roll_out(
    state: PPOState, environment: VectorEnvironment, settings: PPOSettings
) -> tuple[PPOState, Batch, dict[str, float]]:
    """Act for `rollout` control steps in every environment."""
    exploration = exploration_of(environment)
    controller, first_state = state.controller, state.state
    place = Place(state.state, state.observation, state.started)
    rows, place, key = acted(controller, state.key, settings.rollout, place, environment)
    episode_return, episode_length = np.array(state.episode_return), np.array(state.episode_length)
    kept: list[tuple[Numbers, ...]] = []
    returns: list[float] = []
    rewards: list[float] = []
    lengths: list[int] = []
    terms: dict[str, float] = {}
    limit = settings.reward_clip_at(int(state.steps))
    for row in rows:
        step = row.step
        done = step.terminated | step.truncated
        skipped = np.zeros_like(done) if step.skipped is None else step.skipped
        reward = step.reward if limit is None else np.clip(step.reward, -limit, limit)
        kept.append((*row[:4], reward, step.final_observation, step.terminated, step.truncated, skipped))
        rewards.append(step.reward.mean())
        episode_return += step.reward
        episode_length += ~skipped
        if done.any():
            returns += episode_return[done & ~skipped].tolist()
            lengths += episode_length[done & ~skipped].tolist()
            episode_return[done] = 0
            episode_length[done] = 0
        for name, value in step.terms.items():
            terms[name] = terms.get(name, 0.0) + float(value.mean()) / settings.rollout
    stacked = [on_device([np.asarray(part) for part in parts]) for parts in zip(*kept, strict=True)]
    seen, actions, means, *rest, left_out = stacked
    log_p = log_probability(actions, means, controller.log_std, exploration)
    last = on_device(place.observation, np.float32)
    batch = Batch(first_state, last, seen, actions, means, log_p, *rest)
    if rows[0].step.skipped is not None:
        batch = batch._replace(learnt_from=on_device(~np.asarray(left_out)))
    metrics = {f"reward/{name}": value for name, value in terms.items()}
    metrics["episodes"] = float(len(returns))
    metrics["reward"] = float(np.mean(rewards))
    if returns:
        metrics["return"] = float(np.mean(returns))
        metrics["episode_length"] = float(np.mean(lengths))
    state = dataclasses.replace(
        state,
        key=key,
        state=on_device(place.state),
        observation=batch.last_observation,
        started=on_device(place.started),
        episode_return=on_device(episode_return),
        episode_length=on_device(episode_length),
    )
    return state, batch, metrics


@LEARNERS.register("ppo")
class PPO(ControllerLearner[PPOState]):
    """Proximal policy optimisation of a controller, for actions that are numbers and for choices."""

    settings_type = PPOSettings
    calibrates = True
    initialise = staticmethod(initialise)
    advance = staticmethod(iterate)

    def __init__(
        self,
        subject: Controller,
        environment: VectorEnvironment,
        settings: PPOSettings,
        *,
        seed: int = 0,
        threads: int = 0,
    ):
        self._ahead = compiled_ahead(subject, environment, settings) if isinstance(subject, Controller) else None
        super().__init__(subject, environment, settings, seed=seed, threads=threads)

    def iterate(self) -> dict[str, object]:
        """One iteration; see `Learner.iterate`."""
        if self._ahead is not None:
            self._ahead.join()
            self._ahead = None
        return super().iterate()

    @property
    def candidate(self) -> Controller:
        """The controller that a test takes: the running mean where there is one."""
        return self.state.tested

    def adopt(self, candidate: Controller) -> None:
        """Go on from another controller, the running mean as well."""
        super().adopt(candidate)
        if self.state.average is not None:
            self.state = dataclasses.replace(self.state, average=self.state.controller)

    def inherit(self, arrays: Mapping[str, np.ndarray], source: object = "the parent") -> None:
        """Go on with the parent's critic (``critic/…``), where there is one, and hold the controller for `hold`.

        Raises:
            PremotorError: the critic is of another shape.
        """
        state = self.state
        if any(name.startswith(CRITIC) for name in arrays):
            state = dataclasses.replace(state, critic=fill(state.critic, arrays, source, CRITIC))
        if int(arrays["hold"]):
            state = dataclasses.replace(state, hold=on_device(int(arrays["hold"])))
        self.state = strong(state)
