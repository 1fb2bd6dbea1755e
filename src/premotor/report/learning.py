"""How it learned."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from premotor.analysis import wilson_interval
from premotor.report.page import Block, Missing, Picture, Section, Text, count, decimal, duration, large, percent
from premotor.report.reading import RunRecord, number
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg, colour, new_figure


@SECTIONS.register("learning")
class Learning(ReportSection[RunRecord]):
    """Learning curves, from the log of iterations and the evaluations on the way."""

    order, about = 20, RunRecord

    def build(self, record: RunRecord) -> Section:
        """The section."""
        blocks: list[Block] = []
        metrics, evaluations = record.metrics, record.evaluations
        if not len(metrics):
            missing = Missing("No iteration of learning has ended yet; continue the run with", record.command("resume"))
            return Section("How it learned", [missing])
        best_step = None if record.best is None else number(record.best, "step")
        blocks.append(
            Picture(
                as_svg(progress)(metrics, evaluations, best_step),
                "Progress",
                "Above: mean over the episodes that ended in an iteration, exploration included (faint), and "
                "its running mean over a twentieth of the run. Below: deterministic evaluations of the mean "
                "action, always from the same starts; the band is the 95% Wilson interval of the fraction and the "
                "standard deviation of the speed or return over episodes. The dashed line marks the evaluation with "
                "the best score, whose controller is kept and is the one that everything below shows.",
            )
        )
        if not len(evaluations):
            blocks.append(Missing("No evaluation was run during learning (evaluation.every_steps)."))
        blocks.append(Text(_story(record)))
        blocks.append(
            Picture(
                as_svg(inside)(metrics),
                "Inside the learner",
                "Each iteration's value (faint) and its running mean over a twentieth of the run."
                + (
                    " The divergence is the mean Kullback–Leibler divergence of the new policy from the one that acted."
                    " Explained variance is that of the critic; 1 is perfect."
                    if "kl" in metrics
                    else " The critic's value is that of the actions in the memory, in units of the reward."
                ),
            )
        )
        return Section(
            "How it learned",
            blocks,
            lead=f"{record.run.settings.learning.kind.upper()}, {large(metrics['steps'].iloc[-1])} control "
            f"steps in {count(len(metrics), 'iteration')}, {duration(metrics['seconds'].iloc[-1])}.",
        )


def _story(record: RunRecord) -> str:
    metrics = record.metrics
    speed = metrics["steps_per_second"].median() if "steps_per_second" in metrics else float("nan")
    parts = [f"The median iteration ran at {decimal(speed, 0)} control steps a second, updates included."]
    if record.best is not None:
        best = record.best
        found = []
        for key, words in (("survived", "without a fall"), ("success", "at the aim at their end")):
            if np.isfinite(number(best, key)):
                episodes = count(number(best, "episodes"), "episode")
                found.append(f"{percent(number(best, key))} of its {episodes} {words}")
        if np.isfinite(number(best, "speed")):
            found.append(f"at {decimal(number(best, 'speed'))} {record.speed_unit}")
        parts.append(
            f"The best evaluation, after {large(number(best, 'step'))} steps, scored "
            f"{decimal(number(best, 'score'), 3)}{': ' if found else ''}{', '.join(found)}."
        )
    finished = record.run.finished
    total = record.run.settings.learning.steps
    reasons = {
        "steps": f"Learning ended after all of its {large(total)} steps.",
        "score": "Learning ended early, since an evaluation reached the score asked for (stop.score).",
        "minutes": "Learning ended by the clock (stop.minutes).",
    }
    parts.append(reasons.get(finished or "", f"Learning has not ended: {large(total)} steps are planned."))
    return " ".join(parts)


TERM_COLOURS = ("left", "accent", "excitatory", "right", "sensory", "motor")


def progress(metrics: pd.DataFrame, evaluations: pd.DataFrame, best_step: float | None) -> Figure:
    """Return and episode length by iteration; survival and speed by evaluation."""
    figure = new_figure(height=4.6)
    axes = figure.subplots(2, 2, sharex=True)
    _curve(axes[0, 0], metrics, "return", "Return of an episode")
    _curve(axes[0, 1], metrics, "episode_length", "Control steps before an episode ends")
    if "survived" in evaluations or "success" not in evaluations:
        _fraction(axes[1, 0], evaluations, "survived", "episodes without a fall, %")
    else:
        _fraction(axes[1, 0], evaluations, "success", "episodes that end at the aim, %")
    earned = next((name for name in ("earned", "return") if name in evaluations), None)
    if "speed" in evaluations or earned is None:
        _speed(axes[1, 1], evaluations)
    else:
        _return(axes[1, 1], evaluations, earned)
    for ax in axes.flat:
        if best_step is not None:
            ax.axvline(best_step / 1e6, color=colour("excitatory"), linewidth=1, linestyle=(0, (4, 3)))
    if best_step is not None:
        axes[0, 0].annotate(
            "best",
            (best_step / 1e6, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3, -2),
            textcoords="offset points",
            ha="right",
            va="top",
            color=colour("excitatory"),
            fontsize=8.5,
        )
    _millions(axes[1])
    return figure


def inside(metrics: pd.DataFrame) -> Figure:
    """Reward terms, losses, divergence, step size, exploration and speed of computation, by iteration."""
    rows = 2 if "critic_loss" in metrics and "temperature" not in metrics else 3
    figure = new_figure(height=0.2 + 1.8 * rows)
    axes = figure.subplots(rows, 2, sharex=True)
    terms = [name for name in metrics.columns if name.startswith("reward/")]
    for name, token in zip(terms, _cycled(len(terms)), strict=True):
        _line(axes[0, 0], metrics, name, token, label=name.removeprefix("reward/"))
    axes[0, 0].set_title("Reward terms, mean of a step")
    if terms:
        axes[0, 0].legend(ncols=2, loc="best", handlelength=1.2, columnspacing=1)
    soft = (("Temperature", ("temperature",), True), ("Entropy of the actions, nats", ("entropy",), False))
    off_policy: tuple[tuple[Axes, str, Sequence[str], bool], ...] = (
        (axes[0, 1], "Loss of the critic", ("critic_loss",), True),
        (axes[1, 0], "Value, mean of the memory's actions", ("value",), False),
        (axes[1, 1], "Control steps a second", ("steps_per_second",), False),
        *((ax, *panel) for ax, panel in zip(axes[2:].flat, soft, strict=False)),
    )
    on_policy: tuple[tuple[Axes, str, Sequence[str], bool], ...] = (
        ()
        if rows < 3
        else (
            (axes[0, 1], "Loss of the critic", ("value_loss",), True),
            (axes[1, 0], "Loss of the policy", ("policy_loss",), False),
            (axes[1, 1], "Divergence of an update, nats", ("kl",), False),
            (axes[2, 0], "Learning rate", ("learning_rate",), True),
            (axes[2, 1], "Exploration and explained variance", ("action_spread", "explained_variance"), False),
        )
    )
    for ax, title, names, logarithmic in off_policy if "critic_loss" in metrics else on_policy:
        ax.set_title(title)
        present = [name for name in names if name in metrics]
        for name, token in zip(present, _cycled(len(present), first="accent"), strict=True):
            _line(ax, metrics, name, token, label=name.replace("_", " "))
            known = metrics[name].dropna()
            if logarithmic and len(known) and known.min() > 0 and known.max() > 1.5 * known.min():
                _logarithmic(ax)
        if len(present) > 1:
            ax.legend(loc="best")
            ax.set_ylim(bottom=max(-1.0, ax.get_ylim()[0]))
    _millions(axes[-1])
    return figure


def _cycled(count: int, first: str = "left") -> list[str]:
    start = TERM_COLOURS.index(first)
    return [TERM_COLOURS[(start + i) % len(TERM_COLOURS)] for i in range(count)]


def _line(ax: Axes, table: pd.DataFrame, name: str, token: str, label: str | None = None) -> None:
    """The values faintly, and their running mean over a twentieth of the record."""
    x, y = table["steps"] / 1e6, table[name]
    window = max(1, len(table) // 20)
    if window > 2:
        ax.plot(x, y, color=colour(token), linewidth=0.7, alpha=0.3)
    smooth = y.rolling(window, center=True, min_periods=1).mean()
    ax.plot(x, smooth, color=colour(token), label=label)


def _logarithmic(ax: Axes) -> None:
    """A logarithmic scale with plain numbers."""
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 30 * low else (1,), numticks=6))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _curve(ax: Axes, metrics: pd.DataFrame, name: str, title: str) -> None:
    ax.set_title(title)
    if name in metrics:
        _line(ax, metrics, name, "accent")


def _fraction(ax: Axes, evaluations: pd.DataFrame, name: str, words: str) -> None:
    ax.set(title=f"Evaluation: {words}", ylim=(-3, 103))
    if not {name, "episodes"} <= set(evaluations):
        return
    rows = evaluations.dropna(subset=[name, "episodes"])
    bounds = [wilson_interval(round(k * n), int(n)) for k, n in zip(rows[name], rows["episodes"], strict=True)]
    x = rows["step"] / 1e6
    ax.fill_between(
        x, [100 * b.low for b in bounds], [100 * b.high for b in bounds], color=colour("accent"), alpha=0.2, linewidth=0
    )
    ax.plot(x, 100 * rows[name], color=colour("accent"), marker="o", markersize=3.5)


def _return(ax: Axes, evaluations: pd.DataFrame, name: str) -> None:
    ax.set_title("Evaluation: return of an episode")
    x, mean = evaluations["step"] / 1e6, evaluations[name]
    if f"{name}_sd" in evaluations:
        spread = evaluations[f"{name}_sd"]
        ax.fill_between(x, mean - spread, mean + spread, color=colour("accent"), alpha=0.2, linewidth=0)
    ax.plot(x, mean, color=colour("accent"), marker="o", markersize=3.5)


def _speed(ax: Axes, evaluations: pd.DataFrame) -> None:
    ax.set_title("Evaluation: forward speed")
    if not {"speed", "speed_sd"} <= set(evaluations):
        return
    x = evaluations["step"] / 1e6
    mean, spread = evaluations["speed"], evaluations["speed_sd"]
    ax.fill_between(x, mean - spread, mean + spread, color=colour("accent"), alpha=0.2, linewidth=0)
    ax.plot(x, mean, color=colour("accent"), marker="o", markersize=3.5, label="walked (mean ± sd)")
    if "command" in evaluations:
        ax.plot(x, evaluations["command"], color=colour("reference"), linestyle="--", linewidth=1.2, label="commanded")
        ax.legend(loc="best")
    ax.set_ylim(bottom=min(0.0, float(np.nanmin(mean - spread))))


def _millions(row: Sequence[Axes]) -> None:
    for ax in row:
        ax.set(xlabel="million control steps", xlim=(0, None))
