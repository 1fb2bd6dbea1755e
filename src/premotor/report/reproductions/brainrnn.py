"""BrainRNN: a network wired as a fly's leg circuit is trained by PPO to walk on Gymnasium's BipedalWalker."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from premotor.connectome import Circuit, load_circuit
from premotor.connectome.layers import colour_layers, layer_numbers
from premotor.files import read_json, write_json
from premotor.report.bipedal import portraits
from premotor.report.comparing import read_comparison
from premotor.report.comparison_report import ComparisonRecord, TheComparison
from premotor.report.lesions import lesion_bars
from premotor.report.reproductions.base import REPRODUCTIONS, Compared, Part, Reproduction
from premotor.report.reproductions.walker_figures import (
    excerpt_charts,
    layered_matrix,
    run_charts,
    run_numbers,
    sequence_losses,
    walk_numbers,
)
from premotor.report.style import Chart, drawn
from premotor.runs import BipedalTask
from premotor.runs.arrays import Arrays, load_arrays, save_arrays
from premotor.runs.episodes import Episodes
from premotor.runs.evaluation import TEST_SEED, lesion_rows
from premotor.runs.loading import load_experiment
from premotor.runs.run import Run
from premotor.runs.sequence import SequenceSettings, learn_sequence
from premotor.runs.shipping import shipped
from premotor.studies.comparison import compare

CIRCUIT = "fly-leg"
LEG: dict[str, object] = {"circuit.source": CIRCUIT, "evaluation.lesions": False}
AS_THEN: dict[str, object] = {
    "network.kind": "layered",
    "maps.inputs.count": 29, "maps.outputs.count": 29,
    "maps.action_std": 0.1, "learning.action_std": [0.1, 0.1],
    "learning.discount": 0.95, "learning.discount_end": None,
    "learning.reward_clip": None, "learning.reward_clip_end": None, "learning.average": None,
    "task.reference": "bipedal", "task.least_speed": None, "task.speed_limit": None, "task.effort_cost": 0.0,
    "task.reward.environment": 0.0, "task.reward.imitation": 0.9, "task.reward.goal": 0.1, "task.reward.fall": 5.0,
    "task.reward.imitate": "actions",
    "stop.score": None,
}  # fmt: skip
"""The project's example of a batch script (``exp_wI09_wG01_in02_out02_std01_gamma095_act``) in our settings: imitation
of actions 0.9, goal 0.1, a fifth of the neurons for input and for output, noise of 0.1, a discount of 0.95."""
BUDGET: dict[str, object] = {
    "learning.discount_end": 0.9923, "learning.reward_clip_end": 13.6, "learning.action_std": [0.5, 0.27],
    "task.effort_cost": 0.0, "evaluation.confirm": 0, "evaluation.episodes": 20, "stop.score": None,
}  # fmt: skip
"""Of a third of the preset's steps: schedules end where those of the preset are by then."""
WALKERS = {
    "bipedal": "by the environment's reward",
    "bipedal-imitation": "by imitation of a recorded lunge",
    "bipedal-walk": "on legs that pass each other",
}
"""Shipped controllers, each also a preset."""
TAUGHT = ("bipedal-imitation", "bipedal-walk")
"""Those that are trained anew from the start; the first one is among the runs of the null models."""
THEN = "as the project trained it"


class Scale(NamedTuple):
    """Episodes, seeds, null models, and settings of trainings by their name."""

    episodes: int
    """Of each shipped controller's test."""
    lesions: int
    """Episodes with each group of synapses silenced."""
    seconds: float | None
    """Of those episodes; None: as long as in learning."""
    seeds: int
    nulls: tuple[str, ...]
    baselines: tuple[str, ...]
    tested: int
    """Episodes of the test of each run that is trained."""
    sequence: int
    """Iterations of the network on its own."""
    null_seeds: Mapping[str, int]
    """Seeds beside null models, by kind of network."""
    settings: Mapping[str, Mapping[str, object]]


