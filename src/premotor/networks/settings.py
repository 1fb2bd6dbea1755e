"""Settings of the networks that a controller can have, and their registry; neither loads JAX."""

import inspect
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from premotor.errors import PremotorError
from premotor.registry import Registry
from premotor.settings import Settings

if TYPE_CHECKING:
    from jax import Array

    from premotor.networks.base import Network

Layout = Literal["auto", "dense", "sparse"]
"""How synaptic weights meet rates, see `Product`."""
Units = Annotated[int, Field(ge=1)]


class LearningRates(Settings):
    """Step size of each kind of parameter, relative to that of learning; 0 holds the kind fixed.

    The signs and the support are in none of them. Steps are calibrated for the worst case, in which all synapses
    move together (see `calibration`); they seldom do, so that with a rate of 1 the magnitudes would
    hardly move beside the maps: 0.1% in 2.5 million steps of the walk task.
    """

    magnitudes: float = Field(20.0, ge=0)
    """Logarithms of the synaptic magnitudes (one a synapse) and gap-junction conductances (one a pair)."""
    time_constants: float = Field(0.0, ge=0)
    """Logarithms of the time constants, one a neuron."""
    gains: float = Field(0.0, ge=0)
    """Logarithms of the gains, one a neuron."""
    biases: float = Field(5.0, ge=0)
    factors: float = Field(1.0, ge=0)
    """Logarithms of the factors that synapses share, where `groups` of the network says that they do."""


Groups = Annotated[int, Field(ge=1)]


def known_rule(name: str) -> str:
    """The name of a weight rule; PremotorError where there is none of this name."""
    from premotor.connectome.weights import weight_rule  # loads SciPy

    weight_rule(name)
    return name


class RateNetworkSettings(Settings):
    """Dynamics of `RateNetwork`."""

    kind: Literal["rate"] = "rate"
    time_constant: float = Field(0.015, gt=0)
    """τ of every neuron at the start, in s."""
    substeps: int = Field(2, ge=1, le=10_000)
    """Integration steps in one control step."""
    gain: float = Field(1.0, gt=0)
    bias: float = 0.3
    activation: Literal["rectified_tanh", "tanh", "softplus"] = "rectified_tanh"
    weights: Annotated[str, AfterValidator(known_rule)] = "input_fraction"
    """How magnitudes start from synapse counts: a rule of `premotor.connectome.weights`."""
    spectral_radius: float | None = Field(0.97, gt=0)
    """The magnitudes are scaled as a whole to this spectral radius; null: left as the rule gives them."""
    gap_junctions: float = Field(0.5, ge=0)
    """Conductance of a gap junction that carries all of its cells' electrical contacts; 0 leaves them out."""
    product: Layout = "auto"
    learning_rates: LearningRates = LearningRates()
    groups: Groups | None = None
    """So many equal random groups of synapses, each with one factor that learns (weight sharing as in Chen et al.
    2015); 1 is one scale of all synapses. What else learns is as `learning_rates` says. null: no factors."""
    initial: str | None = None
    """A result folder of `premotor dynamics train` (or a `network.safetensors` of one) whose trained parameters the
    network of a run starts from, in place of those that the settings above give; null: none."""

    def idle(self) -> dict[str, str]:
        """The step size of factors that there are none of."""
        return {} if self.groups else {"learning_rates.factors": "network.groups is null"}


class TypeLearningRates(LearningRates):
    """Which parameters learn, and in what steps relative to each other; 0 holds a kind fixed."""

    magnitudes: float = Field(0.0, ge=0)
    """Logarithms of the synaptic magnitudes (one a synapse) and gap-junction conductances (one a pair)."""
    time_constants: float = Field(1.0, ge=0)
    gains: float = Field(1.0, ge=0)
    """Gains of output and input of each type, and global strengths."""
    biases: float = Field(1.0, ge=0)


