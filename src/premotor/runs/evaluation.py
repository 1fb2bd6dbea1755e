"""Tests of trained runs; of a controller its figures and a trace of everything that happened."""

import json
from typing import Any

from premotor.bodies import BackEnd
from premotor.bodies.back_ends import CPU
from premotor.errors import PremotorError
from premotor.networks import Controller
from premotor.runs.arrays import save_arrays
from premotor.runs.episodes import Episodes
from premotor.runs.files import replace_atomically, write_json
from premotor.runs.kinds import Evaluation, Figures
from premotor.runs.run import Run, Which

TEST_SEED = 2_000
"""Of the starts of test episodes; those during learning have another (`evaluation.seed`)."""


def evaluate(
    run: Run,
    episodes: int | None = None,
    seconds: float | None = None,
    *,
    seed: int | None = None,
    checkpoint: Which = "best",
    threads: int = 0,
    device: str = "cpu",
) -> Figures:
    """Test a run of any kind, without learning, in episodes that learning never saw.

    Writes the figures to ``evaluations/test.json``, what happened beside it, and returns the figures.

    Args:
        run: the run.
        episodes: how many; None: 100, and for descent on the spectrum as many states as its settings say.
        seconds: length of an episode; by default as in the run's settings.
        seed: of their starts; None: 2,000 for control, 42 for spiking agents.
        checkpoint: "best", "last", "initial" or the step of a checkpoint.
        threads: of the physics; 0 for one a core.
        device: of the physics: "cpu", whatever the run learned on, "gpu" or "warp-cpu".

    Raises:
        PremotorError: no such checkpoint, fewer than one episode, or the engine cannot be had.
    """
    return run.kind.evaluate(run, Evaluation(episodes, seconds, seed, checkpoint, threads, device))


def evaluate_controller(run: Run, test: Evaluation) -> Figures:
    """`evaluate` for a run of control: episodes side by side, with the mean action."""
    back_end = BackEnd.model_validate(run.settings.physics.model_dump() | {"device": test.device})
    episodes = 100 if test.episodes is None else test.episodes
    seed = TEST_SEED if test.seed is None else test.seed
    chosen = test_episodes(run, episodes, test.seconds, seed, test.threads, back_end)
    controller = run.controller(test.checkpoint)
    records = chosen.run(controller)
    step = run.step_of(test.checkpoint)
    figures = {"step": step, "checkpoint": str(test.checkpoint), "seed": seed, **chosen.figures(records)}
    places = run.places
    places.evaluations_folder.mkdir(exist_ok=True)
    with replace_atomically(places.trace_file) as aside:
        save_arrays(aside, records, _metadata(run, chosen, controller, step))
    write_json(places.test_file, figures)
    return figures


def test_episodes(
    run: Run, episodes: int, seconds: float | None, seed: int, threads: int, back_end: BackEnd = CPU
) -> Episodes:
    """The episodes of a test; PremotorError for none of them or no time."""
    seconds = run.settings.evaluation.seconds if seconds is None else seconds
    if episodes < 1:
        raise PremotorError(f"episodes is {episodes}; at least 1 is needed")
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
    if seed < 0:
        raise PremotorError(f"seed is {seed}; it must be 0 or more")
    return Episodes(run.task(), episodes, seconds, seed, threads, back_end)


def _metadata(run: Run, chosen: Episodes, controller: Controller, step: int) -> dict[str, str]:
    """What names the columns of the trace, as JSON texts."""
    named: dict[str, Any] = {
        "action_names": chosen.task.action_names,
        "observation_names": chosen.task.observation_names,
        "control_period": chosen.task.control_period,
        "step": step,
        "episodes": chosen.episodes,
        "neurons": [int(n) for n in (run.circuit.ids if run.wired else range(controller.network.neurons))],
    }
    body = chosen.task.body
    if body is not None:
        named |= {"joint_names": body.joint_names, "actuator_names": body.actuator_names}
        named |= {"feet": body.feet, "body": body.name}
    return {name: json.dumps(value) for name, value in named.items()}
