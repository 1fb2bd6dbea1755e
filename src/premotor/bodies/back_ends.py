"""Which engine steps the worlds, and where."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from premotor.settings import Settings

if TYPE_CHECKING:
    import mujoco

    from premotor.bodies.physics import Physics


class BackEnd(Settings):
    """Where physics runs, and the memory it takes there."""

    device: Literal["cpu", "gpu", "warp-cpu"] = "cpu"
    """`cpu`: MuJoCo's C engine. `gpu`: MuJoCo Warp on an NVIDIA GPU. `warp-cpu`: Warp's kernels on the CPU, slow."""
    contacts: int | None = Field(None, ge=1)
    """Warp's room for contacts, a world; null: as many as the body's shapes can make."""
    constraints: int | None = Field(None, ge=1)
    """Warp's room for rows of constraints, a world; null: as many as contacts and limits can make."""


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
        PremotorError: what `BatchPhysics` and `WarpPhysics` refuse.
    """
    from premotor.bodies.physics import BatchPhysics
    from premotor.bodies.warp_physics import WarpPhysics

    if back_end.device == "cpu":
        return BatchPhysics(model, environments, threads)
    device = "gpu" if back_end.device == "gpu" else "cpu"
    return WarpPhysics(model, environments, device, back_end.contacts, back_end.constraints)
