"""The commands about runs."""

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from premotor import __version__
from premotor.cli.announcing import announce
from premotor.cli.help import TopCommands
from premotor.cli.study import split_engine

if TYPE_CHECKING:
    from premotor.runs.settings import RunSettings

app = typer.Typer(
    cls=TopCommands,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Experiment = Annotated[str, typer.Argument(help="The experiment: a preset such as walk, or a YAML file of settings.")]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN")]
Checkpoint = Annotated[str, typer.Option(help="Take this checkpoint: best, last, initial, or a step.")]
Name = Annotated[str | None, typer.Option(help="Set the name of the run.")]
Seed = Annotated[str | None, typer.Option(help="Set the seed of the run.")]
Threads = Annotated[str | None, typer.Option(help="Step the physics in this many threads; 0 for one per core.")]
Device = Annotated[
    Literal["cpu", "gpu", "warp-cpu", "mjx"] | None,
    typer.Option(
        help="Run the physics here: by MuJoCo on the CPU, by MuJoCo Warp on an NVIDIA GPU (or, slowly, on the CPU), or "
        "by MJX, which makes one program of physics and learning on the device that JAX has."
    ),
]
Tested = Annotated[Literal["cpu", "gpu", "warp-cpu", "mjx"], typer.Option(help="Run the physics here, as for train.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
Report = Annotated[
    bool, typer.Option("--report/--no-report", help="Test lesions, record a video and write report.html at the end.")
]
Test = Annotated[
    int | None, typer.Option("--episodes", min=1, help="Test in this many episodes at the end; 100 by default.")
]
Population = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Share the members of evolution of a spiking network among the cores of this engine, ray or dask. Give "
        "its settings as --engine.KEY VALUE.",
    ),
]
Initial = Annotated[
    str | None,
    typer.Option(help="Begin with the weights of this run (RUN or RUN@CHECKPOINT) or trained policy.", metavar="RUN"),
]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"premotor {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def group(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Real connectomes as controllers of simulated bodies.

    \b
    Begin with:
      premotor play walk      a trained controller, as a video
      premotor train walk     train your own; premotor train -h says more
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit
    if context.invoked_subcommand == "resume" and split_engine(None, list(context.obj or []))[0]:
        raise typer.BadParameter(
            f"{context.obj[0]}: a run is resumed with the settings that it has; to go on with others, begin a new run "
            f"with its weights, as in premotor train RUN/settings.yaml --initial RUN {' '.join(context.obj)}"
        )
    taking = (
        "train",
        "resume",
        "compare",
        "simulate",
        "dynamics",
        "spiking",
        "sequence",
        "batch",
        "sweep",
        "study",
        "engine",
        "evaluate",
    )
    if context.obj and context.invoked_subcommand not in taking:
        raise typer.BadParameter(f"{context.obj[0]}: only {', '.join(taking)} take settings")


@app.command()
def train(
    context: typer.Context,
    experiment: Experiment,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the run to this folder; runs/NAME by default.")
    ] = None,
    name: Name = None,
    seed: Seed = None,
    threads: Threads = None,
    device: Device = None,
    initial: Initial = None,
    report: Report = True,
    episodes: Test = None,
    engine: Population = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that is in the folder, once the new one begins.")
    ] = False,
    track: Annotated[
        str | None,
        typer.Option(
            help="Also send metrics to these, separated by commas: wandb, mlflow. TensorBoard has them always."
        ),
    ] = None,
) -> None:
    """Train an experiment of any kind, test it, and write its report. Any setting can be given by its dotted name.

    \b
    Example:
      premotor train walk --seed 1 --learning.learning_rate 5e-4 --circuit.source fly-leg
      premotor train cartpole-stdp
      premotor train fly-walk --initial runs/fly-stand
      premotor train cartpole-evolution --engine ray          # members of its population on a cluster
    """
    from premotor.runs import load_settings
    from premotor.runs.effect import refuse_memory
    from premotor.runs.kinds import kind_of

    context.obj, chosen = split_engine(engine, list(context.obj or []))
    words = _settings(context, name=name, seed=seed, threads=threads, initial=initial, **{"physics.device": device})
    settings = load_settings(experiment, words)  # what is wrong is said at once, before any library is loaded
    refuse_memory(settings)
    kind_of(settings).verify(settings)

    from premotor.files import Lock

    if Lock.patience and output is not None and output.is_dir():  # a predecessor of this worker of a study made it
        return resume(context, output, report=report, episodes=episodes)
    announce(f"training {settings.name}: loading and compiling")
    from premotor.runs import train as learn

    with _population(chosen, settings):
        tracked = () if track is None else track.split(",")
        run = learn(settings, output=output, episodes=episodes, report=report, track=tracked, overwrite=overwrite)
    print(f"run: {run.folder}")


