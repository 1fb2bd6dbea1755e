"""Be touched as a worm: away from a touch at the head or at the tail, whatever it did before."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import draw_worm
from premotor.tasks.base import Records, UndulationParts
from premotor.tasks.environment import Outcome, Start, View
from premotor.tasks.settings import TASKS, WormTouchSettings
from premotor.tasks.worm import WormCrawlTask, WormMemory

TOUCHES = ("touch_front", "touch_tail")
"""1 while that end is touched, else 0."""
MOVES = 0.05
"""Least speed that counts as going somewhere, mm/s."""


class TouchMemory(NamedTuple):
    """What an episode carries along: that of crawling, and the touch."""

    command: Float[Array, ""]
    """What the worm does by itself, body lengths a second; negative is backward."""
    middle: Float[Array, "2"]
    speed: Float[Array, ""]
    front: Float[Array, ""]
    """1: the head is touched; 0: the tail is."""
    onset: Float[Array, ""]
    """When, s."""
    time: Float[Array, ""]
    """Since the start, s."""


@TASKS.register("worm-touch")
class WormTouchTask(WormCrawlTask):
    """Go by itself, forward or backward, and away from a touch.

    Observation: that of `WormCrawlTask`, whose commands stand for what the worm does by itself and do not change, and
    `TOUCHES`. A touch lasts `touch` s. Reward as in `WormCrawlTask`, with the speed away from the touched end as the
    command while it lasts. Of the four kinds of episode (forward or backward, head or tail) two ask for a turn.
    """

    settings_type: ClassVar[type[WormTouchSettings]] = WormTouchSettings
    settings: WormTouchSettings

    def __init__(self, settings: WormTouchSettings | None = None):
        super().__init__(settings or self.settings_type())
        self.observation_names = (*self.observation_names, *TOUCHES)

    def start(self, key: PRNGKeyArray) -> Start:
        """As in crawling; where and when the touch comes is drawn."""
        start = super().start(key)
        where, when = jax.random.split(jax.random.fold_in(key, 1))
        low, high = self.settings.onset
        front = (jax.random.uniform(where) < 0.5).astype(float)
        onset = jax.random.uniform(when, minval=low, maxval=high)
        crawl: WormMemory = start.memory
        memory = TouchMemory(crawl.command, crawl.middle, crawl.speed, front, onset, jnp.zeros(()))
        return start._replace(memory=memory)

    def observe(self, view: View, memory: TouchMemory) -> Float[Array, " observations"]:
        """Bends, commands and touches."""
        touched = self._touched(memory).astype(view.qpos.dtype)
        touches = jnp.stack([memory.front * touched, (1 - memory.front) * touched])
        return jnp.concatenate([super().observe(view, memory), touches])

    def advance(self, view: View, memory: TouchMemory, action: Float[Array, " actions"]) -> Outcome:
        """Speed against what is wanted now."""
        away = jnp.abs(memory.command) * (1 - 2 * memory.front)
        wanted = jnp.where(self._touched(memory), away, memory.command)
        outcome = super().advance(view, memory._replace(command=wanted), action)
        after = outcome.memory._replace(command=memory.command, time=memory.time + self.control_period)
        return outcome._replace(memory=after)

    def recorded(self, memory: TouchMemory) -> dict[str, Array]:
        """What it does by itself, the touch, and the mean speed of the last second, mm/s."""
        return {
            "command": memory.command,
            "front": memory.front,
            "onset": memory.onset,
            "mean_speed": memory.speed,
        }

    def undulation_parts(self, records: Records) -> UndulationParts:
        """As of crawling, and when a touch changes what is wanted."""
        onset = records["onset"][0]
        touched = np.stack([onset, onset + self.settings.touch], 1)
        return super().undulation_parts(records)._replace(touched=touched)

    def frames(
        self, records: Records, rows: Sequence[int], captions: Sequence[str] = (), seed: int = 0
    ) -> Iterator[np.ndarray]:
        """The first episode from above, with a mark where it is touched."""
        onset, front = float(records["onset"][0, 0]), bool(records["front"][0, 0] > 0.5)
        time = np.arange(len(records["qpos"])) * self.control_period
        felt = (time >= onset) & (time < onset + self.settings.touch)
        return draw_worm(records["qpos"][:, 0], rows, captions, touched=np.where(felt, 1 if front else -1, 0))

    def metrics(self, records: Records) -> dict[str, float]:
        """How often it goes away from the touch, after it has gone as it should before.

        `reverses` are such episodes among those with the head touched while it went forward, `advances` among those
        with the tail touched while it went backward, `goes_on` among all others; `score` among all. `before` are those
        that went as they should before the touch, also of those forward and backward alone (`before_forward`, …).
        """
        command, front, onset = records["command"], records["front"][0] > 0.5, records["onset"][0]
        last = len(records["mean_speed"]) - 1
        begins = np.ceil(onset / self.control_period).astype(int)
        ends = np.minimum(np.floor((onset + self.settings.touch) / self.control_period).astype(int), last)
        speed, episodes = records["mean_speed"], np.arange(len(command))
        before, after = speed[np.minimum(begins, last), episodes], speed[ends, episodes]
        went = np.sign(command) * before >= MOVES
        good = went & (np.where(front, -1, 1) * after >= MOVES)
        kinds = {"reverses": front & (command > 0), "advances": ~front & (command < 0)}
        kinds["goes_on"] = ~(kinds["reverses"] | kinds["advances"])
        found = {name: float(good[chosen].mean()) for name, chosen in kinds.items() if chosen.any()}
        for way, chosen in (("forward", command > 0), ("backward", command < 0)):
            found |= {f"before_{way}": float(went[chosen].mean())} if chosen.any() else {}
        found |= {"before": float(went.mean()), "speed_before": float((np.sign(command) * before).mean())}
        return super().metrics(records) | found | {"score": float(good.mean())}

    def _touched(self, memory: TouchMemory) -> Array:
        return (memory.time >= memory.onset) & (memory.time < memory.onset + self.settings.touch)
