"""What the rows of a study show: each wiring against the experiment's own, and hypotheses apart from looks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from premotor.analysis import (
    SIGNIFICANT,
    Contrast,
    Estimate,
    Replicates,
    contrast,
    corrected,
    interquartile_mean,
    verdict,
)
from premotor.report.comparing_figures import WAYS, group_of
from premotor.report.contrast_words import sentence
from premotor.studies.study_folder import Registered
from premotor.studies.study_settings import Hypothesis

GROUP = ("experiment", "circuit", "learner", "learns")
"""Axes that are the same on both sides of a comparison of wirings."""
OWN = ("connectome", "random")
"""What experiments call their own wiring."""


@dataclass(frozen=True)
class Group:
    """One experiment with one circuit, learner and rule of what learns."""

    axes: Mapping[str, str]
    rows: pd.DataFrame

    @property
    def own(self) -> str:
        """Its own wiring."""
        found = list(dict.fromkeys(self.rows["wiring"]))
        return next((name for name in OWN if name in found), found[0])

    @property
    def wirings(self) -> list[str]:
        """All wirings, its own one first."""
        return [self.own, *(name for name in dict.fromkeys(self.rows["wiring"]) if name != self.own)]

    @property
    def title(self) -> str:
        """Its axes in words, without those that say nothing."""
        parts = [self.axes["experiment"], *(self.axes[axis] for axis in GROUP[1:] if self.axes[axis] != "own")]
        return ", ".join(parts)


@dataclass(frozen=True)
class Line:
    """One wiring of a group, and how the experiment's own one compares with it."""

    group: Group
    wiring: str
    data: Replicates
    middle: Estimate
    """Interquartile mean."""
    parameters: float
    """Median over runs; NaN where nobody counted."""
    direct: float
    """Mean fraction of synapses that go straight from senses to motor neurons; NaN without a circuit."""
    path: float
    """Mean length of paths, synapses."""
    found: Contrast | None
    """The experiment's own wiring against this one; None of itself."""
    p: float = float("nan")
    """Of the difference, after correction over the study."""
    p_equivalent: float = float("nan")

    @property
    def verdict(self) -> str:
        """In a word, of the experiment's own wiring beside this one."""
        return "" if self.found is None else verdict(self.found, self.p, self.p_equivalent)

    @property
    def sentence(self) -> str:
        """The same as a sentence."""
        if self.found is None:
            return ""
        own = self.group.own
        first = f"the {own}" if own in OWN else f"the {own} network"
        return sentence(
            self.found, self.p, self.p_equivalent, first if own != "random" else "the random wiring", self.wiring
        )


def groups_of(rows: pd.DataFrame) -> list[Group]:
    """All groups in the order of the rows."""
    named = {axis: rows[axis].astype("str") if axis in rows else "own" for axis in GROUP}
    table = rows.assign(**named)
    found = table.groupby(list(GROUP), sort=False)
    return [Group({axis: str(part[axis].iloc[0]) for axis in GROUP}, part) for _, part in found]


def margin_of(margins: Mapping[str, float], figure: str, experiment: str | None = None) -> float | None:
    """The margin of a figure: of an experiment (``cartpole.score``), else of all; None: none was declared."""
    return margins.get(f"{experiment}.{figure}", margins.get(figure))


def lines_of(groups: Sequence[Group], figure: str, margins: Mapping[str, float]) -> list[Line]:
    """Every wiring of every group by a figure, corrected by Holm for all comparisons of the study."""
    tests = sum(len(group.wirings) - 1 for group in groups)
    lines = [
        line
        for group in groups
        for line in _lines(group, figure, margin_of(margins, figure, group.axes["experiment"]), tests)
    ]
    p = corrected([float("nan") if line.found is None else line.found.difference.p for line in lines])
    same = corrected([_p_equivalent(line.found) for line in lines])
    return [replace(line, p=a, p_equivalent=b) for line, a, b in zip(lines, p, same, strict=True)]


def _lines(group: Group, figure: str, margin: float | None, tests: int) -> Iterator[Line]:
    own = group_of(group.rows, group.own, figure) if figure in group.rows else None
    if own is None:
        return
    for wiring in group.wirings:
        data = own if wiring == group.own else group_of(group.rows, wiring, figure)
        if data is None:
            continue
        rows = group.rows[group.rows["wiring"] == wiring]
        held = [rows[key].astype(float) if key in rows else pd.Series(dtype=float) for key in ("parameters", *WAYS)]
        found = None if wiring == group.own else contrast(own, data, margin, tests)
        means = held[0].median(), held[1].mean(), held[2].mean()
        yield Line(group, wiring, data, interquartile_mean(data), *means, found)


def _p_equivalent(found: Contrast | None) -> float:
    return float("nan") if found is None or found.equivalence is None else found.equivalence.p


