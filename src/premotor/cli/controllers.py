"""The commands about trained controllers outside of premotor: ``serve`` and ``export``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from premotor.cli.announcing import announce
from premotor.errors import PremotorError

Controller = Annotated[
    str, typer.Argument(help="A run, as RUN or RUN@CHECKPOINT, or a preset with a trained controller.", metavar="RUN")
]


def serve(
    run: Controller,
    host: Annotated[
        str, typer.Option(help="Listen on this address; only this machine can connect by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Listen on this port; 0 for any free one.")] = 5555,
) -> None:
    """Serve a controller to a simulator in any language, over ZeroMQ with MessagePack.

    \b
    Example:
      premotor serve runs/arm
      premotor serve walk --port 6000
    """
    announce(f"loading {run}")
    from premotor.runs import load_controller, serve as answer

    answer(load_controller(run), host, port, lambda line: print(line, flush=True))


def export(
    run: Controller,
    to: Annotated[
        Literal["onnx", "nwb"], typer.Option(help="Write a controller as ONNX, or an episode of it as NWB.")
    ] = "onnx",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file; by default controller.onnx or episode.nwb."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="With --to nwb, end the episode after this time, s; by default as in its test.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="With --to nwb, draw the start of the episode with this seed; 2,000 by default.")
    ] = None,
) -> None:
    """Write a controller (ONNX: state and action of one control step) or its activity and its body in an episode (NWB).

    \b
    Example:
      premotor export runs/walk --to onnx -o walk.onnx
      premotor export walk --to nwb --seconds 5 -o walk.nwb
    """
    if to == "onnx" and (seconds is not None or seed is not None):
        raise PremotorError("--seconds and --seed are of an episode; they go with --to nwb")
    announce(f"loading {run}")
    if to == "nwb":
        from premotor.runs import export_episode_nwb

        given = {} if seed is None else {"seed": seed}
        print(f"written to {export_episode_nwb(run, output or 'episode.nwb', seconds=seconds, **given)}")
        return
    from premotor.runs import export_onnx, load_controller

    made = load_controller(run)
    print(f"written to {export_onnx(made, output or Path('controller.onnx'))}: {made!r}")
