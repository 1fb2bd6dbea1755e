"""Critics held against logged episodes of a good agent, without any network; and a search for their settings.

A critic teaches well where it rewards what a good agent did more than what it did not do. The task's own equations tell
what the other action would have led to, so every logged step gives two rewards.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from premotor.compiling import kernel
from premotor.errors import PremotorError
from premotor.learning.plasticity.critics import Critic, critic_of, judge
from premotor.learning.plasticity.settings import CriticSettings
from premotor.runs.spiking.records import read_test
from premotor.runs.spiking.run import SpikingRun
from premotor.runs.spiking.settings import CartPoleSettings
from premotor.studies.spaces import read_spaces
from premotor.tasks.cartpole import MOST_STEPS, cartpole_step


class LoggedSteps(NamedTuple):
    """Decided steps of logged episodes."""

    before: NDArray[np.float64]
    """(steps, 4)"""
    action: NDArray[np.int64]
    left: NDArray[np.int64]
    """Steps that the episode still lasted, (steps,)."""
    complete: NDArray[np.bool_]
    """Whether the episode reached the limit of 500 steps, (steps,)."""


def logged_steps(runs: Sequence[SpikingRun]) -> LoggedSteps:
    """The steps of the recorded tests of one or more runs, undecided moves left out.

    Raises:
        PremotorError: a run without a recorded test, one of another task than CartPole, or no decided step at all.
    """
    parts: list[tuple[NDArray, ...]] = []
    for run in runs:
        if not isinstance(run.settings.task, CartPoleSettings):
            raise PremotorError(f"{run.folder} is not of CartPole; what another action leads to is known there only")
        record = read_test(run)
        ends = np.repeat(np.cumsum(record.length), record.length)
        left = ends - np.arange(len(ends))
        complete = np.repeat(record.length >= MOST_STEPS, record.length)
        decided = ~record.tie
        parts.append(
            (record.observation[decided], record.action[decided].astype(int), left[decided], complete[decided])
        )
    steps = LoggedSteps(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    if not len(steps.action):
        raise PremotorError("the recorded tests hold no decided step")
    return steps


def critic_settings(values: Mapping[str, object]) -> CriticSettings:
    """Settings of a critic, checked.

    Raises:
        PremotorError: an unknown or wrong one.
    """
    try:
        return TypeAdapter(CriticSettings).validate_python(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"][1:]) or "kind"
        raise PremotorError(f"critic.{key}: {first['msg'].removeprefix('Value error, ')}") from None


def evaluate_critic(settings: CriticSettings, steps: LoggedSteps) -> dict[str, float]:
    """Figures of a critic on logged steps, each judged on its own: what a critic remembers of others is left out.

    Returns:
        mean, reward of the actions taken; positive, the fraction of rewards above 0 among those that are not 0;
        zero, the fraction that are 0; agreement, the fraction of steps in which the action taken gets the larger reward
        (half for equal ones); contrast, mean difference of the two rewards; margin, that difference over its deviation.
    """
    if getattr(settings, "modulation", None):
        settings = settings.model_copy(update={"modulation": None})
    critic = critic_of(settings)
    taken, other = np.zeros(len(steps.action)), np.zeros(len(steps.action))
    _judge_all(critic, steps.before, steps.action, steps.before.copy(), taken)
    _judge_all(critic, steps.before, 1 - steps.action, steps.before.copy(), other)
    told = taken[taken != 0]
    difference = taken - other
    spread = difference.std()
    return {
        "mean": float(taken.mean()),
        "positive": float((told > 0).mean()) if len(told) else float("nan"),
        "zero": float((taken == 0).mean()),
        "agreement": float((difference > 0).mean() + 0.5 * (difference == 0).mean()),
        "contrast": float(difference.mean()),
        "margin": float(difference.mean() / spread) if spread > 0 else 0.0,
    }


@kernel
def _judge_all(critic: Critic, before: NDArray, action: NDArray, after: NDArray, rewards: NDArray) -> None:
    for number in range(len(action)):
        fell = cartpole_step(after[number], action[number])
        rewards[number] = judge(critic, before[number], action[number], False, after[number], fell)


def search_critic(
    steps: LoggedSteps,
    kind: str,
    search: Mapping[str, object] | Sequence[str],
    *,
    trials: int = 100,
    score: str = "agreement",
    seed: int = 0,
    most: int = 4000,
) -> pd.DataFrame:
    """Search the settings of a critic by random draws, on at most `most` of the logged steps.

    Args:
        steps: logged ones.
        kind: of the critic.
        search: where to look, by setting, as for `premotor.studies.sweeps`.
        trials: how many draws; the first is the critic as it is by default.
        score: a figure of `evaluate_critic`.
        seed: of the draws.
        most: steps, drawn at random.

    Returns:
        One row a draw, the best first: the settings and all figures.

    Raises:
        PremotorError: an unknown kind, setting or figure.
    """
    spaces = read_spaces(search)
    random = np.random.default_rng(seed)
    chosen = random.choice(len(steps.action), min(most, len(steps.action)), replace=False)
    part = LoggedSteps(steps.before[chosen], steps.action[chosen], steps.left[chosen], steps.complete[chosen])
    rows: list[dict[str, object]] = []
    for key in spaces:
        if not hasattr(critic_settings({"kind": kind}), key) or key == "kind":
            known = [name for name in type(critic_settings({"kind": kind})).model_fields if name != "kind"]
            raise PremotorError(f"a critic of kind {kind!r} has no setting {key!r}; allowed are {', '.join(known)}")
    for trial in range(trials):
        values: dict[str, object] = {}
        for key, space in spaces.items() if trial else ():
            ends = space.ends()
            if space.kind == "choice":
                values[key] = ends[int(random.integers(len(ends)))]
            elif space.log:
                values[key] = float(np.exp(random.uniform(*np.log(np.array(ends, float)))))
            else:
                values[key] = float(random.uniform(*ends))
        settings = critic_settings({"kind": kind, **values})
        figures = evaluate_critic(settings, part)
        if score not in figures:
            raise PremotorError(f"there is no figure {score!r} of a critic; allowed are {', '.join(figures)}")
        rows.append({**{key: getattr(settings, key) for key in spaces}, **figures})
    table = pd.DataFrame(rows)
    return table.sort_values(score, ascending=False, kind="stable", ignore_index=True)
