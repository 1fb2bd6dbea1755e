"""Figures of several spiking agents, from tables of their tests."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from premotor.analysis import bootstrap_mean
from premotor.report.style import Chart, boxes, colour, drawn, new_figure, number_colour
from premotor.runs.spiking.models import RANDOM, pairs_of_models, variance_of_models


def boxplot(table: pd.DataFrame) -> Chart:
    """Box plots of models' episodes with an analysis of variance; `table` is one of `evaluate_models`."""
    found = variance_of_models(table)
    summary = table.groupby("model", sort=False)["returned"].agg(["mean", "median", "std", "min", "max", "count"])
    words = (
        f"One-way analysis of variance: F({found.between}, {found.within}) = {found.f:.4g}, "
        f"{'p < 1e-12' if found.p < 1e-12 else f'p = {found.p:.3g}'}, η² = {found.eta_squared:.3f}."
    )
    return Chart(
        "boxplot",
        "Models in the same episodes",
        "Boxes: quartiles, whiskers to the extremes within 1.5 interquartile ranges, diamonds: means; dots are "
        f"episodes. {words}",
        summary.reset_index(),
        drawn(_boxplot, table, words),
    )


def pairs(table: pd.DataFrame) -> Chart:
    """Every pair of models."""
    return Chart("pairs", "Pairs of models", "Mann–Whitney tests; p with Holm's correction.", pairs_of_models(table))


def rates_table(table: pd.DataFrame) -> Chart:
    """Rates of groups of cells, a row a model."""
    return Chart(
        "model-rates",
        "Rates by population, Hz",
        "Mean rate of a cell in a test without learning.",
        table.rename_axis("model").reset_index(),
    )


def starts(table: pd.DataFrame) -> Chart:
    """Models from single start states; `table` is one of `rerun_starts`."""
    summary = table.groupby(["start", "model"], sort=False)["returned"].agg(["mean", "median", "std", "min", "max"])
    return Chart(
        "starts",
        "From one start state again and again",
        f"{table['repeat'].max() + 1} episodes from each start state for each model; a dot is an episode, a bar the "
        "mean. Numbers of start states are those of the episodes in the test.",
        summary.reset_index(),
        drawn(_starts, table),
    )


def seeds(table: pd.DataFrame) -> Chart:
    """The same experiment on many wirings; `table` has a row a wiring with the test's mean and scores of learning."""
    measures = [name for name in ("mean", "mean_100", "median_101") if table[name].notna().any()]
    return Chart(
        "seeds",
        "The same experiment on many wirings",
        "One dot a wiring; the bar is the mean over wirings with its 95% bootstrap interval.",
        table,
        drawn(_seeds, table, tuple(measures)),
    )


def _boxplot(table: pd.DataFrame, words: str) -> Figure:
    figure = new_figure(height=3.9)
    ax = figure.subplots()
    groups = {str(name): group.to_numpy() for name, group in table.groupby("model", sort=False)["returned"]}
    random, number = np.random.default_rng(0), 0
    for place, (name, values) in enumerate(groups.items()):
        tint = colour("muted") if name == RANDOM else number_colour(number)
        number += name != RANDOM
        jitter = place + 0.32 + random.uniform(-0.06, 0.06, len(values))
        ax.plot(jitter, values, ".", color=tint, markersize=3, alpha=0.6)
        boxes(ax, [values], [place], 0.42, tint)
        ax.annotate(f"{values.mean():.1f}", (place - 0.25, values.mean()), ha="right", va="center", fontsize=8.5)
    ax.set_xticks(range(len(groups)), [name.replace(" ", "\n", 1) for name in groups])
    ax.set_xlim(-0.7, len(groups) - 0.3)
    ax.tick_params(axis="x", length=0)
    ax.grid(False, axis="x")
    ax.set(ylabel="return of an episode", ylim=(0, None))
    ax.set_title(words.rstrip("."), fontweight="normal", fontsize=8.5)
    return figure


def _starts(table: pd.DataFrame) -> Figure:
    figure = new_figure(height=3.4)
    ax = figure.subplots()
    models = list(dict.fromkeys(table["model"]))
    order = table.groupby("start")["returned"].mean().sort_values(kind="stable").index.to_list()
    width = 0.8 / len(models)
    random = np.random.default_rng(0)
    for number, model in enumerate(models):
        tint = number_colour(number)
        for place, start in enumerate(order):
            steps = table[(table["model"] == model) & (table["start"] == start)]["returned"].to_numpy()
            x = place - 0.4 + width * (number + 0.5)
            spread = x + random.uniform(-0.2, 0.2, len(steps)) * width
            ax.plot(spread, steps, ".", color=tint, markersize=3.5, alpha=0.5)
            ax.plot(
                [x - 0.4 * width, x + 0.4 * width],
                [steps.mean()] * 2,
                color=tint,
                linewidth=2.4,
                label=model if place == 0 else None,
            )
    ax.set_xticks(range(len(order)), [str(start) for start in order])
    ax.tick_params(axis="x", length=0)
    ax.grid(False, axis="x")
    ax.set(xlabel="start state (episode of the test), the hardest first", ylabel="return of an episode", ylim=(0, None))
    ax.legend(loc="upper left")
    ax.set_ylim(top=1.15 * ax.get_ylim()[1])
    return figure


def _seeds(table: pd.DataFrame, measures: tuple[str, ...]) -> Figure:
    names = {
        "mean": "test: mean",
        "mean_100": "learning: best\nmean of 100",
        "median_101": "learning: best\nmedian of 101",
    }
    figure = new_figure(width=6.0, height=3.2)
    ax = figure.subplots()
    for place, measure in enumerate(measures):
        values = table[measure].dropna().to_numpy(float)
        tint = number_colour(place)
        ax.plot(np.full(len(values), place - 0.1), values, "o", color=tint, markersize=5, alpha=0.7)
        estimate = bootstrap_mean(values)
        ax.plot([place + 0.1, place + 0.3], [estimate.value] * 2, color=tint, linewidth=2.6)
        if np.isfinite(estimate.low):
            ax.plot([place + 0.2] * 2, [estimate.low, estimate.high], color=tint, linewidth=1.4)
        ax.annotate(f"{estimate.value:.1f}", (place + 0.33, estimate.value), va="center", fontsize=8.5)
    ax.set_xticks(range(len(measures)), [names[measure] for measure in measures])
    ax.set_xlim(-0.6, len(measures) - 0.4)
    ax.grid(False, axis="x")
    ax.tick_params(axis="x", length=0)
    ax.set(ylabel="return of an episode", ylim=(0, None))
    return figure
