"""Stable-Baselines3's DDPG beside ours; runs in the peers' own environment, which has no premotor.

Reads one JSON object a line, answers one a line: {"do": "updates", "count": 200} → updates a second;
{"do": "steps", "count": 2000} → training steps a second, environment and one update each included.
"""

import argparse
import json
import sys
import time

import gymnasium
import mujoco
import numpy as np
import torch
from stable_baselines3 import DDPG
from stable_baselines3.common.noise import NormalActionNoise


class Arm(gymnasium.Env):
    """The arm-balance task on a model file, written anew: 50 Hz, 200 steps, activations from actions in [−1, 1]."""

    def __init__(self, file: str):
        self.model = mujoco.MjModel.from_xml_path(file)
        self.data = mujoco.MjData(self.model)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (6,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.steps = 0

    def seen(self) -> np.ndarray:
        """Cosine, sine and speed of each joint."""
        q, v = self.data.qpos, self.data.qvel
        return np.stack([np.cos(q), np.sin(q), v], 1).ravel().astype(np.float32)

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
        """Joint angles uniform in their range, at rest."""
        super().reset(seed=seed)
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:] = self.np_random.uniform(*self.model.jnt_range.T)
        self.steps = 0
        return self.seen(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        """20 ms."""
        activation = 0.5 * (np.clip(action, -1, 1) + 1)
        self.data.ctrl[:] = activation
        mujoco.mj_step(self.model, self.data, 10)
        self.steps += 1
        cost = (self.data.qpos**2).sum() + 0.1 * (self.data.qvel**2).sum() + 0.001 * (activation**2).sum()
        return self.seen(), -float(cost), False, self.steps >= 200, {}


def main() -> None:
    """Build the learner, fill its memory with random steps, then answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--arm", default="", help="MJCF file of the arm; Pendulum-v1 without it")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--warm-up", type=int, default=1_000)
    options = parser.parse_args()
    torch.set_num_threads(1)

    def made() -> gymnasium.Env:
        if options.arm:
            return gymnasium.wrappers.TimeLimit(Arm(options.arm), 200)
        return gymnasium.make("Pendulum-v1")

    environment = made()
    actions = environment.action_space.shape[0]
    scale = environment.action_space.high[0]
    learner = DDPG(
        "MlpPolicy",
        environment,
        batch_size=options.batch,
        learning_starts=options.warm_up,
        train_freq=1,
        gradient_steps=1,
        action_noise=NormalActionNoise(np.zeros(actions), np.full(actions, 0.2 * scale)),
        policy_kwargs={"net_arch": {"pi": [64, 64], "qf": [64, 64, 64]}},
        device="cpu",
        seed=options.seed,
    )
    learner.learn(options.warm_up)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.perf_counter()
        if asked["do"] == "updates":
            learner.train(gradient_steps=asked["count"], batch_size=options.batch)
        elif asked["do"] == "steps":
            learner.learn(asked["count"], reset_num_timesteps=False)
        took = time.perf_counter() - began
        answer = {"seconds": took, "rate": asked["count"] / took}
        if asked.get("test"):
            answer["return"] = tested(learner, made(), asked["test"])
        print(json.dumps(answer), flush=True)


def tested(learner: DDPG, environment: gymnasium.Env, episodes: int) -> float:
    """Mean return of episodes without noise."""
    total = 0.0
    for episode in range(episodes):
        observation, _ = environment.reset(seed=10_000 + episode)
        done = False
        while not done:
            action, _ = learner.predict(observation, deterministic=True)
            observation, reward, terminated, truncated, _ = environment.step(action)
            total += float(reward)
            done = terminated or truncated
    return total / episodes


if __name__ == "__main__":
    main()
