"""From the settings of a simulation to activity: the three models behind one call.

Variants are simulations that differ in what is driven and what is silenced, and in nothing else: the same
draws of parameters, the same random events. Rate models run many of them side by side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from premotor.analysis import smoothed_rates, spike_counts
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.networks import (
    LIFNetwork,
    LIFSettings,
    RateNetwork,
    RateNetworkSettings,
    Spikes,
    Stimulus,
    VNCNetwork,
    VNCSettings,
    make_stimulus,
    positions_of,
    stimulate,
)
from premotor.runs.simulation.settings import SimulationSettings

MOST_BYTES = 4 * 2**30
"""Recorded rates of one simulation take at most this."""
COLUMNS = 2_048
"""Replicates of all variants side by side in one call, at most."""


@dataclass(frozen=True, eq=False)
class Variant:
    """What is driven and what is silenced."""

    target: NDArray[np.float64] | None = None
    """How much of each input every neuron receives, (inputs, neurons); None: as the drives say."""
    silenced: NDArray[np.bool_] | None = None
    """Neurons silenced besides those of the settings, (neurons,)."""


class RateReplicates(eqx.Module):
    """A rate network as many copies side by side, some of its neurons silent."""

    network: RateNetwork
    alive: Float[Array, "neurons replicates"]

    def product(self) -> object:
        """See `RateNetwork.product`."""
        return self.network.product()

    def step(self, product: object, rates: Array, current: Array) -> Array:
        """Rates one sample later."""
        return self.alive * self.network.step(product, rates, current)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Bench:
    """A circuit with everything laid out for simulating it."""

    circuit: Circuit
    settings: SimulationSettings
    stimulus: Stimulus
    silenced: NDArray[np.bool_]
    """(neurons,)"""

    @classmethod
    def set_up(cls, circuit: Circuit, settings: SimulationSettings) -> "Bench":
        """Find the driven and silenced neurons.

        Raises:
            PremotorError: a selection that is empty or unknown, or a file of currents that cannot be read.
        """
        if 8 * settings.steps * max(1, len(settings.drives)) > MOST_BYTES:
            raise PremotorError(f"{settings.steps:,} steps are more than fit into memory; take fewer seconds")
        silenced = np.zeros(len(circuit), bool)
        for number, conditions in enumerate(settings.silence):
            silenced[positions_of(circuit, conditions, f"silence.{number}")] = True
        stimulus = make_stimulus(settings.drives, circuit, settings.steps, settings.step)
        return cls(circuit, settings, stimulus, silenced)

    def readout(self) -> NDArray[np.int64]:
        """Positions of the neurons whose rhythm is scored; see `SimulationSettings.readout`."""
        if self.settings.readout != "auto":
            return positions_of(self.circuit, self.settings.readout, "readout")
        motor = np.flatnonzero(self.circuit.neurons["class"].to_numpy() == "motor")
        if len(motor):
            return motor
        return np.flatnonzero(~self.silenced & ~self.stimulus.driven())

    def run(
        self, record: NDArray[np.int64], variant: Variant | None = None
    ) -> tuple[NDArray[np.float32], Spikes | None]:
        """Rates (samples, recorded, replicates) of one variant, and its spikes where the model has any."""
        if isinstance(self.settings.model, LIFSettings):
            return self._spiking(variant or Variant(), record)
        (rates,) = self._rate_batch([variant or Variant()], record, 1)
        return rates, None

    def each(self, variants: Sequence[Variant], record: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
        """Rates (samples, recorded, replicates) of each variant in turn."""
        if isinstance(self.settings.model, LIFSettings):
            for variant in variants:
                yield self._spiking(variant, record)[0]
            return
        per_column = 4 * len(record) * (self.settings.steps // self.settings.every + 1)
        most = max(1, min(COLUMNS, MOST_BYTES // 8 // per_column) // self.settings.replicates)
        size = min(most, len(variants))
        for begin in range(0, len(variants), size):
            batch = list(variants[begin : begin + size])
            yield from self._rate_batch(batch, record, size)[: len(batch)]

    def _rate_batch(self, variants: list[Variant], record: NDArray[np.int64], size: int) -> list[NDArray[np.float32]]:
        """Side by side, filled up to `size` so that one compiled program serves all batches."""
        variants = variants + [variants[-1]] * (size - len(variants))
        settings, replicates = self.settings, self.settings.replicates
        given = np.broadcast_to(self.stimulus.target[:, :, 0], self.stimulus.target.shape[:2])
        targets = np.stack([given if v.target is None else v.target for v in variants], axis=2)
        mute = np.stack([self._mute(v) for v in variants], axis=1)
        stimulus = self.stimulus.redirected(np.repeat(targets, replicates, axis=2))
        mask = np.repeat(mute, replicates, axis=1)
        network: VNCNetwork | RateReplicates
        if isinstance(settings.model, VNCSettings):
            drawn = VNCNetwork(self.circuit, settings.model, replicates=replicates, seed=settings.seed)
            network = drawn.repeated(size).silenced(mask)
        else:
            assert isinstance(settings.model, RateNetworkSettings)
            plain = RateNetwork(self.circuit, settings.model, control_period=settings.step)
            network = RateReplicates(plain, jnp.asarray(~mask, jnp.float32))
        rates = stimulate(
            network,
            stimulus,
            jnp.zeros(mask.shape),
            every=settings.every,
            record=record,
            seed=settings.seed,
            share=replicates,
        )
        return np.split(rates, size, axis=2)

    def _spiking(self, variant: Variant, record: NDArray[np.int64]) -> tuple[NDArray[np.float32], Spikes]:
        assert isinstance(self.settings.model, LIFSettings)
        settings = self.settings
        stimulus = self.stimulus
        if variant.target is not None:
            stimulus = stimulus.redirected(variant.target[:, :, None])
        network = LIFNetwork.wire(self.circuit, self.settings.model).silenced(self._mute(variant))
        spikes = network.simulate(
            stimulus,
            replicates=settings.replicates,
            seed=settings.seed,
            threads=settings.threads,
            record=record,
            every=settings.every,
        )
        place = np.full(len(self.circuit), -1)
        place[record] = np.arange(len(record))
        wide = len(record) * settings.replicates
        column = place[spikes.neuron] * settings.replicates + spikes.replicate
        kept = place[spikes.neuron] >= 0
        duration = settings.steps * settings.step
        counts = spike_counts(spikes.time[kept], column[kept], wide, duration, settings.sample_period)
        rates = smoothed_rates(counts, settings.sample_period, settings.smoothing).astype(np.float32)
        return np.concatenate([rates[:1], rates]).reshape(-1, len(record), settings.replicates), spikes

    def _mute(self, variant: Variant) -> NDArray[np.bool_]:
        return self.silenced if variant.silenced is None else self.silenced | variant.silenced


def check_size(settings: SimulationSettings, recorded: int) -> None:
    """Refuse to record more than fits into memory.

    Raises:
        PremotorError: it does not.
    """
    samples, columns = settings.steps // settings.every + 1, recorded * settings.replicates
    if 4 * samples * columns > MOST_BYTES:
        raise PremotorError(
            f"{samples:,} samples of {columns:,} rates take {4 * samples * columns / 2**30:.0f} GiB; record "
            "fewer neurons (record), take fewer replicates, or a longer sample_period"
        )
