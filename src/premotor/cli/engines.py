"""The commands about engines: ``premotor engine check slurm``."""

from pathlib import Path
from typing import Annotated

import typer

from premotor.cli.study import engine_words

engine = typer.Typer(
    no_args_is_help=True, help="Check where the runs of a study can run: this machine, Slurm, Ray, Dask."
)


@engine.command()
def check(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="The engine: local, slurm, ray or dask. Give its settings as --engine.KEY VALUE.")
    ],
    folder: Annotated[
        Path | None, typer.Option(help="Use this shared folder; by default a new one in the current folder.")
    ] = None,
) -> None:
    """Run a job of a few seconds on an engine: versions, shared folder, clock, cores, GPU, time in the queue.

    \b
    Example:
      premotor engine check local
      premotor engine check slurm --engine.partition short
    """
    from premotor.studies.engines import check_engine, engine_settings

    settings = engine_settings(engine_words(name, list(context.obj or [])))
    findings = check_engine(settings, folder)
    for finding in findings:
        print(f"{'ok' if finding.good else 'WARNING':<8} {finding.subject:<10} {finding.found}")


@engine.command(hidden=True)
def probe(file: Annotated[Path, typer.Argument(help="Write what is found to this file.")]) -> None:
    """What the job of `check` runs."""
    from premotor.studies.engines.checking import probe as found

    found(file)
