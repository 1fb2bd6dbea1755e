"""DDPG, TD3 and SAC as learners: collect, remember, update."""

import dataclasses
from collections.abc import Callable
from functools import lru_cache, partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.errors import PremotorError
from premotor.host_random import key_of, key_rows, split, uniform
from premotor.learning.base import ControllerLearner
from premotor.learning.critic import Critic
from premotor.learning.off_policy.policy import explore
from premotor.learning.off_policy.replay import Columns, Replay
from premotor.learning.off_policy.settings import DDPGSettings, OffPolicyKind, SACSettings, TD3Settings
from premotor.learning.off_policy.update import ADAM, Learnt, Parts, critic_count, learn, trained_vector
from premotor.learning.settings import LEARNERS
from premotor.networks import Controller, calibrated, normalized
from premotor.on_device import on_device
from premotor.tasks import Step, VectorEnvironment

CALIBRATION_ENVIRONMENTS = 16
"""Sequences of warm-up observations on which a controller is calibrated, at most."""

SLOWEST = 0.1
"""Of the learning rates at the end of a linear schedule, as part of those at the start."""


class OffPolicyState(eqx.Module):
    """All that a training run carries from one iteration to the next: arrays only, so that it checkpoints.

    The memory is NumPy's and is written in place.
    """

    controller: Controller
    learnt: Learnt
    replay: Replay
    key: Array
    iteration: Array
    steps: Array
    state: Float[Array, "neurons environments"]
    observation: Float[Array, "environments observations"]
    started: Array
    """Environments whose episode starts at the next step."""
    noise: Float[Array, "environments actions"]
    """What the exploration noise remembers."""
    episode_return: Array
    episode_length: Array


