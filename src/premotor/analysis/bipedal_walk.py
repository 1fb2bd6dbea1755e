"""Whether a body on two legs walks, and what it does where it does not: measures and names of a gait laboratory.

A walk, as here defined: no fall; feet that touch down alternately (the second foot half a stride after the first,
within `PHASE_TOLERANCE`); each foot takes at least `LEAST_SHARE` of the steps; left and right differ by less than
`MOST_ASYMMETRY` in step time, step length and duty factor; the legs pass each other `LEAST_CROSSINGS` times a stride;
and each foot stands for at least half of the stride, on the average (with less there is flight, and it is a run:
Alexander 1989, "Optimization and gaits in the locomotion of vertebrates").
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premotor.analysis.footfalls import debounced, duty_factor, foot_strikes, limb_phase, support_fractions
from premotor.errors import PremotorError
from premotor.repetition import repetition

PHASE_TOLERANCE = 0.1
"""Of the second foot's touch-down from the middle of the first one's stride, strides."""
MOST_ASYMMETRY = 0.2
"""|left − right| over their mean."""
LEAST_SHARE = 0.4
"""Of all touch-downs, for each foot."""
LEAST_CROSSINGS = 1.8
"""Times that the legs pass each other in a stride; a walk has 2."""
LEAST_DUTY = 0.5
"""Fraction of the stride that a foot stands, mean over both; below it is a run."""
QUICKEST_STRIDES = 4.0
"""Strides a second of a person's body beyond which legs vibrate (sprinters reach 2.5)."""
LEAST_SWING = 0.08
"""Fraction of the time that a foot is in the air, below which it slides rather than steps."""
CROSSING_BAND = 0.05
"""Part of the range of the legs' difference that it has to leave before a crossing counts: no chatter."""
LEAST_REPETITION = 0.5
"""Autocorrelation of the legs' difference above which its lag is taken for their stride."""
SHORTEST_EPISODE = 1.0
"""An episode without a fall that ends sooner (s) says nothing about a gait."""
LEAST_STRIDES = 2
"""Whole strides without which nothing can be said of a rhythm."""

WALKS, RUNS, SKIPS, LUNGES, LIMPS = "walks", "runs", "skips", "lunges", "limps"
HOPS_LEFT, HOPS_RIGHT, HOPS = "hops on the left leg", "hops on the right leg", "hops on both legs"
SHUFFLES, VIBRATES, STANDS, FALLS = "shuffles", "vibrates", "stands", "falls"
TOO_SHORT = "ends too soon to tell"
KINDS = (WALKS, RUNS, SKIPS, LUNGES, LIMPS, HOPS_LEFT, HOPS_RIGHT, HOPS, SHUFFLES, VIBRATES, STANDS, FALLS, TOO_SHORT)
"""What an episode can be called."""


@dataclass(frozen=True)
class BipedalWalk:
    """The measures of one episode on two legs, left before right; NaN where one does not exist."""

    kind: str
    """One of `KINDS`."""
    touch_downs: tuple[int, int]
    """Of each foot."""
    step_share: tuple[float, float]
    """Of all touch-downs, for each foot."""
    duty_factors: tuple[float, float]
    """Fraction of the stride that each foot stands."""
    interlimb_phase: float
    """Of the right foot's touch-down in the stride of the left one, strides, circular mean; a walk: 0.5."""
    phase_consistency: float
    """Length of the mean vector of that phase: 1 is the same in every stride."""
    crossings: float
    """Times that the legs pass each other in a stride of theirs (after which their difference repeats), or of the foot
    that steps less often where they do not repeat; a walk: 2."""
    stride_frequency: float
    """Hz, of the foot that steps more often."""
    stride_length: float
    """m."""
    double_support: float
    """Fraction of the time with both feet on the ground."""
    flight: float
    """Fraction of the time with no foot on the ground."""
    step_time_asymmetry: float
    """|left − right| / mean of the times from the other foot's touch-down to this one's."""
    step_length_asymmetry: float
    """The same of the distances that the body covers in these times, or of the feet where these are known."""
    duty_asymmetry: float
    """The same of the duty factors."""

    @property
    def walks(self) -> bool:
        """Whether it is a walk by the definition of this module."""
        return self.kind == WALKS

    @property
    def asymmetry(self) -> float:
        """The largest of the three asymmetries that exist."""
        values = np.array([self.step_time_asymmetry, self.step_length_asymmetry, self.duty_asymmetry])
        return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")