class CellTypeSettings(RateNetworkSettings):
    """Dynamics of `CellTypeNetwork`."""

    kind: Literal["cell-types"] = "cell-types"  # type: ignore[assignment]
    types: tuple[str, ...] | None = (
        *("AS", "DA", "DB", "DD", "VA", "VB", "VC", "VD"),
        *("SMD", "SMB", "SIA", "SIB", "SAB", "SAA", "RMD", "RME", "RIV", "RIM", "URA", "IL1"),
        *("AVA", "AVB", "AVD", "AVE", "PVC"),
    )
    """Cell types with parameters of their own, or names of neurons of which each has its own, such as ASEL and ASER of
    the type ASE; all others share one set. null: every type of the circuit."""
    time_constant: float = Field(0.15, gt=0)
    """τ of every type at the start, s."""
    type_time_constants: dict[str, Annotated[float, Field(gt=0)]] = {}
    """τ of some of `types` at the start, s, in place of `time_constant`."""
    time_constants: tuple[float, float] = (0.01, 0.3)
    """Least and greatest τ, s."""
    neuromuscular: float = Field(4.0, gt=0)
    """Strength of neuromuscular transmission at the start: output of a muscle whose inputs are all at 1."""
    chemical: float = Field(1.0, gt=0)
    """Strength of chemical transmission among neurons at the start."""
    type_gains: dict[str, Annotated[float, Field(gt=0)]] = {}
    """Factors of the outputs of some of `types` at the start."""
    type_biases: dict[str, float] = {}
    """Biases of some of `types` at the start, added to `bias`."""
    bias: float = 0.0
    activation: Literal["rectified_tanh", "tanh", "softplus"] = "tanh"
    spectral_radius: float | None = Field(None, gt=0)
    """The magnitudes are scaled as a whole to this spectral radius; null: left as the rule gives them."""
    gap_junctions: float = Field(1.0, ge=0)
    """Conductance of a gap junction that carries all of its cells' electrical contacts; 0 leaves them out."""
    learning_rates: TypeLearningRates = TypeLearningRates()


class LayeredNetworkSettings(Settings):
    """Dynamics of `LayeredNetwork`."""

    kind: Literal["layered"] = "layered"
    first: int | None = None
    """Id of the neuron whose layer comes first; null: the layers in the order of their colours."""
    last: str = "motor"
    """The class of neurons that is the last layer, whatever connects them."""
    gain: float = Field(1.0, gt=0)
    bias: float = 0.3
    activation: Literal["rectified_tanh", "tanh", "softplus"] = "rectified_tanh"
    weights: Annotated[str, AfterValidator(known_rule)] = "input_fraction"
    """How magnitudes start from synapse counts: a rule of `premotor.connectome.weights`."""
    spectral_radius: float | None = Field(0.97, gt=0)
    """The magnitudes are scaled as a whole to this spectral radius; null: left as the rule gives them."""
    gap_junctions: float = Field(0.5, ge=0)
    """Conductance of a gap junction that carries all of its cells' electrical contacts; 0 leaves them out."""
    learning_rates: LearningRates = LearningRates()
    groups: Groups | None = None
    """As of a rate network."""


def _is_function(name: str, entry: object) -> None:
    if not callable(entry):
        raise PremotorError(f"the activation {name!r} is {entry!r}; it has to be a function")


ACTIVATIONS: Registry[Callable[..., "Array"]] = Registry(
    "activation",
    {name: "premotor.networks.random_rate" for name in ("tanh", "stretched_tanh", "positive_tanh")},
    _is_function,
)
"""Activations of `RandomRateNetwork` by name: functions of x alone, or of x, gain and shift, in `jax.numpy`."""


def has_no_parameters(activation: str) -> bool:
    """Whether an activation takes neither gain nor shift."""
    return len(inspect.signature(ACTIVATIONS[activation]).parameters) == 1


Activation = Annotated[str, AfterValidator(ACTIVATIONS.known)]


