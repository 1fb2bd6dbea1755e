"""The commands about runs."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from premotor import __version__
from premotor.cli.help import TopCommands
from premotor.cli.study import EngineName, split_engine

app = typer.Typer(
    cls=TopCommands,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Experiment = Annotated[str, typer.Argument(help="A preset (walk) or a YAML file of settings.")]
RunFolder = Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")]
Checkpoint = Annotated[str, typer.Option(help="best, last, initial, or the step of a checkpoint.")]
Name = Annotated[str | None, typer.Option(help="The setting 'name'.")]
Seed = Annotated[str | None, typer.Option(help="The setting 'seed'.")]
Threads = Annotated[str | None, typer.Option(help="The setting 'threads': of the physics, 0 for one a core.")]
Device = Annotated[
    Literal["cpu", "gpu", "warp-cpu"] | None,
    typer.Option(help="Of the physics: MuJoCo on the CPU, or MuJoCo Warp on an NVIDIA GPU (or, slow, on the CPU)."),
]
Tested = Annotated[Literal["cpu", "gpu", "warp-cpu"], typer.Option(help="Of the physics, as for train.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")]
Report = Annotated[bool, typer.Option("--report/--no-report", help="Lesions, video and report.html at the end.")]
Test = Annotated[int | None, typer.Option("--episodes", min=1, help="Test episodes at the end; 100 by default.")]
Initial = Annotated[
    str | None, typer.Option(help="A run whose weights this one begins with, as RUN or RUN@CHECKPOINT.", metavar="RUN")
]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"premotor {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def group(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
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
    if split_engine(None, list(context.obj or []))[0] and context.invoked_subcommand == "resume":
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
    )
    if context.obj and context.invoked_subcommand not in taking:
        raise typer.BadParameter(f"{context.obj[0]}: only {', '.join(taking)} take settings")


@app.command()
def train(
    context: typer.Context,
    experiment: Experiment,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The run folder to make; runs/NAME by default.")
    ] = None,
    name: Name = None,
    seed: Seed = None,
    threads: Threads = None,
    device: Device = None,
    initial: Initial = None,
    report: Report = True,
    episodes: Test = None,
    engine: EngineName = None,
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
    begin(f"training {settings.name}: loading and compiling")
    from premotor.runs import train as learn

    with _population(chosen, settings):
        run = learn(settings, output=output, episodes=episodes, report=report)
    print(f"run: {run.folder}")


@app.command()
def resume(
    context: typer.Context, run: RunFolder, report: Report = True, episodes: Test = None, engine: EngineName = None
) -> None:
    """Continue a run from its newest checkpoint, as if it had never stopped.

    \b
    Example:
      premotor resume runs/walk
    """
    _open(run)
    begin(f"going on with {run}: loading and compiling")
    from premotor.runs import Run, resume as go_on

    chosen = split_engine(engine, list(context.obj or []))[1]
    with _population(chosen, Run(run).settings if chosen else None):
        go_on(run, episodes=episodes, report=report)


def _population(chosen: dict[str, Any] | None, settings: Any) -> Any:
    """Where the members of its population live; without an engine, nothing is loaded for it."""
    if chosen is None:
        return nullcontext()
    from premotor.studies import population_on

    return population_on(chosen, settings)


@app.command()
def evaluate(
    run: RunFolder,
    episodes: Annotated[int | None, typer.Option(help="How many episodes; 100 by default.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length of an episode; by default as in training.")] = None,
    seed: Annotated[int, typer.Option(help="Of the starts of the episodes.")] = 2_000,
    checkpoint: Checkpoint = "best",
    lesions: Annotated[bool, typer.Option(help="Also silence every group of synapses in turn.")] = True,
    types: Annotated[bool, typer.Option(help="With lesions: also every cell type in turn.")] = False,
    device: Tested = "cpu",
    as_json: AsJson = False,
) -> None:
    """Test a run of any kind in episodes that learning never saw, and what each group of synapses is worth to it.

    \b
    Example:
      premotor evaluate runs/walk --episodes 100
    """
    _open(run)
    begin(f"testing {run}: loading and compiling")
    from premotor.cli.studies import lesion_table
    from premotor.runs import Evaluation, Run

    opened = Run(run)
    test = Evaluation(episodes, seconds, seed, checkpoint, device=device)
    figures = opened.kind.evaluate(opened, test)
    if not as_json:
        print(opened.kind.verdict(opened, figures))
    if lesions:
        begin("silencing groups of synapses in turn")
    rows = opened.kind.lesions(opened, test, types) if lesions else None
    if as_json:
        print(json.dumps({**figures, "lesions": rows} if lesions else figures, indent=2))
    elif rows is not None:
        print(lesion_table(rows))


@app.command()
def play(
    source: Annotated[
        str, typer.Argument(help="A run folder, a preset (trained where it comes so) or a YAML file (untrained).")
    ],
    view: Annotated[bool, typer.Option("--view", help="In MuJoCo's viewer instead of a file.")] = False,
    browser: Annotated[
        bool, typer.Option("--browser", help="On a live page: body and neurons in 3D, to silence, drive and push.")
    ] = False,
    port: Annotated[int, typer.Option(help="With --browser: where it listens, on this machine alone.")] = 8080,
    page: Annotated[
        Path | None,
        typer.Option(help="The file to write, *.html: 4 s of body and neurons in 3D, without a server."),
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Plots of sensors, actions and reward while it runs.")] = False,
    video: Annotated[Path | None, typer.Option(help="The file to write, *.mp4.")] = None,
    seconds: Annotated[float | None, typer.Option(help="At most so long.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the start of the episode; 2,000, with --rerun 42.")] = None,
    rerun: Annotated[
        int | None, typer.Option(min=0, help="A spiking agent from the start of this episode of its test.")
    ] = None,
    checkpoint: Checkpoint = "best",
    every: Annotated[int | None, typer.Option(help="With --video: control steps from frame to frame.")] = None,
    speed: Annotated[float, typer.Option(help="Over real time: 0.1 is slow motion.")] = 1.0,
) -> None:
    """Show an episode of a run of any kind: as a video file, in a browser, or in MuJoCo's viewer.

    Keys of the viewer: R anew, T reward, V drawing, N noise, Q end.

    \b
    Example:
      premotor play bipedal
      premotor play fly-walk --speed 0.1
      premotor play runs/walk --video walk.mp4
      premotor play runs/cartpole-stdp --rerun 16
    """
    begin(f"playing {source}: loading and compiling")
    from premotor.errors import PremotorError
    from premotor.runs import Evaluation, Run, play_in_viewer, play_live, play_to_video, player

    if view + live + browser + (video is not None) + (page is not None) > 1:
        raise typer.BadParameter("--view, --live, --browser, --page and --video exclude each other")
    run = Run(source) if Path(source).is_dir() else None
    spiking = run is not None and run.kind.name == "spiking"
    if rerun is not None and not spiking:
        raise PremotorError(f"--rerun goes with the run of a spiking agent, but {source} is none")
    if spiking and (view or live or browser or page):
        raise PremotorError(f"{source} is a spiking agent, which has no body in 3D: it is shown as a video file")
    if run is not None and not (view or live or browser or page):
        start = seed if seed is not None or spiking else 2_000
        test = Evaluation(seed=start, checkpoint=checkpoint, only=rerun)
        print(f"video: {run.kind.play(run, video, seconds, test, every, speed)}")
        return
    seed, shown = 2_000 if seed is None else seed, player(source, checkpoint)
    if browser:
        from premotor.view import play_in_browser

        play_in_browser(shown, seconds, seed, speed, port=port)
    elif page is not None:
        from premotor.view import write_page

        print(f"page: {write_page(shown, page, 4.0 if seconds is None else seconds, seed)}")
    elif view:
        play_in_viewer(shown, seconds, seed, speed)
    elif live:
        play_live(shown, seconds, seed, speed)
    else:
        print(f"video: {play_to_video(shown, video, seconds, seed, every=every, speed=speed)}")


@app.command()
def report(
    folders: Annotated[
        list[Path], typer.Argument(help="The folder of a run, a study, or a simulation; or several runs.")
    ],
    figures: Annotated[
        str | None, typer.Option(help="Also write every figure as a file: svg, pdf or png, with commas between.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With several runs: the page; side-by-side.html by default.")
    ] = None,
) -> None:
    """Write the page of a run of any kind, a comparison, a sweep or a simulation; or one page about several runs.

    \b
    Example:
      premotor report runs/walk
      premotor report runs/walk --figures svg,pdf
      premotor report runs/walk runs/walk-2 -o both.html
    """
    from premotor.errors import PremotorError
    from premotor.report.sections import check_folder

    for folder in folders:
        check_folder(folder)
    begin(f"writing the report of {', '.join(map(str, folders))}")
    if len(folders) > 1:
        if figures is not None:
            raise PremotorError("--figures writes the figures of one folder; name one, or leave --figures out")
        from premotor.report import write_side_by_side

        print(f"report: {write_side_by_side(folders, output or 'side-by-side.html')}")
        return
    if output is not None:
        raise PremotorError("--output names the page about several runs; that of one folder lies in it")
    from premotor.report import write_report

    print(f"report: {write_report(folders[0])}")
    if figures is not None:
        from premotor.report import write_figure_files

        files = write_figure_files(folders[0], [name.strip() for name in figures.split(",")])
        print(f"figures: {len(files)} files in {files[0].parent}" if files else "figures: the page has none")


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


def begin(what: str) -> None:
    """Say on the standard error stream what takes a while, before it does."""
    print(f"{what} …", file=sys.stderr, flush=True)


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
