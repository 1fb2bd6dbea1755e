"""A network that is wired at random, in words: populations, cells, projections, weights, delays."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Self

from pydantic import (
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    model_serializer,
    model_validator,
)

from premotor.networks.spiking.event_driven.cell import CELLS, RECEPTORS, CellSettings
from premotor.settings import Settings

Receptor = Literal["AM", "NM", "GA", "AM2", "NM2", "GA2"]
Range = tuple[float, float]
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED = ("inputs", "noise", "other")
TYPES = ("E", "I", "IL")
"""Cell types that every model of cells has: excitatory, fast-spiking and low-threshold inhibitory."""
DELAYS: dict[str, Range] = {
    "AM": (1.8, 2.2),
    "NM": (1.8, 2.2),
    "GA": (1.8, 2.2),
    "AM2": (1.8, 2.2),
    "NM2": (1.8, 2.2),
    "GA2": (3.0, 12.0),
}
"""ms"""


class PopulationSettings(Settings):
    """Cells of one type."""

    size: int = Field(ge=1)
    """Cells."""
    cell: str = "E"
    """Their type: E, I, IL, or one of `cells`."""


class SynapseSettings(Settings):
    """The synapses of a projection onto one receptor."""

    weight: float = Field(ge=0)
    """Mean, mV."""
    spread: float = Field(0.0, ge=0, le=1)
    """Weights are uniform within this fraction of their mean."""
    deviation: float = Field(0.0, ge=0)
    """Standard deviation over the mean of weights that are normal instead, cut off at 0."""
    plastic: bool = False
    """Whether they learn."""
    delay: Range | None = None
    """Uniform between these, ms; null: as `delays` says for the receptor."""

    @model_validator(mode="before")
    @classmethod
    def _weight_alone(cls, data: object) -> object:
        return {"weight": data} if isinstance(data, int | float) and not isinstance(data, bool) else data

    @model_validator(mode="after")
    def _one_distribution(self) -> Self:
        if self.spread and self.deviation:
            raise ValueError(f"spread ({self.spread:g}) and deviation ({self.deviation:g}): one of them has to be 0")
        _rising("delay", self.delay)
        return self


class ProjectionSettings(Settings):
    """Connections from one population to another, as many for each cell or each pair with a probability."""

    convergence: int | None = Field(None, ge=1)
    """Presynaptic cells of each postsynaptic one, drawn without replacement."""
    probability: float | None = Field(None, gt=0, le=1)
    """Of a connection, for every pair of cells, in place of `convergence`."""
    synapses: dict[Receptor, SynapseSettings] = Field(min_length=1)
    """By receptor; a number alone is the weight. Those of a pair share partners, but not delays."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.convergence is None) == (self.probability is None):
            said = "neither" if self.convergence is None else "both"
            raise ValueError(f"{said} of convergence and probability are given; one is needed (null takes one away)")
        return self

    @property
    def inhibits(self) -> bool:
        """Whether its receptors are GABA's."""
        return next(iter(self.synapses)).startswith("GA")


class StimulusSettings(Settings):
    """Synapses of the sources onto the input cells."""

    weight: float = Field(35.0, ge=0)
    """mV"""
    receptor: Receptor = "AM"
    delay: Range = (0.8, 1.2)
    """Uniform between these, ms."""


class NoiseSettings(Settings):
    """Random spikes from outside onto a receptor of each cell of a population."""

    rate: float = Field(gt=0, lt=10_000)
    """Of each cell's own train, Hz."""
    weight: float = Field(ge=0)
    """mV"""


class GainSettings(Settings):
    """Factors of the weights by what the pre- and the postsynaptic population do, excite (E) or inhibit (I)."""

    EE: float = Field(1.0, ge=0)
    EI: float = Field(1.0, ge=0)
    IE: float = Field(1.0, ge=0)
    II: float = Field(1.0, ge=0)


def _excites(fast: float, slow: float) -> dict[str, dict[str, object]]:
    return {"AM2": {"weight": fast}, "NM2": {"weight": slow}}


def _learns(fast: float, slow: float) -> dict[str, dict[str, object]]:
    return {"AM2": {"weight": fast, "spread": 0.5, "plastic": True}, "NM2": {"weight": slow}}