def bipedal_walk(
    contact: ArrayLike,
    legs: ArrayLike,
    control_period: float,
    *,
    position: ArrayLike | None = None,
    feet: ArrayLike | None = None,
    fell: bool = False,
    chatter: float = 0.05,
    quickest: float = QUICKEST_STRIDES,
) -> BipedalWalk:
    """Measure and name what two legs do in one episode.

    Args:
        contact: (steps, 2), 0 or 1, left foot first.
        legs: where each leg is along the way, (steps, 2): hip angles (rad) or forward positions of the feet (m); the
            legs pass each other where the difference changes its sign.
        control_period: time between steps, s.
        position: forward position of the body, (steps,), m.
        feet: forward positions of the feet, (steps, 2), m; step lengths are then distances between them.
        fell: whether the episode ended by a fall.
        chatter: stances and swings shorter than this, s, are taken for chatter of the contact sensor.
        quickest: strides a second beyond which the legs vibrate.

    Raises:
        PremotorError: not two feet, or arrays of different length.
    """
    raw = np.asarray(contact)
    sides = np.asarray(legs, np.float64)
    if raw.ndim != 2 or raw.shape[1] != 2 or sides.shape != raw.shape:
        raise PremotorError(f"contact has shape {raw.shape} and legs {sides.shape}; both must be (steps, 2)")
    forward = None if position is None else np.asarray(position, np.float64)
    if forward is not None and forward.shape != raw.shape[:1]:
        raise PremotorError(f"position has shape {forward.shape}; it must be (steps,), with {len(raw)} steps")
    record = debounced(raw, max(1, round(chatter / control_period)))
    strikes = foot_strikes(record)
    counts = (len(strikes[0]), len(strikes[1]))
    total = sum(counts)
    share = tuple(count / total if total else float("nan") for count in counts)
    duties = duty_factor(record)
    leading = int(counts[1] > counts[0])
    marks = strikes[leading]
    strides = max(len(marks) - 1, 0)
    rarer = min(strikes, key=len)
    phase, consistency = limb_phase(record)
    times = _step_times(strikes, control_period)
    lengths = _step_lengths(strikes, forward, None if feet is None else np.asarray(feet, np.float64))
    support = support_fractions(record)
    measures = {
        "touch_downs": counts,
        "step_share": share,
        "duty_factors": (float(duties[0]), float(duties[1])),
        "interlimb_phase": phase,
        "phase_consistency": consistency,
        "crossings": _crossings_a_stride(sides, rarer),
        "stride_frequency": strides / ((marks[-1] - marks[0]) * control_period) if strides else float("nan"),
        "stride_length": float(np.diff(forward[marks]).mean()) if strides and forward is not None else float("nan"),
        "double_support": float(support[2]),
        "flight": float(support[0]),
        "step_time_asymmetry": _asymmetry(*times),
        "step_length_asymmetry": _asymmetry(*lengths),
        "duty_asymmetry": _asymmetry(float(duties[0]), float(duties[1])),
    }
    unnamed = BipedalWalk(kind="", **measures)  # type: ignore[arg-type]
    buzz = _buzz(raw, sides, control_period)
    kind = _kind(unnamed, fell, 1.0 - record.mean(0), buzz, quickest, len(raw) * control_period)
    return BipedalWalk(kind=kind, **measures)  # type: ignore[arg-type]


