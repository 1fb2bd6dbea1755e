"""Settings of PPO and of cloning."""

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from premotor.registry import Registry, derived_from
from premotor.settings import Settings

if TYPE_CHECKING:
    from premotor.learning.base import Learner


class PPOSettings(Settings):
    """Proximal policy optimisation (Schulman et al. 2017) of a stateful controller."""

    RENAMED: ClassVar = {
        "decay": "gae_lambda",
        "reward_limit": "reward_clip",
        "reward_limit_end": "reward_clip_end",
        "target_divergence": "target_kl",
        "spread": "action_std",
        "entropy": "entropy_coef",
        "value_weight": "value_coef",
        "gradient_limit": "max_grad_norm",
    }

    kind: Literal["ppo"] = "ppo"
    steps: int = Field(2_000_000, ge=1)
    """Control steps in all environments together, rounded up to whole iterations."""
    environments: int = Field(256, ge=1)
    rollout: int = Field(32, ge=2)
    """Control steps in each environment between two updates; gradients flow through all of them."""
    stagger: bool = False
    """Whether the first episodes are cut to different lengths, so that those of the environments do not all begin at
    once and every roll-out has starts among its steps; for tasks with a body of their own."""
    epochs: int = Field(4, ge=1)
    minibatches: int = Field(4, ge=1)
    """Each holds whole sequences: environments / minibatches of them."""
    discount: float = Field(0.99, ge=0, le=1)
    discount_end: float | None = Field(None, ge=0, lt=1)
    """The discount at the end of learning; 1 − discount goes there in equal ratios. A short view teaches a body to
    move, a longer one not to fall for the sake of speed. Null: it stays."""
    gae_lambda: float = Field(0.95, ge=0, le=1)
    """λ of the generalised advantage estimate."""
    clip: float = Field(0.2, gt=0)
    reward_clip: float | None = Field(None, gt=0)
    """Learning takes rewards beyond ± this as this, so that a rare large one (a fall) does not outweigh all others;
    figures are of the rewards as they are. Null: no limit."""
    reward_clip_end: float | None = Field(None, gt=0)
    """The limit at the end of learning; it goes there from `reward_clip` in equal ratios. Null: it stays."""
    learning_rate: float = Field(1e-3, gt=0)
    critic_learning_rate: float = Field(1e-3, gt=0)
    schedule: Literal["divergence", "linear", "constant"] = "divergence"
    """`divergence`: the step follows `target_kl`; `linear`: falls to 0 over `steps`."""
    target_kl: float = Field(0.01, gt=0)
    """Kullback–Leibler divergence of an update, in nats: beyond twice it the step shrinks, below half it grows."""
    learning_rate_limits: tuple[float, float] = (1e-5, 1e-2)
    action_std: tuple[float, float] | None = None
    """Standard deviation of the actions at the beginning and at the end of learning, in equal ratios between, in place
    of one that is learnt from `maps.action_std` on: learning cannot then stop to explore too soon."""
    average: float | None = Field(None, ge=1)
    """Tests take the running mean of the controller's parameters over about so many iterations (Polyak and Juditsky
    1992), which is rid of most of the noise of single updates; null: the parameters as they are."""
    entropy_coef: float = Field(0.0, ge=0)
    value_coef: float = Field(1.0, gt=0)
    max_grad_norm: float = Field(1.0, gt=0)
    """Largest global norm of a gradient, in parameters that are trained."""
    critic_layers: tuple[int, ...] = (128, 128)
    critic_first: int | None = Field(None, ge=0)
    """Iterations at the beginning in which only the critic learns; of the controller only the spread that `action_std`
    gives goes on. Null: none, but 10 in a warm start whose critic begins anew or was learned in another task or with
    another discount: updates by a critic that knows nothing may wreck a controller that already can."""

    def reward_clip_at(self, step: int) -> float | None:
        """The limit of rewards after so many control steps of learning."""
        if self.reward_clip is None or self.reward_clip_end is None:
            return self.reward_clip
        return self._between(self.reward_clip, self.reward_clip_end, step)

    def action_std_at(self, step: int) -> float | None:
        """The standard deviation of actions after so many control steps; None where it is learnt."""
        return None if self.action_std is None else self._between(*self.action_std, step)

    def discount_at(self, step: int) -> float | None:
        """The discount after so many control steps; None where it stays."""
        return None if self.discount_end is None else 1 - self._between(1 - self.discount, 1 - self.discount_end, step)

    def _between(self, first: float, last: float, step: int) -> float:
        return float(first * (last / first) ** min(step / self.steps, 1.0))

    def memory(self) -> dict[str, float]:
        """Of a rollout."""
        return {
            "environments": 1e3 * self.environments,
            "environments rollout": 64.0 * self.environments * self.rollout,
        }

    def idle(self) -> dict[str, str]:
        """What belongs to another schedule of the step size."""
        if self.schedule == "divergence":
            return {}
        why = f"learning.schedule is {self.schedule}; it belongs to divergence"
        return dict.fromkeys(("target_kl", "learning_rate_limits"), why)

    @model_validator(mode="after")
    def _positive_spread(self) -> Self:
        if self.action_std is not None and min(self.action_std) <= 0:
            raise ValueError(f"action_std is {list(self.action_std)}, but both of it must be greater than 0")
        return self

    @model_validator(mode="after")
    def _discount_to_move(self) -> Self:
        if self.discount_end is not None and self.discount == 1:
            raise ValueError(f"discount_end is {self.discount_end}, but discount is 1 and cannot move from there")
        return self

    @model_validator(mode="after")
    def _limit_to_move(self) -> Self:
        if self.reward_clip_end is not None and self.reward_clip is None:
            raise ValueError(f"reward_clip_end is {self.reward_clip_end}, but reward_clip is null")
        return self

    @model_validator(mode="after")
    def _minibatches_divide(self) -> Self:
        if self.environments % self.minibatches:
            raise ValueError(
                f"minibatches is {self.minibatches}, but it must divide environments, which is {self.environments}"
            )
        return self


