"""A closed loop at work: observations → rates of afferents → neurons, and rates of motor neurons → actions.

Rates are impulses a second of an ensemble of afferents of one muscle, as fitted to recordings of walking cats
(Prochazka & Gorassini 1998; Prochazka 1999), without the part of the gamma motoneurons. Lengths are in mm and speeds in
mm/s as in the sources, stretch and lengthening positive; a rate is never below 0. Arrays of any shape, of JAX or NumPy.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from premotor.errors import PremotorError
from premotor.networks.controller.populations import neurons_where
from premotor.networks.controller.settings import MEANS, PRIMARY_MEAN, SECONDARY_MEAN, LoopInput, LoopSettings
from premotor.on_device import Numbers, on_device

if TYPE_CHECKING:
    from premotor.connectome import Circuit


SPEED_GAIN, SPEED_POWER = 4.3, 0.6
"""Of Ia afferents: impulses/s at 1 mm/s, and the power of the speed."""
PRIMARY_LENGTH_GAIN, SECONDARY_LENGTH_GAIN = 2.0, 13.5
"""Impulses/s for a stretch of 1 mm, of Ia and of group II afferents."""
TENDON_ORGAN_GREATEST = 200.0
"""Rate of Ib afferents at a muscle's greatest force, impulses/s; the order of what is recorded, our choice."""


def _library(values: Numbers) -> ModuleType:
    """`numpy` for its arrays and what behaves as one, else `jax.numpy`."""
    return np if isinstance(values, np.ndarray | np.lib.mixins.NDArrayOperatorsMixin) else jnp


def spindle_primary(stretch: Numbers, speed: Numbers, mean: float = PRIMARY_MEAN) -> Numbers:
    """Group Ia afferents: mean + 2 stretch + 4.3 sgn(speed) |speed|^0.6 (Prochazka & Gorassini 1998; Prochazka 1999).

    Args:
        stretch: length beyond that at rest, mm.
        speed: of lengthening, mm/s.
        mean: rate at rest, impulses/s.
    """
    xp = _library(speed)
    moving = xp.sign(speed) * xp.abs(speed) ** SPEED_POWER
    return xp.maximum(mean + PRIMARY_LENGTH_GAIN * stretch + SPEED_GAIN * moving, 0.0)


def spindle_secondary(stretch: Numbers, mean: float = SECONDARY_MEAN) -> Numbers:
    """Group II afferents: mean + 13.5 stretch (Prochazka 1999).

    Args:
        stretch: length beyond that at rest, mm.
        mean: rate at rest, impulses/s.
    """
    return _library(stretch).maximum(mean + SECONDARY_LENGTH_GAIN * stretch, 0.0)


def tendon_organ(force: Numbers, greatest: float, rate: float = TENDON_ORGAN_GREATEST) -> Numbers:
    """Group Ib afferents: in proportion to the force (Houk & Simon 1967; Crago, Houk & Rymer 1982).

    Args:
        force: of the muscle, of either sign (MuJoCo's muscles pull with negative forces).
        greatest: force at which the rate is `rate`, in the unit of `force`.
        rate: impulses/s.
    """
    return rate * _library(force).abs(force) / greatest


def unit_force(normalised_rate: Numbers) -> Numbers:
    """Force of a motor unit in parts of its tetanic force, 1 − exp(−2 x³) (Fuglevand, Winter & Patla 1993).

    Args:
        normalised_rate: x, the rate times the contraction time of the twitch; below 0 it counts as 0.
    """
    xp = _library(normalised_rate)
    return -xp.expm1(-2.0 * xp.maximum(normalised_rate, 0.0) ** 3)


EDGE = 1e-3
"""Activations keep this distance from 0 and 1 where a hyperbolic tangent makes the action of them."""


