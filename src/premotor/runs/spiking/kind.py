"""The kind "spiking": a spiking agent that learns by plasticity or is evolved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from premotor.errors import PremotorError
from premotor.runs.figures import Figures
from premotor.runs.hooks import UserFunctions, taken
from premotor.runs.kinds import KINDS, Adopted, Arrays, Evaluation, Kind
from premotor.runs.loading import anchor_initial, anchor_path
from premotor.runs.spiking.settings import CircuitWiring, SpikingExperiment, circuit_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from premotor.connectome import Circuit
    from premotor.networks.spiking.event_driven import SpikingNetwork
    from premotor.runs.checkpoints import CheckpointRecord
    from premotor.runs.playing import Video
    from premotor.runs.run import Run, Which
    from premotor.runs.run_folder import RunFolder
    from premotor.runs.settings import CircuitSettings
    from premotor.runs.spiking.run import SpikingRun
    from premotor.runs.spiking.session import SpikingWork

SCORES = (
    *("score", "mean", "median", "least", "most", "undecided", "right", "reward", "evaluation", "steps"),
    *("median_21", "median_51", "median_101", "mean_100", "episodes", "step", "iteration", "seed"),
)
"""Figures of every run."""
TEST_SEED = 42
"""Of the start states of tests, those of Gymnasium with that seed."""


@KINDS.register("spiking")
class Spiking(Kind[SpikingExperiment]):
    """A network of spiking cells between receptive fields and votes for actions."""

    settings = SpikingExperiment
    unit = "iterations"
    cut_short = True  # a block of plasticity ends with the episodes or steps that are wanted
    figures = ("score", "median", "least", "most", "undecided", "mean_100", "median_21", "median_51", "median_101")

    def anchor(self, data: dict[str, object], folder: Path) -> None:
        """wiring.circuit.source, wiring.partners, initial."""
        wiring = data.get("wiring")
        if isinstance(wiring, dict) and isinstance(wiring.get("circuit"), dict):
            inner = dict(wiring)
            anchor_path(inner, "circuit", "source", folder)
            data["wiring"] = inner
        elif isinstance(wiring, dict) and isinstance(wiring.get("partners"), str):
            data["wiring"] = {**wiring, "partners": str((folder / wiring["partners"]).resolve())}
        anchor_initial(data, folder)

    def completed(self, settings: SpikingExperiment) -> SpikingExperiment:
        """With receptive fields for the task, where the settings leave the default."""
        return settings.model_copy(update={"interface": fields_of(settings.task, settings.interface)})

    def circuit_settings(self, settings: SpikingExperiment) -> "CircuitSettings | None":
        """`wiring.circuit`."""
        return settings.wiring.circuit if isinstance(settings.wiring, CircuitWiring) else None

    def rewired(self, settings: SpikingExperiment, null: str, seed: int) -> dict[str, object]:
        """A null model of the circuit, or of the random wiring."""
        if isinstance(settings.wiring, CircuitWiring):
            return {"wiring.circuit.null": null, "wiring.circuit.null_seed": seed}
        if settings.wiring.null is not None:
            raise PremotorError(
                f"wiring.null is {settings.wiring.null!r} already; leave it null and name it with --null"
            )
        return {"wiring.null": null, "wiring.null_seed": seed}

    def drawn(self, settings: SpikingExperiment, seed: int) -> dict[str, object]:
        """Another random wiring; of a circuit, other delays."""
        return {"wiring.seed": seed}

    def rewirable(self, settings: SpikingExperiment) -> bool:
        """Always: a random wiring has null models too."""
        return True

    def other_circuit(self, settings: SpikingExperiment, source: str) -> dict[str, object]:
        """Another circuit."""
        return {"wiring.circuit.source": source}

    def lesioned(self, settings: SpikingExperiment) -> bool:
        """As `evaluation.lesions` says."""
        return settings.evaluation.lesions

    def total(self, settings: SpikingExperiment) -> int:
        """Iterations at most."""
        return settings.learning.most

    def over(self, settings: SpikingExperiment, record: "CheckpointRecord") -> bool:
        """By iterations, or by steps of the task where plasticity is given so many."""
        return settings.learning.ends(0, record.get("steps", 0)) or super().over(settings, record)

    def circuit(self, settings: SpikingExperiment) -> "Circuit | None":
        """The circuit of the wiring; None for a random one."""
        return circuit_of(settings.wiring)

    def work(
        self,
        settings: SpikingExperiment,
        circuit: "Circuit | None",
        start: Arrays | None,
        places: "RunFolder",
        hooks: UserFunctions | None = None,
    ) -> "SpikingWork":
        """Evolution or plasticity."""
        from premotor.runs.spiking.run import Arena, Hooks
        from premotor.runs.spiking.session import SpikingWork

        own = taken(hooks, Hooks, self.name)
        return SpikingWork(Arena(settings, circuit, own), None if start is None else start["weights"])

    def inherited(self, settings: SpikingExperiment, parent: "Run") -> dict[str, object]:
        """Its wiring."""
        return {"wiring": parent.settings.model_dump(mode="json").get("wiring")}

    def adopt(self, settings: SpikingExperiment, circuit: "Circuit | None", parent: "Run", which: "Which") -> Adopted:
        """The plastic weights, where the plastic synapses are the same."""
        from premotor.runs.spiking.run import Arena

        if parent.kind.name != "spiking":
            raise PremotorError(f"initial: {parent.folder} is a run of the kind {parent.kind.name}, not of spiking")
        old = self.opened(parent)
        before, now = old.network(), Arena(settings, circuit).network
        same = all(
            np.array_equal(getattr(before, part)[before.plastic], getattr(now, part)[now.plastic])
            for part in ("pre", "post")
        )
        if not same:
            counts = int(before.plastic.sum()), int(now.plastic.sum())
            return Adopted({}, (), (), (f"weights ({counts[0]:,} plastic synapses, not the same {counts[1]:,})",))
        return Adopted({"weights": old.weights(which)}, ("weights",), (), ())

    def opened(self, run: "Run[SpikingExperiment]") -> "SpikingRun":
        """With its weights, agent and arena."""
        from premotor.runs.spiking.run import SpikingRun

        return SpikingRun.of(run)

    def evaluate(self, run: "Run[SpikingExperiment]", test: Evaluation) -> dict[str, object]:
        """Episodes without plasticity; writes ``test.json`` and ``test.safetensors``."""
        from premotor.runs.spiking.evaluation import evaluate_spiking

        if test.seconds is not None:
            raise PremotorError("seconds: episodes of a spiking agent end as its task says; leave it out")
        found = evaluate_spiking(
            self.opened(run),
            100 if test.episodes is None else test.episodes,
            seed=TEST_SEED if test.seed is None else test.seed,
            checkpoint=test.checkpoint,
        )
        return dict(found)

    def verdict(self, run: "Run[SpikingExperiment]", figures: Mapping[str, object]) -> str:
        """Steps of its episodes."""
        where = "" if figures["only"] is None else f" from the start of episode {figures['only']}"
        where += " with plasticity at work" if figures["learning"] else ""
        return (
            f"{figures['checkpoint']} weights (iteration {figures['iteration']:,}), {figures['episodes']} episodes"
            f"{where}: mean {figures['mean']:.1f}, median {figures['median']:.0f}, {figures['undecided']:.1%} "
            "undecided moves"
        )

    def lesions(self, run: "Run[SpikingExperiment]", test: Evaluation, types: bool = False) -> list[Figures]:
        """Every projection from one population to another, and all synapses onto each population."""
        from premotor.files import write_json
        from premotor.runs.spiking.evaluation import try_weights
        from premotor.runs.spiking.run import Arena

        opened, seed = self.opened(run), TEST_SEED if test.seed is None else test.seed
        episodes = min(test.episodes or 100, 50)
        weights, network = opened.weights(test.checkpoint), opened.network()
        rows = []
        for name, pre, post, mask in projections(network):
            arena = Arena(run.settings, run.wiring, opened.arena.hooks)
            arena.network = replace(network, weight=np.where(mask, 0.0, network.weight))
            plastic = np.where(mask[network.plastic], 0.0, weights)
            figures = try_weights(arena, plastic, episodes, seed).figures
            kept = {key: figures[key] for key in ("score", "median", "undecided")}
            row = {"name": name, "pre": pre, "post": post, "kind": "chemical" if pre else "none"}
            rows.append(row | {"synapses": int(mask.sum()), **kept})
        write_json(run.places.lesions_file, rows)
        return rows

    def play(self, run: "Run[SpikingExperiment]", video: "Video", test: Evaluation) -> Path:
        """The task above the spikes of the network."""
        from premotor.runs.spiking.playing import play_spiking

        return play_spiking(self.opened(run), video, test)

    def looked_into(self, run: "Run[SpikingExperiment]", test: Evaluation) -> None:
        """Receptive fields, the policy as a table, and tests of checkpoints."""
        from premotor.runs.spiking.combinations import mock_combinations, stride_for
        from premotor.runs.spiking.evaluation import mock_inputs
        from premotor.runs.spiking.history import evaluate_checkpoints

        opened = self.opened(run)
        mock_inputs(opened)
        stride = stride_for(opened)
        if stride is not None:
            mock_combinations(opened, stride=stride)
        evaluate_checkpoints(opened, min(test.episodes or 100, 10), most=8)

    def score_names(self, settings: SpikingExperiment) -> tuple[str, ...]:
        """Those of the test, of rates by population, and of learning."""
        wiring = settings.wiring
        if isinstance(wiring, CircuitWiring):
            several = () if isinstance(wiring.outputs, dict) or len(wiring.outputs) < 2 else wiring.outputs
            populations = ["input", "inter", "motor", *(f"motor{action}" for action in range(len(several)))]
        else:
            populations = list(wiring.populations)
        return (*SCORES, *(f"rates.{name}" for name in populations))

    def scores(self, folder: Path) -> dict[str, float]:
        """Figures of the test with rates by population, the best evaluation, sliding medians and means of learning."""
        from premotor.runs.spiking.history import training_scores
        from premotor.runs.spiking.run import SpikingRun

        run = SpikingRun(folder)
        best = run.best
        return (
            super().scores(folder)
            | training_scores(run)
            | {"evaluation": float(best["mean"]), "steps": float(best["steps"])}
        )


def projections(network: "SpikingNetwork") -> "Iterator[tuple[str, str, str, NDArray[np.bool_]]]":
    """Groups of synapses: name, presynaptic and postsynaptic population, which synapses; the first is empty."""
    from premotor.runs.spiking.connectivity import population_names

    names = population_names(network)
    pre, post = names[network.pre], names[network.post]
    between = network.pre < network.cells
    yield "intact", "", "", np.zeros(len(pre), bool)
    yield "all recurrent", "*", "*", between
    if network.plastic.any():
        yield "all plastic", "*", "*", network.plastic.copy()
    known: Sequence[str] = [*network.populations, "inputs", *(["noise"] if len(network.noise) else [])]
    for first in known:
        for second in network.populations:
            mask = (pre == first) & (post == second)
            if mask.any():
                yield f"{first} → {second}", first, second, mask