@app.command()
def resume(
    context: typer.Context, run: RunFolder, report: Report = True, episodes: Test = None, engine: Population = None
) -> None:
    """Continue a run from its newest checkpoint, as if it had never stopped.

    \b
    Example:
      premotor resume runs/walk
    """
    _open(run)
    announce(f"going on with {run}: loading and compiling")
    from premotor.runs import Run, resume as go_on

    chosen = split_engine(engine, list(context.obj or []))[1]
    with _population(chosen, Run(run).settings if chosen else None):
        go_on(run, episodes=episodes, report=report)


def _population(chosen: dict[str, object] | None, settings: "RunSettings | None") -> AbstractContextManager[None]:
    """Where the members of its population live; without an engine, nothing is loaded for it."""
    if chosen is None or settings is None:
        return nullcontext()
    from premotor.studies import population_on

    return population_on(chosen, settings)


@app.command()
def evaluate(
    context: typer.Context,
    run: RunFolder,
    episodes: Annotated[int | None, typer.Option(help="Test in this many episodes; 100 by default.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="End an episode after this time, s; by default as in training.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draw the starts of the episodes with this seed.")] = 2_000,
    checkpoint: Checkpoint = "best",
    lesions: Annotated[bool, typer.Option(help="Also silence every group of synapses in turn.")] = True,
    types: Annotated[bool, typer.Option(help="With --lesions, also silence every cell type in turn.")] = False,
    senses: Annotated[
        bool,
        typer.Option(help="Also cut every group of senses in turn, and see if the network goes on alone."),
    ] = False,
    device: Tested = "cpu",
    as_json: AsJson = False,
) -> None:
    """Test a run of any kind in episodes that learning never saw, and what each group of synapses is worth to it.

    Settings of the task may differ from those of learning, as in --task.variation.push 5. What such a test finds goes
    to a file of its own, and no synapses are silenced.

    \b
    Example:
      premotor evaluate runs/walk --episodes 100
      premotor evaluate runs/walk --no-lesions --senses
      premotor evaluate runs/fly-walk --task.variation.slope 0.1
    """
    _open(run)
    announce(f"testing {run}: loading and compiling")
    from premotor.cli.studies import lesion_table, senses_table
    from premotor.runs import Evaluation, Run
    from premotor.runs.evaluation import tested
    from premotor.settings import note

    opened, words = Run(run), tuple(context.obj or ())
    test = Evaluation(episodes, seconds, seed, checkpoint, device=device, overrides=words)
    figures = tested(opened, test)
    if not as_json:
        print(opened.kind.verdict(opened, figures))
    if words:
        lesions = senses = False
        note(f"not as in learning: {' '.join(words)}; figures in {figures['file']}; no synapses are silenced")
    if lesions:
        announce("silencing groups of synapses in turn")
    rows = opened.kind.lesions(opened, test, types) if lesions else None
    if senses:
        announce("cutting groups of senses in turn")
    cut = opened.kind.senses(opened, test) if senses else None
    if senses and cut is None:
        note("--senses has nothing to cut: no network feels a body here")
    if as_json:
        more = ({"lesions": rows} if lesions else {}) | ({"senses": cut} if senses else {})
        print(json.dumps({**figures, **more}, indent=2))
        return
    if rows is not None:
        print(lesion_table(rows))
    if cut is not None:
        print(senses_table(cut))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine offers: devices, threads, rendering, video, optional extras.

    \b
    Example:
      premotor doctor
    """
    from premotor.runs import examine

    findings = examine()
    if as_json:
        print(json.dumps([finding._asdict() for finding in findings], indent=2))
    for finding in () if as_json else findings:
        print(f"{'ok' if finding.good else 'MISSING':<8} {finding.subject:<18} {finding.found}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _open(folder: Path) -> None:
    """Say at once, before any library is loaded, that a folder is no run's."""
    from premotor.runs import RunFolder as Places

    Places.open(folder)


def _settings(context: typer.Context, **top: str | None) -> list[str]:
    """Settings of the command line: the dotted ones, and those at the top that are options."""
    words = list(context.obj or [])
    for key, value in top.items():
        if value is not None:
            words.append(f"--{key}={value}")
    return words
