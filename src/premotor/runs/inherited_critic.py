"""What a warm start gives to PPO beside a controller: the critic of the parent, and how long the controller is held."""

from typing import NamedTuple

import numpy as np

from premotor.runs.checkpoints import load_checkpoint
from premotor.runs.control_work import LEARNER
from premotor.runs.kinds import Arrays
from premotor.runs.run import Run
from premotor.runs.settings import Experiment
from premotor.tasks import build_task

HOLD = 10
"""Iterations in which only the critic learns, where it begins anew or rewards are others than the parent's."""
SAVED = "state/critic/"


class AdoptedCritic(NamedTuple):
    """What the learner begins with."""

    arrays: Arrays
    """For `Kind.work`."""
    words: str
    """What was carried over and what begins anew, in one line."""


def adopt_critic(settings: Experiment, parent: Run | None, which: str) -> AdoptedCritic:
    """The critic of the parent, where one of the same shape has learned by PPO from the same observations.

    A run keeps critics in its checkpoints alone: for the best controller it is that of the checkpoint nearest to it.
    The optimiser's moments and the step size always begin anew.

    Args:
        settings: of the new run.
        parent: None where the weights are of a file or of a controller that comes with premotor.
        which: the parent's checkpoint, as `Run.controller` takes it.
    """
    if settings.learning.kind != "ppo":
        return AdoptedCritic({}, "the critic begins anew")
    reason = _unfit(settings, parent)
    arrays: Arrays = {}
    if parent is None or reason:
        words, hold = f"the critic begins anew ({reason})", HOLD
    else:
        step = _nearest(parent, which)
        saved = load_checkpoint(parent.places.checkpoints_folder, step).arrays
        named = {name: array for name, array in saved.items() if name.startswith(SAVED)}
        arrays = {LEARNER + name.removeprefix("state/"): array for name, array in named.items()}
        same = _rewards_alike(settings, parent)
        words, hold = f"goes on with the critic of step {step:,}", 0 if same else HOLD
        words += "" if same else ", which was learned with another task or discount"
        words += "; the optimiser and the step size begin anew"
    if settings.learning.critic_first is not None:
        hold = settings.learning.critic_first
    if hold:
        words += f"; for {hold} iterations only the critic learns (learning.critic_first)"
    elif reason:
        words += "; its first updates may wreck the controller (learning.critic_first is 0)"
    return AdoptedCritic(arrays | {f"{LEARNER}hold": np.asarray(hold, np.int32)}, words)


def _unfit(settings: Experiment, parent: Run | None) -> str | None:
    """Why the parent's critic cannot serve; None where it can."""
    if parent is None:
        return "these weights come without one"
    had, has = parent.settings.learning, settings.learning
    if had.kind != has.kind:
        return f"the parent learned by {had.kind}"
    if had.critic_layers != has.critic_layers:
        return f"the parent's layers are {list(had.critic_layers)}, not {list(has.critic_layers)}"
    if parent.task().observation_names != build_task(settings.task).observation_names:
        return "the parent's observations are others"
    if not parent.places.checkpoints():
        return "the parent has no checkpoint"
    return None


def _nearest(parent: Run, which: str) -> int:
    """The checkpoint that was written nearest to a controller, the later of two."""
    step = parent.step_of(which)
    return min(reversed(parent.places.checkpoints()), key=lambda saved: abs(saved - step))


def _rewards_alike(settings: Experiment, parent: Run) -> bool:
    """Whether what the critic foretells is still the same: the task and the discount from which learning goes on."""
    had = parent.settings.learning
    discount = had.discount if had.discount_end is None else had.discount_end
    return bool(parent.settings.task == settings.task and settings.learning.discount == discount)
