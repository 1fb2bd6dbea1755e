"""``premotor spiking``: what only spiking agents have; all else is said by the general words."""

from pathlib import Path
from typing import Annotated

import typer

from premotor.errors import PremotorError

spiking = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Continue, test and look inside spiking agents."
)

Run = Annotated[Path, typer.Argument(help="The run folder of a spiking agent.", metavar="RUN")]
Checkpoint = Annotated[str, typer.Option(help="Take this checkpoint: best, last, initial, or an iteration.")]


@spiking.callback()
def group(context: typer.Context) -> None:
    """Spiking agents: go on, test, look inside."""
    if context.obj and context.invoked_subcommand not in ("continue", "seeds"):
        raise PremotorError(f"{context.obj[0]}: only premotor spiking continue and seeds take settings")


@spiking.command("continue")
def continue_run(
    context: typer.Context,
    run: Run,
    checkpoint: Checkpoint = "last",
    copy_from: Annotated[
        str | None, typer.Option(help="Take sections of the settings from this preset or YAML file.")
    ] = None,
    copy_fields: Annotated[
        str, typer.Option(help="Take these sections, separated by commas, such as plasticity,learning.")
    ] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the run to this new folder.")] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html at the end.")] = True,
    episodes: Annotated[int, typer.Option(min=1, help="Test in this many episodes at the end.")] = 100,
) -> None:
    """Begin a new run from the weights of another, with its settings; as premotor train does with --initial.

    \b
    Example:
      premotor spiking continue runs/cartpole-evolution --checkpoint best --copy-from cartpole-stdp \\
        --copy-fields learning
    """
    from premotor.runs import Run as Opened, load_settings, train

    fields = [name for name in copy_fields.split(",") if name]
    if bool(fields) != (copy_from is not None):
        raise PremotorError("--copy-from and --copy-fields belong together")
    parent = Opened(run)
    data = parent.settings.model_dump(mode="json")
    other = {} if copy_from is None else load_settings(copy_from, kind=parent.kind.name).model_dump(mode="json")
    for name in fields:
        if name not in other:
            raise PremotorError(f"there is no section {name!r} to copy; allowed are {', '.join(other)}")
        data[name] = other[name]
    begun = f"{parent.folder.resolve()}@{parent.step_of(checkpoint)}"
    settings = load_settings({"kind": parent.kind.name, **data, "initial": begun}, list(context.obj or []))
    made = train(settings, output=output, episodes=episodes, report=report)
    print(f"run: {made.folder}")


@spiking.command()
def evaluate(
    run: Run,
    episodes: Annotated[int, typer.Option(min=1, help="Test in this many episodes.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Draw the start states with this seed, as Gymnasium does.")] = 42,
    checkpoint: Checkpoint = "best",
    rerun: Annotated[int | None, typer.Option(min=0, help="Start all episodes as this one of the test.")] = None,
    learning: Annotated[bool, typer.Option("--learning", help="Keep plasticity at work while testing.")] = False,
) -> None:
    """Test an agent, without learning unless asked to, in other episodes or from one start again and again.

    \b
    Example:
      premotor spiking evaluate runs/cartpole-evolution --rerun 16
    """
    from premotor.runs.spiking import SpikingRun, evaluate_spiking

    opened = SpikingRun(run)
    figures = evaluate_spiking(opened, episodes, seed=seed, checkpoint=checkpoint, only=rerun, learn=learning)
    print(opened.kind.verdict(opened, dict(figures)))


