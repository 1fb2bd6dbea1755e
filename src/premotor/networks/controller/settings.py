"""Settings of a controller's maps: linear ones, or a closed loop line by line."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from premotor.networks.controller.populations import PopulationSettings
from premotor.settings import Settings

PRIMARY_MEAN, SECONDARY_MEAN = 50.0, 80.0
"""Rates at rest length, impulses/s, as in models of the spinal cord with these equations (Moraud et al. 2016)."""
Conditions = dict[str, str | int | float | list[str] | list[int]]
"""Conditions on columns of the neuron table, such as `{class: sensory, type: "AS*"}`."""

ENCODINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "linear": (("sensor",), ("offset",)),
    "Ia": (("length", "speed", "rest"), ("mean",)),
    "II": (("length", "rest"), ("mean",)),
    "Ib": (("force", "greatest"), ()),
}
"""How a sensor becomes a rate: the keys that an encoding needs, and those that it may have."""
DECODINGS: dict[str, tuple[str, ...]] = {
    "linear": ("offset",),
    "motor-units": ("peak_rate", "contraction_time", "time_constant"),
}
"""How rates become an action: the keys that a decoding may have."""
MEANS = {"Ia": PRIMARY_MEAN, "II": SECONDARY_MEAN}


class LoopInput(Settings):
    """One line from the body to neurons: current = gain × rate, the same for all neurons chosen."""

    neurons: Conditions = Field(min_length=1)
    """Conditions on columns of the neuron table, such as `{type: "PLM|ALM", side: left}`."""
    gain: float = 1.0
    """Current for a rate of 1 impulse/s; with `linear`, for a value of 1."""
    encoding: Literal["linear", "Ia", "II", "Ib"] = "linear"
    """`linear`: the value less `offset`; `Ia`, `II`, `Ib`: afferents of a muscle (see `afferents`).
    """
    sensor: str | None = None
    """Of `linear`: a component of the observation."""
    offset: float | None = None
    """Of `linear`: value that gives no current; 0 where nothing is said."""
    length: str | None = None
    """Of `Ia` and `II`: the observation that is the muscle's length."""
    speed: str | None = None
    """Of `Ia`: the observation that is the speed of its lengthening."""
    rest: float | None = None
    """Of `Ia` and `II`: length at which they fire with their mean rate, in `length_unit`."""
    mean: float | None = None
    """Of `Ia` and `II`: that rate, impulses/s; 50 and 80 where nothing is said."""
    force: str | None = None
    """Of `Ib`: the observation that is the muscle's force, of either sign."""
    greatest: float | None = Field(None, gt=0)
    """Of `Ib`: force with which the muscle's tendon organs fire at 200 impulses/s."""

    @property
    def observations(self) -> tuple[str, ...]:
        """The observations that it reads."""
        keys = [key for key in ENCODINGS[self.encoding][0] if key in ("sensor", "length", "speed", "force")]
        return tuple(str(getattr(self, key)) for key in keys)

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        needed, allowed = ENCODINGS[self.encoding]
        every = {key for keys in ENCODINGS.values() for key in (*keys[0], *keys[1])}
        for key in needed:
            if getattr(self, key) is None:
                raise ValueError(f"the encoding {self.encoding} needs {key}")
        for key in sorted(every - {*needed, *allowed}):
            if getattr(self, key) is not None:
                known = ", ".join(("neurons", "gain", *needed, *allowed))
                raise ValueError(f"the encoding {self.encoding} has no {key}; it has {known}")
        return self


class LoopOutput(Settings):
    """One line from neurons to an actuator; those of one actuator add up and have one decoding."""

    actuator: str
    """A component of the action."""
    neurons: Conditions = Field(min_length=1)
    gain: float = 1.0
    """Factor of the rates."""
    decoding: Literal["linear", "motor-units"] = "linear"
    """`linear`: action = offset + gain × mean rate, in [−1, 1] spanning the actuator range. `motor-units`: each neuron
    drives a motor unit of the same size; a low-pass of the mean of their forces is the activation, in [0, 1]."""
    offset: float | None = None
    """Of `linear`: action without activity; 0 where nothing is said."""
    peak_rate: float | None = Field(None, gt=0)
    """Of `motor-units`: impulses/s at a rate of 1 of the network; 40 where nothing is said."""
    contraction_time: float | None = Field(None, gt=0)
    """Of `motor-units`: time to peak of the twitch, s, with which the rate counts; 0.04 where nothing is said."""
    time_constant: float | None = Field(None, ge=0)
    """Of `motor-units`: of the low-pass, s; 0.04 where nothing is said. 0 leaves it to the body's own muscles."""

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        allowed = DECODINGS[self.decoding]
        for key in sorted({key for keys in DECODINGS.values() for key in keys} - set(allowed)):
            if getattr(self, key) is not None:
                known = ", ".join(("actuator", "neurons", "gain", *allowed))
                raise ValueError(f"the decoding {self.decoding} has no {key}; it has {known}")
        if self.decoding == "motor-units" and self.gain <= 0:
            raise ValueError(f"gain is {self.gain}, but motor units only pull; it must be more than 0")
        return self

    def parameter(self, key: str) -> float:
        """A parameter of `motor-units`, or its default."""
        value: float | None = getattr(self, key)
        return float({"peak_rate": 40.0}.get(key, 0.04) if value is None else value)


