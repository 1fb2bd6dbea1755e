"""Runs in the peers' environment: Gymnasium's Walker2d-v5, and Stable-Baselines3 learning on it.

Reads one JSON request a line from standard input and writes one JSON answer a line.
"""

import json
import os
import sys
import time
from typing import Any

ENVIRONMENT = "Walker2d-v5"


def versions() -> dict[str, str]:
    """What is installed."""
    from importlib.metadata import version

    names = ("gymnasium", "mujoco", "numpy", "sb3-contrib", "stable-baselines3", "torch")
    import torch

    found = {name: version(name) for name in names}
    return found | {"python": sys.version.split()[0], "torch_threads": str(torch.get_num_threads())}


def model_file() -> str:
    """Path of the model."""
    import gymnasium

    return gymnasium.make(ENVIRONMENT).unwrapped.fullpath


def record(steps: int, seed: int) -> list[dict[str, Any]]:
    """Random actions and what came of them; an episode that ends is followed by the next one."""
    import gymnasium
    import numpy as np

    environment = gymnasium.make(ENVIRONMENT)
    random = np.random.default_rng(seed)
    script: list[dict[str, Any]] = []
    begin = True
    for _ in range(steps):
        row: dict[str, Any] = {}
        if begin:
            environment.reset(seed=int(random.integers(2**31)))
            data = environment.unwrapped.data
            row |= {"qpos": data.qpos.tolist(), "qvel": data.qvel.tolist()}
        action = random.uniform(-1, 1, environment.action_space.shape)
        observation, reward, terminated, truncated, _ = environment.step(action)
        row |= {
            "action": action.tolist(),
            "observation": observation.tolist(),
            "reward": float(reward),
            "terminated": bool(terminated),
        }
        script.append(row)
        begin = terminated or truncated
    return script


class Peers:
    """The vector environments and learners that were asked for, by name."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def vector(self, name: str, environments: int, kind: str) -> list[int]:
        """Make a vector environment; shape of its observations."""
        from stable_baselines3.common.env_util import make_vec_env
        from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

        classes = {"DummyVecEnv": DummyVecEnv, "SubprocVecEnv": SubprocVecEnv}
        self._made[name] = made = make_vec_env(ENVIRONMENT, environments, seed=0, vec_env_cls=classes[kind])
        made.reset()
        return list(made.observation_space.shape)

    def random(self, name: str, steps: int) -> int:
        """Step a vector environment under random actions; steps in all environments together."""
        import numpy as np

        environment = self._made[name]
        shape = (steps, environment.num_envs, *environment.action_space.shape)
        for action in np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32):
            environment.step(action)
        return steps * environment.num_envs

    def quicker(self, environments: int, steps: int) -> dict[str, float]:
        """Steps a second under random actions of each kind of vector environment; the best of three."""
        rates = {}
        for kind in ("DummyVecEnv", "SubprocVecEnv"):
            self.vector(kind, environments, kind)
            self.random(kind, steps)
            times = []
            for _ in range(3):
                start = time.perf_counter()
                self.random(kind, steps)
                times.append(time.perf_counter() - start)
            self._made.pop(kind).close()
            rates[kind] = environments * steps / min(times)
        return rates

    def learner(self, name: str, algorithm: str, environments: int, kind: str, options: dict[str, Any]) -> int:
        """Make a learner; control steps of one of its iterations."""
        from sb3_contrib import RecurrentPPO
        from stable_baselines3 import PPO

        self.vector(name, environments, kind)
        make, policy = {"PPO": (PPO, "MlpPolicy"), "RecurrentPPO": (RecurrentPPO, "MlpLstmPolicy")}[algorithm]
        self._made[name] = made = make(policy, self._made[name], device="cpu", seed=0, **options)
        return made.n_steps * environments

    def learn(self, name: str, iterations: int) -> int:
        """Iterations of learning, roll-out and update; steps in all environments together."""
        made = self._made[name]
        before = made.num_timesteps
        made.learn(iterations * made.n_steps * made.n_envs, reset_num_timesteps=False)
        return made.num_timesteps - before


def main() -> None:
    """Answer requests until there are none."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    peers = Peers()
    known = {
        "versions": versions,
        "model_file": model_file,
        "record": record,
        **{name: getattr(peers, name) for name in ("vector", "random", "quicker", "learner", "learn")},
    }
    for line in sys.stdin:
        arguments = json.loads(line)
        answer = known[arguments.pop("request")](**arguments)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
