"""Settings of the commands about dynamics."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from premotor.errors import PremotorError
from premotor.learning.spectrum import PhaseTaskSettings, SpectrumSettings
from premotor.networks import RandomRateSettings, RateNetworkSettings
from premotor.networks.settings import has_no_parameters
from premotor.registry import Registry, derived_from
from premotor.runs.settings import CircuitSettings, CompareSettings, Initial, RunSettings, known_null
from premotor.settings import Settings, section

SWEPT = ("weights", "gains", "shifts")
"""Parameters that a sweep can vary, alone or together."""
ALL_SETS = "weights / gains / shifts / weights,gains,shifts"


def _sets(value: object) -> object:
    """Sets of parameters in their usual order: `gains,shifts` together, `weights / gains` one after the other."""
    if isinstance(value, (list, tuple)):
        value = ",".join(str(name) for name in value)
    if not isinstance(value, str):
        return value
    chosen = []
    for part in (ALL_SETS if value.strip() == "all" else value).split("/"):
        names = [name.strip() for name in part.split(",")]
        if unknown := [name for name in names if name not in SWEPT]:
            raise ValueError(f"there is no parameter {unknown[0]!r}; there are {', '.join(SWEPT)}, and all")
        chosen.append(",".join(name for name in SWEPT if name in names))
    return " / ".join(dict.fromkeys(chosen))


Parameter = Annotated[str, BeforeValidator(_sets)]


def _several(value: object) -> object:
    return (value,) if isinstance(value, (int, float, str)) else value


def _random_first(value: object) -> object:
    if isinstance(value, str):
        return {"kind": value}
    return {"kind": "random", **value} if isinstance(value, dict) else value


def _is_model(name: str, entry: "type[DynamicsNetwork]") -> None:
    from premotor.runs.dynamics.building import DynamicsNetwork  # loads JAX

    derived_from(DynamicsNetwork)(name, entry)
    if entry.settings.model_fields["kind"].default != name:
        raise PremotorError(f"the settings {entry.settings.__name__} need the field kind: Literal[{name!r}] = {name!r}")


MODELS: Registry["type[DynamicsNetwork]"] = Registry(
    "network that is trained on its spectrum",
    {name: "premotor.runs.dynamics.building" for name in ("random", "rate")},
    _is_model,
    {"random": "premotor.networks:RandomRateSettings", "rate": "premotor.networks:RateNetworkSettings"},
)
"""Kinds of networks for training on the spectrum, by the name that `model.kind` takes."""

if TYPE_CHECKING:
    from premotor.runs.dynamics.building import DynamicsNetwork

    type Model = RandomRateSettings | RateNetworkSettings
else:
    Model = Annotated[section(MODELS), BeforeValidator(_random_first)]


class _Common(RunSettings):
    """What every command about dynamics takes."""

    name: str = Field("dynamics", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Also the name of the result folder."""
    seed: int = Field(0, ge=0, lt=2**31)
    """Of weights, initial states and everything else that is drawn."""
    precision: Literal["float64", "float32"] = "float64"
    threads: int = Field(0, ge=0)
    """Networks computed side by side (transition and spectrum); 0 for one a core."""
    compare: CompareSettings = CompareSettings()
    initial: Initial = None
    """Weights of another run to begin with (training alone)."""


class NetworksSettings(_Common):
    """What every measurement of networks takes: a base for one of your own."""

    model: RandomRateSettings = RandomRateSettings()
    circuit: CircuitSettings | None = None
    """Wiring in place of a random one; null: `model.neurons` neurons at random."""
    samples: int = Field(1, ge=1)
    """Networks drawn; for a circuit: initial states, or null models (transition, spectrum)."""
    t_ons: float | Literal["auto"] = Field("auto")
    """Time between two orthonormalisations, τ; auto: as long as the precision allows."""
    transient: float = Field(100.0, ge=0)
    """Time of the state alone before anything is measured, τ."""
    frame_transient: float = Field(20.0, ge=0)
    """Time after that, in which the tangent vectors turn to their directions, τ."""

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if self.t_ons != "auto" and not self.t_ons > 0:
            raise ValueError("t_ons has to be a positive number or auto")
        return self


