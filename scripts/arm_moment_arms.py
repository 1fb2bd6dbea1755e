"""Draw the moment arms of the muscle arm against joint angle: `python scripts/arm_moment_arms.py`.

Writes docs/data/arm-moment-arms.png.
"""

from pathlib import Path

import numpy as np

from premotor.bodies import build_body, moment_arms
from premotor.report.style import as_png, colour, new_figure

FILE = Path(__file__).parents[1] / "docs" / "data" / "arm-moment-arms.png"
PANELS = (
    ("shoulder", "m0", "m1", "6.0 cm upright"),
    ("elbow", "m2", "m3", "flat where the tendon lies on the sphere of 2 cm"),
)


@as_png
def draw(body):
    """One panel a joint: its two muscles."""
    figure = new_figure(width=8.6, height=3.1)
    for axes, (joint, forward, backward, title) in zip(figure.subplots(1, 2), PANELS, strict=True):
        low, high = body.limits(joint)[0]
        angles = np.linspace(low, high, 161)
        arms = 100 * moment_arms(body, joint, angles)
        for muscle, tone in ((forward, "excitatory"), (backward, "inhibitory")):
            column = body.actuator(muscle)
            pulls = "forward" if arms[80, column] > 0 else "backward"
            label = f"{muscle}, pulls {pulls}"
            axes.plot(np.rad2deg(angles), arms[:, column], color=colour(tone), label=label)
        axes.axhline(0, color=colour("muted"), linewidth=0.8)
        axes.set_xlabel(f"{joint} angle, ° (positive: leaning forward)")
        axes.set_ylabel("moment arm, cm")
        axes.set_title(title, fontsize=8.5, fontweight="normal")
        axes.legend(loc="center", bbox_to_anchor=(0.5, 0.62))
    return figure


if __name__ == "__main__":
    FILE.write_bytes(draw(build_body("arm-muscle")))
    print(FILE)
