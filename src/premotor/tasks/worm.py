"""Crawl as a worm: at a commanded speed, forward or backward."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from premotor.bodies import Body, between_media, build_body, build_worm, draw_worm
from premotor.errors import PremotorError
from premotor.on_device import PyTree
from premotor.tasks.base import Records, UndulationParts
from premotor.tasks.environment import Outcome, PhysicsTask, Start, View
from premotor.tasks.settings import TASKS, WormCrawlSettings

COMMANDS = ("command_forward", "command_backward")
"""1 for what is commanded, 0 for the other."""
AVERAGED = 1.0
"""Time constant of the speed that is rewarded, s: half a cycle and more."""
START = 0.2
"""Amplitude of the wave in which an episode starts, rad a joint."""


class WormMemory(NamedTuple):
    """What an episode carries along."""

    command: Float[Array, ""]
    """Speed, body lengths a second; negative is backward."""
    middle: Float[Array, "2"]
    """Of the body, mm."""
    speed: Float[Array, ""]
    """Mean of the last second, mm/s."""


@TASKS.register("worm-crawl")
class WormCrawlTask(PhysicsTask):
    """Crawl in a plane at a commanded speed along the body's own axis.

    Observation: the bends of the joints from head to tail (rad, dorsal positive), and `COMMANDS`. Action: each muscle's
    activation, [−1, 1] spanning 0 to 1. Reward in a step: |command| − |mean speed − command| − bending · mean |bend
    rate|. Nothing ends an episode early.
    Starts: at rest in a wave of random phase that would suit no direction, heading anywhere. `memory` is a
    `WormMemory`, or that of a task which remembers more beside.
    """

    settings_type: ClassVar[type[WormCrawlSettings]] = WormCrawlSettings
    settings: WormCrawlSettings
    undulates = True

    def __init__(self, settings: WormCrawlSettings | None = None):
        settings = settings or self.settings_type()
        super().__init__(settings, self._built(settings))
        self.commanded_speeds = settings.speed
        body = self.body
        self.action_names = tuple(name for name in body.actuator_names if name.startswith("M"))
        self.observation_names = (*body.task_joints, *COMMANDS)
        self._bends = body.qpos_index(body.task_joints)
        self._rates = body.qvel_index(body.task_joints)
        self._root = body.qpos_index(("root_x", "root_y", "root_yaw"))
        self._idle = body.model.nu - len(self.action_names)

    @staticmethod
    def _built(settings: WormCrawlSettings) -> Body:
        """The body of these settings."""
        if settings.medium is None:
            return build_body(settings.body)
        if settings.body != "worm":
            raise PremotorError(f"task.medium is {settings.medium:g}, which is for the body worm, not {settings.body}")
        return build_worm(medium=between_media(settings.medium))

    def start(self, key: PRNGKeyArray) -> Start:
        """A standing wave of random phase and length, at rest; forward or backward by chance."""
        keys = jax.random.split(key, 4)
        joints = jnp.arange(len(self._bends))
        phase, yaw = jax.random.uniform(keys[0], (2,), maxval=2 * jnp.pi)
        length = jax.random.uniform(keys[1], minval=0.5, maxval=1.0) * (len(joints) + 1)
        qpos = jnp.zeros(self.body.model.nq).at[self._bends].set(START * jnp.sin(2 * jnp.pi * joints / length + phase))
        qpos = qpos.at[self._root[2]].set(yaw)
        speed = jax.random.uniform(keys[2], minval=self.settings.speed[0], maxval=self.settings.speed[1])
        command = jnp.where(jax.random.uniform(keys[3]) < self.settings.backward, -speed, speed)
        memory = WormMemory(command, self._middle(qpos)[0], jnp.zeros(()))
        return Start(qpos, jnp.zeros(self.body.model.nv), memory)

    def observe(self, view: View, memory: PyTree) -> Float[Array, " observations"]:
        """Bends and commands."""
        told = jnp.stack([memory.command > 0, memory.command < 0]).astype(view.qpos.dtype)
        return jnp.concatenate([view.qpos[self._bends], told])

    def control(self, action: Float[Array, " actions"]) -> Float[Array, " actuators"]:
        """Activations' goals, [−1, 1] spanning 0 to 1; drag is not controlled."""
        return jnp.concatenate([0.5 * (jnp.clip(action, -1, 1) + 1), jnp.zeros(self._idle)])

    def advance(self, view: View, memory: PyTree, action: Float[Array, " actions"]) -> Outcome:
        """Speed along the body's axis against the command, and what bending costs."""
        middle, heading = self._middle(view.qpos)
        velocity = (middle - memory.middle) @ heading / self.control_period
        speed = memory.speed + self.control_period / AVERAGED * (velocity - memory.speed)
        terms = {
            "speed": jnp.abs(memory.command) - jnp.abs(speed - memory.command),
            "bending": -self.settings.bending * jnp.abs(view.qvel[self._rates]).mean(),
        }
        return Outcome(memory._replace(middle=middle, speed=speed), terms, jnp.asarray(False))

    def recorded(self, memory: PyTree) -> dict[str, Array]:
        """The command, mm/s."""
        return {"command": memory.command}

    def frames(
        self, records: Records, rows: Sequence[int], captions: Sequence[str] = (), seed: int = 0
    ) -> Iterator[np.ndarray]:
        """The first episode from above."""
        return draw_worm(records["qpos"][:, 0], rows, captions)

    def undulation_parts(self, records: Records) -> UndulationParts:
        """Head, heading and bends; a worm is 1 mm long."""
        root = records["qpos"][..., self._root]
        return UndulationParts(root[..., :2], root[..., 2], records["qpos"][..., self._bends], records["command"])

    def metrics(self, records: Records) -> dict[str, float]:
        """Distance between the first and the last place of the head, mm; the rest is `undulation_parts`."""
        way = records["qpos"][-1][:, self._root[:2]] - records["qpos"][0][:, self._root[:2]]
        return {"distance": float(np.linalg.norm(way, axis=1).mean())}

    def _middle(self, qpos: Array) -> tuple[Array, Array]:
        """Middle of the body (mm) and the direction that it heads for."""
        yaw = qpos[self._root[2]]
        angles = yaw + jnp.concatenate([jnp.zeros(1), jnp.cumsum(qpos[self._bends])])
        steps = jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1) / len(angles)
        middle = qpos[self._root[:2]] + (jnp.cumsum(steps, 0) - 0.5 * steps).mean(0)
        axis = -steps.mean(0)
        return middle, axis / (jnp.linalg.norm(axis) + 1e-9)