class ConvergenceSettings(NetworksSettings):
    """Convergence of the exponents with time."""

    KIND: ClassVar[str] = "convergence"
    name: str = Field("convergence", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    samples: int = Field(5, ge=1)
    exponents: int = Field(20, ge=1)
    t_ons: float | Literal["auto"] = 1.0
    length: float = Field(1000.0, gt=0)
    """Time that is averaged over, τ."""


class BenchmarkSettings(NetworksSettings):
    """Cost and accuracy against t_ONS, number of exponents, length and number of neurons, one varied at a time."""

    KIND: ClassVar[str] = "benchmark"
    name: str = Field("benchmark", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    model: RandomRateSettings = RandomRateSettings(neurons=200)
    exponents: int = Field(20, ge=1)
    """Where it is not varied."""
    length: float = Field(200.0, gt=0)
    """Where it is not varied, τ."""
    t_ons: float | Literal["auto"] = 1.0
    intervals: Annotated[tuple[float | Literal["auto"], ...], BeforeValidator(_several)] = (0.2, 1.0, 5.0, 10.0, "auto")
    """Values of t_ONS."""
    numbers: Annotated[tuple[int, ...], BeforeValidator(_several)] = (1, 10, 50, 100, 200)
    """Values of the number of exponents."""
    lengths: Annotated[tuple[float, ...], BeforeValidator(_several)] = (50.0, 100.0, 200.0, 400.0)
    sizes: Annotated[tuple[int, ...], BeforeValidator(_several)] = (50, 100, 200, 400)
    """Values of the number of neurons."""
    reference: float = Field(10.0, ge=1)
    """The exponents that accuracy is measured against come from a run so many times longer."""


class _Sweep(NetworksSettings):
    parameter: Parameter = "weights"
    exponents: int = Field(1, ge=1)
    length: float = Field(200.0, gt=0)
    null: Annotated[str, BeforeValidator(known_null)] = "rewired"
    """Null model beside a circuit, `samples` of them."""

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        """The sets of parameters that are varied, one after the other."""
        return tuple(tuple(part.split(",")) for part in self.parameter.split(" / "))


class TransitionSettings(_Sweep):
    """The transition to chaos: the largest exponents against g."""

    KIND: ClassVar[str] = "transition"
    name: str = Field("transition", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    model: RandomRateSettings = RandomRateSettings(neurons=1000)
    samples: int = Field(10, ge=1)
    parameter: Parameter = "weights"
    """What takes the value g: `weights` N(0, g²/N); `gains` all gains; `shifts` all shifts. Several at once are
    `gains,shifts`, several one after the other `weights / gains`, and `all` stands for the three and all together."""
    minimum: float = 0.8
    maximum: float = 1.6
    values: int = Field(7, ge=1)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.maximum < self.minimum:
            raise ValueError(f"maximum is {self.maximum:g}, less than minimum, which is {self.minimum:g}")
        if self.parameter != "shifts" and self.minimum <= 0:  # also where shifts are one of several
            raise ValueError(f"minimum is {self.minimum:g}; the scale of {self.parameter} has to be positive")
        _check_used(self)
        return self


class VarianceSettings(_Sweep):
    """Spectrum, entropy and dimension against the spread σ of a parameter."""

    KIND: ClassVar[str] = "variance"
    name: str = Field("spectrum", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    model: RandomRateSettings = RandomRateSettings(neurons=100)
    samples: int = Field(5, ge=1)
    exponents: int = Field(100, ge=1)
    parameter: Parameter = "weights"
    """`weights` N(0, σ²/N); `gains` |N(0, σ²)| each; `shifts` N(0, σ²) each; several as in a transition."""
    around: Literal[0, 1] = 0
    """1: gains and shifts N(1, σ²/N), as the RandomNet project draws them (gains may be negative)."""
    sigmas: Annotated[tuple[float, ...], BeforeValidator(_several)] = tuple(float(2**power) for power in range(12))

    @model_validator(mode="after")
    def _positive_sigmas(self) -> Self:
        if not self.sigmas or min(self.sigmas) <= 0:
            raise ValueError("sigmas has to hold positive numbers")
        _check_used(self)
        return self


class VerifySettings(Settings):
    """The check before and after training: a longer run from new initial states."""

    factor: float = Field(10.0, ge=1)
    """So many times longer than `learning.length`."""
    states: int = Field(4, ge=1)
    """New initial states."""


class NullSettings(Settings):
    """Null models that are trained beside a circuit, in the same way."""

    kind: Annotated[str, BeforeValidator(known_null)] = "rewired"
    count: int = Field(2, ge=0)


class DynamicsTrainSettings(_Common):
    """Training on the Lyapunov spectrum."""

    KIND: ClassVar[str] = "spectrum"
    name: str = Field("train", max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    model: Model = RandomRateSettings()
    """`random` (the rate network of studies of chaos, of which a circuit may be the wiring) or `rate` (the
    network of walking controllers), with its settings."""
    circuit: CircuitSettings | None = None
    """null: a random network."""
    control_period: float = Field(0.02, gt=0)
    """Time of a step of the model `rate`, s; exponents count per time constant all the same."""
    samples: int = Field(1, ge=1)
    """Random networks that are drawn and trained; 1 for a circuit."""
    learning: SpectrumSettings = SpectrumSettings()
    task: PhaseTaskSettings | None = None
    """A sequence task that is learned at the same time; null: none."""
    verify: VerifySettings = VerifySettings()
    nulls: NullSettings = NullSettings()
    """For a circuit."""
    check_every: int | None = Field(None, ge=1)
    """Epochs between two finite-difference checks of the gradient; null: at the first epoch and after the last."""
    checkpoint_every: int = Field(10, ge=1)
    """Epochs between two checkpoints; they never alter the numbers."""

    @model_validator(mode="after")
    def _rate_needs_circuit(self) -> Self:
        if self.circuit is None and self.model.kind == "rate":
            raise ValueError("model rate needs a circuit, as in --circuit celegans")
        if self.circuit is not None and self.samples > 1:
            raise ValueError("samples is for random networks; a circuit has null models (nulls.count)")
        return self


def _check_used(settings: _Sweep) -> None:
    if set().union(*settings.sets) != {"weights"} and has_no_parameters(settings.model.activation):
        raise ValueError(
            f"parameter is {settings.parameter}, but the activation {settings.model.activation} has none; "
            "choose model.activation stretched_tanh or positive_tanh"
        )
