"""The commands about trained controllers outside of premotor: ``serve`` and ``export``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from premotor.cli.announcing import announce

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
    to: Annotated[Literal["onnx"], typer.Option(help="Write this format.")] = "onnx",
    output: Annotated[Path, typer.Option("--output", "-o", help="Write to this file.")] = Path("controller.onnx"),
) -> None:
    """Write a controller in a format of others: ONNX, with state and action of one control step.

    \b
    Example:
      premotor export runs/walk --to onnx -o walk.onnx
    """
    announce(f"loading {run}")
    from premotor.runs import export_onnx, load_controller

    made = load_controller(run)
    print(f"written to {export_onnx(made, output)}: {made!r}")
