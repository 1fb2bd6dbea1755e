"""The kind "control": a network, a task and a learner; PPO, DDPG and all others that learn in copies of a task."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from premotor.networks import is_baseline
from premotor.runs.figures import Figures
from premotor.runs.hooks import UserFunctions, refuse_hooks
from premotor.runs.kinds import KINDS, Adopted, Arrays, Evaluation, Kind
from premotor.runs.settings import Experiment

if TYPE_CHECKING:
    from premotor.connectome import Circuit
    from premotor.runs.control_work import Learning
    from premotor.runs.playing import Video
    from premotor.runs.run import Run, Which
    from premotor.runs.run_folder import RunFolder
    from premotor.runs.senses import Senses


@KINDS.register("control")
class Control(Kind[Experiment]):
    """A controller that learns a task by one of `LEARNERS`."""

    settings = Experiment
    other_tasks = True
    figures = ("score", "walks", "crawls", "swims", "reverses", "survived", "speed", "speed_error", "success", "return")
    unit = "control steps"
    required = ("circuit", "initial/controller.safetensors")

    def anchor(self, data: dict[str, object], folder: Path) -> None:
        """circuit.source, task.reference, task.body, network.initial, initial; a file of maps.loop is read."""
        from premotor.runs.loading import anchor_initial, anchor_path, read_loop

        maps = data.get("maps")
        if isinstance(maps, dict) and isinstance(maps.get("loop"), str):
            data["maps"] = {**maps, "loop": read_loop(folder / Path(maps["loop"]).expanduser())}
        for section, key in (("circuit", "source"), ("task", "reference"), ("task", "body"), ("network", "initial")):
            anchor_path(data, section, key, folder)
        anchor_initial(data, folder)

    def verify(self, settings: Experiment) -> None:
        """As the task says."""
        settings.task.verify()

    def wiring(self, settings: Experiment) -> str:
        """The connectome, or the kind of a network without one."""
        return "connectome" if self.wired(settings) else str(settings.network.kind)

    def wired(self, settings: Experiment) -> bool:
        """Whether the network is no baseline."""
        return not is_baseline(settings.network.kind)

    def baseline(self, settings: Experiment, network: str) -> dict[str, object]:
        """Another `network.kind`."""
        return {"network.kind": network}

    def lesioned(self, settings: Experiment) -> bool:
        """Where there are synapses of a circuit, and the settings do not say otherwise."""
        return self.wired(settings) and settings.evaluation.lesions

    def total(self, settings: Experiment) -> int:
        """Control steps."""
        return int(settings.learning.steps)

    def start(self, settings: Experiment) -> Arrays | None:
        """What `network.initial` names."""
        from premotor.runs.building import starting_arrays

        found = starting_arrays(settings)
        return None if found is None else dict(found)

    def work(
        self,
        settings: Experiment,
        circuit: "Circuit | None",
        start: Arrays | None,
        places: "RunFolder",
        hooks: UserFunctions | None = None,
    ) -> "Learning":
        """Learning in copies of the task."""
        from premotor.runs.control_work import Learning

        refuse_hooks(hooks, self.name)
        assert circuit is not None
        return Learning(settings, circuit, start)

    def adopt(self, settings: Experiment, circuit: "Circuit | None", parent: "Run", which: "Which") -> Adopted:
        """Parts of a controller by the names of neurons, observations and actions."""
        from premotor.runs.warm_start import adopt_from_run

        return adopt_from_run(settings, circuit, parent, which)

    def evaluate(self, run: "Run[Experiment]", test: Evaluation) -> Figures:
        """Episodes with the mean action; writes ``test.json`` and ``trace.safetensors``."""
        from premotor.runs.evaluation import evaluate_controller

        return evaluate_controller(run, test)

    def lesions(self, run: "Run[Experiment]", test: Evaluation, types: bool = False) -> list[Figures] | None:
        """Every group of synapses of a network that is no plain one."""
        from premotor.runs.evaluation import silence_synapses

        if not run.wired:
            return None
        return silence_synapses(
            run,
            min(test.episodes or 100, 50),
            test.seconds,
            types=types,
            **({} if test.seed is None else {"seed": test.seed}),
            checkpoint=test.checkpoint,
            threads=test.threads,
        )

    def senses(self, run: "Run[Experiment]", test: Evaluation) -> "Senses | None":
        """Every group of senses of a body."""
        from premotor.runs.senses import cut_senses

        if run.task().body is None:
            return None
        return cut_senses(
            run,
            min(test.episodes or 100, 50),
            test.seconds,
            **({} if test.seed is None else {"seed": test.seed}),
            checkpoint=test.checkpoint,
            threads=test.threads,
        )

    def play(self, run: "Run[Experiment]", video: "Video", test: Evaluation) -> Path:
        """The body or the environment, with the activity of the network below."""
        from premotor.runs.playing import play_to_video, player

        seed = {} if test.seed is None else {"seed": test.seed}
        shown = player(run.folder, test.checkpoint)
        return play_to_video(shown, video.file, video.seconds, **seed, every=video.every, speed=video.speed)

    def verdict(self, run: "Run[Experiment]", figures: Figures) -> str:
        """Falls, speed, return or score."""
        return verdict(figures, run.speed_unit)

    def scores(self, folder: Path) -> dict[str, float]:
        """Figures of the test, and the best evaluation."""
        from premotor.runs.run import Run

        run = Run(folder)
        return super().scores(folder) | {"evaluation": float(run.best["score"]), "steps": float(run.step)}


MEDIA = (("water", "swims"), ("agar", "crawls"))
"""What an undulating body can be tested in, and how it should move there."""


def verdict(figures: Figures, unit: str = "m/s") -> str:
    """What a test found, in one line."""
    step = f"the {figures['checkpoint']} controller (step {figures['step']:,})"
    parts = []
    if figures.get("walks") is not None:
        parts.append(_walking(figures))
    if figures.get("frequency_water") is not None or figures.get("frequency_agar") is not None:
        parts += [_moving(figures, *each) for each in MEDIA if figures.get(f"frequency_{each[0]}") is not None]
    elif figures.get("crawls") is not None:
        crawling = round(figures["crawls"] * figures["episodes"])
        parts.append(
            f"crawls in {crawling} of {figures['episodes']} episodes ({figures['frequency']:.2f} Hz, wavelength "
            f"{figures['wavelength']:.2f} L, amplitude {figures['amplitude']:.2f} L)"
        )
    if figures.get("reverses") is not None and figures.get("advances") is not None:
        parts.append(
            f"reverses in {100 * figures['reverses']:.0f}% of the episodes in which it goes forward and its head is "
            f"touched, advances in {100 * figures['advances']:.0f}% of those backward and at the tail; coils in "
            f"{100 * figures['coils']:.0f}% of all"
        )
    if figures.get("index") is not None:
        there = round(figures["reaches"] * figures["episodes"])
        parts.insert(
            0,
            f"chemotaxis index {figures['index']:.2f} (at most 0 for what does not feel the source), comes to the "
            f"source in {there} of {figures['episodes']} episodes",
        )
    if figures.get("survived") is not None:
        upright = round(figures["survived"] * figures["episodes"])
        parts.append(f"no fall in {upright} of {figures['episodes']} episodes of {figures['seconds_per_episode']:g} s")
    both = [way for way in ("forward", "backward") if figures.get(f"speed_{way}") is not None]
    if both:  # the mean of two ways says nothing
        parts += [
            f"where {way} is commanded {figures[f'crawls_{way}']:.0%} crawl, at {figures[f'speed_{way}']:.2f} {unit}"
            for way in both
        ]
    elif figures.get("speed") is not None and figures.get("command") is not None:
        error = f", off by {100 * figures['speed_error']:.1f}%" if figures.get("speed_error") is not None else ""
        parts.append(f"{figures['speed']:.2f} {unit} where {figures['command']:.2f} {unit} was commanded{error}")
    elif figures.get("speed") is not None:
        parts.append(f"{figures['speed']:.2f} {unit}")
    if figures.get("speed_ratio") is not None:
        parts.append(f"{figures['speed_ratio']:.0%} of the reference's speed")
    if figures.get("speed_ratio") is not None and figures.get("joint_rmse") is not None:
        parts.append(f"joints {math.degrees(figures['joint_rmse']):.1f}° off after alignment")
    if figures.get("stride_frequency") is not None and figures.get("reference_stride_frequency") is not None:
        reference = figures["reference_stride_frequency"]
        own = figures.get("joint_frequency") or figures["stride_frequency"]  # a foot may touch twice in a stride
        parts.append(f"{own:.2f} strides a second (reference {reference:.2f})")
    if figures.get("tripod_index") is not None:
        parts.append(f"tripod index {figures['tripod_index']:.2f} (1: a tripod)")
    if figures.get("success") is not None:
        reached = round(figures["success"] * figures["episodes"])
        parts.append(f"at the aim at the end of {reached} of {figures['episodes']} episodes")
    if figures.get("return_sd") is not None:
        parts.append(f"return {figures['return']:.1f} ± {figures['return_sd']:.1f} in {figures['episodes']} episodes")
    elif figures.get("earned") is not None:
        parts.append(f"return {figures['earned']:.1f} ± {figures['earned_sd']:.1f}")
    elif figures.get("score") is not None and figures.get("index") is None:
        parts.append(f"score {figures['score']:.3f}")
    return f"{step}: {'; '.join(parts)}"


def _moving(figures: Mapping[str, float], medium: str, gait: str) -> str:
    """How many episodes in a medium are swimming or crawling, and their figures."""
    return (
        f"{medium}: {gait} in {figures[gait]:.0%} ({figures[f'frequency_{medium}']:.2f} Hz, wavelength "
        f"{figures[f'wavelength_{medium}']:.2f} L, {figures[f'speed_{medium}']:.2f} L/s)"
    )


def _walking(figures: Figures) -> str:
    """How many episodes are a walk, and what the most frequent of the others is."""
    walking = round(figures["walks"] * figures["episodes"])
    others = [(name, count) for name, count in figures["gaits"].items() if name != "walks"]
    found = f"walks in {walking} of {figures['episodes']} episodes"
    if others:
        name, count = max(others, key=lambda pair: pair[1])
        found += f" ({name} in {count})"
    return found
