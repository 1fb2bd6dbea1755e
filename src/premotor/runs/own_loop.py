"""A trained controller for a loop of one's own: NumPy arrays in and out, nothing compiled."""

import os
from collections.abc import Iterable
from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.networks import Controller, PerturbedNetwork, forward_pass, positions_of
from premotor.runs.playing import Player, player
from premotor.runs.settings import Condition
from premotor.runs.shipping import shipped_names
from premotor.tasks import PhysicsTask, Task
from premotor.tasks.gymnasium_spaces import SpacedTask

Neurons = Iterable[int] | None
"""Ids of neurons; units of a network without a circuit by their number from 0."""


def load_controller(source: str | os.PathLike[str]) -> "LoadedController":
    """A controller for a loop of one's own, from ``RUN`` (its best) or ``RUN@CHECKPOINT``, or a preset's trained one.

    Raises:
        PremotorError: no such run, checkpoint or preset, a run without a controller of a body (a spiking agent, a
            measurement), or a network that defines no `numpy_step`.
    """
    shown = trained(source)
    return LoadedController(shown.controller, shown.task, shown.circuit, os.fspath(source))


def trained(source: str | os.PathLike[str]) -> Player:
    """What ``RUN`` (its best), ``RUN@CHECKPOINT`` or the name of a preset with a trained controller stands for.

    Raises:
        PremotorError: no such run, checkpoint or preset, or a run without a controller of a body.
    """
    name = os.fspath(source)
    place, at, which = name.rpartition("@")
    if not at or os.path.isdir(name):
        place, which = name, "best"
    if not os.path.isdir(place) and place not in shipped_names():
        raise PremotorError(
            f"{place} is neither a run folder nor a preset with a trained controller; there are "
            f"{', '.join(shipped_names())}"
        )
    if not os.path.isdir(place) and which != "best":
        raise PremotorError(f"{name}: a controller of the package has no checkpoints; name it as {place}")
    return player(place, which)