@spiking.command()
def mock(
    run: Run,
    checkpoint: Checkpoint = "best",
    alone: Annotated[bool, typer.Option("--alone", help="Leave out the inputs of the other variables.")] = False,
    repeats: Annotated[int, typer.Option(min=1, help="Repeat each input this many times.")] = 10,
    combinations: Annotated[
        bool, typer.Option("--combinations", help="Drive every combination of inputs of all variables instead.")
    ] = False,
    stride: Annotated[int, typer.Option(min=1, help="With --combinations, take one bin in this many.")] = 1,
    chunks: Annotated[
        int, typer.Option(min=1, help="With --combinations, work in this many parts, and keep finished ones.")
    ] = 40,
) -> None:
    """Drive each input cell, or every combination, and print for which action the motor cells vote.

    \b
    Example:
      premotor spiking mock runs/cartpole-evolution
      premotor spiking mock runs/cartpole-evolution --combinations
    """
    from premotor.runs.spiking import SpikingRun, mock_combinations, mock_inputs, unmoved_inputs

    opened = SpikingRun(run)
    if combinations:
        found = mock_combinations(opened, checkpoint=checkpoint, stride=stride, chunks=chunks)["votes"].astype(int)
        margin = found[..., -1] - found[..., 0]
        print(
            f"{margin.size:,} combinations: right in {(margin > 0).mean():.1%}, left in {(margin < 0).mean():.1%}, "
            f"undecided in {(margin == 0).mean():.1%}; premotor analyse policy {run} draws them"
        )
        return
    mocked = mock_inputs(opened, checkpoint=checkpoint, company=not alone, repeats=repeats)
    votes = mocked["votes"]
    print("spikes for the last action less those for the first in a step, by bin, from the lowest to the highest")
    place = 0
    fields = opened.settings.interface.fields
    names: tuple[str, ...] = ("position", "velocity", "angle", "spin")
    if opened.settings.task.kind != "cartpole":
        names = tuple(f"variable {number}" for number in range(len(fields)))
    for name, field in zip(names, fields, strict=True):
        bins = len(field.edges()) + 1
        print(f"{name:<9} {' '.join(f'{row[-1] - row[0]:+5.1f}' for row in votes[place : place + bins])}")
        place += bins
    for reason, inputs in unmoved_inputs(opened, mocked).items():
        print(f"{len(inputs)} of {len(votes)} inputs move nothing, since {reason}: {', '.join(map(str, inputs))}")


@spiking.command()
def export(
    run: Run,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this folder; RUN/export by default.")
    ] = None,
    nwb: Annotated[bool, typer.Option("--nwb", help="Also write test.nwb into the folder.")] = False,
    potentials: Annotated[
        str | None,
        typer.Option(
            help="Write the membrane potentials of these cells, such as 'EM left,IA:0-3,17'.", metavar="CELLS"
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="With --potentials, write this much of the test from its beginning, s.")
    ] = 10.0,
    every: Annotated[float, typer.Option(help="With --potentials, write a sample in this time, ms.")] = 1.0,
) -> None:
    """Write spikes, steps, episodes and cells of the last test as parquet tables, and as an NWB file.

    \b
    Example:
      premotor spiking export runs/cartpole-evolution --nwb
      premotor spiking export runs/cartpole-evolution --potentials "EM left,IA:0-3" --seconds 5
    """
    from premotor.files import replace_atomically
    from premotor.runs.spiking import SpikingRun, chosen_cells, export_nwb, export_parquet, potentials_of_test

    opened, folder = SpikingRun(run), output or run / "export"
    if nwb:
        from premotor.runs import check_nwb

        check_nwb()
        if (folder / "test.nwb").exists():
            raise PremotorError(f"{folder / 'test.nwb'} exists already; remove it first or name another folder")
    cells = None if potentials is None else chosen_cells(opened, potentials)
    files, table = export_parquet(opened, folder), None
    if cells is not None:
        table = potentials_of_test(opened, cells, seconds=seconds, every=every)
        files.append(folder / "potentials.parquet")
        with replace_atomically(files[-1]) as aside:
            table.to_parquet(aside, index=False)
    if nwb:
        files.append(export_nwb(opened, folder / "test.nwb", table))
    print(f"written to {', '.join(str(file) for file in files)}")


