"""``import premotor`` is quick, loads no heavy library and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import premotor

PROBE = """
import json, sys, time
start = time.perf_counter()
import premotor
seconds = time.perf_counter() - start
heavy = {"jax", "jaxlib", "equinox", "optax", "mujoco", "matplotlib", "pandas", "numpy", "scipy", "pydantic"}
print(json.dumps({"seconds": seconds, "heavy": sorted(heavy & set(sys.modules)), "file": premotor.__file__}))
"""


@pytest.fixture(scope="module")
def probes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("import")
    environment = os.environ | {"PYTHONPATH": str(Path(premotor.__file__).parents[1])}
    command = [sys.executable, "-c", PROBE]
    runs = [
        subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    return folder, runs


def test_import_takes_less_than_half_a_second(probes):
    assert min(json.loads(run.stdout)["seconds"] for run in probes[1]) < 0.5


def test_import_loads_no_heavy_library(probes):
    assert json.loads(probes[1][0].stdout)["heavy"] == []


def test_import_is_silent_and_creates_no_file(probes):
    folder, runs = probes
    assert all(run.stderr == "" and run.stdout.count("\n") == 1 for run in runs)
    assert list(folder.iterdir()) == []
