"""Descent on the spectrum: loss, gradient in every mode, Adam, and the check of the gradient."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.learning.spectrum.free_parameters import FreeNetwork, Offsets
from premotor.learning.spectrum.losses import spectrum_loss
from premotor.learning.spectrum.sequence import SequenceTask
from premotor.learning.spectrum.settings import SpectrumSettings
from premotor.learning.spectrum.window_exponents import Plan, network_exponents
from premotor.on_device import PyTree

Descended = tuple[Offsets, PyTree]
"""What descent changes: values of the network, and parameters of the task beside the network's."""


class DescentState(NamedTuple):
    """Everything that descent carries from one epoch to the next."""

    offsets: Offsets
    extra: PyTree
    """Parameters of the task beside the network's: its maps in and out. None without a task."""
    optimiser: optax.OptState
    key: PRNGKeyArray
    epoch: Array
    best: Descended
    """Values and parameters of the task of the epoch with the least loss so far."""
    least: Float[Array, ""]
    """That loss."""


class Parts(NamedTuple):
    """What the loss is made of."""

    exponents: Float[Array, " k"]
    spectrum: Float[Array, ""]
    """Loss of the exponents, without its weight."""
    task: Float[Array, ""]
    """Loss of the task, without its weight; 0 without one."""


def initialise(
    free: FreeNetwork, settings: SpectrumSettings, key: PRNGKeyArray, task: SequenceTask | None = None
) -> DescentState:
    """The state before the first epoch."""
    key, first = jax.random.split(key)
    extra = None if task is None else task.initialise(free.base, first)
    offsets = free.offsets()
    optimiser = optimiser_of(settings).init((offsets, extra))
    least = jnp.asarray(jnp.inf, next(iter(offsets.values())).dtype)
    return DescentState(offsets, extra, optimiser, key, jnp.zeros((), jnp.int32), (offsets, extra), least)


def optimiser_of(settings: SpectrumSettings) -> optax.GradientTransformation:
    """Adam (Kingma & Ba 2015) with the learning rate's schedule and the limit of the gradient's norm."""
    rate: float | optax.Schedule = settings.learning_rate
    if settings.schedule == "cosine":
        rate = optax.cosine_decay_schedule(settings.learning_rate, settings.epochs, alpha=0.01)
    limit = settings.gradient.limit
    clip = optax.identity() if limit is None else optax.clip_by_global_norm(limit)
    return optax.chain(clip, optax.adam(rate))


def objective(
    values: Descended,
    free: FreeNetwork,
    key: PRNGKeyArray,
    settings: SpectrumSettings,
    plan: Plan,
    task: SequenceTask | None = None,
) -> tuple[Float[Array, ""], Parts]:
    """Loss of one epoch, with the exponents averaged over the replicas; the same key gives the same number."""
    offsets, extra = values
    network = free.network(offsets)
    first, second = jax.random.split(key)
    if settings.replicas == 1:
        exponents = network_exponents(network, first, settings.leading, plan)
    else:
        each = partial(network_exponents, network, exponents=settings.leading, plan=plan)
        exponents = jax.vmap(each)(jax.random.split(first, settings.replicas)).mean(0)
    spectrum = spectrum_loss(exponents, settings.loss)
    other = jnp.zeros((), exponents.dtype)
    total = settings.loss.weight * spectrum
    if task is not None:
        other = task.loss(extra, network, second)
        total = total + task.weight * other
    return total, Parts(exponents, spectrum, other)


def iterate(
    state: DescentState, free: FreeNetwork, settings: SpectrumSettings, plan: Plan, task: SequenceTask | None = None
) -> tuple[DescentState, dict[str, Array]]:
    """One epoch: loss and gradient from a new random state, and one step of Adam.

    Returns:
        The state, and what happened: loss, exponents (k,), gradient_norm (before its limit), task. They belong to
        the parameters before the step.
    """
    key, now, draws = jax.random.split(state.key, 3)
    values = (state.offsets, state.extra)
    (loss, parts), gradient = _compiled_gradient(values, free, now, draws, settings, plan, task)
    (offsets, extra), optimiser = _stepped(values, gradient, state.optimiser, settings)
    better = loss < state.least
    best = jax.tree.map(lambda new, old: jnp.where(better, new, old), values, state.best)
    happened = {
        "loss": loss,
        "exponents": parts.exponents,
        "gradient_norm": norm_of(gradient),
        "task": parts.task,
    }
    after = DescentState(offsets, extra, optimiser, key, state.epoch + 1, best, jnp.minimum(loss, state.least))
    return after, happened


