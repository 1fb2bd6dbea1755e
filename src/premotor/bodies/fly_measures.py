"""The measures of NeuroMechFly: lengths, masses, joint axes, rest posture and servos, in mm, g, s, µN, nN m, degrees.

NeuroMechFly is a fruit fly (*Drosophila melanogaster*, female) measured by X-ray microtomography: Lobato-Rios et al.
(2022), *Nature Methods* 19, 620–627; Wang-Chen et al. (2024), *Nature Methods* 21, 2353–2362. The numbers are those of
its current description (flygym 2.1, rigging and neutral pose), rounded, left and right alike; joint ranges are the
bounds that sequential inverse kinematics (seqikpy) uses on it, those of mid and hind legs widened to one range a joint.

Axes: x forward, y to the left, z up; a leg with all its joints at 0 hangs straight down. Yaw turns about x, pitch about
y and roll about z. On the right side yaw and roll are mirrored, so that a posture has the same angles on both sides.
"""

from typing import NamedTuple

LEGS = ("lf", "lm", "lh", "rf", "rm", "rh")
"""Left and right front, mid and hind."""
JOINTS = ("ThC_yaw", "ThC_pitch", "ThC_roll", "CTr_pitch", "CTr_roll", "FTi_pitch", "TiTa_pitch")
"""Of a leg from the body outward: thorax–coxa, coxa–trochanter, femur–tibia, tibia–tarsus."""
AXES = {"yaw": (1.0, 0.0, 0.0), "pitch": (0.0, 1.0, 0.0), "roll": (0.0, 0.0, 1.0)}
SEGMENTS = {"coxa": JOINTS[:3], "femur": JOINTS[3:5], "tibia": JOINTS[5:6], "tarsus": JOINTS[6:]}
"""The segments of a leg, and the joints that move each against the one before; trochanter and femur are one."""


class Leg(NamedTuple):
    """One pair of legs."""

    hip: tuple[float, float, float]
    """Thorax–coxa joint of the left leg from the origin of the thorax, mm."""
    lengths: tuple[float, float, float, float]
    """Of coxa, trochanter and femur, tibia, tarsus to the claw, mm."""
    masses: tuple[float, float, float, float]
    """Of the same, g."""
    radii: tuple[float, float, float, float]
    """Of the same, mm."""
    rest: tuple[float, float, float, float, float, float, float]
    """Rest posture in the order of `JOINTS`, degrees."""


# Masses of the tarsus are its five segments' together. Its rest angle contains half of their curvature (4 × 5°).
FRONT = Leg(
    (-0.161, 0.172, -0.230),
    (0.365, 0.705, 0.518, 0.676),
    (4.52e-6, 6.29e-6, 2.07e-6, 1.00e-6),
    (0.085, 0.070, 0.048, 0.026),
    (-17, 19, 33, -139, -15, 78, -20),
)
MID = Leg(
    (-0.557, 0.125, -0.482),
    (0.181, 0.784, 0.667, 0.717),
    (2.60e-6, 6.48e-6, 2.86e-6, 1.06e-6),
    (0.090, 0.068, 0.048, 0.027),
    (-10, 8, 87, -139, 15, 103, -30),
)
HIND = Leg(
    (-0.784, 0.087, -0.497),
    (0.199, 0.836, 0.684, 0.808),
    (2.56e-6, 8.75e-6, 3.37e-6, 1.74e-6),
    (0.085, 0.080, 0.055, 0.032),
    (3, 24, 134, -111, 4, 101, -15),
)
PAIRS = {"f": FRONT, "m": MID, "h": HIND}

RANGES = {
    "ThC_yaw": (-45, 45),
    "ThC_pitch": (-45, 90),
    "ThC_roll": (-10, 180),
    "CTr_pitch": (-180, 10),
    "CTr_roll": (-90, 90),
    "FTi_pitch": (-10, 180),
    "TiTa_pitch": (-120, 10),
}
"""Of every leg, degrees."""

DRIVEN: dict[int, dict[str, tuple[str, ...]]] = {
    42: {pair: JOINTS for pair in PAIRS},
    18: {
        "f": ("ThC_pitch", "CTr_pitch", "FTi_pitch"),
        "m": ("ThC_roll", "CTr_pitch", "FTi_pitch"),
        "h": ("ThC_roll", "CTr_pitch", "FTi_pitch"),
    },
    12: {"f": ("ThC_pitch", "CTr_pitch"), "m": ("ThC_roll", "CTr_pitch"), "h": ("ThC_roll", "CTr_pitch")},
}
"""Number of driven joints → the driven joints of each pair of legs; the others are rigid at their rest angle."""

# Thorax, head with antennae and proboscis, wings, halteres and abdomen, which are rigid to each other.
TRUNK_MASS = 9.152e-4
TRUNK_CENTRE = (-0.835, 0.0, -0.072)
TRUNK_INERTIA = (0.72e-4, 4.75e-4, 4.79e-4)
"""About the centre, along x, y and z, g mm²."""

GRAVITY = 9810.0
"""mm/s²."""
SERVO = {"stiffness": 50.0, "force": 30.0}
"""Position servo: nN m/rad and nN m."""
TISSUE = {"stiffness": 10.0, "damping": 0.5, "armature": 1e-4}
"""Spring towards the rest posture, nN m/rad; damping, nN m s/rad; added inertia, g mm².

The added inertia is a hundred times NeuroMechFly's and still makes a joint lag by 0.2 ms only (inertia over damping).
Contact forces are found from the inertia alone, before damping acts: with less of it they come out too weak, and feet
slide.
"""
ADHESION = 1.0
"""Pull of a foot's pad on the ground at control 1, µN; the whole fly weighs 10 µN."""
