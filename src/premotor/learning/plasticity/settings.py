"""Settings of the spiking agent: its input, its output, and reward-modulated plasticity."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from premotor.networks.spiking.event_driven.coding import Fields, NormalFields
from premotor.settings import Settings

MEANS = (-0.00645789, -0.03634136, 0.00529333, 0.04752025)
DEVIATIONS = (1.0, 0.53989509, 0.09129902, 0.82070579)

CARTPOLE_FIELDS: tuple[Fields, ...] = tuple(
    NormalFields(mean=mean, deviation=deviation) for mean, deviation in zip(MEANS, DEVIATIONS, strict=True)
)
"""20 bins for each variable of CartPole, of equal probability under a normal distribution."""


class InterfaceSettings(Settings):
    """How the network is joined to its task."""

    fields: tuple[Fields, ...] = CARTPOLE_FIELDS
    """Receptive fields, one entry for each variable of the observation. In an experiment with another task the default
    stands for 20 bins of equal width between the bounds of each variable."""
    rate: float = Field(50.0, gt=0)
    """Of a driven source, Hz."""
    step: float = Field(50.0, gt=0)
    """Time of the network in one step of the task, ms."""
    hold: int = Field(1, ge=1)
    """Steps for which an observation drives the sources: so many decisions are taken on each."""
    restart: bool = True
    """Whether every step begins with a spike of each driven source; else a source that stays on goes on in its
    rhythm."""


class TagSettings(Settings):
    """Which pairs of spikes leave a tag, and how long it lasts (ms)."""

    shortest: float = Field(1.0, ge=0)
    longest: float = Field(3.0, gt=0)
    begin: float = Field(1000.0, ge=0)
    """No tags before."""
    hebbian: float = 0.04
    """Change of a tagged weight by a reward of 1, mV."""
    anti_hebbian: float = 0.04
    """The same for anti-Hebbian tags, taken away."""
    hebbian_length: float = Field(250.0, gt=0)
    anti_hebbian_length: float = Field(250.0, gt=0)
    exponential: bool = False
    """Whether tags fade, with their length as the time constant; else they count fully until they end."""
    highest: float = Field(400.0, gt=0)
    """No weight exceeds this, mV."""
    soft: bool = False
    """Whether changes shrink towards the ends: what makes a weight w larger by 1 − w / `highest`, what makes it smaller
    by w / `highest`."""
    stdp_hebbian: float = 0.0
    """Plain STDP, without a reward: what a postsynaptic spike adds at once, mV, times exp(−Δt / `stdp_length`) of the
    time since the last presynaptic one."""
    stdp_anti_hebbian: float = 0.0
    """The same of a presynaptic spike after a postsynaptic one, taken away."""
    stdp_length: float = Field(10.0, gt=0)
    """ms"""
    stdp_anti_length: float = Field(10.0, gt=0)

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.shortest >= self.longest:
            raise ValueError(f"shortest ({self.shortest:g} ms) has to be below longest ({self.longest:g} ms)")
        return self


class TargetingSettings(Settings):
    """Which synapses a reward reaches."""

    mode: Literal["all", "motor", "chosen", "opposed"] = "opposed"
    """`all`: every plastic synapse; `motor`: those onto motor cells; `chosen`: those onto the cells that voted for
    the action taken; `opposed`: these, and the others with the opposite sign."""
    chosen: float = Field(1.0, ge=0)
    """Factor of the reward at the chosen half."""
    other: float = Field(-0.8, le=0)
    """Factor at the other half; `opposed` only."""
    hidden: float = Field(0.0, ge=0)
    """Factor at plastic synapses onto other than motor cells; 1 under `all`."""
    feedback: Literal["uniform", "action"] = "uniform"
    """How a reward reaches those synapses: all of them alike, or each hidden cell as the motor cells that it drives
    most before learning: with the sign of the action that it speaks for. `chosen` and `opposed` only."""
    ties: Literal["none", "all", "drawn"] = "none"
    """Whom a reward reaches after an undecided move: nobody, all motor cells, or as if the random action had been
    chosen."""

    @model_validator(mode="after")
    def _has_sides(self) -> Self:
        if self.feedback == "action" and self.mode not in ("chosen", "opposed"):
            raise ValueError(f"feedback 'action' needs the mode 'chosen' or 'opposed', but mode is {self.mode!r}")
        return self


class HomeostasisSettings(Settings):
    """What keeps weights and rates in bounds; steps are those of the task."""

    normalise_every: int = Field(25, ge=0)
    """Inputs are scaled back to their mean; 0: never."""
    balance: Literal["none", "outputs", "inverted"] = "outputs"
    """`outputs`: a cell whose plastic outputs have grown gets less of every reward and more of every punishment, by the
    factor of growth; `inverted`: the other way round, as the original did, and by the sign that the reward has before
    `targeting`, so that both halves get the same factor."""
    balance_limits: tuple[float, float] = (0.1, 2.0)
    """Of the factor of balancing."""
    control_every: int = Field(75, ge=0)
    """Gain control moves the mean weights towards the target rates; 0: never."""
    control_from: int = Field(500, ge=0)
    control_change: float = Field(1e-4, ge=0, lt=1)
    control_window: int | None = Field(None, ge=1)
    """Decisions over which rates are measured, a window that slides; rates within 0.01 Hz of the target then change
    nothing, and gain control acts one step later, as in the original. null: since the last control."""
    hidden_rate: float = Field(5.5, gt=0)
    """Target of the cells with plastic inputs that are no motor cells, Hz."""
    motor_rate: float = Field(6.0, gt=0)
    """Target of the motor cells of each action, Hz."""


class BalanceCriticSettings(Settings):
    """Rewards progress towards the upright pole (Hasegan et al. 2022).

    The loss is √(θ² + spin_weight · ω²); the pole is balanced where |θ| and |ω| are both below `balanced`.
    """

    kind: Literal["balance"] = "balance"
    gain: float = Field(3.0, ge=0)
    """Reward for each unit by which the loss fell."""
    spin_weight: float = Field(0.7, ge=0)
    balanced: float = Field(0.01, ge=0)
    """rad and rad/s."""
    highest: float = Field(1.0, gt=0)
    """Reward for being balanced, and the limit of every reward."""
    positive_bias: float = Field(1.5, ge=0)
    """Factor of rewards above 0."""
    negative_bias: float = Field(1.0, ge=0)
    """Factor of rewards below 0."""
    tie: float = Field(1 / 1.5, ge=0)
    """An undecided move costs this fraction of `highest`."""
    fall: float = Field(1.0, ge=0)
    """The end of an episode by a fall costs this fraction of `highest`."""
    clear_flips: bool = False
    """Whether there is no reward where the angular velocity changes its sign."""
    biases: tuple[float, float, float, float] | None = None
    """Of position, velocity, angle and angular velocity: the loss is then √Σ (bias · (x − mean) / deviation)², with the
    means and deviations of the published receptive fields; null: the loss above."""
    modulation: int | None = Field(None, ge=1)
    """Of so many rewards the last ones are remembered, and what comes often counts less: a reward above 0 is multiplied
    by (n − k + 1) / (n + 1) where k of the n remembered are above 0, a punishment likewise by the punishments among
    them. It begins once half of them are there; null: no memory."""


class PolicyCriticSettings(Settings):
    """Rewards the action of a linear policy, and punishes the other."""

    kind: Literal["policy"] = "policy"
    weights: tuple[float, float, float, float] = (0.1, 0.3, 1.0, 0.5)
    """Right is right where the weighted sum of the observation is positive."""
    reward: float = Field(1.0, gt=0, le=1)


class ConstantCriticSettings(Settings):
    """The same reward for every step, and what a fall costs."""

    kind: Literal["constant"] = "constant"
    reward: float = Field(0.1, ge=-1, le=1)
    fall: float = Field(1.0, ge=0, le=1)


class RewardCriticSettings(Settings):
    """The task's own reward, scaled; CartPole gives 1 for every step."""

    kind: Literal["reward"] = "reward"
    gain: float = 1.0
    offset: float = 0.0
    """Added after scaling."""


