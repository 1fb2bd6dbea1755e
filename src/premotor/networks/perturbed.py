"""A network some of whose neurons are held silent or driven, while it runs."""

from typing import ClassVar, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from premotor.networks.base import BuildContext, Edges, Network, NumpyStep, Prepared, as_column
from premotor.settings import Settings


class PerturbedNetwork(Network):
    """Another network with a constant current into each neuron, and with some neurons silenced; made by `of`.

    A silenced neuron gives nothing to others, through synapses or gap junctions, and nothing to the body. A unit of a
    baseline, which has no synapses, is held at 0 from step to step.
    """

    settings: ClassVar[type[Settings]] = Settings
    inner: Network
    drive: Float[Array, " rows"]
    """Current into each neuron besides what reaches it, in the unit of its input."""
    active: Float[Array, " rows"]
    """0 for neurons that are silenced, 1 for all others."""
    neurons: int = eqx.field(static=True)
    control_period: float = eqx.field(static=True)
    learning_rates: tuple[tuple[str, float], ...] = eqx.field(static=True)

    @classmethod
    def of(
        cls, network: Network, drive: Float[np.ndarray, " neurons"], silent: Bool[np.ndarray, " neurons"]
    ) -> "PerturbedNetwork":
        """A network with a current into each neuron (in the unit of its input) and without those that are `silent`."""
        edges = network.edges()
        cut = silent[edges.pre], silent[edges.junction_a] | silent[edges.junction_b]
        inner = network.silenced(*(jnp.asarray(part, bool) for part in cut))
        beyond = network.rows - network.neurons
        active = jnp.asarray(np.append(~silent, np.ones(beyond, bool)), jnp.float32)
        return cls(
            neurons=network.neurons,
            control_period=network.control_period,
            learning_rates=(),
            inner=inner,
            drive=jnp.asarray(np.append(drive, np.zeros(beyond)), jnp.float32),
            active=active,
        )

    @classmethod
    def build(cls, circuit: object, settings: object, context: BuildContext) -> Self:
        """Not made from settings: it is put around a network that exists."""
        raise NotImplementedError("a perturbed network is made of another one")

    @property
    def maps_are_layers(self) -> bool:
        """As of the network inside."""
        return self.inner.maps_are_layers

    @property
    def rows(self) -> int:
        """As of the network inside."""
        return self.inner.rows

    def product(self) -> Prepared:
        """As of the network inside."""
        return self.inner.product()

    def step(
        self,
        product: Prepared,
        state: Float[Array, "rows environments"],
        current: Float[Array, "inputs environments"],
    ) -> Float[Array, "rows environments"]:
        """The state one control period later; a network whose maps are its layers takes no drive."""
        if not self.maps_are_layers:
            current = current + self.drive[:, None]
        return self.inner.step(product, state, current) * self.active[:, None]

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy, where the network inside has one."""
        inner, drive, active = self.inner.numpy_step(), as_column(self.drive), as_column(self.active)
        if self.maps_are_layers:
            return lambda state, current: inner(state, current) * active
        return lambda state, current: inner(state, current + drive) * active

    def edges(self) -> Edges:
        """As of the network inside."""
        return self.inner.edges()

    def silenced(
        self, synapses: Bool[Array, " synapses"] | None = None, junctions: Bool[Array, " junctions"] | None = None
    ) -> Self:
        """A copy in which the marked synapses and gap junctions carry nothing."""
        return eqx.tree_at(lambda network: network.inner, self, self.inner.silenced(synapses, junctions))
