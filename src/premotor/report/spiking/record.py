"""The run folder of a spiking agent, as sections of its report get it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from premotor.report.page import count
from premotor.report.sections import RECORDS, Record
from premotor.runs.loading import kind_in
from premotor.runs.spiking.records import Record as Test, read_test
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import CartPoleSettings, SpikingEvolutionSettings


@RECORDS.register("spiking")
@dataclass(frozen=True, eq=False)
class SpikingRecord(Record):
    """The folder of a run of a spiking agent."""

    run: SpikingRun

    kicker = "premotor run report"

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether its settings are of a spiking agent."""
        return kind_in(folder) == "spiking" and (folder / "metrics.jsonl").exists()

    @classmethod
    def read(cls, folder: Path) -> "SpikingRecord":
        """Read a run folder.

        Raises:
            PremotorError: no such run folder, or its settings are damaged.
        """
        run = SpikingRun(folder)
        return cls(run.folder, run)

    @cached_property
    def test(self) -> Test | None:
        """The last test; None before one."""
        return read_test(self.run) if (self.run.evaluations_folder / "test.json").exists() else None

    @property
    def poles(self) -> bool:
        """Whether its task is to balance a pole, whose return is a number of steps."""
        return isinstance(self.run.settings.task, CartPoleSettings)

    @property
    def subtitle(self) -> str:
        """Size, task and learning."""
        task, learning = self.run.settings.task, self.run.settings.learning
        does = "balance a pole" if isinstance(task, CartPoleSettings) else f"act in {task.id}"
        how = "evolution" if isinstance(learning, SpikingEvolutionSettings) else "reward-modulated plasticity"
        return f"{count(self.run.network().cells, 'spiking cell')} that {does}, trained by {how}."

    @property
    def notes(self) -> list[str]:
        """That it is not finished, that another checkpoint was tested, that its rule has known faults."""
        run, record = self.run, self.test
        notes = []
        learning = run.settings.learning
        if isinstance(learning, SpikingEvolutionSettings):
            short = run.iteration < learning.iterations
        else:
            done = int(run.metrics["episodes"].sum()) if len(run.metrics) else 0
            short = not learning.ends(done, run.steps_at(run.iteration))
        goal = run.settings.stop.score
        if short and not (goal is not None and any(row["mean"] >= goal for row in run.places.evaluations())):
            notes.append(f"This run is not finished. Continue it with: premotor resume {run.folder}.")
        if record is not None and record.figures["checkpoint"] != "best":
            notes.append(
                f"The test shown here is of the weights {record.figures['checkpoint']!r}, not of the best ones."
            )
        if run.settings.plasticity.faithful:
            notes.append("Plasticity is as in the original program, with the faults that shaped published numbers.")
        return notes
