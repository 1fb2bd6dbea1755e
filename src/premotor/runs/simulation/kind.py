"""The kind "simulation": a circuit on its own, driven, silenced and recorded; one iteration does all of it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from premotor.bodies import write_video
from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.files import read_json, write_json
from premotor.runs.activity_strip import with_activity
from premotor.runs.arrays import load_arrays
from premotor.runs.figures import numbers
from premotor.runs.hooks import UserFunctions, refuse_hooks
from premotor.runs.kinds import KINDS, Arrays, Evaluation, Kind, Schedule
from premotor.runs.playing import Video
from premotor.runs.run import Run
from premotor.runs.run_folder import RunFolder
from premotor.runs.simulation.settings import SimulationSettings, anchor_simulation
from premotor.runs.simulation.simulate import simulated


@KINDS.register("simulation")
class Simulating(Kind[SimulationSettings]):
    """``premotor simulate``, and ``premotor train`` with the settings of a simulation."""

    settings = SimulationSettings
    curves = False
    unit = "simulations"

    def anchor(self, data: dict[str, object], folder: Path) -> None:
        """circuit.source, files of drives."""
        anchor_simulation(data, folder)

    def expanded(self, section: str, value: object) -> dict[str, object] | None:
        """A model by its kind alone."""
        return {"kind": value} if section == "model" and isinstance(value, str) else super().expanded(section, value)

    def named(self, source: str) -> dict[str, object] | None:
        """The source of a circuit."""
        return {"circuit": {"source": source}}

    def work(
        self,
        settings: SimulationSettings,
        circuit: Circuit | None,
        start: Arrays | None,
        places: RunFolder,
        hooks: UserFunctions | None = None,
    ) -> "OneSimulation":
        """The whole of it."""
        refuse_hooks(hooks, self.name)
        assert circuit is not None
        return OneSimulation(settings, circuit, places)

    def evaluate(self, run: Run[SimulationSettings], test: Evaluation) -> dict[str, object]:
        """The summary; nothing is computed anew."""
        figures = read_json(run.folder / "summary.json")
        run.places.evaluations_folder.mkdir(exist_ok=True)
        write_json(run.places.test_file, figures)
        return dict(figures)

    def verdict(self, run: Run[SimulationSettings], figures: Mapping[str, object]) -> str:
        """Rhythm of the readout neurons."""
        score = figures.get("score")
        return f"{figures['recorded']} neurons recorded" + ("" if score is None else f", score {score:.3f}")

    def play(self, run: Run[SimulationSettings], video: Video, test: Evaluation) -> Path:
        """The activity of the recorded neurons over time."""
        path, seconds = video.path(run.folder / "video"), video.seconds
        arrays, period = load_arrays(run.folder / "activity.safetensors"), run.settings.sample_period
        rates = arrays["rates"] if arrays["rates"].ndim == 2 else arrays["rates"][:, :, 0]
        length = len(rates) if seconds is None else max(1, min(len(rates), round(seconds / period)))
        stride = video.stride(period)
        groups = [str(name) or "unknown" for name in _neurons(run)["class"]]
        rows = range(0, length, stride)
        blank = (np.full((96, 640, 3), 255, np.uint8) for _ in rows)
        frames = with_activity(blank, list(rows), rates[:length], groups, period)
        return write_video(path, frames, video.speed / (stride * period))

    def done(self, folder: Path) -> bool:
        """Whether its summary is there."""
        return (folder / "summary.json").exists()

    def scores(self, folder: Path) -> dict[str, float]:
        """All figures of the summary."""
        return numbers(read_json(folder / "summary.json"))


def _neurons(run: Run) -> pd.DataFrame:
    return pd.read_parquet(run.folder / "neurons.parquet")


class OneSimulation:
    """A simulation as work of one iteration."""

    hint = "a shorter step may help"
    parameters: int | None = None
    schedule = Schedule(unit="simulations")

    def __init__(self, settings: SimulationSettings, circuit: Circuit, places: RunFolder):
        if settings.initial is not None:
            raise PremotorError("initial: a simulation starts from the weights of no other run; leave it out")
        self.settings, self._circuit, self._folder = settings, circuit, places.path

    @property
    def iteration(self) -> int:
        """0 or 1."""
        return int((self._folder / "summary.json").exists())

    step = steps = iteration

    @property
    def finished(self) -> bool:
        """Whether its summary is there."""
        return bool(self.iteration)

    @property
    def initial(self) -> Arrays:
        """There is nothing that learns."""
        return {}

    candidate = initial

    def iterate(self) -> dict[str, float]:
        """Simulate, and write everything."""
        result = simulated(self.settings, self._circuit)
        result.write(self._folder)
        return {"seconds_simulated": self.settings.seconds}

    def test(self, best: object) -> dict[str, float | None]:
        """The numbers of the summary."""
        figures = dict(read_json(self._folder / "summary.json"))
        return {"score": figures.get("score"), **numbers(figures)}

    def snapshot(self) -> Arrays:
        """The files are the record."""
        return {"done": np.array(self.iteration)}

    def restore(self, arrays: Arrays, source: Path) -> None:
        """Nothing to do."""

    def line(self, row: Mapping[str, float], evaluation: object) -> str:
        """How long it was."""
        return f"{row['seconds_simulated']:g} s simulated"
