"""A reference motion for BipedalWalker, recorded from an expert that is trained here."""

import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from premotor.errors import PremotorError
from premotor.networks import Controller
from premotor.runs.run import Run
from premotor.runs.training import resume, train
from premotor.tasks import BipedalReference, BipedalTask, save_bipedal_reference

EXPERT = "bipedal-expert"
"""Preset of the perceptron that learns to walk."""
TRIES = 20
"""Episodes of which the first without a fall is recorded."""


def make_bipedal_reference(
    output: str | os.PathLike[str],
    *,
    run: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] = "runs/bipedal-expert",
    steps: int = 500,
    progress: bool = True,
) -> BipedalReference:
    """Train an expert of BipedalWalker unless there is one, and record its walk.

    Args:
        output: the NPZ file to write.
        run: folder of a trained run whose best controller is the expert; None: one is trained in `folder`, or
            taken from there, or its training is gone on with.
        folder: where the expert is trained.
        steps: control steps to record.
        progress: show the progress of training.

    Raises:
        PremotorError: a file that cannot be written, a run of another task, or an expert that does not walk.
    """
    target = Path(output)
    if target.suffix.lower() != ".npz":
        raise PremotorError(f"{target} should end in .npz")
    if not target.parent.is_dir():
        raise PremotorError(f"the folder {target.parent} does not exist")
    if run is not None:
        trained = Run(run)
    elif Path(folder).exists():
        trained = resume(folder, progress=progress)
    else:
        trained = train(EXPERT, output=folder, progress=progress)
    task = trained.task()
    if not isinstance(task, BipedalTask):
        raise PremotorError(f"{trained.folder} is a run of the task {task.name}; one of bipedal is needed")
    reference = record_walk(trained.controller("best"), task.tested(), steps)
    try:
        save_bipedal_reference(reference, target)
    except OSError as error:
        raise PremotorError(f"{target} cannot be written ({error.strerror})") from error
    return reference


def record_walk(controller: Controller, task: BipedalTask, steps: int) -> BipedalReference:
    """The first of some episodes with the mean action that lasts for `steps` control steps without a fall.

    Raises:
        PremotorError: there is none, or nothing in it repeats like a walk.
    """
    act = jax.jit(lambda c, product, state, seen: c.select_action(product, state, seen))
    product = controller.product()
    for attempt in range(TRIES):
        environment = task.environment(1, seed=attempt)
        seen, state = environment.reset(), controller.initial_state(1)
        rows: list[tuple[np.ndarray, np.ndarray]] = []
        seed = environment.episode_seed(0)
        while len(rows) < steps:
            state, action = act(controller, product, state, jnp.asarray(seen))
            chosen = np.clip(np.asarray(action), -1.0, 1.0)
            rows.append((environment.recorded()["observation"][0].copy(), chosen[0]))
            step = environment.step(chosen)
            seen = step.observation
            if step.terminated.any() or step.truncated.any():
                break
        if len(rows) == steps:
            observations, actions = (np.stack(part) for part in zip(*rows, strict=True))
            return BipedalReference(observations.astype(np.float64), actions.astype(np.float64), seed)
    raise PremotorError(f"in none of {TRIES} episodes did the expert walk for {steps} control steps; train it longer")
