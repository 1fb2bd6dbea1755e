"""The walk preset learns to walk, with the wiring that it was given (minutes: `make test-slow`)."""

from pathlib import Path

import pytest

from premotor.runs import evaluate, silence_synapses, train


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_worm_s_wiring_learns_to_walk(tmp_path: Path, seed: int) -> None:
    run = train("walk", output=tmp_path / "walk", overrides={"seed": seed}, progress=False, finish=False)
    figures = evaluate(run, episodes=100, seconds=10)
    assert figures["survived"] >= 0.95
    assert abs(figures["speed"] / figures["command"] - 1) < 0.1
    rows = {row["name"]: row for row in silence_synapses(run, episodes=50)}
    silenced = rows["interneuron → interneuron"]
    assert silenced["score"] < 0.5 * figures["score"]