class ValueCriticSettings(Settings):
    """Rewards a fall of the cost that is still to come, √(sᵀ P s), of the pole under its best linear control.

    P solves the Riccati equation of the linearised cart and pole. Unlike the loss of `BalanceCriticSettings`, which
    sees an action only in the angular velocity and so teaches to push where the pole spins, this one weighs all four
    variables, the cart's too.
    """

    kind: Literal["value"] = "value"
    gain: float = Field(4.0, ge=0)
    """Reward for each unit by which the root of the cost fell."""
    cost: tuple[float, float, float, float] = (0.1, 0.1, 1.0, 0.1)
    """Of the squares of position, velocity, angle and angular velocity in each step."""
    effort: float = Field(0.1, gt=0)
    """Cost of the square of a push (1: the full force)."""
    fall: float = Field(1.0, ge=0, le=1)
    tie: float = Field(0.0, ge=0, le=1)
    """What an undecided move costs."""


CriticSettings = Annotated[
    BalanceCriticSettings | PolicyCriticSettings | ConstantCriticSettings | RewardCriticSettings | ValueCriticSettings,
    Field(discriminator="kind"),
]


class PlasticitySettings(Settings):
    """Reward-modulated plasticity; by default as in Hasegan et al. (2022), without the program's faults."""

    tags: TagSettings = TagSettings()
    targeting: TargetingSettings = TargetingSettings()
    homeostasis: HomeostasisSettings = HomeostasisSettings()
    critic: CriticSettings = BalanceCriticSettings()
    forget: bool = True
    """Whether tags are taken away where an episode ends."""
    faithful: bool = False
    """Brings back the faults that shaped published numbers: a tie punishes the half of the action that was then drawn
    at random, a fall costs nothing, the factor of output balancing is inverted, and gain control measures rates over a
    window of 500 decisions unless `homeostasis.control_window` says otherwise."""

    def effective(self) -> "PlasticitySettings":
        """These settings with `faithful` spelled out."""
        if not self.faithful:
            return self
        critic = self.critic
        if isinstance(critic, BalanceCriticSettings | ConstantCriticSettings | ValueCriticSettings):
            critic = critic.model_copy(update={"fall": 0.0})
        keeping = self.homeostasis
        inverted = {
            "balance": "none" if keeping.balance == "none" else "inverted",
            "control_window": keeping.control_window or 500,
        }
        return self.model_copy(
            update={
                "targeting": self.targeting.model_copy(update={"ties": "drawn"}),
                "homeostasis": keeping.model_copy(update=inverted),
                "critic": critic,
            }
        )


