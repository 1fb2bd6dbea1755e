"""How BipedalWalker walks, for the report of a run."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from premotor.report.bipedal_figures import portraits, states_and_actions
from premotor.report.number_format import count, decimal, percent
from premotor.report.page import Block, Missing, Picture, Section, Table, Video
from premotor.report.reading import RunRecord, number
from premotor.runs.arrays import load_arrays

WINDOW = 4.0
"""Length of the excerpt, s: the last of the first episode."""


def bipedal_section(record: RunRecord) -> Section:
    """Video, figures of the gait, states and actions beside the reference's, and phase portraits."""
    title = "How it walks"
    blocks: list[Block] = []
    if record.videos:
        blocks.append(Video(record.videos[0], "The walk", "The best controller, acting by its mean action."))
    path = record.run.places.trace_file
    if not path.exists():
        return Section(title, [*blocks, Missing("No states were recorded:", record.command("evaluate"))])
    trace, task = load_arrays(path), record.task
    length = int(trace["alive"][:, 0].sum())
    start = max(0, length - round(WINDOW / task.control_period))
    motion = task.motion(trace["observation"][start:length, 0])
    actions, time = trace["action"][start:length, 0], trace["time"][start:length]
    reference = task.reference
    beside: Any = None if reference is None else reference.at(trace["phase"][start:length, 0])
    blocks.append(_figures(record.figures))
    blocks.append(
        Picture(
            states_and_actions(
                time,
                motion.angles,
                actions,
                None if beside is None else beside.angles,
                None if beside is None or not reference.actions.any() else beside.actions,
            ),
            "States and actions",
            f"The last {decimal(WINDOW, 0)} s of the first test episode"
            + ("; dashed: the reference's mean stride at the same phase." if reference is not None else "."),
        )
    )
    blocks.append(
        Picture(
            portraits(
                motion.angles,
                motion.rates,
                None if reference is None else reference.stride.angles,
                None if reference is None else reference.stride.rates,
            ),
            "Phase portraits",
            "The same excerpt: a rhythm closes, and lies on the dashed stride where it is the reference's.",
        )
    )
    return Section(title, blocks)


def _figures(figures: Mapping[str, Any]) -> Table:
    episodes = number(figures, "episodes")
    rows = [
        ["episodes without a fall", percent(number(figures, "survived"))],
        ["return", f"{decimal(number(figures, 'return'), 1)} ± {decimal(number(figures, 'return_sd'), 1)}"],
        ["forward speed, m/s", decimal(number(figures, "speed"))],
        ["distance, m", decimal(number(figures, "distance"), 1)],
        ["speed in parts of the reference's", percent(number(figures, "speed_ratio"))],
        ["joint error after alignment, degrees", decimal(float(np.rad2deg(number(figures, "joint_rmse"))), 1)],
        ["stride frequency, Hz", decimal(number(figures, "stride_frequency"))],
        ["the reference's stride frequency, Hz", decimal(number(figures, "reference_stride_frequency"))],
        ["duty factor", percent(number(figures, "duty_factor"))],
        ["roughness of the action", decimal(number(figures, "action_smoothness"), 3)],
    ]
    return Table(
        head=["", "mean"],
        rows=rows,
        numeric=(1,),
        title="The gait in numbers",
        caption=f"Over {count(episodes, 'episode')} that learning never saw, with the mean action. Roughness: mean "
        "squared second difference.",
    )
