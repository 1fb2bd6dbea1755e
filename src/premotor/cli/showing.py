"""The commands that show runs: ``play`` and ``report``."""

from pathlib import Path
from typing import Annotated

import typer

from premotor.cli.announcing import announce
from premotor.cli.commands import Checkpoint


def play(
    source: Annotated[
        str,
        typer.Argument(
            help="What to play: a run folder, a preset (trained, if one comes with it) or a YAML file (untrained)."
        ),
    ],
    view: Annotated[bool, typer.Option("--view", help="Show it in MuJoCo's viewer instead of writing a file.")] = False,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser",
            help="Show body and neurons on a live page, where you can silence and drive neurons and push the body.",
        ),
    ] = False,
    port: Annotated[int, typer.Option(help="With --browser, listen on this port of this machine.")] = 8080,
    host: Annotated[
        str,
        typer.Option(
            help="With --browser, listen at this address of this machine, such as 0.0.0.0; for other machines the page "
            "asks for a token."
        ),
    ] = "127.0.0.1",
    page: Annotated[
        Path | None,
        typer.Option(help="Write 4 s of body and neurons in 3D to this file, *.html, which needs no server."),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Plot sensors, actions and reward while it runs; show a spiking agent in a browser."
        ),
    ] = False,
    beside: Annotated[
        str | None,
        typer.Option(
            help="With --browser or --page, show another controller of the same body beside it (a run, a preset or a "
            "YAML file), such as a null model."
        ),
    ] = None,
    video: Annotated[Path | None, typer.Option(help="Write the video to this file, *.mp4.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after this time, s; by default at the end of the episode.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Draw the start of the episode with this seed; 2,000 by default, 42 with --rerun."),
    ] = None,
    rerun: Annotated[
        int | None, typer.Option(min=0, help="Start a spiking agent as in this episode of its test.")
    ] = None,
    checkpoint: Checkpoint = "best",
    every: Annotated[int | None, typer.Option(help="With --video, draw one frame in this many control steps.")] = None,
    speed: Annotated[float, typer.Option(help="Play at this multiple of real time; 0.1 is slow motion.")] = 1.0,
) -> None:
    """Show an episode of a run of any kind: as a video file, in a browser, or in MuJoCo's viewer.

    Keys of the viewer: R anew, T reward, V drawing, N noise, Q end.

    \b
    Example:
      premotor play bipedal
      premotor play fly-walk --speed 0.1
      premotor play runs/walk --video walk.mp4
      premotor play runs/cartpole-stdp --rerun 16
      premotor play runs/cartpole-stdp --live
    """
    announce(f"playing {source}: loading and compiling")
    from premotor.errors import PremotorError
    from premotor.runs import Evaluation, Run, Video, play_live, play_to_video, player

    if view + live + browser + (video is not None) + (page is not None) > 1:
        raise typer.BadParameter("--view, --live, --browser, --page and --video exclude each other")
    for name, given in (("--host", host != "127.0.0.1"), ("--port", port != 8080)):
        if given and not (browser or live):
            raise PremotorError(f"{name} goes with --browser, or with --live of a spiking agent")
    if beside is not None and not (browser or page):
        raise PremotorError("--beside goes with --browser or --page")
    run = Run(source) if Path(source).is_dir() else None
    spiking = run is not None and run.kind.name == "spiking"
    if rerun is not None and not spiking:
        raise PremotorError(f"--rerun goes with the run of a spiking agent, but {source} is none")
    if beside is not None and spiking:
        raise PremotorError(f"--beside shows bodies in 3D, which {source}, a spiking agent, has not")
    if spiking and (view or page):
        raise PremotorError(
            f"{source} is a spiking agent, which has no body in 3D: it is shown as a video file, or with --live in a "
            "browser"
        )
    if run is not None and spiking and (live or browser):
        from premotor.runs.spiking import SpikingRun
        from premotor.view import play_spiking_in_browser

        test = Evaluation(seed=seed, checkpoint=checkpoint, only=rerun)
        play_spiking_in_browser(SpikingRun.of(run), test, seconds, speed, host, port)
        return
    if run is not None and not (view or live or browser or page):
        start = seed if seed is not None or spiking else 2_000
        test = Evaluation(seed=start, checkpoint=checkpoint, only=rerun)
        print(f"video: {run.kind.play(run, Video(video, seconds, every, speed), test)}")
        return
    seed, shown = 2_000 if seed is None else seed, player(source, checkpoint)
    other = None if beside is None else player(beside)
    if browser:
        from premotor.view import play_in_browser

        play_in_browser(shown, seconds, seed, speed, host, port, beside=other)
    elif page is not None:
        from premotor.view import write_page

        print(f"page: {write_page(shown, page, 4.0 if seconds is None else seconds, seed, other)}")
    elif view:
        from premotor.view import play_in_viewer

        play_in_viewer(shown, seconds, seed, speed)
    elif live:
        play_live(shown, seconds, seed, speed)
    else:
        print(f"video: {play_to_video(shown, video, seconds, seed, every=every, speed=speed)}")


def report(
    folders: Annotated[
        list[Path], typer.Argument(help="The folder of a run, a study or a simulation, or of several runs.")
    ],
    figures: Annotated[
        str | None,
        typer.Option(help="Also write every figure as a file in these formats, separated by commas: svg, pdf, png."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="With several runs, write the page to this file; side-by-side.html by default."
        ),
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
    announce(f"writing the report of {', '.join(map(str, folders))}")
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
