"""``premotor analyse``: tables and figures from run folders of spiking agents, and of searches."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.report.style import Chart
    from premotor.runs.spiking import Model, SpikingRun

analyse = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Write tables and figures of spiking agents and of searches to analysis/ in their folder.",
)
MOST_ROWS = 40

Run = Annotated[Path, typer.Argument(help="The run folder of a spiking agent.", metavar="RUN")]
Models = Annotated[
    list[str],
    typer.Argument(
        help="Runs, as NAME=RUN@CHECKPOINT; you can leave out the name and the checkpoint.", metavar="MODEL"
    ),
]
Checkpoint = Annotated[str, typer.Option(help="Take this checkpoint: best, last, initial, or an iteration.")]
Test = Annotated[
    str, typer.Option(help="Take this test, as premotor spiking evaluate wrote it: test, learning, or rerun-N.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the files to this folder.")]
Episodes = Annotated[int, typer.Option(min=1, help="Test each in this many episodes.")]
Seed = Annotated[int, typer.Option(min=0, help="Draw the start states with this seed.")]
HERE = Path("analysis")


def _open(run: Path) -> "SpikingRun":
    from premotor.runs.spiking import SpikingRun

    return SpikingRun(run)


def _models(words: list[str]) -> "list[Model]":
    from premotor.runs.spiking import Model

    return [Model.parse(word) for word in words]


def _say(found: "Chart", folder: Path) -> None:
    table = found.table
    if len(table) > MOST_ROWS:
        print(table.describe().to_string(float_format=lambda value: f"{value:.4g}"))
    else:
        print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    print(f"written to {', '.join(str(file) for file in found.write(folder))}")


def _of_run(name: str, run: Path, output: Path | None, *arguments: object, **options: object) -> None:
    from premotor.report import spiking

    _say(getattr(spiking, name)(_open(run), *arguments, **options), output or run / "analysis")


WITHOUT_OPTIONS = {
    "connectivity": ("connectivity", "Who is connected to whom, by cell and by population; degrees of every cell."),
    "medians": (
        "medians",
        "Episodes of learning, their sliding medians over 21, 51 and 101, and the best mean of 100.",
    ),
    "phases": ("phases", "The first and last episodes of each phase of learning, and of the runs before."),
    "weights-over-time": ("over_time", "Weights at the checkpoints, by projection and movement."),
    "weight-histograms": ("histograms", "Distributions of the weights at the checkpoints."),
    "fields": ("fields", "Receptive fields, after premotor spiking mock."),
    "policy": ("policy", "What it does for every combination of inputs, after premotor spiking mock --combinations."),
    "trace": ("trace", "The runs that a run goes back to, and the settings in which they differ."),
}
"""Commands that take a run and nothing else: the function of `premotor.report.spiking`, and what it shows."""
OF_A_TEST = {
    "lengths": "Episodes of a test.",
    "moves": "Undecided moves, votes, and the balance of left and right in a test.",
    "rewards": "What the critic said in a test.",
    "borders": "Rates where an observation enters the next bin of its receptive field, in a test.",
}
"""The same for commands that take a run and one of its tests; the functions are called as the commands."""


def _add(command: str, name: str, words: str) -> None:
    @analyse.command(command, help=words)
    def of_run(run: Run, output: Output = None) -> None:
        _of_run(name, run, output)


def _add_of_test(name: str, words: str) -> None:
    @analyse.command(name, help=words)
    def of_test(run: Run, test: Test = "test", output: Output = None) -> None:
        _of_run(name, run, output, test=test)


for _command, (_name, _words) in WITHOUT_OPTIONS.items():
    _add(_command, _name, _words)
for _name, _words in OF_A_TEST.items():
    _add_of_test(_name, _words)


@analyse.command()
def curves(
    models: Models,
    by: Annotated[str, typer.Option(help="Count along the axis by episodes or steps.")] = "episodes",
    output: Output = None,
) -> None:
    """Learning of several runs, ancestors included, on one axis.

    \b
    Example:
      premotor analyse curves plasticity=runs/cartpole-stdp evolution=runs/cartpole-evolution
    """
    from premotor.report.spiking import curves as draw

    _say(draw({model.name: model.run for model in _models(models)}, by), output or HERE)


@analyse.command()
def checkpoints(
    run: Run,
    episodes: Episodes = 30,
    seed: Seed = 42,
    most: Annotated[int, typer.Option(min=2, help="Take at most this many checkpoints, spread over the run.")] = 20,
    output: Output = None,
) -> None:
    """Test checkpoints one by one: box plots, undecided moves, balance and rewards along the run."""
    from premotor.runs.spiking import evaluate_checkpoints

    evaluate_checkpoints(_open(run), episodes, seed=seed, most=most)
    _of_run("checkpoints", run, output)


@analyse.command()
def rates(
    run: Run,
    seconds: Annotated[float, typer.Option(help="Cut the recording into stretches of this length, s.")] = 10.0,
    test: Test = "test",
    output: Output = None,
) -> None:
    """Rates by population in a test."""
    _of_run("rates", run, output, seconds, test)


@analyse.command()
def variance(
    run: Run,
    window: Annotated[int, typer.Option(min=2, help="Compute the variance over this many steps.")] = 100,
    test: Test = "test",
    output: Output = None,
) -> None:
    """Variance of the spike counts by population in a test."""
    _of_run("variance", run, output, window, test)


@analyse.command()
def raster(
    run: Run,
    episode: Annotated[
        int | None, typer.Option(min=0, help="Take this episode of the test; by default a middling one.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Stop after this time, s.")] = 5.0,
    test: Test = "test",
    output: Output = None,
) -> None:
    """Spikes of all cells in an episode, with the pole and the moves."""
    _of_run("raster", run, output, episode, seconds, test)


@analyse.command()
def weights(
    run: Run,
    checkpoint: Checkpoint = "best",
    relative: Annotated[bool, typer.Option("--relative", help="Show changes relative to the weight before.")] = False,
    output: Output = None,
) -> None:
    """Matrices of the plastic weights and of their change."""
    _of_run("matrix", run, output, checkpoint, relative)


@analyse.command("weight-changes")
def weight_changes(run: Run, checkpoint: Checkpoint = "best", output: Output = None) -> None:
    """Weights before and after, by projection and by the movement that the cells vote for."""
    _of_run("changes", run, output, checkpoint)


@analyse.command()
def models(
    models: Models,
    episodes: Episodes = 100,
    seed: Seed = 42,
    random: Annotated[bool, typer.Option("--random/--no-random", help="Also show random actions.")] = True,
    output: Output = None,
) -> None:
    """Box plots of models in the same episodes, with an analysis of variance, pairs, and rates by population.

    \b
    Example:
      premotor analyse models before=runs/cartpole-stdp@initial after=runs/cartpole-stdp
    """
    from premotor.report import spiking
    from premotor.runs.spiking import evaluate_models, rates_of_models

    chosen = _models(models)
    table = evaluate_models(chosen, episodes, seed=seed, random=random)
    for found in (
        spiking.boxplot(table),
        spiking.pairs(table),
        spiking.rates_table(rates_of_models(chosen, min(episodes, 20), seed=seed)),
    ):
        _say(found, output or HERE)


@analyse.command()
def starts(
    models: Models,
    which: Annotated[
        str | None, typer.Option("--starts", help="Start from these episodes of the test, such as 16,7,78.")
    ] = None,
    choose: Annotated[
        int, typer.Option(min=1, help="Without --starts, choose this many hard, middling and easy ones for each model.")
    ] = 2,
    episodes: Episodes = 100,
    repeats: Annotated[int, typer.Option(min=1, help="Repeat each start state this many times.")] = 25,
    seed: Seed = 42,
    output: Output = None,
) -> None:
    """Models from single start states again and again, given ones or ones chosen by difficulty."""
    from premotor.report import spiking
    from premotor.runs.spiking import choose_starts, evaluate_models, rerun_starts

    chosen = _models(models)
    if which is None:
        found = choose_starts(evaluate_models(chosen, episodes, seed=seed, random=False), choose)
        print(found.to_string(index=False))
        numbers = sorted(set(found["episode"]))
    else:
        try:
            numbers = [int(word) for word in which.split(",")]
        except ValueError:
            raise PremotorError(f"--starts is {which!r}; it names episodes, as 16,7,78") from None
    _say(spiking.starts(rerun_starts(chosen, numbers, repeats, seed=seed)), output or HERE)


@analyse.command("seeds")
def of_seeds(
    folder: Annotated[Path, typer.Argument(help="The folder that premotor spiking seeds made.")],
    output: Output = None,
) -> None:
    """Tests and learning on many wirings."""
    from premotor.report import spiking
    from premotor.studies import read_wirings

    _say(spiking.seeds(read_wirings(folder)), output or folder / "analysis")


@analyse.command("sweep")
def of_sweep(
    folder: Annotated[Path, typer.Argument(help="The folder of a search.")],
    output: Output = None,
) -> None:
    """Trials of a search for settings, and the score against each setting."""
    from premotor.report import sweep_history, sweep_slices
    from premotor.studies import Sweep

    made = Sweep(folder)
    _say(sweep_history(made), output or folder / "analysis")
    try:
        slices = sweep_slices(made)
    except PremotorError as error:  # a search that has only begun
        print(f"the score by setting is left out: {error}")
        return
    _say(slices, output or folder / "analysis")


@analyse.command("all")
def everything(run: Run, output: Output = None) -> None:
    """Write every table and figure for which the run folder has the data."""
    from premotor.report import spiking

    opened, folder = _open(run), output or run / "analysis"
    for name in spiking.OF_A_RUN:
        try:
            files = getattr(spiking, name)(opened).write(folder)
        except PremotorError as error:
            print(f"{name}: left out, since {error}")
        else:
            print(f"{name}: {', '.join(file.name for file in files)}")
    print(f"written to {folder}")
