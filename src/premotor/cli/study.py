"""The commands about studies: ``study STUDY.yaml``, ``study status``, ``watch``, ``cancel``, ``report``."""

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.studies.study_folder import Study


class Direct(TyperGroup):
    """A group whose first command need not be named: ``study nulls.yaml`` is ``study run nulls.yaml``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """With the name of the first command put before anything that names none."""
        return super().parse_args(ctx, with_command(self, args))


def with_command(group: TyperGroup, words: list[str]) -> list[str]:
    """Words of a command line with the first command of a group named."""
    if not words or words[0] in group.commands or words[0] in ("--help", "-h"):
        return words
    return [next(iter(group.commands)), *words]


study = typer.Typer(
    cls=Direct,
    no_args_is_help=True,
    help="Run experiments x circuits x nulls x learners x what may learn x seeds from one YAML file, on any engine.",
)

StudyFolder = Annotated[Path, typer.Argument(help="The folder of a study.", metavar="FOLDER")]
EngineName = Annotated[
    str | None,
    typer.Option(help="Run on this engine: local, slurm, ray or dask. Give its settings as --engine.KEY VALUE."),
]


@study.command("run")
def run_study(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The YAML file of a study, or the folder of one to continue.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the study to this folder; runs/NAME-study by default.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Run this many at the same time; by default one per core.")
    ] = None,
    engine: EngineName = None,
    episodes: Annotated[int | None, typer.Option(min=1, help="Test each run in this many episodes.")] = None,
    adopt: Annotated[
        list[Path] | None,
        typer.Option(help="Take over finished runs from this folder if the study asks for them. Can be repeated."),
    ] = None,
) -> None:
    """Run a study. Called again, maybe with more seeds, nulls or experiments in its file, it runs what is new.

    Processes of this machine make one run after another; --engine.keep false gives each run its own.

    \b
    Example:
      premotor study nulls.yaml --jobs 2
      premotor study nulls.yaml --engine slurm --engine.partition short --engine.minutes 60
      premotor study nulls.yaml --adopt runs/walk-comparison
    """
    from premotor.studies import study as begin

    made = begin(
        source,
        output=output,
        jobs=jobs,
        engine=engine_words(engine, list(context.obj or [])),
        overrides={} if episodes is None else {"episodes": episodes},
        adopt=adopt or (),
    )
    print(f"rows: {made.folder / 'rows.json'}; report: premotor study report {made.folder}")


def split_engine(engine: str | None, words: list[str]) -> tuple[list[str], dict[str, object] | None]:
    """Words without ``--engine.KEY VALUE``, and the engine's settings from those and its name; None: there are none."""
    from premotor.runs.loading import override_pairs

    rest: list[str] = []
    own: list[str] = []
    for word in words:  # a value follows its key, unless it stands in the same word
        if word.startswith("--"):
            part = own if word.startswith("--engine.") else rest
        part.append(word)
    chosen = {key.removeprefix("engine."): value for key, value in override_pairs(own).items()}
    if engine is not None:
        chosen["kind"] = engine
    return rest, chosen or None


def engine_words(engine: str | None, words: list[str]) -> dict[str, object] | None:
    """`split_engine` where there is nothing else to be set.

    Raises:
        PremotorError: another setting among the words.
    """
    rest, chosen = split_engine(engine, words)
    if rest:
        raise PremotorError(f"{rest[0]}: only settings of the engine can be given here, as --engine.KEY VALUE")
    return chosen


@study.command()
def status(folder: StudyFolder) -> None:
    """How far every run of a study is, what failed and why, and about how long the rest takes.

    \b
    Example:
      premotor study status runs/nulls-study
    """
    from premotor.studies import Study

    print(status_table(Study(folder)))


@study.command()
def watch(
    folder: StudyFolder, every: Annotated[float, typer.Option(min=1.0, help="Look every so many seconds.")] = 10.0
) -> None:
    """The same as status, again and again, until all runs are done or none is at work.

    \b
    Example:
      premotor study watch runs/nulls-study
    """
    from premotor.studies import Study

    idle = 0
    while idle < 3:  # between two runs none is at work
        made = Study(folder)
        print(status_table(made), flush=True)
        states = {each.state for each in made.standings()}
        if not states & {"running", "waiting"}:
            return
        queued = made.settings.engine.get("kind") == "slurm" and "waiting" in states
        idle = 0 if "running" in states or queued else idle + 1
        time.sleep(every)


@study.command()
def cancel(folder: StudyFolder) -> None:
    """Stop a study wherever it runs; every run at work writes a checkpoint, and called again it goes on.

    \b
    Example:
      premotor study cancel runs/nulls-study
    """
    from premotor.studies import cancel_study

    print(cancel_study(folder))


@study.command()
def report(folder: StudyFolder) -> None:
    """Write the page of a study, as far as it is.

    \b
    Example:
      premotor study report runs/nulls-study
    """
    from premotor.report import write_study_report

    page = write_study_report(folder)
    print(f"report: {page}; figures (SVG, PDF) in {page.parent / 'figures'}, table in comparisons.csv, .md and .tex")


def status_table(made: "Study") -> str:
    """One line an experiment and wiring, then what failed."""
    standings = made.standings()
    states = ("done", "running", "waiting", "stopped", "failed")
    groups: dict[tuple[str, ...], Counter[str]] = {}
    for each in standings:
        axes = each.member.axes
        key = (axes["experiment"], axes["circuit"], each.member.wiring, axes["learner"], axes["learns"])
        groups.setdefault(key, Counter())[each.state] += 1
    heads = ("experiment", "circuit", "wiring", "learner", "learns")
    widths = [max(len(head), *(len(key[i]) for key in groups)) for i, head in enumerate(heads)] if groups else [0] * 5
    lines = ["  ".join([*(h.ljust(w) for h, w in zip(heads, widths, strict=True)), *(f"{s:>7}" for s in states)])]
    for words, counts in groups.items():
        cells = [word.ljust(width) for word, width in zip(words, widths, strict=True)]
        lines.append("  ".join([*cells, *(f"{counts[state] or '·':>7}" for state in states)]))
    total = Counter(each.state for each in standings)
    lines.append(f"{len(standings)} runs: {', '.join(f'{total[state]} {state}' for state in states if total[state])}")
    left = made.seconds_left(standings)
    if left is not None:
        lines.append(
            f"about {left / 3600:.1f} h of learning left" if left > 5400 else f"about {left / 60:.0f} min left"
        )
    for each in standings:
        if each.state in ("failed", "stopped"):
            lines.append(f"{each.state}: {each.member.name} after {each.tries} tries on {each.where}: {each.said}")
    return "\n".join(lines)
