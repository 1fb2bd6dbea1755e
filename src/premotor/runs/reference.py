"""Reference motions made by a command: published gaits, and the walk of an expert of BipedalWalker trained here."""

import os
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from premotor.errors import PremotorError
from premotor.networks import Controller
from premotor.runs.run import Run
from premotor.runs.training import resume, train
from premotor.tasks import BipedalReference, BipedalTask, ReferenceGait, save_bipedal_reference, save_fly_gait
from premotor.tasks.biped_gait import GaitFit, save_biped_gait
from premotor.tasks.bipedal_stride import make_bipedal_stride
from premotor.tasks.fly_gait import FlyGaitFit

GAITS: dict[str, Callable[..., tuple[ReferenceGait, GaitFit | FlyGaitFit]]] = {
    "biped-walk": save_biped_gait,
    "fly-tripod": save_fly_gait,
}
"""Every gait that can be made: the biped's walk (m/s) and the fly's tripod (mm/s)."""


def make_reference(
    path: str | os.PathLike[str],
    speed: float | None = None,
    *,
    gait: str = "biped-walk",
    joints: int | None = None,
) -> tuple[ReferenceGait, GaitFit | FlyGaitFit]:
    """Make a reference gait from published kinematics and write it as CSV.

    Args:
        path: the CSV file.
        speed: mean forward speed, m/s for the biped (1.35 by default) and mm/s for the fly (15).
        gait: ``biped-walk`` or ``fly-tripod``.
        joints: driven joints of the fly, 42, 18 (by default) or 12.

    Returns:
        the gait and how well its feet keep to the ground.

    Raises:
        PremotorError: no such gait, a speed at which its body does not walk, joints where the body has but one
            number of them, or a file that cannot be written.
    """
    target = Path(path)
    if gait not in GAITS:
        raise PremotorError(f"there is no gait {gait!r}; allowed are {', '.join(GAITS)}")
    if joints is not None and gait != "fly-tripod":
        raise PremotorError(f"{gait} has one number of joints; joints belongs to fly-tripod")
    if target.suffix.lower() != ".csv":
        raise PremotorError(f"{target} should end in .csv")
    if not target.parent.is_dir():
        raise PremotorError(f"the folder {target.parent} does not exist")
    given = {name: value for name, value in (("speed", speed), ("joints", joints)) if value is not None}
    try:
        return GAITS[gait](target, **given)
    except OSError as error:
        raise PremotorError(f"{target} cannot be written ({error.strerror})") from error


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
    target = _npz_file(output)
    if run is not None:
        trained = Run(run)
    elif Path(folder).exists():
        trained = resume(folder, progress=progress)
    else:
        trained = train(EXPERT, output=folder, progress=progress)
    task = trained.task()
    if not isinstance(task, BipedalTask):
        raise PremotorError(f"{trained.folder} is a run of the task {task.name}; one of bipedal is needed")
    return _written(record_walk(trained.controller("best"), task.tested(), steps), target)


def save_bipedal_stride(output: str | os.PathLike[str]) -> BipedalReference:
    """Write the even stride of Gymnasium's own walker (`make_bipedal_stride`) as NPZ.

    Raises:
        PremotorError: a file that cannot be written.
    """
    target = _npz_file(output)
    return _written(make_bipedal_stride(), target)


def _npz_file(output: str | os.PathLike[str]) -> Path:
    target = Path(output)
    if target.suffix.lower() != ".npz":
        raise PremotorError(f"{target} should end in .npz")
    if not target.parent.is_dir():
        raise PremotorError(f"the folder {target.parent} does not exist")
    return target


def _written(reference: BipedalReference, target: Path) -> BipedalReference:
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
