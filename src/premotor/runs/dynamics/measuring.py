"""Measurements of dynamics as kinds of experiment: a list of points, computed one after another or side by side."""

from abc import abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from premotor.analysis.lyapunov.system import in_precision
from premotor.bodies.physics import available_cores
from premotor.connectome import Circuit
from premotor.files import finite, read_json, replace_atomically, write_json
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.dynamics.result import DynamicsResult, anchor_dynamics
from premotor.runs.dynamics.settings import NetworksSettings
from premotor.runs.figures import numbers
from premotor.runs.hooks import UserFunctions, refuse_hooks
from premotor.runs.kinds import Arrays, Evaluation, Kind, Schedule
from premotor.runs.run import Run
from premotor.runs.run_folder import RunFolder

Memory = dict[Hashable, np.ndarray]
"""What the points of a process share, such as references that all of them are compared with."""


class Measurement[S: NetworksSettings, P, Summary: Mapping[str, object]](Kind[S]):
    """An analysis of dynamics; a subclass says which points there are, how one is measured, and what they come to.

    Each finished point is kept in ``networks/<name>.safetensors``, so that a killed run computes none twice.
    """

    curves = False
    unit = "points"
    dynamics = True
    side_by_side: ClassVar[bool] = False
    """Whether points are computed in threads of their own."""

    @abstractmethod
    def points(self, settings: S, circuit: Circuit | None) -> Mapping[str, P]:
        """What is measured, by name."""

    @abstractmethod
    def measure(self, settings: S, circuit: Circuit | None, point: P, memory: Memory) -> Arrays:
        """The measurement of one point; `memory` is shared by the points of a process."""

    @abstractmethod
    def collect(self, settings: S, pieces: Mapping[str, Arrays]) -> tuple[Arrays, pd.DataFrame, Summary]:
        """Arrays, table and summary of all points."""

    def judged(self, summary: Summary) -> float:
        """The score by which one result is compared with another."""
        return float("nan")

    def anchor(self, data: dict[str, object], folder: Path) -> None:
        """circuit.source, model.initial."""
        anchor_dynamics(data, folder)

    def expanded(self, section: str, value: object) -> dict[str, object] | None:
        """A model by its kind alone."""
        return {"kind": value} if section == "model" and isinstance(value, str) else super().expanded(section, value)

    def work(
        self,
        settings: S,
        circuit: Circuit | None,
        start: Arrays | None,
        places: RunFolder,
        hooks: UserFunctions | None = None,
    ) -> "Points":
        """Its points, less those that the folder holds already."""
        refuse_hooks(hooks, self.name)
        return Points(self, settings, circuit, places)

    def opened(self, run: Run[S]) -> DynamicsResult[S]:
        """With its arrays, tables and summary."""
        return DynamicsResult.of(run)

    def evaluate(self, run: Run[S], test: Evaluation) -> dict[str, float | None]:
        """The numbers of the summary; nothing is computed anew."""
        summary = read_json(run.folder / "summary.json")
        figures = {"score": finite(self.judged(summary)), **numbers(summary)}
        run.places.evaluations_folder.mkdir(exist_ok=True)
        write_json(run.places.test_file, figures)
        return figures

    def verdict(self, run: Run[S], figures: Mapping[str, float | None]) -> str:
        """The score, where there is one."""
        score = figures["score"]
        return f"{self.name}: {'done' if score is None else f'score {score:.4f}'}"


class Points:
    """The points of a measurement as work: one an iteration."""

    hint = "a longer transient may help"
    parameters: int | None = None

    def __init__(self, kind: Measurement, settings: NetworksSettings, circuit: Circuit | None, places: RunFolder):
        self.kind, self.settings, self.circuit, self.places = kind, settings, circuit, places
        self._folder = places.path / "networks"
        self._points = dict(kind.points(settings, circuit))
        self.schedule = Schedule(save_every=None, keep=1, total=len(self._points), unit="points")
        self._running = self._computed()
        self._told = 0
        if (places.path / "summary.json").exists() and not places.checkpoints_folder.exists():
            self._told = len(self._points)  # a finished result of the first versions, which had no checkpoints

    @property
    def iteration(self) -> int:
        """Points that this process has told of; it tells again, without computing them, of those that it found."""
        return self._told

    step = steps = iteration

    @property
    def finished(self) -> bool:
        """Whether all are done, and about to be put together."""
        return self._told == len(self._points)

    @property
    def initial(self) -> Arrays:
        """There is nothing that learns."""
        return {}

    candidate = initial

    def iterate(self) -> dict[str, str | float]:
        """The next point that is finished."""
        name = next(self._running)
        self._told += 1
        found = load_arrays(self._file(name))
        return {"point": name, **{key: float(value.item()) for key, value in found.items() if value.size == 1}}

    def test(self, best: object) -> dict[str, float | None]:
        """Put all points together; writes ``results.safetensors``, ``results.parquet`` and ``summary.json``."""
        pieces = {name: load_arrays(self._file(name)) for name in self._points}
        DynamicsResult.write(self.places.path, *self.kind.collect(self.settings, pieces))
        return {"score": finite(self.kind.judged(read_json(self.places.path / "summary.json")))}

    def snapshot(self) -> Arrays:
        """The points themselves are the record."""
        return {"done": np.array(self.iteration)}

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Nothing to do: the folder holds the points that are done."""

    def line(self, row: Mapping[str, str | float], evaluation: object) -> str:
        """The newest point."""
        largest = row.get("largest")
        return f"{row['point']}" + ("" if largest is None else f": λ1 {largest:+.4f}")

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.safetensors"

    def _computed(self) -> Iterator[str]:
        self._folder.mkdir(exist_ok=True)
        waiting = []
        for name in self._points:
            if self._file(name).exists():
                yield name
            else:
                waiting.append(name)
        memory: Memory = {}
        if not self.kind.side_by_side:
            for name in waiting:
                self._one(name, memory)
                yield name
            return
        with ThreadPoolExecutor(self.settings.threads or available_cores()) as pool:
            jobs: dict[Future[None], str] = {pool.submit(self._one, name, memory): name for name in waiting}
            try:
                for job in as_completed(jobs):
                    job.result()
                    yield jobs[job]
            finally:
                pool.shutdown(cancel_futures=True)

    def _one(self, name: str, memory: Memory) -> None:
        with in_precision(self.settings.precision):
            arrays = self.kind.measure(self.settings, self.circuit, self._points[name], memory)
        with replace_atomically(self._file(name)) as aside:
            save_arrays(aside, arrays)
