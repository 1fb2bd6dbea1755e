"""``premotor sequence``: a network on its own, on sequence data."""

from typing import Annotated

import typer


def sequence(
    context: typer.Context,
    experiment: Annotated[str, typer.Argument(help="A preset or YAML file: its circuit, network and maps are used.")],
    iterations: Annotated[int, typer.Option(min=1, help="Steps of descent.")] = 400,
    batch: Annotated[int, typer.Option(min=1, help="Sequences of each.")] = 32,
) -> None:
    """Teach a network the phase of a sine, outside of any body: a check that it can learn at all.

    \b
    Example:
      premotor sequence walk --network.kind layered
    """
    from premotor.runs import SequenceSettings, learn_sequence, load_experiment

    settings = load_experiment(experiment, list(context.obj or []))
    found = learn_sequence(settings, SequenceSettings(iterations=iterations, batch=batch))
    print(
        f"{found['kind']} network of {found['neurons']} neurons, phase of sines it never saw: "
        f"{found['error']:.3f} rad off (root mean square; {found['error_before']:.3f} before learning, chance 1.81)"
    )
