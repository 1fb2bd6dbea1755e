"""Settings of learning on the Lyapunov spectrum."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from premotor.errors import PremotorError
from premotor.registry import Registry
from premotor.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from jax import Array

LOSSES: Registry[Callable[..., "Array"]] = Registry(
    "loss of a spectrum", {name: "premotor.learning.spectrum.losses" for name in ("mse", "l2", "entropy")}
)
"""Losses by name: functions of the k leading exponents and of their targets, in `jax.numpy`."""

TARGETS: Registry[Callable[[int], "np.ndarray"]] = Registry(
    "target of a spectrum", {"ramp": "premotor.learning.spectrum.losses"}
)
"""Target spectra by name: functions of the number of exponents k that give k values in falling order."""


def _on_or_off(value: object) -> object:
    return {"train": value} if isinstance(value, bool) else value


class FreedomSettings(Settings):
    """Which parameters of one kind descent may change; `true` and `false` stand for all and none."""

    train: bool = True
    by: str | None = None
    """One value for all neurons with the same entry in this column of the neuron table (for weights: for all
    synapses between the same two entries); null: one a neuron (a synapse)."""
    count: int | None = Field(None, ge=1)
    """A random subset of so many values; the others stay as they are. null: all."""


Freedom = Annotated[FreedomSettings, BeforeValidator(_on_or_off)]


class TrainableSettings(Settings):
    """What descent may change. Signs and support are in none of them."""

    weights: Freedom = FreedomSettings()
    """Logarithms of the magnitudes."""
    gains: Freedom = FreedomSettings(train=False)
    """Logarithms of the gains."""
    shifts: Freedom = FreedomSettings(train=False)
    """Shifts of the activation (in a rate network: the biases)."""
    conductances: Freedom = FreedomSettings(train=False)
    """Logarithms of gap-junction conductances (rate network only)."""
    time_constants: Freedom = FreedomSettings(train=False)
    """Logarithms of the time constants (rate network only)."""
    budget: int | None = Field(None, ge=1)
    """A random subset of so many values, shared by all kinds that are trained; null: all."""

    @property
    def freedoms(self) -> dict[str, FreedomSettings]:
        """The settings of each kind."""
        return {name: part for name, part in self if isinstance(part, FreedomSettings)}


class LossSettings(Settings):
    """What is minimised, for the k leading exponents λ."""

    kind: Annotated[str, AfterValidator(LOSSES.known)] = "mse"
    """`mse` mean (λ − target)²; `l2` √Σ (λ − target)²; `entropy` −Σ max(λ, 0), so that entropy grows; or one of your
    own (`LOSSES`)."""
    target: float | tuple[float, ...] | Annotated[str, AfterValidator(TARGETS.known)] = 0.0
    """One value for all exponents; a spectrum, one value for each in falling order; or the name of one: `ramp`, from
    1.25 to −1.25, or one of your own (`TARGETS`)."""
    weight: float = Field(1.0, ge=0)
    """Of this loss beside that of a task."""

    def aim(self, exponents: int) -> float | tuple[float, ...]:
        """The target of so many exponents.

        Raises:
            PremotorError: a target of a user's own has another length.
        """
        if not isinstance(self.target, str):
            return self.target
        found = tuple(float(value) for value in TARGETS[self.target](exponents))
        if len(found) != exponents:
            raise PremotorError(f"the target {self.target!r} gives {len(found)} values for {exponents} exponents")
        return found


class GradientSettings(Settings):
    """How the gradient is found. Through a chaotic trajectory it grows as fast as trajectories diverge."""

    mode: Literal["windows", "full", "tangent", "evolution"] = "windows"
    """`windows`: the state's and the frame's history is cut every `window` (gradient flossing, Engelken 2023);
    `full`: through the whole length, exact and explosive; `tangent`: the trajectory counts as given and only its
    Jacobians are differentiated: bounded, and biased; `evolution`: no gradient, antithetic random
    perturbations (Salimans et al. 2017), for few parameters."""
    window: float = Field(10.0, gt=0)
    """Time between two cuts, τ (`windows`)."""
    population: int = Field(16, ge=1)
    """Pairs of perturbations an epoch (`evolution`)."""
    perturbation: float = Field(0.02, gt=0)
    """Standard deviation of a perturbation (`evolution`)."""
    limit: float | None = Field(1.0, gt=0)
    """Largest norm of a gradient that Adam sees; the norm that is reported is that before. null: no limit."""


class SpectrumSettings(Settings):
    """Descent on the Lyapunov spectrum with Adam."""

    exponents: Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)] = 10
    """k, the number of leading exponents; below 1: a part of the neurons, rounded up to at least one."""
    loss: LossSettings = LossSettings()
    trainable: TrainableSettings = TrainableSettings()
    gradient: GradientSettings = GradientSettings()
    epochs: int = Field(200, ge=1)
    """At most."""
    patience: int | None = Field(None, ge=1)
    """Descent stops after so many epochs without a new least loss; null: never."""
    stop_loss: float | None = None
    """Descent stops at the first epoch whose loss is no more than this; null: never."""
    learning_rate: float = Field(0.03, gt=0)
    schedule: Literal["cosine", "constant"] = "cosine"
    """`cosine`: the learning rate falls to a hundredth at the last epoch."""
    keep: Literal["last", "best"] = "last"
    """Which parameters descent ends with: those after the last epoch, or those of the epoch with the least loss,
    for where the target lies next to a bifurcation."""
    length: float = Field(100.0, gt=0)
    """Time over which exponents are averaged in an epoch, τ."""
    transient: float = Field(50.0, ge=0)
    """Time before, of the state alone, from a new random state every epoch; without gradient, τ."""
    frame_transient: float = Field(10.0, ge=0)
    """Time after that, in which the tangent vectors turn to their directions; without gradient, τ."""
    t_ons: float = Field(1.0, gt=0)
    """Time between two orthonormalisations (QR), τ."""
    replicas: int = Field(1, ge=1)
    """Initial states an epoch, over which exponents are averaged."""

    @model_validator(mode="after")
    def _target_fits(self) -> Self:
        target = self.loss.target
        if isinstance(target, tuple) and self.exponents >= 1 and len(target) != self.exponents:
            raise ValueError(f"loss.target has {len(target)} values, but exponents is {self.exponents}")
        return self

    @property
    def leading(self) -> int:
        """k, of settings for a network of a known size (see `of`)."""
        return int(self.exponents)

    def of(self, neurons: int) -> "SpectrumSettings":
        """The settings for a network of so many neurons, with a whole number of exponents.

        Raises:
            ValueError: the target spectrum has another length.
        """
        if self.exponents >= 1:
            return self
        # through validation, which compares with the target
        return SpectrumSettings(**{**dict(self), "exponents": max(1, math.ceil(self.exponents * neurons - 1e-9))})


class PhaseTaskSettings(Settings):
    """Phase from sine: the input is sin θ(t), the output (sin θ, cos θ), at frequencies that vary."""

    weight: float = Field(1.0, gt=0)
    """Of the task's loss beside that of the spectrum."""
    length: float = Field(40.0, gt=0)
    """Time of a sequence, τ."""
    settle: float = Field(10.0, ge=0)
    """Time at its start that does not count, τ."""
    batch: int = Field(16, ge=1)
    """Sequences an epoch."""
    slowest: float = Field(0.02, gt=0)
    """Lowest frequency, cycles a τ."""
    fastest: float = Field(0.05, gt=0)
    """Highest frequency, cycles a τ."""
