"""The rule by which scripts/worm_tables.py compares an ablation with what was published."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from premotor import load_circuit

NAMES = ("speed", "amplitude", "turning", "bend", "bias", "head")


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    path = Path(__file__).parents[1] / "scripts" / "worm_tables.py"
    spec = importlib.util.spec_from_file_location("worm_tables", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(tables: ModuleType, **factors: float):
    """Eight episodes whose measures are 1 to 1.07, times a factor each; `bias` is what is given."""
    base = 1 + 0.01 * np.arange(8)
    measures = {name: base * factors.get(name, 1.0) for name in NAMES}
    return tables.Found(measures | {"bias": 0.01 * (base - 1.035) + factors.get("bias", 0.0)})


@pytest.mark.parametrize(
    ("types", "factors", "said"),
    [
        ("DB VB", {"speed": 0.4}, "agrees"),
        ("DB VB", {"speed": 0.6}, "not"),
        ("DD VD", {"amplitude": 0.8}, "agrees"),
        ("DD VD", {"amplitude": 0.95}, "partly"),
        ("DD VD", {"speed": 0.2}, "not"),
        ("AS", {"bias": -0.2, "bend": 0.8}, "agrees"),
        ("SMD", {"turning": 1.5}, "agrees"),
        ("SMB", {"amplitude": 0.8}, "not"),
        ("VC", {}, "agrees"),
        ("VC", {"speed": 1.3}, "partly"),
    ],
)
def test_the_verdict_follows_the_rule(tables: ModuleType, types: str, factors: dict[str, float], said: str) -> None:
    published = next(each for each in tables.PUBLISHED if each.types == types)
    assert tables.verdict(found(tables), found(tables, **factors), published) == said


def test_a_change_that_episodes_do_not_share_is_none(tables: ModuleType) -> None:
    intact, other = found(tables), found(tables)
    other.measures["amplitude"] = other.measures["amplitude"] + np.array([3, -2, 3, -2, 3, -2, 3, -2])
    assert not tables.met(intact, other, "amplitude", "higher")


def test_twelve_ablations_are_of_types_that_there_are(tables: ModuleType) -> None:
    types = set(load_circuit("celegans").neurons["type"])
    assert len(tables.PUBLISHED) == 12
    assert {name for each in tables.PUBLISHED for name in each.types.split()} <= types
