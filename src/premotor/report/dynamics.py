"""The report of a result of ``premotor dynamics``, from its folder alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from premotor.report import dynamics_figures as draw, dynamics_sweep_figures as sweep_figures
from premotor.report.page import Block, Missing, Section, Table, Text, count, decimal
from premotor.report.sections import RECORDS, SECTIONS, Record, ReportSection
from premotor.report.style import Chart, drawn
from premotor.runs.arrays import load_arrays
from premotor.runs.dynamics import DynamicsResult
from premotor.runs.dynamics.sweeps import group_of
from premotor.runs.kinds import KINDS
from premotor.runs.loading import kind_in

MOST_ROWS = 40
"""Rows of the table of results on the page; the file has all."""


@RECORDS.register("dynamics")
class DynamicsRecord(Record):
    """The folder of an analysis of dynamics."""

    kicker = "premotor analysis of dynamics"

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether its settings name an analysis."""
        name = kind_in(folder)
        return name in KINDS and KINDS[name].dynamics

    @cached_property
    def result(self) -> DynamicsResult:
        """The folder as Python sees it."""
        return DynamicsResult(self.folder)

    @cached_property
    def analysis(self) -> str:
        """The name of the analysis."""
        return self.result.kind.name

    @property
    def neurons(self) -> int:
        """Of each network."""
        circuit, settings = self.result.wiring, self.result.settings
        return int(settings.model.neurons) if circuit is None else len(circuit)

    @property
    def subtitle(self) -> str:
        """The analysis and the networks."""
        of = "random networks" if self.result.wiring is None else "networks of a circuit"
        return f"The analysis {self.analysis}, of {of} of {count(self.neurons, 'neuron')}."

    @property
    def notes(self) -> list[str]:
        """That it is not finished."""
        return [] if self.result.finished else [f"It is not finished. Continue it with: {self.command('resume')}."]


class DynamicsSection(ReportSection[DynamicsRecord]):
    """What one analysis found, as figures; a subclass names the analysis."""

    order, about = 20, DynamicsRecord
    analysis: ClassVar[str]

    def applies(self, record: DynamicsRecord) -> bool:
        """Whether the folder is of this analysis, and finished."""
        return record.analysis == self.analysis and record.result.finished is not None

    def build(self, record: DynamicsRecord) -> Section:
        """The figures, one below the other."""
        return Section("What was found", [chart.picture() for chart in self.charts(record)])


@SECTIONS.register("dynamics-convergence")
class Convergence(DynamicsSection):
    """Running estimates."""

    analysis = "convergence"

    def charts(self, record: DynamicsRecord) -> Sequence[Chart]:
        """Estimates against the time that is averaged over."""
        found = record.result.arrays()
        figure = drawn(draw.convergence, found["times"], found["history"], found["standard_errors"])
        caption = "Left: estimates of some exponents, one line a network. Right: their distance from the last value."
        return [Chart("convergence", "Convergence", caption, draw=figure)]


@SECTIONS.register("dynamics-benchmark")
class Benchmark(DynamicsSection):
    """Cost and accuracy."""

    analysis = "benchmark"

    def charts(self, record: DynamicsRecord) -> Sequence[Chart]:
        """Time and error against each quantity that was varied."""
        caption = "Above: time a step. Below: error against a longer run (reference says how many times)."
        return [Chart("benchmark", "Cost and accuracy", caption, draw=drawn(draw.benchmark, record.result.table()))]


class _Sweep(DynamicsSection):
    """What networks at several values of a parameter have in common."""

    def build(self, record: DynamicsRecord) -> Section:
        """The figures, and where networks disagree."""
        made = super().build(record)
        blocks = list(made.blocks)
        for name, figures in record.result.summary["groups"].items():
            mixed = figures.get("disagreement")
            if mixed is None:
                continue
            where = ", ".join(f"{value:g}" for value in mixed["value"])
            more = mixed["samples"]
            told = f"Of the {name} networks, some have a positive λ1 and some not at {where}: do not trust their mean."
            if more is None:
                told += " More than 1,000 networks would be needed to tell its sign."
            elif more > mixed["networks"]:
                told += f" {more} networks would tell its sign, if the spread stays: --samples {more}."
            blocks.append(Text(told))
        return replace(made, blocks=blocks)

    def largest(self, record: DynamicsRecord, label: str) -> Chart:
        """The largest exponent of every network."""
        largest = {name: array[..., 0] for name, array in _by_group(record, "exponents").items()}
        values, result = record.result.arrays()["values"], record.result
        figure = drawn(sweep_figures.largest_exponent, values, largest, result.summary, label, record.neurons)
        caption = (
            "Thin: single networks. Dots: their mean with its 95% bootstrap interval, open where networks disagree "
            "whether λ1 is positive. Shaded: where all cross 0."
        )
        name = "transition" if self.analysis == "transition" else "largest"
        return Chart(name, "The largest exponent", caption, draw=figure)


