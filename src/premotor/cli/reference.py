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
    output: Annotated[Path, typer.Option("--output", "-o", help="The CSV file to write.")],
    speed: Annotated[float, typer.Option(help="Mean forward speed, m/s.")] = 1.35,
) -> None:
    """Make the biped's walking gait for a speed, from published human kinematics.

    \b
    Example:
      premotor reference make -o slow.csv --speed 0.9
      premotor train walk --task.reference slow.csv --task.speed '[0.8, 1.0]'
    """
    from premotor.experiments import make_reference

    gait, fit = make_reference(output, speed)
    print(f"{gait!r}\n{fit}\nwritten to {output}")
