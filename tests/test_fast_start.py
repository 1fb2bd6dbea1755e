"""Commands that compute nothing load no library that takes long to load."""

import json
import subprocess
import sys

SLOW = ("jax", "scipy", "matplotlib", "numba", "mujoco", "pandas", "pyarrow", "equinox", "gymnasium", "optuna")
PROBE = f"""
import contextlib, io, json, sys
from premotor.cli import main
for words in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = main(words.split())
    loaded = [name for name in {SLOW} if name in sys.modules]
    print(json.dumps([words, status, loaded, said.getvalue()]))
"""
COMMANDS = [
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
]


def test_what_computes_nothing_loads_nothing_slow(tmp_path, monkeypatch):
    """One process runs them all, since a library that one has loaded would show in all that follow."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    command = [sys.executable, "-c", PROBE, json.dumps([words for words, _ in COMMANDS])]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert made.stderr == ""
    found = [json.loads(line) for line in made.stdout.splitlines()]
    for (words, status), (ran, ended, loaded, said) in zip(COMMANDS, found, strict=True):
        assert (ran, ended, loaded) == (words, status, []), said
        assert said.count("\n") == (1 if status else 0), (words, said)
