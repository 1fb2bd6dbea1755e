"""Episodes with the mean action, all of them side by side, and what is recorded of them."""

import warnings
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from premotor.analysis import gait_of, hexapod_gait, walks_of
from premotor.analysis.chemotaxis import chemotaxis_figures
from premotor.analysis.gait import CHATTER, SHORTEST_EPISODE
from premotor.analysis.undulation import MOST_COILED, coiled, tangents, undulation_figures
from premotor.bodies import BackEnd
from premotor.bodies.back_ends import CPU
from premotor.networks import Controller, Prepared
from premotor.runs.figures import Figures
from premotor.tasks import Task, build_environment

Records = dict[str, np.ndarray]
"""Arrays of an evaluation with T control steps and E episodes.

`time` (T,) s, `action` (T, E, actions), `reward` (T, E), `alive` (T, E) 1 until the episode ended, `terminated` (E,)
whether it ended before its time, `rates` (T, neurons) of the first episode, and what the environment records. Physics:
`qpos` (T, E, positions), `qvel` (T, E, velocities), `contact` (T, E, feet) 0 or 1; of muscles on tendons `activation`
(T, E, activations); where the task has them, `command` (E,), `phase` and `heading` (T, E) rad. Gymnasium: `observation`
(T, E, observations). A row holds the state at its time and the action that was chosen there.
"""

PER_EPISODE = ("command", "terminated")
LEGS = ("left_front", "left_mid", "left_hind", "right_front", "right_mid", "right_hind")
OF_ALL = ("time", "rates")
"""What has no axis for episodes."""


def joined(one: Records, other: Records) -> Records:
    """The records of two tests of one controller as those of a single test of all their episodes."""
    axis = {name: 0 if name in PER_EPISODE else 1 for name in one}
    return {name: a if name in OF_ALL else np.concatenate([a, other[name]], axis[name]) for name, a in one.items()}


class Episodes:
    """The same episodes for any controller of a task: same starts, same commands, mean action.

    An episode that has ended stays ended: what its world does afterwards is not counted.

    Args:
        task: the task; a body's time limit is set aside, so that an episode ends by a fall or after `seconds`.
        episodes: how many.
        seconds: length, s; None: the task's own time limit.
        seed: of their starts.
        threads: of the physics; 0 for one a core.
        back_end: the engine of the physics.
    """

    def __init__(
        self,
        task: Task,
        episodes: int,
        seconds: float | None,
        seed: int,
        threads: int = 0,
        back_end: BackEnd = CPU,
    ):
        task = task.tested()
        self.task = task
        self.episodes = episodes
        wanted = task.time_limit - task.settling if seconds is None else max(1, round(seconds / task.control_period))
        if task.body is not None:
            # The last row holds the state at `seconds`, so that a fall in the last step counts.
            self.steps = wanted + 1
            task.time_limit = self.steps + task.settling + 1
        else:
            self.steps = min(wanted, task.time_limit)
        self.seconds = (self.steps - (task.body is not None)) * task.control_period
        self._environment = build_environment(task, episodes, threads=threads, seed=seed, back_end=back_end)
        self._beginning = self._environment.snapshot()

    def run(
        self,
        controller: Controller,
        watch: Callable[[dict[str, np.ndarray]], None] | None = None,
        felt: Callable[[np.ndarray], np.ndarray] = lambda observation: observation,
    ) -> Records:
        """All episodes with `controller`; `watch` is called with what is recorded of each control step at once.

        `felt` makes of the observations (episodes, observations) what reaches the controller.
        """
        environment, count = self._environment, self.episodes
        environment.restore(self._beginning)
        observation = environment.reset()
        product = prepare(controller)
        state = controller.initial_state(count)
        for _ in range(environment.task.settling):  # the body is held: nothing to be recorded
            state, chosen = act(controller, product, state, felt(observation))
            observation = environment.step(np.clip(np.asarray(chosen), -1.0, 1.0)).observation
        rows: dict[str, list[np.ndarray]] = {}
        alive, terminated = np.ones(count, bool), np.zeros(count, bool)
        for _ in range(self.steps):
            state, chosen = act(controller, product, state, felt(observation))
            action = np.asarray(chosen)
            if not environment.discrete:
                action = np.clip(action, -1.0, 1.0)
            rates = np.asarray(state[: controller.network.neurons, 0])
            now = environment.recorded() | {"action": action, "alive": alive, "rates": rates}
            step = environment.step(action)
            now["reward"] = np.where(alive, step.reward, 0)
            if watch is not None:
                watch({"observation": np.asarray(observation), **now})
            for name, value in now.items():
                rows.setdefault(name, []).append(np.array(value, np.float32))
            terminated |= alive & np.asarray(step.terminated)
            alive = alive & ~np.asarray(step.terminated) & ~np.asarray(step.truncated)
            observation = step.observation
            if not alive.any():
                break
        records = {name: np.stack(values) for name, values in rows.items()}
        rest = self.steps - len(records["alive"])  # rows after every episode has ended: nothing happens in them
        for name in set(records) - set(PER_EPISODE):
            ended = np.zeros_like if name in ("alive", "reward") else np.copy
            last = ended(records[name][-1:])
            records[name] = np.concatenate([records[name], np.repeat(last, rest, axis=0)])
        if "command" in records:
            records["command"] = records["command"][0]
        records["terminated"] = terminated.astype(np.float32)
        records["time"] = np.arange(self.steps, dtype=np.float32) * np.float32(self.task.control_period)
        return records

    def figures(self, records: Records, gait: bool = True) -> Figures:
        """What the task counts as success, the mean return, and with `gait` how the feet and joints move."""
        figures: Figures = {
            "episodes": records["alive"].shape[1],
            "seconds_per_episode": self.seconds,
            "return": float(records["reward"].sum(0).mean()),
            **self.task.metrics(records),
        }
        waves = self.task.undulation_parts(records)
        if waves is not None and waves.touched is None:
            figures |= undulation_figures(*waves[:4], self.task.control_period, waves.medium)
        elif waves is not None:  # no episode is one movement, but of each is seen whether the body crosses itself
            figures["coils"] = float((coiled(tangents(waves.yaw, waves.bends)) > MOST_COILED).mean())
        if waves is not None and waves.source is not None:  # whose score counts in place of that of crawling
            figures |= chemotaxis_figures(*waves[:3], waves.source, waves.region, self.task.control_period)
        parts = self.task.gait_parts(records) if gait else None
        if parts is not None:
            period, alive = self.task.control_period, records["alive"]
            debounce = CHATTER if self.task.debounce is None else self.task.debounce
            whole = gait_of(
                parts.contact,
                parts.angles,
                records["action"],
                period,
                position=parts.position,
                alive=alive,
                reference=parts.reference,
                chatter=debounce,
            )
            figures |= {name: value for name, value in whole.figures().items() if name != "episodes"}
            if parts.legs is not None and parts.fallen is not None:
                legs = ("contact", "legs", "fallen", "position", "height", "power", "merit")
                measured = {name: getattr(parts, name) for name in legs}
                figures |= walks_of(**measured, control_period=period, alive=alive, chatter=debounce)
            if parts.contact.shape[-1] == 6:
                figures |= _tripod(parts.contact, period, alive, self.task.debounce or 0.0)
        return {name: _plain(value) for name, value in figures.items()}


