"""Body, neurons and synapses as a scene of viser: what both the live page and a recorded one show."""

from typing import TYPE_CHECKING

import mujoco
import numpy as np

from premotor.errors import PremotorError
from premotor.view.layout import EXCITES, INHIBITS, UNKNOWN, activity_colours, group_colours, neuron_layout
from premotor.view.session import LiveSession

if TYPE_CHECKING:
    import viser

STRONGEST = 60
"""Synapses that are drawn of a chosen neuron, of each direction."""


class Scene:
    """What is drawn of a session.

    Args:
        server: of viser; the scene is added to it.
        session: what is shown.
        beside: another controller of the same body, shown behind it and kept beside it; its neurons are not shown.

    Raises:
        PremotorError: the other body is another one.
    """

    def __init__(self, server: "viser.ViserServer", session: LiveSession, beside: LiveSession | None = None):
        import trimesh
        from mjviser import ViserMujocoScene

        self.session, self.server, self.beside = session, server, beside
        body = session.body
        if beside is not None and beside.body.xml != body.xml:
            raise PremotorError(
                f"{beside.shown.name} has another body than {session.shown.name}; only controllers of one body stand "
                "side by side"
            )
        self._data = mujoco.MjData(body.model)
        self._body = ViserMujocoScene(server, body.model, 1 if beside is None else 2)
        self._refresh_pose(session)
        size = self.size = _extent(body.model, self._data)
        self._apart = np.array([-0.9 * size, 0.4 * size, 0.0])
        """From the body to the one beside it, m."""
        if beside is not None:
            above = np.array([0.0, 0.0, 0.75 * size])
            server.scene.add_label("/names/own", session.shown.name, position=above)
            server.scene.add_label("/names/beside", beside.shown.name, position=above + self._apart)
        scene = server.scene
        self._ground()
        scene.configure_environment_map(hdri=None)  # one by name would be fetched from the net
        scene.configure_default_lights(False)
        scene.add_light_ambient("/lights/ambient", intensity=1.4)
        scene.add_light_directional("/lights/sun", intensity=2.2, position=(1.0, -2.0, 3.0))
        # a body without feet may lie flat, and is seen from above
        server.initial_camera.position = (0.75 * size, -2.2 * size, (0.45 if body.feet else 1.3) * size)
        server.initial_camera.look_at = (0.75 * size, 0.0, -0.05 * size)
        shown = session.shown
        circuit = shown.circuit
        sides = [""] * session.neurons
        if circuit is not None and len(circuit) == session.neurons:
            sides = [str(side) for side in circuit.neurons["side"]]
        self.groups = list(shown.groups) or ["unit"] * session.neurons
        self.places = neuron_layout(self.groups, sides) * size * 0.6 + np.array([0.95, 0.25, 0.25]) * size
        self._full = group_colours(self.groups)
        self._low, self._high = np.full(session.neurons, np.inf), np.full(session.neurons, -np.inf)
        radius = 0.02 * size * min(1.0, np.sqrt(300 / session.neurons))
        ball = trimesh.creation.icosphere(subdivisions=1, radius=radius)
        still = np.tile([1.0, 0.0, 0.0, 0.0], (session.neurons, 1))
        self.neurons = server.scene.add_batched_meshes_simple(
            "/neurons",
            np.asarray(ball.vertices),
            np.asarray(ball.faces),
            still,
            self.places,
            batched_colors=activity_colours(np.zeros(session.neurons), self._full, session.silenced),
            cast_shadow=False,
            receive_shadow=False,
            lod="off",
        )
        for name in dict.fromkeys(self.groups):
            here = self.places[[i for i, group in enumerate(self.groups) if group == name]]
            top = np.array([here[:, 0].mean(), here[:, 1].mean(), self.places[:, 2].max() + 0.08 * size])
            server.scene.add_label(f"/groups/{name}", name, position=top)
        self.chosen: int | None = None
        self._edges = session.controller.network.edges()

    def _ground(self) -> None:
        """A dark ground in place of a white one, with lines at a distance that suits the body."""
        model = self.session.body.model
        for number in np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE):
            parent = model.body(int(model.geom_bodyid[number])).name
            self.server.scene.add_grid(
                f"/fixed_bodies/{parent}/{model.geom(int(number)).name}",
                infinite_grid=True,
                fade_distance=20 * self.size,
                cell_size=float(10 ** np.round(np.log10(self.size / 3))),
                section_size=5 * float(10 ** np.round(np.log10(self.size / 3))),
                cell_color=(60, 64, 74),
                section_color=(90, 96, 110),
                plane_color=(30, 33, 40),
                plane_opacity=1.0,
                shadow_opacity=0.3,
                position=model.geom_pos[number],
                wxyz=model.geom_quat[number],
            )

    def _refresh_pose(self, session: LiveSession) -> None:
        physics = session.environment.physics
        self._data.qpos[:], self._data.qvel[:] = physics.qpos[0], physics.qvel[0]
        mujoco.mj_kinematics(self.session.body.model, self._data)
        mujoco.mj_camlight(self.session.body.model, self._data)

    def _draw_bodies(self) -> None:
        """The body in the middle, the other one beside it, however far each has come."""
        if self.beside is None:
            self._refresh_pose(self.session)
            self._body.update_from_mjdata(self._data)
            return
        places, turns = [], []
        for each in (self.beside, self.session):
            self._refresh_pose(each)
            places.append(self._data.xpos.copy())
            turns.append(self._data.xmat.reshape(-1, 3, 3).copy())
        other, own = places
        root = next(i for i in range(1, len(own)) if self.session.body.model.body_dofnum[i])
        other[1:, :2] += own[root, :2] - other[root, :2]
        other[1:] += self._apart
        self._body.update_from_arrays(np.stack([own, other]), np.stack(turns[::-1]), env_idx=0)

    def update(self) -> None:
        """Draw the present state."""
        session = self.session
        self._draw_bodies()
        rates = session.rates
        self._low, self._high = np.minimum(self._low, rates), np.maximum(self._high, rates)
        span = np.where(self._high > self._low, self._high - self._low, 1.0)
        level = ((rates - self._low) / span) ** 2  # so that the busiest stand out
        colours = activity_colours(level, self._full, session.silenced)
        if self.chosen is not None:
            colours[self.chosen] = (255, 255, 255)
        self.neurons.batched_colors = colours

    def choose(self, neuron: int | None) -> None:
        """Draw the synapses of a neuron, or those of none."""
        self.chosen = neuron
        edges = self._edges
        if neuron is None or not len(edges.pre):
            self.server.scene.add_line_segments("/synapses", np.zeros((0, 2, 3)), (0, 0, 0), visible=False)
            return
        picked: list[int] = []
        for mine in (edges.pre, edges.post):
            own = np.flatnonzero(mine == neuron)
            picked += list(own[np.argsort(-np.abs(edges.weight[own]), kind="stable")[:STRONGEST]])
        ends = np.stack([self.places[edges.pre[picked]], self.places[edges.post[picked]]], 1)
        signs = np.sign(edges.weight[picked])
        colours = np.array([{1: EXCITES, -1: INHIBITS}.get(int(sign), UNKNOWN) for sign in signs])
        both = np.repeat(colours.reshape(-1, 1, 3), 2, axis=1)
        both[:, 0] //= 3  # dark at the presynaptic end, bright where it arrives
        self.server.scene.add_line_segments("/synapses", ends, both, thickness=2.0, thickness_units="screen")


def _extent(model: "mujoco.MjModel", data: "mujoco.MjData") -> float:
    """About half the height of what moves, in the body's unit of length."""
    moving = [i for i in range(model.ngeom) if model.geom_bodyid[i] and model.geom_rgba[i, 3] > 0]
    points = data.geom_xpos[moving]
    reach = float(np.ptp(points, axis=0).max()) if len(moving) > 1 else 0.0
    return max(reach, float(np.max(model.geom_rbound[moving]) if moving else 1.0))
