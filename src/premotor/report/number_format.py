"""Numbers as text, the same way everywhere."""

import math

from premotor.analysis import Estimate


def decimal(value: float, places: int = 2, unit: str = "") -> str:
    """A number with a fixed number of places and a true minus sign; an en dash where it does not exist."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:,.{places}f}".replace("-", "−")
    return f"{text} {unit}" if unit else text


def percent(fraction: float, places: int = 0) -> str:
    """A fraction in per cent."""
    return "–" if not math.isfinite(fraction) else f"{decimal(100 * fraction, places)}%"


def with_interval(estimate: Estimate, places: int = 2) -> str:
    """A value and its interval in brackets, where there is one."""
    text = decimal(estimate.value, places)
    if math.isfinite(estimate.low):
        text += f" [{decimal(estimate.low, places)}, {decimal(estimate.high, places)}]"
    return text


def change(log2_ratio: float) -> str:
    """A ratio, given as its logarithm to base 2: in per cent where it is small, as a factor where it is large."""
    if not math.isfinite(log2_ratio):
        return "–"
    percentage = 100 * (2.0**log2_ratio - 1)
    if abs(percentage) >= 100 or log2_ratio <= -1:
        return f"×{2.0**log2_ratio:.2g}"
    places = 0 if abs(percentage) >= 10 else 1 if abs(percentage) >= 1 else 2
    text = f"{percentage:+.{places}f}".replace("-", "−")
    return "0%" if text.strip("+−0.") == "" else f"{text}%"


def count(value: float, noun: str, plural: str = "") -> str:
    """A number of things: 1 neuron, 302 neurons."""
    return f"{value:,.0f} {noun if value == 1 else plural or noun + 's'}"


def large(value: float) -> str:
    """A large number in millions or thousands."""
    if value >= 1e6:
        return f"{value / 1e6:.3g} million"
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """Seconds as the two largest units that matter."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def listed(names: list[str]) -> str:
    """Names as prose: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
