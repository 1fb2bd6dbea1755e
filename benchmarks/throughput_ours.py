"""What of premotor is timed: roll-outs, their physics alone, and training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
from mujoco.batch import Batch

from premotor import Run
from premotor.experiments import Experiment, load_experiment
from premotor.experiments.building import build_circuit, controller_for
from premotor.learning import ppo
from premotor.networks import Controller
from premotor.tasks import PhysicsEnvironment, Task, build_task
from throughput_measure import Contestant

MAPS: dict[str, dict[str, Any]] = {
    "fly-cpg": {
        "maps.inputs.neurons": {"class": "descending"},
        "maps.inputs.minimum_hops": 0,
        "maps.outputs.neurons": {"class": "interneuron"},
    }
}
"""Inputs and outputs of circuits that name no motor neurons of their own."""


class Recorder:
    """Physics that also writes down what is done to it: controls, steps, and the states that resets make."""

    def __init__(self, physics: Any):
        self._physics = physics
        self.rows: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._physics, name)

    def set_control(self, control: np.ndarray) -> None:
        """As the physics does."""
        self._physics.set_control(control)
        self.rows.append(("control", self._physics.control.copy()))

    def step(self, substeps: int = 1) -> None:
        """As the physics does."""
        self._physics.step(substeps)
        self.rows.append(("step", substeps))

    def set_state(self, ids: np.ndarray, *state: np.ndarray) -> None:
        """As the physics does."""
        self._physics.set_state(ids, *state)
        self.rows.append(("state", (ids, self._physics.snapshot()["state"][ids])))


class Replay:
    """The physics of a recorded roll-out and nothing else: `mujoco.batch.Batch` under the same controls.

    Both so step the same states (walking, stumbling, lying), which differ much in what they cost.
    """

    def __init__(self, environment: PhysicsEnvironment, run: Callable[[], int]):
        physics = environment.physics
        self._start = physics.snapshot()["state"]
        recorder = Recorder(physics)
        environment.physics = recorder
        self._steps = run()
        environment.physics = physics
        self._rows = recorder.rows
        self._end = physics.snapshot()["state"]
        threads = getattr(physics, "threads", 0)
        self._batch = Batch(environment.task.body.model, environment.environments, threads)
        self._control = self._batch.bind("ctrl")

    def before(self) -> None:
        """Go back to the start."""
        self._batch.state[:] = self._start

    def run(self) -> int:
        """The whole roll-out; its control steps in all environments together."""
        batch = self._batch
        for kind, value in self._rows:
            if kind == "control":
                self._control[:] = value
            elif kind == "step":
                batch.step(nstep=value)
            else:
                ids, states = value
                batch.state[ids] = states
        return self._steps

    def check(self) -> None:
        """Raise AssertionError unless the replay ended in the same states, bit for bit."""
        assert np.array_equal(self._batch.state, self._end), "the replay's physics is not that of the roll-out"


class Loop:
    """Roll-outs of a controller, exactly as learning makes them, from the same state every time."""

    def __init__(self, experiment: Experiment, task: Task, controller: Controller, trained: bool, count: int):
        self._settings, self._count = experiment.learning, count
        environments = experiment.learning.environments
        self.environment = PhysicsEnvironment(task, environments, threads=experiment.threads)
        state = ppo.initialise(controller, self.environment, self._settings, jax.random.PRNGKey(experiment.seed))
        if trained:  # what it has learnt to expect of observations stays
            state = eqx.tree_at(lambda s: s.controller, state, controller)
        for _ in range(2):  # away from the moment when all episodes are equally old
            state, _, _ = ppo._roll_out(state, self.environment, self._settings)
        self.state, self._snapshot = state, self.environment.snapshot()

    def before(self) -> None:
        """Go back to the start."""
        self.environment.restore(self._snapshot)

    def run(self) -> int:
        """Roll-outs without updates; control steps in all environments together."""
        state = self.state
        for _ in range(self._count):
            state, batch, _ = ppo._roll_out(state, self.environment, self._settings)
        jax.block_until_ready((state, batch))
        return self._count * self._settings.rollout * self._settings.environments


class Training(Loop):
    """Iterations of learning, roll-out and update, from the same state every time."""

    def run(self) -> int:
        """Iterations; control steps in all environments together."""
        state = self.state
        for _ in range(self._count):
            state, _ = ppo.iterate(state, self.environment, self._settings)
        jax.block_until_ready(state)
        return self._count * self._settings.rollout * self._settings.environments


class Alone:
    """An environment under random actions, without a controller."""

    def __init__(self, task: Task, environments: int, threads: int, steps: int):
        self.environment = PhysicsEnvironment(task, environments, threads=threads)
        self.environment.reset()
        shape = (steps, environments, len(task.action_names))
        self._actions = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
        self.run()
        self._snapshot = self.environment.snapshot()

    def before(self) -> None:
        """Go back to the start."""
        self.environment.restore(self._snapshot)

    def run(self) -> int:
        """Control steps in all environments together."""
        for action in self._actions:
            self.environment.step(action)
        return self._actions.shape[0] * self._actions.shape[1]


def pair(section: str, name: str, work: Alone | Loop) -> tuple[list[Contestant], Replay]:
    """Some work and the physics in it alone, to be timed in turns."""
    work.before()
    replay = Replay(work.environment, work.run)
    raw = f"physics of “{name}” alone"
    timed = [
        Contestant(section, raw, replay.run, replay.before),
        Contestant(section, name, work.run, work.before, against=raw),
    ]
    return timed, replay


def experiment_of(source: str, environments: int, threads: int) -> Experiment:
    """The walk preset with another circuit, number of environments and of threads."""
    changes = {"circuit.source": source, "learning.environments": environments, "threads": threads}
    if environments % 4:
        changes["learning.minibatches"] = 1
    return load_experiment("walk", changes | MAPS.get(source, {}))


def untrained(experiment: Experiment, task: Task | None = None) -> tuple[Task, Controller]:
    """The task of an experiment, or another one, and the controller for it before learning."""
    task = task or build_task(experiment.task)
    return task, controller_for(build_circuit(experiment.circuit), task, experiment)


def named(source: str) -> str:
    """What to call a circuit in a table: its name, or that of its folder."""
    return Path(source).name


def trained(folder: str) -> tuple[str, Task, Controller]:
    """Name, task and best controller of a run folder."""
    run = Run(folder)
    return named(run.settings.circuit.source), run.task(), run.controller("best")
