"""What can be searched: trained runs, runs of spiking agents, simulations; how each starts, goes on and is scored."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from premotor.errors import PremotorError
from premotor.runs.files import read_json
from premotor.runs.loading import Overrides, dump_experiment, load_experiment, preset_names
from premotor.runs.run import Run
from premotor.runs.simulation.settings import dump_simulation, load_simulation, simulation_presets
from premotor.runs.spiking.history import training_scores
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import dump_spiking, is_spiking_source, load_spiking, spiking_presets


class Kind(Protocol):
    """One way of making an experiment."""

    name: str
    score: str
    """What is scored unless said otherwise."""

    def load(self, source: Any, overrides: Overrides) -> Any:
        """Settings from a preset's name, a file or settings."""

    def dump(self, settings: Any) -> str:
        """As YAML."""

    def begin(self, settings: Path, folder: Path, threads: int, episodes: int) -> list[str]:
        """The command that makes the experiment in a new folder."""

    def go_on(self, folder: Path, episodes: int) -> list[str] | None:
        """The command that brings it to its end; None where it cannot go on."""

    def done(self, folder: Path) -> bool:
        """Whether all figures are there."""

    def curve(self, folder: Path, score: str) -> list[float]:
        """The score, or what stands for it, in the evaluations so far."""

    def scores(self, folder: Path) -> dict[str, float]:
        """Every figure by which it can be judged."""


class Training:
    """``premotor train`` for everything but spiking agents."""

    name = "train"
    score = "score"

    def load(self, source: Any, overrides: Overrides) -> Any:
        """Settings of an experiment."""
        return load_experiment(source, overrides)

    def dump(self, settings: Any) -> str:
        """As YAML."""
        return dump_experiment(settings)

    def begin(self, settings: Path, folder: Path, threads: int, episodes: int) -> list[str]:
        """Train it without a report."""
        words = ["train", str(settings), "--output", str(folder), "--threads", str(threads)]
        return [*words, "--no-report", "--episodes", str(episodes)]

    def go_on(self, folder: Path, episodes: int) -> list[str] | None:
        """Resume it."""
        return ["resume", str(folder), "--no-report", "--episodes", str(episodes)]

    def done(self, folder: Path) -> bool:
        """Whether it was tested."""
        return (folder / "evaluations" / "test.json").exists()

    def curve(self, folder: Path, score: str) -> list[float]:
        """Its evaluations."""
        return _curve(folder, score, "score")

    def scores(self, folder: Path) -> dict[str, float]:
        """Figures of the test, and the best evaluation."""
        scores = numbers(read_json(folder / "evaluations" / "test.json"))
        run = Run(folder)
        return scores | {"evaluation": float(run.best["score"]), "steps": float(run.step)}


class SpikingTraining(Training):
    """``premotor train`` for spiking agents."""

    name = "spiking"
    score = "mean"

    def load(self, source: Any, overrides: Overrides) -> Any:
        """Settings of a spiking agent's experiment."""
        return load_spiking(source, overrides)

    def dump(self, settings: Any) -> str:
        """As YAML."""
        return dump_spiking(settings)

    def curve(self, folder: Path, score: str) -> list[float]:
        """Its evaluations; their mean stands for scores of learning."""
        return _curve(folder, score, "mean")

    def scores(self, folder: Path) -> dict[str, float]:
        """Figures of the test with rates by population, the best evaluation, sliding medians and means of learning."""
        run = SpikingRun(folder)
        scores = numbers(read_json(folder / "evaluations" / "test.json"))
        best = numbers(read_json(folder / "best.json"))
        return scores | training_scores(run) | {"evaluation": best["mean"], "steps": best["steps"]}


class Simulating:
    """``premotor simulate``."""

    name = "simulate"
    score = "score"

    def load(self, source: Any, overrides: Overrides) -> Any:
        """Settings of a simulation."""
        return load_simulation(source, overrides)

    def dump(self, settings: Any) -> str:
        """As YAML."""
        return dump_simulation(settings)

    def begin(self, settings: Path, folder: Path, threads: int, episodes: int) -> list[str]:
        """Simulate it without figures."""
        return ["simulate", str(settings), "--output", str(folder), "--threads", str(threads), "--no-figures"]

    def go_on(self, folder: Path, episodes: int) -> list[str] | None:
        """It is there in full or not at all."""
        return None

    def done(self, folder: Path) -> bool:
        """Whether it is there."""
        return (folder / "summary.json").exists()

    def curve(self, folder: Path, score: str) -> list[float]:
        """Nothing before the end."""
        return []

    def scores(self, folder: Path) -> dict[str, float]:
        """All figures of the summary."""
        return numbers(read_json(folder / "summary.json"))


KINDS: dict[str, Kind] = {kind.name: kind for kind in (Training(), SpikingTraining(), Simulating())}


def kind_of(source: Any) -> Kind:
    """Which kind of experiment a preset, file or settings describe.

    Raises:
        PremotorError: no such preset or file.
    """
    if is_spiking_source(source):
        return KINDS["spiking"]
    if str(source) in simulation_presets():
        return KINDS["simulate"]
    if isinstance(source, Mapping):
        return KINDS["simulate" if "model" in source else "train"]
    path = Path(str(source))
    if path.is_file():
        from premotor.runs.yaml_text import parse_yaml

        data = parse_yaml(path.read_text(encoding="utf-8", errors="replace"), str(path))
        return KINDS["simulate" if isinstance(data, dict) and "model" in data else "train"]
    if isinstance(source, str) and source not in preset_names():
        known = [*preset_names(), *spiking_presets(), *simulation_presets()]
        raise PremotorError(f"there is no preset and no file {source!r}; presets are {', '.join(known)}")
    return KINDS["train"]


def numbers(value: Any, prefix: str = "") -> dict[str, float]:
    """The numbers in a record by dotted key."""
    if isinstance(value, Mapping):
        return {k: v for key, item in value.items() for k, v in numbers(item, f"{prefix}.{key}".lstrip(".")).items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {prefix: float(value)}
    return {}


def _curve(folder: Path, score: str, stand_in: str) -> list[float]:
    places = folder / "evaluations"
    if not places.is_dir():
        return []
    files = sorted(file for file in places.glob("*.json") if file.stem.isdecimal())
    rows = [numbers(read_json(file)) for file in files]
    return [row.get(score, row.get(stand_in, float("nan"))) for row in rows]
