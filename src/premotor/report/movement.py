"""How a body or an environment moves that does not walk: an arm, a pendulum."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from premotor.report.movement_figures import movement
from premotor.report.number_format import count, decimal, percent
from premotor.report.page import Block, Missing, Picture, Section, Table, Video
from premotor.report.reading import RunRecord, number
from premotor.runs.arrays import load_arrays

TITLE = "How it moves"
MOST_STATES = 6
"""Joints, or components of an observation, that are drawn."""


def movement_section(record: RunRecord) -> Section:
    """Video, states, rewards and actions over time, and the figures of the test episodes."""
    blocks: list[Block] = []
    if record.videos:
        chosen = next((v for v in record.videos if v.stem == "walk"), record.videos[0])
        blocks.append(Video(chosen, "An episode", "The best controller, acting by its mean action, in real time."))
    else:
        blocks.append(Missing("No video was made:", record.command("play")))
    path = record.run.places.trace_file
    if not path.exists():
        return Section(TITLE, [*blocks, Missing("No states were recorded:", record.command("evaluate"))])
    arrays, task = load_arrays(path), record.task
    names, states, unit = _states(arrays, task)
    ended = np.where(arrays["alive"] > 0, 0.0, np.nan)
    shown = {name: states[:, :, i] + ended for i, name in enumerate(names[:MOST_STATES])}
    reward = arrays["reward"] + ended if "reward" in arrays else None
    drawn = movement(arrays["time"], shown, arrays["action"][:, 0], task.action_names, reward, unit)
    caption = (
        "The first test episode (blue) before all others (grey), with the mean action. Actions span the range of "
        "each actuator from −1 (least) to 1 (greatest)."
    )
    if len(names) > MOST_STATES:
        caption += f" The first {MOST_STATES} of {len(names)} are drawn."
    blocks.append(Picture(drawn, "States, rewards and actions", caption))
    blocks.append(_table(record.figures))
    episodes = count(arrays["alive"].shape[1], "episode")
    return Section(
        TITLE, blocks, lead=f"{episodes} of {decimal(float(arrays['time'][-1]), 1)} s, none of them learnt from."
    )


def _states(arrays: Mapping[str, NDArray], task: Any) -> tuple[tuple[str, ...], NDArray, str]:
    """Names and values, (steps, episodes, states), of the joints or of what the environment shows."""
    if task.body is None:
        return tuple(task.observation_names), arrays["observation"], ""
    body = task.body
    joints = body.task_joints
    return tuple(joints), arrays["qpos"][:, :, body.qpos_index(joints)], ", rad"


def _table(figures: Mapping[str, Any]) -> Table:
    earned, spread = ("earned", "earned_sd") if figures.get("earned") is not None else ("return", "return_sd")
    rows = [
        ["return", f"{decimal(number(figures, earned), 1)} ± {decimal(number(figures, spread), 1)}"],
        ["episodes that end at the aim", percent(number(figures, "success"))],
        ["distance from the aim at the end", decimal(number(figures, "final_error"), 3)],
        ["score", decimal(number(figures, "score"), 3)],
    ]
    known = [row for row in rows if not row[1].startswith("–")]
    return Table(
        head=["", "mean"],
        rows=known,
        numeric=(1,),
        title="In numbers",
        caption=f"Over {count(number(figures, 'episodes'), 'episode')}; return ± standard deviation over episodes.",
    )
