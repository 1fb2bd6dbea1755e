"""Supervised learning on sequences, through time; behaviour cloning before learning from rewards or in its place.

A controller that is taught on the reference's states alone does not know what to do in its own. In further rounds it
therefore walks itself, and the reference says what it would have done there (DAgger: Ross, Gordon and Bagnell 2011).
"""

from collections.abc import Callable, Sequence
from types import ModuleType

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from premotor.errors import PremotorError
from premotor.host_random import folded, key_rows, permutation
from premotor.learning.base import ControllerLearner
from premotor.learning.ppo_update import replay
from premotor.learning.settings import LEARNERS, CloningLearningSettings, CloningSettings
from premotor.learning.teacher import Actor
from premotor.networks import Controller, normalized
from premotor.on_device import PyTree, on_device
from premotor.tasks import Task, VectorEnvironment
from premotor.tasks.base import Expert


def fit_sequences(
    controller: Controller,
    observations: Float[Array, "steps sequences observations"],
    targets: Float[Array, "steps sequences actions"],
    key: PRNGKeyArray,
    *,
    iterations: int = 500,
    batch: int = 32,
    learning_rate: float = 3e-3,
    learning_rate_end: float | None = None,
    settling: int = 0,
    started: Bool[Array, "steps sequences"] | None = None,
) -> tuple[Controller, Float[Array, " iterations"]]:
    """Teach a controller to give `targets` along `observations`, by gradients through the whole sequence.

    Every sequence starts at rest. Signs and support are held as ever: what changes, and how fast relative to the
    rest, is the controller's own choice (`Controller.trained`, `Controller.learning_rates`).

    Args:
        controller: where to start.
        observations: raw; normalisation belongs to the controller.
        targets: the actions that are wanted.
        key: which sequences each iteration sees.
        iterations: steps of descent (Adam).
        batch: sequences of each.
        learning_rate: of the kinds of parameter with relative rate 1.
        learning_rate_end: where it goes until the last iteration, in equal ratios; None: it stays.
        settling: steps at the start of each sequence that do not count.
        started: where an episode begins within a sequence and the controller is at rest again; None: nowhere.

    Returns:
        the taught controller, and the mean squared error at each iteration.
    """
    trained = controller.trained()
    parameters, fixed = eqx.partition(controller, trained)
    last = learning_rate if learning_rate_end is None else learning_rate_end
    rates = on_device(np.geomspace(learning_rate, last, iterations), np.float32)
    begins = on_device(np.zeros(observations.shape[:2], bool)) if started is None else started
    chosen = on_device(_chosen(key, iterations, observations.shape[1], batch))
    parameters, errors = _descended(parameters, fixed, observations, targets, begins, chosen, rates, settling)
    return eqx.combine(parameters, fixed), errors


def _chosen(
    key: PRNGKeyArray, iterations: int, sequences: int, batch: int
) -> Int[Array | np.ndarray, "iterations batch"]:
    """The sequences that each iteration sees, (iterations, batch), each at most once in an iteration."""
    keys, together = key_rows(key, iterations), max(1, 2**20 // sequences)
    drawn = [permutation(keys[i : i + together], sequences)[:, :batch] for i in range(0, iterations, together)]
    library: ModuleType = np if all(isinstance(rows, np.ndarray) for rows in drawn) else jnp  # JAX's while it traces
    return library.concatenate(drawn)


@eqx.filter_jit
def _descended(
    parameters: PyTree,
    fixed: PyTree,
    observations: Array,
    targets: Array,
    begins: Array,
    chosen: Int[Array, "iterations batch"],
    rates: Array,
    settling: int,
) -> tuple[PyTree, Array]:
    """Parameters after one step of Adam a rate, and the errors; compiled once for data of one shape."""
    adam = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(eps=1e-5))
    controller = eqx.combine(parameters, fixed)
    step_sizes = eqx.filter(controller.learning_rates(), controller.trained())

    def loss(parameters: PyTree, index: Array) -> Array:
        made = eqx.combine(parameters, fixed)
        given = replay(made, made.initial_state(len(index)), observations[:, index], begins[:, index])
        return ((given - targets[:, index]) ** 2)[settling:].mean()

    def descend(carry: tuple[PyTree, PyTree], row: tuple[Array, Array]) -> tuple[tuple[PyTree, PyTree], Array]:
        (parameters, memory), (index, pace) = carry, row
        error, gradient = eqx.filter_value_and_grad(loss)(parameters, index)
        change, memory = adam.update(gradient, memory)
        parameters = jax.tree.map(lambda p, c, r: p - r * pace * c, parameters, change, step_sizes)
        return (parameters, memory), error

    carry, errors = jax.lax.scan(descend, (parameters, adam.init(parameters)), (chosen, rates))
    return carry[0], errors