class RandomRateSettings(Settings):
    """Dynamics of `RandomRateNetwork`. Time is in units of the neurons' time constant τ."""

    kind: Literal["random"] = "random"
    neurons: int = Field(100, ge=2)
    """Of a random network; a circuit brings its own."""
    coupling: float = Field(1.5, gt=0)
    """g: a random network's weights are drawn from N(0, g²/N); a circuit's normalised weights are multiplied by it."""
    activation: Activation = "tanh"
    """`tanh` tanh(x); `stretched_tanh` tanh(gain·(x − shift)); `positive_tanh` ½(1 + tanh(gain·(x − shift))); or one
    of your own (`ACTIVATIONS`)."""
    gain: float = Field(1.0, gt=0)
    shift: float = 0.0
    dt: float = Field(0.1, gt=0, le=1)
    """Time step, τ."""
    weights: Annotated[str, AfterValidator(known_rule)] = "sinkhorn"
    """How a circuit's counts become weights: a rule of `premotor.connectome.weights`."""
    spectral_radius: float | None = Field(None, gt=0)
    """A circuit's weights are scaled to it before `coupling` multiplies them; null: left as the rule gives them."""
    product: Layout = "auto"

    def memory(self) -> dict[str, float]:
        """Of the weights of a random network."""
        return {"neurons": 4.0 * self.neurons**2}


class VNCSettings(Settings):
    """Dynamics of `VNCNetwork`: means and standard deviations over neurons, after Pugliese et al. (2025)."""

    kind: Literal["vnc"] = "vnc"
    time_constant: float = Field(0.020, gt=0)
    """τ, s."""
    time_constant_sd: float = Field(0.002, ge=0)
    gain: float = Field(1.0, gt=0)
    """a, Hz of rate per unit of input."""
    gain_sd: float = Field(0.1, ge=0)
    threshold: float = Field(7.5, gt=0)
    """θ, in units of input."""
    threshold_sd: float = Field(0.6, ge=0)
    maximum_rate: float = Field(200.0, gt=0)
    """r_max, Hz."""
    maximum_rate_sd: float = Field(10.0, ge=0)
    weight: float = Field(0.03, gt=0)
    """Input to the postsynaptic neuron for each synapse and Hz of presynaptic rate."""
    size_column: str | None = "size"
    """Column of the neuron table with the sizes of cells; a circuit without it, or null: all of one size."""
    median_size: float | None = Field(None, gt=0)
    """Median size in the whole dataset, in units of the column. Null: 1 where the column holds ratios already
    (all below 1,000), else the median of the circuit's own neurons."""
    step: float = Field(0.0005, ge=1e-7, le=1)
    """Integration step (Runge–Kutta of fourth order), s."""
    product: Layout = "auto"


class BaselineSettings(Settings):
    """Settings of a network without a connectome."""

    OWN_MAPS: ClassVar[bool] = False
    """Whether it takes observations as they are and has a read-out of its own, so that no maps stand around it."""


class MLPSettings(BaselineSettings):
    """A multilayer perceptron."""

    kind: Literal["mlp"] = "mlp"
    hidden: Units | Annotated[tuple[Units, ...], Field(min_length=1)] | None = None
    """Units of each of two layers, or a list with those of each layer; null: two layers of so many that about as many
    parameters learn as with the circuit."""
    activation: Literal["elu", "relu", "tanh"] = "tanh"
    rate: float = Field(1.0, ge=0)
    """Relative learning rate of the hidden weights and biases."""
    calibrate: bool = True
    """Whether the read-out is whitened and steps are balanced as with a circuit; false: the maps are the first and the
    last layer, with the same step size as all others, as off-policy learning commonly has them."""

    def memory(self) -> dict[str, float]:
        """Of the weights between layers."""
        layers = (self.hidden,) * 2 if isinstance(self.hidden, int) else self.hidden or ()
        return {"hidden": sum(4.0 * a * b for a, b in pairwise(layers))} if layers else {}


class GRUSettings(BaselineSettings):
    """A gated recurrent unit (Cho et al. 2014) behind a linear embedding."""

    kind: Literal["gru"] = "gru"
    hidden: int | None = Field(None, ge=1)
    """Units; null: so many that about as many parameters learn as with the circuit."""
    rate: float = Field(1.0, ge=0)
    """Relative learning rate of the hidden weights and biases."""

    def memory(self) -> dict[str, float]:
        """Of the weights between units."""
        return {"hidden": 24.0 * self.hidden**2} if self.hidden else {}


