"""A controller: observations → chosen neurons → circuit → motor neurons → actions."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from premotor.errors import PremotorError
from premotor.host_random import folded, normal, split
from premotor.networks.base import Baseline, BuildContext, Network, Prepared, started_from
from premotor.networks.controller.calibration import Normalizer, calibrated, smooth_noise
from premotor.networks.controller.loop import Loop, Wires, wire
from premotor.networks.controller.muscles import BEND, MuscleWires, wire_muscles
from premotor.networks.controller.populations import input_neurons, local_maps, output_neurons
from premotor.networks.controller.settings import MapSettings
from premotor.networks.settings import NETWORKS, RateNetworkSettings
from premotor.on_device import on_device
from premotor.settings import OfKind

if TYPE_CHECKING:
    from premotor.connectome import Circuit


MAP_PARAMETERS = ("input_weight", "output_weight", "output_bias", "log_std")
"""Arrays of a controller that learn beside its network's."""


class Controller(eqx.Module):
    """A network between two linear maps, with Gaussian exploration around its action.

    Only `input_neurons` receive the observations and only `output_neurons` are read out; everything in between
    is the circuit's own synapses.

    The rates are read out in whitened form, `whitening` @ (rate − `rest_rate`), constants measured once under
    random observations. This is a change of coordinates of a linear read-out, not a further layer: raw rates
    share a large common mean, which would make every change of a read-out weight a change of posture.
    `step_scale`, measured in the same way, brings the steps of each kind of parameter to the same effect on the
    actions, whatever the size of the circuit (see `premotor.networks.controller.calibration`).
    """

    network: Network
    normalizer: Normalizer
    input_weight: Float[Array, "inputs observations"]
    output_weight: Float[Array, "actions outputs"]
    output_bias: Float[Array, " actions"]
    rest_state: Float[Array, " rows"]
    """The state at the start of an episode: of the neurons, then of the loop's pools of motor units."""
    rest_rate: Float[Array, " outputs"]
    whitening: Float[Array, "outputs outputs"]
    step_scale: dict[str, Float[Array, ""]]
    log_std: Float[Array, " actions"]
    input_neurons: Int[Array, " inputs"]
    output_neurons: Int[Array, " outputs"]
    map_rates: tuple[float, float] = eqx.field(static=True)
    squash: str = eqx.field(static=True)
    observation_names: tuple[str, ...] = eqx.field(static=True)
    action_names: tuple[str, ...] = eqx.field(static=True)
    loop: Loop | None = None
    """What stands between the maps and the body, where the maps were given line by line."""
    input_mask: Float[Array, "inputs observations"] | None = None
    """Of maps that keep to their leg (`LocalMaps`): 1 where the input map has an entry; None: everywhere."""
    output_sign: Float[Array, "actions outputs"] | None = None
    """Of maps that keep to their joint: the sign of each entry of the output map, 0 for none; None: any."""
    fixed_maps: bool = eqx.field(static=True, default=False)
    """Whether the maps are the circuit's own (`wire_muscles`), which raw observations meet and nothing trains."""
    gates: Int[Array, " inputs"] | None = None
    """Of the circuit's own maps: which observation (or behind all of them which row of `gate_groups`) multiplies the
    stretch of each input neuron, −1 for none; None: there are no gates."""
    gate_groups: Float[Array, "groups neurons"] | None = None
    """Rows that make of the outputs of neurons how far they open a gate (`MuscleWires`); None: no neurons do."""

    def initial_state(self, environments: int) -> Float[Array, "rows environments"]:
        """The state at the start of an episode: at rest, without input. Its first rows are the network's."""
        return jnp.broadcast_to(self.rest_state[:, None], (self.rows, environments))

    @property
    def rows(self) -> int:
        """Numbers in the state of one environment: the network's, and one for each pool of motor units."""
        return self.network.rows + (0 if self.loop is None else len(self.loop.pools))

    @property
    def input_map(self) -> Float[Array, "inputs observations"]:
        """What an input neuron receives of each observation (normalised), or of each line of the loop."""
        if self.loop is not None:
            return self.input_weight * self.loop.input_mask
        return self.input_weight if self.input_mask is None else self.input_weight * self.input_mask

    @property
    def output_map(self) -> Float[Array, "actions outputs"]:
        """What an output neuron's rate adds to each action, or to the drive of its motor unit."""
        if self.loop is not None:
            return self.output_weight * self.loop.output_mask
        if self.fixed_maps:
            return self.output_weight
        weight = self.output_weight if self.output_sign is None else jnp.abs(self.output_weight) * self.output_sign
        return weight @ self.whitening

    def product(self) -> Prepared:
        """The network's linear part, prepared once for many calls of `select_action`."""
        return self.network.product()

    def encode_observation(
        self,
        observation: Float[Array, "environments observations"],
        rates: Float[Array, "neurons environments"] | None = None,
    ) -> Float[Array, "inputs environments"]:
        """The current that each input neuron receives of a raw observation.

        `rates` are the network's outputs, which open the gates of `gate_groups`; None: those gates are shut.
        """
        if self.loop is not None:
            return self.input_map @ self.loop.encode(observation)
        seen = observation if self.fixed_maps else self.normalizer(observation)
        if self.gates is None:
            return self.input_map @ seen.T
        stretch = jnp.array([name.startswith(BEND) for name in self.observation_names])
        bends = jnp.where(stretch, seen, 0.0)
        rows = [seen.T]
        if self.gate_groups is not None:
            shut = jnp.zeros((len(self.gate_groups), len(seen)))
            rows.append(shut if rates is None else jnp.clip(self.gate_groups @ rates, 0, 1))
        gate = jnp.concatenate([*rows, jnp.ones((1, len(seen)))])[self.gates]  # −1 is the last row
        return gate * (self.input_map @ bends.T) + self.input_map @ (seen - bends).T

    def select_action(
        self,
        product: Prepared,
        state: Float[Array, "neurons environments"],
        observation: Float[Array, "environments observations"],
    ) -> tuple[Float[Array, "neurons environments"], Float[Array, "environments actions"]]:
        """Advance the network by one control period; the new state and the mean action.

        `observation` is raw; normalisation belongs to the controller.
        """
        state, answer = self.answer(product, state, observation)
        return state, jnp.tanh(answer) if self.squash == "tanh" else answer

    def answer(
        self,
        product: Prepared,
        state: Float[Array, "neurons environments"],
        observation: Float[Array, "environments observations"],
    ) -> tuple[Float[Array, "neurons environments"], Float[Array, "environments actions"]]:
        """As `select_action`, before any squashing of the action."""
        network = self.network
        drive = self.encode_observation(observation, None if self.gate_groups is None else state[: network.neurons])
        if network.maps_are_layers:
            state = network.step(product, state, drive)
            last = state[self.output_neurons]
            return state, (self.output_weight @ last + self.output_bias[:, None]).T
        neurons, pools = state[: network.rows], state[network.rows :]
        current = jnp.zeros_like(neurons).at[self.input_neurons].set(drive)
        neurons = network.step(product, neurons, current)
        rates = neurons[self.output_neurons]
        if self.loop is not None:
            answer, pools = self.loop.decode(self.output_weight, self.output_bias, rates, pools, self.squash)
            return jnp.concatenate([neurons, pools]), answer
        action = self.output_map @ (rates - self.rest_rate[:, None]) + self.output_bias[:, None]
        return neurons, action.T

    def relative_learning_rates(self) -> dict[str, float]:
        """The learning rate that was asked for each kind of parameter, relative to that of learning."""
        inputs, outputs = self.map_rates
        return dict(self.network.learning_rates) | dict(
            zip(MAP_PARAMETERS, (inputs, outputs, outputs, 1.0), strict=True)
        )

    def parameter(self, name: str) -> Array:
        """A kind of parameter, of the network or of the maps, by its name in `relative_learning_rates`."""
        return _parameter(name, self)

    def with_parameters(self, values: Mapping[str, object]) -> Self:
        """A copy with some kinds of parameters replaced."""
        for name, value in values.items():
            self = eqx.tree_at(partial(_parameter, name), self, value)
        return self

    def trained(self) -> Self:
        """The same tree with True at the arrays that learning changes and False everywhere else."""
        nothing = jax.tree.map(lambda _: False, self)
        return nothing.with_parameters({name: rate > 0 for name, rate in self.relative_learning_rates().items()})

    @property
    def learned(self) -> int:
        """How many numbers learn that decide the action: all but the spread of exploration, and no masked entries."""
        inputs, outputs = self.input_mask, self.output_sign
        if self.loop is not None:
            inputs, outputs = self.loop.input_mask, self.loop.output_mask
        masks = {"input_weight": inputs, "output_weight": outputs}
        count = 0
        for name, rate in self.relative_learning_rates().items():
            if rate > 0 and name != "log_std":
                mask = masks.get(name)
                count += self.parameter(name).size if mask is None else int(np.count_nonzero(mask))
        return count

    def learning_rates(self) -> Self:
        """The same tree with each array replaced by its step size relative to that of learning."""
        nothing = jax.tree.map(lambda _: 0.0, self)
        rates = self.relative_learning_rates().items()
        return nothing.with_parameters({name: rate * self.step_scale[name] for name, rate in rates})


