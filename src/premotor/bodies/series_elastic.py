"""A motor that winds up a tendon with a spring in it (series-elastic actuation), in MuJoCo's own terms.

A spindle of radius r on the output of a gear N winds up the tendon. With the motor's resistance R, torque constant
k_t, back-EMF constant k_e, and the gear's efficiency η, and with the inductance neglected, a voltage V gives the
tendon the force (the motor's current times what turns it into force)

    F = η N k_t (V − k_e N ṡ / r) / (R r),

s being the wound-up length, and the spring, which pulls and never pushes, answers with k · max(0, ℓ + s − ℓ₀), ℓ
being the length of the tendon's path and ℓ₀ that of the upright arm. So s is the position of a slide that carries the
beginning of the tendon away from the arm; its mass is the rotor's inertia as the tendon feels it, J N²/r². The
voltage-to-force factor is the actuator's gain, the back-EMF its damping.
"""

from typing import NamedTuple

import mujoco

RESISTANCE = 0.797
"""R, Ω."""
MOTOR_CONSTANT = 14.2e-3
"""k_t = k_e, N m/A = V s/rad."""
GEAR = 53.0
EFFICIENCY = 0.59
SPINDLE_RADIUS = 4.5e-3
"""r, m."""
VOLTAGE = 24.0
"""Largest, of either sign, V."""
STIFFNESS = 324.7
"""k, N/m."""
ROTOR_INERTIA = 4.2e-7
"""J, kg m²; not published for this arm: of the order of a 40 W motor. It settles within 3 ms in any case."""
TRAVEL = 0.6
"""Largest length that can be wound up or paid out, m: far beyond what a movement needs."""

FORCE_PER_VOLT = EFFICIENCY * GEAR * MOTOR_CONSTANT / (RESISTANCE * SPINDLE_RADIUS)
"""N/V, of a motor that stands still."""
BACK_EMF_DAMPING = FORCE_PER_VOLT * MOTOR_CONSTANT * GEAR / SPINDLE_RADIUS
"""N s/m: what a moving tendon loses of that force."""
FASTEST_WINDING = VOLTAGE * SPINDLE_RADIUS / (MOTOR_CONSTANT * GEAR)
"""m/s, without a load."""
REFLECTED_MASS = ROTOR_INERTIA * (GEAR / SPINDLE_RADIUS) ** 2
"""kg."""


class TendonPath(NamedTuple):
    """What a tendon runs along."""

    begin: str
    """Site."""
    wrap: tuple[str, str] | None
    """Shape that it runs over, and the site on its side."""
    end: str
    """Site."""


def follow(tendon: mujoco.MjsTendon, path: TendonPath) -> None:
    """Lay a spatial tendon along a path, after what it runs along already."""
    tendon.wrap_site(path.begin)
    if path.wrap is not None:
        tendon.wrap_geom(*path.wrap)
    tendon.wrap_site(path.end)


def add_motor(spec: mujoco.MjSpec, name: str, path: TendonPath, slack: float, stiffness: float) -> None:
    """Add a motor with its spindle (joint ``<name>_wound``), spring (tendon ``<name>_spring``) and actuator (`name`).

    Args:
        spec: has the sites and shapes of the path.
        name: of the actuator.
        path: of the tendon.
        slack: length of the path at which the spring is just slack while nothing is wound up, m.
        stiffness: of the spring, N/m.
    """
    begin = spec.site(path.begin)
    # At right angles to the plane in which the arm moves, so that neither gravity nor the arm's movement acts on it.
    spindle = begin.parent.add_body(name=f"{name}_spindle", pos=list(begin.pos))
    joint = spindle.add_joint(name=f"{name}_wound", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[0, -1, 0])
    joint.limited, joint.range = mujoco.mjtLimited.mjLIMITED_TRUE, [-TRAVEL, TRAVEL]
    joint.armature = REFLECTED_MASS  # the rotor turns: it is no mass that the arm would carry
    spindle.explicitinertial = True
    spindle.mass, spindle.inertia = 1e-6, [1e-9, 1e-9, 1e-9]
    away = 2 * TRAVEL
    spindle.add_site(name=f"{name}_spindle", pos=[0, -away, 0], group=4)
    spring = spec.add_tendon(name=f"{name}_spring", group=4)
    spring.wrap_site(f"{name}_spindle")
    follow(spring, path)
    spring.stiffness = [stiffness, 0, 0]
    spring.springlength = [0, away + slack]  # pulls only: no force at any length below
    actuator = spec.add_actuator(name=name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.gaintype, actuator.gainprm[0] = mujoco.mjtGain.mjGAIN_FIXED, FORCE_PER_VOLT
    actuator.biastype, actuator.biasprm[2] = mujoco.mjtBias.mjBIAS_AFFINE, -BACK_EMF_DAMPING
    actuator.ctrllimited, actuator.ctrlrange = mujoco.mjtLimited.mjLIMITED_TRUE, [-VOLTAGE, VOLTAGE]
