"""Words that make a command of a page take seconds: the smallest learning, episodes and videos."""

_LEARNING = [
    "--threads=1",
    "--learning.steps=64",
    "--cloning.iterations=0",
    "--learning.environments=4",
    "--learning.rollout=4",
    "--learning.epochs=1",
    "--learning.minibatches=2",
    "--evaluation.every_steps=32",
    "--evaluation.episodes=2",
    "--evaluation.seconds=0.2",
]

SMALLER: dict[str, list[str]] = {
    "train": [*_LEARNING, "--episodes=2", "--no-report"],  # of all pages that train, the next commands make it
    "evaluate": ["--episodes=2", "--seconds=0.2"],
    "play": ["--seconds=0.2"],
    "compare": [*_LEARNING[1:], "--nulls=1", "--seeds=1", "--jobs=1", "--episodes=2"],
}
