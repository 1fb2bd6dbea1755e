"""``premotor sweep``: a search for settings."""

from pathlib import Path
from typing import Annotated

import typer

from premotor.errors import PremotorError


def sweep(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A preset or YAML file, or the folder of a search to go on with.")],
    search: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            help="A setting and where to look: KEY=1e-4..1e-2,log, KEY=10..50,step=10, KEY=[a, b]; can be given "
            "many times.",
            metavar="KEY=SPACE",
        ),
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="In all; 50, or all of a grid.")] = None,
    sampler: Annotated[str | None, typer.Option(help="tpe (default), random or grid.")] = None,
    pruner: Annotated[str | None, typer.Option(help="none (default), median or halving.")] = None,
    score: Annotated[
        str | None, typer.Option(help="The figure that counts: score; mean, median, mean_100, median_101, rates.EM …")
    ] = None,
    minimise: Annotated[bool, typer.Option("--minimise", help="Less is better.")] = False,
    sampler_seed: Annotated[int | None, typer.Option(min=0, help="Of the sampler.")] = None,
    episodes: Annotated[int | None, typer.Option(min=1, help="Of the test of each trial; by default 100.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Trials side by side; by default one a core.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder; runs/NAME-sweep by default.")
    ] = None,
) -> None:
    """Search for settings of any experiment: train, spiking agents, simulate. Called again, it goes on.

    \b
    Examples:
      premotor sweep walk --search "learning.learning_rate=1e-4..1e-2,log" --trials 30 --pruner median
      premotor sweep cartpole-stdp --search "plasticity.targeting.other=-1.5..0" --score mean_100
      premotor sweep cartpole-stdp --search "wiring.seed=[0, 1, 2]" --sampler grid
    """
    from premotor.studies.sweeps import is_sweep
    from premotor.studies.sweeps import sweep as begin

    settings = list(context.obj or [])
    if not search and not is_sweep(source):
        raise PremotorError('no setting is searched; name one, as in --search "learning.learning_rate=1e-4..1e-2,log"')
    made = begin(
        source,
        search or [],
        trials=trials,
        sampler=sampler,
        pruner=pruner,
        score=score,
        minimise=minimise or None,
        seed=sampler_seed,
        episodes=episodes,
        jobs=jobs,
        output=output,
        overrides=settings,
    )
    table, best = made.table, made.best
    states = table["state"].value_counts().to_dict()
    print(f"{len(table)} trials: {', '.join(f'{count} {state}' for state, count in states.items())}")
    if best is None:
        print("no trial was completed")
        return
    print(f"best: trial {best['number']}, {made.settings.score} {best['score']:.4g}")
    for key in made.settings.search:
        print(f"  {key} {best[f'set/{key}']}")
    print(f"its settings: {made.folder / 'best.yaml'}; tables and figures: premotor analyse sweep {made.folder}")
