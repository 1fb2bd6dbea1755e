"""Several runs on one page: what differs in their settings, what each reached, and how each learned."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from premotor.errors import PremotorError
from premotor.files import write_atomically
from premotor.report.page import Block, Missing, Page, Picture, Section, Table, count, decimal, listed
from premotor.report.style import as_svg, new_figure, number_colour
from premotor.runs.differences import differing
from premotor.runs.run import Run

PAGE = "side-by-side.html"
NOT_SHOWN = ("steps", "seed", "evaluation")
"""Figures of a test that say how it was made, not what came out."""


def write_side_by_side(folders: Sequence[str | os.PathLike[str]], output: str | os.PathLike[str] = PAGE) -> Path:
    """Write one page about several runs, of any kinds, and return its path.

    Raises:
        PremotorError: fewer than two folders, one that is named twice, or one that is no run's.
    """
    places = [Path(folder) for folder in folders]
    if len(places) < 2:
        raise PremotorError(f"{count(len(places), 'run')} can not stand side by side; name two or more")
    if len({place.resolve() for place in places}) < len(places):
        raise PremotorError(f"one of the runs is named twice: {', '.join(map(str, places))}")
    path = Path(output)
    if not path.parent.is_dir():
        raise PremotorError(f"the folder {path.parent} does not exist")
    write_atomically(path, side_by_side([Run(place) for place in places]).render())
    return path


def side_by_side(runs: Sequence[Run]) -> Page:
    """The page."""
    names = _names(runs)
    return Page(
        title=listed(names) if len(names) < 5 else f"{len(names)} runs",
        kicker="premotor runs side by side",
        subtitle=_subtitle(runs),
        sections=[
            Section("What each reached", [_reached(runs, names)]),
            Section("How each learned", [_learned(runs, names)]),
            Section("What differs in their settings", [_settings(runs, names)]),
        ],
        footer="Made by premotor.",
    )


def _names(runs: Sequence[Run]) -> list[str]:
    """Names of the folders, with as many of those above them as tell them apart."""
    parts = [run.folder.resolve().parts for run in runs]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [str(run.folder) for run in runs]


def _subtitle(runs: Sequence[Run]) -> str:
    differ = count(len(_differing(runs)), "setting")
    return f"{count(len(runs), 'run')} that differ in {differ}; figures are of the best of each."


def _differing(runs: Sequence[Run]) -> dict[str, list[object]]:
    """But for their names, which say nothing."""
    return {key: values for key, values in differing([run.settings for run in runs]).items() if key != "name"}


def _reached(runs: Sequence[Run], names: Sequence[str]) -> Block:
    figures = [{**run.kind.scores(run.folder), **(run.tested or {})} if run.tested else {} for run in runs]
    keys = [key for run in runs for key in run.kind.figures]
    keys += [key for values in figures for key, value in values.items() if _number(value) and key not in NOT_SHOWN]
    shown = [key for key in dict.fromkeys(keys) if any(_number(values.get(key)) for values in figures)]
    if not shown:
        return Missing("None of these runs has been tested.", "premotor evaluate RUN")
    rows = [["steps learned", *(f"{run.step:,}" for run in runs)]]
    rows += [[key.replace("_", " "), *(_cell(values.get(key)) for values in figures)] for key in shown]
    return Table(
        ["", *names],
        rows,
        "Tests",
        "Figures of each run's own test; – where it has none. Tests of unlike tasks do not compare.",
        numeric=range(1, len(runs) + 1),
    )


def _learned(runs: Sequence[Run], names: Sequence[str]) -> Block:
    tables = {name: run.evaluations for name, run in zip(names, runs, strict=True)}
    curves = {name: table for name, table in tables.items() if {"step", "score"} <= set(table)}
    if not curves:
        return Missing("These runs hold no evaluations during learning.")
    without = [name for name in names if name not in curves]
    caption = "Score of each evaluation during learning."
    return Picture(
        as_svg(_curves)(curves), "Learning", caption + (f" Without evaluations: {listed(without)}." if without else "")
    )


def _curves(tables: Mapping[str, pd.DataFrame]) -> Figure:
    figure = new_figure(height=3.4)
    axes = figure.add_subplot()
    unit = 1e6 if max(table["step"].max() for table in tables.values()) >= 200_000 else 1
    for number, (name, table) in enumerate(tables.items()):
        axes.plot(
            table["step"] / unit, table["score"], color=number_colour(number), marker="o", markersize=3, label=name
        )
    axes.set(title="Score of evaluations", xlabel="million steps" if unit > 1 else "steps")
    figure.legend(loc="outside lower center", ncols=min(4, len(tables)))
    return figure


def _settings(runs: Sequence[Run], names: Sequence[str]) -> Block:
    table = _differing(runs)
    if not table:
        return Missing("Their settings are the same.")
    rows = [[key, *("–" if value is None else str(value) for value in values)] for key, values in table.items()]
    return Table(["setting", *names], rows, "Settings", "All that are not the same in every run.")


def _number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object) -> str:
    if not _number(value) or not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if value == int(value) and abs(value) > 1 else decimal(value, 3 if abs(value) < 100 else 1)
