"""Environments that do what none may: in one process or in many, one sentence with name, step and value."""

import os
import threading
from contextlib import nullcontext as does_not_raise, suppress
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.tasks import GymnasiumEnvironment, GymnasiumSettings, GymnasiumTask, gymnasium_worker
from premotor.tasks.gymnasium_spaces import Spaces
from premotor.tasks.gymnasium_task import GymnasiumVectorEnvironment

MODULE = """
import os, sys, time
import gymnasium, numpy as np

class Faulty(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = gymnasium.spaces.Box(0.0, np.inf, (1,), np.float32)

    def __init__(self, fault, at=3):
        self.fault, self.at = fault, at

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        if self.at == 0:
            return self.answer()[0], {}
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.age += 1
        if self.age != self.at:
            return np.zeros(2, np.float32), 1.0, False, False, {}
        return self.answer()

    def answer(self):
        seen = np.zeros(2, np.float32)
        given = {
            "nan": (np.array([0, np.nan], np.float32), 1.0, False, False, {}),
            "inf": (np.array([np.inf, 0], np.float32), 1.0, False, False, {}),
            "grow": (np.zeros(3, np.float32), 1.0, False, False, {}),
            "shape": (np.zeros((2, 1), np.float32), 1.0, False, False, {}),
            "text": (np.array(["a", "b"]), 1.0, False, False, {}),
            "reward nan": (seen, float("nan"), False, False, {}),
            "reward inf": (seen, np.float32("inf"), False, False, {}),
            "reward array": (seen, np.ones(1), False, False, {}),
            "reward none": (seen, None, False, False, {}),
            "ends": (seen, 1.0, "no", False, {}),
            "four": (seen, 1.0, False, {}),
            "none": None,
        }
        if self.fault == "raise":
            raise KeyError("left knee")
        if self.fault == "exit":
            sys.exit(3)
        if self.fault == "hang":
            time.sleep(60)
        if self.fault == "leave":
            os._exit(3)
        if self.fault == "die":
            os.kill(os.getpid(), 9)
        return given[self.fault]

gymnasium.register("Faulty-v0", Faulty)
"""
STEP = "the environment 'faulty:Faulty-v0' "
FAULTS = {
    "nan": "observes nan as number 1 of its observation, in step 3 of an episode",
    "inf": "observes inf as number 0 of its observation, in step 3",
    "grow": "observes shape \\(3,\\); its space says \\(2,\\), in step 3",
    "shape": "observes shape \\(2, 1\\); its space says",
    "text": "observes <U1; numbers are expected",
    "reward nan": "gives the reward nan; a finite number is expected, in step 3",
    "reward inf": "gives the reward .*inf.*; a finite number",
    "reward array": "gives a reward of shape \\(1,\\)",
    "reward none": "gives the reward None",
    "ends": "gives \\['no', False\\] for terminated and truncated",
    "four": "returns 4 values; observation, reward, terminated, truncated and info are expected",
    "none": "returns a NoneType; observation",
    "raise": "raises KeyError: 'left knee', in step 3",
    "exit": "ends the program \\(SystemExit 3\\), in step 3",
    "leave": "ends the program \\(SystemExit 3\\), in step 3",
    "hang": "has not answered for 0.2 s",
}


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "faulty.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


def copies(fault: str, processes: int, at: int = 3) -> GymnasiumEnvironment:
    settings = GymnasiumSettings(
        id="faulty:Faulty-v0", options={"fault": fault, "at": at}, processes=processes, patience=0.2
    )
    return GymnasiumEnvironment(GymnasiumTask(settings), 2)


def walked(environment: GymnasiumEnvironment) -> None:
    environment.reset()
    for _ in range(4):
        environment.step(np.zeros((2, 1)))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence(fault: str) -> None:
    with pytest.raises(PremotorError, match=STEP + FAULTS[fault]):
        walked(copies(fault, 1))


@pytest.mark.parametrize("fault", ["nan", "raise", "hang", "leave"])
def test_a_fault_of_a_worker_is_the_same_sentence(fault: str) -> None:
    with pytest.raises(PremotorError, match=STEP + FAULTS[fault]):
        walked(copies(fault, 2))