NETWORKS: dict[str, dict[str, dict[str, dict[str, object]]]] = {
    "hasegan2022": {
        "populations": {
            "ES": {"size": 80, "cell": "E"},
            "EA": {"size": 40, "cell": "E"},
            "IA": {"size": 10, "cell": "I"},
            "IAL": {"size": 10, "cell": "IL"},
            "EM": {"size": 40, "cell": "E"},
            "IM": {"size": 10, "cell": "I"},
            "IML": {"size": 10, "cell": "IL"},
        },
        "projections": {
            "ES-EA": {"convergence": 25, "synapses": _learns(10.0, 0.196)},
            "EA-EM": {"convergence": 20, "synapses": _learns(6.5, 0.10)},
            "EA-IA": {"convergence": 15, "synapses": _excites(5.85, 0.0585)},
            "EM-IM": {"convergence": 16, "synapses": _excites(5.85, 0.0585)},
            "EA-IAL": {"convergence": 15, "synapses": _excites(5.94, 0.294)},
            "EM-IML": {"convergence": 16, "synapses": _excites(2.94, 0.294)},
            "IA-EA": {"convergence": 4, "synapses": {"GA": {"weight": 18.0}}},
            "IM-EM": {"convergence": 4, "synapses": {"GA": {"weight": 18.0}}},
            "IA-IA": {"convergence": 1, "synapses": {"GA": {"weight": 4.5}}},
            "IM-IM": {"convergence": 1, "synapses": {"GA": {"weight": 4.5}}},
            "IA-IAL": {"convergence": 2, "synapses": {"GA": {"weight": 4.5}}},
            "IM-IML": {"convergence": 2, "synapses": {"GA": {"weight": 4.5}}},
            "IAL-EA": {"convergence": 4, "synapses": {"GA2": {"weight": 5.0}}},
            "IML-EM": {"convergence": 4, "synapses": {"GA2": {"weight": 5.0}}},
            "IAL-IA": {"convergence": 2, "synapses": {"GA2": {"weight": 2.25}}},
            "IML-IM": {"convergence": 2, "synapses": {"GA2": {"weight": 2.25}}},
            "IAL-IAL": {"convergence": 1, "synapses": {"GA2": {"weight": 5.5}}},
            "IML-IML": {"convergence": 1, "synapses": {"GA2": {"weight": 5.5}}},
        },
    }
}
"""Networks to start from, by name: Hasegan et al. (2022), whose gains are in the weights."""


