"""Find the source of salt as a worm: what the tip of its head tastes while it crawls tells where."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import draw_worm_on_plate
from premotor.tasks.base import Records, UndulationParts
from premotor.tasks.environment import Outcome, Start, View
from premotor.tasks.settings import TASKS, WormChemotaxisSettings
from premotor.tasks.worm import WormCrawlTask, WormMemory

SALT = ("salt_rise", "salt_fall")
"""What ASEL and ASER feel; 1 is what a worm feels that crawls straight up or down a gradient at `PACE`."""
PACE = 0.2
"""mm/s"""


class SaltMemory(NamedTuple):
    """What an episode carries along: that of crawling, and the salt."""

    command: Float[Array, ""]
    middle: Float[Array, "2"]
    speed: Float[Array, ""]
    source: Float[Array, "2"]
    """Where the source is, mm."""
    distance: Float[Array, ""]
    """From the tip of the head to the source at the start, mm."""
    quick: Float[Array, ""]
    """Concentration at the tip of the head, followed with the time constant `smoothing`."""
    slow: Float[Array, ""]
    """The same with `adaptation`."""


@TASKS.register("worm-chemotaxis")
class WormChemotaxisTask(WormCrawlTask):
    """Crawl forward to a source of salt that lies in a random direction.

    Observation: that of `WormCrawlTask`, and `SALT`. Concentration falls with the distance from the source, by 1 a mm
    on a cone (as in Izquierdo & Lockery 2010), or, where `gradient` is `gaussian`, by at most as much. What is felt is
    its rate of change at the tip of the head, the difference of two low-passes (`smoothing`, `adaptation`); rises and
    falls are two channels, since ASEL answers to the first and ASER to the second (Suzuki et al. 2008). How quick they
    are is assumed. Reward as in `WormCrawlTask`, and salt · (1 − d / d₀), of the distance from the source, less what
    coiling costs: `coiling` times how far the body's direction differs along it beyond `bent`.
    """

    settings_type: ClassVar[type[WormChemotaxisSettings]] = WormChemotaxisSettings
    settings: WormChemotaxisSettings
    seeks = True

    def __init__(self, settings: WormChemotaxisSettings | None = None):
        super().__init__(settings or self.settings_type())
        self.observation_names = (*self.observation_names, *SALT)

    def concentration(self, distance: Float[Array, "..."]) -> Float[Array, "..."]:
        """At distances from the source, mm; the steepest gradient is 1 a mm."""
        if self.settings.gradient == "conical":
            return -distance
        width = self.settings.width
        return width * jnp.exp(0.5 - 0.5 * (distance / width) ** 2)

    def start(self, key: PRNGKeyArray) -> Start:
        """As in crawling; distance and direction of the source are drawn."""
        start = super().start(key)
        far, where = jax.random.split(jax.random.fold_in(key, 1))
        low, high = self.settings.distance
        distance = jax.random.uniform(far, minval=low, maxval=high)
        angle = jax.random.uniform(where, maxval=2 * jnp.pi)
        source = start.qpos[self._root[:2]] + distance * jnp.stack([jnp.cos(angle), jnp.sin(angle)])
        felt = self.concentration(distance)
        crawl: WormMemory = start.memory
        memory = SaltMemory(crawl.command, crawl.middle, crawl.speed, source, distance, felt, felt)
        return start._replace(memory=memory)

    def observe(self, view: View, memory: SaltMemory) -> Float[Array, " observations"]:
        """Bends, commands and salt."""
        change = self._change(memory).astype(view.qpos.dtype)
        salt = jnp.stack([jnp.maximum(change, 0), jnp.maximum(-change, 0)])
        return jnp.concatenate([super().observe(view, memory), salt])

    def advance(self, view: View, memory: SaltMemory, action: Float[Array, " actions"]) -> Outcome:
        """Crawling, and how far it is from the source."""
        outcome = super().advance(view, memory, action)
        distance = jnp.linalg.norm(view.qpos[self._root[:2]] - memory.source)
        felt, period = self.concentration(distance), self.control_period
        quick, slow = (
            past - jnp.expm1(-period / time) * (felt - past)
            for past, time in ((memory.quick, self.settings.smoothing), (memory.slow, self.settings.adaptation))
        )
        angles = jnp.cumsum(jnp.concatenate([jnp.zeros(1), view.qpos[self._bends]]))
        beyond = jnp.maximum(angles.max() - angles.min() - self.settings.bent, 0)
        terms = outcome.terms | {
            "salt": self.settings.salt * (1 - distance / memory.distance),
            "coiling": -self.settings.coiling * beyond,
        }
        return Outcome(outcome.memory._replace(quick=quick, slow=slow), terms, outcome.terminated)

    def recorded(self, memory: SaltMemory) -> dict[str, Array]:
        """The command, mm/s, where the source is, and what is felt: rises positive, falls negative."""
        return {"command": memory.command, "source": memory.source, "salt": self._change(memory)}

    def frames(
        self, records: Records, rows: Sequence[int], captions: Sequence[str] = (), seed: int = 0
    ) -> Iterator[np.ndarray]:
        """The first episode from above: its path, the source, and circles of equal concentration."""
        return draw_worm_on_plate(
            records["qpos"][:, 0], rows, records["source"][0, 0], captions, region=self.settings.region
        )

    def undulation_parts(self, records: Records) -> UndulationParts:
        """As of crawling, and where the source is."""
        return super().undulation_parts(records)._replace(source=records["source"][0], region=self.settings.region)

    def _change(self, memory: SaltMemory) -> Array:
        """Rate of change that is felt, in units of crawling straight up at `PACE`."""
        return (memory.quick - memory.slow) / ((self.settings.adaptation - self.settings.smoothing) * PACE)
