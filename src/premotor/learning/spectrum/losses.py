"""Losses on Lyapunov exponents."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from premotor.learning.spectrum.settings import LossSettings


def spectrum_loss(exponents: Float[Array, " k"], settings: LossSettings) -> Float[Array, ""]:
    """The loss of the k leading exponents, in the order of the frame.

    `mse` mean (λ − target)²; `l2` √Σ (λ − target)²; `entropy` −Σ max(λ, 0), Pesin's entropy with a minus.
    """
    if settings.kind == "entropy":
        return -jnp.maximum(exponents, 0.0).sum()
    squares = (exponents - jnp.asarray(settings.target, exponents.dtype)) ** 2
    if settings.kind == "mse":
        return squares.mean()
    total = squares.sum()
    # The slope of the root is infinite at 0, where the loss has its minimum.
    return jnp.where(total > 0, jnp.sqrt(jnp.where(total > 0, total, 1.0)), 0.0)