@dataclass(frozen=True)
class Answer:
    """What became of a hypothesis in one place."""

    name: str
    where: str
    expect: str
    figure: str
    sides: tuple[str, str]
    found: Contrast
    p: float
    """Of what was expected, one-sided where it has a direction, before correction."""
    adjusted: float = float("nan")
    """After Holm's correction over all hypotheses."""
    registered: str = ""
    """When it was declared."""

    @property
    def outcome(self) -> str:
        """Shown, not shown, or the opposite."""
        if not np.isfinite(self.adjusted):
            return "no test"
        if self.adjusted < SIGNIFICANT:
            return "shown"
        wrong = {"greater": -1, "less": 1}.get(self.expect, 0) * self.found.difference.value > 0
        return "the opposite" if wrong and self.found.difference.p < SIGNIFICANT else "not shown"


def answers(
    rows: pd.DataFrame,
    hypotheses: Sequence[Hypothesis],
    margins: Mapping[str, float],
    registered: Sequence[Registered] = (),
) -> list[Answer]:
    """Every hypothesis wherever both of its sides have runs, corrected by Holm over all of them.

    Args:
        rows: of the study.
        hypotheses: of the study.
        margins: of equivalence, by figure.
        registered: what was kept with its time, oldest first.
    """
    found: list[Answer] = []
    for each in hypotheses:
        sides = [_conditions(side) for side in (each.first, each.second)]
        free = [axis for axis in GROUP if not any(axis in side for side in sides)]
        parts = [("", rows)] if not free else [(_where(key), part) for key, part in rows.groupby(free, sort=False)]
        for where, part in parts:
            data = [_chosen(part, side, each.figure) for side in sides]
            if data[0] is None or data[1] is None:
                continue
            only = set(part["experiment"])
            margin = margin_of(margins, each.figure, only.pop() if len(only) == 1 else None)
            result = contrast(data[0], data[1], margin)
            first, second = (", ".join(map(str, side.values())) for side in sides)
            p, when = _expected(result, each.expect), _when(each, registered)
            words = first, second
            found.append(Answer(each.name, where, each.expect, each.figure, words, result, p, registered=when))
    adjusted = corrected([each.p for each in found])
    return [replace(each, adjusted=p) for each, p in zip(found, adjusted, strict=True)]


def _conditions(side: str | Mapping[str, object]) -> dict[str, object]:
    return {"wiring": side} if isinstance(side, str) else dict(side)


def _where(key: object) -> str:
    return ", ".join(str(value) for value in (key if isinstance(key, tuple) else (key,)) if value != "own")


def _chosen(rows: pd.DataFrame, side: Mapping[str, object], figure: str) -> Replicates | None:
    """The runs of one side; "connectome", or no wiring, is an experiment's own."""
    wanted = dict(side)
    if wanted.get("wiring", "connectome") == "connectome":
        found = set(rows["wiring"])
        wanted["wiring"] = next((name for name in OWN if name in found), "connectome")
    for axis, value in wanted.items():
        if axis not in rows:
            return None
        rows = rows[rows[axis].isin(value if isinstance(value, list) else [value])]
    if figure not in rows or rows.empty:
        return None
    told = [repr(key) for key in zip(rows["experiment"], rows["wiring"], rows["wiring_seed"], strict=True)]
    return group_of(rows.assign(wiring="chosen", wiring_seed=told), "chosen", figure)


def _expected(found: Contrast, expect: str) -> float:
    if expect == "equivalent":
        return _p_equivalent(found)
    if expect == "different":
        return found.difference.p
    right = (found.difference.value > 0) == (expect == "greater")
    return found.difference.p / 2 if right else 1 - found.difference.p / 2


def _when(hypothesis: Hypothesis, registered: Sequence[Registered]) -> str:
    told = hypothesis.model_dump(mode="json")
    for entry in registered:
        if told in entry.get("hypotheses", []):
            done = entry.get("runs_done", 0)
            return "before the first run" if not done else f"after {done} runs"
    return "not registered"


def comparisons_table(lines: Sequence[Line]) -> pd.DataFrame:
    """All lines as numbers, for files."""
    table = []
    for line in lines:
        found, data = line.found, line.data
        row: dict[str, object] = {**line.group.axes, "wiring": line.wiring, "runs": len(data.every)}
        row |= {"units": len(data.values), "unit": data.unit, "parameters": line.parameters}
        row |= {"direct_synapses": line.direct, "path_length": line.path}
        row |= {"iqm": line.middle.value, "iqm_low": line.middle.low, "iqm_high": line.middle.high}
        row |= {"mean": float(data.values.mean())}
        if found is not None:
            row |= {"difference": found.difference.value}
            row |= {"difference_low": found.difference.low, "difference_high": found.difference.high}
            row |= {"improvement": found.improvement.value}
            row |= {"improvement_low": found.improvement.low, "improvement_high": found.improvement.high}
            row |= {"p": found.difference.p, "p_holm": line.p, "p_among_wirings": found.among}
            row |= {"p_equivalent_holm": line.p_equivalent, "smallest_difference": found.smallest_difference}
        table.append({**row, "verdict": line.verdict})
    return pd.DataFrame(table)