def initialise(
    controller: Controller, environment: VectorEnvironment, settings: OffPolicyKind, key: PRNGKeyArray
) -> OffPolicyState:
    """The state after the warm-up, whose steps the memory holds; resets `environment`.

    The warm-up's uniformly drawn actions also set the normalizer and the controller's calibration to observations of
    the task itself.
    """
    key_critic, key_warm, key_probe, key = split(key, 4)
    count = environment.environments
    observations, actions = len(controller.observation_names), len(controller.action_names)
    columns = Columns(observations, actions)
    keep = settings.states == "stored" and not controller.network.stateless
    neurons = controller.rows if keep else 0
    replay = Replay.empty(count, columns.width, neurons, settings.buffer_size)
    rows = max(-(-settings.warm_up // count), settings.batch_steps)
    replay = replay.grown(rows, settings.buffer_size)
    observation, started = environment.reset(), np.ones(count, bool)
    seen = [observation]
    drawn = np.asarray(uniform(key_warm, (rows, count, actions), -1.0, 1.0))
    rest = np.asarray(controller.initial_state(count)).T
    for action in drawn:
        step = environment.step(action)
        _remember(replay, columns, observation, action, step, started, rest if neurons else None)
        observation, started = step.observation, step.terminated | step.truncated
        seen.append(observation)
    if settings.normalize:
        stacked = np.array(seen, np.float32)
        controller = normalized(controller, on_device(stacked))
        controller = calibrated(controller, on_device(stacked[:, :CALIBRATION_ENVIRONMENTS]), key_probe)
    actor, critics, moments, silent = _begun(controller, _critics(controller, settings, key_critic), count)
    soft = isinstance(settings, SACSettings)
    return OffPolicyState(
        controller=controller,
        learnt=Learnt(
            actor=actor,
            target_actor=on_device(np.zeros(0)) if soft else actor,
            critics=critics,
            target_critics=critics,
            actor_moments=moments[0],
            critic_moments=moments[1],
            log_temperature=jnp.log(settings.temperature) if isinstance(settings, SACSettings) else on_device(0.0),
            updates=on_device(0),
        ),
        replay=replay,
        key=key,
        iteration=on_device(0),
        steps=on_device(rows * count),
        state=silent,
        observation=on_device(observation, np.float32),
        started=on_device(started),
        noise=on_device(np.zeros((count, actions))),
        episode_return=on_device(np.zeros(count)),
        episode_length=on_device(np.zeros(count), np.int32),
    )


def iterate(
    state: OffPolicyState, environment: VectorEnvironment, settings: OffPolicyKind
) -> tuple[OffPolicyState, dict[str, float]]:
    """`rollout` control steps everywhere, each followed by its updates; the new state and what happened.

    Raises:
        FloatingPointError: a loss is no longer finite.
    """
    controller = state.controller
    columns = Columns(len(controller.observation_names), len(controller.action_names))
    replay = state.replay.grown(settings.rollout, settings.buffer_size)
    advance = _program(settings)
    key, *keys = key_rows(state.key, settings.rollout + 1)
    random = np.random.Generator(np.random.Philox(int.from_bytes(np.asarray(key).tobytes(), "little")))
    updates = round(settings.updates * environment.environments)
    shape = (updates, settings.batch_size)
    learnt, neurons, noise = state.learnt, state.state, state.noise
    observation: np.ndarray = np.asarray(state.observation)
    started = np.asarray(state.started)
    counting = _Counting(state)
    pace = np.float32(1.0)
    if settings.schedule == "linear":
        pace = np.float32(max(1.0 - float(state.steps) / settings.steps, SLOWEST))
    figures = []
    for one in keys:
        rows, states = replay.sample(random, shape, settings.batch_steps)
        before = np.asarray(neurons).T if replay.states.shape[-1] else None
        learnt, neurons, noise, chosen, figure = advance(
            controller, learnt, rows, states, neurons, observation, started, noise, one, pace
        )
        action = np.asarray(chosen)
        step = environment.step(action)
        _remember(replay, columns, observation, action, step, started, before)
        figures.append(figure)
        counting.add(step)
        observation, started = step.observation, step.terminated | step.truncated
    metrics = {name: float(np.mean([figure[name] for figure in figures])) for name in figures[0]}
    if not all(np.isfinite(value) for value in metrics.values()):
        bad = ", ".join(f"{name} {value}" for name, value in metrics.items() if not np.isfinite(value))
        raise FloatingPointError(f"training diverged at iteration {int(state.iteration) + 1}: {bad}")
    state = dataclasses.replace(
        state,
        controller=_at(controller, learnt.actor),
        learnt=learnt,
        replay=replay,
        key=on_device(key),
        iteration=on_device(int(state.iteration) + 1),
        steps=on_device(int(state.steps) + settings.rollout * environment.environments),
        state=neurons,
        observation=on_device(observation, np.float32),
        started=on_device(started),
        noise=noise,
        episode_return=on_device(counting.episode_return),
        episode_length=on_device(counting.episode_length),
    )
    return state, metrics | counting.metrics(settings.rollout)


@eqx.filter_jit
def _begun(
    controller: Controller, critics: tuple[Critic, ...], environments: int
) -> tuple[Array, Array, tuple[optax.OptState, optax.OptState], Array]:
    """Actor and critics as vectors, the optimisers' memories, and the neurons before the first step."""
    actor, _, _ = trained_vector(controller)
    all_critics, _ = ravel_pytree(critics)
    return actor, all_critics, (ADAM.init(actor), ADAM.init(all_critics)), controller.initial_state(environments)


@eqx.filter_jit
def _at(controller: Controller, actor: Array) -> Controller:
    return trained_vector(controller)[1](actor)


def _critics(controller: Controller, settings: OffPolicyKind, key: Array) -> tuple[Critic, ...]:
    size = len(controller.observation_names) + len(controller.action_names)
    keys = split(key, critic_count(settings))
    return tuple(Critic.initial(size, settings.critic_layers, one, "relu") for one in keys)


Advanced = tuple[Learnt, Array, Array, Array, dict[str, Array]]
"""What was learnt, neurons, what the noise remembers, the action, and figures."""


@lru_cache(maxsize=8)
def _program(settings: OffPolicyKind) -> Callable[..., Advanced]:
    """Updates and the next action in one jitted program; a function of arrays alone."""
    return jax.jit(partial(_advance, settings))


def _advance(
    settings: OffPolicyKind,
    controller: Controller,
    learnt: Learnt,
    rows: Array,
    states: Array,
    neurons: Array,
    observation: Array,
    started: Array,
    noise: Array,
    key: Array,
    pace: Array,
) -> Advanced:
    """Update as often as `rows` has batches, then act on the present observation."""
    _, restore, rates = trained_vector(controller)
    template = jax.eval_shape(lambda: _critics(controller, settings, key_of(0)))
    _, critics = ravel_pytree(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), template))
    key_learn, key_act = jax.random.split(key)
    learnt, figures = learn(learnt, Parts(restore, critics, rates, pace), rows, states, key_learn, settings)
    actor = restore(learnt.actor)
    neurons = jnp.where(started, actor.initial_state(len(observation)), neurons)
    neurons, answer = actor.answer(actor.product(), neurons, observation)
    noise = jnp.where(started[:, None], 0.0, noise)
    action, noise = explore(answer, actor.log_std, noise, key_act, settings)
    return learnt, neurons, noise, action, figures