@spiking.command("import")
def import_run(
    folder: Annotated[Path, typer.Argument(help="The run folder of the original program.", metavar="DIR")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the run to this new folder.")] = None,
    episodes: Annotated[int, typer.Option(min=0, help="Test in this many episodes; 0 for no test.")] = 100,
) -> None:
    """Make a run of ours from one of the original program (backupcfg_sim.json, synWeights.pkl), and test it.

    Saved weights become checkpoints. Nothing in a pickle is executed. What has no counterpart is listed.

    \b
    Example:
      premotor spiking import results/20210907-ES1500it -o runs/published-evolution
    """
    from premotor.runs.spiking import evaluate_spiking, import_original

    made = import_original(folder, output)
    saved = made.run.places.checkpoints()
    print(f"{made.run.network().plastic.sum():,} weights at {len(saved)} times (checkpoints {saved[0]} to {saved[-1]})")
    print("without a counterpart:")
    for line in made.left:
        print(f"  {line}")
    if episodes:
        print(made.run.kind.verdict(made.run, dict(evaluate_spiking(made.run, episodes))))
    print(f"run: {made.run.folder}")


@spiking.command()
def seeds(
    context: typer.Context,
    experiment: Annotated[str, typer.Argument(help="The experiment: a preset or a YAML file of settings.")],
    wirings: Annotated[int, typer.Option(min=1, help="Draw this many wirings.")] = 10,
    first: Annotated[int, typer.Option(min=0, help="Draw the first wiring with this seed.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Run this many at the same time; by default one per core.")
    ] = None,
    episodes: Annotated[int, typer.Option(min=1, help="Test each in this many episodes.")] = 100,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this folder; runs/NAME-seeds by default.")
    ] = None,
) -> None:
    """Train the same experiment on many wirings: premotor compare with --wirings, without null models.

    \b
    Example:
      premotor spiking seeds cartpole-stdp --wirings 10
    """
    from premotor.studies import compare, comparison_folder, read_wirings

    settings = list(context.obj or [])
    name = comparison_folder(experiment, settings).name.removesuffix("-comparison")
    folder = output or Path("runs") / f"{name}-seeds"
    compare(
        experiment,
        null=(),
        seeds=1,
        wirings=wirings,
        first=first,
        jobs=jobs,
        episodes=episodes,
        output=folder,
        overrides=settings,
    )
    table = read_wirings(folder)
    shown = ["wiring", "mean", "median", "least", "most", "undecided", "mean_100", "median_101", "best_step", "steps"]
    print(table[shown].to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    print(f"mean over {len(table)} wirings: {table['mean'].mean():.1f} (best {table['mean'].max():.1f}, "
          f"worst {table['mean'].min():.1f})")  # fmt: skip


@spiking.command()
def critic(
    runs: Annotated[list[Path], typer.Argument(help="Runs whose recorded tests are the log.", metavar="RUN")],
    kind: Annotated[str, typer.Option(help="Judge by this critic: balance, value, policy or constant.")] = "balance",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Set this setting of the critic, such as spin_weight=0.5. Can be repeated.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            help="Search this setting in this space, such as spin_weight=0..5. Can be repeated.",
            metavar="KEY=SPACE",
        ),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="With --search, try this many draws.")] = 100,
    score: Annotated[
        str, typer.Option(help="With --search, optimise agreement, contrast, margin, positive or mean.")
    ] = "agreement",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --search, write all draws to this CSV file.")
    ] = None,
) -> None:
    """Hold a critic against logged episodes of good agents, or search its settings on them.

    Agreement is the fraction of steps in which the critic rewards the action that was taken more than the other one.

    \b
    Example:
      premotor spiking critic runs/cartpole-evolution
      premotor spiking critic runs/cartpole-evolution --kind value --search "effort=0.01..1,log" --trials 50
    """
    from premotor.runs.loading import override_pairs
    from premotor.runs.spiking import SpikingRun
    from premotor.studies import critic_settings, evaluate_critic, logged_steps, search_critic

    steps = logged_steps([SpikingRun(run) for run in runs])
    print(f"{len(steps.action):,} decided steps, {steps.complete.mean():.0%} of them in episodes of 500")
    if search:
        table = search_critic(steps, kind, search, trials=trials, score=score)
        print(table.head(10).to_string(index=False, float_format=lambda value: f"{value:.4g}"))
        if output is not None:
            table.to_csv(output, index=False)
            print(f"written to {output}")
        return
    figures = evaluate_critic(critic_settings({"kind": kind, **override_pairs(settings or [])}), steps)
    print("  ".join(f"{name} {value:.3f}" for name, value in figures.items()))
