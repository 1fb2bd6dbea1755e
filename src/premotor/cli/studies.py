"""The commands about many runs: ``compare``, ``sweep``, and ``batch`` for a cluster's queue; tables that they print."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from premotor.cli.announcing import announce
from premotor.cli.study import EngineName, split_engine
from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.runs.figures import Figures
    from premotor.runs.senses import Senses
    from premotor.studies.contrasts import Comparison

Experiment = Annotated[str, typer.Argument(help="The experiment: a preset such as walk, or a YAML file of settings.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Run this many at the same time; by default one per core.")]
Episodes = Annotated[int | None, typer.Option(min=1, help="Test each run in this many episodes; 100 in most tasks.")]


def compare(
    context: typer.Context,
    experiment: Experiment,
    nulls: Annotated[int | None, typer.Option(help="Draw this many wirings of each null model.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Train each wiring with this many seeds.")] = None,
    null: Annotated[str | None, typer.Option(help="Compare with these null models, separated by commas.")] = None,
    baselines: Annotated[
        str | None,
        typer.Option(
            "--baselines",
            "--plain",
            help="Compare with these networks without a connectome and with as many parameters, such as mlp,gru.",
        ),
    ] = None,
    circuits: Annotated[
        str | None,
        typer.Option(help="Compare with these connectomes, named as circuit.source names them, such as celegans."),
    ] = None,
    wirings: Annotated[
        int | None, typer.Option(min=1, help="Draw this many random wirings, and compare each with its null models.")
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="With --wirings, draw the first one with this seed.")] = 0,
    jobs: Jobs = None,
    engine: EngineName = None,
    episodes: Episodes = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the comparison to this folder; runs/NAME-comparison by default."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Set the name of the runs.")] = None,
    seed: Annotated[str | None, typer.Option(help="Set the seed of the runs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of the table.")] = False,
) -> None:
    """Train an experiment of any kind and null models of its wiring, and compare. Called again, it goes on.

    Options that you leave out are as in the section compare of the settings. Processes make one run after another;
    --engine.keep false gives each run its own, with the same numbers.

    \b
    Example:
      premotor compare walk --nulls 3 --seeds 2
      premotor compare bipedal --null rewired,shuffled_weights --baselines mlp,gru
      premotor compare cartpole-stdp --wirings 5 --nulls 1 --seeds 1
    """
    from premotor.runs import load_settings

    top = {"name": name, "seed": seed}
    words, chosen = split_engine(engine, list(context.obj or []))
    words += [f"--{key}={value}" for key, value in top.items() if value is not None]
    settings = load_settings(experiment, words)  # what is wrong is said at once, before any library is loaded

    announce(f"comparing {settings.name}: loading")
    from premotor.report import write_report
    from premotor.studies import compare as begin, comparison_folder

    folder = comparison_folder(settings) if output is None else output
    result = begin(
        settings,
        nulls=nulls,
        seeds=seeds,
        null=null,
        baselines=baselines,
        circuits=circuits,
        wirings=wirings,
        first=first,
        jobs=jobs,
        engine=chosen,
        episodes=episodes,
        output=folder,
    )
    page = write_report(folder)
    print(json.dumps(result, indent=2) if as_json else f"{comparison_table(result)}\nreport: {page}")


def sweep(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="The experiment (a preset or a YAML file), or the folder of a search to continue.")
    ],
    search: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            help="Search this setting in this space: KEY=1e-4..1e-2,log, KEY=10..50,step=10, KEY=[a, b]. Can be "
            "repeated.",
            metavar="KEY=SPACE",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", help="Let a setting follow another one: 'A == B' gives A the value of B. Can be repeated."
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Stop after this many trials; by default 50, or all points of a grid.")
    ] = None,
    sampler: Annotated[str | None, typer.Option(help="Propose trials by tpe (default), random or grid.")] = None,
    pruner: Annotated[
        str | None, typer.Option(help="Stop poor trials early: none (default), median or halving.")
    ] = None,
    score: Annotated[
        str | None, typer.Option(help="Optimise this figure of the runs: score, mean, median, mean_100, rates.EM …")
    ] = None,
    minimise: Annotated[
        bool, typer.Option("--minimise", help="Search for the smallest value instead of the largest.")
    ] = False,
    sampler_seed: Annotated[int | None, typer.Option(min=0, help="Set the seed of the sampler.")] = None,
    episodes: Episodes = None,
    jobs: Jobs = None,
    engine: EngineName = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the search to this folder; runs/NAME-sweep by default.")
    ] = None,
    initial: Annotated[
        Path | None,
        typer.Option(help="A run whose weights all trials begin with, or a folder of such: one of them for each."),
    ] = None,
    just_init: Annotated[
        bool, typer.Option("--just-init", help="Make the folder and the settings of all trials, and train none.")
    ] = False,
) -> None:
    """Search for settings of an experiment of any kind. Called again, it goes on.

    Processes make one trial after another; --engine.keep false gives each trial its own, with the same numbers.

    \b
    Example:
      premotor sweep walk --search "learning.learning_rate=1e-4..1e-2,log" --trials 30 --pruner median
      premotor sweep cartpole-stdp --search "plasticity.targeting.other=-1.5..0" --score mean_100
      premotor sweep cartpole-stdp --search "wiring.seed=[0, 1, 2]" --sampler grid
      premotor sweep cartpole-stdp --search "plasticity.tags.hebbian=0.01..0.1,log" \\
        --where "plasticity.tags.anti_hebbian == plasticity.tags.hebbian"
      premotor sweep cartpole-stdp --initial runs/cartpole-evolution-seeds --search "plasticity.critic.gain=1..10"
    """
    from premotor.runs import load_settings

    words, chosen = split_engine(engine, list(context.obj or []))
    if initial is not None and ((initial / "provenance.json").exists() or not initial.is_dir()):
        words, initial = [*words, f"--initial={initial}"], None  # one run, maybe with @CHECKPOINT: a setting of all
    if not (Path(source) / "sweep.yaml").is_file():
        load_settings(source, words)  # what is wrong is said at once, before any library is loaded

    announce(f"searching settings of {source}: loading")
    from premotor.studies import is_sweep, sweep as begin

    if not search and initial is None and not is_sweep(source):
        raise PremotorError('no setting is searched; name one, as in --search "learning.learning_rate=1e-4..1e-2,log"')
    made = begin(
        source,
        search or [],
        where=where or (),
        trials=trials,
        sampler=sampler,
        pruner=pruner,
        score=score,
        minimise=minimise or None,
        seed=sampler_seed,
        episodes=episodes,
        jobs=jobs,
        engine=chosen,
        output=output,
        overrides=words,
        initial=initial,
        just_init=just_init,
    )
    if just_init:
        print(
            f"settings of {len(made.table)} trials: {made.folder / 'trials'}; train them: premotor sweep {made.folder}"
        )
        return
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


def batch(
    context: typer.Context,
    experiment: Experiment,
    output: Annotated[Path, typer.Option("--output", "-o", help="Write the batch file here.")] = Path(
        "premotor.sbatch"
    ),
    seeds: Annotated[int, typer.Option(min=1, help="Train with this many seeds, one task of the job array each.")] = 1,
    hours: Annotated[float, typer.Option(help="Limit each task to this time, h.")] = 4.0,
    cores: Annotated[int, typer.Option(min=1, help="Ask for this many cores per task.")] = 4,
    memory: Annotated[int, typer.Option(min=1, help="Ask for this much memory per task, GB.")] = 8,
    partition: Annotated[str | None, typer.Option(help="Submit to this partition of the cluster.")] = None,
) -> None:
    """Write a Slurm batch file that trains an experiment, one seed a task; a task that is cut short goes on.

    Settings can be given by their dotted name, as for train.

    \b
    Example:
      premotor batch bipedal --seeds 5 --hours 2 -o bipedal.sbatch
      sbatch bipedal.sbatch
    """
    from premotor.settings import note
    from premotor.studies import batch_file

    chosen = {"seeds": seeds, "hours": hours, "cores": cores, "memory": memory, "partition": partition}
    path = batch_file(experiment, output, overrides=list(context.obj or []), **chosen)  # type: ignore[arg-type]
    print(f"written to {path}; submit it with: sbatch {path}")
    note("premotor batch goes away: premotor study and compare submit by themselves with --engine slurm")


COLUMNS = {
    "survived": "upright",
    "speed": "m/s",
    "success": "at aim",
    "return": "return",
    "median": "median",
    "undecided": "undec.",
    "score": "score",
}
"""Figures of lesions in the order in which they are shown, and their headings; three of them at most."""


def lesion_table(rows: "list[Figures]") -> str:
    """One line a group of synapses."""
    keys = [key for key in COLUMNS if any(row.get(key) is not None for row in rows)]
    keys = [*[key for key in keys if key != "score"][:2], "score"]
    lines = [f"{'silenced':<44} {'edges':>6} " + " ".join(f"{COLUMNS[key]:>8}" for key in keys)]
    for row in rows:
        lines.append(f"{row['name']:<44} {row['synapses']:>6} " + " ".join(f"{_cell(row.get(key)):>8}" for key in keys))
    return "\n".join(lines)


def senses_table(found: "Senses") -> str:
    """One line a group of senses; then whether the network goes on without any."""
    from premotor.runs.senses import goes_on

    rows = found["groups"]
    keys = [key for key in ("walks", *COLUMNS) if any(row.get(key) is not None for row in rows)]
    keys = [*[key for key in keys if key != "score"][:2], "score"]
    lines = [f"{'cut':<44} {'senses':>6} " + " ".join(f"{COLUMNS.get(key, key):>8}" for key in keys)]
    for row in rows:
        cells = " ".join(f"{_cell(row.get(key)):>8}" for key in keys)
        lines.append(f"{row['name']:<44} {row['observations']:>6} {cells}")
    return "\n".join([*lines, *map(goes_on, found["alone"])])


def comparison_table(result: "Comparison") -> str:
    """One line a wiring and figure, mean with its interval; then what it shows."""
    from premotor.report.comparing import frame, verdict

    figures = result["summary"][0]["figures"]
    names = [n for n in figures if any(row["figures"][n]["mean"] is not None for row in result["summary"])]
    lines = [f"{'wiring':<20} {'runs':>4} {'units':>10} {'learn':>7} " + " ".join(f"{name:>24}" for name in names)]
    for row in result["summary"]:
        cells = []
        for figure in (row["figures"][name] for name in names):
            low, high = _cell(figure["ci_low"], 3), _cell(figure["ci_high"], 3)
            cells.append(f"{_cell(figure['mean'], 3)} [{low}, {high}]")
        of = [run for run in result["rows"] if run["wiring"] == row["wiring"]]
        learned = {run["parameters"] for run in of if run.get("parameters") is not None}
        units = f"{row['units']} {row['unit']}{'s' if row['units'] != 1 else ''}" if "unit" in row else "–"
        counted = f"{max(learned):,}" if learned else "–"
        shown = " ".join(f"{cell:>24}" for cell in cells)
        lines.append(f"{row['wiring']:<20} {row['runs']:>4} {units:>10} {counted:>7} {shown}")
    lines.append("mean [95% bootstrap interval] over runs; learn: how many numbers do; what follows goes by units")
    return "\n".join([*lines, verdict(frame(result))])


def _cell(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