@SECTIONS.register("dynamics-transition")
class Transition(_Sweep):
    """The transition to chaos."""

    analysis = "transition"

    def charts(self, record: DynamicsRecord) -> Sequence[Chart]:
        """The largest exponent and, of several exponents, entropy and dimension."""
        settings = record.result.settings
        label = {"weights": "g", "gains": "gain", "shifts": "shift"}.get(settings.parameter, "g")
        return [self.largest(record, label), *([_entropy(record, label)] if settings.exponents > 1 else [])]


@SECTIONS.register("dynamics-variance")
class Variance(_Sweep):
    """Spectra against a spread of parameters."""

    analysis = "variance"

    def charts(self, record: DynamicsRecord) -> Sequence[Chart]:
        """Whole spectra, entropy and dimension, and the largest exponent."""
        settings, values = record.result.settings, record.result.arrays()["values"]
        largest = self.largest(record, "σ" if len(settings.sets) > 1 else f"σ of {settings.parameter}")
        if len(settings.sets) > 1:
            exponents, entropies, dimensions = (
                _by_group(record, name) for name in ("exponents", "entropy", "dimension")
            )
            figure = drawn(sweep_figures.parameter_sets, values, exponents, entropies, dimensions, "σ", record.neurons)
            caption = "Dots: single networks; lines: their mean. Below: spectra of the first set of each panel."
            return [Chart("sets", "Weights, gains and shifts, combined", caption, draw=figure), largest]
        figure = drawn(sweep_figures.spectra, values, _by_group(record, "exponents"), "σ")
        caption = f"Single networks thin, their mean thick, one line a value of σ of the {settings.parameter}."
        entropy = _entropy(record, f"σ of {settings.parameter}")
        return [Chart("spectra", "Spectra", caption, draw=figure), entropy, largest]


@SECTIONS.register("dynamics-spectrum")
class Training(DynamicsSection):
    """Training on the spectrum."""

    analysis = "spectrum"

    def charts(self, record: DynamicsRecord) -> Sequence[Chart]:
        """Learning, verified spectra before and after, and where the parameters went."""
        result = record.result
        pieces = result.summary["networks"]
        names = [piece["name"] for piece in pieces]
        groups = [group_of(name) for name in names]
        folders = [result.path / "networks" / name for name in names]
        loss = result.settings.learning.loss
        leading = len(pieces[0]["after"]["exponents"])
        target = loss.aim(leading) if loss.kind != "entropy" else None
        histories = [pd.read_parquet(folder / "history.parquet") for folder in folders]
        first = load_arrays(folders[0] / "arrays.safetensors")
        learning = drawn(draw.learning, histories, groups, target[0] if isinstance(target, tuple) else target)
        verified = drawn(draw.before_and_after, pieces, groups, target)
        return [
            Chart("learning", "Learning", "One line a network; dashed: the target of the exponents.", draw=learning),
            Chart(
                "spectra", "Before and after", "Of longer runs from new states, with standard errors.", draw=verified
            ),
            Chart("parameters", "The parameters", f"Of {names[0]}.", draw=drawn(draw.parameters, first, names[0])),
        ]


@SECTIONS.register("dynamics-numbers")
class Numbers(ReportSection[DynamicsRecord]):
    """The main numbers of any analysis, and the table of its results."""

    order, about = 30, DynamicsRecord

    def build(self, record: DynamicsRecord) -> Section:
        """Summary and table, or the command that goes on with an analysis that is not finished."""
        result, title = record.result, "The numbers"
        if not result.finished:
            return Section(title, [Missing("It is not finished:", record.command("resume"))])
        known = [[key, value] for key, value in _scalars(result.summary) if key != "command"]
        blocks: list[Block] = [Table(["", ""], known, "Summary", numeric=(1,))] if known else []
        if (result.path / "results.parquet").exists():
            table = result.table()
            shown = Chart("results", "", "", table.head(MOST_ROWS)).shown(4, "Results")
            left = len(table) - MOST_ROWS
            blocks += [shown, *([Text(f"{count(left, 'row')} more are in results.parquet.")] if left > 0 else [])]
        return Section(title, blocks)


def _entropy(record: DynamicsRecord, label: str) -> Chart:
    make = partial(_by_group, record)
    values = record.result.arrays()["values"]
    figure = drawn(
        sweep_figures.entropy_and_dimension, values, make("entropy"), make("dimension"), label, record.neurons
    )
    return Chart(
        "entropy", "Entropy and dimension", "Small dots: single networks; large ones: their mean.", draw=figure
    )


def _by_group(record: DynamicsRecord, name: str) -> dict[str, np.ndarray]:
    """An array over networks, apart for each group of them: the circuit, its null models."""
    names = list(dict.fromkeys(record.result.table()["network"]))
    groups = np.array([group_of(name) for name in names])
    whole = record.result.arrays()[name]
    return {group: whole[groups == group] for group in dict.fromkeys(groups)}


def _scalars(summary: Mapping[str, object]) -> list[tuple[str, str]]:
    """The single numbers and words of a summary."""
    known = {key: value for key, value in summary.items() if isinstance(value, str | int | float)}
    return [
        (key.replace("_", " "), decimal(value, 4) if isinstance(value, float) else str(value))
        for key, value in known.items()
    ]