def outcome(state: DescentState, settings: SpectrumSettings) -> Descended:
    """The values that descent ends with, and the parameters of the task: the last or the best ones."""
    return state.best if settings.keep == "best" else (state.offsets, state.extra)


@eqx.filter_jit
def _stepped(
    values: Descended, gradient: Descended, optimiser: optax.OptState, settings: SpectrumSettings
) -> tuple[Descended, optax.OptState]:
    updates, optimiser = optimiser_of(settings).update(gradient, optimiser, values)
    return optax.apply_updates(values, updates), optimiser


def gradient_of(
    values: Descended,
    free: FreeNetwork,
    key: PRNGKeyArray,
    draws: PRNGKeyArray,
    settings: SpectrumSettings,
    plan: Plan,
    task: SequenceTask | None = None,
) -> tuple[tuple[Array, Parts], Descended]:
    """Loss with its parts, and its gradient in the mode that settings name."""
    whole = partial(objective, free=free, key=key, settings=settings, plan=plan, task=task)
    if settings.gradient.mode != "evolution":
        return jax.value_and_grad(whole, has_aux=True)(values)
    gradient = evolution_gradient(
        lambda x: whole(x)[0], values, draws, settings.gradient.population, settings.gradient.perturbation
    )
    return whole(values), gradient


def norm_of(tree: PyTree) -> Array:
    """Euclidean norm of all numbers of a tree."""
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)))


_compiled_gradient = eqx.filter_jit(gradient_of)


def evolution_gradient[Tree](
    loss: Callable[[Tree], Array], values: Tree, key: PRNGKeyArray, population: int, perturbation: float
) -> Tree:
    """Gradient of a loss smoothed by a Gaussian, from antithetic pairs (Salimans et al. 2017, arXiv:1703.03864).

    Args:
        loss: of a tree of arrays.
        values: where.
        key: of the perturbations.
        population: pairs.
        perturbation: standard deviation of the smoothing.
    """
    flat, rebuild = ravel_pytree(values)
    draws = jax.random.normal(key, (population, flat.size), flat.dtype)

    def slope(draw: Array) -> Array:
        ahead = loss(rebuild(flat + perturbation * draw))
        return (ahead - loss(rebuild(flat - perturbation * draw))) / (2 * perturbation)

    slopes = jax.lax.map(slope, draws)
    return rebuild(slopes @ draws / population)


class GradientCheck(NamedTuple):
    """The slope of the loss along the gradient, in two ways."""

    gradient: Array
    """From the gradient: its norm."""
    difference: Array
    """From the losses a little ahead and a little behind, with the same random numbers."""


def check_gradient(
    state: DescentState,
    free: FreeNetwork,
    settings: SpectrumSettings,
    plan: Plan,
    task: SequenceTask | None = None,
    distance: float = 1e-6,
) -> GradientCheck:
    """Compare the next epoch's gradient with a central finite difference along its direction.

    The two agree in the mode `full` as long as `distance` is small against what chaos makes of it over the length,
    and but for the transients, through which no gradient flows; in the other modes their ratio says how far the
    gradient in use is from the exact one.
    """
    _, now, draws = jax.random.split(state.key, 3)
    values = (state.offsets, state.extra)
    _, gradient = _compiled_gradient(values, free, now, draws, settings, plan, task)
    norm = norm_of(gradient)
    losses = []
    for by in (distance, -distance):
        moved = jax.tree.map(lambda x, g, by=by: x + by * g / jnp.where(norm > 0, norm, 1.0), values, gradient)
        # The program that is compiled already, though its gradient is not used.
        losses.append(_compiled_gradient(moved, free, now, draws, settings, plan, task)[0][0])
    return GradientCheck(norm, (losses[0] - losses[1]) / (2 * distance))