class LoopSettings(Settings):
    """Fixed or trainable maps line by line, in place of linear maps from everything to everything."""

    inputs: tuple[LoopInput, ...] = Field(min_length=1)
    outputs: tuple[LoopOutput, ...] = Field(min_length=1)
    length_unit: Literal["m", "mm"] = "m"
    """Of the lengths that `Ia` and `II` read; their speeds are in this unit a second."""

    @model_validator(mode="after")
    def _one_decoding_each(self) -> Self:
        for line in self.outputs:
            first = next(other for other in self.outputs if other.actuator == line.actuator)
            if line.decoding != first.decoding:
                raise ValueError(f"actuator {line.actuator} is driven by {first.decoding} and by {line.decoding}")
            if line.decoding == "motor-units" and line.parameter("time_constant") != first.parameter("time_constant"):
                raise ValueError(f"actuator {line.actuator} has two values of time_constant; its lines share one")
        return self


class Sense(Settings):
    """One line from the body to neurons without a trained map: current = gain × stretch, or × an observation."""

    neurons: Conditions = Field(min_length=1)
    """Conditions on columns of the neuron table, such as `{type: "DB|VB"}`."""
    gain: float = 1.0
    """Current for a mean bend of 1 rad a joint to the neuron's own side, or for an observation of 1."""
    stretch: tuple[float, float] | None = None
    """Where the bend is felt, from and to, body lengths from the neuron's place; negative is in front of it."""
    sensor: str | None = None
    """An observation in place of stretch."""
    gate: str | None = None
    """Of stretch: an observation that multiplies it, such as a command; null: it is always felt."""
    gate_neurons: Conditions | None = Field(None, min_length=1)
    """Of stretch: neurons whose mean output multiplies it, such as `{type: "AVB"}`: not below 0, at `gate_full` wholly.
    """
    gate_full: float = Field(1.0, gt=0)
    """Mean output of `gate_neurons` at which all of the stretch is felt."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.stretch is None) == (self.sensor is None):
            raise ValueError("a sense needs either stretch or sensor")
        for name in ("gate", "gate_neurons"):
            if getattr(self, name) is not None and self.stretch is None:
                raise ValueError(f"{name} is {getattr(self, name)!r}, but only stretch has a gate")
        if self.gate is not None and self.gate_neurons is not None:
            raise ValueError("a sense has one gate: either gate, an observation, or gate_neurons")
        if self.gate_neurons is None and self.gate_full != 1:
            raise ValueError(f"gate_full is {self.gate_full:g}, but without gate_neurons nothing is open or shut")
        if self.stretch is not None and self.stretch[0] > self.stretch[1]:
            raise ValueError(f"stretch is {list(self.stretch)}, but it must be two numbers in rising order")
        return self


class MuscleMapSettings(Settings):
    """Fixed maps: senses at their neurons, and the circuit's own neuromuscular synapses."""

    senses: tuple[Sense, ...] = Field(min_length=1)


class MapSettings(Settings):
    """How sensors reach neurons and neurons reach actuators."""

    RENAMED: ClassVar[Mapping[str, str]] = {"action_spread": "action_std"}

    inputs: PopulationSettings = PopulationSettings(minimum_hops=2)
    outputs: PopulationSettings = PopulationSettings()
    input_scale: float = Field(1.0, gt=0)
    """Standard deviation of an input neuron's current, at the start, for observations of variance 1."""
    output_scale: float = Field(0.1, gt=0)
    """Standard deviation of the actions at the start, under random observations."""
    input_rate: float = Field(1.0, ge=0)
    """Relative learning rate of the input map; 0 holds it fixed."""
    output_rate: float = Field(1.0, ge=0)
    """Relative learning rate of the output map; 0 holds it fixed."""
    action_std: float = Field(0.2, gt=0)
    """Standard deviation of the exploration noise at the start, in units of the action range [−1, 1]."""
    local: bool = False
    """Whether the maps keep to their leg and joint, by the neuron table's columns `leg`, `joint` and `direction`:
    sensors of a leg reach its input neurons alone, and a motor neuron moves its joint alone, in its direction."""
    squash: Literal["none", "tanh"] = "none"
    """What keeps actions in their range: clipping alone, or a hyperbolic tangent, as off-policy learning needs it."""
    loop: LoopSettings | None = None
    """The maps line by line, or a YAML file with them, in place of `inputs`, `outputs` and their scales; null: none.
    `input_rate` and `output_rate` say whether the gains learn."""

    muscles: MuscleMapSettings | None = None
    """The circuit's own synapses onto muscles, and declared senses, in place of all maps that are trained; null: none.
    """

    @model_validator(mode="after")
    def _either(self) -> Self:
        whole = "loop" if self.loop else "muscles" if self.muscles else ""
        others: tuple[str, ...] = ("inputs", "outputs", "input_scale", "output_scale", "local")
        others += ("input_rate", "output_rate", "squash", "loop") if self.muscles else ()
        for name in others if whole else ():
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} has no part beside {whole}, which says it line by line; leave it out")
        return self