def _remember(
    replay: Replay,
    columns: Columns,
    observation: np.ndarray,
    action: np.ndarray,
    step: Step,
    started: np.ndarray,
    state: np.ndarray | None,
) -> None:
    if step.skipped is not None:
        raise PremotorError(
            "this vector environment of Gymnasium's own has steps that only start an episode, for which the replay "
            "memory has no place; set task.vectorization to copies"
        )
    row = np.empty((len(action), columns.width), np.float32)
    row[:, columns.observation] = observation
    row[:, columns.action] = action
    row[:, columns.reward.start] = step.reward
    row[:, columns.next_observation] = step.final_observation
    row[:, columns.terminated.start] = step.terminated
    row[:, columns.ended.start] = step.terminated | step.truncated
    row[:, columns.started.start] = started
    replay.add(row, state)


class _Counting:
    """Returns and lengths of the episodes that end in an iteration, and means of the reward's terms."""

    def __init__(self, state: OffPolicyState):
        self.episode_return, self.episode_length = np.array(state.episode_return), np.array(state.episode_length)
        self._returns: list[float] = []
        self._lengths: list[int] = []
        self._terms: dict[str, float] = {}
        self._reward = 0.0

    def add(self, step: Step) -> None:
        done = step.terminated | step.truncated
        self.episode_return += step.reward
        self.episode_length += 1
        self._reward += float(step.reward.mean())
        if done.any():
            self._returns += self.episode_return[done].tolist()
            self._lengths += self.episode_length[done].tolist()
            self.episode_return[done] = 0
            self.episode_length[done] = 0
        for name, value in step.terms.items():
            self._terms[name] = self._terms.get(name, 0.0) + float(value.mean())

    def metrics(self, steps: int) -> dict[str, float]:
        found = {f"reward/{name}": value / steps for name, value in self._terms.items()}
        found |= {"reward": self._reward / steps, "episodes": float(len(self._returns))}
        if self._returns:
            found["return"] = float(np.mean(self._returns))
            found["episode_length"] = float(np.mean(self._lengths))
        return found


class OffPolicy(ControllerLearner[OffPolicyState]):
    """What DDPG, TD3 and SAC share: a replay memory, critics of actions, and actions squashed to their range."""

    initialise = staticmethod(initialise)
    advance = staticmethod(iterate)

    @classmethod
    def serves(cls, subject: object, environment: VectorEnvironment | None, settings: OffPolicyKind) -> str | None:
        """Controllers whose actions are numbers and squashed; with a state, where sequences are longer than a step."""
        if not isinstance(subject, Controller):
            return super().serves(subject, environment, settings)
        if environment is not None and environment.discrete:
            return f"learning.kind is {settings.kind}, but the task's actions are choices; ppo can choose"
        if subject.squash != "tanh":
            return (
                f"maps.squash is {subject.squash!r}, but learning.kind {settings.kind} needs actions that bend towards "
                "the ends of their range; set maps.squash to tanh"
            )
        if subject.network.stateless and settings.batch_steps > 1:
            return (
                f"learning.sequence is {settings.sequence} and learning.burn_in {settings.burn_in}, but this "
                "controller has no state; set them to 1 and 0"
            )
        return None

    def adopt(self, candidate: Controller) -> None:
        """Go on from another controller, its target as well."""
        super().adopt(candidate)
        actor, _, _ = trained_vector(self.state.controller)
        target = self.state.learnt.target_actor
        learnt = self.state.learnt._replace(actor=actor, target_actor=actor if target.size else target)
        self.state = dataclasses.replace(self.state, learnt=learnt)


@LEARNERS.register("ddpg")
class DDPG(OffPolicy):
    """Deep deterministic policy gradient (Lillicrap et al. 2016)."""

    settings_type = DDPGSettings


@LEARNERS.register("td3")
class TD3(OffPolicy):
    """Twin delayed DDPG (Fujimoto et al. 2018)."""

    settings_type = TD3Settings


@LEARNERS.register("sac")
class SAC(OffPolicy):
    """Soft actor-critic (Haarnoja et al. 2018)."""

    settings_type = SACSettings