def walks_of(
    contact: NDArray,
    legs: NDArray,
    control_period: float,
    alive: NDArray,
    fallen: NDArray,
    *,
    position: NDArray | None = None,
    height: NDArray | None = None,
    power: NDArray | None = None,
    merit: NDArray | None = None,
    chatter: float = 0.05,
) -> dict[str, float | str | dict[str, int]]:
    """What two legs do over many episodes.

    Args:
        contact: (steps, episodes, 2), 0 or 1.
        legs: as `bipedal_walk` takes them, (steps, episodes, 2).
        control_period: time between steps, s.
        alive: (steps, episodes), 1 until an episode ends.
        fallen: (episodes,), 1 where it ended by a fall.
        position: forward, (steps, episodes), m.
        height: of the hips, (steps, episodes), m.
        power: of the joints, without signs, over the body's weight, (steps, episodes), m/s.
        merit: (episodes,), what an episode scores if it is a walk.
        chatter: as `bipedal_walk` takes it, s.

    Returns:
        `walks`: fraction of the episodes that are a walk; `gait`: the name of most of them; `gaits`: how many of each;
        of the episodes without a fall the means of `interlimb_phase`, `crossings`, `asymmetry`, `flight`,
        `left_duty_factor`, `left_steps` (touch-downs), `right_duty_factor` and `right_steps`, NaN where there are
        none. With `position` and `height` also `vertical_excursion` (m, of the hips in a stride), with
        `power` `cost_of_transport` (mechanical work of the joints over weight and way), with `merit` `score`: its
        mean, where what is no walk counts 0.
    """
    found: list[BipedalWalk] = []
    excursions, costs = [], []
    for episode, steps in enumerate(np.asarray(alive, bool).sum(0)):
        way = None if position is None else position[:steps, episode]
        record, sides = contact[:steps, episode], legs[:steps, episode]
        walk = bipedal_walk(record, sides, control_period, position=way, fell=bool(fallen[episode]), chatter=chatter)
        found.append(walk)
        if walk.kind in (FALLS, TOO_SHORT):
            continue
        if height is not None:
            excursions.append(_excursion(height[:steps, episode], walk.stride_frequency * control_period))
        if power is not None and way is not None and way[-1] > way[0]:
            costs.append(float(power[:steps, episode].sum() * control_period / (way[-1] - way[0])))
    counts = Counter(walk.kind for walk in found)
    standing = [walk for walk in found if walk.kind != FALLS]
    phase = np.array([walk.interlimb_phase for walk in standing])
    turns = np.exp(2j * np.pi * phase[np.isfinite(phase)])
    figures: dict[str, float | str | dict[str, int]] = {
        "walks": counts[WALKS] / max(len(found), 1),
        "gait": counts.most_common(1)[0][0] if found else STANDS,
        "gaits": dict(counts.most_common()),
        "interlimb_phase": float(np.angle(turns.mean()) / (2 * np.pi) % 1.0) if len(turns) else float("nan"),
        "crossings": _finite_mean([walk.crossings for walk in standing]),
        "asymmetry": _finite_mean([walk.asymmetry for walk in standing]),
        "flight": _finite_mean([walk.flight for walk in standing]),
    }
    for foot, side in enumerate(("left", "right")):
        figures[f"{side}_duty_factor"] = _finite_mean([walk.duty_factors[foot] for walk in standing])
        figures[f"{side}_steps"] = _finite_mean([walk.touch_downs[foot] for walk in standing])
    if height is not None:
        figures["vertical_excursion"] = _finite_mean(excursions)
    if power is not None and position is not None:
        figures["cost_of_transport"] = _finite_mean(costs)
    if merit is not None and found:
        figures["score"] = float(np.where([walk.walks for walk in found], merit, 0.0).mean())
    return figures