@REPRODUCTIONS.register("brainrnn")
class BrainRNN(Reproduction):
    """The project's plots of references, phases and training, and what its log never showed: walks, and null models."""

    title = "A network wired as a fly's leg circuit learns to walk"
    citation = (
        "BrainRNN, a semester project: its program, its plots and its recorded walk; the circuit is the standard leg "
        "premotor circuit of Cheong et al. (2024), eLife, from the MANC connectome."
    )
    short_form = (
        "Controllers that come with premotor walk 4 episodes of 8 s in place of 100 of 32 s, and every training is cut "
        "to some 4,000 steps of millions, one seed and one null model: it shows that all works, not what is reached."
    )

    @property
    def scale(self) -> Scale:
        """Episodes, seeds, null models, and settings of trainings by their name."""
        if self.short:
            brief: dict[str, object] = {
                "learning.steps": 4096, "learning.environments": 32, "evaluation.every_steps": 4096,
                "evaluation.episodes": 4, "evaluation.confirm": 0, "evaluation.seconds": 4.0,
            }  # fmt: skip
            taught: dict[str, object] = {"cloning.iterations": 20, "cloning.rounds": 0}
            settings = dict.fromkeys(("then", "null models", "layered"), brief) | dict.fromkeys(TAUGHT, brief | taught)
            return Scale(4, 2, 8.0, 1, ("rewired",), (), 4, 60, {"rate": 1, "layered": 1}, settings)
        two: dict[str, object] = {"learning.steps": 2_000_000}
        return Scale(
            episodes=100, lesions=50, seconds=None, seeds=3, nulls=("rewired", "shuffled_weights", "random_graph"),
            baselines=("mlp", "gru"), tested=100, sequence=400, null_seeds={"rate": 5, "layered": 4},
            settings={"then": two, "null models": two | BUDGET, "layered": two | BUDGET, **dict.fromkeys(TAUGHT, {})},
        )  # fmt: skip

    def stages(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """The network alone, walks of what is shipped, then trainings."""
        scale = self.scale
        then = {**AS_THEN, **scale.settings["then"]}
        return (
            ("the network on its own, on a sine", lambda: self.sequence),
            ("controllers that come with premotor, and what each group of their synapses is worth", self._walk),
            (f"trained {THEN}", lambda: self._train("then", "bipedal", then, scale.seeds)),
            *(
                (f"trained {WALKERS[name]}", partial(self._train, name, name, scale.settings[name], scale.seeds))
                for name in TAUGHT
            ),
            ("null models, rate network", lambda: self._nulls("null models", "rate")),
            ("null models, layered network", lambda: self._nulls("layered", "layered")),
        )

    def _train(
        self,
        name: str,
        preset: str,
        settings: Mapping[str, object],
        seeds: int,
        nulls: Sequence[str] = (),
        baselines: Sequence[str] = (),
    ) -> None:
        compare(
            preset,
            null=nulls,
            nulls=1 if nulls else None,
            baselines=baselines,
            circuits=(),
            seeds=seeds,
            jobs=self.jobs,
            episodes=self.scale.tested,
            output=self.folder / "runs" / name,
            overrides={**LEG, **settings},
            progress=False,
        )

    def _nulls(self, name: str, kind: str) -> None:
        scale = self.scale
        baselines = scale.baselines if kind == "rate" else ()
        settings = scale.settings[name] if kind == "rate" else {**scale.settings[name], "network.kind": kind}
        self._train(name, "bipedal", settings, scale.null_seeds[kind], scale.nulls, baselines)

    @property
    def sequence(self) -> pd.DataFrame:
        """Loss at each iteration, and the error of the phase before and after learning, by kind of network."""

        def make() -> pd.DataFrame:
            rows = []
            for kind in ("layered", "rate"):
                experiment = load_experiment("bipedal", {"circuit.source": CIRCUIT, "network.kind": kind})
                found = learn_sequence(experiment, SequenceSettings(iterations=self.scale.sequence))
                told = {"kind": kind, "before": found["error_before"], "after": found["error"]}
                rows += [{**told, "iteration": k, "loss": loss} for k, loss in enumerate(found["loss"], start=1)]
            return pd.DataFrame(rows)

        return self.table("sequence", make)

    def _walk(self) -> None:
        for name in WALKERS:
            self.walked(name)

    def walked(self, name: str) -> tuple[dict[str, object], Arrays, list[dict[str, object]]]:
        """Of a shipped controller: figures of test episodes, what happened in the first, and lesions."""
        place = self.folder / "tests" / name
        files = [place / kept for kept in ("test.json", "first.safetensors", "lesions.json")]
        if not files[-1].exists():  # the last to be written
            place.mkdir(parents=True, exist_ok=True)
            held, scale = shipped(name), self.scale
            chosen = Episodes(held.task, scale.episodes, scale.seconds, TEST_SEED)
            records = chosen.run(held.controller)
            write_json(files[0], chosen.figures(records))
            first = {key: records[key][:, :1] for key in ("observation", "action", "alive", "phase") if key in records}
            save_arrays(files[1], first | {"time": records["time"]})
            few = Episodes(held.task, scale.lesions, scale.seconds, TEST_SEED)
            write_json(files[2], lesion_rows(few, held.controller, held.circuit.neurons))
        return read_json(files[0]), load_arrays(files[1]), read_json(files[2])

    @cached_property
    def circuit(self) -> Circuit:
        """The leg circuit."""
        return load_circuit(CIRCUIT)

    def rows(self, name: str) -> pd.DataFrame:
        """The runs of a training, one row each."""
        return read_comparison(self.folder / "runs" / name)

    def best(self, name: str) -> Run:
        """The run of a training with the highest score."""
        rows = self.rows(name)
        place = int(rows["score"].to_numpy(float).argmax())
        return Run(self.folder / "runs" / name / "runs" / str(rows["name"].iloc[place]))

    def parts(self) -> Sequence[Part]:
        """The graph, the network alone, the recording, the walks, then trainings."""
        return (self._graph(), self._alone(), self._recording(), self._walks(), self._as_then(), self._learned(),
                *(self._compared(name) for name in ("null models", "layered")))  # fmt: skip

    def _graph(self) -> Part:
        neurons, wires = self.circuit.neurons, self.circuit.synapses.tocoo()
        motor = (neurons["class"] == "motor").to_numpy()
        sign = neurons["sign"].to_numpy()[wires.row]
        place = layer_numbers(self.circuit, colour_layers(self.circuit))
        layers = [np.flatnonzero(place == number) for number in range(int(place.max()) + 1)]
        counted = (
            ("neurons", 143, len(neurons)), ("interneurons", 93, int((~motor).sum())),
            ("motor neurons", 50, int(motor.sum())), ("edges of five synapses and more", 1624, wires.nnz),
            ("synapses", 52_288, int(wires.data.sum())), ("edges onto motor neurons", 527, int(motor[wires.col].sum())),
            ("edges from interneurons onto motor neurons", 520, int((motor[wires.col] & ~motor[wires.row]).sum())),
            ("excitatory edges", 818, int((sign > 0).sum())), ("inhibitory edges", 801, int((sign < 0).sum())),
            ("edges of unknown sign", 5, int((sign == 0).sum())), ("layers", 12, len(layers)),
            ("neurons of the first layer", 15, len(layers[0])),
        )  # fmt: skip
        numbers = [Compared(what, published, ours, places=0) for what, published, ours in counted]
        table = pd.DataFrame({"layer": range(1, len(layers) + 1), "neurons": [len(layer) for layer in layers]})
        caption = "Neurons in the order of their layers; excitation is orange, inhibition blue."
        shown = [Chart("graph", "The graph in its layers", caption, table, drawn(layered_matrix, self.circuit, layers))]
        differs = (
            "There initial weights were written over the mask of the graph, so that it constrained nothing, and signs "
            "were random; here each synapse keeps its place and the sign of its presynaptic neuron.",
        )
        return Part("The graph", "The circuit of the left front leg, and its layers.", shown, numbers, differs)

    def _alone(self) -> Part:
        table = self.sequence
        numbers = []
        for kind, rows in table.groupby("kind", sort=False):
            for when in ("before", "after"):
                what = f"error of the phase {when} learning, {kind} network, rad"
                numbers.append(
                    Compared(what, None, float(rows[when].iloc[0]), of="new sines", note="chance: 1.81", places=2)
                )
        caption = "Mean squared error of sine and cosine of the phase at each step of descent."
        shown = [
            Chart("sequence", "Learning to tell the phase of a sine", caption, table, drawn(sequence_losses, table))
        ]
        return Part("The network on its own", "On sequence data, outside of any body.", shown, numbers)

    def _recording(self) -> Part:
        numbers, shown = [], []
        for walker, name, then in (("bipedal", "lunge", True), ("bipedal-walk", "even stride", False)):
            task = shipped(walker).task
            assert isinstance(task, BipedalTask) and task.reference is not None
            reference = task.reference
            motion = task.leg_motion(reference.observations)
            contact = motion.contacts.mean(0)
            of = f"the reference of {walker}"
            told = (
                ("speed, m/s", 4.47, reference.speed, 2), ("stride, s", 0.357, reference.stride_period, 3),
                ("foot 1 on the ground, %", 33.0, 100 * contact[0], 0),
                ("foot 2 on the ground, %", 53.0, 100 * contact[1], 0),
            )  # fmt: skip
            numbers += [
                Compared(f"{name}: {what}", value if then else None, float(ours), of=of, places=places)
                for what, value, ours, places in told
            ]
            stride = reference.stride
            shown.append(
                Chart(
                    f"reference-{walker}",
                    f"The {name}, reference of {walker}: phase portraits",
                    "The whole recording; dashed: its mean stride.",
                    pd.DataFrame(np.rad2deg(motion.angles), columns=["hip_1", "knee_1", "hip_2", "knee_2"]),
                    drawn(portraits, motion.angles, motion.rates, stride.angles, stride.rates),
                )
            )
        differs = (
            "Its recording is of an expert that is not on record; our lunge is of one that premotor trained. "
            "In neither do the legs pass each other. In the even stride, of Gymnasium's hand-written walker, they do.",
        )
        return Part("The recorded walk", "What is imitated.", shown, numbers, differs)

    def _walks(self) -> Part:
        numbers: list[Compared] = []
        shown: list[Chart] = []
        for name, how in WALKERS.items():
            figures, first, rows = self.walked(name)
            of = f"{figures['episodes']} test episodes of {name}"
            numbers += walk_numbers(f"shipped, {how}: ", [figures], of)
            shown += excerpt_charts(name, f"{name}, {how}", first, shipped(name).task)
            cut = [row for row in rows if row["name"] != "intact"]
            intact = next(row for row in rows if row["name"] == "intact")
            bars = drawn(lesion_bars, cut, intact, float("nan"))
            caption = "Episodes with the synapses of each group at zero, nothing learned again. Line: nothing silenced."
            shown.append(Chart(f"lesions-{name}", f"{name}: each group of synapses", caption, pd.DataFrame(rows), bars))
        differs = (
            "In the project's log no configuration learned to walk: every run ended standing, falling or buzzing.",
            "What each of these needed is told in the results of the documentation.",
        )
        lead = "Controllers with this wiring that come with premotor, tested anew."
        return Part("Walks", lead, shown, numbers, differs)

    def _as_then(self) -> Part:
        rows, run = self.rows("then"), self.best("then")
        numbers = run_numbers(rows, run.folder.parent, f"{THEN}: ")
        differs = (
            "Settings as in its example of a batch script, in our program: what made its mask, gradients and hidden "
            "states wrong is mended, observations are normalised, and signs are held.",
            "How long it trained is not on record.",
        )
        lead = "Imitation of recorded actions 0.9, goal 0.1, a fifth of the neurons for input and for output."
        return Part("As the project trained it", lead, run_charts("then", THEN, run), numbers, differs)

    def _learned(self) -> Part:
        numbers: list[Compared] = []
        shown: list[Chart] = []
        for name in TAUGHT:
            run = self.best(name)
            numbers += run_numbers(self.rows(name), run.folder.parent, f"trained anew {WALKERS[name]}: ")
            shown += run_charts(f"learned-{name}", f"{name}, trained anew", run)
        return Part("Trained anew", "The presets of these controllers, from the start.", shown, numbers)

    def _compared(self, name: str) -> Part:
        record = ComparisonRecord.read(self.folder / "runs" / name)
        kind = "rate" if name == "null models" else "layered"
        numbers = []
        for wiring in record.wirings:
            returns = record.rows["return"][record.rows["wiring"] == wiring].astype(float)
            of = f"mean (least to most) of {len(returns)} runs"
            numbers.append(
                Compared(
                    f"return of the {kind} network, {wiring.replace('_', ' ')}",
                    None,
                    returns.mean(),
                    returns.min(),
                    returns.max(),
                    of,
                )
            )
        charts = [
            Chart(f"{name.replace(' ', '-')}-{chart.name}", chart.title, chart.caption, record.rows, chart.draw)
            for chart in TheComparison().charts(record)
        ]
        differs = ("The project compared no other wirings.", "Gymnasium counts a mean return of 300 as solved.")
        lead = "The same training for the connectome, null models of it, and networks without one."
        return Part(f"Is it this wiring? The {kind} network", lead, charts, numbers, differs)
