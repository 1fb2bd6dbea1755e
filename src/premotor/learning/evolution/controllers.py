"""A population of controllers: mutants of one, side by side in the same environments."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from premotor.errors import PremotorError
from premotor.host_random import folded, key_of, split
from premotor.learning.base import ENVIRONMENT, STATE
from premotor.learning.evolution.settings import EvolutionSettings
from premotor.learning.evolution.strategies import Vector
from premotor.learning.exploration import warmed
from premotor.learning.ppo_update import replay
from premotor.learning.trees import Arrays, fill, flatten, strong
from premotor.networks import Controller, Prepared, normalized
from premotor.networks.controller.calibration import smooth_noise
from premotor.on_device import on_device
from premotor.settings import note
from premotor.tasks import VectorEnvironment

EVERY = 10
"""Control steps between two whose observations move the normalizer."""
LARGEST = 2.0
"""Unit of a logarithm at most."""


@runtime_checkable
class CommonStarts(Protocol):
    """Environments that can start alike."""

    def share_starts(self, count: int) -> bool:
        """From the next reset on, copies whose numbers leave the same rest by `count` start alike; whether they can."""


class ControllerPopulation:
    """Members are vectors of positive numbers; their logarithms are what is added to the trained parameters.

    A unit is what `units` measures. Signs and support are held as ever, by the controller's own parameters. The
    spread of exploring actions has no part: members act by their mean action.
    """

    prefix = f"{STATE}strategy/"
    controller: Controller
    """With the normalizer of now, and parameters of no meaning."""
    origin: Float[Array, " parameters"]
    scale: Float[Array, " parameters"]

    def __init__(self, controller: Controller, environment: VectorEnvironment, settings: EvolutionSettings, seed: int):
        self.environment, self.settings, self.steps = environment, settings, 0
        self._starts_alike()
        self._key, key = split(folded(key_of(seed), 1))
        self.adopt(warmed(controller, environment, key))
        self.first = np.ones(len(self.origin))

    def live(self, members: Vector, iteration: int) -> tuple[Vector, Vector | None, dict[str, float]]:
        """Episodes of all members at once, all from one reset; the mean of their returns is the fitness."""
        environment, each = self.environment, self.settings.episodes
        vectors = self._vectors(members)
        products, state = _begin(self.controller, vectors, each)
        observation = environment.reset()
        alive = np.ones(environment.environments, bool)
        returned, length = np.zeros(len(alive)), np.zeros(len(alive), int)
        terms: dict[str, float] = {}
        seen, rewards, time = [], 0.0, 0
        while alive.any() and (self.settings.longest is None or time < self.settings.longest):
            if time % EVERY == 0:
                seen.append(observation)
            state, chosen = _act(self.controller, vectors, products, state, np.asarray(observation, np.float32))
            action = np.asarray(chosen).reshape(len(alive), -1)
            if not environment.discrete:
                action = np.clip(action, -1.0, 1.0)
            step = environment.step(action)
            returned += np.where(alive, step.reward, 0.0)
            length += alive
            for name, value in step.terms.items():
                terms[name] = terms.get(name, 0.0) + float(np.where(alive, value, 0.0).sum())
            rewards += float(np.where(alive, step.reward, 0.0).sum())
            alive &= ~(np.asarray(step.terminated) | np.asarray(step.truncated))
            observation, time = step.observation, time + 1
        steps = int(length.sum())
        self.steps += steps
        for row in seen:  # between generations only, so that all members of one see alike
            self.controller = normalized(self.controller, on_device(row, np.float32))
        fitness = returned.reshape(len(members), each).mean(1)
        figures = {f"reward/{name}": value / steps for name, value in terms.items()} | {
            "reward": rewards / steps,
            "return": float(fitness.mean()),
            "return_best": float(fitness.max()),
            "return_std": float(fitness.std()),
            "episodes": float(len(returned)),
            "episode_length": float(length.mean()),
        }
        return fitness, None, figures

    def candidate(self, weights: Vector) -> Controller:
        """The controller at these weights."""
        return _at(self.controller, self._vectors(weights))

    def adopt(self, candidate: Controller) -> None:
        """Begin anew from another controller."""
        self.controller = strong(candidate)
        self.origin = _vector(self.controller)
        self.scale = units(self.controller, self._key)

    def snapshot(self, weights: Vector) -> Arrays:
        """The candidate, where the search began, steps so far, and the environments."""
        arrays = flatten(self.candidate(weights), f"{STATE}controller/")
        own = {"origin": self.origin, "scale": self.scale, "steps": self.steps}
        arrays |= {f"{STATE}{name}": np.asarray(value) for name, value in own.items()}
        return arrays | {f"{ENVIRONMENT}{name}": value for name, value in self.environment.snapshot().items()}

    def restore(self, arrays: Mapping[str, np.ndarray], source: object) -> None:
        """Go back to a snapshot."""
        self.controller = fill(self.controller, arrays, source, f"{STATE}controller/")
        self.origin, self.scale = (on_device(arrays[f"{STATE}{name}"]) for name in ("origin", "scale"))
        self.steps = int(arrays[f"{STATE}steps"])
        try:
            self.environment.restore(
                {k.removeprefix(ENVIRONMENT): v for k, v in arrays.items() if k.startswith(ENVIRONMENT)}
            )
        except PremotorError as error:
            raise PremotorError(f"{source}: {error}") from error

    def _vectors(self, weights: Vector) -> Float[Array, "*members parameters"]:
        return self.origin + self.scale * jnp.asarray(np.log(weights), jnp.float32)

    def _starts_alike(self) -> None:
        if not self.settings.same_starts:
            return
        world = self.environment
        if not (isinstance(world, CommonStarts) and world.share_starts(self.settings.episodes)):
            note(
                f"learning.same_starts: a {type(world).__name__} cannot start its copies alike, so that "
                "every member of a generation has starts of its own"
            )


def coordinates(controller: Controller) -> tuple[Float[Array, " parameters"], Callable[[Array], Controller]]:
    """The trained parameters but the spread as one vector, and the way back from a vector."""
    vector, restore = ravel_pytree(_searched(controller))
    return vector, lambda values: controller.with_parameters(restore(values))


def _searched(controller: Controller) -> dict[str, Array]:
    rates = controller.relative_learning_rates().items()
    return {name: controller.parameter(name) for name, rate in rates if rate > 0 and name != "log_std"}


@eqx.filter_jit
def units(controller: Controller, key: Array) -> Float[Array, " parameters"]:
    """The unit of each parameter: a random step of that size, of one kind alone, changes the actions by about 1.

    Measured to first order along smooth random observations. Logarithms (of magnitudes, gains …) have a unit of at most
    `LARGEST`, however little the actions depend on them.

    A network that says its own (`search_units`) is taken at its word.
    """
    own, values = controller.network.search_units, _searched(controller)
    if own:
        return ravel_pytree({name: jnp.full(value.shape, own[name]) for name, value in values.items()})[0]
    key_seen, key_step = jax.random.split(key)
    normalizer = controller.normalizer
    noise = smooth_noise(key_seen, len(controller.observation_names))
    seen = normalizer.mean + jnp.sqrt(normalizer.variance) * noise
    started = jnp.zeros(seen.shape[:2], bool)

    def actions(values: dict[str, Array]) -> Array:
        made = controller.with_parameters(values)
        return replay(made, made.initial_state(seen.shape[1]), seen, started, forward_mode=True)

    found = {}
    for number, name in enumerate(values):
        step = jax.random.normal(jax.random.fold_in(key_step, number), values[name].shape)
        alone = {other: step if other == name else jnp.zeros_like(values[other]) for other in values}
        effect = jnp.sqrt((jax.jvp(actions, (values,), (alone,))[1] ** 2).mean())
        unit = 1.0 / jnp.maximum(effect, 1e-3)
        unit = jnp.where(effect > 0, jnp.minimum(unit, LARGEST) if name.startswith("log_") else unit, 0.0)
        found[name] = jnp.broadcast_to(unit, values[name].shape)
    return ravel_pytree(found)[0]


@eqx.filter_jit
def _vector(controller: Controller) -> Float[Array, " parameters"]:
    return coordinates(controller)[0]


@eqx.filter_jit
def _at(controller: Controller, vector: Array) -> Controller:
    return coordinates(controller)[1](vector)


@eqx.filter_jit
def _begin(controller: Controller, vectors: Array, episodes: int) -> tuple[Prepared, Array]:
    """Products and states of all members, members first."""
    make = coordinates(controller)[1]
    rest = controller.initial_state(episodes)
    return jax.vmap(lambda v: make(v).product())(vectors), jnp.broadcast_to(rest, (len(vectors), *rest.shape))


@jax.jit
def _act(
    controller: Controller, vectors: Array, products: Prepared, state: Array, observation: Array
) -> tuple[Float[Array, "members neurons episodes"], Float[Array, "members episodes actions"]]:
    make = coordinates(controller)[1]
    seen = observation.reshape(len(vectors), -1, observation.shape[-1])
    return jax.vmap(lambda v, product, x, o: make(v).select_action(product, x, o))(vectors, products, state, seen)
