"""From settings to networks whose spectra are computed: random ones, a circuit, and its null models."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from premotor.analysis import LyapunovSpectrum, lyapunov_spectrum
from premotor.connectome import Circuit
from premotor.connectome.nulls import make_null
from premotor.errors import PremotorError
from premotor.networks import (
    Prepared,
    Product,
    RandomRateNetwork,
    RandomRateSettings,
    RateNetwork,
    RateNetworkSettings,
    started_from,
)
from premotor.networks.base import SpectralNetwork
from premotor.networks.random_rate import activate
from premotor.runs.building import trained_arrays, without_muscles
from premotor.runs.dynamics.settings import MODELS, DynamicsTrainSettings, Model, NetworksSettings
from premotor.settings import Settings


class Member(NamedTuple):
    """A network and what to call it."""

    name: str
    circuit: Circuit | None
    seed: int
    """Number among the random networks, or of the null model."""


def members(
    settings: NetworksSettings | DynamicsTrainSettings, circuit: Circuit | None, nulls: int, null: str
) -> Iterator[Member]:
    """`samples` random networks; or a circuit, and so many null models of it."""
    if circuit is None:
        for place in range(settings.samples):
            yield Member(f"random-{place}", None, place)
        return
    yield Member("circuit", circuit, 0)
    for place in range(nulls):
        yield Member(f"{null}-{place}", without_muscles(make_null(circuit, null, place)), place)


def build_network(
    model: Model, member: Member, seed: int, control_period: float = 0.02
) -> tuple[SpectralNetwork, float]:
    """A network, in the precision that JAX is in, and the time of its step in units of the time constant."""
    return MODELS[model.kind]().build(model, member, seed, control_period)


class DynamicsNetwork[S: Settings](ABC):
    """A kind of network that is trained on its spectrum; an entry of `MODELS`."""

    settings: ClassVar[type[Settings]]
    """Its settings, with ``kind: Literal[name] = name``."""

    @abstractmethod
    def build(self, settings: S, member: Member, seed: int, control_period: float) -> tuple[SpectralNetwork, float]:
        """The network, and the time of its step in units of its time constant.

        Args:
            settings: of the class `settings`.
            member: what it is wired by: a circuit, or a number among the random networks (`network_seed`).
            seed: of the experiment.
            control_period: time of a step of networks that walk, s.
        """


@MODELS.register("random")
class RandomModel(DynamicsNetwork[RandomRateSettings]):
    """The rate network of studies of chaos; a circuit may be its wiring."""

    settings = RandomRateSettings

    def build(
        self, settings: RandomRateSettings, member: Member, seed: int, control_period: float
    ) -> tuple[RandomRateNetwork, float]:
        """Random weights, or those of a circuit."""
        if member.circuit is None:
            return RandomRateNetwork.random(settings, seed=network_seed(seed, member.seed)), settings.dt
        return RandomRateNetwork.from_circuit(member.circuit, settings), settings.dt


@MODELS.register("rate")
class RateModel(DynamicsNetwork[RateNetworkSettings]):
    """The network of walking controllers, on its own step."""

    settings = RateNetworkSettings

    def build(
        self, settings: RateNetworkSettings, member: Member, seed: int, control_period: float
    ) -> tuple[RateNetwork, float]:
        """A circuit's network, from the weights of another one where `initial` says so."""
        assert member.circuit is not None
        network = in_present_precision(RateNetwork(member.circuit, settings, control_period=control_period))
        if settings.initial is not None:
            arrays = trained_arrays(Path(settings.initial), member.name, "model.initial")
            network = started_from(network, arrays, member.circuit.ids, "model.initial")
        return network, control_period / settings.time_constant


def network_seed(seed: int, place: int) -> int:
    """Seed of one network among many."""
    return int(np.random.SeedSequence([seed, place]).generate_state(1)[0])


def in_present_precision[T](tree: T) -> T:
    """The same tree with its real numbers in the precision that JAX is in."""
    dtype = jax.numpy.zeros(()).dtype
    converted: T = jax.tree.map(lambda x: x.astype(dtype) if eqx.is_inexact_array(x) else x, tree)
    return converted


class NetworkMap(eqx.Module):
    """One step of a network as a map (neurons,) → (neurons,), without input; its arrays are those of the network."""

    network: SpectralNetwork
    product: Prepared

    @classmethod
    def of(cls, network: SpectralNetwork) -> "NetworkMap":
        """The map of a network, its linear part prepared once."""
        return cls(network, network.product())

    def __call__(self, state: Float[Array, " neurons"]) -> Float[Array, " neurons"]:
        """The state a step later."""
        column = state[:, None]
        return self.network.step(self.product, column, 0 * column)[:, 0]


class SweptMap(eqx.Module):
    """h ← h + dt·(−h + coupling·W φ(h)), coupling, gain and shift being parameters: many of them share one W."""

    product: Product
    activation: str = eqx.field(static=True)
    dt: float = eqx.field(static=True)

    def __call__(self, swept: dict[str, Array], state: Float[Array, " neurons"]) -> Float[Array, " neurons"]:
        """The state a step later."""
        rates = activate(self.activation, state, swept["gain"], swept["shift"])
        return state + self.dt * (swept["coupling"] * self.product(rates[:, None])[:, 0] - state)


def steps_of(time: float, dt: float) -> int:
    """A time in whole steps."""
    return round(time / dt)


def measured(
    step: Callable[..., Array],
    states: np.ndarray,
    settings: NetworksSettings,
    dt: float,
    *,
    exponents: int,
    length: float,
    parameters: Mapping[str, np.ndarray] | None = None,
) -> LyapunovSpectrum:
    """`lyapunov_spectrum` with the times of settings, which are in τ.

    Raises:
        PremotorError: more exponents than neurons are asked for, or a time is shorter than a step.
    """
    size = np.shape(states)[-1]
    if exponents > size:
        raise PremotorError(f"exponents is {exponents}, but there are {size} neurons")
    every = settings.t_ons
    return lyapunov_spectrum(
        step,
        states,
        exponents=exponents,
        steps=max(1, steps_of(length, dt)),
        dt=dt,
        transient=steps_of(settings.transient, dt),
        frame_transient=steps_of(settings.frame_transient, dt),
        qr_interval=None if every == "auto" else max(1, steps_of(every, dt)),
        parameters=parameters,
        key=jax.random.key(settings.seed),
        precision=settings.precision,
    )
