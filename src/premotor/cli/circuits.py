"""``premotor circuit``: look at wiring, and keep a part of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from premotor.errors import PremotorError

circuits = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at circuits, and build new ones.")

Source = Annotated[
    str,
    typer.Argument(
        help="The circuit: built in (celegans, fly-leg …), a file, a folder, or on a server (neuprint:manc:v1.2.1)."
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        help="Keep neurons that match this condition on a column, such as 'type=IN*|MN*'. Can be repeated.",
        metavar="COLUMN=PATTERN",
    ),
]
Least = Annotated[int | None, typer.Option(help="Drop pairs of neurons with fewer synapses than this.")]
Signs = Annotated[str | None, typer.Option(help="Take signs by this policy: default or kunert2014.")]
Null = Annotated[str | None, typer.Option(help="Replace the wiring by this null model, such as rewired.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Download again what was downloaded from a server before.")]
Columns = Annotated[
    str | None,
    typer.Option(
        help="Read these columns of the source: 'id=cell,class=kind,transmitter=NT'; of tables without a header "
        "'pre,post,count'.",
        metavar="NAMES",
    ),
]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="Read tables without a header; their columns are called 1, 2, …")
]
Scale = Annotated[float | None, typer.Option(help="Multiply weights that are not counts by this, and round.")]
Also = Annotated[list[Path] | None, typer.Option(help="Read this file or folder of the source too. Can be repeated.")]
NullSeed = Annotated[int, typer.Option(help="Draw the null model with this seed.")]


@circuits.command()
def info(
    source: Source,
    select: Select = None,
    min_synapses: Least = None,
    signs: Signs = None,
    null: Null = None,
    null_seed: NullSeed = 0,
    columns: Columns = None,
    no_header: NoHeader = False,
    scale: Scale = None,
    also: Also = None,
    refresh: Refresh = False,
    figure: Annotated[Path | None, typer.Option(help="Also draw it to this PNG file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print sizes, counts and provenance as JSON.")] = False,
) -> None:
    """Print what a circuit holds: neurons by class, transmitter and side, wiring, and where it comes from.

    Of a spiking agent (a preset, a YAML file or a run folder) the same of its network: populations and projections.

    \b
    Example:
      premotor circuit info celegans --figure celegans.png
      premotor circuit info cartpole-stdp --figure network.png
      premotor circuit info celegans --select "class=interneuron|motor" --min-synapses 3
      premotor circuit info edges.txt --columns pre,post,count
      premotor circuit info mine/ --columns "id=cell,class=kind,transmitter=NT" --select "type=@types.txt"
    """
    if figure is not None and figure.suffix.lower() != ".png":
        raise PremotorError(f"--figure is {figure}; it has to be the name of a .png file")
    from premotor.runs.listing import described
    from premotor.runs.spiking import described_network

    how, network = reading(columns, no_header, scale, also), described_network(source)
    if network is None:
        circuit = _circuit(source, select, min_synapses, signs, null, null_seed, how, refresh)
        print(json.dumps(described(circuit), indent=2, ensure_ascii=False) if as_json else circuit.summary().rstrip())
    elif as_json:
        raise PremotorError(f"{source} is the network of a spiking agent; --json describes circuits")
    elif how or any(value is not None for value in (select, min_synapses, signs, null)):
        raise PremotorError(f"{source} is the network of a spiking agent; --figure is the only option for it")
    else:
        print(network.summary(), end="")
    if figure is not None:
        from premotor.files import write_atomically
        from premotor.report import circuit_overview
        from premotor.report.spiking import wiring_chart

        drawing = circuit_overview(circuit) if network is None else wiring_chart(network.network).png()
        write_atomically(figure, drawing)
        print(f"\nfigure: {figure}")


@circuits.command()
def build(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Write to this new folder.")],
    select: Select = None,
    min_synapses: Least = None,
    signs: Signs = None,
    null: Null = None,
    null_seed: NullSeed = 0,
    columns: Columns = None,
    no_header: NoHeader = False,
    scale: Scale = None,
    also: Also = None,
    refresh: Refresh = False,
) -> None:
    """Keep a part of a circuit as a folder of CSV files that every command takes as its source.

    \b
    Example:
      premotor circuit build manc/ -o leg --select "type=IN*|MN*" --min-synapses 5
      premotor circuit build neuprint:manc:v1.2.1 -o cpg --select "type=DNg100|IN17A001" --select "roi=LegNp(T1)(L)"
    """
    circuit = _circuit(
        source, select, min_synapses, signs, null, null_seed, reading(columns, no_header, scale, also), refresh
    )
    print(f"{circuit!r}\nwritten to {circuit.save(output)}")


@circuits.command()
def export(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Write to this new folder.")],
    format: Annotated[str, typer.Option("--format", help="Write this format: csv, sonata, npz or graphml.")],
    select: Select = None,
    min_synapses: Least = None,
    signs: Signs = None,
    null: Null = None,
    null_seed: NullSeed = 0,
    columns: Columns = None,
    no_header: NoHeader = False,
    scale: Scale = None,
    also: Also = None,
    refresh: Refresh = False,
) -> None:
    """Write a circuit, or a part of it, for other programs; premotor reads each of the formats, too.

    \b
    Example:
      premotor circuit export celegans --format sonata -o worm
    """
    from premotor.runs import export_circuit

    circuit = _circuit(
        source, select, min_synapses, signs, null, null_seed, reading(columns, no_header, scale, also), refresh
    )
    print(f"{circuit!r}\nwritten to {export_circuit(circuit, output, format)}")


@circuits.command("six-legs")
def make_six_legs(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Write to this new folder.")],
    coupling: Annotated[int, typer.Option(help="Let this many interneurons of each leg reach its neighbours too.")] = 8,
    strength: Annotated[
        float, typer.Option(help="Give them this fraction of the synapses that they have in their own leg.")
    ] = 0.25,
    entries: Annotated[int, typer.Option(help="Let proprioception enter this many interneurons of each leg.")] = 20,
    signs: Signs = None,
    null: Null = None,
    null_seed: NullSeed = 0,
    columns: Columns = None,
    no_header: NoHeader = False,
    scale: Scale = None,
    also: Also = None,
) -> None:
    """Copy the circuit of one left leg into all six, mirrored and coupled to their neighbours (an assumption).

    With --null the wiring of the one leg is replaced first, so that all six are still alike.

    \b
    Example:
      premotor circuit six-legs fly-leg -o six --coupling 4
    """
    from premotor.runs import six_legs

    leg = _circuit(source, None, None, signs, null, null_seed, reading(columns, no_header, scale, also))
    circuit = six_legs(leg, coupling=coupling, strength=strength, entries=entries)
    print(f"{circuit!r}\nwritten to {circuit.save(output)}")


@circuits.command("loop")
def show_loop(
    source: Annotated[str, typer.Argument(help="A preset, a YAML file of settings, or a run folder.")],
    loop: Annotated[
        Path | None, typer.Option("--loop", help="Take the lines of this YAML file instead of maps.loop.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Also draw it to this PNG file.")] = None,
) -> None:
    """Print which sensor drives which neurons, and which neurons drive which actuator; check the file that says so.

    \b
    Example:
      premotor circuit loop arm-loop --figure loop.png
      premotor circuit loop arm-celegans --loop loop.yaml
    """
    from premotor.runs import read_closed_loop

    if figure is not None and figure.suffix.lower() != ".png":
        raise PremotorError(f"--figure is {figure}; it has to be the name of a .png file")
    if loop is not None and Path(source).is_dir():
        raise PremotorError(f"{source} is a run, whose loop stays as it was; --loop goes with a preset or a YAML file")
    found = read_closed_loop(source, {} if loop is None else {"maps.loop": str(loop)})
    print(found.summary())
    if figure is not None:
        from premotor.files import write_atomically
        from premotor.report import loop_figure

        write_atomically(figure, loop_figure(found))
        print(f"\nfigure: {figure}")


@circuits.command()
def cache(clear: Annotated[bool, typer.Option("--clear", help="Remove everything that is kept.")] = False) -> None:
    """List what was downloaded from servers and is kept.

    \b
    Example:
      premotor circuit cache --clear
    """
    from premotor.runs import cache_folder, cached, clear_cache

    entries = cached()
    for entry in entries:
        about, query = entry.about, entry.about["query"]
        words = " ".join(f"{name}={value}" for name, value in query["select"].items()) or "all neurons"
        print(
            f"{about['source']}  {words}  at least {query['min_synapses']} synapses: {about['neurons']:,} neurons, "
            f"{about['connections']:,} connections, {entry.size / 1e6:.1f} MB, {about['date']}"
        )
    print(f"{len(entries)} downloads in {cache_folder()}" + (f", {clear_cache()} removed" if clear else ""))


def reading(columns: str | None, no_header: bool, scale: float | None, also: list[Path] | None) -> dict[str, object]:
    """The settings of a circuit that say how its source is read; those that were not given are left out."""
    given = {
        "columns": columns,
        "header": False if no_header else None,
        "scale": scale,
        "also": [str(path) for path in also or []] or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _circuit(
    source: str,
    select: list[str] | None,
    least: int | None,
    signs: str | None,
    null: str | None,
    null_seed: int,
    how: dict[str, object],
    refresh: bool = False,
) -> Any:
    from premotor.runs import build_circuit, load_experiment

    conditions: dict[str, str] = {}
    for word in select or []:
        column, equals, pattern = word.partition("=")
        if not equals or not column or not pattern:
            raise PremotorError(f"--select is {word!r}, but should look like 'type=IN*|MN*'")
        if column in conditions:
            raise PremotorError(f"--select names the column {column!r} twice; join the patterns with |")
        conditions[column] = pattern
    section = {
        "source": source,
        "select": conditions,
        "min_synapses": least,
        "signs": signs,
        "null": null,
        **({"null_seed": null_seed} if null or null_seed else {}),
        **how,
    }
    return build_circuit(load_experiment({"circuit": section}).circuit, refresh=refresh, progress=_progress())


def _progress() -> Callable[[str], None] | None:
    """Tells on a terminal how far a download is, on one line."""
    import sys

    if not sys.stderr.isatty():
        return None
    return lambda words: print(f"\r\x1b[K{words} … ", end="", file=sys.stderr, flush=True)
