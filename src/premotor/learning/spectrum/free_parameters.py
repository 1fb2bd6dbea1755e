"""Which parameters of a network descent may change: all, shared by group, or a random subset."""

from collections.abc import Mapping
from operator import attrgetter

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from premotor.errors import PremotorError
from premotor.learning.spectrum.settings import FreedomSettings, TrainableSettings
from premotor.networks.base import SpectralNetwork, field_of

KINDS = ("weights", "gains", "shifts", "conductances", "time_constants")
"""Of parameters that can be free."""

Offsets = dict[str, Float[Array, " values"]]


class FreeNetwork(eqx.Module):
    """A network, and for each kind of parameter which value is added to each of its elements."""

    base: SpectralNetwork
    slots: dict[str, Int[Array, " elements"]]
    """Number of the value of each element; −1 where it stays as it is."""
    sizes: tuple[tuple[str, int], ...] = eqx.field(static=True)

    def offsets(self) -> Offsets:
        """Values of 0, where every descent begins."""
        return {
            kind: jnp.zeros(size, attrgetter(field_of(self.base, kind))(self.base).dtype) for kind, size in self.sizes
        }

    def network(self, offsets: Offsets) -> SpectralNetwork:
        """The network with the values added."""
        changed = self.base
        for kind, values in offsets.items():
            leaf = field_of(self.base, kind)
            padded = jnp.concatenate([values, jnp.zeros(1, values.dtype)])  # what slot −1 reads
            value = attrgetter(leaf)(self.base) + padded[self.slots[kind]]
            changed = eqx.tree_at(attrgetter(leaf), changed, value)
        return changed

    @property
    def parameters(self) -> int:
        """How many values there are."""
        return sum(size for _, size in self.sizes)


def free(
    network: SpectralNetwork,
    settings: TrainableSettings,
    groups: Mapping[str, np.ndarray] | None = None,
    *,
    seed: int = 0,
) -> FreeNetwork:
    """A network with the freedom that settings give.

    Args:
        network: a `RandomRateNetwork` or `RateNetwork`.
        settings: what descent may change.
        groups: for each column that settings name, the group of each neuron, whole numbers (neurons,).
        seed: of the random subsets.

    Raises:
        PremotorError: nothing may change, the network has no such parameter, or a subset is larger than the whole.
    """
    slots: dict[str, np.ndarray] = {}
    sizes: dict[str, int] = {}
    for place, kind in enumerate(KINDS):
        freedom = getattr(settings, kind)
        if not freedom.train:
            continue
        size = attrgetter(field_of(network, kind))(network).shape[0]
        if not size:
            raise PremotorError(f"trainable.{kind} is on, but the network has no {kind}")
        slot = _shared(network, kind, freedom, groups or {})
        count = int(slot.max()) + 1
        if freedom.count is not None:
            if freedom.count > count:
                raise PremotorError(
                    f"trainable.{kind}.count is {freedom.count}, but there are {count} values to choose from"
                )
            chosen = np.full(count, -1)
            picked = np.random.default_rng([seed, place]).choice(count, freedom.count, replace=False)
            chosen[np.sort(picked)] = np.arange(freedom.count)
            slot, count = chosen[slot], freedom.count
        slots[kind], sizes[kind] = slot, count
    if not sizes:
        raise PremotorError(f"nothing is trained: switch on at least one of {', '.join(KINDS)} under trainable")
    if settings.budget is not None:
        slots, sizes = _within(settings.budget, slots, sizes, seed)
    return FreeNetwork(
        network, {kind: jnp.asarray(slot, jnp.int32) for kind, slot in slots.items()}, tuple(sizes.items())
    )


def _within(
    budget: int, slots: Mapping[str, np.ndarray], sizes: Mapping[str, int], seed: int
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """So many values of all kinds together; a kind that got none is left out."""
    total = sum(sizes.values())
    if budget > total:
        raise PremotorError(f"trainable.budget is {budget}, but there are {total} values to choose from")
    picked = np.sort(np.random.default_rng([seed, len(KINDS)]).choice(total, budget, replace=False))
    left: dict[str, np.ndarray] = {}
    counts: dict[str, int] = {}
    first = 0
    for kind, size in sizes.items():
        own = picked[(picked >= first) & (picked < first + size)] - first
        first += size
        if len(own):
            chosen = np.full(size + 1, -1)  # the last one is for the slot −1
            chosen[own] = np.arange(len(own))
            left[kind], counts[kind] = chosen[slots[kind]], len(own)
    return left, counts


def _shared(
    network: SpectralNetwork, kind: str, freedom: FreedomSettings, groups: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Number of the value of each element when none is left out."""
    size = attrgetter(field_of(network, kind))(network).shape[0]
    if freedom.by is None:
        return np.arange(size)
    if freedom.by not in groups:
        raise PremotorError(f"trainable.{kind}.by is {freedom.by!r}, which no group of neurons was given for")
    group = np.asarray(groups[freedom.by])
    if kind == "weights":
        group = group[np.asarray(network.pre)] * (int(group.max()) + 1) + group[np.asarray(network.post)]
    elif kind == "conductances":
        ends = np.sort(
            [
                group[np.asarray(attrgetter("junction_a")(network))],
                group[np.asarray(attrgetter("junction_b")(network))],
            ],
            axis=0,
        )
        group = ends[0] * (int(group.max()) + 1) + ends[1]
    return np.unique(group, return_inverse=True)[1]
