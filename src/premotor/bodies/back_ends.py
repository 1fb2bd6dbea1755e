"""Which engine steps the worlds, and where."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from premotor.settings import Settings

if TYPE_CHECKING:
    import mujoco

    from premotor.bodies.physics import Physics


class BackEnd(Settings):
    """Where physics runs, and the memory it takes there."""

    device: Literal["cpu", "gpu", "warp-cpu", "mjx"] = "cpu"
    """`cpu`: MuJoCo's C engine. `gpu`: MuJoCo Warp on an NVIDIA GPU. `warp-cpu`: Warp's kernels on the CPU, slow.
    `mjx`: MJX on the device that JAX has; with PPO, physics, task, controller and update are one program there."""
    implementation: Literal["jax", "warp"] | None = None
    """MJX's: `warp` needs an NVIDIA GPU to be quick, `jax` runs everywhere and knows less; null: `warp` on a GPU where
    it is installed, else `jax`."""
    devices: int | None = Field(None, ge=1)
    """MJX's: so many devices share the environments; null: all that JAX has."""
    contacts: int | None = Field(None, ge=1)
    """Warp's room for contacts, a world; null: as many as the body's shapes can make."""
    constraints: int | None = Field(None, ge=1)
    """Warp's room for rows of constraints, a world; null: as many as contacts and limits can make."""

    def idle(self) -> dict[str, str]:
        """What belongs to another device."""
        if self.device == "mjx":
            return {}
        return dict.fromkeys(("implementation", "devices"), f"physics.device is {self.device}; it belongs to mjx")


CPU = BackEnd()
"""MuJoCo's C engine."""


def build_physics(
    model: "mujoco.MjModel", environments: int, *, threads: int = 0, back_end: BackEnd = CPU
) -> "Physics":
    """Worlds of a model on the engine that the settings name.

    Args:
        model: of every world.
        environments: number of worlds.
        threads: of the C engine; 0 for one a core.
        back_end: which engine.

    Raises:
        PremotorError: what `BatchPhysics`, `WarpPhysics` and `MJXEngine` refuse.
    """
    from premotor.bodies.mjx_engine import MJXEngine
    from premotor.bodies.mjx_physics import MJXPhysics
    from premotor.bodies.physics import BatchPhysics
    from premotor.bodies.warp_physics import WarpPhysics

    if back_end.device == "cpu":
        return BatchPhysics(model, environments, threads)
    if back_end.device == "mjx":
        chosen = back_end.model_dump(include={"implementation", "devices", "contacts", "constraints"})
        return MJXPhysics(model, MJXEngine(model, environments, **chosen))
    device = "gpu" if back_end.device == "gpu" else "cpu"
    return WarpPhysics(model, environments, device, back_end.contacts, back_end.constraints)