def _excursion(height: NDArray, strides: float) -> float:
    """Range of the height within a stride, mean over those of an episode; `strides` in a step of control."""
    length = round(1 / strides) if np.isfinite(strides) and strides > 0 else 0
    if not 2 <= length <= len(height):
        return float("nan")
    whole = height[: len(height) // length * length].reshape(-1, length)
    return float(np.ptp(whole, axis=1).mean())


def _finite_mean(values: list[float]) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")


def _kind(
    gait: BipedalWalk, fell: bool, in_air: NDArray[np.float64], buzz: float, quickest: float, seconds: float
) -> str:
    """The name of a gait by its measures, the plainest faults first."""
    if fell:
        return FALLS
    if seconds < SHORTEST_EPISODE:
        return TOO_SHORT
    most = max(gait.touch_downs)
    if gait.stride_frequency > quickest or (most <= LEAST_STRIDES and buzz > quickest):
        return VIBRATES
    if most <= LEAST_STRIDES:
        return SHUFFLES if buzz > 0 else STANDS
    if in_air.min() < LEAST_SWING:  # a foot that taps beside one that stands is no hop either
        return SHUFFLES
    if min(gait.step_share) < LEAST_SHARE:
        return HOPS_RIGHT if gait.step_share[0] < LEAST_SHARE else HOPS_LEFT
    away = abs((gait.interlimb_phase - 0.5 + 0.5) % 1.0 - 0.5)
    if away > 0.5 - PHASE_TOLERANCE:
        return HOPS
    if not gait.crossings >= LEAST_CROSSINGS:
        return LUNGES
    if away > PHASE_TOLERANCE:
        return SKIPS
    if np.mean(gait.duty_factors) < LEAST_DUTY:
        return RUNS
    return WALKS if gait.asymmetry < MOST_ASYMMETRY else LIMPS


def _crossings_a_stride(legs: NDArray[np.float64], marks: NDArray[np.intp]) -> float:
    """How often the legs pass each other in a stride, between the first and the last touch-down of a foot."""
    if len(marks) < 2:
        return float("nan")
    # a foot that scuffs in its swing touches down more often than the leg strides
    lag = repetition(legs[:, :1] - legs[:, 1:], 1, len(legs) // 2, LEAST_REPETITION)
    strides = len(marks) - 1 if lag is None else (marks[-1] - marks[0]) / lag
    return _crossings(legs[marks[0] : marks[-1] + 1]) / strides


def _crossings(legs: NDArray[np.float64]) -> int:
    """How often the legs pass each other; the difference has to leave a band about 0 to count."""
    difference = legs[:, 0] - legs[:, 1]
    band = CROSSING_BAND * np.ptp(difference) if len(difference) else 0.0
    sides = np.sign(difference[np.abs(difference) > band])
    return int((np.diff(sides) != 0).sum())


def _step_times(strikes: list[NDArray[np.intp]], control_period: float) -> tuple[float, float]:
    """Mean time from the other foot's last touch-down to each one's, s."""
    times = []
    for foot in (0, 1):
        before = _last_before(strikes[1 - foot], strikes[foot])
        gaps = strikes[foot][before >= 0] - strikes[1 - foot][before[before >= 0]]
        times.append(float(gaps.mean() * control_period) if len(gaps) else float("nan"))
    return times[0], times[1]


def _step_lengths(
    strikes: list[NDArray[np.intp]], position: NDArray[np.float64] | None, feet: NDArray[np.float64] | None
) -> tuple[float, float]:
    """Mean length of the steps of each foot, m: between the feet at touch-down, or the body's way since the other's."""
    if position is None and feet is None:
        return float("nan"), float("nan")
    lengths = []
    for foot in (0, 1):
        if feet is not None:
            values = feet[strikes[foot], foot] - feet[strikes[foot], 1 - foot]
        else:
            assert position is not None
            before = _last_before(strikes[1 - foot], strikes[foot])
            values = position[strikes[foot][before >= 0]] - position[strikes[1 - foot][before[before >= 0]]]
        lengths.append(float(values.mean()) if len(values) else float("nan"))
    return lengths[0], lengths[1]


def _last_before(marks: NDArray[np.intp], at: NDArray[np.intp]) -> NDArray[np.intp]:
    """Index of the last of `marks` before each of `at`; −1 where there is none."""
    return np.searchsorted(marks, at, side="left") - 1


def _asymmetry(left: float, right: float) -> float:
    middle = 0.5 * (left + right)
    return float("nan") if not np.isfinite(middle) or middle == 0 else float(abs(left - right) / abs(middle))


def _buzz(contact: NDArray, legs: NDArray[np.float64], control_period: float) -> float:
    """Frequency of the legs' movement from its mean crossings, Hz; 0 where nothing moves."""
    if len(legs) < 3 or (np.ptp(legs, axis=0).max() < 1e-3 and np.ptp(contact, axis=0).max() == 0):
        return 0.0
    moving = legs - legs.mean(0)
    turns = (np.diff(np.signbit(moving), axis=0) != 0).sum(0).max()
    return float(turns / 2 / ((len(legs) - 1) * control_period))