class DirectSettings(BaselineSettings):
    """A linear path from every input of the circuit to every output, in the circuit's place."""

    kind: Literal["direct"] = "direct"
    rate: float = Field(1.0, ge=0)
    """Relative learning rate of its weights."""


class DisconnectedSettings(BaselineSettings):
    """Nothing between inputs and outputs."""

    kind: Literal["disconnected"] = "disconnected"


def baseline_settings(kind: str) -> type[BaselineSettings]:
    """The settings class of a network without a connectome.

    Raises:
        PremotorError: no baseline has this name.
    """
    known = {name: own for name in NETWORKS if issubclass(own := NETWORKS.settings_class(name), BaselineSettings)}
    if kind not in known:
        raise PremotorError(f"there is no baseline {kind!r}; there are {', '.join(known)}")
    return known[kind]


def is_baseline(kind: str) -> bool:
    """Whether the network of this kind has no connectome."""
    return issubclass(NETWORKS.settings_class(kind), BaselineSettings)


MEMBERS = (
    "settings",
    "build",
    "neurons",
    "control_period",
    "learning_rates",
    "product",
    "step",
    "edges",
    "silenced",
    "input_units",
    "output_units",
)
"""What a network needs, in the order in which a class that lacks something is told."""


def _check(name: str, entry: object) -> None:
    from premotor.networks.base import Baseline, Network  # loads JAX

    if not (inspect.isclass(entry) and issubclass(entry, Network)):
        raise PremotorError(f"the network {name!r} is {entry!r}; it has to be a class that inherits from Network")
    missing = {*entry.__abstractmethods__, *entry.__abstractvars__, *entry.__abstractclassvars__}
    for member in [name for name in MEMBERS if name in missing] + sorted(missing - set(MEMBERS)):
        raise PremotorError(f"the network {name!r}: the class {entry.__qualname__} has no {member}")
    settings = entry.settings
    kind = settings.model_fields.get("kind")
    if kind is None or kind.default != name:
        raise PremotorError(
            f"the network {name!r}: {settings.__qualname__} needs the field kind: Literal[{name!r}] = {name!r}"
        )
    if issubclass(entry, Baseline) != issubclass(settings, BaselineSettings):
        raise PremotorError(
            f"the network {name!r}: {entry.__qualname__} is a Baseline where {settings.__qualname__} is a "
            "BaselineSettings, and only there"
        )
    if issubclass(entry, Baseline) and entry.own_maps and entry.read_out is Baseline.read_out:
        raise PremotorError(f"the network {name!r}: the class {entry.__qualname__} has no read_out, as own_maps asks")


NETWORKS: Registry[type["Network"]] = Registry(
    "network",
    {
        "rate": "premotor.networks.rate",
        "layered": "premotor.networks.layered",
        "cell-types": "premotor.networks.cell_types",
        "mlp": "premotor.networks.baselines",
        "gru": "premotor.networks.baselines",
        "direct": "premotor.networks.direct",
        "disconnected": "premotor.networks.direct",
        "surrogate-gradient": "premotor.networks.spiking.surrogate_gradient.network",
    },
    _check,
    {
        "rate": f"{__name__}:RateNetworkSettings",
        "layered": f"{__name__}:LayeredNetworkSettings",
        "cell-types": f"{__name__}:CellTypeSettings",
        "mlp": f"{__name__}:MLPSettings",
        "gru": f"{__name__}:GRUSettings",
        "direct": f"{__name__}:DirectSettings",
        "disconnected": f"{__name__}:DisconnectedSettings",
        "surrogate-gradient": "premotor.networks.spiking.surrogate_gradient.settings:SurrogateGradientSettings",
    },
)
"""Every network that a controller can have, by the name that `network.kind` takes."""
