"""An explicit spiking network: cells, sources and synapses as arrays, run to spike times."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven.cell import CELLS, RECEPTORS, CellSettings, SpikingCell
from premotor.networks.spiking.event_driven.events import (
    COUNTED,
    CURSORS,
    DEAD,
    NEVER,
    SLOTS,
    SPIKES,
    Loop,
    State,
    Wiring,
    draw_interval,
    loop_with,
)
from premotor.networks.spiking.random_numbers import source_keys

WIDEST = 0.25
"""ms; the slots of wider buckets hold more events than are quick to sort by insertion."""

CHUNK = 50.0
"""ms between two looks at the record of spikes."""


@dataclass(frozen=True, eq=False)
class SpikingNetwork:
    """Cells, sources of spikes from outside, and synapses between them.

    Nodes are numbered: cells first, then sources, then random trains. All arrays of synapses are in the order given.

    Raises:
        PremotorError: arrays that do not fit each other, or values that have no meaning.
    """

    cell_types: tuple[CellSettings, ...]
    """Settings of one model of cells."""
    cell_type: NDArray[np.int64]
    """Type of each cell, (cells,)."""
    sources: int
    pre: NDArray[np.int64]
    """Presynaptic node, (synapses,)."""
    post: NDArray[np.int64]
    """Postsynaptic cell, (synapses,)."""
    receptor: NDArray[np.int64]
    """Position in `RECEPTORS`, (synapses,)."""
    weight: NDArray[np.float64]
    """mV, at the start, (synapses,)."""
    delay: NDArray[np.float64]
    """ms, (synapses,)."""
    plastic: NDArray[np.bool_]
    """(synapses,)"""
    populations: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    """Cells by the name of their population."""
    noise: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Rates of random trains of spikes from outside, Hz, (trains,)."""

    def __post_init__(self) -> None:
        count = len(self.pre)
        for name in ("post", "receptor", "weight", "delay", "plastic"):
            if len(getattr(self, name)) != count:
                raise PremotorError(f"{name} has {len(getattr(self, name))} entries, but pre has {count}")
        nodes = self.nodes
        for name, values, below in (
            ("cell_type", self.cell_type, len(self.cell_types)),
            ("pre", self.pre, nodes),
            ("post", self.post, self.cells),
            ("receptor", self.receptor, len(RECEPTORS)),
        ):
            wrong = values[(values < 0) | (values >= below)]
            if len(wrong):
                raise PremotorError(f"{name} holds {wrong[0]}; allowed are 0 to {below - 1}")
        if not (np.isfinite(self.delay) & (self.delay > 0)).all():
            raise PremotorError("a delay is not a number above 0 ms; the event loop needs one on every synapse")
        if not (np.isfinite(self.weight) & (self.weight >= 0)).all():
            raise PremotorError("a weight is not a number from 0 mV on; inhibition is a matter of the receptor")
        strange = self.noise[~((self.noise > 0) & (self.noise < 1000 / DEAD))]
        if len(strange):
            raise PremotorError(f"noise holds {strange[0]:g} Hz; rates lie above 0 and below {1000 / DEAD:g} Hz")
        if (self.plastic & (self.pre >= self.cells)).any():
            raise PremotorError("a synapse from a source is plastic; only those between cells can be")

    @classmethod
    def of(
        cls,
        cell_types: tuple[CellSettings, ...],
        cell_type: ArrayLike,
        pre: ArrayLike,
        post: ArrayLike,
        receptor: ArrayLike,
        weight: ArrayLike,
        delay: ArrayLike,
        plastic: ArrayLike | None = None,
        sources: int = 0,
        populations: dict[str, NDArray[np.int64]] | None = None,
        noise: ArrayLike = (),
    ) -> "SpikingNetwork":
        """A network from anything that becomes arrays; `receptor` may be names such as "AM2"."""
        receptors = np.asarray(receptor)
        if receptors.dtype.kind in "UO":
            unknown = sorted({str(name) for name in receptors} - set(RECEPTORS))
            if unknown:
                raise PremotorError(f"there is no receptor {unknown[0]!r}; allowed are {', '.join(RECEPTORS)}")
            receptors = np.array([RECEPTORS.index(str(name)) for name in receptors], np.int64)
        presynaptic = np.asarray(pre, np.int64)
        return cls(
            cell_types=cell_types,
            cell_type=np.asarray(cell_type, np.int64),
            sources=sources,
            pre=presynaptic,
            post=np.asarray(post, np.int64),
            receptor=receptors.astype(np.int64),
            weight=np.asarray(weight, np.float64),
            delay=np.asarray(delay, np.float64),
            plastic=np.zeros(len(presynaptic), bool) if plastic is None else np.asarray(plastic, bool),
            populations=dict(populations or {}),
            noise=np.asarray(noise, np.float64),
        )

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.cell_type)

    @property
    def nodes(self) -> int:
        """Number of cells, sources and random trains."""
        return self.cells + self.sources + len(self.noise)

    @cached_property
    def cell(self) -> type[SpikingCell]:
        """The model of its cells.

        Raises:
            PremotorError: there are types of several models.
        """
        kinds = sorted({types.kind for types in self.cell_types})
        if len(kinds) != 1:
            raise PremotorError(f"the cells are of {len(kinds)} models ({', '.join(kinds)}); a network has one")
        return CELLS[kinds[0]]

    @property
    def advance(self) -> Loop:
        """The compiled event loop for its cells: (wiring, state, until)."""
        return loop_with(self.cell.receive)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Synapses by presynaptic node: the order in which the event loop holds them, (synapses,)."""
        return np.argsort(self.pre, kind="stable")

    @cached_property
    def wiring(self) -> Wiring:
        """The arrays of the event loop that never change; many states can share them."""
        order = self.order
        counts = np.bincount(self.pre, minlength=self.nodes)
        return Wiring(
            table=self.cell.table(self.cell_types),
            kind=self.cell_type.astype(np.int32),
            first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            target=self.post[order].astype(np.int32),
            receptor=self.receptor[order].astype(np.int32),
            delay=self.delay[order],
            noise=1000.0 / self.noise - DEAD,
            width=min(WIDEST, 0.5 * float(self.delay.min(initial=np.inf))),
        )

    def start(self, trains: tuple[ArrayLike, ArrayLike] | None = None, most_rate: float = 1.0, seed: int = 0) -> State:
        """All cells at rest at time 0.

        Args:
            trains: spikes of sources: times (ms) and numbers of sources.
            most_rate: no source fires faster, 1/ms.
            seed: of the random trains.
        """
        wiring = self.wiring
        buckets = 1 << int(np.ceil(np.log2(self.delay.max(initial=1.0) / wiring.width + 3)))
        pause = np.array([types.refractory for types in self.cell_types])
        refractory = np.concatenate(
            [pause[self.cell_type], np.full(self.sources, 1 / most_rate), np.full(len(self.noise), DEAD)]
        )
        in_flight = np.floor(self.delay / refractory[self.pre]).astype(np.int64) + 2
        train_time, train_node = _trains(self, trains)
        if len(train_time):  # given trains may be of any density: count how many fall into the longest delay
            longest = float(self.delay.max(initial=0.0))
            crowd = np.arange(1, len(train_time) + 1) - np.searchsorted(train_time, train_time - longest)
            fan = int(np.diff(wiring.first)[self.cells :].max(initial=0))
            in_flight = np.append(in_flight, int(crowd.max()) * fan)
        pool = int(in_flight.sum()) + 1
        following = np.arange(1, pool + 1)
        following[-1] = -1
        cursor = np.zeros(CURSORS, np.int64)
        most = int(np.ceil(CHUNK / pause.min(initial=1.0)) + 2) * self.cells
        state = State(
            cells=self.cell.resting(self.cells),
            weight=self.weight[self.order],
            cursor=cursor,
            head=np.full(buckets * SLOTS, -1, np.int64),
            tail=np.zeros(buckets * SLOTS, np.int64),
            pool_next=following,
            pool_time=np.zeros(pool),
            pool_synapse=np.zeros(pool, np.int32),
            open_time=np.zeros(pool),
            open_synapse=np.zeros(pool, np.int32),
            interval=np.full(self.sources, np.inf),
            fired=np.full(self.sources, NEVER),
            due=np.full(self.sources, np.inf),
            active=np.zeros(self.sources, np.int64),
            noise_due=np.zeros(len(self.noise)),
            noise_count=np.zeros(len(self.noise), np.int64),
            noise_key=source_keys(np.arange(len(self.noise)), seed, 0, 0),
            train_time=train_time,
            train_node=train_node,
            spike_time=np.zeros(2 * most),
            spike_cell=np.zeros(2 * most, np.int32),
        )
        for number in range(len(self.noise)):
            draw_interval(wiring, state, number)
        return state

    def run(
        self, until: float, trains: tuple[ArrayLike, ArrayLike], seed: int = 0
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Spikes of the cells up to `until` (ms) under given spikes of the sources: times (ms) and cells.

        Args:
            until: ms.
            trains: times (ms) and numbers of the sources, counted from 0.
            seed: of the random trains.

        Raises:
            PremotorError: a source that there is not, or a time that is not a number from 0 on.
        """
        state = self.start(trains, seed=seed)
        times, cells = [np.empty(0)], [np.empty(0, np.int32)]
        for end in np.append(np.arange(CHUNK, until, CHUNK), until):
            self.advance(self.wiring, state, float(end))
            count = state.cursor[SPIKES]
            times.append(state.spike_time[:count].copy())
            cells.append(state.spike_cell[:count].copy())
            state.cursor[SPIKES] = state.cursor[COUNTED] = 0
        return np.concatenate(times), np.concatenate(cells)


def _trains(
    network: SpikingNetwork, trains: tuple[ArrayLike, ArrayLike] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    if trains is None:
        return np.empty(0), np.empty(0, np.int64)
    time, source = np.asarray(trains[0], np.float64), np.asarray(trains[1], np.int64)
    if time.shape != source.shape or time.ndim != 1:
        raise PremotorError(f"trains have {time.shape} times and {source.shape} sources; one of each is needed")
    if not (np.isfinite(time) & (time >= 0)).all():
        raise PremotorError("a spike of a source is not at a time from 0 ms on")
    wrong = source[(source < 0) | (source >= network.sources)]
    if len(wrong):
        raise PremotorError(f"trains name the source {wrong[0]}; there are {network.sources}, counted from 0")
    order = np.argsort(time, kind="stable")
    return time[order], source[order] + network.cells