def _parameter(name: str, controller: Controller) -> Array:
    return attrgetter(name)(controller if name in MAP_PARAMETERS else controller.network)


def build_controller(
    circuit: "Circuit",
    observation_names: Sequence[str],
    action_names: Sequence[str],
    *,
    network: OfKind | None = None,
    maps: MapSettings | None = None,
    control_period: float = 0.02,
    start: Mapping[str, np.ndarray] | None = None,
    calibrate: bool = True,
    key: PRNGKeyArray,
) -> Controller:
    """A controller wired as `circuit`, with random linear maps drawn from `key`.

    Args:
        circuit: the wiring.
        observation_names: one a component of the observation.
        action_names: one a component of the action.
        network: dynamics: settings of one of `NETWORKS`; by default a rate network's.
        maps: which neurons are inputs and outputs, and how the maps start.
        control_period: time between two actions, in s.
        start: parameters that the network starts from (`network_arrays` of another one of this circuit).
        calibrate: measure it once on noise (`calibrated`), which takes seconds; False where it is measured again.
        key: JAX random key.

    Raises:
        PremotorError: the circuit offers no motor neurons, no input neurons or no signed synapse, or a line of the
            loop does not fit.
    """
    maps = maps or MapSettings()
    network = network or RateNetworkSettings()
    key_in, key_out, key_noise = split(key, 3)
    observations, actions = len(observation_names), len(action_names)
    kind = NETWORKS[network.kind]
    plain = issubclass(kind, Baseline) and not kind.keeps_maps
    if plain:
        for name, chosen in (("loop", maps.loop), ("local", maps.local), ("muscles", maps.muscles)):
            if chosen:
                raise PremotorError(f"maps.{name} chooses neurons of a connectome, but network.kind is {network.kind}")
    inputs = outputs = np.zeros(0, np.intp)
    wires: Wires | MuscleWires | None = None
    if maps.loop is not None:
        wires = wire(maps.loop, circuit, observation_names, action_names)
    elif maps.muscles is not None:
        wires = wire_muscles(maps.muscles, circuit, observation_names, action_names)
    if wires is not None:
        inputs, outputs = wires.inputs, wires.outputs
    elif not plain:
        outputs = output_neurons(circuit, maps.outputs)
        inputs = input_neurons(circuit, maps.inputs, outputs)
    key_map, key_network = split(key_in)
    places, sizes = (inputs, outputs), (len(inputs), len(outputs))
    context = BuildContext(observations, actions, control_period, maps, key_network, folded(key, 1), *sizes)
    wired = kind.build(circuit, network, context)
    votes = None
    if isinstance(wired, Baseline):
        inputs, outputs = wired.input_units, wired.output_units
        votes = wired.read_out() if wired.own_maps else None
        key_in = key_in if wired.maps_are_layers else key_map
    if start is not None:
        wired = started_from(wired, start, circuit.ids, "network.initial")
    own = local_maps(circuit, *places, observation_names, action_names) if maps.local else None
    size_in, size_out = maps.input_scale / np.sqrt(observations), maps.output_scale / np.sqrt(len(outputs))
    if own is not None:
        size_in = maps.input_scale / np.sqrt(own.input_mask.sum(1, keepdims=True))
        size_out = maps.output_scale / np.sqrt(np.abs(own.output_sign).sum(1, keepdims=True))
    names = [*(name for name, _ in wired.learning_rates), *MAP_PARAMETERS]
    fixed = votes is not None or maps.muscles is not None
    loop = gates = groups = None
    if isinstance(wires, MuscleWires):
        input_weight, output_weight = (on_device(w, np.float32) for w in wires[-2:])
        gates = on_device(wires.gates, np.int32) if (wires.gates >= 0).any() else None
        groups = on_device(wires.gate_groups, np.float32) if len(wires.gate_groups) else None
        output_bias = on_device(np.zeros(actions))
    elif maps.loop is not None and wires is not None:
        loop = Loop.of(wires, maps.loop, observation_names, action_names, control_period)
        input_weight, output_weight, output_bias = (on_device(w, np.float32) for w in wires[-3:])
    elif votes is not None:
        input_weight, output_weight = on_device(np.eye(observations)), votes
        output_bias = on_device(np.zeros(actions))
    else:
        input_weight = on_device(size_in * normal(key_in, (len(inputs), observations)), np.float32)
        output_weight = on_device(size_out * normal(key_out, (actions, len(outputs))), np.float32)
        output_bias = on_device(np.zeros(actions))
    controller = Controller(
        network=wired,
        normalizer=Normalizer.identity(observations),
        input_weight=input_weight,
        output_weight=output_weight,
        output_bias=output_bias,
        rest_state=on_device(np.zeros(wired.rows + (0 if loop is None else len(loop.pools)))),
        rest_rate=on_device(np.zeros(len(outputs))),
        whitening=on_device(np.eye(len(outputs))),
        step_scale={name: on_device(1.0) for name in names},
        log_std=on_device(np.full(actions, np.log(maps.action_std)), np.float32),
        input_neurons=on_device(inputs, np.int32),
        output_neurons=on_device(outputs, np.int32),
        map_rates=(0.0, 0.0) if fixed else (maps.input_rate, maps.output_rate),
        squash=maps.squash,
        observation_names=tuple(observation_names),
        action_names=tuple(action_names),
        loop=loop,
        input_mask=None if own is None else on_device(own.input_mask, np.float32),
        output_sign=None if own is None else on_device(own.output_sign, np.float32),
        fixed_maps=fixed,
        gates=gates,
        gate_groups=groups,
    )
    if not calibrate:
        return controller
    key_noise, key_probe = split(key_noise)
    return calibrated(controller, smooth_noise(key_noise, observations), key_probe)
