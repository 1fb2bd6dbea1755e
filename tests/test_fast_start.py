"""Commands that compute nothing load no library that takes long to load."""

import subprocess
import sys

import pytest

SLOW = ("jax", "scipy", "matplotlib", "numba", "mujoco", "pandas", "pyarrow", "equinox", "gymnasium", "optuna")
PROBE = f"""
import sys
from premotor.cli import main
status = main(sys.argv[1:])
print([name for name in {SLOW} if name in sys.modules], status)
"""


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("--help", 0),
        ("--version", 0),
        ("train --help", 0),
        ("train wlak", 2),
        ("train walk --learning.foo 3", 2),
        ("train walk --task.kind jump", 2),
        ("train walk --circuit.null rewird", 2),
        ("train cartpole-stdp --plasticity.foo 3", 2),
        ("train arm-loop --maps.loop nowhere.yaml", 2),
        ("compare wlak", 2),
        ("sweep wlak --search seed=[1]", 2),
        ("batch walk --learning.foo 3", 2),
        ("report .", 2),
        ("resume .", 2),
        ("evaluate nowhere", 2),
        ("circuit cache", 0),
    ],
)
def test_what_computes_nothing_loads_nothing_slow(words, status, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    command = [sys.executable, "-c", PROBE, *words.split()]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert made.stdout.splitlines()[-1] == f"[] {status}", made.stderr
    assert made.stderr.count("\n") == (1 if status else 0)
