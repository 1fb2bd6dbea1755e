"""A leg that hops on the spot: small enough for MJX to compile in seconds, with a contact, a limit and a weak servo."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from premotor.bodies import Body, mjcf_body
from premotor.tasks import Outcome, PhysicsTask, PhysicsTaskSettings, Start, View

MJCF = """
<mujoco model="hopper">
  <option timestep="0.005" integrator="implicitfast" iterations="10" ls_iterations="10"/>
  <default><geom contype="0" conaffinity="0"/></default>
  <worldbody>
    <geom name="ground" type="plane" size="0 0 1" contype="1"/>
    <body name="trunk" pos="0 0 0.6">
      <joint name="root_z" type="slide" axis="0 0 1"/>
      <geom type="sphere" size=".1" mass="4"/>
      <body name="leg">
        <joint name="knee" type="slide" axis="0 0 1" range="-0.15 0.15" limited="true" damping="5" armature=".1"/>
        <geom name="foot" type="sphere" pos="0 0 -.5" size=".05" mass=".5" conaffinity="1" solref=".02 1"/>
        <site name="foot" pos="0 0 -.5" size=".08"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <position name="knee" joint="knee" kp="800" kv="20" ctrlrange="-.15 .15" forcerange="-90 90"/>
  </actuator>
  <sensor><touch name="foot" site="foot"/></sensor>
</mujoco>
"""


def hopper() -> Body:
    return mjcf_body("hopper", MJCF, feet=("foot",))


class Memory(NamedTuple):
    speed: Array
    action: Array


class Hopper(PhysicsTask):
    """Go up; an episode ends in a crouch, or after `seconds`."""

    def __init__(self, seconds: float = 0.3, settle: float = 0.0):
        super().__init__(PhysicsTaskSettings(kind="hopper", seconds=seconds, settle=settle), hopper())
        self.observation_names = ("height", "knee", "rise", "knee_speed", "contact")

    def start(self, key: Array) -> Start:
        height, knee = jax.random.uniform(key, (2,), minval=-0.05, maxval=0.05)
        qpos = jnp.stack([height, knee])
        return Start(qpos, jnp.zeros(2), Memory(jnp.zeros(()), jnp.zeros(1)))

    def observe(self, view: View, memory: Memory) -> Array:
        return jnp.concatenate([view.qpos, view.qvel, view.sensors / 50])

    def control(self, action: Array) -> Array:
        return 0.15 * jnp.clip(action, -1, 1)

    def advance(self, view: View, memory: Memory, action: Array) -> Outcome:
        speed = memory.speed + 0.2 * (view.qvel[0] - memory.speed)
        terms = {"rise": speed, "effort": -0.1 * ((action - memory.action) ** 2).sum()}
        return Outcome(Memory(speed, action), terms, view.qpos[0] < -0.13)

    def metrics(self, records: dict) -> dict[str, float]:
        return {"score": float(records["alive"].mean())}
