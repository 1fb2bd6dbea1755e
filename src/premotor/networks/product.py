"""The one place where synaptic weights meet rates: dense, in blocks, sparse, or edge by edge; neurons first."""

from typing import TYPE_CHECKING, NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from premotor.networks.settings import Layout

if TYPE_CHECKING:
    from premotor.connectome import Circuit

BLOCK_LIMIT = 0.5
"""Part of a dense matrix's multiplications that blocks may need to be taken in its place."""
DENSE_LIMIT = 2_000
"""Neurons up to which a dense masked product is the faster one on a CPU (see benchmarks/products.py)."""
EDGE_COST = 4.0
"""What an edge costs where it is alone, in multiplications of a dense matrix (see benchmarks/products.py)."""


class Parts(NamedTuple):
    """A circuit of equal parts with few neurons that reach beyond their own, as the legs of a fly are.

    Hashable, so that it can be a static field.
    """

    number: int
    """Of parts, each of as many consecutive neurons."""
    across: tuple[int, ...]
    """The neurons with synapses or gap junctions in another part, sorted."""

    @classmethod
    def of(cls, circuit: "Circuit") -> Self | None:
        """The parts by the neuron table's column ``leg``; None where there is none, or blocks would not be quicker."""
        if "leg" not in circuit.neurons:
            return None
        legs = circuit.neurons["leg"].to_numpy()
        count = len(dict.fromkeys(legs))
        size = len(circuit) // count
        if count < 2 or count * size != len(circuit) or (legs.reshape(count, size) != legs[::size, None]).any():
            return None
        edges = [wiring.tocoo() for wiring in (circuit.synapses, circuit.gap_junctions) if wiring is not None]
        leaving = [wiring.row[wiring.row // size != wiring.col // size] for wiring in edges]
        across = np.unique(np.concatenate(leaving))
        if size > DENSE_LIMIT or size + len(across) > BLOCK_LIMIT * len(circuit):
            return None
        return cls(count, tuple(across.tolist()))


class Product(eqx.Module):
    """Postsynaptic input from presynaptic rates, ``product(rates)``.

    Prepared once per roll-out or mini-batch from the edge weights, then applied every sub-step. Indices and
    weights are array fields, hence arguments of jitted functions and never constants folded into a program.
    """

    matrix: Float[Array, "post columns"] | None
    """All weights, or where there are parts those of the neurons that reach beyond their own."""
    pre: Int[Array, " edges"] | None
    post: Int[Array, " edges"] | None
    weight: Float[Array, " edges"] | None
    neurons: int = eqx.field(static=True)
    blocks: Float[Array, "parts own_post own_pre"] | None = None
    """Weights within each part."""
    across: Int[Array, " across"] | None = None
    transposed: Float[Array, "pre post"] | None = None
    """Of `matrix`, for gradients, where `for_gradients` has prepared it."""
    loops: int = eqx.field(static=True, default=0)
    """Edges from a neuron to itself at the end of the list, such as the currents that leave through gap junctions."""
    own: Float[Array, " neurons"] | None = None
    """Their sums for each neuron, where `by_edges` has chosen the code that goes from edge to edge."""

    def by_edges(self) -> Self:
        """The same product edge by edge, on a CPU and where edges are few; as it is where that would not be quicker.

        Sums are rounded otherwise. It has gradients, but no forward-mode derivatives, and is for one device.
        """
        pre, post, weight = self.pre, self.post, self.weight
        if pre is None or post is None or weight is None or weight.dtype != jnp.float32:
            return self
        arrays = [part for part in (self.matrix, self.blocks) if part is not None]
        full = sum(part.size for part in arrays) if arrays else self.neurons**2
        alone = len(weight) - self.loops
        if EDGE_COST * alone > full or not _has_code():
            return self
        own = jax.ops.segment_sum(weight[alone:], post[alone:], self.neurons)
        return type(self)(None, pre[:alone], post[:alone], weight[:alone], self.neurons, own=own)

    def for_gradients(self) -> Self:
        """The same product, whose gradient along many steps takes less: a dense matrix is transposed once, here.

        Numbers are the same. Forward-mode derivatives need the product as it was.
        """
        if self.matrix is None or self.blocks is not None:
            return self
        # without the barrier XLA would put the transposition back into every step
        transposed = jax.lax.optimization_barrier(jax.lax.stop_gradient(self.matrix).T)
        return type(self)(self.matrix, None, None, None, self.neurons, transposed=transposed)

    @classmethod
    def prepare(
        cls,
        pre: Int[Array, " edges"],
        post: Int[Array, " edges"],
        weight: Float[Array, " edges"],
        neurons: int,
        layout: Layout = "auto",
        parts: Parts | None = None,
        loops: int = 0,
    ) -> Self:
        """Build the product for `neurons` cells; duplicate (pre, post) pairs add up. `auto` uses `parts`, if any.

        The last `loops` edges lead from a neuron to itself.
        """
        if layout == "auto" and parts is not None:
            size = neurons // parts.number
            one, other, across = pre // size, post // size, jnp.asarray(parts.across, pre.dtype)
            inside = jnp.where(one == other, weight, 0.0)
            blocks = jnp.zeros((parts.number, size, size), weight.dtype).at[other, post % size, pre % size].add(inside)
            matrix = None
            if parts.across:
                column = jnp.minimum(jnp.searchsorted(across, pre), len(across) - 1)
                beyond = jnp.where(one == other, 0.0, weight)  # nothing is added where a column is not the edge's
                matrix = jnp.zeros((neurons, len(across)), weight.dtype).at[post, column].add(beyond)
            return cls(matrix, pre, post, weight, neurons, blocks, across, loops=loops)
        if layout == "dense" or (layout == "auto" and neurons <= DENSE_LIMIT):
            matrix = jnp.zeros((neurons, neurons), weight.dtype).at[post, pre].add(weight)
            if layout == "dense":
                return cls(matrix, None, None, None, neurons)
            return cls(matrix, pre, post, weight, neurons, loops=loops)
        return cls(None, pre, post, weight, neurons, loops=loops)

    def __call__(self, rates: Float[Array, "neurons environments"]) -> Float[Array, "neurons environments"]:
        """Sum of weight × presynaptic rate for every postsynaptic neuron."""
        if self.blocks is not None:
            parts, size, _ = self.blocks.shape
            own = jnp.matmul(self.blocks, rates.reshape(parts, size, -1)).reshape(rates.shape)
            return own if self.matrix is None else own + self.matrix @ rates[self.across]
        if self.transposed is not None:
            return _dense(self.matrix, self.transposed, rates)
        if self.matrix is not None:
            return self.matrix @ rates
        assert self.weight is not None and self.pre is not None and self.post is not None
        if self.own is not None:
            return _by_edges(self.pre, self.post, self.weight, self.own, rates)
        return jax.ops.segment_sum(self.weight[:, None] * rates[self.pre], self.post, self.neurons)


@jax.custom_vjp
def _dense(matrix: Array, transposed: Array, rates: Array) -> Array:
    return matrix @ rates


def _dense_forward(matrix: Array, transposed: Array, rates: Array) -> tuple[Array, tuple[Array, Array]]:
    return matrix @ rates, (transposed, rates)


def _dense_backward(kept: tuple[Array, Array], given: Array) -> tuple[Array, None, Array]:
    transposed, rates = kept
    return given @ rates.T, None, transposed @ given


_dense.defvjp(_dense_forward, _dense_backward)


def _has_code() -> bool:
    """Whether there is code for products edge by edge; made at the first question, which most commands never ask."""
    if jax.default_backend() != "cpu":
        return False
    from premotor.networks import edge_code

    return edge_code.registered()


@jax.custom_vjp
def _by_edges(pre: Array, post: Array, weight: Array, own: Array, rates: Array) -> Array:
    from premotor.networks import edge_code

    return edge_code.product(pre, post, weight, own, rates)


def _by_edges_forward(*given: Array) -> tuple[Array, tuple[Array, ...]]:
    return _by_edges(*given), given


def _by_edges_backward(kept: tuple[Array, ...], given: Array) -> tuple[None, None, Array, Array, Array]:
    from premotor.networks import edge_code

    pre, post, weight, own, rates = kept
    slopes, back = edge_code.slopes(pre, post, given, rates), edge_code.product(post, pre, weight, own, given)
    return None, None, slopes, (given * rates).sum(1), back


_by_edges.defvjp(_by_edges_forward, _by_edges_backward)
