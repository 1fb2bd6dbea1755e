"""What every task keeps to, whoever wrote it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from premotor.tasks import (
    TASKS,
    PhysicsTask,
    Step,
    Task,
    TaskSettings,
    VectorEnvironment,
    View,
    build_environment,
    build_task,
)

COPIES = 4
QUIET = 1e-7
"""A reward term that never exceeds this has no effect."""

SETTINGS: dict[str, dict[str, object]] = {"gymnasium": {"id": "BipedalWalker-v3"}, "worm-touch": {"onset": (0.5, 1.0)}}
"""Of tasks that need some, or whose observations would move too late."""


def whole_episodes(kind: str) -> int:
    """Control steps in which every observation of the task has moved and its episodes may end."""
    return 40 if kind == "walk" else 160


def made(settings: TaskSettings, seed: int = 1, threads: int = 1) -> tuple[Task, VectorEnvironment]:
    """A task and some copies of it."""
    task = build_task(settings)
    return task, build_environment(task, COPIES, threads=threads, seed=seed)


def script(task: Task, steps: int) -> np.ndarray:
    """Random actions, (steps, environments, actions)."""
    return np.random.default_rng(0).uniform(-1, 1, (steps, COPIES, len(task.action_names)))


def same(one: Step, other: Step) -> None:
    """Two steps are equal bit for bit."""
    for name in ("observation", "reward", "terminated", "truncated", "final_observation"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.terms.keys() == other.terms.keys()


def check_contract(kind: str) -> None:
    """All that a task promises, on random actions; AssertionError where it breaks its word."""
    settings = TASKS.settings_class(kind)(**SETTINGS.get(kind, {}))
    task, first = made(settings)
    assert task.name == kind and task.time_limit > 0 and task.control_period > 0
    assert len(set(task.observation_names)) == len(task.observation_names) > 0 and task.action_names
    (_, again), (_, other) = made(settings, threads=2), made(settings, seed=2)
    start = first.reset()
    np.testing.assert_array_equal(start, again.reset())
    assert not np.array_equal(start, other.reset())
    assert start.shape == (COPIES, len(task.observation_names)) and np.isfinite(start).all()
    assert np.unique(start, axis=0).shape[0] == COPIES, "all episodes start alike"
    steps = whole_episodes(kind)
    actions, seen, terms, rest = script(task, steps), [start], set(), list[Step]()
    snapshot: dict[str, np.ndarray] = {}
    for number, action in enumerate(actions):
        if number == steps // 2:
            snapshot = first.snapshot()
        step = first.step(action)
        if number < steps // 2:
            same(step, again.step(action))  # the same on two threads
        else:
            rest.append(step)
        np.testing.assert_allclose(step.reward, sum(step.terms.values()), rtol=1e-5, atol=1e-6)
        assert not np.shares_memory(step.observation, seen[-1])
        seen.append(step.observation)
        terms |= {name for name, value in step.terms.items() if np.abs(value).max() > QUIET}
    constant = [name for name, s in zip(task.observation_names, np.std(np.concatenate(seen), 0), strict=True) if not s]
    assert [name for name in constant if "command" not in name] == []  # settings may fix a command
    check_reward(kind, task, settings, set(step.terms), terms)
    _, later = made(settings, threads=2)
    later.restore(snapshot)
    for action, wanted in zip(actions[steps // 2 :], rest, strict=True):
        same(wanted, later.step(action))


def check_reward(kind: str, task: Task, settings: TaskSettings, names: set[str], terms: set[str]) -> None:
    """Every weight of the reward that is not 0 changes what the same actions earn."""
    reward: Any = settings.model_dump().get("reward")
    if reward is None:
        assert terms, "nothing is ever earned"
        return
    weights = {name for name, value in reward.items() if isinstance(value, float) and value > 0}
    named = weights & names
    if isinstance(task, PhysicsTask):
        terms = terms | terms_of_poses(task)
    assert named <= terms, f"the terms {sorted(named - terms)} have no effect in {whole_episodes(kind)} steps"
    without, worlds = made(type(settings).model_validate(settings.model_dump() | {"reward": dict.fromkeys(named, 0)}))
    worlds.reset()
    for action in script(without, 3):
        step = worlds.step(action)
    assert all(np.abs(step.terms[name]).max() <= QUIET for name in named & step.terms.keys())


def terms_of_poses(task: PhysicsTask) -> set[str]:
    """Terms that are not 0 somewhere among poses with joints at the ends of their ranges, where few actions lead."""
    random, body, found = np.random.default_rng(0), task.body, set()
    start, judge = jax.jit(task.start), jax.jit(task.advance)
    low, high = np.clip(body.joint_range.T, -np.pi, np.pi)
    for number in range(8):
        begin = start(jax.random.PRNGKey(number))
        qpos = np.array(begin.qpos)
        qpos[body.actuated_qpos] = np.where(random.random(len(low)) < 0.5, low, high)
        qvel, sensors = random.normal(size=body.model.nv), random.random(body.model.nsensordata)
        action = random.uniform(-1, 1, len(task.action_names))
        terms = judge(View(*map(jnp.asarray, (qpos, qvel, sensors))), begin.memory, jnp.asarray(action)).terms
        found |= {name for name, value in terms.items() if abs(float(value)) > QUIET}
    return found
