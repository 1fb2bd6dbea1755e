"""Leaky integrate-and-fire neurons wired as a circuit."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from premotor.connectome.signs import refuse_unsigned
from premotor.errors import PremotorError
from premotor.networks.stimulation import Stimulus
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.connectome import Circuit
    from premotor.networks.spiking.clock_driven.state import Parts

Engine = Literal["auto", "event", "dense"]


class LIFSettings(Settings):
    """Dynamics of `LIFNetwork`; the defaults are those of Shiu et al. (2024, Nature 634:210-219)."""

    kind: Literal["lif"] = "lif"
    resting_potential: float = -52.0
    """mV."""
    reset_potential: float = -52.0
    """mV."""
    threshold: float = -45.0
    """mV."""
    membrane_time_constant: float = Field(0.020, gt=0)
    """s."""
    synaptic_time_constant: float | None = Field(0.005, gt=0)
    """s; null: an arriving spike changes the membrane potential at once (delta synapses)."""
    refractory: float = Field(0.0022, ge=0, le=10)
    """s."""
    delay: float = Field(0.0018, gt=0, le=1)
    """Of every synapse, s."""
    excitatory_weight: float = Field(0.275, ge=0)
    """mV for each synapse of an edge."""
    inhibitory_weight: float = Field(0.275, ge=0)
    """mV for each synapse of an edge, taken as negative."""
    step: float = Field(0.0001, ge=1e-7, le=1)
    """s."""
    keep_current: bool = False
    """Whether g goes on in a refractory neuron and takes what arrives, as in NEST's iaf_psc_exp; by default it is set
    to 0 by a spike, and what arrives is lost, as in Shiu et al. Runs in the dense loop."""
    engine: Engine = "auto"
    """`event` updates a neuron only when something reaches it or it may fire, `dense` all neurons in every
    step; `auto` changes between them by the activity. All three do the same arithmetic up to rounding."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.reset_potential >= self.threshold:
            raise ValueError(f"reset_potential ({self.reset_potential:g} mV) has to be below threshold")
        if self.delay < 0.5 * self.step:
            raise ValueError(f"delay ({self.delay:g} s) has to be at least one step ({self.step:g} s)")
        if self.keep_current and (self.engine == "event" or self.synaptic_time_constant is None):
            raise ValueError("keep_current needs a synaptic_time_constant, and the engine auto or dense, not event")
        return self


@dataclass(frozen=True, eq=False)
class Spikes:
    """The spikes of a simulation, ordered by replicate, step and neuron."""

    step: NDArray[np.int32]
    """Number of the step at whose end the neuron fired, (spikes,)."""
    neuron: NDArray[np.int32]
    """Position of the neuron in the circuit, (spikes,)."""
    replicate: NDArray[np.int32]
    steps: int
    neurons: int
    replicates: int
    period: float
    """Length of a step, s."""
    potential: NDArray[np.float32]
    """Membrane potentials of the recorded neurons, mV, (samples, recorded, replicates)."""

    @property
    def time(self) -> NDArray[np.float64]:
        """When each spike was, s: the beginning of its step, as in Brian2."""
        return self.step.astype(np.float64) * self.period

    def counts(self) -> NDArray[np.int64]:
        """Spikes of every neuron in every replicate, (neurons, replicates)."""
        flat = self.neuron.astype(np.int64) * self.replicates + self.replicate
        return np.bincount(flat, minlength=self.neurons * self.replicates).reshape(self.neurons, -1)

    def rates(self) -> NDArray[np.float64]:
        """Mean rate over the whole simulation, Hz, (neurons, replicates)."""
        return self.counts().astype(np.float64) / (self.steps * self.period)


@dataclass(frozen=True, eq=False)
class Delays:
    """Delays of edges that are not all the same: a neuron's edges stand in the order of their delays."""

    shortest: int
    """Steps, at least 1."""
    slot: NDArray[np.int32]
    """Edges ``first + slot[:, k]`` to ``first + slot[:, k + 1]`` take ``shortest + k`` steps, (neurons, delays + 1)."""


