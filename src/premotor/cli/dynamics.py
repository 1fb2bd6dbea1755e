"""``premotor dynamics``: spectra, the transition to chaos, and training on the spectrum."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.runs.dynamics import DynamicsResult

dynamics = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Compute Lyapunov spectra, find the transition to chaos, and train networks on their spectrum.",
)

Source = Annotated[Path | None, typer.Argument(help="The YAML file of settings; without one, the defaults hold.")]
Neurons = Annotated[int | None, typer.Option("--neurons", "-n", help="Draw random networks of this many neurons.")]
Samples = Annotated[int | None, typer.Option(help="Draw this many networks (of a circuit: states or null models).")]
Exponents = Annotated[int | None, typer.Option("--exponents", "-k", help="Compute this many leading exponents.")]
Activation = Annotated[str | None, typer.Option(help="Use this activation: tanh, stretched_tanh or positive_tanh.")]
Coupling = Annotated[float | None, typer.Option("--g", help="Draw weights from N(0, g²/N) with this g.")]
Every = Annotated[str | None, typer.Option("--t-ons", help="Orthonormalise after this time, τ, or auto.")]
Length = Annotated[float | None, typer.Option(help="Average over this time, τ.")]
Parameter = Annotated[
    str | None,
    typer.Option(help="Vary weights, gains or shifts; 'gains,shifts' at once, 'weights / gains' in turn, or all."),
]
Wiring = Annotated[
    str | None, typer.Option(help="Use this circuit instead of random networks: a name, a file or a folder.")
]
Seed = Annotated[int | None, typer.Option(help="Set the seed of everything that is drawn.")]
Threads = Annotated[int | None, typer.Option(help="Compute this many networks at the same time; 0 for one per core.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write to this folder, or continue in it; dynamics/NAME by default."),
]
Draw = Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures into the folder.")]
Switch = Annotated[bool | None, typer.Option(help="Train these, or leave them as they are.")]


@dynamics.command()
def convergence(
    context: typer.Context,
    settings: Source = None,
    t_ons: Every = None,
    activation: Activation = None,
    g: Coupling = None,
    samples: Samples = None,
    neurons: Neurons = None,
    exponents: Exponents = None,
    length: Length = None,
    circuit: Wiring = None,
    seed: Seed = None,
    output: Output = None,
    figures: Draw = True,
) -> None:
    """How fast the exponents converge with time.

    \b
    Example:
      premotor dynamics convergence --g 1.5 --samples 5 --neurons 100 --exponents 20 --t-ons 1
    """
    result = _run(context, "convergence")
    print(f"{'sample':>6} {'λ1':>9} {'± error':>9} {'entropy':>9} {'Kaplan–Yorke':>13}")
    for place, row in enumerate(result.summary["samples"]):
        print(
            f"{place:>6} {row['largest']:>+9.4f} {_cell(row['standard_error'], 9)} {_cell(row['entropy'], 9)} "
            f"{_cell(row['kaplan_yorke_dimension'], 13, 2)}"
        )
    _end(result, figures)


@dynamics.command()
def benchmark(
    context: typer.Context,
    settings: Source = None,
    neurons: Neurons = None,
    activation: Activation = None,
    g: Coupling = None,
    exponents: Exponents = None,
    length: Length = None,
    circuit: Wiring = None,
    seed: Seed = None,
    output: Output = None,
    figures: Draw = True,
) -> None:
    """Cost and accuracy against t_ONS, number of exponents, length and number of neurons.

    What is varied is set by intervals, numbers, lengths and sizes in a YAML file.

    \b
    Example:
      premotor dynamics benchmark --neurons 200
    """
    result = _run(context, "benchmark")
    print(f"{'varied':<10} {'value':>6} {'t_ONS':>6} {'µs/step':>9} {'λ1':>9} {'error':>8} {'mean error':>11}")
    for row in result.summary["cases"]:
        print(
            f"{row['varied']:<10} {row['value']!s:>6} {row['t_ons']:>6.1f} {row['microseconds_a_step']:>9.1f} "
            f"{row['largest']:>+9.4f} {row['error_of_largest']:>8.4f} {row['mean_error']:>11.4f}"
        )
    _end(result, figures)


@dynamics.command()
def transition(
    context: typer.Context,
    settings: Source = None,
    minimum: Annotated[float | None, typer.Option("--from", help="Begin with this g.")] = None,
    maximum: Annotated[float | None, typer.Option("--to", help="End with this g.")] = None,
    values: Annotated[int | None, typer.Option(help="Compute this many values of g.")] = None,
    samples: Samples = None,
    activation: Activation = None,
    parameter: Parameter = None,
    neurons: Neurons = None,
    exponents: Exponents = None,
    length: Length = None,
    t_ons: Every = None,
    circuit: Wiring = None,
    threads: Threads = None,
    seed: Seed = None,
    output: Output = None,
    figures: Draw = True,
) -> None:
    """The transition to chaos: the largest exponents against g, over many networks. Called again, it goes on.

    \b
    Example:
      premotor dynamics transition --from 0.8 --to 1.6 --values 7 --samples 10
      premotor dynamics transition --circuit fly-leg --from 1 --to 20 --activation stretched_tanh --parameter gains
    """
    result = _run(context, "transition")
    _print_sweep(result, "g")
    _end(result, figures)


@dynamics.command()
def spectrum(
    context: typer.Context,
    settings: Source = None,
    neurons: Neurons = None,
    samples: Samples = None,
    parameter: Parameter = None,
    around: Annotated[
        int | None,
        typer.Option(
            help="Draw gains and shifts around this value: with 1 from N(1, σ²/N), as the RandomNet project does."
        ),
    ] = None,
    activation: Activation = None,
    g: Coupling = None,
    exponents: Exponents = None,
    length: Length = None,
    t_ons: Every = None,
    circuit: Wiring = None,
    threads: Threads = None,
    seed: Seed = None,
    output: Output = None,
    figures: Draw = True,
) -> None:
    """Spectrum, entropy and dimension against the spread σ of a parameter, 1 to 2,048. Called again, it goes on.

    \b
    Example:
      premotor dynamics spectrum --neurons 100 --samples 5 --parameter weights
    """
    from premotor.runs.dynamics.settings import VarianceSettings

    if exponents is None and neurons is not None and settings is None:
        exponents = min(neurons, VarianceSettings().exponents)
    result = _run(context, "spectrum", exponents=exponents)
    _print_sweep(result, "σ")
    _end(result, figures)


@dynamics.command()
def train(
    context: typer.Context,
    settings: Source = None,
    model: Annotated[
        str | None, typer.Option(help="Train this model: random, or rate, the network of walking controllers.")
    ] = None,
    neurons: Neurons = None,
    samples: Samples = None,
    exponents: Exponents = None,
    loss: Annotated[str | None, typer.Option(help="Use this loss: mse, l2 or entropy.")] = None,
    target: Annotated[
        str | None, typer.Option(help="Aim at this value of every exponent, or at a list such as '[0.1, 0, -0.1]'.")
    ] = None,
    activation: Activation = None,
    t_ons: Annotated[float | None, typer.Option(help="Orthonormalise after this time, τ.")] = None,
    length: Length = None,
    g: Coupling = None,
    epochs: Annotated[int | None, typer.Option(help="Take at most this many steps of Adam.")] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after this many epochs without a smaller loss.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", "--lr", help="Set the learning rate of Adam.")
    ] = None,
    weights: Switch = None,
    gains: Switch = None,
    shifts: Switch = None,
    weights_count: Annotated[int | None, typer.Option(help="Train this many weights, a random subset.")] = None,
    gains_count: Annotated[int | None, typer.Option(help="Train this many gains.")] = None,
    shifts_count: Annotated[int | None, typer.Option(help="Train this many shifts.")] = None,
    budget: Annotated[
        int | None, typer.Option(help="Train this many values in all, a random subset of those that are switched on.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="Share one gain and one shift among neurons that agree in this column of the neuron table."),
    ] = None,
    gradient: Annotated[
        str | None, typer.Option(help="Follow this gradient: windows, full, tangent or evolution.")
    ] = None,
    circuit: Wiring = None,
    nulls: Annotated[int | None, typer.Option(help="Train this many null models of the circuit too.")] = None,
    task: Annotated[bool, typer.Option("--task", help="Learn to tell the phase of a sine at the same time.")] = False,
    seed: Seed = None,
    output: Output = None,
    figures: Draw = True,
) -> None:
    """Train networks on their Lyapunov spectrum and verify them on a longer run. Called again, it goes on.

    \b
    Example:
      premotor dynamics train --neurons 100 --exponents 10 --target 0
      premotor dynamics train --neurons 100 --weights-count 200 --no-gains --no-shifts
      premotor dynamics train --circuit fly-leg --activation stretched_tanh --gains --no-weights --by transmitter
      premotor dynamics train --circuit celegans --model rate --exponents 1 --nulls 0 -o edge
    """
    kinds = {"weights": (weights, weights_count), "gains": (gains, gains_count), "shifts": (shifts, shifts_count)}
    trainable: dict[str, object] = {}
    for kind, (switch, count) in kinds.items():
        key = f"learning.trainable.{kind}"
        trainable[key] = True if switch is None and count is not None else switch
        trainable[f"{key}.count"] = count
        if kind != "weights":
            trainable[f"{key}.by"] = by if switch or count is not None else None
    last = [] if target is None else [f"--learning.loss.target={target}"]
    given = {key: None for key in ("target", "by", *kinds, *(f"{kind}_count" for kind in kinds))}
    result = _run(context, "train", *last, *(["--task={}"] if task else []), **given, task=None, **trainable)
    _print_training(result)
    _end(result, figures)


NETWORK = {
    "activation": "model.activation",
    "g": "model.coupling",
    "neurons": "model.neurons",
    "circuit": "circuit.source",
}
"""Settings behind the options of every command, where they have other names."""
TRAINING = {
    "model": "model.kind",
    "exponents": "learning.exponents",
    "loss": "learning.loss.kind",
    "t_ons": "learning.t_ons",
    "length": "learning.length",
    "epochs": "learning.epochs",
    "patience": "learning.patience",
    "learning_rate": "learning.learning_rate",
    "gradient": "learning.gradient.mode",
    "nulls": "nulls.count",
    "budget": "learning.trainable.budget",
}
"""The same, of ``train`` alone."""


def _run(context: typer.Context, command: str, *last: str, **given: object) -> "DynamicsResult":
    """The result of a command with its options, `given` in the place of some, as settings.

    Options come first in the order of the command's signature, then the settings by their dotted names, which
    therefore win, then `last`.
    """
    from premotor.runs.kinds import FORMER
    from premotor.runs.loading import refuse_unknown

    options = {option.name: context.params[option.name] for option in context.command.params}
    settings, output = options.pop("settings"), options.pop("output")
    del options["figures"]
    if command != "train" and "t_ons" in options:
        options["t_ons"] = _time(options["t_ons"])
    keys = NETWORK | (TRAINING if command == "train" else {})
    chosen = {keys.get(name, name): value for name, value in (options | given).items() if value is not None}
    words = [*(f"--{key}={value}" for key, value in chosen.items()), *(context.obj or []), *last]
    refuse_unknown(FORMER["command"][command], settings, words)
    from premotor.runs.dynamics import dynamics as run

    return run(command, settings, words, output)


def _time(text: str | None) -> float | str | None:
    if text is None or text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise PremotorError(f"--t-ons is {text!r}; it has to be a time in τ or auto") from None


def _print_sweep(result: "DynamicsResult", name: str) -> None:
    summary = result.summary
    for group, figures in summary["groups"].items():
        print(f"{group}: {figures['networks']} network" + ("s" if figures["networks"] > 1 else ""))
        print(f"{name:>8} {'λ1':>9} {'95% interval':>21} {'spread':>8} {'entropy':>9} {'dimension':>10}")
        rows = zip(figures["value"], figures["largest"], figures["entropy"], figures["dimension"], strict=True)
        for value, largest, entropy, dimension in rows:
            low, high = _cell(largest["low"], 9, plus=True), _cell(largest["high"], 9, plus=True)
            print(
                f"{value:>8.3f} {largest['mean']:>+9.4f} {low} … {high} {_cell(largest['spread'], 8)} "
                f"{_cell(entropy, 9)} {_cell(dimension, 10, 2)}"
            )
        crossing = figures.get("crossing")
        if crossing and crossing["mean"] is not None:
            interval = ", no interval"
            if crossing["low"] is not None:
                interval = f" [{crossing['low']:.3f}, {crossing['high']:.3f}]"
            print(
                f"λ1 crosses 0 at {name} = {crossing['mean']:.3f}{interval}, in {crossing['networks']} of "
                f"{figures['networks']} networks"
            )
        mixed = figures.get("disagreement")
        if mixed is not None:
            where = ", ".join(
                f"{value:g} ({positive} of {mixed['networks']} positive)"
                for value, positive in zip(mixed["value"], mixed["positive"], strict=True)
            )
            more = mixed["samples"]
            advice = "" if more is not None and more <= mixed["networks"] else f"; {_proposed(more)}"
            print(f"networks disagree about the sign of λ1 at {name} = {where}{advice}")
    if summary["theory"] is not None:
        print("N → ∞:   " + "  ".join(f"{value:+.4f}" for value in summary["theory"]))
    elif name == "g":
        print("no theory is drawn: it is known for random tanh networks whose weights (or all gains) are varied")


def _proposed(samples: int | None) -> str:
    return "over 1,000 would be needed to tell" if samples is None else f"try --samples {samples}"


def _print_training(result: "DynamicsResult") -> None:
    for piece in result.summary["networks"]:
        parameters = ", ".join(f"{count:,} {kind}" for kind, count in piece["parameters"].items())
        check = piece["gradient_check"]["first"]
        print(
            f"{piece['name']}: {piece['neurons']} neurons, {parameters}; {piece['epochs']} epochs, "
            f"{piece['seconds_per_epoch']:.2g} s each; loss {piece['loss']['first']:.5f} → {piece['loss']['last']:.5f}"
        )
        print(
            f"  gradient norm {piece['gradient_norm']['first']:.3g} → {piece['gradient_norm']['last']:.3g}; slope "
            f"along the first gradient {check['gradient']:.3g}, by finite differences {check['difference']:.3g}"
        )
        before, after = piece["before"], piece["after"]
        print(
            f"  {'':>8} {'last epoch':>11} {'verified before':>16} {'verified after':>23}  ({after['time']:g} τ each)"
        )
        for place in sorted({0, 1, len(after["exponents"]) // 2, len(after["exponents"]) - 1}):
            if place < len(after["exponents"]):
                print(
                    f"  {'λ' + str(place + 1):>8} {piece['last_window'][place]:>+11.4f} "
                    f"{before['exponents'][place]:>+16.4f} {after['exponents'][place]:>+14.4f} "
                    f"± {after['standard_errors'][place]:.4f}"
                )
        if after["task"] is not None:
            print(f"  task loss, new sequences: {before['task']:.4f} → {after['task']:.4f}")


def _cell(value: float | None, width: int, digits: int = 4, plus: bool = False) -> str:
    text = "–" if value is None else f"{value:{'+' if plus else ''}.{digits}f}"
    return f"{text:>{width}}"


def _end(result: "DynamicsResult", figures: bool) -> None:
    print(f"written to {result.path}")
    if figures:
        from premotor.report import write_report

        print(f"report: {write_report(result.path)}")
        print(f"figures: {', '.join(sorted(file.name for file in (result.path / 'figures').glob('*.png')))}")
