"""What a comparison of two groups of runs shows, in words that claim no more than its tests do, and as cells."""

import math

from premotor.analysis import Contrast, Estimate, Replicates, Verdict, verdict
from premotor.report.page import count, decimal, with_interval

HEAD = (
    *("difference", "probability of improvement", "p", "p (Holm)", "among wirings, p", "equivalent, p (Holm)"),
    *("smallest visible difference", "verdict"),
)
"""Columns of `cells`."""
CAPTION = (
    "Difference of means over units of replication [95% interval] and p by Welch's t test; a unit is a wiring where "
    "there are several, else a seed. Probability that a run does better than one of the others [Newcombe]. Among "
    "wirings: whether the first could be one more of the other's wirings (Crawford and Howell). Equivalent: two "
    "one-sided tests against the margin declared. Smallest visible difference: what so many units would have shown "
    "with a power of 80% at the strictest step of Holm's correction, by the spread found."
)


def numbers(value: float) -> int:
    """Places after the point that show a figure of this size."""
    size = abs(value)
    return 3 if not math.isfinite(size) or size < 10 else 1 if size < 1000 else 0


def p_text(p: float) -> str:
    """A p value; a dash where there is no test."""
    return "–" if not math.isfinite(p) else "< 0.001" if p < 0.001 else decimal(p, 3)


def sentence(found: Contrast, p: float, p_equivalent: float, first: str, second: str, figure: str = "score") -> str:
    """What the first against the second shows.

    Args:
        found: the contrast.
        p, p_equivalent: after correction.
        first, second: what they are called, as in "the connectome" and "rewired".
        figure: what was compared.
    """
    shown: Verdict = verdict(found, p, p_equivalent)
    start = first[0].upper() + first[1:]
    places = numbers(found.difference.value)
    by = f"by {with_interval(Estimate(abs(found.difference.value), *_outwards(found), 0), places)}, p {_is(p)}"
    margin = found.equivalence.margin if found.equivalence is not None else float("nan")
    within = f"the margin of {margin:g}"
    if shown in ("higher", "lower"):
        return f"{start}'s {figure} is {shown} than that of {second} ({by}){_single(found)}."
    if shown in ("higher within the margin", "lower within the margin"):
        return f"{start}'s {figure} is {shown.split()[0]} than that of {second}, but by less than {within} ({by})."
    if shown == "equivalent":
        assert found.equivalence is not None
        interval = f"[{decimal(found.equivalence.low, places)}, {decimal(found.equivalence.high, places)}]"
        return (
            f"Between {first}'s {figure} and that of {second} there is no difference larger than {within} "
            f"(90% interval {interval}, p {_is(p_equivalent)})."
        )
    return f"These runs can not tell {first}'s {figure} from that of {second} (p {_is(p)}; {smallest(found)})."


def smallest(found: Contrast) -> str:
    """The smallest effect that was to be seen, in words."""
    if max(found.difference.units) == 1:
        return "one unit each, so there is no test"
    if math.isfinite(found.smallest_difference):
        value = found.smallest_difference
        return f"the smallest difference that they could have seen is {decimal(value, numbers(value))}"
    return "nothing varies within a group, so that no smallest effect can be said"


def cells(found: Contrast, p: float, p_equivalent: float) -> list[str]:
    """A row of a table, as `HEAD` has it."""
    difference, places = found.difference, numbers(found.difference.value)
    return [
        with_interval(Estimate(difference.value, difference.low, difference.high, 0), places),
        with_interval(found.improvement),
        p_text(difference.p),
        p_text(p),
        p_text(found.among),
        p_text(p_equivalent),
        decimal(found.smallest_difference, numbers(found.smallest_difference)),
        verdict(found, p, p_equivalent),
    ]


def units_text(data: Replicates) -> str:
    """How many units of which kind: 5 wirings."""
    return count(len(data.values), data.unit)


def _is(p: float) -> str:
    text = p_text(p)
    return text if text.startswith("<") else f"= {text}"


def _outwards(found: Contrast) -> tuple[float, float]:
    """The interval of the size of a difference."""
    low, high = found.difference.low, found.difference.high
    return (low, high) if found.difference.value > 0 else (-high, -low)


def _single(found: Contrast) -> str:
    """Whether single wirings of the second reach the first."""
    if not math.isfinite(found.among):
        return ""
    if found.among < 0.05:
        return f", and beyond what single wirings of it reach (p {_is(found.among)})"
    return f", but not beyond what single wirings of it reach (p {_is(found.among)})"
