"""Losses of the leading exponents, and named target spectra."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from premotor.learning.spectrum.settings import LOSSES, TARGETS, LossSettings


def spectrum_loss(exponents: Float[Array, " k"], settings: LossSettings) -> Float[Array, ""]:
    """The loss of the k leading exponents, in the order of the frame, as `LossSettings` names it."""
    target = jnp.asarray(settings.aim(len(exponents)), exponents.dtype)
    return LOSSES[settings.kind](exponents, target)


@LOSSES.register("mse")
def mean_squared(exponents: Float[Array, " k"], target: Float[Array, "..."]) -> Float[Array, ""]:
    """Mean (λ − target)²."""
    return ((exponents - target) ** 2).mean()


@LOSSES.register("l2")
def distance(exponents: Float[Array, " k"], target: Float[Array, "..."]) -> Float[Array, ""]:
    """√Σ (λ − target)²."""
    total = ((exponents - target) ** 2).sum()
    # The slope of the root is infinite at 0, where the loss has its minimum.
    return jnp.where(total > 0, jnp.sqrt(jnp.where(total > 0, total, 1.0)), 0.0)


@LOSSES.register("entropy")
def negative_entropy(exponents: Float[Array, " k"], target: Float[Array, "..."]) -> Float[Array, ""]:
    """−Σ max(λ, 0), Pesin's entropy with a minus; it has no target."""
    return -jnp.maximum(exponents, 0.0).sum()


@TARGETS.register("ramp")
def ramp(exponents: int) -> np.ndarray:
    """From 1.25 to −1.25 in equal steps, the spectrum that RandomNet calls custom."""
    return np.linspace(1.25, -1.25, exponents)