class RandomNetworkSettings(Settings):
    """A network that is wired at random.

    With `base` the populations and projections given here are put over those of a published network, setting by
    setting, and ``null`` takes one away; without (``base: null``) they are the whole network.
    """

    base: Literal["hasegan2022"] | None = "hasegan2022"
    """The network to start from; null: none."""
    cell: str = "conductance"
    """Model of the cells, one of `CELLS`."""
    cells: dict[str, dict[str, Any]] = {}
    """Parameters of cell types by name: changes of E, I and IL, and types of your own, whose other parameters are
    the model's defaults."""
    populations: dict[str, PopulationSettings] = Field(default={})
    """By name; cells are numbered in this order."""
    projections: dict[str, ProjectionSettings] = Field(default={})
    """By the names of both populations, as ``EA-EM``; drawn in this order."""
    inputs: str = "ES"
    """The population that the receptive fields drive."""
    outputs: str | tuple[str, ...] = "EM"
    """The population that votes, in equal parts for each action, or one population for each action."""
    stimulus: StimulusSettings = StimulusSettings()
    noise: dict[str, dict[Receptor, NoiseSettings]] = {}
    """By population and receptor, as ``EM: {AM2: {rate: 20, weight: 3}}``; each cell has a Poisson train of its own."""
    delays: dict[Receptor, Range] = {}
    """Of a receptor's synapses, uniform between these (ms); those of others are 1.8 to 2.2, of GA2 3 to 12."""
    gains: GainSettings = GainSettings()
    scale: float = Field(1.0, gt=0)
    """Factor of the size of every population but the inputs; how many partners a cell has stays."""

    @model_validator(mode="before")
    @classmethod
    def _over_the_base(cls, data: object) -> object:
        if not isinstance(data, dict) or (base := NETWORKS.get(str(data.get("base", "hasegan2022")))) is None:
            return data
        return {**data, **{key: _over(value, data.get(key, {})) for key, value in base.items()}}

    @model_serializer(mode="wrap")
    def _what_differs(self, plain: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, object]:
        data: dict[str, object] = plain(self)
        if self.base is not None:
            data |= {key: _less(value, data[key]) for key, value in _base(self.base, info.mode == "json").items()}
        return data

    @model_validator(mode="after")
    def _joined(self) -> Self:
        known = ", ".join(self.populations) or "none"
        for name, population in self.populations.items():
            if not NAME.fullmatch(name) or name in RESERVED:
                raise ValueError(f"populations: {name!r} is no name for a population; letters and digits make one")
            if population.cell not in TYPES and population.cell not in self.cells:
                types = ", ".join(dict.fromkeys([*TYPES, *self.cells]))
                raise ValueError(f"populations.{name}.cell is {population.cell!r}; cell types are {types}")
        named = {"inputs": (self.inputs,), "outputs": self.voting}
        for key, names in named.items():
            missing = [name for name in names if name not in self.populations]
            if missing:
                raise ValueError(f"{key} names the population {missing[0]!r}, which is not there; there are {known}")
        for name in self.noise:
            if name not in self.populations:
                raise ValueError(f"noise names the population {name!r}, which is not there; there are {known}")
        if self.inputs in self.voting or len(set(self.voting)) < len(self.voting) or not self.voting:
            raise ValueError(f"inputs ({self.inputs}) and outputs ({', '.join(self.voting)}) have to be apart")
        for name, projection in self.projections.items():
            pre, _, post = name.partition("-")
            missing = [end for end in (pre, post) if end not in self.populations]
            if missing:
                raise ValueError(
                    f"projections.{name}: there is no population {missing[0]!r}; a projection is called PRE-POST after "
                    f"two of {known}"
                )
            partners = self.size(pre) - (pre == post)
            if projection.convergence is not None and projection.convergence > partners:
                raise ValueError(
                    f"projections.{name}.convergence is {projection.convergence}, but {pre} has {partners} cells to "
                    f"choose from{'' if self.scale == 1 else f' at scale {self.scale:g}'}"
                )
            if len({receptor.startswith("GA") for receptor in projection.synapses}) > 1 or (
                projection.inhibits != self.inhibits(pre)
            ):
                raise ValueError(
                    f"projections.{name}: the synapses of {pre} excite (AM, NM) and inhibit (GA); a population does one"
                )
        for receptor, between in self.delays.items():
            _rising(f"delays.{receptor}", between)
        _rising("stimulus.delay", self.stimulus.delay)
        if not any(synapse.plastic for one in self.projections.values() for synapse in one.synapses.values()):
            raise ValueError("projections: no synapse is plastic, so nothing could learn; set plastic: true for some")
        if self.cells or self.cell != "conductance":
            self.types()
        return self

    @property
    def voting(self) -> tuple[str, ...]:
        """Populations that vote."""
        return (self.outputs,) if isinstance(self.outputs, str) else self.outputs

    def size(self, name: str) -> int:
        """Cells of a population."""
        size = self.populations[name].size
        return size if name == self.inputs else max(1, round(size * self.scale))

    def inhibits(self, name: str) -> bool:
        """Whether a population's first synapses are GABA's; one without synapses excites."""
        return next((one.inhibits for key, one in self.projections.items() if key.startswith(f"{name}-")), False)

    def delay(self, receptor: str, synapse: SynapseSettings | None = None) -> Range:
        """Least and most delay of synapses onto a receptor, ms."""
        return (synapse and synapse.delay) or self.delays.get(receptor, DELAYS[receptor])  # type: ignore[call-overload]

    def types(self) -> dict[str, CellSettings]:
        """Cell types by name, E, I and IL first.

        Raises:
            ValueError: a parameter that the model of the cells does not have, or a value that is not allowed.
        """
        model = CELLS[self.cell]
        types: dict[str, CellSettings] = dict(zip(TYPES, model.types, strict=True))
        for name, values in self.cells.items():
            before = types[name].model_dump() if name in types else {}
            try:
                types[name] = model.settings.model_validate({**before, **values})
            except ValidationError as error:
                wrong = error.errors(include_url=False)[0]
                key = ".".join(map(str, ("cells", name, *wrong["loc"])))
                allowed = f"; the {self.cell} cell has {', '.join(model.settings.model_fields)}"
                unknown = wrong["type"] == "extra_forbidden"
                raise ValueError(f"{key}: {wrong['msg']}{allowed if unknown else ''}") from None
        return types

    def memory(self) -> dict[str, float]:
        """Of the arrays of synapses and of events on their way."""
        total = 0.0
        for name, projection in self.projections.items():
            pre, _, post = name.partition("-")
            each = projection.convergence or (projection.probability or 0.0) * self.size(pre)
            total += self.size(post) * each * len(projection.synapses)
        return {"scale": 200.0 * total}


def _rising(key: str, between: Range | None) -> None:
    if between is not None and not 0 < between[0] <= between[1]:
        raise ValueError(f"{key} goes from {between[0]:g} to {between[1]:g} ms; it has to rise, from above 0")


def _over(base: object, change: object) -> object:
    """Settings put over others: null takes one away, a number over a synapse is its weight."""
    if not isinstance(base, Mapping):
        return change
    if not isinstance(change, Mapping):
        return {**base, "weight": change} if "weight" in base and not isinstance(change, Settings) else change
    kept = {key: value for key, value in base.items() if change.get(key, value) is not None}
    return kept | {key: _over(base.get(key), value) for key, value in change.items() if value is not None}


def _less(base: object, full: object) -> object:
    """What `_over` makes `full` of, put over `base`."""
    if not (isinstance(base, Mapping) and isinstance(full, Mapping)):
        return full
    changed = {key: _less(base[key], value) if key in base else value for key, value in full.items()}
    return {key: value for key, value in changed.items() if key not in base or full[key] != base[key]} | {
        key: None for key in base if key not in full
    }


@cache
def _base(name: str, json: bool) -> dict[str, object]:
    """A network to start from, with every setting."""
    mode: Literal["json", "python"] = "json" if json else "python"
    whole = {"populations": dict[str, PopulationSettings], "projections": dict[str, ProjectionSettings]}
    return {
        key: (adapter := TypeAdapter(kind)).dump_python(adapter.validate_python(NETWORKS[name][key]), mode=mode)
        for key, kind in whole.items()
    }


assert set(DELAYS) == set(RECEPTORS)
