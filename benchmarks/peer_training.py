"""Training steps a second of Stable-Baselines3 and of SBX; runs in the peers' own environment, which has no premotor.

One line of JSON on standard output for every line on standard input: {"name": steps a second, …} of one round.
"""

import argparse
import json
import sys
import time

import gymnasium
import numpy as np
import sbx
import torch
from sb3_contrib import RecurrentPPO
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv


def main() -> None:
    """Build both learners, then time one roll-out and its update of each, round by round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--environments", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--actions", type=int, default=0, help="print the parity record of so many actions first")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.actions:
        print(json.dumps(parity(options.actions)), flush=True)
    makers = [lambda: gymnasium.make("Walker2d-v5")] * options.environments
    learners = {
        "sb3 PPO": PPO("MlpPolicy", DummyVecEnv(makers), n_steps=256, device="cpu"),
        "SBX PPO": sbx.PPO("MlpPolicy", DummyVecEnv(makers), n_steps=256),
        "sb3 RecurrentPPO": RecurrentPPO("MlpLstmPolicy", SubprocVecEnv(makers), n_steps=128, device="cpu"),
    }
    for line in sys.stdin:
        del line
        rates = {}
        for name, learner in learners.items():
            steps = learner.n_steps * options.environments
            began = time.perf_counter()
            learner.learn(steps, reset_num_timesteps=False)
            rates[name] = steps / (time.perf_counter() - began)
        print(json.dumps(rates), flush=True)


def parity(actions: int) -> dict[str, object]:
    """States, observations and rewards under a fixed script of actions."""
    environment = gymnasium.make("Walker2d-v5").unwrapped
    environment.reset(seed=0)
    script = np.random.default_rng(0).uniform(-1, 1, (actions, 6)) * 0.3
    start = {"qpos": environment.data.qpos.tolist(), "qvel": environment.data.qvel.tolist()}
    observations, rewards = [], []
    for action in script:
        observation, reward, *_ = environment.step(action)
        observations.append(observation.tolist())
        rewards.append(float(reward))
    return {**start, "actions": script.tolist(), "observations": observations, "rewards": rewards,
            "model": environment.fullpath}  # fmt: skip


if __name__ == "__main__":
    main()