@dataclass(frozen=True, eq=False)
class LIFNetwork:
    """τ_m dv/dt = v_rest − v + g + I and τ_s dg/dt = −g; a spike arrives `delay` later and adds its weight to g.

    A neuron whose v exceeds the threshold fires; v is reset, g set to 0, and for the refractory time both stay
    so and what arrives is lost (as Brian2 has it for equations that hold "unless refractory"). Between spikes
    the equations are linear, so a step is exact; spikes lie on the grid of steps. Within a step come, in this
    order: integration, threshold, arriving spikes, random events, reset. An edge's weight is sign · count ·
    the weight of one synapse; neurons of unknown sign (0) carry nothing; gap junctions have no part.

    Build one with ``LIFNetwork.wire(circuit, settings)``. Weights are kept as counts (2 or 4 bytes a synaptic
    edge) beside 4-byte targets.
    """

    first: NDArray[np.int64]
    """Where each neuron's edges begin, (neurons + 1,)."""
    target: NDArray[np.int32]
    """Postsynaptic neurons, (edges,)."""
    count: NDArray[np.int16] | NDArray[np.int32]
    """Synapses, (edges,)."""
    scale: NDArray[np.float64]
    """Weight of one synapse of each neuron, mV, signed, (neurons,)."""
    ids: NDArray[np.int64]
    settings: LIFSettings
    silent: NDArray[np.bool_]
    """Neurons that never fire, (neurons,)."""
    delays: Delays | None = None
    """None: all synapses have the settings' delay. Others run in the dense loop."""

    @classmethod
    def wire(cls, circuit: "Circuit", settings: LIFSettings | None = None) -> Self:
        """Wire the network as `circuit`.

        Raises:
            PremotorError: no synapse is of a neuron with a sign, or an edge has too many.
        """
        settings = settings or LIFSettings()
        sign = circuit.neurons["sign"].to_numpy(np.float64)
        refuse_unsigned(circuit.synapses, sign)
        weight = np.where(sign > 0, settings.excitatory_weight, settings.inhibitory_weight)
        synapses = circuit.synapses
        most = synapses.data.max(initial=0)
        if most > np.iinfo(np.int32).max:
            raise PremotorError(f"an edge has {most} synapses; the LIF model takes at most 2,147,483,647")
        small = most <= np.iinfo(np.int16).max
        return cls(
            first=synapses.indptr.astype(np.int64),
            target=synapses.indices.astype(np.int32),
            count=synapses.data.astype(np.int16 if small else np.int32),
            scale=sign * weight,
            ids=circuit.ids,
            settings=settings,
            silent=np.zeros(len(circuit), bool),
        )

    @cached_property
    def parts(self) -> "Parts":
        """Parts of the edges for the dense loop, found at its first step."""
        from premotor.networks.spiking.clock_driven.arrivals import BLOCK, split
        from premotor.networks.spiking.clock_driven.state import Parts

        size = max(1, self.neurons)
        if self.delays is not None:
            return Parts(self.delays.slot, size, self.delays.slot.shape[1] - 1)
        if size > BLOCK and self.settings.delay > 1.5 * self.settings.step:
            slot = np.empty((size, -(-size // BLOCK) + 1), np.int32)
            if split(self.first, self.target, BLOCK, slot):
                return Parts(slot, BLOCK, 1)
        degree = np.diff(self.first)
        return Parts(np.stack([0 * degree, degree], axis=1).astype(np.int32), size, 1)

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.ids)

    @property
    def period(self) -> float:
        """Length of a step, s."""
        return self.settings.step

    def silenced(self, neurons: NDArray[np.bool_]) -> Self:
        """A copy in which the marked neurons (a mask) never fire."""
        return replace(self, silent=self.silent | np.asarray(neurons, bool))

    def simulate(
        self,
        stimulus: Stimulus,
        *,
        replicates: int = 1,
        seed: int = 0,
        threads: int = 0,
        record: NDArray[np.int64] | None = None,
        every: int = 10,
        potential: NDArray[np.float64] | None = None,
    ) -> Spikes:
        """Run the network under `stimulus`, whose steps are as long as the network's.

        The spikes depend on the arguments but for `threads`: every replicate, and every driven neuron in it,
        has random numbers of its own, a function of seed, replicate, drive, neuron id and step.

        Args:
            stimulus: currents (mV) and random events.
            replicates: independent repetitions, run side by side.
            seed: of the random events.
            threads: 0 for one a core.
            record: positions of neurons whose membrane potential is kept.
            every: steps between two samples of the potential; the first sample is the start.
            potential: at the start, mV, (neurons,) or (neurons, replicates); by default at rest.

        Raises:
            PremotorError: arguments that do not fit the network.
        """
        from premotor.networks.spiking.clock_driven.run import run  # numba takes most of a second to load

        if abs(stimulus.period - self.period) > 1e-9 * self.period:
            raise PremotorError(f"the stimulus has steps of {stimulus.period:g} s, the network of {self.period:g} s")
        if replicates < 1 or every < 1 or threads < 0 or seed < 0:
            raise PremotorError(
                "replicates and every have to be at least 1, threads and seed at least 0, not "
                f"{replicates}, {every}, {threads}, {seed}"
            )
        if self.delays is not None and self.settings.engine == "event":
            raise PremotorError("engine is event, which takes one delay for all synapses; use auto or dense")
        start = np.full((self.neurons, 1), self.settings.resting_potential)
        if potential is not None:
            start = np.asarray(potential, np.float64).reshape(self.neurons, -1)
        if start.shape[1] not in (1, replicates) or not (start <= self.settings.threshold).all():
            raise PremotorError("potential has to hold one value a neuron (and replicate), none above threshold")
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        record = np.empty(0, np.int64) if record is None else np.asarray(record, np.int64)
        return run(self, stimulus, start, replicates, seed, threads or cores, record, every)
