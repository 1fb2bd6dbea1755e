"""How it learned."""

import numpy as np

from premotor.report.learning_figures import inside, progress
from premotor.report.number_format import count, decimal, duration, large, percent
from premotor.report.page import Block, Missing, Picture, Section, Text
from premotor.report.reading import RunRecord, number


def learning_section(record: RunRecord) -> Section:
    """Learning curves, from the log of iterations and the evaluations on the way."""
    blocks: list[Block] = []
    metrics, evaluations = record.metrics, record.evaluations
    if not len(metrics):
        missing = Missing("No iteration of learning has ended yet; continue the run with", record.command("resume"))
        return Section("How it learned", [missing])
    best_step = None if record.best is None else number(record.best, "step")
    blocks.append(
        Picture(
            progress(metrics, evaluations, best_step),
            "Progress",
            "Above: mean over the episodes that ended in an iteration, exploration included (faint), and "
            "its running mean over a twentieth of the run. Below: deterministic evaluations of the mean "
            "action, always from the same starts; the band is the 95% Wilson interval of the fraction and "
            "the standard deviation of the speed or return over episodes. The dashed line marks the evaluation with "
            "the best score, whose controller is kept and is the one that everything below shows.",
        )
    )
    if not len(evaluations):
        blocks.append(Missing("No evaluation was run during learning (evaluation.every_steps)."))
    blocks.append(Text(_story(record)))
    blocks.append(
        Picture(
            inside(metrics),
            "Inside the learner",
            "Each iteration's value (faint) and its running mean over a twentieth of the run."
            + (
                " The divergence is the mean Kullback–Leibler divergence of the new policy from the one that acted. "
                "Explained variance is that of the critic; 1 is perfect."
                if "kl" in metrics
                else " The critic's value is that of the actions in the memory, in units of the reward."
            ),
        )
    )
    return Section(
        "How it learned",
        blocks,
        lead=f"{record.run.settings.learning.kind.upper()}, {large(metrics['steps'].iloc[-1])} control "
        f"steps in {count(len(metrics), 'iteration')}, {duration(metrics['seconds'].iloc[-1])}.",
    )


def _story(record: RunRecord) -> str:
    metrics = record.metrics
    speed = metrics["steps_per_second"].median() if "steps_per_second" in metrics else float("nan")
    parts = [f"The median iteration ran at {decimal(speed, 0)} control steps a second, updates included."]
    if record.best is not None:
        best = record.best
        found = []
        for key, words in (("survived", "without a fall"), ("success", "at the aim at their end")):
            if np.isfinite(number(best, key)):
                episodes = count(number(best, "episodes"), "episode")
                found.append(f"{percent(number(best, key))} of its {episodes} {words}")
        if np.isfinite(number(best, "speed")):
            found.append(f"at {decimal(number(best, 'speed'))} {record.speed_unit}")
        parts.append(
            f"The best evaluation, after {large(number(best, 'step'))} steps, scored "
            f"{decimal(number(best, 'score'), 3)}{': ' if found else ''}{', '.join(found)}."
        )
    finished = record.run.finished
    total = record.run.settings.learning.steps
    reasons = {
        "steps": f"Learning ended after all of its {large(total)} steps.",
        "score": "Learning ended early, since an evaluation reached the score asked for (stop.score).",
        "minutes": "Learning ended by the clock (stop.minutes).",
    }
    parts.append(reasons.get(finished or "", f"Learning has not ended: {large(total)} steps are planned."))
    return " ".join(parts)
