"""Interrupts, terminals and names that a command may meet."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from premotor.cli.entry import interrupts_heard


class Collected:
    """Raises where Python can only ignore it."""

    def __init__(self, error):
        self.error = error

    def __del__(self):
        raise self.error


def test_an_interrupt_that_python_ignores_comes_again(capsys):
    before = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), interrupts_heard():
        Collected(KeyboardInterrupt())
        time.sleep(20)
    assert sys.unraisablehook is before and capsys.readouterr().err == ""


def test_a_terminal_without_unicode_and_names_that_are_no_text_end_in_no_traceback(tmp_path):
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/lat\xfcn")
    program = "import sys; from premotor.cli import main; print([main(['circuit', 'info', s]) for s in sys.argv[1:]])"
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    Path(folder).mkdir()
    for name in ("neurons.parquet", "connections.parquet"):
        pd.DataFrame({"id": [1, 2]}).to_parquet(tmp_path / name)
        (tmp_path / name).rename(os.path.join(folder, name))
    command = [sys.executable, "-c", program, "worm…", folder]
    shown = subprocess.run(command, capture_output=True, env=plain, check=True)
    misspelt, refused = shown.stderr.splitlines()
    assert b"worm?" in misspelt and refused.startswith(b"error: ") and b"Traceback" not in shown.stderr
    assert shown.stdout.strip() in (b"[2, 1]", b"[2, 2]")
