"""The commands that list runs: ``premotor runs DIR``, ``premotor runs diff A B``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from premotor.cli.study import Direct

runs = typer.Typer(cls=Direct, no_args_is_help=True, help="List run folders with their settings and scores.")

COLUMNS = ("preset", "circuit", "null", "null_seed", "network", "learner", "seed", "steps", "score", "walks", "age")


@runs.command("list")
def list_them(
    folder: Annotated[Path, typer.Argument(help="A folder with run folders somewhere below.", metavar="DIR")],
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Keep runs that meet this condition, such as score>0.5, null=rewired or age<24. Can be repeated."
        ),
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="Sort by this column; with a minus before it, the largest first.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every column as JSON.")] = False,
) -> None:
    """List the run folders below a folder: preset, circuit, null, network, learner, seed, score, age in hours.

    \b
    Example:
      premotor runs runs --where "score>0.5" --where null=none --sort=-score
    """
    from premotor.studies import list_runs

    rows = list_runs(folder, where or (), (sort or "run").lstrip("-"), (sort or "").startswith("-"))
    print(json.dumps(rows, indent=2) if as_json else runs_table(rows))


@runs.command()
def diff(
    first: Annotated[Path, typer.Argument(help="A run folder or a settings file.")],
    second: Annotated[Path, typer.Argument(help="Another run folder or settings file.")],
) -> None:
    """Show the settings in which two runs differ.

    \b
    Example:
      premotor runs diff runs/walk runs/walk-2
    """
    from premotor.studies import runs_differ

    found = runs_differ(first, second)
    width = max((len(key) for key, _, _ in found), default=0)
    for key, one, two in found:
        print(f"{key:<{width}}  {_cell(one)} → {_cell(two)}")
    if not found:
        print("no setting differs")


def runs_table(rows: list[dict[str, object]]) -> str:
    """One line a run; columns that are the same in all of them stand above."""
    shown = [column for column in COLUMNS if any(row.get(column) is not None for row in rows)]
    same = [c for c in shown if len(rows) > 1 and len({_cell(row.get(c)) for row in rows}) == 1]
    heads = ["run", *(column for column in shown if column not in same)]
    cells = [heads, *([_cell(row.get(head)) for head in heads] for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(heads))]
    lines = [f"all: {', '.join(f'{column} {_cell(rows[0].get(column))}' for column in same)}"] if same else []
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([*lines, f"{len(rows)} runs"])


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
