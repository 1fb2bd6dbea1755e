"""The batch file for a cluster: valid shell, complete settings, one task a seed."""

import re
import shutil
import subprocess

import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import load_experiment
from premotor.studies import batch_file


def test_the_file_is_valid_shell_and_holds_what_was_asked(tmp_path):
    path = batch_file(
        "walk", tmp_path / "job.sbatch", overrides=["--learning.steps", "5000"], seeds=5, hours=1.5, cores=3, memory=6
    )
    text = path.read_text()
    assert re.findall(r"#SBATCH --(array|time|cpus-per-task|mem)=(\S+)", text) == [
        ("array", "0-4"),
        ("time", "01:30:00"),
        ("cpus-per-task", "3"),
        ("mem", "6G"),
    ]
    assert "partition" not in text
    subprocess.run([shutil.which("bash"), "-n", str(path)], check=True)
    assert load_experiment(tmp_path / "job.yaml") == load_experiment("walk", ["--learning.steps", "5000"])


def test_a_task_trains_its_seed_once_and_then_goes_on(tmp_path):
    """Run by bash with a `premotor` that only says what it was asked for."""
    path = batch_file("walk", tmp_path / "job.sbatch", seeds=2)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "premotor").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "bin" / "premotor").chmod(0o755)
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": "1"}

    def said() -> str:
        command = [shutil.which("bash"), str(path)]
        done = subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
        return done.stdout.strip()

    assert said() == f"train {tmp_path / 'job.yaml'} --output runs/walk-s1 --seed 1 --threads 4"
    (tmp_path / "runs" / "walk-s1").mkdir(parents=True)
    assert said() == "resume runs/walk-s1"


def test_the_command_writes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["batch", "walk", "-o", "a.sbatch", "--partition", "long", "--colour", "x"]) == 2
    assert main(["batch", "walk", "-o", "a.sbatch", "--partition", "long", "--task.clock", "true"]) == 0
    assert "#SBATCH --partition=long\n" in (tmp_path / "a.sbatch").read_text()
    assert load_experiment(tmp_path / "a.yaml").task.clock is True
    assert "sbatch a.sbatch" in capsys.readouterr().out


def test_what_cannot_be_is_refused(tmp_path):
    with pytest.raises(PremotorError, match="hours is 0"):
        batch_file("walk", tmp_path / "a.sbatch", hours=0)
    with pytest.raises(PremotorError, match="does not exist"):
        batch_file("walk", tmp_path / "none" / "a.sbatch")
    own = tmp_path / "a.yaml"
    own.write_text("name: mine\n")
    with pytest.raises(PremotorError, match="would be written over"):
        batch_file(own, tmp_path / "a.sbatch")