class LoadedController:
    """A controller that acts step by step in somebody else's loop, for one body or many copies.

    Observations are raw, in the order and units of the task that it learned (`observations`); actions lie in [−1, 1]
    (`actions`). One `step` lasts `control_period` seconds. What is silenced, driven and recorded holds for all copies.

    Args:
        controller: the trained one.
        task: what it learned.
        circuit: its wiring; None for a network without one.
        name: what to call it.

    Raises:
        PremotorError: its network defines no `numpy_step`.
    """

    def __init__(self, controller: Controller, task: Task, circuit: Circuit | None = None, name: str = ""):
        self.name, self.task, self.circuit = name, task, circuit
        self.controller = controller
        self.observation_names, self.action_names = controller.observation_names, controller.action_names
        self.control_period = task.control_period
        """Time that one step lasts, s."""
        self.discrete = isinstance(task, SpacedTask) and task.spaces.discrete
        """Whether actions are preferences, of which the largest is executed."""
        neurons = controller.network.neurons
        self._silent, self._drive = np.zeros(neurons, bool), np.zeros(neurons, np.float32)
        self._rest = np.asarray(controller.rest_state, np.float32)[:, None]
        self._recorded: np.ndarray | None = None
        self._rows: list[np.ndarray] = []
        self._state = self._rest
        self.forward = forward_pass(controller)
        """From state (rows, copies) and observation (copies, observations) to the next state and the action, not
        clipped."""
        self.reset()

    def __repr__(self) -> str:
        """One line: what it is, and how much goes in and out."""
        kind = self.controller.network.settings.model_fields["kind"].default
        return (
            f"LoadedController({self.name!r}: {self.task.name}, network {kind} of {len(self._silent):,} neurons, "
            f"{len(self.observation_names)} observations → {len(self.action_names)} actions every "
            f"{self.control_period * 1e3:g} ms)"
        )

    @property
    def observations(self) -> pd.DataFrame:
        """One row an observation: mean and standard deviation in learning, and the bounds to which it is clipped."""
        normal = self.controller.normalizer
        raw = self.controller.fixed_maps or self.controller.loop is not None
        mean, deviation = np.asarray(normal.mean), np.sqrt(np.asarray(normal.variance))
        reach = np.full(len(mean), np.inf) if raw else normal.limit * deviation
        columns = {"mean": mean, "deviation": deviation, "low": mean - reach, "high": mean + reach}
        table = pd.DataFrame(columns, index=pd.Index(self.observation_names, name="observation"))
        return table.drop(columns=["mean", "deviation"]) if raw else table

    @property
    def actions(self) -> pd.DataFrame:
        """One row an action: its bounds, and what the task makes of them, where each is one actuator's control."""
        count = len(self.action_names)
        table = pd.DataFrame({"low": -1.0, "high": 1.0}, index=pd.Index(self.action_names, name="action"))
        if isinstance(self.task, SpacedTask) and not self.discrete:
            table["executed_low"], table["executed_high"] = self.task.spaces.low, self.task.spaces.high
        elif isinstance(self.task, PhysicsTask):
            ends = [np.asarray(self.task.control(jnp.full(count, end, jnp.float32))) for end in (-1, 1)]
            if ends[0].shape == (count,):
                table["executed_low"], table["executed_high"] = ends
        return table

    def reset(self, copies: int = 1, where: np.ndarray | None = None) -> Self:
        """Begin an episode at rest in all copies, or in those that `where` (copies,) marks; recordings begin anew.

        Raises:
            PremotorError: fewer than one copy.
        """
        if where is not None:
            self._state = np.where(np.asarray(where, bool), self._rest, self._state)
            return self
        if copies < 1:
            raise PremotorError(f"reset was asked for {copies} copies; there has to be at least 1")
        self.copies = copies
        self._state = np.repeat(self._rest, copies, axis=1)
        self._rows = []
        return self

    def step(self, observations: ArrayLike) -> np.ndarray:
        """The actions for the coming control period, in [−1, 1].

        Args:
            observations: (copies, observations), or (observations,) of a single copy.

        Returns:
            (copies, actions), or (actions,); of a task with discrete actions preferences, which have no bounds.

        Raises:
            PremotorError: another shape, or a number that is not finite.
        """
        seen = np.asarray(observations, np.float32)
        wanted = self.copies, len(self.observation_names)
        if seen.shape not in (wanted, wanted[1:]) or (seen.ndim == 1 and self.copies > 1):
            raise PremotorError(
                f"step was given observations of shape {seen.shape}; expected {wanted}: {self.copies} copies (reset) "
                f"of {', '.join(self.observation_names)}"
            )
        if not np.isfinite(seen).all():
            bad = self.observation_names[int(np.argwhere(~np.isfinite(seen))[0][-1])]
            raise PremotorError(f"step was given {bad} that is not finite")
        self._state, action = self.forward(self._state, np.atleast_2d(seen))
        if self._recorded is not None:
            self._rows.append(self._state[self._recorded].T.copy())
        if not self.discrete:
            action = np.clip(action, -1.0, 1.0)
        return action[0] if seen.ndim == 1 else action

    def predict(
        self,
        observation: ArrayLike,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: ArrayLike | None = None,
        deterministic: bool = True,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """As `predict` of Stable-Baselines3 and sb3-contrib: actions of the environment's own action space.

        Args:
            observation: (copies, observations), or (observations,).
            state: what the last call gave back; None: at rest.
            episode_start: (copies,), where an episode begins.
            deterministic: the mean action in any case; there is no other.

        Returns:
            Actions, and the state for the next call.

        Raises:
            PremotorError: observations of another size.
        """
        seen = np.asarray(observation, np.float32)
        if seen.shape[-1:] != (len(self.observation_names),) or seen.ndim > 2:
            raise PremotorError(
                f"observations have shape {seen.shape}; {len(self.observation_names)} numbers each are expected"
            )
        rows = np.atleast_2d(seen)
        now = np.repeat(self._rest, len(rows), axis=1) if state is None else np.asarray(state[0]).T
        if episode_start is not None:
            now = np.where(np.asarray(episode_start, bool).reshape(-1), self._rest, now)
        now, action = self.forward(now, rows)
        if isinstance(self.task, SpacedTask):
            action = self.task.spaces.executed(action)
            action = action[:, 0] if self.discrete else action.astype(np.float32)
        else:
            action = np.clip(action, -1.0, 1.0)
        return (action[0] if seen.ndim == 1 else action), (now.T,)

    @property
    def initial_state(self) -> np.ndarray:
        """At the start of an episode, (rows,): of the neurons, then of a loop's pools of motor units."""
        return self._rest[:, 0]

    @property
    def rates(self) -> np.ndarray:
        """Activity of every neuron now, (copies, neurons), in the order of the circuit's neuron table."""
        return self._state[: len(self._silent)].T.copy()

    def silence(self, neurons: Neurons = None, **conditions: Condition) -> int:
        """Silence neurons: they give nothing to others and nothing to the body. Returns how many are.

        Args:
            neurons: their ids.
            conditions: or conditions on the neuron table, as ``type="AVB|PVC"``.

        Raises:
            PremotorError: no such neuron.
        """
        chosen = self._chosen("silence", neurons, conditions)
        self._silent[chosen] = True
        self._perturb()
        return len(chosen)

    def drive(self, current: float, neurons: Neurons = None, **conditions: Condition) -> int:
        """Put a current into neurons until told otherwise, in the unit of their input. Returns how many.

        Raises:
            PremotorError: no such neuron, or a network that takes no drive, as its maps are its layers.
        """
        if self.controller.network.maps_are_layers:
            raise PremotorError("this network takes no drive: its maps are its first and last layer")
        chosen = self._chosen("drive", neurons, conditions)
        self._drive[chosen] = current
        self._perturb()
        return len(chosen)

    def release(self) -> None:
        """Silence and drive nothing any more."""
        self._silent[:], self._drive[:] = False, 0
        self.forward = forward_pass(self.controller)

    def record(self, neurons: Neurons = None, **conditions: Condition) -> np.ndarray:
        """From now on keep the rates of some neurons, of all where none are named; their ids."""
        everyone = np.arange(len(self._silent))
        self._recorded = self._chosen("record", neurons, conditions) if neurons is not None or conditions else everyone
        self._rows = []
        return self._recorded if self.circuit is None else self.circuit.ids[self._recorded]

    @property
    def recording(self) -> np.ndarray:
        """Rates since `record` or the last `reset`, (steps, copies, neurons) in the order that `record` gave."""
        if self._recorded is None:
            raise PremotorError(
                "nothing is recorded; record() keeps the rates of all neurons, record(type='…') of some"
            )
        return np.array(self._rows, np.float32).reshape(-1, self.copies, len(self._recorded))

    def _chosen(self, name: str, neurons: Neurons, conditions: dict[str, Condition]) -> np.ndarray:
        if (neurons is None) == (not conditions):
            raise PremotorError(f"{name} takes either ids of neurons or conditions, as {name}(type='AVB')")
        try:
            ids = [] if neurons is None else [int(neuron) for neuron in neurons]
        except (TypeError, ValueError):
            raise PremotorError(f"{name} takes a list of ids of neurons, not {neurons!r}") from None
        if self.circuit is not None:
            return positions_of(self.circuit, conditions or {"id": ids}, name)
        if conditions:
            raise PremotorError(
                f"{name}: this network has no circuit with a table of neurons; name units by their number"
            )
        chosen = np.array(ids, int)
        if not len(chosen) or not (0 <= chosen.min() <= chosen.max() < len(self._silent)):
            raise PremotorError(f"{name} names units {chosen.tolist()}; there are 0 to {len(self._silent) - 1}")
        return chosen

    def _perturb(self) -> None:
        network = PerturbedNetwork.of(self.controller.network, self._drive, self._silent)
        self.forward = forward_pass(eqx.tree_at(lambda c: c.network, self.controller, network))


class GymnasiumPolicy:
    """A controller as a policy for Gymnasium: one call a step, single environments and vectors of them alike.

    ::

        policy = GymnasiumPolicy(load_controller("bipedal"))
        observation, _ = environment.reset()
        policy.reset()
        observation, *_ = environment.step(policy(observation))

    Args:
        controller: what acts.
    """

    def __init__(self, controller: LoadedController):
        self.controller = controller
        self._state: tuple[np.ndarray, ...] | None = None
        self._begin: ArrayLike | None = None

    def reset(self, where: ArrayLike | None = None) -> None:
        """Begin an episode: everywhere, or in the copies that `where` (copies,) marks."""
        if where is None:
            self._state = None
        self._begin = where

    def __call__(self, observation: ArrayLike) -> np.ndarray:
        """The environment's own action."""
        action, self._state = self.controller.predict(observation, self._state, self._begin)
        self._begin = None
        return action