@pytest.mark.parametrize("who", ["thread", "child", "asked"])
def test_only_what_is_asked_is_kept_from_leaving(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread of ours that gives up, or a process that the environment forks, ends as ever."""
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    monkeypatch.setattr(gymnasium_worker, "_EXIT", left.append)

    def leave() -> None:
        with suppress(SystemExit):  # the real one would not come back
            os._exit(7)

    class Leaving(gymnasium.Env):
        observation_space = action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)

        def reset(self, **options: object) -> tuple[np.ndarray, dict]:
            if who == "thread":
                thread = threading.Thread(target=leave)
                thread.start()
                thread.join()
                return np.zeros(1, np.float32), {}
            if who == "child":
                monkeypatch.setattr(os, "getpid", lambda: -1)
            os._exit(7)

    expected = does_not_raise() if who == "thread" else pytest.raises(PremotorError, match="SystemExit 7")
    with expected:
        gymnasium_worker.Checked(Leaving(), "leaving").reset()
    assert left == ([] if who == "asked" else [7])
    os._exit(8)
    assert left[-1] == 8  # and everything does, once it has answered


def test_a_worker_that_dies_is_a_sentence() -> None:
    with pytest.raises(PremotorError, match="a process that steps the environment .* was ended by signal 9"):
        walked(copies("die", 2))


@pytest.mark.parametrize(("fault", "message"), [("nan", "observes nan"), ("grow", "shape"), ("raise", "KeyError")])
def test_a_start_is_looked_at_as_well(fault: str, message: str) -> None:
    with pytest.raises(PremotorError, match=f"{message}.*at the start of an episode"):
        walked(copies(fault, 1, at=0))


def test_a_vector_environment_of_its_own_is_looked_at() -> None:
    from gymnasium.vector import SyncVectorEnv

    def vector(num_envs: int, **options: object) -> SyncVectorEnv:
        return SyncVectorEnv([lambda: gymnasium.make("Faulty-v0", disable_env_checker=True, **options)] * num_envs)

    import faulty  # type: ignore[import-not-found]  # noqa: F401

    gymnasium.register("FaultyVector-v0", "faulty:Faulty", vector_entry_point=vector)
    try:
        for fault, message in (("nan", "observes nan in copy 0, 3 steps"), ("raise", "raises KeyError")):
            task = GymnasiumTask(GymnasiumSettings(id="FaultyVector-v0", options={"fault": fault}, vectorization="own"))
            environment = GymnasiumVectorEnvironment(task, 2)
            environment.reset()
            with pytest.raises(PremotorError, match=message):
                for _ in range(4):
                    environment.step(np.zeros((2, 1)))
    finally:
        gymnasium.registry.pop("FaultyVector-v0")


def test_actions_stay_within_every_kind_of_bounds() -> None:
    draws = np.random.default_rng(0)
    seen = gymnasium.spaces.Box(-1, 1, (2,))
    for case in range(300):
        kind = draws.choice([np.float32, np.float64])
        low, high = np.sort(draws.normal(0, 10.0 ** draws.integers(-3, 6), (2, 5)), 0).astype(kind)
        low[draws.random(5) < 0.4] = -np.inf
        high[draws.random(5) < 0.4] = np.inf
        if case % 5 == 0:
            low[0], high[0] = np.finfo(kind).min, np.finfo(kind).max
        box = gymnasium.spaces.Box(low, high, dtype=kind)
        spaces = Spaces.of("any", seen, box)
        asked = np.vstack([draws.uniform(-1.5, 1.5, (20, 5)), np.full((1, 5), -1.0), np.full((1, 5), 1.0)])
        acted = spaces.executed(asked).astype(kind)
        assert all(box.contains(row) for row in acted), (low, high)
        both = np.isfinite(low) & np.isfinite(high) & (np.abs(low) < 1e30)
        assert np.allclose(acted[-2:, both], [low[both], high[both]])
        free = ~np.isfinite(low) & ~np.isfinite(high)
        assert np.allclose(acted[:, free], np.clip(asked[:, free], -1, 1))


@pytest.mark.parametrize(("observation", "action"), [((96, 96, 3), (1,)), ((0,), (1,)), ((2,), (0,))])
def test_spaces_in_which_no_controller_acts_are_refused(observation: tuple, action: tuple) -> None:
    boxes = [gymnasium.spaces.Box(-1, 1, shape) for shape in (observation, action)]
    with pytest.raises(PremotorError, match="no pictures|nothing in it can act"):
        Spaces.of("any", *boxes)
