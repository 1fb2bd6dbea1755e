"""A spiking network on a clock between receptive fields and votes, which gradient descent can train."""

from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from premotor.errors import PremotorError
from premotor.networks.base import Baseline, BuildContext, Edges, NumpyStep
from premotor.networks.settings import NETWORKS
from premotor.networks.spiking.event_driven.coding import inputs_needed
from premotor.networks.spiking.event_driven.random_wiring import random_network
from premotor.networks.spiking.surrogate_gradient.cells import Spike, cells_of
from premotor.networks.spiking.surrogate_gradient.dynamics import Dynamics, Matrices, inner_cells
from premotor.networks.spiking.surrogate_gradient.ends import ReceptiveFields, Votes
from premotor.networks.spiking.surrogate_gradient.settings import SurrogateGradientSettings
from premotor.networks.spiking.surrogate_gradient.spike import spike, step
from premotor.networks.spiking.surrogate_gradient.wiring import Synapses, synapses_of
from premotor.on_device import Numbers, on_device
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit

LEAST = 1e-6
"""mV; a plastic weight of 0 starts here, since it learns by its logarithm."""


@NETWORKS.register("surrogate-gradient")
class SurrogateGradientNetwork(Baseline):
    """The cells, wiring, receptive fields and votes of the spiking agent (Hasegan et al. 2022) on a clock.

    Forward, a spike is 0 or 1. Backward, it has the slope of a smooth curve (`spike`; Neftci, Mostafa & Zenke 2019,
    IEEE Signal Processing Magazine 36:51-63), through all ticks and control steps. The logarithms of the plastic
    weights learn, so that every synapse keeps its sign.

    An observation enters as it is, and the cells that vote are its read-out: no map around it learns. The first rows
    of its state are the spikes of each cell in the last control step, then come the coins of undecided votes,
    potentials, and spikes on their way.
    """

    settings: ClassVar[type[Settings]] = SurrogateGradientSettings
    own_maps: ClassVar[bool] = True
    log_weight: Float[Array, " plastic"]
    """Logarithms of the plastic weights (mV)."""
    weight: Float[Array, " synapses"]
    """Of all synapses between cells at the start, mV."""
    synapse_on: Float[Array, " synapses"]
    plastic: Int[Array, " plastic"]
    """Positions of the synapses that learn."""
    pre: Int[Array, " synapses"]
    post: Int[Array, " synapses"]
    sign: Float[Array, " synapses"]
    dynamics: Dynamics
    fields: ReceptiveFields
    votes: Votes
    neurons: int = eqx.field(static=True)
    control_period: float = eqx.field(static=True)
    learning_rates: tuple[tuple[str, float], ...] = eqx.field(static=True)
    populations: tuple[str, ...] = eqx.field(static=True)
    """Of each cell."""
    width: float = eqx.field(static=True)
    sharpness: float = eqx.field(static=True)

    @classmethod
    def build(cls, circuit: "Circuit", settings: SurrogateGradientSettings, context: BuildContext) -> Self:
        """The network of some settings; the circuit plays no part.

        Raises:
            PremotorError: receptive fields, votes or the length of a step that do not fit the task or the wiring.
        """
        if context.actions < 2:
            raise PremotorError(f"network.kind is {settings.kind}, whose cells vote, but the task has one action")
        try:
            fields = settings.fields_for(context.observations)
        except ValueError as error:
            raise PremotorError(f"network.{error}") from None
        wiring = settings.wiring
        network = random_network(wiring.seed, wiring, inputs_needed(fields))
        types = [network.cell_types[network.cell_type[k]] for k in inner_cells(network, wiring.inputs)]
        used = sorted({name for projection in wiring.projections.values() for name in projection.synapses})
        cells = cells_of(types, used, settings.clock)
        synapses = synapses_of(network, wiring.inputs, settings.clock, cells)
        _check_time(settings, synapses)
        populations = np.full(network.cells, "", object)
        for name, members in network.populations.items():
            populations[members] = name
        return cls(
            log_weight=on_device(np.log(np.maximum(synapses.weight[synapses.plastic], LEAST)), np.float32),
            weight=on_device(synapses.weight, np.float32),
            synapse_on=on_device(np.ones(len(synapses.weight)), np.float32),
            plastic=on_device(synapses.plastic, np.int32),
            pre=on_device(synapses.pre, np.int32),
            post=on_device(synapses.post, np.int32),
            sign=on_device(np.where(synapses.inhibits, -1.0, 1.0), np.float32),
            dynamics=Dynamics.of(network, settings, cells, synapses),
            fields=ReceptiveFields.of(fields, network, network.populations[wiring.inputs]),
            votes=Votes.of(network, wiring.voting, context.actions),
            neurons=network.cells,
            control_period=context.control_period,
            learning_rates=(("log_weight", settings.learning_rate),),
            populations=tuple(populations),
            width=settings.width,
            sharpness=settings.sharpness,
        )

    @property
    def maps_are_layers(self) -> bool:
        """It has receptive fields and votes of its own."""
        return True

    @property
    def groups(self) -> list[str]:
        """The population of each cell."""
        return list(self.populations)

    @property
    def rows(self) -> int:
        """Spikes of cells, coins of actions, and the state of the dynamics."""
        return self.neurons + self.votes.actions + self.dynamics.rows

    @property
    def input_units(self) -> np.ndarray:
        """One for each variable of the observation, which the receptive fields take from there."""
        return np.arange(self.fields.variables)

    @property
    def output_units(self) -> Int[Array, " outputs"]:  # type: ignore[override]
        """Cells that vote, and the coins."""
        return jnp.concatenate([self.votes.cells, self.neurons + jnp.arange(self.votes.actions)])

    def read_out(self) -> Float[Array, "actions outputs"]:
        """Preferences of the votes, in nats."""
        return self.votes.preferences(self.sharpness)

    @property
    def weights(self) -> Float[Array, " synapses"]:
        """Of all synapses between cells as they are now, mV; silenced ones at 0."""
        return self.weight.at[self.plastic].set(jnp.exp(self.log_weight)) * self.synapse_on

    def edges(self) -> Edges:
        """Its synapses, one for each receptor of a pair; inhibitory ones below 0 (mV)."""
        nothing = np.zeros(0, np.intp)
        signed = np.asarray(self.weights * self.sign)
        return Edges(np.asarray(self.pre), np.asarray(self.post), signed, nothing, nothing, np.zeros(0))

    def silenced(
        self, synapses: Bool[Array, " synapses"] | None = None, junctions: Bool[Array, " junctions"] | None = None
    ) -> Self:
        """A copy in which the marked synapses carry nothing."""
        if synapses is None:
            return self
        return eqx.tree_at(lambda network: network.synapse_on, self, jnp.where(synapses, 0.0, self.synapse_on))

    def described(self) -> Mapping[str, np.ndarray]:
        """The plastic weights, mV."""
        return {"plastic weights, mV": np.exp(np.asarray(self.log_weight))}

    def product(self) -> Matrices:
        """Matrices of all projections."""
        return self.dynamics.matrices(self.weights)

    def step(
        self,
        product: Matrices,
        state: Float[Array, "rows environments"],
        current: Float[Array, "variables environments"],
    ) -> Float[Array, "rows environments"]:
        """One control step under an observation, `current`; further rows of it play no part.

        For gradients the ticks are computed again, so that memory holds those of a single step.
        """
        advance = jax.checkpoint(partial(self.advance, spike=partial(spike, width=self.width), xp=jnp))
        after: Array = advance(product, state, current)
        return after

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy. Rounding differs from JAX's, so that sooner or later a spike does, and all after it."""
        network = jax.tree.map(np.asarray, self)
        product = jax.tree.map(np.asarray, self.product())
        return partial(network.advance, product, spike=partial(step, xp=np), xp=np)

    def advance(self, product: Matrices, state: Numbers, current: Numbers, *, spike: Spike, xp: ModuleType) -> Numbers:
        """`step` with any function from the potential above the threshold (mV) to a spike.

        Args:
            product: as of `product`.
            state: (rows, environments).
            current: the observation, (variables, environments).
            spike: the function.
            xp: `numpy` or `jax.numpy`.
        """
        driven = self.fields.driven(current, xp)
        kept = state[self.neurons + self.votes.actions :]
        counts, kept = self.dynamics.advance(product, kept, driven, spike, xp)
        return xp.concatenate([counts, self.votes.coins(counts, xp), kept])


def _check_time(settings: SurrogateGradientSettings, synapses: Synapses) -> None:
    """PremotorError where spikes of the input cells would still be on their way at the end of a control step."""
    last = settings.stimuli()[-1] + max((one.sources[0][1] for one in synapses.entering), default=0)
    if last >= settings.ticks:
        raise PremotorError(
            f"network.step is {settings.step:g} ms, but the last spikes of the input cells arrive after "
            f"{last * settings.clock:g} ms: make it longer, or network.rate lower"
        )
