"""Settings of the off-policy ways of learning."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from premotor.settings import Settings


class NoiseSettings(Settings):
    """Exploration noise on the action, in its units: the range is [−1, 1]."""

    RENAMED: ClassVar = {"spread": "std", "decay": "theta"}

    kind: Literal["gaussian", "ornstein-uhlenbeck"] = "gaussian"
    """`gaussian`: a new normal deviate each step; `ornstein-uhlenbeck` remembers (Uhlenbeck and Ornstein 1930):
    x ← x − θ x h + σ √h · normal."""
    std: float = Field(0.2, ge=0)
    """Standard deviation, or σ; 0.2 is 0.1 of activations in [0, 1]."""
    theta: float = Field(0.15, gt=0)
    """θ, 1/time unit, of the process that remembers."""
    interval: float = Field(1.0, gt=0)
    """h, the length of a control step in the same time unit; keras-rl and others have 1 or 0.01."""

    def idle(self) -> dict[str, str]:
        """What only noise that remembers has."""
        why = "learning.noise.kind is gaussian; it belongs to ornstein-uhlenbeck"
        return dict.fromkeys(("theta", "interval"), why) if self.kind == "gaussian" else {}


class OffPolicySettings(Settings):
    """What DDPG, TD3 and SAC share."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "memory": "buffer_size",
        "batch": "batch_size",
        "target_rate": "tau",
        "gradient_limit": "max_grad_norm",
    }
    NEEDS: ClassVar[Mapping[str, object]] = {"maps.squash": "tanh"}

    steps: int = Field(100_000, ge=1)
    """Control steps in all environments together, rounded up to whole iterations."""
    environments: int = Field(4, ge=1)
    rollout: int = Field(50, ge=1)
    """Control steps in each environment in one iteration, after which progress is reported."""
    updates: float = Field(1.0, gt=0)
    """Updates a control step of one environment; updates × environments must be a whole number."""
    warm_up: int = Field(1_000, ge=0)
    """Control steps, in all environments together, with actions drawn uniformly, before anything is learnt."""
    buffer_size: int = Field(1_000_000, ge=1)
    """Control steps that the replay memory holds, of all environments together."""
    batch_size: int = Field(256, ge=1)
    """Sequences in an update."""
    sequence: int = Field(1, ge=1)
    """Control steps in a sequence: gradients of a controller with a state flow through all of them."""
    burn_in: int = Field(0, ge=0)
    """Control steps before a sequence that only bring the controller's state up to date."""
    states: Literal["stored", "rest"] = "stored"
    """Where a sequence begins: from the controller's state as it was then, or from rest (then use `burn_in`)."""
    discount: float = Field(0.99, ge=0, lt=1)
    tau: float = Field(5e-3, gt=0, le=1)
    """Part by which the target networks approach the others in an update."""
    schedule: Literal["linear", "constant"] = "linear"
    """`linear`: both learning rates fall to a tenth over `steps`."""
    learning_rate: float = Field(1e-3, gt=0)
    critic_learning_rate: float = Field(1e-3, gt=0)
    critic_layers: tuple[int, ...] = (64, 64, 64)
    critic_loss: Literal["squared", "huber"] = "squared"
    max_grad_norm: float | None = Field(None, gt=0)
    """Largest global norm of a gradient; null: any."""
    reward_scale: float = Field(1.0, gt=0)
    """Factor on rewards inside the critic."""
    normalize: bool = True
    """Whether observations are normalised, by their statistics in the warm-up."""

    def memory(self) -> dict[str, float]:
        """Of the worlds, of what is replayed and of an update."""
        return {
            "environments": 1e3 * self.environments,
            "buffer_size steps": 32.0 * min(self.buffer_size, self.steps),
            "warm_up": 32.0 * self.warm_up,
            "environments rollout": 32.0 * self.environments * self.rollout,
            "batch_size sequence": 32.0 * self.batch_size * (self.burn_in + self.sequence),
        }

    @model_validator(mode="after")
    def _whole_updates(self) -> Self:
        count = self.updates * self.environments
        if abs(count - round(count)) > 1e-9 or round(count) < 1:
            raise ValueError(
                f"updates is {self.updates}, but times environments, which is {self.environments}, it must be a whole "
                "number of at least 1"
            )
        needed = (self.batch_steps + 1) * self.environments
        if self.buffer_size < needed:
            raise ValueError(f"buffer_size is {self.buffer_size}, but one sequence in every environment takes {needed}")
        return self

    @property
    def batch_steps(self) -> int:
        """Control steps that are read for a sequence: burn-in and what is learnt from."""
        return self.burn_in + self.sequence


class DDPGSettings(OffPolicySettings):
    """Deep deterministic policy gradient (Lillicrap et al. 2016); the defaults are the modern configuration."""

    kind: Literal["ddpg"] = "ddpg"
    noise: NoiseSettings = NoiseSettings()
    """Exploration."""
    saturation: float = Field(0.01, ge=0)
    """Cost of the mean squared answer of the actor before it is squashed. At the ends of the range tanh is flat: a
    pair of antagonists that are both off there would hardly learn to take over from each other."""


class TD3Settings(OffPolicySettings):
    """Twin delayed DDPG (Fujimoto et al. 2018): the smaller of two critics, smoothed targets, a slower actor."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        **OffPolicySettings.RENAMED,
        "smoothing": "target_noise",
        "smoothing_limit": "target_noise_clip",
        "delay": "policy_delay",
    }

    kind: Literal["td3"] = "td3"
    noise: NoiseSettings = NoiseSettings()
    """Exploration."""
    saturation: float = Field(0.01, ge=0)
    """Cost of the mean squared answer of the actor before it is squashed. At the ends of the range tanh is flat: a
    pair of antagonists that are both off there would hardly learn to take over from each other."""
    target_noise: float = Field(0.2, ge=0)
    """Standard deviation of the noise on the target's action."""
    target_noise_clip: float = Field(0.5, gt=0)
    """Its largest value."""
    policy_delay: int = Field(2, ge=1)
    """Updates of the critics for one of the actor."""


class SACSettings(OffPolicySettings):
    """Soft actor-critic (Haarnoja et al. 2018) with a temperature that follows a wanted entropy.

    The spread of the actions is the controller's own, one an action, learnt and the same in every state.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {**OffPolicySettings.RENAMED, "entropy": "target_entropy"}

    kind: Literal["sac"] = "sac"
    target_entropy: float | None = None
    """Wanted entropy of the actions, nats; null: −1 an action."""
    temperature: float = Field(0.1, gt=0)
    """At the start; in units of the scaled reward."""
    temperature_learning_rate: float = Field(1e-3, ge=0)
    """0 holds it."""


OffPolicyKind = DDPGSettings | TD3Settings | SACSettings
"""Settings of one of the three."""
