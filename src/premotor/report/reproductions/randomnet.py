"""RandomNet (FlyStability): Lyapunov spectra of random and connectome-constrained networks, and training on them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from premotor.analysis import lyapunov_spectrum, mean_field_exponent
from premotor.report.dynamics import DynamicsRecord
from premotor.report.reproductions.base import REPRODUCTIONS, Compared, Part, Reproduction
from premotor.report.sections import SECTIONS
from premotor.report.style import Chart
from premotor.report.trainings import training_charts
from premotor.runs.dynamics import DynamicsResult, dynamics
from premotor.runs.dynamics.outcomes import learning_figures

ACTIVATIONS = ("tanh", "positive_tanh", "stretched_tanh")
THEORY = {1.25: 0.01696, 1.5: 0.04675, 2.0: 0.11246, 3.0: 0.23546, 5.0: 0.43370}
"""λ1 of dynamic mean-field theory by g, as published numbers give it."""
GAINS_AND_SHIFTS: dict[str, object] = {"weights": False, "gains": True, "shifts": True}
REGIONS = "regions"
"""Folder of region folders in that of the reproduction: adjacency_scc.npy and the others, one folder a region."""


class Scale(NamedTuple):
    """Sizes, samples and lengths."""

    neurons: int = 100
    samples: int = 5
    length: float = 200.0
    epochs: int = 400
    exponents: tuple[int, ...] = (1, 10, 25, 50, 75, 100)
    sizes: tuple[int, ...] = (25, 50, 100, 200, 400, 500)
    transition: int = 1000
    sigmas: tuple[float, ...] = tuple(np.exp2(np.arange(11.0)).tolist())
    spectrum: int = 100
    parts: tuple[float, ...] = (0.05, 0.1, 0.2, 0.5)
    benchmark: int = 200
    convergence: int = 100
    learning_rate: float = 0.01


SHORT = Scale(
    neurons=20, samples=2, length=20.0, epochs=10, exponents=(1, 5), sizes=(10, 20), transition=60,
    sigmas=(1.0, 8.0, 64.0, 512.0), spectrum=20, parts=(0.01, 0.03), benchmark=40, convergence=30, learning_rate=0.03,
)  # fmt: skip


class Training(NamedTuple):
    """A training on the spectrum: of random networks of so many neurons, or of a circuit."""

    name: str
    exponents: float
    neurons: int | None = None
    circuit: str | None = None
    target: float | None = None
    trainable: Mapping[str, object] | None = None


@REPRODUCTIONS.register("randomnet")
class RandomNet(Reproduction):
    """The project's workflows, and the figures of its notebooks; nothing of its data is needed."""

    title = "Lyapunov spectra of random networks and of circuits, and training on them"
    citation = (
        "Koehn (2024), RandomNet (FlyStability), master thesis in the Neural Systems and Machine Learning Lab: the "
        "workflows of its program and the figures of its notebooks."
    )
    short_form = (
        "Networks of 10 to 60 neurons, one to three samples, ten epochs, three of five budgets, and subpopulations of "
        "the first region alone: it shows that all works, not what is reached."
    )

    @property
    def scale(self) -> Scale:
        """Sizes, samples and lengths."""
        return SHORT if self.short else Scale()

    @property
    def regions(self) -> dict[str, str]:
        """Circuits by name: those that the user put into the folder, else two that premotor brings."""
        own = sorted(path for path in (self.folder / REGIONS).glob("*") if path.is_dir())
        return {path.name: str(path.resolve()) for path in own} or {"fly-leg": "fly-leg", "celegans": "celegans"}

    def stages(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """Every workflow of the project."""
        return (
            ("convergence", lambda: self._each(("convergence",))),
            ("cost and accuracy", lambda: self._each(("benchmark",))),
            ("the transition to chaos", lambda: self._each(f"transition-{name}" for name in ACTIVATIONS)),
            ("weights, gains and shifts", lambda: self._each(("spectrum",))),
            ("random networks, to three targets", lambda: self._each(self._named("target"))),
            ("by number of exponents", lambda: self._each(self._named("exponents"))),
            ("by number of neurons", lambda: self._each(self._named("size"))),
            ("a fixed number of parameters", lambda: self._each(self._named("budget"))),
            ("regions, parameters of each neuron", lambda: self._each(self._named("region"))),
            ("regions, parameters of subpopulations", lambda: self._each(self._named("population"))),
        )

    @property
    def runs(self) -> dict[str, tuple[str, Mapping[str, object]]]:
        """Command and settings of every run, by name."""
        scale = self.scale
        samples, length, short = scale.samples, scale.length, self.short
        brief = {"transient": 20.0, "frame_transient": 5.0} if short else {}
        found: dict[str, tuple[str, Mapping[str, object]]] = {
            "convergence": (
                "convergence",
                {
                    "model": {"neurons": scale.convergence, "coupling": 1.5}, "samples": samples, "exponents": 20,
                    "length": 5 * length, **brief,
                },
            ),
            "benchmark": (
                "benchmark",
                {
                    "model": {"neurons": scale.benchmark}, "length": length, **brief,
                    **({"intervals": (0.2, 1.0, 5.0), "numbers": (1, 10), "lengths": (10.0, 20.0), "sizes": (20, 40),
                        "reference": 4.0, "exponents": 10} if short else {}),
                },
            ),
            "spectrum": (
                "spectrum",
                {
                    "model": {"neurons": scale.spectrum, "activation": "positive_tanh", "coupling": 1.0},
                    "parameter": "all", "around": 1, "sigmas": scale.sigmas, "exponents": scale.spectrum,
                    "samples": 2 if short else 10, "length": length, "t_ons": 1.0, **brief,
                },
            ),
        }  # fmt: skip
        for name in ACTIVATIONS:
            found[f"transition-{name}"] = (
                "transition",
                {
                    "model": {"neurons": scale.transition, "activation": name}, "minimum": 0.5,
                    "maximum": 2.5 if name != "positive_tanh" else 20.0, "values": 5 if short else 9,
                    "samples": 3 if short else 10, "length": length, **brief,
                },
            )  # fmt: skip
        return found | {each.name: ("train", self._settings(each)) for each in self._trainings()}

    def _trainings(self) -> list[Training]:
        scale = self.scale
        neurons = scale.neurons
        found = [Training(f"target-{target:g}", 0.1, neurons, target=target) for target in (2.0, 0.0, -2.0)]
        found += [Training(f"exponents-{k}", k, neurons) for k in scale.exponents]
        found += [Training(f"size-{n}", 0.1, n) for n in scale.sizes]
        budgets: dict[str, dict[str, object]] = {
            "N weights": {"weights": {"count": neurons}},
            "N gains": {"weights": False, "gains": True},
            "2N weights": {"weights": {"count": 2 * neurons}},
            "2N gains and shifts": GAINS_AND_SHIFTS,
            "2N of all kinds": {"weights": True, "gains": True, "shifts": True, "budget": 2 * neurons},
        }
        for name, trainable in budgets.items():
            if self.short and name in ("2N weights", "2N of all kinds"):
                continue
            for k in scale.exponents if self.short else scale.exponents[:-1]:
                found.append(Training(f"budget-{name.replace(' ', '_')}-{k}", k, neurons, trainable=trainable))
        for region, source in self.regions.items():
            for part in scale.parts:
                name = f"region-{region}-{part:g}"
                found.append(Training(name, part, circuit=source, trainable=GAINS_AND_SHIFTS))
        by = {"train": True, "by": "transmitter"}
        by_transmitter: dict[str, object] = {"weights": False, "gains": by, "shifts": by}
        for region, source in list(self.regions.items())[: 1 if self.short else None]:
            found.append(Training(f"population-{region}", scale.parts[0], circuit=source, trainable=by_transmitter))
        return found

    def _settings(self, training: Training) -> dict[str, object]:
        scale, trainable = self.scale, training.trainable
        held = trainable is not None and trainable["weights"] is False
        learning: dict[str, object] = {
            "exponents": training.exponents, "epochs": scale.epochs, "length": scale.length,
            "learning_rate": min(10 * scale.learning_rate if held else scale.learning_rate, 0.1),
        }  # fmt: skip
        learning |= {"transient": 10.0, "frame_transient": 5.0} if self.short else {}
        learning |= {} if training.target is None else {"loss": {"target": training.target}}
        learning |= {} if trainable is None else {"trainable": trainable}
        model: dict[str, object] = {"activation": "positive_tanh", "coupling": 1.0}
        found: dict[str, object] = {"model": model, "learning": learning}
        if training.circuit is None:
            model["neurons"] = training.neurons
            found["samples"] = 1 if self.short else min(scale.samples, 5 if trainable is None else 3)
        else:
            found |= {"circuit": {"source": training.circuit}, "nulls": {"count": 0}}
        return found | ({"verify": {"states": 1, "factor": 2.0}} if self.short else {})

    def _named(self, start: str) -> list[str]:
        return [name for name in self.runs if name.startswith(f"{start}-")]

    def _each(self, names: Iterable[str]) -> None:
        runs = self.runs
        for name in names:
            command, settings = runs[name]
            dynamics(command, settings, output=self.folder / "runs" / name, progress=False)

    def _result(self, name: str) -> DynamicsResult:
        return DynamicsResult(self.folder / "runs" / name)

    def _charts(self, name: str, label: str = "") -> list[Chart]:
        """The figures of a run's own page, called by the run."""
        record = DynamicsRecord(self.folder / "runs" / name)
        section = SECTIONS[f"dynamics-{record.analysis}"]()
        title = f" ({label})" if label else ""
        return [replace(c, name=f"{name}-{c.name}", title=c.title + title) for c in section.charts(record)]

    def _meta(self, start: str, keys: Sequence[str], of: Callable[[str], Mapping[str, object]]) -> list[Chart]:
        """Loss, gradient and time of all trainings of one sort."""
        rows = [{**of(name), **learning_figures(self.folder / "runs" / name)} for name in self._named(start)]
        return [replace(c, name=f"{start}-{c.name}") for c in training_charts(pd.DataFrame(rows), keys)]

    def parts(self) -> Sequence[Part]:
        """The rows of the table of commands, in its order."""
        made = (
            *(self._convergence, self._cost, self._transition, self._spectrum, self._targets, self._by_number),
            *(self._budgets, self._regions),
        )
        return [part() for part in made]

    def _convergence(self) -> Part:
        def step(state: Array) -> Array:
            return 0.9 * state + 0.1 * jnp.array([[0.0, 0.9], [-0.5, 0.0]]) @ jnp.tanh(state)

        found = lyapunov_spectrum(step, np.array([0.01, 0.02]), exponents=2, steps=20_000, dt=0.1).exponents
        numbers = [
            Compared(
                "two neurons, λ1", -1.0056, float(found[0]), places=4, note="exact: −1.0259; its tests expect −1.0056"
            )
        ]
        differs = (
            "There exponents are divided by a time that includes the transients, and the Jacobian of activations with "
            "gain lacks the shift, the gain and a factor of one half.",
        )
        return Part(
            "Convergence", "Exponents against the time averaged over.", self._charts("convergence"), numbers, differs
        )

    def _cost(self) -> Part:
        table = self._result("benchmark").table()
        row = table[(table["varied"] == "exponents") & (table["exponents"] == 20) & (table["neurons"] == 200)]
        ours = None if not len(row) else float(row["microseconds_a_step"].iloc[0])
        note = "its program took 467 µs on one core in float32; ours is in float64, on this machine as busy as it was"
        numbers = [Compared("µs a step, N = 200, 20 exponents", None, ours, note=note)]
        return Part("Cost and accuracy", "One quantity varied at a time.", self._charts("benchmark"), numbers)

    def _transition(self) -> Part:
        charts = [chart for name in ACTIVATIONS for chart in self._charts(f"transition-{name}", name)]
        of = "dynamic mean-field theory, continuous time"
        numbers = [
            Compared(f"λ1, N → ∞, g = {g:g}", value, mean_field_exponent(g), of=of, places=5)
            for g, value in THEORY.items()
        ]
        found = self._result("transition-tanh").summary["groups"]["random"]["crossing"]
        number = f"mean of {found['networks']} networks of {self.scale.transition} neurons that cross"
        numbers.append(
            Compared(
                "g where λ1 crosses 0, tanh", None, found["mean"], found["low"], found["high"], number, "theory: 1", 3
            )
        )
        differs = (
            "With gain 1 and shift 0, as there, the stretched tanh is tanh.",
            "Its figures give no numbers; those of theory are from the literature.",
        )
        return Part("The transition to chaos", "Weights are varied, by activation.", charts, numbers, differs)

    def _spectrum(self) -> Part:
        differs = ("Published figures are of 1,000 neurons and ten samples; no numbers are given.",)
        lead = "Spectra, entropy and dimension against σ; gains and shifts N(1, σ²/N)."
        return Part("Weights, gains and shifts, combined", lead, self._charts("spectrum"), (), differs)

    def _targets(self) -> Part:
        charts = [
            c
            for name in self._named("target")
            for c in self._charts(name, f"target {name.partition('-')[2]}".replace("-", "−"))
        ]
        return Part("Training to three targets", "Exploding (2), the edge of chaos (0), vanishing (−2).", charts)

    def _by_number(self) -> Part:
        charts = self._meta("exponents", ["exponents"], lambda name: {"exponents": int(name.rpartition("-")[2])})
        charts += self._meta("size", ["neurons"], lambda name: {"neurons": int(name.rpartition("-")[2])})
        seconds = None
        if not self.short:
            seconds = learning_figures(self.folder / "runs" / "exponents-10")["seconds_per_epoch"]
        note = "its program took 6.6 to 8.6 s; 2.8 to 3.4 s without its debugging mode"
        numbers = [Compared("s an epoch, N = 100, 10 exponents, 200 τ", None, seconds, note=note, places=2)]
        lead = "By number of exponents, and by number of neurons with a tenth of them as exponents."
        return Part("Exponents and size", lead, charts, numbers)

    def _budgets(self) -> Part:
        def of(name: str) -> dict[str, object]:
            _, budget, k = name.split("-")
            return {"budget": budget.replace("_", " "), "exponents": int(k)}

        lead = "Weights, gains and shifts with the same number of parameters."
        return Part("A fixed number of parameters", lead, self._meta("budget", ["budget", "exponents"], of))

    def _regions(self) -> Part:
        def of(name: str) -> dict[str, object]:
            region, _, part = name.removeprefix("region-").rpartition("-")
            return {"region": region, "part of the exponents": float(part)}

        charts = self._meta("region", ["region", "part of the exponents"], of)
        for name in self._named("population"):
            charts += self._charts(name, f"{name.removeprefix('population-')}, by transmitter")
        own = (self.folder / REGIONS).exists()
        other = "Circuits that premotor brings stand in for the hemibrain regions EB, PB, NO, AB and ATL"
        folder = Path(self.folder.name) / REGIONS
        differs = () if own else (f"{other}; region folders in {folder} are taken in their place.",)
        lead = "Gains and shifts of each neuron, then of each transmitter."
        return Part("Regions", lead, charts, (), differs)
