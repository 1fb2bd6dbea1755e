"""``premotor reference``: reference gaits."""

from pathlib import Path
from typing import Annotated

import typer

GAITS, STRIDE, WALKER = ("biped-walk", "fly-tripod"), "bipedal-stride", "BipedalWalker-v3"
"""Gaits from published kinematics; an even stride from Gymnasium's own walker; the walk of an expert trained here."""

reference = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make reference gaits.")


@reference.callback()
def group() -> None:
    """Make reference gaits."""


@reference.command()
def make(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Write the reference to this file: CSV, or NPZ for BipedalWalker.")
    ],
    what: Annotated[
        str,
        typer.Argument(
            help="The reference: biped-walk, fly-tripod, bipedal-stride (even strides, from the walker that Gymnasium "
            "has written by hand), or BipedalWalker-v3 (whose expert learns them first)."
        ),
    ] = "biped-walk",
    speed: Annotated[
        float | None,
        typer.Option(
            help="Set the mean forward speed: m/s for biped-walk (1.35 by default), mm/s for fly-tripod (15)."
        ),
    ] = None,
    joints: Annotated[
        int | None, typer.Option(help="Drive this many joints in fly-tripod: 42, 18 (default) or 12.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Record the walk of this trained run in BipedalWalker.")] = None,
    steps: Annotated[int, typer.Option(min=100, help="Record this many control steps in BipedalWalker.")] = 500,
) -> None:
    """Make a reference: a gait for a speed from published kinematics of people or flies, or an expert's walk recorded.

    \b
    Example:
      premotor reference make -o slow.csv --speed 0.9
      premotor train walk --task.reference slow.csv --task.speed '[0.8, 1.0]'
      premotor reference make fly-tripod -o tripod.csv --speed 20
      premotor reference make BipedalWalker-v3 -o expert.npz
      premotor train bipedal --task.reference expert.npz --task.reward.imitation 0.9 --task.reward.goal 0.1
    """
    from premotor.runs import make_bipedal_reference, make_reference, save_bipedal_stride

    if what not in (*GAITS, STRIDE, WALKER):
        raise typer.BadParameter(f"there is no reference {what!r}; allowed are {', '.join((*GAITS, STRIDE, WALKER))}")
    for name, value, whose in (("speed", speed, GAITS), ("joints", joints, GAITS[1:]), ("run", run, (WALKER,))):
        if value is not None and what not in whose:
            raise typer.BadParameter(f"--{name} belongs to {' or '.join(whose)}; the reference is {what!r}")
    if what == STRIDE:
        print(f"{save_bipedal_stride(output)!r}\nwritten to {output}")
        return
    if what == WALKER:
        walk = make_bipedal_reference(output, run=run, steps=steps)
        print(f"{walk!r}\nwritten to {output}")
        return
    made, fit = make_reference(output, speed, gait=what, joints=joints)
    print(f"{made!r}\n{fit}\nwritten to {output}")
