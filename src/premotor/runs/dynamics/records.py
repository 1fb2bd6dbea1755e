"""What files of dynamics hold: ``summary.json``, ``networks/<name>/result.json``, and verified spectra in them."""

from typing import NotRequired, TypedDict


class Verified(TypedDict):
    """Exponents of a network on a longer run from new initial states, 1/τ."""

    exponents: list[float]
    """Means over the states."""
    standard_errors: list[float]
    by_state: list[list[float]]
    time: float
    """That was averaged over, τ."""
    dimension: float | None
    """Kaplan–Yorke."""
    task: float | None
    """Loss of the task; None without one."""


class Ends(TypedDict):
    """A number in the first and the last epoch."""

    first: float
    last: float


class GradientNorm(Ends):
    """Of the gradient of the loss."""

    largest: float


class Check(TypedDict):
    """A derivative along one direction, and the difference quotient there."""

    gradient: float
    difference: float


class Checks(TypedDict):
    """Of the first and the last epoch."""

    first: Check
    last: Check


class TrainedNetwork(TypedDict):
    """A network that descent on the spectrum is done with."""

    name: str
    neurons: int
    parameters: dict[str, int]
    """How many values of each kind were free."""
    epochs: int
    loss: Ends
    gradient_norm: GradientNorm
    gradient_check: Checks
    seconds_per_epoch: float
    last_window: list[float]
    """Exponents over the window of the last epoch."""
    before: Verified
    after: Verified


class TrainingSummary(TypedDict):
    """Of a descent on the spectrum."""

    command: str
    target: dict[str, object]
    """Settings of the loss."""
    networks: list[TrainedNetwork]


class Sample(TypedDict):
    """Exponents from one network or initial state."""

    largest: float
    standard_error: float | None
    entropy: float | None
    kaplan_yorke_dimension: float | None


class ConvergenceSummary(TypedDict):
    """Of running estimates."""

    command: str
    samples: list[Sample]


class BenchmarkRow(TypedDict):
    """One case of a benchmark: what it was made with, what it took, and how far it was from the reference."""

    varied: str
    value: float | str
    neurons: int
    exponents: int
    length: float
    t_ons: float
    """That was really used, τ."""
    seconds: float
    microseconds_a_step: float
    largest: float
    error_of_largest: float
    mean_error: float


class BenchmarkSummary(TypedDict):
    """Of all cases."""

    command: str
    cases: list[BenchmarkRow]


class Largest(TypedDict):
    """λ1 at one value: mean over networks, the ends of its 95% interval, and the standard deviation."""

    mean: float
    low: float | None
    high: float | None
    spread: float | None


class Crossing(TypedDict):
    """Where λ1 turns positive: of the networks that cross, of all with its interval, and of their mean."""

    networks: int
    mean: float | None
    low: float | None
    high: float | None
    of_the_mean: float | None


class Disagreement(TypedDict):
    """Values at which networks do not agree whether λ1 is positive, how many have it so, and how many would tell."""

    value: list[float]
    positive: list[int]
    networks: int
    samples: int | None


class SweptGroup(TypedDict):
    """One group of networks at all values."""

    networks: int
    value: list[float]
    largest: list[Largest]
    entropy: list[float | None]
    dimension: list[float | None]
    disagreement: Disagreement | None
    crossing: NotRequired[Crossing]


class SweepSummary(TypedDict):
    """Of a parameter that was varied."""

    command: str
    parameter: str
    groups: dict[str, SweptGroup]
    theory: list[float] | None
    """λ1 of infinitely many neurons in the same steps; None where no theory is known."""
    theory_continuous: list[float] | None
    """In continuous time."""