class PlasticPhase(Settings):
    """From when on plasticity follows other rules; homeostasis then holds the weights of that moment."""

    begin: int = Field(ge=1)
    """Steps of the task; the phase begins with the next iteration."""
    plasticity: PlasticitySettings


class PlasticityLearningSettings(Settings):
    """Reward-modulated plasticity alone."""

    kind: Literal["plasticity"] = "plasticity"
    episodes: int = Field(2000, ge=1)
    """After so many learning ends, or after `steps`."""
    steps: int | None = Field(None, ge=1)
    """Of the task; learning ends with the iteration that reaches them."""
    block: int = Field(20, ge=1)
    """Episodes of an iteration: one row of metrics."""
    average: int = Field(1, ge=1)
    """Iterations over which tested and kept weights are averaged (a running mean with that time constant): slow
    weights that follow the fast ones, which jitter as long as they learn. 1: the fast ones themselves."""
    phases: tuple[PlasticPhase, ...] = ()
    """Later rules, in the order of their `begin`; the experiment's `plasticity` is the first."""

    @property
    def most(self) -> int:
        """Iterations at most."""
        return -(-self.episodes // self.block)

    def ends(self, episodes: int, steps: int) -> bool:
        """Whether learning is over after so many."""
        return episodes >= self.episodes or (self.steps is not None and steps >= self.steps)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        begins = [phase.begin for phase in self.phases]
        if any(later <= before for before, later in pairwise(begins)):
            raise ValueError(f"phases begin at {', '.join(map(str, begins))} steps; each has to begin after the last")
        return self
