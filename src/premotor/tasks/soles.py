"""How high the ends of the feet of a planar body are."""

import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float

from premotor.bodies import Body
from premotor.errors import PremotorError

SLIDE, HINGE = int(mujoco.mjtJoint.mjJNT_SLIDE), int(mujoco.mjtJoint.mjJNT_HINGE)


class Soles:
    """Heights of heels and toes from the pose alone, by the chain of bodies from the root to each foot.

    Args:
        body: whose root slides in the plane of x and z, and whose joints turn about y.

    Raises:
        PremotorError: it has other joints, or a foot is no capsule.
    """

    def __init__(self, body: Body):
        model = body.model
        self._model = model
        self._ends: list[tuple[list[int], np.ndarray]] = []
        for foot in body.feet:
            geom = model.geom(foot)
            if geom.type[0] != mujoco.mjtGeom.mjGEOM_CAPSULE:
                raise PremotorError(f"reward.feet: the foot {foot} of the body {body.name} is no capsule")
            chain: list[int] = []
            at = int(geom.bodyid[0])
            while at:
                chain.insert(0, at)
                at = int(model.body_parentid[at])
            axis = np.zeros(9)
            mujoco.mju_quat2Mat(axis, geom.quat)
            half = axis.reshape(3, 3)[:, 2] * geom.size[1]
            self._ends += [(chain, (geom.pos + sign * half)[[0, 2]]) for sign in (-1, 1)]
        self._radius = [float(model.geom(foot).size[0]) for foot in body.feet for _ in (-1, 1)]
        for joint in range(model.njnt):
            kind, axis = int(model.jnt_type[joint]), np.abs(model.jnt_axis[joint])
            flat = kind == SLIDE and axis[1] == 0 or kind == HINGE and axis[1] == 1
            if not flat or model.jnt_pos[joint].any():
                raise PremotorError(f"reward.feet: the body {body.name} is not planar ({model.joint(joint).name})")

    def heights(self, qpos: Float[Array, " positions"]) -> Float[Array, " ends"]:
        """Of both ends of each foot above the ground, m; the soles of one that touches it are at 0."""
        model, found = self._model, []
        for (chain, end), radius in zip(self._ends, self._radius, strict=True):
            height, angle = jnp.zeros(()), jnp.zeros(())  # angle about y, which turns z towards x
            for link in chain:
                x, _, z = model.body_pos[link]
                height += jnp.cos(angle) * z - jnp.sin(angle) * x
                for joint in range(model.body_jntadr[link], model.body_jntadr[link] + model.body_jntnum[link]):
                    at, axis = model.jnt_qposadr[joint], model.jnt_axis[joint]
                    moved = qpos[at] - model.qpos0[at]
                    if model.jnt_type[joint] == SLIDE:
                        height += float(axis[2]) * moved
                    else:
                        angle += float(axis[1]) * moved
            height += jnp.cos(angle) * float(end[1]) - jnp.sin(angle) * float(end[0])
            found.append(height - radius)
        return jnp.stack(found)
