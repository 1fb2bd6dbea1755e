"""Every row of the table that maps the RandomNet project's workflows to ours runs and makes what it says."""

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from connectome.source_files import random_net
from howto.pages import page_files
from howto.tables import faults_of, figures_seen, rows_of

ROWS = rows_of("dynamics", "Commands of the original project")
ELSEWHERE = {"reproduce": "tests/report/test_reproductions.py runs it in miniature"}

TIMES = {"transient": 5, "frame_transient": 2}
SHORT = {
    "convergence": TIMES,
    "transition": TIMES,
    "spectrum": {**TIMES, "sigmas": [1, 8, 64]},
    "benchmark": {**TIMES, "reference": 2, "intervals": [0.2, 1, "auto"], "numbers": [1, 3], "lengths": [5, 10],
                  "sizes": [10, 20]},
}  # fmt: skip
"""Settings that are no options, by command: a YAML file each."""
LEARNING = "--learning.transient=5 --learning.frame_transient=2 --verify.states=1 --verify.factor=2"
TRAINED = f"--exponents 3 --length 5 --t-ons 1 --epochs 4 {LEARNING}"
SWEPT = f"--learning.epochs=4 --learning.length=5 --learning.t_ons=1 {LEARNING} --jobs 1"
ENDS = {
    "dynamics convergence": "--samples 2 --neurons 20 --exponents 4 --length 60",
    "dynamics benchmark": "--neurons 20 --exponents 3 --length 10",
    "dynamics transition": "--neurons 20 --samples 3 --values 3 --length 20 --t-ons 1",
    "dynamics spectrum": "--neurons 10 --exponents 10 --samples 2 --length 10 --t-ons 1",
    "dynamics train --circuit": f"{TRAINED} --nulls 0",
    "dynamics train": f"{TRAINED} --neurons 20 --g 3",
    "sweep random.yaml": f"{SWEPT} --model.neurons=10",
    "sweep": SWEPT,
}
"""What is put behind a command so that it is short, by how it begins; the first that fits."""
FEWER = {
    "[1, 10, 25, 50, 75, 100]": "[1, 3]",
    "seed=[0, 1, 2]": "seed=[0, 1]",
    "[25, 50, 100, 200, 400, 500]": "[10, 20]",
    "[EB/, PB/, NO/]": "[EB/, PB/]",
    "[0.05, 0.1, 0.2, 0.5]": "[0.1, 0.2]",
}
"""What takes the place of values that are searched."""


def words_of(command: list[str], number: int) -> list[str]:
    """The words of a command for small networks, with a folder of its own."""
    said = " ".join(command)
    end = next((end for begin, end in ENDS.items() if said.startswith(begin)), "")
    for many, few in FEWER.items():
        command = [word.replace(many, few) for word in command]
    file = [f"{command[1]}.yaml"] if command[1] in SHORT else []
    return [*command, *end.split(), *file, *(["--output", f"made-{number}"] if command[0] == "dynamics" else [])]


def write_region(folder: Path, seed: int) -> None:
    """A region of twelve neurons in the project's files, of three transmitters and two cell-body fibres."""
    folder.mkdir()
    draw = np.random.default_rng(seed)
    wiring = {(pre, post): int(draw.integers(1, 9)) for pre in range(12) for post in range(12) if pre != post}
    random_net(folder, wiring, 12, "")


def test_every_row_has_a_command_and_what_it_makes():
    assert len(ROWS) == 16
    assert [row.original for row in ROWS if not row.commands or not row.files] == []


@pytest.mark.slow
def test_every_row_runs_and_makes_what_it_says(tmp_path, monkeypatch, capsys):
    pytest.importorskip("optuna")
    monkeypatch.chdir(tmp_path)
    for name, text in page_files("dynamics").items():
        Path(name).write_text(text, encoding="utf-8")
    for name, settings in SHORT.items():
        Path(f"{name}.yaml").write_text(json.dumps(settings), encoding="utf-8")
    for seed, region in enumerate(("EB", "PB", "NO")):
        write_region(Path(region), seed)
    numbers = count(1)
    with figures_seen(monkeypatch) as seen:
        told = faults_of(ROWS, lambda command: words_of(command, next(numbers)), ELSEWHERE, seen, capsys)
    assert not told, "\n".join(told)
