"""The one place where synaptic weights meet rates: dense or sparse, neurons first."""

from typing import Literal, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

DENSE_LIMIT = 2_000
"""Neurons up to which a dense masked product is the faster one on a CPU (see benchmarks/products.py)."""

Layout = Literal["auto", "dense", "sparse"]


class Product(eqx.Module):
    """Postsynaptic input from presynaptic rates, ``product(rates)``.

    Prepared once per roll-out or mini-batch from the edge weights, then applied every sub-step. Indices and
    weights are array fields, hence arguments of jitted functions and never constants folded into a program.
    """

    matrix: Float[Array, "post pre"] | None
    pre: Int[Array, " edges"] | None
    post: Int[Array, " edges"] | None
    weight: Float[Array, " edges"] | None
    neurons: int = eqx.field(static=True)

    @classmethod
    def prepare(
        cls,
        pre: Int[Array, " edges"],
        post: Int[Array, " edges"],
        weight: Float[Array, " edges"],
        neurons: int,
        layout: Layout = "auto",
    ) -> Self:
        """Build the product for `neurons` cells; duplicate (pre, post) pairs add up."""
        if layout == "dense" or (layout == "auto" and neurons <= DENSE_LIMIT):
            matrix = jnp.zeros((neurons, neurons), weight.dtype).at[post, pre].add(weight)
            return cls(matrix, None, None, None, neurons)
        return cls(None, pre, post, weight, neurons)

    def __call__(self, rates: Float[Array, "neurons environments"]) -> Float[Array, "neurons environments"]:
        """Sum of weight × presynaptic rate for every postsynaptic neuron."""
        if self.matrix is not None:
            return self.matrix @ rates
        assert self.weight is not None and self.pre is not None and self.post is not None
        return jax.ops.segment_sum(self.weight[:, None] * rates[self.pre], self.post, self.neurons)
