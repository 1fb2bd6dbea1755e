"""How long work tells where it is: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

LINE_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


def speaker(shown: bool = True) -> Callable[[str], None]:
    """A function that prints a line, or nothing where `shown` is False."""
    console = Console(quiet=not shown, highlight=False, soft_wrap=True)
    return lambda line: console.print(line, markup=False)


class _Figures(ProgressColumn):
    """The newest figures."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("figures", "")), style="cyan")


class TrainingProgress:
    """Shows how much of the work is done, the newest figures and the time left; silent where `shown` is False.

    Args:
        total: steps in all.
        done: steps before.
        shown: whether anything is printed.
        unit: what is counted.
    """

    def __init__(self, total: int, done: int, shown: bool = True, unit: str = "steps"):
        self._unit = unit
        self.console = Console(quiet=not shown, highlight=False, soft_wrap=True)
        self._total = total
        self._last_line = time.monotonic()
        self._first: tuple[float, int] | None = None
        self._bar: Progress | None = None
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=None),
                TextColumn("{task.percentage:>3.0f}%"),
                _Figures(),
                TextColumn("left"),
                TimeRemainingColumn(compact=True),
                console=self.console,
            )
            self._task = self._bar.add_task("training", total=total, completed=min(done, total), figures="compiling …")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, step: int, figures: str) -> None:
        """Tell the newest numbers."""
        now = time.monotonic()
        began, first = self._first = self._first or (now, step)  # from the first on: compiling is done by then
        if self._bar is not None:
            self._bar.update(self._task, completed=min(step, self._total), figures=figures)
        elif now - self._last_line >= LINE_EVERY:
            self._last_line = now
            line = f"{step:>12,} of {self._total:,} {self._unit} · {figures}"
            if first < step < self._total:
                line += f" · {_duration((self._total - step) * (now - began) / (step - first))} left"
            self.say(line)

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        (self._bar.console if self._bar is not None else self.console).print(line, markup=False)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    return f"{minutes}:{rest:02d}"
