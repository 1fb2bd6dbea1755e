"""Acting before an update of proximal policy optimisation, in two halves of the environments where there are two."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float

from premotor.host_random import key_rows, normal
from premotor.learning.exploration import exploration_of
from premotor.learning.ppo_acting import act, prepared
from premotor.networks import Controller, Prepared
from premotor.on_device import Numbers, on_device
from premotor.tasks import Step, VectorEnvironment
from premotor.tasks.halves import Half, halves_of, side_by_side


class Place(NamedTuple):
    """Where acting goes on from, arrays of JAX or NumPy."""

    state: Numbers
    """(rows, environments)"""
    observation: Numbers
    """(environments, observations)"""
    started: Numbers
    """Environments whose episode starts at the next step, (environments,): their neurons are then silent."""


class Row(NamedTuple):
    """A control step of all environments."""

    observation: Numbers
    action: Numbers
    mean: Numbers
    started: Numbers
    step: Step


class Rollout:
    """Acting in an environment, or in a half of it, for as many control steps as there are deviates."""

    def __init__(
        self,
        controller: Controller,
        product: Prepared,
        noise: Float[np.ndarray, "steps environments actions"],
        place: Place,
        environment: VectorEnvironment,
    ):
        self._given, self._noise = (controller, product), noise
        self._environment = environment
        self.place = place
        self.rows: list[Row] = []

    def steps(self) -> Iterator[None]:
        """Act; one turn a control step."""
        exploration = exploration_of(self._environment)
        state, observation, started = self.place
        for deviate in self._noise:
            state, action, mean = act(*self._given, state, observation, started, deviate, exploration)
            step = self._environment.step(np.asarray(action))
            self.rows.append(Row(observation, action, mean, started, step))
            observation, started = step.observation, step.terminated | step.truncated
            if step.skipped is not None:
                started = started | step.skipped
            self.place = Place(state, observation, started)
            yield

    def run(self) -> None:
        """Act to the end; a half that fails lets the other one know."""
        try:
            for _ in self.steps():
                pass
        except BaseException:
            if isinstance(self._environment, Half):
                self._environment.abandon()
            raise


def acted(
    controller: Controller, key: Array, steps: int, place: Place, environment: VectorEnvironment
) -> tuple[list[Row], Place, Array]:
    """Act in every environment for `steps` control steps; the steps, where it goes on from, and the next key.

    Two threads act in a half of the environments each, so that neither waits for the other to think or to move; numbers
    are those of one thread.
    """
    keys = key_rows(key, steps + 1)
    noise = np.asarray(normal(keys[1:], (environment.environments, len(controller.action_names))))
    product, key = prepared(controller), on_device(keys[0])
    halves = halves_of(environment)
    if halves is None:
        rollout = Rollout(controller, product, noise, place, environment)
        rollout.run()
        return rollout.rows, rollout.place, key
    whole = Place(*map(np.asarray, place))
    with halves.going_on() as sides:
        rollouts = []
        for side in sides:
            here = side.worlds
            part = Place(whole.state[:, here], whole.observation[here], whole.started[here])
            rollouts.append(Rollout(controller, product, noise[:, here], part, side))
        if halves.used and halves.side_by_side:
            side_by_side(*(rollout.run for rollout in rollouts))
        else:  # a thread at a time compiles
            for _ in zip(*(rollout.steps() for rollout in rollouts), strict=True):
                pass
            halves.used = True
    rows = [_joined(parts) for parts in zip(*(rollout.rows for rollout in rollouts), strict=True)]
    first, second = (rollout.place for rollout in rollouts)
    state = np.concatenate([first.state, second.state], axis=1)
    seen, started = (np.concatenate(parts) for parts in zip(first[1:], second[1:], strict=True))
    return rows, Place(state, seen, started), key


def _joined(parts: Sequence[Row]) -> Row:
    """A step of both halves as one; halves skip nothing."""

    def join(name: str, of_step: bool = False) -> np.ndarray:
        return np.concatenate([getattr(part.step if of_step else part, name) for part in parts])

    terms = {name: np.concatenate([part.step.terms[name] for part in parts]) for name in parts[0].step.terms}
    names = ("observation", "reward", "terminated", "truncated", "final_observation")
    step = Step(**{name: join(name, True) for name in names}, terms=terms)
    return Row(join("observation"), join("action"), join("mean"), join("started"), step)
