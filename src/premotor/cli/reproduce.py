"""``premotor reproduce``: the figures and tables of a publication from runs of ours."""

from pathlib import Path
from typing import Annotated

import typer


def reproduce(
    publication: Annotated[
        str,
        typer.Argument(
            help="The publication: hasegan2022 (the spiking agent that balances a pole), randomnet (chaos) or brainrnn "
            "(a leg circuit that walks)."
        ),
    ],
    short: Annotated[
        bool, typer.Option("--short", help="Make fewer and shorter runs, in minutes instead of hours.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Run this many processes at the same time; by default one per core.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this folder; runs/reproduce-PUBLICATION by default.")
    ] = None,
) -> None:
    """Make the figures and tables of a publication anew, with published numbers beside ours. Called again, it goes on.

    \b
    Example:
      premotor reproduce hasegan2022 --short
      premotor reproduce randomnet --short
      premotor reproduce brainrnn --short
    """
    from premotor.report import reproduce as make

    page = make(publication, output, short=short, jobs=jobs)
    print(f"report: {page}; numbers: {page.parent / 'numbers.json'}; figures: {page.parent / 'figures'}")
