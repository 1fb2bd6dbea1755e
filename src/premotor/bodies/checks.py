"""What every physics engine refuses, and how it says so."""

import mujoco
import numpy as np

from premotor.errors import PremotorError


class PhysicsError(PremotorError):
    """A world became unstable or MuJoCo refused it; the message names the world and its time."""


def worlds_among(ids: np.ndarray, environments: int) -> np.ndarray:
    """Worlds as increasing integers, from a boolean mask (environments,) or integers; PhysicsError for another mask."""
    ids = np.asarray(ids)
    if ids.dtype != bool:
        return ids
    if ids.shape != (environments,):
        raise PhysicsError(f"the mask of worlds has shape {ids.shape}; expected ({environments},)")
    return np.flatnonzero(ids)


def check_states(model: mujoco.MjModel, ids: np.ndarray, qpos: np.ndarray, qvel: np.ndarray) -> None:
    """PhysicsError where there are not as many states as worlds, or of another size than the model's."""
    for name, value, size in (("qpos", qpos, model.nq), ("qvel", qvel, model.nv)):
        if np.shape(value) != (ids.size, size):
            raise PhysicsError(f"{name} has shape {np.shape(value)}; expected {(ids.size, size)}")


def check_controls(model: mujoco.MjModel, control: np.ndarray, environments: int) -> None:
    """PhysicsError where controls have another shape than (environments, nu)."""
    if control.shape != (environments, model.nu):
        raise PhysicsError(f"controls have shape {control.shape}; expected {(environments, model.nu)}")


def check_finite_controls(model: mujoco.MjModel, control: np.ndarray, time: np.ndarray) -> None:
    """PhysicsError where a control is not finite; `time` (environments,) of the worlds is named, s."""
    if np.isfinite(control).all():
        return
    world, actuator = np.argwhere(~np.isfinite(control))[0]
    raise PhysicsError(
        f"the control of actuator '{model.actuator(actuator).name}' in world {world} at "
        f"{time[world]:.3f} s is {control[world, actuator]}; it must be finite"
    )


def check_force(force: np.ndarray, shape: tuple[int, ...]) -> None:
    """PhysicsError where forces have another shape than (environments, nv)."""
    if np.shape(force) != shape:
        raise PhysicsError(f"forces have shape {np.shape(force)}; expected {shape}")


def unstable(bad: np.ndarray, time: np.ndarray, said: str) -> PhysicsError:
    """The error for unstable worlds: `bad` (environments,), their time in s, and what is wrong with the first."""
    world = int(np.flatnonzero(bad)[0])
    return PhysicsError(
        f"world {world} is unstable after {time[world]:.3f} s ({said}); {int(bad.sum())} of "
        f"{bad.size} worlds are; a shorter time step or weaker servos may help"
    )
