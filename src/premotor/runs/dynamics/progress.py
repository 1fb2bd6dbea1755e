"""How a command about dynamics tells where it is: a bar on a terminal, a line now and then elsewhere."""

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class Teller:
    """Shows how many of `total` pieces of work are done; silent where `shown` is False."""

    def __init__(self, total: int, shown: bool = True):
        self.console = Console(quiet=not shown, highlight=False, soft_wrap=True, stderr=True)
        self.total, self.done = total, 0
        self._last = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("compiling …", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def advance(self, text: str, by: int = 1) -> None:
        """So many pieces more are done; `text` is the newest figure."""
        self.done += by
        self._bar.update(self._task, advance=by, description=text)
        if not self.console.is_terminal and (time.monotonic() - self._last >= LINE_EVERY or self.done == self.total):
            self._last = time.monotonic()
            self.say(f"{self.done} of {self.total} · {text}")

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(line, markup=False)