class Encoder(NamedTuple):
    """One line of the inputs, its observations by their place."""

    kind: str
    columns: tuple[int, ...]
    unit: float
    """Millimetres in a unit of length."""
    offset: float
    """What is taken from the first observation: its offset, or the length at rest."""
    scale: float
    """Mean rate of spindles, or the greatest force of a tendon organ."""

    def __call__(self, observation: Numbers) -> Numbers:
        """The rate, impulses/s, or the value of a linear line."""
        first = observation[..., self.columns[0]]
        if self.kind == "linear":
            return first - self.offset
        if self.kind == "Ib":
            return tendon_organ(first, self.scale)
        stretch = self.unit * (first - self.offset)
        if self.kind == "II":
            return spindle_secondary(stretch, self.scale)
        return spindle_primary(stretch, self.unit * observation[..., self.columns[1]], self.scale)


class Wires(NamedTuple):
    """A loop's lines against a circuit, NumPy arrays: what `wire` found."""

    inputs: np.ndarray
    """Positions of the neurons that receive something, sorted, (inputs,)."""
    outputs: np.ndarray
    """Positions of the neurons that drive something, sorted, (outputs,)."""
    senses: tuple[np.ndarray, ...]
    """Positions of the neurons of each line of the inputs."""
    drives: tuple[np.ndarray, ...]
    """Positions of the neurons of each line of the outputs."""
    input_weight: Float[np.ndarray, "inputs lines"]
    output_weight: Float[np.ndarray, "actions outputs"]
    output_bias: Float[np.ndarray, " actions"]


class Loop(eqx.Module):
    """What lies between observations and input neurons, and between output neurons and actions.

    The maps of the controller hold the gains; where no line of the file goes they stay without effect, whatever
    learning does (`input_mask`, `output_mask`).
    """

    input_mask: Float[Array, "inputs lines"]
    output_mask: Float[Array, "actions outputs"]
    encoders: tuple[Encoder, ...] = eqx.field(static=True)
    pools: tuple[int, ...] = eqx.field(static=True)
    """Actions that motor units decide, one pool each."""
    blends: tuple[float, ...] = eqx.field(static=True)
    """Part by which each pool's activation approaches what drives it in a control step."""

    @classmethod
    def of(
        cls, wires: Wires, settings: LoopSettings, names: Sequence[str], actions: Sequence[str], period: float
    ) -> Self:
        """The loop of some settings; `names` are the observations', `period` is the control period in s."""
        taus = {o.actuator: o.parameter("time_constant") for o in settings.outputs if o.decoding == "motor-units"}
        pools = tuple(i for i, action in enumerate(actions) if action in taus)
        return cls(
            input_mask=on_device(wires.input_weight != 0, np.float32),
            output_mask=on_device(wires.output_weight != 0, np.float32),
            encoders=tuple(_encoder(line, settings, names) for line in settings.inputs),
            pools=pools,
            blends=tuple(1.0 if not (t := taus[actions[i]]) else float(-np.expm1(-period / t)) for i in pools),
        )

    def encode(self, observation: Float[Array, "environments observations"]) -> Float[Array, "lines environments"]:
        """The rate of each line of the inputs."""
        return jnp.stack([encoder(observation) for encoder in self.encoders])

    def settled(self, weight: Numbers, rates: Numbers) -> Numbers:
        """The activations at which the pools arrive at constant rates of the output neurons, in [0, 1].

        Args:
            weight: (actions, outputs).
            rates: (outputs, environments).

        Returns:
            (pools, environments)
        """
        chosen = np.asarray(self.pools, int)
        members = np.asarray(self.output_mask)[chosen] if _library(rates) is np else self.output_mask[chosen]
        force = unit_force((weight[chosen] * members)[:, :, None] * rates)
        return (members[:, :, None] * force).sum(1) / members.sum(1)[:, None]

    def decode(
        self,
        weight: Float[Array, "actions outputs"],
        bias: Float[Array, " actions"],
        rates: Float[Array, "outputs environments"],
        activation: Float[Array, "pools environments"],
        squash: str,
    ) -> tuple[Float[Array, "environments actions"], Float[Array, "pools environments"]]:
        """The answer (before squashing, where there is any) and the pools' new activations."""
        answer = (weight * self.output_mask) @ rates + bias[:, None]
        if self.pools:
            blend = jnp.asarray(self.blends)[:, None]
            activation = activation + blend * (self.settled(weight, rates) - activation)
            action = 2.0 * activation - 1.0
            if squash == "tanh":
                action = jnp.arctanh(jnp.clip(action, 2.0 * EDGE - 1.0, 1.0 - 2.0 * EDGE))
            answer = answer.at[np.asarray(self.pools, int)].set(action)
        return answer.T, activation


