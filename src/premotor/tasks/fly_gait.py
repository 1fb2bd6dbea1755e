"""A tripod gait for the fly, made from the published kinematics of walking flies.

Flies walk faster by taking longer strides more often. The swing of a leg lasts nearly the same at all speeds while
the stance gets shorter (Strauss and Heisenberg 1990, *J. Comp. Physiol. A* 167; Mendes et al. 2013, *eLife* 2:e00231;
Wosnitza et al. 2013, *J. Exp. Biol.* 216; DeAngelis et al. 2019, *eLife* 8:e46409). `STRIDE_RATE` and `SWING` put
that into two numbers each, within the spread of these papers from 5 to 25 mm/s.

Front and hind leg of one side step together with the middle leg of the other: a tripod. In stance a foot stays where it
stands; in swing it returns in an arc. The joint angles follow by inverse kinematics on the body itself, as near to its
rest posture as can be.
"""

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from premotor.bodies import Body, build_fly, build_neuromechfly
from premotor.bodies.fly_parts import LEGS
from premotor.errors import PremotorError
from premotor.tasks.fly_settings import SPEEDS
from premotor.tasks.reference import ReferenceGait
from premotor.tasks.reference_files import save_reference

FLIES = {"fly": build_fly, "neuromechfly": build_neuromechfly}
"""Bodies of flies: (driven joints, time step in s, roughness of the ground in mm) → body."""
STRIDE_RATE = (6.5, 0.3)
"""Strides a second: at no speed, Hz, and more of them for each mm/s."""
SWING = 0.037
"""Time that a leg swings in every stride, s, but never more than half of it: one tripod always stands."""
LIFT = 0.5
"""Height of a foot in the middle of its swing, mm."""
FIRST_TRIPOD = ("lf", "rm", "lh")
"""The legs that touch down at phase 0; the others do half a stride later."""
SAG = 0.04
"""How much lower than with unloaded joints the fly stands, mm."""


@dataclass(frozen=True)
class FlyGaitFit:
    """How well the feet of a made gait keep to where they should be."""

    stance_error: float
    """Greatest distance of a foot in stance from where it stands, mm."""
    swing_error: float
    """Greatest distance of a foot in swing from its arc, mm."""
    excursion: float
    """Greatest angle of a joint away from rest, rad."""
    duty_factor: float
    """Fraction of the stride that a foot is on the ground."""

    def __str__(self) -> str:
        """One line in µm and degrees."""
        return (
            f"feet in stance within {self.stance_error * 1e3:.0f} µm and in swing within "
            f"{self.swing_error * 1e3:.0f} µm of their paths, joints within {np.rad2deg(self.excursion):.0f}° of "
            f"rest, duty factor {self.duty_factor:.2f}"
        )


def stride_rate(speed: float) -> float:
    """Strides a second at a speed in mm/s, Hz."""
    return STRIDE_RATE[0] + STRIDE_RATE[1] * speed


def make_fly_gait(
    speed: float = 15.0, joints: int = 18, phases: int = 100, body: str = "fly"
) -> tuple[ReferenceGait, FlyGaitFit]:
    """Make one stride of a tripod gait.

    Args:
        speed: mean forward speed, mm/s.
        joints: driven joints of the fly, 42, 18 or 12.
        phases: number of samples a stride; even.
        body: one of `FLIES`.

    Returns:
        the gait, with lengths in mm and the fly's joint names, and how well it fits.

    Raises:
        PremotorError: a speed outside 4 to 30 mm/s, an odd number of phases or one below 40, or other joints.
    """
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise PremotorError(f"speed is {speed} mm/s; allowed are {SPEEDS[0]:g} to {SPEEDS[1]:g} mm/s")
    if phases < 40 or phases % 2:
        raise PremotorError(f"phases is {phases}; allowed are even numbers from 40 on")
    model = FLIES[body](joints)
    period = 1 / stride_rate(speed)
    duty = max(1 - SWING / period, 0.5)
    cycle = np.arange(phases) / phases
    legs = _Feet(model)
    late = np.array([0.0 if leg in FIRST_TRIPOD else 0.5 for leg in LEGS])
    at = (cycle[:, None] - late) % 1.0
    contacts = at < duty
    paths = legs.standing + _offsets(at, duty, speed * duty * period)
    angles = legs.follow(paths)
    error = np.linalg.norm(legs.positions(angles) - paths, axis=2)
    rest = model.rest_pose[model.actuated_qpos]
    gait = ReferenceGait(
        joint_names=model.driven_joints,
        joint_angles=angles,
        hip_height=np.full(phases, legs.root[2]),
        hip_advance=np.zeros(phases),
        pitch=np.full(phases, legs.root[4]),
        feet=tuple(LEGS),
        contacts=contacts,
        speed=speed,
        stride_period=period,
        unit="mm",
    )
    fit = FlyGaitFit(
        stance_error=float(error[contacts].max()),
        swing_error=float(error[~contacts].max()),
        excursion=float(np.abs(angles - rest).max()),
        duty_factor=float(duty),
    )
    return gait, fit


