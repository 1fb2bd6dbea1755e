"""One figure of whatever one has at hand: a circuit, a run, a study, a simulation, a spectrum."""

import os

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from premotor.analysis.lyapunov import LyapunovSpectrum
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.report.circuit_figures import circuit_overview
from premotor.report.page import Picture
from premotor.report.sections import read_record, sections_of
from premotor.report.style import RULES, colour, figures_kept, new_figure, tinted
from premotor.runs import Run, Simulation
from premotor.runs.activity_strip import CLASS_ORDER
from premotor.studies import Study

NAMED = 40
"""So many neurons at most are named by their types."""


def plot(
    shown: Circuit | Run | Study | Simulation | LyapunovSpectrum | str | os.PathLike[str], figure: str = ""
) -> Figure:
    """A figure, which a notebook shows and ``savefig`` writes.

    Args:
        shown: a circuit (its matrix, degrees and counts); a simulation (the rates of its neurons); a spectrum (its
            exponents); a run, a study, or the folder of either, of a comparison, a sweep or a simulation (a figure of
            its report).
        figure: a part of the title of one of the report's figures; empty: the first.

    Raises:
        PremotorError: there is nothing to draw, no figure of that title, or as `write_report`.
    """
    if isinstance(shown, str | os.PathLike | Run | Study):
        made = _of_folder(shown.folder if isinstance(shown, Run | Study) else shown, figure)
    elif figure:
        raise PremotorError(f"figure is {figure!r}, but only what has a report has several figures to choose from")
    else:
        with mpl.rc_context(RULES):
            made = _drawn(shown)
    made.set_facecolor("white")
    return made


def _drawn(shown: object) -> Figure:
    if isinstance(shown, Circuit):
        return circuit_overview.__wrapped__(shown)  # type: ignore[attr-defined]
    if isinstance(shown, Simulation):
        return _rates(shown)
    if isinstance(shown, LyapunovSpectrum):
        return _exponents(shown)
    raise PremotorError(
        f"plot draws a circuit, a run, a study, a simulation, a spectrum or a folder, not {type(shown).__name__}"
    )


def _of_folder(folder: str | os.PathLike[str], wanted: str) -> Figure:
    record, titles = read_record(folder), []
    with figures_kept() as kept:
        for section in sections_of(record):  # those after the figure are not drawn
            for block in section.build(record).blocks:
                if not isinstance(block, Picture):
                    continue
                if wanted.lower() in block.title.lower():
                    return kept[block.svg]
                titles.append(block.title)
    found = "; ".join(titles) or "none"
    raise PremotorError(f"no figure of {folder} has {wanted!r} in its title; there are: {found}")


def _rates(simulation: Simulation) -> Figure:
    """Rates over time, a row a neuron, neurons in the order of their classes; means over replicates."""
    classes = simulation.neurons["class"].astype(str)
    order = sorted(range(len(classes)), key=lambda i: (_place(classes.iloc[i]), i))
    rates = simulation.rates.mean(axis=2).T[order]
    top = float(rates.max(initial=0.0)) or 1.0
    figure = new_figure(width=9.0, height=4.2)
    axes = figure.subplots()
    ends = (float(simulation.time[0]), float(simulation.time[-1]), len(rates) - 0.5, -0.5)
    axes.grid(False)
    axes.imshow(tinted("accent", rates / top), aspect="auto", extent=ends, interpolation="nearest")
    if len(order) <= NAMED:
        axes.set_yticks(range(len(order)), simulation.neurons["type"].astype(str).iloc[order])
    axes.set(
        xlabel="time (s)",
        ylabel="" if len(order) <= NAMED else "neuron, by class",
        title=f"rates, darkest at {top:.3g}",
    )
    return figure


def _place(name: str) -> int:
    return list(CLASS_ORDER).index(name) if name in CLASS_ORDER else len(CLASS_ORDER)


def _exponents(spectrum: LyapunovSpectrum) -> Figure:
    """Exponents in their order with standard errors; of a batch one line each."""
    exponents = np.asarray(spectrum.exponents)
    errors = np.asarray(spectrum.standard_errors).reshape(-1, exponents.shape[-1])
    figure = new_figure(width=6.5, height=4.0)
    axes = figure.subplots()
    number = np.arange(1, exponents.shape[-1] + 1)
    for values, error in zip(exponents.reshape(errors.shape), errors, strict=True):
        axes.plot(number, values, ".-", color=colour("accent"))
        axes.fill_between(number, values - error, values + error, color=colour("accent"), alpha=0.25, linewidth=0)
    axes.axhline(0.0, color=colour("muted"), linewidth=0.8)
    axes.set(xlabel="exponent", ylabel="1 / time", title="Lyapunov spectrum, with standard errors")
    return figure
