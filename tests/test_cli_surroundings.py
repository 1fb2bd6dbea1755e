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
    command = [sys.executable, "-m", "premotor", "circuit", "info"]
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run([*command, "worm…"], capture_output=True, env=plain, check=False)
    assert shown.returncode == 2 and b"worm?" in shown.stderr and b"Traceback" not in shown.stderr
    Path(folder).mkdir()
    for name in ("neurons.parquet", "connections.parquet"):
        pd.DataFrame({"id": [1, 2]}).to_parquet(tmp_path / name)
        (tmp_path / name).rename(os.path.join(folder, name))
    shown = subprocess.run([*command, folder], capture_output=True, env=plain, check=False)
    assert shown.returncode in (1, 2) and b"Traceback" not in shown.stderr and shown.stderr.startswith(b"error: ")