@eqx.filter_jit
def prepare(controller: Controller) -> Prepared:
    """The linear part of a controller's network, for many calls of `act`."""
    return controller.product()


@eqx.filter_jit
def act(
    controller: Controller, product: Prepared, state: jax.Array, observation: np.ndarray
) -> tuple[jax.Array, jax.Array]:
    """The next state and the action, as `Controller.select_action`, compiled once for all of these shapes."""
    return controller.select_action(product, state, jnp.asarray(observation))


def _tripod(contact: np.ndarray, period: float, alive: np.ndarray, debounce: float) -> dict[str, float]:
    """What only six legs have, means over the episodes that lasted a second.

    `phase_A_B`: of the touch-down of leg B in the stride of leg A, circular mean, for all pairs; `front_asymmetry` and
    so on: of the duty factors of a pair.
    """
    rows = []
    for episode, steps in enumerate(alive.astype(bool).sum(0)):
        if steps * period >= SHORTEST_EPISODE:
            rows.append(hexapod_gait(contact[:steps, episode], period, chatter=debounce))
    values = {
        "tripod_index": np.array([row.tripod_index for row in rows]),
        "tripod_strength": np.array([row.tripod_strength for row in rows]),
        "swing": np.array([row.swing for row in rows]),
        "stance": np.array([row.stance for row in rows]),
        "ipsilateral_phase": np.array([row.ipsilateral_phase for row in rows]),
    }
    figures = {name: float(v[np.isfinite(v)].mean()) if np.isfinite(v).any() else np.nan for name, v in values.items()}
    if rows:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing: a pair that never steps
            turns = np.nanmean([np.exp(2j * np.pi * row.phases) for row in rows], axis=0)
            asymmetries = np.nanmean([row.asymmetries for row in rows], axis=0)
        figures |= {f"{pair}_asymmetry": float(asymmetries[i]) for i, pair in enumerate(("front", "mid", "hind"))}
        phases = np.angle(turns) / (2 * np.pi) % 1.0
        figures |= {f"phase_{LEGS[j]}_{LEGS[i]}": float(phases[i, j]) for i in range(6) for j in range(i)}
    return figures


def _plain(value: object) -> object:
    """Numbers as JSON can hold them: what does not exist (NaN) is null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value
