"""What ``summary.json`` of a simulation holds."""

from typing import NotRequired, TypedDict


class Rhythmic(TypedDict):
    """In how many replicates the readout is rhythmic, and the 95% interval of that part."""

    replicates: int
    fraction: float
    low: float | None
    high: float | None


class Cycles(TypedDict):
    """Frequencies of the replicates with a rhythm, Hz; None without any."""

    median: float | None
    quarter: float | None
    three_quarters: float | None


class TypeRow(TypedDict):
    """Neurons of one type, means over them and the replicates."""

    type: str
    neurons: int
    mean_rate: float | None
    active: float | None
    """The part of them that is."""
    score: float | None
    frequency: float | None
    """Hz"""
    phase: float | None
    """rad"""
    phase_concentration: float | None


class RhythmSummary(TypedDict):
    """Of the readout, and of every type."""

    rhythmic: Rhythmic
    score: float | None
    frequency: Cycles
    types: list[TypeRow]


class CircuitSize(TypedDict):
    """Where a circuit comes from, and how large it is."""

    source: str
    neurons: int
    edges: int
    synapses: int


class SpikeCounts(TypedDict):
    """Of all neurons and replicates."""

    total: int
    mean_rate: float
    """Hz"""
    neurons_that_fired: int


class SimulationSummary(RhythmSummary):
    """All of it."""

    circuit: CircuitSize
    model: str
    seconds: float
    replicates: int
    seed: int
    driven: int
    silenced: int
    recorded: int
    readout: int
    spikes: NotRequired[SpikeCounts]
    """Of a network that has some."""
