"""Settings of the ways of learning."""

from typing import Literal, Self

from pydantic import Field, model_validator

from premotor.settings import Settings


class PPOSettings(Settings):
    """Proximal policy optimisation (Schulman et al. 2017) of a stateful controller."""

    kind: Literal["ppo"] = "ppo"
    steps: int = Field(2_000_000, ge=1)
    """Control steps in all environments together, rounded up to whole iterations."""
    environments: int = Field(256, ge=1)
    rollout: int = Field(32, ge=2)
    """Control steps in each environment between two updates; gradients flow through all of them."""
    epochs: int = Field(4, ge=1)
    minibatches: int = Field(4, ge=1)
    """Each holds whole sequences: environments / minibatches of them."""
    discount: float = Field(0.99, ge=0, le=1)
    discount_end: float | None = Field(None, ge=0, lt=1)
    """The discount at the end of learning; 1 − discount goes there in equal ratios. A short view teaches a body to
    move, a longer one not to fall for the sake of speed. Null: it stays."""
    decay: float = Field(0.95, ge=0, le=1)
    """λ of the generalised advantage estimate."""
    clip: float = Field(0.2, gt=0)
    reward_limit: float | None = Field(None, gt=0)
    """Learning takes rewards beyond ± this as this, so that a rare large one (a fall) does not outweigh all others;
    figures are of the rewards as they are. Null: no limit."""
    reward_limit_end: float | None = Field(None, gt=0)
    """The limit at the end of learning; it goes there from `reward_limit` in equal ratios. Null: it stays."""
    learning_rate: float = Field(1e-3, gt=0)
    critic_learning_rate: float = Field(1e-3, gt=0)
    schedule: Literal["divergence", "linear", "constant"] = "divergence"
    """`divergence`: the step follows `target_divergence`; `linear`: falls to 0 over `steps`."""
    target_divergence: float = Field(0.01, gt=0)
    """Kullback–Leibler divergence of an update, in nats: beyond twice it the step shrinks, below half it grows."""
    learning_rate_limits: tuple[float, float] = (1e-5, 1e-2)
    spread: tuple[float, float] | None = None
    """Standard deviation of the actions at the beginning and at the end of learning, in equal ratios between, in place
    of one that is learnt from `maps.action_std` on: learning cannot then stop to explore too soon."""
    average: float | None = Field(None, ge=1)
    """Tests take the running mean of the controller's parameters over about so many iterations (Polyak and Juditsky
    1992), which is rid of most of the noise of single updates; null: the parameters as they are."""
    entropy: float = Field(0.0, ge=0)
    value_weight: float = Field(1.0, gt=0)
    gradient_limit: float = Field(1.0, gt=0)
    """Largest global norm of a gradient, in parameters that are trained."""
    critic_layers: tuple[int, ...] = (128, 128)

    def reward_limit_at(self, step: int) -> float | None:
        """The limit of rewards after so many control steps of learning."""
        if self.reward_limit is None or self.reward_limit_end is None:
            return self.reward_limit
        return self._between(self.reward_limit, self.reward_limit_end, step)

    def spread_at(self, step: int) -> float | None:
        """The standard deviation of actions after so many control steps; None where it is learnt."""
        return None if self.spread is None else self._between(*self.spread, step)

    def discount_at(self, step: int) -> float | None:
        """The discount after so many control steps; None where it stays."""
        return None if self.discount_end is None else 1 - self._between(1 - self.discount, 1 - self.discount_end, step)

    def _between(self, first: float, last: float, step: int) -> float:
        return float(first * (last / first) ** min(step / self.steps, 1.0))

    @model_validator(mode="after")
    def _positive_spread(self) -> Self:
        if self.spread is not None and min(self.spread) <= 0:
            raise ValueError(f"spread is {list(self.spread)}, but both of it must be greater than 0")
        return self

    @model_validator(mode="after")
    def _discount_to_move(self) -> Self:
        if self.discount_end is not None and self.discount == 1:
            raise ValueError(f"discount_end is {self.discount_end}, but discount is 1 and cannot move from there")
        return self

    @model_validator(mode="after")
    def _limit_to_move(self) -> Self:
        if self.reward_limit_end is not None and self.reward_limit is None:
            raise ValueError(f"reward_limit_end is {self.reward_limit_end}, but reward_limit is null")
        return self

    @model_validator(mode="after")
    def _minibatches_divide(self) -> Self:
        if self.environments % self.minibatches:
            raise ValueError(
                f"minibatches is {self.minibatches}, but it must divide environments, which is {self.environments}"
            )
        return self
