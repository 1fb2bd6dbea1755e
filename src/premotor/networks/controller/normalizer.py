"""Running normalisation of observations."""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


class Normalizer(eqx.Module):
    """Running mean and variance of observations (Chan et al. 1979, parallel update), frozen between updates."""

    mean: Float[Array, " observations"]
    variance: Float[Array, " observations"]
    count: Float[Array, ""]
    limit: float = eqx.field(static=True, default=8.0)

    @classmethod
    def identity(cls, observations: int) -> Self:
        """Mean 0 and variance 1, with next to no weight."""
        return cls(jnp.zeros(observations), jnp.ones(observations), jnp.asarray(1e-4))

    def __call__(self, observation: Float[Array, "... observations"]) -> Float[Array, "... observations"]:
        """Observations in standard deviations from the mean, clipped to ±`limit`."""
        scaled = (observation - self.mean) * jnp.reciprocal(jnp.sqrt(self.variance + 1e-6))
        return jnp.clip(scaled, -self.limit, self.limit)

    def updated(self, batch: Float[Array, "... observations"]) -> Self:
        """The normalizer after also seeing `batch`."""
        rows = batch.reshape(-1, batch.shape[-1])
        added = jnp.asarray(rows.shape[0], jnp.float32)
        mean, variance = rows.mean(0), rows.var(0)
        total = self.count + added
        shift = mean - self.mean
        pooled = self.variance * self.count + variance * added + shift**2 * self.count * added / total
        return type(self)(self.mean + shift * added / total, pooled / total, total, self.limit)