def wire(
    settings: LoopSettings, circuit: "Circuit", observation_names: Sequence[str], action_names: Sequence[str]
) -> Wires:
    """Find a loop's neurons in a circuit, and its maps.

    A line's gain is shared out on the way to an actuator (mean rate), not on the way to neurons.

    Raises:
        PremotorError: an observation, actuator or column that does not exist, a line without neurons, an actuator
            without a line, or a neuron that both senses and drives.
    """
    for number, line in enumerate(settings.inputs):
        for name in line.observations:
            _known(f"inputs.{number}", "observation", name, observation_names)
    for number, output in enumerate(settings.outputs):
        _known(f"outputs.{number}", "actuator", output.actuator, action_names)
    idle = [name for name in action_names if name not in {output.actuator for output in settings.outputs}]
    if idle:
        raise PremotorError(f"maps.loop.outputs: no line drives {', '.join(idle)}; every actuator needs one")
    senses = tuple(
        neurons_where(circuit, line.neurons, f"maps.loop.inputs.{i}") for i, line in enumerate(settings.inputs)
    )
    drives = tuple(
        neurons_where(circuit, line.neurons, f"maps.loop.outputs.{i}") for i, line in enumerate(settings.outputs)
    )
    inputs, outputs = np.unique(np.concatenate(senses)), np.unique(np.concatenate(drives))
    both = np.intersect1d(inputs, outputs)
    if len(both):
        sense = next(i for i, chosen in enumerate(senses) if both[0] in chosen)
        drive = next(i for i, chosen in enumerate(drives) if both[0] in chosen)
        raise PremotorError(
            f"maps.loop.inputs.{sense} and maps.loop.outputs.{drive} both choose the neuron {circuit.ids[both[0]]}; a "
            "neuron that drives an actuator is never an input"
        )
    input_weight = np.zeros((len(inputs), len(senses)))
    for column, (line, chosen) in enumerate(zip(settings.inputs, senses, strict=True)):
        input_weight[np.searchsorted(inputs, chosen), column] = _not_zero(line.gain)
    output_weight, bias = np.zeros((len(action_names), len(outputs))), np.zeros(len(action_names))
    for number, (output, chosen) in enumerate(zip(settings.outputs, drives, strict=True)):
        row, columns = list(action_names).index(output.actuator), np.searchsorted(outputs, chosen)
        if output_weight[row, columns].any():
            raise PremotorError(f"maps.loop.outputs.{number} chooses neurons that already drive {output.actuator}")
        units = output.decoding == "motor-units"
        share = output.parameter("peak_rate") * output.parameter("contraction_time") if units else 1 / len(chosen)
        output_weight[row, columns] = _not_zero(output.gain * share)
        bias[row] += output.offset or 0.0
    return Wires(inputs, outputs, senses, drives, input_weight, output_weight, bias)


def _encoder(line: LoopInput, settings: LoopSettings, names: Sequence[str]) -> Encoder:
    columns = tuple(list(names).index(name) for name in line.observations)
    mean = MEANS.get(line.encoding, 1.0) if line.mean is None else line.mean
    scale = line.greatest if line.greatest is not None else mean
    unit = 1000.0 if settings.length_unit == "m" else 1.0
    return Encoder(line.encoding, columns, unit, line.rest or line.offset or 0.0, scale)


def _not_zero(gain: float) -> float:
    """A gain of 0 is a line all the same, from which learning can start."""
    return gain or 1e-12


def _known(line: str, what: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        more = "; task.sensors adds sensors of the body" if what == "observation" else ""
        raise PremotorError(f"maps.loop.{line}: there is no {what} {name!r}; there are {', '.join(names)}{more}")
