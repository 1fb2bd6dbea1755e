"""Work timed in turns, and the table of what came of it."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


def _nothing() -> None:
    """Do nothing before a burst."""


@dataclass
class Contestant:
    """Something whose speed is measured: bursts of work that are the same every time."""

    section: str
    name: str
    run: Callable[[], int]
    """Does one burst of work and returns its steps."""
    before: Callable[[], None] = _nothing
    """What has to happen before a burst and is not timed."""
    against: str | None = None
    """Name of the contestant of the same section that the ratio refers to."""
    rates: list[float] = field(default_factory=list)
    """Steps a second of each burst."""

    def burst(self) -> float:
        """Steps a second in one burst."""
        self.before()
        start = time.perf_counter()
        steps = self.run()
        return steps / (time.perf_counter() - start)


def measure(contestants: Sequence[Contestant], runs: int, say: Callable[[str], None]) -> None:
    """Time every contestant `runs` times, in turns (A B C A B C …), after a round that does not count.

    A slow spell of the machine so falls on all of them, and the ratios of a round stay comparable.
    """
    for turn in range(runs + 1):
        say(f"round {turn} of {runs}" if turn else "first round, not counted")
        for contestant in contestants:
            rate = contestant.burst()
            if turn:
                contestant.rates.append(rate)


def rows(contestants: Iterable[Contestant]) -> list[dict[str, Any]]:
    """One row a contestant: median, least and greatest steps a second, and the median of the paired ratios."""
    contestants = list(contestants)
    found = {(c.section, c.name): c for c in contestants}
    table = []
    for c in contestants:
        rates = np.array(c.rates)
        row: dict[str, Any] = {
            "section": c.section,
            "name": c.name,
            "steps_per_second": float(np.median(rates)),
            "least": float(rates.min()),
            "greatest": float(rates.max()),
            "rates": rates.tolist(),
        }
        if c.against is not None:
            ratios = rates / np.array(found[c.section, c.against].rates)
            row |= {
                "against": c.against,
                "ratio": float(np.median(ratios)),
                "ratio_least": float(ratios.min()),
                "ratio_greatest": float(ratios.max()),
            }
        table.append(row)
    return table


def markdown(table: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown tables, one a section."""
    lines: list[str] = []
    for section in dict.fromkeys(row["section"] for row in table):
        lines += ["", f"### {section}", "", "| | steps/s | least–greatest | ratio | of |", "|---|---:|---:|---:|---|"]
        for row in table:
            if row["section"] != section:
                continue
            ratio = against = ""
            if "ratio" in row:
                ratio = f"{row['ratio']:.2f} ({row['ratio_least']:.2f}–{row['ratio_greatest']:.2f})"
                against = row["against"]
            rates = f"{row['steps_per_second']:,.0f} | {row['least']:,.0f}–{row['greatest']:,.0f}"
            lines.append(f"| {row['name']} | {rates} | {ratio} | {against} |")
    return "\n".join(lines).strip()
