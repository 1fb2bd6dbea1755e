"""``premotor reference``: reference gaits."""

from pathlib import Path
from typing import Annotated

import typer

reference = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make reference gaits.")


@reference.callback()
def group() -> None:
    """Make reference gaits."""


@reference.command()
def make(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write: CSV, or NPZ for BipedalWalker.")],
    environment: Annotated[
        str | None, typer.Argument(help="BipedalWalker-v3: train an expert and record its walk.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Of the biped: mean forward speed, m/s.")] = 1.35,
    run: Annotated[Path | None, typer.Option(help="Of BipedalWalker: a trained run whose walk is recorded.")] = None,
    steps: Annotated[int, typer.Option(min=100, help="Of BipedalWalker: control steps to record.")] = 500,
) -> None:
    """Make a reference: the biped's gait for a speed from published human kinematics, or an expert's walk recorded.

    \b
    Example:
      premotor reference make -o slow.csv --speed 0.9
      premotor train walk --task.reference slow.csv --task.speed '[0.8, 1.0]'
      premotor reference make BipedalWalker-v3 -o expert.npz
      premotor train bipedal --task.reference expert.npz --task.reward.imitation 0.9 --task.reward.goal 0.1
    """
    from premotor.experiments import make_bipedal_reference, make_reference

    if environment is not None:
        if environment != "BipedalWalker-v3":
            raise typer.BadParameter(f"{environment} is no environment with an expert; BipedalWalker-v3 is")
        walk = make_bipedal_reference(output, run=run, steps=steps)
        print(f"{walk!r}\nwritten to {output}")
        return
    if run is not None:
        raise typer.BadParameter("--run belongs to `premotor reference make BipedalWalker-v3`")

    gait, fit = make_reference(output, speed)
    print(f"{gait!r}\n{fit}\nwritten to {output}")
