"""Crawl and swim: as a worm in a medium that each episode draws and that nothing senses."""

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import Body, build_worm, drag_controls, tendon_lengths
from premotor.on_device import on_device
from premotor.tasks.base import Records, UndulationParts
from premotor.tasks.environment import Outcome, Start, View
from premotor.tasks.settings import TASKS, WormCrawlSettings, WormMediaSettings
from premotor.tasks.worm import WormCrawlTask, WormMemory

BEYOND = 0.25
"""Media are drawn from a range so much wider at either end and then put at that end, where worms have been measured."""


class MediumMemory(NamedTuple):
    """What an episode carries along: that of crawling, and the medium."""

    command: Float[Array, ""]
    """Speed, body lengths a second; negative is backward."""
    middle: Float[Array, "2"]
    speed: Float[Array, ""]
    medium: Float[Array, ""]
    """0 is water, 1 is agar."""
    activation: Float[Array, " muscles"]
    """Of each muscle, 0 to 1."""


@TASKS.register("worm-media")
class WormMediaTask(WormCrawlTask):
    """`WormCrawlTask` in a medium that is drawn for each episode: a sixth at either end of `media`, else evenly.

    Both drags are geometric between water and agar (`between_media`). Nothing tells the worm its medium but how its
    body bends, and the commanded speed depends on the medium (`by_medium`). Besides the rate of bending, the muscles'
    effort costs: the mean square over joints of their net torque, in rad of bend that it would hold at rest. The torque
    against drag rises with the wavelength and that against elasticity falls with it, so that a given speed takes least
    effort in short waves on agar and in long ones in water.
    """

    settings_type: ClassVar[type[WormMediaSettings]] = WormMediaSettings
    settings: WormMediaSettings

    def __init__(self, settings: WormMediaSettings | None = None):
        super().__init__(settings or self.settings_type())
        body, model = self.body, self.body.model
        muscles = [body.actuator(name) for name in self.action_names]
        # lengths are linear in the bends: a muscle's pull turns a joint by what the joint changes of its length
        arms = np.stack([np.diff(tendon_lengths(body, name, [0, 1]), axis=0)[0] for name in body.task_joints])
        stiffness = model.jnt_stiffness[[body.joint_names.index(name) for name in body.task_joints]]
        pulls = arms[:, model.actuator_trnid[muscles, 0]] * model.actuator_gainprm[muscles, 0]
        self._holds = on_device(pulls / stiffness[:, None], np.float32)
        self._follows = float(-np.expm1(-self.control_period / model.actuator_dynprm[muscles[0], 0]))

    def start(self, key: PRNGKeyArray) -> Start:
        """As in crawling; the medium is drawn."""
        start = super().start(key)
        low, high = self.settings.media
        beyond = BEYOND * (high - low)
        medium = jax.random.uniform(jax.random.fold_in(key, 1), minval=low - beyond, maxval=high + beyond)
        medium = jnp.clip(medium, low, high)
        crawl: WormMemory = start.memory
        factors = jnp.asarray(self.settings.by_medium)
        factor = jnp.interp(medium, jnp.linspace(0, 1, len(factors)), factors)
        rest = jnp.zeros(len(self.action_names))
        return start._replace(memory=MediumMemory(factor * crawl.command, crawl.middle, crawl.speed, medium, rest))

    def drive(self, action: Float[Array, " actions"], memory: MediumMemory) -> tuple[Array, Array | None]:
        """Activations' goals, and the drags of the episode's medium."""
        return self.control(action).at[len(self.action_names) :].set(drag_controls(memory.medium)), None

    def advance(self, view: View, memory: MediumMemory, action: Float[Array, " actions"]) -> Outcome:
        """As in crawling, and what effort costs."""
        outcome = super().advance(view, memory, action)
        goal = self.control(action)[: len(self.action_names)]
        activation = memory.activation + self._follows * (goal - memory.activation)
        effort = -self.settings.effort * ((self._holds @ activation) ** 2).mean()
        after = outcome.memory._replace(activation=activation)
        return Outcome(after, outcome.terms | {"effort": effort}, outcome.terminated)

    def recorded(self, memory: MediumMemory) -> dict[str, Array]:
        """The command, mm/s, and the medium."""
        return {"command": memory.command, "medium": memory.medium}

    def undulation_parts(self, records: Records) -> UndulationParts:
        """As of crawling, and the medium."""
        return super().undulation_parts(records)._replace(medium=records["medium"][0])

    @staticmethod
    def _built(settings: WormCrawlSettings) -> Body:
        """The planar worm, whose controls say its medium."""
        return build_worm(medium=None)