def save_fly_gait(
    path: str | Path, speed: float = 15.0, joints: int = 18, phases: int = 100
) -> tuple[ReferenceGait, FlyGaitFit]:
    """Make a gait with `make_fly_gait` and write it as CSV with its origin; returns gait and fit."""
    gait, fit = make_fly_gait(speed, joints, phases)
    origin = (
        f"One stride of a tripod gait of the fly with {joints} joints at {speed:g} mm/s, made from published\n"
        "kinematics (Strauss and Heisenberg 1990; Mendes et al. 2013; Wosnitza et al. 2013; DeAngelis et al. 2019):\n"
        f"{fit}.\n"
        "Units: s, mm, rad; names as in premotor.bodies.fly, hip_x and hip_height of the thorax. The last row is the\n"
        "first, one stride later."
    )
    save_reference(gait, path, origin)
    return gait, fit


def _offsets(at: NDArray[np.float64], duty: float, step: float) -> NDArray[np.float64]:
    """Feet from where they stand at rest, seen from the thorax, (phases, legs, 3), mm; `step` long, mm."""
    stance = at / duty
    swing = np.clip((at - duty) / (1 - duty), 0, 1)
    back = np.where(at < duty, 0.5 - stance, -0.5 + 0.5 * (1 - np.cos(np.pi * swing)))
    lift = np.where(at < duty, 0.0, LIFT * np.sin(np.pi * swing))
    return np.stack([step * back, np.zeros_like(at), lift], axis=-1)


class _Feet:
    """Feet of a fly whose thorax stands still at the height and tilt at which it walks."""

    def __init__(self, body: Body) -> None:
        self.body, self.data = body, mujoco.MjData(body.model)
        self.root = body.rest_pose[:6]
        self.root[2] -= SAG
        self._geoms = [body.model.geom(f"{leg}_foot").id for leg in LEGS]
        self._rest = body.rest_pose[body.actuated_qpos]
        # A leg of pitch joints alone moves in a plane, and one of two joints on a surface: sideways, such a foot goes
        # where it has to.
        own = [[joint for joint in body.driven_joints if joint.startswith(leg)] for leg in LEGS]
        self._pull = 0.03 if len(self._rest) < 3 * len(LEGS) else 1e-4  # mm²/rad²
        free = [len(of) < 3 or all(joint.endswith("pitch") for joint in of) for of in own]
        self._weight = np.ones((len(LEGS), 3)) - np.outer(free, [0, 1, 0])
        self.standing = self.positions(self._rest[None])[0]
        self.standing[:, 2] = body.model.geom_size[self._geoms, 0]

    def positions(self, angles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Feet (…, legs, 3), mm, for joint angles (…, joints), rad."""
        return np.array([self._place(row) for row in angles])

    def _place(self, angles: NDArray[np.float64]) -> NDArray[np.float64]:
        self.data.qpos[:6], self.data.qpos[self.body.actuated_qpos] = self.root, angles
        mujoco.mj_kinematics(self.body.model, self.data)
        return self.data.geom_xpos[self._geoms].copy()

    def follow(self, paths: NDArray[np.float64]) -> NDArray[np.float64]:
        """Joint angles (phases, joints), rad, that put the feet on paths (phases, legs, 3), near the rest posture.

        Gauss–Newton steps on squared distances (mm²) and a pull towards rest, that of legs with two joints stronger.
        """
        model, columns = self.body.model, self.body.actuated_qvel
        angles, rows = self._rest.copy(), []
        low, high = self.body.joint_range.T
        slope = np.zeros((3, model.nv))
        for phase in (*paths[-4:], *paths):  # a run-up, so that the first pose is one of a walk
            for _ in range(12):
                miss = (self._weight * (phase - self._place(angles))).ravel()
                mujoco.mj_comPos(model, self.data)
                jacobian = np.empty((len(miss), len(columns)))
                for i, geom in enumerate(self._geoms):
                    mujoco.mj_jacGeom(model, self.data, slope, None, geom)
                    jacobian[3 * i : 3 * i + 3] = self._weight[i][:, None] * slope[:, columns]
                pull = self._pull * (self._rest - angles)
                normal = jacobian.T @ jacobian + self._pull * np.eye(len(columns))
                angles = np.clip(angles + np.linalg.solve(normal, jacobian.T @ miss + pull), low, high)
            rows.append(angles)
        return np.array(rows[4:])
