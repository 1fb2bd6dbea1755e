"""The measure of scripts/worm_touch.py: which command neurons a touch reaches."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from premotor.connectome import Circuit

TYPES = ("ALM", "AVM", "PLM", "AVA", "AVB")


def touched(synapses: dict[tuple[str, str], int], monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The answers of five neurons, all of which excite."""
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1] / "scripts"), *sys.path])
    table = pd.DataFrame({"id": np.arange(1, 6), "type": TYPES, "class": "interneuron", "transmitter": "acetylcholine"})
    edges = pd.DataFrame(
        [{"pre": TYPES.index(a) + 1, "post": TYPES.index(b) + 1, "count": n} for (a, b), n in synapses.items()]
    )
    return import_module("worm_touch").answers(Circuit.from_pandas(table, edges))


def test_the_way_out_counts_for_and_the_way_in_against(monkeypatch: pytest.MonkeyPatch) -> None:
    found = touched({("ALM", "AVA"): 5, ("PLM", "AVA"): 5}, monkeypatch)
    assert found["front"] > 0.1 and found["tail"] < -0.1  # both touches reach the neurons of the way back
    crossed = touched({("AVM", "AVB"): 5, ("PLM", "AVB"): 5}, monkeypatch)
    assert crossed["front"] < -0.1 and crossed["tail"] > 0.1


def test_a_touch_that_reaches_both_alike_or_none_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {("ALM", "AVA"): 5, ("ALM", "AVB"): 5, ("AVA", "AVB"): 1, ("AVB", "AVA"): 1}
    assert touched(both, monkeypatch)["front"] == pytest.approx(0, abs=1e-6)
    assert touched(both, monkeypatch)["tail"] == 0
