"""The commands about circuits on their own: ``simulate`` and, on sequence data, ``sequence``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from premotor.cli.circuits import Columns, NoHeader, reading
from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.runs import SimulationSettings
    from premotor.runs.simulation.records import SimulationSummary

MOST_TYPES = 40
"""Lines of a summary."""

Source = Annotated[
    str,
    typer.Argument(
        help="What to simulate: a preset (fly-cpg), a YAML file, or a circuit (a built-in name, a file or a folder)."
    ),
]
Model = Annotated[str | None, typer.Option(help="Use this model: vnc, rate or lif.")]
Drives = Annotated[
    list[str] | None,
    typer.Option(
        "--drive",
        help="Drive neurons: 'type=DNg100:250', 'class=sensory:poisson,rate=100', "
        "'all:pulse,amplitude=8,period=0.5,width=0.1', 'all:file,path=drive.csv'. Can be repeated.",
        metavar="SELECTION:DRIVE",
    ),
]
Silence = Annotated[
    list[str] | None,
    typer.Option(help="Silence these neurons, such as 'type=IN17A001'. Can be repeated.", metavar="SELECTION"),
]
Screen = Annotated[
    str | None, typer.Option(help="Drive each of these neurons in turn, and rank them.", metavar="SELECTION")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the results to this new folder.")]


def simulate(
    context: typer.Context,
    source: Source,
    model: Model = None,
    drive: Drives = None,
    silence: Silence = None,
    record: Annotated[
        str | None, typer.Option(help="Keep the rates of these neurons; of all by default.", metavar="SELECTION")
    ] = None,
    readout: Annotated[str | None, typer.Option(help="Score the rhythm of these neurons.", metavar="SELECTION")] = None,
    seconds: Annotated[float | None, typer.Option(help="Simulate this time, s.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Repeat this many times with other draws.")] = None,
    seed: Annotated[int | None, typer.Option(help="Set the seed of draws and random events.")] = None,
    threads: Annotated[
        int | None, typer.Option(help="Run the LIF model in this many threads; 0 for one per core.")
    ] = None,
    columns: Columns = None,
    no_header: NoHeader = False,
    screen: Screen = None,
    prune: Annotated[bool, typer.Option("--prune", help="Find a smallest circuit that keeps the rhythm.")] = False,
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures into the folder.")] = True,
    nwb: Annotated[bool, typer.Option("--nwb", help="Also write simulation.nwb into the folder.")] = False,
    output: Output = None,
) -> None:
    """Simulate a circuit on its own: drive some neurons, silence others, and score the rhythm.

    Settings of the model can be given by their dotted name, as --model.weight 0.02.

    \b
    Example:
      premotor simulate fly-cpg -o out
      premotor simulate fly-cpg --drive "type=DNg100:300" --silence "type=IN17A001" --replicates 200
      premotor simulate fly-cpg --screen "all"
      premotor simulate celegans --model lif --drive "type=PLM:poisson,rate=150" --seconds 1 -o touch
    """
    if screen is not None and prune:
        raise PremotorError("--screen and --prune exclude each other")
    if output is not None and output.exists():
        raise PremotorError(f"{output} exists already; name another folder or remove it first")
    if nwb:
        if output is None or screen is not None or prune:
            raise PremotorError("--nwb needs --output, and goes with neither --screen nor --prune")
        from premotor.runs import check_nwb

        check_nwb()
    from premotor.runs.loading import presets, refuse_unknown

    known = source in presets()["simulation"] or Path(source).suffix in (".yaml", ".yml")
    refuse_unknown("simulation", source if known else None, list(context.obj or []))
    settings = _settings(
        source,
        model=model,
        drives=drive,
        silence=silence,
        record=record,
        readout=readout,
        seconds=seconds,
        replicates=replicates,
        seed=seed,
        threads=threads,
        dotted=[
            *(f"circuit.{name}={value}" for name, value in reading(columns, no_header, None, None).items()),
            *(context.obj or []),
        ],
    )
    if screen is not None:
        _screen(settings, screen, output)
    elif prune:
        _prune(settings, output)
    else:
        from premotor.runs import simulate as run

        result = run(settings, output=output)
        print(summary_text(result.summary))
        if output is not None:
            print(f"written to {output}")
            if nwb:
                from premotor.runs import write_nwb

                print(f"NWB: {write_nwb(result, output / 'simulation.nwb')}")
            if figures:
                from premotor.report import write_report

                print(f"report: {write_report(output)}")
                print(f"figures: {', '.join(sorted(file.name for file in (output / 'figures').glob('*.png')))}")


def _settings(source: str, *, dotted: list[str], **options: object) -> "SimulationSettings":
    from premotor.runs import load_simulation

    base = load_simulation(source)
    given = {name: value for name, value in options.items() if value is not None}
    if "model" in given and given["model"] == base.model.kind:
        del given["model"]  # the settings of the preset's model stay
    if not given and not dotted:
        return base
    return load_simulation(load_simulation(base, given), dotted)


def _screen(settings: "SimulationSettings", selection: str, output: Path | None) -> None:
    from premotor.runs import screen

    table = screen(settings, selection, output=output, progress=_progress("neurons driven"))
    print(f"{'rank':>4}  {'id':>12}  {'type':<16} {'class':<12} {'rhythmic':>8} {'score':>6} {'Hz':>6} {'rate':>7}")
    for row in table.to_dict("records"):
        frequency = _cell(row["frequency"] if row["rhythmic"] else None, 1)
        print(
            f"{row['rank']:>4}  {row['id']:>12}  {row['type']:<16} {row['class']:<12} {row['rhythmic']:>8.0%} "
            f"{row['score']:>6.3f} {frequency:>6} {row['readout_rate']:>7.2f}"
        )
    if output is not None:
        print(f"written to {output}")


def _prune(settings: "SimulationSettings", output: Path | None) -> None:
    from premotor.runs import prune

    found = prune(settings, output=output, progress=_progress("neurons left, circuits tried"))
    rate = "" if found.frequency is None else f", {found.frequency:.1f} Hz"
    print(
        f"{len(found.circuit)} of {len(found.circuit) + found.removed} neurons keep the rhythm in "
        f"{found.rhythmic:.0%} of the replicates{rate} ({found.whole:.0%} in the whole circuit; "
        f"{found.simulations} circuits tried):"
    )
    for identity, row in found.circuit.neurons.iterrows():
        print(f"  {identity:>12}  {row['type']:<16} {row['class']}")
    if output is not None:
        print(f"written to {output}; premotor simulate {output}/circuit goes on with it")


def _progress(what: str) -> Callable[[int, int], None] | None:
    """Tells on a terminal how far it is, on one line."""
    import sys

    if not sys.stderr.isatty():
        return None

    def tell(first: int, second: int) -> None:
        print(f"\r{first:,} / {second:,} {what} ", end="", file=sys.stderr, flush=True)

    return tell


def summary_text(figures: "SimulationSummary") -> str:
    """What a simulation found: one paragraph, then a line a type."""
    circuit, rhythmic, frequency = figures["circuit"], figures["rhythmic"], figures["frequency"]
    lines = [
        f"{circuit['source']}: {circuit['neurons']:,} neurons, {circuit['edges']:,} edges; model {figures['model']}, "
        f"{figures['seconds']:g} s, {_number(figures['replicates'], 'replicate')}, "
        f"{_number(figures['driven'], 'neuron')} driven, "
        f"{figures['silenced']} silenced"
    ]
    if "spikes" in figures:
        spikes = figures["spikes"]
        lines.append(
            f"{spikes['total']:,} spikes, {spikes['mean_rate']:.3g} Hz a neuron, "
            f"{spikes['neurons_that_fired']:,} neurons fired"
        )
    cycles = "no rhythm"
    if frequency["median"] is not None:
        cycles = f"{frequency['median']:.2f} Hz (middle half {frequency['quarter']:.2f} to "
        cycles += f"{frequency['three_quarters']:.2f})"
    lines.append(
        f"rhythm of {figures['readout']} neurons: in {rhythmic['replicates']} of {figures['replicates']} replicates "
        f"({rhythmic['fraction']:.0%}, 95% interval {rhythmic['low']:.0%} to {rhythmic['high']:.0%}), "
        f"mean score {figures['score']:.2f}, {cycles}"
    )
    lines.append(f"{'type':<20} {'neurons':>7} {'rate':>8} {'active':>7} {'score':>6} {'Hz':>6} {'phase':>6}")
    rows = [row for row in figures["types"] if row["active"]]
    rows.sort(key=lambda row: -(row["mean_rate"] or 0.0))
    for row in rows[:MOST_TYPES]:
        score, hertz, phase = _cell(row["score"], 2), _cell(row["frequency"], 1), _cell(row["phase"], 2)
        lines.append(
            f"{row['type'] or '(none)':<20} {row['neurons']:>7} {row['mean_rate']:>8.2f} {row['active']:>7.0%} "
            f"{score:>6} {hertz:>6} {phase:>6}"
        )
    if len(rows) > MOST_TYPES:
        lines.append(f"… and {len(rows) - MOST_TYPES} types more, in summary.json")
    if len(rows) < len(figures["types"]):
        lines.append(f"{len(figures['types']) - len(rows)} types are silent")
    return "\n".join(lines)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def sequence(
    context: typer.Context,
    experiment: Annotated[
        str, typer.Argument(help="A preset or YAML file, of which the circuit, network and maps are used.")
    ],
    iterations: Annotated[int, typer.Option(min=1, help="Take this many steps of descent.")] = 400,
    batch: Annotated[int, typer.Option(min=1, help="Use this many sequences per step.")] = 32,
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