class CloningSettings(Settings):
    """How the actions of the task's reference are imitated before learning begins."""

    iterations: int = Field(0, ge=0)
    """Steps of descent; 0: no cloning."""
    steps: int = Field(100, ge=2)
    """Length of the pieces into which the reference is cut, control steps."""
    batch: int = Field(32, ge=1)
    """Pieces of each step of descent."""
    learning_rate: float = Field(3e-3, gt=0)
    learning_rate_end: float | None = Field(None, gt=0)
    """Where the learning rate goes in the last round; null: it stays."""
    rounds: int = Field(0, ge=0)
    """Rounds in which the controller walks itself and is then taught what the reference would have done there, with
    all that was shown before. Only with `expert`, or in a task whose reference can say so (`fly-walk`)."""
    expert: str | None = None
    """A run folder, or the name of a controller of the package, that shows and corrects in place of the task's
    reference; whatever its network, it has to see and to do what this task shows and asks for."""
    round_steps: int = Field(200, ge=2)
    """Control steps that the controller walks in each round, in 64 episodes side by side."""
    round_iterations: int = Field(300, ge=1)
    """Steps of descent of each round."""
    senses_cut: float = Field(0.0, ge=0, le=1)
    """Share of the pieces in which the network soon feels nothing more of the body (`Task.senses` have their means): it
    has to go on by itself, as preparations that show fictive locomotion do, and so learns a rhythm of its own."""
    cut_after: int = Field(20, ge=0)
    """Control steps that are felt in such a piece."""

    @model_validator(mode="after")
    def _something_is_cut(self) -> Self:
        if self.senses_cut and self.cut_after >= self.steps:
            raise ValueError(f"cut_after is {self.cut_after}, but it must be below steps, which is {self.steps}")
        return self

    def idle(self) -> dict[str, str]:
        """Everything without iterations, what rounds have without rounds, and when senses are cut that are not."""
        rest = [name for name in type(self).model_fields if name != "iterations"]
        if not self.iterations:
            return dict.fromkeys(rest, "cloning.iterations is 0")
        names = () if self.rounds else ("round_steps", "round_iterations", "learning_rate_end")
        idle = dict.fromkeys(names, "cloning.rounds is 0")
        return idle if self.senses_cut else {**idle, "cut_after": "cloning.senses_cut is 0"}


class CloningLearningSettings(Settings):
    """Behaviour cloning as a way of learning of its own; with an expert also of what it would have done (DAgger)."""

    kind: Literal["cloning"] = "cloning"
    steps: int = Field(2_000, ge=1)
    """Steps of descent, rounded up to whole iterations."""
    round: int = Field(200, ge=1)
    """Steps of descent in an iteration."""
    walk: int = Field(200, ge=2)
    """Control steps that the controller walks itself before an iteration, in 64 episodes side by side, where the task's
    expert can correct it."""
    piece: int = Field(100, ge=2)
    """Length of the sequences into which all that was shown is cut, control steps."""
    batch_size: int = Field(32, ge=1)
    """Sequences in each step of descent."""
    learning_rate: float = Field(3e-3, gt=0)
    learning_rate_end: float | None = Field(None, gt=0)
    """Where the learning rate goes until the last step, in equal ratios; null: it stays."""

    @property
    def environments(self) -> int:
        """One, which is there only to say what the task is: the expert walks in worlds of its own."""
        return 1

    @model_validator(mode="after")
    def _pieces_fit(self) -> Self:
        if self.walk < self.piece:
            raise ValueError(f"walk is {self.walk}, but it must be at least piece, which is {self.piece}")
        return self


def _whole(name: str, entry: "type[Learner]") -> None:
    from premotor.learning.base import Learner  # JAX comes with it

    derived_from(Learner)(name, entry)


_OFF_POLICY = "premotor.learning.off_policy"

LEARNERS: "Registry[type[Learner]]" = Registry(
    "learner",
    {
        "ppo": "premotor.learning.ppo",
        "ddpg": f"{_OFF_POLICY}.agent",
        "td3": f"{_OFF_POLICY}.agent",
        "sac": f"{_OFF_POLICY}.agent",
        "evolution": "premotor.learning.evolution.learner",
        "cloning": "premotor.learning.cloning",
        "plasticity": "premotor.learning.plasticity.learner",
    },
    _whole,
    {
        "ppo": "premotor.learning.settings:PPOSettings",
        "ddpg": f"{_OFF_POLICY}.settings:DDPGSettings",
        "td3": f"{_OFF_POLICY}.settings:TD3Settings",
        "sac": f"{_OFF_POLICY}.settings:SACSettings",
        "evolution": "premotor.learning.evolution.settings:EvolutionSettings",
        "cloning": "premotor.learning.settings:CloningLearningSettings",
        "plasticity": "premotor.learning.plasticity.settings:PlasticityLearningSettings",
    },
    attribute="settings_type",
)
"""Every way of learning, by the name that `learning.kind` takes."""
