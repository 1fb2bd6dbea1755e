"""``premotor batch``: a file for a cluster's queue."""

from pathlib import Path
from typing import Annotated

import typer


def batch(
    context: typer.Context,
    experiment: Annotated[str, typer.Argument(help="A preset or a YAML file of settings.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("premotor.sbatch"),
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds: one task of the job array each.")] = 1,
    hours: Annotated[float, typer.Option(help="Time limit of a task.")] = 4.0,
    cores: Annotated[int, typer.Option(min=1, help="Cores of a task.")] = 4,
    memory: Annotated[int, typer.Option(min=1, help="Memory of a task, GB.")] = 8,
    partition: Annotated[str | None, typer.Option(help="Of the cluster.")] = None,
) -> None:
    """Write a Slurm batch file that trains an experiment, one seed a task; a task that is cut short goes on.

    Settings can be given by their dotted name, as for train.

    \b
    Example:
      premotor batch bipedal --seeds 5 --hours 2 -o bipedal.sbatch
      sbatch bipedal.sbatch
    """
    from premotor.studies import batch_file

    path = batch_file(
        experiment,
        output,
        overrides=list(context.obj or []),
        seeds=seeds,
        hours=hours,
        cores=cores,
        memory=memory,
        partition=partition,
    )
    print(f"written to {path}; submit it with: sbatch {path}")
