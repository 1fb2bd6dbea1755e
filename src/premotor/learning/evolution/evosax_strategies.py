"""Algorithms of evosax (Lange 2022) over positive weights, as factors of the first ones, in the logarithm."""

import importlib
import importlib.util
import inspect
from dataclasses import fields
from functools import cache
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, PRNGKeyArray

from premotor.errors import PremotorError
from premotor.learning.evolution.strategies import SMALLEST, StrategySettings, Vector
from premotor.learning.trees import Arrays
from premotor.on_device import PyTree

NEEDED = {"self", "population_size", "solution"}


def evosax_algorithms() -> tuple[str, ...]:
    """Names of the algorithms of evosax that need nothing but a population size, and no trained parameters.

    Raises:
        PremotorError: evosax is not installed.
    """
    classes = _library().algorithms
    names = []
    for name, made in classes.items():
        given = inspect.signature(made).parameters
        needed = {k for k, p in given.items() if p.default is inspect.Parameter.empty}
        if needed <= NEEDED and "params_path" not in given and "params" not in given:
            names.append(name)
    return tuple(sorted(names))


class EvosaxEvolution:
    """An algorithm of evosax as an evolution strategy (see `premotor.learning.evolution.strategies.Evolution`).

    Algorithms that keep a distribution are used by its mean, those that keep a population by its best member so far.

    Args:
        settings: of kind `evosax`; `sigma` is the first spread and `learning_rate` Adam's step where the
            algorithm has one.
        weights: to start from, (weights,).
        seed: of all draws.

    Raises:
        PremotorError: evosax is not installed, or has no such algorithm.
    """

    def __init__(self, settings: StrategySettings, weights: Vector, seed: int):
        allowed = evosax_algorithms()
        if settings.algorithm not in allowed:
            raise PremotorError(
                f"learning.strategy.algorithm is {settings.algorithm!r}; evosax has {', '.join(allowed)}"
            )
        self.settings, self.start = settings, np.maximum(weights, SMALLEST)
        nothing = jnp.zeros(len(weights), jnp.float32)
        self.algorithm = _algorithm(settings.model_dump_json(), len(weights))
        parameters = self.algorithm.default_params
        if "std_init" in {field.name for field in fields(parameters)}:
            parameters = parameters.replace(std_init=settings.sigma)
        self.parameters, self.key = parameters, jax.random.key(seed)
        self.has_mean = "mean" in inspect.signature(self.algorithm.init).parameters
        if self.has_mean:
            self.state = self.algorithm.init(self._key(0), nothing, parameters)
        else:
            self.state = self._begun(jnp.tile(nothing, (settings.population, 1)), jnp.zeros(settings.population))
        self._iteration = 0
        self._proposed: tuple[Array, PyTree] | None = None

    @property
    def iteration(self) -> int:
        """Iterations so far."""
        return self._iteration

    @property
    def weights(self) -> Vector:
        """At the mean of the distribution, or the best member so far, (weights,)."""
        return self._weights(self.state.mean if self.has_mean else self.state.best_solution)

    def propose(self) -> Vector:
        """Weights of the members of the next iteration, (members, weights).

        Raises:
            PremotorError: they are not finite.
        """
        members, state = self._ask()
        self._proposed = members, state
        weights = self._weights(members)
        if not np.isfinite(weights).all():
            raise PremotorError(
                f"evosax's {self.settings.algorithm} proposes weights that are no finite numbers in iteration "
                f"{self._iteration}; try a smaller sigma ({self.settings.sigma:g}) or learning_rate "
                f"({self.settings.learning_rate:g})"
            )
        return weights

    def follow(self, fitness: Vector, learned: Vector | None = None) -> None:
        """Tell the algorithm; see `premotor.learning.evolution.strategies.Evolution.follow`."""
        members, state = self._proposed or self._ask()
        if learned is not None:
            members = jnp.asarray(np.log(np.maximum(learned, SMALLEST) / self.start), jnp.float32)
        cost = jnp.asarray(-fitness, jnp.float32)  # evosax minimises
        if not self.has_mean and self._iteration == 0:
            self.state = self._begun(members, cost)
        else:
            self.state, _ = self.algorithm.tell(self._key(2), members, cost, state, self.parameters)
        self._iteration, self._proposed = self._iteration + 1, None

    def snapshot(self) -> Arrays:
        """Everything that the algorithm keeps, by number."""
        leaves = jax.tree_util.tree_leaves(self.state)
        arrays = {f"evosax/{number}": np.array(leaf) for number, leaf in enumerate(leaves)}
        return arrays | {"weights": self.weights, "iteration": np.array([self._iteration], np.float64)}

    def restore(self, arrays: Arrays) -> None:
        """Go back to a snapshot."""
        leaves, shape = jax.tree_util.tree_flatten(self.state)
        kept = [jnp.asarray(arrays[f"evosax/{n}"], jnp.asarray(leaf).dtype) for n, leaf in enumerate(leaves)]
        self.state = jax.tree_util.tree_unflatten(shape, kept)
        self._iteration, self._proposed = int(arrays["iteration"][0]), None

    def _ask(self) -> tuple[Array, PyTree]:
        if not self.has_mean and self._iteration == 0:  # these want a population that has been tried
            size = (self.settings.population, len(self.start))
            return self.settings.sigma * jax.random.normal(self._key(1), size, jnp.float32), self.state
        return self.algorithm.ask(self._key(1), self.state, self.parameters)

    def _begun(self, members: Array, cost: Array) -> PyTree:
        return self.algorithm.init(self._key(0), members, cost, self.parameters)

    def _key(self, use: int) -> PRNGKeyArray:
        return jax.random.fold_in(jax.random.fold_in(self.key, getattr(self, "_iteration", 0)), use)

    def _weights(self, place: Array) -> Vector:
        return self.start * np.exp(np.asarray(place, np.float64))


@cache
def _algorithm(settings: str, size: int) -> Any:
    """The same object for the same settings: evosax compiles anew for every object."""
    chosen = StrategySettings.model_validate_json(settings)
    made = _library().algorithms[chosen.algorithm]
    given = inspect.signature(made).parameters
    options: dict[str, object] = {}
    if "std_schedule" in given:
        options["std_schedule"] = optax.constant_schedule(chosen.sigma)
    if "optimizer" in given:
        options["optimizer"] = optax.adam(chosen.learning_rate, chosen.momentum, chosen.second_momentum)
    return made(population_size=chosen.population, solution=jnp.zeros(size, jnp.float32), **options)


def _library() -> ModuleType:
    if importlib.util.find_spec("evosax") is None:
        raise PremotorError(
            "learning.strategy.kind is 'evosax', which is not installed; pip install 'premotor[evolution]' brings it"
        )
    return importlib.import_module("evosax.algorithms")