def phase_sequences(
    key: PRNGKeyArray, *, steps: int, sequences: int, control_period: float, frequencies: tuple[float, float]
) -> tuple[Float[Array, "steps sequences 1"], Float[Array, "steps sequences 2"]]:
    """Sines of random frequency (Hz) and phase, and the phase of each as its sine and cosine.

    The cosine is not in the present value: a network has to hold on to what came before to tell rise from fall.
    """
    key_frequency, key_phase = jax.random.split(key)
    frequency = jax.random.uniform(key_frequency, (sequences,), minval=frequencies[0], maxval=frequencies[1])
    start = jax.random.uniform(key_phase, (sequences,), maxval=2 * jnp.pi)
    phase = start + 2 * jnp.pi * frequency * control_period * jnp.arange(steps)[:, None]
    return jnp.sin(phase)[..., None], jnp.stack([jnp.sin(phase), jnp.cos(phase)], axis=-1)


SHOWN = 600
"""Control steps that a reference which corrects a controller first walks by itself."""


def cloned(
    controller: Controller,
    task: Task,
    settings: CloningSettings,
    key: PRNGKeyArray,
    teacher: Expert | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Controller:
    """The controller after it was taught what the reference, or a `teacher` in its place, did where it was.

    `say` gets a line when a round begins, since some take minutes, and one with the error when it ends.

    Raises:
        PremotorError: the task has no reference with actions, or one that is shorter than a piece.
    """
    expert = teacher or task.expert
    known = _shown(task, settings, expert, teacher is not None)
    controller = normalized(controller, on_device(known[0]))
    for number in range(settings.rounds + 1):
        if number:
            assert expert is not None  # or nothing had been shown
            found = expert.corrections(Actor(controller), settings.round_steps, number)
            known = tuple(np.concatenate(pair, 1) for pair in zip(known, _cut(found, settings.steps), strict=True))
        felt = known[0]
        if settings.senses_cut:
            mean = np.asarray(controller.normalizer.mean)
            senses = np.isin(task.observation_names, task.senses)
            felt = deafferented(felt, senses, mean, settings.senses_cut, settings.cut_after)
        seen, wanted, started = map(on_device, (felt, *known[1:]))
        iterations = settings.round_iterations if number else settings.iterations
        lesson = f"lesson {number + 1} of {settings.rounds + 1}"
        say(f"{lesson}: {iterations:,} steps of descent on {known[2].size:,} control steps that were shown")
        controller, errors = fit_sequences(
            controller,
            seen,
            wanted,
            folded(key, 2 + number),
            iterations=iterations,
            batch=settings.batch,
            learning_rate=settings.learning_rate,
            learning_rate_end=settings.learning_rate_end if number == settings.rounds else None,
            settling=min(10, settings.steps - 1),
            started=started,
        )
        if iterations:
            say(f"{lesson}: squared error of the actions {float(np.asarray(errors)[-1]):.3g}")
    return controller


def deafferented(
    observations: Float[np.ndarray, "steps pieces observations"],
    senses: Bool[np.ndarray, " observations"],
    mean: Float[np.ndarray, " observations"],
    share: float,
    after: int,
) -> Float[np.ndarray, "steps pieces observations"]:
    """Pieces of which a share, evenly spread, feel only the mean of the `senses` from step `after` on."""
    due = np.floor(share * np.arange(observations.shape[1] + 1))
    cut = (np.arange(len(observations)) >= after)[:, None, None] & (np.diff(due) > 0)[:, None] & senses
    return np.where(cut, mean.astype(observations.dtype), observations)


def _shown(task: Task, settings: CloningSettings, expert: Expert | None, taught: bool) -> tuple[np.ndarray, ...]:
    """What the reference or expert does by itself: observations, actions and starts of episodes, (steps, pieces, …)."""
    steps = settings.steps
    if settings.rounds or taught:
        if expert is None:
            raise PremotorError(f"cloning.rounds is {settings.rounds}, but the task {task.name} corrects no controller")
        if settings.round_steps < steps:
            raise PremotorError(
                f"cloning.round_steps is {settings.round_steps}; it must be at least cloning.steps, {steps}"
            )
        return _cut(expert.corrections(None, max(SHOWN, steps), 0), steps)
    shown = task.demonstration()
    if shown is None:
        raise PremotorError(
            f"cloning.iterations is {settings.iterations}, but the task {task.name} has no reference with actions"
        )
    observations, actions = shown
    pieces = len(observations) - steps + 1
    if pieces < 1:
        raise PremotorError(f"cloning.steps is {steps}, but the reference has {len(observations)} steps")
    if observations.ndim == 3:
        return _cut((*shown, np.zeros(observations.shape[:2], bool)), steps)
    # one long episode, in pieces that overlap
    starts = np.unique(np.linspace(0, pieces - 1, min(pieces, 8 * settings.batch)).astype(int))
    index = starts + np.arange(steps)[:, None]
    return observations[index].astype(np.float32), actions[index].astype(np.float32), np.zeros(index.shape, bool)


def _cut(records: Sequence[np.ndarray], steps: int) -> tuple[np.ndarray, ...]:
    """Records side by side, (time, episodes, …), in pieces of so many steps: (steps, pieces, …), numbers in float32."""
    whole = len(records[0]) // steps
    cut = []
    for values in records:
        pieces = values[: whole * steps].reshape(whole, steps, *values.shape[1:]).swapaxes(0, 1)
        pieces = pieces.reshape(steps, -1, *values.shape[2:])
        cut.append(pieces if values.dtype == bool else pieces.astype(np.float32))
    return tuple(cut)


class CloningState(eqx.Module):
    """What cloning carries from one iteration to the next; what was shown so far is NumPy's, and grows."""

    controller: Controller
    key: jax.Array
    iteration: jax.Array
    steps: jax.Array
    observation: np.ndarray
    """(pieces, steps, observations)"""
    action: np.ndarray
    started: np.ndarray


@LEARNERS.register("cloning")
class Cloning(ControllerLearner[CloningState]):
    """Supervised learning of what a task's reference did, or of what its expert would have done (DAgger)."""

    settings_type = CloningLearningSettings

    @classmethod
    def serves(
        cls, subject: object, environment: VectorEnvironment | None, settings: CloningLearningSettings
    ) -> str | None:
        """Controllers, in tasks with an expert or with a reference whose actions are known."""
        if not isinstance(subject, Controller):
            return super().serves(subject, environment, settings)
        if environment is None:
            return None
        task = environment.task
        if task.expert is None and task.demonstration() is None:
            return f"learning.kind is cloning, but the task {task.name} has no expert and no reference with actions"
        return None

    @staticmethod
    def initialise(
        controller: Controller, environment: VectorEnvironment, settings: CloningLearningSettings, key: PRNGKeyArray
    ) -> CloningState:
        """What is shown first also sets the normalizer."""
        task = environment.task
        first = CloningSettings(steps=settings.piece, rounds=int(task.expert is not None), round_steps=settings.walk)
        seen, wanted, started = _shown(task, first, task.expert, False)
        return CloningState(
            controller=normalized(controller, on_device(seen)),
            key=key,
            iteration=on_device(0),
            steps=on_device(0),
            observation=seen.swapaxes(0, 1),
            action=wanted.swapaxes(0, 1),
            started=started.swapaxes(0, 1),
        )

    @staticmethod
    def advance(
        state: CloningState, environment: VectorEnvironment, settings: CloningLearningSettings
    ) -> tuple[CloningState, dict[str, float]]:
        """After the first iteration the controller walks, where there is an expert to correct it; then descent."""
        known: tuple[np.ndarray, ...] = (state.observation, state.action, state.started)
        number = int(state.iteration)
        expert = environment.task.expert
        if number and expert is not None:
            found = _cut(expert.corrections(Actor(state.controller), settings.walk, number), settings.piece)
            known = tuple(np.concatenate([old, new.swapaxes(0, 1)]) for old, new in zip(known, found, strict=True))
        seen, wanted, started = (on_device(part.swapaxes(0, 1)) for part in known)
        done = int(state.steps) / settings.steps
        ratio = (settings.learning_rate_end or settings.learning_rate) / settings.learning_rate
        controller, errors = fit_sequences(
            state.controller,
            seen,
            wanted,
            folded(state.key, number),
            iterations=settings.round,
            batch=settings.batch_size,
            learning_rate=settings.learning_rate * ratio**done,
            learning_rate_end=settings.learning_rate * ratio ** min(done + settings.round / settings.steps, 1.0),
            settling=min(10, settings.piece - 1),
            started=started,
        )
        steps = int(state.steps) + settings.round
        figures = {"loss": float(errors[-1]), "shown": float(seen.shape[1] * seen.shape[0])}
        taught = CloningState(controller, state.key, on_device(number + 1), on_device(steps), *known)
        return taught, figures
