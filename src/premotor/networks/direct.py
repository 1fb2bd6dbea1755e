"""The maps of a circuit without the circuit: a direct path from its inputs to its outputs, or none, as controls."""

from typing import TYPE_CHECKING, ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from premotor.networks.base import Baseline, BuildContext, NumpyStep
from premotor.networks.settings import NETWORKS, DirectSettings, DisconnectedSettings
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit


class _Path(Baseline):
    """Units in the place of the circuit's input neurons, then units in the place of its output neurons."""

    keeps_maps: ClassVar[bool] = True
    stateless: ClassVar[bool] = True
    inputs: int = eqx.field(static=True)
    neurons: int = eqx.field(static=True)
    control_period: float = eqx.field(static=True)
    learning_rates: tuple[tuple[str, float], ...] = eqx.field(static=True)

    @property
    def groups(self) -> list[str]:
        """Input or output."""
        return ["input"] * self.inputs + ["output"] * (self.neurons - self.inputs)

    @property
    def input_units(self) -> np.ndarray:
        """Those of the circuit's input neurons."""
        return np.arange(self.inputs)

    @property
    def output_units(self) -> np.ndarray:
        """Those of its output neurons."""
        return np.arange(self.inputs, self.neurons)


@NETWORKS.register("direct")
class DirectNetwork(_Path):
    """Every input of the circuit on every output, linear and at once: what the maps can do without any circuit.

    The maps enter at as many units as with the circuit and are read from as many, so that nothing else differs.
    """

    settings: ClassVar[type[Settings]] = DirectSettings
    weight: Float[Array, "outputs inputs"]

    @classmethod
    def build(cls, circuit: "Circuit", settings: DirectSettings, context: BuildContext) -> Self:
        """Weights drawn from N(0, 1/inputs)."""
        inputs, outputs = context.inputs, context.outputs
        weight = jax.random.normal(context.key, (outputs, inputs)) / max(inputs, 1) ** 0.5
        return cls(
            inputs=inputs,
            neurons=inputs + outputs,
            control_period=context.control_period,
            learning_rates=(("weight", settings.rate),),
            weight=weight,
        )

    def product(self) -> Float[Array, "outputs inputs"]:
        """The weights."""
        return self.weight

    def step(
        self,
        product: Float[Array, "outputs inputs"],
        state: Float[Array, "units environments"],
        current: Float[Array, "units environments"],
    ) -> Float[Array, "units environments"]:
        """The input, and what it makes of the outputs."""
        entering = current[: self.inputs]
        return jnp.concatenate([entering, product @ entering])

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy."""
        weight, inputs = np.asarray(self.weight), self.inputs
        return lambda state, current: np.concatenate([current[:inputs], weight @ current[:inputs]])


@NETWORKS.register("disconnected")
class DisconnectedNetwork(_Path):
    """Nothing between inputs and outputs: what a constant action does."""

    settings: ClassVar[type[Settings]] = DisconnectedSettings

    @classmethod
    def build(cls, circuit: "Circuit", settings: DisconnectedSettings, context: BuildContext) -> Self:
        """Silent outputs."""
        return cls(
            inputs=context.inputs,
            neurons=context.inputs + context.outputs,
            control_period=context.control_period,
            learning_rates=(),
        )

    def product(self) -> None:
        """None."""

    def step(
        self, product: None, state: Float[Array, "units environments"], current: Float[Array, "units environments"]
    ) -> Float[Array, "units environments"]:
        """The input, and silent outputs."""
        return jnp.concatenate([current[: self.inputs], jnp.zeros_like(current[self.inputs :])])

    def numpy_step(self) -> NumpyStep:
        """`step` in NumPy."""
        inputs = self.inputs
        return lambda state, current: np.concatenate([current[:inputs], 0.0 * current[inputs:]])
